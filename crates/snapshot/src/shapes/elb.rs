//! Shapes of `elb`.
