//! What stands against a decision: when it is put to the committee, approved and executed.

use ink::prelude::{vec, vec::Vec};
use lex_contract_host::is_contract;
use lex_model::{
    About, Decision, DecisionKind, MAX_AFTER_CHANGE, MAX_DEADLINE_AHEAD, Part, Reason, TypeKind,
};
use lex_policy_interface::{Refusal, Refused, SubjectView};

use crate::{
    asking,
    lanes::{Lane, Lanes, MAX_STEPS, NOBODY, place_of},
    members::{Committee, Roll},
    records::{Book, Id, Record, State},
};

/// All that is known when a decision is judged.
pub struct Judgement<'a> {
    /// The members of now.
    pub committee: &'a Committee,
    /// When epochs began.
    pub roll: &'a Roll,
    /// The decisions.
    pub book: &'a Book,
    /// Their numbers.
    pub lanes: &'a Lanes,
    /// Unix seconds.
    pub now: u64,
}

impl Judgement<'_> {
    /// Refuses a decision that is new to the committee and too late, too far ahead, or not a description
    /// of what it is about. Says how the license that it is about is kept.
    ///
    /// # Errors
    /// [`Reason::DeadlinePassed`], [`Reason::InvalidTime`], [`Reason::TargetRefused`],
    /// [`Reason::NotAsApproved`], or what the target says of its subject.
    #[inline(never)]
    pub fn require_acceptable(&self, decision: &Decision) -> Result<TypeKind, Refused> {
        let deadline = decision.deadline;
        if deadline <= self.now {
            return Err(Refused::new(Reason::DeadlinePassed, deadline));
        }
        if deadline > self.now.saturating_add(MAX_DEADLINE_AHEAD) {
            return Err(Refused::new(Reason::InvalidTime, deadline));
        }
        let own_affair = decision.kind.is_own_affair();
        if !own_affair && !is_contract(&decision.target) {
            return Err(Reason::TargetRefused.into());
        }
        if decision.kind.about() == About::License {
            let subject = asking::subject(decision)?;
            let kept = asking::kept(&subject);
            require_version(decision, Some(subject.version))?;
            self.require_known(decision, kept)?;
            require_as_described(decision, &subject)?;
            require_not_less_held(decision)?;
            return Ok(kept);
        }
        if !own_affair {
            require_version(decision, asking::version(decision)?)?;
        }
        self.require_known(decision, TypeKind::Nft)?;
        Ok(TypeKind::Nft)
    }

    /// Why a decision can no longer be approved.
    #[inline(never)]
    pub fn against_approving(&self, id: &Id, record: &Record) -> Vec<Refusal> {
        let current = self.committee.charter.epoch;
        let died = record.proposal.epoch != current;
        self.against(id, record, died)
    }

    /// Why a decision cannot be executed. Its target is asked, whether what it is about has moved, only
    /// if nothing else stands against it.
    #[inline(never)]
    pub fn against_executing(&self, id: &Id, record: &Record) -> Vec<Refusal> {
        let mut refusals = self.against(id, record, self.has_died(record));
        if let Some(number) = self.waits_for(record) {
            refusals.push(Refusal::new(Reason::NonceUsed, number));
        }
        let missing = record
            .threshold
            .saturating_sub(self.committee.approving(record));
        if missing > 0 {
            refusals.push(Refusal::new(Reason::NotYetApproved, missing.into()));
        }
        if !self.committee.is_checked(record) {
            refusals.push(Refusal::new(Reason::SoleChecker, 0));
        }
        if refusals.is_empty() {
            let decision = &record.proposal.decision;
            let unmoved = asking::version(decision).and_then(|version| {
                require_version(decision, version)?;
                self.require_not_voided(record)?;
                require_not_less_held(decision)
            });
            refusals.extend(unmoved.err().map(Refusal::from));
        }
        refusals
    }

    fn against(&self, id: &Id, record: &Record, died: bool) -> Vec<Refusal> {
        let (lane, number) = place_of(&record.proposal);
        let has_its_number = self.lanes.holder(&lane, number) == Some(*id);
        let deadline = record.proposal.decision.deadline;
        let mut refusals = vec![];
        let mut add_if = |refused: bool, reason, detail| {
            if refused {
                refusals.push(Refusal::new(reason, detail));
            }
        };
        // Whose number was used up is told that, and not that it is closed.
        let closed = record.state != State::Open && has_its_number;
        add_if(closed, Reason::DecisionClosed, 0);
        add_if(self.now >= deadline, Reason::DeadlinePassed, deadline);
        let current = self.committee.charter.epoch;
        add_if(died, Reason::WrongEpoch, current);
        if !has_its_number {
            add_if(true, Reason::NonceUsed, self.lanes.next(&lane));
        }
        refusals
    }

    /// Whether a decision died with its epoch: at once if it was not approved then, else after a while.
    fn has_died(&self, record: &Record) -> bool {
        let epoch = record.proposal.epoch;
        if epoch == self.committee.charter.epoch {
            return false;
        }
        let ended = self.roll.began(epoch.saturating_add(1));
        !record.reached || self.now >= ended.saturating_add(MAX_AFTER_CHANGE)
    }

    /// The number in its lane that a decision waits for.
    fn waits_for(&self, record: &Record) -> Option<u64> {
        let (lane, number) = place_of(&record.proposal);
        let first = self.lanes.turn(&lane);
        (first..number).find(|before| !self.holds_up_nobody(&lane, *before))
    }

    /// Whether nobody waits for a number: its decision is approved, so that anyone may have it executed
    /// first, or it will never be executed.
    fn holds_up_nobody(&self, lane: &Lane, number: u64) -> bool {
        match self.lanes.holder(lane, number) {
            None => false,
            Some(NOBODY) => true,
            Some(id) => self
                .book
                .get(&id)
                .is_none_or(|record| record.reached || self.is_over(&record)),
        }
    }

    /// Whether a decision can never be executed any more.
    fn is_over(&self, record: &Record) -> bool {
        record.state != State::Open
            || self.now >= record.proposal.decision.deadline
            || self.has_died(record)
    }

    /// The number before which nobody is held up in a lane, as far as one look goes.
    pub fn turn_after(&self, lane: &Lane) -> u64 {
        let turn = self.lanes.turn(lane);
        let seen = turn.saturating_add(MAX_STEPS);
        (turn..seen)
            .find(|number| !self.holds_up_nobody(lane, *number))
            .unwrap_or(seen)
    }

    /// Refuses a decision that is new to the committee and whose members did not know what was decided about
    /// the same: anything, if it loosens or is to be carried out once; what was loosened since, if it restricts.
    fn require_known(&self, decision: &Decision, kept: TypeKind) -> Result<(), Refused> {
        if !decision.kind.names_count() {
            return Ok(());
        }
        let history = self.book.history(decision, kept);
        let known = if is_strict(decision.kind) {
            decision.count == history.approved
        } else {
            (history.loosened..=history.approved).contains(&decision.count)
        };
        if !known {
            return Err(Refused::new(Reason::NotAsApproved, history.approved));
        }
        Ok(())
    }

    /// Refuses a decision that another one about the same has voided. What loosens dies when anything else is
    /// approved; what restricts, only when something has loosened, or given a single token to somebody else, that
    /// its members did not know of when they signed; what puts itself in the place of others, also when a later
    /// one has. Which of two is carried out first does not matter otherwise, so that nobody chooses by it.
    fn require_not_voided(&self, record: &Record) -> Result<(), Refused> {
        let kind = record.proposal.decision.kind;
        if !kind.names_count() {
            return Ok(());
        }
        let history = self.book.history(&record.proposal.decision, record.kept);
        let next = record.proposal.decision.count.checked_add(1);
        let unknown = is_strict(kind) && next != Some(record.place);
        let voided = if kind.loosens() {
            record.place != history.approved
        } else {
            record.proposal.decision.count < history.loosened
                || (kind.replaces() && record.place < history.replaced)
        };
        if unknown || voided {
            return Err(Refused::new(Reason::NotAsApproved, history.approved));
        }
        Ok(())
    }
}

/// Whether nothing about the same may be approved between its members' signatures and their approval.
const fn is_strict(kind: DecisionKind) -> bool {
    kind.loosens() || matches!(kind, DecisionKind::ForcedTransfer)
}

/// Refuses a decision that names another version of what it is about than there is.
fn require_version(decision: &Decision, version: Option<u64>) -> Result<(), Refused> {
    let present = version.unwrap_or_default();
    if decision.kind.names_version() && decision.version != present {
        return Err(Refused::new(Reason::NotAsApproved, present));
    }
    Ok(())
}

/// Refuses to hold fewer units where they are than are held already: that is a release, which has a kind and
/// a threshold of its own.
fn require_not_less_held(decision: &Decision) -> Result<(), Refused> {
    if decision.kind != DecisionKind::FreezeToken {
        return Ok(());
    }
    let held = u64::try_from(asking::held(decision)?).unwrap_or(u64::MAX);
    if decision.number < held {
        return Err(Refused::new(Reason::NotAsApproved, held));
    }
    Ok(())
}

/// Refuses a decision that describes a license otherwise than it is. The holder of one that restricts is
/// looked at now and not when it is executed: nothing that a holder does meanwhile voids it.
fn require_as_described(decision: &Decision, subject: &SubjectView) -> Result<(), Refused> {
    let kind = decision.kind;
    let wrong_holder = if subject.holder.is_zero() {
        // Seats have many holders; only a decision about some of them, or their first one, names whose.
        let about_some = kind.fields().iter();
        let mut about_some = about_some.filter(|field| field.part == Part::Account && field.needed);
        about_some.next().is_none() && decision.account != [0; 20]
    } else {
        kind.says(Part::Account) && decision.account != subject.holder.0
    };
    let otherwise = kind == DecisionKind::Activate
        && (decision.counterparty != subject.issuer.0
            || decision.previous != subject.jurisdiction.0
            || decision.count != subject.seats);
    if wrong_holder || otherwise {
        return Err(Reason::NotAsApproved.into());
    }
    Ok(())
}
