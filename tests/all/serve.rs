//! `serve`: the API gives what the program prints, under bounds, to those who may ask.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod hostile;
mod life;
mod routes;
mod safety;
mod schema;
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::support::{ENGLISH, SPANISH, corpora, eigenlex_in};

/// Documents of the folder.
const N_DOCUMENTS: usize = 401;

/// A folder with all that can be served: models `en` and `es`, vectors `v.vec`, the map `map`, the
/// chain `chain`, texts with labels, one of which would end a script.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("serve");
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let lines = fs::read_to_string(corpora("english.txt")).unwrap();
    let lines: Vec<&str> = lines.lines().take(N_DOCUMENTS - 1).collect();
    let texts = lines.join("\n") + "\nthe king </script><b> said\n";
    fs::write(folder.join("texts"), texts).unwrap();
    let labels: String = (0..N_DOCUMENTS).map(|it| format!("class{}\n", it % 3)).collect();
    fs::write(folder.join("labels"), labels).unwrap();
    let run = |line: &[&str]| {
        eigenlex_in(&folder).args(line).assert().success();
    };
    let (english, spanish) = (ENGLISH.to_str().unwrap(), SPANISH.to_str().unwrap());
    let dictionary = corpora("english-spanish.dictionary.txt");
    let dictionary = dictionary.to_str().unwrap();
    run(&["align", english, spanish, "--dictionary", dictionary, "-o", "map"]);
    let whole = fs::read_to_string(corpora("english.txt")).unwrap();
    for (number, slice) in ["then", "now"].into_iter().enumerate() {
        let half = whole.lines().skip(number).step_by(2).collect::<Vec<_>>().join("\n");
        fs::write(folder.join(slice).with_extension("txt"), half).unwrap();
        let text = format!("{slice}.txt");
        run(&["embed", &text, "-o", slice, "--dim", "50", "--subwords", "0", "-q"]);
    }
    run(&["align", "--chain", "then", "now", "-o", "chain"]);
    run(&["export", english, "-o", "v.vec", "--max-words", "300"]);
    run(&["embed", "texts", "-o", "small", "--dim", "20", "--min-count", "3", "-q"]);
    folder
});

/// The path of the English model.
fn english() -> &'static str {
    ENGLISH.to_str().unwrap()
}
