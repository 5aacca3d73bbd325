//! The rule-visible fields: one table, from which the rule checker's schema, evaluation, coverage gaps, JSON Schema
//! and documentation follow.
//!
//! A kind is declared once, in the file of its service, one line a field. What a rule may say about it, which call
//! it was read from and where exactly, all stands in that line.

pub mod account;
pub mod arena;
pub mod cell;
pub mod cloudtrail;
pub mod ec2;
pub mod ecs;
pub mod elasticache;
pub mod elbv2;
pub mod iam;
pub mod kind;
pub mod kms;
pub mod listing;
pub mod rds;
pub mod s3;
pub mod value;

use std::fmt::Write as _;

pub use arena::Arena;
pub use cell::{Cell, Cx, OrEmpty, OrFalse, row_identity, rows};
pub use kind::{Field, Identity, Kind, Member, Type};
pub use value::{Gaps, List, Map, Object, Scratch, Value, World};

/// Every kind of the estate.
pub static KINDS: &[&Kind] = &[
    &account::ACCOUNT,
    &account::REGION,
    &cloudtrail::TRAIL,
    &ec2::FLOW_LOG,
    &ec2::INSTANCE,
    &ec2::NETWORK_INTERFACE,
    &ec2::RULE,
    &ec2::SECURITY_GROUP,
    &ec2::SNAPSHOT,
    &ec2::SUBNET,
    &ec2::VPC,
    &ecs::CONTAINER,
    &ecs::SERVICE,
    &elasticache::CLUSTER,
    &elbv2::LISTENER,
    &elbv2::LOAD_BALANCER,
    &iam::ACCESS_KEY,
    &iam::GROUP,
    &iam::INLINE_POLICY,
    &iam::POLICY,
    &iam::ROLE,
    &iam::STATEMENT,
    &iam::USER,
    &kms::KEY,
    &rds::CLUSTER,
    &rds::CLUSTER_SNAPSHOT,
    &rds::INSTANCE,
    &rds::SNAPSHOT,
    &s3::BUCKET,
];

/// The kind of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}

/// The paths of the lists that the answer of a call must hold to be whole: `Reservations[].Instances[]`.
pub fn lists_of(call: &str) -> impl Iterator<Item = &'static str> {
    crate::kinds::LOADERS.iter().filter(move |loader| loader.call == call).map(|loader| loader.list)
}

/// The reference page of some kinds, as Markdown.
#[must_use]
pub fn documentation<'k>(kinds: impl IntoIterator<Item = &'k Kind>) -> String {
    let mut page = String::new();
    for kind in kinds {
        let _ = writeln!(page, "## `{}`\n\n{}\n", kind.name, kind.doc.trim());
        let _ = writeln!(page, "| field | type | meaning | read from |\n|---|---|---|---|");
        for field in kind.fields {
            let call = if field.call.is_empty() { String::new() } else { format!("`{}`", field.call) };
            let _ = writeln!(page, "| `{}` | {} | {} | {call} |", field.name, field.ty, field.doc.trim());
        }
        page.push('\n');
    }
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use portcullis_snapshot::operations;

    use super::*;

    #[test]
    fn the_table_is_sound() {
        let mut kinds = BTreeSet::new();
        for kind in KINDS {
            assert!(kinds.insert(kind.name), "{} stands twice", kind.name);
            let mut fields = BTreeSet::new();
            for field in kind.fields {
                assert!(fields.insert(field.name), "{}.{} stands twice", kind.name, field.name);
                assert!(!field.doc.trim().is_empty());
                if let Some((service, name)) = field.call.split_once('/') {
                    assert!(operations::find(service, name).is_some(), "{}.{}: {}", kind.name, field.name, field.call);
                }
                refers(field.ty);
            }
        }
    }

    fn refers(ty: Type) {
        match ty {
            Type::Opt(inner) | Type::List(inner) | Type::Map(inner) => refers(*inner),
            Type::Object(kind) => assert!(find(kind).is_some(), "no kind {kind}"),
            _ => {}
        }
    }

    #[test]
    fn the_page_names_every_field() {
        let page = documentation(KINDS.iter().copied());
        assert!(page.contains("## `ec2.security-group`") && page.contains("| `ingress` | list<ec2.rule> |"), "{page}");
    }
}
