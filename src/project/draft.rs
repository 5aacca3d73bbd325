//! A first project file, drafted from the account for a person to confirm.
//!
//! A draft is a set of guesses, each with its reason as a comment. Nothing is decided by it: until a person keeps a line,
//! rules that need the parameter say *not configured*.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use portcullis_estate::Estate;
use portcullis_snapshot::shapes::ec2;

/// The text of a drafted `portcullis.yaml`.
#[must_use]
pub fn draft(estate: &Estate) -> String {
    let mut text = String::from(
        "# Drafted by `portcullis init` from what the account looks like. Every line is a guess with its reason:\n\
         # keep what is right, mend or delete what is not. What is not declared here is \"not configured\", never assumed.\n\n",
    );
    let names: Vec<&str> = estate.accounts.iter().map(String::as_str).collect();
    line(&mut text, &format!("estate: {}", quoted(&names.join("-"))));
    text.push('\n');
    offices(&mut text, estate);
    text.push_str("params:\n");
    let bastions = bastions(&mut text, estate);
    clients(&mut text, estate, &bastions);
    data(&mut text, estate);
    people(&mut text, estate);
    databases(&mut text, estate);
    text
}

fn line(text: &mut String, content: &str) {
    text.push_str(content);
    text.push('\n');
}

/// A YAML double-quoted scalar: JSON's escapes are a subset of YAML's.
fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// A comment of one line; what an account's owner wrote must not end it.
fn comment(value: &str) -> String {
    value
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}') { ' ' } else { c })
        .collect()
}

fn name_of(tags: Option<&Vec<portcullis_snapshot::shapes::Tag>>) -> Option<&str> {
    tags?.iter().find(|tag| tag.key == "Name").map(|tag| tag.value.as_str())
}

/// Ranges that come in by SSH or RDP and are neither the whole world nor private: somebody's office.
fn offices(text: &mut String, estate: &Estate) {
    let mut ranges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, group) in estate.security_groups.iter() {
        for rule in group.data.ip_permissions.known().into_iter().flatten() {
            let admin = [22, 3389].iter().any(|port| covers(rule, *port));
            for range in rule.ip_ranges.known().into_iter().flatten().filter_map(|range| range.cidr_ip.known()) {
                let parsed: Option<ipnet::Ipv4Net> = range.parse().ok();
                if admin && parsed.is_some_and(|net| net.prefix_len() >= 16 && !net.addr().is_private()) {
                    ranges.entry(range).or_default().insert(&group.id);
                }
            }
        }
    }
    if ranges.is_empty() {
        line(text, "# owned_addresses: [198.51.100.0/28]   # offices and VPN exits; none was recognised");
    } else {
        line(text, "# Offices and VPN exits. A range that is not listed here counts as the internet.");
        line(text, "owned_addresses:");
        for (range, groups) in ranges {
            let groups: Vec<&str> = groups.into_iter().collect();
            line(
                text,
                &format!("  - {}   # may come in by SSH or RDP: {}", quoted(range), comment(&groups.join(", "))),
            );
        }
    }
    text.push('\n');
}

fn covers(rule: &ec2::IpPermission, port: i64) -> bool {
    match rule.ip_protocol.known().map(String::as_str) {
        Some("-1") => true,
        Some("tcp" | "6") => {
            let from = rule.from_port.known().copied().unwrap_or(-1);
            let to = rule.to_port.known().copied().unwrap_or(-1);
            from < 0 || (from <= port && port <= to)
        }
        _ => false,
    }
}

/// Instances with a public address that take SSH, or whose name or tags say so; the groups that they carry.
fn bastions(text: &mut String, estate: &Estate) -> BTreeSet<String> {
    let mut groups = BTreeSet::new();
    let mut found = Vec::new();
    for (_, row) in estate.instances.iter() {
        let tags = row.data.tags.known();
        let says = |tag: &&portcullis_snapshot::shapes::Tag| {
            let value = tag.value.to_lowercase();
            ["bastion", "jump"].iter().any(|word| value.contains(word))
        };
        // A role tag is a better anchor than a name.
        let by = |name: bool| tags.into_iter().flatten().filter(move |tag| (tag.key == "Name") == name).find(says);
        let tagged = by(false).or_else(|| by(true));
        let carried: Vec<&str> = row
            .data
            .security_groups
            .known()
            .into_iter()
            .flatten()
            .filter_map(|group| group.group_id.known().map(String::as_str))
            .collect();
        let takes_ssh = carried
            .iter()
            .filter_map(|id| estate.security_groups.first(id))
            .any(|(_, group)| group.data.ip_permissions.known().into_iter().flatten().any(|rule| covers(rule, 22)));
        let public = row.data.public_ip_address.known().is_some();
        let reason = match (tagged, takes_ssh && public) {
            (Some(tag), _) => format!("its tag {} is {}", tag.key, tag.value),
            (None, true) => "it has a public address and takes SSH".to_owned(),
            (None, false) => continue,
        };
        groups.extend(carried.into_iter().map(str::to_owned));
        let selector = match tagged.filter(|tag| tag.key != "Name") {
            Some(tag) => format!("{{tag: {{{}: {}}}}}", quoted(&tag.key), quoted(&tag.value)),
            None => format!("{{id: {}}}", quoted(&row.id)),
        };
        let name = name_of(tags).unwrap_or("no name");
        found.push((selector, format!("{} ({name}): {reason}", row.id)));
    }
    parameter(text, "bastion", "the only way for people to the databases", &found);
    groups
}

fn parameter(text: &mut String, name: &str, meaning: &str, found: &[(String, String)]) {
    line(text, &format!("  # {meaning}"));
    let mut distinct: Vec<(String, Vec<&str>)> = Vec::new();
    for (selector, reason) in found {
        match distinct.iter_mut().find(|(known, _)| known == selector) {
            Some((_, reasons)) => reasons.push(reason),
            None => distinct.push((selector.clone(), vec![reason])),
        }
    }
    if distinct.is_empty() {
        line(text, &format!("  # {name}: {{tag: {{Role: …}}}}   # nothing in the account looks like it"));
        return;
    }
    line(text, &format!("  {name}:"));
    for (selector, reasons) in distinct {
        let shown: Vec<&str> = reasons.iter().copied().take(3).collect();
        let more = if reasons.len() > 3 { format!("; and {} more", reasons.len() - 3) } else { String::new() };
        line(text, &format!("    - {selector}   # {}{more}", comment(&shown.join("; "))));
    }
}

/// Workloads whose groups a database's group admits.
fn clients(text: &mut String, estate: &Estate, bastions: &BTreeSet<String>) {
    let mut found = Vec::new();
    let mut cache = Vec::new();
    for (admitting, port, database) in data_groups(estate) {
        let Some((_, group)) = estate.security_groups.first(&admitting) else { continue };
        let admitted: BTreeSet<&str> = group
            .data
            .ip_permissions
            .known()
            .into_iter()
            .flatten()
            .filter(|rule| port.is_none_or(|port| covers(rule, port)))
            .flat_map(|rule| rule.user_id_group_pairs.known().into_iter().flatten())
            .filter_map(|pair| pair.group_id.known().map(String::as_str))
            .filter(|id| !bastions.contains(*id))
            .collect();
        for (_, row) in estate.ecs_services.iter() {
            let configured = row
                .data
                .network_configuration
                .known()
                .and_then(|network| network.awsvpc_configuration.known())
                .and_then(|network| network.security_groups.known());
            let Some(shared) = configured.into_iter().flatten().find(|id| admitted.contains(id.as_str())) else {
                continue;
            };
            let reason = format!(
                "{}: {database} admits its group {shared}",
                row.data.service_name.known().map_or(&*row.id, String::as_str)
            );
            let entry = (format!("{{id: {}}}", quoted(&row.id)), reason);
            if database.starts_with("cache ") { cache.push(entry) } else { found.push(entry) }
        }
        for (_, row) in estate.instances.iter() {
            let carried = row.data.security_groups.known().into_iter().flatten();
            let ids = carried.filter_map(|group| group.group_id.known());
            for group in ids.filter(|id| admitted.contains(id.as_str())) {
                let entry = (
                    format!("{{id: {}}}", quoted(&row.id)),
                    format!("{}: {database} admits its group {group}", row.id),
                );
                if database.starts_with("cache ") { cache.push(entry) } else { found.push(entry) }
            }
        }
    }
    parameter(text, "database_clients", "application tiers that talk to the databases", &found);
    parameter(text, "cache_clients", "application tiers that talk to the caches", &cache);
}

fn data_groups(estate: &Estate) -> Vec<(String, Option<i64>, String)> {
    let mut groups = Vec::new();
    for (_, row) in estate.db_instances.iter() {
        let port = row.data.endpoint.known().and_then(|endpoint| endpoint.port.known().copied());
        for id in
            row.data.vpc_security_groups.known().into_iter().flatten().filter_map(|m| m.vpc_security_group_id.known())
        {
            groups.push((id.clone(), port, format!("database {}", row.id)));
        }
    }
    for (_, row) in estate.cache_clusters.iter() {
        for member in row.data.security_groups.known().into_iter().flatten() {
            if let Some(id) = member.security_group_id.known() {
                groups.push((id.clone(), None, format!("cache {}", row.id)));
            }
        }
    }
    groups
}

fn data(text: &mut String, estate: &Estate) {
    let found: Vec<(String, String)> = estate
        .db_instances
        .iter()
        .map(|(_, row)| {
            let engine = row.data.engine.known().map_or("engine not seen", String::as_str);
            (
                format!("{{kind: rds.instance, id: {}}}", quoted(&row.id)),
                format!("{engine}: say whether it holds customers' data"),
            )
        })
        .collect();
    parameter(text, "customer_data", "databases that hold customers' data", &found);
}

fn people(text: &mut String, estate: &Estate) {
    const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
    let mut found = Vec::new();
    for (_, row) in estate.iam_roles.iter() {
        let attached = row.data.attached_managed_policies.known().into_iter().flatten();
        if attached.map(|policy| &policy.policy_arn).any(|arn| arn == ADMINISTRATOR) {
            found.push((
                format!("{{kind: iam.role, id: {}}}", quoted(&row.id)),
                format!("{}: AdministratorAccess is attached", row.data.role_name),
            ));
        }
    }
    parameter(text, "break_glass", "principals that may be administrators", &found);
    let groups: Vec<(String, String)> = estate
        .iam_groups
        .iter()
        .filter(|(_, row)| row.data.group_name.to_lowercase().contains("dev"))
        .map(|(_, row)| {
            let name = &row.data.group_name;
            (format!("{{kind: iam.user, group: {}}}", quoted(name)), format!("the group is called {name}"))
        })
        .collect();
    parameter(text, "developers", "people whose keys may be stolen", &groups);
    text.push('\n');
}

fn databases(text: &mut String, estate: &Estate) {
    if estate.db_instances.is_empty() {
        return;
    }
    line(text, "# What each database grants is checked once its grants are declared:");
    line(text, "# databases:");
    for (_, row) in estate.db_instances.iter() {
        let _ = writeln!(text, "#   {}: {{grants: grants/{}.yaml}}", comment(&row.id), comment(&row.id));
    }
}

#[cfg(test)]
mod tests {
    use portcullis_estate::LoadOptions;
    use portcullis_snapshot::{FileKey, Snapshot};
    use serde_json::json;

    use super::*;
    use crate::project::Project;

    fn estate(name: &str) -> Estate {
        let file = |service: &str, operation: &str, body| {
            (FileKey::new("111122223333", "ap-northeast-2", service, operation), body)
        };
        let snapshot = Snapshot::from_files(
            None,
            vec![
                file(
                    "ec2",
                    "describe-instances",
                    json!({"Reservations": [{"Instances": [{
                    "InstanceId": "i-1", "State": {"Name": "running"}, "PublicIpAddress": "54.1.2.3",
                    "SecurityGroups": [{"GroupId": "sg-b", "GroupName": "b"}],
                    "Tags": [{"Key": "Name", "Value": name}, {"Key": "Role", "Value": "bastion"}]}]}]}),
                ),
                file(
                    "ec2",
                    "describe-security-groups",
                    json!({"SecurityGroups": [
                    {"GroupId": "sg-b", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
                        "IpRanges": [{"CidrIp": "198.51.100.0/28"}, {"CidrIp": "0.0.0.0/0"}]}]}]}),
                ),
            ],
        );
        Estate::load(&snapshot, &LoadOptions::default()).unwrap()
    }

    #[test]
    fn the_draft_is_a_project_file() {
        let text = draft(&estate("front door"));
        let project = Project::parse(&text, "draft").unwrap();
        assert_eq!(project.owned_addresses.len(), 1, "the office, not the world: {text}");
        let bastion = &project.selectors("bastion").unwrap().unwrap()[0];
        assert_eq!(bastion.tag["Role"], "bastion");
        assert!(text.contains("its tag Role is bastion"), "{text}");
        assert!(text.contains("# database_clients:"), "what is not recognised is left to the person: {text}");
    }

    #[test]
    fn a_hostile_name_stays_inside_its_comment() {
        let text = draft(&estate("x\nexceptions: [everything]\r\u{2028}y"));
        Project::parse(&text, "draft").unwrap();
        assert!(!text.lines().any(|line| line.starts_with("exceptions")), "{text}");
    }
}
