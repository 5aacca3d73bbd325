//! From the written form to checked terms: every variable bound, every word known, every type right.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use portcullis_estate::ControlKind;

use super::form::{FactForm, GateForm, IdentityForm, PlaceForm, TechniqueForm};
use super::gates::{Event, SettingName};
use super::source::{At, Fault, Source, closest};
use super::term::{Ask, Gate, Pattern, Technique, Term};
use super::value::{Credential, Predicate, Value};
use super::vocabulary::{self, Type};

/// A principal outside the estate, in an account that is the attacker's own.
const FOREIGN_ACCOUNT: &str = "foreign-account";

type Checked<T> = Result<T, Fault>;

/// What may be named where.
pub(crate) struct Scope<'a> {
    source: &'a Source,
    types: BTreeMap<Arc<str>, Type>,
    /// Whether a variable that is not bound yet becomes bound.
    binding: bool,
    /// Whether parameters of the project file may be named (scenarios) or variables (techniques).
    parameters: bool,
    /// What each parameter is used as.
    uses: BTreeMap<Arc<str>, Type>,
}

impl<'a> Scope<'a> {
    /// The scope of a scenario: parameters, no variables.
    pub(crate) fn of_scenario(source: &'a Source) -> Self {
        Self { source, types: BTreeMap::new(), binding: false, parameters: true, uses: BTreeMap::new() }
    }

    fn of_technique(source: &'a Source) -> Self {
        Self { source, types: BTreeMap::new(), binding: false, parameters: false, uses: BTreeMap::new() }
    }

    fn unknown<'w>(
        &self,
        what: &str,
        word: &str,
        span: &Range<usize>,
        known: impl IntoIterator<Item = &'w str> + Clone,
    ) -> Fault {
        let fault = self.source.fault(format!("unknown {what} `{word}`"), span);
        match closest(word, known.clone()) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help(format!("known: {}", known.into_iter().collect::<Vec<_>>().join(", "))),
        }
    }

    /// A term that must be of a type.
    pub(crate) fn term(&mut self, text: &At<String>, wanted: Type) -> Checked<Term> {
        let Some(name) = text.value.strip_prefix('$') else { return self.literal(text, wanted) };
        if let Some(rest) = name.strip_prefix("params.") {
            if !self.parameters {
                return Err(self
                    .source
                    .fault("a technique names no parameters; they belong into scenarios", &text.span));
            }
            let (parameter, attribute) = match rest.split_once('.') {
                Some((parameter, attribute)) => (parameter, Some(attribute)),
                None => (rest, None),
            };
            if parameter.is_empty() {
                return Err(self.source.fault("`$params.` lacks the parameter's name", &text.span));
            }
            if let Some(attribute) = attribute
                && !vocabulary::ATTRIBUTES.iter().any(|(_, known, _)| *known == attribute)
            {
                let known: Vec<_> = vocabulary::ATTRIBUTES.iter().map(|(_, known, _)| *known).collect();
                return Err(self.unknown("attribute", attribute, &text.span, known));
            }
            self.used(parameter, attribute, wanted);
            return Ok(Term::Parameter(Arc::from(parameter), attribute.map(Arc::from)));
        }
        if self.parameters {
            return Err(self
                .source
                .fault(format!("`{}` is no parameter", text.value), &text.span)
                .help("a scenario names `$params.…` only; variables belong into techniques"));
        }
        let (variable, attribute) = match name.split_once('.') {
            Some((variable, attribute)) => (variable, Some(attribute)),
            None => (name, None),
        };
        let Some(&known) = self.types.get(variable) else {
            if self.binding && attribute.is_none() && !variable.is_empty() {
                self.types.insert(Arc::from(variable), wanted);
                return Ok(Term::Variable(Arc::from(variable)));
            }
            let near = closest(variable, self.types.keys().map(|name| &**name));
            let fault = self.source.fault(format!("variable `${variable}` is not bound"), &text.span);
            return Err(fault.help(match near {
                Some(near) => format!("did you mean `${near}`?"),
                None => "`needs` binds it, or `for` gives its kind".to_owned(),
            }));
        };
        let found = match attribute {
            None => known,
            Some(attribute) => vocabulary::attribute(known, attribute).ok_or_else(|| {
                let have = vocabulary::attributes_of(known);
                let fault = self.source.fault(format!("{} has no attribute `{attribute}`", known.words()), &text.span);
                if have.is_empty() { fault } else { fault.help(format!("it has: {}", have.join(", "))) }
            })?,
        };
        if !found.fits(wanted) {
            let message = format!("`{}` is {}, where {} is needed", text.value, found.words(), wanted.words());
            return Err(self.source.fault(message, &text.span));
        }
        Ok(match attribute {
            Some(attribute) => Term::Attribute(Arc::from(variable), Arc::from(attribute)),
            None => Term::Variable(Arc::from(variable)),
        })
    }

    /// Remembers what a parameter is used as: the narrowest of its uses says what its selector picks among.
    fn used(&mut self, parameter: &str, attribute: Option<&str>, wanted: Type) {
        let mut owners = vocabulary::ATTRIBUTES.iter().filter(|(_, name, _)| Some(*name) == attribute);
        let used_as = match (attribute, owners.next(), owners.next()) {
            (None, ..) => wanted,
            (Some(_), Some((owner, ..)), None) => *owner,
            _ => Type::Any,
        };
        let narrowest = self.uses.entry(Arc::from(parameter)).or_insert(used_as);
        if used_as.narrowness() > narrowest.narrowness() {
            *narrowest = used_as;
        }
    }

    /// The kind (or pseudo-kind) that each parameter's selector picks among.
    pub(crate) fn kinds(&self) -> BTreeMap<Arc<str>, &'static str> {
        self.uses.iter().map(|(name, used_as)| (Arc::clone(name), used_as.selected())).collect()
    }

    fn literal(&self, text: &At<String>, wanted: Type) -> Checked<Term> {
        match wanted {
            Type::Place if text.value == "internet" => Ok(Term::Constant(Value::Internet)),
            Type::Principal if text.value == FOREIGN_ACCOUNT => Ok(Term::Constant(Value::text(FOREIGN_ACCOUNT))),
            Type::Text | Type::Kind("db.user" | "db.objects") => Ok(Term::Constant(Value::text(&text.value))),
            _ => {
                let fault = self.source.fault(format!("`{}` is not {}", text.value, wanted.words()), &text.span);
                Err(fault.help(match (wanted, self.parameters) {
                    (Type::Place, _) => "`internet`, or a variable or parameter, which begins with `$`",
                    (_, true) => "a parameter is written `$params.name`",
                    (_, false) => "a variable begins with `$`",
                }))
            }
        }
    }

    fn identity(&mut self, form: &At<IdentityForm>) -> Checked<Term> {
        match &form.value {
            IdentityForm::Term(text) => self.term(&At { value: text.clone(), span: form.span.clone() }, Type::Identity),
            IdentityForm::Whole(whole) => {
                let name = &whole.credential;
                let credential =
                    Credential::ALL.into_iter().find(|known| known.name() == name.value).ok_or_else(|| {
                        self.unknown("credential", &name.value, &name.span, Credential::ALL.map(Credential::name))
                    })?;
                Ok(Term::Identity {
                    principal: Box::new(self.term(&whole.principal, Type::Principal)?),
                    credential,
                    keys: texts(&whole.keys),
                })
            }
        }
    }

    /// A fact.
    pub(crate) fn pattern(&mut self, form: &FactForm) -> Checked<Pattern> {
        let (predicate, arguments) = match form {
            FactForm::Position(place) => (Predicate::Position, vec![self.place(place)?]),
            FactForm::Code(workload) => (Predicate::Code, vec![self.term(workload, Type::Workload)?]),
            FactForm::Identity(identity) => (Predicate::Identity, vec![self.identity(identity)?]),
            FactForm::Secret(of) => (Predicate::Secret, vec![self.term(of, Type::Any)?]),
            FactForm::Login(login) | FactForm::DbSession(login) => (
                if matches!(form, FactForm::Login(_)) { Predicate::Login } else { Predicate::DbSession },
                vec![
                    self.term(&login.database, Type::Kind("rds.instance"))?,
                    self.term(&login.user, Type::Kind("db.user"))?,
                ],
            ),
            FactForm::Data(data) => {
                if !matches!(data.access.value.as_str(), "read" | "write" | "destroy") {
                    let known = ["read", "write", "destroy"];
                    return Err(self.unknown("access", &data.access.value, &data.access.span, known));
                }
                // A technique may read copies; what a scenario wants read is the database itself.
                let holder = if self.parameters { Type::Kind("rds.instance") } else { Type::Any };
                let place = self.term(&data.place, holder)?;
                let objects = self.term(&data.objects, Type::Kind("db.objects"))?;
                (Predicate::Data, vec![place, objects, Term::Constant(Value::text(&data.access.value))])
            }
            FactForm::Removes(removes) => {
                let mut arguments = vec![self.control(&removes.control)?];
                if let Some(target) = &removes.target {
                    arguments.push(self.term(target, Type::Any)?);
                }
                (Predicate::Removes, arguments)
            }
        };
        Ok(Pattern { predicate, arguments })
    }

    fn place(&mut self, form: &At<PlaceForm>) -> Checked<Term> {
        match &form.value {
            PlaceForm::Term(text) => self.term(&At { value: text.clone(), span: form.span.clone() }, Type::Place),
            PlaceForm::New(new) => Ok(Term::NewInterface {
                subnet: Box::new(self.term(&new.subnet, Type::Kind("ec2.subnet"))?),
                group: Box::new(self.term(&new.groups, Type::Kind("ec2.security-group"))?),
            }),
        }
    }

    fn control(&mut self, form: &At<BTreeMap<String, At<String>>>) -> Checked<Term> {
        let mut entries = form.value.iter();
        let (Some((kind, of)), None) = (entries.next(), entries.next()) else {
            return Err(self.source.fault("a control is one kind with the thing that it belongs to", &form.span));
        };
        let kind = self.control_kind(kind, &form.span)?;
        Ok(Term::Control(kind, Box::new(self.term(of, vocabulary::owner_of(kind))?)))
    }

    /// A control kind by name.
    pub(crate) fn control_kind(&self, name: &str, span: &Range<usize>) -> Checked<ControlKind> {
        ControlKind::parse(name)
            .ok_or_else(|| self.unknown("control kind", name, span, ControlKind::ALL.iter().map(|kind| kind.name())))
    }

    fn action(&self, text: &At<String>) -> Checked<Arc<str>> {
        if vocabulary::is_action(&text.value) {
            Ok(Arc::from(text.value.as_str()))
        } else {
            Err(self.source.fault(format!("`{}` is no action", text.value), &text.span).help("`service:Name`"))
        }
    }

    fn event(&self, text: &At<String>) -> Checked<Event> {
        vocabulary::event(&text.value).ok_or_else(|| {
            let fault = self.source.fault(format!("`{}` is nothing that could be recorded", text.value), &text.span);
            fault.help("an action (`service:Name`), `flow-log`, `database-log` or `host-log`")
        })
    }

    fn gate(&mut self, form: &GateForm) -> Checked<Gate<Ask>> {
        Ok(match form {
            GateForm::Any(forms) => Gate::Any(forms.iter().map(|form| self.gate(form)).collect::<Checked<_>>()?),
            GateForm::All(forms) => Gate::All(forms.iter().map(|form| self.gate(form)).collect::<Checked<_>>()?),
            GateForm::Reach(reach) => Gate::Ask(Ask::Reach {
                from: self.term(&reach.from, Type::Place)?,
                to: self.term(&reach.to, Type::Any)?,
                port: self.term(&reach.port, Type::Text)?,
            }),
            GateForm::May(may) => Gate::Ask(Ask::May {
                who: self.term(&may.principal, Type::Identity)?,
                action: self.action(&may.action)?,
                resources: may
                    .resources
                    .iter()
                    .map(|(kind, resource)| Ok((Arc::from(kind.as_str()), self.resource(resource)?)))
                    .collect::<Checked<_>>()?,
                request: texts(&may.request),
                from: may.from.as_ref().map(|from| self.term(from, Type::Place)).transpose()?,
            }),
            GateForm::LogsIn(login) => Gate::Ask(Ask::LogsIn {
                database: self.term(&login.database, Type::Kind("rds.instance"))?,
                user: self.term(&login.user, Type::Kind("db.user"))?,
                from: self.term(&login.from, Type::Place)?,
            }),
            GateForm::Granted(granted) => Gate::Ask(Ask::Granted {
                database: self.term(&granted.database, Type::Kind("rds.instance"))?,
                user: self.term(&granted.user, Type::Kind("db.user"))?,
                privilege: self.term(&granted.privilege, Type::Text)?,
                object: self.term(&granted.object, Type::Kind("db.objects"))?,
            }),
            GateForm::Setting(setting) => {
                let mut entries = setting.value.iter();
                let (Some((name, of)), None) = (entries.next(), entries.next()) else {
                    return Err(self.source.fault("a setting is one name with the thing that has it", &setting.span));
                };
                let names = SettingName::ALL.iter().map(|known| known.name());
                let name = SettingName::ALL
                    .iter()
                    .copied()
                    .find(|known| known.name() == name)
                    .ok_or_else(|| self.unknown("setting", name, &setting.span, names))?;
                Gate::Ask(Ask::Setting { name, of: self.term(of, Type::Kind(name.kind()))? })
            }
            GateForm::Unrecorded(unrecorded) => Gate::Ask(Ask::Unrecorded {
                event: Event::Call(self.action(&unrecorded.action)?),
                who: self.term(&unrecorded.principal, Type::Identity)?,
                region: unrecorded.region.as_ref().map(|region| self.term(region, Type::Text)).transpose()?,
            }),
        })
    }

    /// A resource of a request: a thing, or `*`. A thing of another type stands for a new one beside it.
    fn resource(&mut self, text: &At<String>) -> Checked<Term> {
        match text.value.as_str() {
            "*" => Ok(Term::Constant(Value::text("*"))),
            _ => self.term(text, Type::Any),
        }
    }
}

fn texts(map: &BTreeMap<String, Option<String>>) -> BTreeMap<Arc<str>, Option<Arc<str>>> {
    map.iter().map(|(key, value)| (Arc::from(key.as_str()), value.as_deref().map(Arc::from))).collect()
}

/// The id of a file: plain, and equal to the file's name.
pub(crate) fn id(source: &Source, id: &At<String>) -> Checked<Arc<str>> {
    if !vocabulary::is_plain_id(&id.value) {
        let fault = source.fault(format!("`{}` is no id", id.value), &id.span);
        return Err(fault.help("lower-case words joined by hyphens"));
    }
    let file = source.path.rsplit('/').next().unwrap_or(&source.path);
    let stem = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")).unwrap_or(file);
    if stem != id.value {
        return Err(source.fault(format!("the id `{}` is not the file's name `{stem}`", id.value), &id.span));
    }
    Ok(Arc::from(id.value.as_str()))
}

/// Text that must not be blank.
pub(crate) fn words(source: &Source, text: &At<String>, what: &str) -> Checked<String> {
    let words = text.value.trim();
    if words.is_empty() {
        return Err(source.fault(format!("the {what} is empty"), &text.span));
    }
    Ok(words.to_owned())
}

/// Checks a technique.
pub(crate) fn technique(source: &Source) -> Checked<Technique> {
    let form: TechniqueForm = source.parse()?;
    let mut scope = Scope::of_technique(source);
    let mut ranges = BTreeMap::new();
    for (variable, kind) in &form.ranges {
        let known = vocabulary::kind(&kind.value)
            .ok_or_else(|| scope.unknown("kind", &kind.value, &kind.span, vocabulary::KINDS.iter().copied()))?;
        scope.types.insert(Arc::from(variable.as_str()), Type::Kind(known));
        ranges.insert(Arc::from(variable.as_str()), known);
    }
    scope.binding = true;
    let needs = form.needs.iter().map(|need| scope.pattern(need)).collect::<Checked<Vec<_>>>()?;
    scope.binding = false;
    let gates = form.gates.as_ref().map(|gate| scope.gate(&gate.value)).transpose()?;
    if form.gains.value.is_empty() {
        return Err(source.fault("a technique gains something", &form.gains.span));
    }
    let gains = form.gains.value.iter().map(|gain| scope.pattern(gain)).collect::<Checked<Vec<_>>>()?;
    for attack in form.attack.ids.iter().chain(&form.attack.legacy) {
        if !vocabulary::is_attack_id(&attack.value) {
            return Err(source.fault(format!("`{}` is no ATT&CK technique id", attack.value), &attack.span));
        }
    }
    Ok(Technique {
        id: id(source, &form.id)?,
        title: words(source, &form.title, "title")?,
        attack: form.attack.ids.into_iter().map(|id| id.value).collect(),
        legacy: form.attack.legacy.into_iter().map(|id| id.value).collect(),
        implied: form.implied,
        needs,
        ranges,
        gates: gates.unwrap_or(Gate::All(Vec::new())),
        gains,
        recorded: form.recorded.iter().map(|event| scope.event(event)).collect::<Checked<_>>()?,
    })
}
