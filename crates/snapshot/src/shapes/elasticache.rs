//! Shapes of `elasticache`.
