//! Writes safetensors files: an 8-byte length, a JSON header, then the tensors in order.
//!
//! In: the names, types and shapes of all tensors, then their values one after the other. Out: a
//! file that is there whole or not at all. The header is written here, not by the `safetensors`
//! crate, because the crate's own map of metadata has no fixed order.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::little_endian::write_floats;
use crate::base::error::Result;
use crate::storage::atomic::AtomicFile;

/// The type of the values of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TensorType {
    F16,
    F32,
    F64,
    U64,
    U32,
    U8,
    I8,
}

impl TensorType {
    /// The name in the header, and bytes of a value.
    fn name_and_size(self) -> (&'static str, usize) {
        match self {
            Self::F16 => ("F16", 2),
            Self::F32 => ("F32", 4),
            Self::F64 => ("F64", 8),
            Self::U64 => ("U64", 8),
            Self::U32 => ("U32", 4),
            Self::U8 => ("U8", 1),
            Self::I8 => ("I8", 1),
        }
    }
}

/// A file that is being written; its tensors must be put in the order of the header.
pub(crate) struct SafetensorsWriter {
    file: AtomicFile,
}

impl SafetensorsWriter {
    /// Writes the header: name, type and shape of each tensor, and the metadata; `force` replaces a
    /// file that exists.
    pub(crate) fn create(
        path: impl AsRef<Path>,
        force: bool,
        tensors: &[(&str, TensorType, &[usize])],
        metadata: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let mut file = AtomicFile::create(path, force)?;
        let sized: Vec<(&str, &str, &[usize], usize)> = tensors
            .iter()
            .map(|&(name, kind, shape)| {
                let (type_name, n_bytes) = kind.name_and_size();
                (name, type_name, shape, n_bytes * shape.iter().product::<usize>())
            })
            .collect();
        let header = header(&sized, metadata);
        file.put(&(header.len() as u64).to_le_bytes())?;
        file.put(header.as_bytes())?;
        Ok(Self { file })
    }

    /// Writes values of an `F32` tensor.
    pub(crate) fn put_floats(&mut self, values: &[f32]) -> Result<()> {
        write_floats(&mut self.file, values).map_err(|source| self.file.failed(source))
    }

    /// Writes values of an `F16` tensor, given as their bits.
    pub(crate) fn put_halves(&mut self, values: &[u16]) -> Result<()> {
        values.iter().try_for_each(|value| self.file.put(&value.to_le_bytes()))
    }

    /// Writes values of an `F64` tensor.
    pub(crate) fn put_doubles(&mut self, values: &[f64]) -> Result<()> {
        values.iter().try_for_each(|value| self.file.put(&value.to_le_bytes()))
    }

    /// Writes values of a `U64` tensor.
    pub(crate) fn put_numbers(&mut self, values: impl IntoIterator<Item = u64>) -> Result<()> {
        values.into_iter().try_for_each(|value| self.file.put(&value.to_le_bytes()))
    }

    /// Writes values of a `U32` tensor.
    pub(crate) fn put_whole_numbers(&mut self, values: &[u32]) -> Result<()> {
        values.iter().try_for_each(|value| self.file.put(&value.to_le_bytes()))
    }

    /// Writes the bytes of values of any tensor.
    pub(crate) fn put_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.put(bytes)
    }

    /// Gives the file its name.
    pub(crate) fn commit(self) -> Result<()> {
        self.file.commit()
    }
}

/// The JSON header, padded with spaces to a multiple of 8 bytes so that what follows is aligned.
pub(crate) fn header(
    tensors: &[(&str, &str, &[usize], usize)],
    metadata: &BTreeMap<String, String>,
) -> String {
    let mut json = String::from("{");
    if !metadata.is_empty() {
        let map = serde_json::to_string(metadata).expect("a map of strings is always JSON");
        let _ = write!(json, "\"__metadata__\":{map},");
    }
    let mut begin = 0;
    for (index, (name, dtype, shape, n_bytes)) in tensors.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let end = begin + n_bytes;
        let _ = write!(
            json,
            "{comma}\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape:?},\
             \"data_offsets\":[{begin},{end}]}}"
        );
        begin = end;
    }
    json.push('}');
    json.push_str(&" ".repeat(json.len().next_multiple_of(8) - json.len()));
    json
}
