//! A node of the generated chain: JSON-RPC over a WebSocket, as the client asks real ones.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy::hex;
use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;
use anyhow::{Context, Result, bail};
use futures::{SinkExt, StreamExt};
use lex_client::abi::license::License::{outboxCall, outboxReturn};
use parity_scale_codec::{Compact, Decode, Encode};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use super::chain::{Block, CHAIN_ID, Chain, LICENSE, POLICY};
use super::lie::Lie;
use super::metadata::METADATA_VERSION;

/// Storage key of `System.Events`.
const EVENTS_KEY: &str = "0x26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7";
/// Storage key of `Timestamp.Now`.
const NOW_KEY: &str = "0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb";
/// The error code with which nodes refuse what they cannot do.
const REFUSED: i32 = -32_000;

/// The chain, as everybody sees it, and word of what became final.
#[derive(Clone)]
pub struct Shared {
    chain: Arc<Mutex<Chain>>,
    news: watch::Sender<u64>,
}

impl Shared {
    /// A chain that nodes can serve.
    pub fn new(chain: Chain) -> Self {
        let news = watch::Sender::new(chain.finalized().number);
        Self {
            chain: Arc::new(Mutex::new(chain)),
            news,
        }
    }

    /// The chain as it is; not to be held for long.
    pub fn lock(&self) -> MutexGuard<'_, Chain> {
        // A panic cannot leave it half-changed: blocks are added whole.
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the chain and tells who has subscribed.
    pub fn change<T>(&self, change: impl FnOnce(&mut Chain) -> T) -> T {
        let mut chain = self.lock();
        let result = change(&mut chain);
        self.news.send_replace(chain.finalized().number);
        result
    }
}

/// A node that serves the chain, truly or not. It ends when it is dropped.
pub struct Node {
    url: String,
    lie: Arc<Mutex<Option<Lie>>>,
    listening: AbortHandle,
}

impl Node {
    /// # Errors
    /// When there is no free port.
    pub async fn serve(chain: Shared) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("ws://{}", listener.local_addr()?);
        let lie = Arc::new(Mutex::new(None));
        let view = View {
            chain,
            lie: lie.clone(),
        };
        let listening = tokio::spawn(listen(listener, view)).abort_handle();
        Ok(Self {
            url,
            lie,
            listening,
        })
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on it lies, or tells the truth again.
    pub fn tell(&self, lie: Option<Lie>) {
        *self.lie.lock().unwrap_or_else(PoisonError::into_inner) = lie;
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, view: View) {
    // Ends the connections with the node.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, view.clone()));
    }
}

/// One connection, until the client ends it.
async fn serve(stream: TcpStream, view: View) -> Result<()> {
    stream.set_nodelay(true)?;
    let (mut send, mut receive) = accept_async(stream).await?.split();
    let mut news = view.chain.news.subscribe();
    let mut subscription = None;
    loop {
        tokio::select! {
            message = receive.next() => {
                let Some(message) = message else { return Ok(()) };
                let Message::Text(text) = message? else { continue };
                let request: Value = serde_json::from_str(&text)?;
                if request["method"] == "chain_subscribeFinalizedHeads" {
                    news.mark_changed();
                    subscription = Some(request["id"].to_string());
                    let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": subscription});
                    send.send(Message::text(answer.to_string())).await?;
                } else {
                    send.send(Message::text(view.answer(&request).to_string())).await?;
                }
            }
            changed = news.changed(), if subscription.is_some() => {
                changed?;
                let header = header(view.chain.lock().finalized());
                let params = json!({"subscription": subscription, "result": header});
                let news = json!({"jsonrpc": "2.0", "method": "chain_finalizedHead", "params": params});
                send.send(Message::text(news.to_string())).await?;
            }
        }
    }
}

/// The chain as one node tells it.
#[derive(Clone)]
struct View {
    chain: Shared,
    lie: Arc<Mutex<Option<Lie>>>,
}

impl View {
    fn answer(&self, request: &Value) -> Value {
        let method = request["method"].as_str().unwrap_or_default();
        let id = &request["id"];
        match self.result(method, &request["params"]) {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err(error) => {
                let error = json!({"code": REFUSED, "message": format!("{error:#}")});
                json!({"jsonrpc": "2.0", "id": id, "error": error})
            }
        }
    }

    fn result(&self, method: &str, params: &Value) -> Result<Value> {
        let chain = self.chain.lock();
        let lie = *self.lie.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match method {
            "chain_getBlockHash" => match params[0].as_u64() {
                Some(number) => json!(chain.at(number).map(|block| block.hash)),
                None => json!(chain.best().hash),
            },
            "chain_getFinalizedHead" => json!(chain.finalized().hash),
            "chain_getHeader" => header(block(&chain, &params[0])?),
            "chain_getBlock" => body(block(&chain, &params[0])?),
            "state_getStorage" => {
                let block = block(&chain, &params[1])?;
                match params[0].as_str().unwrap_or_default() {
                    EVENTS_KEY => json!(hex::encode_prefixed(events(&chain, block, lie))),
                    NOW_KEY if block.number == 0 => Value::Null,
                    NOW_KEY => json!(hex::encode_prefixed(block.time_millis.encode())),
                    _ => Value::Null,
                }
            }
            "state_call" => {
                let block = block(&chain, &params[2])?;
                let function = params[0].as_str().unwrap_or_default();
                let arguments = hex::decode(params[1].as_str().unwrap_or_default())?;
                json!(hex::encode_prefixed(runtime_call(
                    &chain, block, lie, function, &arguments
                )?))
            }
            "state_getRuntimeVersion" => {
                let version = block(&chain, &params[0])?.runtime.version();
                json!({"specVersion": version, "transactionVersion": 1})
            }
            "system_health" => json!({"peers": 0, "isSyncing": false, "shouldHavePeers": false}),
            "chain_unsubscribeFinalizedHeads" => json!(true),
            _ => bail!("this node has no method {method}"),
        })
    }
}

/// The block of a hash; the best one without.
fn block<'a>(chain: &'a Chain, hash: &Value) -> Result<&'a Arc<Block>> {
    match hash.as_str() {
        None => Ok(chain.best()),
        Some(hash) => {
            let hash: B256 = hash.parse()?;
            chain
                .of_hash(hash)
                .with_context(|| format!("there is no block {hash}"))
        }
    }
}

fn header(block: &Arc<Block>) -> Value {
    json!({
        "parentHash": block.parent,
        "number": format!("{:#x}", block.number),
        "stateRoot": B256::ZERO,
        "extrinsicsRoot": B256::ZERO,
        "digest": {"logs": []},
    })
}

/// One extrinsic per event, each another one.
fn body(block: &Arc<Block>) -> Value {
    let extrinsic =
        |index: usize| hex::encode_prefixed([block.hash.as_slice(), &index.to_be_bytes()].concat());
    let extrinsics: Vec<_> = (0..block.events.len()).map(extrinsic).collect();
    json!({"block": {"header": header(block), "extrinsics": extrinsics}, "justifications": null})
}

fn events(chain: &Chain, block: &Arc<Block>, lie: Option<Lie>) -> Vec<u8> {
    let told = match lie {
        Some(lie) => lie.events(chain, block),
        None => block.events.clone(),
    };
    let emitted = told.iter().map(|event| {
        (
            event.contract,
            event.topics.as_slice(),
            event.data.as_slice(),
        )
    });
    block.executed_by.encode_events(emitted)
}

fn runtime_call(
    chain: &Chain,
    block: &Arc<Block>,
    lie: Option<Lie>,
    function: &str,
    arguments: &[u8],
) -> Result<Vec<u8>> {
    Ok(match function {
        "Metadata_metadata_versions" => vec![METADATA_VERSION].encode(),
        "Metadata_metadata_at_version" => Some(block.runtime.metadata(CHAIN_ID)).encode(),
        "ReviveApi_code" => {
            let is_there = [LICENSE, POLICY].contains(&Address::from_slice(arguments));
            let code: &[u8] = if is_there { b"code" } else { b"" };
            code.encode()
        }
        "ReviveApi_call" => {
            let (contract, data) = called(arguments)?;
            if contract != LICENSE || data != (outboxCall {}).abi_encode() {
                bail!("the contracts here know only license.outbox()");
            }
            let outbox = match lie {
                Some(lie) => lie.outbox(chain, block),
                None => block.state.outbox,
            };
            let (nonce, head) = (outbox.nonce, outbox.head);
            executed(&outboxCall::abi_encode_returns(&outboxReturn {
                nonce,
                head,
            }))
        }
        _ => bail!("this runtime has no function {function}"),
    })
}

/// Weight in time and proof.
type Weight = (Compact<u64>, Compact<u64>);

/// Contract and input of the encoded arguments of a call.
fn called(mut arguments: &[u8]) -> Result<(Address, Vec<u8>)> {
    type Arguments = (
        [u8; 32],
        [u8; 20],
        u128,
        Option<Weight>,
        Option<u128>,
        Vec<u8>,
    );
    let (_, contract, _, _, _, data) = Arguments::decode(&mut arguments)?;
    Ok((contract.into(), data))
}

/// The encoded result of a call that returned `output`.
fn executed(output: &[u8]) -> Vec<u8> {
    let weight: Weight = (Compact(1), Compact(1));
    let (deposit, gas) = ((0u8, 0u128), 0u128);
    let (succeeded, flags) = (0u8, 0u32);
    (
        weight,
        weight,
        deposit,
        deposit,
        gas,
        (succeeded, flags, output),
    )
        .encode()
}
