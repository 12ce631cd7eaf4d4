//! The attester: signs outbox heads that it has verified itself.

mod attester;
mod epochs;
mod error;
mod readiness;
mod routes;
mod rule;

pub use attester::Attester;
pub use epochs::Epochs;
pub use error::AttestError;
pub use readiness::AttestReadiness;
pub use routes::routes;
pub use rule::{Statement, state};
