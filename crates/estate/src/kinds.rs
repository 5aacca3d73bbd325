//! The kinds of resources: one line each, from which tables, loading and places follow.

use std::collections::BTreeSet;
use std::fmt;

use portcullis_snapshot::shapes::{databases, ec2};
use portcullis_snapshot::{ReadError, Recorded};
use serde::de::DeserializeOwned;

use crate::assumption::Assumption;
use crate::coverage::CoverageMap;
use crate::loading;
use crate::table::{Row, Table};

/// A shape that stands in a table of the estate.
pub trait Observed: DeserializeOwned + Clone + fmt::Debug + 'static {
    /// The kind as rules and selectors spell it: `ec2.security-group`.
    const KIND: &'static str;
    /// The call it is read from: `ec2/describe-security-groups`.
    const CALL: &'static str;
    /// The path of the list in the output: `Reservations[].Instances[]`; empty for the output itself.
    const LIST: &'static str;
    /// The member that identifies an element, for places.
    const ID_MEMBER: &'static str;
    /// The input member that names the parent, for an operation asked once per parent.
    const PARENT: Option<&'static str>;

    /// The id of this element, from its own members or from its parent's id.
    fn id(&self, parent: &str) -> String;
    /// The table of this kind.
    fn table(estate: &Estate) -> &Table<Self>;
    /// The table of this kind, to change it.
    fn table_mut(estate: &mut Estate) -> &mut Table<Self>;
}

pub(crate) struct Loader {
    pub(crate) call: &'static str,
    pub(crate) list: &'static str,
    pub(crate) stage: fn(&mut Staged, &Recorded) -> Result<(), ReadError>,
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $table:ident : $shape:ty = $kind:literal, $call:literal, $list:literal, $id_member:literal,
       $(parent $parent:literal,)? |$row:ident, $parent_id:ident| $id:expr;)*) => {
        /// Everything observed, one sorted table per kind, with coverage. Cloning shares the tables.
        #[derive(Debug, Clone, Default)]
        pub struct Estate {
            $($(#[$meta])* pub $table: Table<$shape>,)*
            /// Database servers, as read from them.
            pub databases: Table<databases::Server>,
            /// What each call can be trusted for.
            pub coverage: CoverageMap,
            /// Accounts with at least one file or named in the manifest.
            pub accounts: BTreeSet<String>,
            /// (account, region) pairs with at least one file; region may be `global`.
            pub regions: BTreeSet<(String, String)>,
            /// When collecting began, if the snapshot says so.
            pub collected_at: Option<jiff::Timestamp>,
            /// *Now* for ages: `--now`, else `collected_at`.
            pub now: Option<jiff::Timestamp>,
            /// Inputs that may be assumed.
            pub assume: BTreeSet<Assumption>,
        }

        /// Rows before sorting.
        #[derive(Debug, Default)]
        pub(crate) struct Staged {
            $($table: Vec<Row<$shape>>,)*
            databases: Vec<Row<databases::Server>>,
        }

        impl Staged {
            pub(crate) fn finish(self, estate: &mut Estate) {
                $(estate.$table = loading::build(self.$table);)*
                estate.databases = loading::build(self.databases);
            }
        }

        pub(crate) const LOADERS: &[Loader] = &[
            $(Loader {
                call: $call,
                list: $list,
                stage: |staged, recorded| {
                    staged.$table.extend(loading::rows_of::<$shape>(recorded)?);
                    Ok(())
                },
            },)*
        ];

        /// Every kind with the call it is read from, in the order of declaration.
        pub const KINDS: &[(&str, &str)] = &[$(($kind, $call),)*];

        $(impl Observed for $shape {
            const KIND: &'static str = $kind;
            const CALL: &'static str = $call;
            const LIST: &'static str = $list;
            const ID_MEMBER: &'static str = $id_member;
            const PARENT: Option<&'static str> = None$(.or(Some($parent)))?;

            fn id(&self, $parent_id: &str) -> String {
                let $row = self;
                let _ = $parent_id;
                $id
            }
            fn table(estate: &Estate) -> &Table<Self> {
                &estate.$table
            }
            fn table_mut(estate: &mut Estate) -> &mut Table<Self> {
                &mut estate.$table
            }
        })*
    };
}

kinds! {
    // Amazon VPC
    /// VPCs.
    vpcs: ec2::Vpc = "ec2.vpc", "ec2/describe-vpcs", "Vpcs[]", "VpcId", |v, _parent| v.vpc_id.clone();
    /// Subnets.
    subnets: ec2::Subnet = "ec2.subnet", "ec2/describe-subnets", "Subnets[]", "SubnetId", |s, _parent| s.subnet_id.clone();
    /// Security groups.
    security_groups: ec2::SecurityGroup = "ec2.security-group", "ec2/describe-security-groups", "SecurityGroups[]", "GroupId",
        |g, _parent| g.group_id.clone();
}

impl Estate {
    /// Whether an unseen input may be assumed.
    #[must_use]
    pub fn assumes(&self, assumption: Assumption) -> bool {
        self.assume.contains(&assumption)
    }

    /// The partition-independent ARN-like name of a row that has no ARN member: `aws/<account>/<region>/<kind>/<id>`.
    #[must_use]
    pub fn name_of<T: Observed>(row: &Row<T>) -> String {
        format!("aws/{}/{}/{}/{}", row.account, row.region, T::KIND.replace('.', "/"), row.id)
    }
}

pub(crate) fn stage_database(staged: &mut Staged, recorded: &Recorded) -> Result<(), ReadError> {
    for call in &recorded.calls {
        let Ok(output) = &call.outcome else { continue };
        let data: databases::Server = portcullis_snapshot::reading::typed(output.clone(), &recorded.key)?;
        staged.databases.push(Row {
            account: recorded.key.account.as_str().into(),
            region: recorded.key.region.as_str().into(),
            id: recorded.key.operation.as_str().into(),
            parent: None,
            place: portcullis_snapshot::Place::new(recorded.key.path(), ""),
            data,
        });
    }
    Ok(())
}
