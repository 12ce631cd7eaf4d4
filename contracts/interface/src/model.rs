//! Between Solidity's types and the model's.

use ink::{Address, U256};
use lex_model::{Reason, Status, Term, TypeKind};

use crate::{Action, LicenseType, Refusal, Refused, Validity};

impl From<Term> for Validity {
    fn from(term: Term) -> Self {
        let Term {
            valid_from,
            valid_until,
            grace_until,
        } = term;
        Self {
            valid_from,
            valid_until,
            grace_until,
        }
    }
}

impl From<Validity> for Term {
    fn from(validity: Validity) -> Self {
        let Validity {
            valid_from,
            valid_until,
            grace_until,
        } = validity;
        Self {
            valid_from,
            valid_until,
            grace_until,
        }
    }
}

impl From<lex_model::Refusal> for Refusal {
    fn from(refusal: lex_model::Refusal) -> Self {
        let lex_model::Refusal {
            reason,
            rule_version,
            detail,
        } = refusal;
        Self {
            code: reason.code(),
            rule_version,
            detail: detail.into(),
        }
    }
}

impl Refusal {
    /// A refusal that comes from no type's rules.
    pub fn new(reason: Reason, detail: u64) -> Self {
        Self {
            code: reason.code(),
            rule_version: 0,
            detail: U256::from(detail),
        }
    }
}

impl Refused {
    /// A refusal that comes from no type's rules.
    pub fn new(reason: Reason, detail: u64) -> Self {
        Refusal::new(reason, detail).into()
    }
}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        Self::new(reason, 0)
    }
}

impl From<lex_model::Refusal> for Refused {
    fn from(refusal: lex_model::Refusal) -> Self {
        Refusal::from(refusal).into()
    }
}

impl LicenseType {
    /// The rules that the model works with; `None` when the kind has no meaning.
    pub fn rules(&self) -> Option<lex_model::LicenseType> {
        Some(lex_model::LicenseType {
            kind: TypeKind::from_code(self.kind)?,
            term: self.term,
            renewal_window: self.renewal_window,
            grace: self.grace,
            supply_cap: self.supply_cap,
            transferable: self.transferable,
            open: self.open,
            version: self.version,
        })
    }
}

impl Action {
    /// The action as the gate judges it, with the term that it is about.
    ///
    /// # Errors
    /// [`Reason::UnknownAction`] when the code has no meaning.
    pub fn to_model(&self, term: Term) -> Result<lex_model::Action, Reason> {
        Ok(lex_model::Action {
            kind: self.kind()?,
            caller: self.caller.0,
            issuer: self.issuer.0,
            holder: self.from.0,
            to: self.to.0,
            // A code without meaning is no status in which anything is allowed.
            status: Status::from_code(self.status).unwrap_or(Status::Unknown),
            term,
            at: self.at,
        })
    }

    /// What is being asked for.
    ///
    /// # Errors
    /// [`Reason::UnknownAction`] when the code has no meaning.
    pub fn kind(&self) -> Result<lex_model::ActionKind, Reason> {
        lex_model::ActionKind::from_code(self.action).ok_or(Reason::UnknownAction)
    }
}

/// Refuses the zero address.
///
/// # Errors
/// [`Reason::ZeroAddress`].
pub fn require_account(account: Address) -> Result<(), Reason> {
    if account.is_zero() {
        Err(Reason::ZeroAddress)
    } else {
        Ok(())
    }
}
