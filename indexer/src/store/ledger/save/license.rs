//! Rows about licenses, written by one statement per table.

use sqlx::PgConnection;

use super::Rows;
use crate::{
    fold::{FoldError, HistoryRow, LicenseRow, RestrictionRow},
    store::{
        StoreError,
        encode::{bigint, narrow},
    },
};

pub(super) async fn licenses(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, LicenseRow>,
) -> Result<(), StoreError> {
    if rows.len() == 0 {
        return Ok(());
    }
    let mut ids = Vec::new();
    let mut holders = Vec::new();
    let mut issuers = Vec::new();
    let mut license_types = Vec::new();
    let mut jurisdictions = Vec::new();
    let mut valid_from = Vec::new();
    let mut valid_until = Vec::new();
    let mut grace_until = Vec::new();
    let mut statuses = Vec::new();
    let mut suspended_until = Vec::new();
    let mut metadata_hashes = Vec::new();
    let mut token_uris = Vec::new();
    let mut versions = Vec::new();
    let mut issued_block = Vec::new();
    let mut issued_at = Vec::new();
    let mut updated_block = Vec::new();
    let mut updated_at = Vec::new();
    let mut parents = Vec::new();
    let mut renewal_requested_at = Vec::new();
    let mut frozen = Vec::new();
    let mut users = Vec::new();
    let mut user_expires = Vec::new();
    for row in rows {
        let described = row
            .described
            .as_ref()
            .ok_or(FoldError::Undescribed(row.id))?;
        ids.push(row.id.to_string());
        holders.push(row.holder.as_slice());
        issuers.push(described.issuer.as_slice());
        license_types.push(bigint("license_type", row.license_type)?);
        jurisdictions.push(described.jurisdiction.as_str());
        valid_from.push(bigint("valid_from", row.valid_from)?);
        valid_until.push(bigint("valid_until", row.valid_until)?);
        grace_until.push(bigint("grace_until", row.grace_until)?);
        statuses.push(i16::from(row.status.code()));
        suspended_until.push(bigint("suspended_until", row.suspended_until)?);
        metadata_hashes.push(described.metadata_hash.as_slice());
        token_uris.push(described.token_uri.as_str());
        versions.push(i64::from(row.version));
        issued_block.push(bigint("issued_block", row.issued_block)?);
        issued_at.push(bigint("issued_at", row.issued_at)?);
        updated_block.push(bigint("updated_block", row.updated_block)?);
        updated_at.push(bigint("updated_at", row.updated_at)?);
        parents.push(row.parent.map(|parent| parent.to_string()));
        let requested = row
            .renewal_requested_at
            .map(|at| bigint("renewal_requested_at", at));
        renewal_requested_at.push(requested.transpose()?);
        frozen.push(row.frozen);
        users.push(row.user.as_ref().map(|(user, _)| user.as_slice()));
        user_expires.push(row.user.map(|(_, expires)| expires.to_string()));
    }
    sqlx::query(
        "insert into license (license_id, holder, issuer, license_type, jurisdiction, valid_from, \
         valid_until, grace_until, status, suspended_until, metadata_hash, token_uri, version, \
         issued_block, issued_at, updated_block, updated_at, parent, \
         renewal_requested_at, frozen, user_account, user_expires) \
         select * from unnest($1::text[]::numeric[], $2::bytea[], $3::bytea[], $4::bigint[], \
         $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::smallint[], $10::bigint[], \
         $11::bytea[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], \
         $17::bigint[], $18::text[]::numeric[], $19::bigint[], $20::boolean[], $21::bytea[], \
         $22::text[]::numeric[]) \
         on conflict (license_id) do update set holder = excluded.holder, \
         valid_from = excluded.valid_from, valid_until = excluded.valid_until, \
         grace_until = excluded.grace_until, status = excluded.status, \
         suspended_until = excluded.suspended_until, version = excluded.version, \
         parent = excluded.parent, updated_block = excluded.updated_block, updated_at = excluded.updated_at, \
         metadata_hash = excluded.metadata_hash, token_uri = excluded.token_uri, \
         renewal_requested_at = excluded.renewal_requested_at, \
         frozen = excluded.frozen, user_account = excluded.user_account, \
         user_expires = excluded.user_expires",
    )
    .bind(ids)
    .bind(holders)
    .bind(issuers)
    .bind(license_types)
    .bind(jurisdictions)
    .bind(valid_from)
    .bind(valid_until)
    .bind(grace_until)
    .bind(statuses)
    .bind(suspended_until)
    .bind(metadata_hashes)
    .bind(token_uris)
    .bind(versions)
    .bind(issued_block)
    .bind(issued_at)
    .bind(updated_block)
    .bind(updated_at)
    .bind(parents)
    .bind(renewal_requested_at)
    .bind(frozen)
    .bind(users)
    .bind(user_expires)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn history(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, HistoryRow>,
) -> Result<(), StoreError> {
    if rows.len() == 0 {
        return Ok(());
    }
    let mut ids = Vec::new();
    let mut versions = Vec::new();
    let mut actions = Vec::new();
    let mut holders = Vec::new();
    let mut statuses = Vec::new();
    let mut valid_from = Vec::new();
    let mut valid_until = Vec::new();
    let mut grace_until = Vec::new();
    let mut suspended_until = Vec::new();
    let mut reasons = Vec::new();
    let mut evidence = Vec::new();
    let mut nonces = Vec::new();
    let mut block_numbers = Vec::new();
    let mut block_hashes = Vec::new();
    let mut block_times = Vec::new();
    let mut event_indexes = Vec::new();
    let mut transactions = Vec::new();
    let mut actors = Vec::new();
    let mut metadata_hashes = Vec::new();
    let mut token_uris = Vec::new();
    for row in rows {
        ids.push(row.license_id.to_string());
        versions.push(i64::from(row.version));
        actions.push(i16::from(row.action as u8));
        holders.push(row.holder.as_slice());
        statuses.push(i16::from(row.status.code()));
        valid_from.push(bigint("valid_from", row.valid_from)?);
        valid_until.push(bigint("valid_until", row.valid_until)?);
        grace_until.push(bigint("grace_until", row.grace_until)?);
        suspended_until.push(bigint("suspended_until", row.suspended_until)?);
        reasons.push(row.reason.map(i64::from));
        evidence.push(row.evidence.as_ref().map(|hash| hash.as_slice()));
        let nonce = row.outbox_nonce.map(|nonce| bigint("outbox_nonce", nonce));
        nonces.push(nonce.transpose()?);
        block_numbers.push(bigint("block_number", row.place.block_number)?);
        block_hashes.push(row.place.block_hash.as_slice());
        block_times.push(bigint("block_time", row.place.block_time)?);
        event_indexes.push(narrow::<i32>(
            "event_index",
            i64::from(row.place.event_index),
        )?);
        transactions.push(
            row.place
                .transaction_hash
                .as_ref()
                .map(|hash| hash.as_slice()),
        );
        actors.push(row.actor.as_ref().map(|actor| actor.as_slice()));
        metadata_hashes.push(row.metadata.as_ref().map(|(hash, _)| hash.as_slice()));
        token_uris.push(row.metadata.as_ref().map(|(_, uri)| uri.as_str()));
    }
    sqlx::query(
        "insert into license_history (license_id, version, action, holder, status, valid_from, \
         valid_until, grace_until, suspended_until, reason, evidence, outbox_nonce, block_number, \
         block_hash, block_time, event_index, transaction_hash, actor, metadata_hash, token_uri) \
         select * from unnest($1::text[]::numeric[], $2::bigint[], $3::smallint[], $4::bytea[], \
         $5::smallint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], \
         $11::bytea[], $12::bigint[], $13::bigint[], $14::bytea[], $15::bigint[], $16::integer[], \
         $17::bytea[], $18::bytea[], $19::bytea[], $20::text[])",
    )
    .bind(ids)
    .bind(versions)
    .bind(actions)
    .bind(holders)
    .bind(statuses)
    .bind(valid_from)
    .bind(valid_until)
    .bind(grace_until)
    .bind(suspended_until)
    .bind(reasons)
    .bind(evidence)
    .bind(nonces)
    .bind(block_numbers)
    .bind(block_hashes)
    .bind(block_times)
    .bind(event_indexes)
    .bind(transactions)
    .bind(actors)
    .bind(metadata_hashes)
    .bind(token_uris)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn restrictions(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, RestrictionRow>,
) -> Result<(), StoreError> {
    for row in rows {
        sqlx::query(
            "insert into restriction (outbox_nonce, kind, subject, in_force, block_number, block_time) \
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(bigint("outbox_nonce", row.outbox_nonce)?)
        .bind(i16::from(row.kind))
        .bind(&row.subject)
        .bind(row.in_force)
        .bind(bigint("block_number", row.block_number)?)
        .bind(bigint("block_time", row.block_time)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
