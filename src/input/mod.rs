//! One way to open any file: compressed, in an archive, in any encoding, with any line ends.
//!
//! In: a path, `-` for standard input, or a file within an archive (`texts.zip/a.txt`). Out:
//!
//! - `compression`: the bytes without gzip, zstd, bzip2 or xz, told by the first bytes;
//! - `archive`: the files in a zip or tar archive;
//! - `encoding`: UTF-8, from any encoding;
//! - [`TextSource`]: all of it for a file that is text.
//!
//! Vector files and matrices, which may be binary, take the steps one by one.

pub(crate) mod archive;
mod bzip2_streams;
pub(crate) mod checked;
pub(crate) mod compression;
pub(crate) mod control;
pub(crate) mod encoding;
mod gzip_members;
pub(crate) mod line_ends;
mod open;
mod tar;
mod text_file;
mod zip;

pub(crate) use compression::is_plain_text;
pub use control::OnBadText;
pub use encoding::TextEncoding;
pub(crate) use open::{Opened, open};
pub(crate) use text_file::each_line;
pub use text_file::{TextReader, TextSource};
