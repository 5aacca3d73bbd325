//! What a run tells whoever watches it.

/// Watches a run; the calls come from one thread at a time.
pub trait Progress: Sync {
    /// So many more calls are known to be ahead.
    fn ahead(&self, calls: usize);
    /// A call was answered, or failed for good. `call` is `service/operation`, `region` may be `global`.
    fn done(&self, call: &str, region: &str);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn ahead(&self, _: usize) {}
    fn done(&self, _: &str, _: &str) {}
}
