//! Reports for the tests: the worked example, one of hostile names, an empty one, an incomplete one, a large one.

mod traces;

use std::collections::BTreeMap;

pub(in crate::report) use traces::{
    developer_key, not_applicable_scenario, single_point, stops_the_trail, unknown_scenario,
};

use crate::audit::fingerprint::fingerprint;
use crate::audit::report::{
    Assumed, EstateSummary, Evidence, ExceptedFinding, Finding, FrameworkControl, Item, Location, Missing, NotSeen,
    REPORT_SCHEMA_VERSION, Report, Resource, RuleSummary, Severity, State, Tool, Totals, Undecided,
};

pub(in crate::report) const ACCOUNT: &str = "123456789012";
pub(in crate::report) const REGION: &str = "ap-northeast-2";

/// Nothing in it.
pub(in crate::report) fn empty() -> Report {
    Report {
        schema_version: REPORT_SCHEMA_VERSION,
        tool: Tool { name: "portcullis".to_owned(), version: "0.1.0".to_owned() },
        estate: EstateSummary {
            name: None,
            accounts: vec![ACCOUNT.to_owned()],
            regions: vec![REGION.to_owned()],
            resources: 0,
            collected_at: None,
            now: "2026-11-21T17:00:00Z".to_owned(),
            configured: false,
        },
        findings: Vec::new(),
        unknowns: Vec::new(),
        excepted: Vec::new(),
        exception_warnings: Vec::new(),
        rules: Vec::new(),
        scenarios: Vec::new(),
        not_seen: Vec::new(),
        assumed: Vec::new(),
        carried_over: Vec::new(),
        totals: Totals::default(),
    }
}

/// The reference estate after some drift.
pub(in crate::report) fn rich() -> Report {
    let mut report = empty();
    report.estate.name = Some("shop".to_owned());
    report.estate.resources = 1284;
    report.estate.collected_at = Some("2026-11-21T17:00:00Z".to_owned());
    report.estate.configured = true;
    report.rules = vec![
        rule("cloudtrail-logs-are-kept", "Trail logs are kept for a year", Severity::Medium, "recording"),
        rule(
            "database-only-through-bastion",
            "People reach the database only through the bastion",
            Severity::Critical,
            "network",
        ),
        rule("key-policy-is-narrow", "A key policy names who may use the key", Severity::High, "identity"),
        rule("role-trust-too-wide", "A role trusts only who needs it", Severity::High, "identity"),
        rule("trail-can-be-stopped", "Nobody but the break-glass role may stop the trail", Severity::High, "recording"),
    ];
    report.rules[0].not_applicable = Some("no trail delivers to a bucket of this account".to_owned());
    report.rules[1].violated = 1;
    report.rules[2].unknown = 1;
    let mut database = finding(
        &report.rules[1],
        "rds.instance",
        "shop-db",
        vec![
            Item {
                message: "shop-db accepts tcp/5432 from service batch-report (sg-0batch)".to_owned(),
                evidence: vec![
                    fact(
                        "sg-0batch",
                        "the service batch-report runs in sg-0batch",
                        "ecs/describe-services.json#/services/{serviceName=batch-report}",
                        None,
                    ),
                    fact(
                        "sg-0db",
                        "allows tcp/5432 from sg-0batch",
                        "ec2/describe-security-groups.json#/SecurityGroups/{GroupId=sg-0db}/IpPermissions/{tcp,5432-5432,sg-0batch}",
                        Some("ENI_SG_RULES_MISMATCH"),
                    ),
                    fact(
                        "arn:aws:rds:ap-northeast-2:123456789012:db:shop-db",
                        "listens on tcp/5432",
                        "rds/describe-db-instances.json#/DBInstances/{DBInstanceIdentifier=shop-db}/Endpoint/Port",
                        None,
                    ),
                ],
            },
            Item {
                message: "shop-db accepts tcp/5432 from any vacant address of 10.0.32.0/20".to_owned(),
                evidence: vec![fact(
                    "sg-0db",
                    "allows tcp/5432 from 10.0.32.0/20",
                    "ec2/describe-security-groups.json#/SecurityGroups/{GroupId=sg-0db}/IpPermissions/{tcp,5432-5432,10.0.32.0/20}",
                    None,
                )],
            },
        ],
    );
    database.resource.arn = Some(format!("arn:aws:rds:{REGION}:{ACCOUNT}:db:shop-db"));
    database.state = State::New;
    database.location = Location {
        path: "infra/rds.tf".to_owned(),
        start_line: 12,
        start_column: 1,
        end_line: 48,
        end_column: 2,
        in_repository: true,
    };
    database.assumed = vec!["vpc-block-public-access".to_owned()];
    let partner = finding(
        &report.rules[3],
        "iam.role",
        "partner-sync",
        vec![Item {
            message: "role/partner-sync can be assumed by any principal of 999988887777".to_owned(),
            evidence: vec![fact(
                "arn:aws:iam::123456789012:role/partner-sync",
                "trusts arn:aws:iam::999988887777:root without a condition",
                "iam/get-account-authorization-details.json#/RoleDetailList/{RoleName=partner-sync}/AssumeRolePolicyDocument!/Statement/0",
                None,
            )],
        }],
    );
    let minji = finding(
        &report.rules[4],
        "iam.user",
        "minji",
        vec![Item {
            message: "user/minji may stop shop-trail (statement \"All but IAM\", NotAction)".to_owned(),
            evidence: vec![fact(
                "arn:aws:iam::123456789012:user/minji",
                "statement \"All but IAM\" allows cloudtrail:StopLogging by NotAction",
                "iam/get-account-authorization-details.json#/UserDetailList/{UserName=minji}/UserPolicyList/{PolicyName=work}/PolicyDocument!/Statement/0",
                None,
            )],
        }],
    );
    report.carried_over = vec![finding(&report.rules[2], "kms.key", "key/1b22", vec![])];
    report.excepted = vec![ExceptedFinding {
        finding: finding(&report.rules[3], "iam.role", "legacy-sync", vec![]),
        reason: "moves to the new account in the first quarter".to_owned(),
        owner: "security".to_owned(),
        approved_by: "cto".to_owned(),
        expires: "2027-03-31".to_owned(),
    }];
    report.exception_warnings = vec!["the exception of `old-rule` for `bastion` matches nothing".to_owned()];
    report.findings = vec![database, partner, minji];
    report.findings.iter_mut().skip(1).for_each(|finding| finding.state = State::Known);
    report.unknowns = vec![Undecided {
        rule: "key-policy-is-narrow".to_owned(),
        severity: Severity::High,
        resource: Some(resource("kms.key", "key/7f3c")),
        fingerprint: fingerprint("key-policy-is-narrow", Some(&resource("kms.key", "key/7f3c")), None),
        missing: vec![Missing {
            input: "key policy of key/7f3c".to_owned(),
            cause: "kms/get-key-policy was denied".to_owned(),
            assumption: None,
        }],
        covered_by_assumptions: false,
    }];
    report.not_seen = vec![
        not_seen("kms/get-key-policy", "denied", Some("AccessDeniedException"), 3),
        not_seen("macie2/list-findings", "not-asked", None, 0),
    ];
    report.assumed = vec![Assumed {
        input: "vpc-block-public-access".to_owned(),
        is: "off".to_owned(),
        by: "security".to_owned(),
        reason: Some("not readable by the audit role yet".to_owned()),
        expires: Some("2027-02-28".to_owned()),
        answers: 14,
    }];
    report.scenarios = vec![developer_key(), stops_the_trail(), unknown_scenario(), not_applicable_scenario()];
    report.totals = Totals {
        holds: 412,
        violated: 4,
        unknown: 3,
        not_applicable: 1,
        findings: BTreeMap::from([("critical".to_owned(), 1), ("high".to_owned(), 2)]),
        uncovered_unknowns: 4,
    };
    report
}

/// Names made to break a display or a parser.
pub(in crate::report) const HOSTILE: [&str; 8] = [
    "two\nlines\r\n\tand a tab",
    "\u{1b}[31mred\u{1b}[0m\u{1b}]8;;https://evil.example\u{7}link\u{9b}2J",
    "user\u{202e}nimda\u{2066}\u{200b}\u{feff}",
    "결제-서비스-데이터베이스-읽기전용-역할",
    "100% [click](https://evil.example) <script>|`*_",
    "arn:aws:iam::999999999999:role/a/../../etc/passwd",
    "C:\\x\\..\\y \"quoted\" 'name'",
    "../..//%2e%2e/ end ",
];

/// Findings on resources with those names, and one of 200 characters.
pub(in crate::report) fn hostile() -> Report {
    let mut report = rich();
    let long = "n".repeat(90) + "-the-middle-part-" + &"z".repeat(93);
    for name in HOSTILE.into_iter().chain([long.as_str()]) {
        let mut finding = finding(
            &report.rules[3],
            "iam.role",
            name,
            vec![Item {
                message: format!("role/{name} can be assumed by {name}"),
                evidence: vec![fact(name, &format!("trusts {name}"), &format!("iam/roles.json#/{name}"), None)],
            }],
        );
        finding.resource.arn = Some(format!("arn:aws:iam::{ACCOUNT}:role/{name}"));
        finding.location.path = format!("aws/{ACCOUNT}/global/iam/role/{name}");
        finding.regions = vec!["eu-west-1".to_owned(), name.to_owned()];
        report.findings.push(finding);
        report.not_seen.push(not_seen(name, "failed", Some(name), 1));
        let mut trace = stops_the_trail();
        trace.scenario = format!("scenario-{}", report.findings.len());
        trace.title = name.to_owned();
        trace.witness[0].what = name.to_owned();
        trace.witness[0].evidence[0].resource = name.to_owned();
        report.scenarios.push(trace);
    }
    report.estate.name = Some(HOSTILE[1].to_owned());
    report
}

/// A run that saw little and found nothing.
pub(in crate::report) fn incomplete() -> Report {
    let mut report = empty();
    report.rules =
        vec![rule("key-policy-is-narrow", "A key policy names who may use the key", Severity::High, "identity")];
    report.not_seen = vec![
        not_seen("ec2/describe-security-groups", "denied", Some("UnauthorizedOperation"), 9),
        not_seen("iam/get-account-authorization-details", "failed", Some("InternalFailure"), 0),
        not_seen("macie2/list-findings", "unsupported", None, 0),
    ];
    report.totals.unknown = 9;
    report.totals.uncovered_unknowns = 9;
    report
}

/// More findings than GitHub keeps.
pub(in crate::report) fn large(number: usize) -> Report {
    let mut report = rich();
    report.findings.clear();
    for index in 0..number {
        let rule = &report.rules[[1, 3, 0][index % 3]];
        let name = format!("resource-{index:05}");
        let items = (0..4)
            .map(|way| Item {
                message: format!("{name} is open by way {way}"),
                evidence: (0..=way)
                    .map(|step| {
                        fact(
                            &format!("sg-{index}-{step}"),
                            "allows tcp/5432 from 0.0.0.0/0",
                            "ec2/describe-security-groups.json",
                            None,
                        )
                    })
                    .collect(),
            })
            .collect();
        report.findings.push(finding(rule, "ec2.instance", &name, items));
    }
    for finding in &report.findings {
        *report.totals.findings.entry(finding.severity.name().to_owned()).or_default() += 1;
    }
    report
}

pub(in crate::report) fn resource(kind: &str, id: &str) -> Resource {
    Resource {
        kind: kind.to_owned(),
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        id: id.to_owned(),
        arn: None,
    }
}

pub(in crate::report) fn rule(id: &str, title: &str, severity: Severity, domain: &str) -> RuleSummary {
    let control = |id: &str, covers: &str| FrameworkControl { id: id.to_owned(), covers: covers.to_owned() };
    RuleSummary {
        id: id.to_owned(),
        title: title.to_owned(),
        severity,
        rationale: "A second way in bypasses the one entry point that is watched.".to_owned(),
        remediation: "Remove the rule that the evidence names, or list its source under `database_clients`.".to_owned(),
        file: format!("policies/{domain}/{id}.yaml"),
        frameworks: BTreeMap::from([
            ("attack".to_owned(), vec![control("T1190", "related")]),
            ("isms-p".to_owned(), vec![control("2.6.1", "partly"), control("2.6.4", "wholly")]),
        ]),
        reads: Vec::new(),
        holds: 12,
        violated: 0,
        unknown: 0,
        not_applicable: None,
    }
}

pub(in crate::report) fn finding(rule: &RuleSummary, kind: &str, id: &str, items: Vec<Item>) -> Finding {
    let mut resource = resource(kind, id);
    let (service, what) = kind.split_once('.').unwrap();
    if service == "iam" {
        resource.region = "global".to_owned();
    }
    resource.arn = Some(match service {
        "iam" => format!("arn:aws:iam::{ACCOUNT}:{what}/{id}"),
        _ => format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{what}:{id}"),
    });
    Finding {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        severity: rule.severity,
        fingerprint: fingerprint(&rule.id, Some(&resource), None),
        regions: Vec::new(),
        message: items.first().map_or_else(|| format!("{id} breaks the rule"), |item| item.message.clone()),
        items,
        remediation: rule.remediation.clone(),
        location: Location {
            path: format!("aws/{ACCOUNT}/{}/{service}/{what}/{id}", resource.region),
            start_line: 1,
            start_column: 1,
            end_line: 1,
            end_column: 1,
            in_repository: false,
        },
        resource,
        state: State::Current,
        assumed: Vec::new(),
    }
}

fn fact(resource: &str, statement: &str, place: &str, code: Option<&str>) -> Evidence {
    Evidence {
        resource: resource.to_owned(),
        statement: statement.to_owned(),
        place: place.to_owned(),
        code: code.map(str::to_owned),
    }
}

fn not_seen(call: &str, status: &str, code: Option<&str>, verdicts: usize) -> NotSeen {
    NotSeen {
        call: call.to_owned(),
        account: ACCOUNT.to_owned(),
        regions: vec![REGION.to_owned()],
        status: status.to_owned(),
        code: code.map(str::to_owned),
        verdicts,
    }
}
