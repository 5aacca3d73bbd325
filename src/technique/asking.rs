//! Asks each question once per estate, also on estates in which controls have failed.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use portcullis_estate::failure::FailError;
use portcullis_estate::{Assumption, Control, Decision, Way};

use super::gates::{Attribute, Engines, Listing, Question};
use super::value::{Thing, Value};

/// How many changed estates are kept at a time.
const KEPT_ESTATES: usize = 32;

type Failed = BTreeSet<Control>;

/// The engines with a memory.
pub struct Asker<'e> {
    engines: &'e dyn Engines,
    answers: RefCell<BTreeMap<Failed, BTreeMap<Question, Rc<Decision>>>>,
    changed: RefCell<BTreeMap<Failed, Rc<dyn Engines + 'e>>>,
    impossible: RefCell<BTreeMap<Failed, FailError>>,
    asked: Cell<usize>,
}

impl fmt::Debug for Asker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker").field("asked", &self.asked.get()).finish_non_exhaustive()
    }
}

impl<'e> Asker<'e> {
    /// A memory over these engines.
    #[must_use]
    pub fn new(engines: &'e dyn Engines) -> Self {
        Self {
            engines,
            answers: RefCell::default(),
            changed: RefCell::default(),
            impossible: RefCell::default(),
            asked: Cell::new(0),
        }
    }

    /// How many questions the engines have been asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked.get()
    }

    /// The engines themselves.
    #[must_use]
    pub fn engines(&self) -> &'e dyn Engines {
        self.engines
    }

    /// The answer in the estate as it is.
    pub fn ask(&self, question: &Question) -> Rc<Decision> {
        if let Some(known) = self.known(&Failed::new(), question) {
            return known;
        }
        let decision = self.put(self.engines, question);
        self.remember(Failed::new(), question, decision)
    }

    /// The answer in the estate in which these controls have failed.
    pub fn ask_after(&self, failed: &Failed, question: &Question) -> Result<Rc<Decision>, FailError> {
        if failed.is_empty() {
            return Ok(self.ask(question));
        }
        if let Some(known) = self.known(failed, question) {
            return Ok(known);
        }
        let engines = self.changed(failed)?;
        let decision = self.put(&*engines, question);
        Ok(self.remember(failed.clone(), question, decision))
    }

    /// All things of a kind.
    #[must_use]
    pub fn things(&self, kind: &str) -> Listing {
        self.engines.things(kind)
    }

    /// The values of an attribute; none where there is none.
    #[must_use]
    pub fn attribute(&self, of: &Value, name: &str) -> Vec<Value> {
        match of {
            Value::Thing(thing) => self.attribute_of(thing, name),
            Value::Unseen { gap, .. } => vec![Value::Unseen { what: name.into(), gap: gap.clone() }],
            _ => Vec::new(),
        }
    }

    fn attribute_of(&self, of: &Thing, name: &str) -> Vec<Value> {
        match self.engines.attribute(of, name) {
            Attribute::Known(values) => values,
            Attribute::Absent => Vec::new(),
            Attribute::Unknown(gap) => vec![Value::Unseen { what: format!("{name} of {of}").into(), gap }],
        }
    }

    /// Every assumption that an answer in the estate as it is has used.
    #[must_use]
    pub fn assumed(&self) -> BTreeSet<Assumption> {
        let answers = self.answers.borrow();
        answers.get(&Failed::new()).into_iter().flatten().flat_map(|(_, d)| d.assumed.iter().copied()).collect()
    }

    fn known(&self, failed: &Failed, question: &Question) -> Option<Rc<Decision>> {
        self.answers.borrow().get(failed)?.get(question).map(Rc::clone)
    }

    fn remember(&self, failed: Failed, question: &Question, decision: Decision) -> Rc<Decision> {
        let decision = Rc::new(decision);
        self.answers.borrow_mut().entry(failed).or_default().insert(question.clone(), Rc::clone(&decision));
        decision
    }

    fn changed(&self, failed: &Failed) -> Result<Rc<dyn Engines + 'e>, FailError> {
        if let Some(error) = self.impossible.borrow().get(failed) {
            return Err(error.clone());
        }
        if let Some(engines) = self.changed.borrow().get(failed) {
            return Ok(Rc::clone(engines));
        }
        match self.engines.after(failed) {
            Ok(engines) => {
                let engines: Rc<dyn Engines + 'e> = Rc::from(engines);
                let mut kept = self.changed.borrow_mut();
                if kept.len() >= KEPT_ESTATES {
                    kept.clear();
                }
                kept.insert(failed.clone(), Rc::clone(&engines));
                Ok(engines)
            }
            Err(error) => {
                self.impossible.borrow_mut().insert(failed.clone(), error.clone());
                Err(error)
            }
        }
    }

    fn put(&self, engines: &dyn Engines, question: &Question) -> Decision {
        if let Some(gap) = question.values().find_map(Value::gap) {
            // Nothing can be asked about what was not seen.
            return Decision { ways: vec![Way { gaps: vec![gap.clone()], ..Way::default() }], ..Decision::default() };
        }
        self.asked.set(self.asked.get() + 1);
        match question {
            Question::Reach(q) => engines.reach(q),
            Question::May(q) => engines.may(q),
            Question::LogsIn(q) => engines.logs_in(q),
            Question::Granted(q) => engines.granted(q),
            Question::Setting(q) => engines.setting(q),
            Question::Unrecorded(q) => engines.unrecorded(q),
        }
    }
}
