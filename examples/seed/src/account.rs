//! What holds for the whole account.

use anyhow::Result;
use aws_sdk_organizations::types::OrganizationFeatureSet;
use aws_sdk_ssm::types::ParameterType;

use crate::aws::send;
use crate::estate::Estate;

/// Turns on what an account has to turn on.
///
/// The account becomes the management account of an organization of its own, without further SCPs. Service control
/// policies do not bind a management account, so what they allow is known instead of missing:
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    let aws = &estate.aws;
    send!(aws.organizations.create_organization().feature_set(OrganizationFeatureSet::All));
    send!(aws.iam.create_account_alias().account_alias("shop-kr"));
    send!(aws.ec2.enable_ebs_encryption_by_default());
    for (name, value) in [
        ("/shop/config/currency", "KRW"),
        ("/shop/config/locale", "ko-KR"),
        ("/shop/config/payment-timeout-seconds", "20"),
    ] {
        send!(aws.ssm.put_parameter().name(name).value(value).r#type(ParameterType::String));
    }
    Ok(())
}
