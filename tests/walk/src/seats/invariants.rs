//! The invariants of contracts_reference.md, by name, on what the contracts themselves answer.
//!
//! What is not here is not about seats: see the walk over single licenses, which names the others. I3
//! is compared while time passes, I8 and I9 with every question, M6 (no license changes another) by
//! looking at another license after every step.

use std::collections::{BTreeMap, BTreeSet};

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;
use lex_model::{ActionKind, Status};

use super::{Hearsay, Reference, Series, Step};
use crate::{
    Chain, Sent, World,
    compare::{ask, ask_flag, ask_number, i7_i12_authority, i15_says_why, is_decision},
    id,
    lifecycle::has_ended,
    people,
    values::{address, number, text, to_address, to_number},
};

/// What must hold after every step, and what has to be remembered for it.
#[derive(Debug, Default)]
pub struct Invariants {
    revoked: BTreeSet<u64>,
    hearsay: Hearsay,
}

impl Invariants {
    /// Looks at a message that was accepted; `before` are the licenses that it was about.
    ///
    /// # Errors
    /// The name of the invariant that is broken.
    pub(super) fn after<C: Chain>(
        &mut self,
        step: &Step,
        sent: &Sent,
        before: &[(u64, Series)],
        world: &mut World<C>,
        reference: &Reference,
    ) -> Result<(), String> {
        self.hearsay.hear(&world.license, &sent.logs)?;
        // Of what has ended only the records may move: to a successor, and out of rights that are void.
        let only_records = match step {
            Step::Act { question, .. } => question.kind == ActionKind::Recover,
            Step::RecoverAll(..) | Step::Unassign(..) => true,
            _ => false,
        };
        let ended = before.iter().find(|(id, _)| self.revoked.contains(id));
        if let (false, Some((id, _))) = (only_records, ended) {
            return Err(format!("I1: revoked license {id} was changed"));
        }
        i11_frozen(step, sent, before, world, reference)?;
        p7_limits(step, before, reference)?;
        let Step::Act { question, .. } = step else {
            return Ok(());
        };
        let kind = question.kind;
        let decided = match kind {
            ActionKind::Issue => reference.licenses.len() as u64,
            _ => question.id,
        };
        let series = reference.series(decided).ok_or("no license")?;
        if kind == ActionKind::Revoke {
            self.revoked.insert(decided);
        }
        if kind == ActionKind::Renew && series.license.term.valid_until <= reference.now {
            return Err(format!("I4: license {decided} was renewed into the past"));
        }
        if is_decision(kind) {
            let known = reference.rules.license_type(series.license.license_type);
            let committee = known.map_or(Address::ZERO, |known| known.committee);
            i7_i12_authority(world, kind, question.caller, &series.license, committee)?;
        }
        match step.grounds() {
            Some((kind, reason, evidence)) => i15_says_why(world, kind, sent, reason, evidence),
            None => Ok(()),
        }
    }

    /// Looks at everything.
    ///
    /// # Errors
    /// The name of the invariant that is broken.
    pub(super) fn of_all<C: Chain>(
        &self,
        world: &mut World<C>,
        reference: &Reference,
    ) -> Result<(), String> {
        for (license, series) in (1..).zip(&reference.licenses) {
            i1_i2_usable(world, reference, license, series)?;
            i5_i10_seats(world, license, series)?;
            i6_users(world, reference, license, series)?;
            self.i34_events_say_it_all(license, series)?;
        }
        i5_supply(world, reference)?;
        i31_same_verdict(world, reference)
    }

    /// I34: who has only heard the events knows who holds how many seats, and how many are frozen.
    fn i34_events_say_it_all(&self, license: u64, series: &Series) -> Result<(), String> {
        let Hearsay { balances, frozen } = &self.hearsay;
        for account in people::all() {
            let told = [balances, frozen].map(|told| told.get(&(license, account)).copied());
            let position = series.holdings.of(account);
            let held = [position.balance, position.frozen];
            if told.map(Option::unwrap_or_default) != held {
                return Err(format!(
                    "I34: {account} has {held:?} of license {license}, events say {told:?}"
                ));
            }
        }
        Ok(())
    }
}

/// P7: nobody but the licensee gets more seats than the license allows by anybody's will; a decision and
/// a recovery give as many as there are.
fn p7_limits(step: &Step, before: &[(u64, Series)], reference: &Reference) -> Result<(), String> {
    let by_will = match step {
        Step::Act { question, .. } => question.kind == ActionKind::Transfer,
        Step::TransferBatch { .. } => true,
        _ => false,
    };
    if !by_will {
        return Ok(());
    }
    for (license, former) in before {
        let series = reference.series(*license).ok_or("no license")?;
        let limit = series.holdings.max_per_holder;
        for account in people::all() {
            let balance = series.holdings.of(account).balance;
            let got_more = balance > former.holdings.of(account).balance;
            if limit != 0 && got_more && balance > limit && account != series.licensee() {
                return Err(format!(
                    "P7: {account} got {balance} seats of license {license}"
                ));
            }
        }
    }
    Ok(())
}

/// I5 and I10: the balances of all holders are the seats of the license. And all are the reference's.
pub(super) fn i5_i10_seats<C: Chain>(
    world: &mut World<C>,
    license: u64,
    series: &Series,
) -> Result<(), String> {
    let everyone = people::all();
    let arguments = [
        DynSolValue::Array(everyone.iter().copied().map(address).collect()),
        DynSolValue::Array(vec![id(license); everyone.len()]),
    ];
    let answer = ask(world, "balanceOfBatch", &arguments)?;
    let balances = answer[0].as_array().unwrap_or_default();
    let mut sum = 0;
    for (account, balance) in everyone.iter().zip(balances.iter().map(to_number)) {
        let expected = series.holdings.of(*account).balance;
        if balance != expected {
            return Err(format!(
                "{account} holds {balance} seats of license {license} instead of {expected}"
            ));
        }
        sum += balance;
    }
    let seats = ask_number(world, "totalSupply", &[id(license)])?;
    if sum == seats && balances.len() == everyone.len() {
        Ok(())
    } else {
        Err(format!(
            "I5, I10: {sum} of {seats} seats of license {license} are held"
        ))
    }
}

/// I6: whoever uses another's seat may do so while the license is usable and neither of the two is
/// frozen, until its own time, which may lie behind the license's end. No more do so than the holder has seats.
pub(super) fn i6_users<C: Chain>(
    world: &mut World<C>,
    reference: &Reference,
    license: u64,
    series: &Series,
) -> Result<(), String> {
    let mut used = BTreeMap::<Address, u64>::new();
    for user in series.holdings.rights.keys() {
        let answer = ask(world, "assignedTo", &[id(license), address(*user)])?;
        let (holder, expires) = (to_address(&answer[0]), to_number(&answer[1]));
        let expected = reference.right(series, *user);
        let expected = expected.map_or((Address::ZERO, 0), |right| (right.holder, right.expires));
        if (holder, expires) != expected {
            return Err(format!(
                "license {license}: {user} uses a seat of {holder} until {expires}, not {expected:?}"
            ));
        }
        if holder.is_zero() {
            continue;
        }
        *used.entry(holder).or_default() += 1;
        let frozen = [*user, holder].map(|account| reference.rules.told.frozen.contains(&account));
        let lasts = reference.now < expires;
        if !lasts || frozen != [false; 2] || !ask_flag(world, "isUsable", &[id(license)])? {
            return Err(format!("I6: {user} uses a seat of license {license}"));
        }
    }
    for (holder, users) in used {
        let balance = ask_number(world, "balanceOf", &[address(holder), id(license)])?;
        if users > balance {
            return Err(format!(
                "I6: {users} use {balance} seats of license {license}"
            ));
        }
    }
    Ok(())
}

/// I1: what is revoked is not usable. I2: what is usable is active, in its window, of an open type and
/// not paused; and whoever may use it is not frozen.
fn i1_i2_usable<C: Chain>(
    world: &mut World<C>,
    reference: &Reference,
    license: u64,
    series: &Series,
) -> Result<(), String> {
    let usable = ask_flag(world, "isUsable", &[id(license)])?;
    let status = series.status(reference.now);
    if usable && has_ended(status) {
        return Err(format!("I1: revoked license {license} is usable"));
    }
    let term = &series.license.term;
    let in_window = (term.valid_from..term.valid_until).contains(&reference.now);
    let unrestricted = reference
        .rules
        .allows_use(Address::ZERO, series.license.license_type);
    if usable && (status != Status::Active || !in_window || !unrestricted) {
        return Err(format!("I2: license {license} is usable"));
    }
    for account in series.holdings.positions.keys() {
        let may_use = ask_flag(world, "mayUse", &[id(license), address(*account)])?;
        if may_use && (!usable || reference.rules.told.frozen.contains(account)) {
            return Err(format!("I2: {account} may use license {license}"));
        }
        if may_use != reference.may_use(series, *account) {
            return Err(format!(
                "license {license}: that {account} may use it is {may_use}"
            ));
        }
    }
    Ok(())
}

/// I5: as many licenses of a type were issued as there are.
fn i5_supply<C: Chain>(world: &mut World<C>, reference: &Reference) -> Result<(), String> {
    let mut issued = 0;
    for license_type in 1..=reference.rules.types.len() as u64 {
        let supply = ask_number(world, "supply", &[number(license_type)])?;
        let expected = reference.supply(license_type);
        if supply != expected {
            return Err(format!("I5: {supply} licenses of a type, not {expected}"));
        }
        issued += supply;
    }
    let count = ask_number(world, "licenseCount", &[])?;
    if count == issued {
        Ok(())
    } else {
        Err(format!("I5: {count} licenses, {issued} by type"))
    }
}

/// By whose will seats move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Will {
    Holder,
    Committee,
    Successor,
}

/// I11: what is frozen moves by decision only, which releases it before it moves; a lost key's goes to
/// its successor, and is told to be frozen there before.
fn i11_frozen<C: Chain>(
    step: &Step,
    sent: &Sent,
    before: &[(u64, Series)],
    world: &World<C>,
    reference: &Reference,
) -> Result<(), String> {
    let (from, will) = match step {
        Step::Act { question, .. } => match question.kind {
            ActionKind::Transfer => (question.from, Will::Holder),
            ActionKind::Surrender => (question.caller, Will::Holder),
            ActionKind::ForceTransfer => (question.from, Will::Committee),
            ActionKind::Recover => (question.from, Will::Successor),
            _ => return Ok(()),
        },
        Step::TransferBatch { from, .. } => (*from, Will::Holder),
        Step::RecoverAll(_, lost, _) => (*lost, Will::Successor),
        _ => return Ok(()),
    };
    let mut changes_freeze = false;
    for (license, series) in before {
        let had = series.holdings.of(from);
        let has = reference
            .series(*license)
            .map_or(0, |series| series.holdings.of(from).balance);
        let frozen_moved = has < had.balance.min(had.frozen);
        if frozen_moved && will == Will::Holder {
            return Err(format!("I11: frozen seats of license {license} moved"));
        }
        changes_freeze |= match will {
            Will::Holder | Will::Committee => frozen_moved,
            Will::Successor => had.frozen != 0,
        };
    }
    let place = |names: &[&str]| {
        sent.logs.iter().position(|log| {
            let event = world.license.interface.event(log);
            event.is_some_and(|(event, _)| names.contains(&event))
        })
    };
    let told = place(&["Frozen"]);
    let moved = place(&["TransferSingle", "TransferBatch"]);
    if changes_freeze == told.is_some() && (!changes_freeze || told < moved) {
        Ok(())
    } else {
        Err(format!("I11: Frozen {told:?}, Transfer {moved:?}"))
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
            address(people::HOLDERS[1]),
            address(people::HOLDERS[0]),
            number(1),
        ];
        let mut verdict = || world.read_license("explain", &arguments);
        let (first, second) = (verdict(), verdict());
        if first.is_err() || first != second {
            return Err(format!("I31: {kind:?} of license {license}: {first:?}"));
        }
    }
    Ok(())
}
