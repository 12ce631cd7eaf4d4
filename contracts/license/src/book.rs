//! Everything that the contract keeps, and why something cannot be done with it.

use ink::{
    Address, U256,
    prelude::vec::Vec,
    sol::{DynBytes, FixedBytes},
};
use lex_lifecycle::{Change, Context, Entry, Lifecycle, require_no_request};
use lex_model::{ActionKind, License, Reason, Status, TypeKind};
use lex_policy_interface::{Action, Evidence, Refusal, Refused};

use crate::{
    events::{Locked, MetadataUpdate, SubscriptionUpdate, Transfer, Unlocked},
    holders::Holders,
    receiver,
    rights::Rights,
    sublicenses::{Sublicenses, Wanted},
};

/// The licenses, who holds them, and what others may do with them.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Book {
    /// The licenses.
    pub lifecycle: Lifecycle,
    /// How many each account holds.
    pub holders: Holders,
    /// What others than their holders may do.
    pub rights: Rights,
    /// Which stand under which.
    pub sublicenses: Sublicenses,
}

/// Something that someone may want, as `explain` is asked about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What.
    pub kind: ActionKind,
    /// The license; of a sublicense, its parent.
    pub token_id: U256,
    /// What is to be issued.
    pub wanted: Wanted,
    /// What would come with it.
    pub evidence: Option<Evidence>,
}

impl Book {
    /// The message that is running.
    pub fn context(&self) -> Context {
        Context::of(TypeKind::Nft)
    }

    /// The license with this id.
    ///
    /// # Errors
    /// [`Reason::UnknownLicense`].
    pub fn find(&self, token_id: U256) -> Result<Entry, Reason> {
        self.lifecycle.register.find(token_id)
    }

    /// Counts a new license in, tells the world, and asks a contract that is to have it.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^64 - 1 of them, [`Reason::UnsafeReceiver`].
    pub fn minted(&mut self, context: Context, entry: &Entry, to: Address) -> Result<(), Refused> {
        self.holders.receive(to)?;
        let token_id = entry.token_id();
        ink::env::emit_event(Transfer {
            from: Address::zero(),
            to,
            token_id,
        });
        if entry.marks.locked {
            ink::env::emit_event(Locked { token_id });
        } else {
            ink::env::emit_event(Unlocked { token_id });
        }
        tell_end(entry, context.now);
        let nothing = DynBytes(Vec::new());
        receiver::ask(to, context.caller, Address::zero(), token_id, nothing)
    }

    /// Finishes a change of a license's status or term, which whoever shows its metadata shows, too.
    ///
    /// # Errors
    /// As [`Book::follow`].
    pub fn changed(&mut self, context: Context, change: Change) -> Result<(), Reason> {
        ink::env::emit_event(MetadataUpdate {
            token_id: change.after.token_id(),
        });
        let (before, after) = (change.before, change.after.license);
        if before.term != after.term || before.standing != after.standing {
            tell_end(&change.after, context.now);
        }
        self.follow(change)
    }

    /// The rules of this contract alone that refuse this, in order.
    pub fn obstacles(&self, context: Context, kind: ActionKind, entry: &Entry) -> Vec<Refusal> {
        let mut obstacles = Vec::new();
        match kind {
            ActionKind::Transfer | ActionKind::Lend => {
                let holder = entry.license.holder.into();
                if !self.rights.may_move(context.caller, holder, entry.id) {
                    obstacles.push(Refusal::new(Reason::NotApproved, 0));
                }
            }
            ActionKind::Sublicense => obstacles.extend(self.obstacles_under(entry)),
            _ => {}
        }
        obstacles
    }

    /// Every reason to refuse, in the order in which it would be refused; empty when it is allowed.
    ///
    /// # Errors
    /// The one reason when there is nothing more to ask about.
    pub fn explain(&self, context: Context, question: Question) -> Result<Vec<Refusal>, Refused> {
        let Question {
            kind,
            token_id,
            wanted,
            evidence,
        } = question;
        let entry = match kind {
            ActionKind::Issue => None,
            _ => Some(self.find(token_id)?),
        };
        if let Some(entry) = entry
            && kind == ActionKind::Lend
            && wanted.to.is_zero()
        {
            return self.obstacles_to_take_back(context, &entry);
        }
        let obstacles = entry.map(|entry| self.obstacles(context, kind, &entry));
        let mut refusals = obstacles.unwrap_or_default();
        let action = match entry {
            Some(entry) if !kind.creates() => self.action(context, kind, &entry, wanted.to),
            parent => {
                let application = wanted.under(parent);
                let creation = self.lifecycle.creation(context, &application);
                creation.map_err(Refused::from)
            }
        };
        match action {
            Ok(action) => refusals.extend(self.lifecycle.policy.reasons(action, evidence)?),
            Err(refused) => refusals.push(refused.into()),
        }
        if let Some(entry) = entry
            && kind == ActionKind::RequestRenewal
        {
            let requested = require_no_request(&entry).err();
            refusals.extend(requested.map(|reason| Refusal::new(reason, 0)));
        }
        Ok(refusals)
    }

    /// An action on a license, with its receiver where its kind has one.
    ///
    /// # Errors
    /// [`Reason::PolicyUnreachable`].
    pub fn action(
        &self,
        context: Context,
        kind: ActionKind,
        entry: &Entry,
        to: Address,
    ) -> Result<Action, Refused> {
        let holder = Address::from(entry.license.holder);
        let action = self.lifecycle.action_on(context, kind, entry);
        Ok(match kind {
            ActionKind::Transfer | ActionKind::ForceTransfer | ActionKind::Lend => {
                Action { to, ..action }
            }
            ActionKind::Recover => Action {
                to: self.lifecycle.policy.successor(holder)?,
                ..action
            },
            ActionKind::Activate => Action {
                to: holder,
                content: FixedBytes(self.lifecycle.register.metadata(entry.id)?.hash),
                ..action
            },
            _ => action,
        })
    }

    /// Whether an account may use the license at all: it is in force and nothing restricts it.
    pub fn is_usable(&self, entry: &Entry, now: u64) -> bool {
        let holder = entry.license.holder.into();
        self.lifecycle.is_usable(&entry.license, holder, now)
    }

    /// ERC-5643: whether whoever decides about the license could renew it now, with the evidence that
    /// its gates ask for.
    pub fn is_renewable(&self, context: Context, token_id: U256) -> bool {
        let Ok(entry) = self.find(token_id) else {
            return false;
        };
        let Ok(decides) = self.lifecycle.decides(&entry.license) else {
            return false;
        };
        let context = context.as_seen_by(decides);
        let action = self.lifecycle.action_on(context, ActionKind::Renew, &entry);
        self.lifecycle
            .policy
            .reasons(action, None)
            .is_ok_and(|refusals| refusals.iter().all(is_open_gate))
    }

    /// ERC-5643: the first second no longer in force; 0 while the license is not in force whatever the
    /// time, because it waits, is suspended or has come to its end.
    ///
    /// # Errors
    /// [`Reason::UnknownLicense`].
    pub fn end_of(&self, token_id: U256, now: u64) -> Result<u64, Reason> {
        let license = self.find(token_id)?.license;
        Ok(end(&license, self.lifecycle.status_of(&license, now)))
    }

    /// Refuses to let `caller` change what others may do with a license, unless neither it nor the
    /// holder is frozen or lost, and nobody holds the license where it is.
    ///
    /// # Errors
    /// The reason, or [`Reason::PolicyUnreachable`].
    pub fn require_free(&self, caller: Address, entry: &Entry) -> Result<(), Refused> {
        let holder = entry.license.holder.into();
        self.lifecycle.require_caller_free(caller, holder)?;
        self.lifecycle
            .require_free(holder, Reason::HolderFrozen, 1)?;
        if entry.marks.frozen {
            return Err(Reason::TokenFrozen.into());
        }
        Ok(())
    }

    /// Whether an account may send or receive licenses at all.
    pub fn may_hold(&self, account: Address) -> bool {
        !account.is_zero() && !self.lifecycle.restrictions.is_frozen(account)
    }
}

/// Whether this refusal only asks for evidence that did not come along.
fn is_open_gate(refusal: &Refusal) -> bool {
    [
        Reason::ApprovalRequired,
        Reason::ClearanceRequired,
        Reason::ProofRequired,
    ]
    .iter()
    .any(|reason| reason.code() == refusal.code)
}

fn tell_end(entry: &Entry, now: u64) {
    ink::env::emit_event(SubscriptionUpdate {
        token_id: entry.token_id(),
        expiration: end(&entry.license, entry.license.status_at(now)),
    });
}

/// The end of a license of this status; 0 when it waits, is suspended or has come to its end.
const fn end(license: &License, status: Status) -> u64 {
    match status {
        Status::Active | Status::NotYetValid | Status::InGrace | Status::Expired => {
            license.term.valid_until
        }
        _ => 0,
    }
}
