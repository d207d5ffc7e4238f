//! The stages of [`embed()`](crate::embed()) as tasks that an engine for clusters schedules.
//!
//! An engine, such as Apache Spark, runs a [`Worker`]'s methods on shares of the corpus and blocks
//! of the matrix, wherever it likes and as often as it must, and keeps their results, which are
//! runs of bytes. A [`Driver`], in one process, takes the sums and decides. The model has the bits
//! of the one that [`embed()`](crate::embed()) makes of the same texts: a worker's sums are whole
//! numbers, or those of whole nodes of the fixed trees that a single machine adds along.
//!
//! In order; every method is pure, so a task that runs twice changes nothing:
//!
//! | who | makes | of |
//! |---|---|---|
//! | engine | shares | [`Corpus::shares`](crate::Corpus::shares) |
//! | worker | [tokens](Worker::read_files) and a [table of words](Worker::table) | each share |
//! | driver | [abbreviations], [joined words], the [vocabulary] | the tables |
//! | worker | [kept words](Worker::keep) | the tokens of each share |
//! | worker | [stretches], if words are [shaped] | the kept words |
//! | worker | [counts](Worker::count), for each task | the kept words |
//! | worker | [rows](Worker::join) | the counts of a task of all shares |
//! | worker | [sums](Worker::sums) | each block of rows |
//! | worker | [weights, laid out](Worker::weigh) | each block, with the terms of all |
//! | driver | [the model](Driver::decompose) | [products](Products) of nodes, by a worker each |
//!
//! [abbreviations]: Driver::learn
//! [joined words]: Driver::joined
//! [vocabulary]: Driver::vocabulary
//! [stretches]: Worker::stretches
//! [shaped]: Driver::counts_stretches
//!
//! A driver whose methods are called out of this order panics. Bytes that come from elsewhere are
//! no input: workers and driver trust each other.
//!
//! The memory of a worker grows with a share (some 40 bytes for each byte of text), and with a
//! block and two panels; that of the driver with the distinct words (some 100 bytes each) and the
//! panels of the decomposition.

mod driver;
mod ending;
mod operator;
mod plan;
mod terms;
#[cfg(test)]
mod tests;
mod worker;

pub use driver::{Block, Driver};
pub use operator::{MatrixPart, NodeBlocks, Product, ProductKind, Products};
pub use plan::Plan;
pub use worker::{BlockRows, Counted, Kept, Laid, RowsFile, Worker};
