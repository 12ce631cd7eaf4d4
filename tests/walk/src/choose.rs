//! Which step comes next.

use alloy_primitives::Address;
use lex_model::{ActionKind, Demand, Group, Rule, Status};

use crate::{Question, Random, Reference, Step, people};

/// Where licenses are valid.
const PLACES: [&str; 4] = ["US", "US-NY", "DE", "FR-75"];

impl Step {
    /// A step that has a good chance to be allowed.
    pub fn random(random: &mut Random, reference: &Reference) -> Self {
        let everyone = people::all();
        match random.below(100) {
            0..62 => act(random, reference),
            62..65 => Self::Settle(random.pick(&everyone), some_lifted(random, reference)),
            65..69 => {
                let license = some_license(random, reference);
                let by = holder_or_anyone(random, reference, license);
                let to = if random.chance(1, 5) {
                    Address::ZERO
                } else {
                    random.pick(&people::HOLDERS)
                };
                Self::Approve(by, to, license)
            }
            69..71 => Self::SetOperator(
                random.pick(&people::HOLDERS),
                random.pick(&people::HOLDERS),
                random.chance(1, 2),
            ),
            71..74 => Self::FreezeHolder(
                mostly(random, people::REGULATOR),
                random.pick(&people::HOLDERS),
                random.chance(1, 6),
            ),
            74 => rarely(random, |random| {
                Self::RecoverKey(
                    mostly(random, people::REGULATOR),
                    random.pick(&everyone),
                    random.pick(&everyone),
                )
            }),
            75 if random.chance(1, 3) => {
                Self::Pause(mostly(random, people::GUARDIAN), some_groups(random))
            }
            75..80 => {
                let groups = match reference.paused {
                    0 => some_groups(random),
                    paused => paused,
                };
                Self::LiftPause(mostly(random, people::REGULATOR), groups)
            }
            80..83 => Self::SetTypeOpen(
                mostly(random, people::ADMIN),
                some_type(random, reference),
                random.chance(9, 10),
            ),
            83..85 => Self::SetIssuer(
                mostly(random, people::ADMIN),
                random.pick(&people::ISSUERS),
                random.chance(9, 10),
            ),
            85..89 => Self::SetGrant(
                mostly(random, people::ADMIN),
                random.pick(&people::ISSUERS),
                some_type(random, reference),
                random.pick(&["", "US", "US-NY", "DE", "FR"]),
                random.chance(9, 10),
            ),
            89..91 => Self::SetBundle(
                mostly(random, people::ADMIN),
                random.pick(&PLACES),
                some_rules(random),
            ),
            91 => rarely(random, |random| {
                Self::RemoveBundle(mostly(random, people::ADMIN), random.pick(&PLACES))
            }),
            _ => Self::Wait(1 + random.below(300)),
        }
    }
}

/// How often a question is asked anew when it should be allowed and is not.
const TRIES: u64 = 8;

fn act(random: &mut Random, reference: &Reference) -> Step {
    let kind = random.pick(&[
        ActionKind::Issue,
        ActionKind::Issue,
        ActionKind::Issue,
        ActionKind::Issue,
        ActionKind::Sublicense,
        ActionKind::Sublicense,
        ActionKind::Activate,
        ActionKind::Activate,
        ActionKind::Withdraw,
        ActionKind::Renew,
        ActionKind::Renew,
        ActionKind::RequestRenewal,
        ActionKind::Suspend,
        ActionKind::Suspend,
        ActionKind::Resume,
        ActionKind::Resume,
        ActionKind::Revoke,
        ActionKind::Surrender,
        ActionKind::Transfer,
        ActionKind::Transfer,
        ActionKind::Transfer,
        ActionKind::ForceTransfer,
        ActionKind::FreezeToken,
        ActionKind::FreezeToken,
        ActionKind::Recover,
        ActionKind::Amend,
    ]);
    // Most of what is asked at random is refused, so most questions are chosen to be allowed.
    let tries = if random.chance(2, 3) { TRIES } else { 1 };
    let mut step = question(random, reference, kind);
    for _ in 1..tries {
        match &step {
            Step::Act { question, .. } if !reference.refusals(question).is_empty() => {}
            _ => break,
        }
        step = question(random, reference, kind);
    }
    step
}

fn question(random: &mut Random, reference: &Reference, kind: ActionKind) -> Step {
    let license = if kind == ActionKind::Issue {
        0
    } else {
        some_license(random, reference)
    };
    let entry = reference.entry(license);
    let holder = entry.map_or(Address::ZERO, |entry| entry.license.holder.into());
    let caller = if random.chance(1, 12) {
        random.pick(&people::all())
    } else {
        usual_caller(random, reference, kind, license)
    };
    let to = match kind {
        ActionKind::Recover => reference.successor(holder),
        ActionKind::Issue
        | ActionKind::Sublicense
        | ActionKind::Transfer
        | ActionKind::ForceTransfer => {
            if random.chance(1, 40) {
                Address::ZERO
            } else {
                random.pick(&people::HOLDERS)
            }
        }
        _ => Address::ZERO,
    };
    let valid_from = match random.below(10) {
        0 => reference.now - 1,
        1..4 => reference.now + random.below(200),
        _ => 0,
    };
    let until = match kind {
        ActionKind::FreezeToken => random.below(2),
        _ if random.chance(1, 2) => reference.now + random.below(300),
        _ => 0,
    };
    let from = if random.chance(1, 30) {
        random.pick(&people::HOLDERS)
    } else {
        holder
    };
    Step::Act {
        question: Question {
            kind,
            caller,
            id: license,
            license_type: match kind {
                ActionKind::Sublicense if random.chance(4, 5) => 3,
                ActionKind::Issue if random.chance(4, 5) => 1 + random.below(2),
                _ => some_type(random, reference),
            },
            place: match entry {
                Some(entry) if random.chance(4, 5) => PLACES
                    .into_iter()
                    .find(|place| *place == entry.license.jurisdiction.as_str())
                    .unwrap_or(PLACES[0]),
                _ => random.pick(&PLACES),
            },
            valid_from,
            to,
        },
        until,
        reason: u32::from(!random.chance(1, 20)),
        from,
    }
}

fn usual_caller(
    random: &mut Random,
    reference: &Reference,
    kind: ActionKind,
    license: u64,
) -> Address {
    let Some(entry) = reference.entry(license) else {
        return random.pick(&people::ISSUERS);
    };
    let decides = if random.chance(1, 2) {
        people::COMMITTEE
    } else {
        match reference.entry(entry.license.parent) {
            Some(parent) => parent.license.holder.into(),
            None => entry.license.issuer.into(),
        }
    };
    match kind {
        ActionKind::Sublicense
        | ActionKind::RequestRenewal
        | ActionKind::Surrender
        | ActionKind::Transfer
        | ActionKind::Withdraw => entry.license.holder.into(),
        ActionKind::ForceTransfer | ActionKind::FreezeToken => people::COMMITTEE,
        _ => decides,
    }
}

/// A license, the newer the likelier; sometimes one that does not exist.
fn some_license(random: &mut Random, reference: &Reference) -> u64 {
    let count = reference.licenses.len() as u64;
    if count == 0 || random.chance(1, 60) {
        return count + random.below(2);
    }
    let back = if random.chance(3, 4) {
        random.below(count.min(24))
    } else {
        random.below(count)
    };
    let chosen = count - back;
    let alive = |id: u64| {
        reference.entry(id).is_some_and(|entry| {
            !matches!(
                entry.license.status_at(reference.now),
                Status::Revoked | Status::Archived | Status::Expired
            )
        })
    };
    // What has ended is asked about too, but not most of the time.
    if alive(chosen) || random.chance(1, 4) {
        chosen
    } else {
        (1..=count).rev().find(|id| alive(*id)).unwrap_or(chosen)
    }
}

/// A license whose suspension has lifted, if there is one.
fn some_lifted(random: &mut Random, reference: &Reference) -> u64 {
    let has_lifted = |id: &u64| {
        reference
            .entry(*id)
            .is_some_and(|entry| entry.license.settled(reference.now).is_ok())
    };
    (1..=reference.licenses.len() as u64)
        .find(has_lifted)
        .unwrap_or_else(|| some_license(random, reference))
}

fn holder_or_anyone(random: &mut Random, reference: &Reference, license: u64) -> Address {
    match reference.entry(license) {
        Some(entry) if !random.chance(1, 8) => entry.license.holder.into(),
        _ => random.pick(&people::all()),
    }
}

fn some_type(random: &mut Random, reference: &Reference) -> u64 {
    let count = reference.types.len() as u64;
    if random.chance(1, 40) {
        count + random.below(2) * 7
    } else {
        1 + random.below(count)
    }
}

fn some_groups(random: &mut Random) -> u8 {
    random
        .pick(&[Group::Issue, Group::Renew, Group::Transfer, Group::Use])
        .bit()
}

fn some_rules(random: &mut Random) -> Vec<Rule> {
    let count = if random.chance(3, 4) {
        0
    } else {
        1 + random.below(2)
    };
    (0..count)
        .map(|_| {
            let (demand, value) = random.pick(&[
                (Demand::Forbid, 0),
                (Demand::LongestTerm, 1_500),
                (Demand::LongestTerm, 20_000),
                (Demand::LongestTerm, 20_000),
                (Demand::Require, 1),
                (Demand::MinimumScore, 500),
            ]);
            Rule {
                demand,
                actions: random.pick(&[
                    ActionKind::Issue.bit(),
                    ActionKind::Renew.bit(),
                    ActionKind::Transfer.bit(),
                    Rule::RULED,
                ]),
                license_type: random.below(4),
                value,
            }
        })
        .collect()
}

fn mostly(random: &mut Random, who: Address) -> Address {
    if random.chance(1, 10) {
        random.pick(&people::all())
    } else {
        who
    }
}

/// Another step nine times out of ten: what this does is never undone.
fn rarely(random: &mut Random, step: impl FnOnce(&mut Random) -> Step) -> Step {
    if random.chance(1, 10) {
        step(random)
    } else {
        Step::Wait(1 + random.below(30))
    }
}
