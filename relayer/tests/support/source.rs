//! A source chain in memory, and its nodes, each of which misbehaves as it is told.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy::primitives::{Address, B256};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use lex_client::{BlockRef, Pulse, SourceBlock, SourceError};
use lex_relayer::outbox::{Endpoint, EndpointError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::chain::{appended, block, block_hash, empty_outbox};

/// Between two blocks without updates.
const INTERVAL: Duration = Duration::from_millis(500);

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Honest,
    /// It never answers.
    Silent,
    /// It answers everything with an error.
    Failing,
    /// It repeats what it had when it had so many blocks.
    Stuck(usize),
    /// It has other blocks than the others.
    Lying,
}

/// The chain. It makes a block now and then until it is dropped.
pub struct FakeChain {
    inner: Arc<Inner>,
    ticking: JoinHandle<()>,
}

struct Inner {
    chain: watch::Sender<Blocks>,
}

#[derive(Debug, Default)]
struct Blocks {
    /// Numbered from 1.
    blocks: Vec<SourceBlock>,
    /// The outbox at the end of each.
    ends: Vec<lex_model::Outbox>,
    /// Seconds that its clock is ahead.
    ahead: u64,
}

/// One of its nodes. Clones are the same.
#[derive(Clone)]
pub struct FakeNode {
    name: String,
    inner: Arc<Inner>,
    mode: watch::Sender<Mode>,
}

impl FakeChain {
    pub fn start() -> Self {
        let inner = Arc::new(Inner {
            chain: watch::Sender::new(Blocks::default()),
        });
        inner.append(0);
        let ticker = inner.clone();
        let ticking = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(INTERVAL);
            loop {
                ticks.tick().await;
                ticker.append(0);
            }
        });
        Self { inner, ticking }
    }

    pub fn node(&self, name: &str) -> FakeNode {
        FakeNode {
            name: name.to_owned(),
            inner: self.inner.clone(),
            mode: watch::Sender::new(Mode::Honest),
        }
    }

    /// A block with this many updates. Returns the newest update.
    pub fn append(&self, updates: usize) -> u64 {
        self.inner.append(updates)
    }

    pub fn blocks(&self) -> usize {
        self.inner.chain.borrow().blocks.len()
    }

    /// From now on its clock is so many seconds further ahead.
    pub fn hurry(&self, seconds: u64) {
        self.inner.chain.send_modify(|chain| chain.ahead += seconds);
    }
}

impl Drop for FakeChain {
    fn drop(&mut self) {
        self.ticking.abort();
    }
}

impl Inner {
    fn append(&self, updates: usize) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("after 1970").as_secs();
        let mut newest = 0;
        self.chain.send_modify(|chain| {
            let mut end = chain.ends.last().copied().unwrap_or_else(empty_outbox);
            let mut events = Vec::new();
            for _ in 0..updates {
                let (event, after) = appended(end);
                events.push(event);
                end = after;
            }
            let mut block = block(chain.blocks.len() as u64 + 1, events);
            block.time = now + chain.ahead;
            block.time_millis = block.time * 1000;
            chain.blocks.push(block);
            chain.ends.push(end);
            newest = end.nonce;
        });
        newest
    }
}

impl FakeNode {
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    fn seen(&self) -> usize {
        let blocks = self.inner.chain.borrow().blocks.len();
        match *self.mode.borrow() {
            Mode::Stuck(at) => blocks.min(at),
            Mode::Honest | Mode::Silent | Mode::Failing | Mode::Lying => blocks,
        }
    }

    /// Answers, unless it is told not to.
    async fn answers(&self) -> Result<(), SourceError> {
        let mode = *self.mode.borrow();
        match mode {
            Mode::Silent => std::future::pending().await,
            Mode::Failing => Err(SourceError::Connection {
                endpoint: self.name.as_str().into(),
                reason: "it fails as it is told".into(),
            }),
            Mode::Honest | Mode::Stuck(_) | Mode::Lying => Ok(()),
        }
    }

    async fn next(&self, number: u64) -> Result<SourceBlock, SourceError> {
        let (mut chain, mut mode) = (self.inner.chain.subscribe(), self.mode.subscribe());
        let index = usize::try_from(number).expect("a short chain") - 1;
        loop {
            let is_silent = *mode.borrow_and_update() == Mode::Silent;
            chain.borrow_and_update();
            if !is_silent {
                self.answers().await?;
                if index < self.seen() {
                    return Ok(self.inner.chain.borrow().blocks[index].clone());
                }
            }
            tokio::select! {
                changed = chain.changed() => changed.expect("the chain lives"),
                changed = mode.changed() => changed.expect("the node lives"),
            }
        }
    }
}

impl Endpoint for FakeNode {
    fn name(&self) -> &str {
        &self.name
    }

    async fn finalized_hash(&self, number: u64) -> Result<Option<B256>, EndpointError> {
        self.answers().await?;
        let is_known = number <= self.seen() as u64;
        let hash = match *self.mode.borrow() {
            Mode::Lying => B256::repeat_byte(0x66),
            _ => block_hash(number),
        };
        Ok(is_known.then_some(hash))
    }

    fn finalized_blocks(
        &self,
        from: u64,
        _contracts: Vec<Address>,
    ) -> BoxStream<'static, Result<SourceBlock, SourceError>> {
        let node = self.clone();
        stream::unfold((node, from), |(node, number)| async move {
            let block = node.next(number).await;
            Some((block, (node, number + 1)))
        })
        .boxed()
    }

    async fn pulse(&self) -> Result<Pulse, EndpointError> {
        self.answers().await?;
        let number = self.seen();
        let time_millis = self.inner.chain.borrow().blocks[number - 1].time_millis;
        let number = number as u64;
        let hash = block_hash(number);
        Ok(Pulse {
            finalized: BlockRef { number, hash },
            time_millis,
            network: None,
        })
    }

    async fn outbox(&self, _: Address, at: B256) -> Result<lex_model::Outbox, EndpointError> {
        self.answers().await?;
        let chain = self.inner.chain.borrow();
        let index = chain.blocks.iter().position(|block| block.hash == at);
        Ok(chain.ends[index.expect("a block of this chain")])
    }
}
