//! Shapes of `organizations`.
