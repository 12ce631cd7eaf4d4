//! The index on a real Postgres: all or nothing, once, and always rebuildable.

mod support;

use std::time::Duration;

use alloy::sol_types::SolEvent;
use lex_client::{
    Address, B256, ContractEvent, SourceBlock,
    abi::proxy::Proxy::{AdminChanged, Upgraded},
};
use lex_indexer::{
    outbox::OutboxError,
    store::{Store, StoreError, World, total_digest},
};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use support::{
    chain::{Chain, START, Step, any_history, holder},
    index, origin,
    postgres::Database,
    world,
};

fn blocks() -> Vec<SourceBlock> {
    let mut chain = Chain::new();
    for number in 0..6 {
        chain.issue(holder(number % 3), 1, "US-NY", START, "ipfs://x");
        chain.step(&Step::Suspend {
            license: number,
            lifts_after: Some(30),
        });
        chain.step(&Step::NextBlock);
        chain.step(&Step::NextBlock);
        chain.step(&Step::Transfer {
            license: number,
            to: 3,
        });
        chain.step(&Step::Resume(number));
    }
    chain.step(&Step::Revoke(2));
    chain.step(&Step::TypeOpen {
        license_type: 1,
        open: false,
    });
    chain.step(&Step::Freeze {
        holder: 3,
        frozen: true,
    });
    chain.step(&Step::RemoveIssuer);
    chain.finish()
}

async fn fingerprint(store: &Store) -> B256 {
    let comparison = store.check().await.expect("checks");
    assert!(comparison.is_equal(), "{comparison:#?}");
    total_digest(&comparison.stored())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_split_into_commits_leaves_the_same_bytes(
        steps in any_history(),
        runs in proptest::collection::vec(1..9usize, 1..4),
    ) {
        let blocks = Chain::play(&steps);
        Runtime::new().expect("a runtime").block_on(async {
            let (one, other) = (Database::new(), Database::new());
            let (live, caught_up) = (one.store().await, other.store().await);
            index(&live, &blocks, &[1]).await;
            index(&caught_up, &blocks, &runs).await;
            let expected = fingerprint(&live).await;
            assert_eq!(fingerprint(&caught_up).await, expected);
            caught_up.rebuild().await.expect("rebuilds");
            assert_eq!(fingerprint(&caught_up).await, expected);
        });
    }
}

#[tokio::test]
async fn rebuild_restores_what_was_damaged() {
    let database = Database::new();
    let store = database.store().await;
    index(&store, &blocks(), &[3]).await;
    let expected = fingerprint(&store).await;
    let damage = sqlx::PgPool::connect(database.config.url.expose())
        .await
        .expect("connects");
    for statement in [
        format!(
            "update {}.license set status = 2 where license_id = 3",
            database.config.schema
        ),
        format!(
            "delete from {}.license_history where license_id = 1",
            database.config.schema
        ),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&damage)
            .await
            .expect("damages");
    }
    let comparison = store.check().await.expect("checks");
    let differing: Vec<&str> = comparison
        .derived
        .iter()
        .filter(|table| !table.is_equal())
        .map(|table| table.stored.table)
        .collect();
    assert_eq!(differing, ["license", "license_history"]);
    store.rebuild().await.expect("rebuilds");
    assert_eq!(fingerprint(&store).await, expected);
}

#[tokio::test]
async fn a_commit_from_an_old_checkpoint_is_refused_and_writes_nothing() {
    let database = Database::new();
    let store = database.store().await;
    let blocks = blocks();
    let first = store.begin(&world(), &origin()).await.expect("begins");
    let second = store
        .commit(&world(), &first, &blocks[..2])
        .await
        .expect("commits");
    let before = fingerprint(&store).await;
    let error = store
        .commit(&world(), &first, &blocks[..2])
        .await
        .expect_err("moved");
    assert!(
        matches!(
            error,
            StoreError::CheckpointMoved {
                expected: 0,
                found: 2
            }
        ),
        "{error}"
    );
    assert!(!error.is_transient());
    assert_eq!(fingerprint(&store).await, before);
    store
        .commit(&world(), &second, &blocks[2..])
        .await
        .expect("goes on");
}

#[tokio::test]
async fn two_writers_commit_each_block_once() {
    let database = Database::new();
    let (one, other) = (database.store().await, database.store().await);
    let blocks = blocks();
    let start = one.begin(&world(), &origin()).await.expect("begins");
    let world = world();
    let (first, second) = tokio::join!(
        one.commit(&world, &start, &blocks),
        other.commit(&world, &start, &blocks),
    );
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    fingerprint(&one).await;
}

#[tokio::test]
async fn a_second_process_is_told_who_holds_the_schema() {
    let database = Database::new();
    let (one, other) = (database.store().await, database.store().await);
    let free = Duration::from_secs(120);
    let held = one.lock(free).await.expect("the first one");
    let error = other
        .lock(Duration::from_millis(300))
        .await
        .expect_err("held");
    assert!(error.to_string().contains("another lex-indexer"), "{error}");
    drop(held);
    let _held = other.lock(free).await.expect("free again");
    let sibling = database.sibling().store().await;
    let lock = sibling.lock(free).await;
    lock.expect("another schema has a lock of its own");
}

#[tokio::test]
async fn gaps_and_foreign_parents_are_refused() {
    let database = Database::new();
    let store = database.store().await;
    let mut blocks = blocks();
    let start = store.begin(&world(), &origin()).await.expect("begins");
    let error = store
        .commit(&world(), &start, &blocks[1..])
        .await
        .expect_err("a gap");
    assert!(
        matches!(
            error,
            StoreError::Gap {
                expected: 1,
                found: 2
            }
        ),
        "{error}"
    );
    blocks[1].parent_hash = B256::repeat_byte(1);
    let error = store
        .commit(&world(), &start, &blocks)
        .await
        .expect_err("another chain");
    assert!(
        matches!(error, StoreError::BrokenChain { number: 2, .. }),
        "{error}"
    );
    assert_eq!(
        store.checkpoint().await.expect("reads").map(|(_, at)| at),
        Some(start)
    );
}

#[tokio::test]
async fn a_lie_about_an_update_stops_the_index_before_it_is_shown() {
    let database = Database::new();
    let store = database.store().await;
    let mut blocks = blocks();
    let start = store.begin(&world(), &origin()).await.expect("begins");
    // The stored status of the first license, in the data of its first update.
    let update = &mut blocks[1].events[0];
    let mut data = update.data.to_vec();
    data[2 * 32 + 31] = 1;
    update.data = data.into();
    let error = store
        .commit(&world(), &start, &blocks)
        .await
        .expect_err("a lie");
    assert!(
        matches!(
            error,
            StoreError::Outbox(OutboxError::HeadMismatch { nonce: 1, .. })
        ),
        "{error}"
    );
    assert!(!error.is_transient());
    let comparison = store.check().await.expect("checks");
    assert!(
        comparison.stored().iter().all(|table| table.rows == 0),
        "{comparison:?}"
    );
}

#[tokio::test]
async fn an_omitted_update_stops_the_index() {
    let database = Database::new();
    let store = database.store().await;
    let mut blocks = blocks();
    let start = store.begin(&world(), &origin()).await.expect("begins");
    blocks[1].events.clear();
    let error = store
        .commit(&world(), &start, &blocks)
        .await
        .expect_err("an omission");
    assert!(
        matches!(
            error,
            StoreError::Outbox(OutboxError::OutOfOrder {
                expected: Some(1),
                found: 3
            })
        ),
        "{error}"
    );
}

#[tokio::test]
async fn an_unknown_event_of_our_contract_stops_the_index() {
    let database = Database::new();
    let store = database.store().await;
    let mut blocks = blocks();
    let start = store.begin(&world(), &origin()).await.expect("begins");
    blocks[0].events[0].topics[0] = B256::repeat_byte(0x77);
    let error = store
        .commit(&world(), &start, &blocks)
        .await
        .expect_err("unknown");
    assert!(error.to_string().contains("upgrade lex-indexer"), "{error}");
}

#[tokio::test]
async fn events_of_a_committee_that_is_not_listed_stop_the_index() {
    let database = Database::new();
    let store = database.store().await;
    let unlisted = World {
        committees: vec![Address::repeat_byte(0x99)],
        ..world()
    };
    let start = store.begin(&unlisted, &origin()).await.expect("begins");
    let error = store
        .commit(&unlisted, &start, &blocks())
        .await
        .expect_err("foreign");
    assert!(
        error.to_string().contains("which was not asked for"),
        "{error}"
    );
}

#[tokio::test]
async fn what_happens_to_the_proxy_changes_no_license() {
    let database = Database::new();
    let store = database.store().await;
    let mut blocks = blocks();
    let upgraded = Upgraded {
        implementation: Address::repeat_byte(0x42),
    };
    let handed_on = AdminChanged {
        previousAdmin: Address::repeat_byte(0x43),
        newAdmin: Address::repeat_byte(0x44),
    };
    let events = &mut blocks[0].events;
    for log in [upgraded.encode_log_data(), handed_on.encode_log_data()] {
        events.push(ContractEvent {
            index: events.len() as u32,
            extrinsic_index: Some(1),
            transaction_hash: None,
            contract: world().license,
            topics: log.topics().to_vec(),
            data: log.data,
        });
    }
    let to = index(&store, &blocks, &[2]).await;
    assert!(to.outbox.nonce > 0);
    fingerprint(&store).await;
}

#[tokio::test]
async fn a_schema_of_another_world_is_refused_by_what_differs() {
    let database = Database::new();
    let store = database.store().await;
    store.begin(&world(), &origin()).await.expect("begins");
    let elsewhere = World {
        license: Address::repeat_byte(9),
        ..world()
    };
    let error = store
        .begin(&elsewhere, &origin())
        .await
        .expect_err("another world");
    assert!(error.to_string().contains("license contract"), "{error}");
    let without_committee = World {
        committees: Vec::new(),
        ..world()
    };
    let error = store
        .begin(&without_committee, &origin())
        .await
        .expect_err("another list");
    assert!(error.to_string().contains("list of committees"), "{error}");
}

#[tokio::test]
async fn opening_twice_keeps_what_is_there() {
    let database = Database::new();
    let store = database.store().await;
    index(&store, &blocks(), &[5]).await;
    let expected = fingerprint(&store).await;
    assert_eq!(fingerprint(&database.store().await).await, expected);
}
