//! What stands against accounts, tokens, issuers and types.

use alloy_primitives::Address;
use lex_model::{Gates, RECOVERY_DELAY};

use super::{DECLARED, Missing, NOW, Scene, missing};
use crate::{
    Chain,
    judge::{
        cast,
        stage::{CONTENT, id},
    },
    values::{address, flag, hash, number, text, to_number},
};

impl<C: Chain> Scene<'_, C> {
    /// What stands against accounts, tokens, issuers and types.
    pub(super) fn restrict(&mut self) -> Result<(), Missing> {
        self.renewal()?;
        self.fill_supply()?;
        if self.given("token") == Some("held") && self.license != 0 {
            let holder = if self.row.action == "sublicense" {
                cast::PARENT_HOLDER
            } else {
                cast::HOLDER
            };
            self.hold(self.license, holder)?;
        }
        let above = self.given("parentToken") == Some("held")
            || self.given("token") == Some("held") && self.row.action == "sublicense";
        if above {
            self.hold(self.parent, cast::PARENT_HOLDER)?;
        }
        for (key, who) in [
            ("holder", cast::HOLDER),
            ("parentHolder", cast::PARENT_HOLDER),
            ("caller", self.caller),
            ("to", self.receiver()),
        ] {
            let Some(word) = self.given(key).map(str::to_owned) else {
                continue;
            };
            self.stand_against(&word, who);
        }
        match self.given("issuer") {
            Some("removed") => self.remove_issuer(),
            Some("ungranted") => self.withdraw_grant(),
            Some("removedAndUngranted") => {
                self.withdraw_grant();
                self.remove_issuer();
            }
            Some("frozen") => self.freeze(cast::ISSUER, true),
            Some("registeredAgain") => {
                self.remove_issuer();
                self.register(cast::ISSUER);
            }
            Some("registeredAgainGranted") => {
                self.remove_issuer();
                self.register(cast::ISSUER);
                self.grant_to(cast::ISSUER, self.type_id, "US");
            }
            Some("grantedElsewhere") => self.grant_instead("DE"),
            Some("grantedForSubdivision") => self.grant_instead("US-NY"),
            Some("grantedOtherType") => self.withdraw_grant(),
            Some("succeeded") => {
                let arguments = [address(cast::ISSUER), address(cast::SUCCESSOR_ISSUER)];
                self.register(cast::SUCCESSOR_ISSUER);
                self.grant_to(cast::SUCCESSOR_ISSUER, self.type_id, "US");
                self.stage.policy(cast::ADMIN, "succeedIssuer", &arguments);
            }
            _ => {}
        }
        match self.given("type") {
            Some("closed") => self.set_open(self.type_id, false),
            Some("reopened") => {
                self.set_open(self.type_id, false);
                self.set_open(self.type_id, true);
            }
            _ => {}
        }
        if self.given("parentType") == Some("closed") {
            self.set_open(1, false);
        }
        Ok(())
    }

    pub(super) fn renewal(&mut self) -> Result<(), Missing> {
        if self.given("renewal") == Some("requested") {
            self.set_gates(Gates {
                renew: Gates::COMMITTEE,
                ..Gates::default()
            })?;
            self.told(cast::HOLDER, "requestRenewal", &[id(self.license)])?;
        }
        Ok(())
    }

    /// Issues the licenses that count against the type's cap, and ends them again where the row says so.
    pub(super) fn fill_supply(&mut self) -> Result<(), Missing> {
        let Some(word) = self.given("supply").map(str::to_owned) else {
            return Ok(());
        };
        if !self.creates() {
            return Ok(());
        }
        if self.row.action == "sublicense" {
            return missing("a supply of sublicenses");
        }
        if word == "issuerShareUsed" {
            let arguments = [address(cast::ISSUER), number(self.type_id), number(1)];
            self.stage.policy(cast::ADMIN, "setIssuerShare", &arguments);
        }
        let pending = word == "fullButWithdrawn";
        if pending {
            self.set_gates(Gates {
                issue: Gates::COMMITTEE,
                ..Gates::default()
            })?;
        }
        let other = self.issued(self.type_id, cast::HOLDER, 0)?;
        match word.as_str() {
            "fullButSurrendered" => {
                self.told(cast::HOLDER, "surrender", &[id(other)])?;
            }
            "fullButRevoked" => self.revoke(other, cast::ISSUER)?,
            "fullButWithdrawn" => {
                self.told(cast::HOLDER, "withdraw", &[id(other)])?;
                self.set_gates(Gates::default())?;
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn hold(&mut self, license: u64, holder: Address) -> Result<(), Missing> {
        let arguments = [
            address(holder),
            id(license),
            number(1),
            number(1),
            hash(CONTENT),
        ];
        self.told(cast::COMMITTEE, "freezeToken", &arguments)?;
        Ok(())
    }

    /// Declares the holder's key lost, long enough ago for its recovery to be in force or at the row's
    /// time.
    pub(super) fn lose_key(&mut self) -> Result<(), Missing> {
        let recovers = self.row.action == "recover";
        let at = match (self.given("when"), self.given("holder")) {
            (Some("delayLast"), _) => NOW - RECOVERY_DELAY + 1,
            (Some("delayOver"), _) => NOW - RECOVERY_DELAY,
            (_, Some("lost" | "lostAndFrozen")) => DECLARED,
            (_, Some("ordinary" | "recovering" | "recoveryObjected")) => return Ok(()),
            _ if recovers => DECLARED,
            _ => return Ok(()),
        };
        if self.given("renewal").is_some() {
            return missing("a renewal that a lost key requested");
        }
        self.wait(at);
        self.declare_lost(cast::HOLDER, cast::RECEIVER);
        Ok(())
    }

    pub(super) fn declare_lost(&mut self, who: Address, successor: Address) {
        let arguments = [address(who), address(successor), number(1), hash(CONTENT)];
        self.stage.policy(cast::REGULATOR, "recoverKey", &arguments);
    }

    pub(super) fn is_lost(&mut self, who: Address) -> bool {
        let lost = self
            .stage
            .world
            .read_policy("recoveredFrom", &[address(who)]);
        lost.is_ok_and(|values| to_number(&values[0]) != 0)
    }

    pub(super) fn stand_against(&mut self, word: &str, who: Address) {
        let declared = word.starts_with("lost") || word.starts_with("recover");
        if declared && !self.is_lost(who) {
            self.declare_lost(who, cast::SUCCESSOR);
        }
        if word == "recoveryObjected" {
            self.stage.policy(who, "objectRecovery", &[address(who)]);
        }
        if word.ends_with("rozen") {
            self.freeze(who, true);
        }
        if word == "released" {
            self.freeze(who, true);
            self.freeze(who, false);
        }
    }

    pub(super) fn freeze(&mut self, who: Address, frozen: bool) {
        let arguments = [address(who), flag(frozen), number(1), hash(CONTENT)];
        self.stage
            .policy(cast::REGULATOR, "setHolderFrozen", &arguments);
    }

    pub(super) fn remove_issuer(&mut self) {
        let arguments = [address(cast::ISSUER)];
        self.stage.policy(cast::ADMIN, "removeIssuer", &arguments);
    }

    pub(super) fn register(&mut self, issuer: Address) {
        let arguments = [address(issuer), text("an issuer")];
        self.stage.policy(cast::ADMIN, "registerIssuer", &arguments);
    }

    pub(super) fn grant_to(&mut self, issuer: Address, license_type: u64, place: &str) {
        let arguments = [address(issuer), number(license_type), text(place)];
        self.stage.policy(cast::ADMIN, "grantIssuer", &arguments);
    }

    pub(super) fn grant_instead(&mut self, place: &str) {
        self.withdraw_grant();
        self.grant_to(cast::ISSUER, self.type_id, place);
    }

    pub(super) fn withdraw_grant(&mut self) {
        let arguments = [address(cast::ISSUER), number(self.type_id), text("US")];
        self.stage.policy(cast::ADMIN, "withdrawIssuer", &arguments);
    }

    pub(super) fn set_open(&mut self, license_type: u64, open: bool) {
        let arguments = [number(license_type), flag(open)];
        self.stage.policy(cast::ADMIN, "setTypeOpen", &arguments);
    }
}
