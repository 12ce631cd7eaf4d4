//! The rows that a fold leaves, written by one statement per table.

use sqlx::PgConnection;

use crate::{
    fold::{
        FoldError, HistoryRow, IssuerGrantRow, IssuerRow, Ledger, LicenseRow, LicenseTypeRow,
        RestrictionRow,
    },
    store::{
        StoreError,
        encode::{bigint, narrow},
    },
};

/// Writes every row of `ledger`.
pub(in crate::store) async fn save(
    connection: &mut PgConnection,
    ledger: &Ledger,
) -> Result<(), StoreError> {
    license_types(connection, &mut ledger.license_types.values()).await?;
    issuers(connection, &mut ledger.issuers.values()).await?;
    grants(connection, &mut ledger.grants.values()).await?;
    licenses(connection, &mut ledger.licenses.values()).await?;
    history(connection, &mut ledger.history.values()).await?;
    restrictions(connection, &mut ledger.restrictions.values()).await
}

type Rows<'a, T> = dyn ExactSizeIterator<Item = &'a T> + Send + 'a;

async fn licenses(
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
    }
    sqlx::query(
        "insert into license (license_id, holder, issuer, license_type, jurisdiction, valid_from, \
         valid_until, grace_until, status, suspended_until, metadata_hash, token_uri, version, \
         issued_block, issued_at, updated_block, updated_at) \
         select * from unnest($1::text[]::numeric[], $2::bytea[], $3::bytea[], $4::bigint[], \
         $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::smallint[], $10::bigint[], \
         $11::bytea[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], \
         $17::bigint[]) \
         on conflict (license_id) do update set holder = excluded.holder, \
         valid_from = excluded.valid_from, valid_until = excluded.valid_until, \
         grace_until = excluded.grace_until, status = excluded.status, \
         suspended_until = excluded.suspended_until, version = excluded.version, \
         updated_block = excluded.updated_block, updated_at = excluded.updated_at",
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
    .execute(connection)
    .await?;
    Ok(())
}

async fn history(
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
        nonces.push(bigint("outbox_nonce", row.outbox_nonce)?);
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
    }
    sqlx::query(
        "insert into license_history (license_id, version, action, holder, status, valid_from, \
         valid_until, grace_until, suspended_until, reason, evidence, outbox_nonce, block_number, \
         block_hash, block_time, event_index, transaction_hash) \
         select * from unnest($1::text[]::numeric[], $2::bigint[], $3::smallint[], $4::bytea[], \
         $5::smallint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], \
         $11::bytea[], $12::bigint[], $13::bigint[], $14::bytea[], $15::bigint[], $16::integer[], \
         $17::bytea[])",
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
    .execute(connection)
    .await?;
    Ok(())
}

async fn restrictions(
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

// The tables below change a few times a day at most: a statement per row is plain and enough.

async fn license_types(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, LicenseTypeRow>,
) -> Result<(), StoreError> {
    for row in rows {
        sqlx::query(
            "insert into license_type (license_type, kind, name, term, renewal_window, grace, \
             supply_cap, transferable, terms_hash, schema_version, open, created_block, created_at) \
             values ($1, $2, $3, $4::text::numeric, $5::text::numeric, $6::text::numeric, \
             $7::text::numeric, $8, $9, $10, $11, $12, $13) \
             on conflict (license_type) do update set open = excluded.open",
        )
        .bind(bigint("license_type", row.license_type)?)
        .bind(i16::from(row.kind))
        .bind(&row.name)
        .bind(row.term.to_string())
        .bind(row.renewal_window.to_string())
        .bind(row.grace.to_string())
        .bind(row.supply_cap.to_string())
        .bind(row.transferable)
        .bind(row.terms_hash.as_slice())
        .bind(i64::from(row.schema_version))
        .bind(row.open)
        .bind(bigint("created_block", row.created_block)?)
        .bind(bigint("created_at", row.created_at)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn issuers(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, IssuerRow>,
) -> Result<(), StoreError> {
    for row in rows {
        sqlx::query(
            "insert into issuer (issuer, name, registered, registered_block, registered_at) \
             values ($1, $2, $3, $4, $5) \
             on conflict (issuer) do update set name = excluded.name, \
             registered = excluded.registered, registered_block = excluded.registered_block, \
             registered_at = excluded.registered_at",
        )
        .bind(row.issuer.as_slice())
        .bind(&row.name)
        .bind(row.registered)
        .bind(bigint("registered_block", row.registered_block)?)
        .bind(bigint("registered_at", row.registered_at)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn grants(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, IssuerGrantRow>,
) -> Result<(), StoreError> {
    for row in rows {
        sqlx::query(
            "insert into issuer_grant (issuer, license_type, jurisdiction, granted, changed_block) \
             values ($1, $2, $3, $4, $5) \
             on conflict (issuer, license_type, jurisdiction) do update \
             set granted = excluded.granted, changed_block = excluded.changed_block",
        )
        .bind(row.issuer.as_slice())
        .bind(bigint("license_type", row.license_type)?)
        .bind(&row.jurisdiction)
        .bind(row.granted)
        .bind(bigint("changed_block", row.changed_block)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
