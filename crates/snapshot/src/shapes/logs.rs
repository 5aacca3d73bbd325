//! Shapes of `logs`.
