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
    sum_of_lanes(sums)
}

#[inline(always)]
fn sum_of_lanes(mut sums: [f32; 16]) -> f32 {
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
    }
    sums[0]
}

/// The dot products of some vectors with some others, all of one length: each has the bits of
/// [`dot`], but what is loaded serves several.
///
/// Plain loops over indices: closures would not be compiled for the instructions of the machine.
#[inline(always)]
pub(crate) fn dots<const L: usize, const R: usize>(
    lefts: [&[f32]; L],
    rights: [&[f32]; R],
) -> [[f32; R]; L] {
    let n_chunks = lefts[0].len() / 16;
    let mut sums = [[[0.0f32; 16]; R]; L];
    for chunk in 0..n_chunks {
        let mut of_rights = [[0.0f32; 16]; R];
        for r in 0..R {
            of_rights[r].copy_from_slice(&rights[r][16 * chunk..][..16]);
        }
        for l in 0..L {
            let mut left = [0.0f32; 16];
            left.copy_from_slice(&lefts[l][16 * chunk..][..16]);
            for r in 0..R {
                for lane in 0..16 {
                    sums[l][r][lane] += left[lane] * of_rights[r][lane];
                }
            }
        }
    }
    let mut products = [[0.0; R]; L];
    for l in 0..L {
        for r in 0..R {
            let (left, right) = (&lefts[l][16 * n_chunks..], &rights[r][16 * n_chunks..]);
            for lane in 0..left.len() {
                sums[l][r][lane] += left[lane] * right[lane];
            }
            products[l][r] = sum_of_lanes(sums[l][r]);
        }
    }
    products
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_products_side_by_side_have_the_bits_of_each_alone() {
        for n in [1, 15, 16, 17, 100, 300] {
            let vector = |seed: usize| {
                (0..n).map(|i| ((i * 7 + seed * 13) as f32).sin()).collect::<Vec<_>>()
            };
            let vectors: Vec<Vec<f32>> = (0..6).map(vector).collect();
            let of = |number: usize| &vectors[number][..];
            let all = dots([of(0), of(1)], [of(2), of(3), of(4), of(5)]);
            for (left, products) in all.iter().enumerate() {
                for (right, product) in products.iter().enumerate() {
                    assert_eq!(product.to_bits(), dot(of(left), of(right + 2)).to_bits());
                }
            }
        }
    }
}
