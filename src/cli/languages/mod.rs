//! Commands about several languages or times: maps, dictionaries, drift.

pub(crate) mod align;
pub(crate) mod dictionary;
pub(crate) mod drift;
pub(crate) mod inputs;
pub(crate) mod join;
pub(crate) mod names;
pub(crate) mod report;
pub(crate) mod translate;
