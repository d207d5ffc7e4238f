//! The members of a zip archive.
//!
//! In: a file. Out: the names, sizes and places of the files in it, from its list of members, which
//! the crate `zip` reads; and the bytes of a member, decompressed by the decoders that compressed
//! files have too, with its checksum compared.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use zip::CompressionMethod;

use super::archive::{self, Member};
use super::bzip2_streams::Bzip2Streams;
use crate::base::error::{ArchiveFault, Error, Result};

/// The methods that are read, by their numbers in the format.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const BZIP2: u16 = 12;
const ZSTD: u16 = 93;
const XZ: u16 = 95;

/// How a member lies in a zip archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packed {
    method: u16,
    crc32: u32,
    /// Bytes of the member when decompressed, as the list has it.
    bytes: u64,
    is_encrypted: bool,
}

fn fault(path: &Path, fault: ArchiveFault) -> Error {
    Error::Archive { path: path.to_path_buf(), format: "zip", fault }
}

/// The files in an archive, in the order of its list.
pub(super) fn list(path: &Path, file: File) -> Result<Vec<Member>> {
    let damaged = |error: zip::result::ZipError| match error {
        zip::result::ZipError::Io(error) if error.raw_os_error().is_some() => {
            Error::io("read", path, error)
        }
        other => fault(path, ArchiveFault::Damaged(io::Error::from(other))),
    };
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    let mut members = Vec::with_capacity(archive.len());
    for number in 0..archive.len() {
        let member = archive.by_index_raw(number).map_err(damaged)?;
        let name = match std::str::from_utf8(member.name_raw()) {
            Ok(name) => archive::tidy_name(name),
            // Older programs wrote names in the encoding of DOS.
            Err(_) => archive::tidy_name(&member.name().map_err(damaged)?),
        };
        if !member.is_file() || archive::is_hidden(&name) {
            continue;
        }
        let packed = Packed {
            method: number_of(member.compression()),
            crc32: member.crc32(),
            bytes: member.size(),
            is_encrypted: member.encrypted(),
        };
        let start = member.data_start().unwrap_or_default();
        members.push(Member::packed(name, start, member.compressed_size(), packed));
    }
    Ok(members)
}

fn number_of(method: CompressionMethod) -> u16 {
    #[expect(deprecated, reason = "the only way to the number of a method")]
    method.to_u16()
}

/// Checks that a member can be read.
pub(super) fn check(path: &Path, member: &Member, packed: &Packed) -> Result<()> {
    let name = || member.name.clone();
    match packed.method {
        _ if packed.is_encrypted => Err(fault(path, ArchiveFault::Encrypted { member: name() })),
        STORED | DEFLATED | BZIP2 | ZSTD | XZ => Ok(()),
        method => Err(fault(path, ArchiveFault::Method { member: name(), method })),
    }
}

/// Decompresses the bytes of a member that was checked.
pub(super) fn unpack(
    path: &Path,
    raw: impl BufRead + Send + 'static,
    packed: &Packed,
) -> Result<Box<dyn Read + Send>> {
    let decoder: Box<dyn Read + Send> = match packed.method {
        DEFLATED => Box::new(flate2::bufread::DeflateDecoder::new(raw)),
        BZIP2 => Box::new(Bzip2Streams::new(raw)),
        ZSTD => Box::new(
            zstd::Decoder::with_buffer(raw).map_err(|error| Error::io("read", path, error))?,
        ),
        XZ => Box::new(liblzma::bufread::XzDecoder::new(raw)),
        _ => Box::new(raw),
    };
    Ok(Box::new(Checked {
        decoder,
        path: path.to_path_buf(),
        crc: flate2::Crc::new(),
        n_bytes: 0,
        expected: (packed.crc32, packed.bytes),
    }))
}

/// Compares the checksum and the size at the end.
struct Checked<R> {
    decoder: R,
    path: std::path::PathBuf,
    crc: flate2::Crc,
    n_bytes: u64,
    expected: (u32, u64),
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let damaged = |error| fault(&self.path, ArchiveFault::Damaged(error)).into_io();
        let n = match self.decoder.read(buffer) {
            Ok(n) => n,
            Err(error) if error.raw_os_error().is_some() => return Err(error),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => return Err(damaged(error)),
        };
        if n == 0 && !buffer.is_empty() && (self.crc.sum(), self.n_bytes) != self.expected {
            return Err(damaged(io::Error::new(
                io::ErrorKind::InvalidData,
                "the bytes of a file do not have the checksum that is stored with them",
            )));
        }
        self.crc.update(&buffer[..n]);
        self.n_bytes += n as u64;
        Ok(n)
    }
}
