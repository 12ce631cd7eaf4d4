//! The attester over HTTP, on a real database.

mod support;

use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::Signature;
use lex_relayer::api::AttestationResponse;
use lex_service::DoorsConfig;
use serde_json::json;
use support::attester::{Running, code};
use support::chain::{block, block_hash};
use tokio::task::JoinSet;

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

/// A set that was rotated out, or is not in yet, must not get a signature that would count one day.
#[tokio::test]
async fn a_request_for_another_epoch_than_the_destinations_is_refused() {
    let attester = Running::start(Duration::ZERO).await;
    let ask = async |epoch: u64| {
        let body = json!({"destination": "anvil", "nonce": 2, "source_block": 5, "epoch": epoch});
        attester.post(body.to_string()).await
    };
    for epoch in [0, 2] {
        let (status, body) = ask(epoch).await;
        assert_eq!((status, code(body).as_str()), (409, "other_epoch"));
    }
    assert_eq!(attester.store.signature_count().await.unwrap(), 0);
    let (status, body) = ask(1).await;
    assert_eq!((status, &body["attestation"]["epoch"]), (200, &json!(1)));
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
            r#"{"destination":"anvil","nonce":2,"source_block":5,"round":9}"#,
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

/// Who asks for blocks that are not there yet holds up nobody, not even others from the same place.
#[tokio::test]
async fn requests_that_wait_hold_up_no_other() {
    let attester = Arc::new(Running::start(Duration::from_secs(20)).await);
    let mut waiting = JoinSet::new();
    let limits = DoorsConfig::default();
    for _ in 0..2 * limits.max_requests_per_client {
        let attester = attester.clone();
        waiting.spawn(async move { attester.ask(2, 999).await });
    }
    for _ in 0..50 {
        assert_eq!(attester.ask(2, 5).await.0, 200);
    }
    assert!(waiting.try_join_next().is_none(), "they still wait");
}
