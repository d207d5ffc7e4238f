//! `explore`: the page of a model holds its data, and nothing from elsewhere.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

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

/// The data of a page.
fn data(page: &str) -> Value {
    let start = "<script type=\"application/json\" id=\"data\">";
    let data = page.split_once(start).unwrap().1.split_once("</script>").unwrap().0;
    serde_json::from_str(data).unwrap()
}

#[test]
fn a_page_holds_documents_words_and_their_groups() {
    let folder = model();
    let folder = folder.path();
    program(folder, &["explore", "m", "--in", "texts", "--words", "20", "-o", "p.html"]).success();
    let page = fs::read_to_string(folder.join("p.html")).unwrap();
    // No text ends the script, and no address is asked for anything.
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("src=") && !page.contains("@DATA@") && !page.contains("@TITLE@"));
    assert!(page.contains("default-src 'none'"));
    let data = data(&page);
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
    let data = data(&page);
    assert_eq!(data["points"]["n"], 60);
    // Those on the plane can be searched in any case.
    assert_eq!(data["words"]["n"], 60);
    let notes = data["notes"].to_string();
    assert!(notes.contains("The plane has the 60 most frequent of"), "{notes}");
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
