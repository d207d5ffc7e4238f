//! Questions about time.

use super::{Asked, Failure, Reply, body};
use crate::cli::serve::languages::{OfChain, Slices};
use crate::cli::serve::models::Content;

fn slices<'a>(asked: &Asked<'a>) -> Result<&'a Slices, Failure> {
    match &asked.served.content {
        Content::Slices(slices) => Ok(slices),
        _ => Err(asked.is_none_of("slices of time", "name a chain, made by `align --chain`")),
    }
}

/// `slices`: their names, in the order of time.
pub(crate) fn names(asked: &Asked) -> Reply {
    body(&serde_json::json!({ "slices": slices(asked)?.names }))
}

/// `drift`: how far a word moved; without one, the words that moved most.
pub(crate) fn drift(asked: &Asked) -> Reply {
    let slices = slices(asked)?;
    let top = asked.parameters.number("top", 10);
    slices.desk.ask(match asked.parameters.text("word").filter(|word| !word.is_empty()) {
        Some(word) => OfChain::Word { word: word.to_owned(), top },
        None => OfChain::MostMoved { top },
    })
}
