//! The rules of jurisdictions.

use ink::{
    prelude::vec::Vec,
    storage::{Mapping, traits::ManualKey},
};
use lex_model::{Hash, Jurisdiction, MAX_RULES, Reason};
use lex_policy_interface::Refused;

use crate::records::{BundleRecord, BundleRule};

/// Each jurisdiction's rules.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Bundles {
    records: Mapping<Jurisdiction, BundleRecord, ManualKey<0x4c50_0030>>,
}

impl Bundles {
    /// The rules that count in a jurisdiction: its own or, if it has none, its country's.
    pub fn covering(&self, place: Jurisdiction) -> Option<BundleRecord> {
        let country = place.country();
        let own = self.own(place);
        if own.is_some() || place == country {
            return own;
        }
        self.own(country)
    }

    /// Replaces a jurisdiction's rules and returns their version.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] for more than 16 rules, [`Reason::InvalidTypeTerms`] for one that
    /// makes no sense.
    pub fn set(
        &mut self,
        place: Jurisdiction,
        id: Hash,
        rules: &[BundleRule],
    ) -> Result<u32, Refused> {
        if rules.len() > MAX_RULES {
            return Err(Refused::new(Reason::LimitReached, MAX_RULES as u64));
        }
        let rules = rules
            .iter()
            .map(|rule| rule.to_model())
            .collect::<Result<Vec<_>, _>>()?;
        Ok(self.put(place, id, Some(rules))?)
    }

    /// Removes a jurisdiction's own rules and returns the version that has none.
    ///
    /// # Errors
    /// [`Reason::NoRules`].
    pub fn remove(&mut self, place: Jurisdiction) -> Result<u32, Reason> {
        let record = self.own(place).ok_or(Reason::NoRules)?;
        self.put(place, record.id, None)
    }

    /// How often the rules of a place and of its country have changed. Removed rules are remembered, so
    /// that this never comes back to what it was.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^32 - 1 changes.
    pub fn changes(&self, place: Jurisdiction) -> Result<u32, Reason> {
        let of = |place| self.records.get(place).map_or(0, |record| record.version);
        let country = place.country();
        if place == country {
            return Ok(of(country));
        }
        of(place)
            .checked_add(of(country))
            .ok_or(Reason::LimitReached)
    }

    fn own(&self, place: Jurisdiction) -> Option<BundleRecord> {
        self.records
            .get(place)
            .filter(|record| record.rules.is_some())
    }

    fn put(
        &mut self,
        place: Jurisdiction,
        id: Hash,
        rules: Option<Vec<lex_model::Rule>>,
    ) -> Result<u32, Reason> {
        let before = self.records.get(place).map_or(0, |record| record.version);
        let version = before.checked_add(1).ok_or(Reason::LimitReached)?;
        let record = BundleRecord { id, version, rules };
        self.records.insert(place, &record);
        Ok(version)
    }
}
