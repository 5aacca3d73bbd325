//! An alert file as SARIF 2.1.0. No type of the SARIF crate leaves this file.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_sarif::sarif::{
    ArtifactLocation, CodeFlow, Invocation, Location, LogicalLocation, Message, MultiformatMessageString, Notification,
    PhysicalLocation, PropertyBag, Region, ReportingConfiguration, ReportingDescriptor, ReportingDescriptorReference,
    ReportingDescriptorRelationship, Result as SarifResult, ResultKind, ResultLevel, Run, RunAutomationDetails, Sarif,
    Suppression, ThreadFlow, ThreadFlowLocation, Tool, ToolComponent, ToolComponentReference,
};

use super::alerts::{Alert, AlertRule, Archive, Flow, Kind, Level, Log, Named, Spot, Step, Taxonomy};
use super::sarif_words::{self as words, ColumnKind, Importance, SuppressionKind, SuppressionStatus, Version};

/// The crate's own constant names a host that no longer serves the schema.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The log as JSON.
pub(super) fn write(log: &Log) -> serde_json::Result<String> {
    let sarif = Sarif::builder().schema(SCHEMA).version(Version::V2_1_0).runs(vec![run(log)]).build();
    super::json::pretty(&sarif)
}

fn run(log: &Log) -> Run {
    let archived = log.archive.is_some();
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver(log)).build())
        .automation_details(RunAutomationDetails::builder().id(log.category.clone()).build())
        .column_kind(ColumnKind::UnicodeCodePoints)
        .results(log.alerts.iter().map(|alert| result(log, alert, archived)).collect::<Vec<_>>())
        .properties(bag(log.counts.iter().map(|(name, count)| ((*name).to_owned(), Value::from(*count)))))
        .build();
    if let Some(archive) = &log.archive {
        run.taxonomies = Some(archive.taxonomies.iter().map(|taxonomy| component(log, taxonomy)).collect());
        run.invocations = Some(vec![invocation(log, archive)]);
    }
    run
}

fn driver(log: &Log) -> ToolComponent {
    let with_controls = log.archive.is_some();
    let mut driver = ToolComponent::builder()
        .name(log.tool.name.clone())
        .semantic_version(log.tool.version.clone())
        .rules(log.rules.iter().map(|rule| descriptor(log, rule, with_controls)).collect::<Vec<_>>())
        .build();
    let home = env!("CARGO_PKG_REPOSITORY");
    if home.starts_with("https://") {
        driver.information_uri = Some(home.to_owned());
    }
    if let Some(archive) = &log.archive {
        let references = archive.taxonomies.iter().enumerate();
        driver.supported_taxonomies =
            Some(references.map(|(index, taxonomy)| reference(index, &taxonomy.name)).collect());
    }
    driver
}

fn descriptor(log: &Log, rule: &AlertRule, with_controls: bool) -> ReportingDescriptor {
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    let mut properties =
        bag([("precision", rule.precision), ("security-severity", rule.security_severity)].map(named_value));
    properties.tags = Some(rule.tags.clone());
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.id.clone())
        .name(rule.name.clone())
        .short_description(text(&rule.short))
        .full_description(text(&rule.full))
        .help(MultiformatMessageString::builder().text(rule.help.clone()).markdown(rule.help_markdown.clone()).build())
        .default_configuration(ReportingConfiguration::builder().level(level_word(rule.level)).build())
        .properties(properties)
        .build();
    if with_controls && !rule.controls.is_empty() {
        let taxonomy = |index: usize| log.archive.as_ref().and_then(|archive| archive.taxonomies.get(index));
        let relationships = rule.controls.iter().filter_map(|(index, id, covers)| {
            let component = reference(*index, &taxonomy(*index)?.name);
            let target = ReportingDescriptorReference::builder().id(id.clone()).tool_component(component).build();
            Some(
                ReportingDescriptorRelationship::builder()
                    .target(target)
                    .kinds(vec!["relevant".to_owned()])
                    .properties(bag([named_value(("covers", covers))]))
                    .build(),
            )
        });
        descriptor.relationships = Some(relationships.collect());
    }
    descriptor
}

fn reference(index: usize, name: &str) -> ToolComponentReference {
    ToolComponentReference::builder().name(name).index(number(index)).build()
}

/// A framework as a taxonomy.
fn component(log: &Log, taxonomy: &Taxonomy) -> ToolComponent {
    let taxa = taxonomy.controls.iter().map(|id| ReportingDescriptor::builder().id(id.clone()).build());
    ToolComponent::builder()
        .name(taxonomy.name.clone())
        .version(log.tool.version.clone())
        .taxa(taxa.collect::<Vec<_>>())
        .is_comprehensive(false)
        .build()
}

fn invocation(log: &Log, archive: &Archive) -> Invocation {
    let notifications = archive.notifications.iter().map(|happened| {
        let mut notification = Notification::builder()
            .level(level_word(happened.level))
            .message(Message::builder().text(happened.message.clone()).build())
            .build();
        notification.associated_rule = happened.rule.and_then(|index| {
            let id = log.rules.get(index)?.id.clone();
            Some(ReportingDescriptorReference::builder().id(id).index(number(index)).build())
        });
        notification
    });
    // The run went to its end; what it could not see stands in the notifications and results.
    Invocation::builder()
        .execution_successful(true)
        .tool_execution_notifications(notifications.collect::<Vec<_>>())
        .build()
}

fn result(log: &Log, alert: &Alert, archived: bool) -> SarifResult {
    let (kind, level) = match alert.kind {
        Kind::Fail => (ResultKind::Fail, log.rules.get(alert.rule).map_or(Level::Warning, |rule| rule.level)),
        Kind::Open => (ResultKind::Open, Level::None),
        Kind::Pass => (ResultKind::Pass, Level::None),
        Kind::NotApplicable => (ResultKind::NotApplicable, Level::None),
    };
    let hash = format!("{}:1", alert.fingerprint);
    let mut result = SarifResult::builder()
        .rule_id(log.rules.get(alert.rule).map_or_else(String::new, |rule| rule.id.clone()))
        .rule_index(number(alert.rule))
        .level(result_level(level))
        .message(Message::builder().text(alert.message.clone()).build())
        .locations(vec![location(&alert.spot, alert.named.as_ref())])
        .partial_fingerprints(BTreeMap::from([("primaryLocationLineHash".to_owned(), hash)]))
        .properties(bag(alert.properties.iter().map(|(name, value)| named_value((name, value)))))
        .build();
    if !alert.flows.is_empty() {
        result.code_flows = Some(alert.flows.iter().map(code_flow).collect());
    }
    if let Some(related) = &alert.related {
        let mut location = location(related, None);
        location.id = Some(1);
        location.message = Some(Message::builder().text("The rule.").build());
        result.related_locations = Some(vec![location]);
    }
    if archived {
        result.kind = Some(kind);
        // All results of a run have the list, or none has (section 3.27.23).
        let waiver = alert.waived.iter().map(|justification| {
            Suppression::builder()
                .kind(SuppressionKind::External)
                .status(SuppressionStatus::Accepted)
                .justification(justification.clone())
                .build()
        });
        result.suppressions = Some(waiver.collect());
    }
    result
}

/// One path: one flow with one thread.
fn code_flow(flow: &Flow) -> CodeFlow {
    let steps = flow.steps.iter().map(thread_flow_location).collect::<Vec<_>>();
    CodeFlow::builder()
        .message(Message::builder().text(flow.message.clone()).build())
        .thread_flows(vec![ThreadFlow::builder().locations(steps).build()])
        .build()
}

fn thread_flow_location(step: &Step) -> ThreadFlowLocation {
    let mut location = location(&step.spot, step.named.as_ref());
    location.message = Some(Message::builder().text(step.text.clone()).build());
    let importance = if step.essential { Importance::Essential } else { Importance::Important };
    ThreadFlowLocation::builder()
        .location(location)
        .importance(importance)
        .nesting_level(i64::from(step.nesting))
        .build()
}

/// A location with everything that GitHub wants of it: a relative path and all four numbers of the region.
fn location(spot: &Spot, named: Option<&Named>) -> Location {
    let region = Region::builder()
        .start_line(i64::from(spot.start_line))
        .start_column(i64::from(spot.start_column))
        .end_line(i64::from(spot.end_line))
        .end_column(i64::from(spot.end_column))
        .build();
    let physical = PhysicalLocation::builder()
        .artifact_location(ArtifactLocation::builder().uri(spot.uri.clone()).build())
        .region(region)
        .build();
    let mut location = Location::builder().physical_location(physical).build();
    location.logical_locations = named.map(|named| {
        let logical = LogicalLocation::builder()
            .name(named.name.clone())
            .fully_qualified_name(named.qualified.clone())
            .kind("resource")
            .build();
        vec![logical]
    });
    location
}

fn bag(values: impl IntoIterator<Item = (String, Value)>) -> PropertyBag {
    PropertyBag::builder().additional_properties(values.into_iter().collect::<BTreeMap<_, _>>()).build()
}

fn named_value<T: AsRef<str>>((name, value): (&str, T)) -> (String, Value) {
    (name.to_owned(), Value::from(value.as_ref()))
}

const fn level_word(level: Level) -> words::Level {
    match level {
        Level::None => words::Level::None,
        Level::Note => words::Level::Note,
        Level::Warning => words::Level::Warning,
        Level::Error => words::Level::Error,
    }
}

const fn result_level(level: Level) -> ResultLevel {
    match level {
        Level::None => ResultLevel::None,
        Level::Note => ResultLevel::Note,
        Level::Warning => ResultLevel::Warning,
        Level::Error => ResultLevel::Error,
    }
}

/// An index; there are never so many.
fn number(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}
