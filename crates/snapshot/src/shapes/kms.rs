//! Shapes of `kms`.
