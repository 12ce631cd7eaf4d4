//! What survives `kill -9`.

use std::env;
use std::time::{Duration, Instant};

use rand::Rng;
use serde_json::json;
use tempfile::tempdir;

use crate::support::{Process, submit_remarks, wait_for};

/// How often the node is killed in the test of finality; `LEX_KILLS` asks for more.
const KILLS: u32 = 10;
/// Longest time between an announcement of finality and the kill.
const SOON: Duration = Duration::from_millis(200);
/// Transactions under way in each round.
const BURST: u64 = 40;

#[tokio::test]
async fn a_killed_node_goes_on_from_its_last_block() {
    let path = tempdir().unwrap();
    let node = Process::node(path.path(), &[]).await;
    submit_remarks(&node, 0..5).await;
    wait_for("the transactions' blocks", || async {
        (node.alice_nonce().await == 5).then_some(())
    })
    .await;
    let (number, hash) = node.best().await;
    node.kill();

    let node = Process::node(path.path(), &[]).await;
    assert_eq!(node.best().await, (number, hash));
    assert_eq!(node.finalized_number().await, number);
    submit_remarks(&node, 5..6).await;
    wait_for("a transaction after the restart", || async {
        (node.alice_nonce().await == 6).then_some(())
    })
    .await;
}

#[tokio::test]
async fn finality_catches_up_when_the_delay_becomes_shorter() {
    let path = tempdir().unwrap();
    let node = Process::node(path.path(), &["--finality-delay", "100"]).await;
    for _ in 0..5 {
        node.seal(None).await;
    }
    let (number, hash) = node.best().await;
    assert_eq!(node.finalized_number().await, 0);
    node.kill();

    let node = Process::node(path.path(), &["--finality-delay", "1"]).await;
    assert_eq!(node.best().await, (number, hash));
    wait_for("finality to catch up", || async {
        (node.finalized_number().await == number - 1).then_some(())
    })
    .await;
}

/// Blocks that the node called final until it stopped answering.
async fn announced_as_final(node: &Process) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    while let Ok(head) = node.try_call("chain_getFinalizedHead", json!([])).await {
        if seen.last() != Some(&head) {
            seen.push(head);
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_was_called_final_is_never_lost() {
    let kills = env::var("LEX_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number"));
    let path = tempdir().unwrap();
    let mut next = 0;
    for round in 0..kills {
        let node = Process::node(path.path(), &[]).await;
        let (before, _) = node.best().await;
        let kill = async {
            submit_remarks(&node, next..next + BURST).await;
            wait_for("finality under load", || async {
                (node.finalized_number().await > before).then_some(())
            })
            .await;
            let pause = rand::rng().random_range(Duration::ZERO..SOON);
            let until = Instant::now() + pause;
            tokio::time::sleep_until(until.into()).await;
            node.kill_now();
        };
        let (announced, ()) = tokio::join!(announced_as_final(&node), kill);
        assert!(!announced.is_empty());
        drop(node);

        let node = Process::node(path.path(), &[]).await;
        for hash in &announced {
            let number = node.number_of(hash).await;
            assert_eq!(
                node.block_hash(number).await.as_ref(),
                Some(hash),
                "round {round}: block {number} was called final"
            );
            assert!(node.finalized_number().await >= number);
        }
        // What was in the pool of the killed node is gone with it.
        next = u64::from(node.alice_nonce().await);
    }
}
