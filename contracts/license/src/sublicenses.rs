//! Licenses that stand under another one: they die with it and stand no better than it.

use ink::{
    Address, U256,
    prelude::{string::String, vec::Vec},
    storage::{Mapping, traits::ManualKey},
};
use lex_lifecycle::{Application, Change, Context, Entry, Issued, Lifecycle, Metadata};
use lex_model::Reason;
use lex_policy_interface::{Refusal, Refused};

use crate::{
    book::Book,
    events::{LicenseSublicensed, SublicenseEnded, SubscriptionUpdate},
};

/// The most sublicenses of one license that have not come to their end.
pub const MAX_SUBLICENSES: usize = 8;

/// The sublicenses of each license.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Sublicenses {
    children: Mapping<u64, Vec<u64>, ManualKey<0x4c4c_0023>>,
}

impl Sublicenses {
    /// The sublicenses of a license, oldest first. Those that ended may be forgotten.
    pub fn of(&self, parent: u64) -> Vec<u64> {
        self.children.get(parent).unwrap_or_default()
    }

    /// The sublicenses of a license. If they fill the list, those that ended are left out.
    fn kept(&self, parent: u64, lifecycle: &Lifecycle) -> Vec<u64> {
        let mut children = self.of(parent);
        if children.len() >= MAX_SUBLICENSES {
            children.retain(|id| {
                lifecycle
                    .register
                    .get(*id)
                    .is_ok_and(|child| !child.license.standing.has_ended())
            });
        }
        children
    }
}

/// A license that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Who is to hold it.
    pub to: Address,
    /// Its type.
    pub license_type: u64,
    /// Where it is to be valid.
    pub jurisdiction: String,
    /// First second in force, Unix seconds; 0 for now.
    pub valid_from: u64,
    /// Its metadata.
    pub metadata: Metadata,
}

impl Wanted {
    /// The application for this, under `parent` if there is one.
    pub fn under(self, parent: Option<Entry>) -> Application {
        Application {
            to: self.to,
            license_type: self.license_type,
            jurisdiction: self.jurisdiction,
            valid_from: self.valid_from,
            amount: 1,
            metadata: self.metadata,
            parent,
        }
    }
}

impl Book {
    /// Why nothing can stand under this license, as far as this contract knows.
    pub fn obstacles_under(&self, parent: &Entry) -> Vec<Refusal> {
        let mut obstacles = Vec::new();
        if parent.license.parent != 0 {
            obstacles.push(Refusal::new(Reason::NotSublicensable, 0));
        }
        let kept = self.sublicenses.kept(parent.id, &self.lifecycle);
        if kept.len() >= MAX_SUBLICENSES {
            obstacles.push(Refusal::new(Reason::LimitReached, MAX_SUBLICENSES as u64));
        }
        obstacles
    }

    /// Issues a license under another one.
    ///
    /// # Errors
    /// The first of [`Book::obstacles_under`], else policy's refusal.
    pub fn sublicense(
        &mut self,
        context: Context,
        parent_id: U256,
        wanted: Wanted,
    ) -> Result<U256, Refused> {
        let parent = self.find(parent_id)?;
        if let Some(obstacle) = self.obstacles_under(&parent).into_iter().next() {
            return Err(obstacle.into());
        }
        let to = wanted.to;
        let Issued { entry, .. } = self.lifecycle.issue(context, wanted.under(Some(parent)))?;
        let mut children = self.sublicenses.kept(parent.id, &self.lifecycle);
        children.push(entry.id);
        self.sublicenses.children.insert(parent.id, &children);
        ink::env::emit_event(LicenseSublicensed {
            token_id: entry.token_id(),
            parent_id,
            actor: context.caller,
        });
        self.minted(context, &entry, to)?;
        Ok(entry.token_id())
    }

    /// Ends the sublicenses of a license that came to its end, for ever.
    ///
    /// # Errors
    /// [`Reason::UnknownLicense`] if one is not there.
    pub(crate) fn follow(&mut self, change: Change) -> Result<(), Reason> {
        if !change.ends() {
            return Ok(());
        }
        let parent = change.after;
        for id in self.sublicenses.of(parent.id) {
            let child = self.lifecycle.register.get(id)?;
            if child.license.standing.has_ended() {
                continue;
            }
            self.lifecycle.orphan(child);
            ink::env::emit_event(SublicenseEnded {
                token_id: child.token_id(),
                parent_id: parent.token_id(),
            });
            ink::env::emit_event(SubscriptionUpdate {
                token_id: child.token_id(),
                expiration: 0,
            });
        }
        Ok(())
    }
}
