//! The memory of this process, where the system tells: on Linux from `/proc/self/status`.

/// Resident memory now, in bytes, memory-mapped pages included.
pub(super) fn resident_bytes() -> Option<u64> {
    status_field("VmRSS:")
}

/// The largest resident memory since the process began, in bytes.
pub(super) fn peak_bytes() -> Option<u64> {
    status_field("VmHWM:")
}

fn status_field(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    let kibibytes: u64 = line[name.len()..].trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
