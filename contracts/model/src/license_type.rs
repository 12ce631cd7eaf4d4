use crate::{MAX_TIME, Reason};

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

/// The rules of a license type that the model needs. Durations are seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
pub struct LicenseType {
    /// Single tokens or seats.
    pub kind: TypeKind,
    /// Length of a term, at least 1.
    pub term: u64,
    /// How long before its end a license can be renewed.
    pub renewal_window: u64,
    /// How long after its end a license can still be renewed.
    pub grace: u64,
    /// The most licenses that may ever be issued; 0 for no limit.
    pub supply_cap: u64,
    /// Whether a holder may transfer.
    pub transferable: bool,
    /// Whether licenses of this type are issued, renewed and usable.
    pub open: bool,
    /// Counts the changes of these rules, from 1. Refusals name it.
    pub version: u32,
}

impl LicenseType {
    /// Whether the durations make sense.
    ///
    /// # Errors
    /// [`Reason::InvalidTypeTerms`] when the term is 0 or any duration exceeds [`MAX_TIME`].
    pub fn validate(&self) -> Result<(), Reason> {
        let in_range = |duration: u64| duration <= MAX_TIME;
        let valid = self.term > 0
            && in_range(self.term)
            && in_range(self.renewal_window)
            && in_range(self.grace);
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
            term: 365 * DAY,
            renewal_window: 30 * DAY,
            grace: 14 * DAY,
            supply_cap: 0,
            transferable: true,
            open: true,
            version: 1,
        }
    }

    #[test]
    fn a_type_needs_a_term_and_sane_durations() {
        assert_eq!(yearly().validate(), Ok(()));
        for broken in [
            LicenseType {
                term: 0,
                ..yearly()
            },
            LicenseType {
                term: MAX_TIME + 1,
                ..yearly()
            },
            LicenseType {
                renewal_window: MAX_TIME + 1,
                ..yearly()
            },
            LicenseType {
                grace: u64::MAX,
                ..yearly()
            },
        ] {
            assert_eq!(broken.validate(), Err(Reason::InvalidTypeTerms));
        }
    }
}
