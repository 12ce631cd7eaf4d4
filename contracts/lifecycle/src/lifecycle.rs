use ink::{
    Address, U256,
    sol::FixedBytes,
    storage::{Mapping, traits::ManualKey},
};
use lex_model::{ActionKind, Hash, License, Reason, Status};
use lex_policy_interface::{
    self as interface, Action, BY_COMMITTEE, HELD, Refused, State, require_account,
};

use crate::{
    Context, Entry, LicenseView, Metadata, OutboxLog, OutboxView, Policy, Register, Restrictions,
    RoyaltyView, lifts_at, place, require_idle,
};

/// Basis points in a whole.
const WHOLE: u64 = 10_000;
/// How many licenses are looked at above one. The license contract lets one stand there.
const MAX_DEPTH: u32 = 4;

/// Licenses, and everything that happens to them but their tokens' moves.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Lifecycle {
    /// The contract that is asked before every change.
    pub policy: Policy,
    /// The licenses.
    pub register: Register,
    /// What policy said about licenses as a whole.
    pub restrictions: Restrictions,
    /// Whether the present or last suspension of a license was decided by its committee.
    suspended_by_committee: Mapping<u64, bool, ManualKey<0x4c4c_0018>>,
    /// How many versions of a license only recorded that a suspension had lifted.
    pub(crate) settlements: Mapping<u64, u32, ManualKey<0x4c4c_001d>>,
    /// What the metadata of a license is requested to be.
    pub(crate) amendments: Mapping<u64, Option<Metadata>, ManualKey<0x4c4c_001c>>,
    outbox: OutboxLog,
}

/// A license before and after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// As it was.
    pub before: License,
    /// As it is.
    pub after: Entry,
}

impl Change {
    /// Whether the license came to its end, and what stands under it with it.
    pub fn ends(&self) -> bool {
        !self.before.standing.has_ended() && self.after.license.standing.has_ended()
    }
}

impl Lifecycle {
    /// Sets up an empty register at `contract` that asks `policy`, once.
    ///
    /// # Errors
    /// [`Reason::AlreadyInitialized`], or [`Reason::ZeroAddress`] as the policy.
    pub fn initialize(&mut self, policy: Address, contract: Address) -> Result<(), Reason> {
        if self.policy.require().is_ok() {
            return Err(Reason::AlreadyInitialized);
        }
        require_account(policy)?;
        self.policy.set(policy);
        self.outbox.begin(&contract.0);
        Ok(())
    }

    /// The end of the outbox.
    ///
    /// # Errors
    /// [`Reason::NotInitialized`].
    pub fn outbox(&self) -> Result<OutboxView, Reason> {
        self.outbox.end()
    }

    /// Writes down what policy says about a holder, a type or the use of all licenses; `kind` is one of
    /// the outbox's.
    ///
    /// # Errors
    /// [`Reason::NotPolicy`], or [`Reason::UnknownAction`] for an unknown kind; [`Reason::UnsafeReceiver`]
    /// while a receiver is asked.
    pub fn restrict(
        &mut self,
        caller: Address,
        kind: u8,
        holder: Address,
        license_type: u64,
        holds: bool,
    ) -> Result<(), Reason> {
        if caller != self.policy.require()? {
            return Err(Reason::NotPolicy);
        }
        require_idle()?;
        let update = self.restrictions.set(kind, holder, license_type, holds)?;
        self.outbox.append(update)
    }

    /// The license under which this one stands.
    pub fn parent_of(&self, license: &License) -> Option<Entry> {
        if license.parent == 0 {
            return None;
        }
        self.register.get(license.parent).ok()
    }

    /// What stands above a license, nearest first; `None` in the end for a license that is named as a
    /// parent and is not there, or stands deeper than [`MAX_DEPTH`].
    fn above(&self, license: &License) -> impl Iterator<Item = Option<License>> {
        let mut next = license.parent;
        let mut depth = 0;
        core::iter::from_fn(move || {
            if next == 0 {
                return None;
            }
            depth += 1;
            let found = self.register.get(next).ok();
            let parent = found
                .filter(|_| depth <= MAX_DEPTH)
                .map(|entry| entry.license);
            next = parent.map_or(0, |parent| parent.parent);
            Some(parent)
        })
    }

    /// The status of a license at a time: no better than that of any license above it.
    pub fn status_of(&self, license: &License, at: u64) -> Status {
        self.above(license)
            .map(|parent| parent.map_or(Status::Unknown, |parent| parent.status_at(at)))
            .fold(license.status_at(at), Status::under)
    }

    /// When the suspension that keeps a license out of force at a time lifts by itself, be it its own or
    /// that of a license above it; 0 for never, or when there is none.
    pub fn suspended_until(&self, license: &License, at: u64) -> u64 {
        if self.status_of(license, at) != Status::Suspended {
            return 0;
        }
        let above = self.above(license).flatten();
        let standing = above.fold(license.standing, |standing, parent| {
            standing.under(parent.standing)
        });
        lifts_at(standing.at(at))
    }

    /// Whether `holder` may use the license at time `now`: it is in force, and so is every license above
    /// it, whose holders are not frozen and whose types are open either.
    pub fn is_usable(&self, license: &License, holder: Address, now: u64) -> bool {
        let may = |license: &License, holder| {
            license.status_at(now) == Status::Active
                && self.restrictions.allow_use(holder, license.license_type)
        };
        may(license, holder)
            && self
                .above(license)
                .all(|parent| parent.is_some_and(|parent| may(&parent, parent.holder.into())))
    }

    /// The license as readers see it at time `now`.
    pub fn view(&self, license: &License, metadata_hash: Hash, now: u64) -> LicenseView {
        let status = self.status_of(license, now);
        let suspended_until = self.suspended_until(license, now);
        LicenseView::new(license, status, suspended_until, metadata_hash)
    }

    /// Code of the license's status at a time; 0 when there is no such license.
    pub fn status_at(&self, token_id: U256, at: u64) -> u8 {
        self.register
            .find(token_id)
            .map_or(0, |entry| self.status_of(&entry.license, at).code())
    }

    /// Ends a license that stands under one that came to its end. No update tells of it: readers compute
    /// it from the parent's.
    pub fn orphan(&mut self, entry: Entry) {
        let license = entry.license.orphaned();
        self.register.put(&Entry { license, ..entry });
    }

    /// An action of the context's caller on a license, of one token or seat, without a receiver.
    pub fn action_on(&self, context: Context, kind: ActionKind, entry: &Entry) -> Action {
        let Entry { id, license, .. } = entry;
        let parent = self.parent_of(license);
        let mut status = status(entry, context.now);
        if license.standing.stored() == Status::Suspended && self.is_committees_suspension(*id) {
            status |= BY_COMMITTEE;
        }
        Action {
            action: kind.code(),
            caller: context.caller,
            issuer: license.issuer.into(),
            license_type: license.license_type,
            jurisdiction: place(license),
            token_id: U256::from(*id),
            from: license.holder.into(),
            to: Address::zero(),
            amount: 1,
            state: State {
                kind: context.kind as u8,
                status,
                version: self.version_of(entry),
                valid_from: license.term.valid_from,
                valid_until: license.term.valid_until,
                grace_until: license.term.grace_until,
                at: context.now,
            },
            parent: parent_in_action(parent.as_ref(), context.now),
            content: FixedBytes([0; 32]),
        }
    }

    fn is_committees_suspension(&self, id: u64) -> bool {
        self.suspended_by_committee.get(id).unwrap_or_default()
    }

    /// Notes whether the suspension that begins, or goes on, was decided by the license's committee.
    pub(crate) fn note_suspension(&mut self, entry: &Entry, by_committee: bool) {
        if by_committee != self.is_committees_suspension(entry.id) {
            self.suspended_by_committee.insert(entry.id, &by_committee);
        }
    }

    /// Who decides about a license besides its committee: of a sublicense, whoever holds its parent;
    /// else its issuer, or whoever took over from it.
    ///
    /// # Errors
    /// [`Reason::PolicyUnreachable`].
    pub fn decides(&self, license: &License) -> Result<Address, Refused> {
        match self.parent_of(license) {
            Some(parent) => Ok(parent.license.holder.into()),
            None => self.policy.issuer_in_charge(license.issuer.into()),
        }
    }

    /// Refuses an account that does nothing by itself, or whose licenses nobody but the committee
    /// changes: with [`Reason::KeyLost`] and `whose` (0 the caller's, 1 the holder's), or with `frozen`.
    ///
    /// # Errors
    /// That reason, or [`Reason::PolicyUnreachable`].
    pub fn require_free(
        &self,
        account: Address,
        frozen: Reason,
        whose: u64,
    ) -> Result<(), Refused> {
        if !self.restrictions.is_frozen(account) {
            return Ok(());
        }
        if self.policy.account(account)?.lost {
            Err(Refused::new(Reason::KeyLost, whose))
        } else {
            Err(frozen.into())
        }
    }

    /// Refuses a caller against whom something stands.
    ///
    /// # Errors
    /// As [`Lifecycle::require_free`].
    pub fn require_caller_free(&self, caller: Address, holder: Address) -> Result<(), Refused> {
        let frozen = match caller == holder {
            true => Reason::HolderFrozen,
            false => Reason::CallerFrozen,
        };
        self.require_free(caller, frozen, 0)
    }

    /// Asks whether the caller may do this to the license, of which it concerns so many seats.
    ///
    /// # Errors
    /// Policy's refusal, or [`Reason::PolicyUnreachable`].
    pub fn allow(
        &self,
        context: Context,
        kind: ActionKind,
        entry: &Entry,
        amount: u64,
    ) -> Result<interface::Rules, Refused> {
        let action = Action {
            amount,
            ..self.action_on(context, kind, entry)
        };
        self.policy.allow(action, None)
    }

    /// Replaces a license by its next version and tells readers.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^64 - 1 updates.
    pub fn store(&mut self, entry: Entry, license: License) -> Result<Change, Reason> {
        let after = Entry { license, ..entry };
        self.register.put(&after);
        self.tell(&after)?;
        Ok(Change {
            before: entry.license,
            after,
        })
    }

    /// Appends an update about a license as it stands on its own.
    pub(crate) fn tell(&mut self, entry: &Entry) -> Result<(), Reason> {
        let mut update = entry.license.update(entry.id.into(), 0);
        if entry.marks.seats {
            update.holder = Address::zero().0;
        }
        self.outbox.append(update)
    }

    /// ERC-2981: what a sale of the license at this price owes.
    ///
    /// # Errors
    /// [`Reason::PolicyUnreachable`].
    pub fn royalty(&self, license: &License, price: U256) -> Result<RoyaltyView, Refused> {
        let rules = self.policy.type_rules(license.license_type)?;
        let receiver = if rules.royalty_receiver.is_zero() {
            // Not the key that issued it, if that is an issuer's no more.
            self.policy.issuer_in_charge(license.issuer.into())?
        } else {
            rules.royalty_receiver
        };
        Ok(RoyaltyView {
            receiver,
            royalty_amount: share(price, rules.royalty),
        })
    }
}

/// The share of a price in basis points, rounded down. Above 2^256 / 10000 the price is divided first.
fn share(price: U256, basis_points: u16) -> U256 {
    let (whole, points) = (U256::from(WHOLE), U256::from(basis_points));
    match price.checked_mul(points) {
        Some(product) => product.checked_div(whole),
        None => price
            .checked_div(whole)
            .and_then(|part| part.checked_mul(points)),
    }
    .unwrap_or_default()
}

/// The code of a license's status, and whether it is held where it is, as policy is told.
fn status(entry: &Entry, now: u64) -> u8 {
    let held = if entry.marks.frozen { HELD } else { 0 };
    entry.license.status_at(now).code() | held
}

/// The license under which another stands, as policy is told.
pub(crate) fn parent_in_action(parent: Option<&Entry>, now: u64) -> interface::Parent {
    parent.map_or_else(Default::default, |entry| {
        let license = &entry.license;
        interface::Parent {
            holder: license.holder.into(),
            license_type: license.license_type,
            jurisdiction: place(license),
            status: status(entry, now),
            valid_from: license.term.valid_from,
            valid_until: license.term.valid_until,
            grace_until: license.term.grace_until,
        }
    })
}
