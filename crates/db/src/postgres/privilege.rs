//! Privileges by their names.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! privileges {
    ($($name:ident = $text:literal,)*) => {
        /// A privilege of PostgreSQL (<https://www.postgresql.org/docs/current/ddl-priv.html>).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each is named as in the manual")]
        pub enum Privilege { $($name,)* }

        impl Privilege {
            /// All of them, by name.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As in SQL.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

privileges! {
    AlterSystem = "ALTER SYSTEM",
    Connect = "CONNECT",
    Create = "CREATE",
    Delete = "DELETE",
    Execute = "EXECUTE",
    Insert = "INSERT",
    Maintain = "MAINTAIN",
    References = "REFERENCES",
    Select = "SELECT",
    Set = "SET",
    Temporary = "TEMPORARY",
    Trigger = "TRIGGER",
    Truncate = "TRUNCATE",
    Update = "UPDATE",
    Usage = "USAGE",
}

impl Privilege {
    /// Reads a name in any case; `TEMP` is TEMPORARY.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.to_ascii_uppercase();
        let name = if upper == "TEMP" { "TEMPORARY" } else { upper.as_str() };
        Self::ALL.iter().copied().find(|privilege| privilege.name() == name)
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Privilege {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
