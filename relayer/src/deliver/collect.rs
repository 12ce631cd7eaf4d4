//! Collecting signatures from attesters.

use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tracing::{debug, warn};

use super::quorum::Quorum;
use crate::api::{AttestationRequest, AttestationResponse, ErrorBody};
use crate::config::{AttestersSection, EndpointUrl};
use crate::metrics::DeliverMetrics;
use crate::mirror::AttesterSet;
use crate::retry::report;

/// No honest answer is longer.
const MAX_ANSWER_BYTES: usize = 16 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The attesters' HTTP interfaces.
#[derive(Clone, Debug)]
pub struct Attesters {
    client: reqwest::Client,
    urls: Vec<EndpointUrl>,
    metrics: DeliverMetrics,
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
            urls: section.urls.clone(),
            metrics: DeliverMetrics,
        })
    }

    /// Asks all attesters at once and returns as soon as `set`'s threshold is reached. Every
    /// signature is verified here; what an attester says about it does not matter.
    ///
    /// # Errors
    /// When too few of them gave a usable signature of `digest`.
    pub async fn collect(
        &self,
        request: &AttestationRequest,
        digest: B256,
        set: &AttesterSet,
    ) -> Result<Vec<(Address, Bytes)>, CollectError> {
        let mut answers = FuturesUnordered::new();
        for url in &self.urls {
            answers.push(async move { (url, self.ask(url, request).await) });
        }
        let mut quorum = Quorum::new(digest, set);
        let mut refusals = Vec::new();
        while let Some((url, answer)) = answers.next().await {
            match answer {
                Ok(answer) => match quorum.add(answer.signature) {
                    Ok(attester) => debug!(%url, %attester, "signature collected"),
                    Err(rejection) => {
                        warn!(%url, %rejection, "signature rejected");
                        self.metrics.rejected_signature(rejection.code());
                        refusals.push(format!("{url}: {rejection}"));
                    }
                },
                Err(error) => refusals.push(format!("{url}: {}", report(&error))),
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

    async fn ask(
        &self,
        url: &EndpointUrl,
        request: &AttestationRequest,
    ) -> Result<AttestationResponse, AskError> {
        let url = url.join("v1/attestations");
        // Errors must not repeat the address: it may carry a token.
        let response = self
            .client
            .post(url)
            .json(request)
            .send()
            .await
            .map_err(reqwest::Error::without_url)?;
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
