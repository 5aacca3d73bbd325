//! The closed word lists of SARIF that the crate leaves as raw JSON values.

use serde::Serialize;
use serde_json::Value;

/// `level` of a notification and of a rule's configuration.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Level {
    None,
    Note,
    Warning,
    Error,
}

/// `kind` of a suppression.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum SuppressionKind {
    External,
}

/// `status` of a suppression.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum SuppressionStatus {
    Accepted,
}

/// `importance` of a step.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Importance {
    Important,
    Essential,
}

/// `columnKind` of a run.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ColumnKind {
    UnicodeCodePoints,
}

/// `version` of a log.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) enum Version {
    #[serde(rename = "2.1.0")]
    V2_1_0,
}

macro_rules! into_value {
    ($($name:ty),*) => {$(
        impl From<$name> for Value {
            fn from(word: $name) -> Self {
                // A unit variant always serialises to a string.
                serde_json::to_value(word).unwrap_or_default()
            }
        }
    )*};
}
into_value!(Level, SuppressionKind, SuppressionStatus, Importance, ColumnKind, Version);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_schema() {
        let text = |value: Value| value.as_str().unwrap().to_owned();
        assert_eq!(
            [Level::None, Level::Note, Level::Warning, Level::Error].map(|level| text(level.into())),
            ["none", "note", "warning", "error"]
        );
        assert_eq!(text(SuppressionKind::External.into()), "external");
        assert_eq!(text(SuppressionStatus::Accepted.into()), "accepted");
        assert_eq!(
            [Importance::Important, Importance::Essential].map(|word| text(word.into())),
            ["important", "essential"]
        );
        assert_eq!(text(ColumnKind::UnicodeCodePoints.into()), "unicodeCodePoints");
        assert_eq!(text(Version::V2_1_0.into()), "2.1.0");
    }
}
