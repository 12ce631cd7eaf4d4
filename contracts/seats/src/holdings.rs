//! Who holds how many seats of which license, and who uses them.
//!
//! Everything is kept per license id, and no rule looks at another id: what happens to one license
//! changes nothing for another (M6).

use ink::{
    Address, U256,
    storage::{Mapping, traits::ManualKey},
};
use lex_model::Reason;
use lex_policy_interface::{Refusal, stored_in_one_piece};

use crate::position::{Position, Taken};

/// The most seats of one license, so that no sum of them comes near the end of 64 bits.
pub const MAX_SEATS: u64 = u32::MAX as u64;

/// What all seats of one license have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Series {
    /// How many seats there are: the sum of all balances.
    pub seats: u64,
    /// The most seats that an account other than the licensee may get by transfers; 0 for no limit.
    pub max_per_holder: u64,
}

stored_in_one_piece!(Series);

/// A user's right to one seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Assignment {
    /// Whose seat it is.
    pub holder: Address,
    /// The first second in which the right is over, Unix seconds.
    pub until: u64,
    /// The holder's round in which the right was given.
    pub round: u64,
}

stored_in_one_piece!(Assignment);

/// Seats of one license on their way from one account to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// The license.
    pub id: u64,
    /// Who loses them.
    pub from: Address,
    /// Who gets them.
    pub to: Address,
    /// How many.
    pub amount: u64,
    /// To whom the license was issued: it may hold any number.
    pub licensee: Address,
}

/// All seats of all licenses.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Holdings {
    series: Mapping<u64, Series, ManualKey<0x4c53_0010>>,
    /// By license and holder.
    positions: Mapping<(u64, Address), Position, ManualKey<0x4c53_0011>>,
    /// By license and user.
    assignments: Mapping<(u64, Address), Assignment, ManualKey<0x4c53_0012>>,
}

impl Holdings {
    /// What all seats of a license have in common.
    pub fn series(&self, id: u64) -> Series {
        self.series.get(id).unwrap_or_default()
    }

    /// What an account has of a license.
    pub fn position(&self, id: u64, account: Address) -> Position {
        self.positions.get((id, account)).unwrap_or_default()
    }

    /// The first seats of a license; all go to the licensee.
    pub fn open(&mut self, id: u64, licensee: Address, seats: u64, max_per_holder: u64) {
        let series = Series {
            seats,
            max_per_holder,
        };
        self.series.insert(id, &series);
        let position = Position {
            balance: seats,
            ..Position::default()
        };
        self.set_position(id, licensee, position);
    }

    /// Why these seats cannot move by their holder's will, without what policy says.
    pub fn obstacles(
        &self,
        movement: &Movement,
        now: u64,
    ) -> impl Iterator<Item = Refusal> + use<> {
        self.position(movement.id, movement.from)
            .obstacles(movement.amount, now)
            .chain(self.too_many(movement))
    }

    /// Why these seats cannot move by decision, without what policy says. The limit of holders is the
    /// market's: a court's custodian may hold more.
    pub fn obstacle_to_force(&self, movement: &Movement) -> Option<Refusal> {
        let balance = self.position(movement.id, movement.from).balance;
        (movement.amount > balance).then(|| Refusal::new(Reason::InsufficientSeats, balance))
    }

    /// Why the receiver cannot hold so many.
    fn too_many(&self, movement: &Movement) -> Option<Refusal> {
        let Movement {
            id,
            from,
            to,
            amount,
            licensee,
        } = *movement;
        let limit = self.series(id).max_per_holder;
        if limit == 0 || to == licensee || from == to || amount == 0 {
            return None;
        }
        let fits = self
            .position(id, to)
            .balance
            .checked_add(amount)
            .is_some_and(|balance| balance <= limit);
        (!fits).then(|| Refusal::new(Reason::TooManySeats, limit))
    }

    /// Moves seats by their holder's will.
    ///
    /// # Errors
    /// The first of [`Holdings::obstacles`].
    pub fn transfer(&mut self, movement: &Movement, now: u64) -> Result<(), Refusal> {
        refuse(self.obstacles(movement, now))?;
        let Movement {
            id, from, amount, ..
        } = *movement;
        let left = self.position(id, from).without(amount, now)?;
        self.set_position(id, from, left);
        self.put_in(movement)
    }

    /// Moves seats by decision: frozen and assigned ones too. Says what that did to their holder.
    ///
    /// # Errors
    /// [`Holdings::obstacle_to_force`].
    pub fn force(&mut self, movement: &Movement, now: u64) -> Result<Taken, Refusal> {
        refuse(self.obstacle_to_force(movement).into_iter())?;
        let Movement {
            id, from, amount, ..
        } = *movement;
        let taken = self.position(id, from).taken(amount, now)?;
        self.set_position(id, from, taken.position);
        self.put_in(movement)?;
        Ok(taken)
    }

    /// Moves all seats of a lost key to its successor, however many it holds by then: they are one
    /// person's. The freeze moves along; assignments end.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] beyond 2^64 - 1 seats.
    pub fn recover(&mut self, movement: &Movement, now: u64) -> Result<Recovered, Refusal> {
        let Movement { id, from, to, .. } = *movement;
        let lost = self.position(id, from);
        let taken = lost.taken(lost.balance, now)?;
        let emptied = Position {
            frozen: 0,
            ..taken.position
        };
        self.set_position(id, from, emptied);
        self.put_in(movement)?;
        let found = self.position(id, to);
        // A freeze of more than 2^64 - 1 seats is one of all of them.
        let frozen = found.frozen.saturating_add(lost.frozen);
        self.set_position(id, to, Position { frozen, ..found });
        Ok(Recovered {
            frozen: (lost.frozen != 0).then_some(frozen),
            unassigned: taken.unassigned,
        })
    }

    /// Ends seats that their holder gives up. Returns how many there are left of the license.
    ///
    /// # Errors
    /// As [`Position::without`].
    pub fn give_up(
        &mut self,
        id: u64,
        holder: Address,
        amount: u64,
        now: u64,
    ) -> Result<u64, Refusal> {
        let left = self.position(id, holder).without(amount, now)?;
        let series = self.series(id);
        let seats = series.seats.saturating_sub(amount);
        self.set_position(id, holder, left);
        self.series.insert(id, &Series { seats, ..series });
        Ok(seats)
    }

    /// Holds so many of an account's seats where they are, instead of as many as before.
    pub fn freeze(&mut self, id: u64, account: Address, frozen: u64) {
        let position = self.position(id, account);
        self.set_position(id, account, Position { frozen, ..position });
    }

    /// Why a user cannot get the right to one of the holder's seats, without what policy says.
    pub fn obstacles_to_assign(
        &self,
        id: u64,
        holder: Address,
        user: Address,
        now: u64,
    ) -> impl Iterator<Item = Refusal> + use<> {
        let held = self.position(id, holder).is_held();
        let held = held.then(|| Refusal::new(Reason::TokenFrozen, 0));
        let other = self.assigning(id, holder, user, now, now).err();
        held.into_iter().chain(other)
    }

    /// Gives a user the right to one of the holder's seats until `until`, or another end to the right
    /// that it has already.
    ///
    /// # Errors
    /// [`Reason::InsufficientSeats`] when all seats are assigned, [`Reason::AlreadySo`] while the
    /// user has a seat of another holder.
    pub fn assign(
        &mut self,
        id: u64,
        holder: Address,
        user: Address,
        until: u64,
        now: u64,
    ) -> Result<(), Refusal> {
        let (after, over) = self.assigning(id, holder, user, until, now)?;
        if let Some(over) = over {
            self.release(id, &over);
        }
        self.set_position(id, holder, after);
        let assignment = Assignment {
            holder,
            until,
            round: after.round,
        };
        self.assignments.insert((id, user), &assignment);
        Ok(())
    }

    /// The holder's position with a seat assigned to the user, and a right of the user to another
    /// holder's seat that is over.
    fn assigning(
        &self,
        id: u64,
        holder: Address,
        user: Address,
        until: u64,
        now: u64,
    ) -> Result<(Position, Option<Assignment>), Refusal> {
        let before = self.position(id, holder);
        match self.right(id, user) {
            None => Ok((before.assigning(until, now)?, None)),
            Some(running) if self.runs(id, &running, now) => {
                if running.holder != holder {
                    return Err(Refusal::new(Reason::AlreadySo, 0));
                }
                Ok((before.reassigning(until), None))
            }
            Some(over) if over.holder == holder => {
                let free = before.unassigning(over.round);
                Ok((free.assigning(until, now)?, None))
            }
            Some(over) => Ok((before.assigning(until, now)?, Some(over))),
        }
    }

    /// Ends a user's right. Returns the holder.
    ///
    /// # Errors
    /// [`Reason::AlreadySo`] when the user has none.
    pub fn unassign(&mut self, id: u64, user: Address) -> Result<Address, Reason> {
        let right = self.right(id, user).ok_or(Reason::AlreadySo)?;
        self.release(id, &right);
        self.assignments.insert((id, user), &Assignment::default());
        Ok(right.holder)
    }

    /// A user's right, if it has one at that time.
    pub fn assignment(&self, id: u64, user: Address, at: u64) -> Option<Assignment> {
        self.right(id, user)
            .filter(|right| self.runs(id, right, at))
    }

    /// A user's right, whether it is over or not.
    pub fn right(&self, id: u64, user: Address) -> Option<Assignment> {
        let right = self.assignments.get((id, user))?;
        (right.until != 0).then_some(right)
    }

    fn runs(&self, id: u64, recorded: &Assignment, at: u64) -> bool {
        at < recorded.until && recorded.round == self.position(id, recorded.holder).round
    }

    /// Frees the seat that a right holds in its holder's position.
    fn release(&mut self, id: u64, recorded: &Assignment) {
        let position = self.position(id, recorded.holder);
        self.set_position(id, recorded.holder, position.unassigning(recorded.round));
    }

    fn put_in(&mut self, movement: &Movement) -> Result<(), Refusal> {
        let Movement { id, to, amount, .. } = *movement;
        let position = self.position(id, to).with(amount)?;
        self.set_position(id, to, position);
        Ok(())
    }

    fn set_position(&mut self, id: u64, account: Address, position: Position) {
        self.positions.insert((id, account), &position);
    }
}

/// What a recovery did besides moving seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovered {
    /// How many seats of the successor are frozen now, if any of the lost key's were.
    pub frozen: Option<u64>,
    /// Whether assignments of the lost key ended.
    pub unassigned: bool,
}

/// Refuses with the first obstacle.
///
/// # Errors
/// That obstacle.
pub fn refuse(mut obstacles: impl Iterator<Item = Refusal>) -> Result<(), Refusal> {
    obstacles.next().map_or(Ok(()), Err)
}

/// A number of seats as Solidity's callers name it; more than 2^64 - 1 are more than anyone has.
pub fn seats(amount: U256) -> u64 {
    u64::try_from(amount).unwrap_or(u64::MAX)
}
