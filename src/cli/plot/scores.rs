//! Numbers with intervals, from a table of one's own or from what `evaluate` prints.

use std::path::Path;

use anyhow::Result;
use eigenlex::Error;
use serde_json::Value;

/// More rows than this are no picture.
const MOST: usize = 300;

/// The quantile of the normal distribution for an interval of 95 % with two sides.
const QUANTILE: f64 = 1.959_963_985;

/// A number with its interval.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scored {
    pub(super) name: String,
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Where the intervals are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Given,
    Wilson,
}

/// The rows of a table.
#[derive(Debug)]
pub(super) struct Scores {
    pub(super) rows: Vec<Scored>,
    pub(super) kind: Kind,
    /// Rows of `evaluate` that are no share.
    pub(super) n_without: usize,
}

/// What names a score of `evaluate`, in the order of its columns.
const NAMING: [&str; 5] = ["model", "test", "file", "measure", "section"];

/// A score of `evaluate`: what names it, the number of correct answers, that of all.
type Counted = ([String; 5], u64, u64);

impl Scores {
    /// Reads a table or JSON.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line.
    pub(super) fn read(text: &str, path: &Path) -> Result<Self> {
        let text = text.trim_start_matches('\u{feff}');
        let scores = if text.trim_start().starts_with(['{', '[']) {
            of_json(text, path)?
        } else {
            of_table(text, path)?
        };
        let n = scores.rows.len();
        if n == 0 || n > MOST {
            let found =
                if n == 0 { "no number with an interval".to_owned() } else { format!("{n} rows") };
            return Err(malformed(path, None, found, &format!("1 to {MOST} rows")));
        }
        Ok(scores)
    }
}

fn malformed(path: &Path, line: Option<u64>, found: String, expected: &str) -> anyhow::Error {
    Error::Malformed { path: path.to_owned(), line, found, expected: expected.to_owned() }.into()
}

const EXPECTED: &str =
    "a header with the columns name, value, low and high, or those of `evaluate --format tsv`";

fn of_table(text: &str, path: &Path) -> Result<Scores> {
    let mut lines = text.lines().zip(1u64..).filter(|(line, _)| !line.trim().is_empty());
    let Some((header, number)) = lines.next() else {
        return Err(malformed(path, None, "an empty file".to_owned(), EXPECTED));
    };
    let separator = if header.contains('\t') { '\t' } else { ',' };
    let cells = |line: &str| -> Vec<String> { cells(line, separator) };
    let columns: Vec<String> = cells(header).iter().map(|it| it.trim().to_lowercase()).collect();
    let column = |name: &str| columns.iter().position(|it| it == name);
    let own = ["name", "value", "low", "high"].map(column);
    let counted = ["correct", "answered"].map(column);
    let mut scores = Scores { rows: Vec::new(), kind: Kind::Given, n_without: 0 };
    let mut found: Vec<Counted> = Vec::new();
    for (line, number) in lines {
        let cells = cells(line);
        if cells.len() != columns.len() {
            let found = format!("{} cells", cells.len());
            return Err(malformed(path, Some(number), found, &format!("{} cells", columns.len())));
        }
        let value = |place: usize| -> Result<f64> {
            let cell = cells[place].trim();
            let value = cell.parse::<f64>().ok().filter(|value| value.is_finite());
            value.ok_or_else(|| malformed(path, Some(number), format!("`{cell}`"), "a number"))
        };
        if let [Some(name), Some(middle), Some(low), Some(high)] = own {
            let row = Scored {
                name: cells[name].trim().to_owned(),
                value: value(middle)?,
                low: value(low)?,
                high: value(high)?,
            };
            if row.low > row.value || row.value > row.high {
                let found = format!("{} not within {} and {}", row.value, row.low, row.high);
                return Err(malformed(path, Some(number), found, "low <= value <= high"));
            }
            scores.rows.push(row);
        } else if let [Some(correct), Some(answered)] = counted {
            let name = NAMING.map(|it| column(it).map_or_else(String::new, |at| cells[at].clone()));
            let whole = |place: usize| cells[place].trim().parse::<u64>().ok();
            match (whole(correct), whole(answered)) {
                (Some(correct), Some(answered)) if answered > 0 && correct <= answered => {
                    found.push((name, correct, answered));
                }
                (Some(correct), Some(answered)) if correct > answered => {
                    let found = format!("{correct} correct of {answered}");
                    return Err(malformed(path, Some(number), found, "no more than answered"));
                }
                _ => scores.n_without += 1,
            }
        } else {
            break;
        }
    }
    let is_own = own.iter().all(Option::is_some);
    if !is_own && !counted.iter().all(Option::is_some) {
        let found = format!("the columns {}", columns.join(", "));
        return Err(malformed(path, Some(number), found, EXPECTED));
    }
    if !is_own {
        scores.kind = Kind::Wilson;
        scores.rows = with_intervals(found);
    }
    Ok(scores)
}

/// The cells of a line; a cell in quotes may hold the separator.
fn cells(line: &str, separator: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let (mut quoted, mut letters) = (false, line.chars().peekable());
    while let Some(letter) = letters.next() {
        let cell = cells.last_mut().expect("there is always one");
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                cell.push('"');
                letters.next();
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            _ if letter == separator && !quoted => cells.push(String::new()),
            _ => cell.push(letter),
        }
    }
    cells
}

fn of_json(text: &str, path: &Path) -> Result<Scores> {
    let expected = "JSON of `evaluate --format json`";
    let value: Value = serde_json::from_str(text)
        .map_err(|error| malformed(path, Some(error.line() as u64), error.to_string(), expected))?;
    let mut found = Vec::new();
    let mut name = Default::default();
    collect(&value, "", &mut name, &mut found);
    Ok(Scores { rows: with_intervals(found), kind: Kind::Wilson, n_without: 0 })
}

/// The scores within a value. What it is named by is what the objects around it say of model, file
/// and method, and the key or the name of the section.
fn collect(value: &Value, key: &str, name: &mut [String; 5], found: &mut Vec<Counted>) {
    match value {
        Value::Array(values) => values.iter().for_each(|it| collect(it, key, name, found)),
        Value::Object(fields) => {
            let outer = name.clone();
            let text = |field: &str| fields.get(field).and_then(Value::as_str);
            for (place, field) in
                [(0, "model"), (0, "map"), (2, "file"), (3, "method"), (3, "retrieval")]
            {
                if let Some(text) = text(field) {
                    text.clone_into(&mut name[place]);
                }
            }
            let number = |field: &str| fields.get(field).and_then(Value::as_u64);
            match (number("correct"), number("answered")) {
                (Some(correct), Some(answered)) => {
                    text("name").unwrap_or(key).clone_into(&mut name[4]);
                    if answered > 0 && correct <= answered {
                        found.push((name.clone(), correct, answered));
                    }
                }
                _ => {
                    // Sections before their sums.
                    let mut fields: Vec<_> = fields.iter().collect();
                    fields.sort_by_key(|(_, inner)| !inner.is_array());
                    for (field, inner) in fields {
                        let is_test = name[1].is_empty() && inner.is_array();
                        if is_test {
                            field.clone_into(&mut name[1]);
                        }
                        collect(inner, field, name, found);
                        if is_test {
                            name[1].clear();
                        }
                    }
                }
            }
            *name = outer;
        }
        _ => {}
    }
}

/// The shares with Wilson's intervals, named by what differs between them.
fn with_intervals(found: Vec<Counted>) -> Vec<Scored> {
    let differs: Vec<usize> = (0..NAMING.len())
        .filter(|&part| found.windows(2).any(|pair| pair[0].0[part] != pair[1].0[part]))
        .collect();
    let name = |parts: &[String; 5]| {
        let told: Vec<&str> = differs
            .iter()
            .map(|&part| if part == 2 { file_name(&parts[part]) } else { parts[part].as_str() })
            .filter(|it| !it.is_empty())
            .collect();
        if told.is_empty() { parts[4].clone() } else { told.join(", ") }
    };
    found
        .iter()
        .map(|(parts, correct, answered)| {
            let (low, high) = wilson(*correct, *answered);
            let value = *correct as f64 / *answered as f64;
            Scored { name: name(parts), value, low: low.min(value), high: high.max(value) }
        })
        .collect()
}

fn file_name(path: &str) -> &str {
    Path::new(path).file_name().and_then(|it| it.to_str()).unwrap_or(path)
}

/// Wilson's interval for a share (Wilson 1927), with a confidence of 95 %:
/// `(p + z^2/2n +- z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n)`.
fn wilson(correct: u64, answered: u64) -> (f64, f64) {
    let (n, square) = (answered as f64, QUANTILE * QUANTILE);
    let p = correct as f64 / n;
    let spread = QUANTILE * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    let bound = |sign: f64| (p + square / (2.0 * n) + sign * spread) / (1.0 + square / n);
    (bound(-1.0).clamp(0.0, 1.0), bound(1.0).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Scores> {
        Scores::read(text, Path::new("t"))
    }

    #[test]
    fn wilsons_interval_is_that_of_the_tables() {
        // Agresti & Coull 1998: 9 of 10.
        let (low, high) = wilson(9, 10);
        assert!((low - 0.5958).abs() < 1e-4 && (high - 0.9821).abs() < 1e-4, "{low} {high}");
        let (low, high) = wilson(0, 10);
        assert!(low == 0.0 && (high - 0.2775).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn tables_are_read_and_named_by_what_differs() {
        let scores = read("name\tvalue\tlow\thigh\na\t1\t0\t2\n\nb, c\t-1e-3\t-1\t0\n").unwrap();
        let row = |name: &str, value, low, high| Scored { name: name.to_owned(), value, low, high };
        assert_eq!(scores.rows, [row("a", 1.0, 0.0, 2.0), row("b, c", -1e-3, -1.0, 0.0)]);
        let scores = read("Name,Value,Low,High\n\"a, \"\"b\"\"\",1,0,2\n").unwrap();
        assert_eq!(scores.rows, [row("a, \"b\"", 1.0, 0.0, 2.0)]);
        let scores = read(
            "model\ttest\tfile\tmeasure\tsection\tscore\tcorrect\tanswered\ttotal\n\
             m\tt\tf\tadd\tall\t0.5\t5\t10\t12\nm\tt\tf\tmul\tall\t0.9\t9\t10\t12\n\
             m\tt\tf\tspearman\tall\t0.3\t\t10\t12\n",
        )
        .unwrap();
        let names: Vec<&str> = scores.rows.iter().map(|it| it.name.as_str()).collect();
        assert_eq!((names, scores.n_without), (vec!["add", "mul"], 1));
    }

    #[test]
    fn json_of_evaluate_gives_the_same_rows_as_its_table() {
        let json = r#"{"model":"m","analogies":[{"file":"a/f","method":"add",
            "sections":[{"name":"s","correct":1,"answered":2,"total":2}],
            "all":{"correct":3,"answered":4,"total":4}}],
            "similarity":[{"file":"g","spearman":0.4}]}"#;
        let names: Vec<String> = read(json).unwrap().rows.into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["s", "all"]);
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_line() {
        for (text, message) in [
            ("", "an empty file"),
            ("a\tb\n1\t2\n", "line 1: found the columns a, b"),
            ("name\tvalue\tlow\thigh\n", "no number with an interval"),
            ("name\tvalue\tlow\thigh\na\tx\t0\t1\n", "line 2: found `x`, expected a number"),
            ("name\tvalue\tlow\thigh\na\tNaN\t0\t1\n", "line 2: found `NaN`, expected a number"),
            ("name\tvalue\tlow\thigh\na\t1\t0\n", "line 2: found 3 cells, expected 4 cells"),
            ("name\tvalue\tlow\thigh\na\t3\t0\t1\n", "line 2: found 3 not within 0 and 1"),
            ("model\tcorrect\tanswered\nm\t3\t1\n", "line 2: found 3 correct of 1"),
            ("{\"a\": ", "line 1: found"),
            ("[]", "no number with an interval"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(
            text in "([\\[\\]{}\":,\t\na-c0-9.-]|name|value|low|high|correct|answered){0,60}",
        ) {
            if let Ok(scores) = read(&text) {
                for it in scores.rows {
                    prop_assert!(it.low <= it.value && it.value <= it.high);
                }
            }
        }
    }
}
