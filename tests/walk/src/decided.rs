//! What a committee contract can decide: which decision makes it send which message. The contract's own
//! table is `lex_policy_interface`'s; this one is read in the other direction.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, U256};
use lex_model::{Decision, DecisionKind, Part};

use crate::{
    Message,
    evidence::no_evidence,
    people,
    values::{address, hash, number, word},
};

/// The reason of a decision whose message takes none.
const REASON: u32 = 1;

/// The decision that makes a committee send a message, with the evidence that goes with it; none when
/// no decision does. Target, what it rests on, nonce and deadline are left to whoever puts it to the
/// committee.
pub(crate) fn decision_of(message: &Message) -> Option<(Decision, DynSolValue)> {
    let (kind, parts) = meaning(message)?;
    let mut decision = Decision {
        target: [1; 20],
        ..Decision::empty(kind)
    };
    for (part, value) in parts.iter().zip(&message.arguments) {
        if let Some(part) = part {
            put(&mut decision, *part, value)?;
        }
    }
    if matches!(kind, DecisionKind::Resume | DecisionKind::Withdraw) {
        decision.reason = REASON;
    }
    if kind.says(Part::Version) {
        decision.version = 1;
    }
    if kind == DecisionKind::Activate {
        decision.counterparty = [1; 20];
        decision.previous = [1; 32];
        decision.count = 1;
    }
    decision.validate().ok()?;
    let evidence = message.arguments.get(parts.len());
    Some((decision, evidence.cloned().unwrap_or_else(no_evidence)))
}

/// The kind of decision that sends a message, and the parts that are the message's arguments; none in
/// the place of one that the kind itself means.
fn meaning(message: &Message) -> Option<(DecisionKind, Vec<Option<Part>>)> {
    use Part::{Account, Counterparty, Evidence, Number, Reason, TokenId, ValidFrom, ValidUntil};
    let is_zero = |place: usize| as_number(&message.arguments[place]) == Some(U256::ZERO);
    let says = |kind, parts: &[Part]| Some((kind, parts.iter().copied().map(Some).collect()));
    match message.name {
        "activate" => says(
            DecisionKind::Activate,
            &[TokenId, Account, Number, ValidFrom, ValidUntil, Evidence],
        ),
        "renewApproved" => says(DecisionKind::Renew, &[TokenId, ValidUntil]),
        "suspend" => says(
            DecisionKind::Suspend,
            &[TokenId, Reason, Evidence, ValidUntil],
        ),
        "resume" => says(DecisionKind::Resume, &[TokenId]),
        "withdraw" => says(DecisionKind::Withdraw, &[TokenId]),
        "revoke" => says(DecisionKind::Revoke, &[TokenId, Reason, Evidence]),
        "forceTransfer" => says(
            DecisionKind::ForcedTransfer,
            &[Account, Counterparty, TokenId, Number, Reason, Evidence],
        ),
        "freezeToken" => {
            let kind = match is_zero(2) {
                true => DecisionKind::ReleaseToken,
                false => DecisionKind::FreezeToken,
            };
            says(kind, &[Account, TokenId, Number, Reason, Evidence])
        }
        "recoverKey" => says(
            DecisionKind::Recover,
            &[Account, Counterparty, Reason, Evidence],
        ),
        "setHolderFrozen" => {
            let kind = match is_zero(1) {
                true => DecisionKind::ReleaseHolder,
                false => DecisionKind::FreezeHolder,
            };
            Some((
                kind,
                vec![Some(Account), None, Some(Reason), Some(Evidence)],
            ))
        }
        "liftPause" => says(DecisionKind::LiftPause, &[Number]),
        _ => None,
    }
}

/// Puts an argument where it belongs; none when it does not fit.
fn put(decision: &mut Decision, part: Part, value: &DynSolValue) -> Option<()> {
    let account = || value.as_address().map(|account| account.0.0);
    let small = || u64::try_from(as_number(value)?).ok();
    match part {
        Part::TokenId => decision.token_id = as_number(value)?.to_be_bytes(),
        Part::Account => decision.account = account()?,
        Part::Counterparty => decision.counterparty = account()?,
        Part::ValidFrom => decision.valid_from = small()?,
        Part::ValidUntil => decision.valid_until = small()?,
        Part::Number => decision.number = small()?,
        Part::Reason => decision.reason = u32::try_from(small()?).ok()?,
        Part::Evidence => decision.evidence = value.as_fixed_bytes()?.0.try_into().ok()?,
        Part::Target => decision.target = account()?,
        Part::Version | Part::Count | Part::Previous | Part::Text => return None,
    }
    Some(())
}

fn as_number(value: &DynSolValue) -> Option<U256> {
    match value {
        DynSolValue::Uint(number, _) => Some(*number),
        DynSolValue::Bool(flag) => Some(U256::from(u8::from(*flag))),
        _ => None,
    }
}

/// A decision as the committee takes it.
pub(crate) fn encoded(decision: &Decision) -> DynSolValue {
    DynSolValue::Tuple(vec![
        number(decision.kind.code().into()),
        address(Address::from(decision.target)),
        word(decision.token_id),
        address(Address::from(decision.account)),
        address(Address::from(decision.counterparty)),
        number(decision.valid_from),
        number(decision.valid_until),
        number(decision.number),
        number(decision.reason.into()),
        hash(B256::from(decision.evidence)),
        DynSolValue::Tuple(vec![
            number(decision.version),
            number(decision.count),
            hash(B256::from(decision.previous)),
            hash(B256::from(decision.text)),
        ]),
        DynSolValue::Tuple(vec![word(decision.nonce), number(decision.deadline)]),
    ])
}

/// A step of the committee contract if a decision sends its message; else the committee of one takes it.
pub(crate) fn decidable<S>(
    mut step: S,
    contract: Address,
    sender: impl Fn(&mut S) -> Option<&mut Address>,
    message: impl Fn(&S) -> Option<Message>,
) -> S {
    let by_contract = sender(&mut step).is_some_and(|by| *by == contract);
    let is_decided = || message(&step).is_some_and(|message| decision_of(&message).is_some());
    if by_contract
        && !is_decided()
        && let Some(by) = sender(&mut step)
    {
        *by = people::COMMITTEE;
    }
    step
}
