//! Submits contract calls and waits until they are final.

mod ethereum;
mod finality;
mod substrate;

use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;
use futures::future::join_all;
use futures::stream::{self, StreamExt};
use tokio::sync::{Mutex, OnceCell};
use tokio::time::timeout;

use self::ethereum::{EthereumAccount, Gas};
use self::finality::{Finality, Included, Outcome};
use self::substrate::SubstrateAccount;
use crate::account::address_to_account;
use crate::block::{BlockRef, ContractEvent};
use crate::error::CallError;
use crate::revive::Weight;
use crate::signer::Signer;
use crate::source::{Execution, Needs, Source};
use crate::task::in_its_own_task;

/// How long to wait for finality unless told otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(120);
/// Calls of one batch that are tried out at the same time.
const TRIALS_AT_ONCE: usize = 8;
/// How PolkaVM programs begin.
const POLKAVM_MAGIC: &[u8] = b"PVM\0";

/// Submits contract calls of one signer. Cheap to clone and usable from several tasks at once:
/// nonces are handed out here, so that many transactions can be on their way together.
#[derive(Clone)]
pub struct Submitter {
    inner: Arc<Inner>,
    timeout: Duration,
}

struct Inner {
    source: Source,
    account: Account,
    chain_id: OnceCell<u64>,
    nonces: Mutex<Nonces>,
    finality: Finality,
}

enum Account {
    Substrate(SubstrateAccount),
    Ethereum(EthereumAccount),
}

/// The node may not count a transaction that it has just accepted, so what was handed out here
/// counts as long as any of it is on its way.
#[derive(Default)]
struct Nonces {
    next: u64,
    on_their_way: Arc<()>,
}

impl Nonces {
    fn choose(&self, reported: u64) -> u64 {
        if Arc::strong_count(&self.on_their_way) == 1 {
            reported
        } else {
            reported.max(self.next)
        }
    }
}

/// A transaction that succeeded and is final.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// The hash its sender knows, as in [`ContractEvent::transaction_hash`].
    pub transaction_hash: B256,
    pub block: BlockRef,
    /// Events of all contracts in this transaction.
    pub events: Vec<ContractEvent>,
    /// When the signed transaction was handed to the node.
    pub submitted_at: Instant,
    /// When the node answered that it had checked it and taken it into its pool.
    pub accepted_at: Instant,
    /// When its finality was seen.
    pub finalized_at: Instant,
    pub cost: Cost,
}

/// What a transaction cost, as the chain reported it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// What it took of the block.
    pub weight: Weight,
    /// In the chain's own smallest unit.
    pub fee: u128,
    /// What it had to deposit for storage beyond what it got back, in the same unit; comes on top of
    /// the fee, and is negative when it freed more than it filled.
    pub deposit: i128,
}

/// An execution that was tried out and may be submitted.
struct Prepared {
    execution: Execution,
    needs: Needs,
    /// Used by Ethereum transactions only.
    gas: Gas,
}

struct Signed {
    hash: B256,
    raw: Vec<u8>,
    /// The version of the runtime that it is for; `None` when it is for all.
    spec_version: Option<u32>,
}

/// A transaction that the node accepted.
struct Pending {
    execution: Execution,
    hash: B256,
    submitted_at: Instant,
    accepted_at: Instant,
    outcome: Outcome,
    _on_its_way: Arc<()>,
}

impl Submitter {
    /// `ethereum_rpc` is the chain's Ethereum JSON-RPC (HTTP); only Ethereum keys need it.
    ///
    /// # Errors
    /// [`CallError::NoEthereumRpc`] or an unreadable URL.
    pub fn new(
        source: Source,
        ethereum_rpc: Option<&str>,
        signer: Signer,
    ) -> Result<Self, CallError> {
        let account = match signer {
            Signer::Substrate(pair) => Account::Substrate(SubstrateAccount::new(pair)),
            Signer::Ethereum(key) => {
                let url = ethereum_rpc.ok_or(CallError::NoEthereumRpc)?;
                Account::Ethereum(EthereumAccount::new(key, url)?)
            }
        };
        let inner = Inner {
            account,
            chain_id: OnceCell::new(),
            nonces: Mutex::default(),
            finality: Finality::new(source.node.clone()),
            source,
        };
        Ok(Self {
            inner: Arc::new(inner),
            timeout: DEFAULT_TIMEOUT,
        })
    }

    /// How long to wait for finality before [`CallError::Timeout`]; two minutes unless told.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The signer's account as contracts see it.
    pub fn address(&self) -> Address {
        self.inner.account.address()
    }

    /// The chain that calls go to.
    pub fn source(&self) -> &Source {
        &self.inner.source
    }

    /// Tries the call out, submits it, and waits until it is final.
    ///
    /// # Errors
    /// [`CallError::Refused`] when a rule says no, before any fee is spent if the trial saw it.
    pub async fn call<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
    ) -> Result<Submitted, CallError> {
        let execution = Execution::Call {
            contract,
            data: call.abi_encode(),
        };
        Ok(self.execute(execution).await?.0)
    }

    /// Submits many ABI-encoded calls, in order, without waiting for one before sending the next;
    /// the results are in the order of the calls. Each is tried out against the state before the
    /// batch, so calls that need the effect of an earlier one belong into a later batch.
    pub async fn call_many(
        &self,
        calls: Vec<(Address, Vec<u8>)>,
    ) -> Vec<Result<Submitted, CallError>> {
        let executions = calls
            .into_iter()
            .map(|(contract, data)| Execution::Call { contract, data });
        // Those that are tried out hold what the one that is sent may wait for: the connection, when it
        // has to be opened again.
        let mut prepared = stream::iter(executions)
            .map(|execution| {
                let submitter = self.clone();
                in_its_own_task(async move { submitter.prepare(execution).await })
            })
            .buffered(TRIALS_AT_ONCE);
        let mut sent = Vec::new();
        while let Some(prepared) = prepared.next().await {
            sent.push(match prepared {
                Ok(prepared) => self.send(prepared).await,
                Err(error) => Err(error),
            });
        }
        join_all(
            sent.into_iter()
                .map(|sent| async move { Ok(self.confirm(sent?).await?.0) }),
        )
        .await
    }

    /// Creates a contract from PolkaVM or EVM code with ABI-encoded constructor arguments.
    ///
    /// # Errors
    /// As [`Submitter::call`].
    pub async fn deploy(
        &self,
        mut code: Vec<u8>,
        constructor_args: Vec<u8>,
    ) -> Result<(Address, Submitted), CallError> {
        let mut data = constructor_args;
        if !code.starts_with(POLKAVM_MAGIC) {
            // EVM code finds its arguments behind itself.
            code.append(&mut data);
        }
        let (submitted, created) = self.execute(Execution::Deploy { code, data }).await?;
        let address = created
            .into_iter()
            .find(|(deployer, _)| *deployer == self.address());
        match address {
            Some((_, contract)) => Ok((contract, submitted)),
            None => Err(CallError::Dispatch(
                "the chain reported no new contract".to_owned(),
            )),
        }
    }

    async fn execute(
        &self,
        execution: Execution,
    ) -> Result<(Submitted, Vec<(Address, Address)>), CallError> {
        let prepared = self.prepare(execution).await?;
        let pending = self.send(prepared).await?;
        self.confirm(pending).await
    }

    /// Tries it out at the best block; a refusal ends it here.
    async fn prepare(&self, execution: Execution) -> Result<Prepared, CallError> {
        let origin = self.inner.account.origin();
        let (needs, _) = self.inner.source.try_out(None, origin, &execution).await?;
        let gas = match &self.inner.account {
            Account::Substrate(_) => Gas::default(),
            Account::Ethereum(account) => account.gas(&self.inner.source, &execution).await?,
        };
        Ok(Prepared {
            execution,
            needs,
            gas,
        })
    }

    /// Signs with the next nonce and hands it to the node. One at a time, so that a transaction
    /// that is not accepted leaves no gap in front of the next one.
    async fn send(&self, prepared: Prepared) -> Result<Pending, CallError> {
        let inner = &self.inner;
        let mut nonces = inner.nonces.lock().await;
        let nonce = nonces.choose(inner.source.node.next_nonce(inner.account.origin()).await?);
        let (hash, submitted_at, outcome) = self.sign_and_broadcast(nonce, &prepared).await?;
        let accepted_at = Instant::now();

        nonces.next = nonce + 1;
        Ok(Pending {
            execution: prepared.execution,
            hash,
            submitted_at,
            accepted_at,
            outcome,
            _on_its_way: nonces.on_their_way.clone(),
        })
    }

    /// A signature is for one version of the runtime. When the chain was upgraded after signing, the
    /// node refuses the transaction, and it is signed anew; the nonce keeps it from being executed
    /// twice.
    async fn sign_and_broadcast(
        &self,
        nonce: u64,
        prepared: &Prepared,
    ) -> Result<(B256, Instant, Outcome), CallError> {
        let inner = &self.inner;
        loop {
            let signed = inner.sign(nonce, prepared).await?;
            let outcome = inner.finality.watch(signed.hash).await?;
            let submitted_at = Instant::now();
            match inner.broadcast(&signed).await {
                Ok(()) => return Ok((signed.hash, submitted_at, outcome)),
                Err(CallError::Dispatch(reason)) if inner.is_outdated(&signed).await? => {
                    tracing::info!(%reason, "the chain was upgraded meanwhile, signing anew");
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn confirm(
        &self,
        pending: Pending,
    ) -> Result<(Submitted, Vec<(Address, Address)>), CallError> {
        let outcome = timeout(self.timeout, pending.outcome).await;
        let included = match outcome {
            Ok(Ok(included)) => included?,
            // The follower ends only with an outcome for everyone, or when the runtime shuts down.
            Ok(Err(_)) | Err(_) => {
                let (transaction_hash, waited) = (pending.hash, self.timeout);
                return Err(CallError::Timeout {
                    transaction_hash,
                    waited,
                });
            }
        };
        if let Some(failure) = &included.failure {
            return Err(self
                .explain_failure(&pending.execution, &included, failure)
                .await);
        }
        let submitted = Submitted {
            transaction_hash: pending.hash,
            block: included.block,
            events: included.events,
            submitted_at: pending.submitted_at,
            accepted_at: pending.accepted_at,
            finalized_at: included.finalized_at,
            cost: included.cost,
        };
        Ok((submitted, included.created))
    }

    /// The chain keeps no revert data, so the call is tried out again around the block in which it
    /// failed.
    async fn explain_failure(
        &self,
        execution: &Execution,
        included: &Included,
        failure: &[u8],
    ) -> CallError {
        let source = &self.inner.source;
        let origin = self.inner.account.origin();
        for at in [included.parent_hash, included.block.hash] {
            let error = source.try_out(Some(at), origin, execution).await.err();
            if let Some(error @ (CallError::Refused(_) | CallError::Reverted(_))) = error {
                return error;
            }
        }
        // The block's own state may hold another runtime already.
        match source.node.runtime(Some(included.parent_hash)).await {
            Ok(runtime) => runtime.dispatch_error(failure),
            Err(error) => error.into(),
        }
    }
}

impl Inner {
    async fn sign(&self, nonce: u64, prepared: &Prepared) -> Result<Signed, CallError> {
        match &self.account {
            Account::Substrate(account) => account.sign(&self.source.node, nonce, prepared).await,
            Account::Ethereum(account) => {
                let chain_id = *self
                    .chain_id
                    .get_or_try_init(|| self.source.chain_id())
                    .await?;
                account.sign(chain_id, nonce, prepared).await
            }
        }
    }

    /// Whether the chain runs another version of its runtime than what was signed for.
    async fn is_outdated(&self, signed: &Signed) -> Result<bool, CallError> {
        let Some(spec_version) = signed.spec_version else {
            return Ok(false);
        };
        let runtime = self.source.node.runtime(None).await?;
        Ok(runtime.spec_version() != spec_version)
    }

    async fn broadcast(&self, signed: &Signed) -> Result<(), CallError> {
        match &self.account {
            Account::Substrate(account) => account.broadcast(&self.source.node, signed).await,
            Account::Ethereum(account) => account.broadcast(signed).await,
        }
    }
}

impl Account {
    fn address(&self) -> Address {
        match self {
            Self::Substrate(account) => account.address(),
            Self::Ethereum(account) => account.address(),
        }
    }

    /// The account as the chain keeps it.
    fn origin(&self) -> [u8; 32] {
        match self {
            Self::Substrate(account) => account.account(),
            Self::Ethereum(account) => address_to_account(account.address()),
        }
    }
}

impl std::fmt::Debug for Submitter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let endpoint = self.inner.source.endpoint();
        write!(f, "Submitter({} at {endpoint})", self.address())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_count_matters_while_something_is_on_its_way() {
        let nonces = Nonces {
            next: 7,
            ..Nonces::default()
        };
        assert_eq!(
            nonces.choose(5),
            5,
            "nothing is on its way: the node knows best"
        );
        let on_its_way = nonces.on_their_way.clone();
        assert_eq!(nonces.choose(5), 7, "the node lags behind");
        assert_eq!(nonces.choose(9), 9, "another program used the key");
        drop(on_its_way);
        assert_eq!(nonces.choose(5), 5, "the transaction was lost");
    }
}
