//! Parameters of the project file, as scenarios use them.

use portcullis_estate::Estate;

use crate::project::Project;
use crate::technique::engines::thing_of;
use crate::technique::{Members, Params};

/// The parameters of a project file in one estate.
#[derive(Debug, Clone, Copy)]
pub struct ProjectParams<'a> {
    /// The project file.
    pub project: &'a Project,
    /// The estate.
    pub estate: &'a Estate,
}

impl Params for ProjectParams<'_> {
    fn members(&self, name: &str, kind: &str) -> Members {
        let selectors = match self.project.selectors(name) {
            None => return Members::NotConfigured,
            Some(Err(error)) => return Members::Unusable(error.to_string()),
            Some(Ok(selectors)) => selectors,
        };
        let mut things = Vec::new();
        let mut incomplete = None;
        let mut words = Vec::new();
        for selector in &selectors {
            words.push(selector.to_string());
            match selector.select(self.estate, kind) {
                Ok(selection) => {
                    things.extend(selection.members.iter().map(thing_of));
                    incomplete = incomplete.or_else(|| selection.gaps.into_iter().next());
                }
                // Nothing of the kind at all: there is nothing to attack. Otherwise the selector is a mistake.
                Err(_) if self.is_empty(kind) => {}
                Err(why) => return Members::Unusable(why),
            }
        }
        things.sort();
        things.dedup();
        Members::Listed { things, incomplete, words: words.join(" or ") }
    }
}

impl ProjectParams<'_> {
    fn is_empty(&self, kind: &str) -> bool {
        let kinds = portcullis_estate::selectable::kinds_of(kind);
        kinds.iter().all(|kind| portcullis_estate::selectable::candidates(self.estate, kind).members.is_empty())
    }
}
