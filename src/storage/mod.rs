//! What may be larger than memory, and files: lists and rows that go to temporary files, memory
//! maps, files that are there whole or not at all, checkpoints, and lists on their way to another
//! process.

pub(crate) mod atomic;
pub(crate) mod checkpoints;
pub(crate) mod file_bytes;
pub(crate) mod floats;
pub(crate) mod mmap;
pub(crate) mod parcel;
pub(crate) mod row_list;
pub(crate) mod spill;
pub(crate) mod temporary;
pub(crate) mod value_list;

pub use crate::base::bytes::format_bytes;
pub use atomic::{AtomicFile, refuse_existing};
pub use checkpoints::remove_checkpoints;
pub use floats::{Floats, StoredNumbers};
pub use spill::Spill;
