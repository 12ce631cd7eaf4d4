//! What the GraphQL interface answers.

mod support;

use std::time::Duration;

use lex_client::SourceBlock;
use lex_indexer::config::GraphqlConfig;
use serde_json::{Value, json};

use support::{
    chain::{BLOCK_TIME, Chain, Ruling, START, Step, TERM, holder, issuer, rules::USE},
    server::Server,
};

/// Seven licenses: 1 active, 2 suspended for 100 s, 3 revoked, 4 transferred, 5 archived,
/// 6 not yet valid, 7 active in another jurisdiction and of another type.
fn blocks() -> Vec<SourceBlock> {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US-NY", START, "ipfs://first");
    chain.issue(holder(0), 1, "US-NY", START, "ipfs://second");
    chain.issue(holder(1), 1, "US", START, "ipfs://third");
    chain.issue(holder(1), 1, "US-CA", START, "ipfs://fourth");
    chain.issue(holder(2), 1, "EU-DE", START, "ipfs://fifth");
    chain.issue(holder(2), 1, "EU-DE", START + 500, "ipfs://sixth");
    chain.issue(
        holder(3),
        2,
        "US-NY",
        START,
        "https://example.com/permits/seven",
    );
    chain.step(&Step::NextBlock);
    chain.step(&Step::Suspend {
        license: 1,
        lifts_after: Some(100),
    });
    chain.step(&Step::Revoke(2));
    chain.step(&Step::Transfer { license: 3, to: 0 });
    chain.step(&Step::Surrender(4));
    chain.finish()
}

const NOW: u64 = START + 50;

fn ids(connection: &Value) -> Vec<&str> {
    let edges = connection["edges"].as_array().expect("edges");
    edges
        .iter()
        .map(|edge| edge["node"]["id"].as_str().expect("an id"))
        .collect()
}

async fn found(server: &Server, filter: &str) -> Vec<String> {
    let query =
        format!("{{ licenses(where: {{{filter}}}) {{ totalCount edges {{ node {{ id }} }} }} }}");
    let data = server.data(&query).await;
    let ids = ids(&data["licenses"]);
    assert_eq!(
        data["licenses"]["totalCount"],
        json!(ids.len().to_string()),
        "{filter}"
    );
    ids.into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_license_has_all_its_fields() {
    let server = Server::start(&blocks(), NOW).await;
    let data = server
        .data(
            "{ license(id: \"2\") { id holder issuer { address name registered grants { licenseTypeId \
             jurisdiction } } licenseType { id name kind term supplyCap open } jurisdiction validFrom \
             validUntil graceUntil status storedStatus suspendedUntil usable asOf metadataHash \
             tokenUri version issuedAt issuedBlock updatedAt updatedBlock history { version action \
             status reason evidence nonce blockNumber timestamp transactionHash } } }",
        )
        .await;
    let license = &data["license"];
    assert_eq!(license["holder"], json!(holder(0).to_checksum(None)));
    assert_eq!(
        license["issuer"]["address"],
        json!(issuer().to_checksum(None))
    );
    assert_eq!(
        license["issuer"]["grants"],
        json!([{ "licenseTypeId": "1", "jurisdiction": "" }])
    );
    assert_eq!(license["licenseType"]["name"], "Software license");
    assert_eq!(
        license["licenseType"]["supplyCap"],
        json!(u64::MAX.to_string())
    );
    assert_eq!(license["validUntil"], json!(START + TERM));
    assert_eq!(license["status"], "SUSPENDED");
    assert_eq!(
        license["suspendedUntil"],
        json!(START + 2 * BLOCK_TIME + 100)
    );
    assert_eq!(license["usable"], json!(false));
    assert_eq!(license["asOf"], json!(NOW));
    assert_eq!(license["version"], json!(2));
    let history = license["history"].as_array().expect("changes");
    assert_eq!(history[0]["action"], "SUSPEND");
    assert_eq!(history[0]["reason"], "11");
    assert_eq!(history[1]["action"], "ISSUE");
    assert_eq!(history[1]["reason"], Value::Null);
}

#[tokio::test]
async fn an_unknown_license_is_null() {
    let server = Server::start(&blocks(), NOW).await;
    assert_eq!(
        server.data("{ license(id: \"99\") { id } }").await["license"],
        Value::Null
    );
}

#[tokio::test]
async fn status_and_usability_follow_time() {
    let server = Server::start(&blocks(), NOW).await;
    let issued = START + BLOCK_TIME;
    let lifts = START + 2 * BLOCK_TIME + 100;
    for (id, at, status, usable) in [
        (1, issued, "ACTIVE", true),
        (1, START + TERM - 1, "ACTIVE", true),
        (1, START + TERM, "IN_GRACE", false),
        (1, START + TERM + 100, "EXPIRED", false),
        // Before the block of the suspension, within it, after it.
        (2, issued, "ACTIVE", true),
        (2, lifts - 1, "SUSPENDED", false),
        (2, lifts, "ACTIVE", true),
        (3, issued, "ACTIVE", true),
        (3, issued + BLOCK_TIME, "REVOKED", false),
        (3, START + TERM, "REVOKED", false),
        (6, issued, "NOT_YET_VALID", false),
        (6, START + 500, "ACTIVE", true),
    ] {
        let query = format!("{{ license(id: \"{id}\", at: {at}) {{ status usable }} }}");
        let data = server.data(&query).await;
        let expected = json!({ "status": status, "usable": usable });
        assert_eq!(data["license"], expected, "license {id} at {at}");
    }
    let before = format!("{{ license(id: \"1\", at: {}) {{ id }} }}", START - 1);
    assert_eq!(server.data(&before).await["license"], Value::Null);
}

#[tokio::test]
async fn a_closed_type_and_a_frozen_holder_make_licenses_unusable() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "");
    chain.issue(holder(1), 2, "US", START, "");
    chain.step(&Step::NextBlock);
    chain.step(&Step::TypeOpen {
        license_type: 2,
        open: false,
    });
    chain.step(&Step::Freeze {
        holder: 0,
        frozen: true,
    });
    chain.step(&Step::NextBlock);
    chain.step(&Step::Freeze {
        holder: 0,
        frozen: false,
    });
    let server = Server::start(&chain.finish(), NOW).await;
    let restricted = START + 2 * BLOCK_TIME;
    for (id, at, usable) in [
        (1, restricted - 1, true),
        (1, restricted, false),
        (1, restricted + BLOCK_TIME, true),
        (2, restricted - 1, true),
        (2, restricted + BLOCK_TIME, false),
    ] {
        let query = format!("{{ license(id: \"{id}\", at: {at}) {{ status usable }} }}");
        let data = server.data(&query).await;
        let expected = json!({ "status": "ACTIVE", "usable": usable });
        assert_eq!(data["license"], expected, "license {id} at {at}");
    }
    let now = server
        .data("{ license(id: \"2\") { usable licenseType { open } } }")
        .await;
    assert_eq!(
        now["license"],
        json!({ "usable": false, "licenseType": { "open": false } })
    );
}

#[tokio::test]
async fn a_paused_use_makes_every_license_unusable() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "");
    chain.step(&Step::NextBlock);
    // Issuing is paused: it says nothing about licenses that are in force.
    chain.step(&Step::Rules(Ruling::Pause(1)));
    chain.step(&Step::NextBlock);
    chain.step(&Step::Rules(Ruling::Pause(USE)));
    chain.step(&Step::NextBlock);
    chain.step(&Step::Rules(Ruling::LiftPause(USE)));
    let server = Server::start(&chain.finish(), NOW).await;
    let paused = START + 3 * BLOCK_TIME;
    for (at, usable) in [
        (paused - 1, true),
        (paused, false),
        (paused + BLOCK_TIME - 1, false),
        (paused + BLOCK_TIME, true),
    ] {
        let query = format!("{{ license(id: \"1\", at: {at}) {{ status usable }} }}");
        let data = server.data(&query).await;
        let expected = json!({ "status": "ACTIVE", "usable": usable });
        assert_eq!(data["license"], expected, "at {at}");
    }
    let policy = server.data("{ policy { pausedGroups } }").await;
    assert_eq!(policy["policy"], json!({ "pausedGroups": ["ISSUE"] }));
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let server = Server::start(&blocks(), NOW).await;
    let all = ["1", "2", "3", "4", "5", "6", "7"];
    let address = |number| holder(number).to_checksum(None);
    for (filter, expected) in [
        (String::new(), &all[..]),
        (format!("holder: \"{}\"", address(0)), &["1", "2", "4"]),
        (
            format!("holder: \"{}\", status: ACTIVE", address(0).to_lowercase()),
            &["1", "4"],
        ),
        (format!("issuer: \"{}\"", issuer()), &all),
        (format!("issuer: \"{}\"", address(0)), &[]),
        ("licenseType: \"2\"".to_owned(), &["7"]),
        (format!("licenseType: \"{}\"", u64::MAX), &[]),
        (
            "jurisdiction: \"US\"".to_owned(),
            &["1", "2", "3", "4", "7"],
        ),
        ("jurisdiction: \"US-NY\"".to_owned(), &["1", "2", "7"]),
        ("jurisdiction: \"US-N\"".to_owned(), &[]),
        ("jurisdiction: \"\"".to_owned(), &all),
        ("status: SUSPENDED".to_owned(), &["2"]),
        ("status: REVOKED".to_owned(), &["3"]),
        ("status: NOT_YET_VALID".to_owned(), &["6"]),
        ("status: UNKNOWN".to_owned(), &[]),
        ("statusIn: [REVOKED, ARCHIVED]".to_owned(), &["3", "5"]),
        ("statusIn: []".to_owned(), &[]),
        ("idIn: [\"7\", \"2\", \"99\"]".to_owned(), &["2", "7"]),
        (format!("validUntilAfter: {}", START + TERM), &["6"]),
        (
            format!("validUntilBefore: {}", START + TERM + 1),
            &["1", "2", "3", "4", "5", "7"],
        ),
        ("updatedSinceBlock: 3".to_owned(), &["2", "3", "4", "5"]),
    ] {
        assert_eq!(found(&server, &filter).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn text_finds_beginnings_of_words_in_every_source() {
    let server = Server::start(&blocks(), NOW).await;
    let holder_0 = format!("{:#x}", holder(0));
    for (text, expected) in [
        ("software", &["1", "2", "3", "4", "5", "6"][..]),
        ("TRADE per", &["7"]),
        ("acme", &["1", "2", "3", "4", "5", "6", "7"]),
        ("acme us-ny", &["1", "2", "7"]),
        ("permit example.com", &["7"]),
        ("first", &["1"]),
        (holder_0.as_str(), &["1", "2", "4"]),
        (&holder_0[..12], &["1", "2", "4"]),
        ("nothing", &[]),
        ("acme nothing", &[]),
    ] {
        assert_eq!(
            found(&server, &format!("text: \"{text}\"")).await,
            expected,
            "{text}"
        );
    }
}

#[tokio::test]
async fn pages_in_every_order_cover_everything_once() {
    let server = Server::start(&blocks(), NOW).await;
    for order in [
        "ID_ASC",
        "ID_DESC",
        "VALID_UNTIL_ASC",
        "VALID_UNTIL_DESC",
        "UPDATED_ASC",
        "UPDATED_DESC",
    ] {
        let mut seen: Vec<String> = Vec::new();
        let mut after = Value::Null;
        loop {
            let query = format!(
                "query($after: String) {{ licenses(orderBy: {order}, first: 2, after: $after) \
                 {{ edges {{ node {{ id }} }} pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }}"
            );
            let answer = server.ask(&query, json!({ "after": after })).await;
            let page = &answer["data"]["licenses"];
            assert_eq!(
                page["pageInfo"]["hasPreviousPage"],
                json!(!after.is_null()),
                "{answer}"
            );
            seen.extend(ids(page).into_iter().map(str::to_owned));
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        let whole = server
            .data(&format!(
                "{{ licenses(orderBy: {order}) {{ edges {{ node {{ id }} }} }} }}"
            ))
            .await;
        assert_eq!(seen, ids(&whole["licenses"]), "{order}");
        assert_eq!(seen.len(), 7, "{order}");
    }
}

#[tokio::test]
async fn types_and_issuers_are_listed() {
    let server = Server::start(&blocks(), NOW).await;
    let data = server
        .data(
            "{ licenseTypes { id name } rest: licenseTypes(after: \"1\") { id } issuers { name } }",
        )
        .await;
    assert_eq!(data["licenseTypes"].as_array().map(Vec::len), Some(2));
    assert_eq!(data["rest"], json!([{ "id": "2" }]));
    assert_eq!(data["issuers"], json!([{ "name": "Acme Regulators" }]));
}

#[tokio::test]
async fn meta_tells_the_block_of_the_answer() {
    let server = Server::start(&blocks(), NOW).await;
    let data = server
        .data("{ _meta { block { number hash timestamp } lagBlocks hasIndexingErrors } }")
        .await;
    assert_eq!(
        data["_meta"],
        json!({
            "block": {
                "number": "3",
                "hash": server.checkpoint.block_hash.to_string(),
                "timestamp": START + 2 * BLOCK_TIME,
            },
            "lagBlocks": "0",
            "hasIndexingErrors": false,
        })
    );
}

#[tokio::test]
async fn reading_after_writing_waits_for_the_block() {
    let mut blocks = blocks();
    let last = blocks.pop().expect("three blocks");
    let query = "{ license(id: \"3\", block: { numberGte: \"3\" }) { status } \
                 _meta(block: { numberGte: 3 }) { block { number } } }";
    let hasty = Server::start(&blocks, NOW).await;
    assert_eq!(hasty.code(query).await, "BLOCK_NOT_INDEXED");

    let limits = GraphqlConfig {
        max_block_wait: Duration::from_secs(120),
        ..GraphqlConfig::default()
    };
    let server = Server::with(&blocks, NOW, limits).await;
    let commit = async {
        let world = support::world();
        let to = server
            .store
            .commit(&world, &server.checkpoint, &[last])
            .await
            .expect("commits");
        server.progress.committed(to.block_number);
    };
    let (data, ()) = tokio::join!(server.data(query), commit);
    assert_eq!(data["license"]["status"], "REVOKED");
    assert_eq!(data["_meta"]["block"]["number"], "3");
}

#[tokio::test]
async fn the_schema_is_served_as_text() {
    let server = Server::start(&blocks(), NOW).await;
    let (status, schema) = server.get("/graphql/schema").await;
    assert_eq!(status, 200);
    for part in [
        "scalar BigInt",
        "type LicenseConnection",
        "_meta(",
        "input LicenseFilter",
    ] {
        assert!(schema.contains(part), "{part}");
    }
}

#[tokio::test]
async fn health_follows_lag_and_errors() {
    let server = Server::start(&blocks(), NOW).await;
    assert_eq!(server.get("/health/live").await.0, 200);
    assert_eq!(server.get("/health/ready").await.0, 200);
    server.progress.failed("the node is away");
    assert_eq!(server.get("/health/ready").await.0, 503);
    server.progress.committed(3);
    server.progress.finalized(6);
    let (status, body) = server.get("/health/ready").await;
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("\"lagBlocks\":3"), "{body}");
    assert_eq!(server.get("/metrics").await.0, 200);
}
