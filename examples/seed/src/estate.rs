//! The order in which the estate comes to be, and the ids that its parts have been given.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use crate::arguments::Order;
use crate::aws::Aws;
use crate::{
    account, cache, database, groups, hosts, identity, keys, network, roles, secrets, services, storage, trail, watch,
};

/// Where moto's random numbers start, so that ids are the same in every run.
const FIRST_SEED: u32 = 42;

/// The estate while it is being built.
#[derive(Debug)]
pub(crate) struct Estate {
    pub(crate) aws: Aws,
    ids: BTreeMap<String, String>,
}

impl Estate {
    /// Remembers the id or ARN of a part, by kind and name (`subnet/app-a`).
    pub(crate) fn note(&mut self, kind: &str, name: &str, id: Option<&str>) -> Result<()> {
        let id = id.with_context(|| format!("the endpoint gave {kind}/{name} no id"))?;
        self.ids.insert(format!("{kind}/{name}"), id.to_owned());
        Ok(())
    }

    /// The id or ARN noted earlier.
    pub(crate) fn id(&self, kind: &str, name: &str) -> Result<&str> {
        let id = self.ids.get(&format!("{kind}/{name}"));
        id.map(String::as_str).with_context(|| format!("{kind}/{name} has not been created"))
    }
}

/// Wipes the endpoint and builds the ordered estate there.
pub(crate) fn seed(order: &Order) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(Box::pin(build(order)))
}

async fn build(order: &Order) -> Result<()> {
    let endpoint = order.endpoint;
    endpoint.reset().context("the endpoint does not answer like moto_server")?;
    endpoint.keep_tasks_running()?;
    let mut estate = Estate { aws: Aws::new(endpoint), ids: BTreeMap::new() };
    Box::pin(network::remove_default_vpcs(&estate.aws)).await.context("default VPCs")?;
    endpoint.seed(FIRST_SEED)?;

    let e = &mut estate;
    Box::pin(account::build(e)).await.context("account")?;
    Box::pin(keys::build(e)).await.context("keys")?;
    Box::pin(storage::build(e)).await.context("storage")?;
    Box::pin(network::build(e)).await.context("network")?;
    Box::pin(groups::build(e)).await.context("security groups")?;
    Box::pin(database::build(e)).await.context("database")?;
    Box::pin(cache::build(e)).await.context("cache")?;
    Box::pin(identity::build(e)).await.context("identity")?;
    Box::pin(secrets::build(e)).await.context("secrets")?;
    Box::pin(roles::build(e)).await.context("roles")?;
    Box::pin(hosts::build(e)).await.context("hosts")?;
    Box::pin(services::build(e)).await.context("services")?;
    Box::pin(trail::build(e)).await.context("trail")?;
    Box::pin(watch::build(e)).await.context("logs and alarms")?;

    for fault in &order.faults {
        (fault.apply)(e).await.with_context(|| format!("fault {}", fault.id))?;
    }
    crate::say(&format!("the estate is at {} with {} faults", order.endpoint.url(), order.faults.len()));
    Ok(())
}
