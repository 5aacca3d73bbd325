//! Loader and search.

pub(crate) mod files;
mod search;
