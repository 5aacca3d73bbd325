//! Portcullis: audits what is really possible in an AWS account, and explains how each attack is blocked.

pub mod audit;
pub mod cli;
pub mod demo;
pub mod policy;
pub mod project;
pub mod report;
pub mod scenario;
pub mod severity;
pub mod technique;
