//! What happens in the committee: three members, two of them are enough.

use std::collections::BTreeMap;

use lex_client::{
    Address, B256, U256,
    abi::committee::Committee::{
        Approved, Basis, Canceled, Decision, DecisionProposed, EpochStarted, Executed,
        MemberChanged, Slot, ThresholdChanged, Withdrawn,
    },
};
use proptest::prelude::*;

use super::{Chain, START};
use crate::support::world;

#[derive(Clone, Debug)]
pub enum Vote {
    /// By a member, in a lane and a place of it, with any numbers where nothing limits them.
    Propose {
        maker: u8,
        lane: u8,
        place: u8,
        number: u64,
    },
    Approve {
        decision: u8,
        member: u8,
    },
    Withdraw {
        decision: u8,
        member: u8,
    },
    Execute(u8),
    Cancel(u8),
    SetMember {
        member: u8,
        weight: u32,
    },
    SetThreshold {
        kind: u8,
        threshold: u32,
    },
}

/// What the committee keeps: makers of the decisions that are open.
#[derive(Default)]
pub struct Book {
    decisions: Vec<Option<Address>>,
    epoch: u64,
    /// By code of the kind, 0 for the default.
    thresholds: BTreeMap<u8, u32>,
}

impl Book {
    fn threshold(&self, kind: u8) -> u32 {
        let own = self.thresholds.get(&kind);
        own.or_else(|| self.thresholds.get(&0))
            .copied()
            .unwrap_or_default()
    }
}

pub fn any_vote() -> impl Strategy<Value = Vote> {
    let decision = any::<u8>;
    prop_oneof![
        3 => (0..3u8, 0..3u8, 0..4u8, any::<u64>()).prop_map(|(maker, lane, place, number)| {
            Vote::Propose { maker, lane, place, number }
        }),
        4 => (decision(), 0..3u8).prop_map(|(decision, member)| Vote::Approve { decision, member }),
        1 => (decision(), 0..3u8).prop_map(|(decision, member)| Vote::Withdraw { decision, member }),
        2 => decision().prop_map(Vote::Execute),
        1 => decision().prop_map(Vote::Cancel),
        1 => (0..4u8, 0..3u32).prop_map(|(member, weight)| Vote::SetMember { member, weight }),
        1 => (0..3u8, 1..4u32)
            .prop_map(|(kind, threshold)| Vote::SetThreshold { kind, threshold }),
    ]
}

pub fn member(number: u8) -> Address {
    Address::repeat_byte(0x81 + number)
}

/// The id of the decision with this number, from 0.
pub fn decision_id(number: usize) -> B256 {
    alloy::primitives::keccak256(format!("decision {number}"))
}

impl Chain {
    pub(super) fn found_committee(&mut self) {
        for number in 0..3 {
            self.committee(&MemberChanged {
                account: member(number),
                weight: 1,
            });
        }
        self.committee(&ThresholdChanged {
            kind: 0,
            threshold: 2,
        });
        self.committee.thresholds.insert(0, 2);
        self.committee.epoch = 1;
        self.committee(&EpochStarted { epoch: 1 });
    }

    /// A member puts a decision to the committee and approves it; answers its id.
    pub fn propose(&mut self, maker: Address, decision: Decision) -> B256 {
        let id = decision_id(self.committee.decisions.len());
        self.committee.decisions.push(Some(maker));
        let epoch = self.committee.epoch;
        self.committee(&DecisionProposed {
            id,
            maker,
            epoch,
            threshold: self.committee.threshold(decision.kind),
            decision,
        });
        self.committee(&Approved {
            id,
            member: maker,
            weight: 1,
        });
        id
    }

    pub(super) fn vote(&mut self, vote: &Vote) {
        match *vote {
            Vote::Propose {
                maker,
                lane,
                place,
                number,
            } => {
                let suspension = suspension(1, lane, place);
                let decision = Decision {
                    validUntil: number,
                    slot: Slot {
                        deadline: number,
                        ..suspension.slot.clone()
                    },
                    ..suspension
                };
                self.propose(member(maker), decision);
            }
            Vote::Approve {
                decision,
                member: number,
            } => {
                if let Some((id, _)) = self.open_decision(decision) {
                    self.committee(&Approved {
                        id,
                        member: member(number),
                        weight: 1,
                    });
                }
            }
            Vote::Withdraw {
                decision,
                member: number,
            } => {
                if let Some((id, _)) = self.open_decision(decision) {
                    self.committee(&Withdrawn {
                        id,
                        member: member(number),
                    });
                }
            }
            Vote::Execute(decision) => {
                if let Some((id, position)) = self.open_decision(decision) {
                    self.committee.decisions[position] = None;
                    self.committee(&Executed {
                        id,
                        kind: 3,
                        executor: member(9),
                        reason: 11,
                        evidence: B256::repeat_byte(3),
                    });
                }
            }
            Vote::Cancel(decision) => {
                if let Some((id, position)) = self.open_decision(decision) {
                    self.committee.decisions[position] = None;
                    self.committee(&Canceled { id });
                }
            }
            Vote::SetMember {
                member: number,
                weight,
            } => {
                self.committee(&MemberChanged {
                    account: member(number),
                    weight,
                });
                self.committee.epoch += 1;
                let epoch = self.committee.epoch;
                self.committee(&EpochStarted { epoch });
            }
            Vote::SetThreshold { kind, threshold } => {
                self.committee.thresholds.insert(kind, threshold);
                self.committee(&ThresholdChanged { kind, threshold });
            }
        }
    }

    fn open_decision(&self, number: u8) -> Option<(B256, usize)> {
        let position = usize::from(number).checked_rem(self.committee.decisions.len())?;
        self.committee.decisions[position]
            .is_some()
            .then(|| (decision_id(position), position))
    }
}

/// To suspend a license until it is resumed.
pub fn suspension(license: u64, lane: u8, place: u8) -> Decision {
    Decision {
        kind: 3,
        target: world().license,
        tokenId: U256::from(license),
        account: Address::ZERO,
        counterparty: Address::ZERO,
        validFrom: 0,
        validUntil: 0,
        number: 0,
        reason: 11,
        evidence: B256::repeat_byte(3),
        basis: Basis {
            version: 0,
            count: 0,
            previous: B256::ZERO,
            text: B256::ZERO,
        },
        slot: Slot {
            nonce: (U256::from(lane) << 64) | U256::from(place),
            deadline: START + 1_000_000,
        },
    }
}
