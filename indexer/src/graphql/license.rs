//! One license, as of a time.

use async_graphql::{ComplexObject, Context, ID, SimpleObject, dataloader::DataLoader};
use lex_client::{Address, B256, U256};
use lex_model::{Standing, Status, Term};
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow};

use super::{
    QueryError,
    connection::page_size,
    history::{HistoryKey, LicenseChange},
    issuer::{Issuer, IssuerKey},
    license_type::{LicenseType, TypeKey},
    scalars::{AddressScalar, BigInt, HashScalar, UnixTime},
    snapshot::{RowLoader, Snapshot},
    status::LicenseStatus,
};

/// A license. `status` and `usable` hold at `asOf`.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub(super) struct License {
    #[graphql(skip)]
    pub key: U256,
    /// The token id, decimal.
    id: ID,
    holder: AddressScalar,
    jurisdiction: String,
    valid_from: UnixTime,
    valid_until: UnixTime,
    grace_until: UnixTime,
    status: LicenseStatus,
    /// What the contract stores; time makes `status` of it.
    stored_status: LicenseStatus,
    /// When the suspension lifts by itself.
    suspended_until: Option<UnixTime>,
    /// In force, and neither its type closed nor its holder frozen.
    usable: bool,
    /// The time for which this is the answer: the one asked for, or now.
    as_of: UnixTime,
    metadata_hash: HashScalar,
    token_uri: String,
    /// Counts the changes of this license from 1.
    version: u32,
    issued_at: UnixTime,
    issued_block: BigInt,
    updated_at: UnixTime,
    pub updated_block: BigInt,
    #[graphql(skip)]
    issuer_key: Address,
    #[graphql(skip)]
    type_key: u64,
    #[graphql(skip)]
    pub valid_until_key: u64,
}

#[ComplexObject]
impl License {
    async fn license_type(&self, context: &Context<'_>) -> async_graphql::Result<LicenseType> {
        let loader = context.data::<DataLoader<RowLoader>>()?;
        let found = loader.load_one(TypeKey(self.type_key)).await?;
        Ok(found.ok_or_else(|| missing("license type", self.type_key))?)
    }

    async fn issuer(&self, context: &Context<'_>) -> async_graphql::Result<Issuer> {
        let loader = context.data::<DataLoader<RowLoader>>()?;
        let found = loader.load_one(IssuerKey(self.issuer_key)).await?;
        Ok(found.ok_or_else(|| missing("issuer", self.issuer_key))?)
    }

    /// The newest changes first, those after `asOf` too.
    #[graphql(complexity = "first.unwrap_or(50).max(0) as usize * child_complexity")]
    async fn history(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
    ) -> async_graphql::Result<Vec<LicenseChange>> {
        let loader = context.data::<DataLoader<RowLoader>>()?;
        let key = HistoryKey {
            license: self.key,
            first: page_size(first)?,
        };
        Ok(loader.load_one(key).await?.unwrap_or_default())
    }
}

fn missing(what: &str, key: impl std::fmt::Display) -> QueryError {
    QueryError::internal(&format!(
        "a license refers to {what} {key}, which is not indexed"
    ))
}

/// Rows of `license` with what [`License::parse`] needs; `at` is bound once.
pub(super) fn select(at: i64) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select l.license_id::text as id, l.holder, l.issuer, l.license_type, l.jurisdiction, \
         l.valid_from, l.valid_until, l.grace_until, l.status, l.suspended_until, l.metadata_hash, \
         l.token_uri, l.version, l.issued_at, l.issued_block, l.updated_at, l.updated_block, \
         restricted(2::smallint, l.holder, moment.at) \
             or restricted(3::smallint, int8send(l.license_type), moment.at) as is_restricted \
         from license l cross join (select ",
    );
    query.push_bind(at).push("::bigint as at) moment");
    query
}

/// A license as it was, or will be if nothing changes it, at a time.
const AT_A_TIME: &str = "select l.license_id::text as id, h.holder, l.issuer, l.license_type, \
    l.jurisdiction, h.valid_from, h.valid_until, h.grace_until, h.status, h.suspended_until, \
    l.metadata_hash, l.token_uri, h.version, l.issued_at, l.issued_block, \
    h.block_time as updated_at, h.block_number as updated_block, \
    restricted(2::smallint, h.holder, $2) \
        or restricted(3::smallint, int8send(l.license_type), $2) as is_restricted \
    from license l \
    join lateral (select * from license_history where license_id = l.license_id \
                  and block_time <= $2 order by version desc limit 1) h on true \
    where l.license_id = $1::text::numeric";

impl License {
    /// The license `id` at a time (`None`: now); `None` when there was none.
    pub(super) async fn find(
        snapshot: &Snapshot,
        id: U256,
        at: Option<u64>,
    ) -> Result<Option<Self>, QueryError> {
        let row = match at {
            Some(at) => {
                let mut connection = snapshot.read().await?;
                let row = sqlx::query(AT_A_TIME)
                    .bind(id.to_string())
                    .bind(as_bigint(at)?)
                    .fetch_optional(&mut *connection)
                    .await?;
                row.map(|row| Self::parse(&row, at))
            }
            None => {
                let now = snapshot.now().await?;
                let mut query = select(as_bigint(now)?);
                query
                    .push(" where l.license_id = ")
                    .push_bind(id.to_string())
                    .push("::numeric");
                let mut connection = snapshot.read().await?;
                let row = query.build().fetch_optional(&mut *connection).await?;
                row.map(|row| Self::parse(&row, now))
            }
        };
        row.transpose()
    }

    pub(super) fn parse(row: &PgRow, at: u64) -> Result<Self, QueryError> {
        let term = Term {
            valid_from: unsigned(row, "valid_from")?,
            valid_until: unsigned(row, "valid_until")?,
            grace_until: unsigned(row, "grace_until")?,
        };
        let stored = status(row)?;
        let suspended_until = unsigned(row, "suspended_until")?;
        let standing = Standing::from_stored(stored.code(), suspended_until)
            .ok_or_else(|| QueryError::internal(&format!("stored status {}", stored.code())))?;
        let status_at = term.status(standing, at);
        let key = number(row, "id")?;
        let version: i64 = row.try_get("version")?;
        Ok(Self {
            key,
            id: ID(key.to_string()),
            holder: AddressScalar(address(row, "holder")?),
            jurisdiction: row.try_get("jurisdiction")?,
            valid_from: UnixTime(term.valid_from),
            valid_until: UnixTime(term.valid_until),
            grace_until: UnixTime(term.grace_until),
            status: status_at.into(),
            stored_status: stored.into(),
            suspended_until: (suspended_until != 0).then_some(UnixTime(suspended_until)),
            usable: status_at == Status::Active && !row.try_get::<bool, _>("is_restricted")?,
            as_of: UnixTime(at),
            metadata_hash: HashScalar(hash(row, "metadata_hash")?),
            token_uri: row.try_get("token_uri")?,
            version: u32::try_from(version).map_err(|error| QueryError::internal(&error))?,
            issued_at: UnixTime(unsigned(row, "issued_at")?),
            issued_block: unsigned(row, "issued_block")?.into(),
            updated_at: UnixTime(unsigned(row, "updated_at")?),
            updated_block: unsigned(row, "updated_block")?.into(),
            issuer_key: address(row, "issuer")?,
            type_key: unsigned(row, "license_type")?,
            valid_until_key: term.valid_until,
        })
    }
}

pub(super) fn as_bigint(value: u64) -> Result<i64, QueryError> {
    i64::try_from(value).map_err(|error| QueryError::internal(&error))
}

pub(super) fn unsigned(row: &PgRow, column: &str) -> Result<u64, QueryError> {
    let value: i64 = row.try_get(column)?;
    u64::try_from(value).map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

/// A `numeric` column read as text.
pub(super) fn number(row: &PgRow, column: &str) -> Result<U256, QueryError> {
    let text: &str = row.try_get(column)?;
    text.parse()
        .map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

pub(super) fn address(row: &PgRow, column: &str) -> Result<Address, QueryError> {
    let bytes: &[u8] = row.try_get(column)?;
    Address::try_from(bytes).map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

pub(super) fn hash(row: &PgRow, column: &str) -> Result<B256, QueryError> {
    let bytes: &[u8] = row.try_get(column)?;
    B256::try_from(bytes).map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

pub(super) fn optional_hash(row: &PgRow, column: &str) -> Result<Option<B256>, QueryError> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    bytes
        .map(B256::try_from)
        .transpose()
        .map_err(|error| QueryError::internal(&format!("{column}: {error}")))
}

pub(super) fn status(row: &PgRow) -> Result<Status, QueryError> {
    let code: i16 = row.try_get("status")?;
    u8::try_from(code)
        .ok()
        .and_then(Status::from_code)
        .ok_or_else(|| QueryError::internal(&format!("stored status {code}")))
}
