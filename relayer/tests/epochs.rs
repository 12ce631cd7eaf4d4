//! The epoch that an attester signs for, read from a real node.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use alloy::primitives::{Address, hex};
use futures::future::join_all;
use lex_relayer::attest::Epochs;
use lex_relayer::mirror::Mirror;
use serde_json::json;
use support::anvil::{Anvil, control, eventually};
use tokio::net::TcpListener;

const MIRROR: Address = Address::repeat_byte(7);

/// Has the contract at [`MIRROR`] answer everything with `epoch`.
async fn rotate(mirror: &Mirror, epoch: u8) {
    // push1 epoch, push0, mstore, push1 32, push0, return
    let code = [0x60, epoch, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3];
    let parameters = json!([MIRROR, hex::encode_prefixed(code)]);
    control(mirror, "anvil_setCode", parameters).await;
}

#[tokio::test]
async fn a_rotation_that_is_reorganised_away_is_not_signed_for_any_longer() {
    let anvil = Anvil::start(None).await;
    let mirror = Mirror::new(&anvil.url, MIRROR).unwrap();
    rotate(&mirror, 1).await;
    for max_age in [Duration::ZERO, Duration::from_secs(1)] {
        let epochs = Epochs::of_mirror(mirror.clone(), max_age);
        let before = control(&mirror, "evm_snapshot", json!([])).await;
        rotate(&mirror, 2).await;
        assert_eq!(epochs.current().await.unwrap(), 2);
        control(&mirror, "evm_revert", json!([before])).await;
        let back = async || epochs.current().await.unwrap() == 1;
        if max_age.is_zero() {
            assert!(back().await, "each request reads");
        }
        eventually("the epoch before is current again", back).await;
    }
}

#[tokio::test]
async fn those_who_wait_for_a_node_that_fails_do_not_ask_it_one_by_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicU32::new(0));
    let count = connections.clone();
    // It takes connections and says nothing.
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            drop(connection);
        }
    });
    let mirror = Mirror::new(&url.parse().unwrap(), MIRROR).unwrap();
    let epochs = Epochs::of_mirror(mirror, Duration::from_secs(60));
    let answers = join_all((0..50).map(|_| epochs.current())).await;
    assert!(answers.iter().all(Result::is_err));
    // The client may have tried again by itself, but not for each of them.
    assert!(connections.load(Ordering::Relaxed) < 10);
}
