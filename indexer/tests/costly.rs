//! Queries that would cost the server its memory, its stack or its time: each is refused with a code,
//! and the next one is answered.

mod support;

use std::time::Duration;

use lex_client::SourceBlock;
use serde_json::{Value, json};

use support::{
    chain::{Chain, START, holder},
    server::{Server, code_of},
};

const NORMAL: &str = "{ license(id: \"1\") { id status } _meta { block { number } } }";
/// As tools ask it, whose answer has to be given.
const INTROSPECTION: &str = include_str!("support/introspection.graphql");

fn blocks() -> Vec<SourceBlock> {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "ipfs://x");
    chain.finish()
}

async fn server() -> Server {
    Server::start(&blocks(), START + 10).await
}

/// Refuses each query with the code, and answers a normal one after it.
async fn refuses(server: &Server, code: &str, queries: &[String]) {
    for query in queries {
        let shown: String = query.chars().take(60).collect();
        assert_eq!(server.code(query).await, code, "{shown}");
        server.data(NORMAL).await;
    }
}

/// `piece` for each number, in one text.
fn numbered(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect()
}

#[tokio::test]
async fn brackets_in_brackets_do_not_end_the_process() {
    let nested = |open: &str, close: &str, count| {
        let (open, close) = (open.repeat(count), close.repeat(count));
        [
            format!("{{ license(id: {open}1{close}) {{ id }} }}"),
            format!("{{ license(id: {open}"),
        ]
    };
    let mut queries = Vec::new();
    queries.extend(nested("[", "]", 2_000));
    queries.extend(nested("[", "]", 50));
    queries.extend(nested("{a:", "}", 2_000));
    queries.extend([
        format!(
            "query($a: {}Int{}) {{ a }}",
            "[".repeat(2_000),
            "]".repeat(2_000)
        ),
        format!(
            "query($a: Int = {}1{}) {{ a }}",
            "[".repeat(2_000),
            "]".repeat(2_000)
        ),
        format!(
            "{{ a @skip(if: {}1{}) }}",
            "[".repeat(2_000),
            "]".repeat(2_000)
        ),
        format!("{}a{}", "{ a ".repeat(500), "}".repeat(500)),
        format!("{{ {}a{} }}", "... on Query { ".repeat(40), "}".repeat(40)),
        "{a".repeat(2_000),
    ]);
    refuses(&server().await, "QUERY_TOO_DEEP", &queries).await;
}

#[tokio::test]
async fn fragments_that_multiply_do_not_freeze_the_server() {
    let ladder = |last: usize, times: usize, field: &str| {
        let steps = numbered(last, |step| {
            let spreads = format!("...f{} ", step + 1).repeat(times);
            format!("fragment f{step} on Query {{ {spreads} }} ")
        });
        format!("{{ {field} ...f0 }} {steps} fragment f{last} on Query {{ _meta {{ lagBlocks }} }}")
    };
    let server = server().await;
    let costly = [
        ladder(28, 3, ""),
        ladder(28, 2, ""),
        ladder(28, 3, "nothing"),
        // Where nothing spreads them.
        ladder(28, 3, "").replacen("...f0", "_meta { lagBlocks }", 1),
    ];
    refuses(&server, "QUERY_TOO_COMPLEX", &costly[..3]).await;
    // Not put in anywhere, they cost nothing; the library does not want them.
    refuses(&server, "INVALID_QUERY", &costly[3..]).await;
    refuses(&server, "QUERY_TOO_DEEP", &[ladder(40, 1, "")]).await;
    server.data(&ladder(8, 2, "")).await;
}

#[tokio::test]
async fn many_small_things_are_too_many() {
    let server = server().await;
    let long = format!("{{ _meta {{ lagBlocks }} }} #{}", "x".repeat(17 * 1024));
    refuses(&server, "QUERY_TOO_LONG", &[long]).await;
    let queries = [
        // Each argument that differs would be an error of its own for each of the fields.
        format!(
            "{{ a({}) {} }}",
            numbered(1_000, |n| format!("b{n}:1 ")),
            "a ".repeat(1_500)
        ),
        format!("{{ {} }}", numbered(2_200, |n| format!("a{n} "))),
        format!("{{ {} }}", "a ".repeat(5_000)),
        format!("{{ {} }}", numbered(500, |n| format!("a{n}: __typename "))),
        format!(
            "{{ licenses(first: 1000) {{ nodes {{ {} }} }} }}",
            numbered(500, |n| format!("a{n}: __typename "))
        ),
        format!(
            "{{ _meta {} {{ lagBlocks }} }}",
            "@skip(if: false) ".repeat(11)
        ),
        format!(
            "query({}) {{ _meta {{ lagBlocks }} }}",
            numbered(500, |n| format!("$a{n}: Int "))
        ),
        numbered(200, |n| format!("query a{n} {{ _meta {{ lagBlocks }} }} ")),
        numbered(200, |n| {
            format!("fragment a{n} on Query {{ _meta {{ lagBlocks }} }} ")
        }) + "{ ...a1 }",
        format!(
            "{{ licenses(where: {{ idIn: [{}] }}) {{ totalCount }} }}",
            "1 ".repeat(5_000)
        ),
    ];
    refuses(&server, "QUERY_TOO_COMPLEX", &queries).await;
}

#[tokio::test]
async fn lists_in_lists_cost_what_they_hold() {
    let server = server().await;
    let page = "edges { node { id holder status history(first: 1000) { version nonce } } }";
    let wide = numbered(60, |n| {
        format!("a{n}: licenses(first: 1, where: {{ text: \"a\" }}) {{ totalCount }} ")
    });
    let children = format!(
        "{}history(first: 2147483647) {{ version }}{}",
        "sublicenses { ".repeat(11),
        "}".repeat(11)
    );
    let queries = [
        format!("{{ licenses(first: 1000) {{ {page} }} }}"),
        format!("{{ {wide} }}"),
        // A name of a type is a value too.
        "{ licenses(first: 1000) { nodes { history(first: 1000) { __typename } } } }".to_owned(),
        // The product of the sizes is 2^64.
        "{ licenses(first: 2147483647) { nodes { sublicenses { history(first: 2147483647) \
            { version nonce } } } } }"
            .to_owned(),
        format!("{{ license(id: \"1\") {{ {children} }} }}"),
    ];
    refuses(&server, "QUERY_TOO_COMPLEX", &queries).await;
    let deep = format!(
        "{{ license(id: \"1\") {{ {} id {} }} }}",
        "parent { ".repeat(16),
        "}".repeat(16)
    );
    refuses(&server, "QUERY_TOO_DEEP", &[deep]).await;
}

#[tokio::test]
async fn the_schema_is_told_once_and_not_in_itself() {
    let server = server().await;
    let answer = server.data(INTROSPECTION).await;
    assert!(answer["__schema"]["types"].is_array());
    let values = count(&answer);
    assert!(
        values < 150_000,
        "the estimate is not below what is: {values}"
    );
    let chain = |levels: usize| {
        let (open, close) = ("fields { type { ".repeat(levels), "} }".repeat(levels));
        format!("{{ __schema {{ types {{ {open} name {close} }} }} }}")
    };
    server.data(&chain(1)).await;
    refuses(&server, "QUERY_TOO_COMPLEX", &[chain(6), chain(9)]).await;
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

#[tokio::test]
async fn variables_are_not_multiplied() {
    let server = server().await;
    let query = format!(
        "query($id: ID!) {{ licenses(where: {{ idIn: [{}] }}) {{ totalCount }} }}",
        "$id ".repeat(1_000)
    );
    let long = json!({ "id": "7".repeat(40_000) });
    assert_eq!(
        code_of(&server.ask(&query, long).await),
        "QUERY_TOO_COMPLEX"
    );
    server.data(NORMAL).await;
}

#[tokio::test]
async fn numbers_and_names_without_end_are_only_wrong() {
    let digits = "9".repeat(10_000);
    let name = "a".repeat(10_000);
    refuses(
        &server().await,
        "INVALID_QUERY",
        &[
            format!("{{ licenses(first: {digits}) {{ totalCount }} }}"),
            format!("{{ licenses(first: 1e{digits}) {{ totalCount }} }}"),
            format!("{{ licenses(first: -{digits}.{digits}) {{ totalCount }} }}")[..16_000]
                .to_owned(),
            format!("{{ {name} }}"),
            format!("{{ _meta({name}: 1) {{ lagBlocks }} }}"),
            format!("{{ ...{name} }}"),
            format!("query ($a: {name}) {{ _meta {{ lagBlocks }} }}"),
        ],
    )
    .await;
}

#[tokio::test]
async fn errors_without_end_are_told_in_part() {
    let server = server().await;
    let query = format!("{{ {} }}", numbered(1_500, |n| format!("a{n} ")));
    let answer = server.ask(&query, json!({})).await;
    let errors = answer["errors"].as_array().map_or(0, Vec::len);
    assert_eq!(errors, 100);
}

#[tokio::test]
async fn who_waits_for_a_block_holds_up_no_one() {
    const FAR: u64 = 1_000;
    let limits = lex_indexer::config::GraphqlConfig {
        max_block_wait: Duration::from_secs(25),
        ..support::server::limits()
    };
    let server = std::sync::Arc::new(Server::with(&blocks(), START + 10, limits).await);
    let query = format!(
        "{{ _meta {{ block {{ number }} }} license(id: \"1\", block: {{ numberGte: \"{FAR}\" }}) {{ id }} }}"
    );
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let (server, query) = (server.clone(), query.clone());
        waiting.spawn(async move { server.ask(&query, json!({})).await });
    }
    for _ in 0..20 {
        server.data(NORMAL).await;
        assert!(waiting.try_join_next().is_none(), "they still wait");
    }
    server.progress.committed(FAR);
    while let Some(answer) = waiting.join_next().await {
        let answer = answer.expect("no panic");
        assert_eq!(answer.get("errors"), None, "{answer}");
    }
}

#[tokio::test]
async fn too_many_who_wait_are_refused() {
    let limits = lex_indexer::config::GraphqlConfig {
        max_block_wait: Duration::from_secs(25),
        max_block_waits: 2,
        ..support::server::limits()
    };
    let server = std::sync::Arc::new(Server::with(&blocks(), START + 10, limits).await);
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let server = server.clone();
        waiting.spawn(async move {
            let query = "query($block: BlockConstraint) { _meta(block: $block) { lagBlocks } }";
            let block = json!({ "block": { "numberGte": "1000" } });
            server.ask(query, block).await
        });
    }
    let first = waiting.join_next().await.expect("three").expect("no panic");
    assert_eq!(code_of(&first), "BUSY");
    server.progress.committed(1_000);
    while let Some(answer) = waiting.join_next().await {
        assert_eq!(answer.expect("no panic").get("errors"), None);
    }
}
