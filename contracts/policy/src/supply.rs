//! How many licenses or seats of each type there are, in all license contracts together, and whose.
//!
//! A place is taken when a license is issued and given back when it ends: a cap counts what can still be
//! in force. One whose term has ended keeps its place until it is surrendered or revoked, and so does a
//! sublicense that fell with its parent: policy hears only of what is asked of it. Where that matters, the
//! parent's holder has a share.

use ink::{
    Address,
    storage::{Mapping, traits::ManualKey},
};
use lex_model::{ActionKind, Reason};
use lex_policy_interface::Action;

/// A type, and an account that issued licenses of it.
type Part = (u64, Address);

/// The places of each type.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Supply {
    /// How many of a type there are.
    present: Mapping<u64, u64, ManualKey<0x4c50_0012>>,
    /// How many of them an account issued.
    issued: Mapping<Part, u64, ManualKey<0x4c50_0013>>,
    /// The most that an account may have issued; 0 for no share of its own.
    shares: Mapping<Part, u64, ManualKey<0x4c50_0014>>,
}

impl Supply {
    /// How many of a type there are.
    pub fn present(&self, license_type: u64) -> u64 {
        self.present.get(license_type).unwrap_or_default()
    }

    /// How many of them an account issued.
    pub fn issued(&self, license_type: u64, issuer: Address) -> u64 {
        self.issued.get((license_type, issuer)).unwrap_or_default()
    }

    /// The most that an account may have issued; 0 for no share of its own.
    pub fn share(&self, license_type: u64, issuer: Address) -> u64 {
        self.shares.get((license_type, issuer)).unwrap_or_default()
    }

    /// Gives an account a share of a type's cap; 0 takes it away.
    ///
    /// # Errors
    /// [`Reason::AlreadySo`].
    pub fn set_share(
        &mut self,
        license_type: u64,
        issuer: Address,
        share: u64,
    ) -> Result<(), Reason> {
        if self.share(license_type, issuer) == share {
            return Err(Reason::AlreadySo);
        }
        self.shares.insert((license_type, issuer), &share);
        Ok(())
    }

    /// Counts what an action that happens brings, or ends.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] above 2^64 - 1.
    pub fn follow(&mut self, action: &Action, kind: ActionKind) -> Result<(), Reason> {
        let part = (action.license_type, action.issuer);
        let (present, issued) = (self.present(part.0), self.issued(part.0, part.1));
        let (present, issued) = match kind {
            ActionKind::Issue | ActionKind::Sublicense => {
                let more = |count: u64| count.checked_add(action.amount);
                more(present)
                    .zip(more(issued))
                    .ok_or(Reason::LimitReached)?
            }
            // Each was counted when it was issued; none that policy did not see brings the count below 0.
            ActionKind::Surrender | ActionKind::Withdraw | ActionKind::Revoke => (
                present.saturating_sub(action.amount),
                issued.saturating_sub(action.amount),
            ),
            _ => return Ok(()),
        };
        self.present.insert(part.0, &present);
        self.issued.insert(part, &issued);
        Ok(())
    }
}
