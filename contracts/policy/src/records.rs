//! What policy stores of types and jurisdictions: entries of at most 416 bytes.

use ink::{
    Address,
    prelude::{string::String, vec::Vec},
    sol::FixedBytes,
};
use lex_model::{Bundle, Demand, Gates, Hash, MAX_RULES, Reason, Rule, Statement};
use lex_policy_interface::{
    self as interface, TypeGates, TypeRules, solidity_struct, stored_in_one_piece,
};

/// The longest name of a type or an issuer, in bytes.
pub const MAX_NAME: usize = 64;

/// A royalty of 100 %, in basis points.
const MAX_ROYALTY: u16 = 10_000;

/// A license type: the rules that the model knows, who decides, what must be proven, and what people
/// and programs read about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct TypeRecord {
    /// The rules.
    pub rules: lex_model::LicenseType,
    /// The committee that decides about its licenses; zero for none.
    pub committee: Address,
    /// What proofs are about; without it no proof holds.
    pub proven: Option<ProvenBy>,
    /// Royalty in basis points.
    pub royalty: u16,
    /// Who is paid royalties; zero for a license's issuer.
    pub royalty_receiver: Address,
    /// Name for people, at most [`MAX_NAME`] bytes.
    pub name: String,
    /// Hash of the terms that people agree to.
    pub terms_hash: Hash,
    /// Version of the metadata schema.
    pub schema_version: u32,
}

/// A statement and the circuit that proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct ProvenBy {
    /// What is stated.
    pub statement: Statement,
    /// The circuit.
    pub circuit: u64,
    /// Its version, pinned.
    pub version: u32,
}

impl TypeRecord {
    /// The type under other rules, in its next version.
    ///
    /// # Errors
    /// [`Reason::InvalidTypeTerms`] when the rules make no sense: a gate that nothing can open, half a
    /// statement, a royalty above 100 %; [`Reason::LimitReached`] after 2^32 - 1 versions.
    pub fn with_rules(self, rules: &TypeRules) -> Result<Self, Reason> {
        let TypeRules {
            gates,
            committee,
            minimum_score,
            circuit,
            circuit_version,
            statement,
            royalty,
            royalty_receiver,
            parent_type,
        } = *rules;
        let proven = match (circuit, circuit_version, statement) {
            (0, 0, 0) => None,
            (1.., 1.., code) => Some(ProvenBy {
                statement: Statement::from_code(code).ok_or(Reason::InvalidTypeTerms)?,
                circuit,
                version: circuit_version,
            }),
            _ => return Err(Reason::InvalidTypeTerms),
        };
        let TypeGates {
            issue,
            renew,
            transfer,
            lend,
            enforce,
        } = gates;
        let any = issue | renew | transfer | lend | enforce;
        let nobody_approves = any & Gates::COMMITTEE != 0 && committee.is_zero();
        let nothing_proves = any & Gates::PROOF != 0 && proven.is_none();
        if nobody_approves || nothing_proves || royalty > MAX_ROYALTY {
            return Err(Reason::InvalidTypeTerms);
        }
        let mut changed = Self {
            committee,
            proven,
            royalty,
            royalty_receiver,
            ..self
        };
        changed.rules.gates = Gates {
            issue,
            renew,
            transfer,
            lend,
            enforce,
        };
        changed.rules.minimum_score = minimum_score;
        changed.rules.parent_type = parent_type;
        changed.rules.validate()?;
        changed.next_version()
    }

    /// The type opened or closed, in its next version.
    ///
    /// # Errors
    /// [`Reason::AlreadySo`]; [`Reason::LimitReached`] after 2^32 - 1 versions.
    pub fn with_open(mut self, open: bool) -> Result<Self, Reason> {
        if self.rules.open == open {
            return Err(Reason::AlreadySo);
        }
        self.rules.open = open;
        self.next_version()
    }

    fn next_version(mut self) -> Result<Self, Reason> {
        let version = self.rules.version.checked_add(1);
        self.rules.version = version.ok_or(Reason::LimitReached)?;
        Ok(self)
    }

    /// The type's terms as Solidity sees them.
    pub fn into_interface(self) -> interface::LicenseType {
        let Self {
            rules,
            name,
            terms_hash,
            schema_version,
            ..
        } = self;
        interface::LicenseType {
            kind: rules.kind as u8,
            name,
            term: rules.durations.term,
            renewal_window: rules.durations.renewal_window,
            grace: rules.durations.grace,
            supply_cap: rules.supply_cap,
            transferable: rules.transferable,
            terms_hash: FixedBytes(terms_hash),
            schema_version,
            open: rules.open,
            version: rules.version,
        }
    }

    /// The rest of the type's rules as Solidity sees them.
    pub fn type_rules(&self) -> TypeRules {
        let (circuit, circuit_version, statement) = self.proven.map_or((0, 0, 0), |proven| {
            (proven.circuit, proven.version, proven.statement as u8)
        });
        let Gates {
            issue,
            renew,
            transfer,
            lend,
            enforce,
        } = self.rules.gates;
        TypeRules {
            gates: TypeGates {
                issue,
                renew,
                transfer,
                lend,
                enforce,
            },
            committee: self.committee,
            minimum_score: self.rules.minimum_score,
            circuit,
            circuit_version,
            statement,
            royalty: self.royalty,
            royalty_receiver: self.royalty_receiver,
            parent_type: self.rules.parent_type,
        }
    }
}

stored_in_one_piece!(TypeRecord);

solidity_struct! {
    /// One rule of a jurisdiction.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct BundleRule {
        /// 1 forbids, 2 requires the gates in `value`, 3 requires a clearance with a score of at least
        /// `value`, 4 limits a term to `value` seconds.
        demand: u8 = "demand",
        /// The kinds of action that it is about, 2 to the power of each code: issue 2, renew 4,
        /// transfer 128, lend 65536.
        actions: u32 = "actions",
        /// The license type that it is about; 0 for all.
        license_type: u64 = "licenseType",
        /// A number that goes with the demand; 0 where it forbids.
        value: u64 = "value",
    }
}

solidity_struct! {
    /// The rules of a jurisdiction as they stand.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct BundleView {
        /// Names the legal source that the rules follow.
        bundle_id: FixedBytes<32> = "bundleId",
        /// Counts the jurisdiction's rule changes, from 1.
        version: u32 = "version",
        /// At most 16 rules.
        rules: Vec<BundleRule> = "rules",
    }
}

impl BundleRule {
    /// The rule as the gate reads it.
    ///
    /// # Errors
    /// [`Reason::InvalidTypeTerms`] when it makes no sense.
    pub fn to_model(self) -> Result<Rule, Reason> {
        let Self {
            demand,
            actions,
            license_type,
            value,
        } = self;
        let rule = Rule {
            demand: Demand::from_code(demand).ok_or(Reason::InvalidTypeTerms)?,
            actions,
            license_type,
            value,
        };
        rule.validate()?;
        Ok(rule)
    }
}

impl From<Rule> for BundleRule {
    fn from(rule: Rule) -> Self {
        Self {
            demand: rule.demand as u8,
            actions: rule.actions,
            license_type: rule.license_type,
            value: rule.value,
        }
    }
}

/// The rules of one jurisdiction, also after their removal: their version never repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct BundleRecord {
    /// Names the legal source.
    pub id: Hash,
    /// Counts the changes, from 1.
    pub version: u32,
    /// The rules; none when they were removed.
    pub rules: Option<Vec<Rule>>,
}

stored_in_one_piece!(BundleRecord);

/// Bytes of the largest record: its rules, 21 each, and the fields around them.
const LARGEST: usize = MAX_RULES * 21 + 38;
const _: () = assert!(LARGEST <= 416);

impl BundleRecord {
    /// The rules for the gate; nothing when they were removed.
    pub fn bundle(&self) -> Option<Bundle<'_>> {
        self.rules.as_deref().map(|rules| Bundle {
            version: self.version,
            rules,
        })
    }

    /// The rules as Solidity sees them; nothing when they were removed.
    pub fn into_view(self) -> Option<BundleView> {
        let Self { id, version, rules } = self;
        rules.map(|rules| BundleView {
            bundle_id: FixedBytes(id),
            version,
            rules: rules.into_iter().map(BundleRule::from).collect(),
        })
    }
}
