//! The schema: who changes it, and who can work with it.

mod support;

use std::time::Duration;

use lex_client::SourceBlock;
use lex_indexer::{
    config::SecretUrl,
    store::{Store, StoreError},
};
use lex_test_postgres::{Cluster, Mode, Pooler};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use sqlx::{AssertSqlSafe, Executor, PgPool};
use support::{
    chain::{Chain, START, any_history},
    postgres::Database,
    server::Server,
    world,
};

/// A version of the far future.
const FUTURE: i64 = 99_991_231_000_000;

/// Every table that is read for queries.
const QUERIES: [&str; 6] = [
    "{ licenses(where: { text: \"0x\" }) { nodes { id status usable issuer { address name grants { jurisdiction } } \
       licenseType { id name } ruleBundle { version } history { action } \
       evidence { action } parent { id } sublicenses { id } } } }",
    "{ license(id: \"1\") { id status holder updatedAt } }",
    "{ licenseTypes { id name } issuers { address registered } }",
    "{ ruleBundles { jurisdiction version } policy { admin modules { address } } }",
    "{ accounts { address roles } account(address: \"0x0000000000000000000000000000000000000001\") { frozen } }",
    "{ decisions { id status approvals { member } } }",
];

/// A history in which everything happens.
fn blocks() -> Vec<SourceBlock> {
    let mut runner = TestRunner::deterministic();
    let mut steps = Vec::new();
    for _ in 0..20 {
        let history = any_history().new_tree(&mut runner).expect("a history");
        steps.extend(history.current());
    }
    Chain::play(&steps)
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
        let altered = pool.execute(AssertSqlSafe(alter)).await;
        altered.expect("the private cluster answers");
    }
    let migration = format!(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values ({FUTURE}, 'surprise', true, '', 0)"
    );
    let inserted = pool.execute(AssertSqlSafe(migration)).await;
    inserted.expect("the private cluster answers");
}

#[tokio::test]
async fn what_a_newer_program_adds_ends_no_older_one_and_lets_it_start_again() {
    let blocks = blocks();
    let (first, rest) = blocks.split_at(blocks.len() / 3);
    let (second, third) = rest.split_at(rest.len() / 2);
    let server = Server::start(first, START).await;
    let mut before = Vec::new();
    for query in QUERIES.iter().chain(&QUERIES) {
        // Twice, so that every statement is prepared and planned.
        before.push(server.data(query).await);
    }
    extend(&server.database).await;
    for (query, expected) in QUERIES.iter().zip(&before) {
        assert_eq!(server.data(query).await, *expected, "{query}");
    }
    let mut checkpoint = server.checkpoint.clone();
    for block in second {
        let run = std::slice::from_ref(block);
        let committed = server.store.commit(&world(), &checkpoint, run).await;
        checkpoint = committed.unwrap();
    }
    assert!(server.store.check().await.unwrap().is_equal());

    let started_again = server.database.store().await;
    let committed = started_again.commit(&world(), &checkpoint, third).await;
    committed.unwrap();
    started_again.must_be_readable().await.unwrap();
    assert!(started_again.check().await.unwrap().is_equal());
    started_again.rebuild().await.unwrap();
}

#[tokio::test]
async fn opening_makes_no_schema_and_changes_none() {
    let database = Database::new();
    let pool = database.pool().await;
    let schema = database.config.schema.as_str();
    let store = Store::open(&database.config).await.unwrap();
    let error = store.must_be_readable().await.unwrap_err();
    assert!(matches!(error, StoreError::NoSchema { .. }), "{error}");
    assert!(tables(&pool, schema).await.is_empty());

    let migrated = database.store().await;
    migrated.must_be_readable().await.unwrap();
    let newest = "delete from _sqlx_migrations
        where version = (select max(version) from _sqlx_migrations)";
    pool.execute(newest).await.unwrap();
    let error = migrated.must_be_readable().await.unwrap_err();
    assert!(matches!(error, StoreError::OlderSchema { .. }), "{error}");
}

#[tokio::test]
async fn a_newer_schema_that_this_program_cannot_work_with_is_refused_by_version() {
    let database = Database::new();
    let store = database.store().await;
    extend(&database).await;
    let pool = database.pool().await;
    let raise = format!("update schema_compatibility set needed_migration = {FUTURE}");
    pool.execute(AssertSqlSafe(raise)).await.unwrap();

    let mut lock = store.lock(Duration::from_secs(120)).await.unwrap();
    let started = lock.migrate().await.unwrap_err();
    let looked_at = store.must_be_readable().await.unwrap_err();
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
        database.config.url = SecretUrl::from(pooler.url().as_str());
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
    database.config.url = SecretUrl::from(pooler.url().as_str());
    let store = Store::open(&database.config).await.unwrap();
    let error = store.lock(Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, StoreError::Pooler(_)), "{error}");
}
