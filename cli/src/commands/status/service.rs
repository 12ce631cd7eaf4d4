//! What a component answers when it is asked how it does: a service by `/health/ready`, the relayer by
//! `/v1/head` too, a node by its JSON-RPC.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::stack::{Readiness, Unready, http_client, innermost, unready};

/// How a component is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Relayer,
    Indexer,
    /// A node, by this method.
    Node(&'static str),
}

impl Kind {
    /// `None`: it is not asked. The database speaks no HTTP; those that need it say when it is silent.
    pub(super) fn of(component: &str) -> Option<Kind> {
        match component {
            "indexer" => Some(Kind::Indexer),
            "deliverer" => Some(Kind::Relayer),
            "node" => Some(Kind::Node("system_health")),
            "eth-rpc" | "anvil" => Some(Kind::Node("eth_blockNumber")),
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
    /// Time of that block, Unix seconds.
    pub(super) source_time: Option<u64>,
    pub(super) verified_nonce: Option<u64>,
}

/// `GET /v1/head` of the relayer, as far as it is shown.
#[derive(Debug, Default, Deserialize)]
struct Head {
    source_block: Option<u64>,
    source_time: u64,
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

/// Asks a component that is up.
pub(super) async fn ask(kind: Kind, url: &str) -> Answer {
    if let Kind::Node(method) = kind {
        return ask_node(method, url).await;
    }
    let (status, body) = match get(&format!("{url}/health/ready")).await {
        Ok(answer) => answer,
        Err(why) => return silent(why),
    };
    let is_ready = (200..300).contains(&status);
    let mut answer = Answer {
        unready: (!is_ready).then(|| unready(status, &body)),
        ..Answer::default()
    };
    if kind == Kind::Indexer {
        answer.leads = Some(true);
        let health: IndexerHealth = serde_json::from_str(&body).unwrap_or_default();
        answer.source_block = health.indexed_block;
    } else if let Some(head) = json::<Head>(&format!("{url}/v1/head")).await {
        answer.hear(head);
    }
    answer
}

impl Answer {
    fn hear(&mut self, head: Head) {
        self.leads = Some(true);
        if head.source_block.is_some() {
            self.source_block = head.source_block;
            self.source_time = Some(head.source_time);
            self.verified_nonce = Some(head.nonce);
        }
        if let Some(why) = head.halted {
            self.unready = Some(Unready::Halted(why));
        }
    }
}

async fn ask_node(method: &'static str, url: &str) -> Answer {
    let url = url.replacen("ws://", "http://", 1);
    let ready = Readiness::JsonRpc { url, method };
    let unready = match http_client() {
        Ok(client) => ready.check(&client).await.err(),
        Err(error) => Some(Unready::NotYet(innermost(&error))),
    };
    Answer {
        unready,
        ..Answer::default()
    }
}

/// A process that runs but serves nothing: it starts, hangs, or waits for the lead.
fn silent(why: String) -> Answer {
    Answer {
        unready: Some(Unready::Silent(why)),
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
