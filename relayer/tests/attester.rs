//! The attester over HTTP, on a real database.

mod support;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{Address, Signature};
use alloy::signers::local::PrivateKeySigner;
use lex_model::Destination;
use lex_relayer::api::{AttestationResponse, ErrorBody};
use lex_relayer::attest::{Attester, Epochs, routes};
use lex_relayer::http;
use lex_relayer::outbox::{Follower, Outbox};
use lex_relayer::store::Store;
use serde_json::{Value, json};
use support::chain::{
    CHAIN_ID, CONTRACT, SeriesEndpoint, appended, block, block_hash, empty_outbox,
};
use support::postgres::Database;
use tokio::net::TcpListener;

const MIRROR: Destination = Destination {
    chain_id: 31_337,
    mirror: [5; 20],
};

/// An attester that has verified blocks 5 (updates 1 and 2) and 6 (no update).
struct Running {
    _database: Database,
    store: Store,
    address: Address,
    url: String,
    follower: Follower<SeriesEndpoint>,
}

impl Running {
    async fn start(max_wait: Duration) -> Self {
        let database = Database::new();
        let store = database.store().await;
        let (first, after_first) = appended(empty_outbox());
        let (second, end) = appended(after_first);
        let outbox = Outbox::new(CHAIN_ID, CONTRACT);
        let mut follower = Follower::new(outbox, 5, vec![SeriesEndpoint::new(end)], store.clone());
        follower
            .advance(&[block(5, vec![first, second])])
            .await
            .expect("the test's own world is in order");

        let signer = PrivateKeySigner::random();
        let address = signer.address();
        let destinations = HashMap::from([("anvil".to_owned(), (MIRROR, Epochs::Fixed(1)))]);
        let attester = Arc::new(Attester::new(
            signer,
            support::source(),
            destinations,
            max_wait,
            store.clone(),
            follower.halt_switch(),
        ));
        let router = http::router(routes(attester.clone()), attester, None);
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("the test's own world is in order");
        let url = format!(
            "http://{}",
            listener
                .local_addr()
                .expect("the test's own world is in order")
        );
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            _database: database,
            store,
            address,
            url,
            follower,
        }
    }

    async fn post(&self, body: impl Into<reqwest::Body>) -> (u16, Value) {
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

    async fn ask(&self, nonce: u64, source_block: u64) -> (u16, Value) {
        let body = json!({"destination": "anvil", "nonce": nonce, "source_block": source_block});
        self.post(body.to_string()).await
    }

    async fn refusal(&self, nonce: u64, source_block: u64) -> (u16, String) {
        let (status, body) = self.ask(nonce, source_block).await;
        (status, code(body))
    }
}

fn code(body: Value) -> String {
    serde_json::from_value::<ErrorBody>(body)
        .expect("the test's own world is in order")
        .error
        .code
}

#[tokio::test]
async fn a_verified_head_is_signed_and_the_signature_recovers() {
    let attester = Running::start(Duration::ZERO).await;
    let (status, body) = attester.ask(2, 5).await;
    assert_eq!(status, 200, "{body}");
    let answer: AttestationResponse = serde_json::from_value(body).unwrap();
    let signature = Signature::from_raw(&answer.signature).unwrap();
    let signer = signature
        .recover_address_from_prehash(&answer.digest)
        .unwrap();
    assert_eq!(
        (signer, answer.attester),
        (attester.address, attester.address)
    );
    assert_eq!(
        (answer.attestation.nonce, answer.attestation.source_block),
        (2, 5)
    );
    assert_eq!(answer.attestation.source_time, 1_700_000_005);
}

#[tokio::test]
async fn the_same_request_gets_the_same_signature() {
    let attester = Running::start(Duration::ZERO).await;
    assert_eq!(attester.ask(2, 5).await, attester.ask(2, 5).await);
    assert_eq!(attester.store.signature_count().await.unwrap(), 1);
}

#[tokio::test]
async fn a_block_that_holds_more_than_the_nonce_is_not_signed() {
    let attester = Running::start(Duration::ZERO).await;
    assert_eq!(attester.refusal(1, 5).await, (422, "block_too_new".into()));
    assert_eq!(attester.refusal(0, 5).await, (422, "block_too_new".into()));
}

#[tokio::test]
async fn what_is_not_verified_is_not_signed() {
    let attester = Running::start(Duration::ZERO).await;
    assert_eq!(attester.refusal(2, 6).await, (409, "not_finalized".into()));
    assert_eq!(
        attester.refusal(3, 5).await,
        (409, "nonce_not_verified".into())
    );
    assert_eq!(attester.refusal(2, 4).await, (404, "block_unknown".into()));
    assert_eq!(
        attester.refusal(u64::MAX, u64::MAX).await,
        (409, "not_finalized".into())
    );
    assert_eq!(attester.store.signature_count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_request_waits_for_its_block() {
    let mut attester = Running::start(Duration::from_secs(120)).await;
    let client = reqwest::Client::new();
    let body = json!({"destination": "anvil", "nonce": 2, "source_block": 6});
    let request = client
        .post(format!("{}/v1/attestations", attester.url))
        .json(&body)
        .send();
    let request = tokio::spawn(request);
    attester
        .follower
        .advance(&[block(6, Vec::new())])
        .await
        .unwrap();
    assert_eq!(request.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn after_a_disagreement_nothing_is_signed() {
    let mut attester = Running::start(Duration::ZERO).await;
    let mut fork = block(6, Vec::new());
    fork.parent_hash = block_hash(99);
    attester.follower.advance(&[fork]).await.unwrap();
    assert_eq!(attester.refusal(2, 5).await, (503, "halted".into()));
    assert_eq!(attester.store.signature_count().await.unwrap(), 0);
    let ready = reqwest::get(format!("{}/health/ready", attester.url))
        .await
        .unwrap();
    assert_eq!(ready.status(), 503);
}

#[tokio::test]
async fn hostile_requests_get_typed_errors() {
    let attester = Running::start(Duration::ZERO).await;
    let cases: [(&str, u16, &str); 8] = [
        ("", 400, "bad_request"),
        ("{", 400, "bad_request"),
        ("[]", 422, "bad_request"),
        (
            r#"{"destination":"anvil","nonce":-1,"source_block":5}"#,
            422,
            "bad_request",
        ),
        (
            r#"{"destination":"anvil","nonce":1e30,"source_block":5}"#,
            422,
            "bad_request",
        ),
        (r#"{"destination":"anvil","nonce":2}"#, 422, "bad_request"),
        (
            r#"{"destination":"anvil","nonce":2,"source_block":5,"epoch":9}"#,
            422,
            "bad_request",
        ),
        (
            r#"{"destination":"'; drop table halt","nonce":2,"source_block":5}"#,
            404,
            "unknown_destination",
        ),
    ];
    for (body, status, expected) in cases {
        let (got, answer) = attester.post(body).await;
        assert_eq!((got, code(answer).as_str()), (status, expected), "{body}");
    }
    let long = format!(
        r#"{{"destination":"{}","nonce":2,"source_block":5}}"#,
        "x".repeat(8_192)
    );
    let (status, answer) = attester.post(long).await;
    assert_eq!((status, code(answer).as_str()), (413, "too_large"));
}

#[tokio::test]
async fn unknown_paths_methods_and_media_types_get_typed_errors() {
    let attester = Running::start(Duration::ZERO).await;
    let client = reqwest::Client::new();
    let path = client
        .get(format!("{}/v2/anything", attester.url))
        .send()
        .await
        .unwrap();
    assert_eq!(path.status(), 404);
    assert_eq!(code(path.json().await.unwrap()), "unknown_path");
    let url = format!("{}/v1/attestations", attester.url);
    let method = client.get(&url).send().await.unwrap();
    assert_eq!(method.status(), 405);
    assert_eq!(code(method.json().await.unwrap()), "unknown_method");
    let media = client.post(&url).body("{}").send().await.unwrap();
    assert_eq!(media.status(), 415);
    assert_eq!(code(media.json().await.unwrap()), "not_json");
}
