//! What policy should hold, in plain maps, without its storage and calls. Which rules refuse an action
//! is `lex_model`'s; what they are asked about is kept here.

mod apply;
mod choose;
mod gates;
mod ruling;

use std::collections::{BTreeMap, BTreeSet};

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;
use lex_model::{Bundle, Durations, Gates, Hash, Jurisdiction, LicenseType, Rule, Scope};

pub(crate) use apply::set;
pub use ruling::Ruling;

use crate::{
    Deployed, people,
    values::{address, number},
};

/// What policy should hold, and the verifier that it asks.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// The contracts that rules name.
    pub deployed: Deployed,
    /// Counts the changes of rules.
    pub version: u32,
    /// Which accounts have which roles.
    pub roles: BTreeSet<(Address, Role)>,
    /// What the license contract was told.
    pub told: Told,
    /// How many restrictions and ends of restrictions there were.
    pub restrictions: u64,
    /// How many there were when the license contract was unbound; none while it is bound.
    pub left_at: Option<u64>,
    /// The rule modules with their kinds, in order.
    pub modules: Vec<(Address, u8)>,
    /// Whether policy asks the verifier.
    pub verifies: bool,
    /// The verifier's keys by circuit and version, and whether they are still valid.
    pub keys: BTreeMap<(u64, u32), bool>,
    /// Until when roots count, by circuit and slot.
    pub roots: BTreeMap<(u64, u8, Hash), u64>,
    /// Digests of clearances that were used.
    pub clearances: BTreeSet<Hash>,
    /// Nullifiers that were used, and until when they count as used.
    pub nullifiers: BTreeMap<Hash, u64>,
    /// The nullifiers with which licenses were brought into force.
    pub entered: BTreeMap<u64, Hash>,
    /// How many licenses or seats of a type an account issued that it did not end one by one.
    pub issued: BTreeMap<(u64, Address), u64>,
    /// The most that an account may have issued of a type.
    pub shares: BTreeMap<(u64, Address), u64>,
    /// Types by their ids, from 1.
    pub types: Vec<Type>,
    /// The rules of jurisdictions.
    pub bundles: BTreeMap<&'static str, Rules>,
    /// Counts the changes of modules and verifier.
    pub common: u32,
    /// Who is an issuer.
    pub issuers: BTreeSet<Address>,
    /// Who took over from an issuer.
    pub heirs: BTreeMap<Address, Address>,
    /// Who may act for which type where.
    pub grants: BTreeSet<(Address, u64, &'static str)>,
    /// Which holders are frozen, and by whom: by one at least.
    pub frozen: BTreeMap<Address, BTreeSet<Address>>,
    /// Which keys were declared lost, with their successors, and when these take over.
    pub recoveries: BTreeMap<Address, (Address, u64)>,
    /// The paused groups, as bits.
    pub paused: u8,
}

/// The restrictions that a license contract knows of.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Frozen holders.
    pub frozen: BTreeSet<Address>,
    /// Closed types.
    pub closed: BTreeSet<u64>,
    /// Whether the use of all licenses is paused.
    pub paused: bool,
}

/// What an account may do beyond what everyone may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Pauses.
    Guardian = 1,
    /// Signs clearances.
    Signer = 2,
    /// Freezes, recovers, lifts pauses.
    Regulator = 4,
    /// Publishes roots.
    Publisher = 8,
}

impl Role {
    /// The role of a code.
    pub fn from_code(code: u8) -> Option<Self> {
        [
            Self::Guardian,
            Self::Signer,
            Self::Regulator,
            Self::Publisher,
        ]
        .into_iter()
        .find(|role| *role as u8 == code)
    }
}

/// A license type.
#[derive(Debug, Clone, Copy)]
pub struct Type {
    /// Its rules.
    pub rules: LicenseType,
    /// Its committee; zero for none.
    pub committee: Address,
    /// What proofs are about.
    pub proven: Proven,
}

/// A circuit and what it states, as a type names them; all zero for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Proven {
    /// The circuit.
    pub circuit: u64,
    /// Its version.
    pub version: u32,
    /// Code of the statement.
    pub statement: u8,
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
    pub fn further(&self) -> DynSolValue {
        let Gates {
            issue,
            renew,
            transfer,
            lend,
            enforce,
        } = self.rules.gates;
        let gates = [issue, renew, transfer, lend, enforce];
        let gates = gates.map(|gate| number(u64::from(gate)));
        DynSolValue::Tuple(vec![
            DynSolValue::Tuple(gates.into()),
            address(self.committee),
            number(u64::from(self.rules.minimum_score)),
            number(self.proven.circuit),
            number(self.proven.version.into()),
            number(self.proven.statement.into()),
            number(0),
            address(Address::ZERO),
            number(self.rules.parent_type),
        ])
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

    /// Who takes over at this time what a lost key holds: its successor or, if that was lost too, the
    /// successor's; zero when no recovery is in force.
    pub fn successor(&self, lost: Address, now: u64) -> Address {
        let in_force = |key| {
            let (successor, from) = self.recoveries.get(&key)?;
            (*from <= now).then_some(*successor)
        };
        let mut last = Address::ZERO;
        let mut next = in_force(lost);
        while let Some(successor) = next {
            last = successor;
            next = in_force(successor);
        }
        last
    }

    /// The keys that were declared lost and whose holders may still object.
    pub(crate) fn announced(&self, now: u64) -> impl Iterator<Item = Address> {
        let waits =
            move |(lost, (_, from)): (&Address, &(Address, u64))| (*from > now).then_some(*lost);
        self.recoveries.iter().filter_map(waits)
    }

    /// Who decides about what an account issued: itself, or whoever took over from it.
    pub fn in_charge(&self, issuer: Address) -> Address {
        let mut last = issuer;
        while let Some(heir) = self.heirs.get(&last) {
            last = *heir;
        }
        last
    }

    /// Whether an account decides about licenses of a type as its committee, or as a regulator where it
    /// has none.
    pub fn is_decided_by(&self, account: Address, license_type: u64) -> bool {
        let known = self.license_type(license_type);
        known.is_some_and(|known| match known.committee.is_zero() {
            true => self.has_role(account, Role::Regulator),
            false => known.committee == account,
        })
    }

    /// How many licenses or seats of a type there are.
    pub fn supply(&self, license_type: u64) -> u64 {
        let of_type = |((of, _), count): (&(u64, Address), &u64)| match *of == license_type {
            true => *count,
            false => 0,
        };
        self.issued.iter().map(of_type).sum()
    }

    /// Counts the changes of the rules by which actions on licenses of a type in a place are judged.
    pub fn rules_version(&self, license_type: u64, place: Jurisdiction) -> u32 {
        let of_type = self.license_type(license_type);
        let of_place = |place: Jurisdiction| {
            let rules = self.bundles.get(place.as_str());
            rules.map_or(0, |rules| rules.version)
        };
        let country = place.country();
        let own = if country == place { 0 } else { of_place(place) };
        self.common + of_type.map_or(0, |known| known.rules.version) + own + of_place(country)
    }

    /// Whether a holder may use licenses of this type that are in force, as the license contract was
    /// told.
    pub fn allows_use(&self, holder: Address, license_type: u64) -> bool {
        let Told {
            frozen,
            closed,
            paused,
        } = &self.told;
        !paused && !closed.contains(&license_type) && !frozen.contains(&holder)
    }

    /// Whether the license contract may ask policy.
    pub fn is_bound(&self) -> bool {
        self.left_at.is_none()
    }

    /// The committee of a type, or the committee of one where it has none.
    pub(crate) fn committee(&self, license_type: u64) -> Address {
        self.license_type(license_type)
            .map(|known| known.committee)
            .filter(|committee| !committee.is_zero())
            .unwrap_or(people::COMMITTEE)
    }

    /// What proofs for licenses of a type are about; nothing when there is no such type.
    pub fn proven(&self, license_type: u64) -> Proven {
        self.license_type(license_type)
            .map_or_else(Proven::default, |known| known.proven)
    }

    /// A root of a circuit's set that counts now, if there is one.
    pub fn living_root(&self, circuit: u64, slot: u8, now: u64) -> Option<Hash> {
        self.roots
            .iter()
            .filter(|((of, set, _), _)| (*of, *set) == (circuit, slot))
            .find(|(_, until)| **until > now)
            .map(|((_, _, root), _)| *root)
    }

    /// Whether an account has a role.
    pub fn has_role(&self, account: Address, role: Role) -> bool {
        self.roles.contains(&(account, role))
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
