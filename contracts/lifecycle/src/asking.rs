//! The questions to policy. They go out as plain bytes, so that unit tests can stand in for it.

use ink::{
    Address,
    prelude::vec::Vec,
    sol::{SolErrorDecode, SolParamsDecode, SolParamsEncode},
    storage::{Lazy, traits::ManualKey},
};
use lex_contract_host::{CallFailure, query, request};
use lex_model::{Account, Reason};
use lex_policy_interface::{Action, Evidence, FROZEN, LOST, Refusal, Refused, Rules, TypeRules};

use crate::require_idle;

type OneAction = (Action,);
type ActionAndEvidence = (Action, Evidence);
type OneAddress = (Address,);
type OneType = (u64,);

// `sol_error_selector!` computes the selector of any Solidity signature.
pub(crate) const CHECK: [u8; 4] = ink::sol_error_selector!("check", OneAction);
pub(crate) const CLEAR: [u8; 4] = ink::sol_error_selector!("clear", ActionAndEvidence);
pub(crate) const EXPLAIN: [u8; 4] = ink::sol_error_selector!("explain", OneAction);
pub(crate) const EXPLAIN_WITH: [u8; 4] = ink::sol_error_selector!("explainWith", ActionAndEvidence);
pub(crate) const SUCCESSOR: [u8; 4] = ink::sol_error_selector!("successorOf", OneAddress);
pub(crate) const RESTRICTIONS: [u8; 4] = ink::sol_error_selector!("restrictionsOf", OneAddress);
pub(crate) const IN_CHARGE: [u8; 4] = ink::sol_error_selector!("issuerInCharge", OneAddress);
pub(crate) const TYPE_RULES: [u8; 4] = ink::sol_error_selector!("typeRules", OneType);

/// The contract that is asked before every change.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Policy {
    address: Lazy<Address, ManualKey<0x4c4c_0001>>,
}

impl Policy {
    /// Says which contract is asked.
    pub fn set(&mut self, policy: Address) {
        self.address.set(&policy);
    }

    /// Which contract is asked; zero before that is said.
    pub fn address(&self) -> Address {
        self.address.get().unwrap_or_default()
    }

    /// Which contract is asked.
    ///
    /// # Errors
    /// [`Reason::NotInitialized`].
    pub fn require(&self) -> Result<Address, Reason> {
        self.address.get().ok_or(Reason::NotInitialized)
    }

    /// Asks whether the action may happen, and has policy write down what follows. Evidence that comes
    /// with it is used up.
    ///
    /// # Errors
    /// Policy's refusal in its own words, or [`Reason::PolicyUnreachable`]; [`Reason::UnsafeReceiver`] while
    /// a receiver is asked.
    pub fn allow(&self, action: Action, evidence: Option<Evidence>) -> Result<Rules, Refused> {
        require_idle()?;
        let question = question(action, evidence, CHECK, CLEAR);
        answered(request(&self.require()?.0, &question))
    }

    /// Asks for every reason to refuse the action.
    ///
    /// # Errors
    /// [`Reason::PolicyUnreachable`] or [`Reason::NotInitialized`].
    pub fn reasons(
        &self,
        action: Action,
        evidence: Option<Evidence>,
    ) -> Result<Vec<Refusal>, Refused> {
        self.ask(&question(action, evidence, EXPLAIN, EXPLAIN_WITH))
    }

    /// What stands against an account.
    ///
    /// # Errors
    /// [`Reason::PolicyUnreachable`] or [`Reason::NotInitialized`].
    pub fn account(&self, account: Address) -> Result<Account, Refused> {
        let restrictions: u8 = self.ask(&encoded(RESTRICTIONS, &(account,)))?;
        Ok(Account {
            frozen: restrictions & FROZEN != 0,
            lost: restrictions & LOST != 0,
        })
    }

    /// Who decides now about what an account issued.
    ///
    /// # Errors
    /// [`Reason::PolicyUnreachable`] or [`Reason::NotInitialized`].
    pub fn issuer_in_charge(&self, issuer: Address) -> Result<Address, Refused> {
        self.ask(&encoded(IN_CHARGE, &(issuer,)))
    }

    /// The key that takes over what a lost key holds; zero when none does yet.
    ///
    /// # Errors
    /// [`Reason::PolicyUnreachable`] or [`Reason::NotInitialized`].
    pub fn successor(&self, lost: Address) -> Result<Address, Refused> {
        self.ask(&encoded(SUCCESSOR, &(lost,)))
    }

    /// The rules of a type beyond its terms.
    ///
    /// # Errors
    /// [`Reason::PolicyUnreachable`] or [`Reason::NotInitialized`].
    pub fn type_rules(&self, license_type: u64) -> Result<TypeRules, Refused> {
        self.ask(&encoded(TYPE_RULES, &(license_type,)))
    }

    fn ask<T>(&self, question: &[u8]) -> Result<T, Refused>
    where
        (T,): SolParamsDecode,
    {
        answered(query(&self.require()?.0, question))
    }
}

fn question(
    action: Action,
    evidence: Option<Evidence>,
    alone: [u8; 4],
    with_evidence: [u8; 4],
) -> Vec<u8> {
    match evidence {
        None => encoded(alone, &(action,)),
        Some(evidence) => encoded(with_evidence, &(action, evidence)),
    }
}

fn encoded<'a, T: SolParamsEncode<'a>>(selector: [u8; 4], arguments: &'a T) -> Vec<u8> {
    let mut data = Vec::from(selector);
    data.extend(SolParamsEncode::encode(arguments));
    data
}

/// What policy answered. Nothing, or what is no answer, comes from an address without policy.
fn answered<T>(answer: Result<Vec<u8>, CallFailure>) -> Result<T, Refused>
where
    (T,): SolParamsDecode,
{
    let decoded = match answer {
        Ok(data) => SolParamsDecode::decode(&data).map(|(value,)| Ok(value)),
        Err(CallFailure::Reverted(data)) => Refused::decode(&data).map(Err),
        Err(CallFailure::NoAnswer) => return Err(Reason::PolicyUnreachable.into()),
    };
    decoded.unwrap_or_else(|_| Err(Reason::PolicyUnreachable.into()))
}
