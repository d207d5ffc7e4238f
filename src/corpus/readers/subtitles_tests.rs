//! Small files of subtitles with the quirks of real ones, and each message.

use proptest::prelude::*;

use super::*;
use crate::corpus::ReaderKind;

fn read(text: &str) -> Result<String> {
    let records =
        ReaderKind::Subtitles.read(text.as_bytes(), "f.srt", &ReaderOptions::default())?;
    Ok(records[0].text.clone())
}

#[test]
fn a_cue_is_a_line_without_numbers_times_tags_and_styles() {
    let text = "\u{FEFF}1\r\n00:00:01,256 --> 00:00:02,560\r\n<i>The king</i>\r\nsat down,\r\n\r\n\
                2\r\n00:00:03,000 --> 00:00:04,000 X1:100 Y1:20\r\n{\\an8}and <font color=\"#fff\">\
                slept</font> <3 {or not}.\r\n\r\n3\r\n00:00:30,000 --> 00:00:31,000\r\n\
                [door slams] Q&amp;A &lt; R&B\r\n";
    let expected = "The king sat down,\nand slept <3 {or not}.\n\n[door slams] Q&A < R&B\n\n";
    assert_eq!(read(text).unwrap(), expected);
}

#[test]
fn missing_and_additional_blank_lines_do_no_harm() {
    let text = "1\n00:00:01,0 --> 00:00:02,0\na\n2\n00:00:02,0 --> 00:00:03,0\nb\n\nmore\n\n3\n\n\
                00:00:03,0 --> 00:00:04,0\n42\n\n4\n00:00:04,0 --> 00:00:05,0\n\n5\n\
                00:00:05,0 --> 00:00:06,0\nc";
    assert_eq!(read(text).unwrap(), "a\nb more\n42\nc\n\n");
}

#[test]
fn a_cue_of_a_number_alone_is_text() {
    let text = "00:00:01,0 --> 00:00:02,0\n42\n\n00:00:02,0 --> 00:00:03,0\nyears of\n1984\n\n\
                00:00:03,0 --> 00:00:04,0\nb\n";
    assert_eq!(read(text).unwrap(), "42\nyears of 1984\nb\n\n");
    let text = "WEBVTT\n\n00:01.000 --> 00:02.000\n42\n\n00:02.000 --> 00:03.000\nof\n7\n\n\
                3\n00:03.000 --> 00:04.000\nb\n";
    assert_eq!(read(text).unwrap(), "42\nof 7\nb\n\n");
}

#[test]
fn web_vtt_has_a_header_notes_styles_names_and_speakers() {
    let text = "WEBVTT - a film\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE\nno text\n\n\
                intro\n00:01.000 --> 00:02.000 align:start position:0%\n<v.loud Ann>Hello</v> \
                <c.yellow>you</c>\n\nNOTE one line\n\n01:00:03.000 --> 01:00:04.000\nNOTE it\n";
    assert_eq!(read(text).unwrap(), "Hello you\n\nNOTE it\n\n");
}

#[test]
fn captions_that_scroll_are_read_once() {
    let text = "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n \nso<00:00:00.500><c> the</c>\n\n\
                00:00:02.000 --> 00:00:02.010\nso the\n \n\n00:00:02.010 --> 00:00:04.000\nso the\n\
                king<00:00:03.000><c> sat</c>\n";
    assert_eq!(read(text).unwrap(), "so the\nking sat\n\n");
    // Where words have no times, a line that is said twice is two.
    let text = "1\n00:00:01,0 --> 00:00:02,0\nNo!\n\n2\n00:00:02,0 --> 00:00:03,0\nNo!\n";
    assert_eq!(read(text).unwrap(), "No!\nNo!\n\n");
}

#[test]
fn youtube_separates_times_by_a_comma() {
    let text = "0:00:01.000,0:00:02.500\nthe king\n\n0:00:02.500,0:00:04.000\nsat\n";
    assert_eq!(read(text).unwrap(), "the king\nsat\n\n");
}

#[test]
fn text_without_times_is_named() {
    assert_eq!(
        read("\nThe king sat.\nHe slept.\n").unwrap_err().to_string(),
        "`f.srt`, line 3: found `The king sat.` before any line of times, expected subtitles: \
         `00:00:01,000 --> 00:00:02,000` above each text"
    );
    let options = ReaderOptions::default().metadata(["year"]);
    let error = ReaderKind::Subtitles.read(&b""[..], "f.srt", &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`f.srt`: found subtitles, which have no metadata, expected `year`"
    );
    assert_eq!(read("").unwrap(), "");
    let endless = Box::new(std::io::repeat(b'a'));
    let mut read = Subtitles::open(endless, &ReaderOptions::default(), "f.srt".as_ref()).unwrap();
    assert_eq!(
        read.advance().unwrap_err().to_string(),
        "`f.srt`, line 1: found a line of more than a megabyte, expected the lines of subtitles"
    );
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(
        text in "(WEBVTT\n)?([1<>{}\\\\&;:é, a\n]|00:01[.,]0 --> 00:02[.,]0\n){0,30}",
    ) {
        let _ = read(&text);
    }
}
