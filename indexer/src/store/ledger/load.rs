//! The rows that a fold starts from. Columns are named one by one: with `*` a column that a newer program
//! adds would end every prepared statement.

mod row;

use sqlx::PgConnection;

use crate::{
    fold::{Keys, Ledger},
    store::{StoreError, encode},
};

/// The rows of `keys`, as far as they exist.
pub(in crate::store) async fn load(
    connection: &mut PgConnection,
    keys: &Keys,
) -> Result<Ledger, StoreError> {
    let mut ledger = Ledger::default();
    licenses(connection, keys, &mut ledger).await?;
    rules(connection, keys, &mut ledger).await?;
    people(connection, keys, &mut ledger).await?;
    Ok(ledger)
}

async fn licenses(
    connection: &mut PgConnection,
    keys: &Keys,
    ledger: &mut Ledger,
) -> Result<(), StoreError> {
    if keys.licenses.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = keys.licenses.iter().map(ToString::to_string).collect();
    let rows = sqlx::query(
        "select license_id::text as id, holder, license_type, valid_from, valid_until, grace_until, \
         status, suspended_until, parent::text as parent_id, version, issued_block, issued_at, \
         updated_block, updated_at, renewal_requested_at, frozen, user_account, \
         user_expires::text as expires_text, issuer, jurisdiction, metadata_hash, token_uri \
         from license \
         where license_id = any($1::text[]::numeric[])",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    for row in &rows {
        let license = row::license(row)?;
        ledger.licenses.insert(license.id, license);
    }
    Ok(())
}

async fn rules(
    connection: &mut PgConnection,
    keys: &Keys,
    ledger: &mut Ledger,
) -> Result<(), StoreError> {
    if !keys.license_types.is_empty() {
        let ids = keys
            .license_types
            .iter()
            .map(|id| encode::bigint("license_type", *id))
            .collect::<Result<Vec<_>, _>>()?;
        let rows = sqlx::query(
            "select license_type, kind, name, term::text as term_text, \
             renewal_window::text as window_text, grace::text as grace_text, \
             supply_cap::text as cap_text, transferable, terms_hash, schema_version, open, version, \
             issue_gates, renew_gates, transfer_gates, lend_gates, enforce_gates, committee, \
             minimum_score, circuit::text as circuit_text, circuit_version, statement, royalty, \
             royalty_receiver, parent_type, created_block, created_at \
             from license_type where license_type = any($1)",
        )
        .bind(ids)
        .fetch_all(&mut *connection)
        .await?;
        for row in &rows {
            let license_type = row::license_type(row)?;
            ledger
                .license_types
                .insert(license_type.license_type, license_type);
        }
    }
    if keys.policy {
        let row = sqlx::query(
            "select admin, verifier, paused_groups, changed_block, changed_at from policy_state",
        )
        .fetch_optional(&mut *connection)
        .await?;
        ledger.policy = row.as_ref().map(row::policy).transpose()?;
    }
    Ok(())
}

async fn people(
    connection: &mut PgConnection,
    keys: &Keys,
    ledger: &mut Ledger,
) -> Result<(), StoreError> {
    if !keys.issuers.is_empty() {
        let addresses: Vec<&[u8]> = keys
            .issuers
            .iter()
            .map(|issuer| issuer.as_slice())
            .collect();
        let rows = sqlx::query(
            "select issuer, name, registered, registered_block, registered_at \
             from issuer where issuer = any($1)",
        )
        .bind(addresses)
        .fetch_all(&mut *connection)
        .await?;
        for row in &rows {
            let issuer = row::issuer(row)?;
            ledger.issuers.insert(issuer.issuer, issuer);
        }
    }
    if !keys.accounts.is_empty() {
        let addresses: Vec<&[u8]> = keys
            .accounts
            .iter()
            .map(|account| account.as_slice())
            .collect();
        let rows = sqlx::query(
            "select account, roles, frozen, frozen_by_regulator, actor, reason, evidence, successor, \
             recovered_from, changed_block, changed_at from account where account = any($1)",
        )
        .bind(addresses)
        .fetch_all(&mut *connection)
        .await?;
        for row in &rows {
            let account = row::account(row)?;
            ledger.accounts.insert(account.account, account);
        }
    }
    if !keys.decisions.is_empty() {
        let ids: Vec<&[u8]> = keys.decisions.iter().map(|id| id.as_slice()).collect();
        let rows = sqlx::query(
            "select decision, committee, maker, epoch, kind, target, token_id::text as token_text, \
             account, counterparty, valid_from::text as from_text, valid_until::text as until_text, \
             number::text as number_text, reason, evidence, nonce::text as nonce_text, \
             deadline::text as deadline_text, threshold, state, executor, proposed_block, \
             proposed_at, changed_block, changed_at \
             from decision where decision = any($1)",
        )
        .bind(ids)
        .fetch_all(&mut *connection)
        .await?;
        for row in &rows {
            let decision = row::decision(row)?;
            ledger.decisions.insert(decision.id, decision);
        }
    }
    Ok(())
}
