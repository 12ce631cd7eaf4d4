use crate::{ActionKind, MAX_TIME, Reason};

/// Whether licenses of a type are single tokens or seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
#[repr(u8)]
pub enum TypeKind {
    /// One token, one license (ERC-721).
    Nft = 0,
    /// Interchangeable seats of one license (ERC-1155).
    Sft = 1,
}

impl TypeKind {
    /// The kind of a code, `None` for an unknown one.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Nft),
            1 => Some(Self::Sft),
            _ => None,
        }
    }
}

/// The highest score that the compliance service gives; higher is safer.
pub const MAX_SCORE: u16 = 1000;

/// How long licenses of a type last. All are seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
pub struct Durations {
    /// Length of a term, at least 1.
    pub term: u64,
    /// How long before its end a license can be renewed.
    pub renewal_window: u64,
    /// How long after its end a license can still be renewed.
    pub grace: u64,
}

/// Which gates the actions on a license of a type must pass, as sets of bits. None is no gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
pub struct Gates {
    /// What brings a license into force, and what rewrites it afterwards: while any is open, an issued
    /// license is pending.
    pub issue: u8,
    /// A renewal.
    pub renew: u8,
    /// A transfer by the holder. With [`Gates::COMMITTEE`], only the committee moves licenses.
    pub transfer: u8,
    /// Lending by the holder. With [`Gates::COMMITTEE`], only the committee lends licenses, for holders
    /// that approved it.
    pub lend: u8,
    /// Suspending, resuming and revoking. Only [`Gates::COMMITTEE`] has a meaning: protecting the
    /// public never waits for a clearance.
    pub enforce: u8,
}

impl Gates {
    /// A decision of the type's committee.
    pub const COMMITTEE: u8 = 1;
    /// A clearance of the compliance service.
    pub const CLEARANCE: u8 = 2;
    /// A zero-knowledge proof of the type's statement.
    pub const PROOF: u8 = 4;
    /// All gates.
    pub const ALL_BITS: u8 = 7;

    /// The gates of one kind of action.
    pub const fn of(&self, kind: ActionKind) -> u8 {
        match kind {
            ActionKind::Issue
            | ActionKind::Sublicense
            | ActionKind::Activate
            | ActionKind::Amend => self.issue,
            ActionKind::Renew => self.renew,
            ActionKind::Transfer => self.transfer,
            ActionKind::Lend => self.lend,
            ActionKind::Suspend | ActionKind::Resume | ActionKind::Revoke => self.enforce,
            ActionKind::Surrender
            | ActionKind::RequestRenewal
            | ActionKind::ForceTransfer
            | ActionKind::Recover
            | ActionKind::FreezeToken
            | ActionKind::Withdraw => 0,
        }
    }
}

/// The rules of a license type that the model needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
pub struct LicenseType {
    /// Single tokens or seats.
    pub kind: TypeKind,
    /// How long its licenses last.
    pub durations: Durations,
    /// The most licenses that may ever be issued; 0 for no limit.
    pub supply_cap: u64,
    /// Whether a holder may transfer.
    pub transferable: bool,
    /// Whether licenses of this type are issued, renewed and usable.
    pub open: bool,
    /// Which gates its actions must pass.
    pub gates: Gates,
    /// The smallest score of a clearance, 0 to [`MAX_SCORE`].
    pub minimum_score: u16,
    /// The type under whose licenses those of this type are issued, by their holders; 0 when this
    /// type's licenses stand alone and issuers issue them.
    pub parent_type: u64,
    /// Counts the changes of these rules, from 1. Refusals name it.
    pub version: u32,
}

impl LicenseType {
    /// Whether the rules make sense.
    ///
    /// # Errors
    /// [`Reason::InvalidTypeTerms`] when the term is 0, any duration exceeds [`MAX_TIME`], the score
    /// exceeds [`MAX_SCORE`], or a gate is named that does not exist or does not belong there.
    pub fn validate(&self) -> Result<(), Reason> {
        let Durations {
            term,
            renewal_window,
            grace,
        } = self.durations;
        let Gates {
            issue,
            renew,
            transfer,
            lend,
            enforce,
        } = self.gates;
        let valid = term > 0
            && [term, renewal_window, grace]
                .iter()
                .all(|duration| *duration <= MAX_TIME)
            && self.minimum_score <= MAX_SCORE
            && [issue, renew, transfer, lend]
                .iter()
                .all(|gates| *gates <= Gates::ALL_BITS)
            && enforce <= Gates::COMMITTEE;
        if valid {
            Ok(())
        } else {
            Err(Reason::InvalidTypeTerms)
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    pub(crate) fn yearly() -> LicenseType {
        LicenseType {
            kind: TypeKind::Nft,
            durations: Durations {
                term: 365 * DAY,
                renewal_window: 30 * DAY,
                grace: 14 * DAY,
            },
            supply_cap: 0,
            transferable: true,
            open: true,
            gates: Gates::default(),
            minimum_score: 0,
            parent_type: 0,
            version: 1,
        }
    }

    #[test]
    fn a_type_needs_a_term_and_sane_durations() {
        let with = |durations| LicenseType {
            durations,
            ..yearly()
        };
        let sane = yearly().durations;
        assert_eq!(yearly().validate(), Ok(()));
        for broken in [
            Durations { term: 0, ..sane },
            Durations {
                term: MAX_TIME + 1,
                ..sane
            },
            Durations {
                renewal_window: MAX_TIME + 1,
                ..sane
            },
            Durations {
                grace: u64::MAX,
                ..sane
            },
        ] {
            assert_eq!(with(broken).validate(), Err(Reason::InvalidTypeTerms));
        }
    }

    #[test]
    fn gates_and_scores_that_do_not_exist_are_refused() {
        let with = |gates| LicenseType { gates, ..yearly() };
        for broken in [
            with(Gates {
                issue: 8,
                ..Gates::default()
            }),
            with(Gates {
                lend: 8,
                ..Gates::default()
            }),
            with(Gates {
                enforce: Gates::CLEARANCE,
                ..Gates::default()
            }),
            LicenseType {
                minimum_score: MAX_SCORE + 1,
                ..yearly()
            },
        ] {
            assert_eq!(broken.validate(), Err(Reason::InvalidTypeTerms));
        }
    }
}
