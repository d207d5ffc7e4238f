//! Where the strips of a block lie within its bytes, and the batches of a fused product.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Fewest panel rows that a strip gathers from: at 32 columns they take 512 KiB, which stays in a
/// second-level cache.
const SOURCES_PER_STRIP: usize = 4096;

/// Fewest entries of a strip, except for the last: every place that a strip adds to costs a row of
/// the result read and written.
const ENTRIES_PER_STRIP: usize = 256 * 1024;

/// Most panel rows that a strip gathers from, so that their numbers take 16 bits.
const MOST_SOURCES_PER_STRIP: usize = 1 << 16;

/// Bytes of a panel of rows that one batch of a fused product makes, more or less.
const BATCH_BYTES: usize = 32 << 20;

/// Where the strips of a block lie within its bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BlockLayout {
    pub(super) n_rows: usize,
    pub(super) n_entries: usize,
    pub(super) values: StoredValues,
    /// For `A q`: strips of columns, whose places are rows.
    pub(super) forward: Vec<StripLayout>,
    /// For `A^T y`: strips of rows, whose places are columns; none in a symmetric matrix.
    pub(super) transposed: Vec<StripLayout>,
    pub(super) n_bytes: usize,
}

/// How the values of a block are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum StoredValues {
    /// Not at all: they are all 1.
    Ones,
    /// As `f32`.
    Single,
    /// As `f64`: not all of them are numbers of `f32`.
    Double,
}

impl StoredValues {
    /// Bytes of `n_entries` values.
    pub(super) const fn bytes(self, n_entries: usize) -> usize {
        match self {
            Self::Ones => 0,
            Self::Single => 4 * n_entries,
            Self::Double => 8 * n_entries,
        }
    }
}

/// Where one strip lies.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StripLayout {
    /// The columns, or rows, that the strip gathers from.
    pub(super) sources: Range<usize>,
    pub(super) n_places: usize,
    pub(super) n_entries: usize,
    /// Where the first section of the strip begins.
    pub(super) start: usize,
}

/// Rounds up to a multiple of 8.
pub(super) const fn padded(bytes: usize) -> usize {
    bytes.next_multiple_of(8)
}

/// Rows of a batch at this width, unless it is a single strip.
fn rows_per_batch(width: usize) -> usize {
    (BATCH_BYTES / (4 * width.max(1))).max(1)
}

/// Most rows that a batch can have at this width.
pub(super) fn most_batch_rows(width: usize) -> usize {
    rows_per_batch(width).max(MOST_SOURCES_PER_STRIP)
}

impl BlockLayout {
    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(super) fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    /// Strips of rows.
    pub(super) fn n_strips(&self) -> usize {
        self.transposed.len()
    }

    /// Bytes of a strip.
    pub(super) fn strip_bytes(&self, n_places: usize, n_entries: usize) -> usize {
        padded(4 * n_places)
            + padded(4 * (n_places + 1))
            + padded(2 * n_entries)
            + padded(self.values.bytes(n_entries))
    }

    /// Runs of strips of rows that make a panel of about [`BATCH_BYTES`] at this width.
    pub(super) fn batches(&self, width: usize) -> Vec<Range<usize>> {
        let most_rows = rows_per_batch(width);
        let mut batches = Vec::new();
        let mut first = 0;
        for (strip, layout) in self.transposed.iter().enumerate() {
            if layout.sources.end - self.transposed[first].sources.start > most_rows
                && strip > first
            {
                batches.push(first..strip);
                first = strip;
            }
        }
        if first < self.transposed.len() {
            batches.push(first..self.transposed.len());
        }
        batches
    }

    /// The rows of a run of strips of rows; none of no strip.
    pub(super) fn rows_of(&self, strips: &Range<usize>) -> Range<usize> {
        match self.transposed.get(strips.clone()) {
            Some([first, .., last]) => first.sources.start..last.sources.end,
            Some([only]) => only.sources.clone(),
            _ => 0..0,
        }
    }
}

impl BlockLayout {
    /// Gives strips their places behind what is there already.
    pub(super) fn place(
        &mut self,
        strips: Vec<Range<usize>>,
        places: &[Places],
    ) -> Vec<StripLayout> {
        let mut place = |(sources, places): (Range<usize>, &Places)| {
            let (n_places, n_entries) =
                (places.places.len(), places.lengths.iter().map(|&length| length as usize).sum());
            let strip = StripLayout { sources, n_places, n_entries, start: self.n_bytes };
            self.n_bytes += self.strip_bytes(n_places, n_entries);
            strip
        };
        strips.into_iter().zip(places).map(&mut place).collect()
    }
}

/// The places that a strip adds to, rising, and how many entries each has.
pub(super) struct Places {
    pub(super) places: Vec<u32>,
    pub(super) lengths: Vec<u32>,
}

/// Cuts sources with so many entries each into strips.
pub(super) fn cut(lengths: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    let mut strips = Vec::new();
    let (mut first, mut end, mut n_entries) = (0, 0, 0);
    for length in lengths {
        end += 1;
        n_entries += length;
        if (end - first >= SOURCES_PER_STRIP && n_entries >= ENTRIES_PER_STRIP)
            || end - first == MOST_SOURCES_PER_STRIP
        {
            strips.push(first..end);
            (first, n_entries) = (end, 0);
        }
    }
    if end > first {
        strips.push(first..end);
    }
    strips
}
