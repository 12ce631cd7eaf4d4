//! What can be asked for, and what a license contract says about it.

use crate::{Address, Jurisdiction, Status, Term, TypeKind};

/// What is being asked for. The codes are part of the contracts' interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ActionKind {
    /// Issue a new license.
    Issue = 1,
    /// Extend a license by its type's term.
    Renew = 2,
    /// Take a license out of force for a while.
    Suspend = 3,
    /// End a suspension.
    Resume = 4,
    /// Take a license out of force for ever.
    Revoke = 5,
    /// Give a license up.
    Surrender = 6,
    /// Move a license to another holder.
    Transfer = 7,
    /// Bring a pending license into force.
    Activate = 8,
    /// Ask the committee for a renewal.
    RequestRenewal = 9,
    /// Move a license without its holder, by decision.
    ForceTransfer = 10,
    /// Move a license from a lost key to its successor.
    Recover = 11,
    /// Hold a license where it is, or let it go.
    FreezeToken = 12,
    /// Issue a license under another one.
    Sublicense = 13,
    /// Take back a pending license.
    Withdraw = 14,
    /// Replace a license's metadata.
    Amend = 15,
    /// Let another account use a license, or a seat of it, for a while.
    Lend = 16,
}

impl ActionKind {
    /// Every kind, in the order of its code.
    pub const ALL: [Self; 16] = [
        Self::Issue,
        Self::Renew,
        Self::Suspend,
        Self::Resume,
        Self::Revoke,
        Self::Surrender,
        Self::Transfer,
        Self::Activate,
        Self::RequestRenewal,
        Self::ForceTransfer,
        Self::Recover,
        Self::FreezeToken,
        Self::Sublicense,
        Self::Withdraw,
        Self::Amend,
        Self::Lend,
    ];

    /// The kind of a code, `None` for an unknown one.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == code)
    }

    /// The number that stands for this kind everywhere.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// This kind's bit in a set of kinds, as rules name them.
    pub const fn bit(self) -> u32 {
        1 << (self as u8)
    }

    /// The function group that a pause must not include if this is to happen; `None` for what is
    /// never paused.
    pub const fn group(self) -> Option<Group> {
        match self {
            Self::Issue | Self::Activate | Self::Sublicense | Self::Resume | Self::Amend => {
                Some(Group::Issue)
            }
            Self::Renew | Self::RequestRenewal => Some(Group::Renew),
            Self::Transfer | Self::ForceTransfer | Self::Recover => Some(Group::Transfer),
            Self::Lend => Some(Group::Lend),
            Self::Suspend | Self::Revoke | Self::Surrender | Self::FreezeToken | Self::Withdraw => {
                None
            }
        }
    }

    /// Whether this makes a license, so that there is none yet.
    pub const fn creates(self) -> bool {
        matches!(self, Self::Issue | Self::Sublicense)
    }
}

/// Functions that a guardian pauses together. Reading, suspending, revoking and surrendering belong
/// to no group: they are never paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Group {
    /// What brings licenses into force, or changes what is in force.
    Issue = 1,
    /// What prolongs them.
    Renew = 2,
    /// What moves them.
    Transfer = 4,
    /// Their use: no license is usable while this is paused.
    Use = 8,
    /// What lends them. Loans that run go on, and can be ended.
    Lend = 16,
}

impl Group {
    /// All groups in one set.
    pub const ALL_BITS: u8 = 31;

    /// This group's bit in a set of groups.
    pub const fn bit(self) -> u8 {
        self as u8
    }
}

/// An action on one license (or, for an issue, on a license that does not exist yet), as the license
/// contract describes it to policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// What is being asked for.
    pub kind: ActionKind,
    /// Who asks.
    pub caller: Address,
    /// The license's issuer; of an issue, the caller; of a sublicense, the parent's holder.
    pub issuer: Address,
    /// The license's holder; of an issue, the zero address.
    pub holder: Address,
    /// The new holder of an issue, a sublicense, an activation, a transfer, forced or not, or a
    /// recovery; of a loan, who is to use the license; else the zero address.
    pub to: Address,
    /// How many seats it is about; 1 for a single token.
    pub amount: u64,
    /// Whether the contract that asks keeps single tokens or seats.
    pub token_kind: TypeKind,
    /// The license's type.
    pub license_type: u64,
    /// Where the license is valid.
    pub jurisdiction: Jurisdiction,
    /// The license's status at `at`; of an issue, [`Status::Unknown`].
    pub status: Status,
    /// Whether the committee holds the license where it is. Seats are held by their number instead.
    pub held: bool,
    /// Whether the suspension that is stored is the committee's.
    pub suspended_by_committee: bool,
    /// The license's term; of an issue, only `valid_from` counts.
    pub term: Term,
    /// The license under which this one stands, or is to stand.
    pub parent: Option<Parent>,
    /// The block's time in Unix seconds.
    pub at: u64,
}

/// The license under which a sublicense stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// Who holds it.
    pub holder: Address,
    /// Its type.
    pub license_type: u64,
    /// Where it is valid.
    pub jurisdiction: Jurisdiction,
    /// Its status at the action's time.
    pub status: Status,
    /// Whether the committee holds it where it is.
    pub held: bool,
    /// Its term.
    pub term: Term,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back_to_their_kinds() {
        for kind in ActionKind::ALL {
            assert_eq!(ActionKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(ActionKind::from_code(0), None);
        assert_eq!(ActionKind::from_code(17), None);
    }

    #[test]
    fn what_protects_the_public_is_never_paused() {
        for kind in [
            ActionKind::Suspend,
            ActionKind::Revoke,
            ActionKind::Surrender,
            ActionKind::Withdraw,
        ] {
            assert_eq!(kind.group(), None, "{kind:?}");
        }
        assert!(
            ActionKind::ALL
                .iter()
                .filter_map(|kind| kind.group())
                .all(|group| group != Group::Use)
        );
    }
}
