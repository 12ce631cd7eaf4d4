//! License status in the interface.

use async_graphql::Enum;
use lex_model::Status;

/// The status of a license at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "LicenseStatus")]
pub enum LicenseStatus {
    /// No license.
    Unknown,
    /// Waiting for a gate of its type.
    Pending,
    /// In force.
    Active,
    /// Out of force by a decision that can be undone.
    Suspended,
    /// Out of force for ever.
    Revoked,
    /// Surrendered by its holder.
    Archived,
    /// Its term has not begun.
    NotYetValid,
    /// Its term is over, but it can still be renewed.
    InGrace,
    /// Its term is over.
    Expired,
}

impl From<Status> for LicenseStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Unknown => Self::Unknown,
            Status::Pending => Self::Pending,
            Status::Active => Self::Active,
            Status::Suspended => Self::Suspended,
            Status::Revoked => Self::Revoked,
            Status::Archived => Self::Archived,
            Status::NotYetValid => Self::NotYetValid,
            Status::InGrace => Self::InGrace,
            Status::Expired => Self::Expired,
        }
    }
}

impl From<LicenseStatus> for Status {
    fn from(status: LicenseStatus) -> Self {
        match status {
            LicenseStatus::Unknown => Self::Unknown,
            LicenseStatus::Pending => Self::Pending,
            LicenseStatus::Active => Self::Active,
            LicenseStatus::Suspended => Self::Suspended,
            LicenseStatus::Revoked => Self::Revoked,
            LicenseStatus::Archived => Self::Archived,
            LicenseStatus::NotYetValid => Self::NotYetValid,
            LicenseStatus::InGrace => Self::InGrace,
            LicenseStatus::Expired => Self::Expired,
        }
    }
}
