//! What takes licenses out of force, and back.

use ink::sol::FixedBytes;
use lex_model::{ActionKind, Reason};
use lex_policy_interface::Refused;

use crate::{
    Change, Context, Entry, Lifecycle,
    events::{LicenseResumed, LicenseRevoked, LicenseSuspended},
    lifts_at, require_idle, require_reason,
};

impl Lifecycle {
    /// Takes a license out of force until it is resumed, or until `until` (Unix seconds, 0 for never). A
    /// suspension that runs gets another end, but no earlier one, and is the committee's from then on if that
    /// decides it.
    ///
    /// # Errors
    /// Policy's refusal; else [`Reason::MissingReason`], [`Reason::InvalidTime`].
    pub fn suspend(
        &mut self,
        context: Context,
        entry: Entry,
        reason: u32,
        evidence: FixedBytes<32>,
        until: u64,
    ) -> Result<Change, Refused> {
        let rules = self.allow(context, ActionKind::Suspend, &entry, 1)?;
        require_reason(reason)?;
        let suspended = entry
            .license
            .suspended((until != 0).then_some(until), context.now)
            .map_err(|reason| Refused::new(reason, until))?;
        self.note_suspension(&entry, rules.by_committee);
        let change = self.store(entry, suspended)?;
        ink::env::emit_event(LicenseSuspended {
            token_id: entry.token_id(),
            actor: context.caller,
            reason,
            evidence,
            lifts_at: lifts_at(suspended.standing),
        });
        Ok(change)
    }

    /// Ends a suspension.
    ///
    /// # Errors
    /// Policy's refusal.
    pub fn resume(&mut self, context: Context, entry: Entry) -> Result<Change, Refused> {
        self.allow(context, ActionKind::Resume, &entry, 1)?;
        let change = self.store(entry, entry.license.resumed(context.now)?)?;
        self.tell_resumed(context, entry);
        Ok(change)
    }

    /// Tells readers that a suspension has lifted by itself. Anyone may who is neither frozen nor lost: it
    /// states what is so already, and voids nothing that was decided or signed about the license.
    ///
    /// # Errors
    /// What stands against the caller; [`Reason::WrongState`] when not suspended, [`Reason::NotLifted`]
    /// before its time.
    pub fn settle(&mut self, context: Context, entry: Entry) -> Result<Change, Refused> {
        require_idle()?;
        self.require_caller_free(context.caller, entry.license.holder.into())?;
        let settled = entry
            .license
            .settled(context.now)
            .map_err(|reason| match reason {
                Reason::NotLifted => Refused::new(reason, lifts_at(entry.license.standing)),
                other => other.into(),
            })?;
        self.note_settlement(&entry);
        let change = self.store(entry, settled)?;
        self.tell_resumed(context, entry);
        Ok(change)
    }

    /// Takes a license out of force for ever, with all its `amount` tokens or seats.
    ///
    /// # Errors
    /// Policy's refusal; else [`Reason::MissingReason`].
    pub fn revoke(
        &mut self,
        context: Context,
        entry: Entry,
        amount: u64,
        reason: u32,
        evidence: FixedBytes<32>,
    ) -> Result<Change, Refused> {
        self.allow(context, ActionKind::Revoke, &entry, amount)?;
        require_reason(reason)?;
        let change = self.store(entry, entry.license.revoked()?)?;
        ink::env::emit_event(LicenseRevoked {
            token_id: entry.token_id(),
            actor: context.caller,
            reason,
            evidence,
        });
        Ok(change)
    }

    fn tell_resumed(&self, context: Context, entry: Entry) {
        ink::env::emit_event(LicenseResumed {
            token_id: entry.token_id(),
            actor: context.caller,
        });
    }
}
