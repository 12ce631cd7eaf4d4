//! ERC-4907: the use of a license without holding it.

use ink::{Address, U256, prelude::vec::Vec};
use lex_lifecycle::{Context, Entry, require_idle};
use lex_model::{ActionKind, Reason};
use lex_policy_interface::{Evidence, Refusal, Refused};

use crate::{book::Book, events::UpdateUser};

impl Book {
    /// Lets `user` use the license before `expires` (Unix seconds), instead of anyone before. The right
    /// reads as ended while the license is not usable, so that it may be given for longer than the
    /// license lasts. The zero address takes the right back.
    ///
    /// # Errors
    /// [`Reason::NotApproved`], else policy's refusal, else [`Reason::InvalidTime`] when `expires` has
    /// passed. When it is taken back, the first of [`Book::obstacles_to_take_back`].
    pub fn lend(
        &mut self,
        context: Context,
        token_id: U256,
        user: Address,
        expires: u64,
        evidence: Option<Evidence>,
    ) -> Result<(), Refused> {
        let entry = self.find(token_id)?;
        if user.is_zero() {
            return self.take_back(context, &entry);
        }
        let kind = ActionKind::Lend;
        if let Some(obstacle) = self.obstacles(context, kind, &entry).into_iter().next() {
            return Err(obstacle.into());
        }
        let action = self.action(context, kind, &entry, user)?;
        self.lifecycle.policy.allow(action, evidence)?;
        if expires <= context.now {
            return Err(Refused::new(Reason::InvalidTime, expires));
        }
        self.set_user(&entry, user, expires);
        Ok(())
    }

    fn take_back(&mut self, context: Context, entry: &Entry) -> Result<(), Refused> {
        require_idle()?;
        let obstacles = self.obstacles_to_take_back(context, entry)?;
        if let Some(obstacle) = obstacles.into_iter().next() {
            return Err(obstacle.into());
        }
        self.set_user(entry, Address::zero(), 0);
        Ok(())
    }

    fn set_user(&mut self, entry: &Entry, user: Address, expires: u64) {
        self.rights.lend(entry.id, user, expires);
        ink::env::emit_event(UpdateUser {
            token_id: entry.token_id(),
            user,
            expires,
        });
    }

    /// Why a user's right cannot be taken back, in order. That lends nothing, so that neither rules nor a
    /// pause are in the way; whoever may lend the license may, and the user itself.
    ///
    /// # Errors
    /// [`Reason::PolicyUnreachable`].
    pub fn obstacles_to_take_back(
        &self,
        context: Context,
        entry: &Entry,
    ) -> Result<Vec<Refusal>, Refused> {
        let holder = entry.license.holder.into();
        let grants = self.rights.of(entry.id);
        let is_lent = !grants.user.is_zero() && context.now < grants.user_expires;
        let is_user = is_lent && grants.user == context.caller;
        let mut obstacles = Vec::new();
        if !is_user && !self.rights.may_move(context.caller, holder, entry.id) {
            obstacles.push(Refusal::new(Reason::NotApproved, 0));
        }
        match self.require_free(context.caller, entry) {
            Err(refused) if refused.code == Reason::PolicyUnreachable.code() => {
                return Err(refused);
            }
            Err(refused) => obstacles.push(refused.into()),
            Ok(()) => {}
        }
        if !is_lent {
            obstacles.push(Refusal::new(Reason::AlreadySo, 0));
        }
        Ok(obstacles)
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
