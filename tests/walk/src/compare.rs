//! What is compared alike on every license contract, and what its events must say.

use std::collections::BTreeMap;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256};
use lex_model::{ActionKind, License, Outbox, Status};

use crate::{
    Chain, Evidence, Failure, Refused, Rulebook, Sent, World, id,
    lifecycle::Metadata,
    outbox, to_refusals,
    values::{address, hash, number, text, to_address, to_number, word},
};

/// What a message did, if it ended as it should.
pub(crate) fn result(
    expected: Result<(), Refused>,
    actual: Result<Sent, Failure>,
) -> Result<Option<Sent>, String> {
    match (expected, actual) {
        (Ok(()), Ok(sent)) => Ok(Some(sent)),
        (Err(expected), Err(Failure::Refused(actual))) if expected == actual => Ok(None),
        (expected, Ok(sent)) => {
            let events = sent.logs.len();
            Err(format!("done with {events} events instead of {expected:?}"))
        }
        (expected, Err(actual)) => Err(format!("{actual:?} instead of {expected:?}")),
    }
}

/// Reads from the license contract what it always answers (I9).
pub(crate) fn ask<C: Chain>(
    world: &mut World<C>,
    message: &str,
    arguments: &[DynSolValue],
) -> Result<Vec<DynSolValue>, String> {
    world
        .read_license(message, arguments)
        .map_err(|failure| format!("I9: {message}{arguments:?}: {failure:?}"))
}

/// Reads a number.
pub(crate) fn ask_number<C: Chain>(
    world: &mut World<C>,
    message: &str,
    arguments: &[DynSolValue],
) -> Result<u64, String> {
    Ok(to_number(&ask(world, message, arguments)?[0]))
}

/// Reads yes or no.
pub(crate) fn ask_flag<C: Chain>(
    world: &mut World<C>,
    message: &str,
    arguments: &[DynSolValue],
) -> Result<bool, String> {
    ask(world, message, arguments)?[0]
        .as_bool()
        .ok_or_else(|| message.to_owned())
}

/// Every reason to refuse an action, as the license contract explains it; the action's evidence is said
/// only if there is any.
pub(crate) fn explained<C: Chain>(
    world: &mut World<C>,
    mut arguments: Vec<DynSolValue>,
    (evidence, encoded): (&Evidence, &DynSolValue),
) -> Result<Vec<Refused>, String> {
    let message = if evidence.is_some() {
        arguments.push(encoded.clone());
        "explainWith"
    } else {
        "explain"
    };
    Ok(to_refusals(&ask(world, message, &arguments)?[0]))
}

/// Compares the end of the outbox.
pub(crate) fn outbox_end<C: Chain>(world: &mut World<C>, expected: &Outbox) -> Result<(), String> {
    let expected = (expected.nonce, B256::from(expected.head));
    let actual = outbox(world);
    if expected == actual {
        Ok(())
    } else {
        Err(format!("the outbox is {actual:?} instead of {expected:?}"))
    }
}

/// Compares what policy counts and uses up: the version of its rules, which clearances and nullifiers
/// were used (I16, I27), and how many licenses of each type there are (I5).
pub(crate) fn rules<C: Chain>(
    world: &mut World<C>,
    rules: &Rulebook,
    now: u64,
) -> Result<(), String> {
    let mut read = |message: &str, arguments: &[DynSolValue]| {
        world
            .read_policy(message, arguments)
            .map_err(|failure| format!("I9: {message}: {failure:?}"))
    };
    let version = to_number(&read("version", &[])?[0]);
    if version != u64::from(rules.version) {
        return Err(format!(
            "rules have version {version}, not {}",
            rules.version
        ));
    }
    for digest in &rules.clearances {
        if read("isClearanceUsed", &[hash(B256::from(*digest))])?[0].as_bool() != Some(true) {
            return Err(format!("I16: clearance {digest:?} can be used again"));
        }
    }
    for (nullifier, until) in &rules.nullifiers {
        let used = Some(*until > now);
        if read("isNullifierUsed", &[word(*nullifier)])?[0].as_bool() != used {
            return Err(format!("I27: nullifier {nullifier:?} counts otherwise"));
        }
    }
    for id in 1..=rules.types.len() as u64 {
        let supply = to_number(&read("supplyOf", &[number(id)])?[0]);
        let cap = rules
            .license_type(id)
            .map_or(0, |known| known.rules.supply_cap);
        if supply != rules.supply(id) || (cap != 0 && supply > cap) {
            return Err(format!("I5: there are {supply} of type {id}, of {cap}"));
        }
    }
    Ok(())
}

/// A license as readers should see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    /// The license.
    pub(crate) license: License,
    /// Its status now.
    pub(crate) status: Status,
    /// When the suspension that it shows lifts by itself; 0 when it does not.
    pub(crate) suspended_until: u64,
    /// Its metadata.
    pub(crate) metadata: Metadata,
    /// Whether it is in force and nothing restricts it.
    pub(crate) usable: bool,
}

/// Compares what the contract shows of a license, or that it knows none of this id.
pub(crate) fn license<C: Chain>(
    world: &mut World<C>,
    license_id: u64,
    expected: Option<Shown>,
) -> Result<(), String> {
    let expected_fields = expected.map(|shown| fields(&shown));
    let answer = world.read_license("license", &[id(license_id)]).ok();
    let actual = answer.map(|values| world.license.interface.fields("license", &values));
    match (&expected_fields, &actual) {
        (None, None) => {}
        (Some(expected), Some(actual)) => {
            for (name, value) in expected {
                let shown = actual.get(*name);
                if !shown.is_some_and(|shown| same(shown, value)) {
                    return Err(format!(
                        "license {license_id} has the {name} {shown:?} instead of {value:?}"
                    ));
                }
            }
        }
        (expected, actual) => {
            return Err(format!(
                "license {license_id}: {actual:?} instead of {expected:?}"
            ));
        }
    }
    let usable = expected.is_some_and(|shown| shown.usable);
    if ask_flag(world, "isUsable", &[id(license_id)])? != usable {
        return Err(format!("license {license_id}: isUsable is not {usable}"));
    }
    Ok(())
}

fn fields(shown: &Shown) -> BTreeMap<&'static str, DynSolValue> {
    let Shown {
        license, metadata, ..
    } = shown;
    BTreeMap::from([
        ("holder", address(license.holder.into())),
        ("issuer", address(license.issuer.into())),
        ("licenseType", number(license.license_type)),
        ("jurisdiction", text(license.jurisdiction.as_str())),
        ("validFrom", number(license.term.valid_from)),
        ("validUntil", number(license.term.valid_until)),
        ("graceUntil", number(license.term.grace_until)),
        ("status", number(u64::from(shown.status.code()))),
        ("suspendedUntil", number(shown.suspended_until)),
        ("metadataHash", hash(metadata.hash())),
        ("version", number(u64::from(license.version))),
        ("parent", number(license.parent)),
    ])
}

/// Whether two values are the same, whatever the size of their integers.
fn same(one: &DynSolValue, other: &DynSolValue) -> bool {
    match (one.as_uint(), other.as_uint()) {
        (Some((one, _)), Some((other, _))) => one == other,
        _ => one == other,
    }
}

/// I3: waits, and until the next message a license's status changes only as it said before that it
/// would. Answers the time.
pub(crate) fn i3_foretold<C: Chain>(
    world: &mut World<C>,
    license_id: u64,
    later: u64,
) -> Result<u64, String> {
    let at = [id(license_id), number(later)];
    let foretold = ask_number(world, "statusAt", &at)?;
    world.chain.wait_until(later);
    let status = ask_number(world, "statusAt", &at)?;
    if foretold == status {
        Ok(world.chain.now())
    } else {
        Err(format!(
            "I3: license {license_id} was to be {foretold} at {later} and is {status}"
        ))
    }
}

/// I7: only who issues licenses of that type and place decides about one: who issued it, or took over
/// from that account. I12: who is no issuer any
/// more has no influence, though a holder may complete what such an issuer applied for. A committee
/// decides for itself; of a license under another one, this says nothing.
pub(crate) fn i7_i12_authority<C: Chain>(
    world: &mut World<C>,
    kind: ActionKind,
    caller: Address,
    license: &License,
    committee: Address,
) -> Result<(), String> {
    if caller == committee || license.parent != 0 {
        return Ok(());
    }
    let issuer = [address(Address::from(license.issuer))];
    let in_charge = world
        .read_policy("issuerInCharge", &issuer)
        .map_err(|failure| format!("I9: issuerInCharge: {failure:?}"))?;
    let in_charge = to_address(&in_charge[0]);
    let completes = kind == ActionKind::Activate && license.holder == caller.0.0;
    let decides = match completes {
        true => in_charge,
        false => caller,
    };
    let may = world
        .read_policy(
            "issuerMay",
            &[
                address(decides),
                number(license.license_type),
                text(license.jurisdiction.as_str()),
            ],
        )
        .map_err(|failure| format!("I9: issuerMay: {failure:?}"))?;
    if may[0].as_bool() == Some(true) && decides == in_charge {
        Ok(())
    } else {
        Err(format!("I7: {caller} decided about {license:?}"))
    }
}

/// Whether an issuer, or a committee in its place, decides about this.
pub(crate) const fn is_decision(kind: ActionKind) -> bool {
    matches!(
        kind,
        ActionKind::Issue
            | ActionKind::Activate
            | ActionKind::Renew
            | ActionKind::Suspend
            | ActionKind::Resume
            | ActionKind::Revoke
            | ActionKind::Amend
    )
}

/// I15: what is done against a holder says why, in an event with its reason and evidence.
pub(crate) fn i15_says_why<C: Chain>(
    world: &World<C>,
    kind: ActionKind,
    sent: &Sent,
    reason: u32,
    evidence: B256,
) -> Result<(), String> {
    let owes_reason = matches!(
        kind,
        ActionKind::Suspend
            | ActionKind::Revoke
            | ActionKind::ForceTransfer
            | ActionKind::FreezeToken
    );
    let says_why = || {
        sent.logs.iter().any(|log| {
            let Some((_, values)) = world.license.interface.event(log) else {
                return false;
            };
            let has_reason = values
                .iter()
                .any(|value| same(value, &number(reason.into())));
            let has_evidence = values.iter().any(|value| *value == hash(evidence));
            has_reason && has_evidence
        })
    };
    if !owes_reason || says_why() {
        Ok(())
    } else {
        Err(format!("I15: {kind:?} gives no reason"))
    }
}
