//! ERC-4907: the use of a license without holding it.

use ink::{Address, U256};
use lex_lifecycle::Context;
use lex_model::{Reason, Status};
use lex_policy_interface::Refused;

use crate::{book::Book, events::UpdateUser};

impl Book {
    /// Lets `user` use the license before `expires` (Unix seconds), instead of anyone before; the zero
    /// address takes the right back.
    ///
    /// # Errors
    /// [`Reason::NotApproved`]; what stands against the caller, the holder or the license; unless it is
    /// taken back, what stands against the user, [`Reason::WrongState`] when the license is
    /// neither in force nor will be, [`Reason::InvalidTime`] when `expires` has passed or lies after
    /// the license's end (the detail).
    pub fn lend(
        &mut self,
        context: Context,
        token_id: U256,
        user: Address,
        expires: u64,
    ) -> Result<(), Refused> {
        let entry = self.find(token_id)?;
        let holder = entry.license.holder.into();
        if !self.rights.may_move(context.caller, holder, entry.id) {
            return Err(Reason::NotApproved.into());
        }
        self.require_free(context.caller, &entry)?;
        let expires = if user.is_zero() { 0 } else { expires };
        if !user.is_zero() {
            let license = entry.license;
            let status = self.lifecycle.status_of(&license, context.now);
            if !matches!(status, Status::Active | Status::NotYetValid) {
                return Err(Refused::new(Reason::WrongState, status.code().into()));
            }
            self.lifecycle
                .require_free(user, Reason::ReceiverFrozen, 2)?;
            let end = license.term.valid_until;
            if expires <= context.now || expires > end {
                return Err(Refused::new(Reason::InvalidTime, end));
            }
        }
        self.rights.lend(entry.id, user, expires);
        ink::env::emit_event(UpdateUser {
            token_id,
            user,
            expires,
        });
        Ok(())
    }

    /// Who may use the license at time `now` besides its holder; the zero address for nobody. No right
    /// reaches further than the license itself does.
    ///
    /// # Errors
    /// [`Reason::UnknownLicense`].
    pub fn user_of(&self, token_id: U256, now: u64) -> Result<Address, Reason> {
        let entry = self.find(token_id)?;
        let grants = self.rights.of(entry.id);
        let restricted = self.lifecycle.restrictions.is_frozen(grants.user);
        if now < grants.user_expires && !restricted && self.is_usable(&entry, now) {
            Ok(grants.user)
        } else {
            Ok(Address::zero())
        }
    }
}
