//! Filters of the `licenses` query.

use async_graphql::{ID, InputObject};
use lex_client::U256;
use lex_model::{Scope, Status};
use sqlx::{Postgres, QueryBuilder};

use super::{
    QueryError,
    column::as_bigint,
    scalars::{AddressScalar, BigInt, UnixTime, decimal},
    status::LicenseStatus,
};

const MAX_IDS: usize = 1000;
const MAX_TEXT_BYTES: usize = 256;
const MAX_TEXT_WORDS: usize = 8;

/// Which licenses; all given conditions must hold.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(name = "LicenseFilter")]
pub(super) struct LicenseFilter {
    /// At most 1000.
    id_in: Option<Vec<ID>>,
    holder: Option<AddressScalar>,
    issuer: Option<AddressScalar>,
    license_type: Option<BigInt>,
    /// ISO 3166-2 form; a country covers its subdivisions: `US` finds `US-NY`.
    jurisdiction: Option<String>,
    /// The status at the time of the query.
    status: Option<LicenseStatus>,
    status_in: Option<Vec<LicenseStatus>>,
    /// Words that all occur in id, addresses, jurisdiction, token URI, type name or issuer name.
    /// Each word finds everything that begins with it. At most 8 words, 256 bytes.
    text: Option<String>,
    valid_from_before: Option<UnixTime>,
    valid_from_after: Option<UnixTime>,
    valid_until_before: Option<UnixTime>,
    valid_until_after: Option<UnixTime>,
    grace_until_before: Option<UnixTime>,
    grace_until_after: Option<UnixTime>,
    /// Changed in this block or later, or the license above it was.
    updated_since_block: Option<BigInt>,
}

/// A filter whose values are checked; it can be put into SQL without failing.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions(Vec<Condition>);

#[derive(Clone, Debug)]
enum Condition {
    Ids(Vec<String>),
    Holder(Vec<u8>),
    Issuer(Vec<u8>),
    LicenseType(i64),
    Jurisdiction(String),
    Statuses(Vec<i16>),
    Word(String),
    /// Column, whether rows before (or after) it, and the time; the bounds themselves are excluded.
    Before(&'static str, i64),
    After(&'static str, i64),
    UpdatedSince(i64),
}

impl LicenseFilter {
    /// # Errors
    /// [`QueryError::InvalidArgument`] that names the field.
    pub(super) fn check(self) -> Result<Conditions, QueryError> {
        let mut conditions = Vec::new();
        if let Some(ids) = self.id_in {
            conditions.push(Condition::Ids(check_ids(&ids)?));
        }
        if let Some(holder) = self.holder {
            conditions.push(Condition::Holder(holder.0.to_vec()));
        }
        if let Some(issuer) = self.issuer {
            conditions.push(Condition::Issuer(issuer.0.to_vec()));
        }
        if let Some(license_type) = self.license_type {
            conditions.push(Condition::LicenseType(clamp(license_type)));
        }
        if let Some(jurisdiction) = self.jurisdiction {
            conditions.extend(check_jurisdiction(&jurisdiction)?);
        }
        if let Some(status) = self.status {
            conditions.push(statuses(&[status]));
        }
        if let Some(list) = self.status_in {
            conditions.push(statuses(&list));
        }
        if let Some(text) = self.text {
            conditions.extend(check_text(&text)?);
        }
        let before = [
            ("l.valid_from", self.valid_from_before),
            ("l.valid_until", self.valid_until_before),
            ("l.grace_until", self.grace_until_before),
        ];
        for (column, time) in before {
            if let Some(time) = time {
                conditions.push(Condition::Before(column, as_bigint(time.0)?));
            }
        }
        let after = [
            ("l.valid_from", self.valid_from_after),
            ("l.valid_until", self.valid_until_after),
            ("l.grace_until", self.grace_until_after),
        ];
        for (column, time) in after {
            if let Some(time) = time {
                conditions.push(Condition::After(column, as_bigint(time.0)?));
            }
        }
        if let Some(block) = self.updated_since_block {
            conditions.push(Condition::UpdatedSince(clamp(block)));
        }
        Ok(Conditions(conditions))
    }
}

impl Conditions {
    /// Puts `where ...` behind a selection from `license l`. `now` decides statuses.
    pub(super) fn push(&self, query: &mut QueryBuilder<Postgres>, now: i64) {
        query.push(" where true");
        for condition in &self.0 {
            query.push(" and ");
            condition.push(query, now);
        }
    }
}

impl Condition {
    fn push(&self, query: &mut QueryBuilder<Postgres>, now: i64) {
        match self {
            Self::Ids(ids) => {
                query
                    .push("l.license_id = any(")
                    .push_bind(ids.clone())
                    .push("::text[]::numeric[])");
            }
            Self::Holder(holder) => {
                query.push("l.holder = ").push_bind(holder.clone());
            }
            Self::Issuer(issuer) => {
                query.push("l.issuer = ").push_bind(issuer.clone());
            }
            Self::LicenseType(license_type) => {
                query.push("l.license_type = ").push_bind(*license_type);
            }
            Self::Jurisdiction(code) => {
                // '.' follows '-' in the C collation of the column: all subdivisions, by index.
                query.push("(l.jurisdiction = ").push_bind(code.clone());
                query
                    .push(" or (l.jurisdiction >= ")
                    .push_bind(format!("{code}-"));
                query
                    .push(" and l.jurisdiction < ")
                    .push_bind(format!("{code}."))
                    .push("))");
            }
            Self::Statuses(codes) => {
                query
                    .push("present_status(l, ")
                    .push_bind(now)
                    .push(") = any(")
                    .push_bind(codes.clone())
                    .push(")");
            }
            Self::Word(word) => {
                query
                    .push("(l.search @@ to_tsquery('simple', ")
                    .push_bind(word.clone());
                query.push(
                    ") or l.license_type in (select t.license_type from license_type t \
                     where t.search @@ to_tsquery('simple', ",
                );
                query.push_bind(word.clone());
                query.push(
                    ")) or l.issuer in (select i.issuer from issuer i \
                     where i.search @@ to_tsquery('simple', ",
                );
                query.push_bind(word.clone()).push(")))");
            }
            Self::Before(column, time) => {
                query.push(*column).push(" < ").push_bind(*time);
            }
            Self::After(column, time) => {
                query.push(*column).push(" > ").push_bind(*time);
            }
            Self::UpdatedSince(block) => {
                // A license is read differently when the one above it changed, though its row did not.
                query
                    .push("(l.updated_block >= ")
                    .push_bind(*block)
                    .push(" or l.parent in (select p.license_id from license p where p.updated_block >= ")
                    .push_bind(*block)
                    .push("))");
            }
        }
    }
}

/// The id of a license from its text.
///
/// # Errors
/// [`QueryError::InvalidArgument`] when it is not a decimal number below 2^256.
pub(super) fn license_id(argument: &'static str, id: &ID) -> Result<U256, QueryError> {
    decimal(id).ok_or_else(|| invalid(argument, "must be a decimal number below 2^256"))
}

/// The code of a jurisdiction.
///
/// # Errors
/// [`QueryError::InvalidArgument`] when it is none.
pub(super) fn jurisdiction(argument: &'static str, code: &str) -> Result<String, QueryError> {
    match Scope::parse(code) {
        Ok(Scope::In(jurisdiction)) => Ok(jurisdiction.as_str().to_owned()),
        _ => Err(invalid(argument, "must be like US or US-NY")),
    }
}

fn check_ids(ids: &[ID]) -> Result<Vec<String>, QueryError> {
    if ids.len() > MAX_IDS {
        return Err(invalid("where.idIn", "at most 1000 ids"));
    }
    ids.iter()
        .map(|id| Ok(license_id("where.idIn", id)?.to_string()))
        .collect()
}

fn check_jurisdiction(code: &str) -> Result<Option<Condition>, QueryError> {
    match Scope::parse(code) {
        Ok(Scope::Everywhere) => Ok(None),
        Ok(Scope::In(jurisdiction)) => Ok(Some(Condition::Jurisdiction(
            jurisdiction.as_str().to_owned(),
        ))),
        Err(_) => Err(invalid("where.jurisdiction", "must be like US or US-NY")),
    }
}

fn check_text(text: &str) -> Result<Vec<Condition>, QueryError> {
    if text.len() > MAX_TEXT_BYTES || text.contains('\0') {
        return Err(invalid(
            "where.text",
            "must have at most 256 bytes and no NUL",
        ));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() > MAX_TEXT_WORDS {
        return Err(invalid("where.text", "must have at most 8 words"));
    }
    Ok(words
        .into_iter()
        .map(|word| Condition::Word(prefix_query(word)))
        .collect())
}

/// A text search query for everything that begins with `word`, whatever characters it has.
fn prefix_query(word: &str) -> String {
    format!("'{}':*", word.replace('\\', "\\\\").replace('\'', "''"))
}

fn statuses(list: &[LicenseStatus]) -> Condition {
    let codes = list
        .iter()
        .map(|status| i16::from(Status::from(*status).code()))
        .collect();
    Condition::Statuses(codes)
}

/// Numbers beyond `bigint` are larger than everything in the tables.
fn clamp(number: BigInt) -> i64 {
    number
        .as_u64()
        .and_then(|number| i64::try_from(number).ok())
        .unwrap_or(i64::MAX)
}

fn invalid(argument: &'static str, rule: &str) -> QueryError {
    QueryError::InvalidArgument {
        argument,
        rule: rule.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_the_search_parser() {
        assert_eq!(prefix_query("it's"), "'it''s':*");
        assert_eq!(prefix_query("a\\'"), "'a\\\\''':*");
    }

    #[test]
    fn hostile_values_are_refused_by_name() {
        let refuse = |filter: LicenseFilter| match filter.check() {
            Err(QueryError::InvalidArgument { argument, .. }) => argument,
            other => panic!("not refused: {other:?}"),
        };
        let text = |text: &str| LicenseFilter {
            text: Some(text.to_owned()),
            ..Default::default()
        };
        assert_eq!(refuse(text("a\0b")), "where.text");
        assert_eq!(refuse(text(&"a".repeat(257))), "where.text");
        assert_eq!(refuse(text(&"a ".repeat(9))), "where.text");
        let jurisdiction = LicenseFilter {
            jurisdiction: Some("US%".to_owned()),
            ..Default::default()
        };
        assert_eq!(refuse(jurisdiction), "where.jurisdiction");
        let ids = LicenseFilter {
            id_in: Some(vec![ID("1 or 1=1".to_owned())]),
            ..Default::default()
        };
        assert_eq!(refuse(ids), "where.idIn");
    }
}
