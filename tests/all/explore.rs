//! `explore`: the page of a model holds its data, and nothing from elsewhere.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::support::page_data;

fn program(folder: &Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
    Command::new(env!("CARGO_BIN_EXE_eigenlex")).current_dir(folder).args(arguments).assert()
}

/// A model of the beginning of the sample, with a word that would end a script.
fn model() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora/english.txt");
    let lines = fs::read_to_string(sample).unwrap();
    let lines: Vec<&str> = lines.lines().take(400).collect();
    fs::write(folder.path().join("texts"), lines.join("\n") + "\nthe king </script><b> said\n")
        .unwrap();
    let arguments = ["embed", "texts", "-o", "m", "--dim", "20", "--min-count", "3", "-q"];
    program(folder.path(), &arguments).success();
    folder
}

#[test]
fn a_page_holds_documents_words_and_their_groups() {
    let folder = model();
    let folder = folder.path();
    program(folder, &["explore", "m", "--in", "texts", "--words", "20", "-o", "p.html"]).success();
    let page = fs::read_to_string(folder.join("p.html")).unwrap();
    // No text ends a script, and no address is asked for anything.
    let pieces = page.matches("<script type=\"application/json\">").count();
    assert!(pieces > 1, "the data are split into pieces");
    assert_eq!(page.matches("</script>").count(), pieces + 1);
    assert!(!page.contains("src=") && !page.contains("@DATA@") && !page.contains("@TITLE@"));
    assert!(page.contains("default-src 'none'"));
    let data = page_data(&page);
    let n = data["points"]["n"].as_u64().unwrap() as usize;
    let names = data["points"]["name"].as_array().unwrap();
    assert_eq!((names.len(), data["version"].as_u64()), (n, Some(1)));
    let texts = data["texts"]["of_points"].as_array().unwrap();
    let documents = texts.iter().filter(|text| text.is_string()).count();
    assert_eq!((texts.len(), documents, n - documents), (n, 401, 20));
    assert!(texts[400].as_str().unwrap().contains("</script><b>"));
    // Four bytes a point, in base64.
    assert_eq!(data["points"]["x"].as_str().unwrap().len(), (4 * n).div_ceil(3) * 4);
    let words = &data["words"];
    let (n_words, dim) = (words["n"].as_u64().unwrap(), words["dim"].as_u64().unwrap());
    assert_eq!(dim, 20);
    assert_eq!(words["vectors"].as_str().unwrap().len() as u64, (n_words * dim).div_ceil(3) * 4);
    let levels = data["levels"].as_array().unwrap();
    assert_eq!(levels.len(), 2, "8 and 24 groups of 401 documents");
    for level in levels {
        let groups = level["groups"].as_array().unwrap();
        let sizes: u64 = groups.iter().map(|group| group["n"].as_u64().unwrap()).sum();
        assert_eq!(sizes, 401);
        assert!(groups.iter().all(|group| !group["name"].as_str().unwrap().is_empty()));
    }
}

#[test]
fn a_page_of_words_alone_says_what_it_leaves_out() {
    let folder = model();
    let folder = folder.path();
    let arguments = ["explore", "m", "--words", "60", "--vectors", "30", "-o", "w.html", "-q"];
    program(folder, &arguments).success();
    let page = fs::read_to_string(folder.join("w.html")).unwrap();
    let data = page_data(&page);
    assert_eq!(data["points"]["n"], 60);
    // Those on the plane can be searched in any case.
    assert_eq!(data["words"]["n"], 60);
    let notes = data["notes"].to_string();
    assert!(notes.contains("The plane has 60 of the "), "{notes}");
    let names: Vec<&str> = data["levels"][0]["groups"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| group["name"].as_str().unwrap().split(' '))
        .collect();
    assert!(!names.is_empty());
    // Fewer points than neighbours.
    let few = ["explore", "m", "--words", "5", "-o", "few.html"];
    program(folder, &few)
        .success()
        .stderr(predicates::str::contains("5 points: each keeps all others near"));
    // The same page again, to the byte.
    program(folder, &[&arguments[..], &["--force"]].concat()).success();
    assert!(page == fs::read_to_string(folder.join("w.html")).unwrap());
}

#[test]
fn wrong_arguments_are_refused_before_anything_is_written() {
    let folder = model();
    let folder = folder.path();
    for (arguments, says) in [
        (["-o", "p.svg"].as_slice(), "end it in .html"),
        (&["-o", "p.html", "--labels", "texts"], "--labels has no effect without documents"),
        (&["-o", "p.html", "--in", "nowhere"], "nowhere"),
        (&["-o", "p.html", "--texts", "texts"], "--in <TEXTS>"),
        (&["-o", "p.html", "--words", "2"], "a plane needs 3 points at least, and there are 2"),
        (&["-o", "p.html", "--neighbors", "1"], "1 is not in 2.."),
    ] {
        let failed = program(folder, &[&["explore", "m"], arguments].concat()).failure();
        let error = String::from_utf8(failed.get_output().stderr.clone()).unwrap();
        assert!(error.contains(says), "{arguments:?}: {error}");
        assert!(!folder.join("p.html").exists() && !folder.join("p.svg").exists());
    }
    program(folder, &["plot", "documents", "m", "--in", "texts", "-o", "p.html"])
        .failure()
        .stderr(predicates::str::contains("`eigenlex explore` writes pages"));
}

#[test]
fn the_built_page_is_that_of_its_sources() {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("web");
    let mut names: Vec<_> = fs::read_dir(web.join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let files = names.iter().map(|name| (name.as_str(), web.join("src").join(name)));
    let mut sources = Vec::new();
    for (name, path) in files.chain([("build.mjs", web.join("build.mjs"))]) {
        let text = fs::read(path).unwrap();
        for part in [name.as_bytes(), &text] {
            sources.extend_from_slice(part);
            sources.push(0);
        }
    }
    let hash: String = Sha256::digest(&sources).iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = format!("<!-- sources: {hash} -->");
    let page = fs::read_to_string(web.join("dist/page.html")).unwrap();
    assert_eq!(
        page.lines().nth(1).unwrap(),
        expected,
        "web/dist/page.html is stale; run: node web/build.mjs"
    );
}

/// The numbers of base64.
fn bytes(data: &Value) -> Vec<u8> {
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, data.as_str().unwrap())
        .unwrap()
}

#[test]
fn metadata_are_columns_if_the_documents_are_those_of_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut table = String::from("text,party,year,id\n");
    for row in 0..60 {
        let said =
            if row % 2 == 0 { "the tax was low and fair" } else { "a school for each child" };
        let party = ["red", "blue", ""][row % 3];
        table += &format!("{said} in the town {},{party},{},n{row}\n", row % 7, 1900 + row);
    }
    fs::write(folder.join("t.csv"), &table).unwrap();
    let embed = ["embed", "t.csv", "--metadata", "party,year", "-o", "m", "--dim", "4", "-q"];
    program(folder, &[&embed[..], &["--min-count", "1", "--window", "3"]].concat()).success();
    program(folder, &["explore", "m", "--in", "t.csv", "-o", "p.html", "-q"]).success();
    let page = page_data(&fs::read_to_string(folder.join("p.html")).unwrap());
    let columns = page["columns"].as_array().unwrap();
    let names: Vec<&str> = columns.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["party", "year"]);
    assert_eq!(columns[0]["values"], serde_json::json!(["blue", "red"]));
    let party = bytes(&columns[0]["of_points"]);
    assert_eq!(party[..6], [1, 0, 0, 0, 255, 255], "red, blue, none");
    let year = bytes(&columns[1]["numbers"]);
    assert_eq!(f64::from_le_bytes(year[8 * 59..8 * 60].try_into().unwrap()), 1959.0);
    // The documents that are most alike are those of the same sentence.
    let similar = bytes(&page["similar"]["of_points"]);
    let first = u32::from_le_bytes(similar[..4].try_into().unwrap());
    assert!(first > 0 && first < 60 && first % 2 == 0, "{first}");
    // Other documents have none of these metadata.
    fs::write(folder.join("o.csv"), table.replace("low", "high")).unwrap();
    program(folder, &["explore", "m", "--in", "o.csv", "-o", "o.html", "-q"]).success();
    let other = page_data(&fs::read_to_string(folder.join("o.html")).unwrap());
    assert_eq!(other["columns"], serde_json::json!([]));
    // Every column of a table of labels, or the one that is asked for.
    let labels: String = (1..=60).map(|n| format!("t.csv:{n},{},{}\n", n % 2, n * n)).collect();
    fs::write(folder.join("l.csv"), format!("document,kind,square\n{labels}")).unwrap();
    for (more, expected) in
        [(&[][..], &["kind", "square"][..]), (&["--label-column", "square"], &["square"])]
    {
        let explore =
            ["explore", "m", "--in", "t.csv", "--labels", "l.csv", "-o", "l.html", "--force", "-q"];
        program(folder, &[&explore[..], more].concat()).success();
        let page = page_data(&fs::read_to_string(folder.join("l.html")).unwrap());
        let columns = page["columns"].as_array().unwrap().iter();
        let names: Vec<&str> = columns.map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(names, [expected, &["party", "year"]].concat());
    }
}

#[test]
fn dispersion_is_that_of_the_definition() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Lengths 4, 2 and 2; `a` everywhere, `b` in one of the small documents.
    fs::write(folder.join("t"), "a a x y\na b\na y\n").unwrap();
    let embed = ["embed", "t", "-o", "m", "--dim", "2", "--min-count", "1", "--window", "2", "-q"];
    program(folder, &embed).success();
    program(folder, &["explore", "m", "--in", "t", "-o", "p.html", "-q"]).success();
    let page = page_data(&fs::read_to_string(folder.join("p.html")).unwrap());
    let words = &page["words"];
    let numbers = bytes(&words["dispersion"]);
    let of = |word: &str| {
        let list = words["spelling"].as_array().unwrap();
        let at = list.iter().position(|it| it == word).unwrap();
        f32::from_le_bytes(numbers[4 * at..4 * at + 4].try_into().unwrap())
    };
    // Shares of all tokens: 1/2, 1/4, 1/4. Of `a`: 1/2, 1/4, 1/4. Of `b`: 0, 1, 0; half the sum of
    // the differences is (1/2 + 3/4 + 1/4) / 2 = 3/4, and the greatest is 1 - 1/4.
    assert_eq!((of("a"), of("b")), (0.0, 1.0));
    // Of `y`: 1/2, 0, 1/2; (0 + 1/4 + 1/4) / 2 = 1/4, divided by 3/4.
    assert!((of("y") - 1.0 / 3.0).abs() < 1e-6, "{}", of("y"));
}

#[test]
fn a_map_connects_words_with_their_translations() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora");
    let path = |name: &str| corpora.join(name).to_str().unwrap().to_owned();
    for (file, model) in [("english.txt", "en.model"), ("spanish.txt", "es.model")] {
        let embed = ["embed", &path(file), "-o", model, "--dim", "60", "-q"];
        program(folder, &[&embed[..], &["--window-boundary", "document"]].concat()).success();
    }
    let dictionary = path("english-spanish.dictionary.txt");
    let align = ["align", "en.model", "es.model", "--dictionary", &dictionary, "-o", "m.map", "-q"];
    program(folder, &align).success();
    let explore = ["explore", "m.map", "--words", "900", "--vectors", "1000", "-o", "p.html", "-q"];
    program(folder, &explore).success();
    let page = page_data(&fs::read_to_string(folder.join("p.html")).unwrap());
    assert_eq!(page["words"]["sides"], serde_json::json!(["en", "es"]));
    assert!(page["verdict"][0].as_str().unwrap().starts_with("This map"), "{}", page["verdict"]);
    assert_eq!(page["points"]["n"], 1800);
    let number = |bytes: &[u8], at: usize| {
        u32::from_le_bytes(bytes[4 * at..4 * at + 4].try_into().unwrap()) as usize
    };
    let (from, to) = (bytes(&page["links"]["from"]), bytes(&page["links"]["to"]));
    let name = |point: usize| page["points"]["name"][point].as_str().unwrap().to_owned();
    let pairs: Vec<(String, String)> =
        (0..from.len() / 4).map(|at| (name(number(&from, at)), name(number(&to, at)))).collect();
    assert!(pairs.len() > 900, "{}", pairs.len());
    // What `translate` answers first is connected.
    let asked = ["king", "mother", "water", "house"];
    let translate = [&["translate", "m.map", "--top", "1", "--format", "tsv"], &asked[..]].concat();
    let answers = program(folder, &translate).success();
    let answers = String::from_utf8(answers.get_output().stdout.clone()).unwrap();
    for line in answers.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let pair = (cells[0].to_owned(), cells[1].to_owned());
        assert!(pairs.contains(&pair), "{pair:?} is not connected");
    }
    assert_eq!(answers.lines().count(), 5);
    // A word and its translation are near on the plane, compared with any two words.
    let (x, y) = (bytes(&page["points"]["x"]), bytes(&page["points"]["y"]));
    let place = |point: usize| {
        let axis = |bytes: &[u8]| f32::from_bits(number(bytes, point) as u32);
        [axis(&x), axis(&y)]
    };
    let distance = |a: usize, b: usize| {
        let ([ax, ay], [bx, by]) = (place(a), place(b));
        (ax - bx).hypot(ay - by)
    };
    let mut linked: Vec<f32> =
        (0..from.len() / 4).map(|at| distance(number(&from, at), number(&to, at))).collect();
    let mut any: Vec<f32> = (0..900).map(|at| distance(at, 900 + (at * 7) % 900)).collect();
    let median = |list: &mut Vec<f32>| {
        list.sort_by(f32::total_cmp);
        list[list.len() / 2]
    };
    let (linked, any) = (median(&mut linked), median(&mut any));
    assert!(linked < 0.25 * any, "{linked} against {any}");
    program(folder, &["explore", "m.map", "--in", "x", "-o", "n.html"])
        .failure()
        .stderr(predicates::str::contains("--in has no effect with a map or a chain"));
}

#[test]
fn a_chain_shows_words_in_every_slice() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora/english.txt");
    let lines = fs::read_to_string(sample).unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    for (name, part) in ["a", "b", "c"].iter().zip(lines.chunks(lines.len().div_ceil(3))) {
        fs::write(folder.join(name), part.join("\n")).unwrap();
        let model = format!("{name}.model");
        let embed = ["embed", name, "-o", &model, "--dim", "30", "--min-count", "3", "-q"];
        program(folder, &embed).success();
    }
    let align = ["align", "--chain", "a.model", "b.model", "c.model", "-o", "t.chain", "-q"];
    program(folder, &align).success();
    program(folder, &["explore", "t.chain", "--words", "100", "-o", "p.html", "-q"]).success();
    let text = fs::read_to_string(folder.join("p.html")).unwrap();
    let page = page_data(&text);
    assert_eq!(page["words"]["sides"].as_array().unwrap().len(), 3);
    assert!(page["links"].is_null());
    assert_eq!(page["verdict"].as_array().unwrap().len(), 2);
    // The words that moved most are those of `drift`.
    let moved = page["time"]["moved"].as_array().unwrap();
    let drift = ["drift", "t.chain", "--top", "5", "--max-words", "100", "--format", "json"];
    let drift = program(folder, &drift).success();
    let drift: Value = serde_json::from_slice(&drift.get_output().stdout).unwrap();
    for (ours, theirs) in moved.iter().zip(drift.as_array().unwrap()) {
        assert_eq!(ours["word"], theirs["word"]);
        let score = |it: &Value| it["score"].as_f64().unwrap();
        assert!((score(ours) - score(theirs)).abs() < 1e-5, "{ours} {theirs}");
    }
    assert_eq!(drift.as_array().unwrap().len(), 5);
    // A frequent word is drawn in every slice.
    let names = page["points"]["name"].as_array().unwrap();
    assert_eq!(names.iter().filter(|name| *name == "the").count(), 3);
    program(folder, &["explore", "t.chain", "--words", "100", "-o", "p.html", "-q", "--force"])
        .success();
    assert!(text == fs::read_to_string(folder.join("p.html")).unwrap(), "the same bytes");
}

#[test]
fn a_vector_file_of_another_program_has_a_page() {
    let folder = model();
    let folder = folder.path();
    program(folder, &["export", "m", "v.txt", "--format", "glove", "-q"]).success();
    program(folder, &["explore", "v.txt", "--words", "50", "-o", "p.html", "-q"]).success();
    let page = page_data(&fs::read_to_string(folder.join("p.html")).unwrap());
    assert_eq!(page["points"]["n"], 50);
    assert!(page["words"]["count"].is_null(), "such a file has no counts");
    #[cfg(not(feature = "parquet"))]
    program(folder, &["explore", "v.txt", "-o", "p.parquet"])
        .code(2)
        .stderr(predicates::str::contains("this program was built without Parquet"));
}
