//! A stand-in for policy in unit tests of the contracts: the model's own gate over a few facts, behind
//! the same calls.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    rc::Rc,
};

use ink::{
    Address,
    prelude::vec::Vec,
    sol::{FixedBytes, SolErrorEncode, SolParamsDecode, SolParamsEncode},
};
use lex_contract_host::{CallFailure, stand_in};
use lex_model::{
    Account, Binding, Bundle, Durations, Facts, Gates, LicenseType, Presented, Reason, Refusals,
    TypeKind, refusals,
};
use lex_policy_interface::{
    Action, Clearance, Evidence, FROZEN, LOST, Refusal, Refused, Rules, TypeRules, require_account,
};

use crate::asking::{
    CHECK, CLEAR, EXPLAIN, EXPLAIN_WITH, IN_CHARGE, RESTRICTIONS, SUCCESSOR, TYPE_RULES,
};

/// What the stand-in knows. Everybody is a registered issuer with every grant.
#[derive(Debug, Default)]
pub struct Desk {
    /// The license types by id.
    pub types: HashMap<u64, LicenseType>,
    /// The committee of all types; zero for none.
    pub committee: Address,
    /// Frozen accounts.
    pub frozen: HashSet<Address>,
    /// Successors of lost keys.
    pub successors: HashMap<Address, Address>,
    /// Who took over from issuers.
    pub issuers: HashMap<Address, Address>,
    /// How many licenses of all types were allowed.
    pub supply: u64,
    /// Paused groups.
    pub paused: u8,
    /// Royalty of all types, in basis points.
    pub royalty: u16,
    /// Who is paid royalties.
    pub royalty_receiver: Address,
    /// What is found wrong with every clearance, if anything is.
    pub wrong_clearance: Option<Reason>,
    /// The actions that were allowed, oldest first.
    pub allowed: Vec<Action>,
}

/// A type of this kind with a term of 1000 seconds that is renewed in its last 100 and the 50 after.
pub fn plain_type(kind: TypeKind) -> LicenseType {
    LicenseType {
        kind,
        durations: Durations {
            term: 1_000,
            renewal_window: 100,
            grace: 50,
        },
        supply_cap: 0,
        transferable: true,
        open: true,
        gates: Gates::default(),
        minimum_score: 0,
        parent_type: 0,
        version: 1,
    }
}

/// Evidence with a clearance of this score, which the stand-in believes.
pub fn cleared(score: u16) -> Evidence {
    Evidence {
        clearance: Clearance {
            score,
            signature: ink::sol::DynBytes(vec![1; 65]),
            ..Clearance::default()
        },
        ..Evidence::default()
    }
}

impl Desk {
    /// Puts a desk at an address for the rest of the test's thread.
    pub fn install(self, address: Address) -> Rc<RefCell<Self>> {
        let desk = Rc::new(RefCell::new(self));
        let answering = Rc::clone(&desk);
        stand_in::install(address.0, move |input| {
            answering
                .borrow_mut()
                .answer(input)
                .map_err(|refused| CallFailure::Reverted(SolErrorEncode::encode(&refused)))
        });
        desk
    }

    fn answer(&mut self, input: &[u8]) -> Result<Vec<u8>, Refused> {
        let (selector, arguments) = input
            .split_first_chunk::<4>()
            .ok_or(Reason::UnknownAction)?;
        let one = || decoded::<(Action,)>(arguments).map(|(action,)| (action, Evidence::default()));
        let two = || decoded::<(Action, Evidence)>(arguments);
        match *selector {
            CHECK => self.allow(one()?),
            CLEAR => self.allow(two()?),
            EXPLAIN => self.explain(one()?),
            EXPLAIN_WITH => self.explain(two()?),
            SUCCESSOR => {
                let (lost,) = decoded::<(Address,)>(arguments)?;
                let successor = self.successors.get(&lost).copied().unwrap_or_default();
                Ok(SolParamsEncode::encode(&(successor,)))
            }
            RESTRICTIONS => {
                let (account,) = decoded::<(Address,)>(arguments)?;
                let Account { frozen, lost } = self.stands(account);
                let bits = u8::from(frozen) * FROZEN + u8::from(lost) * LOST;
                Ok(SolParamsEncode::encode(&(bits,)))
            }
            IN_CHARGE => {
                let (issuer,) = decoded::<(Address,)>(arguments)?;
                Ok(SolParamsEncode::encode(&(self.in_charge(issuer),)))
            }
            TYPE_RULES => Ok(SolParamsEncode::encode(&(TypeRules {
                royalty: self.royalty,
                royalty_receiver: self.royalty_receiver,
                committee: self.committee,
                ..TypeRules::default()
            },))),
            _ => Err(Reason::UnknownAction.into()),
        }
    }

    fn allow(&mut self, (action, evidence): (Action, Evidence)) -> Result<Vec<u8>, Refused> {
        if let Some(refusal) = self.refusals(&action, &evidence)?.first() {
            return Err(refusal.into());
        }
        let by_committee = self.is_committee(action.caller);
        if action.kind()?.creates() {
            self.supply = self.supply.saturating_add(action.amount);
        }
        self.allowed.push(action);
        let rules = self
            .types
            .get(&action.license_type)
            .ok_or(Reason::UnknownType)?;
        Ok(SolParamsEncode::encode(&(Rules {
            term: rules.durations.term,
            renewal_window: rules.durations.renewal_window,
            grace: rules.durations.grace,
            issue_gates: rules.gates.issue,
            renew_gates: rules.gates.renew,
            transferable: rules.transferable,
            schema_version: 3,
            by_committee,
        },)))
    }

    fn explain(&self, (action, evidence): (Action, Evidence)) -> Result<Vec<u8>, Refused> {
        let refusals: Vec<Refusal> = self
            .refusals(&action, &evidence)?
            .iter()
            .map(Refusal::from)
            .collect();
        Ok(SolParamsEncode::encode(&(refusals,)))
    }

    fn is_committee(&self, account: Address) -> bool {
        require_account(self.committee).is_ok() && account == self.committee
    }

    fn stands(&self, account: Address) -> Account {
        Account {
            frozen: self.frozen.contains(&account),
            lost: self.successors.contains_key(&account),
        }
    }

    fn in_charge(&self, issuer: Address) -> Address {
        self.issuers.get(&issuer).copied().unwrap_or(issuer)
    }

    fn refusals(&self, action: &Action, evidence: &Evidence) -> Result<Refusals, Refused> {
        let stands = |account| self.stands(account);
        let facts = Facts {
            binding: Binding::Bound,
            license_type: self.types.get(&action.license_type),
            bundle: Some(Bundle {
                version: 1,
                rules: &[],
            }),
            issuer: self.in_charge(action.issuer).0,
            issuer_registered: true,
            issuer_granted: true,
            by_committee: self.is_committee(action.caller),
            by_regulator: false,
            supply: self.supply,
            issuer_supply: 0,
            issuer_share: 0,
            paused: self.paused,
            caller: stands(action.caller),
            holder: stands(action.from),
            parent_holder: stands(action.parent.holder),
            parent_open: self
                .types
                .get(&action.parent.license_type)
                .is_none_or(|above| above.open),
            to: stands(action.to),
            clearance: match (evidence.clearance.signature.0.len(), self.wrong_clearance) {
                (0, None) => Presented::Missing,
                (_, None) => Presented::Valid(evidence.clearance.score),
                (_, Some(reason)) => Presented::Invalid(reason, 0),
            },
            proof: match evidence.proof.points.iter().all(ink::U256::is_zero) {
                true => Presented::Missing,
                false => Presented::Valid(()),
            },
            module: None,
        };
        Ok(refusals(&action.to_model()?, &facts))
    }
}

fn decoded<T: SolParamsDecode>(arguments: &[u8]) -> Result<T, Refused> {
    SolParamsDecode::decode(arguments).map_err(|_| Reason::UnknownAction.into())
}

/// 32 equal bytes.
pub const fn hash(byte: u8) -> FixedBytes<32> {
    FixedBytes([byte; 32])
}
