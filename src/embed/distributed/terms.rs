//! What comes of the sums of all blocks, for the weighting of each.

use crate::base::error::Result;
use crate::storage::parcel::{ParcelReader, ParcelWriter};
use crate::weighting::formulas::ColumnStatistics;
use crate::weighting::shaping::Factors;

/// What a block needs to become weights.
pub(super) struct Terms {
    pub(super) statistics: ColumnStatistics,
    pub(super) factors: Option<Factors>,
    /// How many words are decomposed, if not all.
    pub(super) fit_words: Option<usize>,
    pub(super) is_symmetric: bool,
}

impl Terms {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut parcel = ParcelWriter::new();
        parcel.list(&self.statistics.terms);
        parcel.number(self.statistics.total.to_bits());
        parcel.number(u64::from(self.factors.is_some()));
        if let Some(factors) = &self.factors {
            parcel.list(&factors.columns);
            parcel.list(&factors.rows);
        }
        parcel.number(self.fit_words.map_or(0, |it| it as u64));
        parcel.number(u64::from(self.is_symmetric));
        parcel.finish()
    }

    /// # Errors
    /// Bytes that [`Terms::to_bytes`] has not written.
    pub(super) fn of_bytes(bytes: &[u8]) -> Result<Self> {
        let mut parcel = ParcelReader::new(bytes)?;
        let terms = parcel.list::<f64>()?;
        let total = f64::from_bits(parcel.number()?);
        let factors = match parcel.number()? {
            0 => None,
            _ => Some(Factors { columns: parcel.list()?, rows: parcel.list()? }),
        };
        let fit_words = Some(parcel.number()? as usize).filter(|&it| it > 0);
        let is_symmetric = parcel.number()? != 0;
        let statistics = ColumnStatistics { terms: terms.into(), total };
        Ok(Self { statistics, factors, fit_words, is_symmetric })
    }
}
