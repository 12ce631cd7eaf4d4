//! ERC-1155's questions to a contract that has just got seats.

use ink::{
    Address, U256,
    prelude::vec::Vec,
    sol::{DynBytes, SolParamsEncode},
};
use lex_contract_host::{is_contract, request};
use lex_model::Reason;

type Single = (Address, Address, U256, U256, DynBytes);
type Batch = (Address, Address, Vec<U256>, Vec<U256>, DynBytes);

/// `onERC1155Received(address,address,uint256,uint256,bytes)`: the question's selector and its answer.
pub const ON_RECEIVED: [u8; 4] = ink::sol_error_selector!("onERC1155Received", Single);
/// `onERC1155BatchReceived(address,address,uint256[],uint256[],bytes)`.
pub const ON_BATCH_RECEIVED: [u8; 4] = ink::sol_error_selector!("onERC1155BatchReceived", Batch);

/// Who moved seats, from whom and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// The caller.
    pub operator: Address,
    /// The holder before; zero when they were issued.
    pub from: Address,
    /// The holder after.
    pub to: Address,
}

impl Delivery {
    /// Asks the receiving contract whether it accepts seats of one license. An account is not asked.
    ///
    /// # Errors
    /// [`Reason::UnsafeReceiver`] when it does not say yes.
    pub fn ask(&self, id: U256, amount: U256, data: DynBytes) -> Result<(), Reason> {
        let question = (self.operator, self.from, id, amount, data);
        self.put(ON_RECEIVED, &question)
    }

    /// Asks the receiving contract whether it accepts seats of several licenses. An account is not
    /// asked.
    ///
    /// # Errors
    /// [`Reason::UnsafeReceiver`] when it does not say yes.
    pub fn ask_batch(
        &self,
        ids: Vec<U256>,
        amounts: Vec<U256>,
        data: DynBytes,
    ) -> Result<(), Reason> {
        let question = (self.operator, self.from, ids, amounts, data);
        self.put(ON_BATCH_RECEIVED, &question)
    }

    fn put<'a, T: SolParamsEncode<'a>>(
        &self,
        selector: [u8; 4],
        question: &'a T,
    ) -> Result<(), Reason> {
        if !is_contract(&self.to.0) {
            return Ok(());
        }
        let mut data = Vec::from(selector);
        data.extend(SolParamsEncode::encode(question));
        // A `bytes4` stands at the beginning of its word.
        let mut yes = [0; 32];
        yes[..4].copy_from_slice(&selector);
        match request(&self.to.0, &data) {
            Ok(answer) if answer == yes => Ok(()),
            _ => Err(Reason::UnsafeReceiver),
        }
    }
}
