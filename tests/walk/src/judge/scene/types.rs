//! The types that a row is about, with their issuers, and the licenses above.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;
use lex_model::{Gates, TypeKind};

use super::{DAY, ISSUED, Missing, NOW, PARENT_TERM, Scene, missing, plain_type};
use crate::{
    Chain,
    judge::{
        cast,
        stage::{CONTENT, said},
    },
    rules::Type,
    values::{hash, text},
};

impl<C: Chain> Scene<'_, C> {
    /// The terms that the type gets when it is created.
    pub(super) fn shape_type(&mut self, below: bool) -> Result<(), Missing> {
        let word = self.given("type").unwrap_or_default().to_owned();
        let supply = self.given("supply").map(str::to_owned);
        let creates = self.creates();
        let beyond = self.given("when") == Some("beyondTerm");
        let rules = &mut self.license_type.rules;
        if self.row.action == "sublicense" {
            rules.durations.term = 30 * DAY;
        }
        if below {
            // The types above and beside it are created first.
            rules.parent_type = 1;
        }
        match word.as_str() {
            "notTransferable" => rules.transferable = false,
            "noCommittee" => self.license_type.committee = Address::ZERO,
            "needsParent" => rules.parent_type = 1,
            "otherParentType" => rules.parent_type = 2,
            "noParentType" => rules.parent_type = 0,
            "otherKind" if creates => rules.kind = TypeKind::Sft,
            "otherKind" => return missing("a license of a type of the other kind"),
            "window10y" => rules.durations.renewal_window = 3_650 * DAY,
            _ => {}
        }
        let rules = &mut self.license_type.rules;
        match (supply.as_deref(), creates) {
            (Some("last" | "issuerShareUsed"), _) => rules.supply_cap = 2,
            (Some(_), _) => rules.supply_cap = 1,
            (None, _) => {}
        }
        if beyond {
            rules.durations.term = 10 * DAY;
            rules.durations.grace = 100 * DAY;
        }
        Ok(())
    }

    /// Two types that others may stand under, and with `below` a license of the first, which lasts
    /// longer than any under it unless the row says otherwise.
    pub(super) fn found_parent(&mut self) -> Result<(), Missing> {
        let mut above = plain_type();
        above.rules.durations.term = PARENT_TERM;
        self.create_type(&above)?;
        self.create_type(&above)?;
        self.grant(1);
        self.country();
        let word = self.given("parent").unwrap_or("Active").to_owned();
        let of_new = self.row.action == "sublicense";
        let ends = match word.as_str() {
            "InGrace" if of_new => NOW - 10 * DAY,
            "Expired" if of_new => NOW - 40 * DAY,
            "NotYetValid" if of_new => NOW + 10 * DAY + PARENT_TERM,
            "InGrace" | "Expired" | "NotYetValid" => {
                return missing("a license that reaches further than its parent");
            }
            "Pending" if !of_new => return missing("a license under a pending one"),
            "Pending" => NOW + 1_000 * DAY,
            _ if of_new => NOW + 200 * DAY,
            _ => NOW + 1_000 * DAY,
        };
        if word == "Pending" {
            above.rules.gates.issue = Gates::COMMITTEE;
            self.set_rules(1, &above)?;
        }
        let begins = ends - PARENT_TERM;
        self.wait(begins.min(ISSUED));
        let valid_from = if begins > NOW { begins } else { 0 };
        self.parent = self.issued(1, cast::PARENT_HOLDER, valid_from)?;
        Ok(())
    }

    pub(super) fn create_type(&mut self, license_type: &Type) -> Result<u64, Missing> {
        let created = self.stage.create_type(license_type);
        created.or_else(|failure| missing(format!("a type of these terms: {}", said(&failure))))
    }

    pub(super) fn set_rules(&mut self, id: u64, license_type: &Type) -> Result<(), Missing> {
        let set = self.stage.set_rules(id, license_type);
        set.or_else(|failure| missing(format!("a type with these rules: {}", said(&failure))))
    }

    pub(super) fn found_type(&mut self) -> Result<(), Missing> {
        if self.given("type") != Some("unknown") {
            if self.parent == 0 && self.license_type.rules.parent_type != 0 {
                let above = plain_type();
                self.create_type(&above)?;
                self.create_type(&above)?;
            }
            let license_type = self.license_type;
            self.type_id = self.create_type(&license_type)?;
            self.grant(self.type_id);
        } else {
            self.type_id = 99;
        }
        self.country();
        Ok(())
    }

    pub(super) fn grant(&mut self, license_type: u64) {
        for issuer in [cast::ISSUER, cast::OTHER_ISSUER] {
            self.grant_to(issuer, license_type, "US");
        }
    }

    /// The rules of the country, which demand nothing, and of another one that the row names.
    pub(super) fn country(&mut self) {
        let named = self.given("jurisdiction").unwrap_or_default();
        let places: &[&str] = if named.starts_with("EU") {
            &["US", "EU"]
        } else {
            &["US"]
        };
        for place in places {
            let nothing = DynSolValue::Array(Vec::new());
            let arguments = [text(place), hash(CONTENT), nothing];
            self.stage.policy(cast::ADMIN, "setBundle", &arguments);
        }
    }
}
