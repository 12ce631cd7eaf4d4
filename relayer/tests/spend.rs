//! What a lane spends, and what it does not spend in vain.

mod support;

use std::time::Duration;

use alloy::primitives::{B256, Bytes, U256};
use lex_model::Attestation;
use lex_relayer::condition::Conditioned;
use lex_relayer::deliver::Obstacle;
use lex_relayer::store::{Fees, NewDelivery, NewTransaction};
use serde_json::json;
use support::anvil::{control, eventually};
use support::world::{Deliverer, World, funds, stage, transactions};

/// A delivery that offers the most the caps allow, with the account's first nonce, recorded and given
/// up.
async fn give_up_at_the_caps(world: &World, deliverer: &Deliverer) -> B256 {
    let hash = B256::repeat_byte(0x77);
    let fees = &deliverer.config.fees;
    let delivery = NewDelivery {
        destination: world.destination(),
        first_nonce: Some(1),
        attestation: Attestation {
            source_chain_id: 1,
            source_genesis: [0; 32],
            source_contract: [0; 20],
            epoch: 1,
            nonce: 1,
            head: [0; 32],
            source_block: 1,
            source_time: 1,
        },
        signatures: Vec::new(),
        account: deliverer.signer.address(),
        account_nonce: 0,
        calldata: Bytes::new(),
        gas_limit: 100_000,
        transaction: NewTransaction {
            hash,
            raw: Bytes::new(),
            fees: Fees {
                max_fee_per_gas: fees.max_fee_per_gas.0,
                max_priority_fee_per_gas: fees.max_priority_fee_per_gas.0,
            },
        },
    };
    let id = deliverer.store.add_delivery(&delivery).await;
    let id = id.expect("recorded");
    let given_up = deliverer.store.set_superseded(id, "test", None).await;
    given_up.expect("recorded");
    hash
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_node_took_does_not_hold_up_the_lane() {
    let mut world = World::start().await;
    let deliverer = world.add_deliverer().await;
    give_up_at_the_caps(&world, &deliverer).await;
    let working = world.work(&deliverer);
    world.append(1).await;
    world.mirrored(1).await;
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_node_has_lost_does_not_hold_up_the_lane() {
    let mut world = World::start().await;
    let deliverer = world.add_deliverer().await;
    let hash = give_up_at_the_caps(&world, &deliverer).await;
    let taken = deliverer.store.set_broadcast(hash).await;
    taken.expect("recorded");
    let working = world.work(&deliverer);
    world.append(1).await;
    world.mirrored(1).await;
    working.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_funds_sends_nothing_says_so_and_goes_on_when_it_has_some() {
    let mut world = World::start().await;
    let mut deliverer = world.add_deliverer().await;
    deliverer.config.fees.bump_after = Duration::from_millis(1);
    world.fund(&deliverer, U256::from(7)).await;
    let mut working = world.work(&deliverer);
    world.append(1).await;
    let is_poor =
        |obstacle: &Option<Obstacle>| matches!(obstacle, Some(Obstacle::Funds { balance: 7, .. }));
    let waits = working.status.wait_for(|status| is_poor(&status.obstacle));
    waits.await.expect("the lane works");
    assert!(transactions(&deliverer.store, 1).await.is_empty());
    let readiness = world.readiness(&deliverer, &working);
    let reason = readiness.condition().await.reason();
    let reason = reason.expect("nothing can be sent");
    assert!(reason.contains("7 wei"), "{reason}");
    world.fund(&deliverer, funds()).await;
    world.mirrored(1).await;
    let goes_on = working.status.wait_for(|status| status.obstacle.is_none());
    goes_on.await.expect("the lane works");
    working.stop().await;
}

/// Funds that go while a transaction waits: it is not outbid by what nobody takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_its_account_can_no_longer_pay_for_is_not_outbid() {
    let mut world = World::start().await;
    let mut deliverer = world.add_deliverer().await;
    deliverer.config.fees.bump_after = Duration::from_secs(1);
    control(&world.mirror, "evm_setAutomine", json!([false])).await;
    let mut working = world.work(&deliverer);
    world.append(1).await;
    eventually("it waits", async || world.pending().await == 1).await;
    world.fund(&deliverer, U256::ZERO).await;
    control(&world.mirror, "anvil_dropAllTransactions", json!([])).await;
    let is_poor =
        |obstacle: &Option<Obstacle>| matches!(obstacle, Some(Obstacle::Funds { balance: 0, .. }));
    let waits = working.status.wait_for(|status| is_poor(&status.obstacle));
    waits.await.expect("the lane works");
    let sent = transactions(&deliverer.store, 1).await;
    world.fund(&deliverer, funds()).await;
    control(&world.mirror, "evm_setAutomine", json!([true])).await;
    world.mirrored(1).await;
    let after = transactions(&deliverer.store, 1).await;
    assert_eq!(after[..sent.len()], sent);
    working.stop().await;
}

/// The tests' blocks are years old: by this machine's clock a heartbeat would be due with each.
#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_go_by_the_sources_time() {
    let mut world = World::start().await;
    let mut deliverer = world.add_deliverer().await;
    deliverer.config.batch.heartbeat = Duration::from_secs(600);
    let working = world.work(&deliverer);
    world.append(1).await;
    world.mirrored(1).await;
    let as_of = async || world.mirror.view().await.map_or(0, |view| view.as_of_block);
    assert_eq!(as_of().await, 1);
    for _ in 0..5 {
        world.append(0).await;
    }
    // Nothing tells that nothing is sent: ten of the deliverer's rounds pass without a transaction.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.mined(&deliverer).await, 1);
    working.stop().await;
}

/// Who comes second sees in the node's pool that another was faster, and pays nothing.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_deliverers_sends_and_the_other_gives_way() {
    let mut world = World::start().await;
    let (one, other) = (world.add_deliverer().await, world.add_deliverer().await);
    control(&world.mirror, "evm_setAutomine", json!([false])).await;
    let first = world.work(&one);
    world.append(1).await;
    eventually("the first's waits", async || world.pending().await == 1).await;
    let mut second = world.work(&other);
    let looks = second.status.wait_for(|status| status.mirror.is_some());
    looks.await.expect("the lane works");
    // Nothing tells that nothing is sent: ten of the deliverer's rounds pass without a transaction.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(transactions(&other.store, 1).await.is_empty());
    control(&world.mirror, "evm_setAutomine", json!([true])).await;
    control(&world.mirror, "anvil_mine", json!([1])).await;
    world.mirrored(1).await;
    eventually("it is final", async || {
        stage(&one.store, 1).await == "mirrored"
    })
    .await;
    assert_eq!(world.mined(&other).await, 0);
    for working in [first, second] {
        working.stop().await;
    }
}

/// What waits in a pool for ever must not be waited for as long.
#[tokio::test(flavor = "multi_thread")]
async fn giving_way_ends() {
    let mut world = World::start().await;
    let (one, mut other) = (world.add_deliverer().await, world.add_deliverer().await);
    other.config.fees.bump_after = Duration::from_millis(200);
    control(&world.mirror, "evm_setAutomine", json!([false])).await;
    let first = world.work(&one);
    world.append(1).await;
    eventually("the first's waits", async || world.pending().await == 1).await;
    let second = world.work(&other);
    eventually("the second's waits too", async || {
        world.pending().await == 2
    })
    .await;
    for working in [first, second] {
        working.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_beyond_the_destinations_blocks_is_halved_until_it_fits() {
    let mut world = World::start().await;
    let mut deliverer = world.add_deliverer().await;
    deliverer.config.batch.max_updates = 50;
    world.append(0).await;
    // Each update takes some 30,000 gas; a delivery of one, some 150,000.
    control(&world.mirror, "evm_setBlockGasLimit", json!(["0x61a80"])).await;
    for _ in 0..40 {
        world.append(1).await;
    }
    let working = world.work(&deliverer);
    world.mirrored(40).await;
    working.stop().await;
}
