//! What a training has learned so far, in a safetensors file beside the model that is to be.
//!
//! The tensors: for each tensor of [`Parameters`] its numbers, `NAME`, and Adam's means of them, `NAME.means` and `NAME.squares`, F32, one-dimensional;
//! `epochs` F64 `[n_epochs, 3]`, the [`EpochLosses`]. The metadata name the run by its `fingerprint`. The file is written whole or not at all.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use super::adam::Tensor;
use super::parameters::Parameters;
use super::{EpochLosses, NetworkConfig};
use crate::error::{Error, Result};
use crate::format::{AtomicFile, malformed, safetensors as file_format};
use crate::mmap::MappedFile;

/// The state of a training after some epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Of the run: its corpus and parameters.
    pub fingerprint: String,
    /// The losses of the epochs that are done.
    pub epochs: Vec<EpochLosses>,
    pub(crate) parameters: Parameters,
}

/// The file of a run.
#[derive(Debug, Clone)]
pub(crate) struct CheckpointFile<'a> {
    pub(crate) path: &'a Path,
    /// Of the run that is about to begin.
    pub(crate) fingerprint: String,
    /// Whether the checkpoint of another run may be replaced.
    pub(crate) replace: bool,
}

impl CheckpointFile<'_> {
    /// The state to go on from; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::OtherCheckpoint`] for that of another run, unless it may be replaced; a file that cannot be read.
    pub(crate) fn open(&self, config: &NetworkConfig, n_words: usize, dim: usize) -> Result<Option<Checkpoint>> {
        if !self.path.exists() {
            return Ok(None);
        }
        let file = MappedFile::open(self.path)?;
        let found = fingerprint(file.bytes(), self.path);
        match found {
            Ok(found) if found == self.fingerprint => Checkpoint::read(file.bytes(), self.path, config, n_words, dim).map(Some),
            _ if self.replace => Ok(None),
            Ok(_) => Err(Error::OtherCheckpoint { path: self.path.to_path_buf() }),
            Err(error) => Err(error),
        }
    }

    /// Replaces the file.
    pub(crate) fn write(&self, parameters: &Parameters, epochs: &[EpochLosses]) -> Result<()> {
        let mut file = AtomicFile::create(self.path, true)?;
        let names: Vec<[String; 3]> =
            parameters.tensors().iter().map(|(name, _)| ["", ".means", ".squares"].map(|part| format!("{name}{part}"))).collect();
        let shapes: Vec<[usize; 1]> = parameters.tensors().iter().map(|(_, tensor)| [tensor.values.len()]).collect();
        let of_epochs = [epochs.len(), 3];
        let mut tensors: Vec<(&str, &str, &[usize], usize)> = vec![("epochs", "F64", &of_epochs, epochs.len() * 24)];
        for (names, shape) in names.iter().zip(&shapes) {
            tensors.extend(names.iter().map(|name| (name.as_str(), "F32", &shape[..], shape[0] * 4)));
        }
        let metadata = BTreeMap::from([("fingerprint".to_owned(), self.fingerprint.clone())]);
        let header = file_format::header(&tensors, &metadata);
        file.put(&(header.len() as u64).to_le_bytes())?;
        file.put(header.as_bytes())?;
        for number in epochs.iter().flat_map(|it| [it.reconstruction, it.kl, it.kl_weight]) {
            file.put(&number.to_le_bytes())?;
        }
        for (_, tensor) in parameters.tensors() {
            for numbers in [&tensor.values, &tensor.means, &tensor.squares] {
                file_format::write_floats(&mut file, numbers).map_err(|source| file.failed(source))?;
            }
        }
        file.commit()
    }
}

const EXPECTED: &str = "the checkpoint of a training";

fn fingerprint(bytes: &[u8], path: &Path) -> Result<String> {
    let (_, header) =
        SafeTensors::read_metadata(bytes).map_err(|reason| malformed(path, None, format!("a broken header ({reason})"), EXPECTED))?;
    let fingerprint = header.metadata().as_ref().and_then(|metadata| metadata.get("fingerprint"));
    fingerprint.cloned().ok_or_else(|| malformed(path, None, "no fingerprint", EXPECTED))
}

impl Checkpoint {
    /// Reads the bytes of a checkpoint of a network with this configuration; `path` only names it in messages.
    ///
    /// # Errors
    /// [`Error::Malformed`] if a tensor is missing, or not of the size that the configuration asks for, or a number is not finite.
    pub fn read(bytes: &[u8], path: &Path, config: &NetworkConfig, n_words: usize, dim: usize) -> Result<Self> {
        let fingerprint = fingerprint(bytes, path)?;
        let tensors =
            SafeTensors::deserialize(bytes).map_err(|reason| malformed(path, None, format!("a broken header ({reason})"), EXPECTED))?;
        let find = |name: &str, dtype: Dtype, shape: &[Option<usize>]| {
            let tensor = tensors.tensor(name).map_err(|_| malformed(path, None, format!("no tensor `{name}`"), EXPECTED))?;
            let fits = tensor.shape().len() == shape.len()
                && tensor.shape().iter().zip(shape).all(|(&found, expected)| expected.is_none_or(|expected| expected == found));
            if tensor.dtype() != dtype || !fits {
                let found = format!("`{name}` of type {:?} and shape {:?}", tensor.dtype(), tensor.shape());
                return Err(malformed(path, None, found, format!("{dtype:?} and {shape:?}, as the run has it")));
            }
            Ok(tensor.data().to_vec())
        };
        let numbers: Vec<f64> = find("epochs", Dtype::F64, &[None, Some(3)])?
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes(b.try_into().expect("chunks of eight bytes")))
            .collect();
        let epochs: Vec<EpochLosses> =
            numbers.chunks_exact(3).map(|it| EpochLosses { reconstruction: it[0], kl: it[1], kl_weight: it[2] }).collect();
        if epochs.len() > config.epochs {
            return Err(malformed(path, None, format!("{} epochs", epochs.len()), format!("at most {}", config.epochs)));
        }
        let mut parameters = Parameters {
            dim,
            input: Tensor::default(),
            hidden_bias: Tensor::default(),
            mean: Tensor::default(),
            mean_bias: Tensor::default(),
            log_variance: Tensor::default(),
            log_variance_bias: Tensor::default(),
            decoder: super::decoder::Decoder::default(),
        };
        let sizes = config.shapes(n_words, dim).map(|(_, [rows, columns])| rows * columns);
        let sizes = sizes.into_iter().chain([n_words * dim]);
        let mut finite = numbers.iter().all(|number| number.is_finite());
        for ((name, tensor), size) in parameters.tensors_mut().into_iter().zip(sizes) {
            for (part, numbers) in [("", &mut tensor.values), (".means", &mut tensor.means), (".squares", &mut tensor.squares)] {
                let bytes = find(&format!("{name}{part}"), Dtype::F32, &[Some(size)])?;
                *numbers = bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("chunks of four bytes"))).collect();
                finite &= numbers.iter().all(|number| number.is_finite());
            }
        }
        if !finite {
            return Err(malformed(path, None, "NaN or infinity", "finite numbers"));
        }
        Ok(Self { fingerprint, epochs, parameters })
    }
}
