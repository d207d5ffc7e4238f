//! The memory of this process, on Linux from `/proc/self/status`, and sizes as a person writes
//! them.

/// Resident memory now, in bytes, memory-mapped pages included.
pub(crate) fn resident_bytes() -> Option<u64> {
    status_field("VmRSS:")
}

/// The largest resident memory since the process began, in bytes.
pub(crate) fn peak_bytes() -> Option<u64> {
    status_field("VmHWM:")
}

fn status_field(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    let kibibytes: u64 = line[name.len()..].trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// `8GB`, `512MiB`, `1.5g`, or a plain number of bytes; powers of 1000 for `KB`, of 1024 for `KiB`
/// and for a bare letter.
pub(crate) fn parse_bytes(text: &str) -> std::result::Result<u64, String> {
    let unit_start =
        text.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_start);
    let factor: f64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kib" => 1024.0,
        "m" | "mib" => 1024.0 * 1024.0,
        "g" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "t" | "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        _ => return Err(format!("`{unit}` is not a unit; write for instance 8GB or 512MiB")),
    };
    match number.trim().parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok((number * factor) as u64),
        _ => Err(format!("`{number}` is not a positive number; write for instance 8GB or 512MiB")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(parse_bytes("8GB"), Ok(8_000_000_000));
        assert_eq!(parse_bytes("1.5GiB"), Ok(3 << 29));
        assert_eq!(parse_bytes("512m"), Ok(512 << 20));
        assert_eq!(parse_bytes("4096"), Ok(4096));
        for bad in ["", "GB", "-1GB", "1XB", "nan"] {
            assert!(parse_bytes(bad).is_err(), "{bad}");
        }
    }
}
