//! What a text with bytes that are not UTF-8 seems to be: data of an error.

/// What a text that should be UTF-8, and is not, seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodingGuess {
    /// A text in another encoding, by its label.
    Other(&'static str),
    /// UTF-8 with few bad bytes: sequences of several bytes are valid more often than not.
    MostlyUtf8,
    /// UTF-8 whose last character is cut off, as where a file was copied in part.
    CutOff,
    /// It is not clear.
    Unclear,
}
