//! The rows of `vectors/gate/policy.json`, asked of the contract itself.

use super::*;
use lex_model::{RECOVERY_DELAY, TypeKind};

const TABLE: &str = include_str!("../../../vectors/gate/policy.json");

/// The rows that are not obeyed yet, with what is answered instead. Rules that make no sense are refused
/// either way, by one reason for all of them. A freeze that one license contract does not hear of holds
/// nowhere: whoever executes it would else choose, by the gas that comes along, who hears of it.
const DISAGREE: [(&str, &str); 6] = [
    ("type-create-unknown-kind", "InvalidTypeTerms"),
    ("type-rules-unknown-gate", "InvalidTypeTerms"),
    (
        "type-rules-committee-gate-without-committee",
        "InvalidTypeTerms",
    ),
    ("type-rules-parent-circle", "InvalidTypeTerms"),
    ("bundle-set-unknown-demand", "InvalidTypeTerms"),
    ("freeze-bound-contract-silent", "LicenseUnreachable"),
];

const OTHER_REGULATOR: Address = account(0x17);
const REMOVED: Address = account(0x18);
const SUCCEEDED: Address = account(0x19);
const NEW: Address = account(0x20);
const UNBOUND: Address = account(0x21);
const MISSED: Address = account(0x22);
const MODULE: Address = account(0x23);

/// One row, without its sentence and its source.
struct Row {
    id: String,
    asked: String,
    by: String,
    given: Vec<(String, String)>,
    expect: String,
}

/// Each row stands in a line of its own, as a list of texts; a comma between quotation marks is in none of
/// the first five.
fn rows() -> Vec<Row> {
    TABLE
        .lines()
        .filter_map(|line| line.trim().strip_prefix("[\""))
        .map(|line| {
            let texts: Vec<&str> = line.split("\", \"").collect();
            let fact = |fact: &str| {
                let (key, value) = fact.split_once('=').expect("a fact is key=value");
                (key.to_owned(), value.to_owned())
            };
            Row {
                id: texts[0].into(),
                asked: texts[1].into(),
                by: texts[2].into(),
                given: texts[3].split_whitespace().map(fact).collect(),
                expect: texts[4].into(),
            }
        })
        .collect()
}

/// The values of a call, as the row's facts say them.
struct World {
    policy: Policy,
    caller: Address,
    account: Address,
    successor: Address,
    reason: u32,
    groups: u8,
    name: String,
    license_type: u64,
    place: String,
    contract: Address,
    role: (Address, u8),
    kind: u8,
    terms: (u64, u64),
    rules: TypeRules,
    bundle: Vec<BundleRule>,
    module: Address,
    until: u64,
    action: u8,
}

impl World {
    fn of(row: &Row) -> Self {
        let (mut policy, _) = usual_policy();
        as_caller(ADMIN);
        policy.set_role(OTHER_REGULATOR, 4, true).expect("new");
        for issuer in [REMOVED, SUCCEEDED] {
            policy.register_issuer(issuer, "I".into()).expect("new");
            policy
                .grant_issuer(issuer, YEARLY, "US".into())
                .expect("new");
            policy.remove_issuer(issuer).expect("registered");
        }
        policy.succeed_issuer(SUCCEEDED, ISSUER).expect("known");
        for contract in [NEW, MODULE, MISSED] {
            install_license(contract);
        }
        let mut world = Self {
            policy,
            caller: match row.by.as_str() {
                "regulator" | "committee" => REGULATOR,
                "otherRegulator" => OTHER_REGULATOR,
                "guardian" => GUARDIAN,
                "admin" => ADMIN,
                "issuer" | "otherIssuer" => ISSUER,
                "holder" => HOLDER,
                "successor" => RECEIVER,
                "publisher" => PUBLISHER,
                "unboundContract" => UNBOUND,
                _ => NOBODY,
            },
            account: HOLDER,
            successor: RECEIVER,
            reason: 1,
            groups: 1,
            name: "Name".into(),
            license_type: YEARLY,
            place: "US".into(),
            contract: LICENSE,
            role: (NOBODY, 1),
            kind: TypeKind::Nft as u8,
            terms: (365 * DAY, 14 * DAY),
            rules: TypeRules::default(),
            bundle: Vec::new(),
            module: MODULE,
            until: NOW + DAY,
            action: 1,
        };
        for (key, value) in &row.given {
            world.set(&row.asked, key, value);
        }
        as_caller(world.caller);
        world
    }

    fn regulate(&mut self, rule: impl FnOnce(&mut Policy) -> Result<(), Refused>) {
        as_caller(REGULATOR);
        rule(&mut self.policy).expect("a regulator decides");
    }

    fn rule(&mut self, rule: impl FnOnce(&mut Policy) -> Result<(), Refused>) {
        as_caller(ADMIN);
        rule(&mut self.policy).expect("a rule that makes sense");
    }

    fn restrict(&mut self, account: Address, word: &str) {
        let declare = |policy: &mut Policy| policy.recover_key(account, MISSED, 1, hash(8));
        match word {
            "frozen" => {
                self.regulate(|policy| policy.set_holder_frozen(account, true, 1, hash(8)));
            }
            "frozenByTwo" => {
                self.restrict(account, "frozen");
                as_caller(OTHER_REGULATOR);
                let frozen = self.policy.set_holder_frozen(account, true, 1, hash(8));
                frozen.expect("its own freeze");
            }
            "recovering" => self.regulate(declare),
            "lost" => {
                test::set_block_timestamp::<DefaultEnvironment>(NOW - RECOVERY_DELAY);
                self.regulate(declare);
                test::set_block_timestamp::<DefaultEnvironment>(NOW);
            }
            "recoveryObjected" => {
                self.regulate(declare);
                as_caller(account);
                self.policy.object_recovery(account).expect("announced");
            }
            other => panic!("{other} stands against nobody"),
        }
    }

    fn set(&mut self, asked: &str, key: &str, value: &str) {
        match (key, value) {
            ("account", "zero") => self.account = Address::zero(),
            ("account", "stranger") => self.account = NOBODY,
            ("account", "issuer") => self.account = ISSUER,
            ("account", "removedIssuer") => self.account = REMOVED,
            ("account", "succeededIssuer") => self.account = SUCCEEDED,
            ("account", word) => self.restrict(HOLDER, word),
            ("caller", word) => {
                let caller = self.caller;
                self.restrict(caller, word);
            }
            ("successor", "same") => self.successor = HOLDER,
            ("successor", "zero") => self.successor = Address::zero(),
            ("successor", word) => self.restrict(RECEIVER, word),
            ("reason", _) => self.reason = 0,
            ("pause", word) => {
                let groups = if word == "all" { 15 } else { 1 };
                as_caller(GUARDIAN);
                self.policy.pause(groups).expect("nothing is paused");
            }
            ("groups", "none") => self.groups = 0,
            ("groups", "unknown") => self.groups = 128,
            ("groups", _) => self.groups = 1,
            ("text", _) => self.name = String::new(),
            ("jurisdiction", "invalid") => self.place = "us".into(),
            ("jurisdiction", word) => self.place = word.into(),
            ("contract", "new") => self.contract = NEW,
            ("contract", "account") => self.contract = NOBODY,
            ("contract", "unbound") => self.contract = UNBOUND,
            ("contract", "silent") => install_refusing_license(LICENSE, b"panic"),
            ("contract", "max") => {
                self.contract = NEW;
                for number in 0x30..0x33 {
                    install_license(account(number));
                    self.rule(|policy| policy.bind_license(account(number)));
                }
            }
            ("contract", "missedRestrictions") => {
                self.contract = MISSED;
                self.rule(|policy| policy.bind_license(MISSED));
                self.rule(|policy| policy.unbind_license(MISSED));
                self.restrict(RECEIVER, "frozen");
            }
            ("role", "unknown") => self.role.1 = 128,
            ("role", "same") => self.role = (GUARDIAN, 1),
            ("type", "unknown") => self.license_type = 99,
            ("type", "closed") => self.rule(|policy| policy.set_type_open(YEARLY, false)),
            ("type", "termZero") => self.terms.0 = 0,
            ("type", "graceTooLong") => self.terms.1 = u64::MAX,
            ("type", "unknownKind") => self.kind = 9,
            ("type", "noCommittee") => self.rules.committee = Address::zero(),
            ("type", "parentIsItself") => self.rules.parent_type = YEARLY,
            ("gates", _) => self.rules.gates.issue = 128,
            ("gates.issue", _) => self.rules.gates.issue = 1,
            ("rules", "none") => self.place = "DE".into(),
            ("rules", "tooMany") => {
                self.bundle = vec![bundle_rule(1, ActionKind::Issue, 0, 0); 17];
            }
            ("rules", _) => self.bundle = vec![bundle_rule(99, ActionKind::Issue, 0, 0)],
            ("module", "accepts") => self.rule(|policy| policy.add_module(MODULE, 1)),
            ("module", "noCode") => self.module = NOBODY,
            ("module", "revertsWhenRemoved") => {
                self.rule(|policy| policy.add_module(MODULE, 1));
                install_refusing_license(MODULE, b"panic");
            }
            ("module", _) => {
                for number in 0x40..0x59 {
                    install_license(account(number));
                    self.rule(|policy| policy.add_module(account(number), 1));
                }
            }
            ("until", _) => self.until = NOW - 3_600,
            ("asked", _) => self.action = 99,
            (key, value) => panic!("{asked}: {key}={value} is not acted out"),
        }
    }

    /// What policy answers; none where another contract is asked, or recoveries of a scope are.
    fn ask(mut self, asked: &str) -> Option<Result<(), Refused>> {
        let policy = &mut self.policy;
        let (account, reason) = (self.account, self.reason);
        Some(match asked {
            "freezeHolder" => policy.set_holder_frozen(account, true, reason, hash(8)),
            "releaseHolder" => policy.set_holder_frozen(account, false, reason, hash(8)),
            "recoverKey" => policy.recover_key(account, self.successor, reason, hash(8)),
            "objectRecovery" => policy.object_recovery(account),
            "pause" => policy.pause(self.groups),
            "liftPause" => policy.lift_pause(self.groups),
            "registerIssuer" => policy.register_issuer(account, self.name),
            "removeIssuer" => policy.remove_issuer(account),
            "grantIssuer" if self.place == "US" => {
                policy.grant_issuer(account, self.license_type, "DE".into())
            }
            "grantIssuer" => policy.grant_issuer(account, self.license_type, self.place),
            "withdrawGrant" => policy.withdraw_issuer(account, self.license_type, self.place),
            "succeedIssuer" => policy.succeed_issuer(account, ISSUER),
            "setTypeOpen" => policy.set_type_open(self.license_type, false),
            "createType" => policy
                .create_type(
                    self.name,
                    self.kind,
                    self.terms.0,
                    30 * DAY,
                    self.terms.1,
                    0,
                    true,
                    hash(1),
                    1,
                )
                .map(drop),
            "setTypeRules" => policy.set_type_rules(self.license_type, self.rules),
            "setBundle" => policy.set_bundle(self.place, hash(2), self.bundle),
            "removeBundle" => policy.remove_bundle(self.place),
            "addModule" => policy.add_module(self.module, 1),
            "removeModule" => policy.remove_module(self.module),
            "bindLicense" => policy.bind_license(self.contract),
            "unbindLicense" => policy.unbind_license(self.contract),
            "abandonLicense" => policy.abandon_license(self.contract),
            "check" => policy.check(issue()).map(drop),
            "setRole" => policy.set_role(self.role.0, self.role.1, true),
            "setAdmin" => policy.set_admin(account),
            "acceptAdmin" => policy.accept_admin(),
            "setVerifier" if self.contract == LICENSE => policy.set_verifier(MODULE),
            "setVerifier" => policy.set_verifier(self.contract),
            "setRoot" => policy.set_root(7, 0, U256::one(), self.until),
            "explain" => {
                let unknown = Action {
                    action: self.action,
                    ..issue()
                };
                match policy.explain(unknown).first() {
                    Some(refusal) => Err((*refusal).into()),
                    None => Ok(()),
                }
            }
            // Nothing raises a cap, and only a license contract is told of restrictions.
            "raiseCap" | "restrict" => return None,
            other => panic!("{other} is not asked"),
        })
    }
}

#[ink::test]
fn the_contract_answers_as_the_table_says() {
    let mut wrong = Vec::new();
    let mut asked = 0;
    for row in rows() {
        // A recovery reaches all types and places.
        let scoped = row
            .given
            .iter()
            .any(|(key, value)| key == "role" && (value == "otherPlace" || value == "otherType"));
        if scoped {
            continue;
        }
        let Some(answer) = World::of(&row).ask(&row.asked) else {
            continue;
        };
        asked += 1;
        let said = match answer {
            Ok(()) => "allowed",
            Err(refused) => Reason::from_code(refused.code).expect("known code").name(),
        };
        let listed = DISAGREE.iter().find(|(id, _)| *id == row.id);
        let expected = listed.map_or(row.expect.as_str(), |(_, instead)| instead);
        if said != expected {
            wrong.push(format!("{}: {said}, not {expected}", row.id));
        }
        if listed.is_some_and(|(_, instead)| *instead == row.expect) {
            wrong.push(format!("{} is obeyed and needs no listing", row.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 100, "{asked} rows");
}
