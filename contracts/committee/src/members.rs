//! Who the members are and what weight decides: stored in entries of at most 416 bytes, under fixed
//! keys, and loaded at once for a message.

use ink::{
    Address,
    prelude::vec::Vec,
    storage::{Lazy, Mapping, traits::ManualKey},
};
use lex_model::{DecisionKind, MAX_WEIGHT, Reason};
use lex_policy_interface::{Refused, stored_in_one_piece};

use crate::records::Record;

/// The fewest members: a maker and a checker.
pub const MIN_MEMBERS: usize = 2;

/// The most members. Approvals are bits of a `u32`.
pub const MAX_MEMBERS: usize = 32;

/// Places of one storage entry, 30 bytes each.
const PAGE: usize = 8;

/// How many entries there are at most.
const PAGES: u8 = 4;

/// How many kinds of decision there are, and the default.
const THRESHOLDS: usize = DecisionKind::ALL.len() + 1;

/// A member; its place in the list is its bit in approvals, as long as it stays. A place that a member
/// left has weight 0 until another takes it, whose bit counts for decisions of later epochs only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Seat {
    /// Who it is.
    pub account: [u8; 20],
    /// 1 to [`MAX_WEIGHT`]; 0 when nobody has this place.
    pub weight: u16,
    /// The epoch in which it took its place.
    pub since: u64,
}

impl Seat {
    /// Whether its bit means a member who was there in an epoch, and still is.
    const fn counts_in(&self, epoch: u64) -> bool {
        self.weight != 0 && self.since <= epoch
    }
}

/// What a decision needs, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Charter {
    /// Counts the changes of the members, from 1.
    pub epoch: u64,
    /// By code of the kind, the default first; 0 where the default counts.
    thresholds: [u32; THRESHOLDS],
}

stored_in_one_piece!(Charter);

/// The members, loaded: what a message judges by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committee {
    /// Thresholds and epoch.
    pub charter: Charter,
    /// The members in the order of their bits.
    pub seats: Vec<Seat>,
}

/// Where members and thresholds are stored.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Roll {
    charter: Lazy<Charter, ManualKey<0x4c43_0001>>,
    pages: Mapping<u8, Vec<Seat>, ManualKey<0x4c43_0002>>,
    /// When an epoch began, Unix seconds.
    began: Mapping<u64, u64, ManualKey<0x4c43_0003>>,
}

impl Roll {
    /// Reads members and thresholds.
    ///
    /// # Errors
    /// [`Reason::NotInitialized`] before they are written.
    #[inline(never)]
    pub fn load(&self) -> Result<Committee, Reason> {
        let charter = self.charter.get().ok_or(Reason::NotInitialized)?;
        let mut seats = Vec::new();
        for page in 0..PAGES {
            let found = self.pages.get(page).unwrap_or_default();
            let full = found.len() == PAGE;
            seats.extend(found);
            if !full {
                break;
            }
        }
        Ok(Committee { charter, seats })
    }

    /// Writes members and thresholds.
    #[inline(never)]
    pub fn store(&mut self, committee: &Committee) {
        self.charter.set(&committee.charter);
        for (page, seats) in (0..PAGES).zip(committee.seats.chunks(PAGE)) {
            self.pages.insert(page, &seats.to_vec());
        }
    }

    /// Notes when an epoch began.
    pub fn begin(&mut self, epoch: u64, now: u64) {
        self.began.insert(epoch, &now);
    }

    /// When an epoch began; 0 when it has not.
    #[inline(never)]
    pub fn began(&self, epoch: u64) -> u64 {
        self.began.get(epoch).unwrap_or_default()
    }

    /// Writes the thresholds only.
    pub fn store_charter(&mut self, charter: &Charter) {
        self.charter.set(charter);
    }
}

impl Committee {
    /// A committee in its first epoch. `own` is its address.
    ///
    /// # Errors
    /// [`Reason::WrongLength`], [`Reason::LimitReached`], [`Reason::InvalidMember`],
    /// [`Reason::DuplicateSigner`] or [`Reason::InvalidThreshold`].
    pub fn new(
        own: Address,
        members: &[Address],
        weights: &[u32],
        threshold: u32,
    ) -> Result<Self, Refused> {
        if members.len() != weights.len() {
            return Err(Refused::new(Reason::WrongLength, MAX_MEMBERS as u64));
        }
        let mut thresholds = [0; THRESHOLDS];
        thresholds[0] = threshold;
        let mut committee = Self {
            charter: Charter {
                epoch: 1,
                thresholds,
            },
            seats: Vec::new(),
        };
        for (account, weight) in members.iter().zip(weights) {
            if *weight == 0 {
                return Err(Reason::InvalidMember.into());
            }
            if committee.place(*account).is_some() {
                return Err(Reason::DuplicateSigner.into());
            }
            committee.seat(own, *account, (*weight).into())?;
        }
        committee.validate()?;
        Ok(committee)
    }

    /// The committee after a member joined, left (weight 0) or got another weight, in its next epoch.
    ///
    /// # Errors
    /// [`Reason::InvalidMember`], [`Reason::AlreadySo`], [`Reason::LimitReached`] or
    /// [`Reason::InvalidThreshold`].
    #[inline(never)]
    pub fn with_member(
        mut self,
        own: Address,
        account: Address,
        weight: u64,
    ) -> Result<Self, Refused> {
        let charter = &mut self.charter;
        charter.epoch = charter.epoch.checked_add(1).ok_or(Reason::LimitReached)?;
        self.seat(own, account, weight)?;
        self.validate()?;
        Ok(self)
    }

    /// The committee with another threshold for a kind, or with another default.
    ///
    /// # Errors
    /// [`Reason::InvalidThreshold`].
    #[inline(never)]
    pub fn with_threshold(
        mut self,
        kind: Option<DecisionKind>,
        threshold: u64,
    ) -> Result<Self, Refused> {
        let sum = self.sum();
        let code = usize::from(kind.map_or(0, DecisionKind::code));
        let place = self.charter.thresholds.get_mut(code);
        match (place, u32::try_from(threshold)) {
            (Some(place), Ok(threshold)) if (1..=sum).contains(&threshold) => *place = threshold,
            _ => return Err(Refused::new(Reason::InvalidThreshold, sum.into())),
        }
        let epoch = self.charter.epoch.checked_add(1);
        self.charter.epoch = epoch.ok_or(Reason::LimitReached)?;
        Ok(self)
    }

    fn seat(&mut self, own: Address, account: Address, weight: u64) -> Result<(), Refused> {
        let weight = u16::try_from(weight).map_err(|_| Reason::InvalidMember)?;
        if account.is_zero() || account == own {
            return Err(Reason::InvalidMember.into());
        }
        let seat = Seat {
            account: account.0,
            weight,
            since: self.charter.epoch,
        };
        let place = self.place(account);
        match (place, weight) {
            (None, 0) => return Err(Reason::AlreadySo.into()),
            (None, _) => self.take_place(seat)?,
            (Some(place), _) => match self.seats.get_mut(place) {
                Some(seat) if seat.weight != weight => seat.weight = weight,
                _ => return Err(Reason::AlreadySo.into()),
            },
        }
        Ok(())
    }

    /// Seats a new member where another left, or at the end.
    fn take_place(&mut self, seat: Seat) -> Result<(), Refused> {
        let places = self.seats.len();
        match self.seats.iter_mut().find(|seat| seat.weight == 0) {
            Some(vacant) => *vacant = seat,
            None if places < MAX_MEMBERS => self.seats.push(seat),
            None => return Err(Refused::new(Reason::LimitReached, MAX_MEMBERS as u64)),
        }
        Ok(())
    }

    /// I18: every threshold can be reached. I19 holds for every seat by [`Self::seat`].
    fn validate(&self) -> Result<(), Refused> {
        if self.members().count() < MIN_MEMBERS {
            return Err(Refused::new(Reason::LimitReached, MIN_MEMBERS as u64));
        }
        let sum = self.sum();
        let thresholds = &self.charter.thresholds;
        let reachable = thresholds.iter().all(|threshold| *threshold <= sum);
        if !reachable || thresholds[0] == 0 {
            return Err(Refused::new(Reason::InvalidThreshold, sum.into()));
        }
        Ok(())
    }

    /// The members, in the order of their places.
    pub fn members(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(|seat| seat.weight != 0)
    }

    /// The sum of all weights; at most 32 times [`MAX_WEIGHT`].
    pub fn sum(&self) -> u32 {
        self.members()
            .map(|seat| u32::from(seat.weight))
            .fold(0, u32::saturating_add)
    }

    /// The bits of the present members who were there when a decision was proposed.
    fn counted(&self, record: &Record) -> u32 {
        let epoch = record.proposal.epoch;
        let seats = self.seats.iter().enumerate();
        seats
            .filter(|(_, seat)| seat.counts_in(epoch))
            .fold(0, |bits, (place, _)| bits | bit(place))
    }

    /// The weight of the members who approve a decision and are members still.
    #[inline(never)]
    pub fn approving(&self, record: &Record) -> u32 {
        let approvals = record.approvals & self.counted(record);
        let seats = self.seats.iter().enumerate();
        seats
            .filter(|(place, _)| approvals & bit(*place) != 0)
            .map(|(_, seat)| u32::from(seat.weight))
            .fold(0, u32::saturating_add)
    }

    /// Whether a member other than its maker approves a decision and is a member still.
    pub fn is_checked(&self, record: &Record) -> bool {
        let maker = self.place(Address::from(record.proposal.proposer));
        let approvals = record.approvals & self.counted(record);
        approvals & !maker.map_or(0, bit) != 0
    }

    /// Whether its approvals are enough.
    pub fn is_enough(&self, record: &Record) -> bool {
        self.approving(record) >= record.threshold && self.is_checked(record)
    }

    /// Whether a member approves a decision.
    pub fn approves(&self, record: &Record, account: Address) -> bool {
        let place = self.place(account).map_or(0, bit);
        record.approvals & self.counted(record) & place != 0
    }

    /// The weight that a kind of decision needs.
    pub fn threshold(&self, kind: Option<DecisionKind>) -> u32 {
        let thresholds = &self.charter.thresholds;
        let code = usize::from(kind.map_or(0, DecisionKind::code));
        match thresholds.get(code) {
            Some(threshold) if *threshold != 0 => *threshold,
            _ => thresholds[0],
        }
    }

    /// The member's place.
    fn place(&self, account: Address) -> Option<usize> {
        let has = |seat: &Seat| seat.weight != 0 && seat.account == account.0;
        self.seats.iter().position(has)
    }

    /// The bit of a member.
    ///
    /// # Errors
    /// [`Reason::NotMember`].
    pub fn bit(&self, account: Address) -> Result<u32, Reason> {
        self.place(account).map(bit).ok_or(Reason::NotMember)
    }

    /// The weight of one member; 0 of anybody else.
    pub fn weight_of(&self, account: Address) -> u32 {
        let mut members = self.members();
        let found = members.find(|seat| seat.account == account.0);
        found.map_or(0, |seat| seat.weight.into())
    }
}

/// The bit of a place, which is below [`MAX_MEMBERS`].
fn bit(place: usize) -> u32 {
    u32::try_from(place)
        .ok()
        .and_then(|place| 1u32.checked_shl(place))
        .unwrap_or_default()
}

const _: () = assert!(MAX_WEIGHT == u16::MAX as u32 && PAGE * PAGES as usize == MAX_MEMBERS);
