//! Which ruling comes next.

use alloy_primitives::Address;
use lex_model::{ActionKind, Demand, Gates, Group, LicenseType, MAX_RULES, Rule};

use super::{Rulebook, Ruling, Type};
use crate::{
    Random,
    choose::{NOWHERE, mostly, rarely, some_place, some_type},
    people,
};

impl Ruling {
    /// A ruling that has a good chance to be allowed; none when something rare was drawn and is not to
    /// be this time.
    pub(crate) fn random(random: &mut Random, rules: &Rulebook) -> Option<Self> {
        let admin = |random: &mut Random| mostly(random, people::ADMIN);
        Some(match random.below(22) {
            0..3 => Self::FreezeHolder(
                mostly(random, people::REGULATOR),
                random.pick(&people::HOLDERS),
                random.chance(1, 6),
            ),
            3 => {
                let everyone = people::all();
                rarely(random, 5)?;
                Self::RecoverKey(
                    mostly(random, people::REGULATOR),
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
                Self::LiftPause(mostly(random, people::REGULATOR), groups)
            }
            9..12 => Self::SetTypeOpen(
                admin(random),
                some_type(random, rules),
                random.chance(9, 10),
            ),
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
            20 => {
                let id = some_type(random, rules);
                Self::SetTypeRules(admin(random), id, some_type_rules(random, rules, id))
            }
            _ => {
                rarely(random, 10)?;
                Self::RemoveBundle(admin(random), some_place(random))
            }
        })
    }
}

/// Other gates for a type, mostly none or its committee's.
fn some_type_rules(random: &mut Random, rules: &Rulebook, id: u64) -> Type {
    let present = rules.license_type(id).unwrap_or(&rules.types[0]);
    let (none, committee, clearance) = (0, Gates::COMMITTEE, Gates::CLEARANCE);
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
        // Protecting the public never waits for a clearance.
        [none, none, none, clearance],
        [none, none, none, Gates::PROOF],
    ]);
    let gates = Gates {
        issue,
        renew,
        transfer,
        enforce,
    };
    Type {
        rules: LicenseType {
            gates,
            ..present.rules
        },
        committee: if random.chance(1, 20) {
            Address::ZERO
        } else {
            people::COMMITTEE
        },
    }
}

fn some_group(random: &mut Random) -> u8 {
    random
        .pick(&[Group::Issue, Group::Renew, Group::Transfer, Group::Use])
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
                license_type: random.below(4),
                value,
            }
        })
        .collect()
}
