//! What random steps of several walks have in common.

use alloy_primitives::Address;
use lex_model::{ActionKind, License, Reason, Subject};

use crate::{
    Evidence, Random, Rulebook,
    lifecycle::{Details, Metadata},
    people,
};

/// Where licenses are valid.
const PLACES: [&str; 4] = ["US", "US-NY", "DE", "FR-75"];

/// What is no place.
pub(crate) const NOWHERE: &str = "US-";

/// The expected account, or one time in ten any.
pub(crate) fn mostly(random: &mut Random, who: Address) -> Address {
    if random.chance(1, 10) {
        random.pick(&people::all())
    } else {
        who
    }
}

/// Something once in `of` times: for what is never undone.
pub(crate) fn rarely(random: &mut Random, of: u64) -> Option<()> {
    random.chance(1, of).then_some(())
}

/// Someone who may hold something, or one time in `of` nobody.
pub(crate) fn somebody_or_nobody(random: &mut Random, of: u64) -> Address {
    if random.chance(1, of) {
        Address::ZERO
    } else {
        random.pick(&people::HOLDERS)
    }
}

/// A place; one time in forty what is none.
pub(crate) fn some_place(random: &mut Random) -> &'static str {
    if random.chance(1, 40) {
        NOWHERE
    } else {
        random.pick(&PLACES)
    }
}

/// Mostly where the license is valid, else some place.
pub(crate) fn mostly_its_place(random: &mut Random, license: Option<&License>) -> &'static str {
    let code = license.map(|license| license.jurisdiction);
    let own = PLACES
        .into_iter()
        .find(|place| code.is_some_and(|code| code.as_str() == *place));
    match own {
        Some(place) if random.chance(4, 5) => place,
        _ => some_place(random),
    }
}

/// A type; one time in forty one that does not exist or is of the other kind.
pub(crate) fn some_type(random: &mut Random, rules: &Rulebook) -> u64 {
    let count = rules.types.len() as u64;
    if random.chance(1, 40) {
        count + random.below(2) * 7
    } else {
        1 + random.below(count)
    }
}

/// When a new license is to begin: mostly now, sometimes later, sometimes too early.
pub(crate) fn some_start(random: &mut Random, now: u64) -> u64 {
    match random.below(10) {
        0 => now - 1,
        1..4 => now + random.below(200),
        _ => 0,
    }
}

/// What a message of this kind says besides the license; a renewal is more often one that a committee
/// approved when it was requested.
pub(crate) fn some_details(
    random: &mut Random,
    rules: &Rulebook,
    kind: ActionKind,
    license: Option<(&License, bool)>,
    now: u64,
) -> Details {
    let until = match (kind, license) {
        (ActionKind::Renew, Some((license, requested))) => {
            let of = if requested { 2 } else { 8 };
            let durations = rules.durations(license.license_type);
            let end = license.term.valid_until + durations.term;
            if random.chance(1, of) {
                end + u64::from(random.chance(1, 8))
            } else {
                0
            }
        }
        (ActionKind::Renew, None) => 0,
        (ActionKind::FreezeToken, _) => random.below(2),
        _ if random.chance(1, 2) => now + random.below(300),
        _ => 0,
    };
    Details {
        until,
        reason: u32::from(!random.chance(1, 20)),
        metadata: Metadata::random(random),
        mistaken: random.chance(1, 20),
        evidence: Evidence::default(),
    }
}

/// What comes with an action of this kind, if its message takes evidence.
pub(crate) fn some_evidence(
    random: &mut Random,
    rules: &Rulebook,
    subject: Result<Subject, Reason>,
) -> Evidence {
    match subject {
        Ok(subject)
            if matches!(
                subject.action.kind,
                ActionKind::Activate | ActionKind::Renew | ActionKind::Transfer
            ) =>
        {
            Evidence::random(random, rules, &subject)
        }
        _ => Evidence::default(),
    }
}

/// A license of so many by its id, the newer the likelier; sometimes one that does not exist. What is
/// not alive is chosen too, but not most of the time.
pub(crate) fn some_license(random: &mut Random, count: u64, alive: impl Fn(u64) -> bool) -> u64 {
    if count == 0 || random.chance(1, 60) {
        return count + random.below(2);
    }
    let back = if random.chance(3, 4) {
        random.below(count.min(24))
    } else {
        random.below(count)
    };
    let chosen = count - back;
    if alive(chosen) || random.chance(1, 4) {
        chosen
    } else {
        (1..=count).rev().find(|id| alive(*id)).unwrap_or(chosen)
    }
}

/// How long nothing happens: mostly minutes, sometimes until nobody can object to a recovery any more.
pub(crate) fn some_wait(random: &mut Random, rules: &Rulebook, now: u64) -> u64 {
    let announced = rules.recoveries.values().map(|(_, from)| *from);
    let next = announced.filter(|from| *from > now).min();
    match next {
        // One second before, and in the second itself.
        Some(from) if random.chance(1, 6) => from - now - random.below(2),
        _ => 1 + random.below(300),
    }
}
