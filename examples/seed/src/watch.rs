//! Flow logs, log groups and the alarms on what must never happen unseen.

use anyhow::Result;
use aws_sdk_cloudwatchlogs::types::MetricTransformation;
use aws_sdk_ec2::types::{FlowLogsResourceType, LogDestinationType, ResourceType, TrafficType};

use crate::aws::{ACCOUNT, REGION, send};
use crate::estate::Estate;
use crate::network::named;

/// Metric, pattern.
const ALARMS: [(&str, &str); 3] = [
    (
        "TrailChanged",
        "{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) || ($.eventName = UpdateTrail) || ($.eventName = PutEventSelectors) }",
    ),
    (
        "RootUsed",
        "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }",
    ),
    ("BreakGlassUsed", "{ $.eventName = AssumeRole && $.requestParameters.roleArn = \"*break-glass-admin\" }"),
];

/// Log groups of the services, the database and the network.
const LOG_GROUPS: [&str; 9] = [
    "/aws/lambda/shop-rotate",
    "/aws/rds/instance/shop-db/postgresql",
    "/ecs/shop/gateway",
    "/ecs/shop/notification",
    "/ecs/shop/order",
    "/ecs/shop/payment",
    "/ecs/shop/product",
    "/ecs/shop/user",
    "/shop/vpc-flow",
];

/// Builds logs and alarms.
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    let aws = &estate.aws;
    for group in LOG_GROUPS {
        send!(aws.logs.create_log_group().log_group_name(group));
        send!(aws.logs.put_retention_policy().log_group_name(group).retention_in_days(400));
    }
    send!(
        aws.ec2
            .create_flow_logs()
            .resource_type(FlowLogsResourceType::Vpc)
            .resource_ids(estate.id("vpc", "shop")?)
            .traffic_type(TrafficType::All)
            .log_destination_type(LogDestinationType::CloudWatchLogs)
            .log_group_name("/shop/vpc-flow")
            .deliver_logs_permission_arn(format!("arn:aws:iam::{ACCOUNT}:role/shop-flow-logs"))
            .tag_specifications(named(ResourceType::VpcFlowLog, "shop"))
    );
    let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:security-alarms");
    aws.endpoint.query("sns", "Action=CreateTopic&Version=2010-03-31&Name=security-alarms")?;
    for (metric, pattern) in ALARMS {
        let transformation = MetricTransformation::builder()
            .metric_name(metric)
            .metric_namespace("shop/security")
            .metric_value("1")
            .default_value(0.0)
            .build()?;
        send!(
            aws.logs
                .put_metric_filter()
                .log_group_name("/shop/cloudtrail")
                .filter_name(metric)
                .filter_pattern(pattern)
                .metric_transformations(transformation)
        );
        // moto does not understand the protocol (RPC v2 CBOR) that the SDK speaks with CloudWatch
        aws.endpoint.query(
            "monitoring",
            &format!(
                "Action=PutMetricAlarm&Version=2010-08-01&AlarmName={metric}&MetricName={metric}\
                 &Namespace=shop%2Fsecurity&Statistic=Sum&Period=300&EvaluationPeriods=1&Threshold=1\
                 &ComparisonOperator=GreaterThanOrEqualToThreshold&TreatMissingData=notBreaching\
                 &ActionsEnabled=true&AlarmActions.member.1={topic}"
            ),
        )?;
    }
    Ok(())
}
