//! Licenses as they were, or will be if nothing changes them, at a time.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use lex_client::U256;
use sqlx::{AssertSqlSafe, postgres::PgRow};

use super::{
    QueryError,
    column::{as_bigint, number, unsigned},
    license::License,
    snapshot::{RowLoader, Snapshot},
};

/// The license `id` at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LicenseKey {
    pub id: U256,
    pub at: u64,
}

/// The licenses under `parent` at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ChildrenKey {
    pub parent: U256,
    pub at: u64,
}

/// The rows of licenses whose `column` is wanted; those that did not exist yet are left out.
fn select_at(column: &str) -> String {
    format!(
        "select wanted.id as wanted_id, wanted.at as wanted_at, l.license_id::text as id, h.holder, \
         l.issuer, l.license_type, l.jurisdiction, h.valid_from, h.valid_until, h.grace_until, \
         h.status, h.suspended_until, m.metadata_hash, m.token_uri, h.version, l.issued_at, \
         l.issued_block, h.block_time as updated_at, h.block_number as updated_block, \
         l.parent::text as parent_id, l.renewal_requested_at, l.frozen, l.user_account, \
         l.user_expires::text as user_expires, \
         unusable(h.holder, l.license_type, wanted.at) as is_restricted, \
         line.status as line_status, line.suspended_until as line_suspended_until, \
         line.restricted as line_restricted \
         from unnest($1::text[], $2::bigint[]) as wanted (id, at) \
         join license l on l.{column} = wanted.id::numeric \
         join lateral (select * from license_history where license_id = l.license_id \
                       and block_time <= wanted.at \
                       order by block_number desc, event_index desc limit 1) h on true \
         join lateral (select metadata_hash, token_uri from license_history \
                       where license_id = l.license_id and block_time <= wanted.at \
                       and metadata_hash is not null \
                       order by block_number desc, event_index desc limit 1) m on true \
         left join lateral lineage(l.license_id, wanted.at, true) line on l.parent is not null \
         order by wanted.id, wanted.at, l.license_id"
    )
}

/// The licenses of `keys`, as far as they existed.
pub(super) async fn licenses(
    snapshot: &Snapshot,
    keys: &[LicenseKey],
) -> Result<HashMap<LicenseKey, License>, QueryError> {
    let pairs = keys.iter().map(|key| (key.id, key.at));
    let rows = rows(snapshot, "license_id", pairs).await?;
    rows.iter()
        .map(|row| {
            let (id, at) = wanted(row)?;
            Ok((LicenseKey { id, at }, License::parse(row, at)?))
        })
        .collect()
}

async fn children(
    snapshot: &Snapshot,
    keys: &[ChildrenKey],
) -> Result<HashMap<ChildrenKey, Vec<License>>, QueryError> {
    let pairs = keys.iter().map(|key| (key.parent, key.at));
    let rows = rows(snapshot, "parent", pairs).await?;
    let mut children: HashMap<ChildrenKey, Vec<License>> = HashMap::new();
    for row in &rows {
        let (parent, at) = wanted(row)?;
        children
            .entry(ChildrenKey { parent, at })
            .or_default()
            .push(License::parse(row, at)?);
    }
    Ok(children)
}

async fn rows(
    snapshot: &Snapshot,
    column: &'static str,
    pairs: impl Iterator<Item = (U256, u64)>,
) -> Result<Vec<PgRow>, QueryError> {
    let (mut ids, mut times) = (Vec::new(), Vec::new());
    for (id, at) in pairs {
        ids.push(id.to_string());
        times.push(as_bigint(at)?);
    }
    let mut connection = snapshot.read().await?;
    // The text is made of constants.
    let rows = sqlx::query(AssertSqlSafe(select_at(column)))
        .bind(ids)
        .bind(times)
        .fetch_all(&mut *connection)
        .await?;
    Ok(rows)
}

fn wanted(row: &PgRow) -> Result<(U256, u64), QueryError> {
    Ok((number(row, "wanted_id")?, unsigned(row, "wanted_at")?))
}

impl Loader<LicenseKey> for RowLoader {
    type Value = License;
    type Error = QueryError;

    async fn load(&self, keys: &[LicenseKey]) -> Result<HashMap<LicenseKey, License>, QueryError> {
        licenses(&self.0, keys).await
    }
}

impl Loader<ChildrenKey> for RowLoader {
    type Value = Vec<License>;
    type Error = QueryError;

    async fn load(
        &self,
        keys: &[ChildrenKey],
    ) -> Result<HashMap<ChildrenKey, Vec<License>>, QueryError> {
        children(&self.0, keys).await
    }
}
