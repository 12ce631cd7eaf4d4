use alloy_primitives::{Address, B256};
use lex_model::{About, Decision, DecisionKind, Hash, MAX_DEADLINE_AHEAD, Nonce, Part};

use super::{Motion, Roll, Stage};
use crate::{Random, people};

impl Motion {
    /// A motion that has a good chance to be accepted.
    pub fn random(random: &mut Random, roll: &Roll) -> Self {
        match random.below(25) {
            0..4 => {
                let by = someone(random, roll);
                Self::Propose(by, some_decision(random, roll, by))
            }
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
            22 => some_number(random, roll),
            _ => Self::Wait(waiting(random)),
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
        _ => {
            let maker = someone(random, roll);
            (maker, some_decision(random, roll, maker))
        }
    };
    let mut signers = vec![maker];
    signers.extend((0..1 + random.below(3)).map(|_| someone(random, roll)));
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

/// Seconds, sometimes days, so that what outlives a change of members comes to its end.
fn waiting(random: &mut Random) -> u64 {
    match random.below(12) {
        0 => 86_400 * (1 + random.below(4)),
        _ => 1 + random.below(60),
    }
}

/// A number in a lane, mostly the proposer's own.
fn some_number(random: &mut Random, roll: &Roll) -> Motion {
    let proposer = someone(random, roll);
    let by = if random.chance(1, 3) {
        random.pick(&people::all())
    } else {
        proposer
    };
    let mut key = [0; 24];
    key[0] = random.below(3) as u8;
    let next = roll.next(proposer, key);
    let sequence = (next + random.below(2)).saturating_sub(random.below(3));
    Motion::UseUp(by, proposer, Nonce { key, sequence })
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

fn some_decision(random: &mut Random, roll: &Roll, by: Address) -> Decision {
    let kind = random.pick(&[
        DecisionKind::Suspend,
        DecisionKind::Revoke,
        DecisionKind::Recover,
        DecisionKind::FreezeHolder,
        DecisionKind::ReleaseHolder,
        DecisionKind::FreezeToken,
        DecisionKind::ForcedTransfer,
        DecisionKind::SetMember,
        DecisionKind::SetMember,
        DecisionKind::SetThreshold,
    ]);
    let mut decision = Decision {
        deadline: match random.below(30) {
            0 => roll.now + MAX_DEADLINE_AHEAD + random.below(2),
            1..8 => roll.now + 86_400 * (1 + random.below(20)),
            _ => (roll.now + random.below(400)).saturating_sub(random.below(20)),
        },
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
                1..3 => roll.targets.nobody.0.0,
                3..8 => roll.targets.single.0.0,
                _ => roll.targets.agreeing.0.0,
            };
            let is_single = decision.target == roll.targets.single.0.0;
            let of_units = matches!(
                kind,
                DecisionKind::FreezeToken | DecisionKind::ForcedTransfer
            );
            decision.reason = u32::from(!random.chance(1, 20));
            if kind.says(Part::TokenId) {
                decision.token_id[31] = random.below(5) as u8;
            }
            if kind.about() == About::Account || of_units {
                decision.account = random.pick(&people::HOLDERS[..3]).0.0;
            }
            if kind.about() == About::License && is_single && !random.chance(1, 12) {
                decision.account = roll.targets.holder.0.0;
            }
            if matches!(kind, DecisionKind::Recover | DecisionKind::ForcedTransfer) {
                decision.counterparty = random.pick(&people::HOLDERS).0.0;
            }
            if of_units {
                decision.number = 1 + random.below(3);
            }
        }
    }
    let mut key = [0; 24];
    if kind.about() == About::Account && !random.chance(1, 20) {
        key[..20].copy_from_slice(&decision.account);
    } else {
        key[0] = random.below(3) as u8;
    }
    let next = roll.next(by, key);
    decision.nonce = Hash::from(Nonce {
        key,
        sequence: (next + random.below(7) / 5).saturating_sub(random.below(9) / 8),
    });
    if kind.names_count() {
        let count = roll.count(&decision);
        decision.count = count + random.below(10) / 9;
    }
    if kind.names_version() {
        decision.version = random.below(10) / 9;
    }
    decision
}
