//! Opening files: what kind of file a path leads to, and how it is compressed.

pub(crate) mod decompress;
pub(crate) mod kind;
