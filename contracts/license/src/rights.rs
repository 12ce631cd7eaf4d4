//! What accounts other than its holder may do with a license: move it (ERC-721) or use it (ERC-4907).

use ink::{
    Address,
    storage::{Mapping, traits::ManualKey},
};
use lex_policy_interface::stored_in_one_piece;

/// The rights that end when a license moves.
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grants {
    /// Who may move it; the zero address for nobody.
    pub approved: Address,
    /// Who may use it; the zero address for nobody.
    pub user: Address,
    /// First second in which the user may no longer use it, Unix seconds.
    pub user_expires: u64,
}

stored_in_one_piece!(Grants);

/// The rights on single licenses, and operators.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Rights {
    grants: Mapping<u64, Grants, ManualKey<0x4c4c_0020>>,
    /// Whether an operator (second) may move all licenses of a holder (first).
    operators: Mapping<(Address, Address), bool, ManualKey<0x4c4c_0021>>,
}

impl Rights {
    /// The rights on a license.
    pub fn of(&self, id: u64) -> Grants {
        self.grants.get(id).unwrap_or_default()
    }

    /// Lets `to` move the license, instead of anyone approved before.
    pub fn approve(&mut self, id: u64, to: Address) {
        let grants = Grants {
            approved: to,
            ..self.of(id)
        };
        self.grants.insert(id, &grants);
    }

    /// Lets `user` use the license before `expires`, instead of anyone before.
    pub fn lend(&mut self, id: u64, user: Address, expires: u64) {
        let grants = Grants {
            user,
            user_expires: expires,
            ..self.of(id)
        };
        self.grants.insert(id, &grants);
    }

    /// Ends the rights on a license that has moved, and returns what they were. Writes only if there
    /// were any.
    pub fn end(&mut self, id: u64) -> Grants {
        let ended = self.of(id);
        if ended != Grants::default() {
            self.grants.insert(id, &Grants::default());
        }
        ended
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

    /// Whether `caller` may move and lend this license of `holder`.
    pub fn may_move(&self, caller: Address, holder: Address, id: u64) -> bool {
        // No approval is stored as the zero address, which callers of views may well be.
        let approved = !caller.is_zero() && self.of(id).approved == caller;
        approved || self.may_approve(caller, holder)
    }
}
