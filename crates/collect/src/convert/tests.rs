use serde_json::json;

use super::*;

fn response(kind: &str, body: &str) -> Response {
    Response {
        status: 200,
        headers: vec![("content-type".to_owned(), kind.to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

fn xml(service: &str, api: &str, body: &str) -> Value {
    success(service, api, &response("text/xml", body)).unwrap()
}

fn json_of(service: &str, api: &str, body: &Value) -> Value {
    success(service, api, &response("application/x-amz-json-1.1", &body.to_string())).unwrap()
}

#[test]
fn ec2_query_names_types_and_empty_sets() {
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>x</requestId>
<vpcSet><item><vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock><isDefault>false</isDefault>
<cidrBlockAssociationSet/><tagSet><item><key>a&amp;b</key><value></value></item></tagSet>
<unheardOf>x</unheardOf></item></vpcSet></DescribeVpcsResponse>"#;
    assert_eq!(
        xml("ec2", "DescribeVpcs", body),
        json!({"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "IsDefault": false,
            "CidrBlockAssociationSet": [], "Tags": [{"Key": "a&b", "Value": ""}]}]})
    );
    let none = "<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>";
    assert_eq!(xml("ec2", "DescribeVpcs", none), json!({"Vpcs": []}));
    assert_eq!(xml("ec2", "DescribeVpcs", "<DescribeVpcsResponse/>"), json!({}));
}

#[test]
fn query_has_a_wrapper_and_iam_policies_are_decoded() {
    let body = "<GetPolicyVersionResponse><GetPolicyVersionResult><PolicyVersion>\
        <Document>%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D</Document>\
        <IsDefaultVersion>true</IsDefaultVersion><VersionId>v1</VersionId>\
        <CreateDate>2023-11-14T22:13:20Z</CreateDate></PolicyVersion></GetPolicyVersionResult>\
        </GetPolicyVersionResponse>";
    assert_eq!(
        xml("iam", "GetPolicyVersion", body),
        json!({"PolicyVersion": {"Document": {"Version": "2012-10-17", "Statement": []},
            "IsDefaultVersion": true, "VersionId": "v1", "CreateDate": "2023-11-14T22:13:20+00:00"}})
    );
    let summary = "<R><GetAccountSummaryResult><SummaryMap><entry><key>Users</key><value>3</value></entry>\
        </SummaryMap></GetAccountSummaryResult></R>";
    assert_eq!(xml("iam", "GetAccountSummary", summary), json!({"SummaryMap": {"Users": 3}}));
    let empty = success("iam", "GetPolicyVersion", &response("text/xml", "<GetPolicyVersionResponse/>"));
    assert!(empty.is_err(), "a body without the result is no empty answer");
}

#[test]
fn rest_xml_payloads_headers_attributes_and_flat_lists() {
    let policy = response("application/json", "{\"Version\":\"2012-10-17\"}");
    assert_eq!(
        success("s3api", "GetBucketPolicy", &policy).unwrap(),
        json!({"Policy": "{\"Version\":\"2012-10-17\"}"})
    );
    let acl = "<AccessControlPolicy xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Owner><ID>o</ID></Owner>\
        <AccessControlList><Grant><Grantee xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='Group'>\
        <URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>\
        </AccessControlList></AccessControlPolicy>";
    assert_eq!(
        xml("s3api", "GetBucketAcl", acl),
        json!({"Owner": {"ID": "o"}, "Grants": [{"Grantee": {"Type": "Group",
            "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}]})
    );
    let rules = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
        <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>\
        </Rule></ServerSideEncryptionConfiguration>";
    assert_eq!(
        xml("s3api", "GetBucketEncryption", rules),
        json!({"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault":
            {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}}]}})
    );
    let mut lifecycle = response("application/xml", "<LifecycleConfiguration/>");
    lifecycle.headers.push(("x-amz-transition-default-minimum-object-size".into(), "varies".into()));
    assert_eq!(
        success("s3api", "GetBucketLifecycleConfiguration", &lifecycle).unwrap(),
        json!({"TransitionDefaultMinimumObjectSize": "varies"})
    );
    let location = "<LocationConstraint xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>eu-west-1</LocationConstraint>";
    assert_eq!(xml("s3api", "GetBucketLocation", location), json!({"LocationConstraint": "eu-west-1"}));
    assert_eq!(xml("s3api", "GetBucketLocation", "<LocationConstraint/>"), json!({"LocationConstraint": null}));
    assert_eq!(xml("s3api", "GetBucketVersioning", "<VersioningConfiguration/>"), json!({}));
}

#[test]
fn json_times_nulls_and_unknown_members() {
    assert_eq!(
        json_of(
            "kms",
            "ListAliases",
            &json!({"Aliases": [{"AliasName": "a", "CreationDate": 1_700_000_000.5,
            "TargetKeyId": null, "New": 1}], "Truncated": false})
        ),
        json!({"Aliases": [{"AliasName": "a", "CreationDate": "2023-11-14T22:13:20.500000+00:00"}], "Truncated": false})
    );
    let functions = json!({"Functions": [{"FunctionName": "f", "Timeout": 3}], "NextMarker": "m"});
    let found = success("lambda", "ListFunctions", &response("application/json", &functions.to_string())).unwrap();
    assert_eq!(found, functions);
}

#[test]
fn cbor_alarms() {
    // {"MetricAlarms": [{"AlarmName": "a", "Threshold": 1.5, "StateUpdatedTimestamp": 1(1700000000)}]}
    let mut body = b"\xa1\x6cMetricAlarms\x81\xa3\x69AlarmName\x61a\x69Threshold\xf9\x3e\x00".to_vec();
    body.extend_from_slice(b"\x75StateUpdatedTimestamp\xc1\x1a\x65\x53\xf1\x00");
    let response = Response { status: 200, headers: vec![("content-type".into(), "application/cbor".into())], body };
    assert_eq!(
        success("cloudwatch", "DescribeAlarms", &response).unwrap(),
        json!({"MetricAlarms": [{"AlarmName": "a", "Threshold": 1.5,
            "StateUpdatedTimestamp": "2023-11-14T22:13:20+00:00"}]})
    );
}

#[test]
fn secrets_go_out_and_their_names_stay() {
    let definition = json!({"taskDefinition": {"containerDefinitions": [{"name": "c",
        "environment": [{"name": "DB_PASSWORD", "value": "hunter22"}, {"name": "LEVEL", "value": "info"}],
        "secrets": [{"name": "S", "valueFrom": "arn:aws:secretsmanager:eu-west-1:1:secret:s"}],
        "repositoryCredentials": {"credentialsParameter": "arn:aws:secretsmanager:eu-west-1:1:secret:r"},
        "command": ["run", "--password=hunter22"],
        "logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "0123-4567", "awslogs-group": "g"}}}]}});
    assert_eq!(
        json_of("ecs", "DescribeTaskDefinition", &definition),
        json!({"taskDefinition": {"containerDefinitions": [{"name": "c",
            "environment": [{"name": "DB_PASSWORD", "value": "$redacted", "$looksLike": "password"},
                {"name": "LEVEL", "value": "$redacted"}],
            "secrets": [{"name": "S", "valueFrom": "arn:aws:secretsmanager:eu-west-1:1:secret:s"}],
            "repositoryCredentials": {"credentialsParameter": "arn:aws:secretsmanager:eu-west-1:1:secret:r"},
            "command": ["run", "$redacted"],
            "logConfiguration": {"logDriver": "splunk", "$looksLike": {"splunk-token": "token"},
                "options": {"splunk-token": "$redacted", "awslogs-group": "g"}}}]}})
    );
    let functions = json!({"Functions": [{"FunctionName": "f",
        "Environment": {"Variables": {"API_TOKEN": "abcdef", "X": "y"}}}]});
    assert_eq!(
        json_of("lambda", "ListFunctions", &functions),
        json!({"Functions": [{"FunctionName": "f", "Environment": {"$looksLike": {"API_TOKEN": "token"},
            "Variables": {"API_TOKEN": "$redacted", "X": "$redacted"}}}]})
    );
    let vpn = "<R><vpnConnectionSet><item><vpnConnectionId>v</vpnConnectionId>\
        <customerGatewayConfiguration>&lt;key&gt;</customerGatewayConfiguration>\
        <options><tunnelOptionSet><item><outsideIpAddress>1.2.3.4</outsideIpAddress><preSharedKey>psk</preSharedKey>\
        </item></tunnelOptionSet></options></item></vpnConnectionSet></R>";
    assert_eq!(
        xml("ec2", "DescribeVpnConnections", vpn),
        json!({"VpnConnections": [{"VpnConnectionId": "v", "CustomerGatewayConfiguration": "$redacted",
            "Options": {"TunnelOptions": [{"OutsideIpAddress": "1.2.3.4", "PreSharedKey": "$redacted"}]}}]})
    );
}

#[test]
fn a_body_that_is_cut_or_foreign_is_no_empty_answer() {
    for body in [
        "",
        "<DescribeVpcsResponse><vpcSet><item>",
        "<html><body>hello</body></html>",
        "{}",
        "<Response><Errors><Error><Code>InternalError</Code></Error></Errors></Response>",
        "<a/><b/>",
        "<a>&unheardof;</a>",
    ] {
        assert!(success("ec2", "DescribeVpcs", &response("text/xml", body)).is_err(), "{body}");
    }
    for body in ["{\"Keys\": [", "[]", "3", "{\"Keys\": {}}", "<html/>"] {
        assert!(success("kms", "ListKeys", &response("application/x-amz-json-1.1", body)).is_err(), "{body}");
    }
    let deep = format!("<a>{}{}</a>", "<b>".repeat(100_000), "</b>".repeat(100_000));
    assert!(success("ec2", "DescribeVpcs", &response("text/xml", &deep)).is_err());
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(success("kms", "ListKeys", &response("application/x-amz-json-1.1", &deep)).is_err());
}

#[test]
fn error_codes_of_every_protocol() {
    let code = |service: &str, api: &str, kind: &str, body: &str| error_code(service, api, &response(kind, body));
    let some = |code: &str| Some(code.to_owned());
    assert_eq!(
        code("ec2", "DescribeVpcs", "", "<Response><Errors><Error><Code>A</Code></Error></Errors></Response>"),
        some("A")
    );
    assert_eq!(code("iam", "GetPolicy", "", "<ErrorResponse><Error><Code>B</Code></Error></ErrorResponse>"), some("B"));
    assert_eq!(code("s3api", "GetBucketAcl", "", "<Error><Code>C</Code></Error>"), some("C"));
    assert_eq!(code("kms", "ListKeys", "", "{\"__type\":\"com.amazonaws.kms#D\"}"), some("D"));
    let mut lambda = response("", "{\"message\":\"x\"}");
    lambda.headers.push(("x-amzn-errortype".into(), "E:http://internal/".into()));
    assert_eq!(error_code("lambda", "GetPolicy", &lambda), some("E"));
    let mut alarms = response("application/x-amz-json-1.0", "{\"__type\":\"x#New\"}");
    alarms.headers.push(("x-amzn-query-error".into(), "Old;Sender".into()));
    assert_eq!(error_code("cloudwatch", "DescribeAlarms", &alarms), some("Old"));
    assert_eq!(code("ec2", "DescribeVpcs", "text/html", "<html><body>404</body></html>"), None);
    assert_eq!(code("kms", "ListKeys", "text/html", "Not Found"), None);
    assert_eq!(code("cloudwatch", "DescribeAlarms", "text/html", "Not Found"), None);
}

#[test]
fn pages_are_joined_as_the_cli_joins_them() {
    let (_, output) = shapes::output("kms", "ListKeys").unwrap();
    let paged = output.pages.as_ref().unwrap();
    let first = json!({"Keys": [1], "NextMarker": "m", "Truncated": true});
    assert_eq!(pages::next(paged, &first).as_deref(), Some("m"));
    let mut joined = Map::new();
    pages::join(paged, &mut joined, first, true);
    let last = json!({"Keys": [2], "NextMarker": "stale", "Truncated": false});
    assert_eq!(pages::next(paged, &last), None);
    pages::join(paged, &mut joined, last, false);
    assert_eq!(Value::Object(joined), json!({"Keys": [1, 2]}));
}
