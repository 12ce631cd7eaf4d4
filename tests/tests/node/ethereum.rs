//! The Ethereum JSON-RPC.

use serde_json::json;
use tempfile::tempdir;

use crate::support::{Process, wait_for};

const ALITH: &str = "0xf24FF3a9CF04c71Dbc94D0b566f7A27B94566cac";

/// 10 000 000 000 000 tokens of 18 decimals, less the hundredth that an account must keep to exist:
/// the Ethereum side shows what can be spent.
const SPENDABLE: u128 = 9_999_999_999_999_990_000_000_000_000_000;

async fn balance_of_alith(eth_rpc: &Process) -> Option<u128> {
    let balance: String = eth_rpc
        .try_call("eth_getBalance", json!([ALITH, "latest"]))
        .await
        .ok()?;
    u128::from_str_radix(balance.trim_start_matches("0x"), 16).ok()
}

#[tokio::test]
async fn ethereum_accounts_are_endowed_and_the_chain_id_is_fixed() {
    let (chain, index) = (tempdir().unwrap(), tempdir().unwrap());
    let node = Process::node(chain.path(), &[]).await;
    let eth_rpc = Process::eth_rpc(&node, index.path()).await;
    let chain_id: String = eth_rpc.call("eth_chainId", json!([])).await;
    assert_eq!(chain_id, format!("{:#x}", 420_420_420));
    assert_eq!(balance_of_alith(&eth_rpc).await, Some(SPENDABLE));
}

#[tokio::test]
async fn it_survives_a_crash_of_the_node() {
    let (chain, index) = (tempdir().unwrap(), tempdir().unwrap());
    let node = Process::node(chain.path(), &[]).await;
    let eth_rpc = Process::eth_rpc(&node, index.path()).await;
    let ports = node.ports.clone();
    node.kill();

    let node = Process::node_on_ports(ports, chain.path(), &[]).await;
    node.seal(None).await;
    let (number, _) = node.best().await;
    wait_for("the new block in the Ethereum JSON-RPC", || async {
        let seen: String = eth_rpc.try_call("eth_blockNumber", json!([])).await.ok()?;
        (seen == format!("{number:#x}")).then_some(())
    })
    .await;
    assert_eq!(balance_of_alith(&eth_rpc).await, Some(SPENDABLE));
}
