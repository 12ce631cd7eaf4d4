//! Who may move licenses for their holders, as ERC-721 has it.

use ink::{
    Address,
    storage::{Mapping, traits::ManualKey},
};

/// Approvals of single licenses and of operators.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Approvals {
    /// Who may move a license; the zero address for nobody.
    licenses: Mapping<u64, Address, ManualKey<0x4c4c_0020>>,
    /// Whether an operator (second) may move all licenses of a holder (first).
    operators: Mapping<(Address, Address), bool, ManualKey<0x4c4c_0021>>,
}

impl Approvals {
    /// Who may move the license, the zero address for nobody.
    pub fn approved(&self, id: u64) -> Address {
        self.licenses.get(id).unwrap_or_default()
    }

    /// Lets `to` move the license, instead of anyone approved before.
    pub fn approve(&mut self, id: u64, to: Address) {
        self.licenses.insert(id, &to);
    }

    /// Ends the approval of a license that has moved. Writes only if there was one.
    pub fn clear(&mut self, id: u64) {
        if !self.approved(id).is_zero() {
            self.approve(id, Address::zero());
        }
    }

    /// Whether `operator` may move all licenses of `holder`.
    pub fn is_operator(&self, holder: Address, operator: Address) -> bool {
        self.operators.get((holder, operator)).unwrap_or_default()
    }

    /// Says whether `operator` may move all licenses of `holder`.
    pub fn set_operator(&mut self, holder: Address, operator: Address, approved: bool) {
        self.operators.insert((holder, operator), &approved);
    }

    /// Whether `caller` may approve others for the licenses of `holder`.
    pub fn may_approve(&self, caller: Address, holder: Address) -> bool {
        caller == holder || self.is_operator(holder, caller)
    }

    /// Whether `caller` may move this license of `holder`.
    pub fn may_move(&self, caller: Address, holder: Address, id: u64) -> bool {
        // No approval is stored as the zero address, which callers of views may well be.
        let approved = !caller.is_zero() && self.approved(id) == caller;
        approved || self.may_approve(caller, holder)
    }
}
