//! Reorganisations of the destination while deliveries are under way.
//!
//! `LEX_REORGS` says how many; 10 without it.

mod support;

use std::time::Duration;

use alloy::primitives::B256;
use alloy::providers::Provider;
use alloy::signers::local::PrivateKeySigner;
use lex_client::abi::mirror::LicenseMirror;
use lex_relayer::store::{Delivery, DeliveryState};
use serde_json::{Value, json};
use support::anvil::{control, eventually};
use support::world::{Deliverer, World, stage, transactions};

/// Deepest reorganisation.
const DEEPEST: u64 = 64;
/// What a deliverer may take after the last reorganisation.
const BLOCKS_TO_SETTLE: u64 = 2;

/// A small generator, so that a failed run can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn reorganisations() -> u64 {
    std::env::var("LEX_REORGS").map_or(10, |text| text.parse().expect("LEX_REORGS is a number"))
}

/// As `lex up` configures it, but for what counts as final.
fn development(deliverer: &mut Deliverer, confirmations: u64) {
    let config = &mut deliverer.config;
    config.destination.confirmations = confirmations;
    config.destination.poll_interval = Duration::from_millis(250);
    config.batch.max_updates = 50;
    config.fees.bump_after = Duration::from_secs(30);
}

async fn is_settled(world: &World) -> bool {
    world
        .mirror
        .view()
        .await
        .is_ok_and(|view| (view.nonce, view.head) == (world.end.nonce, B256::from(world.end.head)))
}

/// Replaces the newest blocks by empty ones: so many, or a few more where anvil has no state to go
/// back to, which happens when it mined and reorganised at once.
async fn reorganise(world: &World, depth: u64) {
    let provider = world.mirror.provider();
    let mut depth = depth;
    eventually("anvil reorganises", async || {
        let asked = provider.raw_request::<_, Value>("anvil_reorg".into(), json!([depth, []]));
        depth += 1;
        asked.await.is_ok()
    })
    .await;
}

/// Appends updates and reorganises the destination while they are on their way.
async fn disturb(world: &mut World, dice: &mut Dice) {
    for _ in 0..dice.below(4) {
        world.append(1).await;
        if dice.below(2) == 0 {
            eventually("mirrored", async || is_settled(world).await).await;
        }
    }
    world.append(1).await;
    // Anywhere between the look, the transaction and its receipt.
    tokio::time::sleep(Duration::from_millis(dice.below(60))).await;
    let depth = 1 + dice.below(DEEPEST);
    reorganise(world, depth).await;
    if dice.below(2) == 0 {
        let label = format!("settled after a reorganisation of depth {depth}");
        eventually(&label, async || is_settled(world).await).await;
    }
}

/// Blocks until the mirror holds everything, if each takes whatever the deliverer has for it.
async fn blocks_to_settle(world: &World, deliverer: &Deliverer) -> u64 {
    let has_handed_over = async || {
        let open = deliverer.store.open_deliveries(&world.destination()).await;
        let open = open.expect("the database answers");
        let is_waiting = |delivery: &&Delivery| delivery.state == DeliveryState::Submitted;
        let waiting = open.iter().filter(is_waiting).count() as u64;
        waiting > 0 && world.pending().await == waiting
    };
    let mut blocks = 0;
    while !is_settled(world).await {
        eventually("all is handed over", has_handed_over).await;
        control(&world.mirror, "anvil_mine", json!([1])).await;
        blocks += 1;
    }
    blocks
}

async fn survives(confirmations: u64, seed: u64) {
    let mut world = World::start().await;
    let mut deliverer = world.add_deliverer().await;
    development(&mut deliverer, confirmations);
    // The mirror itself stays below every reorganisation.
    control(&world.mirror, "anvil_mine", json!([2 * DEEPEST])).await;
    world.append(0).await;
    let working = world.work(&deliverer);
    let mut dice = Dice(seed);
    for _ in 0..reorganisations() {
        disturb(&mut world, &mut dice).await;
    }
    eventually("settled", async || is_settled(&world).await).await;
    control(&world.mirror, "evm_setAutomine", json!([false])).await;
    world.append(1).await;
    reorganise(&world, DEEPEST).await;
    let blocks = blocks_to_settle(&world, &deliverer).await;
    assert!(blocks <= BLOCKS_TO_SETTLE, "{blocks} blocks");
    assert_eq!(deliverer.store.halt().await.expect("it answers"), None);
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reorganisations_deeper_than_what_is_final_neither_wedge_nor_halt_the_lane() {
    survives(1, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reorganisations_of_what_is_not_final_neither_wedge_nor_halt_the_lane() {
    survives(2 * DEEPEST, 2).await;
}

/// What the deliverer had in final blocks comes back as it was, and nothing is offered twice.
#[tokio::test(flavor = "multi_thread")]
async fn deliveries_behind_a_lost_one_wait_for_it_and_are_not_outbid() {
    let mut world = World::start().await;
    let deliverer = world.add_deliverer().await;
    let working = world.work(&deliverer);
    world.append(1).await;
    eventually("the first is final", async || {
        stage(&deliverer.store, 1).await == "mirrored"
    })
    .await;
    control(&world.mirror, "evm_setAutomine", json!([false])).await;
    world.append(1).await;
    eventually("the second waits", async || world.pending().await == 1).await;
    let sent = [
        transactions(&deliverer.store, 1).await,
        transactions(&deliverer.store, 2).await,
    ];
    reorganise(&world, 1).await;
    eventually("both wait", async || world.pending().await == 2).await;
    control(&world.mirror, "anvil_mine", json!([1])).await;
    world.mirrored(2).await;
    let kept = [
        transactions(&deliverer.store, 1).await,
        transactions(&deliverer.store, 2).await,
    ];
    assert_eq!((sent, world.mined(&deliverer).await), (kept, 2));
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_transaction_that_takes_the_account_nonce_is_no_hindrance() {
    let mut world = World::start().await;
    let deliverer = world.add_deliverer().await;
    control(&world.mirror, "evm_setAutomine", json!([false])).await;
    world.append(1).await;
    let working = world.work(&deliverer);
    eventually("it waits", async || world.pending().await == 1).await;
    let account = deliverer.signer.address();
    control(&world.mirror, "anvil_impersonateAccount", json!([account])).await;
    let foreign = json!([{
        "from": account, "to": account, "nonce": "0x0", "gas": "0x5208",
        "maxFeePerGas": "0x174876e800", "maxPriorityFeePerGas": "0x174876e800",
    }]);
    control(&world.mirror, "eth_sendTransaction", foreign).await;
    control(&world.mirror, "evm_setAutomine", json!([true])).await;
    control(&world.mirror, "anvil_mine", json!([1])).await;
    world.mirrored(1).await;
    assert_eq!(world.mined(&deliverer).await, 2);
    working.stop().await;
}

/// Schedules attesters and makes them the next epoch's.
async fn rotate(world: &World, keys: [&PrivateKeySigner; 2]) {
    let mut attesters = keys.map(PrivateKeySigner::address).to_vec();
    attesters.sort();
    let threshold = 2;
    let schedule = LicenseMirror::scheduleAttestersCall {
        attesters,
        threshold,
    };
    world.send(0, schedule).await;
    control(&world.mirror, "evm_increaseTime", json!([86_400])).await;
    world.send(0, LicenseMirror::activateAttestersCall {}).await;
}

/// A reorganisation gives the epoch another set of attesters than was read before it.
#[tokio::test(flavor = "multi_thread")]
async fn attesters_that_a_reorganisation_replaced_are_read_again() {
    let mut world = World::start().await;
    let keys = [(); 3].map(|()| PrivateKeySigner::random());
    let [lost, kept, new] = &keys;
    world.attesters.clear();
    for key in &keys {
        world.add_attester(key.clone(), 2).await;
    }
    let deliverer = world.add_deliverer().await;
    let before = control(&world.mirror, "evm_snapshot", json!([])).await;
    rotate(&world, [lost, kept]).await;
    let working = world.work(&deliverer);
    world.append(1).await;
    world.mirrored(1).await;

    control(&world.mirror, "evm_revert", json!([before])).await;
    rotate(&world, [kept, new]).await;
    world.mirrored(1).await;
    working.stop().await;
}
