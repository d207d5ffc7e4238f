//! Arrays as `.npy` files (NEP 1, version 1.0, C order), which NumPy opens in place.

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

/// A number in a file.
pub(crate) trait Element: Copy {
    const DESCRIPTION: &str;
    const BYTES: usize;

    fn put(self, file: &mut impl Write) -> std::io::Result<()>;

    /// `bytes` are exactly `BYTES`.
    fn take(bytes: &[u8]) -> Self;
}

macro_rules! elements {
    ($($number:ty: $description:literal),*) => {$(
        impl Element for $number {
            const DESCRIPTION: &str = $description;
            const BYTES: usize = size_of::<$number>();

            fn put(self, file: &mut impl Write) -> std::io::Result<()> {
                file.write_all(&self.to_le_bytes())
            }

            fn take(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("a chunk has the size of a number"))
            }
        }
    )*};
}

elements!(i32: "<i4", i64: "<i8", f32: "<f4", f64: "<f8");

/// Writes `numbers` as an array of this shape.
pub(crate) fn write<T: Element>(
    path: &Path,
    shape: &[usize],
    numbers: impl IntoIterator<Item = T>,
) -> Result<(), Box<dyn Error>> {
    let shape: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let mut header =
        format!("{{'descr': '{}', 'fortran_order': False, 'shape': ({shape}), }}", T::DESCRIPTION);
    // Magic, version and length take 10 bytes; the numbers begin at a multiple of 64.
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&u16::try_from(header.len())?.to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for number in numbers {
        number.put(&mut file)?;
    }
    Ok(file.flush()?)
}

/// All numbers of an array, whatever its shape.
pub(crate) fn read<T: Element>(path: &Path) -> Result<Vec<T>, Box<dyn Error>> {
    let mut file = File::open(path)?;
    let mut start = [0; 10];
    file.read_exact(&mut start)?;
    let mut header = vec![0; usize::from(u16::from_le_bytes([start[8], start[9]]))];
    file.read_exact(&mut header)?;
    let header = String::from_utf8(header)?;
    if !start.starts_with(b"\x93NUMPY\x01")
        || !header.contains(T::DESCRIPTION)
        || header.contains("True")
    {
        return Err(format!(
            "{}: expected an array of {} in C order, found {header}",
            path.display(),
            T::DESCRIPTION
        )
        .into());
    }
    let n_bytes = file.metadata()?.len() as usize - 10 - header.len();
    let mut numbers = Vec::with_capacity(n_bytes / T::BYTES);
    let mut file = BufReader::with_capacity(1 << 20, file);
    let mut bytes = vec![0; T::BYTES << 16];
    for start in (0..n_bytes).step_by(bytes.len()) {
        let part = &mut bytes[..(T::BYTES << 16).min(n_bytes - start)];
        file.read_exact(part)?;
        numbers.extend(part.chunks_exact(T::BYTES).map(T::take));
    }
    Ok(numbers)
}
