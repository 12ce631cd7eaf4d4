//! The facts of a row, set in the model.
//!
//! What a word means is said in `vocabulary.json`; here it is acted out. A word that the model has no place for is
//! reported, never left out.

use std::collections::BTreeSet;

use lex_model::{
    Account, Action, ActionKind, Address, Binding, Bundle, Demand, Durations, Facts, Gates, Group,
    Jurisdiction, LicenseType, MAX_TIME, ModuleRefusal, Parent, Presented, Reason, Rule, Standing,
    Term, TypeKind, refusals,
};

use crate::table::Row;

const DAY: u64 = 86_400;
const NOW: u64 = 1_800_000_000;
/// The baseline's license type and the one that it stands under in rows with a parent.
const TYPE: u64 = 1;
const PARENT_TYPE: u64 = 9;
const SUPPLY_CAP: u64 = 10;

const NOBODY: Address = [0; 20];
const ISSUER: Address = [1; 20];
const HOLDER: Address = [2; 20];
const RECEIVER: Address = [3; 20];
const COMMITTEE: Address = [4; 20];
const PARENT_HOLDER: Address = [5; 20];
const OTHER: Address = [6; 20];
/// Who took over from [`ISSUER`].
const SUCCESSOR: Address = [7; 20];

/// The names of the reasons for which the model refuses, in its order; or what it cannot be told.
pub(crate) fn ask(row: &Row) -> Result<Vec<String>, BTreeSet<String>> {
    let Some(kind) = kind(&row.action) else {
        return Err(BTreeSet::from([format!("action {}", row.action)]));
    };
    let mut world = World::baseline(kind, row);
    if row.seats {
        world.cannot("kind=sft");
    }
    world.enter_caller(row);
    for fact in &row.given {
        let (key, value) = fact.split_once('=').expect("a fact is key=value");
        world.set(row, key, value);
    }
    world.same_accounts();
    world.check_requests(row);
    if world.missing.is_empty() {
        Ok(world.answer())
    } else {
        Err(world.missing)
    }
}

fn kind(action: &str) -> Option<ActionKind> {
    let same_name = |kind: &ActionKind| format!("{kind:?}").eq_ignore_ascii_case(action);
    ActionKind::ALL.into_iter().find(same_name)
}

struct World {
    kind: ActionKind,
    caller: Address,
    holder: Address,
    to: Address,
    jurisdiction: Result<Jurisdiction, Reason>,
    token_kind: TypeKind,
    standing: Standing,
    term: Term,
    parent: Option<Parent>,
    license_type: LicenseType,
    type_exists: bool,
    rules: Option<Vec<Rule>>,
    binding: Binding,
    /// Who is the issuer now.
    issuer: Address,
    issuer_registered: bool,
    issuer_granted: bool,
    by_committee: bool,
    by_regulator: bool,
    supply: u64,
    issuer_supply: u64,
    issuer_share: u64,
    paused: u8,
    held: bool,
    parent_held: bool,
    suspended_by_committee: bool,
    caller_account: Account,
    holder_account: Account,
    parent_account: Account,
    parent_open: bool,
    to_account: Account,
    clearance: Presented<u16>,
    proof: Presented<()>,
    module: Option<ModuleRefusal>,
    missing: BTreeSet<String>,
}

fn ending(valid_until: u64) -> Term {
    Term {
        valid_from: valid_until - 365 * DAY,
        valid_until,
        grace_until: valid_until + 30 * DAY,
    }
}

/// What stands against an account, if the word says something of that kind.
fn account(word: &str) -> Option<Account> {
    let (frozen, lost) = match word {
        "frozen" => (true, false),
        // A key does nothing from the moment on in which it was declared lost.
        "lost" | "recovering" => (false, true),
        "lostAndFrozen" => (true, true),
        _ => return None,
    };
    Some(Account { frozen, lost })
}

/// The gates of `committee+clearance+proof`.
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

fn standing(word: &str) -> Option<(Standing, Term)> {
    let suspended = |lifts_at| Standing::Suspended { lifts_at };
    let in_force = ending(NOW + 10 * DAY);
    let over = ending(NOW - 40 * DAY);
    Some(match word {
        "Pending" => (Standing::Pending, in_force),
        "PendingOver" => (Standing::Pending, over),
        "NotYetValid" => (Standing::Active, ending(NOW + 375 * DAY)),
        "Active" => (Standing::Active, in_force),
        "InGrace" => (Standing::Active, ending(NOW - 10 * DAY)),
        "Expired" => (Standing::Active, over),
        "SuspendedByIssuer" | "SuspendedByCommittee" | "CommitteeTookOver" => {
            (suspended(None), in_force)
        }
        "SuspendedLifting" | "CommitteeLifting" => (suspended(Some(NOW + 5 * DAY)), in_force),
        "SuspendedLifted" | "CommitteeLifted" => (suspended(Some(NOW - 5 * DAY)), in_force),
        "SuspendedOver" => (suspended(None), over),
        "LiftedOver" => (suspended(Some(NOW - 60 * DAY)), over),
        "Revoked" => (Standing::Revoked, in_force),
        "Archived" => (Standing::Archived, in_force),
        _ => return None,
    })
}

impl World {
    fn baseline(kind: ActionKind, row: &Row) -> Self {
        let word = match kind {
            ActionKind::Activate | ActionKind::Withdraw => "Pending",
            ActionKind::Resume => "SuspendedByIssuer",
            _ => "Active",
        };
        let (standing, term) = standing(word).expect("the baseline's standing is one");
        let renew = match kind {
            ActionKind::RequestRenewal => Gates::COMMITTEE,
            _ => 0,
        };
        let sublicense = kind == ActionKind::Sublicense;
        let term_days = if sublicense { 30 } else { 365 };
        let holder = if kind.creates() { NOBODY } else { HOLDER };
        let mut world = Self {
            kind,
            caller: NOBODY,
            holder,
            to: match kind {
                ActionKind::Activate => HOLDER,
                ActionKind::Issue
                | ActionKind::Sublicense
                | ActionKind::Transfer
                | ActionKind::ForceTransfer
                | ActionKind::Recover
                | ActionKind::Lend => RECEIVER,
                _ => NOBODY,
            },
            jurisdiction: Jurisdiction::parse("US-NY"),
            token_kind: TypeKind::Nft,
            standing,
            term: match kind.creates() {
                true => Term {
                    valid_from: NOW,
                    valid_until: 0,
                    grace_until: 0,
                },
                false => term,
            },
            parent: None,
            license_type: LicenseType {
                kind: TypeKind::Nft,
                durations: Durations {
                    term: term_days * DAY,
                    renewal_window: 30 * DAY,
                    grace: 30 * DAY,
                },
                supply_cap: 0,
                transferable: true,
                open: true,
                gates: Gates {
                    renew,
                    ..Gates::default()
                },
                minimum_score: 0,
                parent_type: 0,
                version: 1,
            },
            type_exists: true,
            rules: Some(Vec::new()),
            binding: Binding::Bound,
            issuer: ISSUER,
            issuer_registered: true,
            issuer_granted: true,
            by_committee: false,
            by_regulator: false,
            supply: 0,
            issuer_supply: 0,
            issuer_share: 0,
            paused: 0,
            held: false,
            parent_held: false,
            suspended_by_committee: false,
            caller_account: Account::default(),
            holder_account: Account::default(),
            parent_account: Account::default(),
            parent_open: true,
            to_account: Account::default(),
            clearance: Presented::Missing,
            proof: Presented::Missing,
            module: None,
            missing: BTreeSet::new(),
        };
        if sublicense || row.given.iter().any(|fact| fact.starts_with("parent=")) {
            let lasts = if sublicense { 200 } else { 1000 };
            world.license_type.parent_type = PARENT_TYPE;
            world.stand_under("Active", NOW + lasts * DAY);
        }
        world
    }

    /// Notes something that the model has no place for.
    fn cannot(&mut self, notion: &str) {
        self.missing.insert(notion.to_owned());
    }

    fn stand_under(&mut self, word: &str, until: u64) {
        let Some((standing, term)) = standing(word) else {
            return self.cannot(&format!("parent={word}"));
        };
        let term = match word {
            "NotYetValid" | "InGrace" | "Expired" => term,
            // Longer in force than any license under it.
            _ => Term {
                valid_from: NOW - 2000 * DAY,
                ..ending(until)
            },
        };
        self.parent = Some(Parent {
            holder: PARENT_HOLDER,
            license_type: PARENT_TYPE,
            jurisdiction: Jurisdiction::parse("US-NY").expect("New York is a place"),
            status: term.status(standing, NOW),
            held: false,
            term,
        });
    }

    fn enter_caller(&mut self, row: &Row) {
        self.caller = match row.by.as_str() {
            "issuer" => ISSUER,
            "holder" => HOLDER,
            "receiver" | "successor" => RECEIVER,
            "committee" => COMMITTEE,
            "parentHolder" => PARENT_HOLDER,
            "successorIssuer" => SUCCESSOR,
            _ => OTHER,
        };
        self.by_committee = row.by == "committee" && !row.has("type=noCommittee");
        if self.kind == ActionKind::Issue && row.by != "issuer" {
            self.issuer_registered = false;
            self.issuer_granted = false;
        }
        // Whom a holder has approved is the contract's to know.
        let approvals = matches!(self.kind, ActionKind::Transfer | ActionKind::Lend);
        if approvals && self.caller != HOLDER {
            self.cannot("approvals of accounts that move licenses");
        }
        self.by_regulator = row.by == "regulator" && row.has("type=noCommittee");
        if self.kind == ActionKind::Recover {
            self.holder_account.lost = true;
        }
    }

    /// A committee renews what was requested; whether it was stands in the contract.
    fn check_requests(&mut self, row: &Row) {
        let gated = self.license_type.gates.renew & Gates::COMMITTEE != 0;
        if self.kind == ActionKind::Renew && row.by == "committee" && gated {
            self.cannot("requests for renewal");
        }
    }

    fn set(&mut self, row: &Row, key: &str, value: &str) {
        match key {
            "license" => self.set_license(value),
            "when" => self.set_time(value),
            "parent" => self.set_parent(value),
            "parentHolder" => self.set_parent_holder(value),
            "parentJurisdiction" => {
                let parent = self.parent.as_mut().expect("there is a parent");
                parent.jurisdiction = Jurisdiction::parse(value).expect("a place");
            }
            "caller" => self.set_caller(row, value),
            "holder" => self.set_holder(value),
            "to" => self.set_receiver(value),
            "type" => self.set_type(value),
            "issuer" => self.set_issuer(value),
            "jurisdiction" => {
                let place = if value == "invalid" { "us" } else { value };
                self.jurisdiction = Jurisdiction::parse(place);
            }
            "validFrom" => self.term.valid_from = Self::first_second(value),
            "pause" => self.set_pause(value),
            "gates.issue" => self.license_type.gates.issue = gates(value),
            "gates.renew" => self.license_type.gates.renew = gates(value),
            "gates.transfer" => self.license_type.gates.transfer = gates(value),
            "gates.lend" => self.license_type.gates.lend = gates(value),
            "gates.enforce" if gates(value) == Gates::COMMITTEE => {
                self.license_type.gates.enforce = gates(value);
            }
            "rules" => self.set_rules(value),
            "clearance" => self.set_clearance(value),
            "proof" => self.set_proof(value),
            "module" => self.set_module(value),
            "supply" => self.set_supply(value),
            "contract" if value == "unbound" => self.binding = Binding::Unbound,
            "renewal" => self.cannot("requests for renewal"),
            "lent" => self.cannot("loans"),
            // Which of hold and release is asked for the contract compares with what is so.
            "token" if self.kind == ActionKind::FreezeToken => self.cannot("token=held"),
            "token" => self.hold(),
            "parentToken" => self.parent_held = true,
            "parentType" => self.parent_open = false,
            "kind" | "hour" | "contract" | "policy" | "gates.enforce" | "grandparent" => {
                self.cannot(&format!("{key}={value}"));
            }
            other => self.cannot(other),
        }
    }

    fn set_license(&mut self, value: &str) {
        match standing(value) {
            Some((standing, term)) => {
                self.standing = standing;
                self.term = term;
                self.suspended_by_committee = value.contains("Committee");
            }
            None => self.cannot(&format!("license={value}")),
        }
    }

    fn set_time(&mut self, value: &str) {
        let lasts = |until: u64| ending(until);
        match value {
            "early" => self.term = lasts(NOW + 200 * DAY),
            "beforeOpens" => self.term = lasts(NOW + 30 * DAY + 1),
            "opens" => self.term = lasts(NOW + 30 * DAY),
            "lastSecond" => self.term = lasts(NOW + 1),
            "graceLast" => self.term = lasts(NOW - 30 * DAY + 1),
            "graceEnd" => self.term = lasts(NOW - 30 * DAY),
            // Whether the delay is over is said by who takes over; nobody does in its last second.
            "delayLast" if self.to == NOBODY => {}
            "delayOver" => self.to = RECEIVER,
            "justRenewed" => self.term = lasts(NOW + 365 * DAY),
            "beyondTerm" => {
                self.license_type.durations.term = 10 * DAY;
                self.license_type.durations.grace = 100 * DAY;
                self.term = Term {
                    valid_from: NOW - 60 * DAY,
                    valid_until: NOW - 50 * DAY,
                    grace_until: NOW + 50 * DAY,
                };
            }
            _ => self.cannot(&format!("when={value}")),
        }
    }

    fn set_parent(&mut self, value: &str) {
        match (self.kind, value) {
            // The contract finds no parent and asks nothing further.
            (_, "none") => self.cannot("parent=none"),
            (ActionKind::Sublicense, _) => self.stand_under(value, NOW + 200 * DAY),
            (_, "endsSooner") => self.stand_under("Active", NOW + 100 * DAY),
            _ => self.stand_under(value, NOW + 1000 * DAY),
        }
    }

    fn set_parent_holder(&mut self, value: &str) {
        if self.parent.is_some() {
            self.parent_account = account(value).expect("frozen or lost");
        }
    }

    fn set_caller(&mut self, row: &Row, value: &str) {
        match (account(value), row.by.as_str()) {
            (Some(_), "holder") => self.set_holder(value),
            (Some(_), "parentHolder") => self.set_parent_holder(value),
            (Some(account), _) => self.caller_account = account,
            (None, _) => panic!("{value} stands against nobody"),
        }
    }

    fn set_holder(&mut self, value: &str) {
        if self.kind.creates() {
            return;
        }
        let recovers = self.kind == ActionKind::Recover;
        match (account(value), value) {
            (Some(account), _) => self.holder_account = account,
            (None, "ordinary" | "recoveryObjected") => self.holder_account = Account::default(),
            _ => return self.cannot(&format!("holder={value}")),
        }
        if recovers && (value == "recovering" || !self.holder_account.lost) {
            self.to = NOBODY;
        }
    }

    fn set_receiver(&mut self, value: &str) {
        match (account(value), value) {
            (Some(account), _) => self.to_account = account,
            // Nobody to lend to: it is taken back, which is not lending.
            (None, "zero") if self.kind == ActionKind::Lend => self.cannot("loans"),
            (None, "zero") => self.to = NOBODY,
            (None, "caller") => self.to = self.caller,
            (None, "holder") => self.to = HOLDER,
            (None, "issuer") => self.to = ISSUER,
            _ => self.cannot("receivers that are contracts"),
        }
    }

    /// What stands against an account stands against it in every role.
    fn same_accounts(&mut self) {
        if self.caller == self.holder {
            self.caller_account = self.holder_account;
        }
        if self.caller == PARENT_HOLDER {
            self.caller_account = self.parent_account;
        }
    }

    /// The committee holds the license; of a sublicense that is to be, the one above it.
    fn hold(&mut self) {
        match self.kind {
            ActionKind::Issue => {}
            ActionKind::Sublicense => self.parent_held = true,
            _ => self.held = true,
        }
    }

    fn set_type(&mut self, value: &str) {
        let license_type = &mut self.license_type;
        match value {
            "closed" => license_type.open = false,
            "unknown" => self.type_exists = false,
            "otherKind" => license_type.kind = TypeKind::Sft,
            "notTransferable" => license_type.transferable = false,
            "needsParent" => license_type.parent_type = PARENT_TYPE,
            "noParentType" => license_type.parent_type = 0,
            "otherParentType" => license_type.parent_type = PARENT_TYPE + 1,
            "minimumScore600" => license_type.minimum_score = 600,
            "window10y" => license_type.durations.renewal_window = 3650 * DAY,
            "termLongerThanParent" => license_type.durations.term = 300 * DAY,
            "termEndsWithParent" => license_type.durations.term = 200 * DAY,
            "noCommittee" => {}
            _ => self.cannot(&format!("type={value}")),
        }
    }

    fn set_issuer(&mut self, value: &str) {
        match value {
            "removed" => self.issuer_registered = false,
            "ungranted" => self.issuer_granted = false,
            "removedAndUngranted" => {
                self.issuer_registered = false;
                self.issuer_granted = false;
            }
            "succeeded" => self.issuer = SUCCESSOR,
            // Its grants died with its former registration; a new one counts.
            "registeredAgain" => self.issuer_granted = false,
            "registeredAgainGranted" => {}
            // Which grants reach an action is looked up before the model is asked.
            "frozen" => self.cannot("issuers that are frozen"),
            _ => self.cannot("which grant covers what"),
        }
    }

    fn first_second(value: &str) -> u64 {
        match value {
            "past" => NOW - 3600,
            "now" => NOW,
            "future" => NOW + 10 * DAY,
            "tooFar" => MAX_TIME + 1,
            other => panic!("{other} is no time"),
        }
    }

    fn set_pause(&mut self, value: &str) {
        match value {
            "issue" => self.paused |= Group::Issue.bit(),
            "renew" => self.paused |= Group::Renew.bit(),
            "transfer" => self.paused |= Group::Transfer.bit(),
            "use" => self.paused |= Group::Use.bit(),
            "lend" => self.paused |= Group::Lend.bit(),
            "all" => self.paused = Group::ALL_BITS,
            other => panic!("{other} is no group"),
        }
    }

    fn set_rules(&mut self, value: &str) {
        let ruled = match self.kind {
            ActionKind::Activate | ActionKind::Sublicense | ActionKind::Amend => ActionKind::Issue,
            kind => kind,
        };
        let other = match ruled {
            ActionKind::Issue => ActionKind::Renew,
            _ => ActionKind::Issue,
        };
        let rule = |demand, value| Rule {
            demand,
            actions: ruled.bit(),
            license_type: 0,
            value,
        };
        let shorter = match self.kind {
            ActionKind::Sublicense => 10 * DAY,
            _ => 100 * DAY,
        };
        let rules = match value {
            "none" => {
                self.rules = None;
                return;
            }
            "ofCountry" => vec![],
            "forbid" => vec![rule(Demand::Forbid, 0)],
            "forbidOtherAction" => vec![Rule {
                actions: other.bit(),
                ..rule(Demand::Forbid, 0)
            }],
            "forbidOtherType" => vec![Rule {
                license_type: TYPE + 1,
                ..rule(Demand::Forbid, 0)
            }],
            "forbidAndLongestTerm" => {
                vec![rule(Demand::LongestTerm, shorter), rule(Demand::Forbid, 0)]
            }
            "requireClearance" => vec![rule(Demand::Require, Gates::CLEARANCE.into())],
            "requireCommittee" => vec![rule(Demand::Require, Gates::COMMITTEE.into())],
            "minimumScore700" => vec![rule(Demand::MinimumScore, 700)],
            "longestTermShorter" => vec![rule(Demand::LongestTerm, shorter)],
            "longestTermEqual" => {
                vec![rule(Demand::LongestTerm, self.license_type.durations.term)]
            }
            _ => return self.cannot("which bundle covers what"),
        };
        if rules.iter().any(|rule| rule.validate().is_err()) {
            self.cannot(&format!("rules about {ruled:?}"));
        }
        self.rules = Some(rules);
    }

    fn set_clearance(&mut self, value: &str) {
        let invalid = |reason| Presented::Invalid(reason, 0);
        self.clearance = match value {
            "valid" => Presented::Valid(1000),
            "score599" => Presented::Valid(599),
            "score600" => Presented::Valid(600),
            "expired" => invalid(Reason::ClearanceExpired),
            "used" => invalid(Reason::ClearanceUsed),
            "notSigned" => invalid(Reason::ClearanceInvalid),
            _ => return self.cannot("what a clearance is worth"),
        };
    }

    fn set_proof(&mut self, value: &str) {
        let invalid = |reason| Presented::Invalid(reason, 0);
        self.proof = match value {
            "valid" => Presented::Valid(()),
            "false" => invalid(Reason::ProofInvalid),
            "nullifierUsed" => invalid(Reason::NullifierUsed),
            "rootUnknown" => invalid(Reason::RootUnknown),
            "timeOld" => invalid(Reason::ProofTimeInvalid),
            _ => return self.cannot("what a proof is worth"),
        };
    }

    fn set_module(&mut self, value: &str) {
        let refusal = |answered| Some(ModuleRefusal { place: 0, answered });
        self.module = match value {
            "refuses" => refusal(true),
            "silent" => refusal(false),
            "accepts" | "keepsBooks" => None,
            _ => return self.cannot("what modules say together"),
        };
    }

    fn set_supply(&mut self, value: &str) {
        self.license_type.supply_cap = SUPPLY_CAP;
        match value {
            "full" => self.supply = SUPPLY_CAP,
            "last" => self.supply = SUPPLY_CAP - 1,
            // What has ended does not count.
            "fullButSurrendered" | "fullButWithdrawn" | "fullButRevoked" => {
                self.supply = SUPPLY_CAP - 1;
            }
            // All contracts count together.
            "fullInOtherContract" => self.supply = SUPPLY_CAP,
            "issuerShareUsed" => {
                self.issuer_share = 2;
                self.issuer_supply = 2;
                self.supply = 2;
            }
            other => panic!("{other} says nothing about a cap"),
        }
    }

    fn answer(&self) -> Vec<String> {
        let jurisdiction = match self.jurisdiction {
            Ok(jurisdiction) => jurisdiction,
            // The contract does not get as far as asking.
            Err(reason) => return vec![reason.name().to_owned()],
        };
        let action = Action {
            kind: self.kind,
            caller: self.caller,
            issuer: match self.parent {
                Some(parent) => parent.holder,
                None if self.kind == ActionKind::Issue => self.caller,
                None => ISSUER,
            },
            holder: self.holder,
            to: self.to,
            amount: 1,
            token_kind: self.token_kind,
            license_type: TYPE,
            jurisdiction,
            status: match self.kind.creates() {
                true => lex_model::Status::Unknown,
                false => self.term.status(self.standing, NOW),
            },
            held: self.held,
            suspended_by_committee: self.suspended_by_committee,
            term: self.term,
            parent: self.parent.map(|parent| Parent {
                held: self.parent_held,
                ..parent
            }),
            at: NOW,
        };
        let facts = Facts {
            binding: self.binding,
            license_type: self.type_exists.then_some(&self.license_type),
            bundle: self
                .rules
                .as_ref()
                .map(|rules| Bundle { version: 1, rules }),
            issuer: match self.kind {
                ActionKind::Issue => self.caller,
                _ => self.issuer,
            },
            issuer_registered: self.issuer_registered,
            issuer_granted: self.issuer_granted,
            by_committee: self.by_committee,
            by_regulator: self.by_regulator,
            supply: self.supply,
            issuer_supply: self.issuer_supply,
            issuer_share: self.issuer_share,
            paused: self.paused,
            caller: self.caller_account,
            holder: self.holder_account,
            parent_holder: self.parent_account,
            parent_open: self.parent_open,
            to: self.to_account,
            clearance: self.clearance,
            proof: self.proof,
            module: self.module,
        };
        let list = refusals(&action, &facts);
        list.iter()
            .map(|refusal| refusal.reason.name().to_owned())
            .collect()
    }
}
