//! What a model keeps beside its word vectors so that documents can be encoded:
//! `encoder.safetensors`.
//!
//! The tensors: `column_terms` F64 `[n_words]` (or empty) and `total` F64 `[1]`, the
//! [`ColumnStatistics`] of the weighting; `right_vectors` F32 `[n_words, columns]`, those singular
//! vectors that cannot be had from the word vectors: the dropped ones, first; all of them where
//! contexts were added, the mean was subtracted or subwords were added. Row j of
//! `V S^p` gives row j of `V` by a division otherwise, so they are not stored twice.
//!
//! With a [`Network`] for encoder there are, besides, its tensors F32, `[rows, columns]` as
//! [`Network`] names them, and `scale` F64 `[1]`; those that its kind has not have no rows. The
//! decoder's weights are the word vectors.

use std::collections::BTreeMap;
use std::path::Path;

use pulp::bytemuck::AnyBitPattern;
use rayon::prelude::*;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use crate::base::digest::Digest;
use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::config::EmbedConfig;
use crate::network::Network;
use crate::space::scaling::word_space;
use crate::storage::floats::{Floats, StoredNumbers};
use crate::storage::mmap::MappedFile;
use crate::storage::row_list::RowList;
use crate::vectors::format::safetensors::broken_header;
use crate::vectors::format::safetensors_writer::{SafetensorsWriter, TensorType};
use crate::weighting::formulas::{ColumnStatistics, Weighting};

/// What encoding needs beside word vectors and configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoding {
    /// Of the weighting, over the corpus of the model.
    pub statistics: ColumnStatistics,
    /// `n_words x columns`, row-major: the first right singular vectors, as many as the word
    /// vectors do not tell; see [`Encoding::stored_columns`].
    pub right_vectors: Floats,
    /// The encoder, if it is none of singular vectors.
    pub network: Option<Network>,
}

impl Encoding {
    /// SHA-256, in hexadecimal, over everything: the terms of the weighting, the right singular
    /// vectors, and the network if there is one, each part after its length.
    pub fn digest(&self) -> String {
        let ColumnStatistics { terms, total } = &self.statistics;
        let digest = Digest::new().number(terms.len() as u64).doubles(terms).doubles(&[*total]);
        let digest = digest.number(self.right_vectors.len() as u64);
        let mut digest = self.right_vectors.added_to(digest);
        if let Some(network) = &self.network {
            digest = network
                .tensors()
                .into_iter()
                .fold(digest, |digest, tensor| digest.number(tensor.len() as u64).floats(tensor));
            digest = digest.doubles(&[network.scale]);
        }
        digest.to_hex()
    }

    /// Takes what is needed of a decomposition out of it: the right vectors are gone from it.
    pub(crate) fn take(
        v: RowList,
        config: &EmbedConfig,
        statistics: ColumnStatistics,
    ) -> Result<Self> {
        let columns = Self::stored_columns(config);
        let right_vectors = match columns {
            0 => Floats::default(),
            _ if columns == v.width() => v.into_floats()?,
            _ => v.columns(0..columns)?.into(),
        };
        Ok(Self { statistics, right_vectors, network: None })
    }

    /// The encoding of the first `n_first` of `n_words` words, and that of the others: of two
    /// languages, say, that were decomposed together.
    ///
    /// # Panics
    /// If `n_first` is more than `n_words`, or the encoding is not one of `n_words` words, or a
    /// network.
    pub(crate) fn split(self, n_first: usize, n_words: usize) -> [Self; 2] {
        let Self { statistics: ColumnStatistics { terms, total }, right_vectors, network } = self;
        let mut terms = terms.into_vec();
        assert!(network.is_none(), "a network learns from one language");
        let columns = right_vectors.len() / n_words;
        assert!(
            terms.is_empty() || terms.len() == n_words,
            "{} terms, {n_words} words",
            terms.len()
        );
        let other_terms = terms.split_off(n_first.min(terms.len()));
        let mut right_vectors = right_vectors.into_vec();
        let other_vectors = right_vectors.split_off(n_first * columns);
        let encoding = |terms: Vec<f64>, right_vectors: Vec<f32>| Self {
            statistics: ColumnStatistics { terms: terms.into(), total },
            right_vectors: right_vectors.into(),
            network: None,
        };
        [encoding(terms, right_vectors), encoding(other_terms, other_vectors)]
    }

    /// How many of the first right singular vectors are stored on their own.
    pub fn stored_columns(config: &EmbedConfig) -> usize {
        match config.network {
            Some(_) => 0,
            None if config.add_contexts || config.center || config.subwords.is_some() => {
                config.rank()
            }
            None => config.drop_components,
        }
    }

    /// The vectors that word space makes of the right singular vectors, before subwords.
    ///
    /// # Errors
    /// None: all is in memory.
    pub(super) fn word_space(
        &self,
        singular_values: &[f64],
        config: &EmbedConfig,
    ) -> Result<Floats> {
        let v = RowList::from_vec(config.rank(), self.right_vectors.to_vec(), None)?;
        word_space(&v, singular_values, None, &config.scaling(), None)?.into_floats()
    }

    /// Writes the file of a model with this configuration and so many words.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a number that is not finite; [`Error::DiskFull`], [`Error::Io`].
    pub(crate) fn write(&self, n_words: usize, config: &EmbedConfig, path: &Path) -> Result<()> {
        if let Some(tensor) = self.not_finite(true) {
            return Err(Error::NotFinite {
                stage: Stage::Write,
                place: format!("`{tensor}` of the encoder"),
            });
        }
        let terms = &self.statistics.terms;
        let columns = self.right_vectors.len() / n_words;
        let (of_terms, of_vectors) = ([terms.len()], [n_words, columns]);
        let mut tensors: Vec<(&str, TensorType, &[usize])> = vec![
            ("column_terms", TensorType::F64, &of_terms),
            ("total", TensorType::F64, &[1]),
            ("right_vectors", TensorType::F32, &of_vectors),
        ];
        let shapes = config.network.as_ref().map(|network| network.shapes(n_words, config.dim));
        if let Some(shapes) = &shapes {
            tensors.push(("scale", TensorType::F64, &[1]));
            tensors.extend(shapes.iter().map(|(name, shape)| (*name, TensorType::F32, &shape[..])));
        }
        let mut file = SafetensorsWriter::create(path, false, &tensors, &BTreeMap::new())?;
        file.put_doubles(terms)?;
        file.put_doubles(&[self.statistics.total])?;
        self.right_vectors.try_for_each_part(|numbers| file.put_floats(numbers))?;
        if let Some(network) = &self.network {
            file.put_doubles(&[network.scale])?;
            network.tensors().into_iter().try_for_each(|tensor| file.put_floats(tensor))?;
        }
        file.commit()
    }

    /// The tensor that holds a number that is not finite, if one does.
    /// The name of what holds a number that is not finite; `vectors`: the right vectors are looked
    /// at too.
    fn not_finite(&self, vectors: bool) -> Option<&'static str> {
        let of_network = self.network.iter().flat_map(Network::tensors).flatten();
        if !are_all(&self.statistics.terms, f64::is_finite) {
            Some("column_terms")
        } else if !self.statistics.total.is_finite() {
            Some("total")
        } else if vectors && !self.right_vectors_are_finite() {
            Some("right_vectors")
        } else if !(of_network.copied().all(f32::is_finite)
            && self.network.iter().all(|network| network.scale.is_finite()))
        {
            Some("network")
        } else {
            None
        }
    }

    fn right_vectors_are_finite(&self) -> bool {
        let are_finite = |part: &[f32]| part.iter().all(|number| number.is_finite());
        self.right_vectors
            .try_for_each_part(|part| if are_finite(part) { Ok(()) } else { Err(()) })
            .is_ok()
    }

    /// Opens the file of a model with this configuration and so many words. The right vectors stay
    /// there until they are used; one that is not finite is found by the codes made of it.
    pub(crate) fn open(path: &Path, n_words: usize, config: &EmbedConfig) -> Result<Self> {
        let file = MappedFile::open(path)?;
        Self::of(file.bytes(), Some(&file), path, n_words, config)
    }

    /// Reads the bytes of such a file; `path` only names it in messages.
    ///
    /// # Errors
    /// [`Error::Malformed`](crate::Error::Malformed) if a tensor is missing, or not of the shape
    /// that configuration and number of words ask for, or a number is not finite.
    pub fn read(bytes: &[u8], path: &Path, n_words: usize, config: &EmbedConfig) -> Result<Self> {
        Self::of(bytes, None, path, n_words, config)
    }

    /// `map`: the file, if the bytes are those of a map.
    fn of(
        bytes: &[u8],
        map: Option<&MappedFile>,
        path: &Path,
        n_words: usize,
        config: &EmbedConfig,
    ) -> Result<Self> {
        let tensors =
            SafeTensors::deserialize(bytes).map_err(|reason| broken_header(path, &reason))?;
        let file = Tensors { tensors, path };
        let n_terms = if config.weighting.has_column_terms() { n_words } else { 0 };
        let mut terms = file.terms(n_terms, map)?;
        if matches!(config.weighting, Weighting::SquareRoot { .. })
            && !are_all(&terms, |term| term != f64::INFINITY)
        {
            // Earlier versions wrote infinity for a word whose column has no entry; its row of V is
            // zero, so 0 gives the same codes.
            let mut changed = terms.into_vec();
            changed.iter_mut().filter(|term| **term == f64::INFINITY).for_each(|term| *term = 0.0);
            terms = changed.into();
        }
        let total = file.doubles("total", 1)?[0];
        let of_rows = [n_words, Self::stored_columns(config)];
        let in_place = match map {
            Some(map) => file.mapped("right_vectors", Dtype::F32, &of_rows, map)?,
            None => None,
        };
        let is_mapped = in_place.is_some();
        let right_vectors = match in_place {
            Some(right_vectors) => right_vectors,
            None => file.floats("right_vectors", &of_rows)?.into(),
        };
        let network = match &config.network {
            None => None,
            Some(network) => {
                let scale = file.doubles("scale", 1)?[0];
                let mut tensors: [Vec<f32>; 7] = Default::default();
                let shapes = network.shapes(n_words, config.dim);
                for (tensor, (name, shape)) in tensors.iter_mut().zip(shapes) {
                    *tensor = file.floats(name, &shape)?;
                }
                Some(Network::from_tensors(tensors, scale))
            }
        };
        let encoding =
            Self { statistics: ColumnStatistics { terms, total }, right_vectors, network };
        if let Some(tensor) = encoding.not_finite(!is_mapped) {
            return Err(Error::malformed(
                path,
                None,
                format!("NaN or infinity in `{tensor}`"),
                "finite numbers",
            ));
        }
        if let Some(network) = encoding.network.as_ref().filter(|network| network.scale <= 0.0) {
            return Err(Error::malformed(
                path,
                None,
                format!("a scale of {}", network.scale),
                "a number above 0",
            ));
        }
        Ok(encoding)
    }
}

/// Whether all of many numbers pass a test.
fn are_all(numbers: &[f64], passes: impl Fn(f64) -> bool + Sync) -> bool {
    /// Numbers that one task looks at.
    const AT_A_TIME: usize = 1 << 16;
    // Without a way out of the loop, several numbers are looked at in one step.
    let pass = |part: &[f64]| part.iter().fold(true, |all, &number| all & passes(number));
    numbers.par_chunks(AT_A_TIME).all(pass)
}

/// The tensors of a file, each asked for by name and shape.
struct Tensors<'a> {
    tensors: SafeTensors<'a>,
    path: &'a Path,
}

impl Tensors<'_> {
    fn find(&self, name: &str, dtype: Dtype, shape: &[usize]) -> Result<&[u8]> {
        let tensor = self.tensors.tensor(name).map_err(|_| {
            Error::malformed(
                self.path,
                None,
                format!("no tensor `{name}`"),
                "the encoder of a model",
            )
        })?;
        if tensor.dtype() == dtype && tensor.shape() == shape {
            return Ok(tensor.data());
        }
        let (found_dtype, found_shape) = (tensor.dtype(), tensor.shape());
        let found = format!("`{name}` of type {found_dtype:?} and shape {found_shape:?}");
        let expected = format!("{dtype:?} and {shape:?}, as the model has it");
        Err(Error::malformed(self.path, None, found, expected))
    }

    /// The values where they lie in the mapped file; `None` if they cannot be read there.
    fn mapped<T: AnyBitPattern>(
        &self,
        name: &str,
        dtype: Dtype,
        shape: &[usize],
        map: &MappedFile,
    ) -> Result<Option<StoredNumbers<T>>> {
        let values = self.find(name, dtype, shape)?;
        let start = values.as_ptr().addr() - map.bytes().as_ptr().addr();
        Ok(map.numbers(start..start + values.len()).map(StoredNumbers::mapped))
    }

    /// The terms of the columns: a number for each word, so they stay in the mapped file.
    fn terms(&self, n_terms: usize, map: Option<&MappedFile>) -> Result<StoredNumbers<f64>> {
        const NAME: &str = "column_terms";
        let in_place = match map {
            Some(map) => self.mapped(NAME, Dtype::F64, &[n_terms], map)?,
            None => None,
        };
        Ok(match in_place {
            Some(terms) => terms,
            None => self.doubles(NAME, n_terms)?.into(),
        })
    }

    fn doubles(&self, name: &str, len: usize) -> Result<Vec<f64>> {
        let values = self.find(name, Dtype::F64, &[len])?.as_chunks::<8>().0;
        Ok(values.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect())
    }

    fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let values = self.find(name, Dtype::F32, shape)?.as_chunks::<4>().0;
        Ok(values.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Recipe;

    #[test]
    fn two_languages_part_with_their_own_words() {
        let statistics = ColumnStatistics { terms: vec![1.0, 2.0, 3.0].into(), total: 4.0 };
        let [first, second] = Encoding {
            statistics,
            right_vectors: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0].into(),
            network: None,
        }
        .split(1, 3);
        assert_eq!(
            (first.statistics.terms.into_vec(), first.right_vectors.into_vec()),
            (vec![1.0], vec![1.0, 2.0])
        );
        assert_eq!(
            (
                second.statistics.terms.into_vec(),
                second.statistics.total,
                second.right_vectors.into_vec()
            ),
            (vec![2.0, 3.0], 4.0, vec![3.0, 4.0, 5.0, 6.0])
        );
        // A weighting that keeps no terms.
        let [first, second] = Encoding {
            statistics: ColumnStatistics::default(),
            right_vectors: vec![1.0, 2.0].into(),
            network: None,
        }
        .split(1, 2);
        assert!(first.statistics.terms.is_empty() && second.statistics.terms.is_empty());
    }

    #[test]
    fn what_was_written_is_read_and_other_shapes_are_named() {
        let config = EmbedConfig::recipe(Recipe::Passages);
        let encoding = Encoding {
            statistics: ColumnStatistics { terms: vec![0.5, 1.5, 0.1].into(), total: 0.0 },
            right_vectors: vec![0.25, -1.0, 3.0].into(),
            network: None,
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("encoder.safetensors");
        encoding.write(3, &config, &path).unwrap();
        assert_eq!(Encoding::open(&path, 3, &config).unwrap(), encoding);
        let message = Encoding::open(&path, 4, &config).unwrap_err().to_string();
        assert!(
            message.ends_with(
                "found `column_terms` of type F64 and shape [3], expected F64 and [4], as the \
                 model has it"
            ),
            "{message}"
        );
        let bytes = std::fs::read(&path).unwrap();
        let short =
            Encoding::read(&bytes[..bytes.len() - 1], &path, 3, &config).unwrap_err().to_string();
        assert!(short.contains("shorter or longer than its header"), "{short}");
        let centred = EmbedConfig { center: true, ..config };
        assert!(
            Encoding::open(&path, 3, &centred)
                .unwrap_err()
                .to_string()
                .contains("expected F32 and [3, 301]")
        );
    }
}
