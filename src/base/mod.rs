//! The ground that everything stands on: errors, progress, the memory budget, sizes in bytes,
//! random numbers, elementary functions, digests, words, formats of other programs, panics of other
//! crates, text for people.

pub(crate) mod error;
pub(crate) mod progress;

pub(crate) mod budget;
pub(crate) mod bytes;
pub(crate) mod digest;
pub(crate) mod foreign;
pub(crate) mod functions;
pub(crate) mod kind;
pub(crate) mod panics;
#[cfg(feature = "parquet")]
pub(crate) mod parquet_calls;
pub(crate) mod random;
pub(crate) mod set_kind;
pub(crate) mod visible;
pub(crate) mod words;
