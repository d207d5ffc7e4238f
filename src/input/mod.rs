//! Opening files: how a file is compressed.

pub(crate) mod decompress;
