//! Elementary functions that give the same bits on every system. Those of the standard library are
//! the system's (glibc, musl, macOS, Windows), which differ in the last bits; `clippy.toml` refuses
//! them. These are of the crate libm, which computes with exact operations alone (`+`, `*`, `/`,
//! `sqrt`, operations on bits) and is pinned, because bits depend on it.
//!
//! What IEEE 754 defines exactly stays with the standard library: `sqrt`, `mul_add`, `floor`,
//! `ceil`, `round`, `abs`.

pub(crate) use libm::{atanh, cos, erfc, exp, hypot, log as ln, log1p as ln_1p, log2, pow};

/// `base^exponent` by squaring, from the lowest bit of the exponent on. The compiler's `powi` may
/// multiply in another order on another processor.
pub(crate) fn whole_power(base: f64, exponent: u64) -> f64 {
    let (mut result, mut square, mut left) = (1.0, base, exponent);
    while left > 0 {
        if left & 1 == 1 {
            result *= square;
        }
        square *= square;
        left >>= 1;
    }
    result
}

/// The bits of `sqrt(1/2)`, and those of a mantissa, in `f32`.
const ROOT_OF_HALF: u32 = 0x3F35_04F3;
const MANTISSA: u32 = 0x007F_FFFF;

/// Added and subtracted again, it rounds a number below 2^51 to a whole one, whose bits are then
/// the last ones of the sum.
const ROUNDER: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52

/// The coefficients of `2^r = sum_k (r ln 2)^k / k!` from the highest, `k = 8`, to `k = 1`.
const EXP_2: [f64; 8] = [
    1.321_548_679_014_431e-6,
    1.525_273_380_405_984e-5,
    1.540_353_039_338_161e-4,
    1.333_355_814_642_844_3e-3,
    9.618_129_107_628_477e-3,
    5.550_410_866_482_158e-2,
    2.402_265_069_591_007e-1,
    std::f64::consts::LN_2,
];

/// `base^exponent` to the precision of `f32` and without branches, several times as fast as
/// [`pow`]:
/// `2^(exponent log2 base)`. The base is positive; below the smallest normal number it counts as
/// this number. Results outside `2^-126` to `2^127` are these bounds.
///
/// With `base = m 2^k`, m from `sqrt(1/2)` to `sqrt(2)`, and `s = (m - 1) / (m + 1)`:
/// `ln m = 2 (s + s^3/3 + s^5/5 + ...)`, where `|s| < 0.172` leaves less than 1e-10 after `s^11`.
/// The power of two is split into a whole number and a rest of at most 1/2, for which the series of
/// `e^x` leaves less than 1e-9.
#[inline(always)]
pub(crate) fn pow_f32(base: f32, exponent: f32) -> f32 {
    let shifted = base.max(f32::MIN_POSITIVE).to_bits().wrapping_sub(ROOT_OF_HALF);
    let k = f64::from(shifted as i32 >> 23);
    let m = f64::from(f32::from_bits((shifted & MANTISSA).wrapping_add(ROOT_OF_HALF)));
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    let mut series = 1.0 / 11.0;
    for factor in [1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0] {
        series = series * square + factor;
    }
    let log_2 = k + 2.0 * std::f64::consts::LOG2_E * s * series;

    let x = (f64::from(exponent) * log_2).clamp(-126.0, 127.0);
    let rounded = x + ROUNDER;
    let r = x - (rounded - ROUNDER);
    let mut series = EXP_2[0];
    for coefficient in &EXP_2[1..] {
        series = series * r + coefficient;
    }
    let whole = rounded.to_bits().wrapping_sub(ROUNDER.to_bits());
    ((series * r + 1.0) * f64::from_bits(whole.wrapping_add(1023) << 52)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::{mix, uniform};

    const N: u64 = 10_000;

    /// From `2^-32` to `2^32`.
    fn positive(row: u64) -> f64 {
        (1.0 + uniform(1, row, 0)) * f64::from_bits((1023 - 32 + mix(row) % 64) << 52)
    }

    /// A name, the function, and the standard library's, of a row of arguments.
    type Pair = (&'static str, fn(u64) -> f64, fn(u64) -> f64);

    const PAIRS: [Pair; 9] = [
        ("ln", |row| ln(positive(row)), |row| positive(row).ln()),
        ("ln_1p", |row| ln_1p(positive(row)), |row| positive(row).ln_1p()),
        ("log2", |row| log2(positive(row)), |row| positive(row).log2()),
        ("exp", |row| exp(between(-700.0, 700.0, row)), |row| between(-700.0, 700.0, row).exp()),
        ("cos", |row| cos(between(-60.0, 60.0, row)), |row| between(-60.0, 60.0, row).cos()),
        ("atanh", |row| atanh(between(-0.9, 0.9, row)), |row| between(-0.9, 0.9, row).atanh()),
        (
            "hypot",
            |row| hypot(positive(row), positive(row + 1)),
            |row| positive(row).hypot(positive(row + 1)),
        ),
        (
            "pow",
            |row| pow(positive(row), between(-9.0, 9.0, row)),
            |row| positive(row).powf(between(-9.0, 9.0, row)),
        ),
        (
            "whole_power",
            |row| whole_power(positive(row), row % 30),
            |row| positive(row).powi((row % 30) as i32),
        ),
    ];

    fn between(low: f64, high: f64, row: u64) -> f64 {
        low + (high - low) * uniform(2, row, 0)
    }

    #[test]
    fn they_agree_with_the_standard_library() {
        for (name, own, standard) in PAIRS {
            for row in 0..N {
                let (own, standard) = (own(row), standard(row));
                let near = 4e-15 * standard.abs().max(f64::MIN_POSITIVE);
                // Near a zero of the cosine, the argument's own rounding is larger.
                let near = if name == "cos" { near.max(1e-16) } else { near };
                assert!((own - standard).abs() <= near, "{name} at {row}: {own} {standard}");
            }
        }
    }

    /// The exact values are those of mpmath (`tests/fixtures/functions.py`); the bounds, in units
    /// in the last place, are the largest errors among 20,000 arguments, rounded up.
    #[test]
    fn they_are_as_near_to_the_exact_values_as_stated() {
        type Function = fn(f64, f64) -> f64;
        const BOUNDS: [(&str, f64, Function); 11] = [
            ("ln", 0.7, |x, _| ln(x)),
            ("ln_1p", 0.8, |x, _| ln_1p(x)),
            ("log2", 0.6, |x, _| log2(x)),
            ("exp", 0.9, |x, _| exp(x)),
            ("cos", 0.8, |x, _| cos(x)),
            ("atanh", 1.6, |x, _| atanh(x)),
            ("erfc", 2.5, |x, _| erfc(x)),
            ("hypot", 0.9, hypot),
            ("pow", 0.8, pow),
            ("whole_power", 17.0, |x, y| whole_power(x, y as u64)),
            ("pow_f32", 0.6, |x, y| f64::from(pow_f32(x as f32, y as f32))),
        ];
        let mut n_points = [0; BOUNDS.len()];
        for line in include_str!("../../tests/fixtures/functions.tsv").lines() {
            let (name, bits) = line.split_once('\t').unwrap();
            let numbers: Vec<f64> = bits
                .split('\t')
                .map(|bits| f64::from_bits(u64::from_str_radix(bits, 16).unwrap()))
                .collect();
            let [x, y, exact, rest] = numbers[..] else { panic!("{line}") };
            let place = BOUNDS.iter().position(|bound| bound.0 == name).unwrap();
            let (_, bound, function) = BOUNDS[place];
            let unit = match name {
                "pow_f32" => f64::from((exact as f32).next_up()) - f64::from(exact as f32),
                _ => exact.abs().next_up() - exact.abs(),
            };
            let error = ((function(x, y) - exact) - rest).abs() / unit;
            assert!(error <= bound, "{name}({x}, {y}) is {error} units off");
            n_points[place] += 1;
        }
        assert!(n_points.iter().all(|&n| n >= 80), "{n_points:?}");
    }

    /// The same numbers on every system. A new version of libm may change them: then the bits of
    /// models change, which the changelog has to say.
    #[test]
    fn the_bits_are_known() {
        let digest = |value: &dyn Fn(u64) -> f64| {
            (0..N).fold(0, |digest, row| mix(digest ^ value(row).to_bits()))
        };
        const KNOWN: [u64; PAIRS.len()] = [
            0xD572_43A1_6F6B_BFCA,
            0x33E3_A13D_B864_CDBE,
            0xBD21_CAB6_5C99_7C27,
            0x7FBA_9177_223C_EAA6,
            0x946A_9A50_4331_46C0,
            0x0515_F7E1_3623_52B8,
            0x7D59_9FFE_717B_F291,
            0xB002_78C4_7C62_00DF,
            0x81FF_2243_0591_AF82,
        ];
        for ((name, own, _), known) in PAIRS.iter().zip(KNOWN) {
            assert_eq!(digest(own), known, "{name}");
        }
        let of_tail = |row| erfc(between(-6.0, 26.0, row));
        assert_eq!(digest(&of_tail), 0x808B_96FF_733D_17A6, "erfc");
        let single = |row| f64::from(pow_f32(positive(row) as f32, between(-3.0, 3.0, row) as f32));
        assert_eq!(digest(&single), 0xEF73_8F5D_C6BB_9788, "pow_f32");
    }

    #[test]
    fn a_whole_power_is_a_product() {
        let cube = |x: f64| x * x * x;
        assert_eq!((whole_power(3.0, 0), whole_power(-3.0, 1)), (1.0, -3.0));
        assert_eq!(whole_power(-3.0, 9), cube(cube(-3.0)));
        assert_eq!((whole_power(0.9, u64::MAX), whole_power(1.0, u64::MAX)), (0.0, 1.0));
    }

    #[test]
    fn single_precision_is_that_of_double_rounded() {
        for row in 0..N {
            let (base, exponent) = (positive(row) as f32, between(-3.0, 3.0, row) as f32);
            let (own, exact) = (pow_f32(base, exponent), pow(base.into(), exponent.into()));
            // Half a unit in the last place is 6e-8.
            assert!(
                (f64::from(own) / exact - 1.0).abs() < 6.2e-8,
                "{base}^{exponent}: {own} {exact}"
            );
        }
        assert_eq!((pow_f32(1.0, 0.895), pow_f32(7.5, 1.0), pow_f32(7.5, 0.0)), (1.0, 7.5, 1.0));
        assert_eq!(pow_f32(0.0, 0.5), f32::MIN_POSITIVE.sqrt());
        assert_eq!(
            [pow_f32(1e-30, 30.0), pow_f32(1e-30, -30.0)],
            [-126, 127].map(|k: i32| (k as f32).exp2())
        );
    }
}
