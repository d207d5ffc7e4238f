//! Small pages with the quirks of real ones, and each message.

use proptest::prelude::*;

use super::*;
use crate::corpus::ReaderKind;

fn read(text: &str) -> String {
    let records =
        ReaderKind::Html.read(text.as_bytes(), "p.html", &ReaderOptions::default()).unwrap();
    records[0].text.clone()
}

#[test]
fn blocks_are_lines_and_scripts_are_none() {
    let page = "<!DOCTYPE html><html lang=en><head><title>Not text</title><style>p {color: red}\
                </style><script>var x = '<p>no</p>';</script></head><body><!-- <p>no</p> -->\
                <p class=\"c\">The <b>k</b>ing\n &amp; queen&nbsp;&#8217;&eacute;</p>\
                <ul><li>one<li>two</ul>x<br>y<br/>\n<br>z<table><tr><td>a</td><td>b</td></tr>\
                </table><noscript><p>no</p></noscript>\
                <ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>字";
    let expected = "The king & queen\u{A0}’é\n\none\n\ntwo\n\nx y\n\nz\n\na b\n\n漢字\n\n";
    assert_eq!(read(page), expected);
}

#[test]
fn tag_soup_is_read_as_far_as_it_goes() {
    assert_eq!(
        read("<p>a < b &unknown; &lt;p> 5<6 <i>c</p></b><p>d<"),
        "a < b &unknown; <p> 5<6 c\n\nd<\n\n"
    );
    assert_eq!(read("<head><p>text</p><svg><title>no</title></svg>more"), "text\n\nmore\n\n");
    assert_eq!(read(""), "");
    assert_eq!(read("plain"), "plain\n\n");
}

#[test]
fn the_head_has_metadata() {
    let page = "<html lang='de'><head><title>A\n title</title><meta name=author content='M. E.'>\
                <meta property='og:type' content=article></head><body>text</body></html>";
    let options = ReaderOptions::default().metadata(["title", "Author", "og:type", "language"]);
    let record = ReaderKind::Html.read(page.as_bytes(), "p.html", &options).unwrap().remove(0);
    assert_eq!(record.metadata, ["A title", "M. E.", "article", "de"]);
    assert_eq!(record.text, "text\n\n");
    let error = ReaderKind::Html
        .read(page.as_bytes(), "p.html", &ReaderOptions::default().metadata(["year"]))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`p.html`: found a page with `language`, `title`, `author`, `og:type`, expected `year`"
    );
}

#[test]
fn bytes_that_are_not_utf8_are_named() {
    let error = ReaderKind::Html.read(&b"<p>caf\xE9</p>"[..], "p.html", &ReaderOptions::default());
    assert_eq!(
        error.unwrap_err().to_string(),
        "`p.html`, line 1, byte 6: the byte 0xE9 is not valid UTF-8"
    );
}

#[test]
fn a_long_page_is_read_whole_in_portions() {
    let paragraph = "<p>Zwölf Könige — größer</p>\n";
    let text = read(&paragraph.repeat(20_000));
    assert_eq!(text, "Zwölf Könige — größer\n\n".repeat(20_000));
    let text = read(&"naïve ".repeat(100_000));
    assert_eq!(text.trim_end(), "naïve ".repeat(100_000).trim_end());
}

proptest! {
    #[test]
    fn no_page_makes_it_panic(
        text in "([<>/&;!'\"= aé-]|<script>|</script>|<br>|<p>|<title>|<svg|&lt;){0,40}",
    ) {
        read(&text);
    }
}
