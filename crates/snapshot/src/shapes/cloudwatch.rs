//! Shapes of `cloudwatch`.
