//! Numbers and files that may be larger than memory: memory maps, lists and rows that go to
//! temporary files, files that are there whole or not at all, and checkpoints.

pub(crate) mod atomic;
pub(crate) mod checkpoints;
pub(crate) mod floats;
pub(crate) mod long_list;
pub(crate) mod mmap;
pub(crate) mod row_list;
pub(crate) mod spill;
