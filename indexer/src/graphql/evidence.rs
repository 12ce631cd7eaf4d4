//! Clearances and proofs that opened gates.

use std::collections::HashMap;

use async_graphql::{Enum, SimpleObject, dataloader::Loader};
use lex_client::U256;
use lex_model::ActionKind;
use sqlx::postgres::PgRow;

use super::{
    QueryError,
    column::{bits, narrow, number, optional_hash, optional_number, unsigned},
    scalars::{BigInt, HashScalar, UnixTime},
    snapshot::RowLoader,
};

/// Evidence that opened the gates of one action; it never does so again.
#[derive(Clone, SimpleObject)]
pub(super) struct EvidenceUse {
    action: GatedAction,
    /// Digest of the clearance.
    clearance: Option<HashScalar>,
    /// Nullifier of the zero-knowledge proof.
    nullifier: Option<BigInt>,
    /// Counts the changes of all rules: those that were asked.
    rules_version: u32,
    block_number: BigInt,
    timestamp: UnixTime,
    transaction_hash: Option<HashScalar>,
}

/// What the evidence was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum GatedAction {
    Issue,
    Activate,
    Sublicense,
    Renew,
    Transfer,
    Amend,
    Lend,
    /// Another action than these.
    Other,
}

/// The evidence used for one license, at most the newest 50.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct EvidenceKey(pub U256);

impl Loader<EvidenceKey> for RowLoader {
    type Value = Vec<EvidenceUse>;
    type Error = QueryError;

    async fn load(
        &self,
        keys: &[EvidenceKey],
    ) -> Result<HashMap<EvidenceKey, Vec<EvidenceUse>>, QueryError> {
        let ids: Vec<String> = keys.iter().map(|key| key.0.to_string()).collect();
        let mut connection = self.0.read().await?;
        let rows = sqlx::query(
            "select wanted.id, e.action, e.clearance, e.nullifier::text as nullifier, \
             e.rules_version, e.block_number, e.block_time, e.transaction_hash \
             from unnest($1::text[]) as wanted (id) cross join checkpoint c \
             join lateral (select * from evidence_use \
                           where contract = c.license and token_id = wanted.id::numeric \
                           order by block_number desc, event_index desc limit 50) e on true \
             order by wanted.id, e.block_number desc, e.event_index desc",
        )
        .bind(ids)
        .fetch_all(&mut *connection)
        .await?;
        let mut uses: HashMap<EvidenceKey, Vec<EvidenceUse>> = HashMap::new();
        for row in &rows {
            let key = EvidenceKey(number(row, "id")?);
            uses.entry(key).or_default().push(parse(row)?);
        }
        Ok(uses)
    }
}

fn parse(row: &PgRow) -> Result<EvidenceUse, QueryError> {
    Ok(EvidenceUse {
        action: match ActionKind::from_code(bits(row, "action")?) {
            Some(ActionKind::Issue) => GatedAction::Issue,
            Some(ActionKind::Activate) => GatedAction::Activate,
            Some(ActionKind::Sublicense) => GatedAction::Sublicense,
            Some(ActionKind::Renew) => GatedAction::Renew,
            Some(ActionKind::Transfer) => GatedAction::Transfer,
            Some(ActionKind::Amend) => GatedAction::Amend,
            Some(ActionKind::Lend) => GatedAction::Lend,
            _ => GatedAction::Other,
        },
        clearance: optional_hash(row, "clearance")?.map(HashScalar),
        nullifier: optional_number(row, "nullifier")?.map(BigInt),
        rules_version: narrow(row, "rules_version")?,
        block_number: unsigned(row, "block_number")?.into(),
        timestamp: UnixTime(unsigned(row, "block_time")?),
        transaction_hash: optional_hash(row, "transaction_hash")?.map(HashScalar),
    })
}
