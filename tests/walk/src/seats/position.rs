use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::Address;
use lex_model::Reason;

use crate::Refused;

/// What one account has of one license.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// How many seats it holds.
    pub balance: u64,
    /// How many seats it must keep; may be more than it holds.
    pub frozen: u64,
    /// To whom seats of it are assigned. A right whose time is over stays here until it is taken back
    /// or the last of them is over.
    pub assigned: BTreeSet<Address>,
    /// When the last of these rights ends, or was to end, Unix seconds.
    pub assigned_until: u64,
}

/// A user's right to a seat, as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// Whose seat it is.
    pub holder: Address,
    /// The first second in which the right is over, Unix seconds.
    pub expires: u64,
}

/// Who holds the seats of one license, and who uses them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holdings {
    /// By holder.
    pub positions: BTreeMap<Address, Position>,
    /// By user; also rights that are over, until someone takes them back.
    pub rights: BTreeMap<Address, Right>,
    /// The most seats that an account other than the licensee may hold; 0 for no limit.
    pub max_per_holder: u64,
}

/// What taking seats away by decision did besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many seats of the account are frozen now, if fewer than before.
    pub frozen: Option<u64>,
    /// Whether its assignments ended.
    pub unassigned: bool,
}

impl Position {
    /// How many seats are assigned at a time.
    pub fn assigned_at(&self, now: u64) -> u64 {
        if now < self.assigned_until {
            self.assigned.len() as u64
        } else {
            0
        }
    }

    /// How many seats are not assigned.
    pub fn unassigned(&self, now: u64) -> u64 {
        self.balance - self.balance.min(self.assigned_at(now))
    }

    /// How many seats need not be kept.
    pub fn unfrozen(&self) -> u64 {
        self.balance - self.balance.min(self.frozen)
    }

    /// How many seats its holder could give away, if policy has nothing against it.
    pub fn free(&self, now: u64) -> u64 {
        self.unassigned(now).min(self.unfrozen())
    }

    /// Why its holder cannot give so many away: too few are not assigned, or it has them but must keep
    /// them.
    pub fn obstacles(&self, amount: u64, now: u64) -> Vec<Refused> {
        let mut obstacles = Vec::new();
        if amount > self.unassigned(now) {
            obstacles.push(Refused::new(
                Reason::InsufficientSeats,
                self.unassigned(now),
            ));
        }
        if amount <= self.balance && amount > self.unfrozen() {
            obstacles.push(Refused::new(Reason::TokenFrozen, self.unfrozen()));
        }
        obstacles
    }
}

impl Holdings {
    /// What an account has.
    pub fn of(&self, account: Address) -> Position {
        self.positions.get(&account).cloned().unwrap_or_default()
    }

    /// How many seats there are.
    pub fn seats(&self) -> u64 {
        self.positions
            .values()
            .map(|position| position.balance)
            .sum()
    }

    /// Why an account cannot get so many: only the licensee may hold more than the limit.
    pub fn too_many(
        &self,
        from: Address,
        to: Address,
        amount: u64,
        licensee: Address,
    ) -> Option<Refused> {
        let limit = self.max_per_holder;
        let limited = limit != 0 && to != licensee && to != from && amount != 0;
        let more = self.of(to).balance.saturating_add(amount) > limit;
        (limited && more).then(|| Refused::new(Reason::TooManySeats, limit))
    }

    /// Seats change hands.
    ///
    /// # Panics
    /// When there are too few: that was to be asked before.
    pub fn pass(&mut self, from: Address, to: Address, amount: u64) {
        self.lose(from, amount);
        self.at(to).balance += amount;
    }

    /// Seats are no more.
    ///
    /// # Panics
    /// As [`Self::pass`].
    pub fn lose(&mut self, from: Address, amount: u64) {
        let position = self.at(from);
        let left = position.balance.checked_sub(amount);
        position.balance = left.expect("it has so many");
    }

    /// Seats change hands by decision. Frozen ones go last and are released before; when too few are
    /// left for the assignments, all of these end.
    pub fn take(&mut self, from: Address, to: Address, amount: u64, now: u64) -> Taken {
        let before = self.of(from);
        let released = amount - amount.min(before.unfrozen());
        let mut taken = Taken::default();
        if released > 0 {
            self.at(from).frozen = before.frozen - released.min(before.frozen);
            taken.frozen = Some(self.of(from).frozen);
        }
        if before.balance - amount < before.assigned_at(now) {
            self.end_assignments(from);
            taken.unassigned = true;
        }
        self.pass(from, to, amount);
        taken
    }

    /// Everything of a lost key is its successor's: the seats and the freeze, not the assignments.
    pub fn recover(&mut self, lost: Address, successor: Address, now: u64) -> Taken {
        let before = self.of(lost);
        let unassigned = before.assigned_at(now) > 0;
        if unassigned {
            self.end_assignments(lost);
        }
        self.pass(lost, successor, before.balance);
        self.at(lost).frozen = 0;
        let position = self.at(successor);
        position.frozen = position.frozen.saturating_add(before.frozen);
        let frozen = position.frozen;
        Taken {
            frozen: (before.frozen != 0).then_some(frozen),
            unassigned,
        }
    }

    /// Freezes so many seats of an account instead of as many as before.
    pub fn freeze(&mut self, account: Address, amount: u64) {
        self.at(account).frozen = amount;
    }

    /// Gives a user a seat of a holder, or the right that it has another end. A user has at most one.
    pub fn assign(
        &mut self,
        holder: Address,
        user: Address,
        expires: u64,
        now: u64,
    ) -> Result<(), Refused> {
        let before = self.clone();
        let running = self.right(user, now);
        if running.is_some_and(|right| right.holder != holder) {
            return Err(Reason::AlreadySo.into());
        }
        if running.is_none() {
            self.take_back(user);
            if self.of(holder).assigned_at(now) == 0 {
                self.end_assignments(holder);
            }
            if self.of(holder).unassigned(now) == 0 {
                *self = before;
                return Err(Reason::InsufficientSeats.into());
            }
        }
        let position = self.at(holder);
        position.assigned.insert(user);
        position.assigned_until = position.assigned_until.max(expires);
        self.rights.insert(user, Right { holder, expires });
        Ok(())
    }

    /// A user's right, while it lasts.
    pub fn right(&self, user: Address, now: u64) -> Option<Right> {
        let right = *self.rights.get(&user)?;
        let holds = self.of(right.holder).assigned.contains(&user);
        (now < right.expires && holds).then_some(right)
    }

    /// Ends a user's right.
    pub fn take_back(&mut self, user: Address) {
        if let Some(right) = self.rights.remove(&user) {
            self.at(right.holder).assigned.remove(&user);
        }
    }

    fn end_assignments(&mut self, holder: Address) {
        let position = self.at(holder);
        position.assigned.clear();
        position.assigned_until = 0;
    }

    fn at(&mut self, account: Address) -> &mut Position {
        self.positions.entry(account).or_default()
    }
}
