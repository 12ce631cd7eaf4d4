//! The attester: signs outbox heads that it has verified itself.

mod attester;
mod epochs;
mod error;
mod routes;
mod rule;

pub use attester::Attester;
pub use epochs::Epochs;
pub use error::AttestError;
pub use routes::routes;
pub use rule::{Statement, state};
