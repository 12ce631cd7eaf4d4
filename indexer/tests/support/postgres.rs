//! A database for one test.

use std::{sync::Arc, time::Duration};

use lex_indexer::{
    config::{DatabaseConfig, SchemaName, SecretUrl},
    store::Store,
};
use lex_test_postgres::Cluster;

/// A schema of its own for one test, and the cluster that holds it.
pub struct Database {
    cluster: Arc<Cluster>,
    pub config: DatabaseConfig,
}

impl Database {
    /// A new, empty schema.
    pub fn new() -> Self {
        let cluster = Cluster::shared();
        let config = DatabaseConfig {
            url: SecretUrl::from(cluster.url()),
            schema: SchemaName::try_from(Cluster::unique_schema()).expect("a plain name"),
            max_connections: 4,
            statement_timeout: Duration::from_secs(60),
            lock_wait: Duration::ZERO,
        };
        Self { cluster, config }
    }

    /// Another schema of the same cluster.
    pub fn sibling(&self) -> Self {
        let other = Self::new();
        assert_eq!(other.cluster.url(), self.cluster.url(), "one cluster");
        other
    }

    pub async fn store(&self) -> Store {
        Store::open(&self.config)
            .await
            .expect("the private cluster answers")
    }
}
