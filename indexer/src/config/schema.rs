//! Names of Postgres schemas.

use std::fmt;

use serde::Deserialize;

/// A schema name that needs no quoting: a lower-case letter or `_`, then letters, digits, `_`;
/// at most 63 bytes (PostgreSQL cuts longer ones). So it can stand in SQL text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SchemaName(String);

/// The name cannot be a schema of ours.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} cannot be a schema name: use 1 to 63 lower-case letters, digits and '_', \
     not beginning with a digit or \"pg_\""
)]
pub struct InvalidSchemaName(String);

impl SchemaName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SchemaName {
    type Error = InvalidSchemaName;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let all_plain = name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if starts_well && all_plain && name.len() <= 63 && !name.starts_with("pg_") {
            Ok(Self(name))
        } else {
            Err(InvalidSchemaName(name))
        }
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_pass() {
        for good in ["lex_indexer", "_a1", "x"] {
            assert!(SchemaName::try_from(good.to_owned()).is_ok(), "{good}");
        }
        let long = "a".repeat(64);
        for bad in [
            "", "1a", "Lex", "a-b", "a;drop", "a\"b", "pg_temp", "ü", &long,
        ] {
            assert!(SchemaName::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
