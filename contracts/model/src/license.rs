use crate::{
    Address, Durations, Jurisdiction, KIND_LICENSE, Reason, Standing, Status, Term, TokenId, Update,
};

/// A license as its contract stores it. The state machine is here; who may ask for a transition is
/// the gate's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
pub struct License {
    /// Who holds it. A revoked or archived license keeps its last holder as a record.
    pub holder: Address,
    /// Who issued it.
    pub issuer: Address,
    /// Its type's id.
    pub license_type: u64,
    /// Where it is valid.
    pub jurisdiction: Jurisdiction,
    /// When it is in force.
    pub term: Term,
    /// Its stored status.
    pub standing: Standing,
    /// The id of the license that it stands under; 0 for none.
    pub parent: u64,
    /// Counts its updates, from 1.
    pub version: u32,
}

impl License {
    /// A new license that stands alone, active from `term.valid_from`.
    pub const fn issued(
        holder: Address,
        issuer: Address,
        license_type: u64,
        jurisdiction: Jurisdiction,
        term: Term,
    ) -> Self {
        Self {
            holder,
            issuer,
            license_type,
            jurisdiction,
            term,
            standing: Standing::Active,
            parent: 0,
            version: 1,
        }
    }

    /// The same new license, waiting for the gates of its type.
    pub const fn pending(self) -> Self {
        Self {
            standing: Standing::Pending,
            ..self
        }
    }

    /// The same new license, under another one.
    pub const fn under(self, parent: u64) -> Self {
        Self { parent, ..self }
    }

    /// Brings a pending license into force.
    ///
    /// # Errors
    /// [`Reason::WrongState`] unless pending, [`Reason::TermExpired`] when its term is over.
    pub fn activated(self, now: u64) -> Result<Self, Reason> {
        self.must_stand(Standing::Pending, now)?;
        if now >= self.term.valid_until {
            return Err(Reason::TermExpired);
        }
        Self {
            standing: Standing::Active,
            ..self
        }
        .next_version()
    }

    /// Archives a pending license: it was never in force and never will be.
    ///
    /// # Errors
    /// [`Reason::WrongState`] unless pending.
    pub fn withdrawn(self, now: u64) -> Result<Self, Reason> {
        self.must_stand(Standing::Pending, now)?;
        Self {
            standing: Standing::Archived,
            ..self
        }
        .next_version()
    }

    /// The status at time `at` (Unix seconds).
    pub fn status_at(&self, at: u64) -> Status {
        self.term.status(self.standing, at)
    }

    /// Extends the term by one term of the type.
    ///
    /// # Errors
    /// [`Reason::WrongState`] unless active at `now`, and the reasons of [`Term::renewed`].
    pub fn renewed(self, durations: &Durations, now: u64) -> Result<Self, Reason> {
        self.must_stand(Standing::Active, now)?;
        let term = self.term.renewed(durations, now)?;
        Self {
            term,
            standing: Standing::Active,
            ..self
        }
        .next_version()
    }

    /// Suspends, until `lifts_at` if that is given. A suspension that runs gets another end, so that the
    /// license is not in force in between, but no earlier one: only a resumption ends it sooner.
    ///
    /// # Errors
    /// [`Reason::WrongState`] unless active or suspended at `now`, [`Reason::TermExpired`] after its
    /// grace period, [`Reason::InvalidTime`] when `lifts_at` is not after `now` or out of range.
    pub fn suspended(self, lifts_at: Option<u64>, now: u64) -> Result<Self, Reason> {
        if !matches!(self.standing, Standing::Active | Standing::Suspended { .. }) {
            return Err(Reason::WrongState);
        }
        if now >= self.term.grace_until {
            return Err(Reason::TermExpired);
        }
        if lifts_at.is_some_and(|lifts_at| lifts_at <= now || lifts_at > crate::MAX_TIME) {
            return Err(Reason::InvalidTime);
        }
        let lifts_at = match self.standing.at(now) {
            Standing::Suspended { lifts_at: runs } => runs.zip(lifts_at).map(|(a, b)| a.max(b)),
            _ => lifts_at,
        };
        Self {
            standing: Standing::Suspended { lifts_at },
            ..self
        }
        .next_version()
    }

    /// Ends a suspension.
    ///
    /// # Errors
    /// [`Reason::WrongState`] unless suspended at `now`.
    pub fn resumed(self, now: u64) -> Result<Self, Reason> {
        match self.standing.at(now) {
            Standing::Suspended { .. } => Self {
                standing: Standing::Active,
                ..self
            }
            .next_version(),
            _ => Err(Reason::WrongState),
        }
    }

    /// Records a suspension that has lifted by itself, so that readers of the outbox learn of it.
    ///
    /// # Errors
    /// [`Reason::WrongState`] when not suspended, [`Reason::NotLifted`] before its time.
    pub fn settled(self, now: u64) -> Result<Self, Reason> {
        match (self.standing, self.standing.at(now)) {
            (Standing::Suspended { .. }, Standing::Active) => Self {
                standing: Standing::Active,
                ..self
            }
            .next_version(),
            (Standing::Suspended { .. }, _) => Err(Reason::NotLifted),
            _ => Err(Reason::WrongState),
        }
    }

    /// Revokes, for ever.
    ///
    /// # Errors
    /// [`Reason::WrongState`] unless active (at any time of its term) or suspended.
    pub fn revoked(self) -> Result<Self, Reason> {
        match self.standing {
            Standing::Active | Standing::Suspended { .. } => Self {
                standing: Standing::Revoked,
                ..self
            }
            .next_version(),
            Standing::Pending | Standing::Revoked | Standing::Archived => Err(Reason::WrongState),
        }
    }

    /// Archives what the holder gives up.
    ///
    /// # Errors
    /// [`Reason::WrongState`] unless active at `now`.
    pub fn surrendered(self, now: u64) -> Result<Self, Reason> {
        self.must_stand(Standing::Active, now)?;
        Self {
            standing: Standing::Archived,
            ..self
        }
        .next_version()
    }

    /// Moves to another holder.
    ///
    /// # Errors
    /// [`Reason::WrongState`] unless active, not yet valid or in grace at `now`.
    pub fn transferred(self, to: Address, now: u64) -> Result<Self, Reason> {
        match self.status_at(now) {
            Status::Active | Status::NotYetValid | Status::InGrace => Self {
                holder: to,
                standing: Standing::Active,
                ..self
            }
            .next_version(),
            _ => Err(Reason::WrongState),
        }
    }

    /// Moves to another holder by decision, in whatever state it is short of its end.
    ///
    /// # Errors
    /// [`Reason::WrongState`] when pending, revoked or archived.
    pub fn forced_to(self, to: Address) -> Result<Self, Reason> {
        match self.standing {
            Standing::Active | Standing::Suspended { .. } => {
                Self { holder: to, ..self }.next_version()
            }
            Standing::Pending | Standing::Revoked | Standing::Archived => Err(Reason::WrongState),
        }
    }

    /// Moves from a lost key to its successor; in every state, so that no position is left behind.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^32 - 1 updates.
    pub fn recovered_to(self, to: Address) -> Result<Self, Reason> {
        Self { holder: to, ..self }.next_version()
    }

    /// The next version of a license that is described differently.
    ///
    /// # Errors
    /// [`Reason::LimitReached`] after 2^32 - 1 updates.
    pub fn amended(self) -> Result<Self, Reason> {
        self.next_version()
    }

    /// The same license after the one above it ended for ever: out of force for ever too, unless it
    /// ended by itself before. No version of its own, for readers compute it from the parent.
    #[must_use]
    pub fn orphaned(self) -> Self {
        Self {
            standing: self.standing.under(Standing::Revoked),
            ..self
        }
    }

    /// The update that tells readers about this license: how it stands on its own, and the license
    /// above it, which decides as well.
    pub fn update(&self, token_id: TokenId, nonce: u64) -> Update {
        Update {
            nonce,
            kind: KIND_LICENSE,
            token_id,
            holder: self.holder,
            license_type: self.license_type,
            status: self.standing.stored().code(),
            valid_from: self.term.valid_from,
            valid_until: self.term.valid_until,
            grace_until: self.term.grace_until,
            version: self.version,
            parent: TokenId::from(self.parent),
        }
    }

    fn must_stand(&self, standing: Standing, now: u64) -> Result<(), Reason> {
        if self.standing.at(now) == standing {
            Ok(())
        } else {
            Err(Reason::WrongState)
        }
    }

    fn next_version(self) -> Result<Self, Reason> {
        let version = self.version.checked_add(1).ok_or(Reason::LimitReached)?;
        Ok(Self { version, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license_type::tests::yearly;
    use proptest::prelude::*;

    const NOW: u64 = 1_000_000;

    fn license() -> License {
        let jurisdiction = Jurisdiction::parse("US-NY").expect("valid");
        let term = Term::first(&yearly().durations, NOW).expect("in range");
        License::issued([2; 20], [1; 20], 1, jurisdiction, term)
    }

    #[test]
    fn suspension_is_lifted_by_decision_or_by_time() {
        let suspended = license().suspended(Some(NOW + 10), NOW).expect("active");
        assert_eq!(suspended.status_at(NOW + 9), Status::Suspended);
        assert_eq!(suspended.status_at(NOW + 10), Status::Active);
        assert_eq!(suspended.settled(NOW + 9), Err(Reason::NotLifted));
        assert_eq!(
            suspended.settled(NOW + 10).map(|license| license.standing),
            Ok(Standing::Active)
        );
        assert_eq!(
            suspended.resumed(NOW + 5).map(|license| license.standing),
            Ok(Standing::Active)
        );
        assert_eq!(suspended.resumed(NOW + 10), Err(Reason::WrongState));
    }

    #[test]
    fn a_suspension_may_not_lift_in_the_past() {
        assert_eq!(
            license().suspended(Some(NOW), NOW),
            Err(Reason::InvalidTime)
        );
        assert_eq!(
            license().suspended(Some(crate::MAX_TIME + 1), NOW),
            Err(Reason::InvalidTime)
        );
    }

    #[test]
    fn an_expired_license_can_be_revoked_but_not_suspended() {
        let expired_at = license().term.grace_until;
        assert_eq!(
            license().suspended(None, expired_at),
            Err(Reason::TermExpired)
        );
        assert!(license().revoked().is_ok());
    }

    #[test]
    fn each_update_carries_the_next_version() {
        let suspended = license().suspended(None, NOW).expect("active");
        assert_eq!(suspended.update(TokenId::from(1), 2).version, 2);
        assert_eq!(
            suspended.update(TokenId::from(1), 2).status,
            Status::Suspended.code()
        );
    }

    #[test]
    fn a_license_under_one_that_ended_has_ended_and_keeps_its_version() {
        let below = license().under(9);
        assert_eq!(below.update(TokenId::from(1), 2).parent, TokenId::from(9));
        for standing in [
            Standing::Pending,
            Standing::Active,
            Standing::Suspended { lifts_at: Some(9) },
        ] {
            let ended = License { standing, ..below }.orphaned();
            assert_eq!(ended.standing, Standing::Revoked);
            assert_eq!(ended.version, below.version);
        }
        let surrendered = below.surrendered(NOW).expect("active");
        assert_eq!(surrendered.orphaned(), surrendered);
    }

    #[test]
    fn the_last_version_is_not_exceeded() {
        let worn_out = License {
            version: u32::MAX,
            ..license()
        };
        assert_eq!(worn_out.revoked(), Err(Reason::LimitReached));
    }

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Renew,
        Suspend(Option<u64>),
        Resume,
        Settle,
        Revoke,
        Surrender,
        Transfer,
        Wait(u64),
    }

    fn any_step() -> impl Strategy<Value = Step> {
        let year = yearly().durations.term;
        prop_oneof![
            Just(Step::Renew),
            Just(Step::Suspend(None)),
            (1..year).prop_map(|after| Step::Suspend(Some(after))),
            Just(Step::Resume),
            Just(Step::Settle),
            Just(Step::Revoke),
            Just(Step::Surrender),
            Just(Step::Transfer),
            (0..year).prop_map(Step::Wait),
        ]
    }

    fn apply(license: License, step: Step, now: u64) -> Result<License, Reason> {
        match step {
            Step::Renew => license.renewed(&yearly().durations, now),
            Step::Suspend(after) => license.suspended(after.map(|after| now + after), now),
            Step::Resume => license.resumed(now),
            Step::Settle => license.settled(now),
            Step::Revoke => license.revoked(),
            Step::Surrender => license.surrendered(now),
            Step::Transfer => license.transferred([9; 20], now),
            Step::Wait(_) => Ok(license),
        }
    }

    proptest! {
        #[test]
        fn i1_i3_histories_keep_the_invariants(steps in proptest::collection::vec(any_step(), 1..60)) {
            let (mut license, mut now) = (license(), NOW);
            for step in steps {
                if let Step::Wait(seconds) = step {
                    now += seconds;
                    continue;
                }
                let before = license;
                match apply(license, step, now) {
                    Ok(after) => license = after,
                    Err(_) => continue,
                }
                // I1: a terminal license never changes again.
                prop_assert!(!matches!(before.standing, Standing::Revoked | Standing::Archived));
                prop_assert_eq!(license.version, before.version + 1);
                prop_assert!(license.term.valid_until >= before.term.valid_until);
                prop_assert_eq!((license.issuer, license.license_type), (before.issuer, before.license_type));
            }
        }
    }
}
