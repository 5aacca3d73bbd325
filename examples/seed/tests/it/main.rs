//! Seeds both forms of the estate into a moto of its own and looks at them through the SDK.
//!
//! `PORTCULLIS_MOTO` names the folder with `moto_server` (the `bin` of a virtual environment); without it the test is
//! skipped, or fails where `PORTCULLIS_NO_SKIP=1` is set.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test, but Clippy does not see that of functions that a test calls"
)]

mod moto;

use std::collections::BTreeSet;
use std::process::{Command, Output};

use aws_sdk_ec2::types::{IpPermission, SecurityGroup};
use aws_sdk_ecs::types::{Attachment, Task};
use aws_sdk_rds::types::DbSnapshotAttribute;
use aws_types::SdkConfig;

use moto::Moto;

const TRAIL: &str = "shop-trail";
const DATABASE: &str = "shop-db";

fn seed(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portcullis-seed")).args(arguments).output().unwrap()
}

#[test]
fn an_endpoint_elsewhere_is_refused() {
    let output = seed(&["--endpoint", "https://sts.ap-northeast-2.amazonaws.com"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("only a loopback endpoint"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn the_fault_list_is_the_committed_one() {
    let output = seed(&["--list-faults"]);
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), include_str!("../../faults.json"));
}

#[tokio::test]
async fn both_forms() {
    let Some(moto) = Moto::start() else { return };
    let url = moto.url();
    let config = moto.config();

    let output = seed(&["--endpoint", &url]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let sound = look(&config).await;
    assert_eq!(sound.vpcs, 1);
    assert_eq!(sound.vpcs_elsewhere, 0);
    assert_eq!(sound.tasks, 12);
    assert_eq!(sound.database_sources, 6);
    assert!(sound.database_ranges.is_empty(), "{:?}", sound.database_ranges);
    assert!(!sound.public && sound.multi_region && sound.validated);
    assert!(sound.shared_with.is_empty());
    assert_eq!(sound.developer_keys, 1);

    let output = seed(&["--endpoint", &url, "--form", "drifted"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let drifted = look(&config).await;
    assert_eq!(drifted.vpcs, 2);
    assert_eq!(drifted.tasks, 12);
    assert_eq!(drifted.database_sources, 7);
    assert_eq!(drifted.database_ranges, ["0.0.0.0/1", "10.99.0.0/16", "128.0.0.0/1"].map(str::to_owned).into());
    assert!(drifted.public && !drifted.multi_region && !drifted.validated);
    assert_eq!(drifted.shared_with, ["999988887777"]);
    assert_eq!(drifted.developer_keys, 2);
    assert_eq!(sound.service_groups, drifted.service_groups, "ids differ from run to run");
}

/// What is looked at.
struct Facts {
    vpcs: usize,
    vpcs_elsewhere: usize,
    /// Running tasks whose interface stands in an application subnet, in the service's group.
    tasks: usize,
    service_groups: BTreeSet<String>,
    database_sources: usize,
    database_ranges: BTreeSet<String>,
    public: bool,
    shared_with: Vec<String>,
    multi_region: bool,
    validated: bool,
    developer_keys: usize,
}

async fn look(config: &SdkConfig) -> Facts {
    let ec2 = aws_sdk_ec2::Client::new(config);
    let vpcs = ec2.describe_vpcs().send().await.unwrap().vpcs().len();
    let elsewhere = config.to_builder().region(aws_types::region::Region::new("eu-west-1")).build();
    let elsewhere = aws_sdk_ec2::Client::new(&elsewhere).describe_vpcs().send().await.unwrap();

    let groups = ec2.describe_security_groups().send().await.unwrap();
    let group = |name: &str| -> SecurityGroup {
        groups.security_groups().iter().find(|it| it.group_name() == Some(name)).unwrap().clone()
    };
    let database = group("db");
    let allowed = || database.ip_permissions().iter().filter(|it| it.from_port() == Some(5432));
    let ranges = allowed().flat_map(IpPermission::ip_ranges).map(|it| it.cidr_ip().unwrap().to_owned()).collect();

    let rds = aws_sdk_rds::Client::new(config);
    let instances = rds.describe_db_instances().db_instance_identifier(DATABASE).send().await.unwrap();
    let shared = rds.describe_db_snapshot_attributes().db_snapshot_identifier("shop-db-2026-11-01");
    let shared = shared.send().await.unwrap();
    let shared = shared.db_snapshot_attributes_result().unwrap().db_snapshot_attributes();

    let trails = aws_sdk_cloudtrail::Client::new(config).describe_trails().send().await.unwrap();
    let trail = trails.trail_list().iter().find(|it| it.name() == Some(TRAIL)).unwrap();
    let keys = aws_sdk_iam::Client::new(config).list_access_keys().user_name("dev2").send().await.unwrap();

    let services = ["gateway", "user", "product", "order", "payment", "notification"];
    let mut tasks = 0;
    let interfaces = ec2.describe_network_interfaces().send().await.unwrap();
    for service in services {
        let wanted = group(service);
        // looking must not stop them
        for _ in 0..2 {
            assert_eq!(running(config, service).await.len(), 2, "{service}");
        }
        for address in running(config, service).await {
            let interface = interfaces
                .network_interfaces()
                .iter()
                .find(|it| it.private_ip_address() == Some(&address))
                .unwrap_or_else(|| panic!("{service}: no interface has {address}"));
            assert_eq!(interface.groups().first().unwrap().group_id(), wanted.group_id());
            assert!(address.starts_with("10.0.10.") || address.starts_with("10.0.11."), "{service}: {address}");
            tasks += 1;
        }
    }

    Facts {
        vpcs,
        vpcs_elsewhere: elsewhere.vpcs().len(),
        tasks,
        service_groups: services.iter().map(|name| group(name).group_id().unwrap().to_owned()).collect(),
        database_sources: allowed().flat_map(IpPermission::user_id_group_pairs).count(),
        database_ranges: ranges,
        public: instances.db_instances().first().unwrap().publicly_accessible().unwrap(),
        shared_with: shared.iter().flat_map(DbSnapshotAttribute::attribute_values).cloned().collect(),
        multi_region: trail.is_multi_region_trail().unwrap(),
        validated: trail.log_file_validation_enabled().unwrap(),
        developer_keys: keys.access_key_metadata().len(),
    }
}

/// The addresses of a service's running tasks.
async fn running(config: &SdkConfig, service: &str) -> Vec<String> {
    let ecs = aws_sdk_ecs::Client::new(config);
    let listed = ecs.list_tasks().cluster("shop").send().await.unwrap();
    let described = ecs.describe_tasks().cluster("shop").set_tasks(Some(listed.task_arns().to_vec()));
    let described = described.send().await.unwrap();
    let group = format!("service:{service}");
    described
        .tasks()
        .iter()
        .filter(|it| it.group() == Some(&group) && it.last_status() == Some("RUNNING"))
        .flat_map(Task::attachments)
        .flat_map(Attachment::details)
        .filter(|it| it.name() == Some("privateIPv4Address"))
        .map(|it| it.value().unwrap().to_owned())
        .collect()
}
