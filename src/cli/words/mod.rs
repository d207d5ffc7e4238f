//! Commands about words.

pub(crate) mod math;
pub(crate) mod neighbors;
pub(crate) mod odd_one_out;
pub(crate) mod repl;
mod session;
pub(crate) mod similarity;
mod terminal;
