//! Who may do what inside a database, decided from rows that were read from its server.
//!
//! ```text
//! databases/<id>.json ─► postgres::Catalog ─► roles (fixed point) ─► held ─┬─► granted, logs_in   a Decision
//!                                                  declared matrix ────────┴─► diff               Differences
//! ```
//!
//! What was not read is a gap: a refused catalogue never counts as empty, a server without rows never passes, and
//! MySQL and MariaDB, whose rules are not here yet, answer every question with a gap.

pub mod diff;
pub mod identifier;
pub mod login;
pub mod matrix;
pub mod postgres;
pub mod question;
pub mod server;

pub use diff::{Difference, Differences, Kind, Subject, diff};
pub use login::{Credential, From, logs_in, logs_in_with};
pub use matrix::{CheckedMatrix, Matrix, Problem};
pub use postgres::roles::Level;
pub use question::granted;
