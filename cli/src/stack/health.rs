//! What a service says of itself at `/health/ready`.

use serde::Deserialize;

/// Why a part does not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unready {
    /// It may do so later, without anybody's help.
    NotYet(String),
    /// Its process runs but answers nothing.
    Silent(String),
    /// It has stopped for good: an operator has to look, and to end the halt.
    Halted(String),
}

impl Unready {
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Unready::NotYet(reason) | Unready::Silent(reason) | Unready::Halted(reason) => reason,
        }
    }
}

/// How the reason of a halt begins.
const HALTED: &str = "halted";

/// The fields that services answer with. All of them may be left out.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    reason: Option<String>,
    /// Why it has halted.
    halted: Option<String>,
    has_indexing_errors: Option<bool>,
    lag_blocks: Option<u64>,
    indexed_block: Option<u64>,
    finalized_block: Option<u64>,
}

/// What an answer other than "ready" says.
#[must_use]
pub fn unready(status: u16, body: &str) -> Unready {
    let Ok(answer) = serde_json::from_str::<Body>(body) else {
        let body: String = body.chars().take(300).collect();
        return Unready::NotYet(format!("it answers {status}: {body}"));
    };
    if let Some(why) = &answer.halted {
        return Unready::Halted(why.clone());
    }
    match answer.reason {
        Some(reason) => match reason.strip_prefix(HALTED) {
            Some(why) => Unready::Halted(why.trim_start_matches([':', ' ']).to_owned()),
            None => Unready::NotYet(reason),
        },
        None => Unready::NotYet(without_reason(status, &answer)),
    }
}

/// The indexer gives figures instead of a reason.
fn without_reason(status: u16, answer: &Body) -> String {
    if answer.has_indexing_errors == Some(true) {
        return String::from("indexing fails and is tried again; its log says why");
    }
    match (
        answer.lag_blocks,
        answer.indexed_block,
        answer.finalized_block,
    ) {
        (Some(lag), Some(indexed), Some(finalized)) if lag > 0 => {
            format!("it is at block {indexed} of {finalized}")
        }
        (_, Some(indexed), Some(_)) => {
            format!("the node has had no new block for long; the newest is {indexed}")
        }
        (_, _, None) => String::from("it has not heard from the node yet"),
        _ => format!("it answers {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_halt_is_told_from_slowness() {
        let halted = r#"{"ready": false, "reason": "halted: two endpoints disagree at block 7"}"#;
        let why = String::from("two endpoints disagree at block 7");
        assert_eq!(unready(503, halted), Unready::Halted(why.clone()));
        let named = r#"{"ready": false, "halted": "two endpoints disagree at block 7"}"#;
        assert_eq!(unready(503, named), Unready::Halted(why));
        let slow = r#"{"ready": false, "reason": "update 4 waits for 90 s"}"#;
        let why = String::from("update 4 waits for 90 s");
        assert_eq!(unready(503, slow), Unready::NotYet(why));
    }

    #[test]
    fn the_indexers_figures_become_a_sentence() {
        let reason = |body| unready(503, body).reason().to_owned();
        let behind = r#"{"ready": false, "indexedBlock": 3, "finalizedBlock": 9, "lagBlocks": 6,
                        "hasIndexingErrors": false}"#;
        assert_eq!(reason(behind), "it is at block 3 of 9");
        let failing = r#"{"ready": false, "hasIndexingErrors": true}"#;
        assert!(reason(failing).contains("its log says why"));
        let silent = r#"{"ready": false, "indexedBlock": 9, "finalizedBlock": 9, "lagBlocks": 0}"#;
        assert!(reason(silent).contains("no new block"));
    }

    #[test]
    fn anything_else_is_repeated_briefly() {
        let long = "x".repeat(5_000);
        let reason = unready(502, &long).reason().to_owned();
        assert!(reason.starts_with("it answers 502: xxx"), "{reason}");
        assert!(reason.len() < 400);
    }
}
