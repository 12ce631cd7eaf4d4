//! When a node announced its blocks.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Context, Result};
use subxt::SubstrateConfig;
use subxt::config::{RpcConfigFor, substrate::SubstrateHeader};
use subxt::rpcs::client::RpcSubscription;
use subxt::rpcs::{LegacyRpcMethods, RpcClient};
use subxt::utils::H256;
use tokio::sync::watch;
use tokio::task::JoinSet;

type Header = SubstrateHeader<H256>;
type Times = watch::Receiver<HashMap<u64, Instant>>;

/// Notes when a node announces each block: as made and imported, and as final.
pub struct Heads {
    imported: Times,
    finalized: Times,
    _listeners: JoinSet<()>,
}

impl Heads {
    /// Listens to the node (WebSocket) until this is dropped.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn listen(node: &str) -> Result<Self> {
        let client = RpcClient::from_insecure_url(node).await?;
        let rpc = LegacyRpcMethods::<RpcConfigFor<SubstrateConfig>>::new(client);
        let mut listeners = JoinSet::new();
        Ok(Self {
            imported: note(rpc.chain_subscribe_new_heads().await?, &mut listeners),
            finalized: note(rpc.chain_subscribe_finalized_heads().await?, &mut listeners),
            _listeners: listeners,
        })
    }

    /// When the block of that number was announced as imported, and when as final; waits for both.
    ///
    /// # Errors
    /// When the node has ended its announcements.
    pub async fn of(&self, number: u64) -> Result<(Instant, Instant)> {
        Ok((
            when(&self.imported, number).await?,
            when(&self.finalized, number).await?,
        ))
    }
}

async fn when(times: &Times, number: u64) -> Result<Instant> {
    let mut times = times.clone();
    let times = times.wait_for(|times| times.contains_key(&number)).await;
    Ok(times.context("the node announces no blocks any more")?[&number])
}

fn note(mut headers: RpcSubscription<Header>, listeners: &mut JoinSet<()>) -> Times {
    let (noted, times) = watch::channel(HashMap::new());
    listeners.spawn(async move {
        while let Some(Ok(header)) = headers.next().await {
            noted.send_modify(|times| {
                times.entry(header.number).or_insert_with(Instant::now);
            });
        }
    });
    times
}
