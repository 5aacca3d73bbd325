//! Amazon Resource Names: six parts, split at the first five colons.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

/// The parts of an ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: &'a str,
    /// The service.
    pub service: &'a str,
    /// The region; empty for global services.
    pub region: &'a str,
    /// The account; empty for buckets.
    pub account: &'a str,
    /// The rest, which may hold colons.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits an ARN; `None` for any other text.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }

    /// The type before the first `/` or `:` of the resource part, and what stands behind it.
    #[must_use]
    pub fn typed(&self) -> (&'a str, &'a str) {
        self.resource.split_once(['/', ':']).unwrap_or(("", self.resource))
    }

    /// The last segment of the resource part: the name of a user or role without its path.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.resource.rsplit('/').next().unwrap_or(self.resource)
    }
}

/// Whether the text is a twelve-digit account number.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_part_keeps_its_colons() {
        let arn = Arn::parse("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/x:*").unwrap();
        assert_eq!((arn.service, arn.resource, arn.typed().0), ("logs", "log-group:/aws/x:*", "log-group"));
        assert_eq!(Arn::parse("arn:aws:iam::123456789012:role/a/b").unwrap().name(), "b");
        assert_eq!(Arn::parse("arn:aws:s3"), None);
    }
}
