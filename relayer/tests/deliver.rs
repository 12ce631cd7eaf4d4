//! The lane on a real anvil with the real mirror, fed by real attesters over HTTP.

mod support;

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
    AttestersSection, BatchSection, DelivererConfig, EndpointUrl, FeesSection, HttpSection,
    LaneSection, ReadinessSection, SignerSection, Wei,
};
use lex_relayer::deliver::{Attesters, Lane};
use lex_relayer::http;
use lex_relayer::mirror::{LaneState, Mirror};
use lex_relayer::outbox::{Follower, Outbox};
use lex_relayer::store::Store;
use serde_json::json;
use support::anvil::{ANVIL_CHAIN_ID, Anvil, control, eventually};
use support::chain::{CHAIN_ID, CONTRACT, SeriesEndpoint, appended, block, empty_outbox};
use support::postgres::Database;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// One source, two attesters, one mirror, and what a deliverer needs.
struct World {
    anvil: Anvil,
    mirror: Mirror,
    attesters: Vec<EndpointUrl>,
    followers: Vec<Follower<SeriesEndpoint>>,
    series: SeriesEndpoint,
    end: lex_model::Outbox,
    next_block: u64,
    deliverers: usize,
    databases: Vec<Database>,
}

/// A deliverer's durable part.
struct Deliverer {
    config: DelivererConfig,
    signer: PrivateKeySigner,
    store: Store,
    follower: usize,
}

/// A lane at work; ends with [`Working::stop`].
struct Working {
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Working {
    async fn stop(self) {
        self.cancel.cancel();
        self.task.await.expect("the lane does not panic");
    }
}

impl World {
    async fn start() -> Self {
        Self::on(Anvil::start(None).await).await
    }

    async fn on(anvil: Anvil) -> Self {
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
            deliverers: 0,
            databases: Vec::new(),
        };
        for key in keys {
            world.add_attester(key).await;
        }
        world
    }

    /// A follower with a state of its own.
    async fn add_follower(&mut self) -> (usize, Store) {
        let database = Database::new();
        let store = database.store().await;
        let outbox = Outbox::new(CHAIN_ID, CONTRACT);
        let follower = Follower::new(outbox, 1, vec![self.series.clone()], store.clone());
        self.followers.push(follower);
        self.databases.push(database);
        (self.followers.len() - 1, store)
    }

    async fn add_attester(&mut self, key: PrivateKeySigner) {
        let (follower, store) = self.add_follower().await;
        let destination = Destination {
            chain_id: ANVIL_CHAIN_ID,
            mirror: self.mirror.address().0.0,
        };
        let destinations = HashMap::from([("anvil".to_owned(), (destination, Epochs::Fixed(1)))]);
        let attester = Arc::new(Attester::new(
            key,
            support::source(),
            destinations,
            Duration::from_secs(2),
            store,
            self.followers[follower].halt_switch(),
        ));
        let router = http::router(routes(attester.clone()), attester, None);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        self.attesters
            .push(format!("http://{address}").parse().expect("a URL"));
    }

    /// A deliverer with a funded account, that has seen no block yet.
    async fn add_deliverer(&mut self) -> Deliverer {
        assert_eq!(self.next_block, 1, "deliverers come before blocks");
        let (follower, store) = self.add_follower().await;
        self.deliverers += 1;
        let signer = PrivateKeySigner::random();
        let funds = U256::from(10).pow(U256::from(20));
        control(
            &self.mirror,
            "anvil_setBalance",
            json!([signer.address(), funds]),
        )
        .await;
        let database = self.databases[follower].config.clone();
        Deliverer {
            config: self.config(database),
            signer,
            store,
            follower,
        }
    }

    fn config(&self, database: lex_relayer::config::DatabaseSection) -> DelivererConfig {
        DelivererConfig {
            source: support::source(),
            database,
            http: HttpSection {
                listen: ([127, 0, 0, 1], 0).into(),
            },
            signer: SignerSection {
                key_file: None,
                key: None,
            },
            destination: LaneSection {
                name: "anvil".to_owned(),
                chain_id: ANVIL_CHAIN_ID,
                mirror: self.mirror.address(),
                rpc_url: self.anvil.url.clone(),
                confirmations: 1,
                poll_interval: Duration::from_millis(50),
            },
            attesters: AttestersSection {
                urls: self.attesters.clone(),
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

    fn work(&self, deliverer: &Deliverer) -> Working {
        let halt = self.followers[deliverer.follower].halt_switch();
        let (signer, store) = (deliverer.signer.clone(), deliverer.store.clone());
        let lane = Lane::new(&deliverer.config, self.mirror.clone(), signer, store, halt)
            .expect("HTTP clients");
        let cancel = CancellationToken::new();
        Working {
            cancel: cancel.clone(),
            task: tokio::spawn(lane.run(cancel)),
        }
    }

    /// A new block with this many updates, seen by everybody.
    async fn append(&mut self, updates: usize) {
        let mut events = Vec::new();
        for _ in 0..updates {
            let (event, end) = appended(self.end);
            events.push(event);
            self.end = end;
        }
        self.series.set(self.end);
        let block = block(self.next_block, events);
        self.next_block += 1;
        for follower in &mut self.followers {
            follower
                .advance(std::slice::from_ref(&block))
                .await
                .expect("an honest block");
        }
    }

    /// Sends a call to the mirror from one of anvil's accounts.
    async fn send(&self, account: usize, call: impl SolCall) {
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
    async fn proof(&self, nonce: u64, source_block: u64) -> LicenseMirror::rebaseCall {
        let request = AttestationRequest {
            destination: "anvil".to_owned(),
            nonce,
            source_block,
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

    async fn nonce(&self) -> u64 {
        self.mirror.view().await.map_or(0, |view| view.nonce)
    }

    async fn mirrored(&self, nonce: u64) {
        let label = format!("the mirror holds update {nonce}");
        eventually(&label, async || self.nonce().await == nonce).await;
    }
}

async fn stage(store: &Store, nonce: u64) -> &'static str {
    let lifecycles = store
        .lifecycles(nonce, nonce)
        .await
        .expect("the database answers");
    lifecycles.first().map_or("unknown", |update| update.stage)
}

async fn transactions(store: &Store, nonce: u64) -> Vec<B256> {
    let lifecycles = store
        .lifecycles(nonce, nonce)
        .await
        .expect("the database answers");
    let sent = lifecycles
        .into_iter()
        .flat_map(|update| update.transactions);
    sent.map(|transaction| transaction.hash).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_reach_the_mirror_in_batches() {
    let mut world = World::start().await;
    let deliverer = world.add_deliverer().await;
    world.append(0).await;
    world.append(3).await;
    world.append(2).await;
    let working = world.work(&deliverer);
    world.mirrored(5).await;
    eventually("the last update is final", async || {
        stage(&deliverer.store, 5).await == "mirrored"
    })
    .await;
    let view = world.mirror.view().await.unwrap();
    assert_eq!(
        (view.head, view.as_of_block),
        (B256::from(world.end.head), 3)
    );
    world.append(1).await;
    world.mirrored(6).await;
    working.stop().await;
}

/// A mirror that its guardian stopped is no fault, costs nothing, and is delivered anew once its owner
/// re-based it.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_mirror_is_waited_for_and_a_rebased_one_delivered_anew() {
    let mut world = World::start().await;
    let deliverer = world.add_deliverer().await;
    world.append(0).await;
    world.append(2).await;
    let working = world.work(&deliverer);
    world.mirrored(2).await;
    world.send(1, LicenseMirror::setUnknownCall {}).await;
    world.append(1).await;
    let spent = world.mirror.provider();
    let before = spent
        .get_transaction_count(deliverer.signer.address())
        .await;
    // Nothing tells that nothing is sent: ten of the deliverer's rounds pass without a transaction.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let after = spent
        .get_transaction_count(deliverer.signer.address())
        .await;
    assert_eq!((world.nonce().await, before.ok()), (2, after.ok()));
    assert!(transactions(&deliverer.store, 3).await.is_empty());
    assert!(world.mirror.view().await.unwrap().state.is_stopped());
    let progress = world.followers[deliverer.follower].halt_switch().progress();
    assert_eq!(progress.borrow().halted, None);

    control(&world.mirror, "evm_increaseTime", json!([2 * 86_400])).await;
    control(&world.mirror, "anvil_mine", json!([1])).await;
    let proof = world.proof(3, 3).await;
    world.send(0, proof).await;
    world.mirrored(3).await;
    assert_eq!(world.mirror.view().await.unwrap().state, LaneState::Open);
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_updates_than_fit_in_the_contracts_first_block_go_together() {
    let mut world = World::start().await;
    let deliverer = world.add_deliverer().await;
    world.append(3).await;
    let working = world.work(&deliverer);
    world.mirrored(3).await;
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_destination_does_not_hold_up_a_delivery() {
    // Its newest block is ten minutes older than what will be attested; its next one is not.
    let anvil = Anvil::start(Some(support::chain::GENESIS_TIME - 600)).await;
    let mut world = World::on(anvil).await;
    let deliverer = world.add_deliverer().await;
    control(&world.mirror, "evm_increaseTime", json!([600])).await;
    world.append(1).await;
    let working = world.work(&deliverer);
    world.mirrored(1).await;
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_transaction_that_no_node_knows_is_sent_again_after_a_restart() {
    let mut world = World::start().await;
    let deliverer = world.add_deliverer().await;
    control(&world.mirror, "evm_setAutomine", json!([false])).await;
    world.append(1).await;
    let working = world.work(&deliverer);
    eventually("a transaction is recorded", async || {
        stage(&deliverer.store, 1).await == "submitted"
    })
    .await;
    working.stop().await;
    let recorded = transactions(&deliverer.store, 1).await;
    control(&world.mirror, "anvil_dropAllTransactions", json!([])).await;
    control(&world.mirror, "evm_setAutomine", json!([true])).await;

    let working = world.work(&deliverer);
    world.mirrored(1).await;
    eventually("it is final", async || {
        stage(&deliverer.store, 1).await == "mirrored"
    })
    .await;
    assert_eq!(transactions(&deliverer.store, 1).await, recorded);
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_waits_is_outbid_and_one_of_them_is_mined() {
    let mut world = World::start().await;
    let mut deliverer = world.add_deliverer().await;
    deliverer.config.fees.bump_after = Duration::from_millis(100);
    control(&world.mirror, "evm_setAutomine", json!([false])).await;
    world.append(1).await;
    let working = world.work(&deliverer);
    eventually("it is replaced", async || {
        transactions(&deliverer.store, 1).await.len() > 2
    })
    .await;
    control(&world.mirror, "anvil_mine", json!([1])).await;
    world.mirrored(1).await;
    eventually("it is final", async || {
        stage(&deliverer.store, 1).await == "mirrored"
    })
    .await;
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_reorganisation_the_mirror_is_brought_up_to_date_again() {
    let mut world = World::start().await;
    let mut deliverer = world.add_deliverer().await;
    deliverer.config.destination.confirmations = 4;
    world.append(1).await;
    let working = world.work(&deliverer);
    world.mirrored(1).await;
    eventually("it is included", async || {
        stage(&deliverer.store, 1).await == "included"
    })
    .await;
    control(&world.mirror, "anvil_reorg", json!([1, []])).await;
    world.mirrored(1).await;
    control(&world.mirror, "anvil_mine", json!([4])).await;
    eventually("it is final", async || {
        stage(&deliverer.store, 1).await == "mirrored"
    })
    .await;
    assert_eq!(world.nonce().await, 1);
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_deliverers_of_one_mirror_do_not_disturb_each_other() {
    let mut world = World::start().await;
    let (one, other) = (world.add_deliverer().await, world.add_deliverer().await);
    let working = [world.work(&one), world.work(&other)];
    for _ in 0..5 {
        world.append(1).await;
    }
    world.mirrored(5).await;
    for deliverer in [&one, &other] {
        let destination = Destination {
            chain_id: ANVIL_CHAIN_ID,
            mirror: world.mirror.address().0.0,
        };
        eventually("nothing is left open", async || {
            let open = deliverer.store.open_deliveries(&destination).await;
            open.is_ok_and(|open| open.is_empty())
        })
        .await;
    }
    for working in working {
        working.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_of_another_history_halts_the_lane() {
    let mut world = World::start().await;
    let deliverer = world.add_deliverer().await;
    world.append(1).await;
    let working = world.work(&deliverer);
    world.mirrored(1).await;
    working.stop().await;

    // A deliverer whose verified outbox has another first update.
    let database = Database::new();
    let store = database.store().await;
    let (mut event, _) = appended(empty_outbox());
    let holder = Address::repeat_byte(0xbb);
    event.topics[3] = holder.into_word();
    let update = lex_client::model_update(&event_of(&event));
    let end = empty_outbox()
        .with::<lex_model::SoftwareKeccak>(&update)
        .unwrap();
    let mut data = event.data.to_vec();
    let at = data.len() - 32;
    data[at..].copy_from_slice(&end.head);
    event.data = data.into();
    let outbox = Outbox::new(CHAIN_ID, CONTRACT);
    let mut follower = Follower::new(outbox, 1, vec![SeriesEndpoint::new(end)], store.clone());
    follower
        .advance(&[block(1, vec![event.clone()])])
        .await
        .unwrap();
    let (second, end) = appended(end);
    let endpoint = vec![SeriesEndpoint::new(end)];
    let mut follower = {
        let mut resumed =
            Follower::new(Outbox::new(CHAIN_ID, CONTRACT), 1, endpoint, store.clone());
        resumed.load().await.unwrap();
        resumed
    };
    follower.advance(&[block(2, vec![second])]).await.unwrap();
    let config = world.config(database.config.clone());
    let signer = deliverer.signer.clone();
    let halt = follower.halt_switch();
    let lane = Lane::new(&config, world.mirror.clone(), signer, store.clone(), halt).unwrap();
    let cancel = CancellationToken::new();
    let task = tokio::spawn(lane.run(cancel.clone()));
    eventually("the lane halts", async || {
        store.halt().await.is_ok_and(|halt| halt.is_some())
    })
    .await;
    assert_eq!(world.nonce().await, 1);
    cancel.cancel();
    task.await.unwrap();
}

fn event_of(
    event: &lex_client::ContractEvent,
) -> lex_client::abi::license::License::UpdateAppended {
    use lex_client::abi::license::License::LicenseEvents;
    match event.decode::<LicenseEvents>() {
        Ok(LicenseEvents::UpdateAppended(appended)) => appended,
        other => panic!("not an update: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_lost_final_blocks_is_brought_up_to_date_again() {
    let mut world = World::start().await;
    let deliverer = world.add_deliverer().await;
    let working = world.work(&deliverer);
    let before = control(&world.mirror, "evm_snapshot", json!([])).await;
    world.append(1).await;
    eventually("the first is final", async || {
        stage(&deliverer.store, 1).await == "mirrored"
    })
    .await;
    control(&world.mirror, "evm_setAutomine", json!([false])).await;
    world.append(1).await;
    eventually("the second is on its way", async || {
        stage(&deliverer.store, 2).await == "submitted"
    })
    .await;
    working.stop().await;
    control(&world.mirror, "anvil_dropAllTransactions", json!([])).await;
    control(&world.mirror, "evm_revert", json!([before])).await;
    control(&world.mirror, "evm_setAutomine", json!([true])).await;
    assert_eq!(world.nonce().await, 0);

    let working = world.work(&deliverer);
    world.mirrored(2).await;
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_attester_of_two_is_not_enough() {
    let mut world = World::start().await;
    world.append(1).await;
    let unreachable = "http://127.0.0.1:9".parse().unwrap();
    let section = AttestersSection {
        urls: vec![world.attesters[0].clone(), unreachable],
        request_timeout: Duration::from_secs(5),
    };
    let set = world.mirror.attesters(1).await.unwrap();
    let attestation = lex_model::Attestation {
        source_chain_id: CHAIN_ID,
        source_genesis: support::source().genesis.0,
        source_contract: CONTRACT.0.0,
        epoch: 1,
        nonce: 1,
        head: world.end.head,
        source_block: 1,
        source_time: 1_700_000_001,
    };
    let destination = Destination {
        chain_id: ANVIL_CHAIN_ID,
        mirror: world.mirror.address().0.0,
    };
    let digest = attestation
        .digest::<lex_model::SoftwareKeccak>(&destination)
        .into();
    let request = AttestationRequest {
        destination: "anvil".to_owned(),
        nonce: 1,
        source_block: 1,
    };
    let error = Attesters::new(&section)
        .unwrap()
        .collect(&request, digest, &set)
        .await
        .unwrap_err();
    assert_eq!((error.collected, error.needed), (1, 2));

    let section = AttestersSection {
        urls: world.attesters.clone(),
        ..section
    };
    let signatures = Attesters::new(&section)
        .unwrap()
        .collect(&request, digest, &set)
        .await
        .unwrap();
    assert!(signatures.is_sorted_by(|a, b| a.0 < b.0));
    assert_eq!(signatures.len(), 2);
}
