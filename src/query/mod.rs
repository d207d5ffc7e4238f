//! Questions about words: the nearest words, word math, the similarity of two words, the odd one of
//! a set, and spellings near an unknown word.
//!
//! In: [`WordVectors`](crate::WordVectors) and a word, an expression such as `king - man + woman`,
//! or any vector. Out: words with their similarity, best first, and the lower id (the more frequent
//! word) first among equals; the same on any number of threads.
//!
//! ```
//! use eigenlex::query::{self, Expression, Lookup, Method, Search};
//! use eigenlex::{WordVectors, Words};
//! let words: Words = ["man", "woman", "king", "queen", "apple"].into_iter().collect();
//! let rows = [[1., 0., 0.1], [0., 1., 0.1], [1., 0., 1.], [0., 1., 1.], [0.5, 0.5, -1.]];
//! let vectors = WordVectors::new(words, 3, rows.concat());
//! let as_is = |word: &str| word.to_owned();
//! let lookup = Lookup::new(&vectors, &as_is);
//! let terms = "king - man + woman".parse::<Expression>()?.resolve(&lookup)?;
//! let answers = query::math(&vectors, &terms, Method::Mul, &Search::default())?;
//! assert_eq!(answers[0].word, "queen");
//! # Ok::<(), eigenlex::Error>(())
//! ```

// In the order of the data.
mod top;

mod spelling;

mod guess;

mod lookup;

mod likely;

mod rounded_scan;

mod neighbors;

mod many;

mod math;

mod expression;

mod odd_one_out;

mod model;

mod kmeans_step;

mod kmeans;

pub use expression::{Expression, Term, words_of_line};
pub use guess::{Guesser, guess};
pub use kmeans::{Clustering, KMeans};
pub use lookup::{Lookup, WordVector, cosine};
pub use many::neighbors_of_many;
pub(crate) use math::EPSILON;
pub use math::{Method, WeightedWord, math};
pub use neighbors::{Neighbor, Restriction, Search, nearest, neighbors, neighbors_of, similarity};
pub use odd_one_out::{SetWord, odd_one_out};
pub use spelling::{find, nearest_spellings, resolve};
pub(crate) use top::{best_first, check_top, keep_best};

#[cfg(test)]
pub(crate) use neighbors::tests::scattered;
