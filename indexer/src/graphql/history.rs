//! The changes of a license.

use std::collections::HashMap;

use async_graphql::{Enum, SimpleObject, dataloader::Loader};
use lex_client::U256;
use sqlx::{Row, postgres::PgRow};

use super::{
    QueryError,
    column::{
        address, hash, narrow, number, optional_address, optional_hash, optional_unsigned, status,
        unsigned,
    },
    scalars::{AddressScalar, BigInt, HashScalar, UnixTime},
    snapshot::RowLoader,
    status::LicenseStatus,
};

/// Something that happened to a license, and the license after it.
#[derive(Clone, SimpleObject)]
pub(super) struct LicenseChange {
    /// Counts the updates of a license from 1; what no mirror shows leaves it as it is.
    version: u32,
    action: LicenseAction,
    holder: AddressScalar,
    /// The stored status after the change; what holds at a time follows from it and the term.
    status: LicenseStatus,
    valid_from: UnixTime,
    valid_until: UnixTime,
    grace_until: UnixTime,
    /// When the suspension lifts by itself.
    suspended_until: Option<UnixTime>,
    /// Who decided, where the contract tells.
    actor: Option<AddressScalar>,
    /// The reason code, of what is done by decision.
    reason: Option<BigInt>,
    /// Hash of the evidence, of what is done by decision.
    evidence: Option<HashScalar>,
    /// The metadata from now on, of what sets them.
    metadata_hash: Option<HashScalar>,
    token_uri: Option<String>,
    /// Place of the change in the outbox; null for what no mirror shows.
    nonce: Option<BigInt>,
    block_number: BigInt,
    block_hash: HashScalar,
    timestamp: UnixTime,
    transaction_hash: Option<HashScalar>,
}

/// What happened to a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(super) enum LicenseAction {
    Other,
    Issue,
    Renew,
    Suspend,
    Resume,
    Revoke,
    Surrender,
    Transfer,
    Activate,
    RequestRenewal,
    ForceTransfer,
    Recover,
    /// Held where it is, or let go.
    FreezeToken,
    Withdraw,
    ChangeMetadata,
    /// The license above it came to its end, and this one with it.
    FollowParent,
}

/// The newest entries of one license's history, at most `first`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct HistoryKey {
    pub license: U256,
    pub first: u32,
}

impl Loader<HistoryKey> for RowLoader {
    type Value = Vec<LicenseChange>;
    type Error = QueryError;

    async fn load(
        &self,
        keys: &[HistoryKey],
    ) -> Result<HashMap<HistoryKey, Vec<LicenseChange>>, QueryError> {
        let ids: Vec<String> = keys.iter().map(|key| key.license.to_string()).collect();
        let limits: Vec<i64> = keys.iter().map(|key| i64::from(key.first)).collect();
        let mut connection = self.0.read().await?;
        let rows = sqlx::query(
            "select wanted.id, wanted.first, h.version, h.action, h.holder, h.status, h.valid_from, \
             h.valid_until, h.grace_until, h.suspended_until, h.actor, h.reason, h.evidence, \
             h.metadata_hash, h.token_uri, h.outbox_nonce, h.block_number, h.block_hash, \
             h.block_time, h.transaction_hash \
             from unnest($1::text[], $2::bigint[]) as wanted (id, first) \
             join lateral (select * from license_history where license_id = wanted.id::numeric \
                           order by block_number desc, event_index desc limit wanted.first) h on true \
             order by wanted.id, wanted.first, h.block_number desc, h.event_index desc",
        )
        .bind(ids)
        .bind(limits)
        .fetch_all(&mut *connection)
        .await?;
        let mut histories: HashMap<HistoryKey, Vec<LicenseChange>> = HashMap::new();
        for row in &rows {
            let key = HistoryKey {
                license: number(row, "id")?,
                first: narrow(row, "first")?,
            };
            histories.entry(key).or_default().push(parse(row)?);
        }
        Ok(histories)
    }
}

fn parse(row: &PgRow) -> Result<LicenseChange, QueryError> {
    let suspended_until = unsigned(row, "suspended_until")?;
    Ok(LicenseChange {
        version: narrow(row, "version")?,
        action: action(row.try_get("action")?)?,
        holder: AddressScalar(address(row, "holder")?),
        status: status(row)?.into(),
        valid_from: UnixTime(unsigned(row, "valid_from")?),
        valid_until: UnixTime(unsigned(row, "valid_until")?),
        grace_until: UnixTime(unsigned(row, "grace_until")?),
        suspended_until: (suspended_until != 0).then_some(UnixTime(suspended_until)),
        actor: optional_address(row, "actor")?.map(AddressScalar),
        reason: optional_unsigned(row, "reason")?.map(BigInt::from),
        evidence: optional_hash(row, "evidence")?.map(HashScalar),
        metadata_hash: optional_hash(row, "metadata_hash")?.map(HashScalar),
        token_uri: row.try_get("token_uri")?,
        nonce: optional_unsigned(row, "outbox_nonce")?.map(BigInt::from),
        block_number: unsigned(row, "block_number")?.into(),
        block_hash: HashScalar(hash(row, "block_hash")?),
        timestamp: UnixTime(unsigned(row, "block_time")?),
        transaction_hash: optional_hash(row, "transaction_hash")?.map(HashScalar),
    })
}

fn action(code: i16) -> Result<LicenseAction, QueryError> {
    Ok(match code {
        0 => LicenseAction::Other,
        1 => LicenseAction::Issue,
        2 => LicenseAction::Renew,
        3 => LicenseAction::Suspend,
        4 => LicenseAction::Resume,
        5 => LicenseAction::Revoke,
        6 => LicenseAction::Surrender,
        7 => LicenseAction::Transfer,
        8 => LicenseAction::Activate,
        9 => LicenseAction::RequestRenewal,
        10 => LicenseAction::ForceTransfer,
        11 => LicenseAction::Recover,
        12 => LicenseAction::FreezeToken,
        14 => LicenseAction::Withdraw,
        15 => LicenseAction::ChangeMetadata,
        16 => LicenseAction::FollowParent,
        other => return Err(QueryError::internal(&format!("license action {other}"))),
    })
}
