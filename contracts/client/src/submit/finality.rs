//! Finds out when submitted transactions are final and how they ended. One follower serves all
//! transactions of a submitter, so that a burst costs one read per block.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use alloy::primitives::{Address, B256};
use futures::StreamExt;
use tokio::sync::{Mutex, oneshot};
use tokio::task::AbortHandle;

use super::Cost;
use crate::block::{BlockRef, ContractEvent};
use crate::error::SourceError;
use crate::source::{Linked, Node, RawBlock, RawEventKind, follow};

/// A transaction that is final, whether it succeeded or failed.
#[derive(Clone, Debug)]
pub(super) struct Included {
    pub(super) block: BlockRef,
    pub(super) parent_hash: B256,
    pub(super) finalized_at: Instant,
    pub(super) events: Vec<ContractEvent>,
    /// Contracts that were created: by whom, and their addresses.
    pub(super) created: Vec<(Address, Address)>,
    /// The encoded `DispatchError` of a failed transaction.
    pub(super) failure: Option<Vec<u8>>,
    pub(super) cost: Cost,
}

pub(super) type Outcome = oneshot::Receiver<Result<Included, SourceError>>;

/// Watches the finalized chain for transactions.
pub(super) struct Finality {
    node: Node,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    transactions: HashMap<B256, oneshot::Sender<Result<Included, SourceError>>>,
    follower: Option<AbortHandle>,
}

impl Finality {
    pub(super) fn new(node: Node) -> Self {
        Self {
            node,
            waiting: Arc::default(),
        }
    }

    /// Watches for a transaction that is about to be submitted; not later, or it may be missed.
    pub(super) async fn watch(&self, transaction: B256) -> Result<Outcome, SourceError> {
        let mut waiting = self.waiting.lock().await;
        if waiting.follower.is_none() {
            let from = self.node.finalized().await?.number + 1;
            let follower = tokio::spawn(deliver(self.node.clone(), from, self.waiting.clone()));
            waiting.follower = Some(follower.abort_handle());
        }
        let (sender, outcome) = oneshot::channel();
        waiting.transactions.insert(transaction, sender);
        Ok(outcome)
    }
}

impl Drop for Finality {
    fn drop(&mut self) {
        // The follower itself holds the other reference, so it must be ended from here.
        if let Ok(waiting) = self.waiting.try_lock()
            && let Some(follower) = &waiting.follower
        {
            follower.abort();
        }
    }
}

/// Follows the chain until nobody waits any more.
async fn deliver(node: Node, from: u64, waiting: Arc<Mutex<Waiting>>) {
    let mut blocks = std::pin::pin!(follow(node, from, |node, number| async move {
        Settled::fetch(&node, number).await
    }));
    while let Some(block) = blocks.next().await {
        let mut waiting = waiting.lock().await;
        match block {
            Ok(block) => block.hand_out(&mut waiting),
            Err(error) => waiting.fail(&error),
        }
        waiting.transactions.retain(|_, sender| !sender.is_closed());
        if waiting.transactions.is_empty() {
            waiting.follower = None;
            return;
        }
    }
}

impl Waiting {
    fn fail(&mut self, error: &SourceError) {
        for (_, sender) in self.transactions.drain() {
            // Whoever stopped waiting does not want the answer.
            let _ = sender.send(Err(error.clone()));
        }
    }
}

/// A finalized block with the transactions in it.
struct Settled {
    block: RawBlock,
    transactions: Vec<B256>,
}

impl Settled {
    async fn fetch(node: &Node, number: u64) -> Result<Option<Self>, SourceError> {
        let Some(block) = RawBlock::fetch(node, number).await? else {
            return Ok(None);
        };
        let transactions = block.transaction_hashes(node).await?;
        Ok(Some(Self {
            block,
            transactions,
        }))
    }

    fn hand_out(&self, waiting: &mut Waiting) {
        for (index, transaction) in (0u32..).zip(&self.transactions) {
            if let Some(sender) = waiting.transactions.remove(transaction) {
                // Whoever stopped waiting does not want the answer.
                let _ = sender.send(Ok(self.included(index, *transaction)));
            }
        }
    }

    fn included(&self, extrinsic: u32, transaction: B256) -> Included {
        let mut included = Included {
            block: self.block.reference(),
            parent_hash: self.block.parent_hash,
            finalized_at: Instant::now(),
            events: Vec::new(),
            created: Vec::new(),
            failure: None,
            cost: Cost::default(),
        };
        let events = self.block.events.iter();
        for event in events.filter(|event| event.extrinsic_index == Some(extrinsic)) {
            match &event.kind {
                RawEventKind::Emitted { .. } => {
                    included
                        .events
                        .extend(event.to_contract_event(Some(transaction)));
                }
                RawEventKind::Instantiated { deployer, contract } => {
                    included.created.push((*deployer, *contract));
                }
                RawEventKind::Failed(error) => included.failure = Some(error.clone()),
                RawEventKind::Succeeded(weight) => included.cost.weight = *weight,
                RawEventKind::FeePaid(fee) => included.cost.fee = *fee,
                RawEventKind::Deposited(amount) => {
                    included.cost.deposit = included.cost.deposit.saturating_add(*amount);
                }
            }
        }
        included
    }
}

impl Linked for Settled {
    fn number(&self) -> u64 {
        self.block.number
    }

    fn hash(&self) -> B256 {
        self.block.hash
    }

    fn parent_hash(&self) -> B256 {
        self.block.parent_hash
    }
}
