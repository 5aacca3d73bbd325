//! Shapes of `secretsmanager`.
