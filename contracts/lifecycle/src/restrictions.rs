use ink::{
    Address,
    storage::{Lazy, Mapping, traits::ManualKey},
};
use lex_model::{KIND_HOLDER, KIND_PAUSE, KIND_TYPE, Reason, Update};

/// What policy said about licenses as a whole, kept here so that reading a status asks nobody.
/// Flags that end are stored as `false`.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Restrictions {
    /// Closed types.
    closed: Mapping<u64, bool, ManualKey<0x4c4c_0015>>,
    /// Frozen holders.
    frozen: Mapping<Address, bool, ManualKey<0x4c4c_0016>>,
    /// Whether the use of all licenses is paused.
    paused: Lazy<bool, ManualKey<0x4c4c_0017>>,
}

impl Restrictions {
    /// Writes a restriction or its end down and returns the update that tells readers. `kind` is one of
    /// the outbox's; what the kind is not about is ignored.
    ///
    /// # Errors
    /// [`Reason::UnknownAction`] for an unknown kind.
    pub fn set(
        &mut self,
        kind: u8,
        holder: Address,
        license_type: u64,
        holds: bool,
    ) -> Result<Update, Reason> {
        let mut update = Update {
            kind,
            status: u8::from(holds),
            ..Update::default()
        };
        match kind {
            KIND_HOLDER => {
                self.frozen.insert(holder, &holds);
                update.holder = holder.0;
            }
            KIND_TYPE => {
                self.closed.insert(license_type, &holds);
                update.license_type = license_type;
            }
            KIND_PAUSE => self.paused.set(&holds),
            _ => return Err(Reason::UnknownAction),
        }
        Ok(update)
    }

    /// Whether the type is closed.
    pub fn is_closed(&self, license_type: u64) -> bool {
        self.closed.get(license_type).unwrap_or_default()
    }

    /// Whether the account is frozen.
    pub fn is_frozen(&self, account: Address) -> bool {
        self.frozen.get(account).unwrap_or_default()
    }

    /// Whether the use of licenses is paused.
    pub fn is_use_paused(&self) -> bool {
        self.paused.get_or_default()
    }

    /// Whether `holder` may use licenses of this type that are in force.
    pub fn allow_use(&self, holder: Address, license_type: u64) -> bool {
        !self.is_use_paused() && !self.is_closed(license_type) && !self.is_frozen(holder)
    }
}
