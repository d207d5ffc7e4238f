//! Every command on small awkward corpora, with models of the recipes `window` and `documents`:
//! what a person's own texts are like.
//!
//! Corpora: sentences of one word, with a word that always stands alone in its sentence; documents
//! that are empty or hold no word; names that stand in one document each; one document many times.
//! Every command must succeed, print tables whose rows are whole, and no number that is not finite.
//! A new command fails the last test until it joins.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// The small corpora by name, a document a line; each knows the words king, queen, man and woman.
fn corpora() -> Vec<(&'static str, String)> {
    let scene = |number: usize| {
        let actor = ["king", "queen", "man", "woman"][number % 4];
        let place = ["palace", "garden", "market", "harbour"][number / 4 % 4];
        format!(
            "The {actor} walked to the {place}. The {actor} of the {place} spoke to the people."
        )
    };
    let lines = |line: &dyn Fn(usize) -> String| {
        (0..48).map(|number| line(number) + "\n").collect::<String>()
    };
    vec![
        // `alas` is a sentence of its own wherever it stands: as a word among others it never
        // occurs.
        ("one-word-sentences", lines(&|number| format!("{} Alas. Yes. No. Alas!", scene(number)))),
        (
            "empty-documents",
            lines(&|number| {
                if number % 5 == 1 {
                    ["", "...", "  "][number % 3].to_owned()
                } else {
                    scene(number)
                }
            }),
        ),
        (
            "names",
            lines(&|number| {
                format!(
                    "{0} {1} Name{number} and Name{number} met. Name{number} left; Name{number} \
                     and Name{number}.",
                    number,
                    scene(number)
                )
            }),
        ),
        ("repeated", lines(&|number| if number < 40 { scene(0) } else { scene(number) })),
    ]
}

/// The commands, each with its arguments; `{m}` is a model, `{n}` another of the same words, `{t}`
/// the texts, `{map}`, `{chain}` and `{codes}` files that earlier commands write, `{out}` a new
/// path.
const COMMANDS: &[(&str, &str)] = &[
    ("embed", "{t} --dim 4 --min-count 2 --no-checkpoints -o {out}"),
    ("phrases", "{t} --phrase-min-count 2"),
    ("tokens", "{t}"),
    ("info", "{m}"),
    ("neighbors", "{m} king queen -k 5"),
    ("math", "{m} king-man+woman -k 3"),
    ("similarity", "{m} king queen man woman"),
    ("odd-one-out", "{m} king queen the"),
    ("evaluate", "{m} --completion {t}"),
    ("evaluate", "{m} {n} --held-out {t}"),
    ("evaluate", "{m} --search {t} --questions questions"),
    ("align", "{m} {n} --identical --force -o {map}"),
    ("translate", "{map} king queen"),
    ("dictionary", "{map} -o {out}"),
    ("align", "--chain {m} {n} --force -o {chain}"),
    ("drift", "{chain} king"),
    ("info", "{map}"),
    ("export", "{m} {out}.vec"),
    ("export", "{m} {out}.npy"),
    ("verify", "{m}"),
    ("verify", "{m} {t}"),
    ("verify", "{map}"),
    ("verify", "{chain}"),
    ("doctor", "{m}"),
    ("svd", "{mtx} -k 2"),
    ("encode", "{m} {t} --force -o {codes}"),
    ("encode", "{m} {t} -o {out}.npy"),
    ("encode", "{m} {t} -o {out}.jsonl"),
    ("info", "{codes}"),
    ("verify", "{codes}"),
    ("search", "{m} king palace --in {t}"),
    ("search", "{m} palace --in {codes} --texts {t}"),
    ("similar-documents", "{m} 1 --in {codes}"),
    ("complete", "{m} king palace"),
    ("reconstruct", "{m} king palace"),
    ("outliers", "{m} {t} --min-words 1"),
    ("outliers", "{m} {t} --all"),
    ("cluster", "{m} -n 3 --in {t}"),
    ("spectrum", "{m}"),
    ("plot", "documents {m} --in {t} --words 3 --neighbors 5 -o {out}.svg"),
    ("explore", "{m} --in {t} --neighbors 5 -o {out}.html"),
    ("explore", "{m} --neighbors 5 -o {out}.html"),
    ("explore", "{map} -o {out}.html"),
    ("explore", "{chain} -o {out}.html"),
    ("plot", "documents {m} --in {codes} --clusters 2 --layout pca -o {out}.svg"),
    ("plot", "words {m} --words 12 -o {out}.pdf"),
    ("plot", "analogy {m} king-man+woman -o {out}.png"),
    ("plot", "axis {m} --from king --to spoke -o {out}.svg"),
    ("plot", "spectrum {m} -o {out}.pdf"),
    ("plot", "alignment {map} -o {out}.svg"),
    ("plot", "drift {chain} king -o {out}.svg"),
    ("plot", "drift {chain} -o {out}.png"),
    ("generate", "{vae} -n 2"),
];

/// Runs a command in a folder; its standard output.
#[track_caller]
fn run(folder: &Path, command: &str, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_eigenlex"))
        .current_dir(folder)
        .arg(command)
        .args(arguments)
        .args(["-q", "--threads", "2"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command} {arguments:?}: {} {said}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// A table has as many cells in each row as in its header, and no number in it is NaN or infinite.
#[track_caller]
fn check_table(command: &str, printed: &str) {
    for cell in printed.split(['\t', '\n', ' ']) {
        assert!(
            !matches!(
                cell.to_lowercase().as_str(),
                "nan" | "inf" | "-inf" | "infinity" | "-infinity"
            ),
            "{command}: {printed}"
        );
    }
    // Tokens are text, and some commands print nothing.
    if matches!(command, "tokens") || printed.is_empty() {
        return;
    }
    let columns = printed.lines().next().unwrap().split('\t').count();
    assert!(
        printed.lines().all(|line| line.split('\t').count() == columns),
        "{command}: {printed}"
    );
}

/// A folder with the texts, two models of the recipe, a variational one, and what else the commands
/// read.
fn prepared(text: &str, recipe: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("texts"), text).unwrap();
    fs::write(
        path.join("matrix.mtx"),
        "%%MatrixMarket matrix coordinate real general\n3 3 4\n1 1 1\n2 2 2\n3 3 3\n1 2 1\n",
    )
    .unwrap();
    fs::write(path.join("questions"), "king palace\t1\n").unwrap();
    let embed = |options: &str| {
        let options = format!("texts --min-count 2 --no-checkpoints {options}");
        run(path, "embed", &options.split(' ').collect::<Vec<_>>());
    };
    // A model of windows has a random start too: another seed, another model of the same words.
    embed(&format!("--recipe {recipe} --dim 4 --seed 1 -o m"));
    embed(&format!("--recipe {recipe} --dim 4 --seed 2 -o n"));
    embed("--encoder vae --epochs 1 --hidden-size 4 --dim 3 -o vae");
    folder
}

/// The arguments of a command, with names of files in place of `{...}`.
fn filled_in(arguments: &str, number: usize) -> Vec<String> {
    let out = format!("out-{number}");
    let argument = |argument: &str| match argument {
        "{m}" | "{n}" | "{map}" | "{chain}" | "{vae}" => {
            argument.trim_matches(['{', '}']).to_owned()
        }
        "{t}" => "texts".to_owned(),
        "{codes}" => "codes.safetensors".to_owned(),
        "{mtx}" => "matrix.mtx".to_owned(),
        "king-man+woman" => "king - man + woman".to_owned(),
        other => other.replace("{out}", &out),
    };
    arguments.split(' ').map(argument).collect()
}

fn sweep(corpus: &str, text: &str, recipe: &str) {
    let folder = prepared(text, recipe);
    let folder = folder.path();
    for (number, (command, arguments)) in COMMANDS.iter().enumerate() {
        let arguments = filled_in(arguments, number);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let printed = run(folder, command, &arguments);
        check_table(
            &format!("{corpus}, {recipe}: {command}"),
            if *command == "tokens" { "" } else { &printed },
        );
    }
    if text.contains("Alas") {
        let found = run(folder, "search", &["m", "alas", "--in", "texts"]);
        assert!(found.lines().count() > 1, "{corpus}, {recipe}: {found}");
    }
    // JSON has null where a number is not finite; in the configuration it means a parameter that is
    // not set.
    for file in ["m/model.json", "n/model.json"] {
        let model: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap();
        let spectrum = model["spectrum"].to_string();
        assert!(
            spectrum.len() > 100 && !spectrum.contains("null"),
            "{corpus}, {recipe}: {file}: {spectrum}"
        );
    }
}

#[test]
fn every_command_answers_on_models_of_windows() {
    corpora().iter().for_each(|(name, text)| sweep(name, text, "window"));
}

#[test]
fn every_command_answers_on_models_of_documents() {
    corpora().iter().for_each(|(name, text)| sweep(name, text, "documents"));
}

/// Commands without files of data, sessions and servers; they have tests of their own.
const WITHOUT_FILES: [&str; 5] = ["completions", "config", "man", "repl", "serve"];

#[test]
fn every_command_is_in_the_sweep() {
    let commands = crate::help::commands();
    let commands: BTreeSet<&str> = commands.iter().map(String::as_str).collect();
    let swept: BTreeSet<&str> =
        COMMANDS.iter().map(|(command, _)| *command).chain(WITHOUT_FILES).collect();
    assert!(commands.len() >= 25, "{commands:?}");
    assert_eq!(commands, swept);
}
