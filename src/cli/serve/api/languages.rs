//! Questions about languages.

use eigenlex::align::Retrieval;

use super::{Asked, Failure, Reply, body};
use crate::cli::serve::languages::{Languages, ToTranslate};
use crate::cli::serve::models::Content;

fn languages<'a>(asked: &Asked<'a>) -> Result<&'a Languages, Failure> {
    match &asked.served.content {
        Content::Languages(languages) => Ok(languages),
        _ => Err(asked.is_none_of("second language", "name a map or hub, made by `align`")),
    }
}

/// `map`: the description with the verdict and its signs.
pub(crate) fn map(asked: &Asked) -> Reply {
    languages(asked)?;
    super::info(asked)
}

/// `translate`: a word in the other language.
pub(crate) fn translate(asked: &Asked) -> Reply {
    let languages = languages(asked)?;
    let text = |name: &str| asked.parameters.text(name).map(str::to_owned);
    let (mut from, mut to) = (text("from"), text("to"));
    if asked.parameters.flag("reverse") {
        if from.is_some() || to.is_some() {
            let message = "`reverse` has no effect beside `from` and `to`";
            return Err(Failure::bad(message).hint("leave one of them out"));
        }
        (from, to) = (languages.names.get(1).cloned(), languages.names.first().cloned());
    }
    languages.desk.ask(ToTranslate {
        word: asked.parameters.needed("word").to_owned(),
        from,
        to,
        top: asked.parameters.number("top", 10),
        retrieval: match asked.parameters.text("retrieval") {
            Some("nearest") => Retrieval::Nearest,
            _ => Retrieval::Csls,
        },
    })
}

/// `languages`: the names of the sides.
pub(crate) fn names(asked: &Asked) -> Reply {
    body(&serde_json::json!({ "languages": languages(asked)?.names }))
}
