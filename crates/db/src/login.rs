//! `logs_in`: does the server accept a login of a user from somewhere.
//!
//! What the caller chooses is chosen in favour of the caller: the address among those they have, the database, TLS.
//! Three parts must agree, each with a control of its own: the host (`db.host`), the method (`db.auth`) and CONNECT on a
//! database (`db.grant`).

use ipnet::IpNet;
use jiff::Timestamp;
use portcullis_estate::{Blocker, ControlKind, Decision, Estate, Fact, Gap, Way};

use crate::identifier::shown;
use crate::postgres::Catalog;
use crate::postgres::held::Access;
use crate::postgres::hosts::{everywhere, inside, ruled};
use crate::postgres::privilege::Privilege;
use crate::postgres::roles::Graph;
use crate::postgres::rows::Role;
use crate::question::{control, undecided};
use crate::server::{self, Engine};

/// Where a login comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// From any address.
    Anywhere,
    /// From one of these, as the caller likes.
    Addresses(Vec<IpNet>),
}

impl From {
    fn ranges(&self) -> Vec<IpNet> {
        match self {
            Self::Anywhere => everywhere(),
            Self::Addresses(ranges) => ranges.clone(),
        }
    }
}

/// What the caller has to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Credential {
    /// Whatever the server asks for.
    Any,
    /// The user's password.
    Password,
    /// A token that AWS signs (`rds-db:connect`).
    IamToken,
}

/// Does the server of a database accept a login of `user` from somewhere, whatever credential it asks for.
#[must_use]
pub fn logs_in(estate: &Estate, database: &str, user: &str, from: &From) -> Decision {
    logs_in_with(estate, database, user, from, Credential::Any)
}

/// The same with a certain credential.
#[must_use]
pub fn logs_in_with(estate: &Estate, database: &str, user: &str, from: &From, credential: Credential) -> Decision {
    let row = match server::find(estate, database) {
        Ok(row) => row,
        Err(gap) => return undecided(gap),
    };
    match Engine::of(row) {
        Ok(Engine::Postgres) => in_catalog(&Catalog::new(row), user, from, credential, estate.now),
        Ok(Engine::MySql) => undecided(server::mysql_gap(row)),
        Err(gap) => undecided(gap),
    }
}

/// The same question of a catalog that was linked before.
#[must_use]
pub fn in_catalog(
    catalog: &Catalog,
    user: &str,
    from: &From,
    credential: Credential,
    now: Option<Timestamp>,
) -> Decision {
    let mut decision = Decision::default();
    decision.hidden_by.extend(catalog.version_gap.clone());
    let Some(role) = catalog.role(user) else {
        if let Some(gap) = &catalog.roles.gap {
            decision.hidden_by.insert(gap.clone());
        } else {
            let why = format!("there is no role {}", shown(user));
            decision.structural.push(Fact::new(catalog.resource.clone(), why, catalog.roles.place.clone()));
        }
        return decision;
    };
    let login = Login { catalog, graph: Graph::new(catalog, None), role, credential, now };
    let mut way = Way::default();
    let databases = login.connect(&mut way);
    let methods = login.host(&databases, from, &mut way);
    login.method(&methods, &mut way);
    way.gaps.sort();
    way.gaps.dedup();
    decision.ways.push(way);
    decision
}

struct Login<'c> {
    catalog: &'c Catalog,
    graph: Graph<'c>,
    role: &'c Role,
    credential: Credential,
    now: Option<Timestamp>,
}

impl Login<'_> {
    fn fact(&self, statement: String) -> Fact {
        Fact::new(self.catalog.resource.clone(), statement, self.graph.place_of(self.role.oid))
    }

    fn block(&self, way: &mut Way, kind: ControlKind, fact: Fact) {
        way.blockers.push(Blocker { control: control(self.catalog, kind, &self.role.name), fact });
    }

    /// The databases that the user may connect to.
    fn connect(&self, way: &mut Way) -> Vec<String> {
        let mut open = Vec::new();
        let mut unknown = self.catalog.databases.gap.clone();
        // On RDS the database `rdsadmin` refuses everyone but the operator.
        for database in self.catalog.databases.rows.iter().filter(|database| database.name != "rdsadmin") {
            let access = Access::new(self.catalog, self.role.oid, Some(&database.name));
            match access.connects() {
                Ok(Some(hold)) => {
                    if open.is_empty() {
                        way.evidence.extend(access.facts(&hold, Privilege::Connect));
                    }
                    open.push(database.name.clone());
                }
                Ok(None) => {}
                Err(gap) => unknown = Some(gap),
            }
        }
        if open.is_empty() {
            if let Some(gap) = unknown {
                way.gaps.push(gap);
            } else {
                let name = shown(&self.role.name);
                self.block(way, ControlKind::DbGrant, self.fact(format!("{name} has CONNECT on no database")));
            }
        }
        open
    }

    /// The methods by which the server accepts the user from there; `None` for a method that was not seen.
    fn host(&self, databases: &[String], from: &From, way: &mut Way) -> Vec<Option<String>> {
        let catalog = self.catalog;
        if catalog.hba.gap.is_some() && catalog.rds {
            // On Amazon RDS `pg_hba.conf` is not the customer's: every address is let in, roles in `rds_iam` by a token.
            let statement = "a server of Amazon RDS takes logins from every address; security groups decide".to_owned();
            way.evidence.push(Fact::new(catalog.resource.clone(), statement, catalog.hba.place.clone()));
            return vec![Some(if self.in_rds_iam() { "pam" } else { "scram-sha-256" }.to_owned())];
        }
        let mut methods: Vec<Option<String>> = Vec::new();
        let mut refused = false;
        let every = [String::new()];
        for database in if databases.is_empty() { &every } else { databases } {
            for tls in [true, false] {
                let lines = match ruled(catalog, &self.graph, self.role, database, tls) {
                    Ok(lines) => lines,
                    Err(gap) => {
                        way.gaps.push(gap);
                        return vec![None];
                    }
                };
                for line in lines {
                    if inside(&from.ranges(), &line.addresses).is_empty() {
                        continue;
                    }
                    match line.method() {
                        "reject" => refused = true,
                        method => methods.push(Some(method.to_owned())),
                    }
                }
            }
        }
        methods.sort();
        methods.dedup();
        if methods.is_empty() && refused {
            let name = shown(&self.role.name);
            let statement = format!("no host rule lets {name} in from there");
            let fact = Fact::new(catalog.resource.clone(), statement, catalog.hba.place.clone());
            self.block(way, ControlKind::DbHost, fact);
        }
        methods
    }

    fn in_rds_iam(&self) -> bool {
        self.graph.is_member_by_name(self.role.oid, "rds_iam")
    }

    /// Whether a method takes what the caller has.
    fn method(&self, methods: &[Option<String>], way: &mut Way) {
        let name = shown(&self.role.name);
        if !self.role.can_login {
            self.block(way, ControlKind::DbAuth, self.fact(format!("{name} may not log in (NOLOGIN)")));
            return;
        }
        if self.catalog.members.gap.is_some() && self.catalog.rds {
            way.gaps.extend(self.catalog.members.gap.clone());
        }
        let by_token = self.in_rds_iam();
        // No method is left where the host is refused: judge the one that would be asked for then.
        let usual = [Some(if by_token { "pam" } else { "scram-sha-256" }.to_owned())];
        let methods = if methods.is_empty() { usual.as_slice() } else { methods };
        let mut reasons = Vec::new();
        let mut gaps = Vec::new();
        for method in methods {
            match self.takes(method.as_deref(), by_token) {
                Ok(statement) => {
                    way.evidence.push(self.fact(statement));
                    return;
                }
                Err(Refusal::Closed(why)) => reasons.push(why),
                Err(Refusal::Unknown(gap)) => gaps.push(gap),
            }
        }
        if gaps.is_empty() {
            for why in reasons {
                self.block(way, ControlKind::DbAuth, self.fact(why));
            }
            way.blockers.dedup_by(|a, b| a.control == b.control);
        } else {
            way.gaps.extend(gaps);
        }
    }

    fn takes(&self, method: Option<&str>, by_token: bool) -> Result<String, Refusal> {
        let name = shown(&self.role.name);
        let closed = |why: String| Err(Refusal::Closed(why));
        match method {
            Some("trust") => Ok(format!("{name} is let in without a credential (trust)")),
            // On RDS the method `pam` is the token of IAM; a member of `rds_iam` cannot use a password.
            Some("pam") if by_token => match self.credential {
                Credential::Password => closed(format!("{name} is in rds_iam: a password is not accepted")),
                _ => Ok(format!("{name} is in rds_iam: a token of IAM is accepted")),
            },
            Some("md5" | "scram-sha-256" | "password") => match self.credential {
                Credential::IamToken => closed(format!("{name} is not in rds_iam: a token of IAM is not accepted")),
                _ => self.password_is_valid().map(|()| format!("{name} may log in with a password")),
            },
            Some(other) => match self.credential {
                Credential::Any => Ok(format!("{name} may log in by the method {other}")),
                _ => Err(Refusal::Unknown(Gap::not_modelled(format_args!(
                    "method {other} for {name} of databases/{}",
                    self.catalog.id
                )))),
            },
            None => match self.credential {
                Credential::Any => Ok(format!("{name} may log in (LOGIN)")),
                _ => Err(Refusal::Unknown(Gap::not_modelled(format_args!(
                    "method for {name} of databases/{}",
                    self.catalog.id
                )))),
            },
        }
    }

    /// `VALID UNTIL` concerns the password only.
    fn password_is_valid(&self) -> Result<(), Refusal> {
        let Some(until) = self.role.valid_until.as_deref().filter(|until| *until != "infinity") else { return Ok(()) };
        if until == "-infinity" {
            return Err(Refusal::Closed("the password is expired".to_owned()));
        }
        let place = self.graph.place_of(self.role.oid).member("valid_until");
        let until: Timestamp =
            until.parse().map_err(|_| Refusal::Unknown(Gap::other(&place, "a time that cannot be read")))?;
        match self.now {
            None => Err(Refusal::Unknown(Gap::other("the present time", "not known; the dump has no manifest"))),
            Some(now) if now >= until => Err(Refusal::Closed(format!("the password expired at {until}"))),
            Some(_) => Ok(()),
        }
    }
}

enum Refusal {
    Closed(String),
    Unknown(Gap),
}
