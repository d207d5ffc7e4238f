//! Questions to word vectors: the nearest words, word math, the similarity of two words, the odd
//! one of a set, and what an unknown word may have meant.
//!
//! In: [`WordVectors`](crate::WordVectors) and a word, an expression such as `king - man + woman`,
//! or any vector. Out: words with their similarity, best first, the lower id (the more frequent
//! word) first where two are equal; the same for any number of threads.
//!
//! ```
//! use eigenlex::query::{self, Expression, Method, Search};
//! use eigenlex::{WordVectors, Words};
//! let words: Words = ["man", "woman", "king", "queen", "apple"].into_iter().collect();
//! let vectors = WordVectors::new(words, 3, vec![
//!     1.0, 0.0, 0.1, 0.0, 1.0, 0.1, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.5, 0.5, -1.0,
//! ]);
//! let as_is = |word: &str| word.to_owned();
//! let terms = "king - man + woman".parse::<Expression>()?.resolve(&vectors, &as_is)?;
//! let answers = query::math(&vectors, &terms, Method::Mul, &Search::default())?;
//! assert_eq!(answers[0].word, "queen");
//! # Ok::<(), eigenlex::Error>(())
//! ```

mod expression;
mod kmeans;
mod math;
mod model;
mod neighbors;
mod odd_one_out;
mod spelling;

pub use expression::{Expression, Term};
pub use kmeans::{Clustering, KMeans};
pub(crate) use math::EPSILON;
pub use math::{Method, WeightedWord, math};
pub use neighbors::{Neighbor, Restriction, Search, nearest, neighbors, similarity};
pub use odd_one_out::odd_one_out;
pub use spelling::{nearest_spellings, resolve};

#[cfg(test)]
pub(crate) use neighbors::tests::scattered;
