//! Functions that engines answer, and the kinds of their answers.
//!
//! A signature says what the checker must know; [`Engines`] answers at run time and keeps its answers for the run, so
//! that rules and scenarios share them.

pub mod grants;
pub mod identity;
pub mod network;
pub mod recording;
mod standard;

use std::fmt;

use portcullis_estate::Gap;
use portcullis_estate::schema::{Kind, Value, World};

use super::vocabulary::Signature;

pub use standard::Standard;

/// Kinds of answers.
pub static KINDS: &[&Kind] = &[
    &network::PATH,
    &network::SOURCE,
    &identity::PRINCIPAL,
    &identity::ADMINISTRATION,
    &identity::ESCALATION,
    &identity::UNRESTRICTED,
    &identity::TRUST,
    &recording::THREAT,
    &grants::DIFFERENCE,
];

/// Every function.
pub static SIGNATURES: &[&Signature] = &[
    &network::INTO,
    &identity::ADMINISTRATORS,
    &identity::ESCALATIONS,
    &identity::UNRESTRICTED_STATEMENTS,
    &identity::TRUSTS,
    &recording::STOPPERS,
    &recording::DELETERS,
    &recording::KEPT_DAYS,
    &grants::DIFF,
];

/// What answers functions. Arguments are known and of the declared types.
///
/// An implementation owns its compiled worlds and its answers (see [`Arena`](portcullis_estate::schema::Arena)); what
/// it could not decide it answers as unknown or as an incomplete list, with the gaps. It tells the scratch which
/// assumptions an answer used ([`Scratch::assume`](portcullis_estate::schema::Scratch::assume)) and what closes a way
/// ([`Scratch::note`](portcullis_estate::schema::Scratch::note)).
pub trait Engines: fmt::Debug {
    /// Answers one call.
    fn call<'s>(&'s self, function: &'static Signature, world: World<'s>, args: &[Value<'s>]) -> Value<'s>;
}

/// No engine at all: every answer is unknown.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEngines;

impl Engines for NoEngines {
    fn call<'s>(&'s self, function: &'static Signature, world: World<'s>, _: &[Value<'s>]) -> Value<'s> {
        world.unknown(Gap::not_modelled(format_args!("function {}", function.name)))
    }
}

/// The engines that answer for an estate.
#[must_use]
pub fn standard(estate: &portcullis_estate::Estate) -> Box<dyn Engines + '_> {
    Box::new(Standard::new(estate))
}
