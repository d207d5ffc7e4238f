//! What the C library's allocator does with large pieces of memory that are freed.
//!
//! The GNU allocator serves large requests by maps of their own, which go back to the system when they are freed. But each map that is freed
//! raises the size from which it does so, up to 32 MiB; smaller pieces then come from a heap whose holes stay with the process. The rows of a
//! count are pieces of 2 MiB: without this a run took up to twice its `--memory` (1.77 GB of 1.2, measured on a corpus of 23 M tokens; with it
//! 0.87 GB, in the same time).

/// Bytes from which a piece of memory is a map of its own.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAP_FROM: libc::c_int = 1 << 20;

/// Gives every large piece of memory back as soon as it is freed. Called once, before there are other threads.
#[cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "no safe function sets a parameter of the C library's allocator")
)]
pub(super) fn return_large_pieces() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` takes two numbers and sets a parameter of the allocator; the value is within the range that it allows, and a
    // refusal changes nothing.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAP_FROM);
    }
}
