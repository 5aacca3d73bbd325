//! The search against brute force: every subset of failed controls, plain answers only.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use portcullis_estate::family::Cut;
use portcullis_estate::{Answer, Atom, Control, ControlKind, Family, Gap};
use proptest::prelude::*;

use super::files::library;
use crate::technique::asking::Asker;
use crate::technique::closing::Closing;
use crate::technique::fake::{Fake, thing};
use crate::technique::fixpoint::{Found, Search};
use crate::technique::gates::{May, Question, Reach};
use crate::technique::library::Library;
use crate::technique::value::{Credential, Identity, Possession, Predicate, Value, control_of};

const HOSTS: [&str; 3] = ["i-0", "i-1", "i-2"];
const GROUPS: [&str; 3] = ["sg-0", "sg-1", "sg-2"];
const TABLES: [&str; 2] = ["rtb-0", "rtb-1"];

fn techniques() -> Library {
    library(&[
        (
            "connect",
            "id: connect\ntitle: Get onto a host\nneeds: [{position: $from}]\nfor: {to: ec2.instance}\n\
             gates: {reach: {from: $from, to: $to, port: '22'}}\ngains: [{code: $to}]\n",
        ),
        (
            "log-in",
            "id: log-in\ntitle: Log in with a key\nneeds: [{position: $from}, {secret: $to.key_pair}]\n\
             for: {to: ec2.instance}\ngates: {reach: {from: $from, to: $to, port: '23'}}\ngains: [{code: $to}]\n",
        ),
        (
            "stand",
            "id: stand\ntitle: Be on a host\nimplied: true\nneeds: [{code: $host}]\n\
             gains: [{position: $host}, {identity: {principal: $host.role, credential: role-session}}]\n",
        ),
        (
            "open-group",
            "id: open-group\ntitle: Open a group\nneeds: [{identity: $who}]\nfor: {group: ec2.security-group}\n\
             gates:\n  any:\n    - {may: {principal: $who, action: ec2:Authorize, resources: {g: $group}}}\n\
             \x20   - {may: {principal: $who, action: ec2:Modify, resources: {g: $group}}}\n\
             gains: [{removes: {control: {security-group.ingress: $group}}}]\n",
        ),
        (
            "route",
            "id: route\ntitle: Add a route\nneeds: [{identity: $who}]\nfor: {table: ec2.route-table}\n\
             gates: {all: [{may: {principal: $who, action: ec2:CreateRoute, resources: {t: $table}}}]}\n\
             gains: [{removes: {control: {route-table: $table}}}]\n",
        ),
    ])
}

fn universe() -> Vec<Control> {
    let of = |kind, of: &str, id| control_of(kind, &thing(of, id));
    GROUPS
        .iter()
        .map(|id| of(ControlKind::SecurityGroupIngress, "ec2.security-group", id))
        .chain(TABLES.iter().map(|id| of(ControlKind::RouteTable, "ec2.route-table", id)))
        .chain([of(ControlKind::IamBoundary, "iam.user", "user/dev"), key("k-1"), key("k-2")])
        .collect()
}

fn key(id: &str) -> Control {
    control_of(ControlKind::Secret, &thing("ec2.key-pair", id))
}

/// Up to three ways, each with up to three controls, drawn from the question's text.
fn drawn(seed: u64, question: &Question) -> Vec<Vec<Control>> {
    let draw = |salt: u64| {
        let mut hasher = DefaultHasher::new();
        (seed, question.to_string(), salt).hash(&mut hasher);
        hasher.finish()
    };
    // Secrets are no gate's business.
    let pool: Vec<Control> = universe().into_iter().filter(|c| c.kind != ControlKind::Secret).collect();
    (0..draw(0) % 4)
        .map(|way| {
            let size = 1 + draw(way * 10 + 1) % 3;
            let mut controls: Vec<Control> = (0..size)
                .map(|n| pool[usize::try_from(draw(way * 10 + 2 + n)).unwrap_or(0) % pool.len()].clone())
                .collect();
            controls.sort();
            controls.dedup();
            controls
        })
        .collect()
}

fn world(seed: u64) -> Fake {
    let mut fake = Fake::new(move |question| drawn(seed, question));
    fake.things = BTreeMap::from([
        ("ec2.instance", HOSTS.to_vec()),
        ("ec2.security-group", GROUPS.to_vec()),
        ("ec2.route-table", TABLES.to_vec()),
    ]);
    fake.attributes = BTreeMap::from([
        (("i-0", "role"), vec![Value::Thing(thing("iam.role", "role/host"))]),
        (("i-1", "key_pair"), vec![Value::Thing(thing("ec2.key-pair", "k-1"))]),
        (("i-2", "key_pair"), vec![Value::Thing(thing("ec2.key-pair", "k-2"))]),
    ]);
    fake
}

fn identity(kind: &str, id: &str, credential: Credential) -> Value {
    Value::Identity(Arc::new(Identity { principal: Value::Thing(thing(kind, id)), credential, keys: BTreeMap::new() }))
}

fn developer() -> Value {
    identity("iam.user", "user/dev", Credential::AccessKey)
}

fn code(host: &str) -> Possession {
    Possession::new(Predicate::Code, vec![Value::Thing(thing("ec2.instance", host))])
}

fn start() -> Vec<(Possession, Family)> {
    vec![
        (Possession::new(Predicate::Position, vec![Value::Internet]), Family::already()),
        (Possession::new(Predicate::Identity, vec![developer()]), Family::already()),
    ]
}

fn search(fake: &Fake, limit: usize, goal: &Possession) -> Family {
    let library = techniques();
    let asker = Asker::new(fake);
    let search = Search { techniques: library.techniques(), asker: &asker, limit, allowed: None };
    search.run(&start(), std::slice::from_ref(goal)).family(goal)
}

/// The same by hand, with plain answers, on the estate in which `failed` has failed.
fn gets_there(fake: &Fake, failed: &BTreeSet<Control>, goal: &str) -> bool {
    let mut removed = failed.clone();
    let mut hosts: BTreeSet<&str> = BTreeSet::new();
    loop {
        let before = (removed.len(), hosts.len());
        let estate = fake.failing(&removed);
        let open = |question| estate.answer(&question).answer() == Answer::Open;
        let places: Vec<Value> = std::iter::once(Value::Internet)
            .chain(hosts.iter().map(|id| Value::Thing(thing("ec2.instance", id))))
            .collect();
        for to in HOSTS {
            for from in &places {
                let reach = |port: &str| {
                    let to = Value::Thing(thing("ec2.instance", to));
                    open(Question::Reach(Reach { from: from.clone(), to, port: Value::text(port) }))
                };
                let knows = |id: &str| failed.contains(&key(id));
                let has_key = match to {
                    "i-1" => knows("k-1"),
                    "i-2" => knows("k-2"),
                    _ => false,
                };
                if reach("22") || (has_key && reach("23")) {
                    hosts.insert(to);
                }
            }
        }
        let mut signers = vec![developer()];
        if hosts.contains("i-0") {
            signers.push(identity("iam.role", "role/host", Credential::RoleSession));
        }
        for who in signers {
            let may = |action: &str, kind: &str, of: Value| {
                open(Question::May(May {
                    who: who.clone(),
                    action: action.into(),
                    resources: BTreeMap::from([(Arc::from(kind), of)]),
                    request: BTreeMap::new(),
                    from: None,
                }))
            };
            for id in GROUPS {
                let group = thing("ec2.security-group", id);
                if ["ec2:Authorize", "ec2:Modify"].iter().any(|a| may(a, "g", Value::Thing(group.clone()))) {
                    removed.insert(control_of(ControlKind::SecurityGroupIngress, &group));
                }
            }
            for id in TABLES {
                let table = thing("ec2.route-table", id);
                if may("ec2:CreateRoute", "t", Value::Thing(table.clone())) {
                    removed.insert(control_of(ControlKind::RouteTable, &table));
                }
            }
        }
        if hosts.contains(goal) {
            return true;
        }
        if before == (removed.len(), hosts.len()) {
            return false;
        }
    }
}

fn brute_force(fake: &Fake, goal: &str) -> Family {
    let universe = universe();
    let subsets = (0u32..1 << universe.len()).map(|bits| {
        let member = |(n, control): (usize, &Control)| (bits >> n & 1 == 1).then(|| control.clone());
        universe.iter().enumerate().filter_map(member).collect::<BTreeSet<Control>>()
    });
    let mut by_size: Vec<BTreeSet<Control>> = subsets.collect();
    by_size.sort_by_key(BTreeSet::len);
    let mut family = Family::never();
    for set in by_size {
        let cut: Cut = set.iter().cloned().map(Atom::Control).collect();
        if !family.cuts().any(|known| known.is_subset(&cut)) && gets_there(fake, &set, goal) {
            family.insert(cut);
        }
    }
    family
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_families_are_those_of_brute_force(seed: u64) {
        let fake = world(seed);
        for host in HOSTS {
            prop_assert_eq!(search(&fake, 99, &code(host)), brute_force(&fake, host));
        }
    }

    #[test]
    fn a_limit_keeps_the_smaller_sets_exact(seed: u64, limit in 0usize..3) {
        let fake = world(seed);
        let whole = search(&fake, 99, &code("i-2"));
        let limited = search(&fake, limit, &code("i-2"));
        let small = whole.cuts().filter(|cut| cut.len() <= limit).cloned().collect::<Vec<_>>();
        prop_assert_eq!(limited.cuts().cloned().collect::<Vec<_>>(), small.clone());
        prop_assert!(limited.was_cut() || small.len() == whole.cuts().len());
    }

    #[test]
    fn mutation_law(seed: u64) {
        let fake = world(seed);
        let goal = code("i-2");
        let whole = search(&fake, 99, &goal);
        let knows = |failed: &BTreeSet<Control>| {
            // A leaked key is something that the attacker has, not a change of the estate.
            let mut start = start();
            for control in failed.iter().filter(|control| control.kind == ControlKind::Secret) {
                let id = control.resource.rsplit('/').next().unwrap();
                let of = Value::Thing(thing("ec2.key-pair", id));
                start.push((Possession::new(Predicate::Secret, vec![of]), Family::already()));
            }
            start
        };
        let failing = |failed: &BTreeSet<Control>| {
            let library = techniques();
            let changed = fake.failing(failed);
            let asker = Asker::new(&changed);
            let search = Search { techniques: library.techniques(), asker: &asker, limit: 99, allowed: None };
            search.run(&knows(failed), std::slice::from_ref(&goal)).family(&goal)
        };
        for control in universe() {
            let atom = Atom::Control(control.clone());
            let expected = Family::of(whole.cuts().map(|cut| cut.iter().filter(|a| **a != atom).cloned().collect()));
            prop_assert_eq!(failing(&BTreeSet::from([control])), expected);
        }
        for cut in whole.cuts() {
            prop_assert!(failing(&crate::technique::fixpoint::controls(cut)).is_already());
        }
    }
}

/// One way, with these controls in it.
fn one_way(controls: &[Control]) -> Vec<Vec<Control>> {
    vec![controls.to_vec()]
}

fn fixed() -> Fake {
    let sg = universe()[0].clone();
    let table = universe()[3].clone();
    let boundary = universe()[5].clone();
    let mut fake = world(0);
    fake.rule = std::rc::Rc::new(move |question| match question.to_string().as_str() {
        "the internet reaches i-2 on tcp/22" => one_way(&[sg.clone(), table.clone()]),
        "user/dev (access key) may ec2:Authorize on sg-0" => one_way(&[]),
        "user/dev (access key) may ec2:CreateRoute on rtb-0" => one_way(std::slice::from_ref(&boundary)),
        _ => Vec::new(),
    });
    fake
}

#[test]
fn a_control_that_the_attacker_removes_for_nothing_does_not_count() {
    let family = search(&fixed(), 4, &code("i-2"));
    let all = universe();
    let cut = |n: usize| Cut::from([Atom::Control(all[n].clone())]);
    assert_eq!(family, Family::of([cut(3), cut(5)]));
}

/// An engine that is inconsistent on the changed estate: what it does not confirm is not believed.
struct Stubborn(Fake);
impl crate::technique::gates::Engines for Stubborn {
    fn reach(&self, q: &Reach) -> portcullis_estate::Decision {
        self.0.reach(q)
    }
    fn may(&self, q: &May) -> portcullis_estate::Decision {
        self.0.may(q)
    }
    fn logs_in(&self, q: &crate::technique::gates::LogsIn) -> portcullis_estate::Decision {
        self.0.logs_in(q)
    }
    fn granted(&self, q: &crate::technique::gates::Granted) -> portcullis_estate::Decision {
        self.0.granted(q)
    }
    fn setting(&self, q: &crate::technique::gates::Setting) -> portcullis_estate::Decision {
        self.0.setting(q)
    }
    fn unrecorded(&self, q: &crate::technique::gates::Unrecorded) -> portcullis_estate::Decision {
        self.0.unrecorded(q)
    }
    fn things(&self, kind: &str) -> crate::technique::gates::Listing {
        self.0.things(kind)
    }
    fn attribute(&self, of: &crate::technique::Thing, name: &str) -> crate::technique::gates::Attribute {
        self.0.attribute(of, name)
    }
    fn after(
        &self,
        _: &BTreeSet<Control>,
    ) -> Result<Box<dyn crate::technique::Engines + '_>, portcullis_estate::failure::FailError> {
        Ok(Box::new(self.0.failing(&BTreeSet::new())))
    }
}

#[test]
fn a_removal_that_does_not_open_the_gate_does_not_count() {
    let mut fake = fixed();
    let rule = std::rc::Rc::clone(&fake.rule);
    fake.rule = std::rc::Rc::new(move |question| rule(question));
    let stubborn = Stubborn(fake);
    let library = techniques();
    let asker = Asker::new(&stubborn);
    let search = Search { techniques: library.techniques(), asker: &asker, limit: 4, allowed: None };
    let goal = code("i-2");
    let all = universe();
    let whole = Cut::from([Atom::Control(all[0].clone()), Atom::Control(all[3].clone())]);
    assert_eq!(search.run(&start(), std::slice::from_ref(&goal)).family(&goal), Family::of([whole]));
}

#[test]
fn an_unlisted_instance_and_a_gap_are_symbols() {
    let mut fake = fixed();
    fake.things.insert("ec2.instance", vec!["i-2"]);
    fake.unlisted.insert("ec2.instance");
    let family = search(&fake, 4, &code("i-2"));
    // Nothing says that the internet reaches i-2 through a host that was not listed, so only its own ways count.
    assert!(family.cuts().all(|cut| !cut.is_empty()));
    let mut fake = fixed();
    fake.gaps = std::rc::Rc::new(|question| match question {
        Question::Reach(_) => vec![Gap::other("prefix list pl-1", "denied")],
        _ => Vec::new(),
    });
    let family = search(&fake, 4, &code("i-2"));
    assert!(family.cuts().all(|cut| cut.iter().any(|atom| matches!(atom, Atom::Symbol(_)))));
    assert_eq!(family.cuts().len(), 2);
}

#[test]
fn what_closes_an_open_way_is_named() {
    let table = universe()[3].clone();
    let fake = fixed().failing(&BTreeSet::from([table]));
    let library = techniques();
    let asker = Asker::new(&fake);
    let search = Search { techniques: library.techniques(), asker: &asker, limit: 4, allowed: None };
    let goal = code("i-2");
    let found: Found = search.run(&start(), std::slice::from_ref(&goal));
    assert!(found.family(&goal).is_already());
    let closing = Closing::of(&found, &asker, 4);
    let sets = closing.closings(&goal);
    // Either the way in, or the permission that opens the group in front of it.
    let names: Vec<Vec<String>> = sets.into_iter().map(|set| set.into_iter().collect()).collect();
    assert_eq!(
        names,
        [
            vec!["the internet reaches i-2 on tcp/22 #0".to_owned()],
            vec!["user/dev (access key) may ec2:Authorize on sg-0 #0".to_owned()],
        ]
    );
}
