//! A row's world, brought about by messages: types and licenses at their times first, then what stands
//! against whom, last what is ruled.

mod licenses;
mod restrictions;
mod rules;
mod types;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;
use lex_model::{ActionKind, Durations, Gates, LicenseType, TypeKind};

use super::{
    Verdict, act, cast,
    stage::{Stage, said},
    table::Row,
};
use crate::{
    Chain,
    rules::{Proven, Type},
    values::to_number,
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

    /// Who plays the other side.
    pub(crate) fn receiver(&self) -> Address {
        match self.row.action.as_str() {
            "lend" => cast::USER,
            _ => cast::RECEIVER,
        }
    }
}
