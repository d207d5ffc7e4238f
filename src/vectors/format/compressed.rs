//! Files of vectors that are written compressed.
//!
//! In: a name that ends in `.gz`, `.zst`, `.bz2` or `.xz`. Out: the file of the format that the
//! rest of the name stands for, compressed. The plain file is first written beside it, under a name
//! that no other file has, and removed.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::RowStream;
use super::traits::{WriteFormat, WriteOptions};
use crate::base::error::{Error, Result};
use crate::storage::atomic::{AtomicFile, refuse_existing};

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

/// The presets of `xz` and `zstd` themselves.
const XZ_PRESET: u32 = 6;
const ZSTD_LEVEL: i32 = 3;

/// A name without the ending of a compressed file, and what that stands for.
pub(super) fn split(path: &Path) -> (PathBuf, Option<Packing>) {
    let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    let packing = match extension.to_ascii_lowercase().as_str() {
        "gz" => Packing::Gzip,
        "zst" => Packing::Zstd,
        "bz2" => Packing::Bzip2,
        "xz" => Packing::Xz,
        _ => return (path.to_path_buf(), None),
    };
    (path.with_extension(""), Some(packing))
}

/// Writes a compressed file.
pub(super) fn write(
    writer: &dyn WriteFormat,
    vectors: &RowStream<'_>,
    path: &Path,
    packing: Packing,
    options: &WriteOptions<'_>,
) -> Result<()> {
    refuse_existing(path, options.force)?;
    let (inner, _) = split(path);
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = tempfile::tempdir_in(folder)
        .map_err(|source| Error::io("create a folder beside", path, source))?;
    let plain = beside.path().join(inner.file_name().unwrap_or_default());
    writer.write(vectors, &plain, options)?;
    let mut packed = AtomicFile::create(path, options.force)?;
    let copied = File::open(&plain)
        .and_then(|file| compress(BufReader::with_capacity(1 << 20, file), &mut packed, packing));
    copied.map_err(|source| packed.failed(source))?;
    packed.commit()?;
    fs::remove_file(&plain).map_err(|source| Error::io("remove", &plain, source))
}

fn compress(mut plain: impl Read, packed: &mut impl Write, packing: Packing) -> io::Result<()> {
    match packing {
        Packing::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(packed, flate2::Compression::default());
            io::copy(&mut plain, &mut encoder)?;
            encoder.finish().map(drop)
        }
        Packing::Zstd => zstd::stream::copy_encode(plain, packed, ZSTD_LEVEL),
        Packing::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(packed, bzip2::Compression::default());
            io::copy(&mut plain, &mut encoder)?;
            encoder.finish().map(drop)
        }
        Packing::Xz => {
            let mut encoder = liblzma::write::XzEncoder::new(packed, XZ_PRESET);
            io::copy(&mut plain, &mut encoder)?;
            encoder.finish().map(drop)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::vectors::WordVectors;
    use crate::vectors::format::Format;
    use crate::vectors::format::tests::{EXACT, assert_same, small};

    #[test]
    fn every_file_is_written_and_read_compressed() {
        let folder = tempfile::tempdir().unwrap();
        for ending in ["gz", "zst", "bz2", "xz"] {
            for format in EXACT {
                // One is two files, the other is an archive already.
                if matches!(format, Format::Npy | Format::Npz) {
                    continue;
                }
                let name = format!("{format}.{}.{ending}", format.extensions()[0]);
                let path = folder.path().join(&name);
                format.write(&small(), &path, false).unwrap();
                assert_same(&WordVectors::open(&path).unwrap(), &small());
                assert!(format.write(&small(), &path, false).is_err(), "{name} exists");
            }
        }
        let n_files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(n_files, 4 * (EXACT.len() - 2), "nothing else is left");
    }

    #[test]
    fn several_files_and_archives_are_not_compressed() {
        let folder = tempfile::tempdir().unwrap();
        for format in [Format::Npy, Format::Npz] {
            let path = folder.path().join("v.gz");
            let message = format.write(&small(), path, false).unwrap_err().to_string();
            let expected =
                format!("expected a name without `.gz` or the like for the format `{format}`");
            assert!(message.ends_with(&expected), "{message}");
        }
    }
}
