//! The words of scripts without spaces between words.
//!
//! In: a run of characters of such scripts (Thai, Lao, Khmer, Burmese, Chinese, Japanese and their
//! relatives), marks included, without anything else. Out: its words in order.

use unicode_segmentation::UnicodeSegmentation;

/// Calls `visit` with each word of `run`, which is in the normal form.
///
/// The rules of Unicode Standard Annex 29 know no words of these scripts: they give characters with
/// their marks, and runs of Katakana.
pub(super) fn for_each_word(run: &str, mut visit: impl FnMut(&str)) {
    run.unicode_words().for_each(&mut visit);
}
