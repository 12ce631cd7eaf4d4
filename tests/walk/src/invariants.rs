//! The invariants of contracts_reference.md, by name, on what the contracts themselves answer.
//!
//! Not here, because nothing in a walk can break them: I13 and I14 (modules) and I16 to I21
//! (committees) have their own tests, and I22 to I26 and I32 to I35 are about parts that a walk does
//! not have.

use std::collections::BTreeSet;

use alloy_primitives::Address;
use lex_model::{ActionKind, Status};

use crate::{
    Chain, Reference, Sent, Step, World, id,
    step::CONTENT,
    values::{address, number, text, to_number},
    walk::has_ended,
};

/// What must hold after every step, and what has to be remembered for it.
#[derive(Debug, Default)]
pub struct Invariants {
    revoked: BTreeSet<u64>,
}

impl Invariants {
    /// Looks at a message that was accepted.
    ///
    /// # Errors
    /// The name of the invariant that is broken.
    pub(crate) fn after<C: Chain>(
        &mut self,
        step: &Step,
        sent: &Sent,
        world: &mut World<C>,
        reference: &Reference,
    ) -> Result<(), String> {
        let Step::Act { question, .. } = step else {
            return Ok(());
        };
        let license = question.id;
        if self.revoked.contains(&license) && question.kind != ActionKind::Recover {
            return Err(format!("I1: revoked license {license} was changed"));
        }
        match question.kind {
            ActionKind::Revoke => {
                self.revoked.insert(license);
            }
            ActionKind::Renew => {
                let entry = reference.entry(license).ok_or("I4: no license")?;
                if entry.license.term.valid_until <= reference.now {
                    return Err(format!("I4: license {license} was renewed into the past"));
                }
            }
            ActionKind::Transfer if reference.entry(license).is_some_and(|entry| entry.frozen) => {
                return Err(format!("I11: frozen license {license} was moved"));
            }
            _ => {}
        }
        i7_i12_authority(step, world, reference)?;
        i15_says_why(step, sent, world)
    }

    /// Looks at everything.
    ///
    /// # Errors
    /// The name of the invariant that is broken.
    pub(crate) fn of_all<C: Chain>(
        world: &mut World<C>,
        reference: &Reference,
    ) -> Result<(), String> {
        i1_i2_usable(world, reference)?;
        i5_supply(world, reference)?;
        i10_positions(world, reference)?;
        i31_same_verdict(world, reference)
    }
}

/// I1: what is revoked is not usable. I2: what is usable is active, in its window, held by someone who
/// is not frozen, and of an open type.
fn i1_i2_usable<C: Chain>(world: &mut World<C>, reference: &Reference) -> Result<(), String> {
    for (place, entry) in reference.licenses.iter().enumerate() {
        let license = place as u64 + 1;
        if !flag(world, "isUsable", license)? {
            continue;
        }
        let known = &entry.license;
        let open = reference
            .license_type(known.license_type)
            .is_some_and(|license_type| license_type.rules.open);
        let now = reference.now;
        let in_window = (known.term.valid_from..known.term.valid_until).contains(&now);
        let eligible = !reference.frozen.contains(&Address::from(known.holder));
        if has_ended(reference.status(entry)) {
            return Err(format!("I1: revoked license {license} is usable"));
        }
        if reference.status(entry) != Status::Active || !in_window || !eligible || !open {
            return Err(format!("I2: license {license} is usable"));
        }
    }
    Ok(())
}

/// I5: the supply of a type stays within its cap, and balances add up to the total.
fn i5_supply<C: Chain>(world: &mut World<C>, reference: &Reference) -> Result<(), String> {
    for (place, license_type) in reference.types.iter().enumerate() {
        let supply = ask(world, "supply", &[number(place as u64 + 1)])?;
        let cap = license_type.rules.supply_cap;
        if cap != 0 && supply > cap {
            return Err(format!("I5: {supply} licenses of a type for {cap}"));
        }
    }
    let total = ask(world, "totalSupply", &[])?;
    let mut held = 0;
    for holder in reference.balances.keys() {
        held += ask(world, "balanceOf", &[address(*holder)])?;
    }
    if total == held {
        Ok(())
    } else {
        Err(format!("I5: {held} licenses are held of {total}"))
    }
}

/// I7: only who issues licenses of that type and place decides about one. I12: who is no issuer any
/// more has no influence. A sublicense is decided about by its parent's holder, and a committee
/// decides for itself.
fn i7_i12_authority<C: Chain>(
    step: &Step,
    world: &mut World<C>,
    reference: &Reference,
) -> Result<(), String> {
    let Step::Act { question, .. } = step else {
        return Ok(());
    };
    let license = match question.kind {
        ActionKind::Issue => reference.licenses.len() as u64,
        ActionKind::Renew | ActionKind::Suspend | ActionKind::Resume | ActionKind::Revoke => {
            question.id
        }
        _ => return Ok(()),
    };
    let Some(entry) = reference.entry(license) else {
        return Err(format!("I7: license {license} does not exist"));
    };
    let known = entry.license;
    let by_committee = reference
        .license_type(known.license_type)
        .is_some_and(|license_type| license_type.committee == question.caller);
    if by_committee || known.parent != 0 {
        return Ok(());
    }
    let may = world
        .read_policy(
            "issuerMay",
            &[
                address(question.caller),
                number(known.license_type),
                text(known.jurisdiction.as_str()),
            ],
        )
        .map_err(|failure| format!("I9: issuerMay: {failure:?}"))?;
    if may[0].as_bool() == Some(true) && known.issuer == question.caller.0.0 {
        Ok(())
    } else {
        Err(format!(
            "I7: {} decided about license {license}",
            question.caller
        ))
    }
}

/// I15: what is done against a holder says why, in an event with the reason and the evidence.
fn i15_says_why<C: Chain>(step: &Step, sent: &Sent, world: &World<C>) -> Result<(), String> {
    let Step::Act {
        question, reason, ..
    } = step
    else {
        return Ok(());
    };
    if !matches!(
        question.kind,
        ActionKind::Suspend
            | ActionKind::Revoke
            | ActionKind::ForceTransfer
            | ActionKind::FreezeToken
    ) {
        return Ok(());
    }
    let says_why = sent.logs.iter().any(|log| {
        let Some((_, values)) = world.license.interface.event(log) else {
            return false;
        };
        let has_reason = values.iter().any(|value| {
            value
                .as_uint()
                .is_some_and(|(number, _)| number == alloy_primitives::U256::from(*reason))
        });
        let has_evidence = values.iter().any(|value| {
            value
                .as_fixed_bytes()
                .is_some_and(|(word, _)| word == CONTENT.as_slice())
        });
        has_reason && has_evidence
    });
    if says_why {
        Ok(())
    } else {
        Err(format!("I15: {:?} gives no reason", question.kind))
    }
}

/// I10: as many licenses name a holder as its balance says.
fn i10_positions<C: Chain>(world: &mut World<C>, reference: &Reference) -> Result<(), String> {
    let mut positions = std::collections::BTreeMap::<Address, u64>::new();
    for license in 1..=reference.licenses.len() as u64 {
        let owner = crate::owner(world, license).map_err(|failure| format!("{failure:?}"))?;
        *positions.entry(owner).or_default() += 1;
    }
    for (holder, expected) in positions {
        let balance = ask(world, "balanceOf", &[address(holder)])?;
        if balance != expected {
            return Err(format!("I10: {holder} holds {expected}, not {balance}"));
        }
    }
    Ok(())
}

/// I31: asking again gives the same verdict.
fn i31_same_verdict<C: Chain>(world: &mut World<C>, reference: &Reference) -> Result<(), String> {
    let license = reference.licenses.len() as u64;
    for kind in ActionKind::ALL {
        let arguments = [
            number(u64::from(kind.code())),
            address(crate::people::COMMITTEE),
            id(license),
            number(1),
            text("US"),
            address(crate::people::HOLDERS[0]),
        ];
        let mut verdict = || world.read_license("explain", &arguments);
        let (first, second) = (verdict(), verdict());
        if first.is_err() || first != second {
            return Err(format!("I31: {kind:?} of license {license}: {first:?}"));
        }
    }
    Ok(())
}

fn ask<C: Chain>(
    world: &mut World<C>,
    message: &str,
    arguments: &[alloy_dyn_abi::DynSolValue],
) -> Result<u64, String> {
    let values = world
        .read_license(message, arguments)
        .map_err(|failure| format!("I9: {message}: {failure:?}"))?;
    Ok(to_number(&values[0]))
}

fn flag<C: Chain>(world: &mut World<C>, message: &str, license: u64) -> Result<bool, String> {
    let values = world
        .read_license(message, &[id(license)])
        .map_err(|failure| format!("I9: {message}: {failure:?}"))?;
    values[0].as_bool().ok_or_else(|| message.to_owned())
}
