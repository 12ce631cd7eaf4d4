//! Which step comes next.

use alloy_primitives::Address;
use lex_model::{ActionKind, Status};

use super::{Question, Reference, Step};
use crate::{
    Random, Ruling,
    choose::{
        self, mostly_its_place, some_details, some_evidence, some_start, some_type, some_wait,
        somebody_or_nobody,
    },
    lifecycle::{Details, Way, has_ended},
    people,
};

impl Step {
    /// A step that has a good chance to be allowed.
    pub fn random(random: &mut Random, reference: &Reference) -> Self {
        let step = match random.below(100) {
            0..60 => act(random, reference),
            60..63 => Self::Settle(random.pick(&people::all()), some_lifted(random, reference)),
            63..66 => {
                let license = some_license(random, reference);
                let by = holder_or_anyone(random, reference, license);
                Self::Approve(by, somebody_or_nobody(random, 5), license)
            }
            66..69 => {
                let license = some_license(random, reference);
                let by = holder_or_anyone(random, reference, license);
                let user = somebody_or_nobody(random, 5);
                Self::Lend(by, license, user, some_end(random, reference, license))
            }
            69..71 => Self::SetOperator(
                random.pick(&people::HOLDERS),
                random.pick(&people::HOLDERS),
                random.chance(1, 2),
            ),
            71..92 => match Ruling::random(random, &reference.rules, reference.now) {
                Some(ruling) => Self::Rule(ruling),
                None => Self::Wait(1 + random.below(30)),
            },
            _ => Self::Wait(some_wait(random, &reference.rules, reference.now)),
        };
        step.decidable(reference)
    }
}

/// How often a question is asked anew when it should be allowed and is not.
const TRIES: u64 = 8;

/// What is asked for, the usual more often.
const KINDS: [ActionKind; 26] = [
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
];

fn act(random: &mut Random, reference: &Reference) -> Step {
    let kind = random.pick(&KINDS);
    // Most of what is asked at random is refused, so most questions are chosen to be allowed.
    let tries = if random.chance(2, 3) { TRIES } else { 1 };
    let mut step = question(random, reference, kind);
    for _ in 1..tries {
        match &step {
            Step::Act {
                question, details, ..
            } if !reference.refusals(question, &details.evidence).is_empty() => {}
            _ => break,
        }
        step = question(random, reference, kind);
    }
    step
}

fn question(random: &mut Random, reference: &Reference, kind: ActionKind) -> Step {
    let license = match kind {
        ActionKind::Issue => 0,
        ActionKind::Activate => {
            some_license_in(random, reference, |status| status == Status::Pending)
        }
        _ => some_license(random, reference),
    };
    let entry = reference.entry(license);
    let known = entry.map(|entry| &entry.license);
    let holder = known.map_or(Address::ZERO, |license| license.holder.into());
    let caller = if random.chance(1, 12) {
        random.pick(&people::all())
    } else {
        usual_caller(random, reference, kind, license)
    };
    let to = match kind {
        ActionKind::Recover => reference.rules.successor(holder, reference.now),
        ActionKind::Issue
        | ActionKind::Sublicense
        | ActionKind::Transfer
        | ActionKind::ForceTransfer => somebody_or_nobody(random, 40),
        _ => Address::ZERO,
    };
    let from = if random.chance(1, 30) {
        random.pick(&people::HOLDERS)
    } else {
        holder
    };
    let rules = &reference.rules;
    let state = entry.map(|entry| (&entry.license, entry.requested));
    let question = Question {
        kind,
        caller,
        id: license,
        license_type: match kind {
            ActionKind::Sublicense if random.chance(4, 5) => 3,
            ActionKind::Issue if random.chance(4, 5) => random.pick(&[1, 2, 4]),
            _ => some_type(random, rules),
        },
        place: mostly_its_place(random, known),
        valid_from: some_start(random, reference.now),
        to,
    };
    Step::Act {
        question,
        details: Details {
            evidence: some_evidence(random, rules, reference.subject(&question)),
            ..some_details(random, rules, kind, state, reference.now)
        },
        from,
        by: random.pick(&[Way::Own, Way::Own, Way::Other]),
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
    let committee = reference.rules.committee(entry.license.license_type);
    let decides = if random.chance(1, 2) {
        committee
    } else {
        reference.decides(&entry.license)
    };
    match kind {
        ActionKind::Sublicense
        | ActionKind::RequestRenewal
        | ActionKind::Surrender
        | ActionKind::Transfer
        | ActionKind::Withdraw => entry.license.holder.into(),
        ActionKind::ForceTransfer | ActionKind::FreezeToken => committee,
        _ => decides,
    }
}

fn some_license(random: &mut Random, reference: &Reference) -> u64 {
    some_license_in(random, reference, |status| {
        !has_ended(status) && status != Status::Expired
    })
}

/// A license, mostly one in a state that suits.
fn some_license_in(
    random: &mut Random,
    reference: &Reference,
    suits: impl Fn(Status) -> bool,
) -> u64 {
    let suits = |id| {
        let entry = reference.entry(id);
        entry.is_some_and(|entry| suits(entry.license.status_at(reference.now)))
    };
    choose::some_license(random, reference.licenses.len() as u64, suits)
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

/// When a right to use a license ends: mostly before the license does.
fn some_end(random: &mut Random, reference: &Reference, license: u64) -> u64 {
    let end = reference
        .entry(license)
        .map_or(0, |entry| entry.license.term.valid_until);
    let now = reference.now;
    let chosen = match random.below(10) {
        0 => now,
        1 => end + 1,
        2 => end,
        _ => now + 1 + random.below(400),
    };
    if random.chance(1, 8) {
        chosen
    } else {
        chosen.min(end)
    }
}

fn holder_or_anyone(random: &mut Random, reference: &Reference, license: u64) -> Address {
    match reference.entry(license) {
        Some(entry) if !random.chance(1, 8) => entry.license.holder.into(),
        _ => random.pick(&people::all()),
    }
}
