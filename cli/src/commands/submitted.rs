//! What a command that sends a transaction prints.

use lex_client::{B256, Submitted};
use serde::Serialize;

use crate::output::fields;

/// A final transaction.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionView {
    pub transaction: B256,
    pub block: u64,
    pub block_hash: B256,
    /// Milliseconds from submission to finality.
    pub finalized_ms: u128,
    /// What was made, if something was: the id of a license or type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl TransactionView {
    #[must_use]
    pub fn of(submitted: &Submitted, id: Option<String>) -> TransactionView {
        TransactionView {
            transaction: submitted.transaction_hash,
            block: submitted.block.number,
            block_hash: submitted.block.hash,
            finalized_ms: submitted
                .finalized_at
                .saturating_duration_since(submitted.submitted_at)
                .as_millis(),
            id,
        }
    }

    /// The transaction below a sentence that says what it did.
    #[must_use]
    pub fn text(&self, sentence: &str) -> String {
        let fields = fields([
            ("transaction", self.transaction.to_string()),
            ("block", self.block.to_string()),
            ("final after", format!("{} ms", self.finalized_ms)),
        ]);
        let indented: String = fields.lines().map(|line| format!("  {line}\n")).collect();
        format!("{sentence}\n{indented}")
    }
}
