//! The real node as a chain that random walks run on.

use std::collections::HashMap;
use std::future::Future;

use alloy::network::TransactionBuilder;
use alloy::primitives::utils::parse_ether;
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::TransactionRequest;
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use anyhow::{Context, Result};
use lex_cli::deploy::ethereum;
use lex_client::{Address, B256, CallError, Signer, Source, Submitted, Submitter, U256};
use lex_walk::{Chain, Failure, Log, Receipt, Refused, people};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::{NodeControl, System};

/// Alith: an Ethereum development account that the chain endows; a public key of no worth.
const ENDOWED: &str = "0x5fb92d6e98884f76de468fa3f6278f8807c48bebc13595d45af5bdc4da702133";

/// What each of a walk's people starts with, in the chain's token.
const ENDOWMENT: &str = "10000";

/// A node on which the people of random walks sign Ethereum transactions. To be used in a runtime of
/// several threads.
pub struct NodeChain {
    source: Source,
    provider: DynProvider,
    control: NodeControl,
    submitters: HashMap<Address, Submitter>,
    now: u64,
}

impl NodeChain {
    /// The node of a stack, with tokens for everyone.
    ///
    /// # Errors
    /// When the node refuses or does not answer.
    pub async fn new(system: &System) -> Result<Self> {
        let eth_rpc = &system.network.eth_rpc;
        let endowed: PrivateKeySigner = ENDOWED.parse()?;
        let provider = ethereum(eth_rpc, Some(endowed))?;
        let mut submitters = HashMap::new();
        for person in people::all() {
            let amount = TransactionRequest::default()
                .with_to(person)
                .with_value(parse_ether(ENDOWMENT)?);
            provider
                .send_transaction(amount)
                .await?
                .get_receipt()
                .await?;
            let key = people::key(person).context("everyone has a key")?;
            let signer = Signer::Ethereum(PrivateKeySigner::from_bytes(&key)?);
            submitters.insert(person, system.network.submitter(signer)?);
        }
        let mut chain = Self {
            source: system.network.source.clone(),
            provider,
            control: NodeControl::new(&system.stack.endpoints().node)?,
            submitters,
            now: 0,
        };
        chain.now = chain.time().await?;
        Ok(chain)
    }

    /// The last block's time.
    async fn time(&self) -> Result<u64> {
        let last = self.source.finalized().await?;
        let block = self.source.block(last.number, &[]).await?;
        Ok(block.context("the last block is there")?.time)
    }

    fn submitter(&self, from: Address) -> Submitter {
        self.submitters[&from].clone()
    }

    /// What was submitted, and the time that it met.
    fn finished(&mut self, submitted: Result<Submitted, CallError>) -> Result<Vec<Log>, Failure> {
        self.now = wait_for(self.time()).expect("the node answers");
        let events = submitted.map_err(failure)?.events.into_iter();
        Ok(events
            .map(|event| Log {
                contract: event.contract,
                topics: event.topics,
                data: event.data.to_vec(),
            })
            .collect())
    }
}

impl Chain for NodeChain {
    fn now(&self) -> u64 {
        self.now
    }

    fn wait_until(&mut self, time: u64) {
        if let Some(seconds) = time.checked_sub(self.now).filter(|seconds| *seconds > 0) {
            wait_for(self.control.advance(seconds)).expect("the node's clock can be moved");
            self.now = wait_for(self.time()).expect("the node answers");
        }
    }

    fn deploy(&mut self, from: Address, blob: &[u8], arguments: &[u8]) -> Result<Address, Failure> {
        let submitter = self.submitter(from);
        let created = wait_for(submitter.deploy(blob.to_vec(), arguments.to_vec()));
        let (address, submitted) = created.map_err(failure)?;
        self.finished(Ok(submitted))?;
        Ok(address)
    }

    fn send(&mut self, from: Address, to: Address, data: &[u8]) -> Result<Receipt, Failure> {
        // A transaction's output is not kept; it is what the same call answers just before.
        let output = self.read(from, to, data)?;
        let submitter = self.submitter(from);
        let submitted = wait_for(submitter.call_many(vec![(to, data.to_vec())]));
        let only = submitted.into_iter().next().expect("one call, one answer");
        let logs = self.finished(only)?;
        Ok(Receipt { output, logs })
    }

    fn read(&mut self, from: Address, to: Address, data: &[u8]) -> Result<Vec<u8>, Failure> {
        wait_for(self.source.read_encoded(None, to, from, data.to_vec())).map_err(failure)
    }

    fn word(&mut self, contract: Address, slot: B256) -> B256 {
        let stored = wait_for(async {
            self.provider
                .get_storage_at(contract, U256::from_be_bytes(slot.0))
                .await
        });
        stored.expect("the node answers").into()
    }

    fn sign(&self, account: Address, digest: B256) -> [u8; 65] {
        let key = people::key(account).expect("the account takes part");
        let signer = PrivateKeySigner::from_bytes(&key).expect("it is a key");
        let signature = signer.sign_hash_sync(&digest).expect("a key signs");
        signature.as_bytes()
    }
}

fn wait_for<T>(future: impl Future<Output = T>) -> T {
    block_in_place(|| Handle::current().block_on(future))
}

fn failure(error: CallError) -> Failure {
    match error {
        CallError::Refused(refusal) => Failure::Refused(Refused {
            code: refusal.code,
            rule_version: refusal.rule_version,
            detail: refusal.detail,
        }),
        CallError::Reverted(data) => Failure::Reverted(data.to_vec()),
        other => Failure::Broken(other.to_string()),
    }
}
