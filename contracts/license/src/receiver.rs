//! ERC-721's question to a contract that is about to receive a token.

use ink::{
    Address, U256,
    env::{
        DefaultEnvironment,
        call::{ExecutionInput, Selector, build_call_sol},
    },
    sol::{DynBytes, FixedBytes},
};
use lex_model::Reason;

type Parameters = (Address, Address, U256, DynBytes);

/// `onERC721Received(address,address,uint256,bytes)`: the question's selector and its answer.
const ON_RECEIVED: [u8; 4] = ink::sol_error_selector!("onERC721Received", Parameters);

/// Asks the contract `to` whether it accepts the license.
///
/// # Errors
/// [`Reason::UnsafeReceiver`] when it does not say yes.
pub fn ask(
    to: Address,
    operator: Address,
    from: Address,
    token_id: U256,
    data: DynBytes,
) -> Result<(), Reason> {
    let answer = build_call_sol::<DefaultEnvironment>()
        .call(to)
        .exec_input(
            ExecutionInput::new(Selector::new(ON_RECEIVED))
                .push_arg(operator)
                .push_arg(from)
                .push_arg(token_id)
                .push_arg(data),
        )
        .returns::<FixedBytes<4>>()
        .try_invoke();
    match answer {
        Ok(Ok(FixedBytes(ON_RECEIVED))) => Ok(()),
        _ => Err(Reason::UnsafeReceiver),
    }
}
