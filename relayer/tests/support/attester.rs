//! A running attester.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;
use lex_model::Destination;
use lex_relayer::api::ErrorBody;
use lex_relayer::attest::{AttestReadiness, Attester, Epochs, routes};
use lex_relayer::http;
use lex_relayer::outbox::{Follower, Liveness, Outbox};
use lex_relayer::store::Store;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::chain::{CHAIN_ID, CONTRACT, SeriesEndpoint, appended, block, empty_outbox};
use super::postgres::Database;

/// The destination `anvil`.
pub const MIRROR: Destination = Destination {
    chain_id: 31_337,
    mirror: [5; 20],
};
/// The destination `second`: another mirror on the same chain.
pub const SECOND_MIRROR: Destination = Destination {
    mirror: [6; 20],
    ..MIRROR
};

/// An attester that has verified block 5 (updates 1 and 2).
pub struct Running {
    pub database: Database,
    pub store: Store,
    pub attester: Arc<Attester>,
    pub address: Address,
    pub url: String,
    pub follower: Follower<SeriesEndpoint>,
    signer: PrivateKeySigner,
    endpoint: SeriesEndpoint,
}

impl Running {
    pub async fn start(max_wait: Duration) -> Self {
        let database = Database::new();
        let store = database.store().await;
        let (first, after_first) = appended(empty_outbox());
        let (second, end) = appended(after_first);
        let endpoint = SeriesEndpoint::new(end);
        let mut follower = follower(&endpoint, &store);
        follower
            .advance(&[block(5, vec![first, second])])
            .await
            .expect("the test's own world is in order");

        let signer = PrivateKeySigner::random();
        let attester = attester(&signer, max_wait, &store, &follower);
        let readiness = readiness(attester.clone(), &follower);
        let router = http::router(http::api(routes(readiness.clone())), readiness, None);
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("the test's own world is in order");
        let url = format!(
            "http://{}",
            listener
                .local_addr()
                .expect("the test's own world is in order")
        );
        super::serve(listener, router);
        Self {
            database,
            store,
            attester,
            address: signer.address(),
            url,
            follower,
            signer,
            endpoint,
        }
    }

    /// The next block, with one update or none.
    pub async fn verify(&mut self, number: u64, has_update: bool) {
        let (head, nonce) = {
            let progress = self.follower.progress();
            let progress = progress.borrow();
            (progress.head.0, progress.nonce)
        };
        let before = lex_model::Outbox { nonce, head };
        let mut events = Vec::new();
        if has_update {
            let (event, after) = appended(before);
            events.push(event);
            self.endpoint.set(after);
        }
        self.follower
            .advance(&[block(number, events)])
            .await
            .expect("the test's own world is in order");
    }

    /// The same attester as another process that works on the same schema.
    pub async fn twin(&self) -> Arc<Attester> {
        let store = self.database.store().await;
        let mut follower = follower(&self.endpoint, &store);
        follower.load().await.expect("the state is readable");
        attester(&self.signer, Duration::ZERO, &store, &follower)
    }

    pub async fn post(&self, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let answer = reqwest::Client::new()
            .post(format!("{}/v1/attestations", self.url))
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .expect("the test's own world is in order");
        (
            answer.status().as_u16(),
            answer
                .json()
                .await
                .expect("the test's own world is in order"),
        )
    }

    pub async fn ask(&self, nonce: u64, source_block: u64) -> (u16, Value) {
        let body = json!({"destination": "anvil", "nonce": nonce, "source_block": source_block});
        self.post(body.to_string()).await
    }

    pub async fn refusal(&self, nonce: u64, source_block: u64) -> (u16, String) {
        let (status, body) = self.ask(nonce, source_block).await;
        (status, code(body))
    }
}

fn follower(endpoint: &SeriesEndpoint, store: &Store) -> Follower<SeriesEndpoint> {
    let outbox = Outbox::new(CHAIN_ID, CONTRACT);
    Follower::new(outbox, 5, vec![endpoint.clone()], store.clone())
}

fn attester(
    signer: &PrivateKeySigner,
    max_wait: Duration,
    store: &Store,
    follower: &Follower<SeriesEndpoint>,
) -> Arc<Attester> {
    let destinations = HashMap::from([
        ("anvil".to_owned(), (MIRROR, Epochs::Fixed(1))),
        ("second".to_owned(), (SECOND_MIRROR, Epochs::Fixed(2))),
    ]);
    Arc::new(Attester::new(
        signer.clone(),
        super::source(),
        destinations,
        max_wait,
        store.clone(),
        follower.halt_switch(),
    ))
}

/// What says how an attester is.
pub fn readiness(
    attester: Arc<Attester>,
    follower: &Follower<SeriesEndpoint>,
) -> Arc<AttestReadiness> {
    let liveness = Liveness::new(super::source().longest_silence, follower.progress());
    Arc::new(AttestReadiness { attester, liveness })
}

/// The code of a refusal.
pub fn code(body: Value) -> String {
    serde_json::from_value::<ErrorBody>(body)
        .expect("the test's own world is in order")
        .error
        .code
}
