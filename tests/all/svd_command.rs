//! `eigenlex svd` as a person or a script calls it, against dense singular values.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use assert_cmd::Command;
use nalgebra_sparse::na::DMatrix;
use predicates::prelude::*;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use tempfile::TempDir;

const N_ROWS: usize = 40;
const N_COLUMNS: usize = 30;

/// About a quarter of the entries of a matrix, the sizes falling off; a linear congruential
/// generator of the tests' own.
fn entries() -> Vec<(usize, usize, f64)> {
    let mut state = 7_u64;
    let mut random = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1_u64 << 31) as f64
    };
    let mut entries = Vec::new();
    for row in 0..N_ROWS {
        for column in 0..N_COLUMNS {
            if random() < 0.25 {
                // Multiples of 1/64: exact in `f32`.
                entries.push((
                    row,
                    column,
                    ((random() - 0.3) * 640.0 / (1.0 + column as f64)).round() / 64.0,
                ));
            }
        }
    }
    entries
}

fn dense(n_rows: usize, n_columns: usize, entries: &[(usize, usize, f64)]) -> DMatrix<f64> {
    let mut matrix = DMatrix::zeros(n_rows, n_columns);
    for &(row, column, value) in entries {
        matrix[(row, column)] += value;
    }
    matrix
}

fn market(kind: &str, n_rows: usize, n_columns: usize, entries: &[(usize, usize, f64)]) -> String {
    let mut file = format!(
        "%%MatrixMarket matrix coordinate real {kind}\n% made by a test\n{n_rows} {n_columns} {}\n",
        entries.len()
    );
    for (row, column, value) in entries {
        writeln!(file, "{} {} {value}", row + 1, column + 1).unwrap();
    }
    file
}

/// `general.mtx`, `general.mtx.gz` and `symmetric.mtx`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let general = market("general", N_ROWS, N_COLUMNS, &entries());
    fs::write(folder.path().join("general.mtx"), &general).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(general.as_bytes()).unwrap();
    fs::write(folder.path().join("general.mtx.gz"), gzip.finish().unwrap()).unwrap();
    fs::write(
        folder.path().join("symmetric.mtx"),
        market("symmetric", N_COLUMNS, N_COLUMNS, &lower()),
    )
    .unwrap();
    folder
}

/// Those on and below the diagonal of a square part.
fn lower() -> Vec<(usize, usize, f64)> {
    entries().into_iter().filter(|&(row, column, _)| row < N_COLUMNS && column <= row).collect()
}

fn eigenlex(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eigenlex"));
    command.current_dir(folder).arg("svd");
    command
}

#[track_caller]
fn ask(folder: &Path, arguments: &[&str]) -> String {
    let assert = eigenlex(folder).args(arguments).assert().success();
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

#[track_caller]
fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&ask(folder, &[arguments, &["--format", "json"]].concat())).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[track_caller]
fn assert_values(found: &[f64], matrix: &DMatrix<f64>) {
    let expected = matrix.clone().svd(false, false).singular_values;
    for (found, expected) in found.iter().zip(expected.iter()) {
        assert!((found - expected).abs() < 1e-5 * expected, "{found} is not {expected}");
    }
}

#[test]
fn json_holds_the_dense_singular_values_and_all_that_is_known() {
    let folder = folder();
    let answer = json(folder.path(), &["general.mtx", "-k", "6"]);
    let mut keys: Vec<&str> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let expected = [
        "converged",
        "digest",
        "explained",
        "n_columns",
        "n_nonzeros",
        "n_rows",
        "peak_memory_bytes",
        "precision",
        "products",
        "read_seconds",
        "residuals",
        "seconds",
        "singular_values",
        "spilled_bytes",
        "streamed_bytes",
    ];
    assert_eq!(keys, expected);
    let matrix = dense(N_ROWS, N_COLUMNS, &entries());
    let values = numbers(&answer["singular_values"]);
    assert_eq!((values.len(), numbers(&answer["residuals"]).len()), (6, 6));
    assert_values(&values, &matrix);
    let explained = values.iter().map(|value| value * value).sum::<f64>() / matrix.norm_squared();
    assert!((answer["explained"].as_f64().unwrap() - explained).abs() < 1e-6);
    assert_eq!(
        (&answer["n_rows"], &answer["n_columns"]),
        (&Value::from(N_ROWS), &Value::from(N_COLUMNS))
    );
    assert_eq!(answer["n_nonzeros"], matrix.iter().filter(|&&value| value != 0.0).count());
    assert_eq!(answer["converged"], true);
    assert!(
        answer["seconds"].as_f64().unwrap() >= 0.0
            && answer["read_seconds"].as_f64().unwrap() >= 0.0
    );
}

#[test]
fn a_symmetric_file_is_the_whole_matrix() {
    let folder = folder();
    let mut all = lower();
    all.extend(
        lower()
            .into_iter()
            .filter(|entry| entry.0 != entry.1)
            .map(|(row, column, value)| (column, row, value)),
    );
    let answer = json(folder.path(), &["symmetric.mtx", "--rank", "4"]);
    assert_values(&numbers(&answer["singular_values"]), &dense(N_COLUMNS, N_COLUMNS, &all));
}

#[test]
fn compressed_files_and_standard_input_give_the_same() {
    let folder = folder();
    let expected = ask(folder.path(), &["general.mtx", "-k", "5"]);
    assert!(expected.starts_with("number\tsingular_value\tresidual\n1\t"), "{expected}");
    assert_eq!(expected.lines().count(), 6);
    for line in expected.lines().skip(1) {
        let (value, residual) = line.split_once('\t').unwrap().1.split_once('\t').unwrap();
        assert!(value.parse::<f64>().unwrap() > residual.parse::<f64>().unwrap(), "{line}");
    }
    assert_eq!(ask(folder.path(), &["general.mtx.gz", "-k", "5"]), expected);
    let packed = fs::read(folder.path().join("general.mtx.gz")).unwrap();
    eigenlex(folder.path())
        .args(["-", "-k", "5", "--format", "tsv"])
        .write_stdin(packed)
        .assert()
        .success()
        .stdout(expected);
}

#[test]
fn the_triplets_in_the_file_are_singular_triplets() {
    let folder = folder();
    let path = folder.path();
    let answer = json(path, &["general.mtx", "-k", "5", "--left-vectors", "-o", "out.safetensors"]);
    let bytes = fs::read(path.join("out.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let doubles = |name: &str| -> Vec<f64> {
        let tensor = file.tensor(name).unwrap();
        assert_eq!((tensor.dtype(), tensor.shape()), (safetensors::Dtype::F64, &[5][..]));
        tensor
            .data()
            .chunks_exact(8)
            .map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()))
            .collect()
    };
    let vectors = |name: &str, n: usize| {
        let tensor = file.tensor(name).unwrap();
        assert_eq!((tensor.dtype(), tensor.shape()), (safetensors::Dtype::F32, &[n, 5][..]));
        let floats = tensor
            .data()
            .chunks_exact(4)
            .map(|bytes| f64::from(f32::from_le_bytes(bytes.try_into().unwrap())));
        DMatrix::from_row_iterator(n, 5, floats)
    };
    let s = doubles("singular_values");
    // JSON has seven digits.
    for (exact, name) in [(s.clone(), "singular_values"), (doubles("residuals"), "residuals")] {
        let shown = numbers(&answer[name]);
        assert!(
            shown.len() == 5
                && exact
                    .iter()
                    .zip(shown)
                    .all(|(exact, shown)| (exact - shown).abs() <= 1e-6 * exact),
            "{answer}"
        );
    }
    let (v, u) = (vectors("right_vectors", N_COLUMNS), vectors("left_vectors", N_ROWS));
    let a = dense(N_ROWS, N_COLUMNS, &entries());
    let diagonal = DMatrix::from_diagonal(&s.clone().into());
    assert!((&a * &v - &u * &diagonal).norm() < 1e-4 * s[0]);
    assert!((a.transpose() * &u - &v * &diagonal).norm() < 1e-4 * s[0]);
    assert!((v.transpose() * &v - DMatrix::<f64>::identity(5, 5)).norm() < 1e-5);
}

#[test]
fn left_vectors_are_written_where_they_are_wanted_and_nothing_is_replaced_without_force() {
    let folder = folder();
    let path = folder.path();
    ask(path, &["general.mtx", "-k", "5", "--left-vectors", "-o", "out.safetensors"]);
    eigenlex(path).args(["general.mtx", "-k", "5", "-o", "out.safetensors"]).assert().code(1);
    ask(path, &["general.mtx", "-k", "5", "-o", "out.safetensors", "--force"]);
    let bytes = fs::read(path.join("out.safetensors")).unwrap();
    let mut names = SafeTensors::deserialize(&bytes)
        .unwrap()
        .names()
        .into_iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>();
    names.sort();
    assert_eq!(names, ["residuals", "right_vectors", "singular_values"]);
    assert_eq!(
        fs::read_dir(path).unwrap().count(),
        4,
        "nothing but the three matrices and the output"
    );
}

#[test]
fn double_precision_follows_where_single_does_not_suffice() {
    // Sides above 256, so that the iteration is taken; values from 1 down to 1e-8 within the rank,
    // which f32 would round.
    let folder = folder();
    let path = folder.path();
    let value = |index: usize| 10f64.powf(-8.0 * index as f64 / 9.0);
    let diagonal: Vec<(usize, usize, f64)> =
        (0..300).map(|index| (index, (7 * index) % 300, value(index))).collect();
    fs::write(path.join("graded.mtx"), market("general", 300, 300, &diagonal)).unwrap();
    let run = |options: &[&str]| {
        let mut command = eigenlex(path);
        command.args(["graded.mtx", "-k", "10"]).args(options);
        let assert = command.assert().success();
        let output = assert.get_output();
        let texts = [&output.stdout, &output.stderr];
        texts.map(|bytes| String::from_utf8(bytes.clone()).unwrap())
    };
    let options = ["--tolerance", "1e-7", "--left-vectors", "-o", "out.safetensors"];
    let [table, said] = run(&[&options[..], &["--format", "tsv"]].concat());
    assert!(said.contains("single precision ends at a residual of "), "{said}");
    assert!(said.contains("products, double precision\n"), "{said}");
    assert!(said.ends_with("converged: every residual is at most 1e-7\n"), "{said}");
    for (index, line) in table.lines().skip(1).enumerate() {
        let found: f64 = line.split('\t').nth(1).unwrap().parse().unwrap();
        assert!((found - value(index)).abs() < 1e-15, "{found} against {}", value(index));
    }
    let bytes = fs::read(path.join("out.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    for (name, n_rows) in [("right_vectors", 300), ("left_vectors", 300)] {
        let tensor = tensors.tensor(name).unwrap();
        assert_eq!((tensor.dtype(), tensor.shape()), (Dtype::F64, &[n_rows, 10][..]));
    }
    // JSON has all digits, and the digest is that of the file.
    let [json, _] = run(&[&options[..], &["--force", "--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["precision"], "double");
    assert!((json["singular_values"][3].as_f64().unwrap() - value(3)).abs() < 1e-16);
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(json["digest"], metadata.metadata().as_ref().unwrap()["digest"]);

    let [_, said] = run(&["--tolerance", "1e-7", "--precision", "single", "--format", "text"]);
    assert!(said.contains("products, single precision\n"), "{said}");
    assert!(said.ends_with("\nhint: leave out `--precision single`\n"), "{said}");
    // Without room for both bases, single precision is all there is.
    let little = ["--tolerance", "1e-7", "--max-basis", "300", "--memory", "208MiB"];
    let [_, said] = run(&[&little[..], &["--format", "text"]].concat());
    assert!(said.contains("precision\n"), "{said}");
    eigenlex(path)
        .args(["graded.mtx", "-k", "3", "--precision", "double", "--power-iterations", "2"])
        .assert()
        .code(2)
        .stderr(
            predicate::str::contains("`--precision`").or(predicate::str::contains("precision is")),
        );
}

#[test]
fn text_shows_the_first_and_last_triplets_and_a_verdict() {
    let folder = folder();
    let summary = predicate::str::is_match(
        "^matrix    40 x 30, [0-9]+ entries\n\
         spectrum  20 triplets, s from .* explains [0-9.]+ % of \\|A\\|_F\\^2\n\
         residual  .* products, single precision\n\
         stage     read .*\nstage     svd .*\ntotal .* peak memory\ndigest    [0-9a-f]{64}\n\
         converged: every residual is at most 1e-3\n$",
    );
    let assert = eigenlex(folder.path())
        .args(["general.mtx", "-k", "20", "--format", "text"])
        .assert()
        .success()
        .stderr(summary.unwrap());
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 17);
    assert_eq!(lines[0], "number  singular value   residual  explained");
    assert_eq!(lines[11], "   ...  5 more; --format tsv shows all");
    assert!(lines[10].starts_with("    10  ") && lines[12].starts_with("    16  "), "{text}");
    eigenlex(folder.path())
        .args(["general.mtx", "-k", "3", "-q", "--format", "text"])
        .assert()
        .success()
        .stderr("");
    eigenlex(folder.path())
        .args(["general.mtx", "-k", "3", "--format", "json"])
        .assert()
        .success()
        .stderr("");
}

#[test]
fn a_result_that_is_not_exact_says_so() {
    let folder = folder();
    // Sides above 256, so that the iteration is taken: a diagonal whose singular values lie
    // close together.
    let diagonal: Vec<(usize, usize, f64)> =
        (0..400).map(|index| (index, index, 1.0 + index as f64 / 1024.0)).collect();
    fs::write(folder.path().join("flat.mtx"), market("general", 400, 400, &diagonal)).unwrap();
    let run = |options: &[&str], says: &str| {
        let says = predicate::str::starts_with("warning: not ").and(predicate::str::contains(says));
        eigenlex(folder.path())
            .args(["flat.mtx", "-k", "5", "--format", "json"])
            .args(options)
            .assert()
            .success()
            .stderr(says);
    };
    run(
        &["--max-products", "40", "--block-width", "2"],
        "the tolerance is 1e-3\nhint: raise `--max-products` or `--tolerance`\n",
    );
    run(
        &["--power-iterations", "1", "--oversampling", "2"],
        "as is usual for power iterations\nhint: leave out `--power-iterations`\n",
    );
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let folder = folder();
    let diagonal: Vec<(usize, usize, f64)> =
        (0..3000).map(|n| (n * 7 % 700, n * 11 % 600, 1.0 + (n * n % 97) as f64)).collect();
    fs::write(folder.path().join("large.mtx"), market("general", 700, 600, &diagonal)).unwrap();
    let run = |threads: &str| {
        let name = format!("{threads}.safetensors");
        ask(folder.path(), &["large.mtx", "-k", "8", "-t", threads, "--seed", "3", "-o", &name]);
        fs::read(folder.path().join(name)).unwrap()
    };
    let one = run("1");
    assert!(run("2") == one && run("3") == one);
}

#[test]
fn a_small_budget_streams_the_matrix_with_the_same_result() {
    let folder = tempfile::tempdir().unwrap();
    let entries: Vec<(usize, usize, f64)> = (0..40_000)
        .map(|i: usize| {
            ((i * 7919) % 900, (i * i + 31 * i) % 500, ((i * 37) % 64) as f64 / 16.0 - 1.0)
        })
        .collect();
    fs::write(folder.path().join("any.mtx"), market("general", 900, 500, &entries)).unwrap();
    let in_memory = json(folder.path(), &["any.mtx", "-k", "8"]);
    assert_eq!(
        (&in_memory["spilled_bytes"], &in_memory["streamed_bytes"]),
        (&Value::from(0), &Value::from(0))
    );
    // The smallest budget there is leaves nothing of the matrix in memory.
    let streamed = json(
        folder.path(),
        &["any.mtx", "-k", "8", "--memory", "208MiB", "--temporary-folder", "."],
    );
    assert!(streamed["spilled_bytes"].as_u64().unwrap() > 10_000);
    assert!(
        streamed["streamed_bytes"].as_u64().unwrap() > streamed["spilled_bytes"].as_u64().unwrap()
    );
    for key in ["singular_values", "residuals", "products"] {
        assert_eq!(streamed[key], in_memory[key]);
    }
    let summary = eigenlex(folder.path())
        .args(["any.mtx", "-k", "8", "--memory", "208MiB", "--format", "text"])
        .assert()
        .success();
    assert!(
        String::from_utf8_lossy(&summary.get_output().stderr)
            .contains(" of the matrix, 0 B in memory; ")
    );
    let missing =
        ["any.mtx", "-k", "8", "--memory", "208MiB", "--temporary-folder", "no/such/folder"];
    let message = "error: cannot create a temporary file in `no/such/folder`: ";
    eigenlex(folder.path())
        .args(missing)
        .assert()
        .code(1)
        .stderr(predicate::str::starts_with(message));
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["any.mtx"]);
}
