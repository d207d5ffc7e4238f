//! A small edition with the quirks of real ones, and each message.

use proptest::prelude::*;

use super::*;
use crate::corpus::ReaderKind;

/// A header with names in parts, front matter, a choice, notes, breaks within words, verse, a play.
const EDITION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<?xml-model href="x.rng"?>
<!DOCTYPE TEI [ <!ENTITY house "Haus &amp; Hof"> <!ENTITY chap1 SYSTEM "chap1.xml"> ]>
<TEI xmlns="http://www.tei-c.org/ns/1.0" xml:lang="en">
 <teiHeader>
  <fileDesc>
   <titleStmt><title>A <hi>Tale</hi> of <hi>T</hi>wo</title>
    <author><persName><forename>Mary</forename><surname>Ex</surname></persName></author></titleStmt>
   <publicationStmt><publisher>The Press</publisher><date when="2021-04-09"/></publicationStmt>
   <sourceDesc><bibl><title>Old Tale</title><date>London, 1887.</date></bibl></sourceDesc>
  </fileDesc>
  <profileDesc><langUsage><language ident="en">English</language></langUsage></profileDesc>
 </teiHeader>
 <text>
  <front><titlePage><docTitle>Not read</docTitle></titlePage></front>
  <body>
   <div type="chapter"><head>Chapter&nbsp;I</head>
    <p rend="italic">The <choice><abbr>K.</abbr><expan>King</expan></choice> sat&#8212;in
     <choice>
      <sic>teh</sic>
      <corr>the</corr>
     </choice> &house; R&amp;D<note>not <hi>this</hi></note>, on <del>no</del><add>his</add>
     exam-<lb break="no"/>ple<pb n="2"/><fw>A TALE</fw>throne<gap/>.</p>
    <lg><l>A line,</l>, <l>another <supplied>line</supplied></l></lg>
    <sp><speaker>Ann</speaker><p>Yes<figure><figDesc>a dog</figDesc></figure></p></sp>
    <p><w>the</w><w>k<lb/>ing</w><pc>.</pc> <w part="I">exam</w><lb/><w part="F">ple</w></p>
    <p><app><lem>lemma</lem><rdg>variant</rdg></app> <app><rdg>first</rdg><rdg>second</rdg></app></p>
   </div>
  </body>
  <back><p>Not read</p></back>
 </text>
</TEI>
"#;

fn read(text: &str, options: &ReaderOptions) -> Result<crate::corpus::Record> {
    Ok(ReaderKind::Tei.read(text.as_bytes(), "t.xml", options)?.remove(0))
}

fn body(text: &str) -> String {
    let text = format!("<TEI><text><body>{text}</body></text></TEI>");
    read(&text, &ReaderOptions::default()).unwrap().text
}

#[test]
fn the_body_of_an_edition_is_read_block_by_block() {
    let text = read(EDITION, &ReaderOptions::default()).unwrap().text;
    let lines: Vec<&str> = text.split("\n\n").collect();
    assert_eq!(
        lines,
        [
            "Chapter\u{A0}I",
            "The King sat—in the Haus & Hof R&D, on his example throne.",
            "A line,",
            ",",
            "another line",
            "Ann",
            "Yes",
            "the king . example",
            "lemma first",
            "",
        ]
    );
}

#[test]
fn the_header_is_metadata_by_names_and_paths() {
    for (name, value) in [
        ("title", "A Tale of Two"),
        ("author", "Mary Ex"),
        ("date", "London, 1887."),
        ("year", "1887"),
        ("language", "English"),
        ("publisher", "The Press"),
        ("teiHeader/fileDesc/titleStmt/author", "Mary Ex"),
        ("surname", "Ex"),
        ("bibl/title", "Old Tale"),
        ("publicationStmt/date/@when", "2021-04-09"),
        ("TEI/@xml:lang", "en"),
    ] {
        let options = ReaderOptions::default().metadata([name]);
        assert_eq!(read(EDITION, &options).unwrap().metadata, [value], "{name}");
    }
    assert_eq!(
        read(EDITION, &ReaderOptions::default().metadata(["party"])).unwrap_err().to_string(),
        "`t.xml`: found a header with `title`, `author`, `date`, `year`, `language`, `publisher`, \
         `hi`, `forename`, `surname`, expected `party`"
    );
}

#[test]
fn a_corpus_has_several_texts_and_a_group_several_bodies() {
    let one = |text: &str| format!("<TEI><teiHeader><title>h</title></teiHeader>{text}</TEI>");
    let text = |name: &str| format!("<text><body><p>{name}</p></body></text>");
    let group = format!("<text><front/><group>{}{}</group></text>", text("b"), text("c"));
    let corpus = format!("<teiCorpus>{}{}</teiCorpus>", one(&text("a")), one(&group));
    assert_eq!(read(&corpus, &ReaderOptions::default()).unwrap().text, "a\n\nb\n\nc\n\n");
}

#[test]
fn the_prefix_of_a_name_does_not_matter() {
    let text = "<tei:TEI xmlns:tei=\"http://www.tei-c.org/ns/1.0\"><tei:text><tei:body><tei:p>a\
                </tei:p></tei:body></tei:text></tei:TEI>";
    assert_eq!(read(text, &ReaderOptions::default()).unwrap().text, "a\n\n");
}

#[test]
fn what_is_no_tei_is_named() {
    let fails = |text: &str, message: &str| {
        let error = read(text, &ReaderOptions::default()).unwrap_err().to_string();
        assert_eq!(error, format!("`t.xml`, line {message}"));
    };
    fails("\n<html><p>a</p></html>", "2: found an element `html`, expected `TEI`");
    fails("<!-- -->\n", "2: found no element `TEI`, expected a text in TEI");
    fails(
        "<TEI><text><body>\n<p>the &king; sat</p></body></text></TEI>",
        "2: found the entity `&king;`, expected an entity of HTML, or one that the file declares \
         with its text",
    );
    fails(
        "<TEI><text>\n<body><p>a</p>\n",
        "3: found the end of the file within 3 element(s), expected their end tags",
    );
    fails(
        "<TEI><text>\n<body><p>a</b></p></body></text></TEI>",
        "2: found bad XML: ill-formed document: expected `</p>`, but `</b>` was found, expected \
         well-formed XML",
    );
    let deep = "<p>".repeat(10_001);
    fails(
        &format!("<TEI><text><body>{deep}"),
        "1: found more than 10000 elements within one another, expected fewer",
    );
}

#[test]
fn bytes_in_another_encoding_name_the_declared_one() {
    let text = b"<?xml version='1.0' encoding='ISO-8859-1'?>\n<TEI><text><body>\n<p>caf\xE9</p>";
    // As it arrives from a file, not checked before.
    let reader = Box::new(std::io::Cursor::new(text.to_vec()));
    let error = Tei::open(reader, &ReaderOptions::default(), "t.xml".as_ref());
    let mut tei = error.unwrap();
    let error = tei.advance().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`t.xml`, line 3: found bytes that are not UTF-8, expected UTF-8; the file declares the \
         encoding ISO-8859-1"
    );
}

#[test]
fn an_entity_of_other_entities_of_the_file_is_not_its_name() {
    let text = "<!DOCTYPE TEI [<!ENTITY king 'roi'><!ENTITY both '&king; &amp; &#233;'>\
                <!ENTITY own 'Q &amp; A; R'>]><TEI><text><body>";
    let options = ReaderOptions::default();
    let body = |rest: &str| read(&format!("{text}{rest}</body></text></TEI>"), &options);
    let record = body("<p>&own;</p>").unwrap();
    assert_eq!(record.text, "Q & A; R\n\n");
    let message = body("<p>&both;</p>").unwrap_err().to_string();
    assert!(
        message.ends_with(
            "found the entity `&both;`, expected an entity of HTML, or one that the file declares \
             with its text"
        ),
        "{message}"
    );
}

#[test]
fn lone_ampersands_and_unknown_entities_of_notes_do_no_harm() {
    assert_eq!(body("<p>Q & A<note>&no;</note></p>"), "Q & A\n\n");
}

#[test]
fn sentences_are_apart_and_other_elements_are_not() {
    assert_eq!(
        body("<p><s>One.</s><s><hi>T</hi>wo <seg>thr</seg>ee</s></p>"),
        "One. Two three\n\n"
    );
}

#[test]
fn a_text_without_end_is_refused() {
    let start = std::io::Cursor::new("<TEI><text><body>\n<p>");
    let reader = Box::new(start.chain(std::io::repeat(b'a')));
    let mut tei = Tei::open(reader, &ReaderOptions::default(), "t.xml".as_ref()).unwrap();
    assert_eq!(
        tei.advance().unwrap_err().to_string(),
        "`t.xml`, line 2: found a tag or a text of more than 64 MiB, expected at most 64 MiB"
    );
}

#[test]
fn a_long_text_is_read_whole_in_portions() {
    let paragraph = "<p>zwölf <hi>Kön</hi>ige ver-<lb break='no'/>reisen</p>\n";
    assert_eq!(body(&paragraph.repeat(10_000)), "zwölf Könige verreisen\n\n".repeat(10_000));
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(
        text in "(<p>|</p>|<choice>|</choice>|<w part='I'>|</w>|<sic>|</sic>|<lb break='no'/>|\
                 [<>&;a é-]|<!ENTITY x){0,30}"
    ) {
        let text = format!("<!DOCTYPE x [<!ENTITY y 'z'>]><TEI><text><body>{text}");
        let _ = read(&text, &ReaderOptions::default());
    }
}
