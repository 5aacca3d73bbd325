//! Portcullis: audits what is really possible in an AWS account, and explains how each attack is blocked.

pub mod policy;
pub mod project;
