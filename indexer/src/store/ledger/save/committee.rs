//! Rows about committees, a statement per row: a decision is a few rows in its whole life.

use sqlx::PgConnection;

use super::Rows;
use crate::{
    fold::{ApprovalRow, CommitteeRow, DecisionRow, MemberRow, ThresholdRow},
    store::{StoreError, encode::bigint},
};

pub(super) async fn committees(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, CommitteeRow>,
) -> Result<(), StoreError> {
    for row in rows {
        sqlx::query(
            "insert into committee (committee, epoch, changed_block) values ($1, $2, $3) \
             on conflict (committee) do update set epoch = excluded.epoch, \
             changed_block = excluded.changed_block",
        )
        .bind(row.committee.as_slice())
        .bind(bigint("epoch", row.epoch)?)
        .bind(bigint("changed_block", row.changed_block)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

pub(super) async fn members(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, MemberRow>,
) -> Result<(), StoreError> {
    for row in rows {
        sqlx::query(
            "insert into committee_member (committee, member, weight, changed_block) \
             values ($1, $2, $3, $4) on conflict (committee, member) do update \
             set weight = excluded.weight, changed_block = excluded.changed_block",
        )
        .bind(row.committee.as_slice())
        .bind(row.member.as_slice())
        .bind(i64::from(row.weight))
        .bind(bigint("changed_block", row.changed_block)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

pub(super) async fn thresholds(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, ThresholdRow>,
) -> Result<(), StoreError> {
    for row in rows {
        sqlx::query(
            "insert into committee_threshold (committee, kind, threshold, changed_block) \
             values ($1, $2, $3, $4) on conflict (committee, kind) do update \
             set threshold = excluded.threshold, changed_block = excluded.changed_block",
        )
        .bind(row.committee.as_slice())
        .bind(i16::from(row.kind))
        .bind(i64::from(row.threshold))
        .bind(bigint("changed_block", row.changed_block)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

pub(super) async fn decisions(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, DecisionRow>,
) -> Result<(), StoreError> {
    for row in rows {
        sqlx::query(
            "insert into decision (decision, committee, maker, epoch, kind, target, token_id, \
             account, counterparty, valid_from, valid_until, number, reason, evidence, nonce, \
             deadline, state, executor, proposed_block, proposed_at, changed_block, changed_at, \
             threshold) \
             values ($1, $2, $3, $4, $5, $6, $7::text::numeric, $8, $9, $10::text::numeric, \
             $11::text::numeric, $12::text::numeric, $13, $14, $15::text::numeric, \
             $16::text::numeric, $17, $18, $19, $20, $21, $22, $23) \
             on conflict (decision) do update set state = excluded.state, \
             executor = excluded.executor, changed_block = excluded.changed_block, \
             changed_at = excluded.changed_at",
        )
        .bind(row.id.as_slice())
        .bind(row.committee.as_slice())
        .bind(row.maker.as_slice())
        .bind(bigint("epoch", row.epoch)?)
        .bind(i16::from(row.kind))
        .bind(row.target.as_slice())
        .bind(row.token_id.to_string())
        .bind(row.account.as_slice())
        .bind(row.counterparty.as_slice())
        .bind(row.valid_from.to_string())
        .bind(row.valid_until.to_string())
        .bind(row.number.to_string())
        .bind(i64::from(row.reason))
        .bind(row.evidence.as_slice())
        .bind(row.nonce.to_string())
        .bind(row.deadline.to_string())
        .bind(row.state as i16)
        .bind(row.executor.as_ref().map(|address| address.as_slice()))
        .bind(bigint("proposed_block", row.proposed_block)?)
        .bind(bigint("proposed_at", row.proposed_at)?)
        .bind(bigint("changed_block", row.changed_block)?)
        .bind(bigint("changed_at", row.changed_at)?)
        .bind(i64::from(row.threshold))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

pub(super) async fn approvals(
    connection: &mut PgConnection,
    rows: &mut Rows<'_, ApprovalRow>,
) -> Result<(), StoreError> {
    for row in rows {
        sqlx::query(
            "insert into decision_approval (decision, member, weight, withdrawn, changed_block, \
             changed_at) values ($1, $2, $3, $4, $5, $6) \
             on conflict (decision, member) do update set weight = excluded.weight, \
             withdrawn = excluded.withdrawn, changed_block = excluded.changed_block, \
             changed_at = excluded.changed_at",
        )
        .bind(row.decision.as_slice())
        .bind(row.member.as_slice())
        .bind(i64::from(row.weight))
        .bind(row.withdrawn)
        .bind(bigint("changed_block", row.changed_block)?)
        .bind(bigint("changed_at", row.changed_at)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
