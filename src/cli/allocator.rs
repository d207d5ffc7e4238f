//! Large pieces of memory: they come in huge pages where the system gives them, and go back to it
//! when they are freed.
//!
//! Huge pages: a matrix of a gigabyte is 270,000 pages of 4 KiB, each of which the system clears at
//! its first touch and the processor looks up at a product; in pages of 2 MiB it is 500. Linux
//! gives them to a process that asks (`madvise`, what most distributions set), so every piece of
//! [`LARGE`] bytes asks: that saves a fifth of the time of `embed` on a corpus of 23 M tokens, at
//! the same peak of memory.
//!
//! Giving back: the GNU allocator serves large requests by maps of their own, which go back to the
//! system when they are freed. But each map that is freed raises the size from which it does so, up
//! to 32 MiB; smaller pieces then come from a heap whose holes stay with the process. The rows of a
//! count are pieces of 2 MiB: without this a run took up to twice its `--memory` (1.77 GB of 1.2,
//! measured on a corpus of 23 M tokens; with it 0.87 GB, in the same time).

use std::alloc::{GlobalAlloc, Layout, System};

/// Bytes from which a piece of memory is a map of its own.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAP_FROM: libc::c_int = 1 << 20;

/// Bytes from which a piece asks for huge pages: the size of one on the usual machines.
#[cfg(target_os = "linux")]
const LARGE: usize = 2 << 20;

/// The system's allocator, which asks for huge pages for large pieces.
struct LargePages;

#[global_allocator]
static ALLOCATOR: LargePages = LargePages;

#[expect(unsafe_code, reason = "an allocator cannot be written without it")]
// SAFETY: each function hands its arguments on to the system's allocator, whose contract is the
// same, and returns what that returns; the advice in between changes neither the piece nor its
// contents.
unsafe impl GlobalAlloc for LargePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        advised(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        advised(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        advised(unsafe { System.realloc(piece, layout, new_size) }, new_size)
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(piece, layout) }
    }
}

/// Asks for huge pages for a piece of memory, if it is a large one; returns it.
#[cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "no safe function advises the system about memory")
)]
fn advised(piece: *mut u8, n_bytes: usize) -> *mut u8 {
    #[cfg(target_os = "linux")]
    if n_bytes >= LARGE && !piece.is_null() {
        // Whole pages begin and end where multiples of 4 KiB are, or of more on some machines,
        // where the system then refuses the advice.
        const PAGE: usize = 4096;
        let begin = piece.map_addr(|address| address & !(PAGE - 1));
        let end = (piece.addr() + n_bytes) & !(PAGE - 1);
        // SAFETY: the advice is about pages that hold the piece and changes how they are backed,
        // never what is in them; a refusal changes nothing.
        unsafe {
            libc::madvise(begin.cast(), end - begin.addr(), libc::MADV_HUGEPAGE);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = n_bytes;
    piece
}

/// Gives back what is free among the small pieces: what a stage leaves behind would be held beside
/// all later ones.
#[cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "no safe function asks the C library's allocator for it")
)]
pub(crate) fn return_free_pieces() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` takes a number and gives back pages that hold nothing; it may be called
    // at any time, from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Gives every large piece of memory back as soon as it is freed. Called once, before there are
/// other threads.
#[cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "no safe function sets a parameter of the C library's allocator")
)]
pub(crate) fn return_large_pieces() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` takes two numbers and sets a parameter of the allocator; the value is
    // within the range that it allows, and a refusal changes nothing.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAP_FROM);
    }
}
