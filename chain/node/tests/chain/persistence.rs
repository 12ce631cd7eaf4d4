//! What survives `kill -9`.

use crate::{
    blocks::submit_remarks,
    support::{wait_for, Process},
};
use tempfile::tempdir;

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
