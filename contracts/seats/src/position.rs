//! What one account has of one license: a value, so that every rule about seats is plain arithmetic.

use lex_model::Reason;
use lex_policy_interface::{Refusal, stored_in_one_piece};

/// What one account has of one license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Position {
    /// How many seats it holds.
    pub balance: u64,
    /// How many seats it must keep; may be more than it holds.
    pub frozen: u64,
    /// How many seats it has assigned to users in this round, those included whose time is over.
    pub assigned: u64,
    /// When the last of these assignments ends, Unix seconds.
    pub assigned_until: u64,
    /// Counts how often all assignments ended at once. Those of an earlier round are over.
    pub round: u64,
}

stored_in_one_piece!(Position);

/// What taking seats away by decision did to a position besides its balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The position afterwards.
    pub position: Position,
    /// Whether fewer seats are frozen than before.
    pub unfrozen: bool,
    /// Whether its assignments ended.
    pub unassigned: bool,
}

impl Position {
    /// How many seats its assignments hold at a time. When all of them are over they hold none.
    pub fn assigned_at(&self, now: u64) -> u64 {
        if now < self.assigned_until {
            self.assigned
        } else {
            0
        }
    }

    /// How many seats could be assigned or given away, were none frozen.
    pub fn unassigned(&self, now: u64) -> u64 {
        self.balance.saturating_sub(self.assigned_at(now))
    }

    /// How many seats are not frozen. Freezing more than there are freezes all.
    pub fn unfrozen(&self) -> u64 {
        self.balance.saturating_sub(self.frozen)
    }

    /// Why the holder cannot give so many seats away; empty when it can.
    pub fn obstacles(&self, amount: u64, now: u64) -> impl Iterator<Item = Refusal> + use<> {
        let (unassigned, unfrozen) = (self.unassigned(now), self.unfrozen());
        let too_few =
            (amount > unassigned).then(|| Refusal::new(Reason::InsufficientSeats, unassigned));
        let frozen = (amount > unfrozen && amount <= self.balance)
            .then(|| Refusal::new(Reason::TokenFrozen, unfrozen));
        too_few.into_iter().chain(frozen)
    }

    /// Whether all seats are held where they are.
    pub fn is_held(&self) -> bool {
        self.frozen != 0 && self.unfrozen() == 0
    }

    /// Gives seats away.
    ///
    /// # Errors
    /// The first of [`Position::obstacles`].
    pub fn without(self, amount: u64, now: u64) -> Result<Self, Refusal> {
        match self.obstacles(amount, now).next() {
            Some(obstacle) => Err(obstacle),
            None => Ok(Self {
                balance: self.balance.saturating_sub(amount),
                ..self
            }),
        }
    }

    /// Gets seats.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] beyond 2^64 - 1 of them.
    pub fn with(self, amount: u64) -> Result<Self, Refusal> {
        let balance = self
            .balance
            .checked_add(amount)
            .ok_or(Refusal::new(Reason::LimitReached, u64::MAX))?;
        Ok(Self { balance, ..self })
    }

    /// Loses seats by decision. Frozen ones are released first if there are not enough others, and
    /// all assignments end if too few seats remain for them.
    ///
    /// # Errors
    /// [`Reason::InsufficientSeats`] with the balance when there are fewer.
    pub fn taken(self, amount: u64, now: u64) -> Result<Taken, Refusal> {
        let balance = self
            .balance
            .checked_sub(amount)
            .ok_or(Refusal::new(Reason::InsufficientSeats, self.balance))?;
        let unfrozen = amount > self.unfrozen();
        let unassigned = balance < self.assigned_at(now);
        let kept = Self {
            balance,
            frozen: self
                .frozen
                .saturating_sub(amount.saturating_sub(self.unfrozen())),
            ..self
        };
        Ok(Taken {
            position: if unassigned { kept.next_round() } else { kept },
            unfrozen,
            unassigned,
        })
    }

    /// Assigns one more seat until `until`.
    ///
    /// # Errors
    /// [`Reason::InsufficientSeats`] with 0 when all are assigned.
    pub fn assigning(self, until: u64, now: u64) -> Result<Self, Refusal> {
        // When no assignment runs, what is left of earlier ones is forgotten.
        let begun = if self.assigned_at(now) == 0 {
            self.next_round()
        } else {
            self
        };
        if begun.assigned >= begun.balance {
            return Err(Refusal::new(Reason::InsufficientSeats, 0));
        }
        Ok(Self {
            assigned: begun.assigned.saturating_add(1),
            assigned_until: begun.assigned_until.max(until),
            ..begun
        })
    }

    /// Assigns a seat that is assigned already, to another end.
    pub fn reassigning(self, until: u64) -> Self {
        Self {
            assigned_until: self.assigned_until.max(until),
            ..self
        }
    }

    /// Takes one assignment of a round back; those of earlier rounds hold no seat any more.
    pub fn unassigning(self, round: u64) -> Self {
        let one = u64::from(round == self.round);
        Self {
            assigned: self.assigned.saturating_sub(one),
            ..self
        }
    }

    fn next_round(self) -> Self {
        Self {
            assigned: 0,
            assigned_until: 0,
            // One more per transaction: 2^64 are never reached.
            round: self.round.saturating_add(1),
            ..self
        }
    }
}
