use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::Address;
use lex_model::{
    Action, ActionKind, License, Outbox, Parent, Reason, SoftwareKeccak, Standing, Status, Subject,
    TypeKind, Update,
};

use crate::{
    Evidence, Refused, Rulebook,
    lifecycle::{self, Metadata, Source, Wanted, action_on, creation, has_ended},
};

/// The most licenses under one.
const MAX_CHILDREN: usize = 8;

/// What policy and the license contract together should hold. The rules of a single license are those
/// of `lex-model`; everything around them (who holds what, what is restricted, what the outbox says) is
/// kept here in plain maps, without the contracts' storage and calls.
#[derive(Debug)]
pub struct Reference {
    /// Time, Unix seconds.
    pub now: u64,
    /// What policy and the verifier hold.
    pub rules: Rulebook,
    /// Licenses by their ids, from 1.
    pub licenses: Vec<Entry>,
    /// How many licenses an account holds.
    pub balances: BTreeMap<Address, u64>,
    /// Which operators may move all licenses of which holders.
    pub operators: BTreeSet<(Address, Address)>,
    /// The outbox of the license contract.
    pub outbox: Outbox,
    source: Source,
}

/// A license and what its contract keeps about it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The license itself.
    pub license: License,
    /// Its metadata.
    pub metadata: Metadata,
    /// Who may move it besides its holder; zero for nobody.
    pub approved: Address,
    /// Who may use it besides its holder, and until when (Unix seconds); zero for nobody.
    pub user: (Address, u64),
    /// Whether it is held where it is.
    pub frozen: bool,
    /// Whether its last suspension was the committee's.
    pub suspended_by_committee: bool,
    /// How often somebody recorded that its suspension had lifted.
    pub settlements: u32,
    /// Whether a renewal is requested.
    pub requested: bool,
    /// The licenses under it.
    pub children: Vec<u64>,
}

/// What is asked for: an action on a license, or a new license.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// The kind of action.
    pub kind: ActionKind,
    /// Who asks.
    pub caller: Address,
    /// The license, of a sublicense the parent; 0 for an issue.
    pub id: u64,
    /// Of what makes a license, its type.
    pub license_type: u64,
    /// Of what makes a license, where it is valid.
    pub place: &'static str,
    /// Of what makes a license, its start; 0 for now.
    pub valid_from: u64,
    /// Who is to hold it.
    pub to: Address,
}

impl Question {
    /// The license that is asked for, issued by `issuer`.
    pub(super) fn wanted(&self, issuer: Address) -> Wanted {
        Wanted {
            issuer,
            to: self.to,
            license_type: self.license_type,
            place: self.place,
            valid_from: self.valid_from,
        }
    }
}

impl Entry {
    /// The version that decisions and evidence name: nobody voids them by recording what time did.
    pub fn version(&self) -> u32 {
        self.license.version - self.settlements
    }
}

impl Reference {
    /// Nothing has happened yet on the license contract at `address`, under these rules.
    pub fn new(chain_id: u64, address: Address, rules: Rulebook, now: u64) -> Self {
        Self {
            now,
            rules,
            licenses: Vec::new(),
            balances: BTreeMap::new(),
            operators: BTreeSet::new(),
            outbox: Outbox::empty::<SoftwareKeccak>(chain_id, &address.0.0),
            source: Source { chain_id, address },
        }
    }

    /// The license with this id.
    pub fn entry(&self, id: u64) -> Option<&Entry> {
        let place = usize::try_from(id.checked_sub(1)?).ok()?;
        self.licenses.get(place)
    }

    /// How many licenses of a type were issued.
    pub fn supply(&self, license_type: u64) -> u64 {
        self.licenses
            .iter()
            .filter(|entry| entry.license.license_type == license_type)
            .count() as u64
    }

    /// A license's status now, the one above it considered: it ends with that one, and is in force only
    /// while that one is.
    pub fn status(&self, entry: &Entry) -> Status {
        let alone = |license: &License| license.term.status(license.standing, self.now);
        let own = alone(&entry.license);
        let Some(parent) = self.entry(entry.license.parent) else {
            return own;
        };
        let above = alone(&parent.license);
        // From in force to over, as a reader has to be told.
        let order = [
            Status::Active,
            Status::NotYetValid,
            Status::InGrace,
            Status::Expired,
            Status::Suspended,
            Status::Pending,
        ];
        let place = |status| order.iter().position(|other| *other == status);
        match (place(own), place(above)) {
            (None, _) => own,
            (_, None) => Status::Revoked,
            (mine, theirs) if theirs > mine => above,
            _ => own,
        }
    }

    /// When the suspension that a license shows lifts by itself; 0 when it does not.
    pub fn suspended_until(&self, entry: &Entry) -> u64 {
        if self.status(entry) != Status::Suspended {
            return 0;
        }
        let above = self.entry(entry.license.parent);
        let standings = [Some(entry), above].into_iter().flatten();
        let ends = standings.filter_map(|entry| match entry.license.standing {
            Standing::Suspended { lifts_at } => Some(lifts_at.unwrap_or(u64::MAX)),
            _ => None,
        });
        ends.max()
            .filter(|end| *end != u64::MAX)
            .unwrap_or_default()
    }

    /// Whether a license can be used now: it and the one above it are in force, and nobody restricts
    /// either.
    pub fn is_usable(&self, entry: &Entry) -> bool {
        let above = self.entry(entry.license.parent);
        [Some(entry), above].into_iter().flatten().all(|entry| {
            let license = &entry.license;
            license.term.status(license.standing, self.now) == Status::Active
                && self
                    .rules
                    .allows_use(license.holder.into(), license.license_type)
        })
    }

    /// Who may use a license now besides its holder; zero for nobody. No right outlives the license
    /// (I6).
    pub fn user(&self, entry: &Entry) -> Address {
        let (user, expires) = entry.user;
        let lasts = self.now < expires && !self.rules.told.frozen.contains(&user);
        if lasts && self.is_usable(entry) {
            user
        } else {
            Address::ZERO
        }
    }

    /// Every reason to refuse with this evidence, in the order in which they are refused.
    pub fn refusals(&self, question: &Question, evidence: &Evidence) -> Vec<Refused> {
        let Question { kind, id, .. } = *question;
        let entry = self.entry(id);
        if kind != ActionKind::Issue && entry.is_none() {
            return vec![Reason::UnknownLicense.into()];
        }
        let mut refusals = entry.map_or_else(Vec::new, |entry| self.obstacles(question, entry));
        match self.subject(question) {
            Ok(subject) => {
                refusals.extend(self.rules.refusals(&subject, evidence));
            }
            Err(reason) => refusals.push(reason.into()),
        }
        if kind == ActionKind::RequestRenewal && entry.is_some_and(|entry| entry.requested) {
            refusals.push(Reason::AlreadyRequested.into());
        }
        refusals
    }

    /// What evidence for a question is about.
    ///
    /// # Errors
    /// When the question names no place.
    pub fn subject(&self, question: &Question) -> Result<Subject, Reason> {
        let entry = self.entry(question.id);
        let action = self.action(question, entry)?;
        let known = entry.map(|entry| (entry.version(), entry.metadata));
        Ok(self.source.subject(&self.rules, question.id, known, action))
    }

    /// The reasons that the license contract has without policy.
    fn obstacles(&self, question: &Question, entry: &Entry) -> Vec<Refused> {
        let mut obstacles = Vec::new();
        match question.kind {
            ActionKind::Transfer | ActionKind::Lend if !self.may_move(question.caller, entry) => {
                obstacles.push(Reason::NotApproved.into());
            }
            ActionKind::Sublicense => {
                if entry.license.parent != 0 {
                    obstacles.push(Reason::NotSublicensable.into());
                }
                if self.kept(entry).len() >= MAX_CHILDREN {
                    let full = Refused::new(Reason::LimitReached, MAX_CHILDREN as u64);
                    obstacles.push(full);
                }
            }
            _ => {}
        }
        obstacles
    }

    /// Whether `caller` may move a license for its holder.
    pub fn may_move(&self, caller: Address, entry: &Entry) -> bool {
        let approved = !caller.is_zero() && entry.approved == caller;
        approved || self.may_approve(caller, Address::from(entry.license.holder))
    }

    /// Whether `caller` may approve others for the licenses of `holder`.
    pub fn may_approve(&self, caller: Address, holder: Address) -> bool {
        caller == holder || self.operators.contains(&(holder, caller))
    }

    /// Puts a new license at the end.
    pub fn add(&mut self, license: License, metadata: Metadata) -> u64 {
        let id = self.licenses.len() as u64 + 1;
        *self
            .balances
            .entry(Address::from(license.holder))
            .or_default() += 1;
        self.licenses.push(Entry {
            license,
            metadata,
            approved: Address::ZERO,
            user: (Address::ZERO, 0),
            frozen: false,
            suspended_by_committee: false,
            settlements: 0,
            requested: false,
            children: Vec::new(),
        });
        if let Some(parent) = self.entry(license.parent) {
            let mut children = self.kept(parent);
            children.push(id);
            self.entry_mut(license.parent).children = children;
        }
        self.tell(id);
        id
    }

    /// Replaces a license; what stands under it follows.
    pub fn replace(&mut self, id: u64, license: License) {
        let entry = self.entry_mut(id);
        let before = std::mem::replace(&mut entry.license, license);
        if before.holder != license.holder {
            *self
                .balances
                .entry(Address::from(before.holder))
                .or_default() -= 1;
            *self
                .balances
                .entry(Address::from(license.holder))
                .or_default() += 1;
        }
        self.tell(id);
        if has_ended(license.standing.stored()) {
            self.end_children(id);
        }
    }

    /// Appends an update that is about no single license.
    pub fn append(&mut self, update: Update) {
        lifecycle::append(&mut self.outbox, update);
    }

    /// The license with this id, to be changed.
    ///
    /// # Panics
    /// When there is none.
    pub fn entry_mut(&mut self, id: u64) -> &mut Entry {
        &mut self.licenses[id as usize - 1]
    }

    /// What a question asks policy, about an entry if there is one.
    pub(super) fn action(
        &self,
        question: &Question,
        entry: Option<&Entry>,
    ) -> Result<Action, Reason> {
        let Question {
            kind, caller, to, ..
        } = *question;
        let Some(entry @ Entry { license, .. }) = entry else {
            let wanted = question.wanted(caller);
            return creation(kind, caller, TypeKind::Nft, &wanted, self.now);
        };
        if kind == ActionKind::Sublicense {
            let wanted = question.wanted(license.holder.into());
            return Ok(Action {
                parent: Some(self.as_parent(entry)),
                ..creation(kind, caller, TypeKind::Nft, &wanted, self.now)?
            });
        }
        let above = self.entry(license.parent);
        let to = match kind {
            ActionKind::Activate => license.holder,
            _ => to.0.0,
        };
        Ok(Action {
            to,
            held: entry.frozen,
            suspended_by_committee: entry.suspended_by_committee,
            parent: above.map(|above| self.as_parent(above)),
            ..action_on(kind, caller, TypeKind::Nft, license, self.now)
        })
    }

    /// Who decides about a license besides its committee.
    pub(super) fn decides(&self, license: &License) -> Address {
        match self.entry(license.parent) {
            Some(above) => above.license.holder.into(),
            None => self.rules.in_charge(license.issuer.into()),
        }
    }

    fn as_parent(&self, entry: &Entry) -> Parent {
        let license = &entry.license;
        Parent {
            holder: license.holder,
            license_type: license.license_type,
            jurisdiction: license.jurisdiction,
            status: license.status_at(self.now),
            held: entry.frozen,
            term: license.term,
        }
    }

    /// The licenses under one. When the list is full, those that have ended make room.
    fn kept(&self, parent: &Entry) -> Vec<u64> {
        let mut children = parent.children.clone();
        if children.len() >= MAX_CHILDREN {
            children.retain(|child| {
                self.entry(*child)
                    .is_some_and(|child| !has_ended(child.license.standing.stored()))
            });
        }
        children
    }

    /// The licenses under one that ended end with it, for ever. No update tells of each.
    fn end_children(&mut self, id: u64) {
        for child in self.entry_mut(id).children.clone() {
            let license = &mut self.entry_mut(child).license;
            if !has_ended(license.standing.stored()) {
                license.standing = Standing::Revoked;
            }
        }
    }

    fn tell(&mut self, id: u64) {
        let Some(entry) = self.entry(id) else { return };
        self.append(entry.license.update(id.into(), 0));
    }
}
