//! Decides which connections an AWS network lets come about: forward and reply, over whole address and port sets.
//!
//! [`World::build`] compiles the network of an estate once. [`World::reach`] asks one connection, [`World::reachers`]
//! everything that reaches a destination. The walks follow security groups, network ACLs, route tables, gateways,
//! peering connections, transit gateways and load balancers; what they do not follow is a named gap and never an
//! answer. Rules and their sources: the pages named at each step.

mod build;
mod exposure;
mod model;
mod query;
mod reach;
pub mod sets;
pub mod traffic;
mod walk;
mod ways;

pub use exposure::{Path, Reachers, SourceSet};
pub use model::{Workload, World};
pub use query::{AskError, Asked};
pub use reach::{Destination, Source};
pub use sets::{AddressSet, PortSet};
pub use traffic::{Protocol, Traffic};
