//! Commands about the program itself.

pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod man;
