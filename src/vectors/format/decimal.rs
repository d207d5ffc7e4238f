//! A decimal number at the beginning of some bytes, as a 32-bit float.
//!
//! In: bytes. Out: the nearest `f32`, the same that Rust's own parser gives, and how many bytes it
//! takes. Most numbers of vectors are short: digits below 2^53 divided by a power of ten up to
//! 10^22, both exact in 64 bits, give the nearest 64-bit float (Clinger 1990, "How to read floating
//! point numbers accurately"). Rounding that to 32 bits is right unless it lies half way between
//! two of them; then, and for exponents, Rust's parser decides.

/// Powers of ten that 64-bit floats hold exactly, as far as they are needed.
const POWERS: [f64; 19] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18,
];

/// Digits that a 64-bit integer always holds.
const MOST_DIGITS: usize = 18;

/// Bits of a 64-bit float that a 32-bit float has not, and their value half way.
const LOST_BITS: u64 = (1 << 29) - 1;
const HALF_WAY: u64 = 1 << 28;

/// The number at the beginning of `bytes`, up to a space, a tab, CR or the end, and its length;
/// `None` if these bytes are no number. It may be NaN or infinite.
pub(super) fn leading_float(bytes: &[u8]) -> Option<(f32, usize)> {
    let is_negative = bytes.first() == Some(&b'-');
    let start = usize::from(is_negative);
    let (mut end, mut digits, mut point) = (start, 0u64, None);
    while let Some(&byte) = bytes.get(end) {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            digits = digits.wrapping_mul(10).wrapping_add(u64::from(digit));
        } else if byte == b'.' && point.is_none() {
            point = Some(end);
        } else {
            break;
        }
        end += 1;
    }
    let n_digits = end - start - usize::from(point.is_some());
    let is_end = bytes.get(end).is_none_or(|&byte| matches!(byte, b' ' | b'\t' | b'\r'));
    if is_end && (1..=MOST_DIGITS).contains(&n_digits) && digits < 1 << 53 {
        let n_decimals = point.map_or(0, |point| end - point - 1);
        let value = digits as f64 / POWERS[n_decimals];
        let is_exact = value.to_bits() & LOST_BITS != HALF_WAY
            && (digits == 0 || value >= f64::from(f32::MIN_POSITIVE));
        if is_exact {
            let value = value as f32;
            return Some((if is_negative { -value } else { value }, end));
        }
    }
    let length =
        bytes.iter().position(|byte| matches!(byte, b' ' | b'\t' | b'\r')).unwrap_or(bytes.len());
    let value = std::str::from_utf8(&bytes[..length]).ok()?.parse().ok()?;
    Some((value, length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn agrees(text: &str) {
        let expected = text.parse::<f32>().ok().map(|value| (value.to_bits(), text.len()));
        let found = leading_float(text.as_bytes()).map(|(value, n)| (value.to_bits(), n));
        match text.parse::<f32>() {
            Ok(value) if value.is_nan() => assert!(found.is_some(), "{text}"),
            _ => assert_eq!(found, expected, "{text}"),
        }
    }

    #[test]
    fn odd_numbers_are_those_of_the_standard_parser() {
        for text in [
            "0",
            "-0",
            "1",
            "-1.5",
            "+1",
            ".5",
            "5.",
            "-.5",
            ".",
            "-",
            "",
            "1e5",
            "1E-45",
            "nan",
            "inf",
            "-infinity",
            "1_0",
            "0x10",
            "1.2.3",
            "--1",
            "3.4028235e38",
            "3.5e38",
            "1e-50",
            "0.000000000000000000000000000000000000000000001",
            "16777217",
            "16777219",
            "0.1000000014901161193847656",
            "9007199254740993",
            "340282346638528859811704183484516925440",
        ] {
            agrees(text);
        }
        assert_eq!(leading_float(b"-2.5 7"), Some((-2.5, 4)));
        assert_eq!(leading_float(b"2\r"), Some((2.0, 1)));
        assert_eq!(leading_float(b"2x 1"), None);
    }

    proptest! {
        #[test]
        fn printed_floats_come_back(bits: u32, decimals in 0usize..12) {
            let value = f32::from_bits(bits);
            agrees(&value.to_string());
            agrees(&format!("{value:.decimals$}"));
            agrees(&format!("{value:e}"));
        }

        #[test]
        fn any_digits_agree(text in "-?[0-9]{0,12}\\.?[0-9]{0,12}") {
            agrees(&text);
        }

        /// Half way between two floats of 24 bits, and a little to each side.
        #[test]
        fn numbers_half_way_are_rounded_to_even(mantissa in 1u64 << 23..1 << 24, n in 0i64..3) {
            agrees(&(2 * mantissa + 1).to_string());
            agrees(&format!("{}.{}", mantissa, 5 + n - 1));
        }
    }
}
