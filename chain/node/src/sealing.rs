//! When blocks are sealed and finalized.
//!
//! One task (manual seal's) executes commands one after another: seal a block, finalize a block.
//! The commands come from the tasks below and from the RPC (`engine_createBlock`,
//! `engine_finalizeBlock`, `dev_increaseTime`), so nothing seals or finalizes concurrently.

use crate::client::{Block, BlockNumber, Client, Hash, Pool};
use futures::{
    channel::{mpsc, oneshot},
    stream, SinkExt, StreamExt,
};
use sc_client_api::BlockchainEvents;
use sc_consensus_manual_seal::{CreatedBlock, EngineCommand, Error};
use sc_transaction_pool_api::TransactionPool;
use sp_blockchain::HeaderBackend;
use std::{sync::Arc, time::Duration};
use tokio::time::{interval_at, Instant, MissedTickBehavior};

/// How and when the node seals and finalizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealingOptions {
    pub trigger: SealingTrigger,
    /// Number of blocks on top of a block that make it final; 0 finalizes a block as it is sealed.
    pub finality_delay: BlockNumber,
}

/// What makes the node seal a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealingTrigger {
    /// A transaction that is ready.
    Transactions,
    /// Time, whether or not there are transactions.
    Interval(Duration),
}

/// What a block must contain to be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// At least one transaction, else sealing fails with [`Error::EmptyTransactionPool`].
    Transactions,
    /// The ready transactions, if there are any.
    Anything,
}

/// Commands waiting for the sealing task. A full queue makes senders wait.
const COMMAND_QUEUE: usize = 64;

/// Occasions to seal that are answered together: a burst of transactions fills blocks instead of
/// asking once per transaction.
const OCCASIONS_AT_ONCE: usize = 1_024;

/// Longest wait for the transaction pool to catch up with the best block.
const POOL_TIMEOUT: Duration = Duration::from_secs(2);

/// Gives orders to the sealing task and hears how they went.
#[derive(Clone)]
pub struct Sealer {
    commands: mpsc::Sender<EngineCommand<Hash>>,
    finality_delay: BlockNumber,
}

impl Sealer {
    /// A sealer, and the stream of its commands for the sealing task.
    pub fn new(finality_delay: BlockNumber) -> (Self, mpsc::Receiver<EngineCommand<Hash>>) {
        let (commands, queue) = mpsc::channel(COMMAND_QUEUE);
        (
            Self {
                commands,
                finality_delay,
            },
            queue,
        )
    }

    /// The command queue itself, for manual seal's RPC.
    pub fn commands(&self) -> mpsc::Sender<EngineCommand<Hash>> {
        self.commands.clone()
    }

    /// Seals a block on top of the best block.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyTransactionPool`] if `contents` are missing; others if the block cannot be
    /// built or imported.
    pub async fn seal(&self, contents: Contents) -> Result<CreatedBlock<Hash>, Error> {
        let (sender, outcome) = oneshot::channel();
        self.send(EngineCommand::SealNewBlock {
            create_empty: contents == Contents::Anything,
            finalize: self.finality_delay == 0,
            parent_hash: None,
            sender: Some(sender),
        })
        .await?;
        outcome.await?
    }

    /// Finalizes a block and its ancestors.
    ///
    /// # Errors
    ///
    /// If the block is unknown or on a fork that finality has abandoned.
    pub async fn finalize(&self, hash: Hash) -> Result<(), Error> {
        let (sender, outcome) = oneshot::channel();
        let command = EngineCommand::FinalizeBlock {
            hash,
            sender: Some(sender),
            justification: None,
        };
        self.send(command).await?;
        outcome.await?
    }

    async fn send(&self, command: EngineCommand<Hash>) -> Result<(), Error> {
        Ok(self.commands.clone().send(command).await?)
    }
}

/// Seals as the trigger says, until the node stops.
pub async fn run(trigger: SealingTrigger, sealer: Sealer, client: Arc<Client>, pool: Arc<Pool>) {
    if client.info().best_number == 0 {
        // The genesis block has no time. Contracts and readers need one from the start.
        warn_on_failure(sealer.seal(Contents::Anything).await);
    }
    match trigger {
        SealingTrigger::Transactions => seal_ready_transactions(sealer, client, pool).await,
        SealingTrigger::Interval(period) => seal_every(period, sealer).await,
    }
}

/// Every transaction that becomes ready and every new best block raises the same question: is
/// anything ready on top of the best block? The second occasion serves what the last block had no
/// room for, what arrived while it was sealed, and what a reorganisation gave back.
async fn seal_ready_transactions(sealer: Sealer, client: Arc<Client>, pool: Arc<Pool>) {
    let transactions = pool.import_notification_stream().map(drop);
    let blocks = client.import_notification_stream().map(drop);
    let mut occasions = stream::select(transactions, blocks).ready_chunks(OCCASIONS_AT_ONCE);
    while occasions.next().await.is_some() {
        let best = client.info().best_hash;
        if pool
            .ready_at_with_timeout(best, POOL_TIMEOUT)
            .await
            .next()
            .is_some()
        {
            warn_on_failure(sealer.seal(Contents::Transactions).await);
        }
    }
}

async fn seal_every(period: Duration, sealer: Sealer) {
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        warn_on_failure(sealer.seal(Contents::Anything).await);
    }
}

/// Finalizes what is deep enough, now and after every block, until the node stops.
pub async fn run_finality(sealer: Sealer, client: Arc<Client>) {
    let mut blocks = client.import_notification_stream();
    loop {
        if let Err(error) = finalize_due(&sealer, &client).await {
            log::warn!(target: "finality", "failed to finalize: {error}");
        }
        if blocks.next().await.is_none() {
            return;
        }
    }
}

async fn finalize_due(sealer: &Sealer, client: &Client) -> Result<(), Error> {
    let info = client.info();
    let Some(number) = due(
        info.best_number,
        info.finalized_number,
        sealer.finality_delay,
    ) else {
        return Ok(());
    };
    match HeaderBackend::<Block>::hash(client, number)? {
        Some(hash) => sealer.finalize(hash).await,
        // A reorganisation is under way; its new best block is the next occasion.
        None => Ok(()),
    }
}

/// The highest block to finalize, unless it is final already.
fn due(best: BlockNumber, finalized: BlockNumber, delay: BlockNumber) -> Option<BlockNumber> {
    best.checked_sub(delay).filter(|number| *number > finalized)
}

fn warn_on_failure(outcome: Result<CreatedBlock<Hash>, Error>) {
    match outcome {
        Ok(_) => {}
        // Nothing that waits fits into a block or is still valid; the pool deals with it.
        Err(Error::EmptyTransactionPool) => {
            log::debug!(target: "sealing", "no transaction could be included");
        }
        Err(error) => log::warn!(target: "sealing", "failed to seal a block: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::due;

    #[test]
    fn finality_without_delay_is_due_at_once() {
        assert_eq!(due(1, 0, 0), Some(1));
        assert_eq!(due(1, 1, 0), None);
    }

    #[test]
    fn finality_waits_for_the_delay() {
        assert_eq!(due(4, 0, 5), None);
        assert_eq!(due(5, 0, 5), None);
        assert_eq!(due(6, 0, 5), Some(1));
        assert_eq!(due(9, 4, 5), None);
    }

    #[test]
    fn finality_catches_up_after_a_restart_with_a_shorter_delay() {
        assert_eq!(due(20, 3, 2), Some(18));
    }
}
