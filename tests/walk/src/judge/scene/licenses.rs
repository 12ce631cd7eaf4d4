//! Licenses, brought to their standing at the times that a row names.

use alloy_primitives::Address;
use lex_model::Gates;

use super::{BEFORE, DAY, ISSUED, LATELY, Missing, NOW, Scene, missing};
use crate::{
    Chain,
    judge::{
        cast,
        stage::{CONTENT, id},
    },
    values::{address, flag, hash, number, text},
};

impl<C: Chain> Scene<'_, C> {
    pub(super) fn issued(
        &mut self,
        license_type: u64,
        to: Address,
        valid_from: u64,
    ) -> Result<u64, Missing> {
        let arguments = [
            address(to),
            number(license_type),
            text("US-NY"),
            number(valid_from),
            hash(CONTENT),
            text("ipfs://metadata"),
        ];
        self.told(cast::ISSUER, "issue", &arguments)
    }

    /// Issues the license, at a time from which its end follows, and lets it come to its standing.
    pub(super) fn issue(&mut self, below: bool) -> Result<(), Missing> {
        let baseline = match self.row.action.as_str() {
            "activate" | "withdraw" => "Pending",
            "resume" => "SuspendedByIssuer",
            "settle" => "SuspendedLifted",
            _ => "Active",
        };
        let word = self.given("license").unwrap_or(baseline).to_owned();
        let term = self.license_type.rules.durations.term;
        let ends = self.end_of(&word)?;
        let begins = ends - term;
        let valid_from = if begins > NOW { begins } else { 0 };
        self.wait(begins.min(ISSUED));
        let pending = word.starts_with("Pending");
        if pending {
            self.set_gates(Gates {
                issue: Gates::COMMITTEE,
                ..Gates::default()
            })?;
        }
        let first = match self.row.by.as_str() {
            "formerHolder" => cast::FORMER_HOLDER,
            _ => cast::HOLDER,
        };
        self.license = if below {
            let arguments = [
                id(self.parent),
                address(first),
                number(self.type_id),
                text("US-NY"),
                number(valid_from),
                hash(CONTENT),
                text("ipfs://metadata"),
            ];
            self.told(cast::PARENT_HOLDER, "sublicense", &arguments)?
        } else {
            self.issued(self.type_id, first, valid_from)?
        };
        if pending {
            self.set_gates(Gates::default())?;
        }
        if first != cast::HOLDER {
            let arguments = [address(first), address(cast::HOLDER), id(self.license)];
            self.told(first, "transferFrom", &arguments)?;
        }
        self.approve_movers()?;
        self.lend()?;
        self.move_on()?;
        self.stand(&word)
    }

    pub(super) fn set_gates(&mut self, gates: Gates) -> Result<(), Missing> {
        let mut gated = self.license_type;
        gated.rules.gates = gates;
        self.set_rules(self.type_id, &gated)
    }

    /// When the license ends, as its standing or a time of the row says.
    pub(super) fn end_of(&self, word: &str) -> Result<u64, Missing> {
        let by_time = match self.given("when") {
            None | Some("liftMoment" | "liftMomentBefore") => None,
            Some("early") => Some(NOW + 200 * DAY),
            Some("beforeOpens") => Some(NOW + 30 * DAY + 1),
            Some("opens") => Some(NOW + 30 * DAY),
            Some("lastSecond") => Some(NOW + 1),
            Some("end") => Some(NOW),
            Some("graceLast") => Some(NOW - 30 * DAY + 1),
            Some("graceEnd") => Some(NOW - 30 * DAY),
            Some("beyondTerm") => Some(NOW - 50 * DAY),
            Some("justRenewed") => Some(NOW + 10 * DAY),
            Some(other) => return missing(format!("when={other}")),
        };
        Ok(by_time.unwrap_or(match word {
            "NotYetValid" => NOW + 10 * DAY + self.license_type.rules.durations.term,
            "InGrace" => NOW - 10 * DAY,
            "Expired" | "SuspendedOver" | "LiftedOver" | "PendingOver" => NOW - 40 * DAY,
            _ => NOW + 10 * DAY,
        }))
    }

    /// What the holder did since the decision was made.
    pub(super) fn move_on(&mut self) -> Result<(), Missing> {
        match self.given("moved") {
            Some("byTransfer") => {
                let (from, to) = (address(cast::HOLDER), address(cast::STRANGER));
                self.told(cast::HOLDER, "transferFrom", &[from, to, id(self.license)])?;
            }
            Some("byHolder") => {
                let arguments = [id(self.license), address(cast::USER), number(NOW + DAY)];
                self.told(cast::HOLDER, "setUser", &arguments)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Whom the holder approved for one token or for all.
    pub(super) fn approve_movers(&mut self) -> Result<(), Missing> {
        match self.row.by.as_str() {
            "operator" => {
                let arguments = [address(cast::OPERATOR), flag(true)];
                self.told(cast::HOLDER, "setApprovalForAll", &arguments)?;
            }
            "approved" => {
                let arguments = [address(cast::APPROVED), id(self.license)];
                self.told(cast::HOLDER, "approve", &arguments)?;
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn lend(&mut self) -> Result<(), Missing> {
        let until = match self.given("lent") {
            None => return Ok(()),
            Some("running") => NOW + 5 * DAY,
            Some("over") => NOW - DAY / 2,
            Some("lastSecond") => NOW + 1,
            Some("atEnd") => NOW,
            Some(other) => return missing(format!("lent={other}")),
        };
        let arguments = [id(self.license), address(cast::USER), number(until)];
        self.told(cast::HOLDER, "setUser", &arguments)?;
        Ok(())
    }

    /// Lets the license come to its standing, and time to the action's.
    pub(super) fn stand(&mut self, word: &str) -> Result<(), Missing> {
        let license = self.license;
        let lifts = |by, at: u64, from: u64| (by, at, from);
        let suspension = match word {
            "SuspendedByIssuer" => Some(lifts(cast::ISSUER, 0, LATELY)),
            "SuspendedByCommittee" => Some(lifts(cast::COMMITTEE, 0, LATELY)),
            "SuspendedLifting" => {
                let soon = self.given("when") == Some("liftMomentBefore");
                let at = if soon { NOW + 1 } else { NOW + 5 * DAY };
                Some(lifts(cast::ISSUER, at, LATELY))
            }
            "CommitteeLifting" => Some(lifts(cast::COMMITTEE, NOW + 5 * DAY, LATELY)),
            "SuspendedLifted" => {
                let now = self.given("when") == Some("liftMoment");
                let at = if now { NOW } else { LATELY };
                Some(lifts(cast::ISSUER, at, BEFORE))
            }
            "CommitteeLifted" => Some(lifts(cast::COMMITTEE, LATELY, BEFORE)),
            "CommitteeTookOver" => Some(lifts(cast::ISSUER, 0, BEFORE)),
            "SuspendedOver" => Some(lifts(cast::ISSUER, 0, NOW - 50 * DAY)),
            "LiftedOver" => Some(lifts(cast::ISSUER, NOW - 45 * DAY, NOW - 50 * DAY)),
            _ => None,
        };
        if let Some((by, lifts_at, at)) = suspension {
            self.wait(at);
            self.suspend(license, self.suspender(by), lifts_at)?;
        }
        match word {
            "CommitteeTookOver" => {
                self.wait(LATELY);
                self.suspend(license, cast::COMMITTEE, 0)?;
            }
            "Revoked" => {
                self.wait(LATELY);
                self.revoke(license, self.suspender(cast::ISSUER))?;
            }
            "Archived" => {
                self.wait(LATELY);
                self.told(cast::HOLDER, "surrender", &[id(license)])?;
            }
            _ => {}
        }
        self.lose_key()?;
        if self.given("when") == Some("justRenewed") {
            self.wait(NOW - 60);
            self.told(self.suspender(cast::ISSUER), "renew", &[id(license)])?;
        }
        self.wait(NOW);
        Ok(())
    }

    /// Who acts as the license's issuer: of a sublicense, its parent's holder.
    pub(super) fn suspender(&self, by: Address) -> Address {
        match self.parent {
            0 => by,
            _ if by == cast::ISSUER => cast::PARENT_HOLDER,
            _ => by,
        }
    }

    pub(super) fn suspend(
        &mut self,
        license: u64,
        by: Address,
        lifts_at: u64,
    ) -> Result<(), Missing> {
        let arguments = [id(license), number(1), hash(CONTENT), number(lifts_at)];
        self.told(by, "suspend", &arguments)?;
        Ok(())
    }

    pub(super) fn revoke(&mut self, license: u64, by: Address) -> Result<(), Missing> {
        let arguments = [id(license), number(1), hash(CONTENT)];
        self.told(by, "revoke", &arguments)?;
        Ok(())
    }

    /// Brings the license above to its standing.
    pub(super) fn put_parent(&mut self) -> Result<(), Missing> {
        let parent = self.parent;
        match self.given("parent").unwrap_or("Active").to_owned().as_str() {
            "SuspendedByIssuer" => self.suspend(parent, cast::ISSUER, 0),
            "SuspendedByCommittee" => self.suspend(parent, cast::COMMITTEE, 0),
            "SuspendedLifting" => self.suspend(parent, cast::ISSUER, NOW + 5 * DAY),
            "Revoked" => self.revoke(parent, cast::ISSUER),
            "Archived" => {
                self.told(cast::PARENT_HOLDER, "surrender", &[id(parent)])?;
                Ok(())
            }
            "SuspendedLifted" => missing("a parent whose suspension has lifted"),
            _ => Ok(()),
        }
    }
}
