//! What types cannot express. Every refusal names the key and says what it must be.

use std::{str::FromStr, time::Duration};

use sqlx::postgres::PgConnectOptions;

use super::{Config, ConfigError, DatabaseConfig, SourceConfig};

impl Config {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        self.source.validate()?;
        self.database.validate()?;
        let positive = [
            ("indexing.batch_blocks", self.indexing.batch_blocks),
            ("http.max_body_bytes", self.http.max_body_bytes),
            ("graphql.max_depth", self.graphql.max_depth),
            ("graphql.max_complexity", self.graphql.max_complexity),
            ("graphql.max_query_bytes", self.graphql.max_query_bytes),
            ("graphql.max_block_waits", self.graphql.max_block_waits),
        ];
        for (key, value) in positive {
            must(value > 0, key, "at least 1")?;
        }
        self.http.doors.validate()?;
        must(
            self.graphql.max_block_wait < self.http.doors.request_timeout,
            "graphql.max_block_wait",
            "shorter than http.doors.request_timeout",
        )?;
        must(
            self.indexing.poll_interval >= SHORTEST_PAUSE,
            "indexing.poll_interval",
            "at least \"10ms\": the node would be asked without a pause",
        )
    }
}

/// Below this the service would ask without a pause.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

impl SourceConfig {
    fn validate(&self) -> Result<(), ConfigError> {
        must(
            ["ws://", "wss://"]
                .iter()
                .any(|scheme| self.url.expose().starts_with(scheme)),
            "source.url",
            "the address of a node's WebSocket: ws:// or wss://",
        )?;
        must(self.chain_id > 0, "source.chain_id", "at least 1")?;
        must(
            self.start_block > 0,
            "source.start_block",
            "at least 1: block 0 holds no contract",
        )?;
        must(
            !self.longest_silence.is_zero(),
            "source.longest_silence",
            "longer than zero: as long as the chain may take between two final blocks",
        )?;
        must(
            self.policy != self.license,
            "source.license",
            "another address than source.policy: they are two contracts",
        )?;
        for (index, committee) in self.committees.iter().enumerate() {
            must(
                !self.committees[..index].contains(committee),
                "source.committees",
                "a list that names no committee twice: remove one",
            )?;
            must(
                ![self.policy, self.license].contains(committee),
                "source.committees",
                "a list of committees alone: remove source.policy and source.license",
            )?;
        }
        Ok(())
    }
}

impl DatabaseConfig {
    fn validate(&self) -> Result<(), ConfigError> {
        let url = self.url.expose();
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        must(
            is_postgres && PgConnectOptions::from_str(url).is_ok(),
            "database.url",
            "like postgres://user:password@host:port/database",
        )?;
        must(
            self.max_connections > 0,
            "database.max_connections",
            "at least 1",
        )?;
        // PostgreSQL counts milliseconds, and takes 0 of them for no limit.
        must(
            self.statement_timeout.is_zero() || self.statement_timeout.as_millis() > 0,
            "database.statement_timeout",
            "at least \"1ms\", or \"0s\" for no limit",
        )
    }
}

fn must(holds: bool, key: &'static str, rule: &'static str) -> Result<(), ConfigError> {
    match holds {
        true => Ok(()),
        false => Err(ConfigError::Value { key, rule }),
    }
}
