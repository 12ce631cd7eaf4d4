//! The rows that a fold starts from.

use lex_client::B256;
use lex_model::Status;
use sqlx::{PgConnection, Row, postgres::PgRow};

use crate::{
    fold::{Described, IssuerRow, Keys, Ledger, LicenseRow, LicenseTypeRow},
    store::{StoreError, encode},
};

/// The rows of `keys`, as far as they exist.
pub(in crate::store) async fn load(
    connection: &mut PgConnection,
    keys: &Keys,
) -> Result<Ledger, StoreError> {
    let mut ledger = Ledger::default();
    if !keys.licenses.is_empty() {
        let ids: Vec<String> = keys.licenses.iter().map(ToString::to_string).collect();
        let rows = sqlx::query(
            "select *, license_id::text as id from license where license_id = any($1::text[]::numeric[])",
        )
        .bind(ids)
        .fetch_all(&mut *connection)
        .await?;
        for row in &rows {
            let license = license(row)?;
            ledger.licenses.insert(license.id, license);
        }
    }
    if !keys.license_types.is_empty() {
        let ids = keys
            .license_types
            .iter()
            .map(|id| encode::bigint("license_type", *id))
            .collect::<Result<Vec<_>, _>>()?;
        let rows = sqlx::query(
            "select *, term::text as term_text, renewal_window::text as window_text, \
             grace::text as grace_text, supply_cap::text as cap_text \
             from license_type where license_type = any($1)",
        )
        .bind(ids)
        .fetch_all(&mut *connection)
        .await?;
        for row in &rows {
            let license_type = license_type(row)?;
            ledger
                .license_types
                .insert(license_type.license_type, license_type);
        }
    }
    if !keys.issuers.is_empty() {
        let addresses: Vec<&[u8]> = keys
            .issuers
            .iter()
            .map(|issuer| issuer.as_slice())
            .collect();
        let rows = sqlx::query("select * from issuer where issuer = any($1)")
            .bind(addresses)
            .fetch_all(&mut *connection)
            .await?;
        for row in &rows {
            let issuer = issuer(row)?;
            ledger.issuers.insert(issuer.issuer, issuer);
        }
    }
    Ok(ledger)
}

fn license(row: &PgRow) -> Result<LicenseRow, StoreError> {
    let unsigned = |column| encode::unsigned(column, row.try_get(column)?);
    let status: i16 = row.try_get("status")?;
    let code = encode::narrow("status", i64::from(status))?;
    Ok(LicenseRow {
        id: encode::license_id(row.try_get("id")?)?,
        holder: encode::address("holder", row.try_get("holder")?)?,
        license_type: unsigned("license_type")?,
        valid_from: unsigned("valid_from")?,
        valid_until: unsigned("valid_until")?,
        grace_until: unsigned("grace_until")?,
        status: Status::from_code(code).ok_or(StoreError::Corrupt {
            what: "status",
            value: code.to_string(),
        })?,
        suspended_until: unsigned("suspended_until")?,
        version: encode::narrow("version", row.try_get("version")?)?,
        issued_block: unsigned("issued_block")?,
        issued_at: unsigned("issued_at")?,
        updated_block: unsigned("updated_block")?,
        updated_at: unsigned("updated_at")?,
        described: Some(Described {
            issuer: encode::address("issuer", row.try_get("issuer")?)?,
            jurisdiction: row.try_get("jurisdiction")?,
            metadata_hash: hash(row, "metadata_hash")?,
            token_uri: row.try_get("token_uri")?,
        }),
    })
}

fn license_type(row: &PgRow) -> Result<LicenseTypeRow, StoreError> {
    let unsigned = |column| encode::unsigned(column, row.try_get(column)?);
    let number = |column| encode::number(column, row.try_get(column)?);
    let kind: i16 = row.try_get("kind")?;
    Ok(LicenseTypeRow {
        license_type: unsigned("license_type")?,
        kind: encode::narrow("kind", i64::from(kind))?,
        name: row.try_get("name")?,
        term: number("term_text")?,
        renewal_window: number("window_text")?,
        grace: number("grace_text")?,
        supply_cap: number("cap_text")?,
        transferable: row.try_get("transferable")?,
        terms_hash: hash(row, "terms_hash")?,
        schema_version: encode::narrow("schema_version", row.try_get("schema_version")?)?,
        open: row.try_get("open")?,
        created_block: unsigned("created_block")?,
        created_at: unsigned("created_at")?,
    })
}

fn issuer(row: &PgRow) -> Result<IssuerRow, StoreError> {
    let unsigned = |column| encode::unsigned(column, row.try_get(column)?);
    Ok(IssuerRow {
        issuer: encode::address("issuer", row.try_get("issuer")?)?,
        name: row.try_get("name")?,
        registered: row.try_get("registered")?,
        registered_block: unsigned("registered_block")?,
        registered_at: unsigned("registered_at")?,
    })
}

fn hash(row: &PgRow, column: &'static str) -> Result<B256, StoreError> {
    encode::hash(column, row.try_get(column)?)
}
