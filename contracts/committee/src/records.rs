//! The decisions that were put to the committee, under fixed keys.

use ink::storage::{Mapping, traits::ManualKey};
use lex_contract_host::HostKeccak;
use lex_model::{Decision, Proposal, Reason};
use lex_policy_interface::stored_in_one_piece;

/// A decision's id.
pub type Id = lex_model::Hash;

/// A decision, and a member who may have signed it.
type Signed = (Id, [u8; 20]);

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
    /// The weight that it needs: its kind's threshold when it was proposed.
    pub threshold: u32,
    /// Whether its approvals were enough when they last changed in its epoch.
    pub(crate) reached: bool,
    /// How far it has come.
    pub state: State,
    /// Its place among the decisions about the same in the order in which they were approved, from 1; 0
    /// before it was.
    pub(crate) place: u64,
}

stored_in_one_piece!(Record);

impl Record {
    /// A decision that nobody approves yet.
    pub const fn new(proposal: Proposal, threshold: u32) -> Self {
        Self {
            proposal,
            approvals: 0,
            threshold,
            reached: false,
            state: State::Open,
            place: 0,
        }
    }

    /// Counts the approval of the member with this bit.
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

    /// Takes the approval of the member with this bit back; says whether it had approved.
    pub fn withdraw(&mut self, bit: u32) -> bool {
        let approved = self.has(bit);
        self.approvals &= !bit;
        approved
    }

    /// Whether the member with this bit approves.
    pub const fn has(&self, bit: u32) -> bool {
        self.approvals & bit != 0
    }
}

/// What was decided about one subject.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct History {
    /// How many decisions were approved.
    pub approved: u64,
    /// The place of the last one that was carried out and loosened or changed something; 0 for none.
    pub loosened: u64,
    /// The place of the last one that was carried out and put itself in the place of others; 0 for none.
    pub replaced: u64,
}

stored_in_one_piece!(History);

/// Where decisions are stored.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Book {
    records: Mapping<Id, Record, ManualKey<0x4c43_0010>>,
    /// The members whose signatures over a decision no longer count, whether the committee knows it or
    /// not. Whoever withdraws pays for the entry.
    withdrawn: Mapping<Signed, bool, ManualKey<0x4c43_0014>>,
    /// What was decided, by subject.
    histories: Mapping<lex_model::Hash, History, ManualKey<0x4c43_0015>>,
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

    /// Whether a member's signatures over a decision no longer count.
    #[inline(never)]
    pub fn is_withdrawn(&self, id: &Id, member: &[u8; 20]) -> bool {
        self.withdrawn.contains((*id, *member))
    }

    /// From now on a member's signatures over a decision do not count.
    #[inline(never)]
    pub fn block_signatures(&mut self, id: &Id, member: &[u8; 20]) {
        self.withdrawn.insert((*id, *member), &true);
    }

    /// What was decided about the subject of a decision.
    #[inline(never)]
    pub fn history(&self, decision: &Decision) -> History {
        let subject = decision.subject::<HostKeccak>();
        let found = subject.and_then(|subject| self.histories.get(subject));
        found.unwrap_or_default()
    }

    /// Gives a decision that is approved now the next place among those about the same, unless it has the last
    /// one.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^64 - 1 decisions about the same.
    #[inline(never)]
    pub fn note_approved(&mut self, record: &mut Record) -> Result<(), Reason> {
        let mut history = self.history(&record.proposal.decision);
        if record.place == 0 || record.place != history.approved {
            let next = history.approved.checked_add(1);
            history.approved = next.ok_or(Reason::LimitReached)?;
            record.place = history.approved;
            self.keep(&record.proposal.decision, &history);
        }
        Ok(())
    }

    /// Notes that a decision is carried out.
    #[inline(never)]
    pub fn note_executed(&mut self, record: &Record) {
        let decision = &record.proposal.decision;
        let mut history = self.history(decision);
        if decision.kind.loosens() {
            history.loosened = history.loosened.max(record.place);
        } else if decision.kind.replaces() {
            history.replaced = history.replaced.max(record.place);
        } else {
            return;
        }
        self.keep(decision, &history);
    }

    fn keep(&mut self, decision: &Decision, history: &History) {
        if let Some(subject) = decision.subject::<HostKeccak>() {
            self.histories.insert(subject, history);
        }
    }
}
