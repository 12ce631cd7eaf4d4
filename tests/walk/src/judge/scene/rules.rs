//! Gates, jurisdictions' rules, modules and pauses.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;
use lex_model::{ActionKind, Gates, Group};

use super::{Missing, RULES_ABOUT_ALL, Scene, missing};
use crate::{
    Chain,
    judge::{cast, stage::CONTENT},
    values::{address, hash, number, text},
};

impl<C: Chain> Scene<'_, C> {
    /// Gates, jurisdictions' rules, modules and pauses.
    pub(super) fn rule(&mut self) -> Result<(), Missing> {
        let gated = |scene: &Self, key| scene.given(key).map(gates);
        let renews = self.row.action == "requestRenewal";
        let renewal_gate = if renews || self.given("renewal").is_some() {
            Gates::COMMITTEE
        } else {
            0
        };
        let wanted = Gates {
            issue: gated(self, "gates.issue").unwrap_or(0),
            renew: gated(self, "gates.renew").unwrap_or(renewal_gate),
            transfer: gated(self, "gates.transfer").unwrap_or(0),
            lend: gated(self, "gates.lend").unwrap_or(0),
            enforce: gated(self, "gates.enforce").unwrap_or(0),
        };
        let all = wanted.issue | wanted.renew | wanted.transfer | wanted.lend | wanted.enforce;
        if all & Gates::PROOF != 0 {
            return missing("gates with proofs");
        }
        if wanted != Gates::default() && self.type_id != 99 {
            self.set_gates(wanted)?;
        }
        self.rule_places()?;
        let [allows, refuses, fails] = self.stage.world.deployed.modules;
        let modules: &[Address] = match self.given("module") {
            Some("accepts") => &[allows],
            Some("refuses") => &[refuses],
            Some("silent") => &[fails],
            Some("refusesThenSilent") => &[refuses, fails],
            Some("silentThenRefuses") => &[fails, refuses],
            _ => &[],
        };
        if self.given("contract") == Some("unbound") {
            let contract = self.stage.world.license.address;
            self.stage
                .policy(cast::ADMIN, "unbindLicense", &[address(contract)]);
        }
        for module in modules {
            let arguments = [address(*module), number(RULES_ABOUT_ALL)];
            self.stage.policy(cast::ADMIN, "addModule", &arguments);
        }
        let groups = match self.given("pause") {
            None => return Ok(()),
            Some("issue") => 1,
            Some("renew") => 2,
            Some("transfer") => 4,
            Some("use") => 8,
            Some("lend") => 16,
            Some("all") => Group::ALL_BITS,
            Some(other) => return missing(format!("pause={other}")),
        };
        let arguments = [number(groups.into())];
        self.stage.policy(cast::GUARDIAN, "pause", &arguments);
        Ok(())
    }

    pub(super) fn rule_places(&mut self) -> Result<(), Missing> {
        let Some(word) = self.given("rules").map(str::to_owned) else {
            return Ok(());
        };
        if word == "none" {
            self.stage
                .policy(cast::ADMIN, "removeBundle", &[text("US")]);
            return Ok(());
        }
        if word == "ofCountry" {
            return Ok(());
        }
        let Some(kind) = self.kind() else {
            return missing("rules about what is no action");
        };
        let ruled = match kind {
            ActionKind::Activate | ActionKind::Sublicense | ActionKind::Amend => ActionKind::Issue,
            kind => kind,
        };
        let (actions, license_type) = match word.as_str() {
            "forbid" => (ruled.bit(), 0),
            "forbidOtherAction" if ruled == ActionKind::Issue => (ActionKind::Renew.bit(), 0),
            "forbidOtherAction" => (ActionKind::Issue.bit(), 0),
            _ => (ruled.bit(), self.type_id + 1),
        };
        let rule = DynSolValue::Tuple(vec![
            number(1),
            number(actions.into()),
            number(license_type),
            number(0),
        ]);
        let arguments = [text("US"), hash(CONTENT), DynSolValue::Array(vec![rule])];
        let set = self
            .stage
            .world
            .send_policy(cast::ADMIN, "setBundle", &arguments);
        match set {
            Ok(_) => Ok(()),
            Err(_) => missing(format!("rules about {ruled:?}")),
        }
    }
}

/// The gates of `committee+clearance`.
fn gates(words: &str) -> u8 {
    let bit = |word| match word {
        "committee" => Gates::COMMITTEE,
        "clearance" => Gates::CLEARANCE,
        "proof" => Gates::PROOF,
        "none" => 0,
        other => panic!("{other} is no gate"),
    };
    words.split('+').map(bit).sum()
}
