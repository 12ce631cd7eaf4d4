//! The invariants of contracts_reference.md, by name, on what the contracts themselves answer.
//!
//! I3 is compared while time passes, I8 and I9 with every question, I16 and I27 (evidence counts once)
//! with every evidence and again at the end, I13 and I30 (modules, keys, roots) with every ruling. The
//! committee's own walk has I17 to I20. Not here: I14 and I21 have tests of their own, I28 and I29 are
//! about a formula, and I22 to I26 and I32 to I35 about parts that a walk does not have.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::Address;
use lex_model::{ActionKind, Status};

use super::{Entry, Reference, Step};
use crate::{
    Chain, Sent, World,
    compare::{ask, ask_flag, ask_number, i7_i12_authority, i15_says_why, is_decision},
    id,
    lifecycle::{grounds, has_ended},
    people,
    values::{address, number, text, to_address},
};

/// What must hold after every step, and what has to be remembered for it.
#[derive(Debug, Default)]
pub struct Invariants {
    revoked: BTreeSet<u64>,
}

impl Invariants {
    /// Looks at a message that was accepted; `before` is the license that it was about.
    ///
    /// # Errors
    /// The name of the invariant that is broken.
    pub(super) fn after<C: Chain>(
        &mut self,
        step: &Step,
        sent: &Sent,
        before: Option<&Entry>,
        world: &mut World<C>,
        reference: &Reference,
    ) -> Result<(), String> {
        let Step::Act {
            question,
            details,
            by,
            ..
        } = step
        else {
            return Ok(());
        };
        let (kind, license) = (question.kind, question.id);
        if self.revoked.contains(&license) && kind != ActionKind::Recover {
            return Err(format!("I1: revoked license {license} was changed"));
        }
        if let Some(entry) = before {
            in_the_regulators_hands(kind, question.caller, entry, reference)?;
        }
        match kind {
            ActionKind::Revoke => {
                self.revoked.insert(license);
            }
            ActionKind::Renew => {
                let entry = reference.entry(license).ok_or("I4: no license")?;
                if entry.license.term.valid_until <= reference.now {
                    return Err(format!("I4: license {license} was renewed into the past"));
                }
            }
            ActionKind::Transfer if before.is_some_and(|entry| entry.frozen) => {
                return Err(format!("I11: frozen license {license} was moved"));
            }
            ActionKind::ForceTransfer => {
                let was_frozen = before.is_some_and(|entry| entry.frozen);
                i11_released_first(world, sent, was_frozen)?;
            }
            _ => {}
        }
        let decided = match kind {
            ActionKind::Issue => reference.licenses.len() as u64,
            _ => license,
        };
        if is_decision(kind)
            && let Some(entry) = reference.entry(decided)
        {
            let known = reference.rules.license_type(entry.license.license_type);
            let committee = known.map_or(Address::ZERO, |known| known.committee);
            i7_i12_authority(world, kind, question.caller, &entry.license, committee)?;
        }
        let (_, reason, evidence) = grounds(kind, details, *by);
        i15_says_why(world, kind, sent, reason, evidence)
    }

    /// Looks at everything.
    ///
    /// # Errors
    /// The name of the invariant that is broken.
    pub(super) fn of_all<C: Chain>(
        world: &mut World<C>,
        reference: &Reference,
    ) -> Result<(), String> {
        i1_i2_usable(world, reference)?;
        i5_i10_positions(world, reference)?;
        i6_users(world, reference)?;
        i31_same_verdict(world, reference)
    }
}

/// I11: nobody but the committee changes what a frozen or lost account holds, or what is held where it
/// is; a lost key's licenses go to its successor.
fn in_the_regulators_hands(
    kind: ActionKind,
    caller: Address,
    entry: &Entry,
    reference: &Reference,
) -> Result<(), String> {
    let known = reference.rules.license_type(entry.license.license_type);
    if known.is_some_and(|known| known.committee == caller) {
        return Ok(());
    }
    let holder = reference.rules.stands(entry.license.holder.into());
    let recovers = kind == ActionKind::Recover;
    if entry.frozen || holder.frozen || holder.lost && !recovers {
        return Err(format!("I11: {caller} did {kind:?} to {entry:?}"));
    }
    Ok(())
}

/// I1: what is revoked is not usable. I2: what is usable is active, in its window, held by someone who
/// is not frozen, and of an open type.
fn i1_i2_usable<C: Chain>(world: &mut World<C>, reference: &Reference) -> Result<(), String> {
    for (license, entry) in (1..).zip(&reference.licenses) {
        if !ask_flag(world, "isUsable", &[id(license)])? {
            continue;
        }
        let known = &entry.license;
        let in_window = (known.term.valid_from..known.term.valid_until).contains(&reference.now);
        let status = reference.status(entry);
        if has_ended(status) {
            return Err(format!("I1: revoked license {license} is usable"));
        }
        let unrestricted = reference
            .rules
            .allows_use(known.holder.into(), known.license_type);
        if status != Status::Active || !in_window || !unrestricted {
            return Err(format!("I2: license {license} is usable"));
        }
    }
    Ok(())
}

/// I5: as many licenses of a type were issued as there are, and balances add up to the total. I10: as many
/// licenses name a holder as its balance says.
fn i5_i10_positions<C: Chain>(world: &mut World<C>, reference: &Reference) -> Result<(), String> {
    for license_type in 1..=reference.rules.types.len() as u64 {
        let supply = ask_number(world, "supply", &[number(license_type)])?;
        let issued = reference.supply(license_type);
        if supply != issued {
            return Err(format!("I5: {supply} licenses of a type, not {issued}"));
        }
    }
    let mut positions = BTreeMap::<Address, u64>::new();
    for license in 1..=reference.licenses.len() as u64 {
        let owner = to_address(&ask(world, "ownerOf", &[id(license)])?[0]);
        *positions.entry(owner).or_default() += 1;
    }
    let mut held = 0;
    for holder in people::all() {
        let balance = ask_number(world, "balanceOf", &[address(holder)])?;
        let named = positions.remove(&holder).unwrap_or_default();
        if balance != named {
            return Err(format!("I10: {holder} holds {named}, not {balance}"));
        }
        held += balance;
    }
    let total = ask_number(world, "totalSupply", &[])?;
    if total == held && positions.is_empty() {
        Ok(())
    } else {
        Err(format!("I5: {held} licenses are held of {total}"))
    }
}

/// I6: whoever uses a license without holding it may do so within its term, while it is usable, until
/// its own time.
fn i6_users<C: Chain>(world: &mut World<C>, reference: &Reference) -> Result<(), String> {
    for (license, entry) in (1..).zip(&reference.licenses) {
        let user = to_address(&ask(world, "userOf", &[id(license)])?[0]);
        if user.is_zero() {
            continue;
        }
        let expires = ask_number(world, "userExpires", &[id(license)])?;
        let lasts = reference.now < expires && expires <= entry.license.term.valid_until;
        if !lasts || !ask_flag(world, "isUsable", &[id(license)])? {
            return Err(format!("I6: {user} uses license {license}"));
        }
    }
    Ok(())
}

/// I11: a frozen license is let go before it moves, and one that is not is not let go.
fn i11_released_first<C: Chain>(
    world: &World<C>,
    sent: &Sent,
    was_frozen: bool,
) -> Result<(), String> {
    let place = |name: &str| {
        sent.logs.iter().position(|log| {
            let event = world.license.interface.event(log);
            event.is_some_and(|(event, _)| event == name)
        })
    };
    let (released, moved) = (place("Frozen"), place("Transfer"));
    let in_order = match (released, moved) {
        (Some(released), Some(moved)) => was_frozen && released < moved,
        (None, Some(_)) => !was_frozen,
        _ => false,
    };
    if in_order {
        Ok(())
    } else {
        Err(format!("I11: Frozen {released:?}, Transfer {moved:?}"))
    }
}

/// I31: asking again gives the same verdict.
fn i31_same_verdict<C: Chain>(world: &mut World<C>, reference: &Reference) -> Result<(), String> {
    let license = reference.licenses.len() as u64;
    for kind in ActionKind::ALL {
        let arguments = [
            number(u64::from(kind.code())),
            address(people::COMMITTEE),
            id(license),
            number(1),
            text("US"),
            address(people::HOLDERS[0]),
        ];
        let mut verdict = || world.read_license("explain", &arguments);
        let (first, second) = (verdict(), verdict());
        if first.is_err() || first != second {
            return Err(format!("I31: {kind:?} of license {license}: {first:?}"));
        }
    }
    Ok(())
}
