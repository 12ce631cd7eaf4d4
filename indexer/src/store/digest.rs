//! Digests of tables: two indexes of one chain are equal when these are.

use alloy::primitives::{B256, Keccak256};
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection};

use super::StoreError;

/// keccak-256 over the rows of a table in the order of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDigest {
    pub table: &'static str,
    pub rows: u64,
    pub digest: B256,
}

/// One digest over those of all tables.
pub fn total_digest(tables: &[TableDigest]) -> B256 {
    let mut hasher = Keccak256::new();
    for table in tables {
        hasher.update(table.table.as_bytes());
        hasher.update(table.digest);
    }
    hasher.finalize()
}

/// `qualified` is the table's name as SQL text, from constants and a checked schema name.
pub(super) async fn digest(
    connection: &mut PgConnection,
    table: &'static str,
    qualified: &str,
    key: &str,
) -> Result<TableDigest, StoreError> {
    let sql = format!("select t::text from {qualified} as t order by {key}");
    let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).fetch(connection);
    let mut hasher = Keccak256::new();
    let mut count = 0;
    while let Some(row) = rows.try_next().await? {
        // A length before each row: no two sequences of rows hash the same bytes.
        hasher.update((row.len() as u64).to_be_bytes());
        hasher.update(row.as_bytes());
        count += 1;
    }
    Ok(TableDigest {
        table,
        rows: count,
        digest: hasher.finalize(),
    })
}
