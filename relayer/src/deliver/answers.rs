//! What each attester answered last, whether or not it was needed for a quorum.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tracing::{info, warn};

use crate::api::HeadResponse;
use crate::config::EndpointUrl;
use crate::notices::Notices;

/// Whether an attester does its part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", content = "reason", rename_all = "snake_case")]
pub enum AttesterAnswer {
    /// It has not been asked yet.
    Unknown,
    /// It answers, and signed what it was last asked for.
    Signs,
    /// There is no answer, or none that can be read.
    Silent(String),
    /// It answers, and cannot work.
    NotReady(String),
    /// It does not trust its source any more.
    Halted(String),
    /// It did not sign what it was last asked for, or signed something else.
    Refuses(String),
}

impl AttesterAnswer {
    /// Why it does not sign, if it is known not to.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Self::Unknown | Self::Signs => None,
            Self::Silent(reason) => Some(format!("does not answer: {reason}")),
            Self::NotReady(reason) => Some(format!("is not ready: {reason}")),
            Self::Halted(reason) => Some(format!("has halted: {reason}")),
            Self::Refuses(reason) => Some(format!("does not sign: {reason}")),
        }
    }
}

/// One attester, by its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttesterCondition {
    /// Without what may be secret in it.
    pub url: String,
    #[serde(flatten)]
    pub answer: AttesterAnswer,
}

/// All attesters. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub(super) struct Answers(Arc<Mutex<Vec<Heard>>>);

/// What one of them said.
#[derive(Debug)]
struct Heard {
    url: EndpointUrl,
    /// What it says of itself, or why it says nothing.
    head: Option<Result<HeadResponse, String>>,
    has_signed: bool,
    /// Why its last answer to a request for a signature is of no use.
    refusal: Option<String>,
    notices: Notices,
}

impl Answers {
    pub(super) fn new(urls: &[EndpointUrl]) -> Self {
        let heard = urls.iter().map(|url| Heard {
            url: url.clone(),
            head: None,
            has_signed: false,
            refusal: None,
            notices: Notices::default(),
        });
        Self(Arc::new(Mutex::new(heard.collect())))
    }

    /// What is known of all of them, in the order of the configuration.
    pub(super) fn conditions(&self) -> Vec<AttesterCondition> {
        self.lock().iter().map(Heard::condition).collect()
    }

    /// It said how it is, or nothing.
    pub(super) fn head(&self, index: usize, head: Result<HeadResponse, String>) {
        self.change(index, |heard| heard.head = Some(head));
    }

    /// It signed what it was asked for.
    pub(super) fn signed(&self, index: usize) {
        self.change(index, |heard| {
            heard.has_signed = true;
            heard.refusal = None;
        });
    }

    /// It did not.
    pub(super) fn refused(&self, index: usize, reason: String) {
        self.change(index, |heard| heard.refusal = Some(reason));
    }

    /// Whether its last answer was of no use.
    pub(super) fn is_refusing(&self, index: usize) -> bool {
        self.lock()[index].refusal.is_some()
    }

    fn change(&self, index: usize, change: impl FnOnce(&mut Heard)) {
        let heard = &mut self.lock()[index];
        change(heard);
        heard.tell();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Heard>> {
        // A panic cannot leave it half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn condition(&self) -> AttesterCondition {
        AttesterCondition {
            url: self.url.to_string(),
            answer: self.answer(),
        }
    }

    fn answer(&self) -> AttesterAnswer {
        match (&self.head, &self.refusal) {
            (Some(Err(reason)), _) => AttesterAnswer::Silent(reason.clone()),
            (Some(Ok(head)), _) if head.halted.is_some() => {
                AttesterAnswer::Halted(head.halted.clone().unwrap_or_default())
            }
            (Some(Ok(head)), _) if head.waits_for.is_some() => {
                AttesterAnswer::NotReady(head.waits_for.clone().unwrap_or_default())
            }
            (_, Some(refusal)) => AttesterAnswer::Refuses(refusal.clone()),
            (Some(Ok(_)), None) => AttesterAnswer::Signs,
            (None, None) if self.has_signed => AttesterAnswer::Signs,
            (None, None) => AttesterAnswer::Unknown,
        }
    }

    fn tell(&mut self) {
        let url = &self.url;
        match self.answer().trouble() {
            Some(trouble) => {
                if let Some(silent) = self.notices.news("attester", &trouble, Instant::now()) {
                    warn!(%url, silent, %trouble, "an attester does not sign");
                }
            }
            None => {
                if self.notices.clear() {
                    info!(%url, "the attester signs again");
                }
            }
        }
    }
}
