//! Condition keys that follow from principal, resource and time.

use crate::arn::Arn;
use crate::context::KeyState;
use crate::document::Effect;
use crate::evaluation::Request;
use crate::world::{Principal, PrincipalKind, World};

/// Adds the keys that follow from who asks and for what
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>).
pub(crate) fn derive(world: &World, who: &Principal, request: &mut Request) {
    let resource = request.resource.clone();
    let service = request.service();
    let context = &mut request.context;
    let one = |text: &str| KeyState::Values(vec![text.to_owned()]);
    // For a session it is the ARN of the role.
    context.derive("aws:PrincipalArn", one(&who.arn));
    context.derive("aws:PrincipalAccount", one(&who.account));
    context.derive("aws:PrincipalIsAWSService", one("false"));
    // The caller chooses; every endpoint takes TLS.
    context.derive("aws:SecureTransport", one("true"));
    for key in [
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
        "aws:SourceArn",
        "aws:SourceAccount",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:CalledVia",
        "aws:CalledViaFirst",
        "aws:CalledViaLast",
    ] {
        context.derive(key, KeyState::Absent);
    }
    context.derive("aws:ViaAWSService", one("false"));
    if let Some(now) = world.now {
        // The caller waits as long as it likes; no session is older than 36 hours
        // (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>).
        context.derive("aws:CurrentTime", KeyState::NotBefore { since: now, maybe_absent: false });
        if let Ok(since) = now.checked_sub(jiff::SignedDuration::from_hours(36)) {
            let maybe_absent = who.kind != PrincipalKind::Role;
            context.derive("aws:TokenIssueTime", KeyState::NotBefore { since, maybe_absent });
        }
    }
    match who.kind {
        PrincipalKind::User => {
            context.derive("aws:username", one(&who.name));
            context.derive("aws:PrincipalType", one("User"));
            if let Some(id) = &who.unique_id {
                context.derive("aws:userid", one(id));
            }
        }
        PrincipalKind::Role => {
            context.derive("aws:username", KeyState::Absent);
            context.derive("aws:PrincipalType", one("AssumedRole"));
        }
        PrincipalKind::Root => {
            context.derive("aws:username", KeyState::Absent);
            context.derive("aws:PrincipalType", one("Account"));
            context.derive("aws:userid", one(&who.account));
        }
    }
    // Session tags go over the tags of a role, where its trust policy lets them in.
    let tags_fixed = who.kind != PrincipalKind::Role || !lets_tags_in(who);
    if let Some(tags) = who.tags.as_ref().filter(|_| tags_fixed) {
        for tag in tags {
            context.derive(&format!("aws:PrincipalTag/{}", tag.key), one(&tag.value));
        }
        context.absent_prefix("aws:PrincipalTag/");
    }
    if let Some(account) = world.accounts.get(&*who.account) {
        match &account.organization {
            Ok(Some(id)) => context.derive("aws:PrincipalOrgID", one(id)),
            Ok(None) => {
                context.derive("aws:PrincipalOrgID", KeyState::Absent);
                context.derive("aws:PrincipalOrgPaths", KeyState::Absent);
            }
            Err(_) => {}
        }
    }
    if let Some(account) = &request.resource_account {
        context.derive("aws:ResourceAccount", one(account));
        match world.accounts.get(account).map(|account| &account.organization) {
            Some(Ok(Some(id))) => context.derive("aws:ResourceOrgID", one(id)),
            Some(Ok(None)) => context.derive("aws:ResourceOrgID", KeyState::Absent),
            _ => {}
        }
    }
    match Arn::parse(&resource).map(|arn| arn.region) {
        Some(region) if !region.is_empty() => context.derive("aws:RequestedRegion", one(region)),
        // IAM has one endpoint for all regions of the partition.
        _ if matches!(service.as_str(), "iam" | "organizations") && who.arn.starts_with("arn:aws:") => {
            context.derive("aws:RequestedRegion", one("us-east-1"));
        }
        _ => {}
    }
}

fn lets_tags_in(role: &Principal) -> bool {
    role.trust.as_ref().is_none_or(|trust| match &trust.body {
        Err(_) => true,
        Ok(document) => document
            .statements
            .iter()
            .any(|statement| statement.effect == Effect::Allow && statement.actions.matches("sts:TagSession")),
    })
}
