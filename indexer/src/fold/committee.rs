//! Events of committees: their members, and the decisions that are put to them.

use lex_client::{
    Address, B256,
    abi::committee::Committee::{CommitteeEvents, DecisionProposed},
};

use super::{
    ApprovalRow, Change, CommitteeRow, DecisionRow, DecisionState, FoldError, Keys, Ledger,
    MemberRow, ThresholdRow,
};
use crate::event::Place;

/// The rows that a message of a committee changes in part.
pub(super) fn look_up(message: &CommitteeEvents, keys: &mut Keys) {
    match message {
        CommitteeEvents::Executed(executed) => {
            keys.decisions.insert(executed.id);
        }
        CommitteeEvents::Canceled(canceled) => {
            keys.decisions.insert(canceled.id);
        }
        CommitteeEvents::DecisionProposed(_)
        | CommitteeEvents::Approved(_)
        | CommitteeEvents::Withdrawn(_)
        | CommitteeEvents::MemberChanged(_)
        | CommitteeEvents::ThresholdChanged(_)
        | CommitteeEvents::NumberUsedUp(_)
        | CommitteeEvents::EpochStarted(_) => {}
    }
}

pub(super) fn changes(
    before: &Ledger,
    place: &Place,
    committee: Address,
    message: &CommitteeEvents,
) -> Result<Vec<Change>, FoldError> {
    let change = match message {
        CommitteeEvents::DecisionProposed(proposed) => {
            Change::Decision(Box::new(decision(place, committee, proposed)))
        }
        CommitteeEvents::Approved(approved) => Change::Approval(ApprovalRow {
            decision: approved.id,
            member: approved.member,
            weight: approved.weight,
            withdrawn: false,
            changed_block: place.block_number,
            changed_at: place.block_time,
        }),
        CommitteeEvents::Withdrawn(withdrawn) => Change::Approval(ApprovalRow {
            decision: withdrawn.id,
            member: withdrawn.member,
            weight: 0,
            withdrawn: true,
            changed_block: place.block_number,
            changed_at: place.block_time,
        }),
        CommitteeEvents::Executed(executed) => {
            let known = open(before, committee, executed.id)?;
            Change::Decision(Box::new(DecisionRow {
                state: DecisionState::Executed,
                executor: Some(executed.executor),
                changed_block: place.block_number,
                changed_at: place.block_time,
                ..known.clone()
            }))
        }
        CommitteeEvents::Canceled(canceled) => {
            let known = open(before, committee, canceled.id)?;
            Change::Decision(Box::new(DecisionRow {
                state: DecisionState::Canceled,
                changed_block: place.block_number,
                changed_at: place.block_time,
                ..known.clone()
            }))
        }
        // The decision that had the number, if there was one, was canceled by an event of its own.
        CommitteeEvents::NumberUsedUp(_) => return Ok(Vec::new()),
        CommitteeEvents::MemberChanged(changed) => Change::Member(MemberRow {
            committee,
            member: changed.account,
            weight: changed.weight,
            changed_block: place.block_number,
        }),
        CommitteeEvents::ThresholdChanged(changed) => Change::Threshold(ThresholdRow {
            committee,
            kind: changed.kind,
            threshold: changed.threshold,
            changed_block: place.block_number,
        }),
        CommitteeEvents::EpochStarted(started) => Change::Committee(CommitteeRow {
            committee,
            epoch: started.epoch,
            changed_block: place.block_number,
        }),
    };
    Ok(vec![change])
}

/// The decision, which must be of this committee and open.
fn open(before: &Ledger, committee: Address, id: B256) -> Result<&DecisionRow, FoldError> {
    match before.decisions.get(&id) {
        Some(known) if known.committee == committee && known.state == DecisionState::Open => {
            Ok(known)
        }
        Some(_) => Err(FoldError::DecisionClosed(id)),
        None => Err(FoldError::UnknownDecision(id)),
    }
}

fn decision(place: &Place, committee: Address, proposed: &DecisionProposed) -> DecisionRow {
    let decision = &proposed.decision;
    DecisionRow {
        id: proposed.id,
        committee,
        maker: proposed.maker,
        epoch: proposed.epoch,
        kind: decision.kind,
        target: decision.target,
        token_id: decision.tokenId,
        account: decision.account,
        counterparty: decision.counterparty,
        valid_from: decision.validFrom,
        valid_until: decision.validUntil,
        number: decision.number,
        reason: decision.reason,
        evidence: decision.evidence,
        nonce: decision.slot.nonce,
        deadline: decision.slot.deadline,
        threshold: proposed.threshold,
        state: DecisionState::Open,
        executor: None,
        proposed_block: place.block_number,
        proposed_at: place.block_time,
        changed_block: place.block_number,
        changed_at: place.block_time,
    }
}
