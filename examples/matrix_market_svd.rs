//! The decomposition alone, on a MatrixMarket file: `cargo run --release --example
//! matrix_market_svd -- FILE.mtx 10`.

use std::error::Error;
use std::io::Write;

use eigenlex::RandomizedSvd;
use eigenlex::matrix::MarketReader;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(rank)) = (arguments.next(), arguments.next()) else {
        return Err("expected a file and a rank".into());
    };
    let reader = MarketReader::open(file, &())?;
    let parameters = RandomizedSvd::new(rank.parse()?);
    // The header is known: a rank that cannot be reached is told before the entries are read.
    parameters.check_shape(reader.n_rows(), reader.n_columns())?;
    let matrix = reader.into_matrix(None)?;
    let svd = parameters.decompose(&matrix, &())?;

    let mut output = std::io::stdout().lock();
    for (number, (value, residual)) in svd.singular_values.iter().zip(&svd.residuals).enumerate() {
        writeln!(output, "{:>4} {value:.9e} residual {residual:.1e}", number + 1)?;
    }
    writeln!(
        output,
        "{} products, {:.1} % of |A|_F^2 explained",
        svd.products,
        100.0 * svd.explained()
    )?;
    Ok(())
}
