//! What policy stores.

use ink::{prelude::string::String, sol::FixedBytes};
use lex_model::Hash;
use lex_policy_interface as interface;

/// A license type: the rules that the model knows, and what people and programs read about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct TypeRecord {
    /// The rules.
    pub rules: lex_model::LicenseType,
    /// Name for people, at most [`MAX_NAME`] bytes.
    pub name: String,
    /// Hash of the terms that people agree to.
    pub terms_hash: Hash,
    /// Version of the metadata schema.
    pub schema_version: u32,
}

/// The longest name of a type or an issuer, in bytes: a storage entry holds 416.
pub const MAX_NAME: usize = 64;

impl TypeRecord {
    /// The type as Solidity sees it.
    pub fn into_interface(self) -> interface::LicenseType {
        let Self {
            rules,
            name,
            terms_hash,
            schema_version,
        } = self;
        interface::LicenseType {
            kind: rules.kind as u8,
            name,
            term: rules.term,
            renewal_window: rules.renewal_window,
            grace: rules.grace,
            supply_cap: rules.supply_cap,
            transferable: rules.transferable,
            terms_hash: FixedBytes(terms_hash),
            schema_version,
            open: rules.open,
            version: rules.version,
        }
    }
}

lex_policy_interface::stored_in_one_piece!(TypeRecord);
