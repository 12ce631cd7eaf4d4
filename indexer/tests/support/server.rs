//! The HTTP interface over an index that was filled by a test.

use std::time::Duration;

use lex_client::SourceBlock;
use lex_indexer::{
    clock::Clock,
    config::{GraphqlConfig, HttpConfig, Origins},
    freshness::FreshnessRule,
    graphql::{self, Backend},
    http,
    progress::Progress,
    store::{Checkpoint, Store},
};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{index, postgres::Database};

pub struct Server {
    pub url: String,
    pub store: Store,
    pub checkpoint: Checkpoint,
    pub progress: Progress,
    pub database: Database,
    pub client: reqwest::Client,
    _stop: DropGuard,
}

/// The limits of the tests: small waits.
pub fn limits() -> GraphqlConfig {
    GraphqlConfig {
        max_block_wait: Duration::from_millis(200),
        ..GraphqlConfig::default()
    }
}

impl Server {
    /// Serves `blocks` as if it were `now` (Unix seconds).
    pub async fn start(blocks: &[SourceBlock], now: u64) -> Self {
        Self::with(blocks, now, limits()).await
    }

    pub async fn with(blocks: &[SourceBlock], now: u64, limits: GraphqlConfig) -> Self {
        let database = Database::new();
        let store = database.store().await;
        let checkpoint = index(&store, blocks, &[4]).await;
        let progress = Progress::new(checkpoint.block_number);
        progress.block_time(checkpoint.block_number, now * 1000);
        progress.finalized(checkpoint.block_number);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let router = http::router(http::Parts {
            schema: graphql::schema(&limits),
            backend: Backend {
                reader: store.reader().clone(),
                progress: progress.clone(),
                clock: Clock::fixed(now),
                freshness: FreshnessRule {
                    max_staleness: limits.max_staleness,
                    longest_silence: Duration::from_secs(120),
                },
                limits,
            },
            ready_lag_blocks: 2,
            recorder: PrometheusBuilder::new().build_recorder().handle(),
        })
        .layer(http::for_browsers(&origins()));
        let stop = CancellationToken::new();
        let doors = http::doors(&HttpConfig {
            max_body_bytes: 64 * 1024,
            ..HttpConfig::default()
        });
        tokio::spawn(lex_service::serve(listener, router, doors, stop.clone()));
        Self {
            url,
            store,
            checkpoint,
            progress,
            client: reqwest::Client::new(),
            _stop: stop.drop_guard(),
            database,
        }
    }

    /// The whole response to a query with variables.
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let (status, answer) = self.post(body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// The data of a query that succeeds.
    pub async fn data(&self, query: &str) -> Value {
        let mut answer = self.ask(query, json!({})).await;
        assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
        answer["data"].take()
    }

    /// The code of the first error of a query that fails.
    pub async fn code(&self, query: &str) -> String {
        let answer = self.ask(query, json!({})).await;
        code_of(&answer)
    }

    pub async fn post(&self, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let request = self.client.post(format!("{}/graphql", self.url)).body(body);
        let response = request.send().await.expect("the server answers");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        (
            status,
            serde_json::from_str(&text).expect("JSON, whatever was sent"),
        )
    }

    pub async fn get(&self, path: &str) -> (u16, String) {
        let response = self
            .client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .expect("the server answers");
        (
            response.status().as_u16(),
            response.text().await.expect("a body"),
        )
    }
}

pub fn code_of(answer: &Value) -> String {
    let code = answer["errors"][0]["extensions"]["code"].as_str();
    code.unwrap_or_else(|| panic!("no code in {answer:#}"))
        .to_owned()
}

/// One origin whose pages may ask.
fn origins() -> Origins {
    Origins::try_from(vec!["https://app.example".to_owned()]).expect("it is one")
}
