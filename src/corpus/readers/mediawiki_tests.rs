//! A small dump with the quirks of real ones, and each message.

use proptest::prelude::*;

use super::super::record::read_records;
use super::*;
use crate::corpus::{ReaderKind, Record};

/// A header with names in another language, two revisions, redirects, a discussion, a page of code,
/// escaped wikitext.
const DUMP: &str = r#"<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="de">
  <siteinfo>
    <sitename>Wikipedia</sitename>
    <namespaces>
      <namespace key="-2" case="first-letter">Medium</namespace>
      <namespace key="0" case="first-letter" />
      <namespace key="6" case="first-letter">Ilova</namespace>
      <namespace key="14" case="first-letter">Turkum</namespace>
    </namespaces>
  </siteinfo>
  <page>
    <title>King &amp; Queen</title>
    <ns>0</ns>
    <id>12</id>
    <revision>
      <id>100</id>
      <timestamp>2020-01-01T00:00:00Z</timestamp>
      <text xml:space="preserve">old text</text>
    </revision>
    <revision>
      <id>101</id>
      <timestamp>2021-01-01T00:00:00Z</timestamp>
      <contributor><username>A</username><id>7</id></contributor>
      <comment>a [[comment]]</comment>
      <model>wikitext</model>
      <format>text/x-wiki</format>
      <text bytes="90" xml:space="preserve">'''King''' &lt;ref&gt;no&lt;/ref&gt;&amp;nbsp;&quot;sat&quot;.

[[Ilova:a.jpg|thumb]]
[[Turkum:Kings]]</text>
      <sha1>x</sha1>
    </revision>
  </page>
  <page>
    <title>Kings</title><ns>0</ns><id>13</id>
    <redirect title="King" />
    <revision><id>102</id><text>#REDIRECT [[King]]</text></revision>
  </page>
  <page>
    <title>Könige</title><ns>0</ns><id>14</id>
    <revision><id>103</id><text>#WEITERLEITUNG [[King]]</text></revision>
  </page>
  <page>
    <title>Talk:King</title><ns>1</ns><id>15</id>
    <revision><id>104</id><text>I disagree.</text></revision>
  </page>
  <page>
    <title>King.js</title><ns>0</ns><id>16</id>
    <revision><id>105</id><model>javascript</model><text>var x;</text></revision>
  </page>
  <page>
    <title>List</title><ns>0</ns><id>17</id>
    <revision><id>106</id><text>#First [[king]]
#second</text></revision>
  </page>
  <page><title>Empty</title><ns>0</ns><id>18</id><revision><text bytes="0" /></revision></page>
</mediawiki>
"#;

fn read(text: &str, options: &ReaderOptions) -> Result<Vec<Record>> {
    ReaderKind::Mediawiki.read(text.as_bytes(), "d.xml", options)
}

#[test]
fn articles_are_records_and_other_pages_are_none() {
    let options = ReaderOptions::default().metadata(["title", "id", "timestamp"]);
    let records = read(DUMP, &options).unwrap();
    let records: Vec<_> =
        records.iter().map(|record| (record.metadata.join("|"), record.text.as_str())).collect();
    let record = |metadata: &str, text| (metadata.to_owned(), text);
    assert_eq!(
        records,
        [
            record("King & Queen|12|2021-01-01T00:00:00Z", "King \u{A0}\"sat\".\n"),
            record("List|17|", "First king\nsecond\n"),
            record("Empty|18|", ""),
        ]
    );
}

#[test]
fn what_is_no_dump_is_named() {
    let fails = |text: &str, options: &ReaderOptions, message: &str| {
        let error = read(text, options).unwrap_err().to_string();
        assert_eq!(error, format!("`d.xml`, line {message}"));
    };
    let plain = ReaderOptions::default();
    fails(
        "<TEI>\n</TEI>",
        &plain,
        "1: found a head without `<mediawiki` and `<page>`, expected a dump of MediaWiki in XML",
    );
    fails(
        &DUMP[..DUMP.find("old text").unwrap()],
        &plain,
        "11: found the end of the dump within a page, which begins here, expected `</page>`",
    );
    fails(
        &DUMP.replace("</contributor>", "</x>"),
        &plain,
        "11: found a page of bad XML: ill-formed document: expected `</contributor>`, but `</x>` \
         was found, expected XML",
    );
    fails(
        DUMP,
        &plain.metadata(["author"]),
        "1: found pages with `title`, `id`, `timestamp`, expected `author`",
    );
}

#[test]
fn the_rest_behind_the_last_page_is_no_record() {
    let (reader, length) =
        Mediawiki::open(&ReaderOptions::default(), "d".as_ref(), DUMP.as_bytes()).unwrap();
    assert_eq!(&DUMP[length..length + 6], "<page>");
    let end = length + reader.last_end(&DUMP.as_bytes()[length..]).unwrap();
    assert_eq!(&DUMP[end..], "</mediawiki>\n");
    assert_eq!(reader.last_end(b"<page><title>a</title>"), None);
}

#[test]
fn a_dump_without_its_end_may_be_cut() {
    let doubt = |head: &str, last: &str| {
        let options = ReaderOptions::default();
        let (dump, _) = Mediawiki::open(&options, "d.xml".as_ref(), head.as_bytes()).unwrap();
        dump.doubt_at_end(last.as_bytes())
    };
    assert_eq!(doubt("<mediawiki><page>", "<page></page>\n</mediawiki>\n"), None);
    assert_eq!(doubt("<mediawiki></mediawiki>", ""), None);
    assert_eq!(
        doubt("<mediawiki><page>", "<page></page>\n").unwrap(),
        "the dump has no end, `</mediawiki>`, and may be cut"
    );
}

proptest! {
    #[test]
    fn a_cut_at_an_end_changes_nothing(at in any::<prop::sample::Index>()) {
        let options = ReaderOptions::default().metadata(["id"]);
        let (reader, length) = Mediawiki::open(&options, "d".as_ref(), DUMP.as_bytes()).unwrap();
        let pages = &DUMP[length..];
        let at = at.index(pages.len() + 1);
        let end = reader.last_end(&pages.as_bytes()[..at]).unwrap_or(0);
        let place = Place { path: "d".as_ref(), line: 1 };
        let read = |text: &str| read_records(&reader, text.as_bytes(), place, &options).unwrap();
        prop_assert_eq!([read(&pages[..end]), read(&pages[end..])].concat(), read(pages));
    }

    #[test]
    fn no_page_makes_it_panic(
        text in "(<page>|</page>|<text>|</text>|<ns>0</ns>|<revision>|</revision>|&lt;|&|\
                 [<>/a#\\[é]){0,30}",
    ) {
        let _ = read(&format!("<mediawiki>{text}"), &ReaderOptions::default());
    }
}
