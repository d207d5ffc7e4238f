//! The tokenizer `words`: the words of Unicode Standard Annex 29 in any script, cleaned of what no
//! reader sees, in a normal form, lower-cased.
//!
//! In: a text. Out: its tokens, and [`WordChanges`], how many characters were dropped or replaced.
//!
//! What a word is: `rules`, the definition. How it is found fast: `scan`, with the table of
//! `classes`. Before: `cleaning`. After: `lowercase`, then `cutter` with the optional steps,
//! `elision` and `stem` among them.

mod changes;
mod classes;
mod cleaning;
mod config;
mod cutter;
mod elision;
mod emoji;
mod lowercase;
mod rules;
mod scan;
mod stem;
#[cfg(test)]
mod tests;

pub use changes::WordChanges;
pub use config::{ElisionLanguage, Hyphens, Lowercase, NormalForm, Numbers, WordsConfig};
pub(super) use cutter::WordCutter;
pub use stem::StemLanguage;
