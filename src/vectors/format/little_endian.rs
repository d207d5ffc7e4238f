//! Numbers as little-endian bytes, the order of every file format here.

use std::io::{self, Write};

use pulp::bytemuck;

/// The floats of some bytes; what is left after the last whole one is ignored.
pub(crate) fn floats(bytes: &[u8]) -> Vec<f32> {
    floats_of(bytes).collect()
}

/// The same one by one.
pub(crate) fn floats_of(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

/// The number of eight bytes.
///
/// # Panics
/// If there are not eight.
pub(crate) fn u64_of(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("chunks of eight bytes"))
}

/// Writes floats, in one piece where the machine has the order of the file.
pub(crate) fn write_floats(file: &mut impl Write, numbers: &[f32]) -> io::Result<()> {
    if cfg!(target_endian = "little") {
        file.write_all(bytemuck::cast_slice::<f32, u8>(numbers))
    } else {
        numbers.iter().try_for_each(|number| file.write_all(&number.to_le_bytes()))
    }
}
