//! Files of every encoding, in archives and out of them, and what is no text at all: read, or named
//! with the way out.

use std::fs;

use crate::packing::{bzip2, folder_of, gzip, latin1, prints, tar, utf16, xz, zip};
use crate::support::{eigenlex_in, fails};

/// Vectors of four words, one of them not ASCII.
const VECTORS: &str = "4 2\nking 1 0.5\nqueen 0.9 0.6\ncafé 0.1 1\nday 0.2 -1\n";

#[test]
fn vectors_are_read_from_any_packing_and_encoding() {
    let text = VECTORS.as_bytes();
    let folder = folder_of(&[
        ("plain.vec", text.to_vec()),
        ("v.gz", gzip(text)),
        ("v.bz2", [bzip2(&text[..20]), bzip2(&text[20..])].concat()),
        ("v.xz", xz(text)),
        ("v.zst", zstd::encode_all(text, 3).unwrap()),
        ("v.zip", zip(&[("__MACOSX/._v.txt", b"x"), ("glove/v.txt", text)])),
        ("v.tar.xz", xz(&tar(&[("v.txt", text)]))),
        ("two.tar.gz", gzip(&tar(&[("README", b"read me"), ("v.vec", text)]))),
        ("utf16.txt", utf16(VECTORS)),
        ("crlf.txt", VECTORS.replace('\n', "\r\n").into_bytes()),
        ("cr.txt", VECTORS.replace('\n', "\r").into_bytes()),
        ("marked.txt", [b"\xEF\xBB\xBF", text].concat()),
    ]);
    let expected = prints(folder.path(), &["neighbors", "plain.vec", "café"]);
    assert!(expected.contains("café\tking"), "{expected}");
    let names = "v.gz v.bz2 v.xz v.zst v.zip v.zip/glove/v.txt v.tar.xz two.tar.gz/v.vec utf16.txt \
         crlf.txt cr.txt marked.txt";
    for name in names.split(' ') {
        assert_eq!(prints(folder.path(), &["neighbors", name, "café"]), expected, "{name}");
    }
    fs::write(folder.path().join("latin.vec"), latin1(VECTORS)).unwrap();
    let line = ["neighbors", "latin.vec", "café", "--encoding", "latin1"];
    assert_eq!(prints(folder.path(), &line), expected);
    let info = |name: &str| {
        let printed = prints(folder.path(), &["info", name, "--format", "tsv"]);
        let lines = printed.lines().filter(|line| !line.starts_with("n_bytes"));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(info("v.zip"), info("plain.vec"));
    let stdin = eigenlex_in(folder.path())
        .args(["neighbors", "-", "café"])
        .write_stdin(gzip(text))
        .assert()
        .success();
    assert_eq!(String::from_utf8_lossy(&stdin.get_output().stdout), expected);
}

#[test]
fn test_sets_lists_and_matrices_are_read_from_any_packing_and_encoding() {
    let matrix = "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 3\n2 2 1\n";
    let folder = folder_of(&[
        ("v.vec", VECTORS.as_bytes().to_vec()),
        ("pairs.tsv", "king\tqueen\t9\nking\tcafé\t2\nking\tday\t1\n".into()),
        ("pairs.zip", zip(&[("p.tsv", &utf16("king\tqueen\t9\nking\tcafé\t2\nking\tday\t1\n"))])),
        ("words.txt", b"queen\nday\n".to_vec()),
        ("words.gz", gzip(b"queen\rday\r")),
        ("m.mtx", matrix.into()),
        ("m.tar", tar(&[("m.mtx", utf16(matrix).as_slice())])),
    ]);
    let same = |left: &[&str], right: &[&str]| {
        let without_names = |text: String| text.replace("pairs.tsv", "F").replace("pairs.zip", "F");
        let (left, right) = (prints(folder.path(), left), prints(folder.path(), right));
        assert_eq!(without_names(left), without_names(right));
    };
    same(
        &["evaluate", "v.vec", "--similarity", "pairs.tsv", "--format", "tsv", "-q"],
        &["evaluate", "v.vec", "--similarity", "pairs.zip", "--format", "tsv", "-q"],
    );
    same(
        &["neighbors", "v.vec", "king", "--restrict-to", "words.txt"],
        &["neighbors", "v.vec", "king", "--restrict-to", "words.gz"],
    );
    same(&["svd", "m.mtx", "--rank", "1", "-q"], &["svd", "m.tar", "--rank", "1", "-q"]);
}

#[test]
fn bad_text_is_named_with_the_way_out() {
    let folder = folder_of(&[
        ("v.vec", VECTORS.as_bytes().to_vec()),
        ("latin.txt", latin1("queen\ncafé façade déjà\n")),
        ("nul.txt", b"queen\nki\0ng\n".to_vec()),
        ("wide.txt", utf16("queen\nday\n")[2..].to_vec()),
        ("marked.txt", utf16("queen\n")),
        ("text.pdf", b"%PDF-1.7\n".to_vec()),
        ("page.txt", b"<!doctype html><title>Not found</title>".to_vec()),
    ]);
    let says = |file: &str, options: &[&str], text: &str| {
        let line = [&["neighbors", "v.vec", "king", "--restrict-to", file], options].concat();
        assert_eq!(fails(folder.path(), &line, 3), format!("error: {text}\n"));
    };
    says(
        "latin.txt",
        &[],
        "`latin.txt`, line 2, byte 9: the byte 0xE9 is not valid UTF-8\nhint: the text looks like \
         windows-1252; if it is, use --encoding windows-1252; texts of a corpus can also be read \
         with --on-bad-text replace or skip",
    );
    says(
        "latin.txt",
        &["--encoding", "shift_jis"],
        "`latin.txt`, line 2: bytes that are not valid Shift_JIS\nhint: give another --encoding, \
         or leave it out if the file is UTF-8; if the file is damaged, mend that line",
    );
    says(
        "nul.txt",
        &[],
        "`nul.txt`, line 2, byte 8: the control character U+0000 is no text\nhint: texts of a \
         corpus can be read with --on-bad-text replace or skip",
    );
    says(
        "wide.txt",
        &[],
        "`wide.txt` looks like UTF-16LE without a byte order mark\nhint: pass --encoding utf-16le",
    );
    says(
        "marked.txt",
        &["--encoding", "koi8-r"],
        "`marked.txt` begins with the byte order mark of UTF-16LE, but its encoding is given as \
         KOI8-R\nhint: leave out --encoding: the mark says what it is",
    );
    says(
        "text.pdf",
        &[],
        "`text.pdf` is a PDF, not text\nhint: extract its text first, for instance with pdftotext",
    );
    says(
        "page.txt",
        &[],
        "`page.txt` is a web page, not text\nhint: it may be the message of a server in place of \
         the file; fetch it again",
    );
    let line = ["neighbors", "v.vec", "king", "--encoding", "klingon"];
    let message = fails(folder.path(), &line, 2);
    assert!(
        message.contains("a label of the WHATWG Encoding Standard, such as utf-8"),
        "{message}"
    );
}

#[test]
fn a_file_that_holds_no_vectors_is_named_with_the_way_out() {
    let numbers: Vec<u8> = (0..60).flat_map(|it| f64::from(it).to_le_bytes()).collect();
    let old: Vec<u8> = [5i32, 5, 5, 5, 1, 1, 1, 1, 1, 3, 6, 100]
        .into_iter()
        .flat_map(i32::to_le_bytes)
        .chain([0; 400])
        .collect();
    let page = b"<html><head><title>404</title></head></html>\n".to_vec();
    let folder = folder_of(&[
        ("gensim", b"\x80\x04\x95\x10\0\0\0\0\0\0\0".to_vec()),
        ("old", old),
        ("numbers", numbers),
        ("parquet", b"PAR1\0\0".to_vec()),
        ("hdf5", b"\x89HDF\r\n\x1A\n\0".to_vec()),
        ("json", b"{\"king\":[0.1,0.2]}\n".to_vec()),
        ("page", page.clone()),
        ("page.gz", gzip(&page)),
        ("docx", zip(&[("[Content_Types].xml", b"x"), ("word/document.xml", b"x")])),
    ]);
    for (name, kind, way) in [
        ("gensim", "a Python pickle, as gensim saves it", "KeyedVectors.load('gensim').save_"),
        ("old", "a binary file of an unknown format", "save the vectors in the format of word2vec"),
        ("numbers", "a binary file of an unknown format", "save the vectors in the format of "),
        ("hdf5", "an HDF5 file", "save the matrix with numpy.save"),
        ("json", "a JSON file", "write it as text"),
        ("page", "a web page", "it may be the message of a server"),
        ("page.gz", "a web page", "it may be the message of a server"),
        ("docx", "a Word document", "give a model or vectors"),
    ] {
        let message = fails(folder.path(), &["neighbors", name, "king"], 3);
        let begins = format!(
            "error: `{name}` is {kind}, but a model or a file of word vectors is needed here\n\
             hint: "
        );
        assert!(message.starts_with(&begins), "{message}");
        assert!(message[begins.len()..].starts_with(way) || message.contains(way), "{message}");
    }
}

#[test]
fn an_archive_that_cannot_be_used_is_named_with_the_way_out() {
    let whole = zip(&[("1.vec", b"a 1 2\n"), ("2.vec", b"a 1 2\n"), ("3.vec", b""), ("4", b"")]);
    let folder = folder_of(&[
        ("cut.zip", whole[..whole.len() - 30].to_vec()),
        ("hidden.zip", zip(&[(".DS_Store", b"x")])),
        ("packed.gz", gzip(&whole)),
        ("many.zip", whole),
    ]);
    let says = |name: &str, text: &str| {
        let message = fails(folder.path(), &["neighbors", name, "a"], 3);
        assert!(message.starts_with(&format!("error: {text}")), "{message}");
    };
    says("cut.zip", "the zip archive `cut.zip` cannot be read: ");
    says("hidden.zip", "the zip archive `hidden.zip` holds no file\n");
    says(
        "packed.gz",
        "the zip archive `packed.gz` cannot be read from a pipe or from within another file\nhint: \
         unpack it first, or give the file itself\n",
    );
    says(
        "many.zip",
        "the zip archive `many.zip` holds 4 files, such as `1.vec`, `2.vec`, `3.vec`, and one is \
         needed here\nhint: name the file wanted as ARCHIVE/FILE, such as `many.zip/1.vec`\n",
    );
    says(
        "many.zip/5.vec",
        "the zip archive `many.zip` holds no file `5.vec`; it holds `1.vec`, `2.vec`, `3.vec`\n",
    );
}

#[test]
fn messages_and_tables_show_what_nobody_can_see() {
    let folder = folder_of(&[("v.vec", "co\u{AD}op 1 2\nking 1 1\nmi\u{200C}ra 1 0\n".into())]);
    let message = fails(folder.path(), &["neighbors", "v.vec", "ki\u{200B}ng\u{1B}[31m"], 4);
    assert!(message.contains("`ki<U+200B>ng<U+001B>[31m` is not in the vocabulary"), "{message}");
    let line = ["neighbors", "v.vec", "king", "--format"];
    let text = prints(folder.path(), &[&line[..], &["text"]].concat());
    assert!(text.contains("co<U+00AD>op") && text.contains("mi\u{200C}ra"), "{text}");
    let tsv = prints(folder.path(), &[&line[..], &["tsv"]].concat());
    assert!(tsv.contains("co\u{AD}op"), "{tsv}");
}

#[test]
fn a_text_that_was_encoded_twice_is_named_and_read() {
    let twice = |text: &str| latin1_as_utf8(text.as_bytes());
    let text = "one\ndéjà vu, là où était le café\n";
    let folder = folder_of(&[
        ("twice.txt", twice(text).into_bytes()),
        ("once.txt", text.into()),
        ("quoted.txt", b"the bytes of \xC3\xA9 look like \xC3\x83\xC2\xA9\n".to_vec()),
    ]);
    let said = |file: &str| {
        let assert = eigenlex_in(folder.path()).args(["tokens", file]).assert().success();
        String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
    };
    let expected = "`twice.txt`, line 2: `Ã©` seems to be `é` converted to UTF-8 twice, and so do \
                    3 other characters; undo it with `iconv -f UTF-8 -t WINDOWS-1252`";
    assert!(said("twice.txt").contains(expected), "{}", said("twice.txt"));
    assert_eq!(said("once.txt") + &said("quoted.txt"), "");
}

/// UTF-8 of bytes that are read as ISO 8859-1.
fn latin1_as_utf8(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

#[test]
fn an_archive_within_an_archive_is_named_as_other_files_that_are_no_text() {
    let inner = zip(&[("a.txt", b"one two\n")]);
    let folder = folder_of(&[
        ("outer.zip", zip(&[("a.txt", b"one\n"), ("inner.zip", &inner)])),
        ("paper.zip", zip(&[("a.txt", b"one\n"), ("b.txt", b"%PDF-1.7\n")])),
    ]);
    assert_eq!(
        fails(folder.path(), &["tokens", "outer.zip"], 3),
        "error: `outer.zip/inner.zip` is a zip archive, not text\nhint: unpack it first\n"
    );
    let message = fails(folder.path(), &["tokens", "paper.zip"], 3);
    assert!(message.starts_with("error: `paper.zip/b.txt` is a PDF, not text\n"), "{message}");
}
