//! What was observed in an AWS account, in AWS's own shapes, with coverage.
//!
//! A snapshot is a tree of AWS CLI outputs, one file per operation. This member reads and writes it and says, per
//! call, how complete it is. It knows nothing of what the answers mean together: that is the estate's work.

pub mod coverage;
pub mod layout;
pub mod manifest;
pub mod member;
pub mod operations;
pub mod place;
pub mod reading;
pub mod shapes;
pub mod writing;

pub use coverage::Coverage;
pub use layout::{FileKey, GLOBAL};
pub use manifest::{CallCoverage, Manifest};
pub use member::{Missing, Optional, Required};
pub use place::Place;
pub use reading::{Call, CallError, ReadError, Recorded, Snapshot};
