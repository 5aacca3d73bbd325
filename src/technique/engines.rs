//! The questions of the attack graph, put to the real engines.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use ipnet::IpNet;
use portcullis_estate::failure::FailError;
use portcullis_estate::selectable::{self, Candidate};
use portcullis_estate::{Answer, Blocker, Control, ControlKind, Decision, Estate, Fact, Gap, Row, Way};
use portcullis_iam::{Context, KeyState};
use portcullis_net::{AddressSet, Destination, Source, Traffic};
use portcullis_snapshot::{Missing, Place};

use super::gates::{Attribute, Engines, Event, Granted, Listing, LogsIn, May, Reach, Setting, SettingName, Unrecorded};
use super::settings;
use super::value::{Credential, Thing, Value};

/// The engines over one estate.
#[derive(Debug)]
pub struct EstateEngines<'e> {
    estate: std::borrow::Cow<'e, Estate>,
    owned: &'e [IpNet],
    net: OnceCell<portcullis_net::World>,
    iam: OnceCell<portcullis_iam::World>,
    /// Controls that no table of the estate carries and that have failed.
    failed: BTreeSet<Control>,
}

impl<'e> EstateEngines<'e> {
    /// The engines over an estate; `owned` are the addresses outside it that its owner answers for.
    #[must_use]
    pub fn new(estate: &'e Estate, owned: &'e [IpNet]) -> Self {
        Self {
            estate: std::borrow::Cow::Borrowed(estate),
            owned,
            net: OnceCell::new(),
            iam: OnceCell::new(),
            failed: BTreeSet::new(),
        }
    }

    fn net(&self) -> &portcullis_net::World {
        self.net.get_or_init(|| portcullis_net::World::build(&self.estate))
    }

    fn iam(&self) -> &portcullis_iam::World {
        self.iam.get_or_init(|| portcullis_iam::World::build(&self.estate))
    }

    /// The ARN of a principal: its id names type and name only, the path stands in the ARN.
    fn principal_arn(&self, of: &Thing) -> Option<String> {
        let mut all = self.iam().principals().iter();
        let found = all.find(|one| *one.account == *of.account && one.resource() == *of.id)?;
        Some(found.arn.to_string())
    }

    /// The ARN that a request names for a resource type; a thing of another type stands for a new one beside it.
    fn arn(&self, resource_type: &str, value: &Value) -> Result<String, Gap> {
        let thing = match value {
            Value::Text(text) => return Ok(text.to_string()),
            Value::Thing(thing) => thing,
            other => return Err(Gap::not_modelled(format_args!("a request about {other}"))),
        };
        let Thing { account, region, id, .. } = thing;
        let own_type = type_of(&thing.kind);
        let id: &str = if own_type == resource_type { id } else { "new" };
        Ok(match resource_type {
            "bucket" => format!("arn:aws:s3:::{id}"),
            "user" | "role" => {
                return self.principal_arn(thing).ok_or_else(|| Gap::other(format_args!("principal {id}"), "not seen"));
            }
            "db" | "snapshot" => format!("arn:aws:rds:{region}:{account}:{resource_type}:{id}"),
            "trail" => format!("arn:aws:cloudtrail:{region}:{account}:trail/{id}"),
            "security-group" | "network-acl" | "route-table" | "instance" | "network-interface" | "subnet" => {
                format!("arn:aws:ec2:{region}:{account}:{resource_type}/{id}")
            }
            other => return Err(Gap::not_modelled(format_args!("resource type `{other}` of a request"))),
        })
    }
}

fn trail_control(trail: &portcullis_iam::trail::TrailView) -> Control {
    let region = trail.home_region.as_deref().unwrap_or("global");
    Control::new(ControlKind::Trail, &trail.account, region, &trail.name)
}

const fn log_of(event: &Event) -> &'static str {
    match event {
        Event::Call(_) => "a trail",
        Event::Connection => "flow logs",
        Event::DatabaseStatement => "the database's log",
        Event::HostLogin => "the host's log",
    }
}

/// The resource type by which requests name a kind.
fn type_of(kind: &str) -> &str {
    match kind {
        "rds.instance" => "db",
        _ => kind.rsplit('.').next().unwrap_or(kind),
    }
}

/// An answer that hangs on something missing.
pub(super) fn undecided(gap: Gap) -> Decision {
    Decision { hidden_by: BTreeSet::from([gap]), ..Decision::default() }
}

fn never(resource: &str, statement: &str) -> Decision {
    Decision { structural: vec![Fact::new(resource, statement, Place::new("", ""))], ..Decision::default() }
}

impl Engines for EstateEngines<'_> {
    fn reach(&self, question: &Reach) -> Decision {
        let source = match &question.from {
            Value::Internet => {
                let owned = self.owned.iter().filter_map(|net| AddressSet::parse(&net.to_string()));
                let internet = owned.fold(self.net().internet(), |all, one| all.subtract(&one));
                Source::Addresses(internet)
            }
            Value::Thing(thing) if &*thing.kind == "ec2.network-interface" => Source::Interface(thing.id.to_string()),
            Value::Thing(thing) => Source::Workload { kind: thing.kind.to_string(), id: thing.id.to_string() },
            Value::NewInterface { subnet, group } => match (subnet.thing(), group.thing()) {
                (Some(subnet), Some(group)) => {
                    Source::New { subnet: subnet.id.to_string(), groups: vec![group.id.to_string()] }
                }
                _ => return undecided(Gap::not_modelled(format_args!("packets from {}", question.from))),
            },
            other => return undecided(Gap::not_modelled(format_args!("packets from {other}"))),
        };
        let Some(to) = question.to.thing() else {
            return undecided(Gap::not_modelled(format_args!("packets to {}", question.to)));
        };
        if let Value::Thing(from) = &question.from
            && from == to
        {
            return never(&to.id, "it is the destination itself");
        }
        let Value::Text(port) = &question.port else {
            return undecided(Gap::other(format_args!("port of {to}"), "not seen"));
        };
        let Ok(port) = port.parse::<u16>() else {
            return undecided(Gap::other(format_args!("port of {to}"), format_args!("`{port}` is no port")));
        };
        let destination = Destination::Workload { kind: to.kind.to_string(), id: to.id.to_string() };
        self.net().reach(&self.estate, &source, &destination, Traffic::tcp(port))
    }

    fn may(&self, question: &May) -> Decision {
        let Value::Identity(identity) = &question.who else {
            return undecided(Gap::not_modelled(format_args!("requests of {}", question.who)));
        };
        let Value::Thing(principal) = &identity.principal else {
            return never(
                &identity.principal.to_string(),
                "a stranger to this account holds no permission of its own in it",
            );
        };
        let Some(arn) = self.principal_arn(principal) else {
            return undecided(Gap::other(format_args!("principal {principal}"), "not seen"));
        };
        let mut resources = Vec::new();
        for (resource_type, value) in &question.resources {
            match self.arn(resource_type, value) {
                Ok(resource) => resources.push(resource),
                Err(gap) => return undecided(gap),
            }
        }
        let mut context = Context::open();
        // What a long-lived key carries: no second factor, no token, no source identity.
        if identity.credential == Credential::AccessKey {
            for key in
                ["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:TokenIssueTime", "aws:SourceIdentity"]
            {
                context.set(key, KeyState::Absent);
            }
        }
        for (key, value) in identity.keys.iter().chain(&question.request) {
            match value {
                Some(value) => context.set_value(key, &**value),
                None => context.set(key, KeyState::Absent),
            }
        }
        // From the internet no endpoint of a VPC is passed.
        if question.from.as_ref().is_none_or(|from| *from == Value::Internet) {
            for key in ["aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"] {
                context.set(key, KeyState::Absent);
            }
        }
        let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
        self.iam().may(&arn, &question.action, &resources, &context)
    }

    fn logs_in(&self, question: &LogsIn) -> Decision {
        match (question.database.thing(), &question.user) {
            // Which addresses the server sees depends on the hops; whatever it accepts from anywhere is asked.
            (Some(database), Value::Text(user)) => {
                portcullis_db::logs_in(&self.estate, &database.id, user, &portcullis_db::From::Anywhere)
            }
            _ => undecided(Gap::not_modelled(format_args!("a login to {}", question.database))),
        }
    }

    fn granted(&self, question: &Granted) -> Decision {
        match (question.database.thing(), &question.user, &question.privilege, &question.object) {
            (Some(database), Value::Text(user), Value::Text(privilege), Value::Text(object)) => {
                portcullis_db::granted(&self.estate, &database.id, user, privilege, object)
            }
            _ => undecided(Gap::not_modelled(format_args!("privileges in {}", question.database))),
        }
    }

    fn setting(&self, question: &Setting) -> Decision {
        let Some(of) = question.of.thing() else {
            return undecided(Gap::not_modelled(format_args!("a setting of {}", question.of)));
        };
        match question.name {
            SettingName::SnapshotShared => settings::snapshot_shared(&self.estate, of, &self.failed),
            SettingName::SnapshotReadableAbroad => settings::snapshot_readable_abroad(&self.estate, of),
            SettingName::DatabaseCopyReadableAbroad => settings::copy_readable_abroad(&self.estate, of),
        }
    }

    fn unrecorded(&self, question: &Unrecorded) -> Decision {
        let Event::Call(action) = &question.event else {
            // Flow logs, database logs and host logs are not read yet: in `unrecorded` a gap counts as not recorded.
            return undecided(Gap::not_modelled(format_args!(
                "whether a log shows the step ({question})",
                question = log_of(&question.event)
            )));
        };
        let place = question.on.as_ref().or(question.who.as_ref()).and_then(Value::thing);
        let account = place.map(|thing| thing.account.to_string()).or_else(|| self.estate.accounts.first().cloned());
        let Some(account) = account else { return undecided(Gap::other("trails", "no account was collected")) };
        let all = portcullis_iam::trail::trails(&self.estate);
        let standing: Vec<_> =
            all.iter().filter(|trail| !self.failed.contains(&trail_control(trail))).cloned().collect();
        // A thing without a region is recorded where the caller signs: the trail's home answers for it.
        let region =
            place.map(|thing| thing.region.to_string()).filter(|region| region != "global").unwrap_or_else(|| {
                standing
                    .iter()
                    .find_map(|trail| trail.home_region.clone().ok())
                    .unwrap_or_else(|| "us-east-1".to_owned())
            });
        let recording = portcullis_iam::trail::recorded_by(&self.estate, &standing, action, None, &account, &region);
        match recording.answer {
            Answer::Undecided => {
                Decision { hidden_by: recording.gaps, structural: recording.evidence, ..Decision::default() }
            }
            // Nothing records it: open, and the facts say why each trail is silent.
            Answer::Closed => {
                Decision { ways: vec![Way { evidence: recording.evidence, ..Way::default() }], ..Decision::default() }
            }
            Answer::Open => {
                let blockers = recording
                    .evidence
                    .into_iter()
                    .filter_map(|fact| {
                        let trail = standing.iter().find(|trail| trail.arn == fact.resource)?;
                        Some(Blocker { control: trail_control(trail), fact })
                    })
                    .collect();
                Decision { ways: vec![Way { blockers, ..Way::default() }], ..Decision::default() }
            }
        }
    }

    fn things(&self, kind: &str) -> Listing {
        match kind {
            "db.objects" => Listing::default(),
            "db.user" => self.database_users(),
            "rds.snapshot" => Listing {
                things: self.estate.db_snapshots.iter().map(|(_, row)| of_row(kind, row)).collect(),
                incomplete: self.estate.listing_gaps("rds/describe-db-snapshots").into_iter().next(),
            },
            _ if selectable::kinds_of(kind).is_empty() => {
                Listing { things: Vec::new(), incomplete: Some(Gap::not_modelled(format_args!("a list of {kind}"))) }
            }
            _ => {
                let listing = selectable::candidates(&self.estate, kind);
                let mut things: Vec<Thing> = listing.members.iter().map(thing_of).collect();
                things.sort();
                things.dedup();
                Listing { things, incomplete: listing.gaps.into_iter().next() }
            }
        }
    }

    fn attribute(&self, of: &Thing, name: &str) -> Attribute {
        match (&*of.kind, name) {
            ("rds.instance", _) => self.of_database(of, name),
            ("rds.snapshot", "database") => match find(self.estate.db_snapshots.find(&of.id), of) {
                None => Attribute::Unknown(unseen(of)),
                Some(row) => match row.data.db_instance_identifier.get() {
                    Ok(id) => known(Thing::new("rds.instance", &of.account, &of.region, id)),
                    Err(missing) => Attribute::Unknown(Gap::member(&row.place, missing)),
                },
            },
            ("db.user", "database") => match of.id.split_once('/') {
                Some((database, _)) => known(Thing::new("rds.instance", &of.account, &of.region, database)),
                None => Attribute::Absent,
            },
            ("ec2.instance", _) => self.of_instance(of, name),
            ("ecs.service", "role") => self.role_of_service(of),
            ("lambda.function", "role") => match find(self.estate.lambda_functions.find(&of.id), of) {
                None => Attribute::Unknown(unseen(of)),
                Some(row) => match row.data.role.get() {
                    Ok(arn) => self.role(arn),
                    Err(missing) => Attribute::Unknown(Gap::member(&row.place, missing)),
                },
            },
            ("cloudtrail.trail", "bucket") => {
                let row = self.estate.trails.iter().find(|(_, row)| *row.data.name == *of.id).map(|(_, row)| row);
                match row.map(|row| row.data.s3_bucket_name.get().map_err(|missing| Gap::member(&row.place, missing))) {
                    None => Attribute::Unknown(unseen(of)),
                    Some(Ok(bucket)) => known(Thing::new("s3.bucket", &of.account, &of.region, bucket)),
                    Some(Err(gap)) => Attribute::Unknown(gap),
                }
            }
            _ => Attribute::Absent,
        }
    }

    fn after(&self, failed: &BTreeSet<Control>) -> Result<Box<dyn Engines + '_>, FailError> {
        let mut estate = Estate::clone(&self.estate);
        let mut apart = self.failed.clone();
        for control in failed {
            match control.kind {
                // No member of the estate says that a trail or a share is off: they are failed beside it.
                ControlKind::SnapshotSharing | ControlKind::Trail => {
                    apart.insert(control.clone());
                }
                _ => estate = estate.fail(control)?,
            }
        }
        Ok(Box::new(EstateEngines {
            estate: std::borrow::Cow::Owned(estate),
            owned: self.owned,
            net: OnceCell::new(),
            iam: OnceCell::new(),
            failed: apart,
        }))
    }
}

impl EstateEngines<'_> {
    /// The users of every database that was read, and the master users, which the API names.
    fn database_users(&self) -> Listing {
        let mut listing = Listing::default();
        for (_, row) in self.estate.db_instances.iter() {
            if let Some(master) = row.data.master_username.known() {
                listing.things.push(Thing::new("db.user", &row.account, &row.region, &format!("{}/{master}", row.id)));
            }
            // The users of a server are asked one by one; who they all are stands in its own rows.
            if self.estate.databases.find(&row.id).next().is_none() {
                listing.incomplete.get_or_insert_with(|| Gap::other(format_args!("databases/{}", row.id), "not read"));
            }
        }
        listing.things.sort();
        listing
    }

    fn of_database(&self, of: &Thing, name: &str) -> Attribute {
        let Some(row) = find(self.estate.db_instances.find(&of.id), of) else { return Attribute::Unknown(unseen(of)) };
        let missing = |missing: &Missing| Attribute::Unknown(Gap::member(&row.place, missing));
        match name {
            "port" => match row.data.endpoint.get() {
                Ok(Some(endpoint)) => match endpoint.port.get() {
                    Ok(port) => Attribute::Known(vec![Value::text(&port.to_string())]),
                    Err(why) => missing(why),
                },
                Ok(None) => Attribute::Unknown(Gap::other(format_args!("endpoint of {of}"), "it has none yet")),
                Err(why) => missing(why),
            },
            "master_user" => match row.data.master_username.get() {
                Ok(user) => known(Thing::new("db.user", &of.account, &of.region, &format!("{}/{user}", of.id))),
                Err(why) => missing(why),
            },
            "groups" => match row.data.vpc_security_groups.get() {
                Ok(groups) => groups_of(of, groups.iter().map(|group| group.vpc_security_group_id.get()), &row.place),
                Err(why) => missing(why),
            },
            _ => Attribute::Absent,
        }
    }

    fn of_instance(&self, of: &Thing, name: &str) -> Attribute {
        let Some(row) = find(self.estate.instances.find(&of.id), of) else { return Attribute::Unknown(unseen(of)) };
        let missing = |missing: &Missing| Attribute::Unknown(Gap::member(&row.place, missing));
        match name {
            "key_pair" => match row.data.key_name.get() {
                Ok(Some(key)) => known(Thing::new("ec2.key-pair", &of.account, &of.region, key)),
                Ok(None) => Attribute::Absent,
                Err(why) => missing(why),
            },
            "role" => match row.data.iam_instance_profile.get() {
                Ok(None) => Attribute::Absent,
                Ok(Some(profile)) => match profile.arn.get() {
                    Ok(arn) => {
                        let mut all = self.iam().principals().iter();
                        match all.find(|one| one.instance_profiles.contains(arn)) {
                            Some(role) => self.role(&role.arn),
                            None => Attribute::Unknown(Gap::other(format_args!("role of {arn}"), "not seen")),
                        }
                    }
                    Err(why) => missing(why),
                },
                Err(why) => missing(why),
            },
            _ => Attribute::Absent,
        }
    }

    fn role_of_service(&self, of: &Thing) -> Attribute {
        let Some(row) = find(self.estate.ecs_services.find(&of.id), of) else { return Attribute::Unknown(unseen(of)) };
        let definition = match row.data.task_definition.get() {
            Ok(Some(arn)) => arn,
            Ok(None) => {
                return Attribute::Unknown(Gap::other(format_args!("task definition of {of}"), "it names none"));
            }
            Err(why) => return Attribute::Unknown(Gap::member(&row.place, why)),
        };
        let Some((_, row)) = self.estate.ecs_task_definitions.first(definition) else {
            return Attribute::Unknown(Gap::other(format_args!("task definition {definition}"), "not seen"));
        };
        match row.data.task_role_arn.get() {
            Ok(Some(arn)) => self.role(arn),
            Ok(None) => Attribute::Absent,
            Err(why) => Attribute::Unknown(Gap::member(&row.place, why)),
        }
    }

    fn role(&self, arn: &str) -> Attribute {
        match self.iam().principal(arn) {
            Some(role) => known(Thing::new("iam.role", &role.account, portcullis_snapshot::GLOBAL, &role.resource())),
            None => Attribute::Unknown(Gap::other(format_args!("role {arn}"), "not seen")),
        }
    }
}

fn known(thing: Thing) -> Attribute {
    Attribute::Known(vec![Value::Thing(thing)])
}

fn unseen(of: &Thing) -> Gap {
    Gap::other(format_args!("{} {of}", of.kind), "not seen")
}

fn groups_of<'g>(
    of: &Thing,
    groups: impl Iterator<Item = Result<&'g String, &'g Missing>>,
    place: &Place,
) -> Attribute {
    let mut values = Vec::new();
    for group in groups {
        match group {
            Ok(id) => values.push(Value::Thing(Thing::new("ec2.security-group", &of.account, &of.region, id))),
            Err(missing) => return Attribute::Unknown(Gap::member(place, missing)),
        }
    }
    values.sort();
    if values.is_empty() { Attribute::Absent } else { Attribute::Known(values) }
}

/// The row of a thing; names repeat over accounts and regions.
pub(super) fn find<'r, T: 'r, I>(rows: impl Iterator<Item = (I, &'r Row<T>)>, of: &Thing) -> Option<&'r Row<T>> {
    rows.map(|(_, row)| row).find(|row| row.account == of.account && row.region == of.region)
}

fn of_row<T>(kind: &str, row: &Row<T>) -> Thing {
    Thing::new(kind, &row.account, &row.region, &row.id)
}

/// The thing of a selector's candidate.
///
/// A principal is named by type and name, a trail by its name in its home region: that is how controls name them.
#[must_use]
pub fn thing_of(candidate: &Candidate) -> Thing {
    let Candidate { kind, account, region, id, arn, name, .. } = candidate;
    match *kind {
        "iam.user" | "iam.role" => {
            let name = name.as_deref().unwrap_or(id);
            Thing::new(kind, account, region, &format!("{}/{name}", type_of(kind)))
        }
        "cloudtrail.trail" => {
            let arn: Vec<&str> = arn.as_deref().unwrap_or_default().split(':').collect();
            let home = arn.get(3).copied().filter(|home| !home.is_empty()).unwrap_or(region);
            let owner = arn.get(4).copied().filter(|owner| !owner.is_empty()).unwrap_or(account);
            Thing::new(kind, owner, home, name.as_deref().unwrap_or(id))
        }
        _ => Thing::new(kind, account, region, id),
    }
}
