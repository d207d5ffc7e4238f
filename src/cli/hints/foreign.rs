//! What to do with a file of another program's format.

use std::path::Path;

use eigenlex::ForeignFormat;

/// How to get text from a document.
pub(super) fn text_from(format: ForeignFormat) -> Option<&'static str> {
    Some(match format {
        ForeignFormat::Pdf => "extract its text first, for instance with pdftotext",
        ForeignFormat::PostScript => "extract its text first, for instance with ps2ascii",
        ForeignFormat::Word
        | ForeignFormat::OldOffice
        | ForeignFormat::Office
        | ForeignFormat::OpenDocument
        | ForeignFormat::Rtf => {
            "save it as plain text first, for instance with `soffice --convert-to txt:Text FILE`"
        }
        ForeignFormat::Epub => "convert it to text first, for instance with `pandoc -t plain`",
        ForeignFormat::Zip | ForeignFormat::SevenZip | ForeignFormat::Rar => "unpack it first",
        ForeignFormat::Tar => "unpack it, or name a file in it as ARCHIVE/FILE",
        ForeignFormat::Sound | ForeignFormat::Film => "transcribe it first",
        ForeignFormat::Djvu => "extract its text first, for instance with djvutxt",
        ForeignFormat::Compressed => "decompress it first",
        ForeignFormat::Avro => "export the column with the texts as CSV or JSON lines",
        ForeignFormat::Image => "recognise its text first, for instance with tesseract",
        ForeignFormat::Parquet => {
            "texts of a corpus are read with `--reader parquet`; export anything else as text"
        }
        ForeignFormat::Arrow | ForeignFormat::Sqlite => {
            "export the column with the texts as CSV or JSON lines"
        }
        ForeignFormat::WebPage => {
            "it may be the message of a server in place of the file; fetch it again"
        }
        ForeignFormat::Json | ForeignFormat::Xml => {
            "dictionaries and test sets are lines of words, with tabs, commas or spaces between them"
        }
        _ => return None,
    })
}

/// How to read vectors for which a feature is missing.
pub(super) fn vectors_with_feature(path: &Path, format: ForeignFormat, feature: &str) -> String {
    let (file, arrays) = (path.display(), path.with_extension("npz"));
    let arrays = arrays.display();
    let read = if format == ForeignFormat::Arrow { "read_feather" } else { "read_parquet" };
    format!(
        "build it with `cargo install eigenlex --features {feature}`, or write arrays in Python: \
         `import numpy, pandas; t = pandas.{read}('{file}'); numpy.savez('{arrays}', \
         words=list(t['word']), vectors=list(t['vector']))`"
    )
}

/// How to read texts for which a feature is missing: the only one is that of Parquet.
pub(super) fn with_feature(path: &Path, feature: &str) -> String {
    let (file, lines) = (path.display(), path.with_extension("jsonl"));
    let lines = lines.display();
    format!(
        "build it with `cargo install eigenlex --features {feature}`, or write JSON lines in \
         Python: `import pandas; pandas.read_parquet('{file}').to_json('{lines}', \
         orient='records', lines=True)`"
    )
}

/// How to get vectors that are read from a file of another program.
pub(super) fn vectors_from(format: ForeignFormat, path: &Path) -> String {
    let path = path.display();
    let fixed = match format {
        ForeignFormat::Pickle => {
            return format!(
                "convert it in Python: `from gensim.models import KeyedVectors; \
                 KeyedVectors.load('{path}').save_word2vec_format('vectors.bin', binary=True)`; for \
                 a whole model, `Word2Vec.load('{path}').wv.save_word2vec_format(...)`"
            );
        }
        ForeignFormat::Hdf5
        | ForeignFormat::PyTorch
        | ForeignFormat::NumpyArchive
        | ForeignFormat::NumpyArray => {
            "save the matrix with numpy.save as `vectors.npy`, and the words, one a line, as \
             `vectors.words.txt`"
        }
        ForeignFormat::GloveBinary => {
            "write the vectors with their words: GloVe does so with `-binary 0` or `-binary 2`"
        }
        ForeignFormat::Floret => {
            "write the vectors of words: `floret print-word-vectors MODEL.bin < WORDS`"
        }
        ForeignFormat::Sqlite => {
            "export it as text: a word and its numbers a line, separated by spaces"
        }
        ForeignFormat::Json => {
            "write it as text: a word and its numbers a line, separated by spaces"
        }
        ForeignFormat::WebPage => {
            "it may be the message of a server in place of the file; fetch it again"
        }
        ForeignFormat::Zip | ForeignFormat::SevenZip | ForeignFormat::Rar => "unpack it first",
        ForeignFormat::Compressed => "decompress it first",
        ForeignFormat::Tar => "unpack it, or name a file in it as ARCHIVE/FILE",
        ForeignFormat::Binary => {
            "save the vectors in the format of word2vec, text or binary; GloVe writes text with \
             `-binary 0`"
        }
        _ => "give a model or vectors in the format of word2vec, GloVe, npy or safetensors",
    };
    fixed.to_owned()
}
