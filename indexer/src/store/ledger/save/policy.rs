//! Rows about rules and those under them. They change a few times a day at most: a statement per row
//! is plain and enough.

use sqlx::PgConnection;

use super::Rows;
use crate::{
    fold::{
        AccountRow, EvidenceRow, IssuerGrantRow, IssuerRow, LicenseTypeRow, ModuleRow, PolicyRow,
        Rule, RuleBundleRow,
    },
    store::{
        StoreError,
        encode::{bigint, narrow},
    },
};

pub(super) async fn license_types(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, LicenseTypeRow>,
) -> Result<(), StoreError> {
    for row in rows {
        sqlx::query(
            "insert into license_type (license_type, kind, name, term, renewal_window, grace, \
             supply_cap, transferable, terms_hash, schema_version, open, created_block, created_at, \
             version, issue_gates, renew_gates, transfer_gates, enforce_gates, committee, \
             minimum_score, circuit, circuit_version, statement, royalty, royalty_receiver, \
             parent_type, lend_gates) \
             values ($1, $2, $3, $4::text::numeric, $5::text::numeric, $6::text::numeric, \
             $7::text::numeric, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
             $21::text::numeric, $22, $23, $24, $25, $26, $27) \
             on conflict (license_type) do update set open = excluded.open, \
             version = excluded.version, issue_gates = excluded.issue_gates, \
             renew_gates = excluded.renew_gates, transfer_gates = excluded.transfer_gates, \
             enforce_gates = excluded.enforce_gates, committee = excluded.committee, \
             minimum_score = excluded.minimum_score, circuit = excluded.circuit, \
             circuit_version = excluded.circuit_version, statement = excluded.statement, \
             royalty = excluded.royalty, royalty_receiver = excluded.royalty_receiver, \
             parent_type = excluded.parent_type, lend_gates = excluded.lend_gates",
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
        .bind(i64::from(row.version))
        .bind(i16::from(row.rules.issue_gates))
        .bind(i16::from(row.rules.renew_gates))
        .bind(i16::from(row.rules.transfer_gates))
        .bind(i16::from(row.rules.enforce_gates))
        .bind(row.rules.committee.as_slice())
        .bind(i32::from(row.rules.minimum_score))
        .bind(row.rules.circuit.to_string())
        .bind(i64::from(row.rules.circuit_version))
        .bind(i16::from(row.rules.statement))
        .bind(i32::from(row.rules.royalty))
        .bind(row.rules.royalty_receiver.as_slice())
        .bind(bigint("parent_type", row.rules.parent_type)?)
        .bind(i16::from(row.rules.lend_gates))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

pub(super) async fn issuers(
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

pub(super) async fn grants(
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

pub(super) async fn bundles(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, RuleBundleRow>,
) -> Result<(), StoreError> {
    for row in rows {
        let demands: Vec<i16> = row.rules.iter().map(|rule| rule.demand.into()).collect();
        let actions: Vec<i64> = row.rules.iter().map(|rule| rule.actions.into()).collect();
        let texts = |number: fn(&Rule) -> u64| -> Vec<String> {
            row.rules
                .iter()
                .map(|rule| number(rule).to_string())
                .collect()
        };
        sqlx::query(
            "insert into rule_bundle (jurisdiction, version, bundle_id, removed, demands, actions, \
             license_types, rule_values, set_block, set_at) \
             values ($1, $2, $3, $4, $5, $6, $7::text[]::numeric[], $8::text[]::numeric[], $9, $10)",
        )
        .bind(&row.jurisdiction)
        .bind(i64::from(row.version))
        .bind(row.bundle_id.as_slice())
        .bind(row.removed)
        .bind(demands)
        .bind(actions)
        .bind(texts(|rule| rule.license_type))
        .bind(texts(|rule| rule.value))
        .bind(bigint("set_block", row.set_block)?)
        .bind(bigint("set_at", row.set_at)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

pub(super) async fn accounts(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, AccountRow>,
) -> Result<(), StoreError> {
    for row in rows {
        let freeze = row.freeze.as_ref();
        sqlx::query(
            "insert into account (account, roles, frozen, actor, reason, evidence, successor, \
             changed_block, changed_at, frozen_by_regulator, recovered_from) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             on conflict (account) do update set roles = excluded.roles, \
             frozen = excluded.frozen, actor = excluded.actor, reason = excluded.reason, \
             evidence = excluded.evidence, successor = excluded.successor, \
             changed_block = excluded.changed_block, changed_at = excluded.changed_at, \
             frozen_by_regulator = excluded.frozen_by_regulator, \
             recovered_from = excluded.recovered_from",
        )
        .bind(row.account.as_slice())
        .bind(i16::from(row.roles))
        .bind(row.frozen)
        .bind(freeze.map(|freeze| freeze.actor.as_slice()))
        .bind(freeze.map(|freeze| i64::from(freeze.reason)))
        .bind(freeze.map(|freeze| freeze.evidence.as_slice()))
        .bind(row.successor.as_ref().map(|address| address.as_slice()))
        .bind(bigint("changed_block", row.changed_block)?)
        .bind(bigint("changed_at", row.changed_at)?)
        .bind(row.frozen_by_regulator)
        .bind(
            row.recovered_from
                .map(|from| bigint("recovered_from", from))
                .transpose()?,
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

pub(super) async fn modules(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, ModuleRow>,
) -> Result<(), StoreError> {
    for row in rows {
        sqlx::query(
            "insert into rule_module (module, kinds, changed_block) values ($1, $2, $3) \
             on conflict (module) do update set kinds = excluded.kinds, \
             changed_block = excluded.changed_block",
        )
        .bind(row.module.as_slice())
        .bind(i16::from(row.kinds))
        .bind(bigint("changed_block", row.changed_block)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

pub(super) async fn policy(
    connection: &mut PgConnection,
    row: &PolicyRow,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into policy_state (admin, verifier, paused_groups, changed_block, changed_at) \
         values ($1, $2, $3, $4, $5) on conflict (only_row) do update set \
         admin = excluded.admin, verifier = excluded.verifier, \
         paused_groups = excluded.paused_groups, changed_block = excluded.changed_block, \
         changed_at = excluded.changed_at",
    )
    .bind(row.admin.as_slice())
    .bind(row.verifier.as_slice())
    .bind(i16::from(row.paused_groups))
    .bind(bigint("changed_block", row.changed_block)?)
    .bind(bigint("changed_at", row.changed_at)?)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn evidence(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, EvidenceRow>,
) -> Result<(), StoreError> {
    for row in rows {
        let index = i64::from(row.place.event_index);
        sqlx::query(
            "insert into evidence_use (block_number, event_index, block_time, transaction_hash, \
             contract, token_id, action, clearance, nullifier, rules_version) \
             values ($1, $2, $3, $4, $5, $6::text::numeric, $7, $8, $9::text::numeric, $10)",
        )
        .bind(bigint("block_number", row.place.block_number)?)
        .bind(narrow::<i32>("event_index", index)?)
        .bind(bigint("block_time", row.place.block_time)?)
        .bind(
            row.place
                .transaction_hash
                .as_ref()
                .map(|hash| hash.as_slice()),
        )
        .bind(row.contract.as_slice())
        .bind(row.token_id.to_string())
        .bind(i16::from(row.action))
        .bind(row.clearance.as_ref().map(|hash| hash.as_slice()))
        .bind(row.nullifier.map(|nullifier| nullifier.to_string()))
        .bind(i64::from(row.rules_version))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
