//! The decisions that were put to the committee, under fixed keys.

use ink::storage::{Mapping, traits::ManualKey};
use lex_contract_host::HostKeccak;
use lex_model::{Decision, Hash, Proposal, Reason, TypeKind};
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
    /// Its places among the decisions about what else it unsettles.
    pub(crate) unsettles: [u64; 2],
    /// Whether the license that it is about is a single token or seats; as one of a single token for what is
    /// about no license.
    pub(crate) kept: TypeKind,
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
            unsettles: [0; 2],
            kept: TypeKind::Nft,
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
    /// The place of the last one that was carried out and loosened or changed something, or gave the license
    /// another holder; 0 for none.
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

    /// What was decided about the subject of a decision about a license that is kept so.
    #[inline(never)]
    pub fn history(&self, decision: &Decision, kept: TypeKind) -> History {
        let subject = decision.subject::<HostKeccak>(kept);
        subject.map_or_else(History::default, |subject| self.history_of(&subject))
    }

    /// Gives a decision that is approved now the next place among those about the same, and about what else it
    /// unsettles, unless it has the last one.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^64 - 1 decisions about the same.
    #[inline(never)]
    pub fn note_approved(&mut self, record: &mut Record) -> Result<(), Reason> {
        let decision = record.proposal.decision;
        if let Some(subject) = decision.subject::<HostKeccak>(record.kept) {
            record.place = self.last_place(&subject, record.place)?;
        }
        if let Some(subjects) = decision.unsettles::<HostKeccak>(record.kept) {
            for (subject, place) in subjects.iter().zip(&mut record.unsettles) {
                *place = self.last_place(subject, *place)?;
            }
        }
        Ok(())
    }

    /// Notes that a decision is carried out.
    #[inline(never)]
    pub fn note_executed(&mut self, record: &Record) {
        let decision = &record.proposal.decision;
        let kind = decision.kind;
        if let Some(subject) = decision.subject::<HostKeccak>(record.kept)
            && (kind.loosens() || kind.replaces())
        {
            let mut history = self.history_of(&subject);
            let last = match kind.loosens() {
                true => &mut history.loosened,
                false => &mut history.replaced,
            };
            *last = record.place.max(*last);
            self.histories.insert(subject, &history);
        }
        if let Some(subjects) = decision.unsettles::<HostKeccak>(record.kept) {
            for (subject, place) in subjects.iter().zip(record.unsettles) {
                let mut history = self.history_of(subject);
                history.loosened = history.loosened.max(place);
                self.histories.insert(subject, &history);
            }
        }
    }

    /// The last place about a subject for who has this one, 0 for none.
    fn last_place(&mut self, subject: &Hash, place: u64) -> Result<u64, Reason> {
        let mut history = self.history_of(subject);
        if place == 0 || place != history.approved {
            let next = history.approved.checked_add(1);
            history.approved = next.ok_or(Reason::LimitReached)?;
            self.histories.insert(subject, &history);
        }
        Ok(history.approved)
    }

    fn history_of(&self, subject: &Hash) -> History {
        self.histories.get(subject).unwrap_or_default()
    }
}
