//! Traces in invented worlds, with cut sets derived by hand.

mod files;
mod verdicts;
mod worked_example;

use std::collections::BTreeMap;

use portcullis_estate::{Control, ControlKind, Gap};

use super::file::Catalogue;
use crate::technique::source::Source;
use crate::technique::value::{Thing, control_of};
use crate::technique::{Library, Members, Params};

pub(super) const ACCOUNT: &str = "1";

pub(super) fn thing(kind: &str, id: &str) -> Thing {
    crate::technique::fake::thing(kind, id)
}

pub(super) fn control(kind: ControlKind, of: &str, id: &str) -> Control {
    control_of(kind, &thing(of, id))
}

/// Parameters of an invented project file.
#[derive(Default)]
pub(super) struct Named(pub(super) BTreeMap<&'static str, (Vec<Thing>, Option<Gap>)>);

impl Params for Named {
    fn members(&self, name: &str, _: &str) -> Members {
        match self.0.get(name) {
            None => Members::NotConfigured,
            Some((things, incomplete)) => Members::Listed {
                things: things.clone(),
                incomplete: incomplete.clone(),
                words: format!("what `{name}` selects"),
            },
        }
    }
}

pub(super) fn catalogue(scenarios: &[(&str, &str)]) -> Catalogue {
    let sources: Vec<Source> = scenarios.iter().map(|(id, text)| Source::new(&format!("{id}.yaml"), text)).collect();
    let library = Library::built_in().unwrap_or_else(|error| panic!("{error}"));
    Catalogue::of(library, &sources).unwrap_or_else(|error| panic!("{error}"))
}
