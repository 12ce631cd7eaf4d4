//! One license, as of a time.

use async_graphql::{ComplexObject, Context, ID, SimpleObject, dataloader::DataLoader};
use lex_client::{Address, U256};
use lex_model::{Standing, Status, Term};
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow};

use super::{
    QueryError,
    column::{
        address, as_bigint, hash, narrow, number, optional_address, optional_number,
        optional_unsigned, status, unsigned,
    },
    connection::page_size,
    evidence::{EvidenceKey, EvidenceUse},
    history::{HistoryKey, LicenseChange},
    issuer::{Issuer, IssuerKey},
    license_at::{self, ChildrenKey, LicenseKey},
    license_type::{LicenseType, TypeKey},
    rule_bundle::{BundleKey, RuleBundle},
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
    /// What the contract stores of it by itself; time and the licenses above it make `status` of it.
    stored_status: LicenseStatus,
    /// When the suspension, its own or that of a license above it, lifts by itself.
    suspended_until: Option<UnixTime>,
    /// When its committee was asked for a renewal that it has not given yet. At present, whatever
    /// `asOf` is.
    renewal_requested_at: Option<UnixTime>,
    /// Whether it is held where it is. At present, whatever `asOf` is.
    frozen: bool,
    /// Who may use it instead of its holder, and until when (ERC-4907); it counts only while the
    /// license is usable. At present, whatever `asOf` is.
    user: Option<AddressScalar>,
    user_expires: Option<BigInt>,
    /// In force, and neither its type closed nor its holder frozen nor the use of licenses paused; and so
    /// every license above it.
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
    parent_key: Option<U256>,
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

    /// Who issued it; of a license under another one, who held that one then.
    async fn issuer(&self, context: &Context<'_>) -> async_graphql::Result<Issuer> {
        let loader = context.data::<DataLoader<RowLoader>>()?;
        let found = loader.load_one(IssuerKey(self.issuer_key)).await?;
        Ok(found.unwrap_or_else(|| Issuer::never_registered(self.issuer_key)))
    }

    /// The license that this one stands under, as of the same time.
    #[graphql(complexity = "20 + child_complexity")]
    async fn parent(&self, context: &Context<'_>) -> async_graphql::Result<Option<License>> {
        let Some(id) = self.parent_key else {
            return Ok(None);
        };
        let loader = context.data::<DataLoader<RowLoader>>()?;
        let at = self.as_of.0;
        let found = loader.load_one(LicenseKey { id, at }).await?;
        Ok(Some(found.ok_or_else(|| missing("license", id))?))
    }

    /// The licenses that stand under this one, as of the same time; at most 8.
    #[graphql(complexity = "super::complexity::list(20, 8, child_complexity)")]
    async fn sublicenses(&self, context: &Context<'_>) -> async_graphql::Result<Vec<License>> {
        let loader = context.data::<DataLoader<RowLoader>>()?;
        let key = ChildrenKey {
            parent: self.key,
            at: self.as_of.0,
        };
        Ok(loader.load_one(key).await?.unwrap_or_default())
    }

    /// The rules of its jurisdiction that hold at present: the subdivision's or, if it has none, the
    /// country's.
    #[graphql(complexity = "10 + child_complexity")]
    async fn rule_bundle(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<RuleBundle>> {
        let loader = context.data::<DataLoader<RowLoader>>()?;
        let key = BundleKey(self.jurisdiction.clone());
        Ok(loader.load_one(key).await?)
    }

    /// The clearances and proofs that opened gates for it, newest first.
    #[graphql(complexity = "super::complexity::list(20, 50, child_complexity)")]
    async fn evidence(&self, context: &Context<'_>) -> async_graphql::Result<Vec<EvidenceUse>> {
        let loader = context.data::<DataLoader<RowLoader>>()?;
        let found = loader.load_one(EvidenceKey(self.key)).await?;
        Ok(found.unwrap_or_default())
    }

    /// The newest entries first, those after `asOf` too.
    #[graphql(complexity = "super::complexity::page(0, first, child_complexity)")]
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
         l.parent::text as parent_id, l.renewal_requested_at, l.frozen, l.user_account, \
         l.user_expires::text as user_expires, \
         unusable(l.holder, l.license_type, moment.at) as is_restricted, \
         line.status as line_status, line.suspended_until as line_suspended_until, \
         line.restricted as line_restricted \
         from license l cross join (select ",
    );
    query.push_bind(at).push("::bigint as at) moment ");
    query.push(
        "left join lateral lineage(l.license_id, moment.at, false) line on l.parent is not null",
    );
    query
}

impl License {
    /// The license `id` at a time (`None`: now); `None` when there was none.
    pub(super) async fn find(
        snapshot: &Snapshot,
        id: U256,
        at: Option<u64>,
    ) -> Result<Option<Self>, QueryError> {
        let Some(at) = at else {
            let now = snapshot.now().await?;
            let mut query = select(as_bigint(now)?);
            query
                .push(" where l.license_id = ")
                .push_bind(id.to_string())
                .push("::numeric");
            let mut connection = snapshot.read().await?;
            let row = query.build().fetch_optional(&mut *connection).await?;
            return row.map(|row| Self::parse(&row, now)).transpose();
        };
        let found = license_at::licenses(snapshot, &[LicenseKey { id, at }]).await?;
        Ok(found.into_values().next())
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
        let own = Seen {
            status: term.status(standing, at),
            suspended_until,
            is_restricted: row.try_get("is_restricted")?,
        };
        let seen = Seen::under_others(row)?.unwrap_or(own);
        let key = number(row, "id")?;
        Ok(Self {
            key,
            id: ID(key.to_string()),
            holder: AddressScalar(address(row, "holder")?),
            jurisdiction: row.try_get("jurisdiction")?,
            valid_from: UnixTime(term.valid_from),
            valid_until: UnixTime(term.valid_until),
            grace_until: UnixTime(term.grace_until),
            status: seen.status.into(),
            stored_status: stored.into(),
            suspended_until: (seen.suspended_until != 0).then_some(UnixTime(seen.suspended_until)),
            usable: seen.status == Status::Active && !seen.is_restricted,
            as_of: UnixTime(at),
            metadata_hash: HashScalar(hash(row, "metadata_hash")?),
            token_uri: row.try_get("token_uri")?,
            version: narrow(row, "version")?,
            issued_at: UnixTime(unsigned(row, "issued_at")?),
            issued_block: unsigned(row, "issued_block")?.into(),
            updated_at: UnixTime(unsigned(row, "updated_at")?),
            updated_block: unsigned(row, "updated_block")?.into(),
            renewal_requested_at: optional_unsigned(row, "renewal_requested_at")?.map(UnixTime),
            frozen: row.try_get("frozen")?,
            user: optional_address(row, "user_account")?.map(AddressScalar),
            user_expires: optional_number(row, "user_expires")?.map(BigInt),
            parent_key: optional_number(row, "parent_id")?,
            issuer_key: address(row, "issuer")?,
            type_key: unsigned(row, "license_type")?,
            valid_until_key: term.valid_until,
        })
    }
}

/// How a license is to be seen, what stands above it included.
struct Seen {
    status: Status,
    suspended_until: u64,
    is_restricted: bool,
}

impl Seen {
    /// What the database computed up the chain; `None` for a license that stands alone.
    fn under_others(row: &PgRow) -> Result<Option<Self>, QueryError> {
        let Some(code) = row.try_get::<Option<i16>, _>("line_status")? else {
            return Ok(None);
        };
        let status = u8::try_from(code).ok().and_then(Status::from_code);
        Ok(Some(Self {
            status: status
                .ok_or_else(|| QueryError::internal(&format!("status {code} of a lineage")))?,
            suspended_until: unsigned(row, "line_suspended_until")?,
            is_restricted: row.try_get("line_restricted")?,
        }))
    }
}
