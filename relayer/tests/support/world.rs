//! One source, two attesters, one mirror, and deliverers to run on them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolCall;
use lex_client::abi::mirror::{ILicenseMirror, LicenseMirror};
use lex_model::Destination;
use lex_relayer::api::{AttestationRequest, AttestationResponse};
use lex_relayer::attest::{Attester, Epochs, routes};
use lex_relayer::config::{
    AttestersSection, BatchSection, DatabaseSection, DelivererConfig, EndpointUrl, FeesSection,
    HttpSection, LaneSection, ReadinessSection, SignerSection, Wei,
};
use lex_relayer::deliver::{Attesters, DeliverReadiness, DestinationWatch, Lane, LaneStatus};
use lex_relayer::http;
use lex_relayer::mirror::Mirror;
use lex_relayer::outbox::{Follower, Liveness, Outbox};
use lex_relayer::store::Store;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::anvil::{ANVIL_CHAIN_ID, Anvil, control, eventually};
use super::attester::readiness;
use super::chain::{CHAIN_ID, CONTRACT, SeriesEndpoint, appended, block, empty_outbox};
use super::postgres::Database;

/// One source, two attesters, one mirror, and what a deliverer needs.
pub struct World {
    pub anvil: Anvil,
    pub mirror: Mirror,
    pub attesters: Vec<EndpointUrl>,
    pub followers: Vec<Follower<SeriesEndpoint>>,
    pub series: SeriesEndpoint,
    pub end: lex_model::Outbox,
    pub next_block: u64,
    /// Seconds that the source's blocks are later than one after the other.
    clock: u64,
    pub deliverers: usize,
    pub databases: Vec<Database>,
}

/// A deliverer's durable part.
pub struct Deliverer {
    pub config: DelivererConfig,
    pub signer: PrivateKeySigner,
    pub store: Store,
    pub follower: usize,
}

/// A lane at work; ends with [`Working::stop`].
pub struct Working {
    pub status: watch::Receiver<LaneStatus>,
    pub attesters: Attesters,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Working {
    pub async fn stop(self) {
        self.cancel.cancel();
        self.task.await.expect("the lane does not panic");
    }
}

impl World {
    pub async fn start() -> Self {
        Self::on(Anvil::start(None).await).await
    }

    pub async fn on(anvil: Anvil) -> Self {
        let keys = [PrivateKeySigner::random(), PrivateKeySigner::random()];
        let mirror = anvil
            .deploy(keys.iter().map(PrivateKeySigner::address).collect(), 2)
            .await;
        let mut world = Self {
            anvil,
            mirror,
            attesters: Vec::new(),
            followers: Vec::new(),
            series: SeriesEndpoint::new(empty_outbox()),
            end: empty_outbox(),
            next_block: 1,
            clock: 0,
            deliverers: 0,
            databases: Vec::new(),
        };
        for key in keys {
            world.add_attester(key, 1).await;
        }
        world
    }

    /// A follower with a state of its own.
    pub async fn add_follower(&mut self) -> (usize, Store) {
        let database = Database::new();
        let store = database.store().await;
        let outbox = Outbox::new(CHAIN_ID, CONTRACT);
        let follower = Follower::new(outbox, 1, vec![self.series.clone()], store.clone());
        self.followers.push(follower);
        self.databases.push(database);
        (self.followers.len() - 1, store)
    }

    pub async fn add_attester(&mut self, key: PrivateKeySigner, epoch: u64) {
        let (follower, store) = self.add_follower().await;
        let destination = self.destination();
        let destinations =
            HashMap::from([("anvil".to_owned(), (destination, Epochs::Fixed(epoch)))]);
        let attester = Arc::new(Attester::new(
            key,
            crate::support::source(),
            destinations,
            Duration::from_secs(2),
            store,
            self.followers[follower].halt_switch(),
        ));
        let readiness = readiness(attester, &self.followers[follower]);
        let router = http::router(http::api(routes(readiness.clone())), readiness, None);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        super::serve(listener, router);
        self.attesters
            .push(format!("http://{address}").parse().expect("a URL"));
    }

    /// A deliverer with a funded account, that has seen no block yet.
    pub async fn add_deliverer(&mut self) -> Deliverer {
        assert_eq!(self.next_block, 1, "deliverers come before blocks");
        let (follower, store) = self.add_follower().await;
        self.deliverers += 1;
        let database = self.databases[follower].config.clone();
        let deliverer = Deliverer {
            config: self.config(database),
            signer: PrivateKeySigner::random(),
            store,
            follower,
        };
        self.fund(&deliverer, funds()).await;
        deliverer
    }

    pub fn config(&self, database: DatabaseSection) -> DelivererConfig {
        let (mirror, attesters) = (self.mirror.address(), self.attesters.clone());
        deliverer_config(database, mirror, self.anvil.url.clone(), attesters)
    }

    pub fn work(&self, deliverer: &Deliverer) -> Working {
        let halt = self.followers[deliverer.follower].halt_switch();
        let (signer, store) = (deliverer.signer.clone(), deliverer.store.clone());
        let lane = Lane::new(&deliverer.config, self.mirror.clone(), signer, store, halt)
            .expect("HTTP clients");
        let cancel = CancellationToken::new();
        Working {
            status: lane.status(),
            attesters: lane.attesters(),
            cancel: cancel.clone(),
            task: tokio::spawn(lane.run(cancel)),
        }
    }

    /// What says how a deliverer is.
    pub fn readiness(&self, deliverer: &Deliverer, working: &Working) -> DeliverReadiness {
        let progress = self.followers[deliverer.follower].progress();
        let source = &deliverer.config.source;
        DeliverReadiness {
            store: deliverer.store.clone(),
            progress: progress.clone(),
            liveness: Liveness::new(source.longest_silence, progress),
            lane: working.status.clone(),
            destination: DestinationWatch::new(self.mirror.clone(), deliverer.signer.address()),
            attesters: working.attesters.clone(),
            max_stall: deliverer.config.readiness.max_stall,
        }
    }

    /// From now on the source's clock is so many seconds later.
    pub fn later(&mut self, seconds: u64) {
        self.clock += seconds;
    }

    /// A new block with this many updates, seen by everybody.
    pub async fn append(&mut self, updates: usize) {
        let mut events = Vec::new();
        for _ in 0..updates {
            let (event, end) = appended(self.end);
            events.push(event);
            self.end = end;
        }
        self.series.set(self.end);
        let mut block = block(self.next_block, events);
        block.time += self.clock;
        block.time_millis += self.clock * 1000;
        self.next_block += 1;
        for follower in &mut self.followers {
            follower
                .advance(std::slice::from_ref(&block))
                .await
                .expect("an honest block");
        }
    }

    /// Sends a call to the mirror from one of anvil's accounts.
    pub async fn send(&self, account: usize, call: impl SolCall) {
        let provider = self.mirror.provider();
        let accounts = provider.get_accounts().await.expect("anvil has accounts");
        let request = TransactionRequest::default()
            .with_from(accounts[account])
            .with_to(self.mirror.address())
            .with_input(call.abi_encode());
        let sent = provider.send_transaction(request).await.expect("accepted");
        let receipt = sent.get_receipt().await.expect("anvil mines");
        assert!(receipt.status(), "the mirror refuses");
    }

    /// The re-base to the head at `nonce` that the attesters prove as of a block.
    pub async fn proof(&self, nonce: u64, source_block: u64) -> LicenseMirror::rebaseCall {
        let request = AttestationRequest {
            destination: "anvil".to_owned(),
            nonce,
            source_block,
            epoch: None,
        };
        let mut signed = Vec::new();
        for url in &self.attesters {
            let url = url.reveal().join("v1/attestations").expect("a path");
            let asked = reqwest::Client::new().post(url).json(&request).send();
            let answer = asked.await.expect("an attester answers");
            signed.push(answer.json::<AttestationResponse>().await.expect("signed"));
        }
        signed.sort_by_key(|answer| answer.attester);
        let body = signed[0].attestation.clone();
        LicenseMirror::rebaseCall {
            provenHead: body.head,
            attestation: ILicenseMirror::Attestation {
                sourceChainId: U256::from(body.source_chain_id),
                sourceGenesis: body.source_genesis,
                sourceContract: body.source_contract,
                epoch: body.epoch,
                nonce: body.nonce,
                head: body.head,
                sourceBlock: body.source_block,
                sourceTime: body.source_time,
            },
            signatures: signed.into_iter().map(|answer| answer.signature).collect(),
        }
    }

    /// Transactions of a deliverer's account that are mined.
    pub async fn mined(&self, deliverer: &Deliverer) -> u64 {
        let provider = self.mirror.provider();
        let count = provider.get_transaction_count(deliverer.signer.address());
        count.await.expect("anvil answers")
    }

    /// Sets what a deliverer's account has, in wei.
    pub async fn fund(&self, deliverer: &Deliverer, balance: U256) {
        let account = deliverer.signer.address();
        control(&self.mirror, "anvil_setBalance", json!([account, balance])).await;
    }

    /// Transactions in anvil's pool that its next block takes.
    pub async fn pending(&self) -> u64 {
        let status = control(&self.mirror, "txpool_status", json!([])).await;
        let pending = status["pending"].as_str().expect("a number in hexadecimal");
        let digits = pending.trim_start_matches("0x");
        u64::from_str_radix(digits, 16).expect("a number in hexadecimal")
    }

    pub fn destination(&self) -> Destination {
        Destination {
            chain_id: ANVIL_CHAIN_ID,
            mirror: self.mirror.address().0.0,
        }
    }

    pub async fn nonce(&self) -> u64 {
        self.mirror.view().await.map_or(0, |view| view.nonce)
    }

    pub async fn mirrored(&self, nonce: u64) {
        let label = format!("the mirror holds update {nonce}");
        eventually(&label, async || self.nonce().await == nonce).await;
    }
}

/// A deliverer's configuration, without its key.
pub fn deliverer_config(
    database: DatabaseSection,
    mirror: Address,
    rpc_url: EndpointUrl,
    attesters: Vec<EndpointUrl>,
) -> DelivererConfig {
    DelivererConfig {
        source: crate::support::source(),
        database,
        http: HttpSection {
            listen: ([127, 0, 0, 1], 0).into(),
            doors: Default::default(),
        },
        signer: SignerSection {
            key_file: None,
            key: None,
        },
        destination: LaneSection {
            name: "anvil".to_owned(),
            chain_id: ANVIL_CHAIN_ID,
            mirror,
            rpc_url,
            confirmations: 1,
            poll_interval: Duration::from_millis(50),
        },
        attesters: AttestersSection {
            urls: attesters,
            request_timeout: Duration::from_secs(5),
        },
        // The tests' blocks are years old; only updates are to be delivered.
        batch: BatchSection {
            max_updates: 2,
            heartbeat: Duration::from_secs(1 << 32),
        },
        fees: FeesSection {
            max_fee_per_gas: Wei(200_000_000_000),
            max_priority_fee_per_gas: Wei(10_000_000_000),
            hourly_budget: Wei(u128::MAX),
            bump_after: Duration::from_secs(60),
        },
        readiness: ReadinessSection::default(),
    }
}

/// More than any test spends, in wei.
pub fn funds() -> U256 {
    U256::from(10).pow(U256::from(20))
}

pub async fn stage(store: &Store, nonce: u64) -> &'static str {
    let lifecycles = store
        .lifecycles(nonce, nonce)
        .await
        .expect("the database answers");
    lifecycles.first().map_or("unknown", |update| update.stage)
}

pub async fn transactions(store: &Store, nonce: u64) -> Vec<B256> {
    let lifecycles = store
        .lifecycles(nonce, nonce)
        .await
        .expect("the database answers");
    let sent = lifecycles
        .into_iter()
        .flat_map(|update| update.transactions);
    sent.map(|transaction| transaction.hash).collect()
}
