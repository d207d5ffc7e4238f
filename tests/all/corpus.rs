//! From files to tokens: where texts come from, how they are unpacked, cut into documents and
//! checked.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use eigenlex::corpus::DocumentUnit;
use eigenlex::input::OnBadText;
use eigenlex::tokenize::{TokenEvent, Tokenizer, TokenizerConfig, Tokens};
use eigenlex::{Corpus, Error, ErrorKind, MemoryBudget, Result};
use proptest::prelude::*;

/// Somewhat more than a piece, which the reader cuts at about a megabyte.
const MORE_THAN_A_PIECE: usize = (1 << 20) + (1 << 18);

pub(crate) fn read_with(
    arguments: &[&Path],
    unit: Option<DocumentUnit>,
    on_bad_text: OnBadText,
) -> Result<Tokens> {
    let arguments: Vec<&str> = arguments.iter().map(|path| path.to_str().unwrap()).collect();
    let corpus = Corpus::options().unit(unit).on_bad_text(on_bad_text).open(&arguments)?;
    Tokens::read(
        &corpus,
        &Tokenizer::new(&TokenizerConfig::default())?,
        MemoryBudget::default(),
        &(),
    )
}

pub(crate) fn read(path: &Path) -> Result<Tokens> {
    read_with(&[path], None, OnBadText::Error)
}

/// The tokens of each document, joined by spaces.
pub(crate) fn documents(tokens: &Tokens) -> Vec<String> {
    let (mut documents, mut document) = (Vec::new(), Vec::new());
    tokens
        .for_each_event(|event| {
            match event {
                TokenEvent::Token(token) => document.push(token.to_owned()),
                TokenEvent::EndOfDocument => {
                    documents.push(std::mem::take(&mut document).join(" "));
                }
            }
            Ok::<(), Error>(())
        })
        .unwrap();
    documents
}

pub(crate) fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_folder_is_read_recursively_in_the_order_of_paths_without_hidden_files() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "b.txt", "second");
    write(folder.path(), "a/z.txt", "first");
    write(folder.path(), "c/d/e.md", "third\nfourth");
    write(folder.path(), ".hidden.txt", "no");
    write(folder.path(), ".git/config", "no");
    write(folder.path(), "c/.DS_Store", b"\0");
    assert_eq!(documents(&read(folder.path()).unwrap()), ["first", "second", "third fourth"]);
}

#[test]
fn a_hidden_folder_is_read_where_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), ".texts/a.txt", "one");
    assert_eq!(documents(&read(&folder.path().join(".texts")).unwrap()), ["one"]);
}

#[test]
fn a_pattern_matches_files_within_and_across_folders() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in
        [("1.txt", "one"), ("2.txt", "two"), ("2.md", "no"), ("deep/er/3.txt", "three")]
    {
        write(folder.path(), name, text);
    }
    assert_eq!(documents(&read(&folder.path().join("*.txt")).unwrap()), ["one", "two"]);
    assert_eq!(documents(&read(&folder.path().join("**/*.txt")).unwrap()), ["one", "two", "three"]);
    assert_eq!(documents(&read(&folder.path().join("[12].txt")).unwrap()), ["one", "two"]);
    let error = read(&folder.path().join("*.rtf")).unwrap_err();
    assert!(error.to_string().ends_with("*.rtf` matches no file"), "{error}");
    let error = read(&folder.path().join("[.txt")).unwrap_err();
    assert!(error.to_string().contains("[.txt` cannot be read: "), "{error}");
}

#[test]
fn a_name_with_a_star_is_a_file_before_it_is_a_pattern() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "[draft]*.txt", "this one");
    write(folder.path(), "d other.txt", "not this one");
    assert_eq!(documents(&read(&path).unwrap()), ["this one"]);
}

#[test]
fn a_single_file_has_a_document_a_line_and_several_one_each() {
    let folder = tempfile::tempdir().unwrap();
    let one = write(folder.path(), "1.txt", "a b\nc\n");
    let two = write(folder.path(), "2.txt", "d\ne");
    assert_eq!(documents(&read(&one).unwrap()), ["a b", "c"]);
    assert_eq!(
        documents(&read_with(&[&one, &two], None, OnBadText::Error).unwrap()),
        ["a b c", "d e"]
    );
    let lines = read_with(&[&two, &one], Some(DocumentUnit::Line), OnBadText::Error).unwrap();
    assert_eq!(documents(&lines), ["d", "e", "a b", "c"]);
}

#[test]
fn documents_are_cut_by_lines_paragraphs_or_files() {
    let folder = tempfile::tempdir().unwrap();
    let unix = "one two\nthree\n\n\n \t\nfour\n!?\n\nfive";
    for text in [unix.to_owned(), unix.replace('\n', "\r\n")] {
        let path = write(folder.path(), "text", &text);
        let cut = |unit| documents(&read_with(&[&path], Some(unit), OnBadText::Error).unwrap());
        assert_eq!(cut(DocumentUnit::Line), ["one two", "three", "four", "five"]);
        assert_eq!(cut(DocumentUnit::Paragraph), ["one two three", "four", "five"]);
        assert_eq!(cut(DocumentUnit::File), ["one two three four five"]);
    }
}

#[test]
fn sentences_of_any_script_are_documents() {
    let folder = tempfile::tempdir().unwrap();
    // A full stop before a small letter or within a number ends nothing (SB6, SB8 of UAX 29); a
    // line end, an exclamation mark, a danda and an ideographic full stop do.
    let text = concat!(
        "It is 3.14 m, e.g. long. Is it? \"Yes!\" he said\nnext line. Last\n\nराम आया। सीता गई।\n",
        "\u{6674}\u{308c}\u{3002}\u{96e8}\u{3002}",
    );
    let sentences = [
        "it is 3.14 m e.g long",
        "is it",
        "yes",
        "he said",
        "next line",
        "last",
        "राम आया",
        "सीता गई",
        "晴れ",
        "雨",
    ];
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let path = write(folder.path(), "text", &text);
        assert_eq!(
            documents(
                &read_with(&[&path], Some(DocumentUnit::Sentence), OnBadText::Error).unwrap()
            ),
            sentences
        );
    }
}

#[test]
fn a_sentence_may_be_longer_than_a_piece() {
    let folder = tempfile::tempdir().unwrap();
    let long = "word ".repeat(500_000);
    let path = write(folder.path(), "text", format!("One. Long {long}end. Two.\n"));
    let tokens = read_with(&[&path], Some(DocumentUnit::Sentence), OnBadText::Error).unwrap();
    assert_eq!(*tokens.document_ends().unwrap(), [1, 500_003, 500_004]);
}

#[test]
fn a_line_left_out_ends_the_sentence_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "text", b"One two\nbad \xFF line. Gone.\nThree. Four\n");
    let tokens = read_with(&[&path], Some(DocumentUnit::Sentence), OnBadText::Skip).unwrap();
    assert_eq!(documents(&tokens), ["one two", "three", "four"]);
}

#[test]
fn a_byte_that_is_not_utf_8_is_named_by_file_line_and_offset() {
    let folder = tempfile::tempdir().unwrap();
    let place = |bytes: &[u8]| match read(&write(folder.path(), "text", bytes)).unwrap_err() {
        Error::BadUtf8 { path, line, offset, byte, .. } => {
            assert_eq!(path, folder.path().join("text"));
            (line, offset, byte)
        }
        other => panic!("{other}"),
    };
    assert_eq!(place(b"\xE9"), (1, 0, 0xE9));
    assert_eq!(place(b"one\ntwo\ncaf\xE9 au lait\n"), (3, 11, 0xE9));
    // A character that the end of the file cuts off.
    assert_eq!(place(b"one\ncaf\xC3"), (2, 7, 0xC3));
    // Beyond the first piece, in lines, and in one line that is longer than several pieces.
    let mut lines = "a line of text\n".repeat(MORE_THAN_A_PIECE / 15 + 1).into_bytes();
    let (line, offset) = (lines.len() as u64 / 15 + 1, lines.len() as u64 + 2);
    lines.extend(b"x \xFFy");
    assert_eq!(place(&lines), (line, offset, 0xFF));
    assert_eq!(place(&gzip(&lines)), (line, offset, 0xFF));
    let mut long = [b"\n\n".as_slice(), "word ".repeat(MORE_THAN_A_PIECE / 2).as_bytes()].concat();
    let offset = long.len() as u64;
    long.extend(b"\xC3(");
    assert_eq!(place(&long), (3, offset, 0xC3));
}

#[test]
fn bad_bytes_are_replaced_or_their_line_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path =
        write(folder.path(), "text", b"one\ncaf\xE9 au lait\n\xFF\xFE\xFD two\xFFthree\nfour");
    let replaced = read_with(&[&path], None, OnBadText::Replace).unwrap();
    assert_eq!(documents(&replaced), ["one", "caf au lait", "two three", "four"]);
    assert_eq!((replaced.report.replaced_lines, replaced.report.skipped_lines), (2, 0));
    let skipped = read_with(&[&path], None, OnBadText::Skip).unwrap();
    assert_eq!(documents(&skipped), ["one", "four"]);
    assert_eq!((skipped.report.replaced_lines, skipped.report.skipped_lines), (0, 2));
    let paragraph = read_with(&[&path], Some(DocumentUnit::Paragraph), OnBadText::Skip).unwrap();
    assert_eq!(documents(&paragraph), ["one four"]);
}

#[test]
fn a_line_whose_end_is_left_out_ends_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = "word ".repeat(MORE_THAN_A_PIECE / 5).into_bytes();
    bytes.extend(b"bad \xFF end\nnext line\n");
    let tokens = read_with(&[&write(folder.path(), "text", bytes)], None, OnBadText::Skip).unwrap();
    assert_eq!(documents(&tokens).last().unwrap(), "next line");
}

#[test]
fn what_is_not_text_is_refused_by_its_kind() {
    let folder = tempfile::tempdir().unwrap();
    let message = |bytes: &[u8]| {
        let error = read(&write(folder.path(), "text", bytes)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        error.to_string().split_once("text`").unwrap().1.to_owned()
    };
    let of_nul = |line: u64, byte: usize| {
        format!(", line {line}, byte {byte}: the control character U+0000 is no text")
    };
    assert_eq!(message(b"some\0thing"), of_nul(1, 4));
    let far = ["text ".repeat(MORE_THAN_A_PIECE / 5).as_bytes(), b"\n\0"].concat();
    assert_eq!(message(&far), of_nul(2, far.len() - 1));
    assert_eq!(message(b"%PDF-1.7\n%"), " is a PDF, not text");
    assert_eq!(message(b"\x89PNG\r\n\x1A\n"), " is a picture, not text");
    // A mark of UTF-16 makes it text, without one it is named.
    for bytes in [b"\xFF\xFEa\0b\0", b"\xFE\xFF\0a\0b"] {
        let tokens = read(&write(folder.path(), "text", bytes)).unwrap();
        assert_eq!(documents(&tokens), ["ab"]);
    }
    let bare = "some words".bytes().flat_map(|byte| [byte, 0]).collect::<Vec<_>>();
    assert_eq!(message(&bare), " looks like UTF-16LE without a byte order mark");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_word() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "text", "\u{FEFF}king\nqueen\n");
    let corpus = Corpus::open(&path).unwrap();
    for config in [TokenizerConfig::default(), TokenizerConfig::Whitespace] {
        let tokens =
            Tokens::read(&corpus, &Tokenizer::new(&config).unwrap(), MemoryBudget::default(), &())
                .unwrap();
        assert_eq!(documents(&tokens), ["king", "queen"]);
    }
}

#[test]
fn a_corpus_without_a_token_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["", "\n\n", " ... !\n"] {
        let error = read(&write(folder.path(), "a", text)).unwrap_err();
        assert!(
            error.to_string().starts_with(&format!(
                "the corpus is empty: 1 file(s), {} byte(s) and no token",
                text.len()
            )),
            "{error}"
        );
    }
    fs::create_dir(folder.path().join("none")).unwrap();
    assert!(matches!(
        read(&folder.path().join("none")),
        Err(Error::EmptyCorpus { n_files: 0, .. })
    ));
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_a_loop_of_links_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "texts/a.txt", "one");
    std::os::unix::fs::symlink(folder.path().join("texts/a.txt"), folder.path().join("link.txt"))
        .unwrap();
    assert_eq!(documents(&read(&folder.path().join("link.txt")).unwrap()), ["one"]);
    std::os::unix::fs::symlink(folder.path().join("texts"), folder.path().join("texts/again"))
        .unwrap();
    assert_eq!(documents(&read(&folder.path().join("texts")).unwrap()), ["one"]);
}

#[test]
fn the_blank_end_of_a_long_line_ends_no_paragraph() {
    let folder = tempfile::tempdir().unwrap();
    // Lengths around a piece, so that in one of them the cut stands just before the line end.
    for length in (1 << 20) - 2..=(1 << 20) + 2 {
        let mut text = "word ".repeat(length / 5);
        text.push_str(&" ".repeat(length - text.len()));
        text.push_str("\nsame paragraph\n\nother");
        let tokens = read_with(
            &[&write(folder.path(), "text", text)],
            Some(DocumentUnit::Paragraph),
            OnBadText::Error,
        )
        .unwrap();
        assert_eq!(tokens.n_documents(), 2, "{length}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 6,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Pieces are cut where no word is: the tokens are those of the text tokenized at once.
    #[test]
    fn a_line_longer_than_several_pieces_has_the_tokens_of_the_whole(
        words in prop::collection::vec(
            "[a-zé-ü]{1,5}|हिन्दी|ọ̀rọ̀|e\u{301}t\u{323}\u{301}|中文|😀|3[.]14|don't",
            50,
        ),
        blank in "[ \t]",
        seed in any::<u32>(),
    ) {
        let mut state = seed;
        let mut text = String::new();
        while text.len() < 2 * MORE_THAN_A_PIECE {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text.push_str(&words[(state >> 8) as usize % words.len()]);
            text.push_str(&blank);
        }
        let folder = tempfile::tempdir().unwrap();
        let tokens = read(&write(folder.path(), "text", &text)).unwrap();
        prop_assert_eq!(tokens.n_documents(), 1);
        let mut at_once = Vec::new();
        Tokenizer::new(&TokenizerConfig::default())
            .unwrap()
            .tokenize(&text, |token| at_once.push(token.to_owned()))
            .unwrap();
        let spelling = |&id: &u32| tokens.spellings.spelling(eigenlex::WordId(id));
        let ids = tokens.ids().unwrap();
        let spellings: Vec<&str> = ids.iter().map(spelling).collect();
        prop_assert!(spellings == at_once, "{} and {} tokens", spellings.len(), at_once.len());
    }
}

#[test]
fn text_without_blanks_is_cut_between_characters() {
    let folder = tempfile::tempdir().unwrap();
    // Three bytes each, so that no power of two falls between two of them.
    let text = "語".repeat(6 << 20);
    let tokens = read(&write(folder.path(), "text", &text)).unwrap();
    // A Han character is a word of its own, so no cut can be seen.
    assert_eq!((tokens.n_tokens(), tokens.spellings.len(), tokens.n_documents()), (6 << 20, 1, 1));
}

/// The tokens of each sentence, joined by blanks.
fn sentences(tokens: &Tokens) -> Vec<String> {
    let mut start = 0;
    let (ids, ends) = (tokens.ids().unwrap(), tokens.sentence_ends().unwrap().unwrap());
    ends.iter()
        .map(|&end| {
            let words = ids[start..end as usize]
                .iter()
                .map(|&id| tokens.spellings.spelling(eigenlex::WordId(id)));
            start = end as usize;
            words.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

fn read_sentences(
    path: &Path,
    unit: DocumentUnit,
    on_bad_text: OnBadText,
    tokenizer: &TokenizerConfig,
) -> Tokens {
    let corpus = Corpus::options().unit(unit).on_bad_text(on_bad_text).open([&path]).unwrap();
    Tokens::read_sentences(
        &corpus,
        &Tokenizer::new(tokenizer).unwrap(),
        MemoryBudget::default(),
        &(),
    )
    .unwrap()
}

#[test]
fn sentences_end_within_documents_of_every_kind() {
    let folder = tempfile::tempdir().unwrap();
    let text = "It is\nnight. The moon... shines! Dr. No\n\nNo stop\n?! A last\nline.\n";
    let path = write(folder.path(), "text", text);
    let cut = |unit| {
        sentences(&read_sentences(&path, unit, OnBadText::Error, &TokenizerConfig::default()))
    };
    // After the three stops comes a small letter, so that is no end.
    assert_eq!(
        cut(DocumentUnit::File),
        ["it is night", "the moon shines", "dr no", "no stop", "a last line"]
    );
    assert_eq!(cut(DocumentUnit::Paragraph), cut(DocumentUnit::File));
    assert_eq!(
        cut(DocumentUnit::Line),
        ["it is", "night", "the moon shines", "dr no", "no stop", "a last", "line"]
    );
    let tokens = read_sentences(
        &path,
        DocumentUnit::Paragraph,
        OnBadText::Error,
        &TokenizerConfig::default(),
    );
    assert_eq!(documents(&tokens), ["it is night the moon shines dr no", "no stop a last line"]);
}

#[test]
fn a_line_that_is_not_text_leaves_the_sentences_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "text", b"One. Two\nbad \xFF. Bad\nthree. Four\n\nfive.\n");
    let words = TokenizerConfig::default();
    let cut = |on_bad_text| {
        sentences(&read_sentences(&path, DocumentUnit::Paragraph, on_bad_text, &words))
    };
    assert_eq!(cut(OnBadText::Skip), ["one", "two three", "four", "five"]);
    assert_eq!(cut(OnBadText::Replace), ["one", "two bad", "bad three", "four", "five"]);
}

#[test]
fn sentences_go_on_over_the_end_of_a_piece() {
    let folder = tempfile::tempdir().unwrap();
    // Lines of 16 bytes fill a piece exactly; every sentence goes over two lines.
    let n_lines = MORE_THAN_A_PIECE / 16;
    let text: String = (0..n_lines)
        .map(|line| if line % 2 == 0 { "The first half \n" } else { "and its second.\n" })
        .collect();
    let path = write(folder.path(), "text", &text);
    let tokens =
        read_sentences(&path, DocumentUnit::File, OnBadText::Error, &TokenizerConfig::default());
    assert_eq!((tokens.n_documents(), tokens.n_tokens()), (1, 3 * n_lines));
    let found = sentences(&tokens);
    // At the end of the piece the next letter is not known: a sentence may go on there by one more.
    assert!(
        found.len() >= n_lines / 2 - 1
            && found.iter().all(|sentence| sentence.starts_with("the first half and its second"))
    );
    assert!(
        found.iter().filter(|sentence| *sentence != "the first half and its second").count() <= 1
    );
}

proptest! {
    #[test]
    fn to_know_the_sentences_changes_no_token(
        text in "([a-zA-Zé0-9.אя]{0,4}[.?!。…\"')]{0,2}[ \n]{0,2}){0,12}",
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "text", format!("{text} end"));
        use DocumentUnit::{File, Line, Paragraph, Sentence};
        for unit in [File, Line, Paragraph, Sentence] {
            for config in [TokenizerConfig::default(), TokenizerConfig::Whitespace] {
                let corpus = Corpus::options().unit(unit).open([&path]).unwrap();
                let tokenizer = Tokenizer::new(&config).unwrap();
                let budget = MemoryBudget::default();
                let plain = Tokens::read(&corpus, &tokenizer, budget, &()).unwrap();
                let tokens = read_sentences(&path, unit, OnBadText::Error, &config);
                let document_ends = tokens.document_ends().unwrap();
                prop_assert_eq!(tokens.ids().unwrap(), plain.ids().unwrap());
                prop_assert_eq!(&document_ends, &plain.document_ends().unwrap());
                let ends = tokens.sentence_ends().unwrap().unwrap();
                prop_assert!(ends.is_sorted_by(|a, b| a < b));
                prop_assert!(document_ends.iter().all(|end| ends.contains(end)));
                prop_assert!(
                    unit != DocumentUnit::Sentence
                        || config != TokenizerConfig::default()
                        || ends == document_ends
                );
            }
        }
    }
}
