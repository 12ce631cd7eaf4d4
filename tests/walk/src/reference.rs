use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::Address;
use lex_model::{
    Action, ActionKind, Bundle, Facts, Jurisdiction, License, LicenseType, Outbox, Parent,
    Presented, Reason, Rule, Scope, SoftwareKeccak, Standing, Status, Term, TypeKind, Update,
};

use crate::{Refused, walk::has_ended};

/// The most licenses under one.
const MAX_CHILDREN: usize = 8;

/// What all contracts together should hold. The rules of a single license are those of `lex-model`;
/// everything around them (who holds what, what is restricted, what the outbox says) is kept here in
/// plain maps, without the contracts' storage and calls.
#[derive(Debug)]
pub struct Reference {
    /// Time, Unix seconds.
    pub now: u64,
    /// Types by their ids, from 1.
    pub types: Vec<Type>,
    /// The rules of jurisdictions.
    pub bundles: BTreeMap<&'static str, Rules>,
    /// Who is an issuer.
    pub issuers: BTreeSet<Address>,
    /// Who may act for which type where.
    pub grants: BTreeSet<(Address, u64, &'static str)>,
    /// Which holders are frozen.
    pub frozen: BTreeSet<Address>,
    /// Which lost keys have which successors.
    pub successors: BTreeMap<Address, Address>,
    /// The paused groups, as bits.
    pub paused: u8,
    /// Licenses by their ids, from 1.
    pub licenses: Vec<Entry>,
    /// How many licenses an account holds.
    pub balances: BTreeMap<Address, u64>,
    /// Which operators may move all licenses of which holders.
    pub operators: BTreeSet<(Address, Address)>,
    /// The outbox of the license contract.
    pub outbox: Outbox,
}

/// A license type.
#[derive(Debug, Clone, Copy)]
pub struct Type {
    /// Its rules.
    pub rules: LicenseType,
    /// Its committee; zero for none.
    pub committee: Address,
}

/// The rules of a jurisdiction, with the version that counts on after they are removed.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Counts changes.
    pub version: u32,
    /// The rules, if there are any.
    pub rules: Option<Vec<Rule>>,
}

/// A license and what its contract keeps about it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The license itself.
    pub license: License,
    /// Who may move it besides its holder; zero for nobody.
    pub approved: Address,
    /// Whether it is held where it is.
    pub frozen: bool,
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

impl Reference {
    /// Nothing has happened yet on the license contract at `address`.
    pub fn new(chain_id: u64, address: Address, now: u64) -> Self {
        Self {
            now,
            types: Vec::new(),
            bundles: BTreeMap::new(),
            issuers: BTreeSet::new(),
            grants: BTreeSet::new(),
            frozen: BTreeSet::new(),
            successors: BTreeMap::new(),
            paused: 0,
            licenses: Vec::new(),
            balances: BTreeMap::new(),
            operators: BTreeSet::new(),
            outbox: Outbox::empty::<SoftwareKeccak>(chain_id, &address.0.0),
        }
    }

    /// The license with this id.
    pub fn entry(&self, id: u64) -> Option<&Entry> {
        let place = usize::try_from(id.checked_sub(1)?).ok()?;
        self.licenses.get(place)
    }

    /// The type with this id.
    pub fn license_type(&self, id: u64) -> Option<&Type> {
        let place = usize::try_from(id.checked_sub(1)?).ok()?;
        self.types.get(place)
    }

    /// How many licenses of a type there are.
    pub fn supply(&self, license_type: u64) -> u64 {
        self.licenses
            .iter()
            .filter(|entry| entry.license.license_type == license_type)
            .count() as u64
    }

    /// The rules of a jurisdiction or, if it has none, of its country.
    pub fn bundle(&self, place: Jurisdiction) -> Option<Bundle<'_>> {
        [place, place.country()].iter().find_map(|place| {
            let Rules { version, rules } = self.bundles.get(place.as_str())?;
            Some(Bundle {
                version: *version,
                rules: rules.as_deref()?,
            })
        })
    }

    /// Who takes over what a lost key holds: its successor or, if that was lost too, the successor's;
    /// zero when the key is not lost.
    pub fn successor(&self, lost: Address) -> Address {
        let mut last = Address::ZERO;
        let mut next = self.successors.get(&lost);
        while let Some(successor) = next {
            last = *successor;
            next = self.successors.get(successor);
        }
        last
    }

    /// How a license stands, its parent considered.
    pub fn standing(&self, entry: &Entry) -> Standing {
        match self.entry(entry.license.parent) {
            Some(parent) => entry
                .license
                .standing
                .at(self.now)
                .under(parent.license.standing.at(self.now)),
            None => entry.license.standing,
        }
    }

    /// A license's status now, its parent considered.
    pub fn status(&self, entry: &Entry) -> Status {
        entry.license.term.status(self.standing(entry), self.now)
    }

    /// Whether a license is in force now.
    pub fn is_usable(&self, entry: &Entry) -> bool {
        self.status(entry) == Status::Active
            && self.paused & lex_model::Group::Use.bit() == 0
            && !self.frozen.contains(&Address::from(entry.license.holder))
            && self
                .license_type(entry.license.license_type)
                .is_some_and(|license_type| license_type.rules.open)
    }

    /// Every reason to refuse, in the order in which they are refused.
    pub fn refusals(&self, question: &Question) -> Vec<Refused> {
        let Question { kind, caller, .. } = *question;
        let mut refusals: Vec<Refused> = Vec::new();
        let action = match self.action(question) {
            Ok(action) => action,
            Err(reason) => return vec![reason.into()],
        };
        if kind == ActionKind::Transfer
            && let Some(entry) = self.entry(question.id)
        {
            if !self.may_move(caller, entry) {
                refusals.push(Reason::NotApproved.into());
            }
            if entry.frozen {
                refusals.push(Reason::TokenFrozen.into());
            }
        }
        if kind == ActionKind::RequestRenewal
            && self.entry(question.id).is_some_and(|entry| entry.requested)
        {
            refusals.push(Reason::AlreadyRequested.into());
        }
        if kind == ActionKind::Sublicense
            && let Some(parent) = self.entry(question.id)
        {
            if parent.license.parent != 0 {
                refusals.push(Reason::NotSublicensable.into());
            }
            if self.kept(parent).len() >= MAX_CHILDREN {
                let full = lex_model::Refusal {
                    reason: Reason::LimitReached,
                    rule_version: 0,
                    detail: MAX_CHILDREN as u64,
                };
                refusals.push(full.into());
            }
        }
        let license_type = self.license_type(action.license_type);
        let facts = Facts {
            license_type: license_type.map(|license_type| &license_type.rules),
            bundle: self.bundle(action.jurisdiction),
            issuer_registered: self.issuers.contains(&Address::from(action.issuer)),
            issuer_granted: self.is_granted(
                Address::from(action.issuer),
                action.license_type,
                action.jurisdiction,
            ),
            by_committee: license_type.is_some_and(|license_type| {
                !license_type.committee.is_zero() && license_type.committee == caller
            }),
            supply: self.supply(action.license_type),
            paused: self.paused,
            holder_frozen: self.frozen.contains(&Address::from(action.holder)),
            parent_holder_frozen: action
                .parent
                .is_some_and(|parent| self.frozen.contains(&Address::from(parent.holder))),
            to_frozen: self.frozen.contains(&Address::from(action.to)),
            clearance: Presented::Missing,
            proof: Presented::Missing,
            module: None,
        };
        let gate = lex_model::refusals(&action, &facts);
        refusals.extend(gate.iter().map(Refused::from));
        refusals
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
    pub fn add(&mut self, license: License) -> u64 {
        let id = self.licenses.len() as u64 + 1;
        *self
            .balances
            .entry(Address::from(license.holder))
            .or_default() += 1;
        self.licenses.push(Entry {
            license,
            approved: Address::ZERO,
            frozen: false,
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
        if before.standing != license.standing {
            self.follow(id);
        }
    }

    /// Appends an update that is about no single license.
    pub fn append(&mut self, update: Update) {
        let nonce = self.outbox.nonce + 1;
        let update = Update { nonce, ..update };
        self.outbox = self
            .outbox
            .with::<SoftwareKeccak>(&update)
            .expect("the nonce is the next one");
    }

    /// The license with this id, to be changed.
    ///
    /// # Panics
    /// When there is none.
    pub fn entry_mut(&mut self, id: u64) -> &mut Entry {
        &mut self.licenses[id as usize - 1]
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

    /// What happens to the licenses under one whose standing changed: they die with it, or are read
    /// differently.
    fn follow(&mut self, id: u64) {
        let Some(parent) = self.entry(id).cloned() else {
            return;
        };
        let dead = matches!(
            parent.license.standing,
            Standing::Revoked | Standing::Archived
        );
        for child in parent.children {
            let license = self.entry_mut(child).license;
            let changed = match license.standing {
                Standing::Revoked | Standing::Archived => continue,
                _ if dead => License {
                    standing: Standing::Revoked,
                    version: license.version + 1,
                    ..license
                },
                _ => license.touched().expect("few versions"),
            };
            self.entry_mut(child).license = changed;
            self.tell(child);
        }
    }

    fn tell(&mut self, id: u64) {
        let Some(entry) = self.entry(id) else { return };
        let shown = License {
            standing: match self.entry(entry.license.parent) {
                Some(parent) => entry.license.standing.under(parent.license.standing),
                None => entry.license.standing,
            },
            ..entry.license
        };
        self.append(shown.update(id.into(), 0));
    }

    fn action(&self, question: &Question) -> Result<Action, Reason> {
        let Question {
            kind,
            caller,
            id,
            license_type,
            place,
            valid_from,
            to,
        } = *question;
        let asked = Action {
            kind,
            caller: caller.0.0,
            issuer: caller.0.0,
            holder: [0; 20],
            to: to.0.0,
            amount: 1,
            token_kind: TypeKind::Nft,
            license_type,
            jurisdiction: Jurisdiction::parse("ZZ")?,
            status: Status::Unknown,
            term: Term {
                valid_from: if valid_from == 0 {
                    self.now
                } else {
                    valid_from
                },
                valid_until: 0,
                grace_until: 0,
            },
            parent: None,
            at: self.now,
        };
        if kind == ActionKind::Issue {
            let jurisdiction = Jurisdiction::parse(place)?;
            return Ok(Action {
                jurisdiction,
                ..asked
            });
        }
        let license = self.entry(id).ok_or(Reason::UnknownLicense)?.license;
        if kind == ActionKind::Sublicense {
            return Ok(Action {
                issuer: license.holder,
                jurisdiction: Jurisdiction::parse(place)?,
                parent: Some(self.as_parent(&license)),
                ..asked
            });
        }
        let above = self.entry(license.parent).map(|entry| entry.license);
        Ok(Action {
            issuer: license.issuer,
            holder: license.holder,
            license_type: license.license_type,
            jurisdiction: license.jurisdiction,
            status: license.status_at(self.now),
            term: license.term,
            parent: above.map(|above| self.as_parent(&above)),
            ..asked
        })
    }

    fn as_parent(&self, license: &License) -> Parent {
        Parent {
            holder: license.holder,
            license_type: license.license_type,
            jurisdiction: license.jurisdiction,
            status: license.status_at(self.now),
            term: license.term,
        }
    }

    fn is_granted(&self, issuer: Address, license_type: u64, place: Jurisdiction) -> bool {
        Scope::covering(place).into_iter().any(|scope| {
            self.grants.iter().any(|(granted, of_type, in_place)| {
                *granted == issuer
                    && *of_type == license_type
                    && Scope::parse(in_place) == Ok(scope)
            })
        })
    }
}
