//! Who may move seats for their holders, as ERC-1155 has it.

use ink::{
    Address,
    storage::{Mapping, traits::ManualKey},
};

/// Operators of all seats of a holder.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Operators {
    /// Whether an operator (second) may move all seats of a holder (first).
    operators: Mapping<(Address, Address), bool, ManualKey<0x4c53_0020>>,
}

impl Operators {
    /// Whether `operator` may move all seats of `holder`.
    pub fn is_operator(&self, holder: Address, operator: Address) -> bool {
        self.operators.get((holder, operator)).unwrap_or_default()
    }

    /// Says whether `operator` may move all seats of `holder`.
    pub fn set(&mut self, holder: Address, operator: Address, approved: bool) {
        self.operators.insert((holder, operator), &approved);
    }

    /// Whether `caller` may move seats of `holder`.
    pub fn may_move(&self, caller: Address, holder: Address) -> bool {
        caller == holder || self.is_operator(holder, caller)
    }
}
