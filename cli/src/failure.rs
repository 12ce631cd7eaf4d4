//! What a failed command prints and returns: the contract's reason and what to do, and an exit
//! code that programs can act on.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | failed; the message says why |
//! | 2 | the command line is wrong |
//! | 3 | a contract refused; nothing was changed |
//! | 4 | a node, the indexer or another service does not answer |
//! | 5 | there is no such license |
//! | 6 | chain, index and mirror do not agree |
//! | 7 | a part is halted, down or late; everything else goes on |

use lex_client::{CallError, Refusal, SourceError};
use serde::Serialize;
use thiserror::Error;

use crate::agreement::AgreementError;
use crate::indexer::IndexerError;
use crate::journey::JourneyError;
use crate::mirror::MirrorError;
use crate::target::TargetError;

/// Shown at the end of every help text.
pub const EXIT_CODES: &str = "\
Exit codes:
  0 done   1 failed   2 wrong command line   3 refused by a contract (nothing changed)
  4 a service does not answer   5 no such license   6 chain, index and mirror disagree
  7 a part is halted, down or late (`lex status` says which, and what to do)";

/// There is no license with this id.
#[derive(Debug, Error)]
#[error("no license has the id {0}; `lex license search` finds licenses")]
pub struct NoSuchLicense(pub String);

/// Chain, index and mirror say different things.
#[derive(Debug, Error)]
#[error("chain, index and mirror do not agree")]
pub struct Disagreement;

/// A part of the stack is halted, down or late.
#[derive(Debug, Error)]
#[error("a part of the stack needs attention")]
pub struct NeedsAttention;

/// A command that has said everything on stdout; only its exit code is left to tell.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct Told {
    pub exit: u8,
    pub message: String,
}

impl Told {
    /// What [`Failure::of`] makes of `error`, for a command whose result shows it.
    #[must_use]
    pub fn of(error: impl Into<anyhow::Error>) -> Told {
        let failure = Failure::of(&error.into());
        Told {
            exit: failure.exit,
            message: failure.message,
        }
    }
}

/// A failed command.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    #[serde(skip)]
    pub exit: u8,
    /// Whether the result of the command, one JSON document, has said it already.
    #[serde(skip)]
    pub is_told: bool,
    /// Stable: `refused`, `unreachable`, `notFound`, `disagreement`, `attention`, `usage` or `failed`.
    pub kind: &'static str,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalReport>,
}

/// A contract's refusal.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusalReport {
    pub code: u16,
    pub reason: &'static str,
    pub message: &'static str,
    pub remedy: &'static str,
    pub rule_version: u32,
    /// Decimal.
    pub detail: String,
}

impl From<&Refusal> for RefusalReport {
    fn from(refusal: &Refusal) -> RefusalReport {
        RefusalReport {
            code: refusal.code,
            reason: refusal.name(),
            message: refusal.message(),
            remedy: refusal.remedy(),
            rule_version: refusal.rule_version,
            detail: refusal.detail.to_string(),
        }
    }
}

impl RefusalReport {
    /// The refusal as lines for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{} (code {}): {}", self.reason, self.code, self.message);
        if self.detail != "0" {
            text += &format!("\n  detail      {}", self.detail);
        }
        if self.rule_version != 0 {
            text += &format!("\n  rules       version {}", self.rule_version);
        }
        text + &format!("\n  what to do  {}", self.remedy)
    }
}

impl Failure {
    /// Finds out what kind of failure an error is.
    #[must_use]
    pub fn of(error: &anyhow::Error) -> Failure {
        let message = message(error);
        let failure = |exit, kind| Failure {
            exit,
            is_told: false,
            kind,
            message: message.clone(),
            refusal: None,
        };
        for cause in error.chain() {
            if let Some(told) = cause.downcast_ref::<Told>() {
                return Failure {
                    is_told: true,
                    ..failure(told.exit, "attention")
                };
            }
            if let Some(CallError::Refused(refusal)) = cause.downcast_ref() {
                return Failure {
                    refusal: Some(RefusalReport::from(refusal)),
                    ..failure(3, "refused")
                };
            }
            if is_unreachable(cause) {
                return failure(4, "unreachable");
            }
            if cause.is::<NoSuchLicense>() {
                return failure(5, "notFound");
            }
            if cause.is::<Disagreement>() || is_disagreement(cause) {
                return failure(6, "disagreement");
            }
            if cause.is::<NeedsAttention>() || is_late(cause) {
                return failure(7, "attention");
            }
        }
        failure(1, "failed")
    }

    /// A command line that is none.
    #[must_use]
    pub fn usage(error: &clap::Error) -> Failure {
        let text = error.to_string();
        Failure {
            exit: 2,
            is_told: false,
            kind: "usage",
            message: text.trim_start_matches("error: ").trim_end().to_owned(),
            refusal: None,
        }
    }

    /// The failure as lines for people.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.refusal {
            Some(refusal) => format!("refused: {}", refusal.text()),
            None => format!("error: {}", self.message),
        }
    }
}

fn is_unreachable(cause: &(dyn std::error::Error + 'static)) -> bool {
    let source = |error: &SourceError| error.is_transient();
    cause.downcast_ref::<SourceError>().is_some_and(source)
        || matches!(cause.downcast_ref(), Some(CallError::Source(error)) if source(error))
        || cause.is::<MirrorError>()
        || matches!(cause.downcast_ref(), Some(TargetError::NoStack { .. }))
        || matches!(cause.downcast_ref(), Some(IndexerError::Http { .. }))
}

fn is_disagreement(cause: &(dyn std::error::Error + 'static)) -> bool {
    let other_history = |error: &AgreementError| {
        matches!(
            error,
            AgreementError::OtherChain { .. } | AgreementError::NoSuchBlock { .. }
        )
    };
    matches!(cause.downcast_ref(), Some(JourneyError::Disagreement(_)))
        || cause.downcast_ref().is_some_and(other_history)
}

fn is_late(cause: &(dyn std::error::Error + 'static)) -> bool {
    matches!(cause.downcast_ref(), Some(JourneyError::TimedOut(_)))
        || matches!(cause.downcast_ref(), Some(AgreementError::TimedOut(_)))
}

/// The whole chain of causes on one line; transparent errors repeat their cause, so that is left out.
fn message(error: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::wait;
    use anyhow::Context;
    use lex_client::U256;
    use lex_model::Reason;

    fn refused() -> CallError {
        CallError::Refused(Refusal {
            code: Reason::WrongState.code(),
            rule_version: 2,
            detail: U256::from(4),
        })
    }

    #[test]
    fn a_refusal_says_why_and_what_to_do() {
        let error = anyhow::Error::new(JourneyError::Call {
            step: "renewed",
            source: refused(),
        });
        let failure = Failure::of(&error);
        assert_eq!((failure.exit, failure.kind), (3, "refused"));
        let text = failure.text();
        assert!(text.starts_with("refused: WrongState (code 9): "), "{text}");
        assert!(text.contains(Reason::WrongState.remedy()), "{text}");
        assert!(text.contains("version 2"), "{text}");
    }

    #[test]
    fn a_refusal_as_json_has_all_its_parts() {
        let failure = Failure::of(&anyhow::Error::new(refused()));
        let json = serde_json::to_value(&failure).unwrap();
        assert_eq!(json["kind"], "refused");
        assert_eq!(json["refusal"]["code"], 9);
        assert_eq!(json["refusal"]["reason"], "WrongState");
        assert_eq!(json["refusal"]["detail"], "4");
        assert_eq!(json["refusal"]["ruleVersion"], 2);
    }

    #[test]
    fn a_silent_service_is_recognised_through_every_layer() {
        let silent = || MirrorError {
            name: "anvil".into(),
            address: lex_client::Address::ZERO,
            reason: "connection refused".into(),
        };
        let layers = [
            anyhow::Error::new(silent()),
            anyhow::Error::new(JourneyError::Mirror(silent())),
            anyhow::Error::new(JourneyError::Agreement(AgreementError::Mirror(silent()))),
        ];
        for error in layers {
            assert_eq!(Failure::of(&error).exit, 4, "{error:?}");
        }
    }

    #[test]
    fn what_is_late_needs_attention_and_is_no_disagreement() {
        let late = || wait::TimedOut {
            label: "the mirror to have every update".into(),
            within: std::time::Duration::from_secs(1),
            last: "update 1 of 2".into(),
        };
        let layers = [
            anyhow::Error::new(AgreementError::TimedOut(late())),
            anyhow::Error::new(JourneyError::Agreement(AgreementError::TimedOut(late()))),
            anyhow::Error::new(JourneyError::TimedOut(late())).context("the journey ended early"),
        ];
        for error in layers {
            assert_eq!(Failure::of(&error).exit, 7, "{error:?}");
        }
    }

    #[test]
    fn what_the_result_says_is_not_said_twice() {
        let told = Told::of(Disagreement);
        let failure = Failure::of(&anyhow::Error::new(told));
        assert!(failure.is_told);
        assert_eq!(failure.exit, 6);
    }

    #[test]
    fn an_unknown_license_is_not_found() {
        let error = anyhow::Error::new(NoSuchLicense("7".into())).context("failed to show it");
        assert_eq!(Failure::of(&error).exit, 5);
    }

    #[test]
    fn other_errors_are_plain_failures_with_their_causes() {
        let error = Err::<(), _>(std::io::Error::other("disk full"))
            .context("failed to write")
            .unwrap_err();
        let failure = Failure::of(&error);
        assert_eq!(
            (failure.exit, failure.text().as_str()),
            (1, "error: failed to write: disk full")
        );
    }
}
