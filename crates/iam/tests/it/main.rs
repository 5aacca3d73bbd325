//! The engine against labelled data, brute force and its own laws.

mod examples;
