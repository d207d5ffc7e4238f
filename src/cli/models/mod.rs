//! Commands about the files of models, vectors and maps.

mod card;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod info;
mod map_info;
mod model_text;
mod network_info;
mod reading_text;
pub(crate) mod verify;
