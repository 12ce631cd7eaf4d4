//! What the committee asks the target of a decision.

use ink::U256;
use ink::sol::{SolErrorDecode, SolParamsDecode};
use lex_contract_host::{CallFailure, query};
use lex_model::{About, Decision, Reason, TypeKind};
use lex_policy_interface::{Refused, SubjectView, held_call, subject_call, version_call};

/// The version of what a decision is about; `None` for a decision that names none.
///
/// # Errors
/// The target's refusal in its own words, or [`Reason::TargetRefused`].
#[inline(never)]
pub fn version(decision: &Decision) -> Result<Option<u64>, Refused> {
    version_call(decision)
        .map(|call| answered(query(&decision.target, &call)))
        .transpose()
}

/// What has to be shown of the license that a decision is about.
///
/// # Errors
/// As [`version`].
#[inline(never)]
pub fn subject(decision: &Decision) -> Result<SubjectView, Refused> {
    answered(query(&decision.target, &subject_call(decision)))
}

/// How the license that a decision is about is kept: as seats, which name no holder, or as a single token.
pub fn kept(subject: &SubjectView) -> TypeKind {
    match subject.holder.is_zero() {
        true => TypeKind::Sft,
        false => TypeKind::Nft,
    }
}

/// How the license that a decision is about is kept; as a single token for one that is about none.
///
/// # Errors
/// As [`version`].
pub fn kept_by_target(decision: &Decision) -> Result<TypeKind, Refused> {
    match decision.kind.about() {
        About::License => subject(decision).map(|subject| kept(&subject)),
        _ => Ok(TypeKind::Nft),
    }
}

/// How many of an account's units of a license are held where they are.
///
/// # Errors
/// As [`version`].
#[inline(never)]
pub fn held(decision: &Decision) -> Result<U256, Refused> {
    answered(query(&decision.target, &held_call(decision)))
}

/// Nothing, or what is no answer, comes from a target that such decisions cannot be about.
fn answered<T>(answer: Result<ink::prelude::vec::Vec<u8>, CallFailure>) -> Result<T, Refused>
where
    (T,): SolParamsDecode,
{
    let decoded = match answer {
        Ok(data) => SolParamsDecode::decode(&data).map(|(value,)| Ok(value)),
        Err(CallFailure::Reverted(data)) => Refused::decode(&data).map(Err),
        Err(CallFailure::NoAnswer) => return Err(Reason::TargetRefused.into()),
    };
    decoded.unwrap_or_else(|_| Err(Reason::TargetRefused.into()))
}
