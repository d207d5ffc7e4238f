//! All tests of the program and of the public interface, in one binary: linked once, not eighteen
//! times.

mod align;
mod bad_input;
mod cli;
mod compression;
mod corpus;
mod determinism;
mod document_names;
mod documents;
mod examples;
mod house;
mod interface;
mod memory;
mod model;
mod network_options;
mod neural;
mod phrases;
mod resume;
mod spaces;
mod summary;
mod svd;
mod svd_command;
mod sweep;
mod translate;
