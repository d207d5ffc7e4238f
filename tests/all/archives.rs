//! The same corpus in any encoding, with any line ends, in any packing: the same vectors. Archives
//! as corpora, with the names of their files. Characters that are no text.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use crate::packing::{bzip2, folder_of, gzip, prints, tar, utf16, zip};
use crate::support::{corpora, eigenlex, eigenlex_in, fails};

/// The beginning of the sample, with what other encodings write otherwise.
fn sample() -> String {
    let text = fs::read_to_string(corpora("english.txt")).unwrap();
    let lines: Vec<&str> = text.lines().take(300).collect();
    // `don't` is a word with an apostrophe; `café` and quotation marks are not ASCII.
    lines.join("\n").replace("bakery", "café") + "\nthey don’t — “never” — don’t open\n"
}

/// As windows-1252, which has typographic signs where ISO 8859-1 has control characters.
fn windows1252(text: &str) -> Vec<u8> {
    let byte_of = |character| match character {
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '—' => 0x97,
        other => u8::try_from(u32::from(other)).unwrap(),
    };
    text.chars().map(byte_of).collect()
}

/// The digest of the vectors of a corpus, and what was said.
#[track_caller]
fn digest(folder: &Path, line: &[&str]) -> (String, String) {
    let more = ["--dim", "10", "--subwords", "0", "--force", "--no-checkpoints", "-q", "-o", "m"];
    let mut command = eigenlex_in(folder);
    command.arg("embed").args(line).args(more);
    let assert = command.assert().success();
    let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    let info = prints(folder, &["info", "m", "--format", "tsv"]);
    let digest = info.lines().find_map(|line| line.strip_prefix("digest\t"));
    (digest.unwrap().to_owned(), said)
}

#[test]
fn the_vectors_depend_on_the_text_alone() {
    let text = sample();
    let bytes = text.as_bytes();
    let folder = folder_of(&[
        ("plain.txt", bytes.to_vec()),
        ("crlf.txt", text.replace('\n', "\r\n").into()),
        ("cr.txt", text.replace('\n', "\r").into()),
        ("marked.txt", format!("\u{FEFF}{text}").into()),
        ("utf16.txt", utf16(&text)),
        ("t.txt.gz", gzip(bytes)),
        ("t.txt.bz2", [bzip2(&bytes[..999]), bzip2(&bytes[999..])].concat()),
        ("t.txt.zst", zstd::encode_all(bytes, 3).unwrap()),
        ("t.zip", zip(&[("folder/t.txt", bytes)])),
        ("t.tar.gz", gzip(&tar(&[("t.txt", bytes)]))),
        ("utf16.zip", zip(&[("t.txt", &utf16(&text))])),
        ("straight.txt", text.replace('’', "'").into()),
        ("soft.txt", text.replace("queen", "qu\u{AD}een").into()),
        ("spaces.txt", text.replace(", ", "\u{202F}, ").replace('?', "\u{202F}?").into()),
        ("decomposed.txt", text.replace('é', "e\u{301}").into()),
        ("1252.txt", windows1252(&text)),
    ]);
    let (expected, said) = digest(folder.path(), &["plain.txt", "--document", "line"]);
    assert_eq!(said, "");
    let names = "crlf.txt cr.txt marked.txt utf16.txt t.txt.gz t.txt.bz2 t.txt.zst t.zip t.tar.gz \
                 utf16.zip straight.txt soft.txt spaces.txt decomposed.txt";
    for name in names.split_whitespace() {
        let (found, _) = digest(folder.path(), &[name, "--document", "line"]);
        assert_eq!(found, expected, "{name}");
    }
    let line = ["1252.txt", "--encoding", "windows-1252", "--document", "line"];
    assert_eq!(digest(folder.path(), &line).0, expected);
    let message = fails(folder.path(), &["tokens", "1252.txt"], 3);
    assert!(message.contains("if it is, use --encoding windows-1252"), "{message}");
    // From a pipe.
    for bytes in [bytes.to_vec(), utf16(&text), gzip(bytes)] {
        let mut command = eigenlex();
        command.args(["tokens", "-"]).write_stdin(bytes);
        let output = command.assert().success().get_output().stdout.clone();
        let tokens = prints(folder.path(), &["tokens", "plain.txt"]);
        assert!(String::from_utf8(output).unwrap() == tokens);
    }
}

#[test]
fn what_was_converted_is_said() {
    let folder = folder_of(&[("a.txt", utf16("one two\nthree\n"))]);
    let line = ["tokens", "a.txt"];
    let assert = eigenlex_in(folder.path()).args(line).assert().success();
    assert.stdout("one two\nthree\n").stderr("1 file converted from UTF-16LE\n");
}

/// Twelve texts of two topics.
fn texts() -> Vec<(String, String)> {
    let topics = [["king", "queen", "throne", "crown"], ["bread", "flour", "oven", "loaf"]];
    (0..12)
        .map(|number| {
            let words = topics[number % 2];
            let text: Vec<&str> =
                (0..9 + number).map(|at| words[(at * number + at / 4) % 4]).collect();
            let folder = ["royal", "food"][number % 2];
            (format!("{folder}/{number}.txt"), text.join(" ") + "\n")
        })
        .collect()
}

#[test]
fn the_files_of_an_archive_are_documents_with_names() {
    let texts = texts();
    let members: Vec<(&str, &[u8])> =
        texts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let folder = folder_of(&[
        ("a.zip", zip(&members)),
        ("a.tar", tar(&members)),
        ("a.tar.gz", gzip(&tar(&members))),
        ("a.tgz", gzip(&tar(&members))),
    ]);
    let path = folder.path();
    let mut all_codes = Vec::new();
    for archive in ["a.zip", "a.tar", "a.tar.gz", "a.tgz"] {
        let line = "--recipe documents --dim 2 --min-count 1 -q --force -o m".split(' ');
        eigenlex_in(path).args(["embed", archive]).args(line).assert().success().stderr("");
        let found = prints(path, &["search", "m", "throne", "--in", archive, "--top", "1"]);
        assert!(found.contains(&format!("\t{archive}/royal/")), "{found}");
        let name = format!("{archive}/food/3.txt");
        let line = ["similar-documents", "m", &name, "--in", archive, "--top", "1"];
        assert!(prints(path, &line).contains(&format!("\t{archive}/food/")));
        // The end of the name is enough.
        let line = ["similar-documents", "m", "food/3.txt", "--in", archive, "--top", "1"];
        assert!(prints(path, &line).contains(&format!("\t{archive}/food/")));
        eigenlex_in(path).args(["encode", "m", archive, "-o", "c.jsonl"]).assert().success();
        all_codes.push(fs::read_to_string(path.join("c.jsonl")).unwrap());
        fs::remove_file(path.join("c.jsonl")).unwrap();
    }
    assert_eq!(all_codes[0].lines().count(), 12);
    assert!(all_codes.iter().all(|codes| *codes == all_codes[0]));
}

#[test]
fn a_file_or_a_folder_of_an_archive_is_read_by_its_path() {
    let members: [(&str, &[u8]); 5] = [
        ("a/1.txt", b"one\nun\n"),
        ("a/2.txt", b"two\n"),
        ("b/3.txt", b"three\n"),
        ("__MACOSX/a/._1.txt", b"no"),
        ("metadata.csv", b"file,year\n1.txt,1990\n"),
    ];
    let folder = folder_of(&[("t.zip", zip(&members)), ("t.tar.gz", gzip(&tar(&members)))]);
    let path = folder.path();
    for archive in ["t.zip", "t.tar.gz"] {
        let tokens = |inner: &str| prints(path, &["tokens", &format!("{archive}/{inner}")]);
        assert_eq!(tokens("a/1.txt"), "one\nun\n");
        assert_eq!(tokens("b"), "three\n");
        assert_eq!(tokens("a"), "one un\ntwo\n");
        let two = [format!("{archive}/b/3.txt"), format!("{archive}/a/2.txt")];
        assert_eq!(prints(path, &["tokens", &two[0], &two[1]]), "three\ntwo\n");
        let message = fails(path, &["tokens", &format!("{archive}/a/9.txt")], 3);
        assert!(message.contains("holds no file `a/9.txt`; it holds `a/1.txt`, "), "{message}");
        // A table beside texts describes them, in an archive as in a folder.
        let assert = eigenlex_in(path).args(["tokens", archive]).assert().success();
        let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(said.contains(&format!("not read: `{archive}/metadata.csv` (table)")), "{said}");
        assert_eq!(assert.get_output().stdout, b"one un\ntwo\nthree\n");
    }
}

#[test]
fn control_characters_are_dealt_with_as_it_is_asked_for() {
    let text = b"one\x01two\nthree four\nfi\x02ve \x1Asix\n";
    let folder = folder_of(&[("a.txt", text.to_vec()), ("nul.txt", b"one\0two\nthree\n".to_vec())]);
    let run = |line: &[&str]| {
        let assert = eigenlex_in(folder.path()).args(line).assert().success();
        let output = assert.get_output().clone();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let is = |tokens: &str, said: &str| (tokens.to_owned(), said.to_owned());
    assert_eq!(
        run(&["tokens", "a.txt"]),
        is(
            "one two\nthree four\nfi ve six\n",
            "`a.txt`, line 1, byte 3: the control character U+0001 and 2 other control characters \
             became spaces\n"
        )
    );
    assert_eq!(
        run(&["tokens", "a.txt", "--on-bad-text", "skip"]),
        is("three four\n", "2 lines left out because of what is no text in them\n")
    );
    assert_eq!(
        run(&["tokens", "a.txt", "--on-bad-text", "replace"]).1,
        "2 lines in which what is no text was replaced by U+FFFD\n"
    );
    assert_eq!(
        fails(folder.path(), &["tokens", "a.txt", "--on-bad-text", "error"], 3),
        "error: `a.txt`, line 1, byte 3: the control character U+0001 is no text\nhint: \
         texts of a corpus can be read with --on-bad-text replace or skip\n"
    );
    let message = fails(folder.path(), &["tokens", "nul.txt"], 3);
    assert!(
        message.starts_with("error: `nul.txt`, line 1, byte 3: the control character U+0000 is")
    );
    assert_eq!(run(&["tokens", "nul.txt", "--on-bad-text", "skip"]).0, "three\n");
}
