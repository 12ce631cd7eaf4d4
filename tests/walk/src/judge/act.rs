//! What a row asks, as messages: tried for real, and asked of `explain` before.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256};
use lex_model::{ActionKind, MAX_TIME};

use super::{
    Verdict, cast, named,
    scene::{DAY, Missing, Scene, missing},
    stage::{CONTENT, id, said},
    table::{ALLOWED, Row},
};
use crate::{
    Chain,
    evidence::no_evidence,
    values::{address, flag, hash, number, text, to_number},
};

/// Facts about what is said with an action, of which `explain` is not told.
const NOT_EXPLAINED: [&str; 9] = [
    "validFrom",
    "reason",
    "text",
    "until",
    "liftsAt",
    "call",
    "release",
    "decision",
    "from",
];

/// Refuses rows whose action is none on a license.
///
/// # Errors
/// The action.
pub(crate) fn known(row: &Row) -> Result<(), Missing> {
    let more = ["settle", "takeBack", "approve", "use"];
    if kind(&row.action).is_some() || more.contains(&row.action.as_str()) {
        Ok(())
    } else {
        missing(format!("action {}", row.action))
    }
}

/// The kind of an action, `None` for what policy is not asked about.
pub(crate) fn kind(action: &str) -> Option<ActionKind> {
    let same_name = |kind: &ActionKind| format!("{kind:?}").eq_ignore_ascii_case(action);
    ActionKind::ALL.into_iter().find(same_name)
}

/// Tries what the row asks in its world.
///
/// # Errors
/// What cannot be asked.
pub(crate) fn verdict<C: Chain>(scene: &mut Scene<'_, C>) -> Result<Verdict, Missing> {
    if scene.row.action == "use" {
        return used(scene);
    }
    let explained = explained(scene);
    let (name, arguments) = message(scene)?;
    let caller = scene.caller;
    let tried = match scene.stage.license(caller, name, &arguments) {
        Ok(_) => ALLOWED.to_owned(),
        Err(failure) => said(&failure),
    };
    Ok(Verdict { tried, explained })
}

/// Whether a reader is told that the license can be used, by its holder or the one it is lent to.
fn used<C: Chain>(scene: &mut Scene<'_, C>) -> Result<Verdict, Missing> {
    let by_user = scene.row.by == "user";
    let (name, arguments) = match scene.row.by.as_str() {
        "user" => ("userOf", [id(scene.license)]),
        "holder" => ("isUsable", [id(scene.license)]),
        other => return missing(format!("use by {other}")),
    };
    let answer = scene.stage.world.read_license(name, &arguments);
    let usable = match answer {
        Ok(values) if by_user => values[0] == address(cast::USER),
        Ok(values) => values[0] == DynSolValue::Bool(true),
        Err(failure) => {
            return Ok(Verdict {
                tried: said(&failure),
                explained: None,
            });
        }
    };
    // A reader learns whether, not why.
    let tried = match (usable, scene.row.expect.as_str()) {
        (true, _) => ALLOWED,
        (false, ALLOWED) => "not usable",
        (false, reason) => reason,
    };
    Ok(Verdict {
        tried: tried.to_owned(),
        explained: None,
    })
}

fn explained<C: Chain>(scene: &mut Scene<'_, C>) -> Option<String> {
    let kind = kind(&scene.row.action)?;
    let facts = scene.row.given.iter();
    let mut keys = facts
        .filter_map(|fact| fact.split_once('='))
        .map(|(key, _)| key);
    if keys.any(|key| NOT_EXPLAINED.contains(&key)) {
        return None;
    }
    let token = match kind {
        ActionKind::Issue => 0,
        ActionKind::Sublicense => scene.parent,
        _ => scene.license,
    };
    let (license_type, place) = match kind.creates() {
        true => (scene.type_id, place(scene)),
        false => (0, String::new()),
    };
    let to = match kind {
        ActionKind::Issue
        | ActionKind::Sublicense
        | ActionKind::Transfer
        | ActionKind::ForceTransfer => to(scene),
        _ if scene.row.action == "lend" => to(scene),
        _ => Address::ZERO,
    };
    let arguments = [
        number(kind.code().into()),
        address(scene.caller),
        id(token),
        number(license_type),
        text(&place),
        address(to),
    ];
    let first = scene.stage.explain(&arguments);
    Some(named(first.map(|refused| refused.code)))
}

fn place<C: Chain>(scene: &Scene<'_, C>) -> String {
    match scene.given("jurisdiction") {
        None => "US-NY".to_owned(),
        Some("invalid") => "us".to_owned(),
        Some(place) => place.to_owned(),
    }
}

/// Who is to have it.
fn to<C: Chain>(scene: &Scene<'_, C>) -> Address {
    match scene.given("to") {
        Some("zero") => Address::ZERO,
        Some("caller") => scene.caller,
        Some("holder") => cast::HOLDER,
        Some("issuer") => cast::ISSUER,
        _ => scene.receiver(),
    }
}

fn time<C: Chain>(scene: &Scene<'_, C>, key: &str, otherwise: u64) -> u64 {
    let now = scene.stage.now();
    match scene.given(key) {
        Some("past") => now - 3_600,
        Some("now") => now,
        Some("future") => now + 10 * DAY,
        Some("tooFar") => MAX_TIME + 1,
        Some("afterEnd") => now + 100 * DAY,
        _ => otherwise,
    }
}

fn message<C: Chain>(
    scene: &mut Scene<'_, C>,
) -> Result<(&'static str, Vec<DynSolValue>), Missing> {
    let license = id(scene.license);
    let reason = number(u64::from(scene.given("reason") != Some("none")));
    let evidence = hash(CONTENT);
    let now = scene.stage.now();
    Ok(match scene.row.action.as_str() {
        "issue" => ("issue", new_license(scene)),
        "sublicense" => {
            let mut arguments = vec![id(scene.parent)];
            arguments.extend(new_license(scene));
            ("sublicense", arguments)
        }
        "activate" => ("activate", activation(scene)?),
        "renew" if is_decided(scene) => {
            let end = wanted_end(scene)?;
            ("renewApproved", vec![license, number(end), no_evidence()])
        }
        "renew" => ("renew", vec![license]),
        "requestRenewal" => ("requestRenewal", vec![license]),
        "suspend" => {
            let lifts = time(scene, "liftsAt", 0);
            ("suspend", vec![license, reason, evidence, number(lifts)])
        }
        "resume" => ("resume", vec![license]),
        "revoke" => ("revoke", vec![license, reason, evidence]),
        "surrender" => ("surrender", vec![license]),
        "withdraw" => ("withdraw", vec![license]),
        "settle" => ("settle", vec![license]),
        "recover" => ("recover", vec![DynSolValue::Array(vec![license])]),
        "transfer" => {
            let arguments = vec![address(cast::HOLDER), address(to(scene)), license];
            ("transferFrom", arguments)
        }
        "forceTransfer" => {
            let mut arguments = vec![address(cast::HOLDER), address(to(scene)), license];
            if scene.given("call") == Some("forcedTransfer") {
                return Ok(("forcedTransfer", arguments));
            }
            arguments.extend([number(1), reason, evidence]);
            ("forceTransfer", arguments)
        }
        "freezeToken" => {
            let hold = scene.given("release") != Some("yes");
            let holder = address(cast::HOLDER);
            if scene.given("call") == Some("setFrozenTokens") {
                return Ok(("setFrozenTokens", vec![holder, license, flag(hold)]));
            }
            let amount = number(hold.into());
            (
                "freezeToken",
                vec![holder, license, amount, reason, evidence],
            )
        }
        "amend" => ("setMetadata", amendment(scene, license)),
        "lend" => {
            let until = time(scene, "until", now + DAY);
            ("setUser", vec![license, address(to(scene)), number(until)])
        }
        "takeBack" => ("setUser", vec![license, address(Address::ZERO), number(0)]),
        "approve" => approval(scene, license),
        other => return missing(format!("action {other}")),
    })
}

/// Whether a committee renews what needs its approval.
fn is_decided<C: Chain>(scene: &Scene<'_, C>) -> bool {
    let gates = scene.given("gates.renew").unwrap_or_default();
    let asked = scene.given("renewal").is_some() || gates.contains("committee");
    asked && scene.row.by == "committee"
}

fn new_license<C: Chain>(scene: &Scene<'_, C>) -> Vec<DynSolValue> {
    let content = match scene.given("text") {
        Some("tooLong") => "u".repeat(257),
        _ => "ipfs://metadata".to_owned(),
    };
    vec![
        address(to(scene)),
        number(scene.type_id),
        text(&place(scene)),
        number(time(scene, "validFrom", 0)),
        hash(CONTENT),
        text(&content),
    ]
}

fn amendment<C: Chain>(scene: &Scene<'_, C>, license: DynSolValue) -> Vec<DynSolValue> {
    let (content, uri) = match scene.given("text") {
        Some("same") => (CONTENT, "ipfs://metadata".to_owned()),
        Some("tooLong") => (B256::repeat_byte(0x22), "u".repeat(257)),
        Some("empty") => (B256::repeat_byte(0x22), String::new()),
        _ => (B256::repeat_byte(0x22), "ipfs://amended".to_owned()),
    };
    vec![license, hash(content), text(&uri)]
}

fn approval<C: Chain>(
    scene: &Scene<'_, C>,
    license: DynSolValue,
) -> (&'static str, Vec<DynSolValue>) {
    match scene.given("call") {
        Some("setApprovalForAll") => (
            "setApprovalForAll",
            vec![address(cast::OPERATOR), flag(true)],
        ),
        Some("revokeApproval") => ("approve", vec![address(Address::ZERO), license]),
        _ => ("approve", vec![address(to(scene)), license]),
    }
}

/// The fields of the license; of one that does not exist, zeros.
fn fields<C: Chain>(scene: &mut Scene<'_, C>) -> Option<[u64; 3]> {
    let world = &mut scene.stage.world;
    let values = world.read_license("license", &[id(scene.license)]).ok()?;
    let fields = world.license.interface.fields("license", &values);
    let number_of = |name: &str| fields.get(name).map_or(0, to_number);
    Some([
        number_of("licenseType"),
        number_of("validFrom"),
        number_of("validUntil"),
    ])
}

fn activation<C: Chain>(scene: &mut Scene<'_, C>) -> Result<Vec<DynSolValue>, Missing> {
    if scene.given("decision").is_some() {
        return missing("a decision about a pending license");
    }
    let [license_type, valid_from, valid_until] = fields(scene).unwrap_or_default();
    Ok(vec![
        id(scene.license),
        address(cast::HOLDER),
        number(license_type),
        number(valid_from),
        number(valid_until),
        hash(CONTENT),
        no_evidence(),
    ])
}

/// The end that a renewal gives.
fn wanted_end<C: Chain>(scene: &mut Scene<'_, C>) -> Result<u64, Missing> {
    let [_, _, valid_until] = fields(scene).unwrap_or_default();
    Ok(valid_until + scene.license_type.rules.durations.term)
}
