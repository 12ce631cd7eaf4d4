//! Collecting signatures from attesters.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes};
use futures::future::join_all;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::answers::{Answers, AttesterCondition};
use super::quorum::Quorum;
use crate::api::{AttestationRequest, AttestationResponse, ErrorBody, HeadResponse};
use crate::config::{AttestersSection, EndpointUrl};
use crate::metrics::DeliverMetrics;
use crate::mirror::AttesterSet;
use crate::retry::report;

/// No honest answer is longer.
const MAX_ANSWER_BYTES: usize = 16 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How often attesters are asked how they are, and how long each may take to say so.
const LOOK_INTERVAL: Duration = Duration::from_secs(3);
const LOOK_TIMEOUT: Duration = Duration::from_secs(3);

/// The attesters' HTTP interfaces. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Attesters {
    client: reqwest::Client,
    urls: Arc<[EndpointUrl]>,
    answers: Answers,
    /// What they were last asked to sign.
    last: Arc<Mutex<Option<Question>>>,
    metrics: DeliverMetrics,
}

/// What is to be signed, and by whom.
#[derive(Clone, Debug)]
struct Question {
    request: AttestationRequest,
    digest: B256,
    set: AttesterSet,
}

/// There are not enough signatures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{collected} of {needed} signatures: {}", refusals.join("; "))]
pub struct CollectError {
    pub collected: usize,
    pub needed: usize,
    /// What each of the others answered.
    pub refusals: Vec<String>,
}

/// One attester's answer cannot be used.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("no answer")]
    Http(#[from] reqwest::Error),
    #[error("the answer is longer than {MAX_ANSWER_BYTES} bytes")]
    TooLong,
    #[error("the answer is not what was asked for")]
    Unreadable(#[from] serde_json::Error),
    #[error("refused, {code}: {message}")]
    Refused { code: String, message: String },
}

impl Attesters {
    /// # Errors
    /// When no HTTP client can be set up.
    pub fn new(section: &AttestersSection) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(section.request_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            client,
            urls: section.urls.clone().into(),
            answers: Answers::new(&section.urls),
            last: Arc::default(),
            metrics: DeliverMetrics,
        })
    }

    /// What each attester answered last.
    pub fn conditions(&self) -> Vec<AttesterCondition> {
        self.answers.conditions()
    }

    /// Asks all attesters at once and returns as soon as `set`'s threshold is reached. Every
    /// signature is verified here; what an attester says about it does not matter. Who is slower than
    /// the quorum is heard out, for [`Self::conditions`].
    ///
    /// # Errors
    /// When too few of them gave a usable signature of `digest`.
    pub async fn collect(
        &self,
        request: &AttestationRequest,
        digest: B256,
        set: &AttesterSet,
    ) -> Result<Vec<(Address, Bytes)>, CollectError> {
        let question = Question {
            request: request.clone(),
            digest,
            set: set.clone(),
        };
        *self.last() = Some(question.clone());
        let (answered, mut answers) = mpsc::channel(self.urls.len().max(1));
        for index in 0..self.urls.len() {
            let (attesters, question, answered) =
                (self.clone(), question.clone(), answered.clone());
            tokio::spawn(async move {
                let answer = attesters.signature(index, &question).await;
                // Nobody listens once there is a quorum.
                let _ = answered.send((index, answer)).await;
            });
        }
        drop(answered);
        let mut quorum = Quorum::new(digest, set);
        let mut refusals = Vec::new();
        while let Some((index, answer)) = answers.recv().await {
            let url = &self.urls[index];
            let added = match answer {
                Ok(signature) => quorum.add(signature).map_err(|error| error.to_string()),
                Err(reason) => Err(reason),
            };
            match added {
                Ok(attester) => debug!(%url, %attester, "signature collected"),
                Err(reason) => refusals.push(format!("{url}: {reason}")),
            }
            if quorum.is_complete() {
                return Ok(quorum.into_signatures());
            }
        }
        Err(CollectError {
            collected: quorum.len(),
            needed: set.threshold,
            refusals,
        })
    }

    /// Asks the attesters how they are, again and again, until cancelled; and those that did not sign for
    /// a signature, or their refusal would stand until there is something new to deliver.
    pub async fn watch(self, cancel: CancellationToken) {
        let mut ticks = interval(LOOK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while cancel.run_until_cancelled(ticks.tick()).await.is_some() {
            let all = (0..self.urls.len()).map(|index| self.look(index));
            if cancel.run_until_cancelled(join_all(all)).await.is_none() {
                return;
            }
        }
    }

    async fn look(&self, index: usize) {
        let head = timeout(LOOK_TIMEOUT, self.head(&self.urls[index])).await;
        let head = match head {
            Ok(head) => head.map_err(|error| report(&error)),
            Err(_) => Err(format!("not within {} s", LOOK_TIMEOUT.as_secs())),
        };
        self.answers.head(index, head);
        let last = self.last().clone();
        if let Some(question) = last.filter(|_| self.answers.is_refusing(index)) {
            // Its answer is noted; nobody waits for it.
            let _ = timeout(LOOK_TIMEOUT, self.signature(index, &question)).await;
        }
    }

    /// A usable signature of one attester, or why there is none.
    async fn signature(&self, index: usize, question: &Question) -> Result<Bytes, String> {
        let answer = match self.ask(&self.urls[index], &question.request).await {
            Ok(AttestationResponse { signature, .. }) => {
                let checked = Quorum::new(question.digest, &question.set).add(signature.clone());
                checked.map(|_| signature).map_err(|rejection| {
                    self.metrics.rejected_signature(rejection.code());
                    rejection.to_string()
                })
            }
            Err(error) => Err(report(&error)),
        };
        match &answer {
            Ok(_) => self.answers.signed(index),
            Err(reason) => self.answers.refused(index, reason.clone()),
        }
        answer
    }

    async fn ask(
        &self,
        url: &EndpointUrl,
        request: &AttestationRequest,
    ) -> Result<AttestationResponse, AskError> {
        let request = self.client.post(url.join("v1/attestations")).json(request);
        answer(request).await
    }

    async fn head(&self, url: &EndpointUrl) -> Result<HeadResponse, AskError> {
        answer(self.client.get(url.join("v1/head"))).await
    }

    fn last(&self) -> MutexGuard<'_, Option<Question>> {
        // A panic cannot leave it half-changed.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, AskError> {
    // Errors must not repeat the address: it may carry a token.
    let response = request.send().await.map_err(reqwest::Error::without_url)?;
    let is_success = response.status().is_success();
    let body = limited_body(response).await?;
    if is_success {
        return Ok(serde_json::from_slice(&body)?);
    }
    let ErrorBody { error } = serde_json::from_slice(&body)?;
    Err(AskError::Refused {
        code: error.code,
        message: error.message,
    })
}

async fn limited_body(mut response: reqwest::Response) -> Result<Vec<u8>, AskError> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(reqwest::Error::without_url)?
    {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(AskError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
