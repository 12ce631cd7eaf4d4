use ink::{
    U256,
    sol::FixedBytes,
    storage::{Lazy, traits::ManualKey},
};
use lex_contract_host::{HostKeccak, chain_id};
use lex_model::{Address, Outbox, Reason, Update};
use lex_policy_interface::stored_in_one_piece;

use crate::{OutboxView, events::UpdateAppended};

/// The stored end of the outbox.
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub(crate) struct OutboxRecord(Outbox);

stored_in_one_piece!(OutboxRecord);

/// The contract's outbox: it stores the end and emits every update.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct OutboxLog {
    end: Lazy<OutboxRecord, ManualKey<0x4c4c_0002>>,
}

impl OutboxLog {
    /// Begins the outbox of this contract.
    pub fn begin(&mut self, contract: &Address) {
        let empty = Outbox::empty::<HostKeccak>(chain_id(), contract);
        self.end.set(&OutboxRecord(empty));
    }

    /// Gives the update its nonce, appends it and tells the world.
    ///
    /// # Errors
    /// [`Reason::NotInitialized`], or [`Reason::LimitReached`] after 2^64 - 1 updates.
    pub fn append(&mut self, update: Update) -> Result<(), Reason> {
        let OutboxRecord(outbox) = self.end.get().ok_or(Reason::NotInitialized)?;
        let nonce = outbox.next_nonce().ok_or(Reason::LimitReached)?;
        let update = Update { nonce, ..update };
        let longer = outbox
            .with::<HostKeccak>(&update)
            .ok_or(Reason::LimitReached)?;
        self.end.set(&OutboxRecord(longer));
        ink::env::emit_event(UpdateAppended {
            nonce,
            token_id: U256::from_big_endian(&update.token_id.0),
            holder: update.holder.into(),
            kind: update.kind,
            license_type: update.license_type,
            status: update.status,
            valid_from: update.valid_from,
            valid_until: update.valid_until,
            grace_until: update.grace_until,
            version: update.version,
            parent: U256::from_big_endian(&update.parent.0),
            head: FixedBytes(longer.head),
        });
        Ok(())
    }

    /// The last update's nonce and the head that commits to all updates.
    ///
    /// # Errors
    /// [`Reason::NotInitialized`].
    pub fn end(&self) -> Result<OutboxView, Reason> {
        let OutboxRecord(Outbox { nonce, head }) = self.end.get().ok_or(Reason::NotInitialized)?;
        Ok(OutboxView {
            nonce,
            head: FixedBytes(head),
        })
    }
}
