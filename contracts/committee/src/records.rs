//! The decisions that were put to the committee, under fixed keys.

use ink::storage::{Mapping, traits::ManualKey};
use lex_model::{Proposal, Reason};
use lex_policy_interface::stored_in_one_piece;

/// A decision's id.
pub type Id = lex_model::Hash;

/// How far a decision has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[repr(u8)]
pub enum State {
    /// It can be approved and executed.
    Open = 1,
    /// It took effect.
    Executed = 2,
    /// Its maker gave it up.
    Canceled = 3,
}

/// A decision that was put to the committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Record {
    /// What, by whom and in which epoch.
    pub proposal: Proposal,
    /// Bits of the members who approve.
    pub(crate) approvals: u32,
    /// Bits of the members whose signatures no longer count.
    withdrawn: u32,
    /// How far it has come.
    pub state: State,
}

stored_in_one_piece!(Record);

impl Record {
    /// A decision that nobody approves yet.
    pub const fn new(proposal: Proposal) -> Self {
        Self {
            proposal,
            approvals: 0,
            withdrawn: 0,
            state: State::Open,
        }
    }

    /// Counts the approval of the member with this bit, given by itself.
    ///
    /// # Errors
    /// [`Reason::AlreadyApproved`].
    pub fn approve(&mut self, bit: u32) -> Result<(), Reason> {
        if self.has(bit) {
            return Err(Reason::AlreadyApproved);
        }
        self.approvals |= bit;
        Ok(())
    }

    /// Counts the approval of the member with this bit, given by a signature.
    ///
    /// # Errors
    /// [`Reason::AlreadyApproved`], and [`Reason::SignatureWithdrawn`] once the member took its
    /// approval back.
    pub fn approve_signed(&mut self, bit: u32) -> Result<(), Reason> {
        if self.withdrawn & bit != 0 {
            return Err(Reason::SignatureWithdrawn);
        }
        self.approve(bit)
    }

    /// Takes the approval of the member with this bit back; its signature never counts again.
    ///
    /// # Errors
    /// [`Reason::NotApprovedByMember`] when there is nothing left to take back.
    pub fn withdraw(&mut self, bit: u32) -> Result<(), Reason> {
        if !self.has(bit) && self.withdrawn & bit != 0 {
            return Err(Reason::NotApprovedByMember);
        }
        self.approvals &= !bit;
        self.withdrawn |= bit;
        Ok(())
    }

    /// Whether the member with this bit approves.
    pub const fn has(&self, bit: u32) -> bool {
        self.approvals & bit != 0
    }
}

/// Where decisions are stored.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Book {
    records: Mapping<Id, Record, ManualKey<0x4c43_0010>>,
    /// The first number that is free in a lane.
    next: Mapping<[u8; 24], u64, ManualKey<0x4c43_0011>>,
}

impl Book {
    /// The decision with this id, if the committee knows it.
    #[inline(never)]
    pub fn get(&self, id: &Id) -> Option<Record> {
        self.records.get(id)
    }

    /// The decision with this id.
    ///
    /// # Errors
    /// [`Reason::UnknownDecision`].
    pub fn find(&self, id: &Id) -> Result<Record, Reason> {
        self.get(id).ok_or(Reason::UnknownDecision)
    }

    /// Writes a decision.
    #[inline(never)]
    pub fn store(&mut self, id: &Id, record: &Record) {
        self.records.insert(id, record);
    }

    /// The first number that is free in a lane.
    #[inline(never)]
    pub fn next(&self, lane: &[u8; 24]) -> u64 {
        self.next.get(lane).unwrap_or_default()
    }

    /// Uses up a number and all before it.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] for the last number of all, which no other can follow.
    #[inline(never)]
    pub fn retire(&mut self, lane: &[u8; 24], sequence: u64) -> Result<(), Reason> {
        let next = sequence.checked_add(1).ok_or(Reason::LimitReached)?;
        self.next.insert(lane, &next);
        Ok(())
    }
}
