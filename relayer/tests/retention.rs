//! What is forgotten, and what can be done all the same.

mod support;

use std::time::Duration;

use lex_relayer::api::AttestationRequest;
use support::attester::Running;

/// The test's blocks go from 5 to this.
const NEWEST: u64 = 40;
/// Those with an update, beside block 5.
const WITH_UPDATES: [u64; 3] = [12, 13, 30];
const KEPT: u64 = 4;

fn request(nonce: u64, source_block: u64) -> AttestationRequest {
    AttestationRequest {
        destination: "anvil".to_owned(),
        nonce,
        source_block,
        epoch: None,
    }
}

#[tokio::test]
async fn each_update_can_be_signed_for_again_after_old_blocks_are_forgotten() {
    let mut running = Running::start(Duration::ZERO).await;
    for number in 6..=NEWEST {
        let has_update = WITH_UPDATES.contains(&number);
        running.verify(number, has_update).await;
    }
    let (attester, store) = (running.attester.clone(), running.store.clone());
    let mut signed = Vec::new();
    for number in 5..=NEWEST {
        let nonce = store.block(number).await.unwrap().unwrap().nonce;
        let answer = attester
            .attest(&request(nonce, number), None)
            .await
            .unwrap();
        signed.push((number, nonce, answer));
    }
    let forgotten = store.forget_blocks(KEPT).await.unwrap();
    // 5, 11, 12, 13, 29, 30 and 36 to 40 stay, of 36; and as many of the times that were signed.
    assert_eq!(forgotten, 2 * (36 - 11));
    assert_eq!(store.forget_blocks(KEPT).await.unwrap(), 0);

    // What a deliverer asks for that begins anew: each update as of the last block before the next, and
    // the newest block.
    for (number, nonce, before) in signed {
        let again = attester.attest(&request(nonce, number), None).await;
        let is_kept = [5, 11, 12, 13, 29, 30].contains(&number) || number >= NEWEST - KEPT;
        match again {
            Ok(again) => assert!(is_kept && again == before, "block {number}"),
            Err(error) => assert!(!is_kept && error.code() == "block_unknown", "{error}"),
        }
    }
    let twin = running.twin().await;
    twin.attest(&request(5, NEWEST), None).await.unwrap();
    assert_eq!(store.halt().await.unwrap(), None);
}
