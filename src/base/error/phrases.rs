//! Parts of messages that depend on the data of their error.

/// Why a matrix does not give so many dimensions.
pub(super) fn dim_too_large(dim: usize, dropped: usize, n_rows: usize, n_columns: usize) -> String {
    let matrix = format!("matrix is {n_rows} x {n_columns}");
    match (n_rows.min(n_columns) <= dropped, dropped) {
        (true, 0) => format!("the corpus is too small for vectors: its {matrix}"),
        (true, _) => format!(
            "the corpus is too small for vectors: its {matrix}, and {dropped} component(s) are \
             dropped"
        ),
        (false, 0) => {
            format!("dim {dim} is above the smaller side of the {n_rows} x {n_columns} matrix")
        }
        (false, _) => format!(
            "dim {dim} and {dropped} dropped component(s) is above the smaller side of the \
             {n_rows} x {n_columns} matrix"
        ),
    }
}

/// What there is of a corpus without a token.
pub(super) fn no_token(n_files: usize, n_bytes: u64, only_headings: bool) -> String {
    match (only_headings, n_files) {
        (false, _) => format!("{n_files} file(s), {n_bytes} byte(s) and no token"),
        (true, 1) => "a table with a line of headings and no row".to_owned(),
        (true, _) => format!("{n_files} tables with a line of headings and no row"),
    }
}

/// The line of a file, if there is one.
pub(super) fn at_line(line: Option<u64>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line}"))
}
