//! The call to a proxy in front of a license or seats contract.

use ink::{
    Address,
    env::{
        DefaultEnvironment,
        call::{ExecutionInput, Selector, build_call_sol},
    },
};

use crate::{NoAnswer, Refused};

type Parameters = (Address,);

const UPGRADE_TO: [u8; 4] = ink::sol_error_selector!("upgradeTo", Parameters);

/// Replaces the code behind a proxy; the caller must be the proxy's upgrader.
///
/// # Errors
/// [`NoAnswer`] when there is no proxy; the inner error is its refusal.
pub fn upgrade_to(
    proxy: Address,
    implementation: Address,
) -> Result<Result<(), Refused>, NoAnswer> {
    // A call to an account that is no contract succeeds and answers nothing, as an upgrade does.
    if !ink::env::is_contract(&proxy) {
        return Err(NoAnswer);
    }
    build_call_sol::<DefaultEnvironment>()
        .call(proxy)
        .exec_input(ExecutionInput::new(Selector::new(UPGRADE_TO)).push_arg(implementation))
        .returns::<Result<(), Refused>>()
        .try_invoke()
        .ok()
        .and_then(Result::ok)
        .ok_or(NoAnswer)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_selector_is_the_one_that_proxies_listen_to() {
        assert_eq!(super::UPGRADE_TO, [0x36, 0x59, 0xcf, 0xe6]);
    }
}
