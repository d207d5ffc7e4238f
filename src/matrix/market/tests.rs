//! MatrixMarket files by hand, in any formatting, and against another reader.

use std::fmt::Write as _;

use proptest::prelude::*;
use sprs::io::read_matrix_market_from_bufread;
use sprs::{CsMatI, TriMat};

use super::*;
use crate::counts::CountMatrix;
use crate::operator::LinearOperator as _;

/// Everything that a file holds.
fn read(file: &str) -> Result<Vec<Entry>> {
    let mut reader = MarketReader::new(std::io::Cursor::new(file.to_owned()), "f.mtx", &())?;
    let mut entries = Vec::new();
    while let Some(batch) = reader.next_batch()? {
        entries.extend(batch);
    }
    Ok(entries)
}

#[track_caller]
fn assert_reads(file: &str, expected: &[(u32, u32, f64)]) {
    let expected: Vec<Entry> =
        expected.iter().map(|&(row, column, value)| Entry { row, column, value }).collect();
    assert_eq!(read(file).unwrap(), expected);
}

#[track_caller]
fn refuses(file: &str, says: &str) {
    let error = read(file).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }));
    assert_eq!(error.to_string(), format!("`f.mtx`, {says}"));
}

const GENERAL: &str = "%%MatrixMarket matrix coordinate real general\n";
const SYMMETRIC: &str = "%%MatrixMarket matrix coordinate real symmetric\n";

#[test]
fn the_entries_come_in_the_order_of_the_file_with_indices_from_0() {
    assert_reads(
        &format!("{GENERAL}3 4 3\n3 4 1.5\n1 1 -2\n3 4 1e-3\n"),
        &[(2, 3, 1.5), (0, 0, -2.0), (2, 3, 1e-3)],
    );
    assert_reads(
        "%%MatrixMarket matrix coordinate pattern general\n2 3 2\n1 3\n2 1\n",
        &[(0, 2, 1.0), (1, 0, 1.0)],
    );
    assert_reads(
        "%%MatrixMarket matrix coordinate integer general\n2 2 2\n1 1 -7\n2 2 +3\n",
        &[(0, 0, -7.0), (1, 1, 3.0)],
    );
    assert_reads(&format!("{GENERAL}0 0 0\n"), &[]);
}

#[test]
fn entries_that_stand_for_others_are_mirrored() {
    assert_reads(
        &format!("{SYMMETRIC}2 2 2\n2 1 3\n2 2 4\n"),
        &[(1, 0, 3.0), (0, 1, 3.0), (1, 1, 4.0)],
    );
    assert_reads(
        "%%MatrixMarket matrix coordinate pattern symmetric\n2 2 1\n2 1\n",
        &[(1, 0, 1.0), (0, 1, 1.0)],
    );
    assert_reads(
        "%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 1 3\n",
        &[(1, 0, 3.0), (0, 1, -3.0)],
    );
    // The diagonal, which is zero, may be there.
    assert_reads(
        "%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 3\n1 1 0\n2 1 3\n2 2 -0.0\n",
        &[(1, 0, 3.0), (0, 1, -3.0)],
    );
}

#[test]
fn arrays_go_column_after_column_and_their_zeros_are_left_out() {
    // 1 0 5 / 2 4 0
    let general = "%%MatrixMarket matrix array real general\n2 3\n1\n2\n0\n4\n5\n0.0\n";
    assert_reads(general, &[(0, 0, 1.0), (1, 0, 2.0), (1, 1, 4.0), (0, 2, 5.0)]);
    let symmetric = "%%MatrixMarket matrix array integer symmetric\n2 2\n1\n2\n3\n";
    assert_reads(symmetric, &[(0, 0, 1.0), (1, 0, 2.0), (0, 1, 2.0), (1, 1, 3.0)]);
    let skew = "%%MatrixMarket matrix array real skew-symmetric\n3 3\n1\n2\n3\n";
    assert_reads(
        skew,
        &[(1, 0, 1.0), (0, 1, -1.0), (2, 0, 2.0), (0, 2, -2.0), (2, 1, 3.0), (1, 2, -3.0)],
    );
}

#[test]
fn formatting_is_free() {
    let file = "%%matrixmarket  MATRIX\tCoordinate REAL General \r\n\
                % a comment\n\n  %another\n\t3 +3  5 \r\n\
                \n% here too\r\n 01\t+2   .5\r\n3 3 1.\n2 2 +1.5E+2 \n1 1 1.5d-1\n2 1 -2D0";
    assert_reads(file, &[(0, 1, 0.5), (2, 2, 1.0), (1, 1, 150.0), (0, 0, 0.15), (1, 0, -2.0)]);
}

#[test]
fn zeros_are_left_out_and_values_are_rounded_to_f64() {
    assert_reads(&format!("{GENERAL}1 3 3\n1 1 0\n1 2 1e-400\n1 3 0.1\n"), &[(0, 2, 0.1)]);
}

#[test]
fn values_that_are_not_numbers_of_f32_are_kept_unless_single_precision_is_asked_for() {
    let file = format!("{GENERAL}2 2 3\n1 1 0.1\n2 1 0.5\n2 2 1e-60\n");
    let reader = || MarketReader::new(std::io::Cursor::new(file.clone()), "f.mtx", &()).unwrap();
    let first_column = |matrix: &BlockMatrix| {
        let mut y = [0.0; 2];
        matrix.double().unwrap().apply_double(&[1.0, 0.0], 1, &mut y).unwrap();
        y
    };
    let whole = reader().into_matrix(None).unwrap();
    assert_eq!(first_column(&whole), [0.1, 0.5]);
    let single = reader().in_single_precision().into_matrix(None).unwrap();
    assert_eq!(first_column(&single), [f64::from(0.1_f32), 0.5]);
    assert!(single.resident_bytes() < whole.resident_bytes());
    assert_eq!(whole.to_csr_blocks().unwrap(), single.to_csr_blocks().unwrap());
}

#[test]
fn a_header_that_is_none_is_refused() {
    let banner = "`%%MatrixMarket matrix` and three words more, as a MatrixMarket file begins";
    refuses("", &format!("line 1: found the end of the file, expected {banner}"));
    refuses("king 0.1 0.2\n", &format!("line 1: found `king 0.1 0.2`, expected {banner}"));
    refuses("\0\x01\x7f\n", &format!("line 1: found `\\0\\u{{1}}\\u{{7f}}`, expected {banner}"));
    let first = |words: &str, says: &str| {
        refuses(
            &format!("%%MatrixMarket {words}\n1 1 1\n1 1 1\n"),
            &format!("line 1: found {says}"),
        )
    };
    first("vector coordinate real general", "`vector`, expected `matrix`");
    first("matrix sparse real general", "`sparse`, expected `coordinate` or `array`");
    first("matrix coordinate", "``, expected `real`, `integer` or `pattern`");
    first(
        "matrix coordinate complex general",
        "a complex matrix, expected a `real`, `integer` or `pattern` one",
    );
    first(
        "matrix array pattern general",
        "an array of the field `pattern`, expected `real` or `integer`",
    );
    first(
        "matrix coordinate real hermitian",
        "a Hermitian matrix, expected a `general`, `symmetric` or `skew-symmetric` one",
    );
    first(
        "matrix coordinate real odd",
        "`odd`, expected `general`, `symmetric` or `skew-symmetric`",
    );
    first("matrix coordinate real general more", "`more`, expected the end of the line");
}

#[test]
fn sizes_that_are_none_are_refused() {
    let sizes = |line: &str, says: &str| {
        refuses(&format!("{GENERAL}% comment\n{line}\n"), &format!("line 3: found {says}"))
    };
    let three = "expected the numbers of rows, columns and entries";
    sizes("3 4", &format!("`3 4`, {three}"));
    sizes("3 4 5 6", &format!("`3 4 5 6`, {three}"));
    sizes("3 -4 5", &format!("`3 -4 5`, {three}"));
    sizes("3 4.0 5", &format!("`3 4.0 5`, {three}"));
    sizes("4294967296 1 1", "`4294967296` rows, expected at most 4294967295");
    sizes(
        "1 99999999999999999999999 1",
        "`99999999999999999999999` columns, expected at most 4294967295",
    );
    sizes(
        "1 1 99999999999999999999999",
        "`99999999999999999999999` entries, expected fewer than 18446744073709551615",
    );
    refuses(
        &format!("{GENERAL}% comment\n"),
        &format!("line 3: found the end of the file, {three}"),
    );
    refuses(
        "%%MatrixMarket matrix array real general\n1 1 1\n",
        "line 2: found `1 1 1`, expected the numbers of rows and columns",
    );
    refuses(
        &format!("{SYMMETRIC}2 3 1\n"),
        "line 2: found 2 rows and 3 columns, expected as many of one as of the other in a matrix \
         with a symmetry",
    );
}

#[test]
fn an_entry_that_is_none_is_refused_with_its_line() {
    let third = |line: &str, says: &str| {
        refuses(
            &format!("{GENERAL}4 5 9\n1 1 1\n\n{line}\n2 2 2\n"),
            &format!("line 5: found {says}"),
        )
    };
    third("0 1 1", "row `0`, expected one from 1 to 4");
    third("1 0 1", "column `0`, expected one from 1 to 5");
    third("5 1 1", "row `5`, expected one from 1 to 4");
    third("1 6 1", "column `6`, expected one from 1 to 5");
    third(
        "1 99999999999999999999999 1",
        "column `99999999999999999999999`, expected one from 1 to 5",
    );
    third("-1 1 1", "`-1`, expected a row from 1 to 4");
    third("1 1.0 1", "`1.0`, expected a column from 1 to 5");
    third("1 1", "`1 1`, expected a row, a column and a value");
    third("1 1 1 0", "`1 1 1 0`, expected a row, a column and a value");
    third("1 1 one", "`one`, expected a number");
    third("1 1 1e", "`1e`, expected a number");
    for value in ["nan", "-NaN", "inf", "+Infinity", "1e309", "-1d400"] {
        third(&format!("1 1 {value}"), &format!("`{value}`, expected a finite number"));
    }
    refuses(
        "%%MatrixMarket matrix coordinate integer general\n1 1 1\n1 1 1.5\n",
        "line 3: found `1.5`, expected a whole number",
    );
    refuses(
        "%%MatrixMarket matrix coordinate pattern general\n1 1 1\n1 1 1\n",
        "line 3: found `1 1 1`, expected a row and a column",
    );
    refuses(
        "%%MatrixMarket matrix array real general\n2 2\n1 2\n3 4\n",
        "line 3: found `1 2`, expected a value",
    );
}

#[test]
fn entries_where_a_symmetry_has_none_are_refused() {
    refuses(
        &format!("{SYMMETRIC}3 3 2\n3 1 1\n1 3 1\n"),
        "line 4: found an entry above the diagonal (row 1, column 3), expected those on and below \
         it alone, as in every file with a symmetry",
    );
    refuses(
        "%%MatrixMarket matrix coordinate real skew-symmetric\n3 3 1\n3 3 1\n",
        "line 3: found the value 1 on the diagonal (row 3, column 3), expected zeros alone there \
         in a skew-symmetric matrix",
    );
}

#[test]
fn fewer_or_more_entries_than_announced_are_refused() {
    let entries = "1 1 1\n2 2 2\n% comment\n\n3 3 3\n";
    refuses(
        &format!("{GENERAL}3 3 4\n{entries}"),
        "line 8: found the end of the file after 3 of 4 entries, expected all that it announces",
    );
    refuses(
        &format!("{GENERAL}3 3 2\n{entries}"),
        "line 7: found entry 3, expected the end of the file, which announces 2",
    );
    refuses(
        &format!("{GENERAL}3 3 0\n{entries}"),
        "line 3: found entry 1, expected the end of the file, which announces 0",
    );
    // What is beyond the announced ones is not looked at any more closely.
    refuses(
        &format!("{GENERAL}3 3 2\n{entries}what is this\n"),
        "line 7: found entry 3, expected the end of the file, which announces 2",
    );
    let array = "%%MatrixMarket matrix array real symmetric\n2 2\n1\n2\n";
    refuses(
        array,
        "line 5: found the end of the file after 2 of 3 entries, expected all that it announces",
    );
    refuses(
        &format!("{array}3\n4\n"),
        "line 6: found entry 4, expected the end of the file, which announces 3",
    );
}

#[test]
fn a_line_without_end_is_refused() {
    let long = "1".repeat(LONGEST_LINE_BYTES + HEADER_BYTES);
    refuses(
        &format!("{GENERAL}%{long}"),
        "line 2: found a line of more than 1048576 bytes, expected an entry a line",
    );
}

/// More text than a batch, so that pieces and batches end wherever they do.
fn large() -> (String, Vec<Entry>) {
    let n_rows = 1_600_000;
    let mut file = format!("{GENERAL}{n_rows} 10 {n_rows}\n");
    let mut entries = Vec::new();
    for row in 0..n_rows {
        let (column, value) = (row % 10, f64::from(row % 1000) * 0.25 + 0.25);
        entries.push(Entry { row, column, value });
        writeln!(file, "{} {} {value}", row + 1, column + 1).unwrap();
    }
    (file, entries)
}

#[test]
fn pieces_and_batches_make_no_difference() {
    let (mut file, entries) = large();
    assert!(file.len() > BATCH_BYTES + BATCH_BYTES / 4);
    assert!(read(&file).unwrap() == entries);
    // A fault far behind has the right line: two lines stand before the entries.
    let last = file.trim_end().rfind('\n').unwrap() + 1;
    file.replace_range(last.., "0 0 0\n");
    refuses(&file, "line 1600002: found row `0`, expected one from 1 to 1600000");
    file.truncate(last);
    refuses(
        &file,
        "line 1600002: found the end of the file after 1599999 of 1600000 entries, expected all \
         that it announces",
    );
}

#[test]
fn a_cancelled_read_stops() {
    struct Cancelled;
    impl Progress for Cancelled {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let mut reader =
        MarketReader::new(GENERAL.as_bytes().chain(&b"1 1 1\n1 1 1\n"[..]), "f.mtx", &Cancelled)
            .unwrap();
    assert!(matches!(reader.next_batch(), Err(Error::Interrupted)));
}

#[test]
fn a_matrix_has_its_entries_sorted_and_those_at_one_place_added() {
    let file = format!("{GENERAL}4 3 5\n3 2 1\n1 3 5\n3 1 2\n3 2 0.5\n1 1 7\n");
    let matrix = MarketReader::new(std::io::Cursor::new(file), "f.mtx", &())
        .unwrap()
        .into_matrix(None)
        .unwrap();
    assert_eq!(
        (matrix.n_rows(), matrix.n_columns(), matrix.n_nonzeros(), matrix.is_symmetric()),
        (4, 3, 4, false)
    );
    let expected =
        CsMatI::new((4, 3), vec![0, 2, 2, 4, 4], vec![0, 2, 0, 1], vec![7.0, 5.0, 2.0, 1.5]);
    assert_eq!(matrix.to_csr_blocks().unwrap(), [expected]);
}

#[test]
fn a_symmetric_file_makes_a_symmetric_matrix_and_a_skew_one_does_not() {
    let matrix = |symmetry: &str| {
        let file =
            format!("%%MatrixMarket matrix coordinate real {symmetry}\n3 3 2\n2 1 4\n3 2 1\n");
        MarketReader::new(std::io::Cursor::new(file), "f.mtx", &())
            .unwrap()
            .into_matrix(None)
            .unwrap()
    };
    let row_sums = |symmetry: &str| {
        CountMatrix::new(3, matrix(symmetry).to_csr_blocks().unwrap()).row_sums().unwrap()
    };
    assert!(matrix("symmetric").is_symmetric());
    assert_eq!(row_sums("symmetric"), [4.0, 5.0, 1.0]);
    assert!(!matrix("skew-symmetric").is_symmetric());
    assert_eq!(row_sums("skew-symmetric"), [-4.0, 3.0, 1.0]);
}

/// A matrix and its symmetry: distinct places that the symmetry has, and values of any size.
fn any_matrix() -> impl Strategy<Value = (Symmetry, u32, u32, Vec<(u32, u32, f64)>)> {
    let symmetry = prop_oneof![
        Just(Symmetry::General),
        Just(Symmetry::Symmetric),
        Just(Symmetry::SkewSymmetric)
    ];
    (symmetry, 1..9_u32, 1..9_u32).prop_flat_map(|(symmetry, n_rows, n_columns)| {
        let n_columns = if symmetry == Symmetry::General { n_columns } else { n_rows };
        let value = prop_oneof![
            -1e3..1e3,
            -1e-3..1e-3,
            Just(0.0),
            Just(1.0),
            (-40..38_i32).prop_map(|power| -(10_f64.powi(power)))
        ];
        let entries = proptest::collection::vec((0..n_rows, 0..n_columns, value), 0..30).prop_map(
            move |entries| {
                let is_held = |&(row, column, _): &(u32, u32, f64)| match symmetry {
                    Symmetry::General => true,
                    Symmetry::Symmetric => row >= column,
                    Symmetry::SkewSymmetric => row > column,
                };
                entries.into_iter().filter(is_held).collect::<Vec<_>>()
            },
        );
        (Just(symmetry), Just(n_rows), Just(n_columns), entries)
    })
}

/// Writes a file as a person would not: `choices` decide about blanks, capitals, comments and the
/// form of the numbers.
fn write_freely(matrix: &(Symmetry, u32, u32, Vec<(u32, u32, f64)>), choices: &[u8]) -> String {
    let (symmetry, n_rows, n_columns, entries) = matrix;
    let mut next = choices.iter().copied().cycle();
    let mut choose = |n: u8| next.next().unwrap_or(0) % n;
    let mut banner = format!("%%MatrixMarket matrix coordinate real {}", name(*symmetry));
    match choose(3) {
        0 => banner.make_ascii_lowercase(),
        1 => banner.make_ascii_uppercase(),
        _ => {}
    }
    let mut file = banner;
    let end_line = |file: &mut String, choose: &mut dyn FnMut(u8) -> u8| {
        file.push_str(["\n", "\r\n", " \n", "\t\r\n"][choose(4) as usize]);
        file.push_str(["", "", "\n", "% comment 1 2 3\n", "  % comment\r\n"][choose(5) as usize]);
    };
    end_line(&mut file, &mut choose);
    write!(file, "{n_rows} {n_columns}\t{}", entries.len()).unwrap();
    end_line(&mut file, &mut choose);
    for (row, column, value) in entries {
        let gap = |choose: &mut dyn FnMut(u8) -> u8| [" ", "\t", "   "][choose(3) as usize];
        file.push_str(["", " ", "\t"][choose(3) as usize]);
        file.push_str(["", "+", "0", "+00"][choose(4) as usize]);
        write!(file, "{}{}{}{}", row + 1, gap(&mut choose), column + 1, gap(&mut choose)).unwrap();
        match choose(5) {
            0 => write!(file, "{value}"),
            1 => write!(file, "{value:e}"),
            2 => write!(file, "{value:E}"),
            3 => write!(file, "{value:+e}"),
            _ => write!(file, "{}", format!("{value:e}").replace('e', "D")),
        }
        .unwrap();
        end_line(&mut file, &mut choose);
    }
    file
}

fn name(symmetry: Symmetry) -> &'static str {
    match symmetry {
        Symmetry::General => "general",
        Symmetry::Symmetric => "symmetric",
        Symmetry::SkewSymmetric => "skew-symmetric",
    }
}

proptest! {
    #[test]
    fn formatting_makes_no_difference(
        matrix in any_matrix(),
        choices in proptest::collection::vec(any::<u8>(), 1..60),
    ) {
        let mut expected = Vec::new();
        for &(row, column, value) in matrix.3.iter().filter(|entry| entry.2 != 0.0) {
            matrix.0.push(Entry { row, column, value }, &mut expected);
        }
        prop_assert_eq!(read(&write_freely(&matrix, &choices)).unwrap(), expected);
    }

    #[test]
    fn another_reader_reads_the_same(matrix in any_matrix()) {
        let (symmetry, n_rows, n_columns, entries) = &matrix;
        let mut file = format!(
            "%%MatrixMarket matrix coordinate real {}\n{n_rows} {n_columns} {}\n",
            name(*symmetry),
            entries.len()
        );
        for (row, column, value) in entries {
            writeln!(file, "{} {} {value:e}", row + 1, column + 1).unwrap();
        }
        let other: TriMat<f64> = read_matrix_market_from_bufread(&mut file.as_bytes()).unwrap();
        let mut expected: Vec<_> = other
            .triplet_iter()
            .map(|(&value, (row, column))| (row as u32, column as u32, value))
            .collect();
        expected.retain(|entry| entry.2 != 0.0);
        let mut found: Vec<_> = read(&file)
            .unwrap()
            .into_iter()
            .map(|entry| (entry.row, entry.column, entry.value))
            .collect();
        let by_place = |a: &(u32, u32, f64), b: &(u32, u32, f64)| a.partial_cmp(b).unwrap();
        expected.sort_by(by_place);
        found.sort_by(by_place);
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_text_after_a_header_is_a_matrix_or_one_error(
        text in "[-+0-9eEd.%naif \t\r\n]{0,60}",
        is_array in any::<bool>(),
    ) {
        let layout = if is_array { "array" } else { "coordinate" };
        match read(&format!("%%MatrixMarket matrix {layout} real general\n{text}")) {
            Ok(entries) => prop_assert!(
                entries.iter().all(|entry| entry.value.is_finite() && entry.value != 0.0)
            ),
            Err(error) => prop_assert!(matches!(error, Error::Malformed { .. }), "{}", error),
        }
    }
}
