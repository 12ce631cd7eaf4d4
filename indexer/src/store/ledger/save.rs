//! The rows that a fold leaves.

mod committee;
mod license;
mod policy;

use sqlx::PgConnection;

use crate::{fold::Ledger, store::StoreError};

type Rows<'a, T> = dyn ExactSizeIterator<Item = &'a T> + Send + 'a;

/// Writes every row of `ledger`.
pub(in crate::store) async fn save(
    connection: &mut PgConnection,
    ledger: &Ledger,
) -> Result<(), StoreError> {
    policy::license_types(connection, &mut ledger.license_types.values()).await?;
    policy::issuers(connection, &mut ledger.issuers.values()).await?;
    policy::grants(connection, &mut ledger.grants.values()).await?;
    policy::bundles(connection, &mut ledger.bundles.values()).await?;
    policy::accounts(connection, &mut ledger.accounts.values()).await?;
    policy::modules(connection, &mut ledger.modules.values()).await?;
    policy::evidence(connection, &mut ledger.evidence.values()).await?;
    if let Some(row) = &ledger.policy {
        policy::policy(connection, row).await?;
    }
    license::licenses(connection, &mut ledger.licenses.values()).await?;
    license::history(connection, &mut ledger.history.values()).await?;
    license::restrictions(connection, &mut ledger.restrictions.values()).await?;
    committee::committees(connection, &mut ledger.committees.values()).await?;
    committee::members(connection, &mut ledger.members.values()).await?;
    committee::thresholds(connection, &mut ledger.thresholds.values()).await?;
    committee::decisions(connection, &mut ledger.decisions.values()).await?;
    committee::approvals(connection, &mut ledger.approvals.values()).await
}
