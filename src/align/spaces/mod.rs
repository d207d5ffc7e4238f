//! Several languages, or several time slices of one language, in one space.

// In the order of the data.
mod names;

mod common;

mod chain;

mod hub;

mod peers;

mod drift;

pub use chain::{SLICE_WORDS, chain};
pub use common::{ChainLink, CommonSpaces, Joined, NamedSpace, SPACES_VERSION, SpacesDescription};
pub use drift::{Drift, DriftOf, DriftStep, SlicePlace, WordDrift};
pub use hub::hub;
pub use peers::{Movement, PEERS};
