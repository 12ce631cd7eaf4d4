//! License types.

use ink::storage::{Lazy, Mapping, traits::ManualKey};
use lex_model::Reason;
use lex_policy_interface::TypeRules;

use crate::records::TypeRecord;

/// The types, numbered from 1.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Types {
    count: Lazy<u64, ManualKey<0x4c50_0010>>,
    records: Mapping<u64, TypeRecord, ManualKey<0x4c50_0011>>,
}

impl Types {
    /// How many types there are; their ids are 1 to this number.
    pub fn count(&self) -> u64 {
        self.count.get_or_default()
    }

    /// The type with this id, if there is one.
    pub fn get(&self, id: u64) -> Option<TypeRecord> {
        self.records.get(id)
    }

    /// The type with this id.
    ///
    /// # Errors
    /// [`Reason::UnknownType`].
    pub fn find(&self, id: u64) -> Result<TypeRecord, Reason> {
        self.get(id).ok_or(Reason::UnknownType)
    }

    /// Adds a type and returns its id.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^64 - 1 types.
    pub fn add(&mut self, record: &TypeRecord) -> Result<u64, Reason> {
        let id = self.count().checked_add(1).ok_or(Reason::LimitReached)?;
        self.count.set(&id);
        self.records.insert(id, record);
        Ok(id)
    }

    /// Closes or reopens a type.
    ///
    /// # Errors
    /// [`Reason::UnknownType`] or [`Reason::AlreadySo`].
    pub fn set_open(&mut self, id: u64, open: bool) -> Result<(), Reason> {
        let record = self.find(id)?.with_open(open)?;
        self.records.insert(id, &record);
        Ok(())
    }

    /// Replaces the rules of a type that go beyond its terms, and returns its new version.
    ///
    /// # Errors
    /// [`Reason::UnknownType`] also for a parent type that does not exist;
    /// [`Reason::InvalidTypeTerms`] when the rules make no sense, or the parent is the type itself.
    pub fn set_rules(&mut self, id: u64, rules: &TypeRules) -> Result<u32, Reason> {
        let record = self.find(id)?.with_rules(rules)?;
        if rules.parent_type == id {
            return Err(Reason::InvalidTypeTerms);
        }
        if rules.parent_type > self.count() {
            return Err(Reason::UnknownType);
        }
        self.records.insert(id, &record);
        Ok(record.rules.version)
    }
}
