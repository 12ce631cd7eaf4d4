//! The schema: who changes it, and who can work with it.

mod support;

use std::path::Path;
use std::time::Duration;

use alloy::primitives::B256;
use lex_model::{Attestation, SoftwareKeccak};
use lex_relayer::config::SecretText;
use lex_relayer::outbox::VerifiedBlock;
use lex_relayer::status;
use lex_relayer::store::{AttestationRecord, RecordSignature, Store, StoreError};
use lex_test_postgres::{Cluster, Mode, Pooler};
use sqlx::migrate::Migrator;
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

/// The schema as programs left it that kept each statement and knew nothing of compatibility.
async fn make_old_schema(database: &Database) {
    let all = Migrator::new(Path::new("migrations"))
        .await
        .expect("our own migrations");
    let first = [
        20_261_123_000_100,
        20_261_123_000_200,
        20_261_123_000_300,
        20_261_129_000_400,
    ];
    let old = all.iter().filter(|known| first.contains(&known.version));
    let old = Migrator::with_migrations(old.cloned().collect());
    let pool = database.pool().await;
    let create = format!("create schema {}", database.config.schema.as_str());
    let created = pool.execute(AssertSqlSafe(create)).await;
    created.expect("the private cluster answers");
    old.run(&pool).await.expect("our own migrations");
}

#[tokio::test]
async fn what_was_signed_under_the_schema_before_binds_under_this_one() {
    let database = Database::new();
    make_old_schema(&database).await;
    let pool = database.pool().await;
    pool.execute("insert into signed_head values (4, decode(repeat('01', 32), 'hex'))")
        .await
        .unwrap();
    // Three blocks for one nonce, and one of another epoch.
    pool.execute(
        "insert into signed_attestation
             (digest, destination_chain_id, mirror, epoch, nonce, head, source_block, source_time, signature)
         select int8send(epoch * 100 + block), 31337, decode(repeat('05', 20), 'hex'), epoch, 4,
             decode(repeat('01', 32), 'hex'), block, block * 6, ''
         from (values (1, 9), (1, 11), (1, 10), (2, 9)) as signed (epoch, block)",
    )
    .await
    .unwrap();

    let store = database.store().await;
    assert_eq!(store.signature_count().await.unwrap(), 2);
    let newest: Vec<i64> =
        sqlx::query_scalar("select source_block from signed_attestation order by epoch")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(newest, [11, 9]);
    for (head, time, is_the_same) in [(1, 60, true), (2, 60, false), (1, 61, false)] {
        let attestation = Attestation {
            source_chain_id: 1,
            source_genesis: [0; 32],
            source_contract: [0; 20],
            epoch: 1,
            nonce: 4,
            head: [head; 32],
            source_block: 10,
            source_time: time,
        };
        let record = AttestationRecord {
            destination: MIRROR,
            attestation: &attestation,
            digest: attestation.digest::<SoftwareKeccak>(&MIRROR).into(),
            signature: &[7; 65],
        };
        let recorded = store.record_signature(record).await.unwrap();
        assert_eq!(recorded == RecordSignature::Recorded, is_the_same);
    }
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
    for mode in [Mode::LeavesOutOptions, Mode::RefusesOptions] {
        let pooler = Pooler::before(&cluster, mode);
        let mut database = Database::new();
        let pool = database.pool().await;
        let before = tables(&pool, "public").await;
        database.config.url = SecretText::from(pooler.url());
        let error = Store::open(&database.config).await.unwrap_err();
        assert!(matches!(error, StoreError::Pooler(_)), "{error}");
        assert!(error.to_string().contains("session mode"), "{error}");
        assert_eq!(tables(&pool, "public").await, before);
    }
}

#[tokio::test]
async fn a_pooler_that_keeps_the_schema_but_no_session_gives_no_lock() {
    let cluster = Cluster::shared();
    let pooler = Pooler::before(&cluster, Mode::SharesSession);
    let mut database = Database::new();
    database.config.url = SecretText::from(pooler.url());
    let store = Store::open(&database.config).await.unwrap();
    let error = store.lead().await.unwrap_err();
    assert!(matches!(error, StoreError::Pooler(_)), "{error}");
}
