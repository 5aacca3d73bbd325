//! The secrets. Their values are placeholders.

use anyhow::Result;
use aws_sdk_secretsmanager::types::Tag;

use crate::aws::send;
use crate::estate::Estate;

/// Name, purpose.
const SECRETS: [(&str, &str); 7] = [
    ("shop/gateway/signing", "Key that signs sessions"),
    ("shop/db/user", "Database user of the service user"),
    ("shop/db/product", "Database user of the service product"),
    ("shop/db/order", "Database user of the service order"),
    ("shop/db/payment", "Database user of the service payment"),
    ("shop/db/notification", "Database user of the service notification"),
    ("shop/payment/provider", "Key of the payment provider"),
];

/// Creates the secrets under the key of the data.
pub(crate) async fn build(estate: &mut Estate) -> Result<()> {
    for (number, (name, description)) in SECRETS.into_iter().enumerate() {
        let created = send!(
            estate
                .aws
                .secrets
                .create_secret()
                .name(name)
                .description(description)
                .kms_key_id(estate.id("key", "shop-data")?)
                .secret_string("placeholder")
                .client_request_token(format!("00000000-0000-4000-8000-{number:012}"))
                .tags(Tag::builder().key("Name").value(name).build())
        );
        estate.note("secret", name, created.arn())?;
    }
    Ok(())
}
