//! Flags that make no sense, alone or beside others: refused before the work, with a way out.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use crate::support::{embed, embed_fails, fails, folder_with_text};

#[test]
fn dimensions_beyond_the_matrix_are_refused() {
    let folder = folder_with_text();
    let fails = |options: &[&str], code: i32, says: &str| {
        embed_fails(folder.path(), &[&["text"], options].concat(), code, says)
    };
    // Windows before and after 60 words, of whose components the first is dropped.
    fails(
        &["--dim", "60"],
        2,
        "dim 60 and 1 dropped component(s) is above the smaller side of the 120 x 60 matrix\nhint: \
         lower --dim to at most 59, or lower --min-count\n",
    );
    fails(
        &["--dim", "6", "--recipe", "lsa"],
        2,
        "dim 6 is above the smaller side of the 5 x 60 matrix\nhint: lower --dim to at most 5, or \
         cut the corpus into more documents\n",
    );
    fails(
        &["--dim", "3", "--drop-components", "60"],
        2,
        "the corpus is too small for vectors: its matrix is 120 x 60, and 60 component(s) are \
         dropped\nhint: give more texts, or lower --min-count, or lower --drop-components\n",
    );
    fails(&["--dim", "0"], 2, "dim is 0, expected at least 1\n");
    fails(
        &["--dim", "18446744073709551615"],
        2,
        "fit_words is 30000, expected at least 18446744073709551615, the dimension and the dropped",
    );
    fails(
        &["--dim", "18446744073709551615", "--fit-words", "0"],
        2,
        "dim 18446744073709551615 and 1 dropped component(s) is above",
    );
}

#[test]
fn values_out_of_range_are_refused() {
    let folder = folder_with_text();
    let fails = |options: &[&str], code: i32, says: &str| {
        embed_fails(folder.path(), &[&["text"], options].concat(), code, says)
    };
    fails(&["--dim", "x"], 2, "invalid value 'x' for '--dim <K>'");
    fails(&["--window", "0"], 2, "window is 0, expected a number from 1 to 1000000\n");
    fails(&["--window", "18446744073709551615"], 2, "window is 18446744073709551615, expected");
    fails(&["--max-words", "0"], 2, "max_words is 0, expected at least 1\n");
    fails(
        &["--sigma-exponent", "1.5"],
        2,
        "sigma_exponent is 1.5, expected a number from 0 to 1\n",
    );
    fails(&["--sigma-exponent", "nan"], 2, "sigma_exponent is NaN, expected");
    fails(&["--subsample", "0"], 2, "subsample is 0, expected a finite number above 0\n");
    fails(&["--subsample", "-1"], 2, "subsample is -1, expected a finite number above 0\n");
    fails(&["--subwords", "-1"], 2, "subwords is -1, expected a finite number above 0\n");
    fails(
        &["--subword-penalty", "0"],
        2,
        "subword_penalty is 0, expected a finite number above 0\n",
    );
    fails(
        &["--subwords", "0", "--subword-penalty", "2"],
        2,
        "`--subword-penalty 2` has no effect: no subwords are added",
    );
    fails(
        &["--subword-dispersion", "2"],
        2,
        "subword_dispersion is 2, expected a number from 0 to 1\n",
    );
    fails(
        &["--fit-words", "5", "--dim", "5"],
        2,
        "fit_words is 5, expected at least 6, the dimension and the dropped components\n",
    );
    fails(&["--tolerance", "0"], 2, "tolerance is 0, expected");
    fails(&["--power", "0"], 2, "power is 0, expected");
    fails(&["--weighting", "ppmi", "--shift", "0.5"], 2, "shift is 0.5, expected");
    fails(&["--weighting", "ppmi", "--smoothing", "inf"], 2, "smoothing is inf, expected");
    fails(&["--memory", "1XB"], 2, "invalid value '1XB' for '--memory <SIZE>'");
    fails(&["--memory", "1MB"], 5, "tokenize needs about ");
    fails(&["--threads", "999999999"], 2, "invalid value '999999999' for '--threads <N>'");
    // Every word stands in every document: tf-idf leaves nothing.
    fails(
        &["--contexts", "documents", "--weighting", "tf-idf"],
        3,
        "the 5 x 60 matrix has no entry other than zero\nhint: ",
    );
}

#[test]
fn an_option_of_windows_is_refused_with_documents() {
    let folder = folder_with_text();
    let fails = |options: &[&str], says: &str| {
        embed_fails(folder.path(), &[&["text"], options].concat(), 2, says)
    };
    fails(
        &["--recipe", "lsa", "--window", "5"],
        "`--window 5` has no effect: the recipe counts words in documents, not in windows\nhint: \
         leave out `--window`, or add `--contexts window`\n",
    );
    fails(
        &["--recipe", "lsa", "--max-contexts", "5"],
        "`--max-contexts 5` has no effect: the recipe",
    );
    fails(&["--document-tokens", "0"], "document_tokens is 0, expected at least 1\n");
    fails(
        &["--recipe", "lsa", "--add-contexts"],
        "add_contexts is true, expected false where documents are the contexts: they are no \
         words\n",
    );
    fails(&["--dispersion", "2"], "dispersion is 2, expected a number from 0 to 1\n");
    fails(
        &["--recipe", "lsa", "--dispersion", "0.5"],
        "dispersion is 0.5, expected 0 unless contexts are windows and the weighting is the square \
         root\n",
    );
    fails(
        &["--recipe", "lsa", "--window-boundary", "document"],
        "`--window-boundary` has no effect: the recipe",
    );
    fails(
        &["--recipe", "lsa", "--context-sides", "separate"],
        "`--context-sides` has no effect: the recipe",
    );
    fails(
        &["--contexts", "documents", "--distance-weights", "flat"],
        "`--distance-weights` has no effect: `--contexts documents` has no windows\nhint: leave \
         out `--distance-weights`, or use `--contexts window`\n",
    );
}

#[test]
fn an_option_that_belongs_to_another_is_refused_without_it() {
    let folder = folder_with_text();
    let fails = |options: &[&str], says: &str| {
        embed_fails(folder.path(), &[&["text"], options].concat(), 2, says)
    };
    fails(
        &["--weighting", "log", "--power", "0.5"],
        "`--power 0.5` has no effect: it belongs to the weighting square-root\nhint: leave out \
         `--power`, or use `--weighting square-root`\n",
    );
    fails(
        &["--shift", "2"],
        "`--shift 2` has no effect: it belongs to the weighting ppmi\nhint: leave out `--shift`, \
         or use `--weighting ppmi`\n",
    );
    fails(
        &["--smoothing", "1"],
        "`--smoothing 1` has no effect: it belongs to the weighting ppmi\n",
    );
    fails(
        &["--tokenizer", "whitespace", "--drop-numbers"],
        "`--drop-numbers` has no effect: it belongs to the tokenizer `words`\nhint: \
         leave out `--drop-numbers`, or use `--tokenizer words`\n",
    );
    fails(
        &["--weighting", "binary", "--subsample", "1e-3"],
        "subsample is 0.001, expected a random draw (`random`), or a weighting other than binary",
    );
    fails(
        &["--subsample-random"],
        "the following required arguments were not provided:\n  --subsample <T>",
    );
    fails(
        &["--oversampling", "10"],
        "the following required arguments were not provided:\n  --power-iterations <Q>",
    );
    fails(
        &["--power-iterations", "2", "--tolerance", "0.1"],
        "the argument '--power-iterations <Q>' cannot be used with '--tolerance <R>'",
    );
    fails(
        &["--power-iterations", "2", "--max-products", "9"],
        "the argument '--power-iterations <Q>' cannot be used with '--max-products <N>'",
    );
    fails(&["--quiet", "-v"], "the argument '--quiet' cannot be used with '--verbose...'");
    fails(&["--dimm", "3"], "unexpected argument '--dimm' found");
}

/// Runs command lines that fail in a folder with a `model` of sixty words.
#[track_caller]
fn questions_fail(questions: &[(&[&str], i32, &str)]) {
    let folder = folder_with_text();
    let path = folder.path();
    embed(path, "model");
    fs::write(path.join("latin"), b"caf\xE9\n").unwrap();
    fs::write(path.join("two"), "word1 word2\n").unwrap();
    for (line, code, says) in questions {
        let message = fails(path, line, *code);
        assert!(message.starts_with(&format!("error: {says}")), "{line:?}: {message}");
    }
}

#[test]
fn questions_that_cannot_be_read_are_refused() {
    questions_fail(&[
        (
            &["math", "model", "word1 word2"],
            2,
            "cannot read the expression `word1 word2` at character 7: expected `+` or `-`\nhint: ",
        ),
        (
            &["math", "model", ""],
            2,
            "cannot read the expression `` at character 1: expected a word\nhint: ",
        ),
        (&["math", "model", "word1 - word1", "--method", "add"], 4, "nothing found for `"),
        (
            &["math", "model", "word1", "--method", "max"],
            2,
            "invalid value 'max' for '--method <add|mul>'",
        ),
        (&["math", "model", "word1", "--top", "0"], 2, "invalid value '0' for '--top <N>'"),
        (
            &["similarity", "model", "word1"],
            2,
            "similarity compares pairs of words, and only one word is given\nhint: write `eigenlex \
             similarity model word1 WORD`\n",
        ),
        (
            &["neighbors", "model", "word1", "--restrict-to", "latin"],
            3,
            "`latin`, line 1, byte 3: the byte 0xE9 is not valid UTF-8\nhint: ",
        ),
        (
            &["neighbors", "model", "word1", "--restrict-to", "missing.txt"],
            1,
            "cannot read `missing.txt`: ",
        ),
        (
            &["neighbors", "text", "word1"],
            3,
            "`text` is a file of another kind, but a model or a file of word vectors is needed \
             here\n",
        ),
        (
            &["odd-one-out", "model", "word1", "word2"],
            2,
            "odd-one-out is 2 word(s), expected at least 3\n",
        ),
        (
            &["odd-one-out", "model", "word1", "word2", "no-such"],
            4,
            "the word `no-such` is not in the vocabulary",
        ),
    ]);
}

#[test]
fn tests_that_cannot_be_read_are_refused() {
    questions_fail(&[
        (&["evaluate", "model"], 2, "the following required arguments were not provided"),
        (
            &["evaluate", "model", "--analogies", "text"],
            3,
            "`text`, line 1: found 60 word(s), expected four words, or `: section`\n",
        ),
        (&["evaluate", "model", "--similarity", "text"], 3, "`text`, line "),
        (&["evaluate", "model", "--analogies", "missing"], 1, "cannot read `missing`: "),
        (&["evaluate", "model", "missing", "--similarity", "text"], 1, "cannot read `missing`: "),
        (
            &["evaluate", "model", "--categories", "text"],
            3,
            "`text`, line 1: found 60 field(s), expected a class and a word, separated by a tab\n",
        ),
        (
            &["evaluate", "model", "--odd-one-out", "latin"],
            3,
            "`latin`, line 1, byte 3: the byte 0xE9 is not valid UTF-8\nhint: ",
        ),
        (
            &["evaluate", "model", "--odd-one-out", "two"],
            3,
            "`two` looks like a dictionary (pairs of words), but odd-one-out questions are needed \
             here",
        ),
    ]);
}
