//! The closed vocabulary of technique and scenario files: kinds, attributes, record sources.

use portcullis_estate::ControlKind;

use super::gates::Event;

/// What a variable stands for, as far as a file can be checked before there is an estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Where packets come from: the internet, an interface, a workload.
    Place,
    /// An instance, a service's task or a function.
    Workload,
    /// A signer.
    Identity,
    /// A user or role.
    Principal,
    /// A thing of a kind.
    Kind(&'static str),
    /// A name or number.
    Text,
    /// Anything that a secret may belong to.
    Any,
}

impl Type {
    /// In words, for messages.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Place => "a place",
            Self::Workload => "a workload",
            Self::Identity => "an identity",
            Self::Principal => "a principal",
            Self::Kind(kind) => kind,
            Self::Text => "a name",
            Self::Any => "anything",
        }
    }

    /// The kind or pseudo-kind that a selector picks among for it.
    #[must_use]
    pub const fn selected(self) -> &'static str {
        match self {
            Self::Kind(kind) => kind,
            Self::Principal | Self::Identity => "principal",
            Self::Place | Self::Workload | Self::Text | Self::Any => "workload",
        }
    }

    /// How much a type says about what it stands for.
    pub(crate) const fn narrowness(self) -> u8 {
        match self {
            Self::Any | Self::Text => 0,
            Self::Place => 1,
            Self::Workload | Self::Principal | Self::Identity => 2,
            Self::Kind(_) => 3,
        }
    }

    /// Whether a value of one type may stand where the other is wanted.
    #[must_use]
    pub fn fits(self, wanted: Self) -> bool {
        match (self, wanted) {
            // What a place is stands open until it is bound; a database user is known by name.
            (_, Self::Any)
            | (Self::Any, _)
            | (Self::Workload, Self::Place)
            | (Self::Place, Self::Workload)
            | (Self::Kind("db.user"), Self::Text)
            | (Self::Text, Self::Kind("db.user")) => true,
            (Self::Kind(kind), Self::Place) => WORKLOADS.contains(&kind) || kind == "ec2.network-interface",
            (Self::Workload, Self::Kind(kind)) | (Self::Kind(kind), Self::Workload) => WORKLOADS.contains(&kind),
            (Self::Principal, Self::Kind(kind)) | (Self::Kind(kind), Self::Principal) => {
                matches!(kind, "iam.user" | "iam.role")
            }
            (a, b) => a == b,
        }
    }
}

/// The kinds that run code.
pub const WORKLOADS: &[&str] = &["ec2.instance", "ecs.service", "lambda.function"];

/// The kinds that a variable may be typed with.
pub const KINDS: &[&str] = &[
    "cloudtrail.trail",
    "db.objects",
    "db.user",
    "ec2.instance",
    "ec2.internet-gateway",
    "ec2.key-pair",
    "ec2.network-acl",
    "ec2.network-interface",
    "ec2.route-table",
    "ec2.security-group",
    "ec2.subnet",
    "ecs.service",
    "iam.policy",
    "iam.role",
    "iam.user",
    "lambda.function",
    "logs.log-group",
    "rds.instance",
    "rds.snapshot",
    "rds.subnet-group",
    "s3.bucket",
    "secretsmanager.secret",
];

/// What a control of a kind belongs to.
#[must_use]
pub const fn owner_of(kind: ControlKind) -> Type {
    match kind {
        ControlKind::SecurityGroupIngress | ControlKind::SecurityGroupEgress => Type::Kind("ec2.security-group"),
        ControlKind::NetworkAclIngress | ControlKind::NetworkAclEgress => Type::Kind("ec2.network-acl"),
        ControlKind::RouteTable => Type::Kind("ec2.route-table"),
        ControlKind::RdsPublicAccess => Type::Kind("rds.instance"),
        ControlKind::SnapshotSharing => Type::Kind("rds.snapshot"),
        ControlKind::RoleTrust => Type::Kind("iam.role"),
        ControlKind::IamBoundary | ControlKind::IamSession | ControlKind::IamDeny | ControlKind::IamGrant => {
            Type::Principal
        }
        ControlKind::BucketPolicy | ControlKind::BucketPublicAccessBlock => Type::Kind("s3.bucket"),
        ControlKind::Trail => Type::Kind("cloudtrail.trail"),
        ControlKind::Log => Type::Kind("logs.log-group"),
        _ => Type::Any,
    }
}

/// The kind of that name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static str> {
    KINDS.iter().copied().find(|kind| *kind == name)
}

/// Attributes that a technique may read: owner, name, type of the value.
pub const ATTRIBUTES: &[(Type, &str, Type)] = &[
    (Type::Kind("rds.instance"), "port", Type::Text),
    (Type::Kind("rds.instance"), "master_user", Type::Kind("db.user")),
    (Type::Kind("rds.snapshot"), "database", Type::Kind("rds.instance")),
    (Type::Kind("db.user"), "database", Type::Kind("rds.instance")),
    (Type::Kind("ec2.instance"), "key_pair", Type::Kind("ec2.key-pair")),
    (Type::Kind("rds.instance"), "groups", Type::Kind("ec2.security-group")),
    (Type::Workload, "role", Type::Principal),
    (Type::Kind("cloudtrail.trail"), "bucket", Type::Kind("s3.bucket")),
];

/// The type of an attribute, where a value of that type has it.
#[must_use]
pub fn attribute(of: Type, name: &str) -> Option<Type> {
    ATTRIBUTES.iter().find(|(owner, known, _)| *known == name && of.fits(*owner)).map(|(_, _, wanted)| *wanted)
}

/// The attributes that a type has.
#[must_use]
pub fn attributes_of(of: Type) -> Vec<&'static str> {
    ATTRIBUTES.iter().filter(|(owner, ..)| of.fits(*owner)).map(|(_, name, _)| *name).collect()
}

/// The record source of that name: `flow-log`, `database-log`, `host-log`, or an API call.
#[must_use]
pub fn event(text: &str) -> Option<Event> {
    match text {
        "flow-log" => Some(Event::Connection),
        "database-log" => Some(Event::DatabaseStatement),
        "host-log" => Some(Event::HostLogin),
        _ => is_action(text).then(|| Event::Call(text.into())),
    }
}

/// Whether a text is an action: `service:Name`.
#[must_use]
pub fn is_action(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, name)| {
        !service.is_empty()
            && service.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric())
    })
}

/// Whether a text is an ATT&CK technique id.
#[must_use]
pub fn is_attack_id(text: &str) -> bool {
    let digits = |part: &str, count| part.len() == count && part.chars().all(|c| c.is_ascii_digit());
    text.strip_prefix('T').is_some_and(|rest| match rest.split_once('.') {
        Some((technique, sub)) => digits(technique, 4) && digits(sub, 3),
        None => digits(rest, 4),
    })
}

/// Whether a text is a plain id: lower-case words joined by hyphens.
#[must_use]
pub fn is_plain_id(text: &str) -> bool {
    !text.is_empty()
        && text
            .split('-')
            .all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
}
