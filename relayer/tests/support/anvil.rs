//! A private anvil with a mirror on it. `LEX_ANVIL` names the program; otherwise it is the one that
//! `npm ci` puts into contracts/mirror.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolConstructor;
use lex_client::abi::mirror::{ILicenseMirror, LicenseMirror};
use lex_relayer::config::EndpointUrl;
use lex_relayer::mirror::Mirror;
use serde_json::Value;

pub const ANVIL_CHAIN_ID: u64 = 31_337;

/// A running anvil; ends with this value.
pub struct Anvil {
    process: Child,
    pub url: EndpointUrl,
}

impl Anvil {
    /// `genesis_time` (Unix seconds) is where its clock begins; without one it is this machine's.
    pub async fn start(genesis_time: Option<u64>) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let clock = genesis_time.map(|time| ["--timestamp".to_owned(), time.to_string()]);
        let process = Command::new(program())
            .args(["--port", &port.to_string(), "--silent"])
            .args(clock.into_iter().flatten())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("anvil starts; run npm ci in contracts/mirror, or set LEX_ANVIL");
        let url = format!("http://127.0.0.1:{port}").parse().expect("a URL");
        let anvil = Self { process, url };
        let mirror = Mirror::new(&anvil.url, Address::ZERO).expect("a client");
        eventually("anvil answers", async || mirror.chain_id().await.is_ok()).await;
        anvil
    }

    /// Deploys a mirror of the tests' source.
    pub async fn deploy(&self, mut attesters: Vec<Address>, threshold: u8) -> Mirror {
        attesters.sort();
        let source = super::source();
        let provider = Mirror::new(&self.url, Address::ZERO).expect("a client");
        let provider = provider.provider();
        let accounts = provider.get_accounts().await.expect("anvil has accounts");
        let constructor = LicenseMirror::constructorCall {
            config: ILicenseMirror::Config {
                sourceChainId: U256::from(source.chain_id),
                sourceGenesis: source.genesis,
                sourceContract: source.contract,
                owner: accounts[0],
                attesters,
                threshold,
                maxAge: u64::from(u32::MAX),
            },
        };
        let code = [LicenseMirror::BYTECODE.to_vec(), constructor.abi_encode()].concat();
        let request = TransactionRequest::default()
            .with_from(accounts[0])
            .with_deploy_code(code);
        let receipt = provider
            .send_transaction(request)
            .await
            .expect("anvil takes the transaction")
            .get_receipt()
            .await
            .expect("anvil mines");
        let address = receipt.contract_address.expect("a deployment");
        Mirror::new(&self.url, address).expect("a client")
    }
}

/// Calls one of anvil's own methods.
pub async fn control(mirror: &Mirror, method: &'static str, parameters: Value) {
    let answer: Result<Value, _> = mirror
        .provider()
        .raw_request(method.into(), parameters)
        .await;
    answer.expect(method);
}

/// Polls a condition until it holds.
///
/// # Panics
/// After half a minute, naming the condition.
pub async fn eventually(label: &str, mut holds: impl AsyncFnMut() -> bool) {
    let polled = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        loop {
            ticks.tick().await;
            if holds().await {
                return;
            }
        }
    };
    let deadline = Duration::from_secs(30);
    assert!(
        tokio::time::timeout(deadline, polled).await.is_ok(),
        "not in time: {label}"
    );
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("LEX_ANVIL") {
        return program.into();
    }
    let folder = "../contracts/mirror/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil";
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}
