//! Panics of other crates that are expected, and caught.
//!
//! In: a call into a crate that panics at damaged data. Out: its result, or that it panicked. While
//! it runs, its thread says so, so that a program can keep the message of such a panic from its
//! user: the message of the error that the caller makes is the one to read.

use std::cell::Cell;
use std::panic::{self, UnwindSafe};

thread_local! {
    static IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is within a call whose panic would be caught and become an error.
///
/// A panic hook of a program that uses this library can leave out the message then:
///
/// ```
/// let usual = std::panic::take_hook();
/// std::panic::set_hook(Box::new(move |info| {
///     if !eigenlex::is_panic_expected() {
///         usual(info);
///     }
/// }));
/// ```
pub fn is_panic_expected() -> bool {
    IS_EXPECTED.get()
}

/// Calls what may panic.
///
/// # Errors
/// What it panicked with.
#[cfg_attr(
    not(any(feature = "arrow", feature = "parquet", test)),
    expect(dead_code, reason = "only Arrow and Parquet panic")
)]
pub(crate) fn caught<T>(call: impl FnOnce() -> T + UnwindSafe) -> std::thread::Result<T> {
    let before = IS_EXPECTED.replace(true);
    let result = panic::catch_unwind(call);
    IS_EXPECTED.set(before);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_expected_on_its_own_thread_and_while_it_may_come() {
        assert!(!is_panic_expected());
        let (here, elsewhere) = caught(|| {
            let nested = caught(is_panic_expected).unwrap() && is_panic_expected();
            (nested, std::thread::spawn(is_panic_expected).join().unwrap())
        })
        .unwrap();
        assert_eq!((here, elsewhere), (true, false));
        let message = caught(|| panic!("as expected")).map(|()| 0).unwrap_err();
        assert_eq!(message.downcast_ref(), Some(&"as expected"));
        assert!(!is_panic_expected());
    }
}
