//! Calls into the crate `parquet`, which panics at some damaged files.
//!
//! In: a call. Out: its result, or an error in place of a panic; and that error as one of ours.

use std::panic::AssertUnwindSafe;
use std::path::Path;

use parquet::errors::{ParquetError, Result as Answer};

use super::error::Error;
use super::panics::caught;

/// What the crate answers. It panics at some damaged files (about one in 800 with a few wrong
/// bytes: a length beyond the page, indices without their dictionary), which cannot be seen before
/// it decodes them. Nothing of what it worked on is used afterwards.
pub(crate) fn guarded<T>(call: impl FnOnce() -> Answer<T>) -> Answer<T> {
    caught(AssertUnwindSafe(call))
        .unwrap_or_else(|_| Err(ParquetError::General("its decoder gave up".to_owned())))
}

/// The error of a file that does not keep to the format, or needs what the crate has not.
pub(crate) fn damaged(path: &Path, place: &str, error: &ParquetError) -> Error {
    let reason = match error {
        ParquetError::General(reason) | ParquetError::EOF(reason) | ParquetError::NYI(reason) => {
            reason.clone()
        }
        other => other.to_string(),
    };
    Error::malformed(
        path,
        None,
        format!("Parquet {place} ({reason})"),
        "a whole Parquet file without encryption",
    )
}
