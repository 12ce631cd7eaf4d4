//! How licenses change hands: by their holder, by decision, or to the successor of a lost key.

use ink::{Address, U256, sol::FixedBytes};
use lex_lifecycle::{
    Context, Entry, Marks,
    events::{LicenseHeld, LicenseRecovered, LicenseTransferForced},
    require_reason,
};
use lex_model::{ActionKind, License, Reason};
use lex_policy_interface::{Evidence, Refused};

use crate::{
    book::Book,
    events::{ForcedTransfer, Frozen, Transfer, UpdateUser},
    rights::Grants,
};

/// The most licenses that are recovered at once. Policy is asked about each, and both codes are part of
/// the proof of every call: 334 kB for each license, of 6.8 MB that a transaction may have.
pub const MAX_BATCH: usize = 10;

/// Why something was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grounds {
    /// The reason code, not 0.
    pub reason: u32,
    /// Hash of the evidence.
    pub evidence: FixedBytes<32>,
}

/// A license and the two accounts between which it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Its holder.
    pub from: Address,
    /// Who is to hold it.
    pub to: Address,
    /// The license.
    pub token_id: U256,
}

impl Book {
    /// Moves a license for its holder.
    ///
    /// # Errors
    /// [`Reason::NotHolder`] when `from` is not its holder, [`Reason::NotApproved`], else policy's
    /// refusal.
    pub fn transfer(
        &mut self,
        context: Context,
        route: Route,
        evidence: Option<Evidence>,
    ) -> Result<(), Refused> {
        let entry = self.find(route.token_id)?;
        if route.from.0 != entry.license.holder {
            return Err(Reason::NotHolder.into());
        }
        let kind = ActionKind::Transfer;
        if let Some(obstacle) = self.obstacles(context, kind, &entry).into_iter().next() {
            return Err(obstacle.into());
        }
        let action = self.action(context, kind, &entry, route.to)?;
        self.lifecycle.policy.allow(action, evidence)?;
        let moved = entry.license.transferred(route.to.0, context.now)?;
        let marks = Marks {
            renewal_requested: false,
            ..entry.marks
        };
        Ok(self.moved(Entry { marks, ..entry }, moved)?)
    }

    /// Moves a license without its holder; the committee may. A license that is held where it is is let go
    /// first. From a buyer nothing is taken that was decided about the seller: a committee that fears a
    /// sale holds the license first, which is not dodged.
    ///
    /// # Errors
    /// [`Reason::NotAsApproved`] when `from` is not its holder, else policy's refusal, else
    /// [`Reason::MissingReason`].
    pub fn force(
        &mut self,
        context: Context,
        route: Route,
        grounds: Grounds,
    ) -> Result<(), Refused> {
        let Route { from, to, token_id } = route;
        let entry = self.find(token_id)?;
        if from.0 != entry.license.holder {
            return Err(Reason::NotAsApproved.into());
        }
        let action = self.action(context, ActionKind::ForceTransfer, &entry, to)?;
        self.lifecycle.policy.allow(action, None)?;
        require_reason(grounds.reason)?;
        let marks = Marks {
            renewal_requested: false,
            ..entry.marks
        };
        let entry = self.released(Entry { marks, ..entry });
        self.moved(entry, entry.license.forced_to(to.0)?)?;
        ink::env::emit_event(ForcedTransfer { from, to, token_id });
        ink::env::emit_event(LicenseTransferForced {
            token_id,
            actor: context.caller,
            from,
            to,
            amount: 1,
            reason: grounds.reason,
            evidence: grounds.evidence,
        });
        Ok(())
    }

    /// Moves a license from a lost key to its successor, in every state. One that is held where it is
    /// is held there.
    ///
    /// # Errors
    /// Policy's refusal: [`Reason::NotRecovered`] when the holder has no successor.
    pub fn recover(&mut self, context: Context, token_id: U256) -> Result<(), Refused> {
        let entry = self.find(token_id)?;
        let action = self.action(context, ActionKind::Recover, &entry, Address::zero())?;
        let (from, to) = (action.from, action.to);
        self.lifecycle.policy.allow(action, None)?;
        let held = entry.marks.frozen;
        let entry = self.released(entry);
        let marks = Marks {
            frozen: held,
            ..entry.marks
        };
        let entry = Entry { marks, ..entry };
        self.moved(entry, entry.license.recovered_to(to.0)?)?;
        if held {
            tell_frozen(&entry, to, true);
        }
        ink::env::emit_event(LicenseRecovered {
            token_id,
            actor: context.caller,
            from,
            to,
            amount: 1,
        });
        Ok(())
    }

    /// Holds a license where it is, whoever holds it by now, or lets it go; the committee may.
    ///
    /// # Errors
    /// [`Reason::NotAsApproved`] when it is to be let go and `account` is not its holder, else policy's
    /// refusal, else [`Reason::MissingReason`] or [`Reason::AlreadySo`].
    pub fn freeze(
        &mut self,
        context: Context,
        account: Address,
        token_id: U256,
        frozen: bool,
        grounds: Grounds,
    ) -> Result<(), Refused> {
        let entry = self.find(token_id)?;
        let holder = Address::from(entry.license.holder);
        if !frozen && account != holder {
            return Err(Reason::NotAsApproved.into());
        }
        self.lifecycle
            .allow(context, ActionKind::FreezeToken, &entry, 1)?;
        require_reason(grounds.reason)?;
        if entry.marks.frozen == frozen {
            return Err(Reason::AlreadySo.into());
        }
        let marks = Marks {
            frozen,
            ..entry.marks
        };
        self.lifecycle.register.put(&Entry { marks, ..entry });
        tell_frozen(&entry, holder, frozen);
        ink::env::emit_event(LicenseHeld {
            token_id,
            actor: context.caller,
            account: holder,
            amount: frozen.into(),
            reason: grounds.reason,
            evidence: grounds.evidence,
        });
        Ok(())
    }

    /// The license, no longer held where it is. ERC-7943 wants this told before the move.
    fn released(&self, entry: Entry) -> Entry {
        if !entry.marks.frozen {
            return entry;
        }
        tell_frozen(&entry, entry.license.holder.into(), false);
        let marks = Marks {
            frozen: false,
            ..entry.marks
        };
        Entry { marks, ..entry }
    }

    /// Writes a move down: what others could do with the license ends with it.
    fn moved(&mut self, entry: Entry, license: License) -> Result<(), Reason> {
        let (from, to) = (entry.license.holder.into(), license.holder.into());
        let token_id = entry.token_id();
        let Grants { user, .. } = self.rights.end(entry.id);
        self.holders.hand_over(from, to)?;
        self.lifecycle.store(entry, license)?;
        if !user.is_zero() {
            ink::env::emit_event(UpdateUser {
                token_id,
                user: Address::zero(),
                expires: 0,
            });
        }
        ink::env::emit_event(Transfer { from, to, token_id });
        Ok(())
    }
}

fn tell_frozen(entry: &Entry, account: Address, frozen_status: bool) {
    ink::env::emit_event(Frozen {
        account,
        token_id: entry.token_id(),
        frozen_status,
    });
}
