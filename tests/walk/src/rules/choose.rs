//! Which ruling comes next.

use alloy_primitives::Address;
use lex_model::{ActionKind, Demand, Gates, Group, LicenseType, MAX_RULES, Rule};

use super::{Proven, Role, Rulebook, Ruling, Type};
use crate::{
    Random,
    choose::{NOWHERE, mostly, rarely, some_place, some_type},
    evidence::numbered,
    people,
    trapdoor::{CIRCUITS, MAX_VERSION},
};

impl Ruling {
    /// A ruling that has a good chance to be allowed; none when something rare was drawn and is not to
    /// be this time.
    pub(crate) fn random(random: &mut Random, rules: &Rulebook, now: u64) -> Option<Self> {
        let admin = |random: &mut Random| mostly(random, people::ADMIN);
        if !rules.is_bound() && random.chance(5, 6) {
            return Some(Self::Bind(admin(random), true));
        }
        let announced: Vec<_> = rules.announced(now).collect();
        if !announced.is_empty() && random.chance(1, 12) {
            return Some(end_of_recovery(random, rules, &announced));
        }
        Some(match random.below(33) {
            0..3 => Self::FreezeHolder(
                regulator(random, rules),
                random.pick(&people::HOLDERS),
                random.chance(1, 6),
            ),
            3 => {
                let everyone = people::all();
                rarely(random, 2)?;
                Self::RecoverKey(
                    regulator(random, rules),
                    random.pick(&everyone),
                    random.pick(&everyone),
                )
            }
            4 if random.chance(1, 3) => {
                Self::Pause(mostly(random, people::GUARDIAN), some_group(random))
            }
            4..9 => {
                let groups = match rules.paused {
                    0 => some_group(random),
                    paused => paused,
                };
                Self::LiftPause(regulator(random, rules), groups)
            }
            9..12 => Self::SetTypeOpen(
                admin(random),
                some_type(random, rules),
                random.chance(9, 10),
            ),
            12 if random.chance(1, 3) => {
                let issuer = random.pick(&people::ISSUERS);
                match random.chance(1, 8) {
                    true => {
                        Self::SucceedIssuer(admin(random), issuer, random.pick(&people::ISSUERS))
                    }
                    false => Self::SetShare(
                        admin(random),
                        issuer,
                        some_type(random, rules),
                        random.pick(&[0, 0, 20, 1_000]),
                    ),
                }
            }
            12..14 => Self::SetIssuer(
                admin(random),
                random.pick(&people::ISSUERS),
                random.chance(9, 10),
            ),
            14..18 => Self::SetGrant(
                admin(random),
                random.pick(&people::ISSUERS),
                some_type(random, rules),
                random.pick(&["", "US", "US-NY", "DE", "FR", NOWHERE]),
                random.chance(9, 10),
            ),
            18..20 => Self::SetBundle(admin(random), some_place(random), some_rules(random)),
            20..22 => {
                let id = some_type(random, rules);
                Self::SetTypeRules(admin(random), id, some_type_rules(random, rules, id))
            }
            22..24 => {
                let (account, role) = random.pick(&[
                    (people::GUARDIAN, Role::Guardian as u8),
                    (people::SIGNER, Role::Signer as u8),
                    (people::REGULATOR, Role::Regulator as u8),
                    (rules.deployed.committee, Role::Regulator as u8),
                    (people::PUBLISHER, Role::Publisher as u8),
                    // There is no such role.
                    (people::GUARDIAN, 3),
                ]);
                Self::SetRole(admin(random), account, role, random.chance(5, 6))
            }
            24..26 => some_module(random, rules),
            26 => Self::SetVerifier(admin(random), random.chance(5, 6)),
            27..30 => some_root(random, now),
            30 => some_key(random, rules),
            31 => {
                rarely(random, 4)?;
                Self::Bind(admin(random), random.chance(1, 3))
            }
            _ => {
                // Without rules nothing is allowed there, so most of those who try may not.
                rarely(random, 5)?;
                let by = random.pick(&[people::ADMIN, people::REGULATOR, people::GUARDIAN]);
                Self::RemoveBundle(by, some_place(random))
            }
        })
    }
}

/// Who decides about holders: the regulator, or a committee in its place.
fn regulator(random: &mut Random, rules: &Rulebook) -> Address {
    if random.chance(1, 4) {
        rules.deployed.committee
    } else {
        mostly(random, people::REGULATOR)
    }
}

/// An account objects to its recovery, or a regulator takes it back; sometimes there is none.
fn end_of_recovery(random: &mut Random, rules: &Rulebook, announced: &[Address]) -> Ruling {
    let account = match random.chance(1, 3) {
        true => random.pick(&people::HOLDERS),
        false => random.pick(announced),
    };
    match random.chance(1, 2) {
        true => Ruling::ObjectRecovery(mostly(random, account), account),
        false => Ruling::WithdrawRecovery(regulator(random, rules), account),
    }
}

/// A module comes or goes; one that refuses everything does not stay for long.
fn some_module(random: &mut Random, rules: &Rulebook) -> Ruling {
    let by = mostly(random, people::ADMIN);
    let [allowing, refusing, broken] = rules.deployed.modules;
    let present = rules.modules.iter().map(|(module, _)| *module);
    let hindering = present.into_iter().find(|module| *module != allowing);
    if let Some(module) = hindering
        && random.chance(7, 8)
    {
        return Ruling::RemoveModule(by, module);
    }
    let nobody = people::HOLDERS[0];
    let module = random.pick(&[allowing, allowing, allowing, refusing, broken, nobody]);
    if random.chance(1, 4) {
        Ruling::RemoveModule(by, module)
    } else {
        Ruling::AddModule(by, module, random.below(9) as u8)
    }
}

fn some_root(random: &mut Random, now: u64) -> Ruling {
    let (circuit, statement) = random.pick(&CIRCUITS);
    let slot = random.below(statement.roots() as u64) as u8;
    let root = numbered(1 + random.below(40));
    let until = match random.below(8) {
        0 => 0,
        _ => now + random.below(10_000),
    };
    Ruling::SetRoot(
        mostly(random, people::PUBLISHER),
        circuit,
        slot + 3 * u8::from(random.chance(1, 20)),
        root,
        until,
    )
}

/// Mostly the next version of a circuit's key; sometimes one that is there, or its end.
fn some_key(random: &mut Random, rules: &Rulebook) -> Ruling {
    let by = mostly(random, people::ADMIN);
    let (circuit, _) = random.pick(&CIRCUITS);
    let last = newest(rules, circuit);
    match random.below(4) {
        0 => Ruling::RevokeKey(by, circuit, 1 + random.below(u64::from(last) + 1) as u32),
        1 => Ruling::RegisterKey(by, circuit, last.max(1)),
        _ => Ruling::RegisterKey(by, circuit, MAX_VERSION.min(last + 1)),
    }
}

/// The newest version of a circuit's key; 0 when there is none.
fn newest(rules: &Rulebook, circuit: u64) -> u32 {
    let versions = rules.keys.keys().filter(|(of, _)| *of == circuit);
    versions.map(|(_, version)| *version).max().unwrap_or(0)
}

/// What a type's proofs are about: mostly a circuit's newest version.
fn some_proven(random: &mut Random, rules: &Rulebook) -> Proven {
    let (circuit, statement) = random.pick(&CIRCUITS);
    let proven = Proven {
        circuit,
        version: newest(rules, circuit),
        statement: statement as u8,
    };
    match random.below(24) {
        0 => Proven::default(),
        1 => Proven {
            version: 0,
            ..proven
        },
        // There is no such statement, or it is another circuit's.
        2 => Proven {
            statement: 3,
            ..proven
        },
        3 => Proven {
            statement: 3 - proven.statement,
            ..proven
        },
        _ => proven,
    }
}

/// Other gates for a type, mostly none or its committee's.
fn some_type_rules(random: &mut Random, rules: &Rulebook, id: u64) -> Type {
    let present = rules.license_type(id).unwrap_or(&rules.types[0]);
    let (none, committee) = (0, Gates::COMMITTEE);
    let (clearance, proof) = (Gates::CLEARANCE, Gates::PROOF);
    let all = Gates::ALL_BITS;
    let [issue, renew, transfer, enforce] = random.pick(&[
        [none; 4],
        [none; 4],
        [none; 4],
        [committee, committee, none, committee],
        [committee, committee, none, committee],
        [none, none, committee, none],
        [clearance, none, none, none],
        [none, clearance, none, none],
        [none, none, clearance, none],
        [proof, none, clearance, none],
        [clearance, proof, proof, none],
        [all, all, clearance | proof, committee],
        // Protecting the public never waits for a clearance.
        [none, none, none, clearance],
        [none, none, none, proof],
    ]);
    let gates = Gates {
        issue,
        renew,
        transfer,
        lend: random.pick(&[none, none, none, none, clearance, committee]),
        enforce,
    };
    Type {
        rules: LicenseType {
            gates,
            minimum_score: random.pick(&[0, 0, 0, 600, 900, 1_001]),
            ..present.rules
        },
        committee: if random.chance(1, 20) {
            Address::ZERO
        } else {
            random.pick(&[people::COMMITTEE, rules.deployed.committee])
        },
        proven: some_proven(random, rules),
    }
}

fn some_group(random: &mut Random) -> u8 {
    random
        .pick(&[
            Group::Issue,
            Group::Renew,
            Group::Transfer,
            Group::Use,
            Group::Lend,
        ])
        .bit()
}

fn some_rules(random: &mut Random) -> Vec<Rule> {
    let count = match random.below(40) {
        0 => MAX_RULES as u64 + 1,
        1..10 => 1 + random.below(2),
        _ => 0,
    };
    (0..count)
        .map(|_| {
            let (demand, value) = random.pick(&[
                (Demand::Forbid, 0),
                (Demand::LongestTerm, 1_500),
                (Demand::LongestTerm, 20_000),
                (Demand::LongestTerm, 20_000),
                (Demand::Require, 1),
                (Demand::Require, 2),
                // There is no such gate.
                (Demand::Require, 8),
                (Demand::MinimumScore, 500),
            ]);
            Rule {
                demand,
                actions: random.pick(&[
                    ActionKind::Issue.bit(),
                    ActionKind::Renew.bit(),
                    ActionKind::Transfer.bit(),
                    Rule::RULED,
                ]),
                license_type: random.below(6),
                value,
            }
        })
        .collect()
}
