//! License types.

use std::collections::HashMap;

use async_graphql::{Enum, SimpleObject, dataloader::Loader};
use sqlx::{Row, postgres::PgRow};

use super::{
    QueryError,
    license::{hash, number, unsigned},
    scalars::{BigInt, HashScalar, UnixTime},
    snapshot::{RowLoader, Snapshot},
};

/// A license type as the policy contract defines it.
#[derive(Clone, SimpleObject)]
pub(super) struct LicenseType {
    id: BigInt,
    kind: LicenseTypeKind,
    name: String,
    /// Seconds that a license is in force.
    term: BigInt,
    /// Seconds before the end of the term in which renewal is open.
    renewal_window: BigInt,
    /// Seconds after the term in which renewal is still open.
    grace: BigInt,
    /// Most licenses of this type; null: no limit.
    supply_cap: Option<BigInt>,
    transferable: bool,
    terms_hash: HashScalar,
    schema_version: u32,
    /// Closed types issue nothing, and their licenses are not usable.
    open: bool,
    created_at: UnixTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(super) enum LicenseTypeKind {
    /// Each license is one token of its own.
    Nft,
    /// Licenses are counted seats.
    Sft,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TypeKey(pub u64);

const COLUMNS: &str = "select license_type, kind, name, term::text as term, \
    renewal_window::text as renewal_window, grace::text as grace, supply_cap::text as supply_cap, \
    transferable, terms_hash, schema_version, open, created_at from license_type";

impl LicenseType {
    /// At most `first` types after the id `after`, by id.
    pub(super) async fn list(
        snapshot: &Snapshot,
        after: Option<u64>,
        first: u32,
    ) -> Result<Vec<Self>, QueryError> {
        let mut connection = snapshot.read().await?;
        let mut query = sqlx::QueryBuilder::<sqlx::Postgres>::new(COLUMNS);
        if let Some(after) = after {
            let Ok(after) = i64::try_from(after) else {
                return Ok(Vec::new());
            };
            query.push(" where license_type > ").push_bind(after);
        }
        query
            .push(" order by license_type limit ")
            .push_bind(i64::from(first));
        let rows = query.build().fetch_all(&mut *connection).await?;
        rows.iter().map(parse).collect()
    }
}

impl Loader<TypeKey> for RowLoader {
    type Value = LicenseType;
    type Error = QueryError;

    async fn load(&self, keys: &[TypeKey]) -> Result<HashMap<TypeKey, LicenseType>, QueryError> {
        let ids: Vec<i64> = keys
            .iter()
            .filter_map(|key| i64::try_from(key.0).ok())
            .collect();
        let mut connection = self.0.read().await?;
        let rows = sqlx::QueryBuilder::<sqlx::Postgres>::new(COLUMNS)
            .push(" where license_type = any(")
            .push_bind(ids)
            .push(")")
            .build()
            .fetch_all(&mut *connection)
            .await?;
        rows.iter()
            .map(|row| Ok((TypeKey(unsigned(row, "license_type")?), parse(row)?)))
            .collect()
    }
}

fn parse(row: &PgRow) -> Result<LicenseType, QueryError> {
    let supply_cap = number(row, "supply_cap")?;
    let schema_version: i64 = row.try_get("schema_version")?;
    Ok(LicenseType {
        id: unsigned(row, "license_type")?.into(),
        kind: match row.try_get::<i16, _>("kind")? {
            0 => LicenseTypeKind::Nft,
            1 => LicenseTypeKind::Sft,
            other => {
                return Err(QueryError::internal(&format!(
                    "license type of kind {other}"
                )));
            }
        },
        name: row.try_get("name")?,
        term: BigInt(number(row, "term")?),
        renewal_window: BigInt(number(row, "renewal_window")?),
        grace: BigInt(number(row, "grace")?),
        supply_cap: (!supply_cap.is_zero()).then_some(BigInt(supply_cap)),
        transferable: row.try_get("transferable")?,
        terms_hash: HashScalar(hash(row, "terms_hash")?),
        schema_version: u32::try_from(schema_version)
            .map_err(|error| QueryError::internal(&error))?,
        open: row.try_get("open")?,
        created_at: UnixTime(unsigned(row, "created_at")?),
    })
}
