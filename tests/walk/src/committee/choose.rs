use alloy_primitives::{Address, B256};
use lex_model::{Decision, DecisionKind, Hash, Nonce};

use super::{Motion, Roll, Stage};
use crate::{Random, people};

impl Motion {
    /// A motion that has a good chance to be accepted.
    pub fn random(random: &mut Random, roll: &Roll) -> Self {
        match random.below(24) {
            0..4 => Self::Propose(someone(random, roll), some_decision(random, roll)),
            4..10 => Self::Approve(someone(random, roll), some_id(random, roll)),
            10..12 => Self::Withdraw(someone(random, roll), some_id(random, roll)),
            12 => {
                let id = some_id(random, roll);
                let maker = roll
                    .decisions
                    .get(&id)
                    .map(|known| Address::from(known.proposal.proposer));
                match maker {
                    Some(maker) if random.chance(1, 2) => Self::Cancel(maker, id),
                    _ => Self::Cancel(someone(random, roll), id),
                }
            }
            13..15 => {
                let id = some_id(random, roll);
                let signer = someone(random, roll);
                let by = random.pick(&people::all());
                Self::ApproveSigned(by, signer, id, random.chance(1, 8))
            }
            15..17 => some_submission(random, roll),
            17..22 => Self::Execute(random.pick(&people::all()), executable(random, roll)),
            _ => Self::Wait(1 + random.below(60)),
        }
    }
}

/// A decision with signatures: a new one, or one that the committee knows.
fn some_submission(random: &mut Random, roll: &Roll) -> Motion {
    let known = roll.decisions.get(&some_id(random, roll));
    let (maker, decision) = match known {
        Some(known) if random.chance(1, 2) => {
            let proposal = &known.proposal;
            (Address::from(proposal.proposer), proposal.decision)
        }
        _ => (someone(random, roll), some_decision(random, roll)),
    };
    let mut signers = vec![maker];
    signers.extend((0..random.below(3)).map(|_| someone(random, roll)));
    if random.chance(1, 8) {
        signers.remove(0);
    }
    let place = random.below(4) as usize;
    let forged = random.chance(1, 6).then_some(place);
    Motion::Submit(
        random.pick(&people::all()),
        maker,
        decision,
        signers,
        forged,
    )
}

fn someone(random: &mut Random, roll: &Roll) -> Address {
    if random.chance(1, 10) {
        random.pick(&people::all())
    } else {
        random.pick(&roll.members).0
    }
}

/// An open decision of this epoch, mostly.
fn some_id(random: &mut Random, roll: &Roll) -> B256 {
    let open: Vec<B256> = roll
        .decisions
        .iter()
        .filter(|(_, known)| known.stage == Stage::Open && known.proposal.epoch == roll.epoch)
        .map(|(id, _)| *id)
        .collect();
    let all: Vec<B256> = roll.decisions.keys().copied().collect();
    match random.below(20) {
        0 => B256::repeat_byte(0xee),
        1..4 if !all.is_empty() => random.pick(&all),
        _ if !open.is_empty() => random.pick(&open),
        _ => B256::ZERO,
    }
}

/// A decision that can be executed, half of the time.
fn executable(random: &mut Random, roll: &Roll) -> B256 {
    let ready: Vec<B256> = roll
        .decisions
        .keys()
        .filter(|id| roll.refusals(**id).is_empty())
        .copied()
        .collect();
    if !ready.is_empty() && random.chance(2, 3) {
        random.pick(&ready)
    } else {
        some_id(random, roll)
    }
}

fn some_decision(random: &mut Random, roll: &Roll) -> Decision {
    let kind = random.pick(&[
        DecisionKind::Suspend,
        DecisionKind::Revoke,
        DecisionKind::Recover,
        DecisionKind::SetMember,
        DecisionKind::SetMember,
        DecisionKind::SetThreshold,
    ]);
    let mut lane = [0; 24];
    lane[0] = random.below(3) as u8;
    let next = roll.next.get(&lane).copied().unwrap_or_default();
    let mut decision = Decision {
        nonce: Hash::from(Nonce {
            key: lane,
            sequence: (next + random.below(3)).saturating_sub(random.below(2)),
        }),
        deadline: (roll.now + random.below(400)).saturating_sub(random.below(20)),
        ..Decision::empty(kind)
    };
    match kind {
        DecisionKind::SetMember => {
            decision.account = match random.below(20) {
                0 => roll.address().0.0,
                1 => [0; 20],
                _ => random.pick(&people::HOLDERS).0.0,
            };
            decision.number = random.pick(&[0, 1, 1, 2, 2, 3, 3, 65_536]);
        }
        DecisionKind::SetThreshold => {
            decision.token_id[31] = random.pick(&[0, 0, 3, 5, 9, 200]);
            decision.number = 1 + random.below(7);
        }
        _ => {
            decision.target = match random.below(12) {
                0 => roll.address().0.0,
                1..4 => roll.targets.nobody.0.0,
                _ => roll.targets.agreeing.0.0,
            };
            decision.reason = u32::from(!random.chance(1, 20));
            if kind == DecisionKind::Recover {
                decision.account = random.pick(&people::HOLDERS).0.0;
                decision.counterparty = random.pick(&people::HOLDERS).0.0;
            } else {
                decision.token_id[31] = random.below(5) as u8;
            }
        }
    }
    decision
}
