//! The engines of one run, compiled on first use.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use portcullis_db::CheckedMatrix;
use portcullis_estate::schema::{Value, World};
use portcullis_estate::{Estate, Gap};
use portcullis_iam::trail::{Tamperer, TrailView};
use portcullis_iam::trust::Trust;

use super::super::vocabulary::Signature;
use super::{Engines, grants, identity, network, recording};

/// The engines over one estate. Each world is compiled once; rules share it.
#[derive(Debug)]
pub struct Standard<'e> {
    estate: &'e Estate,
    matrices: BTreeMap<String, CheckedMatrix>,
    net: OnceCell<portcullis_net::World>,
    iam: OnceCell<portcullis_iam::World>,
    trusts: OnceCell<(Vec<Trust>, BTreeSet<Gap>)>,
    tamperers: RefCell<BTreeMap<String, Rc<[Tamperer]>>>,
}

impl<'e> Standard<'e> {
    /// The engines over an estate.
    #[must_use]
    pub fn new(estate: &'e Estate) -> Self {
        Self {
            estate,
            matrices: BTreeMap::new(),
            net: OnceCell::new(),
            iam: OnceCell::new(),
            trusts: OnceCell::new(),
            tamperers: RefCell::new(BTreeMap::new()),
        }
    }

    /// The same, with the declared grants of databases by identifier.
    #[must_use]
    pub fn with_matrices(mut self, matrices: BTreeMap<String, CheckedMatrix>) -> Self {
        self.matrices = matrices;
        self
    }

    pub(super) const fn matrices(&self) -> &BTreeMap<String, CheckedMatrix> {
        &self.matrices
    }

    pub(super) const fn estate(&self) -> &Estate {
        self.estate
    }

    pub(super) fn net(&self) -> &portcullis_net::World {
        self.net.get_or_init(|| portcullis_net::World::build(self.estate))
    }

    pub(super) fn iam(&self) -> &portcullis_iam::World {
        self.iam.get_or_init(|| portcullis_iam::World::build(self.estate))
    }

    pub(super) fn trusts(&self) -> &(Vec<Trust>, BTreeSet<Gap>) {
        self.trusts.get_or_init(|| self.iam().trusts())
    }

    /// Who may tamper with a trail: asked once for each trail, shared by the rules about it.
    pub(super) fn tamperers(&self, trail: &TrailView) -> Rc<[Tamperer]> {
        if let Some(known) = self.tamperers.borrow().get(&trail.arn) {
            return Rc::clone(known);
        }
        let found: Rc<[Tamperer]> = self.iam().tamperers(trail).into();
        self.tamperers.borrow_mut().insert(trail.arn.clone(), Rc::clone(&found));
        found
    }
}

impl Engines for Standard<'_> {
    fn call<'s>(&'s self, function: &'static Signature, world: World<'s>, args: &[Value<'s>]) -> Value<'s> {
        match function.name {
            "reach.into" => network::into(self, world, args),
            "iam.administration" => identity::administration(self, world, args),
            "iam.escalations" => identity::escalations(self, world, args),
            "iam.unrestricted" => identity::unrestricted(self, world, args),
            "iam.trusts" => identity::trusts(self, world, args),
            "recording.stoppers" => recording::stoppers(self, world, args),
            "recording.deleters" => recording::deleters(self, world, args),
            "recording.kept_days" => recording::kept_days(self, world, args),
            "grants.diff" => grants::diff(self, world, args),
            other => world.unknown(Gap::not_modelled(format_args!("function {other}"))),
        }
    }
}
