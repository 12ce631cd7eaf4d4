//! Following a stream of blocks: everything before a failure is committed, and a stop is heeded.

mod support;

use std::time::Duration;

use futures::{StreamExt, stream};
use lex_client::{SourceBlock, SourceError};
use lex_indexer::{
    clock::Clock,
    config::IndexingConfig,
    follow::{FollowError, Follower},
    progress::Progress,
};
use tokio_util::sync::CancellationToken;

use support::{
    chain::{Chain, START, Step, holder},
    origin,
    postgres::Database,
    world,
};

fn blocks() -> Vec<SourceBlock> {
    let mut chain = Chain::new();
    for number in 0..20 {
        chain.issue(holder(number % 3), 1, "US", START, "");
        chain.step(&Step::NextBlock);
    }
    chain.finish()
}

async fn follower(database: &Database) -> Follower {
    Follower {
        store: database.store().await,
        world: world(),
        config: IndexingConfig {
            batch_blocks: 3,
            ..IndexingConfig::default()
        },
        progress: Progress::new(0),
        clock: Clock::fixed(START),
        live_from: 0,
    }
}

#[tokio::test]
async fn all_blocks_before_a_broken_connection_are_committed() {
    let database = Database::new();
    let follower = follower(&database).await;
    let start = follower
        .store
        .begin(&world(), &origin())
        .await
        .expect("begins");
    let broken = SourceError::Connection {
        endpoint: "ws://node".into(),
        reason: "reset".to_owned(),
    };
    let blocks = blocks();
    let count = blocks.len() as u64;
    let items = blocks.into_iter().map(Ok).chain([Err(broken)]);
    let stop = CancellationToken::new();
    let error = follower
        .index(start, stream::iter(items.collect::<Vec<_>>()), &stop)
        .await;
    assert!(matches!(error, Err(FollowError::Source(_))), "{error:?}");
    assert_eq!(follower.progress.summary().committed, count);
    let (_, checkpoint) = follower
        .store
        .checkpoint()
        .await
        .expect("reads")
        .expect("begun");
    assert_eq!(checkpoint.block_number, count);
    assert_eq!(checkpoint.outbox.nonce, 20);
}

#[tokio::test]
async fn a_stop_ends_the_wait_for_blocks() {
    let database = Database::new();
    let follower = follower(&database).await;
    let start = follower
        .store
        .begin(&world(), &origin())
        .await
        .expect("begins");
    let stop = CancellationToken::new();
    let endless = stream::iter(blocks()).map(Ok).chain(stream::pending());
    let progress = follower.progress.clone();
    let stopped = stop.clone();
    let (ended, ()) = tokio::join!(follower.index(start, endless, &stop), async {
        let limit = Duration::from_secs(120);
        assert!(
            progress.wait_for(21, limit).await,
            "21 blocks within {limit:?}"
        );
        stopped.cancel();
    });
    assert!(ended.is_ok(), "{ended:?}");
}
