//! One row block of a sparse matrix, laid out for products in both directions, in one run of bytes
//! that is in memory or mapped from a file.
//!
//! In: some rows in compressed rows (`sprs`). Out: the products `A_b q` and `A_b^T y` of these
//! rows.
//!
//! A gather over a whole panel would leave the cache. So each direction is cut into *strips*: for
//! `A q` by columns, for `A^T y` by rows, so many that their part of the panel is about
//! `SOURCES_PER_STRIP` rows, or more where so few would hold less than `ENTRIES_PER_STRIP`
//! entries. A strip lists the places of the result that it adds to and, for each, its entries:
//! 16-bit numbers within the strip, and values. A block whose values are all 1 stores none, one
//! whose values are not all numbers of `f32` has `f64`. Bytes for each entry: 12 in both
//! directions, 4 without values, 20 with `f64`; and 8 for each place of a strip.
//!
//! Sections of a strip, in the byte order of the machine, each padded to 8 bytes: places (`u32`),
//! offsets (`u32`), sources (`u16`), values (`f32` or `f64`).

use std::ops::Range;
use std::sync::Arc;

use pulp::bytemuck::{Pod, cast_slice, cast_slice_mut};
use rayon::prelude::*;
use sprs::CsMatI;

use super::layout::{BlockLayout, Places, StoredValues, StripLayout, cut, padded};
use crate::linalg::gathered::Gathered;
use crate::operator::kernel::{One, SparseView, Value};
use crate::operator::strips::{Strip, Strips};
use crate::operator::sums::Real;
use crate::storage::mmap::MappedFile;

/// Rows that one task looks through, at least.
const ROWS_PER_TASK: usize = 64;

/// Does something with some strips, whatever their values are.
macro_rules! with_strips {
    ($block:expr, $layouts:expr, |$strips:ident| $result:expr) => {
        match $block.layout.values {
            StoredValues::Ones => {
                // Values that take no memory: one run of them serves all strips.
                let ones = vec![One; $block.layout.n_entries];
                let $strips = $block.strips($layouts, |_, n| &ones[..n]);
                $result
            }
            StoredValues::Single => {
                let $strips = $block.strips($layouts, |start, n| $block.numbers::<f32>(start, n));
                $result
            }
            StoredValues::Double => {
                let $strips = $block.strips($layouts, |start, n| $block.numbers::<f64>(start, n));
                $result
            }
        }
    };
}

/// The bytes of a block.
#[derive(Debug)]
enum Bytes {
    /// In memory, aligned to 8 bytes.
    Memory(Vec<u64>),
    /// Mapped from a file.
    Mapped(MappedFile),
}

/// Some consecutive rows of a [`BlockMatrix`](super::BlockMatrix), ready for products.
#[derive(Debug)]
pub(super) struct Block {
    layout: Arc<BlockLayout>,
    bytes: Bytes,
}

impl Block {
    /// Lays out rows, with the strips for the transposed product if they are wanted.
    ///
    /// # Panics
    /// If the rows are not in compressed rows, or have 2^32 entries or more.
    pub(super) fn new<N: Value + Pod>(rows: &CsMatI<N, u32, usize>, with_transpose: bool) -> Self {
        assert!(rows.is_csr(), "a block must be in compressed rows");
        assert!(
            u32::try_from(rows.nnz()).is_ok(),
            "a block must have fewer than 2^32 entries, not {}",
            rows.nnz()
        );
        let indptr = rows.proper_indptr();
        let rows = SparseView { offsets: &indptr, columns: rows.indices(), values: rows.data() };
        let n_columns = rows.columns.iter().max().map_or(0, |&column| column as usize + 1);
        let row_lengths = (0..rows.n_rows()).map(|row| rows.offset(row + 1) - rows.offset(row));
        let column_strips = cut(column_counts(&rows, n_columns).into_iter());
        let row_strips = if with_transpose { cut(row_lengths) } else { Vec::new() };

        // First the places of each strip and how many entries each has; then all is known that the
        // layout needs.
        let crossings = Crossings::new(&rows, &column_strips);
        let forward: Vec<Places> =
            (0..column_strips.len()).into_par_iter().map(|strip| crossings.places(strip)).collect();
        let transposed: Vec<Places> = row_strips
            .par_iter()
            .map_init(
                || vec![0; n_columns],
                |counts, strip| transposed_places(&rows, strip, counts),
            )
            .collect();
        let mut layout = BlockLayout {
            n_rows: rows.n_rows(),
            n_entries: rows.columns.len(),
            values: match rows.values.iter().any(|&value| value.to_f64() != 1.0) {
                false => StoredValues::Ones,
                true if size_of::<N>() == size_of::<f32>() => StoredValues::Single,
                true => StoredValues::Double,
            },
            forward: vec![],
            transposed: vec![],
            n_bytes: 0,
        };
        layout.forward = layout.place(column_strips, &forward);
        layout.transposed = layout.place(row_strips, &transposed);
        let bytes = filled(&rows, &layout, &crossings, &forward, &transposed, n_columns);
        Self { layout: Arc::new(layout), bytes: Bytes::Memory(bytes) }
    }

    /// A block whose bytes are mapped from a file.
    ///
    /// # Panics
    /// If the file has another length than the layout.
    pub(super) fn mapped(layout: Arc<BlockLayout>, file: MappedFile) -> Self {
        assert_eq!(
            file.bytes().len(),
            layout.n_bytes,
            "a mapped block must have the bytes of its layout"
        );
        Self { layout, bytes: Bytes::Mapped(file) }
    }

    /// A block without an entry.
    ///
    /// # Panics
    /// If the layout has bytes.
    pub(super) fn empty(layout: Arc<BlockLayout>) -> Self {
        assert_eq!(layout.n_bytes, 0, "an empty block has no bytes");
        Self { layout, bytes: Bytes::Memory(Vec::new()) }
    }

    pub(super) fn layout(&self) -> &Arc<BlockLayout> {
        &self.layout
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Memory(words) => cast_slice(words),
            Bytes::Mapped(file) => file.bytes(),
        }
    }

    /// `n` numbers that begin at byte `start`.
    fn numbers<T: Pod>(&self, start: usize, n: usize) -> &[T] {
        cast_slice(&self.bytes()[start..start + n * size_of::<T>()])
    }

    /// The row block as it was given.
    pub(super) fn to_csr<T: Real>(&self, n_columns: usize) -> CsMatI<T, u32, usize> {
        with_strips!(self, &self.layout.forward, |strips| csr(
            &strips,
            self.layout.n_rows,
            n_columns
        ))
    }

    /// Overwrites `y` with `A_b q` for some of the rows.
    pub(super) fn multiply<Q: Gathered>(
        &self,
        rows: Range<usize>,
        q: Q,
        width: usize,
        y: &mut [f32],
    ) {
        self.multiply_strips(&self.layout.forward, q, width, rows, y, true);
    }

    /// As [`Block::multiply`], for all rows, in double precision.
    pub(super) fn multiply_double(&self, q: &[f64], width: usize, y: &mut [f64]) {
        y.fill(0.0);
        self.add_strips(&self.layout.forward, q, width, y);
    }

    /// As [`Block::add_transposed`], for all rows, in double precision.
    pub(super) fn add_transposed_double(&self, y: &[f64], width: usize, x: &mut [f64]) {
        self.add_strips(&self.layout.transposed, y, width, x);
    }

    fn add_strips(&self, strips: &[StripLayout], q: &[f64], width: usize, y: &mut [f64]) {
        let places = 0..y.len() / width.max(1);
        with_strips!(self, strips, |strips| strips.add_double(q, width, places, y));
    }

    /// Adds `A_b^T y` for the rows of some of the strips of rows to `x`.
    pub(super) fn add_transposed<Q: Gathered>(
        &self,
        strips: Range<usize>,
        y: Q,
        width: usize,
        x: &mut [f32],
    ) {
        let n_columns = x.len() / width.max(1);
        self.multiply_strips(&self.layout.transposed[strips], y, width, 0..n_columns, x, false);
    }

    fn multiply_strips<Q: Gathered>(
        &self,
        strips: &[StripLayout],
        q: Q,
        width: usize,
        places: Range<usize>,
        y: &mut [f32],
        fresh: bool,
    ) {
        with_strips!(self, strips, |strips| strips.multiply(q, width, places, y, fresh));
    }

    /// Strips whose sources are counted from those of the first; `values_of` finds the values of so
    /// many entries at a byte.
    fn strips<'a, N: Value>(
        &'a self,
        strips: &[StripLayout],
        values_of: impl Fn(usize, usize) -> &'a [N],
    ) -> Strips<'a, N> {
        let first = strips.first().map_or(0, |strip| strip.sources.start);
        let strip = |layout: &StripLayout| {
            let offsets = layout.start + padded(4 * layout.n_places);
            let sources = offsets + padded(4 * (layout.n_places + 1));
            let entries = SparseView {
                offsets: self.numbers(offsets, layout.n_places + 1),
                columns: self.numbers(sources, layout.n_entries),
                values: values_of(sources + padded(2 * layout.n_entries), layout.n_entries),
            };
            let sources = layout.sources.start - first..layout.sources.end - first;
            Strip { places: self.numbers(layout.start, layout.n_places), entries, sources }
        };
        Strips(strips.iter().map(strip).collect())
    }
}

/// The rows that strips of columns were made of.
fn csr<N: Value, T: Real>(
    strips: &Strips<'_, N>,
    n_rows: usize,
    n_columns: usize,
) -> CsMatI<T, u32, usize> {
    let mut rows = vec![Vec::new(); n_rows];
    for strip in &strips.0 {
        for (number, &row) in strip.places.iter().enumerate() {
            let (sources, values) = strip.entries.row(number);
            let columns =
                sources.iter().map(|&source| strip.sources.start as u32 + u32::from(source));
            rows[row as usize].extend(columns.zip(values.iter().map(|&value| T::of(value))));
        }
    }
    let mut offsets = vec![0];
    for row in &rows {
        offsets.push(offsets[offsets.len() - 1] + row.len());
    }
    let (columns, values) = rows.into_iter().flatten().unzip();
    CsMatI::new((n_rows, n_columns), offsets, columns, values)
}

/// How many entries each column has.
fn column_counts<N: Value>(rows: &BlockRows<'_, N>, n_columns: usize) -> Vec<usize> {
    let mut counts = vec![0; n_columns];
    rows.columns.iter().for_each(|&column| counts[column as usize] += 1);
    counts
}

type BlockRows<'a, N> = SparseView<'a, usize, u32, N>;

/// Where each row passes from one strip of columns to the next.
struct Crossings {
    n_strips: usize,
    /// For each row, the entries of the row that lie before the end of each strip.
    ends: Vec<u32>,
}

impl Crossings {
    fn new<N: Value>(rows: &BlockRows<'_, N>, strips: &[Range<usize>]) -> Self {
        let n_strips = strips.len();
        let mut ends = vec![0; rows.n_rows() * n_strips];
        ends.par_chunks_mut(n_strips.max(1)).enumerate().with_min_len(ROWS_PER_TASK).for_each(
            |(row, ends)| {
                let (columns, _) = rows.row(row);
                let mut entry = 0;
                for (end, strip) in ends.iter_mut().zip(strips) {
                    // A strip holds a few entries of a row: to count them is quicker than to
                    // search.
                    while entry < columns.len() && (columns[entry] as usize) < strip.end {
                        entry += 1;
                    }
                    *end = entry as u32;
                }
            },
        );
        Self { n_strips, ends }
    }

    /// The entries of a row that lie in a strip.
    fn entries(&self, row: usize, strip: usize) -> Range<usize> {
        let ends = &self.ends[row * self.n_strips..][..self.n_strips];
        let start = if strip == 0 { 0 } else { ends[strip - 1] };
        start as usize..ends[strip] as usize
    }

    fn places(&self, strip: usize) -> Places {
        let n_rows = self.ends.len() / self.n_strips;
        let lengths = (0..n_rows).map(|row| (row as u32, self.entries(row, strip).len() as u32));
        let (places, lengths) = lengths.filter(|&(_, length)| length > 0).unzip();
        Places { places, lengths }
    }
}

/// The bytes of a block, strip after strip.
fn filled<N: Value + Pod>(
    rows: &BlockRows<'_, N>,
    layout: &BlockLayout,
    crossings: &Crossings,
    forward: &[Places],
    transposed: &[Places],
    n_columns: usize,
) -> Vec<u64> {
    let mut bytes = vec![0_u64; layout.n_bytes / 8];
    let mut rest: &mut [u64] = &mut bytes;
    let strips = layout.forward.iter().zip(forward);
    let mut parts: Vec<_> = strips
        .chain(layout.transposed.iter().zip(transposed))
        .map(|(strip, places)| {
            let n_words = layout.strip_bytes(strip.n_places, strip.n_entries) / 8;
            let (part, tail) = std::mem::take(&mut rest).split_at_mut(n_words);
            rest = tail;
            (part, strip, places)
        })
        .collect();
    let transposed = parts.split_off(forward.len());
    let has_values = layout.values != StoredValues::Ones;
    parts.into_par_iter().enumerate().for_each(|(number, (part, strip, places))| {
        fill_forward(rows, crossings, number, strip, places, has_values, part)
    });
    transposed.into_par_iter().for_each_init(
        || vec![0; n_columns],
        |next, (part, strip, places)| fill_transposed(rows, strip, places, has_values, next, part),
    );
    bytes
}

/// The places of a strip of rows; `counts` is all zero before and after.
fn transposed_places<N: Value>(
    rows: &BlockRows<'_, N>,
    strip: &Range<usize>,
    counts: &mut [u32],
) -> Places {
    let mut places = Vec::new();
    for &column in &rows.columns[rows.offset(strip.start)..rows.offset(strip.end)] {
        let count = &mut counts[column as usize];
        if *count == 0 {
            places.push(column);
        }
        *count += 1;
    }
    places.par_sort_unstable();
    let lengths = places.iter().map(|&place| std::mem::take(&mut counts[place as usize])).collect();
    Places { places, lengths }
}

/// The sections of a strip, of which places and offsets are written.
fn sections<'a, N: Pod>(
    strip: &StripLayout,
    places: &Places,
    has_values: bool,
    mut part: &'a mut [u64],
) -> (&'a mut [u32], &'a mut [u16], &'a mut [N]) {
    section::<u32>(&mut part, strip.n_places).copy_from_slice(&places.places);
    let offsets: &mut [u32] = section(&mut part, strip.n_places + 1);
    for (i, length) in places.lengths.iter().enumerate() {
        offsets[i + 1] = offsets[i] + length;
    }
    (
        offsets,
        section(&mut part, strip.n_entries),
        section(&mut part, if has_values { strip.n_entries } else { 0 }),
    )
}

/// The head of `rest` as `n` numbers; `rest` is what comes after it.
fn section<'a, T: Pod>(rest: &mut &'a mut [u64], n: usize) -> &'a mut [T] {
    let (head, tail) = std::mem::take(rest).split_at_mut(padded(n * size_of::<T>()) / 8);
    *rest = tail;
    &mut cast_slice_mut(head)[..n]
}

/// Copies the part of each row that lies in a strip of columns.
fn fill_forward<N: Value + Pod>(
    rows: &BlockRows<'_, N>,
    crossings: &Crossings,
    number: usize,
    strip: &StripLayout,
    places: &Places,
    has_values: bool,
    part: &mut [u64],
) {
    let (offsets, sources, values) = sections(strip, places, has_values, part);
    for (&row, &offset) in places.places.iter().zip(&*offsets) {
        let (columns, row_values) = rows.row(row as usize);
        let entries = crossings.entries(row as usize, number);
        let offset = offset as usize;
        let places = offset..offset + entries.len();
        for (source, &column) in sources[places.clone()].iter_mut().zip(&columns[entries.clone()]) {
            *source = (column as usize - strip.sources.start) as u16;
        }
        if has_values {
            // Mostly a few values: a call that copies them would take longer.
            for (value, &row_value) in values[places].iter_mut().zip(&row_values[entries]) {
                *value = row_value;
            }
        }
    }
}

/// Transposes a strip of rows by a counting sort, in which the entries of a column come in the
/// order of their rows.
fn fill_transposed<N: Value + Pod>(
    rows: &BlockRows<'_, N>,
    strip: &StripLayout,
    places: &Places,
    has_values: bool,
    next: &mut [u32],
    part: &mut [u64],
) {
    let (offsets, sources, values) = sections(strip, places, has_values, part);
    for (&column, &offset) in places.places.iter().zip(&*offsets) {
        next[column as usize] = offset;
    }
    for row in strip.sources.clone() {
        let (columns, row_values) = rows.row(row);
        for (&column, &value) in columns.iter().zip(row_values) {
            let place = &mut next[column as usize];
            sources[*place as usize] = (row - strip.sources.start) as u16;
            if has_values {
                values[*place as usize] = value;
            }
            *place += 1;
        }
    }
}
