//! Users: who works with a holder's seat without holding it.

use ink::{Address, U256};
use lex_lifecycle::Entry;
use lex_model::{Reason, Status};
use lex_policy_interface::{Refused, require_account};

use crate::{
    book::Book,
    events::{SeatAssigned, SeatUnassigned},
};

impl Book {
    /// Gives `user` the right to one of the caller's seats until `expires` (Unix seconds), which is no
    /// later than the license's end. The seat stays the caller's.
    ///
    /// # Errors
    /// [`Reason::ZeroAddress`]; [`Reason::WrongState`] unless the license is active or not yet valid;
    /// [`Reason::TypeClosed`]; what stands against the caller or the user; [`Reason::TokenFrozen`] when
    /// all of the caller's seats are held;
    /// [`Reason::InvalidTime`]; [`Reason::InsufficientSeats`] when all of the caller's seats are
    /// assigned; [`Reason::AlreadySo`] while the user has a seat of another holder.
    pub fn assign(&mut self, token_id: U256, user: Address, expires: u64) -> Result<(), Refused> {
        let context = self.context();
        let (holder, now) = (context.caller, context.now);
        let Entry { id, license, .. } = self.find(token_id)?;
        require_account(user)?;
        let status = license.status_at(now);
        if !matches!(status, Status::Active | Status::NotYetValid) {
            return Err(Refused::new(Reason::WrongState, u64::from(status.code())));
        }
        if self.lifecycle.restrictions.is_closed(license.license_type) {
            return Err(Reason::TypeClosed.into());
        }
        let lifecycle = &self.lifecycle;
        lifecycle.require_free(holder, Reason::HolderFrozen, 0)?;
        if self.holdings.position(id, holder).is_held() {
            return Err(Reason::TokenFrozen.into());
        }
        lifecycle.require_free(user, Reason::ReceiverFrozen, 2)?;
        if expires <= now || expires > license.term.valid_until {
            return Err(Refused::new(Reason::InvalidTime, expires));
        }
        self.holdings.assign(id, holder, user, expires, now)?;
        ink::env::emit_event(SeatAssigned {
            token_id,
            holder,
            user,
            expires,
        });
        Ok(())
    }

    /// Ends a user's right. Its holder and the user may; once it is over, anyone may, so that it no
    /// longer counts.
    ///
    /// # Errors
    /// [`Reason::NotUser`] when there is none, [`Reason::NotHolder`] for anyone else; what stands against
    /// the caller.
    pub fn unassign(&mut self, token_id: U256, user: Address) -> Result<(), Refused> {
        let context = self.context();
        let entry = self.find(token_id)?;
        let holder = self
            .holdings
            .unassign(entry.id, user, context.caller, context.now)?;
        self.lifecycle.require_caller_free(context.caller, holder)?;
        ink::env::emit_event(SeatUnassigned {
            token_id,
            holder,
            user,
        });
        Ok(())
    }
}
