//! Which step comes next.

use alloy_primitives::Address;
use lex_model::{ActionKind, Status};

use super::{Question, Reference, Series, Step, expect::MAX_BATCH};
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
            0..52 => act(random, reference),
            52..56 => batch(random, reference),
            56..58 => recovery(random, reference),
            58..60 => Self::Settle(random.pick(&people::all()), some_lifted(random, reference)),
            60..68 => assignment(random, reference),
            68..71 => end_of_assignment(random, reference),
            71..73 => Self::SetOperator(
                random.pick(&people::HOLDERS),
                random.pick(&people::HOLDERS),
                random.chance(1, 2),
            ),
            73..92 => match Ruling::random(random, &reference.rules, reference.now) {
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
const KINDS: [ActionKind; 32] = [
    ActionKind::Issue,
    ActionKind::Issue,
    ActionKind::Issue,
    ActionKind::Issue,
    ActionKind::Activate,
    ActionKind::Activate,
    ActionKind::Withdraw,
    ActionKind::Renew,
    ActionKind::Renew,
    ActionKind::RequestRenewal,
    ActionKind::RequestRenewal,
    ActionKind::Suspend,
    ActionKind::Suspend,
    ActionKind::Resume,
    ActionKind::Resume,
    ActionKind::Revoke,
    ActionKind::Amend,
    ActionKind::Surrender,
    ActionKind::Surrender,
    ActionKind::Transfer,
    ActionKind::Transfer,
    ActionKind::Transfer,
    ActionKind::Transfer,
    ActionKind::Transfer,
    ActionKind::Transfer,
    ActionKind::Transfer,
    ActionKind::ForceTransfer,
    ActionKind::ForceTransfer,
    ActionKind::FreezeToken,
    ActionKind::FreezeToken,
    ActionKind::FreezeToken,
    ActionKind::Recover,
];

fn act(random: &mut Random, reference: &Reference) -> Step {
    if let Some(step) = &reference.cleared
        && random.chance(1, 40)
    {
        return step.clone();
    }
    let kind = random.pick(&KINDS);
    // Most of what is asked at random is refused, so most questions are chosen to be allowed.
    let tries = if random.chance(2, 3) { TRIES } else { 1 };
    let rules = &reference.rules;
    let mut ask = || {
        let asked = question(random, reference, kind);
        let evidence = some_evidence(random, rules, reference.subject(&asked));
        (asked, evidence)
    };
    let (mut asked, mut evidence) = ask();
    for _ in 1..tries {
        if reference.refusals(&asked, &evidence).is_empty() {
            break;
        }
        (asked, evidence) = ask();
    }
    let series = reference.series(asked.id);
    let state = series.map(|series| (&series.license, series.requested));
    let by = match kind {
        // Only one of the two messages for a transfer takes evidence.
        ActionKind::Transfer if evidence.is_some() => Way::Other,
        _ => random.pick(&[Way::Own, Way::Own, Way::Other]),
    };
    Step::Act {
        question: asked,
        details: Details {
            evidence,
            ..some_details(random, rules, kind, state, reference.now)
        },
        max_per_holder: random.pick(&[0, 0, 2, 4]),
        by,
    }
}

fn question(random: &mut Random, reference: &Reference, kind: ActionKind) -> Question {
    let license = match kind {
        ActionKind::Issue => 0,
        ActionKind::Activate => some_suitable(random, reference, |series| {
            series.status(reference.now) == Status::Pending
        }),
        _ => some_license(random, reference),
    };
    let series = reference.series(license);
    let from = match kind {
        ActionKind::Recover => some_lost(random, reference),
        ActionKind::Transfer | ActionKind::ForceTransfer | ActionKind::FreezeToken => {
            some_holder(random, series)
        }
        _ => Address::ZERO,
    };
    let caller = if random.chance(1, 12) {
        random.pick(&people::all())
    } else {
        usual_caller(random, reference, kind, series, from)
    };
    let to = match kind {
        ActionKind::Issue | ActionKind::Transfer | ActionKind::ForceTransfer => {
            somebody_or_nobody(random, 40)
        }
        _ => Address::ZERO,
    };
    let amount = match kind {
        ActionKind::Issue => some_number(random),
        ActionKind::Surrender => some_amount(random, reference, series, caller),
        ActionKind::Transfer | ActionKind::ForceTransfer => {
            some_amount(random, reference, series, from)
        }
        ActionKind::FreezeToken => match random.below(12) {
            0 => u64::MAX,
            1..4 => 0,
            _ => random.below(9),
        },
        _ => 0,
    };
    Question {
        kind,
        caller,
        id: license,
        license_type: match kind {
            ActionKind::Issue if random.chance(9, 10) => random.pick(&[1, 2, 4]),
            _ => some_type(random, &reference.rules),
        },
        place: mostly_its_place(random, series.map(|series| &series.license)),
        valid_from: some_start(random, reference.now),
        from,
        to,
        amount,
    }
}

fn batch(random: &mut Random, reference: &Reference) -> Step {
    let length = match random.below(20) {
        0 => MAX_BATCH as u64 + 1,
        1 => 0,
        _ => 1 + random.below(4),
    };
    let from = random.pick(&people::HOLDERS);
    let can_give = |series: &Series| {
        let known = reference.rules.license_type(series.license.license_type);
        let free = series.holdings.of(from).free(reference.now);
        free != 0 && known.is_some_and(|known| known.rules.transferable)
    };
    let mut ids: Vec<u64> = (0..length)
        .map(|_| some_suitable(random, reference, can_give))
        .collect();
    let amounts = ids
        .iter()
        .map(|id| match reference.series(*id) {
            Some(series) if random.chance(9, 10) => {
                let free = series.holdings.of(from).free(reference.now);
                free.min(random.below(3))
            }
            series => some_amount(random, reference, series, from),
        })
        .collect();
    if random.chance(1, 30) {
        ids.pop();
    }
    Step::TransferBatch {
        caller: mover(random, reference, from),
        from,
        to: somebody_or_nobody(random, 60),
        ids,
        amounts,
    }
}

fn recovery(random: &mut Random, reference: &Reference) -> Step {
    let lost = some_lost(random, reference);
    let held = (1..)
        .zip(&reference.licenses)
        .filter(|(_, series)| series.licensee() == lost || series.holdings.of(lost).balance != 0);
    let longest = MAX_BATCH + usize::from(random.chance(1, 10));
    let mut ids: Vec<u64> = held.map(|(id, _)| id).take(longest).collect();
    if random.chance(1, 2) {
        ids.push(some_license(random, reference));
    }
    Step::RecoverAll(random.pick(&people::all()), lost, ids)
}

fn assignment(random: &mut Random, reference: &Reference) -> Step {
    let license = some_suitable(random, reference, |series| {
        series.status(reference.now) == Status::Active
    });
    let series = reference.series(license);
    let by = some_holder(random, series);
    let user = if random.chance(1, 40) {
        Address::ZERO
    } else {
        random.pick(&people::all())
    };
    let now = reference.now;
    let end = series.map_or(0, |series| series.license.term.valid_until);
    let expires = match random.below(12) {
        0 => now,
        1 => end + 1,
        2 => end,
        _ => end.min(now + 1 + random.below(400)),
    };
    Step::Assign(by, license, user, expires)
}

fn end_of_assignment(random: &mut Random, reference: &Reference) -> Step {
    let license = some_suitable(random, reference, |series| {
        !series.holdings.rights.is_empty()
    });
    let rights: Vec<_> = reference
        .series(license)
        .into_iter()
        .flat_map(|series| &series.holdings.rights)
        .map(|(user, right)| (*user, right.holder))
        .collect();
    if rights.is_empty() || random.chance(1, 6) {
        let everyone = people::all();
        return Step::Unassign(random.pick(&everyone), license, random.pick(&everyone));
    }
    let (user, holder) = random.pick(&rights);
    let by = match random.below(4) {
        0 => random.pick(&people::all()),
        1 => user,
        _ => holder,
    };
    Step::Unassign(by, license, user)
}

fn usual_caller(
    random: &mut Random,
    reference: &Reference,
    kind: ActionKind,
    series: Option<&Series>,
    from: Address,
) -> Address {
    let Some(series) = series else {
        return random.pick(&people::ISSUERS);
    };
    let committee = reference.rules.committee(series.license.license_type);
    match kind {
        ActionKind::Transfer => mover(random, reference, from),
        ActionKind::Surrender => some_holder(random, Some(series)),
        ActionKind::RequestRenewal | ActionKind::Withdraw => series.licensee(),
        ActionKind::ForceTransfer | ActionKind::FreezeToken => committee,
        _ if random.chance(1, 2) => committee,
        _ => reference.rules.in_charge(series.license.issuer.into()),
    }
}

/// The holder, or one time in four an operator of it.
fn mover(random: &mut Random, reference: &Reference, holder: Address) -> Address {
    let operators: Vec<_> = reference
        .operators
        .iter()
        .filter(|(of, _)| *of == holder)
        .map(|(_, operator)| *operator)
        .collect();
    if operators.is_empty() || random.chance(3, 4) {
        holder
    } else {
        random.pick(&operators)
    }
}

/// Someone who holds seats; one time in ten anyone.
fn some_holder(random: &mut Random, series: Option<&Series>) -> Address {
    let holders: Vec<_> = series
        .into_iter()
        .flat_map(|series| &series.holdings.positions)
        .filter(|(_, position)| position.balance != 0)
        .map(|(holder, _)| *holder)
        .collect();
    if holders.is_empty() || random.chance(1, 10) {
        random.pick(&people::all())
    } else {
        random.pick(&holders)
    }
}

/// A lost key, if there is one; sometimes one that is not.
fn some_lost(random: &mut Random, reference: &Reference) -> Address {
    let lost: Vec<_> = reference.rules.recoveries.keys().copied().collect();
    if lost.is_empty() || random.chance(1, 6) {
        random.pick(&people::all())
    } else {
        random.pick(&lost)
    }
}

/// How many seats a license is to have: few, so that they run out.
fn some_number(random: &mut Random) -> u64 {
    match random.below(60) {
        0 => 0,
        1 => u64::from(u32::MAX) + random.below(2),
        2 => u64::MAX,
        _ => 1 + random.below(12),
    }
}

/// How many of an account's seats something is to be about: mostly no more than it has.
fn some_amount(
    random: &mut Random,
    reference: &Reference,
    series: Option<&Series>,
    account: Address,
) -> u64 {
    let position = series.map(|series| series.holdings.of(account));
    let (balance, free) = position.map_or((0, 0), |position| {
        (position.balance, position.free(reference.now))
    });
    match random.below(40) {
        0 => u64::MAX,
        1..3 => 0,
        3..10 => balance + random.below(3),
        10..18 => free,
        _ => 1 + random.below(free.max(1)),
    }
}

fn some_license(random: &mut Random, reference: &Reference) -> u64 {
    let alive = |id| {
        reference.series(id).is_some_and(|series| {
            let status = series.status(reference.now);
            !has_ended(status) && status != Status::Expired
        })
    };
    choose::some_license(random, reference.licenses.len() as u64, alive)
}

/// A license that suits, if there is one among a few.
fn some_suitable(
    random: &mut Random,
    reference: &Reference,
    suits: impl Fn(&Series) -> bool,
) -> u64 {
    let mut chosen = some_license(random, reference);
    for _ in 0..TRIES {
        if reference.series(chosen).is_some_and(&suits) {
            break;
        }
        chosen = some_license(random, reference);
    }
    chosen
}

/// A license whose suspension has lifted, if there is one.
fn some_lifted(random: &mut Random, reference: &Reference) -> u64 {
    (1..)
        .zip(&reference.licenses)
        .find(|(_, series)| series.license.settled(reference.now).is_ok())
        .map_or_else(|| some_license(random, reference), |(id, _)| id)
}
