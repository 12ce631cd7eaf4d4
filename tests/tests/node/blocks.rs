//! Sealing, finality, forks and time.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{Process, submit_remarks, wait_for};

const DAY: u64 = 86_400;

/// Waits for the block that a new chain begins with and returns its hash. Found by its number a block
/// need not be the best one yet.
async fn first_block(node: &Process) -> String {
    wait_for("the first block", || async {
        let (number, hash) = node.best().await;
        (number >= 1).then_some(hash)
    })
    .await
}

#[tokio::test]
async fn every_start_has_the_same_genesis() {
    let (first_path, second_path) = (tempdir().unwrap(), tempdir().unwrap());
    let first = Process::node(first_path.path(), &[]).await;
    let second = Process::node(second_path.path(), &["--block-time", "1s"]).await;
    assert_eq!(first.block_hash(0).await, second.block_hash(0).await);
}

#[tokio::test]
async fn a_new_chain_has_a_time() {
    let path = tempdir().unwrap();
    let node = Process::node(path.path(), &[]).await;
    first_block(&node).await;
    assert!(node.best_block_time().await > 1_700_000_000);
}

#[tokio::test]
async fn a_burst_is_sealed_and_finalized_to_the_last_transaction() {
    let path = tempdir().unwrap();
    let node = Process::node(path.path(), &[]).await;
    submit_remarks(&node, 0..100).await;
    wait_for("all transactions to be sealed", || async {
        (node.alice_nonce().await == 100).then_some(())
    })
    .await;
    wait_for("the last block to be final", || async {
        (node.finalized_number().await == node.best().await.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn blocks_come_by_time_if_asked() {
    let path = tempdir().unwrap();
    let node = Process::node(path.path(), &["--block-time", "200ms"]).await;
    wait_for("five blocks", || async { node.block_hash(5).await }).await;
}

#[tokio::test]
async fn finality_follows_at_its_delay() {
    let path = tempdir().unwrap();
    let node = Process::node(path.path(), &["--finality-delay", "3"]).await;
    first_block(&node).await;
    while node.best().await.0 < 10 {
        node.seal(None).await;
    }
    wait_for("block 7 to be final", || async {
        (node.finalized_number().await == 7).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_longer_fork_replaces_the_best_chain() {
    let path = tempdir().unwrap();
    let node = Process::node(path.path(), &["--finality-delay", "10"]).await;
    let root = first_block(&node).await;
    let abandoned = node.seal(None).await;
    assert_eq!(node.best().await, (2, abandoned.clone()));

    let mut tip = node.seal(Some(&root)).await;
    assert_eq!(node.best().await, (2, abandoned.clone()));
    tip = node.seal(Some(&tip)).await;

    assert_eq!(node.best().await, (3, tip));
    assert_ne!(node.block_hash(2).await, Some(abandoned));
}

#[tokio::test]
async fn a_transaction_outlives_the_fork_that_held_it() {
    let path = tempdir().unwrap();
    let node = Process::node(path.path(), &["--finality-delay", "10"]).await;
    let root = first_block(&node).await;
    submit_remarks(&node, 0..1).await;
    wait_for("the transaction's block", || async {
        node.block_hash(2).await
    })
    .await;

    let tip = node.seal(Some(&root)).await;
    node.seal(Some(&tip)).await;

    wait_for("the transaction on the new best chain", || async {
        (node.alice_nonce().await == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_fork_below_finality_is_refused() {
    let path = tempdir().unwrap();
    let node = Process::node(path.path(), &[]).await;
    let root = first_block(&node).await;
    for _ in 0..2 {
        node.seal(None).await;
    }
    wait_for("block 3 to be final", || async {
        (node.finalized_number().await == 3).then_some(())
    })
    .await;
    let fork = node
        .try_call::<Value>("engine_createBlock", json!([true, false, root]))
        .await;
    assert!(fork.is_err(), "created {fork:?}");
}

#[tokio::test]
async fn time_moves_forward_and_stays_there_after_a_crash() {
    let path = tempdir().unwrap();
    let node = Process::node(path.path(), &[]).await;
    first_block(&node).await;
    let before = node.best_block_time().await;

    let moved: u64 = node.call("dev_increaseTime", json!([400 * DAY])).await;
    assert!(moved >= before + 400 * DAY);
    assert_eq!(node.best_block_time().await, moved);
    node.kill();

    let node = Process::node(path.path(), &[]).await;
    node.seal(None).await;
    let after = node.best_block_time().await;
    assert!(
        (moved..moved + DAY).contains(&after),
        "{after} is not soon after {moved}"
    );
}

#[tokio::test]
async fn time_cannot_be_moved_without_limit() {
    let path = tempdir().unwrap();
    let node = Process::node(path.path(), &[]).await;
    for seconds in [201 * 365 * DAY, u64::MAX] {
        let moved = node
            .try_call::<u64>("dev_increaseTime", json!([seconds]))
            .await;
        assert!(moved.is_err(), "moved to {moved:?}");
    }
}
