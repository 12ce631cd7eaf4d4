//! A database for one test.

use std::{str::FromStr, sync::Arc};

use lex_relayer::{
    config::{DatabaseSection, SchemaName, SecretText},
    store::Store,
};
use lex_test_postgres::Cluster;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// A schema of its own for one test, and the cluster that holds it.
pub struct Database {
    /// Keeps the cluster running.
    _cluster: Arc<Cluster>,
    pub config: DatabaseSection,
}

impl Database {
    /// A new, empty schema.
    pub fn new() -> Self {
        Self::on(Cluster::shared())
    }

    /// A new, empty schema of this cluster.
    pub fn on(cluster: Arc<Cluster>) -> Self {
        let config = DatabaseSection {
            url: SecretText::from(cluster.url().to_owned()),
            schema: SchemaName::try_from(Cluster::unique_schema()).expect("a plain name"),
            max_connections: 4,
            keep_blocks: 0,
        };
        Self {
            _cluster: cluster,
            config,
        }
    }

    /// The schema, brought up to date.
    pub async fn store(&self) -> Store {
        let store = Store::open(&self.config).await;
        let store = store.expect("the private cluster answers");
        let mut leadership = store.lead().await.expect("the private cluster answers");
        let migrated = leadership.migrate().await;
        migrated.expect("a schema of this program");
        store
    }

    /// Connections to the schema past the store, to look and to interfere.
    pub async fn pool(&self) -> PgPool {
        let options = PgConnectOptions::from_str(self.config.url.reveal()).expect("a URL");
        PgPoolOptions::new()
            .max_connections(1)
            .connect_with(options.options([("search_path", self.config.schema.as_str())]))
            .await
            .expect("the private cluster answers")
    }
}
