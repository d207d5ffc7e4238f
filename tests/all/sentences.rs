//! Where sentences and paragraphs end: wrapped lines, words broken by a hyphen, abbreviations.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use crate::packing::{folder_of, prints};
use crate::support::{corpora, eigenlex_in, fails};

/// Two paragraphs of 72 columns, as a printed text has them.
const WRAPPED: &str = "\
It was a long way from the harbour to the old house on the hill, and the
carrier with his two tired horses had been waiting there for the repre-
sentatives of the company since the early morning. Nobody came along the
road except a boy with a basket of bread, who sang a song that everybody
in the town knew. He did not know where the men were, and did not care a
bit. The carrier gave him an apple and let him sit on the box behind the
horses.

When the sun stood over the roofs, three men in grey coats came slowly up
from the quay. They were the representatives of the company at last, and
they talked of nothing but the price of coal and of the weather in all
the north. The carrier lifted their boxes into the cart, while a well-
known boy went home with his bread, and the horses were led up the hill
once more.
";

/// Runs a command that succeeds: what it prints, and what it says.
#[track_caller]
fn run(folder: &Path, line: &[&str]) -> (String, String) {
    let assert = eigenlex_in(folder).args(line).assert().success();
    let output = assert.get_output().clone();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn wrapped_lines_are_seen_joined_and_said() {
    let folder = folder_of(&[("w.txt", WRAPPED.into())]);
    let (tokens, said) = run(folder.path(), &["tokens", "w.txt"]);
    assert_eq!(
        said,
        "the lines of `w.txt` are wrapped at about 73 characters: they are joined, and blank lines \
         separate the documents\n"
    );
    let paragraphs: Vec<&str> = tokens.lines().collect();
    assert_eq!(paragraphs.len(), 2);
    // The joined word stands in the second paragraph.
    assert!(paragraphs[0].contains("waiting there for the representatives of the company"));
    let joined = prints(folder.path(), &["tokens", "w.txt", "--wrapped-lines", "join"]);
    assert_eq!(joined, tokens);
    let kept = prints(folder.path(), &["tokens", "w.txt", "--wrapped-lines", "keep"]);
    assert_eq!(kept.lines().count(), WRAPPED.lines().count());
    assert!(kept.contains("for the repre\nsentatives of"));
    // Two words are broken: nothing shows that the hyphen of `well-known` stays.
    let n_words = |text: &str| text.split_whitespace().count();
    assert_eq!(n_words(&kept), n_words(&tokens) + 2);
    // Lines that were asked for are lines.
    let lines = prints(folder.path(), &["tokens", "w.txt", "--document", "line"]);
    assert_eq!(lines, kept);
    let line = ["tokens", "w.txt", "--document", "line", "--wrapped-lines", "join"];
    assert!(fails(folder.path(), &line, 2).contains("hint: use `--document paragraph`"));
}

#[test]
fn sentences_of_wrapped_lines_go_over_line_ends() {
    let folder = folder_of(&[("w.txt", WRAPPED.into())]);
    let line = ["tokens", "w.txt", "--document", "sentence", "--wrapped-lines", "join"];
    let tokens = prints(folder.path(), &line);
    let sentences: Vec<&str> = tokens.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(sentences.len(), 7);
    assert_eq!(
        sentences[3],
        "the carrier gave him an apple and let him sit on the box behind the horses"
    );
}

#[test]
fn what_a_file_is_wrapped_at_is_decided_file_by_file() {
    let folder = folder_of(&[]);
    fs::create_dir(folder.path().join("t")).unwrap();
    fs::write(folder.path().join("t/a.txt"), WRAPPED).unwrap();
    fs::write(folder.path().join("t/b.txt"), "repre-\nsentatives\n").unwrap();
    let (tokens, said) = run(folder.path(), &["tokens", "t"]);
    assert_eq!(
        said,
        "1 of 2 files with lines wrapped at a width: the lines of a paragraph are joined\n"
    );
    let (first, second) = tokens.trim_end().split_once('\n').unwrap();
    assert!(first.contains("the representatives of the company since"));
    assert_eq!(second, "repre sentatives");
}

#[test]
fn one_sentence_a_line_is_no_wrapped_text() {
    let verse = "The king sat on the throne of the land,\nthe queen wore a crown of gold,\n\
                 the baker had bread in his hand,\nand the ship was old.\n\n";
    let folder = folder_of(&[
        ("verse.txt", verse.repeat(9).into()),
        ("sentences.txt", "Then Mr. Darcy met Mrs. Bennet at the inn.\n".repeat(40).into()),
    ]);
    for file in ["verse.txt", "sentences.txt"] {
        let (tokens, said) = run(folder.path(), &["tokens", file]);
        assert!(said.is_empty() && tokens.lines().count() >= 40, "{said}");
    }
}

/// The digest of the vectors of a text, and the line about its full stops.
#[track_caller]
fn digest(folder: &Path, text: &str) -> (String, Option<String>) {
    digest_with(folder, text, &[])
}

#[track_caller]
fn digest_with(folder: &Path, text: &str, options: &[&str]) -> (String, Option<String>) {
    fs::write(folder.join("t.txt"), text).unwrap();
    let more = ["--dim", "4", "--min-count", "1", "--no-checkpoints", "--force", "-o", "m"];
    let (_, said) = run(folder, &[&["embed", "t.txt"], &more[..], options].concat());
    let stops = said.lines().find_map(|line| line.strip_prefix("sentences "));
    let info = prints(folder, &["info", "m", "--format", "tsv"]);
    let digest = info.lines().find_map(|line| line.strip_prefix("digest\t")).unwrap();
    (digest.to_owned(), stops.map(str::to_owned))
}

#[test]
fn titles_and_initials_end_no_window() {
    let folder = folder_of(&[]);
    let with =
        "Then Mr. Darcy met Mrs. Bennet at St. James. He bowed to J. R. Smith. She left, but \
                Dr. Brown stayed with the old king etc. and so on.\n"
            .repeat(6);
    let mut without = with.clone();
    for word in ["Mr", "Mrs", "St", "Dr", "J", "R", "etc"] {
        without = without.replace(&format!("{word}. "), &format!("{word} "));
    }
    let (expected, stops) = digest(folder.path(), &without);
    assert_eq!(stops, None);
    let (found, stops) = digest(folder.path(), &with);
    assert_eq!(found, expected);
    assert_eq!(stops.unwrap(), "36 full stops end an abbreviation and no sentence");
    // Other full stops do end one.
    let (found, _) = digest(folder.path(), &without.replace("James. He", "James he"));
    assert_ne!(found, expected);
}

#[test]
fn a_full_stop_of_a_word_that_is_dropped_is_none_of_the_word_before() {
    let folder = folder_of(&[("stop.txt", "town\n".into())]);
    let text = "She left the town and was happy ca 1999. Zoe left it by ship before winter.\n";
    let text = text.repeat(12);
    for options in [&["--numbers", "drop"][..], &["--stop-words", "stop.txt"]] {
        let text =
            if options[0] == "--numbers" { text.clone() } else { text.replace("1999", "town") };
        let marked = text.replace("1999. Zoe", "! Zoe").replace("ca town. Zoe", "ca! Zoe");
        let (expected, _) = digest_with(folder.path(), &marked, options);
        let (found, stops) = digest_with(folder.path(), &text, options);
        assert_eq!((found, stops), (expected, None), "{options:?}");
    }
    // An ordinal number before a name ends no sentence, though it is dropped.
    let ordinal = text.replace("ca 1999. Zoe", "by 3. Zoe");
    let (expected, _) =
        digest_with(folder.path(), &text.replace("ca 1999. Zoe", "by Zoe"), &["--numbers", "drop"]);
    assert_eq!(digest_with(folder.path(), &ordinal, &["--numbers", "drop"]).0, expected);
}

#[test]
fn sentences_as_documents_do_not_end_after_a_title() {
    let text =
        "Then Mr. Darcy met Mrs. Bennet. He bowed. J. Smith was there. So was I. It rained.\n";
    let folder = folder_of(&[("t.txt", text.into())]);
    let tokens = prints(folder.path(), &["tokens", "t.txt", "--document", "sentence"]);
    let sentences =
        ["then mr darcy met mrs bennet", "he bowed", "j smith was there", "so was i", "it rained"];
    assert_eq!(tokens.lines().collect::<Vec<_>>(), sentences);
}

#[test]
fn the_texts_show_abbreviations_of_their_own() {
    let folder = folder_of(&[]);
    let names = ["Ana", "Juan", "Eva", "Luis"];
    let text = |title: &str| {
        let line = |n: usize| {
            let [a, b] = [names[n % 4], names[(n / 4) % 4]];
            let later = format!("Later {title} {b} left the town by ship.");
            format!("The ship brought {title} {a} to the town. {later}\n")
        };
        (0..40).map(line).collect::<String>()
    };
    let (expected, _) = digest(folder.path(), &text("gral"));
    let (found, stops) = digest(folder.path(), &text("Gral."));
    assert_eq!(found, expected);
    assert_eq!(
        stops.unwrap(),
        "80 full stops end an abbreviation and no sentence (1 abbreviation learnt from the texts)"
    );
}

#[test]
fn words_at_the_ends_of_sentences_are_no_abbreviations() {
    // The sample has no abbreviation, but words that stand nowhere but at the end of a sentence.
    let folder = folder_of(&[]);
    let sample = fs::read_to_string(corpora("english.txt")).unwrap();
    let (_, stops) = digest(folder.path(), &sample);
    assert_eq!(stops, None);
}
