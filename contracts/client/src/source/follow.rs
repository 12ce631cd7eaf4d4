//! Follows the finalized chain: every block once, in order, whatever happens to the connection.
//!
//! Requests are made in tasks of their own. A consumer that asks the same node something between
//! two blocks does not poll the stream meanwhile; requests made in the stream itself would stop
//! half-way, keep what they hold of the node, and the consumer would wait for them for ever.

use std::future::Future;
use std::time::Duration;

use alloy::primitives::B256;
use futures::Stream;
use futures::stream::{self, BoxStream, StreamExt};
use subxt::config::substrate::SubstrateHeader;
use subxt::rpcs::client::RpcSubscription;
use subxt::utils::H256;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::node::Node;
use crate::backoff::Backoff;
use crate::endpoint::EndpointName;
use crate::error::SourceError;
use crate::task::in_its_own_task;

/// A subscription that is silent for so long is checked by asking for the head.
const SILENCE: Duration = Duration::from_secs(5);
/// Between attempts to read from a node that does not answer, or answers that it cannot.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Answers about one block that do not decode, after which the fault is not the connection's.
const UNREADABLE_ANSWERS: u32 = 3;
/// Blocks that are read at the same time while catching up.
const READ_AHEAD: usize = 16;

type Header = SubstrateHeader<H256>;

/// What a stream of blocks must know about each to see that none is missing.
pub(crate) trait Linked {
    fn number(&self) -> u64;
    fn hash(&self) -> B256;
    fn parent_hash(&self) -> B256;
}

/// Reads every finalized block from `from` on with `read`, in order. `read` answers `None` for a
/// block that the node does not have (yet). Ends after the first error that waiting cannot mend.
pub(crate) fn follow<B, R, F>(
    node: Node,
    from: u64,
    read: R,
) -> impl Stream<Item = Result<B, SourceError>> + Send + 'static
where
    B: Linked + Send + 'static,
    R: Fn(Node, u64) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Option<B>, SourceError>> + Send + 'static,
{
    let endpoint = node.endpoint().clone();
    let blocks = finalized_numbers(node.clone(), from)
        .map(move |number| in_its_own_task(read_patiently(node.clone(), number, read.clone())))
        .buffered(READ_AHEAD)
        .boxed();
    let chain = Chain {
        blocks,
        parent: None,
        endpoint,
        ended: false,
    };
    stream::unfold(chain, |mut chain| async move {
        let block = chain.next().await?;
        Some((block, chain))
    })
}

/// Hands blocks on while each follows the one before.
struct Chain<B> {
    blocks: BoxStream<'static, Result<B, SourceError>>,
    parent: Option<B256>,
    endpoint: EndpointName,
    ended: bool,
}

impl<B: Linked> Chain<B> {
    async fn next(&mut self) -> Option<Result<B, SourceError>> {
        if self.ended {
            return None;
        }
        let block = self.blocks.next().await?.and_then(|block| self.link(block));
        self.ended = block.is_err();
        Some(block)
    }

    fn link(&mut self, block: B) -> Result<B, SourceError> {
        let found = block.parent_hash();
        if let Some(expected) = self.parent.filter(|expected| *expected != found) {
            let (endpoint, number) = (self.endpoint.clone(), block.number());
            return Err(SourceError::BrokenHistory {
                endpoint,
                number,
                expected,
                found,
            });
        }
        self.parent = Some(block.hash());
        Ok(block)
    }
}

/// Tries again until the block is there.
async fn read_patiently<B, R, F>(
    node: Node,
    number: Result<u64, SourceError>,
    read: R,
) -> Result<B, SourceError>
where
    R: Fn(Node, u64) -> F,
    F: Future<Output = Result<Option<B>, SourceError>>,
{
    let number = number?;
    let mut patience = Patience::default();
    let mut unreadable = 0;
    loop {
        match read(node.clone(), number).await {
            Ok(Some(block)) => return Ok(block),
            Ok(None) => {
                tracing::warn!(endpoint = %node.endpoint(), number, "the node lacks a finalized block");
            }
            Err(error) if error.is_transient() => {
                tracing::warn!(endpoint = %node.endpoint(), number, %error, "failed to read a block");
            }
            Err(error @ SourceError::Unreadable { .. }) if unreadable < UNREADABLE_ANSWERS => {
                unreadable += 1;
                tracing::warn!(endpoint = %node.endpoint(), number, %error, "failed to read a block");
            }
            Err(error) => return Err(error),
        }
        patience.wait().await;
    }
}

/// Numbers of finalized blocks from `from` on, each as soon as it is known to be final.
fn finalized_numbers(
    node: Node,
    from: u64,
) -> impl Stream<Item = Result<u64, SourceError>> + Send + 'static {
    let mut heads = Heads {
        node,
        next: from,
        head: None,
        subscription: None,
    };
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    let task = AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            let number = heads.next_number().await;
            let ended = number.is_err();
            // Between two numbers it holds nothing of the node.
            if sender.send(number).await.is_err() || ended {
                return;
            }
        }
    }));
    stream::unfold((receiver, task), |(mut receiver, task)| async move {
        let number = receiver.recv().await?;
        Some((number, (receiver, task)))
    })
}

struct Heads {
    node: Node,
    next: u64,
    /// The highest block known to be final.
    head: Option<u64>,
    subscription: Option<RpcSubscription<Header>>,
}

impl Heads {
    async fn next_number(&mut self) -> Result<u64, SourceError> {
        let mut patience = Patience::default();
        while self.head.is_none_or(|head| head < self.next) {
            match self.wait_for_head().await {
                Ok(head) => {
                    self.node.note_finalized(head);
                    self.head = self.head.max(Some(head));
                    patience = Patience::default();
                }
                Err(error) if error.is_transient() => {
                    tracing::warn!(endpoint = %self.node.endpoint(), %error, "lost the finalized blocks");
                    self.subscription = None;
                    patience.wait().await;
                }
                Err(error) => return Err(error),
            }
        }
        self.next += 1;
        Ok(self.next - 1)
    }

    /// The next finalized head. Subscriptions report only the newest of several blocks that become
    /// final together, and may fall silent; neither matters to the caller.
    async fn wait_for_head(&mut self) -> Result<u64, SourceError> {
        let Some(subscription) = &mut self.subscription else {
            let subscription = self
                .node
                .ask(|rpc| async move { rpc.chain_subscribe_finalized_heads().await })
                .await?;
            self.subscription = Some(subscription);
            // Blocks that became final before the subscription started.
            return self.ask_head().await;
        };
        match timeout(SILENCE, subscription.next()).await {
            Ok(Some(Ok(header))) => Ok(header.number),
            Ok(Some(Err(error))) => Err(self.node.broken(error.to_string())),
            Ok(None) => Err(self
                .node
                .broken("the subscription of finalized blocks ended")),
            Err(_) => self.check_silence().await,
        }
    }

    /// A quiet chain is normal; a chain that went on while the subscription was silent is not.
    async fn check_silence(&mut self) -> Result<u64, SourceError> {
        let head = self.ask_head().await?;
        if self.head.is_some_and(|known| known < head) {
            tracing::warn!(
                endpoint = %self.node.endpoint(),
                head,
                "the subscription fell silent; renewing it"
            );
            self.subscription = None;
        }
        Ok(head)
    }

    async fn ask_head(&mut self) -> Result<u64, SourceError> {
        let head = self.node.finalized().await?.number;
        if let Some(known) = self.head.filter(|known| head < *known) {
            tracing::warn!(
                endpoint = %self.node.endpoint(),
                head,
                known,
                "the node fell behind; waiting for it"
            );
        }
        Ok(head)
    }
}

/// Growing pauses between attempts.
struct Patience(Backoff);

impl Default for Patience {
    fn default() -> Self {
        Self(Backoff::new(FIRST_PAUSE, LONGEST_PAUSE))
    }
}

impl Patience {
    async fn wait(&mut self) {
        sleep(self.0.next_delay()).await;
    }
}
