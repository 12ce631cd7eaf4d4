//! The rules, issuers and types that a walk begins with.

use std::collections::{BTreeMap, BTreeSet};

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;
use lex_model::{Durations, Gates, LicenseType, Statement, TypeKind};

use crate::{
    Chain, Deployed, Failure, Rulebook, Ruling, World,
    evidence::numbered,
    message::CONTENT,
    people,
    rules::{Proven, Role, Rules, Told, Type},
    trapdoor::CIRCUITS,
    values::{address, flag, hash, number, text},
};

/// How long the first roots count, in seconds.
const FIRST_ROOTS: u64 = 5_000;

/// Short, so that a walk of minutes sees every license through its life.
const DURATIONS: Durations = Durations {
    term: 2_000,
    renewal_window: 800,
    grace: 400,
};

/// The types of a walk over one kind: an open one, one that its committee rules, one whose licenses
/// stand under those of the first, one behind every gate, and one of the other kind, which the license
/// contract refuses.
fn types(kind: TypeKind, committee: Address) -> Vec<Type> {
    let open = Type {
        rules: LicenseType {
            kind,
            durations: DURATIONS,
            supply_cap: 0,
            transferable: true,
            open: true,
            gates: Gates::default(),
            minimum_score: 0,
            parent_type: 0,
            version: 2,
        },
        committee: people::COMMITTEE,
        proven: Proven::default(),
    };
    let ruled = Type {
        rules: LicenseType {
            gates: Gates {
                issue: Gates::COMMITTEE,
                renew: Gates::COMMITTEE,
                transfer: 0,
                lend: 0,
                enforce: Gates::COMMITTEE,
            },
            transferable: false,
            supply_cap: match kind {
                TypeKind::Nft => 150,
                TypeKind::Sft => 3_000,
            },
            ..open.rules
        },
        committee,
        ..open
    };
    let under = Type {
        rules: LicenseType {
            parent_type: 1,
            durations: Durations {
                term: 1_200,
                ..DURATIONS
            },
            ..open.rules
        },
        ..open
    };
    let guarded = Type {
        rules: LicenseType {
            gates: Gates {
                issue: Gates::ALL_BITS,
                renew: Gates::CLEARANCE,
                transfer: Gates::CLEARANCE | Gates::PROOF,
                lend: Gates::CLEARANCE,
                enforce: 0,
            },
            minimum_score: 600,
            ..open.rules
        },
        committee,
        proven: Proven {
            circuit: 2,
            version: 1,
            statement: Statement::Eligibility as u8,
        },
    };
    let other_kind = match kind {
        TypeKind::Nft => TypeKind::Sft,
        TypeKind::Sft => TypeKind::Nft,
    };
    let other = Type {
        rules: LicenseType {
            kind: other_kind,
            ..open.rules
        },
        ..open
    };
    vec![open, ruled, under, guarded, other]
}

/// Where there are rules at first: in countries, without demands.
const COUNTRIES: [&str; 3] = ["US", "DE", "FR"];

impl Rulebook {
    /// The rules of a walk's beginning over licenses of a kind, without roles, keys and roots.
    fn of_kind(kind: TypeKind, deployed: Deployed) -> Self {
        let types = types(kind, deployed.committee);
        let granted = |id: u64| people::ISSUERS.map(|issuer| (issuer, id, ""));
        let rules = Rules {
            version: 1,
            rules: Some(Vec::new()),
        };
        Self {
            issuers: people::ISSUERS.into(),
            grants: (1..=types.len() as u64).flat_map(granted).collect(),
            bundles: COUNTRIES.map(|place| (place, rules.clone())).into(),
            types,
            deployed,
            version: 0,
            roles: BTreeSet::new(),
            told: Told::default(),
            restrictions: 0,
            left_at: None,
            modules: Vec::new(),
            verifies: false,
            keys: BTreeMap::new(),
            roots: BTreeMap::new(),
            clearances: BTreeSet::new(),
            nullifiers: BTreeMap::new(),
            entered: BTreeMap::new(),
            issued: BTreeMap::new(),
            shares: BTreeMap::new(),
            common: 0,
            heirs: BTreeMap::new(),
            frozen: BTreeMap::new(),
            recoveries: BTreeMap::new(),
            paused: 0,
        }
    }

    /// What is ruled on top of that before a walk begins.
    fn first_rulings(&self, now: u64) -> Vec<Ruling> {
        let admin = people::ADMIN;
        let roles = [
            (people::GUARDIAN, Role::Guardian),
            (people::SIGNER, Role::Signer),
            (people::REGULATOR, Role::Regulator),
            (self.deployed.committee, Role::Regulator),
            (people::PUBLISHER, Role::Publisher),
        ];
        let role = |(account, role)| Ruling::SetRole(admin, account, role as u8, true);
        let mut rulings: Vec<Ruling> = roles.map(role).into();
        rulings.push(Ruling::SetVerifier(admin, true));
        for (circuit, statement) in CIRCUITS {
            rulings.push(Ruling::RegisterKey(admin, circuit, 1));
            rulings.extend((0..statement.roots() as u8).map(|slot| {
                let until = now + FIRST_ROOTS;
                Ruling::SetRoot(people::PUBLISHER, circuit, slot, numbered(1), until)
            }));
        }
        rulings
    }

    /// The rules of a walk's beginning over licenses of a kind.
    #[cfg(test)]
    pub(crate) fn of_walk(kind: TypeKind, now: u64) -> Self {
        let at = Address::repeat_byte;
        let mut rules = Self::of_kind(
            kind,
            Deployed {
                policy: at(0xa0),
                license: at(0xa6),
                committee: at(0xa1),
                verifier: at(0xa2),
                modules: [at(0xa3), at(0xa4), at(0xa5)],
                trapdoor: crate::Trapdoor::default(),
            },
        );
        for ruling in rules.first_rulings(now) {
            rules
                .apply(&ruling, now)
                .expect("first rulings are allowed");
        }
        rules
    }
}

/// Writes the rules of a walk's beginning into policy, and answers them.
///
/// # Errors
/// When policy refuses.
pub fn prepare<C: Chain>(world: &mut World<C>) -> Result<Rulebook, Failure> {
    let mut rulebook = Rulebook::of_kind(world.kind, world.deployed.clone());
    for (name, arguments) in beginnings(&rulebook) {
        world.send_policy(people::ADMIN, name, &arguments)?;
        rulebook.version += 1;
    }
    let now = world.chain.now();
    for ruling in rulebook.first_rulings(now) {
        world.send(&ruling.message(&world.deployed))?;
        rulebook.apply(&ruling, now).map_err(Failure::Refused)?;
    }
    Ok(rulebook)
}

/// The admin's messages that make types, issuers, grants and places, each a change of rules.
fn beginnings(rulebook: &Rulebook) -> Vec<(&'static str, Vec<DynSolValue>)> {
    let mut messages = Vec::new();
    for (id, license_type) in (1..).zip(&rulebook.types) {
        let rules = license_type.rules;
        let arguments = vec![
            text("a type"),
            number(rules.kind as u64),
            number(rules.durations.term),
            number(rules.durations.renewal_window),
            number(rules.durations.grace),
            number(rules.supply_cap),
            flag(rules.transferable),
            hash(CONTENT),
            number(1),
        ];
        messages.push(("createType", arguments));
        let arguments = vec![number(id), license_type.further()];
        messages.push(("setTypeRules", arguments));
    }
    for issuer in &rulebook.issuers {
        let arguments = vec![address(*issuer), text("an issuer")];
        messages.push(("registerIssuer", arguments));
    }
    for (issuer, id, place) in &rulebook.grants {
        let arguments = vec![address(*issuer), number(*id), text(place)];
        messages.push(("grantIssuer", arguments));
    }
    for place in COUNTRIES {
        let nothing = DynSolValue::Array(Vec::new());
        messages.push(("setBundle", vec![text(place), hash(CONTENT), nothing]));
    }
    messages
}
