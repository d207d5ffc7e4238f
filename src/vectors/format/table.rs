//! The one table of formats: names, extensions, who reads and who writes each.
//!
//! Help, messages, `convert` and the documentation are made of it. A new format is a file of code
//! with a [`ReadFormat`] and a [`WriteFormat`], and a row here.

use super::traits::{ReadFormat, WriteFormat};
use super::{
    Format, arrow, fasttext, finalfusion, model2vec, npy, npz, parquet, projector,
    safetensors_format, word2vec_binary, word2vec_text,
};

/// What is known of a format.
pub(super) struct Row {
    pub(super) format: Format,
    pub(super) name: &'static str,
    /// Endings of file names, the usual one first.
    pub(super) extensions: &'static [&'static str],
    /// What it is, in a few words.
    pub(super) title: &'static str,
    pub(super) reader: Option<&'static dyn ReadFormat>,
    pub(super) writer: Option<&'static dyn WriteFormat>,
    /// Whether it is a folder.
    pub(super) is_folder: bool,
}

/// A row of a format in a file.
const fn row(
    format: Format,
    name: &'static str,
    extensions: &'static [&'static str],
    title: &'static str,
    reader: Option<&'static dyn ReadFormat>,
    writer: Option<&'static dyn WriteFormat>,
) -> Row {
    Row { format, name, extensions, title, reader, writer, is_folder: false }
}

/// All formats, in the order in which they are listed to people. A file is offered to the readers
/// from the last to the first: text, which may begin in any way, is the last to be asked.
pub(super) static TABLE: [Row; 13] = [
    row(
        Format::Word2vec,
        "word2vec",
        &["vec", "txt", "w2v"],
        "text of word2vec and fastText, with a header",
        Some(&word2vec_text::Text),
        Some(&word2vec_text::Text),
    ),
    row(
        Format::Glove,
        "glove",
        &["glove"],
        "text of GloVe, without a header",
        None,
        Some(&word2vec_text::Glove),
    ),
    row(
        Format::Word2vecBinary,
        "word2vec-binary",
        &["bin"],
        "binary format of word2vec",
        Some(&word2vec_binary::Binary),
        Some(&word2vec_binary::Binary),
    ),
    row(
        Format::FastText,
        "fasttext",
        &["bin", "ftz"],
        "fastText's own, with vectors of n-grams for unknown words",
        Some(&fasttext::FastText),
        Some(&fasttext::FastText),
    ),
    row(
        Format::FastTextQuantized,
        "fasttext-quantized",
        &["ftz"],
        "the same in 8 bits a value, for fastText alone",
        None,
        Some(&fasttext::Quantized),
    ),
    row(
        Format::Npy,
        "npy",
        &["npy"],
        "NumPy array, with the words in a list beside it",
        Some(&npy::Npy),
        Some(&npy::Npy),
    ),
    row(
        Format::Npz,
        "npz",
        &["npz"],
        "NumPy arrays of vectors and words in one file",
        None,
        Some(&npz::Npz),
    ),
    row(
        Format::Safetensors,
        "safetensors",
        &["safetensors"],
        "tensors of Hugging Face, mapped where they lie",
        Some(&safetensors_format::Safetensors),
        Some(&safetensors_format::Safetensors),
    ),
    Row {
        format: Format::Model2vec,
        name: "model2vec",
        extensions: &[],
        title: "folder of a static model of model2vec and sentence-transformers",
        reader: None,
        writer: Some(&model2vec::Model2vec),
        is_folder: true,
    },
    row(
        Format::Finalfusion,
        "finalfusion",
        &["fifu"],
        "chunks of finalfusion",
        Some(&finalfusion::Finalfusion),
        Some(&finalfusion::Finalfusion),
    ),
    row(
        Format::Parquet,
        "parquet",
        &["parquet"],
        "table of Apache Parquet",
        Some(parquet::PARQUET),
        parquet::PARQUET.writer(),
    ),
    row(
        Format::Arrow,
        "arrow",
        &["arrow", "feather"],
        "table of Apache Arrow, or Feather",
        Some(arrow::ARROW),
        arrow::ARROW.writer(),
    ),
    Row {
        format: Format::Projector,
        name: "projector",
        extensions: &[],
        title: "folder for TensorBoard's Embedding Projector",
        reader: None,
        writer: Some(&projector::Projector),
        is_folder: true,
    },
];

/// The row of a format.
pub(super) fn row_of(format: Format) -> &'static Row {
    TABLE.iter().find(|row| row.format == format).expect("a test looks that each has a row")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::WordVectors;
    use crate::vectors::format::tests::small;

    #[test]
    fn a_format_whose_feature_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v");
        for format in Format::ALL.into_iter().filter(|format| format.is_left_out()) {
            let message = format.write(&small(), &path, false).unwrap_err().to_string();
            assert_eq!(
                message,
                format!(
                    "format is `{format}`, expected another: this was built without the feature \
                     `{format}`"
                )
            );
        }
        let start = |format| if format == Format::Parquet { &b"PAR1"[..] } else { b"ARROW1\0\0" };
        for format in [Format::Parquet, Format::Arrow] {
            std::fs::write(&path, start(format)).unwrap();
            let message = WordVectors::open(&path).unwrap_err().to_string();
            let names_feature = message.ends_with(&format!("without the feature `{format}`"));
            assert_eq!(names_feature, format.is_left_out(), "{message}");
        }
    }
}
