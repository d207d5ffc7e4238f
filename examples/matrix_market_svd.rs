//! The decomposition alone, on a MatrixMarket file: `cargo run --release --example matrix_market_svd -- FILE.mtx 10`.

use std::error::Error;
use std::io::Write;

use eigenlex::RandomizedSvd;
use nalgebra_sparse::CsrMatrix;
use nalgebra_sparse::io::load_coo_from_matrix_market_file;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(rank)) = (arguments.next(), arguments.next()) else {
        return Err("expected a file and a rank".into());
    };
    let matrix: CsrMatrix<f64> = CsrMatrix::from(&load_coo_from_matrix_market_file(file)?);
    let svd = RandomizedSvd::new(rank.parse()?).decompose(&matrix, &())?;

    let mut output = std::io::stdout().lock();
    for (number, (value, residual)) in svd.singular_values.iter().zip(&svd.residuals).enumerate() {
        writeln!(output, "{:>4} {value:.9e} residual {residual:.1e}", number + 1)?;
    }
    writeln!(output, "{} products, {:.1} % of |A|_F^2 explained", svd.products, 100.0 * svd.explained())?;
    Ok(())
}
