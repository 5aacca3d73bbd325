//! Engines over an invented world, for tests: each question has the sets of controls that close its ways.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use portcullis_estate::failure::FailError;
use portcullis_estate::{Blocker, Control, Decision, Enabler, Fact, Gap, Way};
use portcullis_snapshot::Place;

use super::gates::{Attribute, Engines, Granted, Listing, LogsIn, May, Question, Reach, Setting, Unrecorded};
use super::value::{Thing, Value};

type Gaps = dyn Fn(&Question) -> Vec<Gap>;
type Rule = dyn Fn(&Question) -> Vec<Vec<Control>>;

/// An invented world.
pub(crate) struct Fake {
    pub(crate) rule: Rc<Rule>,
    pub(crate) things: BTreeMap<&'static str, Vec<&'static str>>,
    pub(crate) unlisted: BTreeSet<&'static str>,
    pub(crate) attributes: BTreeMap<(&'static str, &'static str), Vec<Value>>,
    pub(crate) gaps: Rc<Gaps>,
    failed: BTreeSet<Control>,
}

pub(crate) fn thing(kind: &str, id: &str) -> Thing {
    Thing::new(kind, "1", if kind.starts_with("iam.") { "global" } else { "r" }, id)
}

fn fact(text: &str) -> Fact {
    Fact::new(text, "is so", Place::new("f", ""))
}

impl Fake {
    pub(crate) fn new(rule: impl Fn(&Question) -> Vec<Vec<Control>> + 'static) -> Self {
        Self {
            rule: Rc::new(rule),
            things: BTreeMap::new(),
            unlisted: BTreeSet::new(),
            attributes: BTreeMap::new(),
            gaps: Rc::new(|_| Vec::new()),
            failed: BTreeSet::new(),
        }
    }

    pub(crate) fn failing(&self, failed: &BTreeSet<Control>) -> Self {
        Self {
            rule: Rc::clone(&self.rule),
            things: self.things.clone(),
            unlisted: self.unlisted.clone(),
            attributes: self.attributes.clone(),
            gaps: Rc::clone(&self.gaps),
            failed: self.failed.union(failed).cloned().collect(),
        }
    }

    pub(crate) fn answer(&self, question: &Question) -> Decision {
        let ways = (self.rule)(question).into_iter().enumerate().map(|(number, controls)| Way {
            blockers: controls
                .into_iter()
                .filter(|control| !self.failed.contains(control))
                .map(|control| Blocker { fact: fact(&control.to_string()), control })
                .collect(),
            gaps: (self.gaps)(question),
            evidence: vec![fact(&question.to_string())],
            enablers: vec![Enabler { id: format!("{question} #{number}"), fact: fact("enabler") }],
        });
        Decision { ways: ways.collect(), ..Decision::default() }
    }
}

impl Engines for Fake {
    fn reach(&self, question: &Reach) -> Decision {
        self.answer(&Question::Reach(question.clone()))
    }
    fn may(&self, question: &May) -> Decision {
        self.answer(&Question::May(question.clone()))
    }
    fn logs_in(&self, question: &LogsIn) -> Decision {
        self.answer(&Question::LogsIn(question.clone()))
    }
    fn granted(&self, question: &Granted) -> Decision {
        self.answer(&Question::Granted(question.clone()))
    }
    fn setting(&self, question: &Setting) -> Decision {
        self.answer(&Question::Setting(question.clone()))
    }
    fn unrecorded(&self, question: &Unrecorded) -> Decision {
        self.answer(&Question::Unrecorded(question.clone()))
    }
    fn things(&self, kind: &str) -> Listing {
        Listing {
            things: self.things.get(kind).into_iter().flatten().map(|id| thing(kind, id)).collect(),
            incomplete: self.unlisted.get(kind).map(|kind| Gap::other(kind, "denied")),
        }
    }
    fn attribute(&self, of: &Thing, name: &str) -> Attribute {
        let values = self.attributes.iter().find(|((id, attribute), _)| **id == *of.id && *attribute == name);
        values.map_or(Attribute::Absent, |(_, values)| Attribute::Known(values.clone()))
    }
    fn after(&self, failed: &BTreeSet<Control>) -> Result<Box<dyn Engines + '_>, FailError> {
        Ok(Box::new(self.failing(failed)))
    }
}
