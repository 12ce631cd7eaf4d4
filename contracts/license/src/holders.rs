use ink::{
    Address,
    storage::{Mapping, traits::ManualKey},
};
use lex_model::Reason;

/// How many licenses each account holds, those out of force included.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Holders {
    balances: Mapping<Address, u64, ManualKey<0x4c4c_0022>>,
}

impl Holders {
    /// How many licenses the account holds.
    pub fn balance(&self, holder: Address) -> u64 {
        self.balances.get(holder).unwrap_or_default()
    }

    /// Counts a license in.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^64 - 1 of them.
    pub fn receive(&mut self, holder: Address) -> Result<(), Reason> {
        let more = self.balance(holder).checked_add(1);
        self.balances
            .insert(holder, &more.ok_or(Reason::LimitReached)?);
        Ok(())
    }

    /// Counts a license from one account over to another.
    ///
    /// # Errors
    /// [`Reason::NotHolder`] when `from` holds none.
    pub fn hand_over(&mut self, from: Address, to: Address) -> Result<(), Reason> {
        let left = self.balance(from).checked_sub(1);
        self.balances.insert(from, &left.ok_or(Reason::NotHolder)?);
        self.receive(to)
    }
}
