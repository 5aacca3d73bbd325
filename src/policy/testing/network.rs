//! The network of a fragment, and what stands in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::fragment::{ACCOUNT, Database, Files, Fragment, REGION, Rule, Vpc, arn, call, tags};

const ZONES: [&str; 2] = ["ap-northeast-2a", "ap-northeast-2c"];

/// What has an interface in the network.
#[derive(Debug)]
struct Interface {
    id: String,
    groups: Vec<String>,
    public: Option<String>,
    instance: Option<String>,
    description: String,
    requester: Option<&'static str>,
}

/// Adds the answers about the network, instances, services and databases.
pub(super) fn expand(fragment: &Fragment, files: &mut Files) -> Result<(), String> {
    let mut databases = fragment.databases.clone();
    if let Some(database) = &fragment.database {
        databases.insert("db".to_owned(), database.clone());
    }
    let Some(vpc) = fragment.vpc else {
        let mentions = !fragment.groups.is_empty() || !fragment.instances.is_empty() || !fragment.services.is_empty();
        let placed = databases.values().any(|database| !database.groups.is_empty());
        if mentions || placed {
            return Err("give `vpc: one-isolated-subnet` or `vpc: one-public-subnet` for what stands in it".to_owned());
        }
        rds(&databases, None, files);
        return Ok(());
    };
    topology(vpc, files);
    groups(fragment, &databases, files)?;
    let interfaces = interfaces(fragment, &databases);
    let shown: Vec<Json> = interfaces.iter().enumerate().map(|(number, interface)| shape(interface, number)).collect();
    instances(fragment, &interfaces, files);
    services(fragment, &interfaces, files);
    rds(&databases, Some(vpc), files);
    files.insert("ec2/describe-network-interfaces".to_owned(), json!({"NetworkInterfaces": shown}));
    Ok(())
}

fn topology(vpc: Vpc, files: &mut Files) {
    let mut put = |name: &str, body: Json| files.insert(name.to_owned(), body);
    let associated = json!({"State": "associated"});
    put(
        "ec2/describe-vpcs",
        json!({"Vpcs": [{
            "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "IsDefault": false, "OwnerId": ACCOUNT,
            "CidrBlockAssociationSet": [{"AssociationId": "vpc-cidr-1", "CidrBlock": "10.0.0.0/16", "CidrBlockState": associated}],
        }]}),
    );
    let subnets: Vec<Json> = ZONES
        .iter()
        .enumerate()
        .map(|(n, zone)| {
            json!({
                "SubnetId": format!("subnet-{}", n + 1), "VpcId": "vpc-1", "CidrBlock": format!("10.0.{}.0/24", n + 1),
                "AvailabilityZone": zone, "MapPublicIpOnLaunch": false, "OwnerId": ACCOUNT,
                "Ipv6CidrBlockAssociationSet": [],
            })
        })
        .collect();
    put("ec2/describe-subnets", json!({"Subnets": subnets}));
    let mut routes = vec![json!({
        "DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active",
    })];
    if vpc == Vpc::OnePublicSubnet {
        routes.push(json!({
            "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "Origin": "CreateRoute", "State": "active",
        }));
        put(
            "ec2/describe-internet-gateways",
            json!({"InternetGateways": [{
                "InternetGatewayId": "igw-1", "OwnerId": ACCOUNT,
                "Attachments": [{"VpcId": "vpc-1", "State": "available"}],
            }]}),
        );
    }
    put(
        "ec2/describe-route-tables",
        json!({"RouteTables": [{
            "RouteTableId": "rtb-1", "VpcId": "vpc-1", "OwnerId": ACCOUNT, "Routes": routes, "PropagatingVgws": [],
            "Associations": [{
                "Main": true, "RouteTableAssociationId": "rtbassoc-1", "RouteTableId": "rtb-1",
                "AssociationState": {"State": "associated"},
            }],
        }]}),
    );
    let entry = |number: i64, egress: bool, action: &str| json!({"RuleNumber": number, "Egress": egress, "Protocol": "-1", "RuleAction": action, "CidrBlock": "0.0.0.0/0"});
    put(
        "ec2/describe-network-acls",
        json!({"NetworkAcls": [{
            "NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": true, "OwnerId": ACCOUNT,
            "Entries": [entry(100, false, "allow"), entry(32767, false, "deny"), entry(100, true, "allow"), entry(32767, true, "deny")],
            "Associations": [
                {"NetworkAclAssociationId": "aclassoc-1", "NetworkAclId": "acl-1", "SubnetId": "subnet-1"},
                {"NetworkAclAssociationId": "aclassoc-2", "NetworkAclId": "acl-1", "SubnetId": "subnet-2"},
            ],
        }]}),
    );
}

fn groups(fragment: &Fragment, databases: &BTreeMap<String, Database>, files: &mut Files) -> Result<(), String> {
    // What is mentioned exists: a group without rules admits nothing.
    let mut names: BTreeSet<&str> = fragment.groups.keys().map(String::as_str).collect();
    let users = fragment.instances.values().map(|i| &i.groups).chain(fragment.services.values().map(|s| &s.groups));
    names.extend(users.chain(databases.values().map(|d| &d.groups)).flatten().map(String::as_str));
    let rules = || fragment.groups.values().flat_map(|g| g.ingress.iter().chain(g.egress.iter().flatten()));
    names.extend(rules().map(|rule| rule.from.as_str()).filter(|from| from.starts_with("sg-")));
    let everything = [Rule { port: None, protocol: Some("-1".to_owned()), from: "0.0.0.0/0".to_owned() }];
    let mut shown = Vec::new();
    for name in names {
        let group = fragment.groups.get(name);
        let ingress = group.map(|group| group.ingress.as_slice()).unwrap_or_default();
        let egress = group.and_then(|group| group.egress.as_deref()).unwrap_or(&everything);
        let permissions = |rules: &[Rule]| rules.iter().map(permission).collect::<Result<Vec<_>, _>>();
        shown.push(json!({
            "GroupId": name, "GroupName": name, "VpcId": "vpc-1", "OwnerId": ACCOUNT, "Description": name,
            "IpPermissions": permissions(ingress)?, "IpPermissionsEgress": permissions(egress)?,
        }));
    }
    files.insert("ec2/describe-security-groups".to_owned(), json!({"SecurityGroups": shown}));
    // A prefix list that no file holds is there and could not be read.
    let lists: BTreeSet<&str> = rules().map(|rule| rule.from.as_str()).filter(|from| from.starts_with("pl-")).collect();
    let described: Vec<Json> = lists
        .iter()
        .map(|id| json!({"PrefixListId": id, "PrefixListName": id, "State": "create-complete", "OwnerId": ACCOUNT}))
        .collect();
    let denied: Vec<Json> = lists
        .iter()
        .map(|id| json!({"input": {"PrefixListId": id}, "error": {"code": "UnauthorizedOperation"}}))
        .collect();
    files.insert("ec2/describe-managed-prefix-lists".to_owned(), json!({"PrefixLists": described}));
    files.insert("ec2/get-managed-prefix-list-entries".to_owned(), json!({"calls": denied}));
    Ok(())
}

fn permission(rule: &Rule) -> Result<Json, String> {
    let mut permission = json!({"IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []});
    let protocol = rule.protocol.as_deref().unwrap_or(if rule.port.is_some() { "tcp" } else { "-1" });
    let ports = match &rule.port {
        Some(Json::Number(port)) => port.as_i64().map(|port| (port, port)),
        Some(Json::String(range)) => {
            range.split_once('-').and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)))
        }
        _ => None,
    };
    if rule.port.is_some() && ports.is_none() {
        return Err("a port is a number, or a range such as \"80-90\"".to_owned());
    }
    let peer = match rule.from.as_str() {
        from if from.starts_with("sg-") => ("UserIdGroupPairs", json!([{"GroupId": from, "UserId": ACCOUNT}])),
        from if from.starts_with("pl-") => ("PrefixListIds", json!([{"PrefixListId": from}])),
        from if from.contains(':') => ("Ipv6Ranges", json!([{"CidrIpv6": from}])),
        from if from.contains('/') => ("IpRanges", json!([{"CidrIp": from}])),
        from => return Err(format!("`{from}` is no group (sg-…), prefix list (pl-…) or block")),
    };
    if let Some(members) = permission.as_object_mut() {
        members.insert("IpProtocol".to_owned(), json!(protocol));
        if let Some((first, last)) = ports {
            members.insert("FromPort".to_owned(), json!(first));
            members.insert("ToPort".to_owned(), json!(last));
        }
        members.insert(peer.0.to_owned(), peer.1);
    }
    Ok(permission)
}

fn interfaces(fragment: &Fragment, databases: &BTreeMap<String, Database>) -> Vec<Interface> {
    let mut interfaces = Vec::new();
    for (id, instance) in &fragment.instances {
        interfaces.push(Interface {
            id: format!("eni-{id}"),
            groups: instance.groups.clone(),
            public: instance.public_address.clone(),
            instance: Some(id.clone()),
            description: String::new(),
            requester: None,
        });
    }
    for (number, (name, service)) in fragment.services.iter().enumerate() {
        interfaces.push(Interface {
            id: format!("eni-{name}"),
            groups: service.groups.clone(),
            public: service.public.then(|| format!("198.18.1.{}", number + 1)),
            instance: None,
            description: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:attachment/{name}"),
            requester: Some("578734482556"),
        });
    }
    for (number, (id, database)) in databases.iter().enumerate() {
        interfaces.push(Interface {
            id: format!("eni-{id}"),
            groups: database.groups.clone(),
            public: database.public.then(|| format!("198.18.0.{}", number + 1)),
            instance: None,
            description: "RDSNetworkInterface".to_owned(),
            requester: Some("amazon-rds"),
        });
    }
    interfaces
}

fn address(number: usize) -> String {
    format!("10.0.1.{}", number + 10)
}

fn shape(interface: &Interface, number: usize) -> Json {
    let address = address(number);
    let groups: Vec<Json> = interface.groups.iter().map(|id| json!({"GroupId": id, "GroupName": id})).collect();
    let mut shape = json!({
        "NetworkInterfaceId": interface.id, "VpcId": "vpc-1", "SubnetId": "subnet-1", "AvailabilityZone": ZONES[0],
        "PrivateIpAddress": address, "Groups": groups, "SourceDestCheck": true, "Status": "in-use", "OwnerId": ACCOUNT,
        "InterfaceType": "interface", "Description": interface.description,
        "RequesterManaged": interface.requester.is_some(), "Ipv6Addresses": [], "TagSet": [],
    });
    let association = interface.public.as_ref().map(|public| json!({"PublicIp": public, "IpOwnerId": "amazon"}));
    let mut private = json!({"PrivateIpAddress": address, "Primary": true});
    if let (Some(members), Some(association)) = (private.as_object_mut(), &association) {
        members.insert("Association".to_owned(), association.clone());
    }
    if let Some(members) = shape.as_object_mut() {
        members.insert("PrivateIpAddresses".to_owned(), json!([private]));
        if let Some(association) = association {
            members.insert("Association".to_owned(), association);
        }
        if let Some(requester) = interface.requester {
            members.insert("RequesterId".to_owned(), json!(requester));
        }
        if let Some(instance) = &interface.instance {
            let attachment = json!({
                "AttachmentId": format!("attach-{instance}"), "InstanceId": instance, "InstanceOwnerId": ACCOUNT,
                "DeviceIndex": 0, "Status": "attached",
            });
            members.insert("Attachment".to_owned(), attachment);
        }
    }
    shape
}

fn instances(fragment: &Fragment, interfaces: &[Interface], files: &mut Files) {
    let mut shown = Vec::new();
    for (id, instance) in &fragment.instances {
        let number = interfaces.iter().position(|i| i.instance.as_ref() == Some(id)).unwrap_or_default();
        let groups: Vec<Json> = instance.groups.iter().map(|id| json!({"GroupId": id, "GroupName": id})).collect();
        let mut shape = json!({
            "InstanceId": id, "State": {"Code": 16, "Name": "running"}, "VpcId": "vpc-1", "SubnetId": "subnet-1",
            "PrivateIpAddress": address(number), "SecurityGroups": groups, "InstanceType": "t3.micro", "ImageId": "ami-1",
            "NetworkInterfaces": [{"NetworkInterfaceId": format!("eni-{id}")}], "Placement": {"AvailabilityZone": ZONES[0]},
            "MetadataOptions": {
                "HttpTokens": if instance.metadata_tokens.unwrap_or(true) { "required" } else { "optional" },
                "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1,
            },
            "Tags": tags(&instance.tags),
        });
        if let Some(members) = shape.as_object_mut() {
            if let Some(public) = &instance.public_address {
                members.insert("PublicIpAddress".to_owned(), json!(public));
            }
            if let Some(key) = &instance.key_name {
                members.insert("KeyName".to_owned(), json!(key));
            }
        }
        shown.push(shape);
    }
    if !shown.is_empty() {
        let reservations = json!({"Reservations": [{"ReservationId": "r-1", "OwnerId": ACCOUNT, "Instances": shown}]});
        files.insert("ec2/describe-instances".to_owned(), reservations);
    }
}

fn services(fragment: &Fragment, interfaces: &[Interface], files: &mut Files) {
    if fragment.services.is_empty() {
        return;
    }
    let cluster = arn("ecs", "cluster/main");
    let (mut shown, mut tasks, mut definitions) = (Vec::new(), Vec::new(), Vec::new());
    for (name, service) in &fragment.services {
        let definition = arn("ecs", &format!("task-definition/{name}:1"));
        let lower: Vec<Json> = service.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        let network = json!({"awsvpcConfiguration": {
            "subnets": ["subnet-1"], "securityGroups": service.groups,
            "assignPublicIp": if service.public { "ENABLED" } else { "DISABLED" },
        }});
        shown.push(json!({
            "serviceArn": arn("ecs", &format!("service/main/{name}")), "serviceName": name, "clusterArn": cluster,
            "status": "ACTIVE", "desiredCount": 1, "runningCount": 1, "launchType": "FARGATE", "taskDefinition": definition,
            "enableExecuteCommand": service.execute_command, "networkConfiguration": network, "tags": lower,
        }));
        let number = interfaces.iter().position(|i| i.id == format!("eni-{name}")).unwrap_or_default();
        tasks.push(json!({
            "taskArn": arn("ecs", &format!("task/main/{name}-1")), "clusterArn": cluster, "taskDefinitionArn": definition,
            "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "group": format!("service:{name}"), "launchType": "FARGATE",
            "availabilityZone": ZONES[0], "enableExecuteCommand": service.execute_command,
            "attachments": [{"type": "ElasticNetworkInterface", "status": "ATTACHED", "details": [
                {"name": "subnetId", "value": "subnet-1"},
                {"name": "networkInterfaceId", "value": format!("eni-{name}")},
                {"name": "privateIPv4Address", "value": address(number)},
            ]}],
        }));
        let mut task = json!({
            "taskDefinitionArn": definition, "family": name, "status": "ACTIVE", "networkMode": "awsvpc",
            "containerDefinitions": [{"name": name, "image": name, "environment": [], "secrets": []}],
        });
        if let (Some(members), Some(role)) = (task.as_object_mut(), &service.role) {
            members.insert("taskRoleArn".to_owned(), json!(arn("iam", &format!("role/{role}"))));
        }
        definitions.push(call(json!({"taskDefinition": definition}), json!({"taskDefinition": task})));
    }
    let input = json!({"cluster": cluster});
    let arns = |items: &[Json], member: &str| -> Vec<Json> {
        items.iter().filter_map(|item| item.get(member).cloned()).collect()
    };
    let mut put = |name: &str, body: Json| files.insert(name.to_owned(), body);
    put("ecs/list-clusters", json!({"clusterArns": [cluster]}));
    let described = json!({"clusters": [{"clusterArn": cluster, "clusterName": "main", "status": "ACTIVE"}]});
    put("ecs/describe-clusters", json!({"calls": [call(json!({"clusters": [cluster]}), described)]}));
    let list = json!({"serviceArns": arns(&shown, "serviceArn")});
    put("ecs/list-services", json!({"calls": [call(input.clone(), list.clone())]}));
    let asked = json!({"cluster": cluster, "services": list.get("serviceArns")});
    put("ecs/describe-services", json!({"calls": [call(asked, json!({"services": shown}))]}));
    let list = json!({"taskArns": arns(&tasks, "taskArn")});
    put("ecs/list-tasks", json!({"calls": [call(input, list.clone())]}));
    let asked = json!({"cluster": cluster, "tasks": list.get("taskArns")});
    put("ecs/describe-tasks", json!({"calls": [call(asked, json!({"tasks": tasks}))]}));
    put("ecs/describe-task-definition", json!({"calls": definitions}));
}

fn rds(databases: &BTreeMap<String, Database>, vpc: Option<Vpc>, files: &mut Files) {
    if databases.is_empty() {
        return;
    }
    let subnets: Vec<Json> = ["subnet-1", "subnet-2"]
        .iter()
        .zip(ZONES)
        .map(|(id, zone)| json!({"SubnetIdentifier": id, "SubnetAvailabilityZone": {"Name": zone}, "SubnetStatus": "Active"}))
        .collect();
    let subnet_group = json!({
        "DBSubnetGroupName": "default", "VpcId": "vpc-1", "SubnetGroupStatus": "Complete", "Subnets": subnets,
    });
    let (mut shown, mut parameters) = (Vec::new(), Vec::new());
    for (id, database) in databases {
        let groups: Vec<Json> =
            database.groups.iter().map(|id| json!({"VpcSecurityGroupId": id, "Status": "active"})).collect();
        let mut shape = json!({
            "DBInstanceIdentifier": id, "DBInstanceArn": arn("rds", &format!("db:{id}")), "DBInstanceStatus": "available",
            "DbiResourceId": format!("db-{}", id.to_uppercase()), "DBInstanceClass": "db.t3.small",
            "Engine": database.engine.as_deref().unwrap_or("postgres"), "EngineVersion": "16.4", "MasterUsername": "admin1",
            "Endpoint": {"Address": format!("{id}.example.{REGION}.rds.amazonaws.com"), "Port": database.port.unwrap_or(5432)},
            "PubliclyAccessible": database.public, "StorageEncrypted": database.encrypted.unwrap_or(true),
            "MultiAZ": database.multi_az.unwrap_or(true), "DeletionProtection": database.deletion_protection.unwrap_or(true),
            "IAMDatabaseAuthenticationEnabled": database.iam_auth.unwrap_or(true), "AutoMinorVersionUpgrade": true,
            "BackupRetentionPeriod": database.backup_retention.unwrap_or(7), "VpcSecurityGroups": groups,
            "AvailabilityZone": ZONES[0], "NetworkType": "IPV4", "EnabledCloudwatchLogsExports": database.exported_logs,
            "DBParameterGroups": [{"DBParameterGroupName": format!("pg-{id}"), "ParameterApplyStatus": "in-sync"}],
            "TagList": tags(&database.tags),
        });
        if let (Some(members), Some(_)) = (shape.as_object_mut(), vpc) {
            members.insert("DBSubnetGroup".to_owned(), subnet_group.clone());
        }
        shown.push(shape);
        let settings: Vec<Json> = database
            .parameters
            .iter()
            .map(|(name, value)| json!({"ParameterName": name, "ParameterValue": value, "Source": "user"}))
            .collect();
        parameters.push(call(json!({"DBParameterGroupName": format!("pg-{id}")}), json!({"Parameters": settings})));
    }
    files.insert("rds/describe-db-instances".to_owned(), json!({"DBInstances": shown}));
    files.insert("rds/describe-db-parameters".to_owned(), json!({"calls": parameters}));
    if vpc.is_some() {
        files.insert("rds/describe-db-subnet-groups".to_owned(), json!({"DBSubnetGroups": [subnet_group]}));
    }
}
