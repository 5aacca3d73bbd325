//! Shapes of `cloudtrail`.
