//! How an instance is: what it does, what it waits for, how far it is.
//!
//! Readiness, `lex-relayer status` and the metrics say the same, because all of them ask for a
//! [`Condition`], which is found out when it is asked for. Nothing in it is left over from better times:
//! what cannot be known at present is `None`.

use std::fmt;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::deliver::AttesterCondition;

/// Something whose condition can be asked for.
pub trait Conditioned: Send + Sync + 'static {
    /// How it is now. Takes no longer than a few seconds, whoever else does not answer.
    fn condition(&self) -> BoxFuture<'_, Condition>;
}

macro_rules! causes {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// What keeps an instance from its work. The names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Cause {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Cause {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in JSON and in metrics.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

causes! {
    /// It does not trust its source: only an operator ends that.
    Halted "halted",
    /// Another process leads the schema, or none yet.
    Standby "standby",
    /// The database does not answer.
    Database "database",
    /// The source chain cannot be followed, or its nodes do not answer.
    Source "source",
    /// Nothing new was verified for longer than the source chain promises.
    SourceSilent "source_silent",
    /// The destination's node does not answer, or does not take transactions.
    Destination "destination",
    /// The destination's clock is behind the source's.
    Clock "clock",
    /// The account cannot pay.
    Funds "funds",
    /// The fees are above the caps or the budget.
    Fees "fees",
    /// Too few attesters sign.
    Signatures "signatures",
    /// One attester does not sign.
    Attester "attester",
    /// The mirror would refuse the delivery.
    Refused "refused",
    /// One update is more than the destination takes.
    Size "size",
    /// The mirror's newest block holds what is not in the outbox.
    History "history",
    /// The key does not sign.
    Key "key",
    /// Updates wait, and the mirror makes no progress.
    Stalled "stalled",
    /// The mirror's guardian stopped it.
    MirrorStopped "mirror_stopped",
}

/// A cause and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub cause: Cause,
    /// Shown to everyone.
    pub reason: String,
}

impl Trouble {
    pub fn new(cause: Cause, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { cause, reason }
    }
}

/// What an instance does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Attester,
    Deliverer,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Self::Attester => "attester",
            Self::Deliverer => "deliverer",
        }
    }
}

/// An instance at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    pub role: Role,
    /// Whether it leads its schema; if not, it waits until it does.
    pub leads: bool,
    /// Why it does not do its work; empty when it does.
    pub stops: Vec<Trouble>,
    /// What is wrong and does not keep it from its work.
    pub warnings: Vec<Trouble>,
    /// `None` while it does not follow the source.
    pub source: Option<SourceCondition>,
    /// `None` for all but a deliverer that leads.
    pub lane: Option<LaneCondition>,
}

/// The source as it is followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceCondition {
    /// The newest verified block; `None` before the first.
    pub verified_block: Option<u64>,
    pub verified_nonce: u64,
    /// Age of the newest verified block by the clock on the wall.
    pub verified_age_seconds: Option<f64>,
    /// Age of the newest final block that an endpoint told of lately.
    pub head_age_seconds: Option<f64>,
    pub endpoints: Vec<EndpointCondition>,
}

/// One node of the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointCondition {
    /// Without what may be secret in it.
    pub name: String,
    /// The newest final block that it told of lately.
    pub finalized: Option<u64>,
    pub trouble: Option<String>,
}

/// The way to the mirror.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaneCondition {
    /// As of the last look at the mirror.
    pub mirrored_nonce: Option<u64>,
    /// Updates that are verified and not mirrored. That there are none is only said while source and
    /// destination answer.
    pub backlog_updates: Option<u64>,
    /// Since when the oldest of them is verified; 0 when there is none.
    pub oldest_waiting_seconds: Option<f64>,
    /// By the destination's own clock.
    pub mirror_age_seconds: Option<f64>,
    pub mirror_stopped: Option<bool>,
    /// What the lane waits for.
    pub obstacle: Option<Trouble>,
    /// What the account has, in wei, decimal.
    pub balance_wei: Option<String>,
    /// How long that lasts at the expense of the last day; `None` when there was none.
    pub balance_hours: Option<f64>,
    pub attesters: Vec<AttesterCondition>,
}

impl Condition {
    /// One that waits for the lead.
    pub fn standing_by(role: Role, stops: Vec<Trouble>) -> Self {
        Self {
            role,
            leads: false,
            stops,
            warnings: Vec::new(),
            source: None,
            lane: None,
        }
    }

    /// Whether it does its work.
    pub fn is_ready(&self) -> bool {
        self.stops.is_empty()
    }

    /// Whether and why it has halted.
    pub fn halted(&self) -> Option<&str> {
        let halt = self.stops.iter().find(|stop| stop.cause == Cause::Halted);
        halt.map(|halt| halt.reason.as_str())
    }

    /// Why it does not do its work, in one sentence; a halt comes first.
    pub fn reason(&self) -> Option<String> {
        if let Some(halt) = self.halted() {
            return Some(format!("halted: {halt}"));
        }
        let reasons: Vec<_> = self.stops.iter().map(|stop| stop.reason.as_str()).collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.leads { "leads" } else { "standby" };
        let state = if self.is_ready() {
            "ready"
        } else {
            "NOT READY"
        };
        writeln!(f, "{}: {state}, {place}", self.role.name())?;
        for stop in &self.stops {
            match stop.cause {
                Cause::Halted => writeln!(f, "  HALTED: {}", stop.reason)?,
                cause => writeln!(f, "  {}: {}", cause.name(), stop.reason)?,
            }
        }
        for warning in &self.warnings {
            writeln!(f, "  warning, {}: {}", warning.cause.name(), warning.reason)?;
        }
        if let Some(source) = &self.source {
            let (head, verified) = (source.head_age_seconds, source.verified_age_seconds);
            writeln!(
                f,
                "  source: head {} old, verified {} old",
                seconds(head),
                seconds(verified)
            )?;
        }
        match &self.lane {
            Some(lane) => write!(f, "{lane}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for LaneCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  mirror: {} old; {} updates wait, the oldest for {}",
            seconds(self.mirror_age_seconds),
            known(self.backlog_updates),
            seconds(self.oldest_waiting_seconds)
        )?;
        let hours = self.balance_hours.map(|hours| format!("{hours:.1}"));
        writeln!(
            f,
            "  balance: {} wei, {} hours of work",
            known(self.balance_wei.as_ref()),
            known(hours)
        )?;
        for attester in &self.attesters {
            let trouble = attester.answer.trouble();
            let answer = trouble.unwrap_or_else(|| "signs".to_owned());
            writeln!(f, "  attester {}: {answer}", attester.url)?;
        }
        Ok(())
    }
}

fn seconds(seconds: Option<f64>) -> String {
    known(seconds.map(|seconds| format!("{seconds:.0} s")))
}

fn known(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| "?".to_owned(), |value| value.to_string())
}
