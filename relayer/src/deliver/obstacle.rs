//! What keeps a lane from going on, for those who look at it from outside.

use std::fmt;

use super::error::LaneError;

/// What a lane waits for. It tries again by itself as soon as this is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The account cannot pay for the next transaction, in wei.
    Funds { balance: u128, needed: u128 },
    /// A cap or the budget in `[fees]` is below what the destination asks for.
    Fees,
    /// Too few attesters sign.
    Signatures,
    /// The destination's node does not answer, or does not take the transaction.
    Destination,
    /// The mirror would refuse the delivery.
    Refused,
    /// One update is more than a block of the destination takes.
    Size,
    /// The mirror holds what is not in the outbox, in a block that may still be reorganised away.
    History,
    /// The lane's own database.
    Store,
    /// The key does not sign.
    Key,
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
            LaneError::Collect(_) => Self::Signatures,
            LaneError::Mirror(_) | LaneError::Rpc(_) | LaneError::Refused(_) => Self::Destination,
            LaneError::Simulation(_) => Self::Refused,
            LaneError::TooLarge => Self::Size,
            LaneError::OtherHistory { .. } => Self::History,
            LaneError::Store(_) | LaneError::MissingUpdate(_) | LaneError::MissingBlock(_) => {
                Self::Store
            }
            LaneError::Signer(_) => Self::Key,
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
            Self::Signatures => f.write_str("too few attesters sign"),
            Self::Destination => {
                f.write_str("the destination's node does not answer or does not take transactions")
            }
            Self::Refused => f.write_str("the mirror would refuse the delivery"),
            Self::Size => f.write_str("one update is more than a block of the destination takes"),
            Self::History => f.write_str(
                "the mirror's newest block holds what is not in the outbox; looking deeper",
            ),
            Self::Store => f.write_str("the database does not answer"),
            Self::Key => f.write_str("the key cannot sign"),
        }
    }
}
