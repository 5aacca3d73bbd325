//! Storage that only grows, so that what it hands out stays where it is.

use std::cell::{Cell, OnceCell};
use std::fmt;

/// The first chunk holds this many items; each further one twice as many.
const FIRST: usize = 64;
const CHUNKS: usize = 40;

/// An arena: `alloc` answers a reference that lives as long as the arena.
pub struct Arena<T> {
    len: Cell<usize>,
    chunks: [OnceCell<Box<[OnceCell<T>]>>; CHUNKS],
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { len: Cell::new(0), chunks: [const { OnceCell::new() }; CHUNKS] }
    }
}

impl<T> fmt::Debug for Arena<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arena({})", self.len.get())
    }
}

impl<T> Arena<T> {
    /// Keeps a value.
    #[expect(clippy::indexing_slicing, reason = "`locate` stays inside: forty doubling chunks outlast any memory")]
    pub fn alloc(&self, value: T) -> &T {
        let index = self.len.get();
        self.len.set(index + 1);
        let (chunk, offset) = locate(index);
        let cells = self.chunks[chunk].get_or_init(|| (0..FIRST << chunk).map(|_| OnceCell::new()).collect());
        cells[offset].get_or_init(|| value)
    }

    /// How many values it keeps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Whether it keeps none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Chunk `c` starts at `FIRST * (2^c - 1)`.
fn locate(index: usize) -> (usize, usize) {
    let chunk = (index / FIRST + 1).ilog2() as usize;
    (chunk, index - FIRST * ((1 << chunk) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_stay_while_it_grows() {
        let arena = Arena::default();
        let kept: Vec<&usize> = (0..10_000).map(|n| arena.alloc(n)).collect();
        assert!(kept.iter().enumerate().all(|(n, kept)| n == **kept));
        assert_eq!(arena.len(), 10_000);
    }
}
