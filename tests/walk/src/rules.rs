//! What policy should hold, in plain maps, without its storage and calls. Which rules refuse an action
//! is `lex_model`'s; what they are asked about is kept here.

mod choose;
mod ruling;

use std::collections::{BTreeMap, BTreeSet};

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;
use lex_model::{
    Action, Bundle, Durations, Facts, Gates, Group, Jurisdiction, LicenseType, Presented, Rule,
    Scope, required_gates,
};

pub use ruling::Ruling;
pub(crate) use ruling::set;

use crate::{
    Refused,
    values::{address, number},
};

/// What policy should hold.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    /// Types by their ids, from 1.
    pub types: Vec<Type>,
    /// The rules of jurisdictions.
    pub bundles: BTreeMap<&'static str, Rules>,
    /// Who is an issuer.
    pub issuers: BTreeSet<Address>,
    /// Who may act for which type where.
    pub grants: BTreeSet<(Address, u64, &'static str)>,
    /// Which holders are frozen.
    pub frozen: BTreeSet<Address>,
    /// Which lost keys have which successors.
    pub successors: BTreeMap<Address, Address>,
    /// The paused groups, as bits.
    pub paused: u8,
}

/// A license type.
#[derive(Debug, Clone, Copy)]
pub struct Type {
    /// Its rules.
    pub rules: LicenseType,
    /// Its committee; zero for none.
    pub committee: Address,
}

/// The rules of a jurisdiction, with the version that counts on after they are removed.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Counts changes.
    pub version: u32,
    /// The rules, if there are any.
    pub rules: Option<Vec<Rule>>,
}

impl Type {
    /// The rules that go beyond the type's terms, as policy takes them.
    pub(crate) fn further(&self) -> DynSolValue {
        let Gates {
            issue,
            renew,
            transfer,
            enforce,
        } = self.rules.gates;
        let gates = [issue, renew, transfer, enforce];
        let mut values: Vec<DynSolValue> = gates.map(|gate| number(u64::from(gate))).into();
        values.extend([
            address(self.committee),
            number(u64::from(self.rules.minimum_score)),
            number(0),
            number(0),
            number(0),
            number(0),
            address(Address::ZERO),
            number(self.rules.parent_type),
        ]);
        DynSolValue::Tuple(values)
    }
}

impl Rulebook {
    /// The type with this id.
    pub fn license_type(&self, id: u64) -> Option<&Type> {
        let place = usize::try_from(id.checked_sub(1)?).ok()?;
        self.types.get(place)
    }

    /// How long licenses of a type last.
    ///
    /// # Panics
    /// When there is no such type.
    pub fn durations(&self, license_type: u64) -> Durations {
        let known = self.license_type(license_type);
        known.expect("a license has a type").rules.durations
    }

    /// The rules of a jurisdiction or, if it has none, of its country.
    pub fn bundle(&self, place: Jurisdiction) -> Option<Bundle<'_>> {
        [place, place.country()].iter().find_map(|place| {
            let Rules { version, rules } = self.bundles.get(place.as_str())?;
            Some(Bundle {
                version: *version,
                rules: rules.as_deref()?,
            })
        })
    }

    /// Who takes over what a lost key holds: its successor or, if that was lost too, the successor's;
    /// zero when the key is not lost.
    pub fn successor(&self, lost: Address) -> Address {
        let mut last = Address::ZERO;
        let mut next = self.successors.get(&lost);
        while let Some(successor) = next {
            last = *successor;
            next = self.successors.get(successor);
        }
        last
    }

    /// The gates that an action must pass, as bits.
    pub fn gates(&self, action: &Action) -> u8 {
        let known = self.license_type(action.license_type);
        let bundle = self.bundle(action.jurisdiction);
        known.map_or(0, |known| {
            required_gates(action.kind, &known.rules, action.license_type, bundle)
        })
    }

    /// Whether a holder may use licenses of this type that are in force.
    pub fn allows_use(&self, holder: Address, license_type: u64) -> bool {
        let open = self
            .license_type(license_type)
            .is_some_and(|license_type| license_type.rules.open);
        open && self.paused & Group::Use.bit() == 0 && !self.frozen.contains(&holder)
    }

    /// Every reason of policy to refuse an action without evidence, in order; `supply` is how many
    /// licenses of its type there are.
    pub fn refusals(&self, action: &Action, supply: u64) -> Vec<Refused> {
        let license_type = self.license_type(action.license_type);
        let facts = Facts {
            license_type: license_type.map(|license_type| &license_type.rules),
            bundle: self.bundle(action.jurisdiction),
            issuer_registered: self.issuers.contains(&Address::from(action.issuer)),
            issuer_granted: self.is_granted(
                Address::from(action.issuer),
                action.license_type,
                action.jurisdiction,
            ),
            by_committee: license_type.is_some_and(|license_type| {
                !license_type.committee.is_zero() && license_type.committee == action.caller
            }),
            supply,
            paused: self.paused,
            holder_frozen: self.frozen.contains(&Address::from(action.holder)),
            parent_holder_frozen: action
                .parent
                .is_some_and(|parent| self.frozen.contains(&Address::from(parent.holder))),
            to_frozen: self.frozen.contains(&Address::from(action.to)),
            clearance: Presented::Missing,
            proof: Presented::Missing,
            module: None,
        };
        let gate = lex_model::refusals(action, &facts);
        gate.iter().map(Refused::from).collect()
    }

    fn is_granted(&self, issuer: Address, license_type: u64, place: Jurisdiction) -> bool {
        Scope::covering(place).into_iter().any(|scope| {
            self.grants.iter().any(|(granted, of_type, in_place)| {
                *granted == issuer
                    && *of_type == license_type
                    && Scope::parse(in_place) == Ok(scope)
            })
        })
    }
}
