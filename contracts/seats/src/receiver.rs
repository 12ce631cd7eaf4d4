//! ERC-1155's questions to a contract that has just got seats.

use ink::{
    Address, U256,
    prelude::vec::Vec,
    sol::{DynBytes, SolParamsEncode},
};
use lex_lifecycle::ask_receiver;
use lex_policy_interface::Refused;

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
    /// [`lex_model::Reason::UnsafeReceiver`] when it does not say yes.
    pub fn ask(&self, id: U256, amount: U256, data: DynBytes) -> Result<(), Refused> {
        let question = (self.operator, self.from, id, amount, data);
        ask_receiver(self.to, ON_RECEIVED, &SolParamsEncode::encode(&question))
    }

    /// Asks the receiving contract whether it accepts seats of several licenses. An account is not
    /// asked.
    ///
    /// # Errors
    /// [`lex_model::Reason::UnsafeReceiver`] when it does not say yes.
    pub fn ask_batch(
        &self,
        ids: Vec<U256>,
        amounts: Vec<U256>,
        data: DynBytes,
    ) -> Result<(), Refused> {
        let question = (self.operator, self.from, ids, amounts, data);
        ask_receiver(
            self.to,
            ON_BATCH_RECEIVED,
            &SolParamsEncode::encode(&question),
        )
    }
}
