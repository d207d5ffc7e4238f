//! safetensors among the formats: our own files, mapped where they lie, and those of other
//! programs.

use std::collections::BTreeMap;
use std::path::Path;

use super::input::Input;
use super::precision::VectorPrecision;
use super::report::ReadReport;
use super::safetensors_writer::{SafetensorsWriter, TensorType};
use super::traits::{ReadFormat, VectorFile, WriteFormat, WriteOptions};
use super::{Format, RowStream, safetensors, tensors, wrong_kind};
use crate::base::error::Result;
use crate::base::kind::FileKind;

/// The format.
pub(super) struct Safetensors;

impl ReadFormat for Safetensors {
    /// Eight bytes of length, below 100 MB as the format has it, and a JSON object.
    fn begins(&self, start: &[u8]) -> bool {
        start.len() > 8 && start[8] == b'{' && start[4..8] == [0; 4]
    }

    fn read(&self, input: Input<'_>) -> Result<VectorFile> {
        let path = input.path().to_path_buf();
        if path.is_file()
            && let Ok(found @ (FileKind::Map | FileKind::Spaces | FileKind::Codes)) =
                FileKind::of(&path)
        {
            return Err(wrong_kind(&path, found));
        }
        // Our own are checked when they are written, and opened without a look at their numbers,
        // where nobody asks for faults.
        let is_own = |names: [&str; 2]| {
            let header = &input.start[8..];
            let holds = |name: &str| header.windows(name.len()).any(|it| it == name.as_bytes());
            names.into_iter().all(holds)
        };
        if input.opened.is_plain
            && input.options.is_usual()
            && is_own(["\"word_offsets\"", "\"embeddings\":{\"dtype\":\"F32\""])
        {
            let vectors = safetensors::open(&path)?.vectors;
            return Ok(VectorFile::of(Format::Safetensors, (vectors, ReadReport::default())));
        }
        let options = input.options;
        let read = tensors::read(input.bytes()?, &path, options)?;
        Ok(VectorFile::of(Format::Safetensors, read))
    }
}

impl WriteFormat for Safetensors {
    fn write(
        &self,
        vectors: &RowStream<'_>,
        path: &Path,
        options: &WriteOptions<'_>,
    ) -> Result<()> {
        match options.precision {
            VectorPrecision::Single => {
                safetensors::write_stream(vectors, &[], &BTreeMap::new(), path, options.force)
            }
            precision => write_rounded(vectors, precision, path, options.force),
        }
    }

    fn precisions(&self) -> &'static [VectorPrecision] {
        &VectorPrecision::ALL
    }
}

/// The same tensors with 16- or 8-bit embeddings; 8-bit ones have a tensor `scales`.
fn write_rounded(
    vectors: &RowStream<'_>,
    precision: VectorPrecision,
    path: &Path,
    force: bool,
) -> Result<()> {
    let words = vectors.words();
    super::refuse_words(words, Format::Safetensors, |_| false, "")?;
    let (spellings, offsets) = words.parts();
    let (n_words, dim) = (words.len(), vectors.dim());
    let (offsets_shape, matrix_shape) = ([n_words + 1], [n_words, dim]);
    let (scales_shape, words_shape) = ([n_words], [spellings.len()]);
    let is_int8 = precision == VectorPrecision::Int8;
    let mut tensors: Vec<(&str, TensorType, &[usize])> =
        vec![("word_offsets", TensorType::U64, &offsets_shape)];
    if is_int8 {
        tensors.push(("scales", TensorType::F32, &scales_shape));
        tensors.push(("embeddings", TensorType::I8, &matrix_shape));
    } else {
        tensors.push(("embeddings", TensorType::F16, &matrix_shape));
    }
    tensors.push(("words", TensorType::U8, &words_shape));
    let mut file = SafetensorsWriter::create(path, force, &tensors, &BTreeMap::new())?;
    file.put_numbers(offsets.iter().map(|&offset| offset as u64))?;
    let mut bytes = Vec::new();
    if is_int8 {
        vectors.each_chunk(|_, rows| file.put_floats(&encode(precision, rows, dim, &mut bytes)))?;
    }
    vectors.each_chunk(|_, rows| {
        encode(precision, rows, dim, &mut bytes);
        file.put_bytes(&bytes)
    })?;
    file.put_bytes(spellings.as_bytes())?;
    file.commit()
}

/// The bytes of rows, in place of what was in `bytes`; returns the scale of each row.
fn encode(precision: VectorPrecision, rows: &[f32], dim: usize, bytes: &mut Vec<u8>) -> Vec<f32> {
    bytes.clear();
    rows.chunks_exact(dim).map(|row| precision.encode(row, bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::WordVectors;
    use crate::vectors::format::{OnFault, ReadOptions};

    fn written(precision: VectorPrecision, folder: &Path) -> VectorFile {
        let vectors =
            WordVectors::new(["a", "bé"].into_iter().collect(), 2, vec![127.0, -64.0, 0.5, 0.25]);
        let path = folder.join("v.safetensors");
        let options = WriteOptions::default().precision(precision).force(true);
        Safetensors.write(&RowStream::from(&vectors), &path, &options).unwrap();
        VectorFile::open(&path, &ReadOptions::default().on_fault(OnFault::Refuse), &()).unwrap()
    }

    #[test]
    fn damage_to_our_own_files_is_found_where_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        // A file, and a model with it.
        let (path, model) = (folder.path().join("vectors.safetensors"), folder.path());
        let words = ["a", "b", "c"].into_iter().collect();
        let vectors = WordVectors::new(words, 2, vec![3.0, 4.0, 6.0, 8.0, 0.0, 1.0]);
        Format::Safetensors.write(&vectors, &path, false).unwrap();
        let good = std::fs::read(&path).unwrap();
        let with = |from: f32, to: f32| {
            let at = good.windows(4).rposition(|it| it == from.to_le_bytes()).unwrap();
            let mut bytes = good.clone();
            bytes[at..at + 4].copy_from_slice(&to.to_le_bytes());
            std::fs::write(&path, bytes).unwrap();
        };
        let open = |path: &Path, on_fault| {
            VectorFile::open(path, &ReadOptions::default().on_fault(on_fault), &())
        };
        for path in [&path, model] {
            std::fs::write(folder.path().join("vectors.safetensors"), &good).unwrap();
            for on_fault in [OnFault::Refuse, OnFault::Report, OnFault::Repair] {
                let file = open(path, on_fault).unwrap();
                assert!(file.report.is_clean() && file.vectors.digest() == vectors.digest());
            }
            // A stored length, and then a number.
            with(10.0, 10.5);
            let file = open(path, OnFault::Repair).unwrap();
            assert_eq!(
                file.report.notes[0].to_string(),
                "row 1: the length 10.5 of the vector of `b`, not 10; computed from the vector"
            );
            assert_eq!(file.vectors.lengths().unwrap(), [5.0, 10.0, 1.0]);
            let error = open(path, OnFault::Refuse).unwrap_err().to_string();
            assert!(error.contains("found the length 10.5 of the vector of `b`"), "{error}");
            with(6.0, f32::NAN);
            let file = open(path, OnFault::Repair).unwrap();
            assert!(file.vectors.words().iter().eq(["a", "c"]));
            let notes: Vec<String> = file.report.notes.iter().map(ToString::to_string).collect();
            assert_eq!(notes, ["row 1: NaN in the vector of `b`; left out"]);
            let error = open(path, OnFault::Refuse).unwrap_err().to_string();
            assert!(error.contains("found NaN in the vector of `b`"), "{error}");
        }
    }

    #[test]
    fn smaller_numbers_come_back_with_their_words() {
        let folder = tempfile::tempdir().unwrap();
        for (precision, name) in [
            (VectorPrecision::Single, None),
            (VectorPrecision::Half, Some("float16")),
            (VectorPrecision::Int8, Some("int8, with a scale for each row")),
        ] {
            let file = written(precision, folder.path());
            assert!(file.vectors.words().iter().eq(["a", "bé"]));
            assert_eq!(file.report.number_type.as_deref(), name);
            let expected = [127.0f32, -64.0, 0.5, 0.25];
            for (found, expected) in file.vectors.as_slice().iter().zip(expected) {
                assert!((found - expected).abs() <= 0.002, "{precision}: {found} {expected}");
            }
        }
    }
}
