//! Tests of the training.
