//! `plot`: every kind in the three formats, the same bytes whatever computes, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use predicates::prelude::*;
use predicates::str::contains;
use tempfile::TempDir;

use crate::help::PLOTS;
use crate::support::{ENGLISH, SPANISH, corpora, eigenlex, eigenlex_in};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A map between the sample models, a chain of two, documents and scores.
static FILES: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let run = |arguments: &[&str]| {
        eigenlex_in(path).args(arguments).arg("-q").assert().success();
    };
    let (english, spanish) = (text(&ENGLISH), text(&SPANISH));
    let pairs = corpora("english-spanish.dictionary.txt");
    run(&["align", english, spanish, "--dictionary", text(&pairs), "-o", "en-es.map"]);
    run(&["align", "--chain", english, spanish, "-o", "two.chain"]);
    let lines = fs::read_to_string(corpora("english.txt")).unwrap();
    let some: Vec<&str> = lines.lines().take(400).collect();
    fs::write(path.join("texts.txt"), some.join("\n")).unwrap();
    run(&["embed", "texts.txt", "--contexts", "documents", "--dim", "8", "-o", "documents"]);
    fs::write(path.join("scores.tsv"), "name\tvalue\tlow\thigh\na\t1\t0\t2\nb\t2\t1\t3\n").unwrap();
    fs::copy(&pairs, path.join("pairs.txt")).unwrap();
    folder
});

/// The arguments of a kind on these files.
fn arguments(kind: &str) -> Vec<&str> {
    let english = text(&ENGLISH);
    match kind {
        "words" => vec![english, "--words", "40"],
        "documents" => {
            vec!["documents", "--in", "texts.txt", "--clusters", "5", "--words", "10"]
        }
        "analogy" => vec![english, "king - man + woman"],
        "axis" => vec![english, "--from", "man", "--to", "woman"],
        "spectrum" => vec!["documents"],
        "alignment" => vec!["en-es.map", "--dictionary", "pairs.txt"],
        "drift" => vec!["two.chain", "marta"],
        "intervals" => vec!["scores.tsv"],
        _ => panic!("{kind}"),
    }
}

/// A picture of these arguments, with whatever else is to be set.
#[track_caller]
fn draw(kind: &str, format: &str, options: &[&str], instructions: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join(format!("picture.{format}"));
    eigenlex_in(FILES.path())
        .env("EIGENLEX_INSTRUCTIONS", instructions)
        .args(["plot", kind])
        .args(arguments(kind))
        .args(options)
        .args(["-q", "-o", text(&output)])
        .assert()
        .success()
        .stdout("")
        .stderr("");
    fs::read(&output).unwrap()
}

/// The names of the elements of a picture, which must be well-formed.
#[track_caller]
fn elements(svg: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(svg).unwrap();
    let mut reader = quick_xml::Reader::from_str(text);
    let mut found = Vec::new();
    let mut ids = BTreeSet::new();
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(element) | quick_xml::events::Event::Empty(element) => {
                for attribute in element.attributes() {
                    let attribute = attribute.unwrap();
                    let value =
                        String::from_utf8_lossy(attribute.value.as_ref().as_ref()).into_owned();
                    assert!(!value.contains("NaN") && !value.contains("inf"), "{value}");
                    match attribute.key.as_ref() {
                        "id" => assert!(ids.insert(value.clone()), "{value} twice"),
                        "xlink:href" => {
                            assert!(ids.contains(value.strip_prefix('#').unwrap()), "{value}");
                        }
                        _ => {}
                    }
                }
                found.push(element.name().as_ref().to_owned());
            }
            quick_xml::events::Event::Eof => return found,
            _ => {}
        }
    }
}

/// Width and height of a PNG, from its header (PNG specification, section 11.2.2).
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn every_kind_is_drawn_in_every_format() {
    for kind in PLOTS {
        let svg = draw(kind, "svg", &[], "all");
        let found = elements(&svg);
        assert_eq!(found[0], "svg");
        assert!(found.iter().any(|it| it == "use"), "{kind} has no text");
        assert!(!found.iter().any(|it| it == "text" || it == "image"), "{kind}");
        let header = String::from_utf8_lossy(&svg[..200]).into_owned();
        assert!(header.contains("width=\"175mm\""), "{header}");
        let png = draw(kind, "png", &["--width", "column"], "all");
        // 85 mm at 300 dots an inch: 85 / 25.4 * 300.
        assert_eq!(size(&png).0, 1004, "{kind}");
        let pdf = draw(kind, "pdf", &[], "all");
        assert!(pdf.starts_with(b"%PDF-1.7"), "{kind}");
        let has = |needle: &[u8]| pdf.windows(needle.len()).any(|it| it == needle);
        assert!(has(b"/FontFile2") && has(b"DejaVuSansCondensed") && has(b"/ToUnicode"), "{kind}");
        assert!(pdf.len() < 200_000, "{kind}: {} bytes", pdf.len());
    }
}

#[test]
fn threads_and_instructions_change_no_byte() {
    for kind in ["words", "documents", "analogy", "alignment", "drift"] {
        for format in ["svg", "png", "pdf"] {
            let one = draw(kind, format, &["--threads", "1"], "all");
            assert!(one == draw(kind, format, &["--threads", "3"], "plain"), "{kind} {format}");
        }
    }
}

#[test]
fn sizes_dots_and_greys_are_those_that_were_asked_for() {
    let png =
        draw("intervals", "png", &["--width", "100", "--height", "50", "--dpi", "254"], "all");
    assert_eq!(size(&png), (1000, 500));
    let is_grey = |png: &[u8]| png[25] == 0;
    assert!(!is_grey(&png) && is_grey(&draw("intervals", "png", &["--gray"], "all")));
    let grey = String::from_utf8(draw("words", "svg", &["--grey"], "all")).unwrap();
    for (at, _) in grey.match_indices("=\"#") {
        let colour = &grey[at + 3..at + 9];
        if grey[at..].starts_with("=\"#g") {
            continue;
        }
        assert!(colour[..2] == colour[2..4] && colour[2..4] == colour[4..], "{colour}");
    }
    let text = String::from_utf8(draw("words", "svg", &["--svg-text", "editable"], "all")).unwrap();
    assert!(text.contains(">king</text>") && !text.contains("<use"));
    let titled = draw("words", "svg", &["--title", "Words & <more>"], "all");
    assert!(String::from_utf8(titled).unwrap().contains("aria-label=\"Words &amp; &lt;more&gt;\""));
}

#[test]
fn odd_words_are_drawn_or_refused_and_never_break_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let long = "ä".repeat(80_000);
    let odd = [
        "</script>",
        "&amp;",
        "\"quoted\"",
        "]]>",
        "<!--",
        "שלום",
        "مرحبا",
        "日本語",
        "e\u{301}",
        "\u{202e}right",
        "\u{fffe}",
        "🙂",
        "",
        &long,
        "same",
        "equal",
    ];
    let words: Vec<&str> = odd.iter().copied().filter(|it| !it.is_empty()).collect();
    let rows = words.iter().enumerate().map(|(number, word)| {
        // The last two are the same vector.
        let number = number.min(words.len() - 2) as f64;
        format!("{word} {} {} {}\n", 1.0 + number, 2.0 - number, number * number % 7.0)
    });
    let file = format!("{} 3\n{}", words.len(), rows.collect::<String>());
    fs::write(at.join("odd.vec"), file).unwrap();
    for format in ["svg", "png", "pdf"] {
        let output = format!("odd.{format}");
        let drawn = eigenlex_in(at)
            .args(["plot", "words", "odd.vec", "--groups", "3", "--neighbors", "3", "-o", &output])
            .assert()
            .success();
        let said = String::from_utf8_lossy(&drawn.get_output().stderr).into_owned();
        assert!(!said.contains("panicked"), "{said}");
    }
    elements(&fs::read(at.join("odd.svg")).unwrap());
    eigenlex_in(at)
        .args(["plot", "words", "odd.vec", "--svg-text", "editable", "-o", "text.svg"])
        .assert()
        .success();
    elements(&fs::read(at.join("text.svg")).unwrap());
    // Arabic letters are in the program's font and join: a word has fewer widths than letters
    // alone.
    eigenlex_in(at)
        .args(["plot", "axis", "odd.vec", "مرحبا", "שלום", "--from", "same", "--to", "🙂"])
        .args(["-o", "axis.svg"])
        .assert()
        .success()
        .stderr(contains("مرحبا").not());
    // One word and equal vectors have no plane, and no axis between them.
    for (arguments, says) in [
        (["words", "odd.vec", "same"].as_slice(), "a plane needs 3 points at least"),
        (&["axis", "odd.vec", "--from", "same", "--to", "equal"], "the same direction"),
        (&["axis", "odd.vec", "--from", "same", "--to", "same"], "the same direction"),
        (&["analogy", "odd.vec", "same - equal"], "its terms cancel each other"),
    ] {
        let output = eigenlex_in(at).arg("plot").args(arguments).args(["-o", "no.svg"]).assert();
        output.failure().stderr(contains(says));
        assert!(!at.join("no.svg").exists());
    }
    // Three words of one place are drawn on it.
    fs::write(at.join("one.vec"), "3 2\na 1 2\nb 1 2\nc 1 2\n").unwrap();
    for layout in ["pca", "neighbors"] {
        eigenlex_in(at)
            .args(["plot", "words", "one.vec", "--layout", layout, "--force", "-o", "one.svg"])
            .assert()
            .success();
        elements(&fs::read(at.join("one.svg")).unwrap());
    }
}

#[test]
fn what_cannot_be_drawn_is_refused_and_leaves_no_file() {
    let english = text(&ENGLISH);
    for (arguments, code, says) in [
        (["plot"].as_slice(), 2, "`plot` needs a kind of picture"),
        (&["plot"], 2, "words, documents, analogy, axis, spectrum, alignment, drift or intervals"),
        (&["plot", english, "--in", "texts.txt", "-o", "no.svg"], 2, "is no kind of picture"),
        (&["plot", "words", english, "-o", "no.jpg"], 2, "end it in .svg, .png or .pdf"),
        (&["plot", "words", english, "-o", "no.html"], 2, "`eigenlex explore` writes pages"),
        (&["plot", "words", english, "-o", "no.svg", "--dpi", "100"], 2, "`--dpi` has no effect"),
        (&["plot", "words", english, "-o", "no.pdf", "--svg-text", "paths"], 2, "`--svg-text` has"),
        (&["plot", "words", english, "-o", "no.svg", "--width", "3"], 2, "from 40 to 1000"),
        (&["plot", "words", english, "-o", "no.svg", "--font-size", "0"], 2, "from 4 to 40"),
        (&["plot", "words", english, "-o", "no.svg", "--font", "pairs.txt"], 3, "found no font"),
        (&["plot", "words", english, "-o", "no.svg", "--font", "nowhere"], 1, "nowhere"),
        (&["plot", "words", english, "qqqq", "-o", "no.svg"], 4, "`qqqq`"),
        (&["plot", "words", english, "--words", "5", "--groups", "9", "-o", "no.svg"], 2, "groups"),
        (
            &["plot", "words", english, "-o", "no.png", "--width", "1000", "--dpi", "2400"],
            2,
            "dots",
        ),
        (&["plot", "analogy", english, "king +", "-o", "no.svg"], 2, "king +"),
        (&["plot", "alignment", "en-es.map", "qqqq", "-o", "no.svg"], 4, "`qqqq`"),
        (&["plot", "drift", "en-es.map", "-o", "no.svg"], 3, "en-es.map"),
        (&["plot", "drift", "two.chain", "qqqq", "-o", "no.svg"], 4, "`qqqq`"),
        (&["plot", "intervals", "pairs.txt", "-o", "no.svg"], 3, "line 1: found the columns"),
    ] {
        eigenlex_in(FILES.path()).args(arguments).assert().code(code).stderr(contains(says));
        let left: Vec<_> = fs::read_dir(FILES.path())
            .unwrap()
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("no."))
            .collect();
        assert!(left.is_empty(), "{arguments:?}: {left:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("there.svg");
    fs::write(&output, "kept").unwrap();
    let scores = FILES.path().join("scores.tsv");
    eigenlex().args(["plot", "intervals", text(&scores), "-o", text(&output)]).assert().failure();
    assert_eq!(fs::read_to_string(&output).unwrap(), "kept");
}

#[test]
fn settings_of_a_table_hold_for_every_kind() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("eigenlex.toml"), "[plot]\nwidth = \"column\"\nclusters = 3\n").unwrap();
    let scores = FILES.path().join("scores.tsv");
    eigenlex_in(at).args(["plot", "intervals", text(&scores), "-o", "a.svg"]).assert().success();
    assert!(fs::read_to_string(at.join("a.svg")).unwrap().contains("width=\"85mm\""));
    let shown = eigenlex_in(at).args(["config", "plot", "--format", "tsv"]).assert().success();
    let shown = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
    assert!(shown.contains("plot words\twidth\tcolumn\t"), "{shown}");
    assert!(shown.contains("plot documents\tclusters\t3\t"), "{shown}");
}

#[test]
fn names_without_room_and_scores_of_evaluate_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    eigenlex_in(at)
        .args(["plot", "words", text(&ENGLISH), "--words", "400", "--width", "40", "-o", "w.svg"])
        .assert()
        .success()
        .stderr(contains("no room for ").and(contains("hint: draw fewer")));
    let similarity = corpora("english.similarity.tsv");
    let analogies = corpora("english.analogies.txt");
    for format in ["tsv", "json"] {
        let scores = eigenlex()
            .args(["evaluate", text(&ENGLISH), "--analogies", text(&analogies)])
            .args(["--similarity", text(&similarity), "--format", format, "-q"])
            .assert()
            .success();
        let name = format!("scores.{format}");
        fs::write(at.join(&name), &scores.get_output().stdout).unwrap();
        let output = format!("{format}.svg");
        eigenlex_in(at).args(["plot", "intervals", &name, "-o", &output]).assert().success();
        let svg = fs::read_to_string(at.join(&output)).unwrap();
        assert!(svg.contains("aria-label=\"mul, capital-country\""), "{format}");
    }
}

/// The commands of `docs/gallery.md` draw its pictures. `make gallery` draws them anew.
#[test]
#[cfg(unix)]
fn the_gallery_is_what_its_commands_draw() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/gallery.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root.join("corpora"), folder.path().join("corpora")).unwrap();
    let blocks = page.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let script: String = blocks.collect();
    let program = Path::new(env!("CARGO_BIN_EXE_eigenlex")).parent().unwrap();
    let search = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let output = std::process::Command::new("sh")
        .args(["-ec", &script])
        .current_dir(folder.path())
        .env("PATH", search)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let gallery = root.join("docs/gallery");
    let drawn = pictures(folder.path());
    for (name, new) in &drawn {
        assert!(page.contains(&format!("(gallery/{name})")), "{name} is not shown");
        assert!(new.len() <= 60_000, "{name} has {} bytes", new.len());
    }
    if std::env::var_os("UPDATE").is_some() {
        _ = fs::remove_dir_all(&gallery);
        fs::create_dir(&gallery).unwrap();
        drawn.iter().for_each(|(name, new)| fs::write(gallery.join(name), new).unwrap());
    }
    let kept = pictures(&gallery);
    let stale: Vec<&String> = drawn
        .keys()
        .chain(kept.keys())
        .filter(|name| drawn.get(*name) != kept.get(*name))
        .collect();
    assert!(stale.is_empty(), "stale pictures, which `make gallery` draws anew: {stale:?}");
    let kinds = PLOTS.iter().filter(|kind| script.contains(&format!("eigenlex plot {kind} ")));
    assert_eq!(kinds.count(), PLOTS.len(), "a kind is not in the gallery");
}

/// The pictures of a folder, by name.
#[cfg(unix)]
fn pictures(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pictures = entries.filter(|path| path.extension().is_some_and(|it| it == "svg"));
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    pictures.map(|path| (name(&path), fs::read(&path).unwrap())).collect()
}

/// The names of the points of a picture.
fn named(picture: &[u8]) -> Vec<String> {
    let picture = std::str::from_utf8(picture).unwrap();
    let titles = picture.split("<title>").skip(2);
    titles.map(|it| it.split_once('<').unwrap().0.to_owned()).collect()
}

#[test]
fn words_of_a_picture_are_among_those_that_are_read() {
    // Topical words come first: `king` rather than `the`.
    let drawn = named(&draw("words", "svg", &[], ""));
    assert_eq!(drawn.len(), 40);
    assert!(drawn.contains(&"king".to_owned()) && !drawn.contains(&"the".to_owned()), "{drawn:?}");
    // Of the first 45 words 40 are drawn, some of them common.
    let all = named(&draw("words", "svg", &["--limit", "45"], ""));
    assert_eq!(all.len(), 40);
    let both = eigenlex_in(FILES.path())
        .args(["plot", "alignment", "en-es.map", "--max-words", "60", "--pairs", "20", "-q"])
        .args(["-o", "few.svg"])
        .assert();
    both.success();
    let both = named(&fs::read(FILES.path().join("few.svg")).unwrap());
    assert!((20..=40).contains(&both.len()), "{both:?}");
}
