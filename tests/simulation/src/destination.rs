//! The destination chain: a real anvil that mines, waits and reorganises as it is told.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use alloy::eips::BlockId;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, U256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::{Filter, TransactionRequest};
use alloy::sol_types::{SolConstructor, SolEvent};
use anyhow::{Context, Result};
use lex_client::abi::mirror::LicenseMirror::LicenseMirrorInstance;
use lex_client::abi::mirror::{ILicenseMirror, LicenseMirror};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// EIP-155 id of the destination chain.
pub const CHAIN_ID: u64 = 31_337;
/// Deepest reorganisation.
pub const DEEPEST: u64 = 64;
/// How long anvil may take to listen.
const LISTENS_WITHIN: Duration = Duration::from_secs(60);

/// Anvil with a mirror on it; it ends with this value.
pub struct Destination {
    process: Child,
    url: String,
    provider: DynProvider,
    mirror: LicenseMirrorInstance<DynProvider>,
}

/// What the mirror holds at one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mirrored {
    pub nonce: u64,
    pub head: B256,
    /// The source block up to which it says that it is complete.
    pub source_block: u64,
    /// That block's time in Unix seconds.
    pub source_time: u64,
}

/// What the mirror shows of one license.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub holder: Address,
    pub status: u8,
    pub is_usable: bool,
}

impl Destination {
    /// Starts anvil with its clock at this time (Unix seconds), deploys a mirror of the source for which
    /// two of the attesters have to sign, and gives each payer more than it can spend. From then on blocks
    /// are mined by [`Self::mine`] only.
    ///
    /// # Errors
    /// When anvil does not start, or refuses.
    pub async fn start(
        clock: u64,
        source_genesis: B256,
        mut attesters: Vec<Address>,
        payers: &[Address],
    ) -> Result<Self> {
        let mut process = Command::new(program())
            .args(["--port", "0", "--timestamp", &clock.to_string()])
            // As many states as any run needs stay in memory. Those that it writes to disk lack the
            // contracts' code when a reorganisation goes back to them.
            .args(["--prune-history", "100000"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("anvil does not start; run npm ci in contracts/mirror, or set LEX_ANVIL")?;
        let output = process.stdout.take().context("its output is piped")?;
        let address = timeout(LISTENS_WITHIN, listening(output)).await??;
        let url = format!("http://{address}");
        let provider = ProviderBuilder::new()
            .disable_recommended_fillers()
            .connect_http(url.parse()?)
            .erased();
        let accounts = provider.get_accounts().await?;
        attesters.sort();
        let constructor = LicenseMirror::constructorCall {
            config: ILicenseMirror::Config {
                sourceChainId: U256::from(crate::source::CHAIN_ID),
                sourceGenesis: source_genesis,
                sourceContract: crate::source::LICENSE,
                owner: accounts[0],
                guardian: accounts[1],
                attesters,
                threshold: 2,
                maxAge: u64::from(u32::MAX),
            },
        };
        let code = [LicenseMirror::BYTECODE.to_vec(), constructor.abi_encode()].concat();
        let request = TransactionRequest::default()
            .with_from(accounts[0])
            .with_deploy_code(code);
        let receipt = provider
            .send_transaction(request)
            .await?
            .get_receipt()
            .await?;
        let mirror = receipt.contract_address.context("the mirror is deployed")?;
        let mirror = LicenseMirrorInstance::new(mirror, provider.clone());
        let destination = Self {
            process,
            url,
            provider,
            mirror,
        };
        let plenty = U256::from(10).pow(U256::from(24));
        for payer in payers {
            let given = json!([payer, plenty]);
            destination.control("anvil_setBalance", given).await?;
        }
        destination
            .control("evm_setAutomine", json!([false]))
            .await?;
        // All this stays below every reorganisation.
        destination.mine(2 * DEEPEST).await?;
        Ok(destination)
    }

    /// Where anvil answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The mirror's address.
    pub fn mirror(&self) -> Address {
        *self.mirror.address()
    }

    /// Mines so many blocks.
    ///
    /// # Errors
    /// When anvil does not answer.
    pub async fn mine(&self, blocks: u64) -> Result<()> {
        self.control("anvil_mine", json!([blocks])).await
    }

    /// Replaces so many of the newest blocks by empty ones, or a few more where anvil has no state to go
    /// back to. Answers how many.
    ///
    /// # Errors
    /// When anvil does not answer.
    pub async fn reorganise(&self, depth: u64) -> Result<u64> {
        /// How many more are tried.
        const MORE: u64 = 16;
        let mut last = None;
        for depth in depth..depth + MORE {
            match self.control("anvil_reorg", json!([depth, []])).await {
                Ok(()) => return Ok(depth),
                Err(error) => last = Some(error),
            }
        }
        Err(last.expect("at least one was tried"))
    }

    /// What the mirror holds at the newest block. Nothing may mine meanwhile.
    ///
    /// # Errors
    /// When anvil does not answer.
    pub async fn mirrored(&self) -> Result<Mirrored> {
        let at = BlockId::latest();
        let nonce = self.mirror.nonce().block(at);
        let head = self.mirror.head().block(at);
        let as_of = self.mirror.asOf().block(at);
        let (nonce, head, as_of) = tokio::try_join!(
            nonce.call().into_future(),
            head.call().into_future(),
            as_of.call().into_future()
        )?;
        Ok(Mirrored {
            nonce,
            head,
            source_block: as_of.sourceBlock,
            source_time: as_of.sourceTime,
        })
    }

    /// What the mirror shows of a license at the newest block. Nothing may mine meanwhile.
    ///
    /// # Errors
    /// When anvil does not answer.
    pub async fn shown(&self, license: u64) -> Result<Shown> {
        let id = U256::from(license);
        let (of, usable) = (self.mirror.licenseOf(id), self.mirror.isUsable(id));
        let (of, is_usable) =
            tokio::try_join!(of.call().into_future(), usable.call().into_future())?;
        Ok(Shown {
            holder: of.holder,
            status: of.status,
            is_usable,
        })
    }

    /// License and version of each update that the mirror has written, in its present history.
    ///
    /// # Errors
    /// When anvil does not answer.
    pub async fn written(&self) -> Result<Vec<(u64, u32)>> {
        let filter = Filter::new()
            .address(self.mirror())
            .event_signature(LicenseMirror::LicenseUpdated::SIGNATURE_HASH)
            .from_block(0);
        let logs = self.provider.get_logs(&filter).await?;
        let decoded = logs.iter().map(|log| {
            let event = LicenseMirror::LicenseUpdated::decode_log(&log.inner)?;
            Ok((u64::try_from(event.tokenId)?, event.version))
        });
        decoded.collect()
    }

    async fn control(&self, method: &'static str, parameters: Value) -> Result<()> {
        let asked = self
            .provider
            .raw_request::<_, Value>(method.into(), parameters);
        asked.await.with_context(|| format!("{method} failed"))?;
        Ok(())
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The address that anvil says it listens on. What it says afterwards is read and dropped, or it would
/// end with the pipe.
fn listening(output: ChildStdout) -> oneshot::Receiver<String> {
    let (found, address) = oneshot::channel();
    thread::spawn(move || {
        let mut found = Some(found);
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("Listening on ")
                && let Some(found) = found.take()
            {
                // Whoever waited may have given up.
                let _ = found.send(address.to_owned());
            }
        }
    });
    address
}

fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("LEX_ANVIL") {
        return program.into();
    }
    lex_walk::in_repository("contracts/mirror/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil")
}
