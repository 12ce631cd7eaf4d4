//! Everything that the contract keeps, and why something cannot be done with it.

use ink::{Address, U256, prelude::vec::Vec, sol::FixedBytes};
use lex_lifecycle::{Change, Context, Entry, Lifecycle, require_no_request};
use lex_model::{ActionKind, License, Reason, TypeKind};
use lex_policy_interface::{Action, Evidence, Refusal, Refused};

use crate::{
    events::{Locked, SubscriptionUpdate, Transfer, Unlocked},
    holders::Holders,
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

    /// Counts a new license in and tells the world.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^64 - 1 of them.
    pub fn minted(&mut self, entry: &Entry, to: Address) -> Result<(), Reason> {
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
        tell_end(entry);
        Ok(())
    }

    /// Finishes a change of a license's status or term.
    ///
    /// # Errors
    /// As [`Book::follow`].
    pub fn changed(&mut self, change: Change) -> Result<(), Reason> {
        let renewed = change.before.term != change.after.license.term;
        if renewed || change.ends() {
            tell_end(&change.after);
        }
        self.follow(change)
    }

    /// The rules of this contract alone that refuse this, in order.
    pub fn obstacles(&self, context: Context, kind: ActionKind, entry: &Entry) -> Vec<Refusal> {
        let mut obstacles = Vec::new();
        match kind {
            ActionKind::Transfer => {
                let holder = entry.license.holder.into();
                if !self.rights.may_move(context.caller, holder, entry.id) {
                    obstacles.push(Refusal::new(Reason::NotApproved, 0));
                }
            }
            ActionKind::RequestRenewal => {
                let refused = require_no_request(entry).err();
                obstacles.extend(refused.map(|reason| Refusal::new(reason, 0)));
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
            ActionKind::Transfer | ActionKind::ForceTransfer => Action { to, ..action },
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
        let context = context.as_seen_by(self.lifecycle.decides(&entry.license));
        let action = self.lifecycle.action_on(context, ActionKind::Renew, &entry);
        self.lifecycle
            .policy
            .reasons(action, None)
            .is_ok_and(|refusals| refusals.iter().all(is_open_gate))
    }

    /// ERC-5643: the first second no longer in force; 0 when the license has come to its end.
    ///
    /// # Errors
    /// [`Reason::UnknownLicense`].
    pub fn end_of(&self, token_id: U256) -> Result<u64, Reason> {
        self.find(token_id).map(|entry| end(&entry.license))
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

fn tell_end(entry: &Entry) {
    ink::env::emit_event(SubscriptionUpdate {
        token_id: entry.token_id(),
        expiration: end(&entry.license),
    });
}

const fn end(license: &License) -> u64 {
    if license.standing.has_ended() {
        0
    } else {
        license.term.valid_until
    }
}
