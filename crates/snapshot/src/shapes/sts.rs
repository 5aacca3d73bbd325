//! Shapes of `sts`.
