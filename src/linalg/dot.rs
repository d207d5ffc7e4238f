//! Dot products and lengths of vectors, summed in a fixed order: the same bits on every machine.

/// The Euclidean length, summed in `f64`; 0 below the smallest normal `f32`, where nothing is left
/// of the direction.
pub(crate) fn length_of(vector: &[f32]) -> f32 {
    let (chunks, tail) = vector.as_chunks::<8>();
    let mut sums = [0.0f64; 8];
    for chunk in chunks {
        for lane in 0..8 {
            sums[lane] += f64::from(chunk[lane]) * f64::from(chunk[lane]);
        }
    }
    for (sum, &number) in sums.iter_mut().zip(tail) {
        *sum += f64::from(number) * f64::from(number);
    }
    let length = sums.iter().sum::<f64>().sqrt() as f32;
    if length < f32::MIN_POSITIVE { 0.0 } else { length }
}

/// The vector divided by its length, or zeros where it has none.
pub(crate) fn write_unit(vector: &[f32], length: f32, unit: &mut [f32]) {
    if length > 0.0 {
        unit.iter_mut().zip(vector).for_each(|(unit, &number)| *unit = number / length);
    } else {
        unit.fill(0.0);
    }
}

/// The dot product in 16 lanes that are added at the end in a fixed order: the same bits on every
/// machine.
#[inline(always)]
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let (left_chunks, left_tail) = left.as_chunks::<16>();
    let (right_chunks, right_tail) = right.as_chunks::<16>();
    let mut sums = [0.0f32; 16];
    for (left, right) in left_chunks.iter().zip(right_chunks) {
        for lane in 0..16 {
            sums[lane] += left[lane] * right[lane];
        }
    }
    for (lane, (left, right)) in left_tail.iter().zip(right_tail).enumerate() {
        sums[lane] += left * right;
    }
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
    }
    sums[0]
}
