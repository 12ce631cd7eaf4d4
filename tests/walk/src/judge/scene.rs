//! A row's world, brought about by messages: types and licenses at their times first, then what stands
//! against whom, last what is ruled.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;
use lex_model::{ActionKind, Durations, Gates, Group, LicenseType, RECOVERY_DELAY, TypeKind};

use super::{
    Verdict, act, cast,
    stage::{CONTENT, Stage, id, said},
    table::Row,
};
use crate::{
    Chain,
    rules::{Proven, Type},
    values::{address, flag, hash, number, text, to_number},
};

pub(crate) const DAY: u64 = 86_400;
/// When the action is tried: long enough after the chain's start for every license to have come to be.
const NOW: u64 = 1_767_225_600 + 3_000 * DAY;
/// When a license came to its standing, unless the row says when; what a lost key holds is somebody's by
/// then.
const LATELY: u64 = NOW - 6 * DAY;
const BEFORE: u64 = NOW - 7 * DAY;
/// When a key is declared lost whose recovery is in force: its delay of three days is over.
const DECLARED: u64 = NOW - 4 * DAY;
/// When what begins only later is issued at the latest.
const ISSUED: u64 = NOW - 9 * DAY;
/// How long a license above lasts, and since when.
const PARENT_TERM: u64 = 3_000 * DAY;

/// The kinds of a module that is asked about every action: it has rules, and rules about callers.
const RULES_ABOUT_ALL: u64 = 1 | 2;

/// What no scene can bring about yet.
pub(crate) struct Missing(pub(crate) String);

pub(crate) fn missing<T>(what: impl Into<String>) -> Result<T, Missing> {
    Err(Missing(what.into()))
}

/// The world of a row while it is made, and what its action is told.
pub(crate) struct Scene<'a, C> {
    pub(crate) stage: &'a mut Stage<C>,
    pub(crate) row: &'a Row,
    pub(crate) license_type: Type,
    pub(crate) type_id: u64,
    /// 0 when there is none.
    pub(crate) parent: u64,
    /// 0 when there is none.
    pub(crate) license: u64,
    pub(crate) caller: Address,
}

/// Makes a row's world, tries what it asks, and asks `explain` before.
///
/// # Errors
/// What cannot be brought about.
pub(crate) fn play<C: Chain>(stage: &mut Stage<C>, row: &Row) -> Result<Verdict, Missing> {
    if row.seats || row.has("kind=sft") {
        return missing("seats");
    }
    act::known(row)?;
    let Some(caller) = cast::player(&row.by) else {
        return missing(format!("by={}", row.by));
    };
    for fact in &row.given {
        if !is_known(fact) {
            return missing(fact.as_str());
        }
    }
    stage.clear();
    let mut scene = Scene {
        license_type: plain_type(),
        type_id: 0,
        parent: 0,
        license: 0,
        stage,
        row,
        caller,
    };
    scene.make()?;
    act::verdict(&mut scene)
}

/// Whether a scene is made for a fact; its combination with others may still be impossible.
fn is_known(fact: &str) -> bool {
    let Some((key, value)) = fact.split_once('=') else {
        return false;
    };
    match key {
        "license" => value != "SuspendedExtended",
        "when" => value != "beforeFirst" && value != "firstSecond",
        "parent" => !["none", "deepest", "endsSooner"].contains(&value),
        "caller" | "holder" | "parentHolder" => value != "recovered",
        "to" => [
            "zero",
            "caller",
            "holder",
            "issuer",
            "frozen",
            "lost",
            "recovering",
            "lostAndFrozen",
        ]
        .contains(&value),
        "type" => [
            "closed",
            "reopened",
            "unknown",
            "notTransferable",
            "noCommittee",
            "needsParent",
            "noParentType",
            "otherParentType",
            "window10y",
            "otherKind",
        ]
        .contains(&value),
        "issuer" => true,
        "rules" => [
            "none",
            "ofCountry",
            "forbid",
            "forbidOtherAction",
            "forbidOtherType",
        ]
        .contains(&value),
        "module" => [
            "accepts",
            "refuses",
            "silent",
            "refusesThenSilent",
            "silentThenRefuses",
        ]
        .contains(&value),
        "supply" => value != "fullInOtherContract",
        "contract" => value == "unbound",
        "lent" => ["running", "over", "lastSecond", "atEnd"].contains(&value),
        "decision" => value == "olderVersion",
        "moved" => ["byHolder", "byTransfer"].contains(&value),
        "call" => value != "safe" && value != "unsafe" && value != "cancelSubscription",
        "pause" | "parentType" | "parentToken" | "token" | "gates.issue" | "gates.renew"
        | "gates.transfer" | "gates.lend" | "gates.enforce" | "renewal" | "validFrom"
        | "jurisdiction" | "reason" | "release" | "until" | "liftsAt" | "text" => true,
        _ => false,
    }
}

/// The table's baseline: open, transferable, a year with windows of a month, without gates.
fn plain_type() -> Type {
    Type {
        rules: LicenseType {
            kind: TypeKind::Nft,
            durations: Durations {
                term: 365 * DAY,
                renewal_window: 30 * DAY,
                grace: 30 * DAY,
            },
            supply_cap: 0,
            transferable: true,
            open: true,
            gates: Gates::default(),
            minimum_score: 0,
            parent_type: 0,
            version: 2,
        },
        committee: cast::COMMITTEE,
        proven: Proven::default(),
    }
}

impl<C: Chain> Scene<'_, C> {
    /// The value of a fact, if it is given.
    pub(crate) fn given(&self, key: &str) -> Option<&str> {
        let facts = self.row.given.iter();
        let mut facts = facts.filter_map(|fact| fact.split_once('='));
        facts.find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    fn kind(&self) -> Option<ActionKind> {
        act::kind(&self.row.action)
    }

    fn creates(&self) -> bool {
        self.kind().is_some_and(ActionKind::creates)
    }

    fn make(&mut self) -> Result<(), Missing> {
        let below = self.given("parent").is_some() || self.row.action == "sublicense";
        self.shape_type(below)?;
        if below {
            self.found_parent()?;
        }
        self.found_type()?;
        if !self.creates() && self.given("license") != Some("none") {
            self.issue(below)?;
        } else {
            self.wait(NOW);
        }
        if below {
            self.put_parent()?;
        }
        self.restrict()?;
        self.rule()
    }

    fn wait(&mut self, until: u64) {
        self.stage.world.chain.wait_until(until);
    }

    /// The terms that the type gets when it is created.
    fn shape_type(&mut self, below: bool) -> Result<(), Missing> {
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
    fn found_parent(&mut self) -> Result<(), Missing> {
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

    fn create_type(&mut self, license_type: &Type) -> Result<u64, Missing> {
        let created = self.stage.create_type(license_type);
        created.or_else(|failure| missing(format!("a type of these terms: {}", said(&failure))))
    }

    fn set_rules(&mut self, id: u64, license_type: &Type) -> Result<(), Missing> {
        let set = self.stage.set_rules(id, license_type);
        set.or_else(|failure| missing(format!("a type with these rules: {}", said(&failure))))
    }

    fn found_type(&mut self) -> Result<(), Missing> {
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

    fn grant(&mut self, license_type: u64) {
        for issuer in [cast::ISSUER, cast::OTHER_ISSUER] {
            self.grant_to(issuer, license_type, "US");
        }
    }

    /// The rules of the country, which demand nothing, and of another one that the row names.
    fn country(&mut self) {
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

    fn issued(&mut self, license_type: u64, to: Address, valid_from: u64) -> Result<u64, Missing> {
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

    fn told(
        &mut self,
        from: Address,
        name: &'static str,
        arguments: &[DynSolValue],
    ) -> Result<u64, Missing> {
        match self.stage.license(from, name, arguments) {
            Ok(values) => Ok(values.first().map_or(0, to_number)),
            Err(failure) => missing(format!(
                "{name} while the scene is made: {}",
                said(&failure)
            )),
        }
    }

    /// Issues the license, at a time from which its end follows, and lets it come to its standing.
    fn issue(&mut self, below: bool) -> Result<(), Missing> {
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

    fn set_gates(&mut self, gates: Gates) -> Result<(), Missing> {
        let mut gated = self.license_type;
        gated.rules.gates = gates;
        self.set_rules(self.type_id, &gated)
    }

    /// When the license ends, as its standing or a time of the row says.
    fn end_of(&self, word: &str) -> Result<u64, Missing> {
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
    fn move_on(&mut self) -> Result<(), Missing> {
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
    fn approve_movers(&mut self) -> Result<(), Missing> {
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

    fn lend(&mut self) -> Result<(), Missing> {
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
    fn stand(&mut self, word: &str) -> Result<(), Missing> {
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
    fn suspender(&self, by: Address) -> Address {
        match self.parent {
            0 => by,
            _ if by == cast::ISSUER => cast::PARENT_HOLDER,
            _ => by,
        }
    }

    fn suspend(&mut self, license: u64, by: Address, lifts_at: u64) -> Result<(), Missing> {
        let arguments = [id(license), number(1), hash(CONTENT), number(lifts_at)];
        self.told(by, "suspend", &arguments)?;
        Ok(())
    }

    fn revoke(&mut self, license: u64, by: Address) -> Result<(), Missing> {
        let arguments = [id(license), number(1), hash(CONTENT)];
        self.told(by, "revoke", &arguments)?;
        Ok(())
    }

    /// Brings the license above to its standing.
    fn put_parent(&mut self) -> Result<(), Missing> {
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

    /// What stands against accounts, tokens, issuers and types.
    fn restrict(&mut self) -> Result<(), Missing> {
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

    /// Who plays the other side.
    pub(crate) fn receiver(&self) -> Address {
        match self.row.action.as_str() {
            "lend" => cast::USER,
            _ => cast::RECEIVER,
        }
    }

    fn renewal(&mut self) -> Result<(), Missing> {
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
    fn fill_supply(&mut self) -> Result<(), Missing> {
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

    fn hold(&mut self, license: u64, holder: Address) -> Result<(), Missing> {
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
    fn lose_key(&mut self) -> Result<(), Missing> {
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

    fn declare_lost(&mut self, who: Address, successor: Address) {
        let arguments = [address(who), address(successor), number(1), hash(CONTENT)];
        self.stage.policy(cast::REGULATOR, "recoverKey", &arguments);
    }

    fn is_lost(&mut self, who: Address) -> bool {
        let lost = self
            .stage
            .world
            .read_policy("recoveredFrom", &[address(who)]);
        lost.is_ok_and(|values| to_number(&values[0]) != 0)
    }

    fn stand_against(&mut self, word: &str, who: Address) {
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

    fn freeze(&mut self, who: Address, frozen: bool) {
        let arguments = [address(who), flag(frozen), number(1), hash(CONTENT)];
        self.stage
            .policy(cast::REGULATOR, "setHolderFrozen", &arguments);
    }

    fn remove_issuer(&mut self) {
        let arguments = [address(cast::ISSUER)];
        self.stage.policy(cast::ADMIN, "removeIssuer", &arguments);
    }

    fn register(&mut self, issuer: Address) {
        let arguments = [address(issuer), text("an issuer")];
        self.stage.policy(cast::ADMIN, "registerIssuer", &arguments);
    }

    fn grant_to(&mut self, issuer: Address, license_type: u64, place: &str) {
        let arguments = [address(issuer), number(license_type), text(place)];
        self.stage.policy(cast::ADMIN, "grantIssuer", &arguments);
    }

    fn grant_instead(&mut self, place: &str) {
        self.withdraw_grant();
        self.grant_to(cast::ISSUER, self.type_id, place);
    }

    fn withdraw_grant(&mut self) {
        let arguments = [address(cast::ISSUER), number(self.type_id), text("US")];
        self.stage.policy(cast::ADMIN, "withdrawIssuer", &arguments);
    }

    fn set_open(&mut self, license_type: u64, open: bool) {
        let arguments = [number(license_type), flag(open)];
        self.stage.policy(cast::ADMIN, "setTypeOpen", &arguments);
    }

    /// Gates, jurisdictions' rules, modules and pauses.
    fn rule(&mut self) -> Result<(), Missing> {
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

    fn rule_places(&mut self) -> Result<(), Missing> {
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
