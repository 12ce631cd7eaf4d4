//! ERC-721's question to a contract that is to have a token.

use ink::{
    Address, U256,
    sol::{DynBytes, SolParamsEncode},
};
use lex_lifecycle::ask_receiver;
use lex_policy_interface::Refused;

type Parameters = (Address, Address, U256, DynBytes);

/// `onERC721Received(address,address,uint256,bytes)`: the question's selector and its answer.
const ON_RECEIVED: [u8; 4] = ink::sol_error_selector!("onERC721Received", Parameters);

/// Asks `to`, if it is a contract, whether it accepts the license.
///
/// # Errors
/// [`lex_model::Reason::UnsafeReceiver`] when it does not say yes.
pub fn ask(
    to: Address,
    operator: Address,
    from: Address,
    token_id: U256,
    data: DynBytes,
) -> Result<(), Refused> {
    let question = SolParamsEncode::encode(&(operator, from, token_id, data));
    ask_receiver(to, ON_RECEIVED, &question)
}
