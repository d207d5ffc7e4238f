//! Any bytes are a matrix in the MatrixMarket format, plain or compressed, or one clear error.
#![no_main]

use std::io::Cursor;

use eigenlex::LinearOperator;
use eigenlex::matrix::MarketReader;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let open = || MarketReader::new(Cursor::new(bytes.to_vec()), "fuzz", &());
    let Ok(mut reader) = open() else { return };
    let (n_rows, n_columns) = (reader.n_rows(), reader.n_columns());
    let mut n_entries = 0;
    loop {
        match reader.next_batch() {
            Ok(Some(entries)) => {
                assert!(
                    entries.iter().all(|entry| (entry.row as usize) < n_rows
                        && (entry.column as usize) < n_columns)
                );
                assert!(entries.iter().all(|entry| entry.value.is_finite() && entry.value != 0.0));
                n_entries += entries.len();
            }
            Ok(None) => break,
            Err(_) => return,
        }
    }
    // A matrix has an offset for each row and each column, which a few bytes can ask for by the
    // billion.
    if n_rows.max(n_columns) < 1 << 16 {
        let matrix =
            open().and_then(|reader| reader.into_matrix(None)).expect("it was read before");
        assert_eq!((matrix.n_rows(), matrix.n_columns()), (n_rows, n_columns));
        assert!(matrix.n_nonzeros() <= n_entries);
    }
});
