//! Who may do what, and what is recorded of it.
//!
//! The engine decides requests exactly as AWS documents it, three-valued: what was not collected, what AWS leaves to a
//! service and what is not modelled stays in the answer as a named gap.

pub mod arn;
pub mod authorize;
pub mod condition;
pub mod context;
pub mod credentials;
pub mod document;
pub mod escalation;
pub mod evaluation;
mod keys;
pub mod may;
mod methods;
pub mod organization;
pub mod pattern;
pub mod principal;
pub mod resource;
pub mod standing;
pub mod trail;
pub mod trust;
pub mod truth;
mod values;
mod ways;
pub mod world;

pub use authorize::{AuthorizeQuery, AuthorizeVerdict, Authorized, authorize};
pub use context::{Context, KeyState};
pub use escalation::Escalation;
pub use may::may;
pub use principal::Caller;
pub use standing::Standing;
pub use world::{Principal, PrincipalKind, World};
