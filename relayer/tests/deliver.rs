//! The lane on a real anvil with the real mirror, fed by real attesters over HTTP.

mod support;

use std::time::Duration;

use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use lex_client::abi::mirror::LicenseMirror;
use lex_model::Destination;
use lex_relayer::api::AttestationRequest;
use lex_relayer::config::AttestersSection;
use lex_relayer::deliver::{Attesters, Lane, Obstacle};
use lex_relayer::mirror::LaneState;
use lex_relayer::outbox::{Follower, Outbox};
use serde_json::json;
use support::anvil::{ANVIL_CHAIN_ID, Anvil, control, eventually};
use support::chain::{CHAIN_ID, CONTRACT, SeriesEndpoint, appended, block, empty_outbox};
use support::postgres::Database;
use support::world::{World, stage, transactions};
use tokio_util::sync::CancellationToken;

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

/// What is older than the destination's clock allows arrives; the rest when the clock has caught up.
#[tokio::test(flavor = "multi_thread")]
async fn a_destination_whose_clock_is_behind_gets_late_what_it_takes() {
    let anvil = Anvil::start(Some(support::chain::GENESIS_TIME)).await;
    let mut world = World::on(anvil).await;
    let deliverer = world.add_deliverer().await;
    world.append(1).await;
    world.append(1).await;
    world.later(3_600);
    world.append(1).await;
    let mut working = world.work(&deliverer);
    world.mirrored(2).await;
    let is_late = |obstacle: &Option<Obstacle>| matches!(obstacle, Some(Obstacle::Clock { .. }));
    let waits = working.status.wait_for(|status| is_late(&status.obstacle));
    waits.await.expect("the lane works");
    let view = world.mirror.view().await.unwrap();
    assert_eq!((view.nonce, view.as_of_block), (2, 2));

    control(&world.mirror, "evm_increaseTime", json!([3_600])).await;
    world.mirrored(3).await;
    let goes_on = working.status.wait_for(|status| status.obstacle.is_none());
    goes_on.await.expect("the lane works");
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
async fn a_mirror_of_another_history_halts_the_lane_once_its_block_is_final() {
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
    let mut config = world.config(database.config.clone());
    config.destination.confirmations = 4;
    let signer = deliverer.signer.clone();
    let halt = follower.halt_switch();
    let lane = Lane::new(&config, world.mirror.clone(), signer, store.clone(), halt).unwrap();
    let cancel = CancellationToken::new();
    let mut status = lane.status();
    let task = tokio::spawn(lane.run(cancel.clone()));
    let doubts = status.wait_for(|status| status.obstacle == Some(Obstacle::History));
    doubts.await.expect("the lane works");
    assert_eq!(store.halt().await.unwrap(), None);
    control(&world.mirror, "anvil_mine", json!([3])).await;
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
        epoch: Some(1),
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
