//! Shapes of `ecs`.
