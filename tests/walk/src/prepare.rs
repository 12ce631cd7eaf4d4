//! The rules, issuers and types that a walk begins with.

use alloy_dyn_abi::DynSolValue;
use lex_model::{Durations, Gates, LicenseType, TypeKind};

use crate::{
    Chain, Failure, Rulebook, World,
    message::CONTENT,
    people,
    rules::{Rules, Type},
    values::{address, flag, hash, number, text},
};

/// Roles as policy knows them.
const GUARDIAN: u64 = 1;
const REGULATOR: u64 = 4;

/// Short, so that a walk of minutes sees every license through its life.
const DURATIONS: Durations = Durations {
    term: 2_000,
    renewal_window: 800,
    grace: 400,
};

/// The types of a walk over one kind: an open one, one that its committee rules, one whose licenses
/// stand under those of the first, and one of the other kind, which the license contract refuses.
fn types(kind: TypeKind) -> Vec<Type> {
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
    };
    let ruled = Type {
        rules: LicenseType {
            gates: Gates {
                issue: Gates::COMMITTEE,
                renew: Gates::COMMITTEE,
                transfer: 0,
                enforce: Gates::COMMITTEE,
            },
            transferable: false,
            supply_cap: 150,
            ..open.rules
        },
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
    vec![open, ruled, under, other]
}

/// Where there are rules at first: in countries, without demands.
const COUNTRIES: [&str; 3] = ["US", "DE", "FR"];

impl Rulebook {
    /// The rules of a walk's beginning over licenses of a kind.
    pub(crate) fn of_walk(kind: TypeKind) -> Self {
        let types = types(kind);
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
            ..Self::default()
        }
    }
}

/// Writes the rules of a walk's beginning into policy, and answers them.
///
/// # Errors
/// When policy refuses.
pub fn prepare<C: Chain>(world: &mut World<C>) -> Result<Rulebook, Failure> {
    let rulebook = Rulebook::of_walk(world.kind);
    let admin = people::ADMIN;
    for (account, role) in [(people::GUARDIAN, GUARDIAN), (people::REGULATOR, REGULATOR)] {
        let arguments = [address(account), number(role), flag(true)];
        world.send_policy(admin, "setRole", &arguments)?;
    }
    for (id, license_type) in (1..).zip(&rulebook.types) {
        let rules = license_type.rules;
        let arguments = [
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
        world.send_policy(admin, "createType", &arguments)?;
        world.send_policy(admin, "setTypeRules", &[number(id), license_type.further()])?;
    }
    for issuer in &rulebook.issuers {
        let arguments = [address(*issuer), text("an issuer")];
        world.send_policy(admin, "registerIssuer", &arguments)?;
    }
    for (issuer, id, place) in &rulebook.grants {
        let arguments = [address(*issuer), number(*id), text(place)];
        world.send_policy(admin, "grantIssuer", &arguments)?;
    }
    for place in COUNTRIES {
        let arguments = [text(place), hash(CONTENT), DynSolValue::Array(Vec::new())];
        world.send_policy(admin, "setBundle", &arguments)?;
    }
    Ok(rulebook)
}
