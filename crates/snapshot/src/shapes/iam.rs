//! Shapes of `iam`.
