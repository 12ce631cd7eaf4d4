//! The schema: who changes it, and who can work with it.

mod support;

use std::time::Duration;

use alloy::primitives::B256;
use lex_model::{Attestation, SoftwareKeccak};
use lex_relayer::config::SecretText;
use lex_relayer::outbox::VerifiedBlock;
use lex_relayer::status;
use lex_relayer::store::{AttestationRecord, RecordSignature, Store, StoreError};
use lex_test_postgres::{Cluster, Pooler};
use sqlx::{AssertSqlSafe, Executor, PgPool};
use support::attester::MIRROR;
use support::postgres::Database;

/// A version of the far future.
const FUTURE: i64 = 99_991_231_000_000;

/// What a service does with every table that the source fills.
async fn work(store: &Store, number: u64) -> Result<(), StoreError> {
    let end = lex_model::Outbox {
        nonce: 0,
        head: [1; 32],
    };
    let block = VerifiedBlock {
        number,
        hash: B256::with_last_byte(number as u8),
        time: number * 6,
        updates: Vec::new(),
        end,
    };
    store.record(&[block]).await?;
    let newest = store.checkpoint().await?;
    assert_eq!(newest.map(|newest| newest.number), Some(number));
    let attestation = Attestation {
        source_chain_id: 1,
        source_genesis: [0; 32],
        source_contract: [0; 20],
        epoch: 1,
        nonce: 0,
        head: [1; 32],
        source_block: number,
        source_time: number * 6,
    };
    let record = AttestationRecord {
        destination: MIRROR,
        attestation: &attestation,
        digest: attestation.digest::<SoftwareKeccak>(&MIRROR).into(),
        signature: &[7; 65],
    };
    let recorded = store.record_signature(record).await?;
    assert_eq!(recorded, RecordSignature::Recorded);
    store.lifecycles(0, 10).await?;
    store.updates(0, 10).await?;
    store.open_deliveries(&MIRROR).await?;
    store.halt().await?;
    Ok(())
}

async fn tables(pool: &PgPool, schema: &str) -> Vec<String> {
    sqlx::query_scalar("select tablename::text from pg_tables where schemaname = $1 order by 1")
        .bind(schema)
        .fetch_all(pool)
        .await
        .expect("the private cluster answers")
}

/// Adds a column to every table and, as a migration of a newer program would, says so.
async fn extend(database: &Database) {
    let pool = database.pool().await;
    for table in tables(&pool, database.config.schema.as_str()).await {
        let alter = format!("alter table {table} add column surprise text default 'new'");
        pool.execute(AssertSqlSafe(alter))
            .await
            .expect("the private cluster answers");
    }
    let migration = format!(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values ({FUTURE}, 'surprise', true, '', 0)"
    );
    pool.execute(AssertSqlSafe(migration))
        .await
        .expect("the private cluster answers");
}

#[tokio::test]
async fn looking_at_an_instance_makes_no_schema_and_changes_none() {
    let database = Database::new();
    let (config, pool) = (&database.config, database.pool().await);
    let error = status::read(config, None, 20).await.unwrap_err();
    assert!(matches!(error, StoreError::NoSchema { .. }), "{error}");
    let error = status::resume(config).await.unwrap_err();
    assert!(matches!(error, StoreError::NoSchema { .. }), "{error}");
    assert!(tables(&pool, config.schema.as_str()).await.is_empty());

    database.store().await;
    status::read(config, None, 20).await.unwrap();
    let newest = "delete from _sqlx_migrations
        where version = (select max(version) from _sqlx_migrations)";
    pool.execute(newest).await.unwrap();
    let error = status::read(config, None, 20).await.unwrap_err();
    assert!(matches!(error, StoreError::OlderSchema { .. }), "{error}");
    assert!(error.to_string().contains("start the service"), "{error}");
}

#[tokio::test]
async fn a_process_that_waits_for_the_lead_leaves_the_schema_as_it_is() {
    let database = Database::new();
    let (first, second) = (
        Store::open(&database.config).await.unwrap(),
        Store::open(&database.config).await.unwrap(),
    );
    let leadership = first.lead().await.unwrap();
    let upgrade = tokio::spawn(async move { second.lead().await?.migrate().await });
    let pool = database.pool().await;
    let waiting =
        "select exists (select from pg_locks where locktype = 'advisory' and not granted)";
    while !sqlx::query_scalar::<_, bool>(waiting)
        .fetch_one(&pool)
        .await
        .unwrap()
    {
        tokio::task::yield_now().await;
    }
    let schema = database.config.schema.as_str();
    assert!(tables(&pool, schema).await.is_empty());
    drop(leadership);
    let upgraded = tokio::time::timeout(Duration::from_secs(120), upgrade).await;
    upgraded.expect("the lead is free").unwrap().unwrap();
    assert!(!tables(&pool, schema).await.is_empty());
}

#[tokio::test]
async fn what_a_newer_program_adds_ends_no_older_one_and_lets_it_start_again() {
    let database = Database::new();
    let running = database.store().await;
    // Twice, so that every statement is prepared and planned.
    work(&running, 1).await.unwrap();
    work(&running, 2).await.unwrap();
    extend(&database).await;
    work(&running, 3).await.unwrap();

    let started_again = database.store().await;
    work(&started_again, 4).await.unwrap();
    status::read(&database.config, None, 20).await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_that_this_program_cannot_work_with_is_refused_by_version() {
    let database = Database::new();
    database.store().await;
    extend(&database).await;
    let pool = database.pool().await;
    let raise = format!("update schema_compatibility set needed_migration = {FUTURE}");
    pool.execute(AssertSqlSafe(raise)).await.unwrap();

    let store = Store::open(&database.config).await.unwrap();
    let started = store.lead().await.unwrap().migrate().await.unwrap_err();
    let looked_at = status::read(&database.config, None, 20).await.unwrap_err();
    for error in [started, looked_at] {
        let is_typed =
            matches!(error, StoreError::NewerSchema { version, .. } if version == FUTURE);
        assert!(is_typed, "{error}");
    }
}

#[tokio::test]
async fn a_pooler_that_loses_the_schema_is_refused_before_anything_is_written() {
    let cluster = Cluster::shared();
    let pooler = Pooler::before(&cluster);
    let mut database = Database::new();
    let pool = database.pool().await;
    let before = tables(&pool, "public").await;
    database.config.url = SecretText::from(pooler.url());
    let error = Store::open(&database.config).await.unwrap_err();
    assert!(matches!(error, StoreError::Pooler(_)), "{error}");
    assert!(error.to_string().contains("session mode"), "{error}");
    assert_eq!(tables(&pool, "public").await, before);
    assert!(
        tables(&pool, database.config.schema.as_str())
            .await
            .is_empty()
    );
}
