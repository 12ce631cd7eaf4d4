//! Rows of Postgres as rows of the ledger.

use lex_client::{Address, B256};
use lex_model::Status;
use sqlx::{Row, postgres::PgRow};

use crate::{
    fold::{
        AccountRow, DecisionRow, DecisionState, Described, Freeze, IssuerRow, LicenseRow,
        LicenseTypeRow, PolicyRow, TypeRules,
    },
    store::{StoreError, encode},
};

pub(super) fn license(row: &PgRow) -> Result<LicenseRow, StoreError> {
    let parent: Option<&str> = row.try_get("parent_id")?;
    let requested: Option<i64> = row.try_get("renewal_requested_at")?;
    let user: Option<&[u8]> = row.try_get("user_account")?;
    let user = match user {
        None => None,
        Some(user) => Some((
            encode::address("user_account", user)?,
            number(row, "expires_text")?,
        )),
    };
    Ok(LicenseRow {
        id: encode::license_id(row.try_get("id")?)?,
        holder: address(row, "holder")?,
        license_type: unsigned(row, "license_type")?,
        valid_from: unsigned(row, "valid_from")?,
        valid_until: unsigned(row, "valid_until")?,
        grace_until: unsigned(row, "grace_until")?,
        status: status(row, "status")?,
        suspended_until: unsigned(row, "suspended_until")?,
        parent: parent.map(encode::license_id).transpose()?,
        version: narrow(row, "version")?,
        issued_block: unsigned(row, "issued_block")?,
        issued_at: unsigned(row, "issued_at")?,
        updated_block: unsigned(row, "updated_block")?,
        updated_at: unsigned(row, "updated_at")?,
        renewal_requested_at: requested
            .map(|at| encode::unsigned("renewal_requested_at", at))
            .transpose()?,
        request_before_move: None,
        frozen: row.try_get("frozen")?,
        user,
        described: Some(Described {
            issuer: address(row, "issuer")?,
            jurisdiction: row.try_get("jurisdiction")?,
            metadata_hash: hash(row, "metadata_hash")?,
            token_uri: row.try_get("token_uri")?,
        }),
    })
}

pub(super) fn license_type(row: &PgRow) -> Result<LicenseTypeRow, StoreError> {
    Ok(LicenseTypeRow {
        license_type: unsigned(row, "license_type")?,
        kind: small(row, "kind")?,
        name: row.try_get("name")?,
        term: number(row, "term_text")?,
        renewal_window: number(row, "window_text")?,
        grace: number(row, "grace_text")?,
        supply_cap: number(row, "cap_text")?,
        transferable: row.try_get("transferable")?,
        terms_hash: hash(row, "terms_hash")?,
        schema_version: narrow(row, "schema_version")?,
        open: row.try_get("open")?,
        version: narrow(row, "version")?,
        rules: TypeRules {
            issue_gates: small(row, "issue_gates")?,
            renew_gates: small(row, "renew_gates")?,
            transfer_gates: small(row, "transfer_gates")?,
            lend_gates: small(row, "lend_gates")?,
            enforce_gates: small(row, "enforce_gates")?,
            committee: address(row, "committee")?,
            minimum_score: medium(row, "minimum_score")?,
            circuit: number(row, "circuit_text")?,
            circuit_version: narrow(row, "circuit_version")?,
            statement: small(row, "statement")?,
            royalty: medium(row, "royalty")?,
            royalty_receiver: address(row, "royalty_receiver")?,
            parent_type: unsigned(row, "parent_type")?,
        },
        created_block: unsigned(row, "created_block")?,
        created_at: unsigned(row, "created_at")?,
    })
}

pub(super) fn issuer(row: &PgRow) -> Result<IssuerRow, StoreError> {
    Ok(IssuerRow {
        issuer: address(row, "issuer")?,
        name: row.try_get("name")?,
        registered: row.try_get("registered")?,
        registered_block: unsigned(row, "registered_block")?,
        registered_at: unsigned(row, "registered_at")?,
    })
}

pub(super) fn account(row: &PgRow) -> Result<AccountRow, StoreError> {
    let actor: Option<&[u8]> = row.try_get("actor")?;
    let freeze = match actor {
        None => None,
        Some(actor) => Some(Freeze {
            actor: encode::address("actor", actor)?,
            reason: narrow(row, "reason")?,
            evidence: hash(row, "evidence")?,
        }),
    };
    let successor: Option<&[u8]> = row.try_get("successor")?;
    let recovered_from: Option<i64> = row.try_get("recovered_from")?;
    Ok(AccountRow {
        account: address(row, "account")?,
        roles: small(row, "roles")?,
        frozen: row.try_get("frozen")?,
        frozen_by_regulator: row.try_get("frozen_by_regulator")?,
        freeze,
        successor: successor
            .map(|bytes| encode::address("successor", bytes))
            .transpose()?,
        recovered_from: recovered_from
            .map(|from| encode::unsigned("recovered_from", from))
            .transpose()?,
        changed_block: unsigned(row, "changed_block")?,
        changed_at: unsigned(row, "changed_at")?,
    })
}

pub(super) fn policy(row: &PgRow) -> Result<PolicyRow, StoreError> {
    Ok(PolicyRow {
        admin: address(row, "admin")?,
        verifier: address(row, "verifier")?,
        paused_groups: small(row, "paused_groups")?,
        changed_block: unsigned(row, "changed_block")?,
        changed_at: unsigned(row, "changed_at")?,
    })
}

pub(super) fn decision(row: &PgRow) -> Result<DecisionRow, StoreError> {
    let executor: Option<&[u8]> = row.try_get("executor")?;
    let state: i16 = row.try_get("state")?;
    Ok(DecisionRow {
        id: hash(row, "decision")?,
        committee: address(row, "committee")?,
        maker: address(row, "maker")?,
        epoch: unsigned(row, "epoch")?,
        kind: small(row, "kind")?,
        target: address(row, "target")?,
        token_id: number(row, "token_text")?,
        account: address(row, "account")?,
        counterparty: address(row, "counterparty")?,
        valid_from: number(row, "from_text")?,
        valid_until: number(row, "until_text")?,
        number: number(row, "number_text")?,
        reason: narrow(row, "reason")?,
        evidence: hash(row, "evidence")?,
        nonce: number(row, "nonce_text")?,
        deadline: number(row, "deadline_text")?,
        threshold: narrow(row, "threshold")?,
        state: DecisionState::from_code(state).ok_or_else(|| corrupt("state", state))?,
        executor: executor
            .map(|bytes| encode::address("executor", bytes))
            .transpose()?,
        proposed_block: unsigned(row, "proposed_block")?,
        proposed_at: unsigned(row, "proposed_at")?,
        changed_block: unsigned(row, "changed_block")?,
        changed_at: unsigned(row, "changed_at")?,
    })
}

fn status(row: &PgRow, column: &'static str) -> Result<Status, StoreError> {
    let code = small(row, column)?;
    Status::from_code(code).ok_or_else(|| corrupt(column, code))
}

fn unsigned(row: &PgRow, column: &'static str) -> Result<u64, StoreError> {
    encode::unsigned(column, row.try_get(column)?)
}

/// A `bigint` that holds at most 32 bits.
fn narrow(row: &PgRow, column: &'static str) -> Result<u32, StoreError> {
    encode::narrow(column, row.try_get(column)?)
}

/// An `integer` that holds at most 16 bits.
fn medium(row: &PgRow, column: &'static str) -> Result<u16, StoreError> {
    encode::narrow(column, i64::from(row.try_get::<i32, _>(column)?))
}

/// A `smallint` that holds at most 8 bits.
fn small(row: &PgRow, column: &'static str) -> Result<u8, StoreError> {
    encode::narrow(column, i64::from(row.try_get::<i16, _>(column)?))
}

fn number<T: std::str::FromStr>(row: &PgRow, column: &'static str) -> Result<T, StoreError> {
    encode::number(column, row.try_get(column)?)
}

fn address(row: &PgRow, column: &'static str) -> Result<Address, StoreError> {
    encode::address(column, row.try_get(column)?)
}

fn hash(row: &PgRow, column: &'static str) -> Result<B256, StoreError> {
    encode::hash(column, row.try_get(column)?)
}

fn corrupt(what: &'static str, value: impl ToString) -> StoreError {
    StoreError::Corrupt {
        what,
        value: value.to_string(),
    }
}
