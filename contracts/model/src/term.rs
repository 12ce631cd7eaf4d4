use crate::{Durations, Reason, Standing, Status};

/// The latest time a license may name: 2^40 - 1 seconds (the year 36812). The mirror packs times
/// into 40 bits.
pub const MAX_TIME: u64 = 0xff_ffff_ffff;

/// When a license is in force. All times are Unix seconds, and
/// `valid_from < valid_until <= grace_until <= MAX_TIME`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
pub struct Term {
    /// First second in force.
    pub valid_from: u64,
    /// First second no longer in force.
    pub valid_until: u64,
    /// First second in which it can no longer be renewed.
    pub grace_until: u64,
}

impl Term {
    /// The first term of a license of these durations.
    ///
    /// # Errors
    /// [`Reason::InvalidTime`] when it would end after [`MAX_TIME`].
    pub fn first(durations: &Durations, valid_from: u64) -> Result<Self, Reason> {
        Self::ending(
            durations,
            valid_from,
            valid_from.checked_add(durations.term),
        )
    }

    /// The term after a renewal: the old end plus one term, so the anniversary is kept.
    ///
    /// # Errors
    /// [`Reason::RenewalNotOpen`] before the window, [`Reason::RenewalClosed`] after the grace
    /// period, [`Reason::RenewalTooShort`] when even the new end would lie in the past,
    /// [`Reason::InvalidTime`] when the new end is after [`MAX_TIME`].
    pub fn renewed(&self, durations: &Durations, now: u64) -> Result<Self, Reason> {
        if now < self.renewal_opens(durations) {
            return Err(Reason::RenewalNotOpen);
        }
        if now >= self.grace_until {
            return Err(Reason::RenewalClosed);
        }
        let renewed = Self::ending(
            durations,
            self.valid_from,
            self.valid_until.checked_add(durations.term),
        )?;
        if renewed.valid_until <= now {
            return Err(Reason::RenewalTooShort);
        }
        Ok(renewed)
    }

    /// The part of this term that does not reach further than `parent`'s: a sublicense cannot outlast
    /// the license that it stands under.
    ///
    /// # Errors
    /// [`Reason::ParentExceeded`] when nothing is left, or when it would begin before the parent's.
    pub fn within(self, parent: &Self) -> Result<Self, Reason> {
        let valid_until = self.valid_until.min(parent.valid_until);
        if self.valid_from < parent.valid_from || self.valid_from >= valid_until {
            return Err(Reason::ParentExceeded);
        }
        Ok(Self {
            valid_from: self.valid_from,
            valid_until,
            grace_until: self.grace_until.min(parent.grace_until),
        })
    }

    /// The first second in which a renewal is accepted.
    pub fn renewal_opens(&self, durations: &Durations) -> u64 {
        // A window longer than the time that passed since 1970 opens at the beginning of time.
        self.valid_until.saturating_sub(durations.renewal_window)
    }

    /// The status at time `at` of a license with this term and `standing`.
    pub fn status(&self, standing: Standing, at: u64) -> Status {
        match standing.at(at) {
            Standing::Active if at < self.valid_from => Status::NotYetValid,
            Standing::Active if at < self.valid_until => Status::Active,
            Standing::Active if at < self.grace_until => Status::InGrace,
            Standing::Active => Status::Expired,
            other => other.stored(),
        }
    }

    fn ending(durations: &Durations, valid_from: u64, end: Option<u64>) -> Result<Self, Reason> {
        let valid_until = end.ok_or(Reason::InvalidTime)?;
        let grace_until = valid_until
            .checked_add(durations.grace)
            .ok_or(Reason::InvalidTime)?;
        if valid_from >= valid_until || grace_until > MAX_TIME {
            return Err(Reason::InvalidTime);
        }
        Ok(Self {
            valid_from,
            valid_until,
            grace_until,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license_type::tests::yearly;
    use proptest::prelude::*;

    const TERM: Term = Term {
        valid_from: 1_000,
        valid_until: 2_000,
        grace_until: 2_100,
    };

    #[test]
    fn status_changes_exactly_at_the_boundaries() {
        let expected = [
            (0, Status::NotYetValid),
            (999, Status::NotYetValid),
            (1_000, Status::Active),
            (1_999, Status::Active),
            (2_000, Status::InGrace),
            (2_099, Status::InGrace),
            (2_100, Status::Expired),
            (u64::MAX, Status::Expired),
        ];
        for (at, status) in expected {
            assert_eq!(TERM.status(Standing::Active, at), status, "at {at}");
        }
    }

    #[test]
    fn only_an_active_standing_is_changed_by_time() {
        for standing in [
            Standing::Pending,
            Standing::Revoked,
            Standing::Archived,
            Standing::Suspended { lifts_at: None },
        ] {
            for at in [0, 999, 1_500, 2_050, 2_100] {
                assert_eq!(TERM.status(standing, at), standing.stored());
            }
        }
    }

    #[test]
    fn a_term_may_not_end_after_the_last_time() {
        let mut yearly = yearly().durations;
        yearly.grace = 0;
        let latest = MAX_TIME - yearly.term;
        assert!(Term::first(&yearly, latest).is_ok());
        assert_eq!(Term::first(&yearly, latest + 1), Err(Reason::InvalidTime));
        assert_eq!(Term::first(&yearly, u64::MAX), Err(Reason::InvalidTime));
    }

    #[test]
    fn renewal_opens_with_the_window_and_closes_with_the_grace_period() {
        let yearly = yearly().durations;
        let term = Term::first(&yearly, 1_000).expect("in range");
        let opens = term.valid_until - yearly.renewal_window;
        assert_eq!(
            term.renewed(&yearly, opens - 1),
            Err(Reason::RenewalNotOpen)
        );
        assert!(term.renewed(&yearly, opens).is_ok());
        assert!(term.renewed(&yearly, term.grace_until - 1).is_ok());
        assert_eq!(
            term.renewed(&yearly, term.grace_until),
            Err(Reason::RenewalClosed)
        );
    }

    #[test]
    fn a_grace_period_longer_than_the_term_cannot_sell_an_expired_term() {
        let short = Durations {
            term: 10,
            grace: 100,
            ..yearly().durations
        };
        let term = Term::first(&short, 1_000).expect("in range");
        assert_eq!(
            term.renewed(&short, term.valid_until + 10),
            Err(Reason::RenewalTooShort)
        );
    }

    proptest! {
        /// I4: after a renewal the end lies in the future and one whole term after the old end.
        #[test]
        fn i4_renewal_keeps_the_anniversary(from in 0u64..1 << 38, term in 1u64..1 << 32, window in 0u64..1 << 33, grace in 0u64..1 << 33, now in 0u64..1 << 39) {
            let durations = Durations { term, renewal_window: window, grace };
            let old = Term::first(&durations, from).expect("in range");
            if let Ok(new) = old.renewed(&durations, now) {
                prop_assert!(new.valid_until > now);
                prop_assert_eq!(new.valid_until, old.valid_until + term);
                prop_assert_eq!(new.grace_until, new.valid_until + grace);
                prop_assert_eq!(new.valid_from, old.valid_from);
            }
        }
    }
    #[test]
    fn a_sublicense_lasts_no_longer_than_its_parent() {
        let reaching = Term {
            valid_from: 1_500,
            valid_until: 3_000,
            grace_until: 3_500,
        };
        let within = Term {
            valid_from: 1_500,
            valid_until: 2_000,
            grace_until: 2_100,
        };
        assert_eq!(reaching.within(&TERM), Ok(within));
        let early = Term {
            valid_from: 999,
            ..reaching
        };
        assert_eq!(early.within(&TERM), Err(Reason::ParentExceeded));
        let late = Term {
            valid_from: 2_000,
            ..reaching
        };
        assert_eq!(late.within(&TERM), Err(Reason::ParentExceeded));
    }
}
