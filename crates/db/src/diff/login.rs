//! How a user logs in, against what is declared: method, addresses, TLS.

use std::collections::BTreeSet;

use ipnet::IpNet;
use portcullis_estate::{Fact, Gap};

use super::{Differ, Kind, Subject};
use crate::identifier::shown;
use crate::matrix::{Auth, Declared, Tls};
use crate::postgres::held::Access;
use crate::postgres::hosts::{outside, ruled};
use crate::postgres::roles::Graph;
use crate::postgres::rows::Role;

/// One thing that the server accepts.
struct Accepted {
    method: String,
    tls: bool,
    addresses: Vec<IpNet>,
    fact: Fact,
}

impl Differ<'_> {
    /// Judges method, addresses and TLS as far as they are declared.
    pub(super) fn login(&mut self, role: &Role, declared: &Declared) {
        let judged = declared.auth.is_some() || !declared.hosts.is_empty() || declared.tls == Some(Tls::Required);
        if !role.can_login || !judged {
            return;
        }
        let catalog = self.catalog;
        let graph = Graph::new(catalog, None);
        let by_token = graph.is_member_by_name(role.oid, "rds_iam");
        let forced = catalog.rds && catalog.setting("rds.force_ssl") == Some("1");
        // On RDS the host rules are not shown, but their method and their demand for TLS are known from elsewhere.
        let known_elsewhere = catalog.rds && catalog.members.gap.is_none();
        let accepted = self.accepted(role, &graph);
        if let Some(auth) = declared.auth {
            if auth == Auth::Iam && known_elsewhere {
                let kind = if by_token { Kind::Match } else { Kind::WeakerAuth };
                let words =
                    if by_token { "is a member of rds_iam" } else { "is no member of rds_iam: a password is accepted" };
                let mut row = Self::row(kind, Subject::User, &role.name, "server", "LOGIN");
                row.evidence.push(self.role_fact(role, format!("{} {words}", shown(&role.name))));
                self.add(row);
            } else {
                self.method(role, auth, accepted.as_ref());
            }
        }
        if declared.tls == Some(Tls::Required) {
            self.tls(role, forced, accepted.as_ref());
        }
        if !declared.hosts.is_empty() {
            self.addresses(role, &declared.hosts, accepted.as_ref());
        }
    }

    fn accepted(&mut self, role: &Role, graph: &Graph<'_>) -> Result<Vec<Accepted>, Gap> {
        let catalog = self.catalog;
        if let Some(gap) = &catalog.hba.gap {
            return Err(gap.clone());
        }
        let mut accepted = Vec::new();
        for database in catalog.databases.rows.iter().filter(|database| database.allow_connections) {
            if matches!(Access::new(catalog, role.oid, Some(&database.name)).connects(), Ok(None)) {
                continue;
            }
            for tls in [true, false] {
                for line in ruled(catalog, graph, role, &database.name, tls)? {
                    let Some(number) = line.rule.map(|rule| rule.line) else { continue };
                    let place = catalog.hba.place.member("rows").keyed(format_args!("line={number}"));
                    let method = line.method().to_owned();
                    if method == "reject" {
                        continue;
                    }
                    let statement = format!(
                        "line {} accepts {} by {method}{}",
                        number,
                        shown(&role.name),
                        if tls { "" } else { " without TLS" }
                    );
                    let fact = Fact::new(catalog.resource.clone(), statement, place);
                    accepted.push(Accepted { method, tls, addresses: line.addresses, fact });
                }
            }
        }
        Ok(accepted)
    }

    fn judge(&mut self, role: &Role, kind: Kind, privilege: &str, facts: BTreeSet<Fact>) {
        let kind = if facts.is_empty() { Kind::Match } else { kind };
        let mut row = Self::row(kind, Subject::User, &role.name, "server", privilege);
        row.evidence = facts.into_iter().collect();
        self.add(row);
    }

    fn method(&mut self, role: &Role, auth: Auth, accepted: Result<&Vec<Accepted>, &Gap>) {
        match accepted {
            Err(gap) => {
                self.gaps.insert(gap.clone());
            }
            Ok(accepted) => {
                let weaker = accepted.iter().filter(|one| strength(&one.method) < wanted(auth));
                let facts = weaker.map(|one| one.fact.clone()).collect();
                self.judge(role, Kind::WeakerAuth, "LOGIN", facts);
            }
        }
    }

    fn tls(&mut self, role: &Role, forced: bool, accepted: Result<&Vec<Accepted>, &Gap>) {
        let catalog = self.catalog;
        match accepted {
            _ if forced => self.judge(role, Kind::WeakerAuth, "TLS", BTreeSet::new()),
            Ok(accepted) => {
                let plain = accepted.iter().filter(|one| !one.tls).map(|one| one.fact.clone()).collect();
                self.judge(role, Kind::WeakerAuth, "TLS", plain);
            }
            Err(_) if catalog.rds && catalog.setting("rds.force_ssl").is_some() => {
                let statement = "rds.force_ssl is off: connections without TLS are accepted";
                let fact = Fact::new(catalog.resource.clone(), statement, catalog.settings.place.clone());
                self.judge(role, Kind::WeakerAuth, "TLS", BTreeSet::from([fact]));
            }
            Err(gap) => {
                self.gaps.insert(gap.clone());
            }
        }
    }

    fn addresses(&mut self, role: &Role, hosts: &[IpNet], accepted: Result<&Vec<Accepted>, &Gap>) {
        match accepted {
            Err(gap) => {
                self.gaps.insert(gap.clone());
            }
            Ok(accepted) => {
                let wider = accepted.iter().filter(|one| !outside(&one.addresses, hosts).is_empty());
                let facts = wider.map(|one| one.fact.clone()).collect();
                self.judge(role, Kind::WiderHost, "HOST", facts);
            }
        }
    }
}

/// How strong a method of `pg_hba.conf` is (<https://www.postgresql.org/docs/current/auth-methods.html>). The method `md5`
/// takes a SCRAM password too, but does not demand one; `pam` is the token of IAM on RDS and unknown elsewhere.
fn strength(method: &str) -> u8 {
    match method {
        "cert" => 4,
        "pam" => 3,
        "scram-sha-256" => 2,
        "md5" => 1,
        _ => 0,
    }
}

fn wanted(auth: Auth) -> u8 {
    match auth {
        Auth::Cert => 4,
        Auth::Iam => 3,
        Auth::Scram => 2,
        Auth::Md5 => 1,
    }
}
