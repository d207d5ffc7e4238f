//! Which vector instructions are used: the widest of this processor, or fewer when asked.
//!
//! No result depends on the choice: every sum has an order that the sizes alone fix, and a product
//! is added in one rounding (`mul_add`) on every processor. The limit serves tests and
//! measurements.

use std::any::TypeId;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

use pulp::bytemuck::cast;
use pulp::{Arch, Scalar128b, Simd, WithSimd};

use crate::base::error::{Error, Result};

/// The widest vector instructions that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Instructions {
    /// No more than every processor of the architecture has.
    Plain,
    /// AVX2 with fused multiply-add, on x86-64.
    Avx2,
    /// All that this processor has.
    All,
}

impl Instructions {
    const NAMES: [(Self, &str); 3] =
        [(Self::Plain, "plain"), (Self::Avx2, "avx2"), (Self::All, "all")];
}

impl fmt::Display for Instructions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(it, _)| it == self).map_or("", |(_, name)| name);
        formatter.pad(name)
    }
}

impl FromStr for Instructions {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::NAMES.iter().find(|(_, it)| *it == name).map(|(it, _)| *it).ok_or_else(|| {
            Error::Parameter {
                name: "instructions",
                found: format!("`{name}`"),
                expected: "plain, avx2 or all".to_owned(),
            }
        })
    }
}

static LIMIT: AtomicU8 = AtomicU8::new(Instructions::All as u8);

/// Limits the vector instructions of this process. Results stay the same; only the speed changes.
pub fn limit_instructions(most: Instructions) {
    LIMIT.store(most as u8, Ordering::Relaxed);
}

/// The instructions to compute with.
#[inline]
pub(crate) fn arch() -> Arch {
    let limit = LIMIT.load(Ordering::Relaxed);
    if limit == Instructions::All as u8 {
        return Arch::new();
    }
    #[cfg(target_arch = "x86_64")]
    if limit == Instructions::Avx2 as u8
        && let Some(avx2) = pulp::x86::V3::try_new()
    {
        return Arch::V3(avx2);
    }
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    return Arch::Scalar;
    #[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
    Arch::new()
}

/// Runs a task with these instructions. Without any, its vectors have 128 bits, which compilers
/// turn into the instructions that every processor of the architecture has.
#[inline]
pub(crate) fn dispatch<T: WithSimd>(task: T) -> T::Output {
    match arch() {
        Arch::Scalar => task.with_simd(Scalar128b),
        arch => arch.dispatch(task),
    }
}

/// The upper half of the bits of the smallest normal number of `f32`, in `f64`.
const SMALLEST_NORMAL: u32 = (1023 - 126) << 20;

/// Whether vectors have no instruction to multiply and add.
#[inline(always)]
fn is_plain<S: Simd>() -> bool {
    S::IS_SCALAR || TypeId::of::<S>() == TypeId::of::<Scalar128b>()
}

/// `a b + c` where the product needs no rounding, so that it does not matter whether it gets one.
#[inline(always)]
pub(crate) fn exact_mul_add<S: Simd>(simd: S, a: S::f64s, b: S::f64s, c: S::f64s) -> S::f64s {
    match is_plain::<S>() {
        true => simd.add_f64s(simd.mul_f64s(a, b), c),
        false => simd.mul_add_f64s(a, b, c),
    }
}

/// `a b + c`, rounded once on every processor.
#[inline(always)]
pub(crate) fn mul_add<S: Simd>(simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
    if !is_plain::<S>() {
        return simd.mul_add_f32s(a, b, c);
    }
    // The type says how many numbers a vector has: all arms but one are gone in the machine code.
    match size_of::<S::f32s>() / size_of::<f32>() {
        1 => cast(all_rounded_once::<1>(cast(a), cast(b), cast(c))),
        4 => cast(all_rounded_once::<4>(cast(a), cast(b), cast(c))),
        8 => cast(all_rounded_once::<8>(cast(a), cast(b), cast(c))),
        _ => cast(all_rounded_once::<16>(cast(a), cast(b), cast(c))),
    }
}

/// `a b + c` of each number, rounded once.
///
/// The product is exact in `f64`. Rounding its sum there and then to `f32` is one rounding too many
/// only where the first one ends halfway between two numbers of the second. That is looked for, and
/// hardly ever found.
// Loops over indices: iterators stay calls where many copies of this are made.
#[inline(always)]
fn all_rounded_once<const N: usize>(a: [f32; N], b: [f32; N], c: [f32; N]) -> [f32; N] {
    let mut sums = [0.0; N];
    let mut doubts = 0;
    for lane in 0..N {
        let sum = f64::from(a[lane]) * f64::from(b[lane]) + f64::from(c[lane]);
        let bits = sum.to_bits();
        let magnitude = (bits >> 32) as u32 & 0x7fff_ffff;
        // Numbers below the normal ones of `f32` have fewer digits.
        let is_small = magnitude.wrapping_sub(1) < SMALLEST_NORMAL - 1;
        let is_halfway = bits as u32 & 0x1fff_ffff == 0x1000_0000;
        doubts |= u32::from(is_small) | u32::from(is_halfway);
        sums[lane] = sum as f32;
    }
    if doubts != 0 { one_by_one(&a, &b, &c) } else { sums }
}

/// The same without a doubt; apart, so that compilers keep it out of the loops.
#[cold]
#[inline(never)]
fn one_by_one<const N: usize>(a: &[f32; N], b: &[f32; N], c: &[f32; N]) -> [f32; N] {
    std::array::from_fn(|lane| rounded_once(a[lane], b[lane], c[lane]))
}

/// `a b + c`, rounded once, without an instruction for it, and without a branch.
///
/// The product is exact in `f64`. The sum is rounded there to odd, which hides nothing from the
/// rounding to `f32` (Boldo & Melquiond 2008, theorem 1); its error is exact (Knuth 1998, section
/// 4.2.2, theorem B).
#[inline(always)]
fn rounded_once(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    let added = sum - product;
    let error = (product - (sum - added)) + (c - added);
    let bits = sum.to_bits();
    // Where the sum was rounded away from zero, the odd neighbour is the next one towards it.
    let is_inexact = u64::from(error != 0.0 && error.is_finite());
    let is_away = u64::from((error < 0.0) != (sum < 0.0)) & is_inexact;
    f64::from_bits((bits - is_away) | is_inexact) as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_product_and_a_sum_are_rounded_once(bits in any::<[u32; 3]>()) {
            let [a, b, c] = bits.map(f32::from_bits);
            let (ours, exact) = (rounded_once(a, b, c), a.mul_add(b, c));
            prop_assert!(ours.to_bits() == exact.to_bits() || ours.is_nan() && exact.is_nan());
            let [ours, seven] = all_rounded_once([a, 2.0], [b, 3.0], [c, 1.0]);
            prop_assert!(ours.to_bits() == exact.to_bits() || ours.is_nan() && exact.is_nan());
            prop_assert_eq!(seven, 7.0);
        }

        #[test]
        fn numbers_of_like_size_are_rounded_once(
            a in any::<i16>(), b in any::<i16>(), c in any::<i32>(), low in -70i32..70,
        ) {
            // Many of these lie halfway between two numbers, or next to it.
            let scale = |value: f64, power: i32| (value * 2f64.powi(power)) as f32;
            let (a, b) = (scale(f64::from(a), -7), scale(f64::from(b), 3));
            let c = scale(f64::from(c), low);
            prop_assert_eq!(rounded_once(a, b, c).to_bits(), a.mul_add(b, c).to_bits());
            let ours = all_rounded_once([a; 4], [b; 4], [c; 4])[3];
            prop_assert_eq!(ours.to_bits(), a.mul_add(b, c).to_bits());
            let near = scale(f64::from(c), 0);
            let tiny = scale(1.0, -60);
            let exact = tiny.mul_add(near, near);
            prop_assert_eq!(rounded_once(tiny, near, near).to_bits(), exact.to_bits());
        }
    }

    #[test]
    fn a_limit_is_known_by_its_name() {
        for (limit, name) in Instructions::NAMES {
            assert_eq!(
                (limit.to_string().as_str(), name.parse::<Instructions>().unwrap()),
                (name, limit)
            );
        }
        assert_eq!(
            "sse".parse::<Instructions>().unwrap_err().to_string(),
            "instructions is `sse`, expected plain, avx2 or all"
        );
    }
}
