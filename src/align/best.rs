//! Unit rows of one side, and the best rows of the other side for each of them.

/// Unit rows of one side, `n x dim`; rows of zeros are never found.
#[derive(Debug, Clone, Copy)]
pub struct UnitRows<'a> {
    /// Row after row.
    pub data: &'a [f32],
    /// Values in a row.
    pub dim: usize,
}

impl<'a> UnitRows<'a> {
    /// Rows of `dim` values.
    ///
    /// # Panics
    /// If `dim` is 0, or the last row is not whole.
    pub fn new(data: &'a [f32], dim: usize) -> Self {
        assert!(
            dim > 0 && data.len().is_multiple_of(dim),
            "{} numbers in rows of {dim}",
            data.len()
        );
        Self { data, dim }
    }

    /// Number of rows.
    pub fn len(self) -> usize {
        self.data.len() / self.dim
    }

    /// Whether there is no row.
    pub fn is_empty(self) -> bool {
        self.data.is_empty()
    }

    /// The first rows.
    pub fn first(self, n_rows: usize) -> Self {
        Self { data: &self.data[..n_rows.min(self.len()) * self.dim], dim: self.dim }
    }
}

/// The best of the other side for each row of one side: `n x top`, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// Number of answers for each row.
    pub top: usize,
    /// Scores, best first; `-inf` where there are fewer candidates than `top`.
    pub scores: Vec<f32>,
    /// Row numbers of the other side; `u32::MAX` where there are fewer candidates than `top`.
    pub ids: Vec<u32>,
}

impl Best {
    pub(super) fn new(n_rows: usize, top: usize) -> Self {
        Self {
            top,
            scores: vec![f32::NEG_INFINITY; n_rows * top],
            ids: vec![u32::MAX; n_rows * top],
        }
    }

    /// The answers for a row: row number of the other side and score, best first.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = row * self.top..(row + 1) * self.top;
        self.ids[range.clone()]
            .iter()
            .copied()
            .zip(self.scores[range].iter().copied())
            .filter(|&(id, _)| id != u32::MAX)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ids.len() / self.top.max(1)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The mean score of each row's answers, 0 for a row without any.
    pub fn means(&self) -> Vec<f32> {
        (0..self.len())
            .map(|row| {
                let (sum, n) = self
                    .row(row)
                    .fold((0.0f64, 0u32), |(sum, n), (_, score)| (sum + f64::from(score), n + 1));
                if n == 0 { 0.0 } else { (sum / f64::from(n)) as f32 }
            })
            .collect()
    }

    /// Inserts a candidate into the best of a row. Candidates come by rising id, so an equal score
    /// stays behind.
    #[inline]
    pub(super) fn insert(&mut self, row: usize, score: f32, id: u32) {
        let begin = row * self.top;
        let mut place = begin + self.top - 1;
        while place > begin && self.scores[place - 1] < score {
            self.scores[place] = self.scores[place - 1];
            self.ids[place] = self.ids[place - 1];
            place -= 1;
        }
        self.scores[place] = score;
        self.ids[place] = id;
    }

    pub(super) fn worst(&self, row: usize) -> f32 {
        self.scores[(row + 1) * self.top - 1]
    }

    /// Merges the best of later candidates.
    pub(super) fn merge(&mut self, later: &Self) {
        for row in 0..self.len() {
            for place in row * self.top..(row + 1) * self.top {
                let score = later.scores[place];
                if score > self.worst(row) {
                    self.insert(row, score, later.ids[place]);
                }
            }
        }
    }
}
