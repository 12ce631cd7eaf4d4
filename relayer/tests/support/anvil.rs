//! A private anvil with a mirror on it. `LEX_ANVIL` names the program; otherwise it is the one that
//! `npm ci` puts into contracts/mirror.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
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
/// Longest wait for what must happen; long enough for a machine that has other work.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running anvil; ends with this value.
pub struct Anvil {
    process: Child,
    pub url: EndpointUrl,
}

impl Anvil {
    /// `genesis_time` (Unix seconds) is where its clock begins; without one it is this machine's.
    pub async fn start(genesis_time: Option<u64>) -> Self {
        let clock = genesis_time.map(|time| ["--timestamp".to_owned(), time.to_string()]);
        let mut process = Command::new(program())
            // It takes a free port itself: one that we found might be another program's by then.
            .args(["--port", "0"])
            // As many states as any test needs stay in memory. Those that it writes to disk lack the
            // contracts' code when a reorganisation goes back to them.
            .args(["--prune-history", "100000"])
            .args(clock.into_iter().flatten())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("anvil starts; run npm ci in contracts/mirror, or set LEX_ANVIL");
        let output = process.stdout.take().expect("its output is piped");
        let url = format!("http://{}", listening(output));
        let url = url.parse().expect("a URL");
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
                guardian: accounts[1],
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

/// The address that anvil says it listens on. What it says afterwards is read and dropped, or it would
/// end with the pipe.
fn listening(output: ChildStdout) -> String {
    let (found, address) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("Listening on ") {
                // The test may have given up.
                let _ = found.send(address.to_owned());
            }
        }
    });
    address
        .recv_timeout(PATIENCE)
        .expect("anvil says where it listens")
}

/// Calls one of anvil's own methods.
pub async fn control(mirror: &Mirror, method: &'static str, parameters: Value) -> Value {
    mirror
        .provider()
        .raw_request(method.into(), parameters)
        .await
        .expect(method)
}

/// Polls a condition until it holds.
///
/// # Panics
/// When it does not within [`PATIENCE`], naming the condition.
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
    assert!(
        tokio::time::timeout(PATIENCE, polled).await.is_ok(),
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
    "../contracts/mirror/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil".into()
}
