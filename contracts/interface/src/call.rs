//! The calls between the contracts.

use ink::{
    Address,
    env::{
        CallFlags, DefaultEnvironment,
        call::{ExecutionInput, Selector, build_call_sol},
    },
    prelude::vec::Vec,
    sol::SolParamsEncode,
};

use crate::{Action, Evidence, Refusal, Refused, Rules, TypeRules};

/// The other contract gave no answer of its interface: it is no contract, it ran out of gas, or it
/// is another contract than expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAnswer;

type OneAction = (Action,);
type ActionAndEvidence = (Action, Evidence);
type Restriction = (u8, Address, u64, u8);
type OneAddress = (Address,);
type OneType = (u64,);

// `sol_error_selector!` computes the selector of any Solidity signature.
const CHECK: [u8; 4] = ink::sol_error_selector!("check", OneAction);
const CLEAR: [u8; 4] = ink::sol_error_selector!("clear", ActionAndEvidence);
const EXPLAIN: [u8; 4] = ink::sol_error_selector!("explain", OneAction);
const EXPLAIN_WITH: [u8; 4] = ink::sol_error_selector!("explainWith", ActionAndEvidence);
const RESTRICT: [u8; 4] = ink::sol_error_selector!("restrict", Restriction);
const SUCCESSOR: [u8; 4] = ink::sol_error_selector!("successorOf", OneAddress);
const TYPE_RULES: [u8; 4] = ink::sol_error_selector!("typeRules", OneType);

/// One call of another contract that answers in Solidity's encoding.
macro_rules! ask {
    ($contract:expr, $flags:expr, $selector:expr, $answer:ty $(, $argument:expr)+) => {
        build_call_sol::<DefaultEnvironment>()
            .call($contract)
            .call_flags($flags)
            .exec_input(ExecutionInput::new(Selector::new($selector))$(.push_arg($argument))+)
            .returns::<$answer>()
            .try_invoke()
            .ok()
            .and_then(Result::ok)
            .ok_or(NoAnswer)
    };
}

/// Asks policy whether an action without evidence may happen, and has it write down what follows.
///
/// # Errors
/// [`NoAnswer`] when policy cannot be asked; the inner error is policy's refusal.
pub fn check(policy: Address, action: Action) -> Result<Result<Rules, Refused>, NoAnswer> {
    ask!(policy, CallFlags::empty(), CHECK, Result<Rules, Refused>, action)
}

/// Asks policy whether an action may happen with this evidence, and has it use the evidence up.
///
/// # Errors
/// [`NoAnswer`] when policy cannot be asked; the inner error is policy's refusal.
pub fn clear(
    policy: Address,
    action: Action,
    evidence: Evidence,
) -> Result<Result<Rules, Refused>, NoAnswer> {
    ask!(policy, CallFlags::empty(), CLEAR, Result<Rules, Refused>, action, evidence)
}

/// Asks policy for every reason to refuse the action.
///
/// # Errors
/// [`NoAnswer`] when policy cannot be asked.
pub fn explain(policy: Address, action: Action) -> Result<Vec<Refusal>, NoAnswer> {
    ask!(policy, CallFlags::READ_ONLY, EXPLAIN, Vec<Refusal>, action)
}

/// Asks policy for every reason to refuse the action though this evidence comes with it.
///
/// # Errors
/// [`NoAnswer`] when policy cannot be asked.
pub fn explain_with(
    policy: Address,
    action: Action,
    evidence: Evidence,
) -> Result<Vec<Refusal>, NoAnswer> {
    ask!(
        policy,
        CallFlags::READ_ONLY,
        EXPLAIN_WITH,
        Vec<Refusal>,
        action,
        evidence
    )
}

/// The key that takes over what a lost key holds; zero when there is none.
///
/// # Errors
/// [`NoAnswer`] when policy cannot be asked.
pub fn successor(policy: Address, lost: Address) -> Result<Address, NoAnswer> {
    ask!(policy, CallFlags::READ_ONLY, SUCCESSOR, Address, lost)
}

/// The rules of a license type beyond its terms, for what readers ask about.
///
/// # Errors
/// [`NoAnswer`] when policy cannot be asked; the inner error says that there is no such type.
pub fn type_rules(
    policy: Address,
    license_type: u64,
) -> Result<Result<TypeRules, Refused>, NoAnswer> {
    ask!(policy, CallFlags::READ_ONLY, TYPE_RULES, Result<TypeRules, Refused>, license_type)
}

/// What policy tells a license contract of a restriction or its end: a kind of the outbox (2 holder,
/// 3 type, 4 pause), the holder or the type that it is about, and 1 or 0.
pub fn restriction(kind: u8, holder: Address, license_type: u64, value: u8) -> Vec<u8> {
    let mut data = Vec::from(RESTRICT);
    data.extend(SolParamsEncode::encode(&(
        kind,
        holder,
        license_type,
        value,
    )));
    data
}
