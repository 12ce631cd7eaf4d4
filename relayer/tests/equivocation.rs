//! What an attester signs contradicts nothing it signed before, and nothing honest stops it: whoever
//! asks, how often, and with how many at once.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::B256;
use futures::future::join_all;
use futures::{StreamExt, stream};
use lex_model::{Attestation, SoftwareKeccak};
use lex_relayer::api::{AttestationRequest, AttestationResponse};
use lex_relayer::attest::{AttestError, Attester};
use lex_relayer::store::{AttestationRecord, RecordSignature};
use sqlx::{Executor, PgPool};
use support::attester::{MIRROR, Running, SECOND_MIRROR};
use support::postgres::Database;

/// Requests under way at a time.
const CONCURRENT: usize = 64;
/// Verified in all: the blocks 5 to 16 and the updates 1 to 7.
const BLOCKS: std::ops::Range<u64> = 5..17;
const NEWEST_NONCE: u64 = 7;
const DESTINATIONS: [&str; 2] = ["anvil", "second"];

/// `LEX_ATTEST_REQUESTS`, or some.
fn wanted_requests() -> u64 {
    let set = std::env::var("LEX_ATTEST_REQUESTS").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(4_000)
}

/// An attester that has verified [`BLOCKS`].
async fn running() -> Running {
    let mut running = Running::start(Duration::ZERO).await;
    for number in BLOCKS.skip(1) {
        running.verify(number, number % 2 == 0 && number < 16).await;
    }
    running
}

fn request(destination: &str, nonce: u64, source_block: u64) -> AttestationRequest {
    AttestationRequest {
        destination: destination.to_owned(),
        nonce,
        source_block,
        epoch: None,
    }
}

/// That update 4 is the last by the end of a block.
fn statement(epoch: u64, source_block: u64) -> Attestation {
    Attestation {
        source_chain_id: 1,
        source_genesis: [0; 32],
        source_contract: [0; 20],
        epoch,
        nonce: 4,
        head: [1; 32],
        source_block,
        source_time: source_block * 6,
    }
}

/// Every request that may be asked of it: each nonce, also those that a block holds more than, with each
/// block and destination.
fn all_requests() -> Vec<AttestationRequest> {
    let mut all = Vec::new();
    for destination in DESTINATIONS {
        for block in BLOCKS {
            all.extend((0..=NEWEST_NONCE).map(|nonce| request(destination, nonce, block)));
        }
    }
    all
}

async fn row_count(pool: &PgPool, table: &'static str) -> i64 {
    let count = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(count))
        .fetch_one(pool)
        .await
        .expect("the private cluster answers")
}

/// Asks each request in turn, as often as it takes; equal ones come at the same time, and to both.
async fn ask_many(attesters: [Arc<Attester>; 2], count: u64) -> BTreeMap<String, Vec<String>> {
    let all = all_requests();
    let asked = (0..count).map(|index| {
        // Eight equal requests in a row.
        let request = all[(index / 8) as usize % all.len()].clone();
        let attester = attesters[index as usize % 2].clone();
        async move {
            let answer = match attester.attest(&request, None).await {
                Ok(AttestationResponse {
                    digest, signature, ..
                }) => format!("{digest} {signature}"),
                Err(error) => error.code().to_owned(),
            };
            (format!("{request:?}"), answer)
        }
    });
    let mut answers = BTreeMap::<String, Vec<String>>::new();
    let mut asked = stream::iter(asked).buffer_unordered(CONCURRENT);
    while let Some((request, answer)) = asked.next().await {
        let given = answers.entry(request).or_default();
        if !given.contains(&answer) {
            given.push(answer);
        }
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_and_similar_requests_at_once_never_halt_and_leave_few_rows() {
    let running = running().await;
    let attesters = [running.attester.clone(), running.twin().await];
    let answers = ask_many(attesters, wanted_requests()).await;
    for (request, given) in &answers {
        assert_eq!(given.len(), 1, "{request} was answered by {given:?}");
        let refused = given[0] == "block_too_new";
        assert!(
            refused || given[0].starts_with("0x"),
            "{request}: {given:?}"
        );
    }
    assert_eq!(running.store.halt().await.unwrap(), None);

    let pool = running.database.pool().await;
    let (nonces, blocks) = (NEWEST_NONCE as i64, BLOCKS.count() as i64);
    let destinations = DESTINATIONS.len() as i64;
    assert!(row_count(&pool, "signed_head").await <= nonces + 1);
    assert!(row_count(&pool, "signed_block").await <= blocks);
    assert!(row_count(&pool, "signed_attestation").await <= destinations * (nonces + 1));
}

/// Eight equal statements at once about one block after the other, so that each time the first of them is
/// being written while the others come; from as many connections.
#[tokio::test(flavor = "multi_thread")]
async fn equal_statements_about_a_new_block_at_once_are_one_statement() {
    let mut database = Database::new();
    database.config.max_connections = 8;
    let store = database.store().await;
    for source_block in 0..wanted_requests() / 8 {
        let attestation = statement(1, source_block);
        let record = AttestationRecord {
            destination: MIRROR,
            attestation: &attestation,
            digest: attestation.digest::<SoftwareKeccak>(&MIRROR).into(),
            signature: &[7; 65],
        };
        let answers = join_all((0..8).map(|_| store.record_signature(record))).await;
        for answer in answers {
            assert_eq!(answer.unwrap(), RecordSignature::Recorded);
        }
    }
    assert_eq!(store.signature_count().await.unwrap(), 1);
}

#[tokio::test]
async fn the_same_about_another_epoch_destination_or_an_older_block_is_no_contradiction() {
    let database = Database::new();
    let store = database.store().await;
    for destination in [MIRROR, SECOND_MIRROR] {
        // A rotation, one that was reorganised away, and an attester that is asked late.
        for (epoch, block) in [(1, 9), (2, 9), (1, 9), (2, 10), (2, 8), (3, 10), (1, 8)] {
            let attestation = statement(epoch, block);
            let record = AttestationRecord {
                destination,
                attestation: &attestation,
                digest: attestation.digest::<SoftwareKeccak>(&destination).into(),
                signature: &[7; 65],
            };
            let answer = store.record_signature(record).await.unwrap();
            assert_eq!(answer, RecordSignature::Recorded, "{epoch} {block}");
        }
    }
    assert_eq!(store.signature_count().await.unwrap(), 6);
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_is_answered_again() {
    let running = running().await;
    let request = request("anvil", NEWEST_NONCE, 16);
    // Given up at every stage of recording: before, during and after the commit.
    for microseconds in (0..6_000).step_by(150) {
        let given_up = Duration::from_micros(microseconds);
        let _ = tokio::time::timeout(given_up, running.attester.attest(&request, None)).await;
        running.attester.attest(&request, None).await.unwrap();
    }
    assert_eq!(running.store.signature_count().await.unwrap(), 1);
}

/// Has `request` signed and asks again after `change` of the database, which is refused.
async fn asked_after(
    running: &Running,
    change: String,
    request: &AttestationRequest,
) -> AttestError {
    let signed = running.attester.attest(request, None).await;
    signed.expect("it is verified");
    let pool = running.database.pool().await;
    let changed = pool.execute(sqlx::AssertSqlSafe(change)).await;
    changed.expect("the private cluster answers");
    let again = running.attester.attest(request, None).await;
    again.expect_err("it contradicts what was signed")
}

#[tokio::test]
async fn another_head_for_a_signed_nonce_halts_for_good_and_both_are_named() {
    let running = running().await;
    let (signed, _) = running.store.head(3).await.unwrap().unwrap();
    let forged = B256::repeat_byte(0xee);
    let change = format!(
        "update source_update set head = decode('{}', 'hex') where source_update_id = 3",
        "ee".repeat(32)
    );
    let error = asked_after(&running, change, &request("anvil", 3, 6)).await;
    assert_eq!(error.code(), "equivocation");
    let reason = running.store.halt().await.unwrap().unwrap().reason;
    assert!(
        reason.contains(&signed.to_string()) && reason.contains(&forged.to_string()),
        "{reason}"
    );
    let twin = running.twin().await;
    let other = twin
        .attest(&request("second", 7, 16), None)
        .await
        .unwrap_err();
    assert_eq!(other.code(), "halted");
}

#[tokio::test]
async fn another_time_for_a_signed_block_halts_whatever_it_is_asked_for() {
    let running = running().await;
    let change = "update source_block set block_time = 7 where source_block_id = 8";
    let error = asked_after(&running, change.to_owned(), &request("anvil", 7, 8)).await;
    assert_eq!(error.code(), "equivocation");
    let reason = running.store.halt().await.unwrap().unwrap().reason;
    assert!(
        reason.contains("time 1700000008") && reason.contains("would be 7"),
        "{reason}"
    );
}
