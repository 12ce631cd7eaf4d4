//! Users: who works with a holder's seat without holding it.

use ink::{Address, U256};
use lex_lifecycle::require_idle;
use lex_model::{ActionKind, Reason};
use lex_policy_interface::{Evidence, Refused};

use crate::{
    book::{Book, Request},
    events::{SeatAssigned, SeatUnassigned},
};

impl Book {
    /// Gives `user` the right to one of the holder's seats until `expires` (Unix seconds), or another
    /// end to the right that it has. The seat stays the holder's; the right reads as over while the
    /// license is not usable.
    ///
    /// # Errors
    /// The first reason that [`Book::explain`] gives, then [`Reason::InvalidTime`] when `expires` has
    /// passed.
    pub fn assign(
        &mut self,
        token_id: U256,
        holder: Address,
        user: Address,
        expires: u64,
        evidence: Option<Evidence>,
    ) -> Result<(), Refused> {
        let context = self.context();
        let request = Request {
            from: holder,
            to: user,
            amount: 1,
            ..Request::on(ActionKind::Lend, self.find(token_id)?)
        };
        self.allow(context, &request, evidence)?;
        if expires <= context.now {
            return Err(Refused::new(Reason::InvalidTime, expires));
        }
        self.holdings
            .assign(request.entry.id, holder, user, expires, context.now)?;
        ink::env::emit_event(SeatAssigned {
            token_id,
            holder,
            user,
            expires,
        });
        Ok(())
    }

    /// Ends a user's right. Its holder, the holder's operators and the user may; once it is over,
    /// anyone may, so that it no longer counts. That lends nothing: neither rules nor a pause are in the
    /// way.
    ///
    /// # Errors
    /// [`Reason::AlreadySo`] when there is none, [`Reason::NotApproved`] for anyone else; what stands
    /// against the caller or, while the right runs, the holder; [`Reason::TokenFrozen`] when all of the
    /// holder's seats are held.
    pub fn unassign(&mut self, token_id: U256, user: Address) -> Result<(), Refused> {
        require_idle()?;
        let context = self.context();
        let id = self.find(token_id)?.id;
        let right = self.holdings.right(id, user).ok_or(Reason::AlreadySo)?;
        let (caller, holder) = (context.caller, right.holder);
        let runs = self.holdings.assignment(id, user, context.now).is_some();
        let may = caller == user || self.operators.may_move(caller, holder);
        if runs && !may {
            return Err(Reason::NotApproved.into());
        }
        self.lifecycle.require_caller_free(caller, holder)?;
        if runs {
            self.lifecycle
                .require_free(holder, Reason::HolderFrozen, 1)?;
            if self.holdings.position(id, holder).is_held() {
                return Err(Reason::TokenFrozen.into());
            }
        }
        self.holdings.unassign(id, user)?;
        ink::env::emit_event(SeatUnassigned {
            token_id,
            holder,
            user,
        });
        Ok(())
    }
}
