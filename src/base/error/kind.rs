//! The class of an error, from which a program chooses its exit code.

use std::io;

use super::Error;

/// The class of an [`enum@Error`], from which a program chooses its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The surroundings failed: a missing file, a refused permission.
    RunTime,
    /// The caller asked for something impossible.
    Usage,
    /// A file's content is bad.
    Data,
    /// A word is not known, or a query has no answer.
    NotFound,
    /// Disk or memory do not suffice.
    Resource,
    /// The person stopped it.
    Interrupted,
}

impl Error {
    /// The class of this error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            // Text that is not UTF-8, wherever it was read as a whole.
            Self::Io { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                ErrorKind::Data
            }
            Self::Io { .. }
            | Self::OutputExists { .. }
            | Self::NotReplaceable { .. }
            | Self::InUse { .. } => ErrorKind::RunTime,
            Self::Parameter { .. }
            | Self::RankTooLarge { .. }
            | Self::DimTooLarge { .. }
            | Self::Glob { .. }
            | Self::Expression { .. }
            | Self::TooManyClusters { .. }
            | Self::NotOfEncoder { .. } => ErrorKind::Usage,
            Self::BadUtf8 { .. }
            | Self::BadEncoding { .. }
            | Self::OtherByteOrderMark { .. }
            | Self::NoByteOrderMark { .. }
            | Self::ControlCharacter { .. }
            | Self::Archive { .. }
            | Self::OtherFormat { .. }
            | Self::WithoutFeature { .. }
            | Self::Decompress { .. }
            | Self::EmptyCorpus { .. }
            | Self::NoWordPasses { .. }
            | Self::Malformed { .. }
            | Self::NewerModel { .. }
            | Self::WrongKind { .. }
            | Self::OtherSet { .. }
            | Self::NoEncoder
            | Self::NoNGrams
            | Self::OtherTexts { .. }
            | Self::OtherModel { .. }
            | Self::NotFinite { .. }
            | Self::ZeroMatrix { .. }
            | Self::Tokenizer { .. }
            | Self::DifferentDimensions { .. }
            | Self::DifferentLines { .. }
            | Self::UnequalDimensions { .. }
            | Self::FewSharedWords { .. }
            | Self::FewPairs { .. } => ErrorKind::Data,
            Self::UnknownWord { .. }
            | Self::UnspacedExpression { .. }
            | Self::NothingFound { .. } => ErrorKind::NotFound,
            Self::DiskFull { .. } | Self::MemoryBudget { .. } => ErrorKind::Resource,
            Self::Interrupted => ErrorKind::Interrupted,
        }
    }
}
