//! What a service answers about itself: `/health/ready`, and for the relayer `/v1/head`.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::stack::{Unready, http_client, innermost, unready};

/// What kind of service a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Relayer,
    Indexer,
}

impl Kind {
    /// `None`: no service of ours.
    pub(super) fn of(component: &str) -> Option<Kind> {
        match component {
            "indexer" => Some(Kind::Indexer),
            "deliverer" => Some(Kind::Relayer),
            name if name.starts_with("attester-") => Some(Kind::Relayer),
            _ => None,
        }
    }
}

/// What a service said.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// `None`: it is ready.
    pub(super) unready: Option<Unready>,
    pub(super) leads: Option<bool>,
    pub(super) source_block: Option<u64>,
    pub(super) verified_nonce: Option<u64>,
}

/// `GET /v1/head` of the relayer, as far as it is shown.
#[derive(Debug, Default, Deserialize)]
struct Head {
    source_block: Option<u64>,
    nonce: u64,
    #[serde(default)]
    halted: Option<String>,
}

/// `GET /health/ready` of the indexer.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct IndexerHealth {
    indexed_block: Option<u64>,
}

/// `GET /v1/updates/{nonce}` of the deliverer.
#[derive(Debug, Deserialize)]
struct Update {
    /// Unix milliseconds.
    verified_at: i64,
}

/// Asks a service that is up.
pub(super) async fn ask(kind: Kind, url: &str) -> Answer {
    let (status, body) = match get(&format!("{url}/health/ready")).await {
        Ok(answer) => answer,
        Err(why) => return silent(why),
    };
    let is_ready = (200..300).contains(&status);
    let mut answer = Answer {
        unready: (!is_ready).then(|| unready(status, &body)),
        leads: Some(true),
        ..Answer::default()
    };
    match kind {
        Kind::Indexer => {
            let health: IndexerHealth = serde_json::from_str(&body).unwrap_or_default();
            answer.source_block = health.indexed_block;
        }
        Kind::Relayer => {
            let head: Head = json(&format!("{url}/v1/head")).await.unwrap_or_default();
            answer.source_block = head.source_block;
            answer.verified_nonce = head.source_block.map(|_| head.nonce);
            if let Some(why) = head.halted {
                answer.unready = Some(Unready::Halted(why));
            }
        }
    }
    answer
}

/// A process that runs but serves nothing: it starts, hangs, or waits for the lead.
fn silent(why: String) -> Answer {
    Answer {
        unready: Some(Unready::NotYet(format!(
            "it runs but does not answer ({why}); it starts, hangs, or waits until the leader of its schema \
             ends"
        ))),
        ..Answer::default()
    }
}

/// When the deliverer verified an update, Unix seconds.
pub(super) async fn verified_at(deliverer: &str, nonce: u64) -> Option<u64> {
    let update: Update = json(&format!("{deliverer}/v1/updates/{nonce}")).await?;
    u64::try_from(update.verified_at / 1000).ok()
}

async fn json<T: DeserializeOwned>(url: &str) -> Option<T> {
    let (_, body) = get(url).await.ok()?;
    serde_json::from_str(&body).ok()
}

async fn get(url: &str) -> Result<(u16, String), String> {
    let client = http_client().map_err(|error| innermost(&error))?;
    let response = client.get(url).send().await;
    let response = response.map_err(|error| innermost(&error))?;
    let status = response.status().as_u16();
    let body = response.text().await.map_err(|error| innermost(&error))?;
    Ok((status, body))
}
