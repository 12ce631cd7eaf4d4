//! Whether the derived tables are what the raw events say.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{
    Store, StoreError, checkpoint,
    digest::{TableDigest, digest},
    ledger::DERIVED_TABLES,
    rebuild::{must_reach, replay},
};

/// Raw tables have nothing to be compared with; their digests go into the total.
const RAW_TABLES: [(&str, &str); 2] = [
    ("block", "block_number"),
    ("contract_event", "block_number, event_index"),
];

/// A derived table as it is and as a fresh fold of the raw events makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableComparison {
    pub stored: TableDigest,
    pub replayed: TableDigest,
}

impl TableComparison {
    pub fn is_equal(&self) -> bool {
        self.stored == self.replayed
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The block as of which the tables were compared; `None` before the first.
    pub block_number: Option<u64>,
    pub raw: Vec<TableDigest>,
    pub derived: Vec<TableComparison>,
}

impl Comparison {
    pub fn is_equal(&self) -> bool {
        self.derived.iter().all(TableComparison::is_equal)
    }

    /// The digests of all stored tables.
    pub fn stored(&self) -> Vec<TableDigest> {
        let derived = self.derived.iter().map(|table| table.stored.clone());
        self.raw.iter().cloned().chain(derived).collect()
    }
}

impl Store {
    /// Folds all raw events into temporary tables and compares these with the stored ones, as of
    /// one moment. Indexing may go on meanwhile.
    ///
    /// # Errors
    /// The raw events do not fold or do not lead to the checkpoint, or the database fails.
    pub async fn check(&self) -> Result<Comparison, StoreError> {
        // A connection of its own: statements that another one has prepared know the stored tables
        // by name and would not look for the temporary ones.
        let mut connection = PgConnection::connect_with(&self.writer.connect_options()).await?;
        let mut transaction = connection
            .begin_with("begin isolation level repeatable read")
            .await?;
        let stored = self.derived_digests(&mut transaction).await?;
        let mut raw = Vec::new();
        for (table, key) in RAW_TABLES {
            let qualified = format!("{}.{table}", self.schema);
            raw.push(digest(&mut transaction, table, &qualified, key).await?);
        }
        let found = checkpoint::read(&mut transaction).await?;
        self.create_temporary_tables(&mut transaction).await?;
        if let Some((world, checkpoint)) = &found {
            let outbox = replay(&mut transaction, world).await?;
            must_reach(checkpoint.outbox, outbox)?;
        }
        let mut derived = Vec::new();
        for ((table, key), stored) in DERIVED_TABLES.into_iter().zip(stored) {
            let replayed =
                digest(&mut transaction, table, &format!("pg_temp.{table}"), key).await?;
            derived.push(TableComparison { stored, replayed });
        }
        // The temporary tables go with the transaction.
        transaction.rollback().await?;
        connection.close().await?;
        let block_number = found.map(|(_, checkpoint)| checkpoint.block_number);
        Ok(Comparison {
            block_number,
            raw,
            derived,
        })
    }

    /// Temporary tables are found before those of the schema, so that the same statements write
    /// to them.
    async fn create_temporary_tables(
        &self,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        for (table, _) in DERIVED_TABLES {
            let create = format!(
                "create temporary table {table} (like {}.{table} including all) on commit drop",
                self.schema
            );
            sqlx::query(AssertSqlSafe(create))
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }
}
