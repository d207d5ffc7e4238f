//! Which option reads a file of words that was given to another.

use std::path::Path;

use eigenlex::SetKind;

/// What to do with a file that holds something else than is needed.
pub(super) fn reader_of(path: &Path, found: SetKind, needed: SetKind) -> String {
    let path = path.display();
    let option = match found {
        SetKind::ScoredPairs => "--similarity",
        SetKind::Analogies => "--analogies",
        SetKind::Categories => "--categories",
        SetKind::OddOneOut => "--odd-one-out",
        SetKind::Dictionary => {
            return "dictionaries are read by `evaluate MAP --translation` and `align \
                    --dictionary`; pairs of one relation, as in BATS, by `evaluate --analogies`"
                .to_owned();
        }
        SetKind::WordVectors => {
            return format!("vectors are named first: `eigenlex evaluate {path} --TEST FILE`");
        }
        _ => {
            let line = match needed {
                SetKind::ScoredPairs => "two words and a score",
                SetKind::Analogies => "four words",
                SetKind::Categories => "a class and a word",
                SetKind::OddOneOut => "at least three words, the odd one last",
                _ => "a word and its translation",
            };
            return format!("each line needs {line}");
        }
    };
    format!("give it as `evaluate MODEL {option} {path}`")
}
