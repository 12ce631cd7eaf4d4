//! ERC-721's question to a contract that is about to receive a token.

use ink::{
    Address, U256,
    prelude::vec::Vec,
    sol::{DynBytes, SolParamsEncode},
};
use lex_contract_host::{is_contract, request};
use lex_model::Reason;

type Parameters = (Address, Address, U256, DynBytes);

/// `onERC721Received(address,address,uint256,bytes)`: the question's selector and its answer.
const ON_RECEIVED: [u8; 4] = ink::sol_error_selector!("onERC721Received", Parameters);

/// Asks `to`, if it is a contract, whether it accepts the license.
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
    if !is_contract(&to.0) {
        return Ok(());
    }
    let mut question = Vec::from(ON_RECEIVED);
    question.extend(SolParamsEncode::encode(&(operator, from, token_id, data)));
    match request(&to.0, &question) {
        Ok(answer) if accepts(&answer) => Ok(()),
        _ => Err(Reason::UnsafeReceiver),
    }
}

/// A `bytes4` stands at the front of its word.
fn accepts(answer: &[u8]) -> bool {
    let yes = answer.strip_prefix(&ON_RECEIVED);
    yes.is_some_and(|rest| rest.len() == 28 && rest.iter().all(|byte| *byte == 0))
}
