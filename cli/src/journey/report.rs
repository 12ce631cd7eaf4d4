//! What the journey found, for people and for programs.

use lex_client::B256;
use serde::{Deserialize, Serialize};

use super::people::SignerKind;
use crate::agreement::{Agreement, Comparison, View};
use crate::output::{short, table};

/// A journey that went as it must.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyReport {
    /// The issuer's kind of key.
    pub signer: SignerKind,
    /// Id of the license, decimal.
    pub license: String,
    /// Number of its type.
    pub license_type: u64,
    pub steps: Vec<StepReport>,
    pub agreement: Agreement,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    pub step: String,
    pub outcome: String,
    /// `None` for a step that sends none, such as a search or a refusal.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub transaction: Option<TransactionReport>,
}

/// A final transaction and when it was seen. Times are milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionReport {
    pub hash: B256,
    pub block: u64,
    /// From submission to finality.
    pub finalized_ms: u64,
    /// From finality to the index.
    pub indexed_ms: u64,
    /// From finality to the mirror; `None` when there was nothing to mirror.
    pub mirrored_ms: Option<u64>,
}

impl StepReport {
    /// The step as one line.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = format!("  {:<18} {:<44}", self.step, self.outcome);
        if let Some(transaction) = &self.transaction {
            let mirrored = transaction
                .mirrored_ms
                .map_or_else(String::new, |ms| format!("  mirrored {ms:>5} ms"));
            line += &format!(
                " tx {}  block {:>5}  final {:>4} ms  indexed {:>4} ms{mirrored}",
                transaction.hash,
                transaction.block,
                transaction.finalized_ms,
                transaction.indexed_ms
            );
        }
        line.trim_end().to_owned()
    }
}

/// Licenses that the table shows when there are more.
const SHOWN: usize = 40;

/// All licenses with what chain, index and mirror say; those that disagree always, the others as
/// long as there is room.
#[must_use]
pub fn agreement_table(agreement: &Agreement) -> String {
    let count = agreement.licenses.len();
    let first_shown = count.saturating_sub(SHOWN);
    let shown = agreement
        .licenses
        .iter()
        .enumerate()
        .filter(|(index, comparison)| *index >= first_shown || !comparison.agrees())
        .map(|(_, comparison)| row(comparison));
    let mut text = table(
        [
            "license", "type", "holder", "chain", "index", "mirror", "agree",
        ],
        shown,
    );
    if first_shown > 0 {
        text += &format!("\n  {first_shown} earlier licenses are shown only if they disagree");
    }
    let agreeing = agreement
        .licenses
        .iter()
        .filter(|license| license.agrees())
        .count();
    text += &format!(
        "\n  {agreeing} of {count} licenses agree in chain, index and mirror; updates: chain {}, mirror {}",
        agreement.outbox_nonce, agreement.mirrored_nonce
    );
    if !agreement.has_same_head {
        text += "\n  THE MIRROR HAS ANOTHER HISTORY than the chain: the heads differ";
    }
    for comparison in agreement
        .licenses
        .iter()
        .filter(|license| !license.agrees())
    {
        text += &format!(
            "\n  license {}: {}",
            comparison.id,
            comparison.differences.join("; ")
        );
    }
    text
}

fn row(comparison: &Comparison) -> [String; 7] {
    let status = |view: &Option<View>| {
        view.as_ref()
            .map_or_else(|| String::from("missing"), |view| view.status.clone())
    };
    let chain = comparison.chain.as_ref();
    let dash = || String::from("-");
    [
        comparison.id.to_string(),
        chain.map_or_else(dash, |chain| chain.license_type.to_string()),
        chain.map_or_else(dash, |chain| short(&chain.holder)),
        status(&comparison.chain),
        status(&comparison.index),
        status(&comparison.mirror),
        String::from(if comparison.agrees() { "yes" } else { "NO" }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::Sighting;
    use lex_client::Address;

    fn view(status: &str) -> View {
        View {
            holder: Address::repeat_byte(1),
            license_type: 1,
            status: status.into(),
            valid_from: 1,
            valid_until: 2,
            grace_until: 3,
        }
    }

    fn seen(chain: &str, copy: &str) -> Sighting {
        Sighting {
            chain: Some(view(chain)),
            copy: Some(view(copy)),
        }
    }

    fn agreement(mirrored: &str) -> Agreement {
        let mut licenses: Vec<Comparison> = (1..=50)
            .map(|id| Comparison::of(id, seen("Active", "Active"), seen("Active", "Active")))
            .collect();
        let mirror = seen("Revoked", mirrored);
        licenses[0] = Comparison::of(1, seen("Revoked", "Revoked"), mirror);
        Agreement {
            licenses,
            outbox_nonce: 60,
            mirrored_nonce: 60,
            has_same_head: true,
        }
    }

    #[test]
    fn a_disagreement_is_shown_even_when_it_is_old() {
        let text = agreement_table(&agreement("Active"));
        assert!(text.contains("49 of 50 licenses agree"), "{text}");
        assert!(
            text.contains("license 1: mirror: status Active, chain has Revoked"),
            "{text}"
        );
        assert!(text.contains("NO"), "{text}");
    }

    #[test]
    fn old_licenses_that_agree_are_only_counted() {
        let text = agreement_table(&agreement("Revoked"));
        assert!(text.contains("50 of 50 licenses agree"), "{text}");
        assert!(text.contains("10 earlier licenses"), "{text}");
        assert!(!text.contains("Revoked"), "{text}");
    }

    #[test]
    fn a_line_without_transaction_ends_with_its_outcome() {
        let step = StepReport {
            step: "search".into(),
            outcome: "found".into(),
            transaction: None,
        };
        assert!(step.line().ends_with("found"));
    }
}
