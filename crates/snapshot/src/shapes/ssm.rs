//! Shapes of `ssm`.
