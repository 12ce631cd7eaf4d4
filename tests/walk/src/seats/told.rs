use std::collections::BTreeMap;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;

use crate::{
    Contract, Log,
    values::{to_address, to_number},
};

/// What a license's events say of an account.
type Told = BTreeMap<(u64, Address), u64>;

/// What someone knows who has only heard the events.
#[derive(Debug, Default)]
pub struct Hearsay {
    /// How many seats of a license an account holds.
    pub balances: Told,
    /// How many of them it must keep.
    pub frozen: Told,
}

impl Hearsay {
    /// Hears what a message emitted.
    ///
    /// # Errors
    /// When seats leave who has not so many.
    pub fn hear(&mut self, seats: &Contract, logs: &[Log]) -> Result<(), String> {
        let own = logs.iter().filter(|log| log.contract == seats.address);
        for (name, values) in own.filter_map(|log| seats.interface.event(log)) {
            match (name, values.as_slice()) {
                ("TransferSingle", [_, from, to, id, amount]) => {
                    self.moved(from, to, id, amount)?;
                }
                ("TransferBatch", [_, from, to, ids, amounts]) => {
                    let ids = ids.as_array().unwrap_or_default();
                    let amounts = amounts.as_array().unwrap_or_default();
                    for (id, amount) in ids.iter().zip(amounts) {
                        self.moved(from, to, id, amount)?;
                    }
                }
                ("Frozen", [account, id, amount]) => {
                    let key = (to_number(id), to_address(account));
                    self.frozen.insert(key, to_number(amount));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn moved(
        &mut self,
        from: &DynSolValue,
        to: &DynSolValue,
        id: &DynSolValue,
        amount: &DynSolValue,
    ) -> Result<(), String> {
        let (id, amount) = (to_number(id), to_number(amount));
        let (from, to) = (to_address(from), to_address(to));
        if !from.is_zero() {
            let held = self.balances.entry((id, from)).or_default();
            *held = held.checked_sub(amount).ok_or_else(|| {
                format!("I34: {from} gives {amount} seats of {id} and has {held}")
            })?;
        }
        if !to.is_zero() {
            *self.balances.entry((id, to)).or_default() += amount;
        }
        Ok(())
    }
}
