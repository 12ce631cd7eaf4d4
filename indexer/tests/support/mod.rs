//! What the tests of this crate share: a private Postgres and a chain to index.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a module of several test programs, each of which uses its part"
)]

pub mod chain;
pub mod postgres;
pub mod server;

use lex_client::{Address, B256, empty_outbox};
use lex_indexer::store::{Checkpoint, Store, World};

/// The contracts and chain of all tests.
pub fn world() -> World {
    World {
        chain_id: 420_420_420,
        genesis: B256::repeat_byte(0xaa),
        policy: Address::repeat_byte(0x01),
        license: Address::repeat_byte(0x02),
        committees: vec![Address::repeat_byte(0x03)],
        start_block: 1,
    }
}

/// Before the first block.
pub fn origin() -> Checkpoint {
    let world = world();
    Checkpoint {
        block_number: 0,
        block_hash: B256::repeat_byte(0xaa),
        block_time: 0,
        sequence: 0,
        outbox: empty_outbox(world.chain_id, world.license),
    }
}

/// Commits `blocks` in runs of the given sizes, which repeat.
pub async fn index(
    store: &Store,
    blocks: &[lex_client::SourceBlock],
    runs: &[usize],
) -> Checkpoint {
    let mut checkpoint = store
        .begin(&world(), &origin())
        .await
        .expect("empty schema");
    let mut rest = blocks;
    for size in runs.iter().cycle() {
        if rest.is_empty() {
            return checkpoint;
        }
        let (run, later) = rest.split_at((*size).clamp(1, rest.len()));
        checkpoint = store
            .commit(&world(), &checkpoint, run)
            .await
            .expect("commits");
        rest = later;
    }
    checkpoint
}
