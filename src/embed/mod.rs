//! From a corpus to a model: the stages on one page, and two languages at once.

pub(crate) mod bilingual;
pub mod distributed;
pub(crate) mod pipeline;
mod reading;
mod tail;
mod texts;
