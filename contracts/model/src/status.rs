/// The status of a license at a time. The codes are the same in contracts, mirror, database and
/// API; a code is never given another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Status {
    /// No such license, or the reader's copy is too old to say.
    Unknown = 0,
    /// Issued, waiting for a gate of its type.
    Pending = 1,
    /// In force, if its term runs: see [`Status::NotYetValid`], [`Status::InGrace`], [`Status::Expired`].
    Active = 2,
    /// Out of force by a decision that can be undone.
    Suspended = 3,
    /// Out of force for ever.
    Revoked = 4,
    /// Surrendered by its holder.
    Archived = 5,
    /// Derived: active, before `valid_from`.
    NotYetValid = 6,
    /// Derived: active, `valid_until` passed, still renewable.
    InGrace = 7,
    /// Derived: active, `grace_until` passed.
    Expired = 8,
}

impl Status {
    /// Every status, in the order of its code.
    pub const ALL: [Self; 9] = [
        Self::Unknown,
        Self::Pending,
        Self::Active,
        Self::Suspended,
        Self::Revoked,
        Self::Archived,
        Self::NotYetValid,
        Self::InGrace,
        Self::Expired,
    ];

    /// The number that stands for this status everywhere.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The status of a code, `None` for a code that was never given.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// Whether a license with this status may be used, if its type is open and its holder is not
    /// frozen.
    pub const fn is_in_force(self) -> bool {
        matches!(self, Self::Active)
    }

    /// The status of a license under another one with status `parent` at the same time: the weaker of
    /// the two, for it ends with the parent and is in force only while the parent is. Mirror and index
    /// compute the same, up the chain of parents; whichever end they begin at, the result is one.
    #[must_use]
    pub const fn under(self, parent: Self) -> Self {
        match (self, parent) {
            (Self::Revoked | Self::Archived, _) => self,
            (_, Self::Revoked | Self::Archived) => Self::Revoked,
            _ if parent.weakness() > self.weakness() => parent,
            _ => self,
        }
    }

    /// How far from being in force, in the order in which a reader has to be told of two of them.
    const fn weakness(self) -> u8 {
        match self {
            Self::Active => 0,
            Self::NotYetValid => 1,
            Self::InGrace => 2,
            Self::Expired => 3,
            Self::Suspended => 4,
            Self::Pending => 5,
            Self::Unknown => 6,
            Self::Archived | Self::Revoked => 7,
        }
    }

    /// The name as people and programs see it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Pending => "Pending",
            Self::Active => "Active",
            Self::Suspended => "Suspended",
            Self::Revoked => "Revoked",
            Self::Archived => "Archived",
            Self::NotYetValid => "NotYetValid",
            Self::InGrace => "InGrace",
            Self::Expired => "Expired",
        }
    }
}

/// What a contract stores of a license's status. Time turns it into a [`Status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
pub enum Standing {
    /// Waiting for a gate of its type.
    Pending,
    /// In force while its term runs.
    Active,
    /// Suspended, until a decision lifts it or, if `lifts_at` is given, until that time
    /// (Unix seconds), whichever comes first.
    Suspended {
        /// When the suspension lifts by itself.
        lifts_at: Option<u64>,
    },
    /// Revoked: terminal.
    Revoked,
    /// Surrendered: terminal.
    Archived,
}

impl Standing {
    /// The stored status, before time is considered.
    pub const fn stored(self) -> Status {
        match self {
            Self::Pending => Status::Pending,
            Self::Active => Status::Active,
            Self::Suspended { .. } => Status::Suspended,
            Self::Revoked => Status::Revoked,
            Self::Archived => Status::Archived,
        }
    }

    /// Whether it is terminal: revoked or archived.
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Revoked | Self::Archived)
    }

    /// The standing at time `at`: a suspension whose time has come is over.
    pub fn at(self, at: u64) -> Self {
        match self {
            Self::Suspended {
                lifts_at: Some(lifts_at),
            } if at >= lifts_at => Self::Active,
            standing => standing,
        }
    }

    /// The standing of a sublicense whose parent stands so: it dies with the parent and is out of
    /// force while the parent is, whatever it stands on its own. A suspension of both lasts until
    /// the later of the two ends.
    pub fn under(self, parent: Self) -> Self {
        match (self, parent) {
            (Self::Revoked | Self::Archived, _) => self,
            (_, Self::Revoked | Self::Archived) => Self::Revoked,
            (Self::Pending, _) => self,
            (Self::Suspended { lifts_at: own }, Self::Suspended { lifts_at: above }) => {
                Self::Suspended {
                    lifts_at: own.zip(above).map(|(own, above)| own.max(above)),
                }
            }
            (Self::Active, Self::Suspended { lifts_at }) => Self::Suspended { lifts_at },
            _ => self,
        }
    }

    /// The standing of a stored code; `lifts_at` 0 means none. `None` for a code that is not stored.
    pub fn from_stored(code: u8, lifts_at: u64) -> Option<Self> {
        Some(match Status::from_code(code)? {
            Status::Pending => Self::Pending,
            Status::Active => Self::Active,
            Status::Suspended => Self::Suspended {
                lifts_at: (lifts_at != 0).then_some(lifts_at),
            },
            Status::Revoked => Self::Revoked,
            Status::Archived => Self::Archived,
            Status::Unknown | Status::NotYetValid | Status::InGrace | Status::Expired => {
                return None;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_their_positions() {
        for (position, status) in Status::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(status.code()), position);
            assert_eq!(Status::from_code(status.code()), Some(status));
            assert_eq!(status.name(), format!("{status:?}"));
        }
        assert_eq!(Status::from_code(9), None);
    }

    #[test]
    fn a_chain_is_as_weak_as_its_weakest_link_from_either_end() {
        for own in Status::ALL {
            for parent in Status::ALL {
                let seen = own.under(parent);
                assert_eq!(
                    seen.is_in_force(),
                    own.is_in_force() && parent.is_in_force()
                );
                assert!(seen.weakness() >= own.weakness().max(parent.weakness()));
                for above in Status::ALL {
                    assert_eq!(seen.under(above), own.under(parent.under(above)));
                }
            }
        }
        assert_eq!(Status::Active.under(Status::Archived), Status::Revoked);
        assert_eq!(Status::Archived.under(Status::Revoked), Status::Archived);
        assert_eq!(Status::InGrace.under(Status::Suspended), Status::Suspended);
    }

    #[test]
    fn derived_statuses_are_never_stored() {
        for code in [0, 6, 7, 8, 9, 255] {
            assert_eq!(Standing::from_stored(code, 0), None);
        }
        for code in 1..=5 {
            let standing = Standing::from_stored(code, 0).expect("stored code");
            assert_eq!(standing.stored().code(), code);
        }
    }

    #[test]
    fn a_suspension_lifts_at_its_time_and_not_before() {
        let suspended = Standing::Suspended { lifts_at: Some(50) };
        assert_eq!(suspended.at(49), suspended);
        assert_eq!(suspended.at(50), Standing::Active);
        let open_ended = Standing::Suspended { lifts_at: None };
        assert_eq!(open_ended.at(u64::MAX), open_ended);
    }

    #[test]
    fn a_sublicense_stands_no_better_than_its_parent() {
        let [soon, later, open_ended] =
            [Some(10), Some(20), None].map(|lifts_at| Standing::Suspended { lifts_at });
        for (own, parent, seen) in [
            (Standing::Active, Standing::Active, Standing::Active),
            (Standing::Active, soon, soon),
            (soon, Standing::Active, soon),
            (soon, later, later),
            (later, soon, later),
            (soon, open_ended, open_ended),
            (open_ended, soon, open_ended),
            (Standing::Pending, soon, Standing::Pending),
            (Standing::Pending, Standing::Revoked, Standing::Revoked),
            (Standing::Active, Standing::Archived, Standing::Revoked),
            (soon, Standing::Revoked, Standing::Revoked),
            (Standing::Archived, Standing::Revoked, Standing::Archived),
            (Standing::Revoked, Standing::Active, Standing::Revoked),
        ] {
            assert_eq!(own.under(parent), seen, "{own:?} under {parent:?}");
        }
    }
}
