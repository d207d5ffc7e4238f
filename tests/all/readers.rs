//! Structured files through the program: each reader on a small file with the quirks of real ones,
//! metadata, folders of several kinds, and files that look like another kind.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use crate::packing::{bzip2, folder_of, gzip, prints};
use crate::support::{eigenlex_in, fails};

/// Speeches with a text of two lines, one without a text, and one whose text has no word.
const SPEECHES: &str = "party;year;Speech\r\n\
                        Blue;1990;\"The \"\"king\"\" sat; then\r\nhe slept.\"\r\n\
                        Red;1991;\r\n\
                        Red;1991;...\r\n\
                        \"Green\";1992;The queen wore a crown.\r\n";

/// The same as lines of JSON.
const SPEECHES_JSON: &str = r#"{"id":1,"meta":{"party":"Blue","year":1990},"body":{"text":"The \u201cking\u201d sat; then\nhe slept."}}
{"id":2,"meta":{"party":"Red","year":1991},"body":{"text":""}}

{"id":3,"meta":{"party":"Red","year":1991},"body":{"text":"..."}}
{"meta":{"year":1992,"party":"Green"},"body":{"n":1,"text":"The queen wore a crown."},"id":4}
"#;

const SPEECH_TOKENS: &str = "the king sat then he slept\n\n\nthe queen wore a crown\n";

/// A dump with a template, a link, a table, a redirect and a page of talk.
const DUMP: &str = r#"<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="en">
  <siteinfo><namespaces><namespace key="0" /><namespace key="1">Talk</namespace></namespaces></siteinfo>
"#;

fn page(title: &str, ns: u32, more: &str, text: &str) -> String {
    format!(
        "  <page>\n    <title>{title}</title>\n    <ns>{ns}</ns>\n    <id>1</id>\n{more}    \
         <revision><id>2</id><text xml:space=\"preserve\">{text}</text></revision>\n  </page>\n"
    )
}

fn pages() -> [String; 4] {
    [
        page(
            "Crown",
            0,
            "",
            "{{Infobox|name=no}}The '''crown''' of a [[King \
             (title)|king]]&lt;ref&gt;no&lt;/ref&gt;.\n\
             {|\n| no || no\n|}\n== Use ==\nA queen &amp;amp; a throne.",
        ),
        page("Crowns", 0, "    <redirect title=\"Crown\" />\n", "#REDIRECT [[Crown]]"),
        page("Talk:Crown", 1, "", "I disagree."),
        page("Bread", 0, "", "Flour and an oven."),
    ]
}

const WIKI_TOKENS: &str = "the crown of a king use a queen a throne\nflour and an oven\n";

const EDITION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc>
<titleStmt><title>Letters</title><author>Ann Example</author></titleStmt>
<publicationStmt><p>Not read</p></publicationStmt>
<sourceDesc><bibl><date>London, 1810</date></bibl></sourceDesc></fileDesc></teiHeader>
<text><body><div><head>First letter</head>
<p>Dear <persName>Jane</persName>, the ship<note>A frigate.</note> has
<pb n="2"/>sailed&#8212;at <choice><sic>teh</sic><corr>the</corr></choice> exam-<lb break="no"/>ple.</p>
<p>Yours</p></div></body></text></TEI>
"#;

const TREEBANK: &str = "\
# sent_id = 1
# text = Du roi
1-2\tDu\t_\t_\t_\t_\t_\t_\t_\t_
1\tDe\tde\tADP\t_\t_\t3\tcase\t_\t_
2\tle\tle\tDET\t_\t_\t3\tdet\t_\t_
3\tRoi\troi\tNOUN\t_\tNumber=Sing\t0\troot\t_\tSpaceAfter=No
4\t.\t.\tPUNCT\t_\t_\t3\tpunct\t_\t_

# sent_id = 2
1\tRois\troi\tNOUN\t_\t_\t0\troot\t_\t_
";

const FILM: &str = "\u{FEFF}1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>The ship</i>\r\nhas \
                    sailed.\r\n\r\n2\r\n00:00:09,000 --> 00:00:10,000\r\n- At last!\r\n";

const PAGE: &str = "<!DOCTYPE html><html><head><title>no</title><style>p {}</style></head><body>\
                    <p>The ship&nbsp;has <b>sai</b>led.<p>At last!<script>var no;</script></html>";

/// The table of documents in a model of a corpus.
#[track_caller]
fn table(folder: &Path, line: &[&str]) -> String {
    let more = ["--dim", "1", "--min-count", "1", "--force", "-q", "-o", "model"];
    eigenlex_in(folder).arg("embed").args(line).args(more).assert().success().stderr("");
    fs::read_to_string(folder.join("model/documents.tsv")).unwrap()
}

/// What a command says while it succeeds.
#[track_caller]
fn says(folder: &Path, line: &[&str]) -> String {
    let assert = eigenlex_in(folder).args(line).assert().success();
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

#[test]
fn each_object_of_json_lines_is_a_document() {
    let folder = folder_of(&[
        ("s.jsonl", SPEECHES_JSON.into()),
        ("s.jsonl.gz", gzip(SPEECHES_JSON.as_bytes())),
        ("plain.ndjson", "{\"text\":\"caf\\u00e9 \\ud83d\\ude00 open\",\"x\":[1,{}]}\n".into()),
        ("list.jsonl", "[{\"text\":\"a\"}]\n".into()),
        ("cut.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\n".into()),
    ]);
    for file in ["s.jsonl", "s.jsonl.gz"] {
        let line = ["tokens", file, "--field", "body.text"];
        assert_eq!(prints(folder.path(), &line), SPEECH_TOKENS, "{file}");
    }
    let emoji = prints(folder.path(), &["tokens", "plain.ndjson", "--emoji"]);
    assert_eq!(emoji, "café 😀 open\n");
    assert_eq!(
        fails(folder.path(), &["tokens", "s.jsonl"], 3),
        "error: `s.jsonl`, line 1: found the fields `body`, `id`, `meta`, expected a field `text`\n\
         hint: name the field that holds the text with --field, such as --field body.text\n"
    );
    assert_eq!(
        fails(folder.path(), &["tokens", "s.jsonl", "--field", "body.title"], 3),
        "error: `s.jsonl`, line 1: found the fields `text` in `body`, expected a field \
         `body.title`\n"
    );
    let message = fails(folder.path(), &["tokens", "list.jsonl"], 3);
    assert!(message.starts_with("error: `list.jsonl`, line 1: found a JSON array"), "{message}");
    let message = fails(folder.path(), &["tokens", "cut.jsonl"], 3);
    assert!(message.starts_with("error: `cut.jsonl`, line 2: found "), "{message}");
}

#[test]
fn a_record_is_cut_as_it_is_asked_for() {
    let text = "{\"text\":\"One. Two\\nthree\"}\n{\"text\":\"Four\"}\n";
    let folder = folder_of(&[("s.jsonl", text.into())]);
    for (unit, tokens) in [
        ("record", "one two three\nfour\n"),
        ("line", "one two\nthree\nfour\n"),
        ("sentence", "one\ntwo\nthree\nfour\n"),
        ("file", "one two three four\n"),
    ] {
        assert_eq!(prints(folder.path(), &["tokens", "s.jsonl", "--document", unit]), tokens);
    }
}

#[test]
fn each_row_of_a_table_is_a_document() {
    let tabs = "id\ttext\n1\tThe \"king\" sat\n2\t\"The queen\n wore\ta crown\"\n";
    let folder = folder_of(&[
        ("s.csv", SPEECHES.into()),
        ("excel.csv", format!("\u{FEFF}sep=;\r\n{SPEECHES}").into()),
        ("t.tsv", tabs.into()),
        ("one.csv", "words\nthe king\nthe queen\n".into()),
        ("prose.csv", "The king, the queen.\nIt was, as they say, late.\n".into()),
        ("plain.csv", "It was late.\nThe king sat.\n".into()),
        ("short.csv", "id,text\n1,a\n2\n".into()),
    ]);
    for (file, column) in [("s.csv", "Speech"), ("s.csv", "speech"), ("excel.csv", "3")] {
        let line = ["tokens", file, "--column", column];
        assert_eq!(prints(folder.path(), &line), SPEECH_TOKENS, "{file} {column}");
    }
    // The column `Speech` is taken for the text without a word.
    assert_eq!(prints(folder.path(), &["tokens", "s.csv"]), SPEECH_TOKENS);
    let tokens = prints(folder.path(), &["tokens", "t.tsv"]);
    assert_eq!(tokens, "the king sat\nthe queen wore a crown\n");
    assert_eq!(
        prints(folder.path(), &["tokens", "one.csv", "--column", "words"]),
        "the king\nthe queen\n"
    );
    assert_eq!(
        fails(folder.path(), &["tokens", "s.csv", "--column", "talk"], 3),
        "error: `s.csv`, line 1: found the columns `party`, `year`, `Speech`, expected a column \
         `talk`\n"
    );
    assert_eq!(
        fails(folder.path(), &["tokens", "prose.csv"], 3),
        "error: `prose.csv`, line 1: found the columns `The king`, `the queen.`, expected a column \
         `text`, or the name of another\nhint: name the column with --column; if the file is plain \
         text, pass --reader text\n"
    );
    // A first line without a comma is no name of a column either.
    let message = fails(folder.path(), &["tokens", "plain.csv"], 3);
    assert!(message.contains("found the columns `It was late.`, expected"), "{message}");
    let tokens = prints(folder.path(), &["tokens", "prose.csv", "--reader", "text"]);
    assert_eq!(tokens, "the king the queen\nit was as they say late\n");
    let message = fails(folder.path(), &["tokens", "short.csv"], 3);
    assert!(message.starts_with("error: `short.csv`, line 3: found a row of 1 field(s)"));
}

#[test]
fn metadata_are_kept_for_every_document() {
    let folder = folder_of(&[("s.csv", SPEECHES.into()), ("s.jsonl", SPEECHES_JSON.into())]);
    // The second row has no text and the third no word; both are documents, as empty lines are.
    let rows = "Blue\t1990\n2\tF:2\tRed\t1991\n3\tF:3\tRed\t1991\n4\tF:4\tGreen\t1992\n";
    let expected = |file: &str, header: &str| {
        format!("document\tname\t{header}\n1\tF:1\t{rows}").replace("F:", &format!("{file}:"))
    };
    let csv = table(folder.path(), &["s.csv", "--metadata", "party, year"]);
    assert_eq!(csv, expected("s.csv", "party\tyear"));
    let line = ["s.jsonl", "--field", "body.text", "--metadata", "meta.party,meta.year"];
    assert_eq!(table(folder.path(), &line), expected("s.jsonl", "meta.party\tmeta.year"));
    // They belong to the model: no other command has the option.
    for command in [&["encode", "model"][..], &["tokens"], &["phrases"]] {
        let line = [command, &["s.jsonl", "--metadata", "year"]].concat();
        assert!(fails(folder.path(), &line, 2).contains("unexpected argument '--metadata'"));
    }
    // The numbers are those of the codes.
    let line = ["encode", "model", "s.jsonl", "-o", "codes.jsonl"];
    assert!(says(folder.path(), &line).contains("for 4 documents"));
    assert_eq!(
        fails(folder.path(), &["embed", "s.csv", "--metadata", "partei", "-o", "m"], 3),
        "error: `s.csv`, line 1: found the columns `party`, `year`, `Speech`, expected a column \
         `partei`\n"
    );
}

#[test]
fn metadata_that_no_record_has_are_named_with_those_that_are_there() {
    let records = "{\"text\":\"one two\",\"meta\":{\"year\":1990}}\n{\"text\":\"two three\"}\n";
    let most = "{\"text\":null}\n{\"text\":\"one\"}\n{\"text\":\"\"}\n";
    let folder = folder_of(&[("s.jsonl", records.into()), ("most.jsonl", most.into())]);
    let embed = |names: &str| {
        let line = ["embed", "s.jsonl", "--metadata", names, "--min-count", "1", "--dim", "1"];
        says(folder.path(), &[&line[..], &["--recipe", "documents", "-o", "m", "--force"]].concat())
    };
    let said = embed("meta.year,yaer");
    let expected = "no record has a value for `yaer`; the first record has the fields `meta.year`, \
                    `text`\n";
    assert!(said.contains(expected), "{said}");
    assert!(!embed("meta.year").contains("no record"));
    let assert = eigenlex_in(folder.path()).args(["tokens", "most.jsonl"]).assert().success();
    let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(said.contains("2 of 3 records have no text\n"), "{said}");
}

#[test]
fn a_table_without_a_row_is_called_so() {
    let folder = folder_of(&[("a.csv", "text,year\n".into()), ("b.tsv", "text\tyear\n".into())]);
    let of_one = "error: the corpus is empty: a table with a line of headings and no row\n";
    assert!(fails(folder.path(), &["tokens", "a.csv"], 3).starts_with(of_one));
    let of_two = fails(folder.path(), &["tokens", "."], 3);
    assert!(of_two.contains("empty: 2 tables with a line of headings and no row\n"), "{of_two}");
}

#[test]
fn metadata_outlive_checkpoints_and_a_memory_budget() {
    let folder = folder_of(&[("s.csv", SPEECHES.into())]);
    let line = ["s.csv", "--metadata", "year", "--keep-checkpoints"];
    let first = table(folder.path(), &line);
    assert_eq!(first.lines().count(), 5);
    // The second run takes the tokens of the first.
    assert_eq!(table(folder.path(), &[&line[..], &["--window", "3"]].concat()), first);
    let line = ["s.csv", "--metadata", "year", "--memory", "1GB"];
    assert_eq!(table(folder.path(), &line), first);
    // Other metadata are no part of those checkpoints.
    let line = ["s.csv", "--metadata", "party", "--keep-checkpoints"];
    assert_eq!(table(folder.path(), &line).lines().nth(1), Some("1\ts.csv:1\tBlue"));
}

#[test]
fn plain_text_has_no_metadata() {
    let folder = folder_of(&[("a.txt", "one two\n".into()), ("film.srt", FILM.into())]);
    let line = |file| ["embed", file, "--metadata", "party", "-o", "m"];
    assert_eq!(
        fails(folder.path(), &line("a.txt"), 2),
        "error: `--metadata` has no effect: plain texts have no metadata\nhint: leave out \
         `--metadata`, or name what the files hold with `--reader`\n"
    );
    assert_eq!(
        fails(folder.path(), &line("film.srt"), 3),
        "error: `film.srt`: found subtitles, which have no metadata, expected `party`\n"
    );
}

#[test]
fn the_articles_of_a_dump_are_read_from_any_packing() {
    let dump = format!("{DUMP}{}</mediawiki>\n", pages().concat());
    // As dumps are handed out: a stream for the header, one for each group of pages, one for the
    // end.
    let pages = pages();
    let streams = [DUMP, &pages[..2].concat(), &pages[2..].concat(), "</mediawiki>\n"];
    let multistream: Vec<u8> = streams.iter().flat_map(|it| bzip2(it.as_bytes())).collect();
    let folder = folder_of(&[
        ("wiki.xml", dump.clone().into()),
        ("wiki.xml.bz2", multistream),
        ("one.xml.bz2", bzip2(dump.as_bytes())),
        ("other.xml", "<rss><item>no</item></rss>\n".into()),
    ]);
    for file in ["wiki.xml", "wiki.xml.bz2", "one.xml.bz2"] {
        assert_eq!(prints(folder.path(), &["tokens", file]), WIKI_TOKENS, "{file}");
    }
    assert_eq!(
        table(folder.path(), &["wiki.xml.bz2", "--metadata", "title"]),
        "document\tname\ttitle\n1\twiki.xml.bz2:1\tCrown\n2\twiki.xml.bz2:2\tBread\n"
    );
    let message = fails(folder.path(), &["tokens", "other.xml"], 3);
    let expected = "error: `other.xml`: found XML that is neither TEI nor a MediaWiki dump nor a \
                    web page, expected ";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn an_edition_gives_its_text_and_its_header() {
    let folder = folder_of(&[("letters.xml", EDITION.into()), ("letters.tei", EDITION.into())]);
    let text = ["first letter", "dear jane the ship has sailed at the example", "yours"];
    let path = folder.path();
    assert_eq!(
        prints(path, &["tokens", "letters.xml", "--document", "file"]),
        text.join(" ") + "\n"
    );
    let lines = prints(path, &["tokens", "letters.tei"]);
    assert_eq!(lines.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>(), text);
    // Paragraphs are counted, not the empty lines between them.
    assert_eq!(
        table(path, &["letters.xml", "--metadata", "author,year"]),
        "document\tname\tauthor\tyear\n1\tletters.xml:1\tAnn Example\t1810\n\
         2\tletters.xml:2\tAnn Example\t1810\n3\tletters.xml:3\tAnn Example\t1810\n"
    );
    let message = fails(path, &["embed", "letters.xml", "--metadata", "party", "-o", "m"], 3);
    assert!(message.contains("found a header with `title`, `author`, `date`, `year`"), "{message}");
    let message = fails(path, &["tokens", "letters.xml", "--reader", "conllu"], 3);
    assert!(message.contains("expected 10 columns with tabs between"), "{message}");
}

#[test]
fn tokens_of_a_treebank_are_its_own() {
    let folder = folder_of(&[("t.conllu", TREEBANK.into())]);
    for (token, tokens) in [
        ("form", "Du Roi\nRois\n"),
        ("lemma", "de le roi\nroi\n"),
        ("lemma_upos", "de_ADP le_DET roi_NOUN\nroi_NOUN\n"),
    ] {
        assert_eq!(prints(folder.path(), &["tokens", "t.conllu", "--token", token]), tokens);
    }
    let message = fails(folder.path(), &["tokens", "t.conllu", "--token", "stem"], 2);
    assert!(message.contains("`form`, `lemma`, `lemma_upos`"), "{message}");
}

#[test]
fn subtitles_and_web_pages_give_their_text() {
    let vtt = "WEBVTT\n\nNOTE not this\n\n00:01.000 --> 00:02.000 align:start\n<v Ann>The ship\n\
               has sailed.\n\n00:09.000 --> 00:10.000\nAt last!\n";
    let folder = folder_of(&[
        ("film.srt", FILM.into()),
        ("film.vtt", vtt.into()),
        ("page.html", PAGE.into()),
    ]);
    for file in ["film.srt", "film.vtt", "page.html"] {
        let tokens = prints(folder.path(), &["tokens", file, "--document", "paragraph"]);
        let lines: Vec<&str> = tokens.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, ["the ship has sailed", "at last"], "{file}");
    }
    let message = fails(folder.path(), &["tokens", "film.srt", "--reader", "tei"], 3);
    assert!(message.contains("expected `TEI`"), "{message}");
}

#[test]
fn a_folder_may_hold_files_of_several_kinds() {
    let folder = folder_of(&[]);
    fs::create_dir(folder.path().join("mix")).unwrap();
    for (name, text) in [
        ("a.txt", "plain text\n"),
        ("b.xml", EDITION),
        ("c.srt", FILM),
        ("d.html", PAGE),
        ("e.conllu", TREEBANK),
        ("metadata.csv", "file,year\na.txt,1990\n"),
    ] {
        fs::write(folder.path().join("mix").join(name), text).unwrap();
    }
    // A treebank holds records, so all files are cut into what they hold.
    let assert = eigenlex_in(folder.path()).args(["tokens", "mix"]).assert().success();
    let output = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert_eq!(
        output,
        "plain text\nfirst letter dear jane the ship has sailed at the example yours\n\
         the ship has sailed at last\nthe ship has sailed at last\nDu Roi\nRois\n"
    );
    let notice = "not read: `mix/metadata.csv` (table); name a file itself to read it\n";
    assert_eq!(String::from_utf8_lossy(&assert.get_output().stderr), notice);
}

#[test]
fn a_text_that_looks_like_another_kind_is_named() {
    let folder = folder_of(&[]);
    for (kind, text) in [
        ("tei", EDITION),
        ("json-lines", "{\"text\": \"a\"}\n{\"text\": \"b\"}\n"),
        ("csv", "id,text\n1,\"a, b\"\n2,c\n"),
        ("conllu", TREEBANK),
        ("subtitles", FILM),
        ("mediawiki", DUMP),
    ] {
        fs::write(folder.path().join("x.txt"), text).unwrap();
        let expected = format!(
            "`x.txt` looks like a file for the reader `{kind}`, and was read as plain text; use \
             `--reader {kind}`, or `--reader text` if it is plain text\n"
        );
        assert_eq!(says(folder.path(), &["tokens", "x.txt"]), expected);
        assert_eq!(says(folder.path(), &["tokens", "x.txt", "--reader", "text"]), "");
    }
    fs::write(folder.path().join("x.txt"), "The king, the queen.\nIt was late.\n").unwrap();
    assert_eq!(says(folder.path(), &["tokens", "x.txt"]), "");
}
