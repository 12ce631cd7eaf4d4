//! Refusals as tests expect them.

use anyhow::{Context, Result};
use lex_client::CallError;
use lex_model::Reason;

/// The reason with which a call was refused.
///
/// # Errors
/// When it was not refused.
pub fn reason<T: std::fmt::Debug>(result: Result<T, CallError>) -> Result<Reason> {
    match result {
        Err(error) => reason_of(error.into()),
        Ok(done) => anyhow::bail!("not refused: {done:?}"),
    }
}

/// The reason in an error of the actions of [`crate::System`].
///
/// # Errors
/// When it is another error.
pub fn reason_of(error: anyhow::Error) -> Result<Reason> {
    match error.downcast::<CallError>()? {
        CallError::Refused(refusal) => refusal.reason().context("unknown code"),
        other => Err(other.into()),
    }
}
