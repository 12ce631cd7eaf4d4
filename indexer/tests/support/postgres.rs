//! A database for one test.

use std::{str::FromStr, sync::Arc, time::Duration};

use lex_indexer::{
    config::{DatabaseConfig, SchemaName, SecretUrl},
    store::Store,
};
use lex_test_postgres::Cluster;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

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

    /// The schema, brought up to date. Whoever else brings it there is waited for.
    pub async fn store(&self) -> Store {
        let store = Store::open(&self.config).await;
        let store = store.expect("the private cluster answers");
        let mut lock = store
            .lock(Duration::from_secs(120))
            .await
            .expect("nobody holds it for long");
        lock.migrate().await.expect("a schema of this program");
        store
    }

    /// Connections to the schema past the store, to look and to interfere.
    pub async fn pool(&self) -> PgPool {
        let options = PgConnectOptions::from_str(self.config.url.expose()).expect("a URL");
        PgPoolOptions::new()
            .max_connections(1)
            .connect_with(options.options([("search_path", self.config.schema.as_str())]))
            .await
            .expect("the private cluster answers")
    }
}
