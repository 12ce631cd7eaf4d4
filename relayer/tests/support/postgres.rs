//! A database for one test.

use std::sync::Arc;

use lex_relayer::{
    config::{DatabaseSection, SchemaName, SecretText},
    store::Store,
};
use lex_test_postgres::Cluster;

/// A schema of its own for one test, and the cluster that holds it.
pub struct Database {
    /// Keeps the cluster running.
    _cluster: Arc<Cluster>,
    pub config: DatabaseSection,
}

impl Database {
    /// A new, empty schema.
    pub fn new() -> Self {
        let cluster = Cluster::shared();
        let config = DatabaseSection {
            url: SecretText::from(cluster.url().to_owned()),
            schema: SchemaName::try_from(Cluster::unique_schema()).expect("a plain name"),
            max_connections: 4,
        };
        Self {
            _cluster: cluster,
            config,
        }
    }

    pub async fn store(&self) -> Store {
        Store::open(&self.config)
            .await
            .expect("the private cluster answers")
    }
}
