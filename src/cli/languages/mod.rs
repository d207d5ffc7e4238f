//! Commands about several languages or times: maps, dictionaries, drift.

pub(crate) mod align;
pub(crate) mod dictionary;
pub(crate) mod drift;
pub(crate) mod join;
pub(crate) mod join_info;
pub(crate) mod translate;
pub(crate) mod translation;
