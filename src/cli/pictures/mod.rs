//! Pictures for print: how they are asked for, laid out and written.
//!
//! A picture is a `Scene` of shapes and glyphs, which three writers turn into SVG, PNG and PDF.
//! The same picture is the same bytes on every system as long as its characters are in the fonts of
//! the program, or in those that are given.

mod args;
pub(crate) mod axes;
pub(crate) mod curves;
pub(crate) mod figure;
pub(crate) mod fonts;
pub(crate) mod labels;
#[cfg(feature = "pictures")]
mod pdf;
pub(crate) mod plane;
#[cfg(feature = "pictures")]
mod png;
pub(crate) mod rows;
pub(crate) mod scene;
pub(crate) mod signs;
mod svg;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use args::{PictureArgs, standard_svg};
