//! Shapes of `s3`.
