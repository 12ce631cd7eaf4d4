//! How far the index is, and for which chain and contracts.

use lex_client::{Address, B256};
use lex_model::Outbox;
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::{Store, StoreError, encode};
use crate::config::SourceConfig;

/// What a schema is an index of. Fixed when the schema is first used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    pub chain_id: u64,
    pub genesis: B256,
    pub policy: Address,
    pub license: Address,
    /// The committees whose decisions are indexed, in the order of their addresses.
    pub committees: Vec<Address>,
    pub start_block: u64,
}

impl World {
    /// Whose events are read.
    pub fn contracts(&self) -> Vec<Address> {
        let mut contracts = vec![self.policy, self.license];
        contracts.extend(&self.committees);
        contracts
    }
}

impl From<&SourceConfig> for World {
    fn from(config: &SourceConfig) -> Self {
        let mut committees = config.committees.clone();
        committees.sort_unstable();
        committees.dedup();
        Self {
            chain_id: config.chain_id,
            genesis: config.genesis,
            policy: config.policy,
            license: config.license,
            committees,
            start_block: config.start_block,
        }
    }
}

/// The last committed block, and the outbox as of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub block_number: u64,
    pub block_hash: B256,
    /// Unix seconds.
    pub block_time: u64,
    /// Counts the commits: what the compare-and-swap compares.
    pub sequence: u64,
    /// Recomputed from the updates that were committed.
    pub outbox: Outbox,
}

impl Checkpoint {
    /// The block that comes next.
    pub fn next_block(&self) -> u64 {
        self.block_number.saturating_add(1)
    }
}

const COLUMNS: &str = "select chain_id, genesis, policy, license, committees, start_block, \
    block_number, block_hash, block_time, sequence, outbox_nonce, outbox_head from checkpoint";

impl Store {
    /// The checkpoint, if anything was ever committed or started.
    ///
    /// # Errors
    /// The database fails.
    pub async fn checkpoint(&self) -> Result<Option<(World, Checkpoint)>, StoreError> {
        read(&mut *self.writer.acquire().await?).await
    }

    /// Begins the index of `world` at `origin`, the block before its first, unless it has begun.
    ///
    /// # Errors
    /// [`StoreError::OtherWorld`] when the schema is an index of something else.
    pub async fn begin(
        &self,
        world: &World,
        origin: &Checkpoint,
    ) -> Result<Checkpoint, StoreError> {
        sqlx::query(
            "insert into checkpoint (chain_id, genesis, policy, license, start_block, block_number, \
             block_hash, block_time, sequence, outbox_nonce, outbox_head, committees) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11) on conflict do nothing",
        )
        .bind(encode::bigint("chain_id", world.chain_id)?)
        .bind(world.genesis.as_slice())
        .bind(world.policy.as_slice())
        .bind(world.license.as_slice())
        .bind(encode::bigint("start_block", world.start_block)?)
        .bind(encode::bigint("block_number", origin.block_number)?)
        .bind(origin.block_hash.as_slice())
        .bind(encode::bigint("block_time", origin.block_time)?)
        .bind(encode::bigint("outbox_nonce", origin.outbox.nonce)?)
        .bind(origin.outbox.head.as_slice())
        .bind(joined(&world.committees))
        .execute(&self.writer)
        .await?;
        let (found, checkpoint) = self.checkpoint().await?.ok_or(sqlx::Error::RowNotFound)?;
        self.must_be(world, &found)?;
        Ok(checkpoint)
    }

    /// # Errors
    /// [`StoreError::OtherWorld`] with what differs.
    pub fn must_be(&self, expected: &World, found: &World) -> Result<(), StoreError> {
        let pairs = [
            (
                "chain id",
                expected.chain_id.to_string(),
                found.chain_id.to_string(),
            ),
            (
                "genesis",
                expected.genesis.to_string(),
                found.genesis.to_string(),
            ),
            (
                "policy contract",
                expected.policy.to_string(),
                found.policy.to_string(),
            ),
            (
                "license contract",
                expected.license.to_string(),
                found.license.to_string(),
            ),
            (
                "list of committees",
                listed(&expected.committees),
                listed(&found.committees),
            ),
            (
                "start block",
                expected.start_block.to_string(),
                found.start_block.to_string(),
            ),
        ];
        match pairs
            .into_iter()
            .find(|(_, expected, found)| expected != found)
        {
            None => Ok(()),
            Some((what, expected, found)) => Err(StoreError::OtherWorld {
                schema: self.schema.to_string(),
                difference: format!("its {what} is {found}, the configuration says {expected}"),
            }),
        }
    }
}

fn joined(addresses: &[Address]) -> Vec<u8> {
    addresses.iter().flat_map(|address| address.0.0).collect()
}

fn listed(addresses: &[Address]) -> String {
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    format!("[{}]", texts.join(", "))
}

pub(super) async fn read(
    connection: &mut PgConnection,
) -> Result<Option<(World, Checkpoint)>, StoreError> {
    let row = sqlx::query(COLUMNS).fetch_optional(connection).await?;
    row.as_ref().map(parse).transpose()
}

/// Moves the checkpoint from `old` to `new`.
///
/// # Errors
/// [`StoreError::CheckpointMoved`] when it is not at `old`.
pub(super) async fn swap(
    connection: &mut PgConnection,
    old: &Checkpoint,
    new: &Checkpoint,
) -> Result<(), StoreError> {
    let moved = sqlx::query(
        "update checkpoint set block_number = $1, block_hash = $2, block_time = $3, sequence = $4, \
         outbox_nonce = $5, outbox_head = $6 \
         where sequence = $7 and block_number = $8 and block_hash = $9",
    )
    .bind(encode::bigint("block_number", new.block_number)?)
    .bind(new.block_hash.as_slice())
    .bind(encode::bigint("block_time", new.block_time)?)
    .bind(encode::bigint("sequence", new.sequence)?)
    .bind(encode::bigint("outbox_nonce", new.outbox.nonce)?)
    .bind(new.outbox.head.as_slice())
    .bind(encode::bigint("sequence", old.sequence)?)
    .bind(encode::bigint("block_number", old.block_number)?)
    .bind(old.block_hash.as_slice())
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if moved == 1 {
        return Ok(());
    }
    let found = read(connection)
        .await?
        .map_or(0, |(_, checkpoint)| checkpoint.block_number);
    Err(StoreError::CheckpointMoved {
        expected: old.block_number,
        found,
    })
}

fn parse(row: &PgRow) -> Result<(World, Checkpoint), StoreError> {
    let unsigned = |column| encode::unsigned(column, row.try_get(column)?);
    let hash = |column| encode::hash(column, row.try_get(column)?);
    let address = |column| encode::address(column, row.try_get(column)?);
    let committees: &[u8] = row.try_get("committees")?;
    let world = World {
        chain_id: unsigned("chain_id")?,
        genesis: hash("genesis")?,
        policy: address("policy")?,
        license: address("license")?,
        committees: committees
            .chunks(20)
            .map(|bytes| encode::address("committees", bytes))
            .collect::<Result<_, _>>()?,
        start_block: unsigned("start_block")?,
    };
    let checkpoint = Checkpoint {
        block_number: unsigned("block_number")?,
        block_hash: hash("block_hash")?,
        block_time: unsigned("block_time")?,
        sequence: unsigned("sequence")?,
        outbox: Outbox {
            nonce: unsigned("outbox_nonce")?,
            head: hash("outbox_head")?.0,
        },
    };
    Ok((world, checkpoint))
}
