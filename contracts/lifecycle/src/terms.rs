//! What begins, prolongs and describes licenses.

use ink::{Address, U256, prelude::string::String, sol::FixedBytes};
use lex_model::{ActionKind, Durations, Jurisdiction, License, Reason, Term, TypeKind};
use lex_policy_interface::{Action, Evidence, Refused, Rules, State};

use crate::{
    Change, Context, Entry, Lifecycle, MAX_URI, Marks, Metadata,
    events::{LicenseActivated, LicenseIssued, LicenseRenewed, LicenseWithdrawn, RenewalRequested},
    lifecycle::parent_in_action,
};

/// A license that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Who is to hold it, or its first seats.
    pub to: Address,
    /// Its type.
    pub license_type: u64,
    /// Where it is to be valid.
    pub jurisdiction: String,
    /// First second in force, Unix seconds; 0 for now.
    pub valid_from: u64,
    /// How many seats; 1 for a single token.
    pub amount: u64,
    /// Its metadata.
    pub metadata: Metadata,
    /// The license under which it is to stand.
    pub parent: Option<Entry>,
}

/// A new license and the rules that it was issued under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issued {
    /// The license.
    pub entry: Entry,
    /// Its type's rules.
    pub rules: Rules,
}

/// What a committee decided to bring into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved {
    /// Who holds it, or its first seats.
    pub holder: Address,
    /// Its type.
    pub license_type: u64,
    /// First second in force.
    pub valid_from: u64,
    /// First second no longer in force.
    pub valid_until: u64,
    /// Hash of its metadata.
    pub metadata_hash: FixedBytes<32>,
}

/// What a committee decided to write instead of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewrite {
    /// Hash of the metadata in force.
    pub previous: FixedBytes<32>,
    /// Hash of the metadata from then on.
    pub metadata: FixedBytes<32>,
    /// Keccak-256 of where that is.
    pub uri: FixedBytes<32>,
}

impl Lifecycle {
    /// The issue, or the sublicense if there is a parent, that the application asks for.
    ///
    /// # Errors
    /// [`Reason::InvalidJurisdiction`].
    pub fn creation(&self, context: Context, application: &Application) -> Result<Action, Reason> {
        let place = Jurisdiction::parse(&application.jurisdiction)?;
        let (kind, issuer) = match &application.parent {
            Some(parent) => (ActionKind::Sublicense, parent.license.holder.into()),
            None => (ActionKind::Issue, context.caller),
        };
        Ok(Action {
            action: kind.code(),
            caller: context.caller,
            issuer,
            license_type: application.license_type,
            jurisdiction: FixedBytes(place.to_bytes()),
            token_id: U256::zero(),
            from: Address::zero(),
            to: application.to,
            amount: application.amount,
            state: State {
                kind: context.kind as u8,
                valid_from: match application.valid_from {
                    0 => context.now,
                    given => given,
                },
                at: context.now,
                ..State::default()
            },
            parent: parent_in_action(application.parent.as_ref(), context.now),
            content: FixedBytes(application.metadata.hash),
        })
    }

    /// Issues a license: in force if its type has no gates, else pending. Its end follows from its type
    /// and from its parent's end.
    ///
    /// # Errors
    /// Policy's refusal; else [`Reason::InvalidText`] for a URI that is too long.
    pub fn issue(&mut self, context: Context, application: Application) -> Result<Issued, Refused> {
        let action = self.creation(context, &application)?;
        let rules = self.policy.allow(action, None)?;
        require_uri(&application.metadata)?;
        let parent = application.parent;
        let term = Term::first(&rules.durations(), action.state.valid_from)?;
        let term = within(term, parent.as_ref())?;
        let license = License::issued(
            application.to.0,
            action.issuer.0,
            application.license_type,
            Jurisdiction::from_bytes(action.jurisdiction.0)?,
            term,
        )
        .under(parent.map_or(0, |parent| parent.id));
        let license = if rules.issue_gates == 0 {
            license
        } else {
            license.pending()
        };
        let marks = Marks {
            locked: !rules.transferable,
            seats: context.kind == TypeKind::Sft,
            ..Marks::default()
        };
        let entry = self.register.add(license, marks, &application.metadata)?;
        self.tell(&entry)?;
        ink::env::emit_event(LicenseIssued {
            token_id: entry.token_id(),
            issuer: action.issuer,
            holder: application.to,
            license_type: application.license_type,
            jurisdiction: application.jurisdiction,
            valid_from: term.valid_from,
            valid_until: term.valid_until,
            grace_until: term.grace_until,
            metadata_hash: FixedBytes(application.metadata.hash),
            token_uri: application.metadata.uri,
        });
        Ok(Issued { entry, rules })
    }

    /// Brings a pending license into force: all gates of its type in one transaction. `to` is its
    /// holder, or the first holder of its `amount` seats.
    ///
    /// # Errors
    /// [`Reason::NotAsApproved`] when the license is not what was approved, else policy's refusal.
    pub fn activate(
        &mut self,
        context: Context,
        entry: Entry,
        to: Address,
        amount: u64,
        approved: Approved,
        evidence: Evidence,
    ) -> Result<Change, Refused> {
        let metadata_hash = FixedBytes(self.register.metadata(entry.id)?.hash);
        let license = &entry.license;
        let asked = Approved {
            holder: to,
            license_type: license.license_type,
            valid_from: license.term.valid_from,
            valid_until: license.term.valid_until,
            metadata_hash,
        };
        if approved != asked {
            return Err(Reason::NotAsApproved.into());
        }
        let action = Action {
            to,
            amount,
            content: metadata_hash,
            ..self.action_on(context, ActionKind::Activate, &entry)
        };
        self.policy.allow(action, Some(evidence))?;
        let change = self.store(entry, license.activated(context.now)?)?;
        ink::env::emit_event(LicenseActivated {
            token_id: entry.token_id(),
            actor: context.caller,
        });
        Ok(change)
    }

    /// Takes a pending license back, for ever, with all its `amount` tokens or seats.
    ///
    /// # Errors
    /// Policy's refusal.
    pub fn withdraw(
        &mut self,
        context: Context,
        entry: Entry,
        amount: u64,
    ) -> Result<Change, Refused> {
        self.allow(context, ActionKind::Withdraw, &entry, amount)?;
        let change = self.store(entry, entry.license.withdrawn(context.now)?)?;
        ink::env::emit_event(LicenseWithdrawn {
            token_id: entry.token_id(),
            actor: context.caller,
        });
        Ok(change)
    }

    /// Notes that a renewal is wanted. The license stays as it is meanwhile.
    ///
    /// # Errors
    /// Policy's refusal, else [`Reason::AlreadyRequested`].
    pub fn request_renewal(&mut self, context: Context, entry: Entry) -> Result<(), Refused> {
        let rules = self.allow(context, ActionKind::RequestRenewal, &entry, 1)?;
        require_no_request(&entry)?;
        let renewed = self.renewed(&entry, &rules.durations(), context.now)?;
        let marks = Marks {
            renewal_requested: true,
            ..entry.marks
        };
        self.register.put(&Entry { marks, ..entry });
        ink::env::emit_event(RenewalRequested {
            token_id: entry.token_id(),
            actor: context.caller,
            valid_until: renewed.term.valid_until,
        });
        Ok(())
    }

    /// Extends a license by its type's term, or by what its parent leaves of it, and ends a request. A
    /// renewal that a committee approved names the new end and answers a request.
    ///
    /// # Errors
    /// [`Reason::NotRequested`], else policy's refusal, else [`Reason::NotAsApproved`] for another end.
    pub fn renew(
        &mut self,
        context: Context,
        entry: Entry,
        approved_end: Option<u64>,
        evidence: Option<Evidence>,
    ) -> Result<Change, Refused> {
        if approved_end.is_some() && !entry.marks.renewal_requested {
            return Err(Reason::NotRequested.into());
        }
        let action = self.action_on(context, ActionKind::Renew, &entry);
        let rules = self.policy.allow(action, evidence)?;
        let renewed = self.renewed(&entry, &rules.durations(), context.now)?;
        let Term {
            valid_until,
            grace_until,
            ..
        } = renewed.term;
        if approved_end.is_some_and(|end| end != valid_until) {
            return Err(Reason::NotAsApproved.into());
        }
        let marks = Marks {
            renewal_requested: false,
            ..entry.marks
        };
        let change = self.store(Entry { marks, ..entry }, renewed)?;
        ink::env::emit_event(LicenseRenewed {
            token_id: entry.token_id(),
            actor: context.caller,
            valid_until,
            grace_until,
        });
        Ok(change)
    }

    fn renewed(&self, entry: &Entry, durations: &Durations, now: u64) -> Result<License, Reason> {
        let renewed = entry.license.renewed(durations, now)?;
        let term = within(renewed.term, self.parent_of(&entry.license).as_ref())?;
        Ok(License { term, ..renewed })
    }
}

/// What explains, and refuses, a second request.
///
/// # Errors
/// [`Reason::AlreadyRequested`].
pub fn require_no_request(entry: &Entry) -> Result<(), Reason> {
    if entry.marks.renewal_requested {
        Err(Reason::AlreadyRequested)
    } else {
        Ok(())
    }
}

fn within(term: Term, parent: Option<&Entry>) -> Result<Term, Reason> {
    match parent {
        Some(parent) => term.within(&parent.license.term),
        None => Ok(term),
    }
}

pub(crate) fn require_uri(metadata: &Metadata) -> Result<(), Refused> {
    metadata
        .validate()
        .map_err(|reason| Refused::new(reason, MAX_URI as u64))
}
