//! The embedded reference account: a small commerce back end, as designed and with faults.

/// The account as designed.
pub const SOUND: &[u8] = include_bytes!("sound.ndjson.zst");
/// The account with the faults that `examples/seed --list-faults` names.
pub const DRIFTED: &[u8] = include_bytes!("drifted.ndjson.zst");
/// The project file that its owner would have written.
pub const PROJECT: &str = include_str!("portcullis.yaml");
