//! One license through its whole life, on real transactions, seen in every place.

mod approval;
mod latency;
mod next;
mod people;
mod report;
mod steps;

use std::time::Duration;

use thiserror::Error;

pub use self::latency::{Seen, until_seen};
pub use self::next::NextCommand;
pub use self::people::{People, SignerKind};
pub use self::report::{JourneyReport, StepReport, TransactionReport, agreement_table};

use self::steps::Journey;
use crate::agreement::{AgreementError, settle_and_compare};
use crate::chain::status_name;
use crate::indexer::IndexerError;
use crate::mirror::MirrorError;
use crate::progress::Progress;
use crate::stack::wait;
use crate::target::Network;
use lex_client::{CallError, SourceError};
use lex_model::Status;

/// Longest wait for one change to be indexed and mirrored.
const WITHIN: Duration = Duration::from_secs(120);

/// The journey did not go as it must.
#[derive(Debug, Error)]
pub enum JourneyError {
    #[error("failed: {step}")]
    Call {
        step: &'static str,
        source: CallError,
    },
    #[error("failed to read the chain")]
    Source(#[from] SourceError),
    #[error("failed to ask the index")]
    Index(#[from] IndexerError),
    #[error("failed to ask the mirror")]
    Mirror(#[from] MirrorError),
    #[error(transparent)]
    TimedOut(#[from] wait::TimedOut),
    #[error("failed to compare chain, index and mirror")]
    Agreement(#[from] AgreementError),
    #[error("the transaction for {step} emitted no {event} event")]
    NoEvent {
        step: &'static str,
        event: &'static str,
    },
    #[error("after {step} the mirror says {} (usable: {usable}), expected {}", status_name(*.status), status_name(*.expected))]
    WrongMirror {
        step: &'static str,
        status: u8,
        usable: bool,
        expected: u8,
    },
    #[error("failed to sign {what}: {reason}")]
    Signature { what: &'static str, reason: String },
    #[error("the license has no usable place: {0}")]
    Place(String),
    #[error("the transfer of a license that is not transferable was accepted")]
    TransferAccepted,
    #[error("chain, index and mirror do not agree:\n{0}")]
    Disagreement(String),
}

/// Takes one license through its life and compares all places at the end. Each step is one line of
/// `progress` as it happens.
///
/// # Errors
/// The first step that fails or ends otherwise than it must.
pub async fn run(
    network: &Network,
    people: &People,
    progress: &Progress,
) -> Result<JourneyReport, JourneyError> {
    let mut journey = Journey::new(network, people, progress)?;
    journey.create_type().await?;
    let license = journey.issue().await?;
    journey.search(license, Status::Pending).await?;
    let decision = journey.propose(license).await?;
    journey.approve(decision).await?;
    journey.execute(license, decision).await?;
    journey.search(license, Status::Active).await?;
    journey.renew(license).await?;
    journey.suspend(license).await?;
    journey.resume(license).await?;
    journey.transfer_refused(license).await?;
    journey.revoke(license).await?;
    let agreement = settle_and_compare(network, WITHIN).await?;
    if !agreement.holds() {
        return Err(JourneyError::Disagreement(agreement_table(&agreement)));
    }
    Ok(journey.finish(license, agreement))
}
