//! What the license contract stores: entries of at most 416 bytes, under fixed keys.

use ink::{
    Address, U256,
    prelude::string::String,
    storage::{Lazy, Mapping, traits::ManualKey},
};
use lex_model::{Hash, License, Outbox, Reason};
use lex_policy_interface::stored_in_one_piece;

/// The longest token URI, in bytes.
pub const MAX_URI: usize = 256;

/// A stored license.
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct LicenseRecord(pub License);

stored_in_one_piece!(LicenseRecord);

/// The stored end of the outbox.
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct OutboxRecord(pub Outbox);

stored_in_one_piece!(OutboxRecord);

/// Where the metadata of a license is, and its hash. Written once, so it stands apart from what
/// changes.
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Metadata {
    /// Hash of the metadata.
    pub hash: Hash,
    /// Where it is; at most [`MAX_URI`] bytes.
    pub uri: String,
}

stored_in_one_piece!(Metadata);

/// All licenses that were ever issued. Revoked and archived ones keep their holder as a record.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Register {
    licenses: Mapping<u64, LicenseRecord, ManualKey<0x4c4c_0010>>,
    metadata: Mapping<u64, Metadata, ManualKey<0x4c4c_0011>>,
    /// How many licenses there are; their ids are 1 to this number.
    count: Lazy<u64, ManualKey<0x4c4c_0012>>,
    /// How many licenses of a type there are.
    supply: Mapping<u64, u64, ManualKey<0x4c4c_0013>>,
    /// How many licenses an account holds.
    balances: Mapping<Address, u64, ManualKey<0x4c4c_0014>>,
    /// Whether a type is closed, as policy said.
    closed: Mapping<u64, bool, ManualKey<0x4c4c_0015>>,
}

impl Register {
    /// The license with this id.
    ///
    /// # Errors
    /// [`Reason::UnknownLicense`].
    pub fn find(&self, token_id: U256) -> Result<(u64, License), Reason> {
        let id = u64::try_from(token_id).map_err(|_| Reason::UnknownLicense)?;
        let LicenseRecord(license) = self.licenses.get(id).ok_or(Reason::UnknownLicense)?;
        Ok((id, license))
    }

    /// The metadata of the license with this id.
    ///
    /// # Errors
    /// [`Reason::UnknownLicense`].
    pub fn metadata(&self, id: u64) -> Result<Metadata, Reason> {
        self.metadata.get(id).ok_or(Reason::UnknownLicense)
    }

    /// How many licenses there are.
    pub fn count(&self) -> u64 {
        self.count.get_or_default()
    }

    /// How many licenses of a type there are.
    pub fn supply(&self, license_type: u64) -> u64 {
        self.supply.get(license_type).unwrap_or_default()
    }

    /// How many licenses an account holds.
    pub fn balance(&self, holder: Address) -> u64 {
        self.balances.get(holder).unwrap_or_default()
    }

    /// Whether policy has said that the type is closed.
    pub fn is_closed(&self, license_type: u64) -> bool {
        self.closed.get(license_type).unwrap_or_default()
    }

    /// Writes down that a type was closed or reopened.
    pub fn set_closed(&mut self, license_type: u64, closed: bool) {
        self.closed.insert(license_type, &closed);
    }

    /// Adds a license and returns its id.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^64 - 1 licenses.
    pub fn add(&mut self, license: License, metadata: &Metadata) -> Result<u64, Reason> {
        let id = one_more(self.count())?;
        self.count.set(&id);
        self.supply.insert(
            license.license_type,
            &one_more(self.supply(license.license_type))?,
        );
        self.count_in(license.holder.into())?;
        self.metadata.insert(id, metadata);
        self.put(id, license);
        Ok(id)
    }

    /// Replaces a license whose holder stays.
    pub fn put(&mut self, id: u64, license: License) {
        self.licenses.insert(id, &LicenseRecord(license));
    }

    /// Replaces a license that `from` gave away.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] when the counts do not fit, which they always do.
    pub fn hand_over(&mut self, id: u64, from: Address, license: License) -> Result<(), Reason> {
        let left = self
            .balance(from)
            .checked_sub(1)
            .ok_or(Reason::LimitReached)?;
        self.balances.insert(from, &left);
        self.count_in(license.holder.into())?;
        self.put(id, license);
        Ok(())
    }

    fn count_in(&mut self, holder: Address) -> Result<(), Reason> {
        self.balances
            .insert(holder, &one_more(self.balance(holder))?);
        Ok(())
    }
}

fn one_more(count: u64) -> Result<u64, Reason> {
    count.checked_add(1).ok_or(Reason::LimitReached)
}
