//! The calls between the contracts.

use ink::{
    Address,
    env::{
        CallFlags, DefaultEnvironment,
        call::{ExecutionInput, Selector, build_call_sol},
    },
    prelude::vec::Vec,
};

use crate::{Action, LicenseType, Refusal, Refused};

/// The other contract gave no answer of its interface: it is no contract, it ran out of gas, or it
/// is another contract than expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAnswer;

type OneAction = (Action,);
type TypeAndOpen = (u64, bool);

// `sol_error_selector!` computes the selector of any Solidity signature.
const CHECK: [u8; 4] = ink::sol_error_selector!("check", OneAction);
const EXPLAIN: [u8; 4] = ink::sol_error_selector!("explain", OneAction);
const TYPE_CHANGED: [u8; 4] = ink::sol_error_selector!("typeChanged", TypeAndOpen);

/// Asks policy whether the action may happen; the answer holds the rules of the license's type.
///
/// # Errors
/// [`NoAnswer`] when policy cannot be asked; the inner error is policy's refusal.
pub fn check(policy: Address, action: Action) -> Result<Result<LicenseType, Refused>, NoAnswer> {
    build_call_sol::<DefaultEnvironment>()
        .call(policy)
        .call_flags(CallFlags::READ_ONLY)
        .exec_input(ExecutionInput::new(Selector::new(CHECK)).push_arg(action))
        .returns::<Result<LicenseType, Refused>>()
        .try_invoke()
        .ok()
        .and_then(Result::ok)
        .ok_or(NoAnswer)
}

/// Asks policy for every reason to refuse the action.
///
/// # Errors
/// [`NoAnswer`] when policy cannot be asked.
pub fn explain(policy: Address, action: Action) -> Result<Vec<Refusal>, NoAnswer> {
    build_call_sol::<DefaultEnvironment>()
        .call(policy)
        .call_flags(CallFlags::READ_ONLY)
        .exec_input(ExecutionInput::new(Selector::new(EXPLAIN)).push_arg(action))
        .returns::<Vec<Refusal>>()
        .try_invoke()
        .ok()
        .and_then(Result::ok)
        .ok_or(NoAnswer)
}

/// Tells a license contract that a type was closed or reopened.
///
/// # Errors
/// [`NoAnswer`] when the contract cannot be told; the inner error is its refusal.
pub fn type_changed(
    license: Address,
    license_type: u64,
    open: bool,
) -> Result<Result<(), Refused>, NoAnswer> {
    build_call_sol::<DefaultEnvironment>()
        .call(license)
        .exec_input(
            ExecutionInput::new(Selector::new(TYPE_CHANGED))
                .push_arg(license_type)
                .push_arg(open),
        )
        .returns::<Result<(), Refused>>()
        .try_invoke()
        .ok()
        .and_then(Result::ok)
        .ok_or(NoAnswer)
}
