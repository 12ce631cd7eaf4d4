use std::collections::BTreeSet;

use alloy_primitives::Address;
use lex_model::{
    Action, ActionKind, License, Outbox, Reason, SoftwareKeccak, Status, Subject, TypeKind, Update,
};

use super::{Holdings, Position, Right, Step};
use crate::{
    Evidence, Refused, Rulebook,
    lifecycle::{self, Metadata, Source, Wanted, action_on, creation},
};

/// The most seats of one license.
const MAX_SEATS: u64 = u32::MAX as u64;

/// What policy and the seats contract together should hold, in plain maps and sets.
#[derive(Debug)]
pub struct Reference {
    /// Time, Unix seconds.
    pub now: u64,
    /// What policy and the verifier hold.
    pub rules: Rulebook,
    /// Licenses by their ids, from 1.
    pub licenses: Vec<Series>,
    /// Which operators may move all seats of which holders.
    pub operators: BTreeSet<(Address, Address)>,
    /// The outbox of the seats contract.
    pub outbox: Outbox,
    /// The last step that used a clearance up, which must not do so again (I16).
    pub cleared: Option<Step>,
    source: Source,
}

/// A license and its seats.
#[derive(Debug, Clone)]
pub struct Series {
    /// The license itself; its holder is the licensee.
    pub license: License,
    /// Its metadata.
    pub metadata: Metadata,
    /// Whether its last suspension was the committee's.
    pub suspended_by_committee: bool,
    /// How often somebody recorded that its suspension had lifted.
    pub settlements: u32,
    /// Whether a renewal is requested.
    pub requested: bool,
    /// Who has what.
    pub holdings: Holdings,
}

/// What is asked for: an action on seats or on their license, or a new license.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// The kind of action.
    pub kind: ActionKind,
    /// Who asks.
    pub caller: Address,
    /// The license; 0 for an issue.
    pub id: u64,
    /// Of an issue, the type.
    pub license_type: u64,
    /// Of an issue, where it is to be valid.
    pub place: &'static str,
    /// Of an issue, its start; 0 for now.
    pub valid_from: u64,
    /// Whose seats, where it is about some. Giving up is about the caller's.
    pub from: Address,
    /// Who is to get them, where someone is. A recovery is for the successor.
    pub to: Address,
    /// How many. A recovery is about all.
    pub amount: u64,
}

impl Question {
    /// A transfer of nothing of a license, to begin with.
    pub(super) fn on(id: u64, caller: Address) -> Self {
        Self {
            kind: ActionKind::Transfer,
            caller,
            id,
            license_type: 0,
            place: "",
            valid_from: 0,
            from: Address::ZERO,
            to: Address::ZERO,
            amount: 0,
        }
    }

    /// The license that an issue asks for.
    pub(super) fn wanted(&self) -> Wanted {
        Wanted {
            issuer: self.caller,
            to: self.to,
            license_type: self.license_type,
            place: self.place,
            valid_from: self.valid_from,
        }
    }
}

impl Series {
    /// The version that decisions and evidence name: nobody voids them by recording what time did.
    pub fn version(&self) -> u32 {
        self.license.version - self.settlements
    }

    /// A license's status at a time.
    pub fn status(&self, now: u64) -> Status {
        self.license.status_at(now)
    }

    /// Who answers for the license.
    pub fn licensee(&self) -> Address {
        self.license.holder.into()
    }
}

impl Reference {
    /// Nothing has happened yet on the seats contract at `address`, under these rules.
    pub fn new(chain_id: u64, address: Address, rules: Rulebook, now: u64) -> Self {
        Self {
            now,
            rules,
            licenses: Vec::new(),
            operators: BTreeSet::new(),
            outbox: Outbox::empty::<SoftwareKeccak>(chain_id, &address.0.0),
            cleared: None,
            source: Source { chain_id, address },
        }
    }

    /// The license with this id.
    pub fn series(&self, id: u64) -> Option<&Series> {
        let place = usize::try_from(id.checked_sub(1)?).ok()?;
        self.licenses.get(place)
    }

    /// The license with this id, to be changed.
    ///
    /// # Panics
    /// When there is none.
    pub fn series_mut(&mut self, id: u64) -> &mut Series {
        &mut self.licenses[id as usize - 1]
    }

    /// How many licenses of a type were issued.
    pub fn supply(&self, license_type: u64) -> u64 {
        let of_type = |series: &&Series| series.license.license_type == license_type;
        self.licenses.iter().filter(of_type).count() as u64
    }

    /// Whether an account could use a license now, had it a seat.
    pub fn is_usable(&self, series: &Series, account: Address) -> bool {
        let license_type = series.license.license_type;
        series.status(self.now) == Status::Active && self.rules.allows_use(account, license_type)
    }

    /// A user's right to a seat, while it lasts and neither the license nor the holder's or the user's
    /// freeze stands against it (I6).
    pub fn right(&self, series: &Series, user: Address) -> Option<Right> {
        let right = series.holdings.right(user, self.now)?;
        let usable = self.is_usable(series, user) && self.is_usable(series, right.holder);
        usable.then_some(right)
    }

    /// Whether an account may use a seat now: one of its own that it has not assigned, or another's.
    pub fn may_use(&self, series: &Series, account: Address) -> bool {
        let own = series.holdings.of(account).unassigned(self.now) > 0;
        self.is_usable(series, account) && (own || self.right(series, account).is_some())
    }

    /// Every reason to refuse with this evidence, in the order in which they are refused.
    pub fn refusals(&self, question: &Question, evidence: &Evidence) -> Vec<Refused> {
        let Question { kind, id, .. } = *question;
        if kind == ActionKind::Sublicense {
            return vec![Reason::NotSublicensable.into()];
        }
        let series = self.series(id);
        let (mut refusals, numbers) = match (kind, series) {
            (ActionKind::Issue, _) => (Vec::from_iter(unfit_number(question.amount)), Vec::new()),
            (_, None) => return vec![Reason::UnknownLicense.into()],
            (_, Some(series)) => (self.stranger(question), self.obstacles(question, series)),
        };
        match self.subject(question) {
            Ok(subject) => {
                let policys = self.rules.refusals(&subject, evidence);
                // The caller corrects numbers without evidence, and without anybody's word.
                let place = policys.iter().position(comes_last);
                let (first, last) = policys.split_at(place.unwrap_or(policys.len()));
                refusals.extend(first.iter().chain(&numbers).chain(last).copied());
            }
            Err(reason) => refusals.push(reason.into()),
        }
        refusals
    }

    /// What evidence for a question is about.
    ///
    /// # Errors
    /// When the question names no place.
    pub fn subject(&self, question: &Question) -> Result<Subject, Reason> {
        let series = self.series(question.id);
        let action = self.action(question, series)?;
        let known = series.map(|series| (series.version(), series.metadata));
        Ok(self.source.subject(&self.rules, question.id, known, action))
    }

    /// Whether `caller` may move the seats of `holder`.
    pub fn may_move(&self, caller: Address, holder: Address) -> bool {
        caller == holder || self.operators.contains(&(holder, caller))
    }

    /// Whether a lost key has nothing left of a license, so that a recovery does nothing.
    pub(super) fn is_recovered(&self, series: &Series, lost: Address) -> bool {
        let Position {
            balance, frozen, ..
        } = series.holdings.of(lost);
        let is_lost = !self.rules.successor(lost, self.now).is_zero();
        is_lost && balance == 0 && frozen == 0 && series.licensee() != lost
    }

    /// The licensee once a lost key's successor has taken over.
    pub(super) fn next_licensee(&self, series: &Series, lost: Address) -> Address {
        if series.licensee() == lost {
            self.rules.successor(lost, self.now)
        } else {
            series.licensee()
        }
    }

    /// To somebody who is nobody to the holder nothing else is said first.
    fn stranger(&self, question: &Question) -> Vec<Refused> {
        let moves = matches!(question.kind, ActionKind::Transfer | ActionKind::Lend);
        match moves && !self.may_move(question.caller, question.from) {
            true => vec![Reason::NotApproved.into()],
            false => Vec::new(),
        }
    }

    /// The reasons that the seats contract has without policy.
    fn obstacles(&self, question: &Question, series: &Series) -> Vec<Refused> {
        let Question {
            kind,
            caller,
            from,
            to,
            amount,
            ..
        } = *question;
        let holdings = &series.holdings;
        let already = |so: bool| so.then(|| Refused::from(Reason::AlreadySo));
        let mut obstacles = Vec::new();
        match kind {
            ActionKind::Transfer => {
                obstacles.extend(holdings.of(from).obstacles(amount, self.now));
                obstacles.extend(holdings.too_many(from, to, amount, series.licensee()));
            }
            ActionKind::Surrender => {
                obstacles.extend(already(amount == 0));
                obstacles.extend(holdings.of(caller).obstacles(amount, self.now));
            }
            ActionKind::ForceTransfer => {
                let balance = holdings.of(from).balance;
                if amount > balance {
                    obstacles.push(Refused::new(Reason::InsufficientSeats, balance));
                }
            }
            ActionKind::FreezeToken => {
                obstacles.extend(already(holdings.of(from).frozen == amount));
            }
            ActionKind::Recover => obstacles.extend(already(self.is_recovered(series, from))),
            ActionKind::Lend => {
                let position = holdings.of(from);
                if position.frozen != 0 && position.unfrozen() == 0 {
                    obstacles.push(Reason::TokenFrozen.into());
                }
                let assigned = holdings.clone().assign(from, to, u64::MAX, self.now);
                obstacles.extend(assigned.err());
            }
            ActionKind::RequestRenewal if series.requested => {
                obstacles.push(Reason::AlreadyRequested.into());
            }
            _ => {}
        }
        obstacles
    }

    /// What a question asks policy, about a license if there is one.
    pub(super) fn action(
        &self,
        question: &Question,
        series: Option<&Series>,
    ) -> Result<Action, Reason> {
        let Question {
            kind,
            caller,
            from,
            to,
            amount,
            ..
        } = *question;
        let Some(Series {
            license,
            holdings,
            suspended_by_committee,
            ..
        }) = series
        else {
            let made = creation(kind, caller, TypeKind::Sft, &question.wanted(), self.now)?;
            return Ok(Action { amount, ..made });
        };
        let action = Action {
            suspended_by_committee: *suspended_by_committee,
            held: kind == ActionKind::Recover && holdings.of(from).frozen != 0,
            ..action_on(kind, caller, TypeKind::Sft, license, self.now)
        };
        let (holder, to) = match kind {
            ActionKind::Transfer
            | ActionKind::ForceTransfer
            | ActionKind::FreezeToken
            | ActionKind::Lend => (from, to),
            // With the license ends every seat.
            ActionKind::Revoke | ActionKind::Withdraw => {
                return Ok(Action {
                    amount: holdings.seats(),
                    ..action
                });
            }
            ActionKind::Activate => {
                return Ok(Action {
                    to: license.holder,
                    amount: holdings.seats(),
                    ..action
                });
            }
            ActionKind::Surrender => (caller, Address::ZERO),
            ActionKind::Recover => (from, self.rules.successor(from, self.now)),
            _ => return Ok(action),
        };
        Ok(Action {
            holder: holder.0.0,
            to: to.0.0,
            amount,
            ..action
        })
    }

    /// Puts a new license at the end, with all its seats in the licensee's hands.
    pub(super) fn add(&mut self, license: License, metadata: Metadata, holdings: Holdings) -> u64 {
        self.licenses.push(Series {
            license,
            metadata,
            suspended_by_committee: false,
            settlements: 0,
            requested: false,
            holdings,
        });
        let id = self.licenses.len() as u64;
        self.tell(id);
        id
    }

    /// Replaces a license.
    pub(super) fn replace(&mut self, id: u64, license: License) {
        self.series_mut(id).license = license;
        self.tell(id);
    }

    /// Appends an update that is about no single license.
    pub(super) fn append(&mut self, update: Update) {
        lifecycle::append(&mut self.outbox, update);
    }

    /// Readers learn of a license and not of its holders, who are many.
    fn tell(&mut self, id: u64) {
        let license = self.series_mut(id).license;
        self.append(Update {
            holder: [0; 20],
            ..license.update(id.into(), 0)
        });
    }
}

/// Whether a refusal is about evidence, or a module's.
fn comes_last(refusal: &Refused) -> bool {
    [
        Reason::ApprovalRequired,
        Reason::ClearanceRequired,
        Reason::ClearanceInvalid,
        Reason::ClearanceUsed,
        Reason::ClearanceExpired,
        Reason::ScoreTooLow,
        Reason::ProofRequired,
        Reason::ProofInvalid,
        Reason::ProofTimeInvalid,
        Reason::RootUnknown,
        Reason::NullifierUsed,
        Reason::UnknownCircuit,
        Reason::KeyRevoked,
        Reason::ModuleRefused,
        Reason::ModuleUnreachable,
    ]
    .iter()
    .any(|reason| reason.code() == refusal.code)
}

/// Why a license cannot have so many seats.
fn unfit_number(seats: u64) -> Option<Refused> {
    match seats {
        0 => Some(Reason::InsufficientSeats.into()),
        1..=MAX_SEATS => None,
        _ => Some(Refused::new(Reason::LimitReached, MAX_SEATS)),
    }
}
