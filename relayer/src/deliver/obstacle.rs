//! What keeps a lane from going on, for those who look at it from outside.

use std::fmt;

use super::error::LaneError;
use super::simulate::ClockLag;
use crate::condition::Cause;

/// What a lane waits for. It tries again by itself as soon as this is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The account cannot pay for the next transaction, in wei.
    Funds { balance: u128, needed: u128 },
    /// A cap or the budget in `[fees]` is below what the destination asks for.
    Fees,
    /// Too few attesters sign.
    Signatures { collected: usize, needed: usize },
    /// The destination's node does not answer, or does not take the transaction.
    Destination,
    /// The mirror would refuse the delivery, and says why.
    Refused(String),
    /// The destination's clock is behind the source's, by so many seconds more than the mirror allows.
    /// What is older is delivered.
    Clock { behind: u64 },
    /// One update is more than a block of the destination takes.
    Size,
    /// The mirror holds what is not in the outbox, in a block that may still be reorganised away.
    History,
    /// The lane's own database.
    Store,
    /// The key does not sign.
    Key,
}

impl Obstacle {
    /// What it is called outside.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Funds { .. } => Cause::Funds,
            Self::Fees => Cause::Fees,
            Self::Signatures { .. } => Cause::Signatures,
            Self::Destination => Cause::Destination,
            Self::Refused(_) => Cause::Refused,
            Self::Clock { .. } => Cause::Clock,
            Self::Size => Cause::Size,
            Self::History => Cause::History,
            Self::Store => Cause::Database,
            Self::Key => Cause::Key,
        }
    }
}

impl From<&LaneError> for Obstacle {
    fn from(error: &LaneError) -> Self {
        match error {
            LaneError::Funds {
                balance, needed, ..
            } => Self::Funds {
                balance: *balance,
                needed: *needed,
            },
            LaneError::Fees(_) => Self::Fees,
            LaneError::Collect(error) => Self::Signatures {
                collected: error.collected,
                needed: error.needed,
            },
            LaneError::Mirror(_) | LaneError::Rpc(_) | LaneError::Refused(_) => Self::Destination,
            LaneError::Simulation(reason) => Self::Refused(reason.clone()),
            LaneError::Clock(lag) => Self::from(*lag),
            LaneError::TooLarge => Self::Size,
            LaneError::OtherHistory { .. } => Self::History,
            LaneError::Store(_) | LaneError::MissingUpdate(_) | LaneError::MissingBlock(_) => {
                Self::Store
            }
            LaneError::Signer(_) => Self::Key,
        }
    }
}

impl From<ClockLag> for Obstacle {
    fn from(lag: ClockLag) -> Self {
        Self::Clock {
            behind: lag.attested.saturating_sub(lag.accepted),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Funds { balance, needed } => write!(
                f,
                "the deliverer's account has {balance} wei and the next transaction may cost \
                 {needed}; send it funds"
            ),
            Self::Fees => f.write_str(
                "the destination asks for more than [fees] allows; raise the caps or wait",
            ),
            Self::Signatures { collected, needed } => {
                write!(f, "{collected} of {needed} attesters sign")
            }
            Self::Destination => {
                f.write_str("the destination's node does not answer or does not take transactions")
            }
            Self::Refused(reason) => write!(f, "the mirror would refuse the delivery: {reason}"),
            Self::Clock { behind } => write!(
                f,
                "the destination's clock is behind: updates arrive {behind} s late; see to its node, or \
                 wait until the chain has caught up"
            ),
            Self::Size => f.write_str("one update is more than a block of the destination takes"),
            Self::History => f.write_str(
                "the mirror's newest block holds what is not in the outbox; looking deeper",
            ),
            Self::Store => f.write_str("the database does not answer"),
            Self::Key => f.write_str("the key cannot sign"),
        }
    }
}
