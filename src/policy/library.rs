//! All rules: loaded from a folder or built in.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Source};
use super::params::ParamType;
use super::rule::Rule;
use super::vocabulary::Vocabulary;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/policies.rs"));
}

/// Most rule files in a folder.
const MAX_FILES: usize = 20_000;

/// A set of rules with their tests, sorted by id.
#[derive(Debug)]
pub struct Library {
    /// The rules.
    pub rules: Vec<Rule>,
    /// The test files, by the id of their rule.
    pub tests: BTreeMap<String, Source>,
    /// What the rules were checked against.
    pub vocabulary: Vocabulary,
}

impl Library {
    /// The rules that come with the program.
    pub fn embedded() -> Result<Self, Vec<Diagnostic>> {
        let sources = embedded::POLICIES.iter().map(|(file, text)| Source::new(*file, *text)).collect();
        Self::of(sources, Vocabulary::standard())
    }

    /// Reads every `.yaml` file below a folder.
    ///
    /// A folder without rules is an error: a misspelt path must not pass.
    pub fn load(folder: &Path) -> Result<Self, Vec<Diagnostic>> {
        let mut sources = Vec::new();
        collect(folder, 0, &mut sources).map_err(|fault| vec![fault])?;
        sources.sort_by(|a, b| a.file.cmp(&b.file));
        if sources.iter().all(|source| source.file.ends_with(".test.yaml")) {
            let shown = folder.display().to_string();
            return Err(vec![Source::new(shown.as_str(), "").fault(
                0..0,
                "the folder holds no rule (`<id>.yaml`)",
                None,
            )]);
        }
        Self::of(sources, Vocabulary::standard())
    }

    /// Checks some files.
    pub fn of(sources: Vec<Source>, vocabulary: Vocabulary) -> Result<Self, Vec<Diagnostic>> {
        let mut faults = Vec::new();
        let mut rules: Vec<(Source, Rule)> = Vec::new();
        let mut tests = BTreeMap::new();
        for source in sources {
            let name = source.file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            if let Some(id) = name.strip_suffix(".test.yaml").or_else(|| name.strip_suffix(".test.yml")) {
                tests.insert(id.to_owned(), source);
                continue;
            }
            match Rule::parse(&source, &vocabulary) {
                Ok(rule) => {
                    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).unwrap_or(&name);
                    if stem != rule.id {
                        let help = format!("name the file `{}.yaml`", rule.id);
                        faults.push(at_id(
                            &source,
                            format!("the file is named `{stem}`, the rule `{}`", rule.id),
                            Some(help),
                        ));
                    }
                    rules.push((source, rule));
                }
                Err(more) => faults.extend(more),
            }
        }
        rules.sort_by(|(_, a), (_, b)| a.id.cmp(&b.id));
        for pair in rules.windows(2) {
            if let [(first, a), (second, b)] = pair
                && a.id == b.id
            {
                let message = format!("`{}` is the id of another rule in {}", b.id, first.file);
                faults.push(at_id(second, message, Some("ids are unique".to_owned())));
            }
        }
        let mut declared: BTreeMap<&str, (&ParamType, &str)> = BTreeMap::new();
        for (source, rule) in &rules {
            for (name, param) in &rule.params {
                let (first, by) = declared.entry(name).or_insert((&param.ty, &rule.id));
                if **first != param.ty {
                    let message = format!("parameter `{name}` is {} here and {first} in rule `{by}`", param.ty);
                    let help = "parameters are shared by all rules: give it another name".to_owned();
                    faults.push(at_id(source, message, Some(help)));
                }
            }
        }
        for (id, source) in &tests {
            if !rules.iter().any(|(_, rule)| rule.id == *id) && faults.is_empty() {
                faults.push(source.fault(0..0, format!("there is no rule `{id}` for these tests"), None));
            }
        }
        if faults.is_empty() {
            Ok(Self { rules: rules.into_iter().map(|(_, rule)| rule).collect(), tests, vocabulary })
        } else {
            faults.sort_by(|a, b| (&a.file, a.span.start).cmp(&(&b.file, b.span.start)));
            Err(faults)
        }
    }

    /// The rule of an id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The parameters that all rules declare, each with its type.
    #[must_use]
    pub fn params(&self) -> BTreeMap<String, ParamType> {
        self.rules.iter().flat_map(|rule| &rule.params).map(|(name, param)| (name.clone(), param.ty.clone())).collect()
    }
}

/// A fault at the id of a rule.
fn at_id(source: &Source, message: String, help: Option<String>) -> Diagnostic {
    let start = source.text.find("id:").unwrap_or(0);
    let end = source.text.get(start..).and_then(|rest| rest.find('\n')).map_or(source.text.len(), |len| start + len);
    source.fault(start..end, message, help)
}

fn collect(folder: &Path, depth: usize, sources: &mut Vec<Source>) -> Result<(), Diagnostic> {
    let fault = |path: &Path, message: String| Source::new(path.display().to_string(), "").fault(0..0, message, None);
    let entries = fs::read_dir(folder).map_err(|error| fault(folder, format!("cannot be read: {error}")))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| fault(folder, format!("cannot be read: {error}")))?.path());
    }
    paths.sort();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if depth < 8 {
                collect(&path, depth + 1, sources)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            let text = fs::read_to_string(&path).map_err(|error| fault(&path, format!("cannot be read: {error}")))?;
            sources.push(Source { file: Arc::from(path.display().to_string()), text: Arc::from(text) });
            if sources.len() > MAX_FILES {
                return Err(fault(folder, format!("the folder holds more than {MAX_FILES} rule files")));
            }
        }
    }
    Ok(())
}
