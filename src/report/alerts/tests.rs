//! What goes into an alert file and what does not.

use super::super::sample;
use super::*;
use crate::scenario::trace::Verdict;

fn github(report: &Report) -> Log {
    for_github(report, &RenderOptions::default())
}

fn of_rule<'a>(log: &'a Log, id: &str) -> Vec<&'a Alert> {
    log.alerts.iter().filter(|alert| log.rules[alert.rule].id == id).collect()
}

#[test]
fn an_incomplete_run_is_never_clean() {
    let log = github(&sample::incomplete());
    let messages: Vec<&str> = log.alerts.iter().map(|alert| alert.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "ec2/describe-security-groups was denied (UnauthorizedOperation) in account 123456789012 in ap-northeast-2. \
         9 verdicts depend on it and are unknown.",
            "iam/get-account-authorization-details failed (InternalFailure) in account 123456789012 in ap-northeast-2. \
         No verdict depends on it.",
        ]
    );
    // A gap that no call explains.
    let mut report = sample::incomplete();
    report.not_seen.clear();
    let log = github(&report);
    assert_eq!(log.alerts.len(), 1);
    assert!(log.alerts[0].message.starts_with("9 verdicts could not be decided"), "{}", log.alerts[0].message);
    // A trace alone.
    let mut report = sample::empty();
    report.scenarios = vec![sample::unknown_scenario()];
    assert_eq!(of_rule(&github(&report), rules::COVERAGE).len(), 1);
    // Nothing missing, nothing said.
    assert!(github(&sample::empty()).alerts.is_empty());
}

#[test]
fn what_was_an_alert_and_is_unknown_now_stays_one() {
    let log = github(&sample::rich());
    let [carried] = of_rule(&log, "key-policy-is-narrow")[..] else { panic!("one alert") };
    assert!(carried.message.contains("Carried over"), "{}", carried.message);
    assert_eq!(carried.fingerprint, sample::rich().carried_over[0].fingerprint);
}

#[test]
fn a_rule_that_is_gone_is_told_from_the_finding() {
    let mut report = sample::rich();
    report.rules.clear();
    let log = github(&report);
    let [alert] = of_rule(&log, "database-only-through-bastion")[..] else { panic!("one alert") };
    assert_eq!(log.rules[alert.rule].security_severity, "9.5");
}

#[test]
fn one_result_for_each_rule_and_resource_with_every_way() {
    let log = github(&sample::rich());
    let [database] = of_rule(&log, "database-only-through-bastion")[..] else { panic!("one alert") };
    assert_eq!(
        database.message,
        "shop-db accepts tcp/5432 from any vacant address of 10.0.32.0/20. This is the shortest of 2 ways. It rests \
         on assumptions: vpc-block-public-access."
    );
    assert_eq!(database.flows.iter().map(|flow| flow.steps.len()).collect::<Vec<_>>(), [1, 3]);
    let steps = &database.flows[1].steps;
    assert_eq!(steps[1].text, "2. sg-0db: allows tcp/5432 from sg-0batch.");
    assert_eq!(steps.iter().map(|step| step.essential).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(steps[2].spot.uri, "infra/rds.tf");
    assert_eq!((database.spot.start_line, database.spot.end_line), (12, 48));
}

#[test]
fn waived_findings_are_only_in_the_archive() {
    let waived = |log: &Log| log.alerts.iter().filter(|alert| alert.waived.is_some()).count();
    let report = sample::rich();
    assert_eq!(waived(&github(&report)), 0);
    assert_eq!(of_rule(&github(&report), "role-trust-too-wide").len(), 1);
    assert_eq!(github(&report).counts["excepted"], 1);
    assert_eq!(waived(&for_archive(&report, &RenderOptions::default())), 1);
}

#[test]
fn scenarios_are_results_where_they_are_open_or_weak() {
    let mut report = sample::rich();
    report.scenarios.push(sample::single_point());
    let log = github(&report);
    let [open] = of_rule(&log, "developer-key-stops-the-trail")[..] else { panic!("one alert") };
    assert_eq!(open.message, "A stolen developer key stops the trail. Open in 1 step: stop-trail.");
    assert_eq!(open.flows[0].steps.len(), 2);
    let [astray] = of_rule(&log, rules::NOT_AS_DOCUMENTED)[..] else { panic!("one alert") };
    assert!(astray.message.starts_with("Blocked, but not as documented: A stolen developer key"), "{}", astray.message);
    let [single] = of_rule(&log, rules::SINGLE_POINT)[..] else { panic!("one alert") };
    assert!(single.message.contains("One control alone holds it: db.auth:"), "{}", single.message);
    assert!(of_rule(&log, "developer-key-opens-database").is_empty());
    assert!(of_rule(&log, "foreign-key-decrypts").is_empty());
    let ids: Vec<&str> = log.rules.iter().map(|rule| rule.id.as_str()).collect();
    assert!(ids.contains(&"developer-key-opens-database"));
}

#[test]
fn the_archive_has_every_verdict() {
    let report = sample::rich();
    let log = for_archive(&report, &RenderOptions::default());
    let kinds = |kind| log.alerts.iter().filter(|alert| alert.kind == kind).count();
    assert_eq!(kinds(Kind::Open), 2);
    assert_eq!(kinds(Kind::NotApplicable), 2);
    // Four rules hold somewhere, one scenario is blocked.
    assert_eq!(kinds(Kind::Pass), 5);
    let archive = log.archive.unwrap();
    assert_eq!(
        archive.taxonomies.iter().map(|taxonomy| taxonomy.name.as_str()).collect::<Vec<_>>(),
        ["attack", "isms-p"]
    );
    assert!(archive.notifications.iter().any(|notification| notification.rule.is_some()));
    assert_eq!(archive.notifications[0].level, Level::Error);
}

#[test]
fn the_worst_are_kept_and_the_rest_is_counted() {
    let report = sample::large(6_000);
    let log = github(&report);
    assert_eq!(log.alerts.len(), RESULTS_KEPT);
    let [.., left_out] = of_rule(&log, rules::COVERAGE)[..] else { panic!("coverage") };
    let left: Vec<_> = of_rule(&log, rules::COVERAGE);
    assert!(left.iter().any(|alert| alert.message.contains("results of lower severity left out")), "{left_out:?}");
    let number = |severity| log.alerts.iter().filter(|alert| alert.severity == severity).count();
    assert_eq!(number(Severity::Critical), 2_000);
    assert!(number(Severity::High) >= 2_000);
    assert!(log.alerts.is_sorted_by_key(|alert| std::cmp::Reverse(alert.severity)));
    assert!(log.alerts.iter().all(|alert| alert.flows.len() <= 1));
    assert_eq!(for_archive(&report, &RenderOptions::default()).archive.map(|_| ()), Some(()));
}

#[test]
fn steps_are_capped_over_all_paths_of_a_result() {
    let mut report = sample::rich();
    let evidence = report.findings[0].items[0].evidence.clone();
    let item = crate::audit::report::Item {
        message: "long".to_owned(),
        evidence: evidence.iter().cycle().take(700).cloned().collect(),
    };
    report.findings[0].items = vec![item; 3];
    let log = github(&report);
    let [alert] = of_rule(&log, "database-only-through-bastion")[..] else { panic!("one alert") };
    assert_eq!(alert.flows.iter().map(|flow| flow.steps.len()).collect::<Vec<_>>(), [700, 300]);
}

#[test]
fn categories_are_by_account() {
    let with = |accounts: &[&str]| {
        let mut report = sample::empty();
        report.estate.accounts = accounts.iter().map(|&account| account.to_owned()).collect();
        github(&report).category
    };
    assert_eq!(with(&["1"]), "portcullis/1/");
    assert_eq!(with(&["1", "2"]), "portcullis/1+2/");
    assert_eq!(with(&["1", "2", "3", "4", "5"]), "portcullis/5-accounts/");
    assert_eq!(with(&[]), "portcullis/no-account/");
    assert_eq!(with(&["a/b"]), "portcullis/a%2Fb/");
}

#[test]
fn a_name_makes_no_link() {
    assert_eq!(said("100% [click](https://evil.example)"), "100% [click] (https://evil.example)");
    let log = github(&sample::hostile());
    for alert in &log.alerts {
        assert!(!alert.message.contains("]("), "{}", alert.message);
        assert!(!alert.message.chars().any(super::super::text::is_hostile), "{}", alert.message);
    }
}

#[test]
fn the_rule_is_linked_where_it_is_in_the_repository() {
    let options = RenderOptions { rules_in_repository: Some("security".to_owned()), ..RenderOptions::default() };
    let log = for_github(&sample::rich(), &options);
    let [alert] = of_rule(&log, "role-trust-too-wide")[..] else { panic!("one alert") };
    assert_eq!(alert.related.as_ref().unwrap().uri, "security/policies/identity/role-trust-too-wide.yaml");
    assert!(alert.message.ends_with(" Rule: [role-trust-too-wide](1)."));
    assert!(log.alerts.iter().filter(|alert| alert.message.contains("](1)")).all(|alert| alert.related.is_some()));
}

#[test]
fn rules_carry_what_github_reads() {
    let log = github(&sample::rich());
    let rule = log.rules.iter().find(|rule| rule.id == "database-only-through-bastion").unwrap();
    assert_eq!(rule.name, "DatabaseOnlyThroughBastion");
    assert_eq!(rule.tags, ["security", "aws", "network", "rds", "attack/t1190", "isms-p/2.6.1", "isms-p/2.6.4"]);
    assert_eq!(rule.precision, "very-high");
    assert_eq!(
        rule.help_markdown,
        "**People reach the database only through the bastion**\n\nA second way in bypasses the one entry point that \
         is watched.\n\n**What to do.** Remove the rule that the evidence names, or list its source under \
         `database_clients`.\n\n**Controls.** attack T1190; isms-p 2.6.1 (partly), 2.6.4"
    );
    for rule in &log.rules {
        assert!(!rule.short.is_empty() && !rule.full.is_empty() && !rule.help.is_empty(), "{rule:?}");
        assert!(rule.short.len() <= 1024 && rule.full.chars().count() <= 1024 && rule.tags.len() <= 10);
    }
    let ids: std::collections::BTreeSet<&str> = log.rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids.len(), log.rules.len());
    assert_eq!(sample::rich().scenarios.iter().filter(|trace| trace.verdict == Verdict::Open).count(), 1);
}
