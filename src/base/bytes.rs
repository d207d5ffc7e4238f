//! Sizes in bytes as people read them.

/// Bytes with a binary unit: `512 B`, `1.5 GiB`.
///
/// ```
/// assert_eq!(eigenlex::storage::format_bytes(3 << 29), "1.5 GiB");
/// ```
pub fn format_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_a_unit_that_suits_them() {
        assert_eq!([512, 1536, 3 << 30].map(format_bytes), ["512 B", "1.5 KiB", "3.0 GiB"]);
    }
}
