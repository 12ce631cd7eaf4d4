//! The order of one proposer's decisions, under fixed keys.
//!
//! A lane belongs to a proposer, and in it each number is given to one decision. A number waits for
//! those before it until their decisions are approved, or can never be. So nobody who has decisions
//! executed chooses an order in which their numbers kill each other, and none waits for one that its
//! target refuses.

use ink::storage::{Mapping, traits::ManualKey};
use lex_model::{Proposal, Reason};
use lex_policy_interface::Refused;

use crate::records::Id;

/// The most numbers by which a lane's turn moves on at once. Whoever executes a decision pays for looking
/// at all that are left before it.
pub const MAX_STEPS: u64 = 16;

/// A lane: whose it is, and its key.
pub type Lane = ([u8; 20], [u8; 24]);

/// Stands in the place of a decision where a number was used up without one.
pub const NOBODY: Id = [0; 32];

/// The lane of a proposal, and its number there.
pub fn place_of(proposal: &Proposal) -> (Lane, u64) {
    let nonce = proposal.decision.nonce();
    ((proposal.proposer, nonce.key), nonce.sequence)
}

/// Where the numbers of lanes are stored.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Lanes {
    /// Which decision has a number.
    given: Mapping<(Lane, u64), Id, ManualKey<0x4c43_0011>>,
    /// The first number that was never given.
    next: Mapping<Lane, u64, ManualKey<0x4c43_0012>>,
    /// A number before which nothing waits any more.
    turn: Mapping<Lane, u64, ManualKey<0x4c43_0013>>,
}

impl Lanes {
    /// Which decision has a number; [`NOBODY`] for one that was used up.
    #[inline(never)]
    pub fn holder(&self, lane: &Lane, number: u64) -> Option<Id> {
        self.given.get((*lane, number))
    }

    /// The first number that was never given.
    #[inline(never)]
    pub fn next(&self, lane: &Lane) -> u64 {
        self.next.get(lane).unwrap_or_default()
    }

    /// A number before which nothing waits any more.
    #[inline(never)]
    pub fn turn(&self, lane: &Lane) -> u64 {
        self.turn.get(lane).unwrap_or_default()
    }

    /// Notes that nothing before a number waits any more.
    #[inline(never)]
    pub fn set_turn(&mut self, lane: &Lane, number: u64) {
        self.turn.insert(lane, &number);
    }

    /// Gives a number to a decision.
    ///
    /// # Errors
    /// [`Reason::NonceUsed`] with the next free number when it is given already.
    #[inline(never)]
    pub fn give(&mut self, lane: &Lane, number: u64, id: &Id) -> Result<(), Refused> {
        let mut next = self.next(lane);
        if self.holder(lane, number).is_some() {
            return Err(Refused::new(Reason::NonceUsed, next));
        }
        self.given.insert((*lane, number), id);
        if number == next {
            // Numbers ahead of it were given before, each by a transaction of its proposer's.
            while self.holder(lane, next).is_some() {
                next = next.checked_add(1).ok_or(Reason::LimitReached)?;
            }
            self.next.insert(lane, &next);
        }
        Ok(())
    }

    /// Uses a number up: whatever had it, or was signed for it, never counts.
    ///
    /// # Errors
    /// [`Reason::NonceUsed`] when that is so already.
    #[inline(never)]
    pub fn use_up(&mut self, lane: &Lane, number: u64) -> Result<(), Refused> {
        match self.holder(lane, number) {
            None => self.give(lane, number, &NOBODY),
            Some(NOBODY) => Err(Refused::new(Reason::NonceUsed, self.next(lane))),
            Some(_) => {
                self.given.insert((*lane, number), &NOBODY);
                Ok(())
            }
        }
    }
}
