//! The connection to one endpoint: requests, reconnects, and what its errors mean.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alloy::primitives::{Address, B256};
use subxt::SubstrateConfig;
use subxt::config::RpcConfigFor;
use subxt::rpcs::{self, LegacyRpcMethods, RpcClient, UserError};
use subxt::utils::{AccountId32, H256};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::runtime::Runtime;
use crate::backoff::Backoff;
use crate::block::BlockRef;
use crate::endpoint::{EndpointAddress, EndpointName};
use crate::error::SourceError;
use crate::ethereum_rpc::with_causes;

pub(crate) type Rpc = LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>;

/// A request that takes longer is given up and the connection replaced.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Answers of trouble to one request after which the caller hears of it.
const TROUBLES: u32 = 4;
/// Between a request that the node could not serve and its repetition.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Requests that are on their way at the same time; more would only queue inside the node.
const REQUESTS_AT_ONCE: usize = 32;

/// One endpoint. Connects again by itself after a broken connection.
#[derive(Clone)]
pub(crate) struct Node {
    inner: Arc<Inner>,
}

struct Inner {
    address: EndpointAddress,
    genesis: B256,
    connection: tokio::sync::Mutex<Option<Connection>>,
    requests: Semaphore,
    connections: AtomicU64,
    /// The highest block known to be final.
    finalized: AtomicU64,
    runtimes: Mutex<HashMap<u32, Arc<Runtime>>>,
    contracts: Mutex<HashSet<Address>>,
}

#[derive(Clone)]
struct Connection {
    id: u64,
    rpc: Rpc,
}

impl Node {
    pub(crate) async fn connect(url: &str) -> Result<Self, SourceError> {
        let address = EndpointAddress::new(url);
        let mut troubles = Troubles::default();
        let (rpc, genesis) = loop {
            match open(&address).await {
                Ok(opened) => break opened,
                Err(error) => troubles.wait_after(error).await?,
            }
        };
        let inner = Inner {
            address,
            genesis,
            connection: tokio::sync::Mutex::new(Some(Connection { id: 0, rpc })),
            requests: Semaphore::new(REQUESTS_AT_ONCE),
            connections: AtomicU64::new(1),
            finalized: AtomicU64::new(0),
            runtimes: Mutex::default(),
            contracts: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    pub(crate) fn endpoint(&self) -> &EndpointName {
        self.inner.address.name()
    }

    pub(crate) fn genesis(&self) -> B256 {
        self.inner.genesis
    }

    /// Sends a request that may be repeated, over a new connection if the last one broke. It is
    /// repeated a few times when the node answers that it is in trouble.
    pub(crate) async fn ask<T, F>(&self, request: impl Fn(Rpc) -> F) -> Result<T, SourceError>
    where
        F: Future<Output = Result<T, rpcs::Error>>,
    {
        let mut troubles = Troubles::default();
        loop {
            match self.ask_once(&request).await {
                Ok(answer) => return Ok(answer),
                Err(error) => troubles.wait_after(error).await?,
            }
        }
    }

    /// As [`Node::ask`], for a request that must not be repeated.
    pub(crate) async fn ask_once<T, F>(
        &self,
        request: impl FnOnce(Rpc) -> F,
    ) -> Result<T, SourceError>
    where
        F: Future<Output = Result<T, rpcs::Error>>,
    {
        // The semaphore is never closed, so there is always a permit to wait for.
        let _permit = self.inner.requests.acquire().await;
        let connection = self.connection().await?;
        let error = match timeout(REQUEST_TIMEOUT, request(connection.rpc)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => source_error(&self.inner.address, error),
            Err(_) => connection_error(&self.inner.address, "no answer in time"),
        };
        if matches!(error, SourceError::Connection { .. }) {
            self.drop_connection(connection.id).await;
        }
        Err(error)
    }

    /// The last finalized block.
    pub(crate) async fn finalized(&self) -> Result<BlockRef, SourceError> {
        let hash = self
            .ask(|rpc| async move { rpc.chain_get_finalized_head().await })
            .await?;
        let header = self
            .ask(|rpc| async move { rpc.chain_get_header(Some(hash)).await })
            .await?
            .ok_or_else(|| self.unreadable("the finalized block has no header"))?;
        self.note_finalized(header.number);
        Ok(BlockRef {
            number: header.number,
            hash: B256::from(hash.0),
        })
    }

    /// Whether `number` is final; asks only when it was not known to be.
    pub(super) async fn is_finalized(&self, number: u64) -> Result<bool, SourceError> {
        if number <= self.inner.finalized.load(Ordering::Relaxed) {
            return Ok(true);
        }
        Ok(number <= self.finalized().await?.number)
    }

    pub(super) fn note_finalized(&self, number: u64) {
        self.inner.finalized.fetch_max(number, Ordering::Relaxed);
    }

    pub(crate) async fn block_hash(&self, number: u64) -> Result<Option<B256>, SourceError> {
        let hash = self
            .ask(|rpc| async move { rpc.chain_get_block_hash(Some(number.into())).await })
            .await?;
        Ok(hash.map(|hash| B256::from(hash.0)))
    }

    /// Calls the runtime with encoded arguments, at a block or at the best one.
    pub(super) async fn runtime_call(
        &self,
        at: Option<B256>,
        function: &str,
        arguments: &[u8],
    ) -> Result<Vec<u8>, SourceError> {
        let at = at.map(h256);
        self.ask(|rpc| async move { rpc.state_call(function, Some(arguments), at).await })
            .await
    }

    /// The runtime of a block, or of the best one; its metadata is fetched once per version.
    pub(crate) async fn runtime(&self, at: Option<B256>) -> Result<Arc<Runtime>, SourceError> {
        let hash = at.map(h256);
        let version = self
            .ask(|rpc| async move { rpc.state_get_runtime_version(hash).await })
            .await?;
        let known = lock(&self.inner.runtimes)
            .get(&version.spec_version)
            .cloned();
        if let Some(runtime) = known {
            return Ok(runtime);
        }
        let runtime = Arc::new(Runtime::load(self, at, version).await?);
        lock(&self.inner.runtimes).insert(runtime.spec_version(), runtime.clone());
        Ok(runtime)
    }

    /// The next nonce of an account, transactions in the node's pool counted.
    pub(crate) async fn next_nonce(&self, account: [u8; 32]) -> Result<u64, SourceError> {
        let account = AccountId32(account);
        self.ask(|rpc| async move { rpc.system_account_next_index(&account).await })
            .await
    }

    /// Contracts cannot be removed, so one that was seen is not looked for again.
    pub(super) fn is_known_contract(&self, contract: Address) -> bool {
        lock(&self.inner.contracts).contains(&contract)
    }

    pub(super) fn note_contract(&self, contract: Address) {
        lock(&self.inner.contracts).insert(contract);
    }

    pub(crate) fn unreadable(&self, what: impl Into<String>) -> SourceError {
        SourceError::Unreadable {
            endpoint: self.endpoint().clone(),
            what: what.into(),
        }
    }

    pub(super) fn unknown_runtime(&self, spec_version: u32, what: String) -> SourceError {
        SourceError::UnknownRuntime {
            endpoint: self.endpoint().clone(),
            spec_version,
            what,
        }
    }

    pub(super) fn broken(&self, reason: impl Into<String>) -> SourceError {
        connection_error(&self.inner.address, reason)
    }

    /// The current connection, or a new one to the same chain.
    async fn connection(&self) -> Result<Connection, SourceError> {
        let mut slot = self.inner.connection.lock().await;
        if let Some(connection) = slot.as_ref() {
            return Ok(connection.clone());
        }
        let (rpc, found) = open(&self.inner.address).await?;
        if found != self.inner.genesis {
            let (endpoint, expected) = (self.endpoint().clone(), self.inner.genesis);
            return Err(SourceError::WrongGenesis {
                endpoint,
                expected,
                found,
            });
        }
        let id = self.inner.connections.fetch_add(1, Ordering::Relaxed);
        tracing::info!(endpoint = %self.endpoint(), "connected to the node again");
        Ok(slot.insert(Connection { id, rpc }).clone())
    }

    /// Lets go of a connection that failed, unless somebody else replaced it already.
    async fn drop_connection(&self, id: u64) {
        let mut slot = self.inner.connection.lock().await;
        if slot.as_ref().is_some_and(|connection| connection.id == id) {
            *slot = None;
        }
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node")
            .field("endpoint", self.endpoint())
            .finish_non_exhaustive()
    }
}

pub(crate) fn h256(hash: B256) -> H256 {
    H256(hash.0)
}

/// Opens a connection and asks for the chain's first block.
async fn open(address: &EndpointAddress) -> Result<(Rpc, B256), SourceError> {
    let opened = async {
        let rpc = Rpc::new(RpcClient::from_insecure_url(address.reveal()).await?);
        let genesis = rpc.genesis_hash().await?;
        Ok((rpc, B256::from(genesis.0)))
    };
    timeout(REQUEST_TIMEOUT, opened)
        .await
        .map_err(|_| connection_error(address, "no connection in time"))?
        .map_err(|error| source_error(address, error))
}

/// A few answers of trouble in a row, waited out.
struct Troubles {
    left: u32,
    backoff: Backoff,
}

impl Default for Troubles {
    fn default() -> Self {
        Self {
            left: TROUBLES,
            backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE),
        }
    }
}

impl Troubles {
    /// Returns when it is time for the next attempt.
    ///
    /// # Errors
    /// The error itself, when it is not the node's trouble or there were too many.
    async fn wait_after(&mut self, error: SourceError) -> Result<(), SourceError> {
        let is_trouble = matches!(error, SourceError::Rpc { .. }) && error.is_transient();
        if !is_trouble || self.left == 0 {
            return Err(error);
        }
        self.left -= 1;
        let delay = self.backoff.next_delay();
        tracing::debug!(%error, ?delay, "the node is in trouble, asking again");
        sleep(delay).await;
        Ok(())
    }
}

fn connection_error(address: &EndpointAddress, reason: impl Into<String>) -> SourceError {
    SourceError::Connection {
        endpoint: address.name().clone(),
        reason: address.redact(reason),
    }
}

fn source_error(address: &EndpointAddress, error: rpcs::Error) -> SourceError {
    match error {
        rpcs::Error::User(answer) => refused_request(address, answer),
        rpcs::Error::Serialization(_)
        | rpcs::Error::Deserialization(_)
        | rpcs::Error::Decode(_) => SourceError::Unreadable {
            endpoint: address.name().clone(),
            what: address.redact(error.to_string()),
        },
        other => connection_error(address, with_causes(&other)),
    }
}

/// Substrate reports pruned state with the general code of client errors, so the text decides.
fn refused_request(address: &EndpointAddress, answer: UserError) -> SourceError {
    let endpoint = address.name().clone();
    let detail = answer
        .data
        .as_ref()
        .map(|data| format!(": {data}"))
        .unwrap_or_default();
    let message = address.redact(format!("{}{detail}", answer.message));
    if message.contains("State already discarded") {
        SourceError::PrunedState {
            endpoint,
            reason: message,
        }
    } else {
        SourceError::Rpc {
            endpoint,
            code: answer.code,
            message,
        }
    }
}

/// A panic while the lock was held cannot leave these collections half-changed.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
