//! Tables against worked examples, against what the csv crate writes, and each message.

use proptest::prelude::*;

use super::super::record::read_records;
use super::*;
use crate::corpus::{ReaderKind, Record};

fn read(kind: ReaderKind, text: &str, options: &ReaderOptions) -> Result<Vec<Record>> {
    kind.read(text.as_bytes(), "t.csv", options)
}

fn texts(text: &str, options: &ReaderOptions) -> Vec<String> {
    let records = read(ReaderKind::Csv, text, options).unwrap();
    records.into_iter().map(|record| record.text).collect()
}

fn failure(kind: ReaderKind, text: &str, options: &ReaderOptions) -> String {
    read(kind, text, options).unwrap_err().to_string()
}

#[test]
fn quotes_hold_delimiters_line_ends_and_doubled_quotes() {
    let text = "id,date,text\r\n1,2020-01-01,\"the king, \"\"so\"\" they said\"\r\n\
                2,,\"a line\nand another\"\r\n\r\n  \n3,x,a \"plain\" one";
    assert_eq!(
        texts(text, &ReaderOptions::default()),
        ["the king, \"so\" they said", "a line\nand another", "a \"plain\" one"]
    );
}

#[test]
fn a_column_is_found_by_name_number_or_as_the_only_one() {
    let text = "id,Inhalt,text\n1,a,b\n";
    let column = |column: &str| texts(text, &ReaderOptions::default().column(column));
    assert_eq!(column("Inhalt"), ["a"]);
    assert_eq!(column("inhalt"), ["a"]);
    assert_eq!(column("2"), ["a"]);
    assert_eq!(texts(text, &ReaderOptions::default()), ["b"]);
    assert_eq!(texts("id,Body\n1,b\n", &ReaderOptions::default()), ["b"]);
    assert_eq!(
        texts("Rede\nerste\n\"zweite, dritte\"\n", &ReaderOptions::default()),
        ["erste", "zweite, dritte"]
    );
}

#[test]
fn the_header_shows_the_delimiter() {
    for text in [
        "id;text\n1;a, b\n",
        "id\ttext\n1\ta, b\n",
        "sep=;\r\nid;text\r\n1;a, b\r\n",
        "id|text\n1|a, b\n",
        "\n\"id,1\";\"text\"\n1;a, b\n",
        "id,text\n1,\"a, b\"\n",
    ] {
        assert_eq!(texts(text, &ReaderOptions::default()), ["a, b"], "{text}");
    }
}

#[test]
fn tabs_separate_and_quotes_count_at_the_beginning_of_a_field_alone() {
    let text = "text\tyear\nthe 5\" disk\t1990\n\"a\tb\"\t1991\n";
    let options = ReaderOptions::default().metadata(["year"]);
    let records = read(ReaderKind::Tsv, text, &options).unwrap();
    assert_eq!(
        (records[0].text.as_str(), records[1].text.as_str(), records[1].metadata[0].as_str()),
        ("the 5\" disk", "a\tb", "1991")
    );
}

#[test]
fn metadata_are_columns_on_one_line() {
    let text = "party,text,note\ngreen,a,\"x\ty\r\nz\"\n";
    let options = ReaderOptions::default().metadata(["note", "party"]);
    let records = read(ReaderKind::Csv, text, &options).unwrap();
    assert_eq!(records[0].metadata, ["x y z", "green"]);
}

#[test]
fn what_is_wrong_with_a_table_is_named() {
    let plain = ReaderOptions::default();
    let csv = |text: &str, options: &ReaderOptions| failure(ReaderKind::Csv, text, options);
    assert_eq!(
        csv("id,title\n1,a\n", &plain),
        "`t.csv`, line 1: found the columns `id`, `title`, expected a column `text`, or the \
         name of another"
    );
    assert_eq!(
        csv("\nid,body,review\n1,a,b\n", &plain),
        "`t.csv`, line 2: found the columns `id`, `body`, `review`, expected a column `text`, or \
         the name of another"
    );
    for options in [plain.clone().column("4"), plain.clone().metadata(["4"])] {
        assert_eq!(
            csv("id,text\n1,a\n", &options),
            "`t.csv`, line 1: found the columns `id`, `text`, expected a column `4`"
        );
    }
    // The second row takes two lines.
    assert_eq!(
        csv("id,text\r\n1,\"a\r\nb\"\r\n\r\n2\r\n", &plain),
        "`t.csv`, line 5: found a row of 1 field(s), expected 2, as the header has"
    );
    assert_eq!(
        csv("id,text\n1,a, b\n", &plain),
        "`t.csv`, line 2: found a row of 3 field(s), expected 2, as the header has"
    );
    assert_eq!(
        csv("id,text\n1,a\n2,\"b\n3,c\n", &plain),
        "`t.csv`, line 3: found a quotation mark at the beginning of a field that is not closed, \
         expected a second quotation mark at its end"
    );
    assert_eq!(
        csv("", &plain),
        "`t.csv`, line 1: found no header, expected the names of the columns"
    );
}

#[test]
fn the_only_heading_is_named_unless_it_is_a_usual_one() {
    let doubt = |text: &str, options: &ReaderOptions| {
        let (reader, _) = Delimited::open_tsv(options, "t.tsv".as_ref(), text.as_bytes()).unwrap();
        reader.doubt()
    };
    let plain = ReaderOptions::default();
    assert_eq!(
        doubt("\nking\nqueen\n", &plain).unwrap(),
        "line 2, `king`, is taken for the heading; pass --reader text if it is not"
    );
    assert_eq!(doubt("Text\nqueen\n", &plain), None);
    assert_eq!(doubt("review\nqueen\n", &plain), None);
    assert_eq!(doubt("Rede\nqueen\n", &plain.clone().column("1")), None);
    assert_eq!(doubt("id\ttext\n1\tqueen\n", &plain), None);
}

#[test]
fn a_table_without_rows_has_no_records() {
    assert!(texts("id,text", &ReaderOptions::default()).is_empty());
}

#[test]
fn a_stray_quotation_mark_does_not_merge_rows_of_tabs() {
    let text = "label\ttext\n0\tHe said \"no.\n1\t\"Quote starts here\n0\tsecond row\n\
                1\tlast \"one\" here\n0\t\"Good\" he said\n1\t\"a\n\"\"b\"\"\" \n\
                0\t\"never closed\n1\tlast\n";
    let records = read(ReaderKind::Tsv, text, &ReaderOptions::default()).unwrap();
    let texts: Vec<_> = records.into_iter().map(|record| record.text).collect();
    assert_eq!(
        texts,
        [
            "He said \"no.",
            "\"Quote starts here",
            "second row",
            "last \"one\" here",
            "\"Good\" he said",
            "a\n\"b\"",
            "\"never closed",
            "last",
        ]
    );
}

#[test]
fn a_stray_quotation_mark_of_csv_is_named_with_its_line() {
    assert_eq!(
        failure(ReaderKind::Csv, "label,text\n0,\"a\nb\" c\n1,d\n", &ReaderOptions::default()),
        "`t.csv`, line 3: found a quotation mark within a quoted field, expected it doubled, or \
         a delimiter after it"
    );
    assert_eq!(texts("text,n\n\"a\" ,1\n", &ReaderOptions::default()), ["a"]);
}

proptest! {
    #[test]
    fn any_bytes_of_tabs_are_read_in_pieces_as_in_one(
        text in "[ab\"\t\r\n ]{0,30}", at in any::<prop::sample::Index>()
    ) {
        let (n_columns, metadata) = (2, vec![1]);
        let reader =
            Delimited { delimiter: b'\t', n_columns, text: 0, metadata, heading: None };
        let place = Place { path: "t".as_ref(), line: 1 };
        let options = ReaderOptions::default().metadata(["x"]);
        let end = reader.last_end(&text.as_bytes()[..at.index(text.len() + 1)]).unwrap_or(0);
        let read = |text: &str| read_records(&reader, text.as_bytes(), place, &options);
        if let Ok(whole) = read(&text) {
            let parts = [read(&text[..end]).unwrap(), read(&text[end..]).unwrap()].concat();
            prop_assert_eq!(parts, whole);
        }
    }

    #[test]
    fn what_the_csv_crate_writes_comes_back(
        rows in prop::collection::vec(("[ab\"',;\t\r\né]{0,6}", "[ab\"',;\t\r\né]{0,6}"), 0..8),
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["note", "text"]).unwrap();
        for (note, text) in &rows {
            writer.write_record([note, text]).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let options = ReaderOptions::default().metadata(["note"]);
        let records = ReaderKind::Csv.read(&bytes[..], "t.csv", &options).unwrap();
        let back: Vec<_> =
            records.into_iter().map(|record| (record.metadata[0].clone(), record.text)).collect();
        let expected: Vec<_> = rows
            .into_iter()
            .map(|(note, text)| (on_one_line(&note).into_owned(), text))
            .collect();
        prop_assert_eq!(back, expected);
    }

    #[test]
    fn any_table_is_cut_where_the_csv_crate_ends_rows(
        text in "[ab\",\r\n]{0,30}", at in any::<prop::sample::Index>()
    ) {
        let (n_columns, metadata) = (2, vec![1]);
        let reader =
            Delimited { delimiter: b',', n_columns, text: 0, metadata, heading: None };
        let place = Place { path: "t".as_ref(), line: 1 };
        let options = ReaderOptions::default().metadata(["x"]);
        let end = reader.last_end(&text.as_bytes()[..at.index(text.len() + 1)]).unwrap_or(0);
        let read = |text: &str| read_records(&reader, text.as_bytes(), place, &options);
        if let Ok(whole) = read(&text) {
            let parts = [read(&text[..end]).unwrap(), read(&text[end..]).unwrap()].concat();
            prop_assert_eq!(parts, whole);
        }
    }
}
