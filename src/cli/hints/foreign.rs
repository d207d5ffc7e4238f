//! What to do with a file of another program's format.

use std::fs::File;
use std::io::Read;
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
            "dictionaries and test sets are lines of words, with tabs, commas or spaces between \
             them"
        }
        _ => return None,
    })
}

/// How to read vectors for which a feature is missing. What pandas reads is not compressed, and no
/// stream.
pub(super) fn vectors_with_feature(path: &Path, format: ForeignFormat, feature: &str) -> String {
    let start = start_of(path);
    let (file, arrays) = (in_python(path), in_python(&path.with_extension("npz")));
    // A stream begins with a mark, or with the length of its schema.
    let is_stream = start.starts_with(&[0xFF; 4]) || start.get(2..4) == Some(&[0, 0]);
    let (library, read, is_plain) = match format {
        ForeignFormat::Parquet => {
            ("pandas", format!("pandas.read_parquet({file})"), start.starts_with(b"PAR1"))
        }
        _ if is_stream => {
            ("pyarrow", format!("pyarrow.ipc.open_stream({file}).read_pandas()"), true)
        }
        _ => ("pandas", format!("pandas.read_feather({file})"), start.starts_with(b"ARROW1")),
    };
    let unpack = if is_plain { "" } else { "unpack it and " };
    format!(
        "build it with `cargo install eigenlex --features {feature}`, or {unpack}write arrays in \
         Python, with the names of its columns for `word` and `vector`: `import numpy, {library}; \
         t = {read}; numpy.savez({arrays}, words=list(t['word']), vectors=list(t['vector']))`"
    )
}

/// The first bytes of a file, as many as show its format; none if it cannot be read.
fn start_of(path: &Path) -> Vec<u8> {
    /// Bytes that are looked at.
    const MOST: u64 = 8;
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut start));
    read.map_or_else(|_| Vec::new(), |_| start)
}

/// A path as a string of Python.
fn in_python(path: &Path) -> String {
    let path = path.display().to_string();
    format!("'{}'", path.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// How to read texts for which a feature is missing: the only one is that of Parquet.
pub(super) fn with_feature(path: &Path, feature: &str) -> String {
    let (file, lines) = (in_python(path), in_python(&path.with_extension("jsonl")));
    format!(
        "build it with `cargo install eigenlex --features {feature}`, or write JSON lines in \
         Python: `import pandas; pandas.read_parquet({file}).to_json({lines}, \
         orient='records', lines=True)`"
    )
}

/// How to get vectors that are read from a file of another program.
pub(super) fn vectors_from(format: ForeignFormat, path: &Path) -> String {
    let fixed = match format {
        ForeignFormat::Pickle => {
            let path = in_python(path);
            return format!(
                "convert it in Python: `from gensim.models import KeyedVectors; \
                 KeyedVectors.load({path}).save_word2vec_format('vectors.bin', binary=True)`; for \
                 a whole model, `Word2Vec.load({path}).wv.save_word2vec_format(...)`"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_strings_of_python() {
        assert_eq!(in_python(Path::new("a b.arrow")), "'a b.arrow'");
        assert_eq!(in_python(Path::new("it's.arrow")), r"'it\'s.arrow'");
        assert_eq!(in_python(Path::new(r"C:\new.arrow")), r"'C:\\new.arrow'");
    }

    #[test]
    fn arrays_are_made_of_a_file_by_the_function_that_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v");
        for (start, format, expected) in [
            (&b"PAR1"[..], ForeignFormat::Parquet, "or write arrays in Python, "),
            (b"PAR1", ForeignFormat::Parquet, "t = pandas.read_parquet('"),
            (b"ARROW1\0\0", ForeignFormat::Arrow, "t = pandas.read_feather('"),
            (b"\x1F\x8B", ForeignFormat::Parquet, "or unpack it and write arrays in Python, "),
        ] {
            std::fs::write(&path, start).unwrap();
            let hint = vectors_with_feature(&path, format, "f");
            assert!(hint.contains(expected), "{hint}");
        }
        let stream = "tests/fixtures/vectors/pyarrow-stream.arrows";
        assert_eq!(
            vectors_with_feature(Path::new(stream), ForeignFormat::Arrow, "arrow"),
            format!(
                "build it with `cargo install eigenlex --features arrow`, or write arrays in \
                 Python, with the names of its columns for `word` and `vector`: `import numpy, \
                 pyarrow; t = pyarrow.ipc.open_stream('{stream}').read_pandas(); \
                 numpy.savez('tests/fixtures/vectors/pyarrow-stream.npz', \
                 words=list(t['word']), vectors=list(t['vector']))`"
            )
        );
    }
}
