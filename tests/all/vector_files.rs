//! Files of vectors: those that other programs wrote (`tests/fixtures/vectors/make.py`), those with
//! faults, and what the commands say about them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use eigenlex::WordVectors;
use eigenlex::format::{Format, OnFault, ReadOptions, VectorFile};
use predicates::prelude::*;
use serde_json::Value;

use crate::support::{eigenlex_in, fails};

const WORDS: [&str; 5] = ["the", "king", "queen", "café", "東京"];
const ROWS: [f32; 15] =
    [1.0, -0.5, 0.125, 0.25, 2.0, -1.5, -0.75, 0.5, 3.0, 0.5, 0.5, -0.25, -2.0, 1.0, 0.375];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vectors").join(name)
}

fn strict() -> ReadOptions {
    ReadOptions::default().on_fault(OnFault::Refuse)
}

#[test]
fn files_of_other_programs_are_read() {
    for (name, format, number_type) in [
        ("gensim.vec", Format::Word2vec, None),
        ("gensim.bin", Format::Word2vecBinary, None),
        ("numpy-f8.npy", Format::Npy, Some("float64")),
        ("numpy-f2.npy", Format::Npy, Some("float16")),
        ("numpy-big.npy", Format::Npy, Some("float32, big-endian")),
        ("numpy-fortran.npy", Format::Npy, Some("float32, in Fortran order")),
        ("numpy.npz", Format::Npz, None),
        ("numpy-compressed.npz", Format::Npz, Some("float16")),
        ("safetensors-float16.safetensors", Format::Safetensors, Some("float16")),
        ("safetensors-float64.safetensors", Format::Safetensors, Some("float64")),
    ] {
        let file = VectorFile::open(fixture(name), &strict(), &()).unwrap();
        assert_eq!(file.format, format, "{name}");
        assert!(file.vectors.words().iter().eq(WORDS), "{name}");
        assert_eq!(file.vectors.as_slice(), ROWS, "{name}");
        assert_eq!(file.report.number_type.as_deref(), number_type, "{name}");
    }
    // Lengths are stored beside vectors of length 1.
    let file = VectorFile::open(fixture("finalfusion.fifu"), &strict(), &()).unwrap();
    assert!(file.vectors.words().iter().eq(WORDS));
    let pairs = file.vectors.as_slice().iter().zip(ROWS);
    assert!(pairs.into_iter().all(|(found, expected)| (found - expected).abs() < 1e-6));
    // Codes of a product quantizer, a rotation, and lengths.
    let file = VectorFile::open(fixture("finalfusion-quantized.fifu"), &strict(), &()).unwrap();
    assert!(file.vectors.words().iter().eq(WORDS));
    for (row, (found, expected)) in
        file.vectors.as_slice().chunks(4).zip(ROWS.chunks(3)).enumerate()
    {
        let length = [1.0, 2.0, 1.0, 1.0, 0.5][row];
        let expected = expected.iter().chain(&[1.0]).map(|value| length * value);
        assert!(found.iter().copied().eq(expected), "{found:?}");
    }
    // The tokens for unknown words and for the ends of texts are words too.
    let file = VectorFile::open(fixture("static-model"), &strict(), &()).unwrap();
    assert_eq!(file.format, Format::Model2vec);
    assert!(file.vectors.words().iter().take(5).eq(WORDS));
    assert_eq!(file.vectors.as_slice()[..15], ROWS);
}

#[test]
fn fasttexts_vectors_of_known_and_unknown_words_are_its_own() {
    for name in ["fasttext", "fasttext-words"] {
        let answers = fs::read_to_string(fixture(&format!("{name}.json"))).unwrap();
        let answers: BTreeMap<String, Vec<f32>> = serde_json::from_str(&answers).unwrap();
        let file = VectorFile::open(fixture(&format!("{name}.bin")), &strict(), &()).unwrap();
        assert_eq!(file.format, Format::FastText);
        for (word, expected) in &answers {
            let known = file.vectors.id(word).map(|id| file.vectors.vector(id).to_vec());
            let found = known.or_else(|| file.ngrams.as_ref()?.predict(word));
            // fastText answers zeros where it knows no n-gram.
            let found = found.unwrap_or_else(|| vec![0.0; expected.len()]);
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-6, "{word}: {found} {expected}");
            }
        }
        assert_eq!(file.ngrams.is_some(), name == "fasttext");
    }
}

#[test]
fn unknown_words_of_a_fasttext_file_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(fixture("fasttext.bin"), folder.path().join("f.bin")).unwrap();
    let ask = |arguments: &[&str]| eigenlex_in(folder.path()).args(arguments).assert();
    ask(&["neighbors", "f.bin", "talked"]).code(4);
    let spelling = ["--unknown", "spelling", "--top", "1", "--format", "tsv"];
    ask(&[&["neighbors", "f.bin", "talked"], &spelling[..]].concat())
        .success()
        .stdout(predicate::str::contains("talk"));
    ask(&[&["math", "f.bin", "talked - talk + walk"], &spelling[..]].concat()).success();
    // Files without n-grams cannot guess.
    fs::copy(fixture("gensim.vec"), folder.path().join("g.vec")).unwrap();
    ask(&["neighbors", "g.vec", "kings", "--unknown", "spelling"]).failure();
}

/// A text with a fault of each kind that is taken: 6 words, of which 4 remain, and 3 in a repair.
const FAULTY: &str =
    "7 2\nking 1 0\nqueen 0.9 0.1\nking 0 1\n 3 4\n\nman nan 1\n\u{3000} 0 1\ncat 0 -1\n";

#[test]
fn a_file_with_faults_is_read_with_warnings() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("v.vec"), FAULTY).unwrap();
    let ask = |arguments: &[&str]| eigenlex_in(folder.path()).args(arguments).assert();
    let warnings = "\
warning: `v.vec`, line 5: numbers without a word; left out
warning: `v.vec`, line 6: an empty line; skipped
warning: `v.vec`, line 7: `nan` in the vector of `man`; left out
warning: `v.vec`, line 8: a word of white space, \"\\u{3000}\"; kept
warning: `v.vec`, line 4: the word `king` a second time; the first stays, the others are left out
";
    ask(&["neighbors", "v.vec", "king", "--top", "1", "--format", "tsv"])
        .success()
        .stdout(predicate::str::contains("queen"))
        .stderr(predicate::str::diff(warnings));
    ask(&["neighbors", "v.vec", "king", "--quiet"]).success().stderr("");
    let message = fails(folder.path(), &["neighbors", "v.vec", "king", "--strict"], 3);
    assert!(message.contains("line 5: found numbers without a word, expected"), "{message}");
    ask(&["neighbors", "v.vec", "king", "--limit", "2", "--strict"]).success().stderr("");
    fails(folder.path(), &["neighbors", "v.vec", "cat", "--limit", "2"], 4);
    // Every command that reads vectors has the options.
    for command in ["math", "similarity", "odd-one-out", "evaluate", "align", "drift", "info"] {
        let page = ask(&[command, "--help"]).success();
        page.stdout(predicate::str::contains("--strict").and(predicate::str::contains("--limit")));
    }
}

#[test]
fn doctor_names_every_fault_and_mends_the_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("v.vec"), FAULTY.replace("cat 0 -1", "dog 1\ncat 0 -1")).unwrap();
    let ask = |arguments: &[&str]| eigenlex_in(folder.path()).args(arguments).assert();
    // A line that is no row stops the other commands.
    let message = fails(folder.path(), &["neighbors", "v.vec", "king"], 3);
    assert!(message.contains("line 9: found a word and 1 number(s)"), "{message}");
    assert!(message.contains("hint: `eigenlex doctor v.vec --repair OUTPUT` leaves"), "{message}");
    ask(&["doctor", "v.vec", "--format", "text"])
        .code(3)
        .stdout(predicate::str::contains(
            "broken-line (1)\n  line 9: a word and 1 number(s) (byte 60)\n  meaning   the line is \
             damaged, or the file is of another format\n  repaired  left out\n",
        ))
        .stderr(predicate::str::contains("`v.vec` has 6 faults\nhint: `--repair OUTPUT` writes"));
    let printed = ask(&["doctor", "v.vec", "--format", "json"]).code(3);
    let json: Value = serde_json::from_slice(&printed.get_output().stdout).unwrap();
    assert_eq!((&json["n_words"], &json["dim"]), (&3.into(), &2.into()));
    let faults: Vec<&str> =
        json["faults"].as_array().unwrap().iter().map(|it| it["fault"].as_str().unwrap()).collect();
    assert_eq!(
        faults,
        ["no-word", "empty-line", "not-finite", "blank-word", "broken-line", "duplicate-word"]
    );
    assert_eq!(json["faults"][0]["places"][0]["line"], 5);
    ask(&["doctor", "v.vec", "--format", "tsv"]).code(3).stdout(predicate::str::starts_with(
        "fault\tline\trow\tbyte\tfound\tmeaning\tconsequence\n",
    ));

    ask(&["doctor", "v.vec", "--repair", "mended.npz", "--format", "tsv"])
        .success()
        .stderr(predicate::str::contains("`mended.npz` has 3 words"));
    ask(&["doctor", "mended.npz", "--format", "tsv"]).success();
    let mended = WordVectors::open(folder.path().join("mended.npz")).unwrap();
    assert!(mended.words().iter().eq(["king", "queen", "cat"]));
    let again = &["doctor", "v.vec", "--repair", "mended.npz"];
    assert!(fails(folder.path(), again, 1).contains("exists already"));
    assert!(
        fails(folder.path(), &["doctor", "v.vec", "--repair", "x"], 2).contains("which format")
    );
    fs::copy(fixture("gensim.vec"), folder.path().join("good.vec")).unwrap();
    ask(&["doctor", "good.vec", "--format", "text"])
        .success()
        .stdout(predicate::str::contains("faults    none"));
}

#[test]
fn info_is_a_model_card() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(fixture("numpy.npz"), folder.path().join("v.npz")).unwrap();
    let ask = |arguments: &[&str]| eigenlex_in(folder.path()).args(arguments).assert();
    ask(&["info", "v.npz", "--format", "text"]).success().stdout(
        predicate::str::starts_with(
            "vectors   5 words, 3 dimensions\nformat    npz (NumPy arrays of vectors and words in \
             one file, 670 B)\nnumbers   float32\n",
        )
        .and(predicate::str::contains("\nwords     the king queen café 東京\ndigest    ")),
    );
    let printed = ask(&["info", "v.npz", "--format", "json"]).success();
    let json: Value = serde_json::from_slice(&printed.get_output().stdout).unwrap();
    assert_eq!((&json["format"], &json["n_zero_vectors"]), (&"npz".into(), &0.into()));
    ask(&["info", "v.npz", "--markdown"])
        .success()
        .stdout(predicate::str::starts_with("# v.npz\n\nWord vectors.\n\n| what | value |\n"));
    fails(folder.path(), &["info", "v.npz", "--markdown", "--format", "json"], 2);
}

#[test]
fn vectors_go_through_every_format_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let expected = WordVectors::open(fixture("numpy.npz")).unwrap().digest();
    let path = |name: &str| folder.path().join(name);
    let export = |input: &Path, output: &Path, options: &[&str]| {
        let command = &mut eigenlex_in(folder.path());
        command.arg("convert").arg(input).arg(output).args(options).assert()
    };
    for name in [
        "v.vec",
        "v.glove",
        "v.bin",
        "v.npy",
        "v.npz",
        "v.safetensors",
        "v.vec.gz",
        "v.bin.zst",
        "v.safetensors.xz",
    ] {
        export(&fixture("numpy.npz"), &path(name), &[]).success().stdout("").stderr("");
        let file = VectorFile::open(path(name), &strict(), &()).unwrap();
        assert_eq!(file.vectors.digest(), expected, "{name}");
        assert!(file.report.is_clean());
    }
    for format in ["model2vec", "projector"] {
        export(&fixture("numpy.npz"), &path(format), &["--format", format]).success();
        assert_eq!(WordVectors::open(path(format)).unwrap().digest(), expected, "{format}");
    }
    // Multiples of 1/8 fit into 16 bits.
    let tables = [Format::Parquet, Format::Arrow].into_iter().filter(|it| !it.is_left_out());
    let tables: Vec<String> = tables.map(|it| format!("h.{it}")).collect();
    let arrays = ["h.npy", "h.npz", "h.safetensors"];
    for name in arrays.into_iter().chain(tables.iter().map(String::as_str)) {
        export(&fixture("numpy.npz"), &path(name), &["--precision", "f16"])
            .success()
            .stderr("f16 numbers: 1 - cosine is 0.0e0 on average, 0.0e0 at most\n");
        assert_eq!(WordVectors::open(path(name)).unwrap().digest(), expected, "{name}");
    }
    export(&fixture("numpy.npz"), &path("i.safetensors"), &["--precision", "int8"])
        .success()
        .stderr(
            predicate::str::is_match("^int8 numbers: 1 - cosine is .*e-.* at most \\(`").unwrap(),
        );
    fs::write(path("questions"), ": all\nthe King queen café\n").unwrap();
    let asked = ["--precision", "f16", "--force", "--analogies", "questions"];
    export(&fixture("numpy.npz"), &path("h.npz"), &asked).success().stderr(
        predicate::str::is_match("analogies: [01] of 1 right before, [01] after\n$").unwrap(),
    );
    export(&fixture("numpy.npz"), &path("x.npz"), &["--analogies", "questions"])
        .code(2)
        .stderr(predicate::str::contains("`--analogies questions` has no effect: f32 loses"));
    export(&fixture("numpy.npz"), &path("i.vec"), &["--precision", "int8"]).code(2).stderr(
        predicate::str::contains("the format `word2vec` has no numbers of type `int8`\nhint: "),
    );
    export(&fixture("numpy.npz"), &path("v.doc"), &[])
        .code(2)
        .stderr(predicate::str::contains("end it in .vec, .glove, .bin, .ftz, .npy, .npz, "));
}

#[test]
fn an_array_needs_its_words() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(fixture("numpy-f8.npy"), folder.path().join("v.npy")).unwrap();
    let words = WORDS.join("\n");
    let message = fails(folder.path(), &["neighbors", "v.npy", "king"], 3);
    assert!(
        message.contains("`v.npy`: found an array without words, expected a list of words beside")
            && message.contains("`v.words.txt`, ")
            && message.contains("\nhint: name the list with --vocabulary"),
        "{message}"
    );
    fs::write(folder.path().join("list"), &words).unwrap();
    let with_list = ["neighbors", "v.npy", "king", "--vocabulary", "list", "--top", "1"];
    eigenlex_in(folder.path()).args(with_list).assert().success().stderr("");
    fs::write(folder.path().join("vocab.txt"), words.replace('\n', " 7\n") + " 7\n").unwrap();
    eigenlex_in(folder.path()).args(&with_list[..3]).assert().success();
}

#[test]
fn headers_that_lie_take_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v");
    fs::write(folder.path().join("v.words.txt"), "a\n").unwrap();
    let npy = |shape: &str| {
        let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
        [b"\x93NUMPY\x01\0", &(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat()
    };
    let fasttext = |n_words: i32| {
        let settings = [793_712_314, 12, 4, 5, 5, 1, 5, 1, 3, 2, i32::MAX, 3, 6, 100];
        let mut bytes: Vec<u8> = settings.into_iter().flat_map(i32::to_le_bytes).collect();
        bytes.extend([0; 8]);
        bytes.extend([n_words, n_words, 0].into_iter().flat_map(i32::to_le_bytes));
        bytes.extend([0; 16]);
        bytes
    };
    let fifu = [
        &b"FiFu\0\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0"[..],
        &16u64.to_le_bytes(),
        &(u64::MAX / 2).to_le_bytes(),
        &[0; 8],
    ]
    .concat();
    let header = r#"{"embeddings":{"dtype":"F32","shape":[4000000000,1000],"data_offsets":[0,8]}}"#;
    let safetensors = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[0; 8]].concat();
    for bytes in [
        b"4000000000 1000000\na 1 2\n".to_vec(),
        b"4000000000 1000000\na \0\x01\x02\x03\x04".to_vec(),
        npy("(4000000000, 1000000)"),
        fasttext(i32::MAX),
        fifu,
        safetensors,
    ] {
        fs::write(&path, &bytes).unwrap();
        let error = VectorFile::open(&path, &ReadOptions::default(), &()).unwrap_err();
        assert!(matches!(error, eigenlex::Error::Malformed { .. }), "{error}");
    }
}

/// Each byte changed, and each cut: vectors that can be used, or one clear error; never a panic,
/// and never memory on the word of a count.
#[test]
fn no_damage_to_a_file_makes_it_panic() {
    for name in [
        "gensim.vec",
        "gensim.bin",
        "numpy-f8.npy",
        "numpy-fortran.npy",
        "safetensors-float16.safetensors",
        "finalfusion.fifu",
        "finalfusion-quantized.fifu",
        "fasttext.bin",
    ] {
        let path = fixture(name);
        let good = fs::read(&path).unwrap();
        let open = |bytes: Vec<u8>, on_fault: OnFault| {
            let options = ReadOptions::default().on_fault(on_fault);
            let Ok(file) = VectorFile::from_bytes(bytes, &path, &options) else { return };
            assert!(!file.vectors.is_empty(), "{name}");
            let numbers = file.vectors.as_slice();
            assert!(numbers.iter().all(|number| number.is_finite()), "{name}");
            assert_eq!(file.vectors.words().first_duplicate(), None, "{name}");
            if let Some(ngrams) = &file.ngrams {
                ngrams.predict("walked");
            }
        };
        for place in 0..good.len() {
            open(good[..place].to_vec(), OnFault::Repair);
            for byte in [0, 1, 0x7F, 0xFF, good[place] ^ 0x20] {
                let mut bytes = good.clone();
                bytes[place] = byte;
                open(bytes, OnFault::Repair);
            }
        }
    }
}

#[test]
fn tables_that_need_a_feature_are_named_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let arrow = ("arrow", "an Arrow file or stream");
    for (name, (format, kind), read) in [
        ("pandas.parquet", ("parquet", "a Parquet file"), "pandas.read_parquet('v')"),
        ("pyarrow-lists.arrow", arrow, "pandas.read_feather('v')"),
        ("pyarrow-stream.arrows", arrow, "pyarrow.ipc.open_stream('v').read_pandas()"),
    ] {
        let feature = format;
        let is_left_out = format.parse::<Format>().unwrap().is_left_out();
        fs::copy(fixture(name), folder.path().join("v")).unwrap();
        if is_left_out {
            let message = fails(folder.path(), &["neighbors", "v", "king"], 3);
            let library = read.split('.').next().unwrap();
            let expected = format!(
                "`v` is {kind}, and this program was built without the feature `{feature}`\nhint: \
                 build it with `cargo install eigenlex --features {feature}`, or write arrays in \
                 Python, with the names of its columns for `word` and `vector`: `import numpy, \
                 {library}; t = {read}; numpy.savez('v.npz', "
            );
            assert!(message.contains(&expected), "{message}");
        } else {
            let top = ["neighbors", "v", "king", "--top", "1"];
            eigenlex_in(folder.path()).args(top).assert().success().stderr("");
        }
        fs::copy(fixture("gensim.vec"), folder.path().join("v.vec")).unwrap();
        let output = format!("{name}.{format}");
        if !is_left_out {
            for arguments in [["export", "v.vec", &output], ["neighbors", &output, "king"]] {
                eigenlex_in(folder.path()).args(arguments).assert().success().stderr("");
            }
            continue;
        }
        for arguments in [
            &["export", "v.vec", &output][..],
            &["export", "v.vec", "out", "--format", format],
            &["doctor", "v.vec", "--repair", &output],
        ] {
            let message = fails(folder.path(), arguments, 2);
            let expected = format!(
                "this program was built without the feature `{feature}`, which writes \
                 `{format}`\nhint: build it with `cargo install eigenlex --features {feature}`, or \
                 write another format, such as .npz\n"
            );
            assert!(message.ends_with(&expected), "{message}");
        }
        assert!(!folder.path().join(output).exists() && !folder.path().join("out").exists());
    }
}
