//! Parameters of rules: their types, and their values once resolved against an estate.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ipnet::IpNet;
use portcullis_estate::schema::{Member, Object};
use portcullis_estate::selectable::kind_names;
use portcullis_estate::{Estate, Gap};
use serde_json::Value as Json;

use super::language::types::Ty;
use crate::project::{Project, Selector};

/// The type of a parameter, as declared in a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamType {
    /// The resources of a kind (or of `workload`) that the project names.
    Selector(&'static str),
    /// Address ranges.
    Ranges,
    /// A whole number.
    Int,
    /// Truth.
    Bool,
    /// Text.
    Str,
    /// A list of plain values.
    List(Box<Self>),
}

impl fmt::Display for ParamType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Selector(kind) => write!(f, "selector<{kind}>"),
            Self::Ranges => f.write_str("ranges"),
            Self::Int => f.write_str("int"),
            Self::Bool => f.write_str("bool"),
            Self::Str => f.write_str("string"),
            Self::List(inner) => write!(f, "list<{inner}>"),
        }
    }
}

impl ParamType {
    /// Reads a declared type: `selector<ec2.instance>`, `ranges`, `int`, `bool`, `string`, `list<string>`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inside = |prefix: &str| text.strip_prefix(prefix)?.strip_suffix('>').map(str::trim);
        if let Some(kind) = inside("selector<") {
            let known = kind_names();
            return known
                .iter()
                .find(|known| **known == kind)
                .map(|kind| Self::Selector(kind))
                .ok_or_else(|| hint(format!("no selector can name a `{kind}`"), kind, known.iter().copied()));
        }
        if let Some(inner) = inside("list<") {
            return match Self::parse(inner)? {
                inner @ (Self::Int | Self::Bool | Self::Str) => Ok(Self::List(Box::new(inner))),
                other => {
                    Err(format!("a list of {other} is not a parameter; a selector or ranges hold several already"))
                }
            };
        }
        let plain = [("ranges", Self::Ranges), ("int", Self::Int), ("bool", Self::Bool), ("string", Self::Str)];
        plain.iter().find(|(name, _)| *name == text).map(|(_, ty)| ty.clone()).ok_or_else(|| {
            format!(
                "`{text}` is no type of a parameter; the types: selector<kind>, ranges, int, bool, string, list<int | bool | string>"
            )
        })
    }

    pub(super) fn as_ty(&self) -> Ty {
        match self {
            Self::Selector(kind) => Ty::Selection(kind),
            Self::Ranges => Ty::Ranges,
            Self::Int => Ty::Int,
            Self::Bool => Ty::Bool,
            Self::Str => Ty::Str,
            Self::List(inner) => Ty::List(Box::new(inner.as_ty())),
        }
    }

    /// Reads a value of this type.
    pub fn read(&self, value: &Json, estate: &Estate) -> Result<ParamValue, String> {
        let wrong = || format!("expected {self}, found {value}");
        match self {
            Self::Int => value.as_i64().map(ParamValue::Int).ok_or_else(wrong),
            Self::Bool => value.as_bool().map(ParamValue::Bool).ok_or_else(wrong),
            Self::Str => value.as_str().map(|text| ParamValue::Str(text.to_owned())).ok_or_else(wrong),
            Self::Ranges => ranges(value).map(ParamValue::Ranges),
            Self::List(inner) => {
                let items = value.as_array().ok_or_else(wrong)?;
                items.iter().map(|item| inner.read(item, estate)).collect::<Result<_, _>>().map(ParamValue::List)
            }
            Self::Selector(kind) => {
                let mut selection = Selection::default();
                for selector in Selector::parse_all(value)? {
                    let found = selector.select(estate, kind)?;
                    selection.missing.extend(found.gaps);
                    selection.members.extend(found.members.into_iter().map(|member| Selected {
                        kind: member.kind.to_owned(),
                        account: member.account,
                        region: member.region,
                        id: member.id,
                    }));
                }
                Ok(ParamValue::Selection(selection))
            }
        }
    }
}

fn hint<'k>(message: String, name: &str, known: impl Iterator<Item = &'k str>) -> String {
    match super::language::fault::did_you_mean(name, known) {
        Some(help) => format!("{message}; {help}"),
        None => message,
    }
}

fn ranges(value: &Json) -> Result<Vec<IpNet>, String> {
    let items = match value {
        Json::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    items
        .iter()
        .map(|item| item.as_str().and_then(block).ok_or_else(|| format!("`{item}` is no address range")))
        .collect()
}

/// An address is a block of one.
fn block(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse().ok().map(|address: std::net::IpAddr| IpNet::from(address)))
}

/// One selected resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selected {
    /// Its kind.
    pub kind: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its id.
    pub id: String,
}

/// What a selector names: the resources, and what might hide more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The resources.
    pub members: BTreeSet<Selected>,
    /// Why there may be more.
    pub missing: BTreeSet<Gap>,
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamValue {
    /// Resources.
    Selection(Selection),
    /// Address ranges.
    Ranges(Vec<IpNet>),
    /// A whole number.
    Int(i64),
    /// Truth.
    Bool(bool),
    /// Text.
    Str(String),
    /// Plain values.
    List(Vec<Self>),
}

/// The values of all parameters of one run, and the estate's own addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params {
    /// By name.
    pub values: BTreeMap<String, ParamValue>,
    /// Addresses that are the owner's own.
    pub owned_addresses: Vec<IpNet>,
}

/// Whether something is in a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// It cannot be said.
    Unknown(BTreeSet<Gap>),
}

impl Params {
    /// The parameters that rules declare, out of the project file. A parameter that the project lacks is left out:
    /// rules that need it are unknown, *not configured*.
    ///
    /// `Err` holds one message for each parameter that cannot be used, in order.
    pub fn resolve(
        project: &Project,
        declared: &BTreeMap<String, ParamType>,
        estate: &Estate,
    ) -> Result<Self, Vec<String>> {
        let mut params = Self { values: BTreeMap::new(), owned_addresses: project.owned_addresses.clone() };
        let mut faults = Vec::new();
        for (name, ty) in declared {
            let Some(parameter) = project.params.get(name) else { continue };
            match ty.read(&parameter.value, estate) {
                Ok(value) => {
                    params.values.insert(name.clone(), value);
                }
                Err(why) => faults.push(format!("parameter `{name}` (line {}): {why}", parameter.line)),
            }
        }
        if faults.is_empty() { Ok(params) } else { Err(faults) }
    }

    /// Whether an object is in a parameter; `None` if the parameter is not configured.
    #[must_use]
    pub fn holds(&self, name: &str, object: Object<'_>) -> Option<Membership> {
        if name == super::language::check::OWNED {
            return Some(in_ranges(&self.owned_addresses, object));
        }
        match self.values.get(name)? {
            ParamValue::Ranges(ranges) => Some(in_ranges(ranges, object)),
            ParamValue::Selection(selection) => Some(in_selection(selection, object)),
            _ => Some(Membership::No),
        }
    }

    /// Whether an address or block is in a parameter; `None` if the parameter is not configured.
    #[must_use]
    pub fn holds_address(&self, name: &str, address: &str) -> Option<Membership> {
        let ranges = if name == super::language::check::OWNED {
            &self.owned_addresses
        } else {
            match self.values.get(name)? {
                ParamValue::Ranges(ranges) => ranges,
                _ => return Some(Membership::No),
            }
        };
        Some(if covered(address, ranges) { Membership::Yes } else { Membership::No })
    }
}

fn in_ranges(ranges: &[IpNet], object: Object<'_>) -> Membership {
    let members = object.kind.members.map(|members| members(object)).unwrap_or_default();
    let inside = members.iter().any(|member| match member {
        Member::Addresses(blocks) => !blocks.is_empty() && blocks.iter().all(|block| covered(block, ranges)),
        Member::Resource { .. } => false,
    });
    if inside { Membership::Yes } else { Membership::No }
}

/// Whether the ranges together hold every address of a block.
fn covered(text: &str, ranges: &[IpNet]) -> bool {
    let Some(wanted) = block(text) else { return false };
    // Two halves cover the whole: adjacent blocks are merged first.
    IpNet::aggregate(&ranges.to_vec()).iter().any(|range| range.contains(&wanted))
}

fn in_selection(selection: &Selection, object: Object<'_>) -> Membership {
    let here = object.identity();
    let is = |kind: &str, account: &str, region: &str, id: &str| {
        selection.members.iter().any(|member| {
            member.kind == kind
                && member.id == id
                && (account.is_empty() || member.account == account)
                && (region.is_empty() || member.region == region)
        })
    };
    let found = match object.kind.members {
        None => is(object.kind.name, here.account, here.region, here.id),
        Some(members) => members(object).iter().any(|member| match member {
            Member::Resource { kind, account, region, id } => is(kind, account, region, id),
            Member::Addresses(_) => false,
        }),
    };
    if found {
        Membership::Yes
    } else if selection.missing.is_empty() {
        Membership::No
    } else {
        Membership::Unknown(selection.missing.clone())
    }
}
