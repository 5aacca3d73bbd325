//! Shapes of `lambda`.
