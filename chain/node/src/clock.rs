//! The chain's clock: the system's, moved forward on request, and never backwards.

use crate::client::{Client, Hash};
use codec::Decode;
use lex_runtime::timestamp_storage_key;
use sc_client_api::StorageProvider;
use sp_core::storage::StorageKey;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Furthest that the clock may be moved ahead of the system's: enough for every license term, and
/// far from the end of any integer type that stores the time.
pub const MAX_OFFSET: Duration = Duration::from_secs(200 * 365 * 24 * 60 * 60);

/// Source of block times, in milliseconds since the Unix epoch. Shared by the sealing task and the
/// RPC that moves it.
#[derive(Debug)]
pub struct ChainClock {
    /// How far the clock is ahead of the system's, in milliseconds.
    offset_millis: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    #[error("the clock cannot be moved further than {} days ahead of the system time", MAX_OFFSET.as_secs() / 86_400)]
    TooFarAhead,
}

impl ChainClock {
    /// A clock that goes on from the time of the best block, if that is ahead of the system's:
    /// after a restart, time that was moved forward stays so and keeps running.
    pub fn resume(best_block_millis: u64, system_millis: u64) -> Self {
        Self {
            offset_millis: AtomicU64::new(best_block_millis.saturating_sub(system_millis)),
        }
    }

    /// Moves the clock forward.
    ///
    /// # Errors
    ///
    /// If it would be further ahead than [`MAX_OFFSET`]; the clock then stays as it is.
    pub fn advance(&self, by: Duration) -> Result<(), ClockError> {
        let by_millis = u64::try_from(by.as_millis()).map_err(|_| ClockError::TooFarAhead)?;
        let moved = |offset: u64| {
            offset
                .checked_add(by_millis)
                .filter(|sum| u128::from(*sum) <= MAX_OFFSET.as_millis())
        };
        self.offset_millis
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved)
            .map(|_| ())
            .map_err(|_| ClockError::TooFarAhead)
    }

    /// The time for a block on top of one sealed at `parent_millis`: now by this clock, and at
    /// least a millisecond after the parent, which the runtime insists on.
    pub fn block_time_after(&self, parent_millis: u64, system_millis: u64) -> u64 {
        let now = system_millis.saturating_add(self.offset_millis.load(Ordering::SeqCst));
        now.max(parent_millis.saturating_add(1))
    }
}

/// Why the time of a block could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BlockTimeError {
    #[error("failed to read the time of a block: {0}")]
    State(#[from] sp_blockchain::Error),
    #[error("the time of a block cannot be decoded: {0}")]
    Encoding(#[from] codec::Error),
}

impl From<BlockTimeError> for sc_service::Error {
    fn from(error: BlockTimeError) -> Self {
        Self::Application(error.into())
    }
}

/// When `block` was sealed, by the chain's clock; 0 for the genesis block.
///
/// # Errors
///
/// If the block is unknown, or its state was pruned.
pub fn block_time_millis(client: &Client, block: Hash) -> Result<u64, BlockTimeError> {
    match client.storage(block, &StorageKey(timestamp_storage_key()))? {
        Some(data) => Ok(u64::decode(&mut data.0.as_slice())?),
        None => Ok(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM: u64 = 1_800_000_000_000;
    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn follows_the_system() {
        let clock = ChainClock::resume(0, SYSTEM);
        assert_eq!(clock.block_time_after(SYSTEM - 5, SYSTEM), SYSTEM);
    }

    #[test]
    fn is_at_least_a_millisecond_after_the_parent() {
        let clock = ChainClock::resume(0, SYSTEM);
        assert_eq!(clock.block_time_after(SYSTEM, SYSTEM), SYSTEM + 1);
        assert_eq!(clock.block_time_after(SYSTEM + 10, SYSTEM), SYSTEM + 11);
    }

    #[test]
    fn advances_add_up() {
        let clock = ChainClock::resume(0, SYSTEM);
        clock.advance(DAY).expect("within the limit");
        clock.advance(DAY).expect("within the limit");
        assert_eq!(clock.block_time_after(0, SYSTEM), SYSTEM + 2 * 86_400_000);
    }

    #[test]
    fn goes_on_from_a_best_block_in_the_future() {
        let clock = ChainClock::resume(SYSTEM + 1_000, SYSTEM);
        assert_eq!(
            clock.block_time_after(SYSTEM + 1_000, SYSTEM + 20),
            SYSTEM + 1_020
        );
    }

    #[test]
    fn advance_fails_if_too_far_and_changes_nothing() {
        let clock = ChainClock::resume(0, SYSTEM);
        clock.advance(DAY).expect("within the limit");
        assert_eq!(clock.advance(MAX_OFFSET), Err(ClockError::TooFarAhead));
        assert_eq!(clock.advance(Duration::MAX), Err(ClockError::TooFarAhead));
        assert_eq!(clock.block_time_after(0, SYSTEM), SYSTEM + 86_400_000);
    }
}
