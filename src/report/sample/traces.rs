//! Traces for the tests.

use crate::scenario::trace::{
    CutSet, Depth, DepthKind, Documented, Fix, FixItem, GateAnswer, LibraryStamp, OtherWay, Recorded, Trace, TraceGap,
    TracedBlocker, TracedFact, TracedGate, TracedStep, Truth, Verdict, WitnessStep,
};
use crate::severity::Severity;

const SCP: &str = "iam.scp:123456789012/global/protect-databases#Rds";
const BOUNDARY: &str = "iam.boundary:123456789012/global/dev-limit";

fn traced(resource: &str, statement: &str) -> TracedFact {
    TracedFact {
        resource: resource.to_owned(),
        statement: statement.to_owned(),
        place: "iam.json#/x".to_owned(),
        code: None,
    }
}

fn cut(controls: &[&str]) -> CutSet {
    CutSet { controls: controls.iter().map(|&id| id.to_owned()).collect(), symbols: Vec::new() }
}

fn blocker(
    control: &str,
    resource: &str,
    statement: &str,
    removed_by: Option<&str>,
    falls_with: Vec<CutSet>,
) -> TracedBlocker {
    TracedBlocker {
        control: control.to_owned(),
        fact: traced(resource, statement),
        removed_by: removed_by.map(str::to_owned),
        falls_with,
    }
}

fn gate(answer: GateAnswer, blockers: Vec<TracedBlocker>, witness: Vec<TracedFact>) -> TracedGate {
    TracedGate { question: "is it allowed".to_owned(), any_of: None, answer, blockers, witness, gaps: Vec::new() }
}

fn step(id: &str, technique: &str, recorded: Truth, gates: Vec<TracedGate>) -> TracedStep {
    let places = if recorded == Truth::Yes { vec!["shop-trail".to_owned()] } else { Vec::new() };
    TracedStep {
        id: id.to_owned(),
        technique: technique.to_owned(),
        title: technique.replace('-', " "),
        attack: vec!["T1578.005".to_owned()],
        instance: "shop-db".to_owned(),
        follows: true,
        gates,
        recorded: Recorded { answer: recorded, places, gaps: Vec::new() },
    }
}

fn trace(scenario: &str, title: &str, verdict: Verdict) -> Trace {
    Trace {
        scenario: scenario.to_owned(),
        title: title.to_owned(),
        severity: Severity::Critical,
        story: "A developer's access key leaks from a laptop.\nThe thief has no network inside the VPC.".to_owned(),
        attacker: vec![
            "access key of one of 4 developers (all alike), no MFA".to_owned(),
            "from the internet".to_owned(),
        ],
        goal: vec!["read sensitive tables in shop-db".to_owned()],
        verdict,
        reason: None,
        depth: None,
        standing_cuts: Vec::new(),
        privilege_cuts: Vec::new(),
        single_points_of_failure: Vec::new(),
        documented: Documented {
            as_documented: Truth::Yes,
            claimed_verdict: Some(Verdict::Blocked),
            cuts: Vec::new(),
            notes: Vec::new(),
        },
        steps: Vec::new(),
        other_ways: Vec::new(),
        witness: Vec::new(),
        fixes: Vec::new(),
        gaps: Vec::new(),
        assumed: Vec::new(),
        unused_actions: Vec::new(),
        library: LibraryStamp { version: "5f0c2a9be1".to_owned(), attack: "18".to_owned(), techniques: 62 },
    }
}

/// The scenario of the worked example.
pub(in crate::report) fn developer_key() -> Trace {
    let mut trace = trace(
        "developer-key-opens-database",
        "A stolen developer key opens a way to the database around the bastion",
        Verdict::Blocked,
    );
    trace.depth = Some(Depth { kind: DepthKind::Standing, min: Some(2), max: Some(2) });
    trace.standing_cuts = vec![cut(&[BOUNDARY, SCP])];
    trace.documented.as_documented = Truth::No;
    trace.documented.notes = vec!["blocked, but the route table is no independent control".to_owned()];
    trace.documented.cuts = vec![cut(&[BOUNDARY, SCP])];
    trace.other_ways = vec![OtherWay {
        techniques: vec!["share-snapshot".to_owned(), "restore-elsewhere".to_owned()],
        steps: vec!["share a snapshot of shop-db".to_owned(), "restore it in another account".to_owned()],
        cuts: vec![cut(&[BOUNDARY, SCP])],
    }];
    trace.steps = vec![
        step(
            "s1",
            "modify-database",
            Truth::Yes,
            vec![gate(
                GateAnswer::Closed,
                vec![
                    blocker(SCP, "scp/protect-databases", "statement \"Rds\": explicit deny", None, vec![]),
                    blocker(
                        BOUNDARY,
                        "boundary of the user (dev-limit)",
                        "no statement allows rds:ModifyDBInstance",
                        None,
                        vec![],
                    ),
                ],
                vec![],
            )],
        ),
        step(
            "s2",
            "open-security-group",
            Truth::Yes,
            vec![gate(
                GateAnswer::Open,
                vec![],
                vec![traced("developers", "statement \"Ec2Work\" within the boundary")],
            )],
        ),
        step(
            "s3",
            "connect-to-database",
            Truth::No,
            vec![
                gate(
                    GateAnswer::Closed,
                    vec![
                        blocker(
                            "security-group.ingress:123456789012/ap-northeast-2/sg-0db",
                            "sg-0db",
                            "no rule for the internet on tcp/5432",
                            Some("s2"),
                            vec![],
                        ),
                        blocker(
                            "route-table:123456789012/ap-northeast-2/rtb-isolated",
                            "rtb-isolated",
                            "no route to an internet gateway",
                            None,
                            vec![cut(&[BOUNDARY])],
                        ),
                        blocker(
                            "rds.public-access:123456789012/ap-northeast-2/shop-db",
                            "shop-db",
                            "not publicly accessible",
                            Some("s1"),
                            vec![cut(&[BOUNDARY, SCP])],
                        ),
                    ],
                    vec![],
                ),
                gate(
                    GateAnswer::Open,
                    vec![],
                    vec![traced("shop-db", "the master user logs in with a password from any host")],
                ),
            ],
        ),
        step(
            "s4",
            "read-tables",
            Truth::Unknown,
            vec![gate(GateAnswer::Open, vec![], vec![traced("shop-db", "the master user owns schema shop")])],
        ),
    ];
    trace
}

/// An open one.
pub(in crate::report) fn stops_the_trail() -> Trace {
    let mut trace = trace("developer-key-stops-the-trail", "A stolen developer key stops the trail", Verdict::Open);
    trace.severity = Severity::High;
    trace.goal = vec!["nothing records what they do next".to_owned()];
    trace.documented.as_documented = Truth::No;
    trace.documented.notes = vec!["claimed blocked by iam.scp at s1; no SCP denies cloudtrail:StopLogging".to_owned()];
    trace.steps = vec![step(
        "s1",
        "stop-trail",
        Truth::Yes,
        vec![gate(
            GateAnswer::Open,
            vec![],
            vec![traced("user/minji", "statement \"All but IAM\" allows cloudtrail:StopLogging")],
        )],
    )];
    trace.witness = vec![WitnessStep {
        technique: "stop-trail".to_owned(),
        what: "user/minji stops shop-trail".to_owned(),
        gains: vec!["shop-trail is out of the way".to_owned()],
        evidence: vec![traced(
            "arn:aws:iam::123456789012:user/minji",
            "statement \"All but IAM\" allows cloudtrail:StopLogging",
        )],
    }];
    trace.fixes = vec![Fix {
        remove: vec![FixItem {
            enabler: "iam.statement:123456789012/global/minji#work/0".to_owned(),
            fact: traced("user/minji", "statement \"All but IAM\" (NotAction) of the inline policy work"),
        }],
    }];
    trace
}

pub(in crate::report) fn unknown_scenario() -> Trace {
    let mut trace = trace("foreign-key-decrypts", "A foreign account decrypts a shared snapshot", Verdict::Unknown);
    trace.gaps = vec![TraceGap {
        input: "key policy of key/7f3c".to_owned(),
        cause: "kms/get-key-policy was denied".to_owned(),
        assumption: None,
    }];
    trace.documented.as_documented = Truth::Unknown;
    trace
}

pub(in crate::report) fn not_applicable_scenario() -> Trace {
    let mut trace = trace("lambda-layer-is-poisoned", "A poisoned layer runs in a function", Verdict::NotApplicable);
    trace.reason = Some("the account has no Lambda function".to_owned());
    trace
}

/// One that a single control holds, and that rests on privilege.
pub(in crate::report) fn single_point() -> Trace {
    let mut trace = trace("bastion-is-taken", "A bastion in foreign hands reads the database", Verdict::Blocked);
    trace.depth = Some(Depth { kind: DepthKind::Standing, min: Some(1), max: Some(2) });
    trace.single_points_of_failure = vec!["db.auth:123456789012/ap-northeast-2/shop-db#reader".to_owned()];
    trace.standing_cuts = vec![cut(&["db.auth:123456789012/ap-northeast-2/shop-db#reader"])];
    trace.privilege_cuts = vec![cut(&["db.grant:123456789012/ap-northeast-2/shop-db#reader"])];
    trace
}
