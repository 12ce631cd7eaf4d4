//! Blocks and events as they were read.

use lex_client::{B256, Bytes, ContractEvent, SourceBlock};
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::{StoreError, World, encode};
use crate::event::{Event, Place, decode};

/// Writes the blocks that have events, and these. Blocks without events leave no row.
pub(super) async fn insert(
    connection: &mut PgConnection,
    blocks: &[SourceBlock],
) -> Result<(), StoreError> {
    let blocks: Vec<&SourceBlock> = blocks
        .iter()
        .filter(|block| !block.events.is_empty())
        .collect();
    if blocks.is_empty() {
        return Ok(());
    }
    insert_blocks(connection, &blocks).await?;
    insert_events(connection, &blocks).await
}

async fn insert_blocks(
    connection: &mut PgConnection,
    blocks: &[&SourceBlock],
) -> Result<(), StoreError> {
    let mut numbers = Vec::new();
    let mut hashes = Vec::new();
    let mut parents = Vec::new();
    let mut times = Vec::new();
    let mut millis = Vec::new();
    for block in blocks {
        numbers.push(encode::bigint("block_number", block.number)?);
        hashes.push(block.hash.as_slice());
        parents.push(block.parent_hash.as_slice());
        times.push(encode::bigint("block_time", block.time)?);
        millis.push(encode::bigint("time_millis", block.time_millis)?);
    }
    sqlx::query(
        "insert into block (block_number, block_hash, parent_hash, block_time, time_millis) \
         select * from unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bigint[])",
    )
    .bind(numbers)
    .bind(hashes)
    .bind(parents)
    .bind(times)
    .bind(millis)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_events(
    connection: &mut PgConnection,
    blocks: &[&SourceBlock],
) -> Result<(), StoreError> {
    let mut hashes = Vec::new();
    let mut indexes = Vec::new();
    let mut numbers = Vec::new();
    let mut extrinsics = Vec::new();
    let mut transactions = Vec::new();
    let mut contracts = Vec::new();
    let mut topics = Vec::new();
    let mut data = Vec::new();
    for block in blocks {
        for event in &block.events {
            hashes.push(block.hash.as_slice());
            indexes.push(encode::narrow::<i32>(
                "event_index",
                i64::from(event.index),
            )?);
            numbers.push(encode::bigint("block_number", block.number)?);
            extrinsics.push(extrinsic_index(event)?);
            transactions.push(event.transaction_hash.as_ref().map(|hash| hash.as_slice()));
            contracts.push(event.contract.as_slice());
            topics.push(
                event
                    .topics
                    .iter()
                    .flat_map(|topic| topic.0)
                    .collect::<Vec<u8>>(),
            );
            data.push(event.data.as_ref());
        }
    }
    sqlx::query(
        "insert into contract_event (block_hash, event_index, block_number, extrinsic_index, \
         transaction_hash, contract, topics, data) \
         select * from unnest($1::bytea[], $2::integer[], $3::bigint[], $4::integer[], \
         $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[])",
    )
    .bind(hashes)
    .bind(indexes)
    .bind(numbers)
    .bind(extrinsics)
    .bind(transactions)
    .bind(contracts)
    .bind(topics)
    .bind(data)
    .execute(connection)
    .await?;
    Ok(())
}

fn extrinsic_index(event: &ContractEvent) -> Result<Option<i32>, StoreError> {
    event
        .extrinsic_index
        .map(|index| encode::narrow("extrinsic_index", i64::from(index)))
        .transpose()
}

/// At least `wanted` events after block `after`, decoded, up to the end of a block. Empty at the end.
pub(super) async fn events_after(
    connection: &mut PgConnection,
    world: &World,
    after: Option<u64>,
    wanted: i64,
) -> Result<Vec<Event>, StoreError> {
    let after = after.map_or(Ok(-1), |block| encode::bigint("block_number", block))?;
    let rows = sqlx::query(
        "select e.block_number, e.block_hash, b.block_time, e.event_index, e.extrinsic_index, \
         e.transaction_hash, e.contract, e.topics, e.data \
         from contract_event e join block b on b.block_hash = e.block_hash \
         where e.block_number > $1 and e.block_number <= coalesce( \
             (select block_number from contract_event where block_number > $1 \
              order by block_number, event_index offset $2 limit 1), \
             9223372036854775807) \
         order by e.block_number, e.event_index",
    )
    .bind(after)
    .bind(wanted)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| parse(world, row)).collect()
}

fn parse(world: &World, row: &PgRow) -> Result<Event, StoreError> {
    let transaction_hash: Option<&[u8]> = row.try_get("transaction_hash")?;
    let place = Place {
        block_number: encode::unsigned("block_number", row.try_get("block_number")?)?,
        block_hash: encode::hash("block_hash", row.try_get("block_hash")?)?,
        block_time: encode::unsigned("block_time", row.try_get("block_time")?)?,
        event_index: encode::narrow(
            "event_index",
            i64::from(row.try_get::<i32, _>("event_index")?),
        )?,
        transaction_hash: transaction_hash
            .map(|bytes| encode::hash("transaction_hash", bytes))
            .transpose()?,
    };
    let extrinsic_index: Option<i32> = row.try_get("extrinsic_index")?;
    let topics: &[u8] = row.try_get("topics")?;
    let event = ContractEvent {
        index: place.event_index,
        extrinsic_index: extrinsic_index
            .map(|index| encode::narrow("extrinsic_index", i64::from(index)))
            .transpose()?,
        transaction_hash: place.transaction_hash,
        contract: encode::address("contract", row.try_get("contract")?)?,
        topics: topics
            .chunks(32)
            .map(|word| encode::hash("topics", word))
            .collect::<Result<Vec<B256>, _>>()?,
        data: Bytes::copy_from_slice(row.try_get("data")?),
    };
    Ok(decode(world, &event, place)?)
}
