use ink::{
    U256,
    prelude::string::String,
    storage::{Lazy, Mapping, traits::ManualKey},
};
use lex_model::{Hash, License, Reason};
use lex_policy_interface::stored_in_one_piece;

/// The longest token URI, in bytes.
pub const MAX_URI: usize = 256;

/// What the contract notes about a license besides the license itself.
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// A renewal is requested and not yet decided.
    pub renewal_requested: bool,
    /// A decision holds the token where it is. Seats are held by their amount instead.
    pub frozen: bool,
    /// Its type is not transferable.
    pub locked: bool,
    /// Its tokens are seats of any number of holders, so that readers see none.
    pub seats: bool,
}

/// A license with its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: u64,
    /// The license itself; for how it stands see [`crate::Lifecycle::status_of`].
    pub license: License,
    /// What is noted about it.
    pub marks: Marks,
}

impl Entry {
    /// Its id, as Solidity has it.
    pub fn token_id(&self) -> U256 {
        self.id.into()
    }
}

/// A stored license.
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub(crate) struct Record(License, Marks);

stored_in_one_piece!(Record);

/// Where the metadata of a license is, and its hash. Rarely written, so it stands apart from what
/// changes.
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Hash of the metadata.
    pub hash: Hash,
    /// Where it is; at most [`MAX_URI`] bytes.
    pub uri: String,
}

stored_in_one_piece!(Metadata);

impl Metadata {
    /// Refuses a URI that is too long.
    ///
    /// # Errors
    /// [`Reason::InvalidText`].
    pub fn validate(&self) -> Result<(), Reason> {
        if self.uri.len() > MAX_URI {
            Err(Reason::InvalidText)
        } else {
            Ok(())
        }
    }
}

/// All licenses that were ever issued. Revoked and archived ones keep their holder as a record.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Register {
    licenses: Mapping<u64, Record, ManualKey<0x4c4c_0010>>,
    metadata: Mapping<u64, Metadata, ManualKey<0x4c4c_0011>>,
    /// How many licenses there are; their ids are 1 to this number.
    count: Lazy<u64, ManualKey<0x4c4c_0012>>,
    /// How many licenses of a type there are.
    supply: Mapping<u64, u64, ManualKey<0x4c4c_0013>>,
}

impl Register {
    /// The license with this id.
    ///
    /// # Errors
    /// [`Reason::UnknownLicense`].
    pub fn find(&self, token_id: U256) -> Result<Entry, Reason> {
        self.get(u64::try_from(token_id).map_err(|_| Reason::UnknownLicense)?)
    }

    /// The license with this id.
    ///
    /// # Errors
    /// [`Reason::UnknownLicense`].
    pub fn get(&self, id: u64) -> Result<Entry, Reason> {
        let Record(license, marks) = self.licenses.get(id).ok_or(Reason::UnknownLicense)?;
        Ok(Entry { id, license, marks })
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

    /// How many licenses of a type there are, pending and ended ones included.
    pub fn supply(&self, license_type: u64) -> u64 {
        self.supply.get(license_type).unwrap_or_default()
    }

    /// Adds a license and gives it its id.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^64 - 1 licenses.
    pub fn add(
        &mut self,
        license: License,
        marks: Marks,
        metadata: &Metadata,
    ) -> Result<Entry, Reason> {
        let license_type = license.license_type;
        let id = one_more(self.count())?;
        self.count.set(&id);
        self.supply
            .insert(license_type, &one_more(self.supply(license_type))?);
        self.metadata.insert(id, metadata);
        let entry = Entry { id, license, marks };
        self.put(&entry);
        Ok(entry)
    }

    /// Replaces a license.
    pub fn put(&mut self, entry: &Entry) {
        self.licenses
            .insert(entry.id, &Record(entry.license, entry.marks));
    }

    /// Replaces the metadata of a license.
    pub fn describe(&mut self, id: u64, metadata: &Metadata) {
        self.metadata.insert(id, metadata);
    }
}

fn one_more(count: u64) -> Result<u64, Reason> {
    count.checked_add(1).ok_or(Reason::LimitReached)
}
