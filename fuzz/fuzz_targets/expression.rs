//! Any text is an expression that is read again as it is shown, or one clear error.
#![no_main]

use eigenlex::query::Expression;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(expression) = text.parse::<Expression>() {
        assert_eq!(expression.to_string().parse::<Expression>().ok(), Some(expression));
    }
});
