//! Between Solidity's types and the model's.

use ink::{Address, U256};
use lex_model::{Durations, Jurisdiction, Reason, Status, Term, TypeKind};

use crate::{Action, Parent, Refusal, Refused, Rules, State};

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

impl Rules {
    /// How long licenses of the type last.
    pub const fn durations(&self) -> Durations {
        Durations {
            term: self.term,
            renewal_window: self.renewal_window,
            grace: self.grace,
        }
    }
}

impl State {
    /// The license's term.
    pub const fn term(&self) -> Term {
        Term {
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            grace_until: self.grace_until,
        }
    }
}

impl Action {
    /// The action as the gate judges it.
    ///
    /// # Errors
    /// [`Reason::UnknownAction`] or [`Reason::WrongKind`] when a code has no meaning,
    /// [`Reason::InvalidJurisdiction`] when a jurisdiction is none.
    pub fn to_model(&self) -> Result<lex_model::Action, Reason> {
        Ok(lex_model::Action {
            kind: self.kind()?,
            caller: self.caller.0,
            issuer: self.issuer.0,
            holder: self.from.0,
            to: self.to.0,
            amount: self.amount,
            token_kind: TypeKind::from_code(self.state.kind).ok_or(Reason::WrongKind)?,
            license_type: self.license_type,
            jurisdiction: Jurisdiction::from_bytes(self.jurisdiction.0)?,
            status: status(self.state.status),
            held: self.state.status & HELD != 0,
            suspended_by_committee: self.state.status & BY_COMMITTEE != 0,
            term: self.state.term(),
            parent: self.parent.to_model()?,
            at: self.state.at,
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

impl Parent {
    fn to_model(self) -> Result<Option<lex_model::Parent>, Reason> {
        if self.holder.is_zero() {
            return Ok(None);
        }
        Ok(Some(lex_model::Parent {
            holder: self.holder.0,
            license_type: self.license_type,
            jurisdiction: Jurisdiction::from_bytes(self.jurisdiction.0)?,
            status: status(self.status),
            held: self.status & HELD != 0,
            term: Term {
                valid_from: self.valid_from,
                valid_until: self.valid_until,
                grace_until: self.grace_until,
            },
        }))
    }
}

/// Added to the code of a license's status while the committee holds the license where it is.
pub const HELD: u8 = 0x80;
/// Added to the code of a license's status if its suspension is the committee's.
pub const BY_COMMITTEE: u8 = 0x40;

/// Bit of what stands against an account: a regulator froze it.
pub const FROZEN: u8 = 1;
/// Bit of what stands against an account: its key was declared lost.
pub const LOST: u8 = 2;

/// A code without meaning is no status in which anything is allowed.
fn status(code: u8) -> Status {
    Status::from_code(code & !(HELD | BY_COMMITTEE)).unwrap_or(Status::Unknown)
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
