//! The durable state, on a real database.

mod support;

use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes};
use lex_model::{Attestation, Destination, TokenId, Update};
use lex_relayer::outbox::{VerifiedBlock, VerifiedUpdate};
use lex_relayer::store::{
    AttestationRecord, DeliveryState, Equivocation, Fees, Inclusion, NewDelivery, NewTransaction,
    RecordSignature, Store, StoreError,
};
use support::postgres::Database;

const MIRROR: Destination = Destination {
    chain_id: 31_337,
    mirror: [5; 20],
};

fn verified_block(number: u64, nonces: &[u64]) -> VerifiedBlock {
    let updates = nonces.iter().map(|nonce| VerifiedUpdate {
        update: extreme_update(*nonce),
        head: B256::with_last_byte(*nonce as u8),
    });
    VerifiedBlock {
        number,
        hash: B256::with_last_byte(number as u8),
        time: number * 6,
        updates: updates.collect(),
        end: lex_model::Outbox {
            nonce: nonces.last().copied().unwrap_or(0),
            head: [1; 32],
        },
    }
}

/// Every field at the end of its range.
fn extreme_update(nonce: u64) -> Update {
    Update {
        nonce,
        kind: u8::MAX,
        token_id: TokenId([0xff; 32]),
        holder: [0xff; 20],
        license_type: u64::MAX,
        status: u8::MAX,
        valid_from: u64::MAX,
        valid_until: u64::MAX - 1,
        grace_until: 1 << 63,
        version: u32::MAX,
        parent: TokenId([0xff; 32]),
    }
}

fn attestation(nonce: u64, head: u8, source_block: u64, source_time: u64) -> Attestation {
    Attestation {
        source_chain_id: 1,
        source_genesis: [0; 32],
        source_contract: [0; 20],
        epoch: 1,
        nonce,
        head: [head; 32],
        source_block,
        source_time,
    }
}

async fn sign(store: &Store, attestation: &Attestation) -> RecordSignature {
    let digest = attestation
        .digest::<lex_model::SoftwareKeccak>(&MIRROR)
        .into();
    let record = AttestationRecord {
        destination: MIRROR,
        attestation,
        digest,
        signature: &[7; 65],
    };
    store
        .record_signature(record)
        .await
        .expect("the test's own world is in order")
}

fn transaction(seed: u8, max_fee_per_gas: u128) -> NewTransaction {
    NewTransaction {
        hash: B256::repeat_byte(seed),
        raw: Bytes::from(vec![seed; 3]),
        fees: Fees {
            max_fee_per_gas,
            max_priority_fee_per_gas: 1,
        },
    }
}

/// Who pays for the tests' deliveries.
const PAYER: Address = Address::repeat_byte(0xfa);

fn delivery(nonce: u64, account_nonce: u64, seed: u8) -> NewDelivery {
    NewDelivery {
        destination: MIRROR,
        first_nonce: Some(nonce),
        attestation: attestation(nonce, 1, 9, 54),
        signatures: vec![(Address::repeat_byte(1), Bytes::from(vec![1; 65]))],
        account: PAYER,
        account_nonce,
        calldata: Bytes::from_static(b"calldata"),
        gas_limit: 1_000,
        transaction: transaction(seed, 10),
    }
}

fn inclusion(seed: u8) -> Inclusion {
    Inclusion {
        transaction: B256::repeat_byte(seed),
        block: 3,
        block_hash: B256::repeat_byte(0xb3),
        gas_used: 500,
        paid: 4_000,
    }
}

#[tokio::test]
async fn verified_updates_come_back_bit_for_bit() {
    let database = Database::new();
    let store = database.store().await;
    store
        .record(&[verified_block(5, &[1, 2]), verified_block(6, &[3])])
        .await
        .unwrap();
    let expected: Vec<_> = (1..=3).map(extreme_update).collect();
    assert_eq!(store.updates(1, 3).await.unwrap(), expected);
    assert_eq!(
        store.head(3).await.unwrap(),
        Some((B256::with_last_byte(3), 6))
    );
    assert_eq!(store.head(4).await.unwrap(), None);
    let checkpoint = store.checkpoint().await.unwrap().unwrap();
    assert_eq!((checkpoint.number, checkpoint.end.nonce), (6, 3));
    assert_eq!(
        store
            .block(5)
            .await
            .unwrap()
            .map(|block| (block.nonce, block.time)),
        Some((2, 30))
    );
}

#[tokio::test]
async fn a_block_or_nonce_is_recorded_once_and_with_its_checkpoint_or_not_at_all() {
    let database = Database::new();
    let store = database.store().await;
    store.record(&[verified_block(5, &[1])]).await.unwrap();
    assert!(store.record(&[verified_block(5, &[])]).await.is_err());
    assert!(
        store
            .record(&[verified_block(6, &[]), verified_block(7, &[1])])
            .await
            .is_err()
    );
    assert_eq!(store.checkpoint().await.unwrap().unwrap().number, 5);
}

#[tokio::test]
async fn a_schema_belongs_to_one_source() {
    let database = Database::new();
    let store = database.store().await;
    let source = support::source();
    store.bind(&source).await.unwrap();
    store.bind(&source).await.unwrap();
    let mut other = source;
    other.contract = Address::ZERO;
    let error = store.bind(&other).await.unwrap_err();
    assert!(matches!(error, StoreError::OtherSource { .. }), "{error}");
}

#[tokio::test]
async fn one_nonce_never_gets_two_heads() {
    let database = Database::new();
    let store = database.store().await;
    assert_eq!(
        sign(&store, &attestation(4, 1, 9, 54)).await,
        RecordSignature::Recorded
    );
    assert_eq!(
        sign(&store, &attestation(4, 1, 9, 54)).await,
        RecordSignature::Recorded
    );
    assert_eq!(
        sign(&store, &attestation(4, 1, 10, 60)).await,
        RecordSignature::Recorded
    );
    assert_eq!(
        sign(&store, &attestation(4, 2, 11, 66)).await,
        RecordSignature::Equivocation(Equivocation::Head {
            nonce: 4,
            signed: B256::repeat_byte(1),
            asked: B256::repeat_byte(2),
        })
    );
    assert_eq!(
        sign(&store, &attestation(4, 1, 9, 55)).await,
        RecordSignature::Equivocation(Equivocation::Time {
            block: 9,
            signed: 54,
            asked: 55,
        })
    );
    assert_eq!(store.signature_count().await.unwrap(), 1);
}

#[tokio::test]
async fn two_heads_for_one_nonce_at_the_same_time_give_one_signature() {
    let database = Database::new();
    let store = database.store().await;
    let (one, other) = (attestation(4, 1, 9, 54), attestation(4, 2, 9, 54));
    let answers = tokio::join!(sign(&store, &one), sign(&store, &other));
    let recorded = [answers.0, answers.1];
    assert_eq!(
        recorded
            .iter()
            .filter(|a| **a == RecordSignature::Recorded)
            .count(),
        1
    );
}

#[tokio::test]
async fn a_delivery_survives_with_all_its_transactions() {
    let database = Database::new();
    let store = database.store().await;
    let id = store.add_delivery(&delivery(1, 0, 1)).await.unwrap();
    store
        .add_transaction(id, &transaction(2, 12))
        .await
        .unwrap();
    store.set_broadcast(B256::repeat_byte(1)).await.unwrap();

    let open = database
        .store()
        .await
        .open_deliveries(&MIRROR)
        .await
        .unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].state, DeliveryState::Submitted);
    let hashes: Vec<_> = open[0].transactions.iter().map(|sent| sent.hash).collect();
    assert_eq!(hashes, [B256::repeat_byte(2), B256::repeat_byte(1)]);
}

#[tokio::test]
async fn what_no_node_took_outbids_nothing() {
    let database = Database::new();
    let store = database.store().await;
    let id = store.add_delivery(&delivery(1, 0, 1)).await.unwrap();
    store
        .add_transaction(id, &transaction(2, 12))
        .await
        .unwrap();
    assert!(store.offers(31_337, PAYER, 0, 9).await.unwrap().is_empty());
    store.set_broadcast(B256::repeat_byte(1)).await.unwrap();
    let offers = store.offers(31_337, PAYER, 0, 9).await.unwrap();
    let taken: Vec<_> = offers.iter().map(|offer| offer.hash).collect();
    assert_eq!(taken, [B256::repeat_byte(1)]);
    let open = store.open_deliveries(&MIRROR).await.unwrap();
    let taken = open[0].transactions.iter().map(|sent| sent.taken.is_some());
    assert_eq!(taken.collect::<Vec<_>>(), [false, true]);
}

#[tokio::test]
async fn a_lower_account_nonce_names_the_final_deliveries_that_are_undone() {
    let database = Database::new();
    let store = database.store().await;
    let mut ids = Vec::new();
    for nonce in [1, 2] {
        let seed = u8::try_from(nonce).unwrap();
        let id = store.add_delivery(&delivery(nonce, nonce, seed)).await;
        let id = id.unwrap();
        store.set_included(id, &inclusion(seed)).await.unwrap();
        store.set_final(id).await.unwrap();
        ids.push(id);
    }
    let undone = async |account, next| {
        let undone = store.undone_deliveries(&MIRROR, account, next).await;
        undone.unwrap()
    };
    assert!(undone(PAYER, 3).await.is_empty());
    assert_eq!(undone(PAYER, 2).await, ids[1..]);
    assert_eq!(undone(PAYER, 0).await, ids);
    // Another account's nonces say nothing about this one's.
    assert!(undone(Address::ZERO, 0).await.is_empty());
    store.set_reorganised(ids[1]).await.unwrap();
    assert_eq!(undone(PAYER, 0).await, ids[..1]);
}

#[tokio::test]
async fn deliveries_of_another_account_are_left() {
    let database = Database::new();
    let store = database.store().await;
    store.add_delivery(&delivery(1, 0, 1)).await.unwrap();
    store.leave_other_accounts(PAYER).await.unwrap();
    assert_eq!(store.open_deliveries(&MIRROR).await.unwrap().len(), 1);
    store.leave_other_accounts(Address::ZERO).await.unwrap();
    assert!(store.open_deliveries(&MIRROR).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_delivery_given_up_is_looked_for_when_a_node_took_it() {
    let database = Database::new();
    let store = database.store().await;
    let id = store.add_delivery(&delivery(1, 4, 1)).await.unwrap();
    store.set_superseded(id, "test", None).await.unwrap();
    let given_up = async |nonces| {
        let given_up = store.given_up_deliveries(&MIRROR, PAYER, nonces).await;
        given_up.unwrap().len()
    };
    assert_eq!(given_up(0..9).await, 0);
    store.set_broadcast(B256::repeat_byte(1)).await.unwrap();
    assert_eq!(given_up(4..5).await, 1);
    assert_eq!(given_up(5..9).await, 0);
    store.set_included(id, &inclusion(1)).await.unwrap();
    assert_eq!(given_up(0..9).await, 0);
}

#[tokio::test]
async fn one_account_nonce_carries_one_delivery() {
    let database = Database::new();
    let store = database.store().await;
    store.add_delivery(&delivery(1, 0, 1)).await.unwrap();
    assert!(store.add_delivery(&delivery(2, 0, 2)).await.is_err());
    assert_eq!(store.open_deliveries(&MIRROR).await.unwrap().len(), 1);
}

/// A reorganisation can make a lane prepare, byte for byte, what it gave up.
#[tokio::test]
async fn a_transaction_that_was_given_up_is_recorded_again() {
    let database = Database::new();
    let store = database.store().await;
    let first = store.add_delivery(&delivery(1, 0, 1)).await.unwrap();
    store.set_broadcast(B256::repeat_byte(1)).await.unwrap();
    store.set_superseded(first, "test", None).await.unwrap();
    let again = store.add_delivery(&delivery(1, 0, 1)).await.unwrap();
    let open = store.open_deliveries(&MIRROR).await.unwrap();
    assert_eq!((open.len(), open[0].id), (1, again));
    assert_eq!(open[0].transactions[0].taken, None);
}

#[tokio::test]
async fn a_reorganised_delivery_is_on_its_way_again() {
    let database = Database::new();
    let store = database.store().await;
    let id = store.add_delivery(&delivery(1, 0, 1)).await.unwrap();
    store.set_included(id, &inclusion(1)).await.unwrap();
    let included = store.open_deliveries(&MIRROR).await.unwrap();
    assert!(matches!(
        included[0].state,
        DeliveryState::Included { block: 3, .. }
    ));
    store.set_reorganised(id).await.unwrap();
    assert_eq!(
        store.open_deliveries(&MIRROR).await.unwrap()[0].state,
        DeliveryState::Submitted
    );

    store.set_included(id, &inclusion(1)).await.unwrap();
    store.add_delivery(&delivery(2, 0, 2)).await.unwrap();
    store.set_reorganised(id).await.unwrap();
    let open = store.open_deliveries(&MIRROR).await.unwrap();
    assert_eq!(
        open.iter()
            .map(|delivery| delivery.nonce)
            .collect::<Vec<_>>(),
        [2]
    );
}

#[tokio::test]
async fn the_budget_counts_what_was_paid_and_what_may_still_be() {
    let database = Database::new();
    let store = database.store().await;
    assert_eq!(store.spent_last_hour().await.unwrap(), 0);
    let id = store.add_delivery(&delivery(1, 0, 1)).await.unwrap();
    assert_eq!(store.spent_last_hour().await.unwrap(), 10_000);
    store
        .add_transaction(id, &transaction(2, 12))
        .await
        .unwrap();
    assert_eq!(store.spent_last_hour().await.unwrap(), 12_000);
    store.set_included(id, &inclusion(1)).await.unwrap();
    store.set_final(id).await.unwrap();
    assert_eq!(store.spent_last_hour().await.unwrap(), 4_000);
    assert!(store.open_deliveries(&MIRROR).await.unwrap().is_empty());
}

#[tokio::test]
async fn deliveries_to_another_mirror_are_left() {
    let database = Database::new();
    let store = database.store().await;
    store.add_delivery(&delivery(1, 0, 1)).await.unwrap();
    let other = Destination {
        mirror: [6; 20],
        ..MIRROR
    };
    store.leave_other_mirrors(&other).await.unwrap();
    assert!(store.open_deliveries(&MIRROR).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_lifecycle_names_every_stage() {
    let database = Database::new();
    let store = database.store().await;
    store.record(&[verified_block(5, &[1])]).await.unwrap();
    let stage = async || store.lifecycles(1, 1).await.unwrap().remove(0).stage;
    assert_eq!(stage().await, "final");
    let id = store.add_delivery(&delivery(1, 0, 1)).await.unwrap();
    assert_eq!(stage().await, "submitted");
    store.set_included(id, &inclusion(1)).await.unwrap();
    assert_eq!(stage().await, "included");
    store.set_final(id).await.unwrap();
    assert_eq!(stage().await, "mirrored");
    let update = store.lifecycles(1, 1).await.unwrap().remove(0);
    assert_eq!((update.signatures, update.included_block), (1, Some(3)));
    assert_eq!(update.token_id, alloy::primitives::U256::MAX.to_string());
}

#[tokio::test]
async fn one_process_leads_a_schema() {
    let database = Database::new();
    let (first, second) = (database.store().await, database.store().await);
    let leadership = first.lead().await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(200), second.lead()).await;
    assert!(waiting.is_err(), "two processes lead one schema");
    drop(leadership);
    let taken = tokio::time::timeout(Duration::from_secs(120), second.lead()).await;
    taken.expect("the lead is free").unwrap();
}
