//! The file format of techniques, and the forms of facts and gates that scenarios share.
//!
//! These types say how a file is written; [`super::check`] turns them into checked terms. JSON Schemas come from them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::source::At;

/// A technique file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TechniqueForm {
    /// Stable id, equal to the file's name.
    pub(crate) id: At<String>,
    /// What is done, in a few words.
    pub(crate) title: At<String>,
    /// ATT&CK ids; `legacy` holds those that its current version has replaced.
    #[serde(default)]
    pub(crate) attack: AttackForm,
    /// It follows from having what it needs; a scenario need not list it as a step.
    #[serde(default)]
    pub(crate) implied: bool,
    /// What the attacker must have.
    #[serde(default)]
    pub(crate) needs: Vec<FactForm>,
    /// Variables with the kind of thing that each ranges over.
    #[serde(default, rename = "for")]
    pub(crate) ranges: BTreeMap<String, At<String>>,
    /// What the engines must say.
    #[serde(default)]
    pub(crate) gates: Option<At<GateForm>>,
    /// What the attacker has afterwards.
    pub(crate) gains: At<Vec<FactForm>>,
    /// What a trail or log sees of it: actions, `flow-log`, `database-log`, `host-log`.
    #[serde(default)]
    pub(crate) recorded: Vec<At<String>>,
}

/// ATT&CK ids.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttackForm {
    /// Ids of the version that the library states.
    #[serde(default)]
    pub(crate) ids: Vec<At<String>>,
    /// Ids that this version no longer has.
    #[serde(default)]
    pub(crate) legacy: Vec<At<String>>,
}

/// What the attacker has.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FactForm {
    /// Can send packets from there.
    Position(At<PlaceForm>),
    /// Runs code on an instance, task or function.
    Code(At<String>),
    /// Signs requests.
    Identity(At<IdentityForm>),
    /// Knows a secret.
    Secret(At<String>),
    /// Knows a login.
    Login(LoginForm),
    /// Is logged in.
    DbSession(LoginForm),
    /// Reads, writes or destroys objects.
    Data(DataForm),
    /// Can put a control out of the way.
    Removes(RemovesForm),
}

/// A place: a variable, `internet`, or a new interface.
#[derive(Debug, Clone)]
pub(crate) enum PlaceForm {
    /// A term.
    Term(String),
    /// A new interface.
    New(NewInterfaceForm),
}

/// A network interface that the attacker would create.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewInterfaceForm {
    /// Its subnet.
    pub(crate) subnet: At<String>,
    /// Its security group.
    pub(crate) groups: At<String>,
}

/// An identity: a variable, or principal, credential and keys.
#[derive(Debug, Clone)]
pub(crate) enum IdentityForm {
    /// A variable.
    Term(String),
    /// Written out.
    Whole(WholeIdentityForm),
}

/// An identity, written out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WholeIdentityForm {
    /// The user or role.
    pub(crate) principal: At<String>,
    /// `access-key`, `console`, `role-session`, `web-identity`.
    pub(crate) credential: At<String>,
    /// Request keys that the credential carries; `null` is absent for certain.
    #[serde(default)]
    pub(crate) keys: BTreeMap<String, Option<String>>,
}

/// A database and one of its users.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginForm {
    /// The database.
    pub(crate) database: At<String>,
    /// The database user.
    pub(crate) user: At<String>,
}

/// Objects and what is done to them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DataForm {
    /// The database, snapshot or bucket.
    #[serde(rename = "in")]
    pub(crate) place: At<String>,
    /// Which objects, by name or by class.
    pub(crate) objects: At<String>,
    /// `read`, `write` or `destroy`.
    pub(crate) access: At<String>,
}

/// A control that is put out of the way.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemovesForm {
    /// Control kind and the thing that it belongs to.
    pub(crate) control: At<BTreeMap<String, At<String>>>,
    /// The only thing that it is freed for.
    #[serde(default, rename = "for")]
    pub(crate) target: Option<At<String>>,
}

/// What an engine is asked.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GateForm {
    /// One of these.
    Any(Vec<GateForm>),
    /// All of these.
    All(Vec<GateForm>),
    /// A connection.
    Reach(ReachForm),
    /// A request.
    May(MayForm),
    /// A login.
    LogsIn(LogsInForm),
    /// A privilege in a database.
    Granted(GrantedForm),
    /// A setting, by name.
    Setting(At<BTreeMap<String, At<String>>>),
    /// That nothing records it.
    Unrecorded(UnrecordedForm),
}

/// A connection.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReachForm {
    /// The source.
    pub(crate) from: At<String>,
    /// The destination.
    pub(crate) to: At<String>,
    /// The TCP port.
    pub(crate) port: At<String>,
}

/// A request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MayForm {
    /// Who signs it.
    pub(crate) principal: At<String>,
    /// The action.
    pub(crate) action: At<String>,
    /// One resource for each resource type that the action requires.
    #[serde(default)]
    pub(crate) resources: BTreeMap<String, At<String>>,
    /// Request parameters that are condition keys; `null` is absent.
    #[serde(default)]
    pub(crate) request: BTreeMap<String, Option<String>>,
    /// Where the request comes from.
    #[serde(default)]
    pub(crate) from: Option<At<String>>,
}

/// A login.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogsInForm {
    /// The database.
    pub(crate) database: At<String>,
    /// The database user.
    pub(crate) user: At<String>,
    /// Where the connection comes from.
    pub(crate) from: At<String>,
}

/// A privilege.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantedForm {
    /// The database.
    pub(crate) database: At<String>,
    /// The database user.
    pub(crate) user: At<String>,
    /// The privilege.
    pub(crate) privilege: At<String>,
    /// The objects.
    pub(crate) object: At<String>,
}

/// That nothing records an action.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnrecordedForm {
    /// The action.
    pub(crate) action: At<String>,
    /// Who does it.
    pub(crate) principal: At<String>,
    /// The region in which it is done; nothing: where the thing is.
    #[serde(default)]
    pub(crate) region: Option<At<String>>,
}

/// Text or a mapping, without the buffering that would lose the places.
macro_rules! text_or_map {
    ($form:ident: Term | $variant:ident($map:ty), $expecting:literal) => {
        impl<'de> Deserialize<'de> for $form {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Either;
                impl<'de> Visitor<'de> for Either {
                    type Value = $form;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: Error>(self, text: &str) -> Result<$form, E> {
                        Ok($form::Term(text.to_owned()))
                    }
                    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<$form, A::Error> {
                        <$map>::deserialize(MapAccessDeserializer::new(map)).map($form::$variant)
                    }
                }
                deserializer.deserialize_any(Either)
            }
        }

        impl JsonSchema for $form {
            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($form))
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                json_schema!({"anyOf": [{"type": "string"}, generator.subschema_for::<$map>()]})
            }
        }
    };
}

text_or_map!(PlaceForm: Term | New(NewInterfaceForm), "a place: a variable, `internet`, or `{subnet, groups}`");
text_or_map!(IdentityForm: Term | Whole(WholeIdentityForm), "an identity: a variable, or `{principal, credential, keys}`");
