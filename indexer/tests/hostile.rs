//! Requests that nobody should send: each gets an answer with a code, and the server lives on.

mod support;

use std::time::Duration;

use lex_client::SourceBlock;
use lex_indexer::config::GraphqlConfig;
use serde_json::json;

use support::{
    chain::{Chain, START, holder},
    server::{Server, code_of, limits},
};

fn blocks() -> Vec<SourceBlock> {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "ipfs://x");
    chain.finish()
}

async fn server() -> Server {
    Server::start(&blocks(), START + 10).await
}

#[tokio::test]
async fn bodies_that_are_no_request() {
    let server = server().await;
    for body in [
        "",
        "null",
        "[]",
        "{",
        "[{\"query\":\"{ __typename }\"}]",
        "{\"query\": 1}",
        "\u{0}",
    ] {
        let (status, answer) = server.post(body.to_owned()).await;
        assert_eq!(
            (status, code_of(&answer).as_str()),
            (400, "BAD_REQUEST"),
            "{body:?}"
        );
    }
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let many = format!("[{}0]", "0,".repeat(20_000));
    for value in [deep, many] {
        let query = "{ _meta { lagBlocks } }";
        let body = format!("{{\"query\": {query:?}, \"variables\": {{\"a\": {value}}}}}");
        let (status, answer) = server.post(body).await;
        let code = code_of(&answer);
        assert_eq!((status, code.as_str()), (400, "REQUEST_TOO_COMPLEX"));
    }
    let (status, answer) = server.post(vec![0xff; 100]).await;
    assert_eq!((status, code_of(&answer).as_str()), (400, "BAD_REQUEST"));
    let (status, answer) = server.post(vec![b' '; 65 * 1024]).await;
    assert_eq!(
        (status, code_of(&answer).as_str()),
        (413, "REQUEST_TOO_LARGE")
    );
}

#[tokio::test]
async fn queries_that_are_no_queries() {
    let server = server().await;
    for query in [
        "",
        "{",
        "mutation { x }",
        "subscription { x }",
        "{ nothing }",
        "{ license { id } }",
        "{ _meta { lagBlocks } } }",
        "{ _meta { lagBlocks } ",
        "{ a(b: \"x) }",
        "{ a(b: \"\"\"x\") }",
        "{ \u{0} }",
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
        "{ ...on } fragment on on Query { ...on }",
        "query a { _meta { lagBlocks } } query b { _meta { lagBlocks } }",
        "query a { _meta { lagBlocks } } query a { _meta { lagBlocks } }",
    ] {
        assert_eq!(server.code(query).await, "INVALID_QUERY", "{query}");
    }
}

#[tokio::test]
async fn arguments_out_of_range() {
    let server = server().await;
    for (arguments, code) in [
        ("first: 1001", "PAGE_TOO_LARGE"),
        ("first: 2147483647", "QUERY_TOO_COMPLEX"),
        ("first: -1", "INVALID_ARGUMENT"),
        ("after: \"00\"", "INVALID_CURSOR"),
        ("after: \"'; drop table license; --\"", "INVALID_CURSOR"),
        (
            "where: { jurisdiction: \"US' or true\" }",
            "INVALID_ARGUMENT",
        ),
        ("where: { text: \"a\\u0000b\" }", "INVALID_ARGUMENT"),
        ("where: { idIn: [\"-1\"] }", "INVALID_ARGUMENT"),
        ("where: { holder: \"0x12\" }", "INVALID_QUERY"),
        ("where: { status: USABLE }", "INVALID_QUERY"),
        ("where: { validUntilAfter: -1 }", "INVALID_QUERY"),
        (
            "block: { numberGte: \"18446744073709551616\" }",
            "INVALID_ARGUMENT",
        ),
        (
            "block: { numberGte: \"18446744073709551615\" }",
            "BLOCK_NOT_INDEXED",
        ),
    ] {
        let query = format!("{{ licenses({arguments}) {{ pageInfo {{ endCursor }} }} }}");
        assert_eq!(server.code(&query).await, code, "{arguments}");
    }
    for id in ["", "0x1", "1e3", "-1", "' or 1=1", &"9".repeat(79)] {
        let query = format!("{{ license(id: \"{id}\") {{ id }} }}");
        assert_eq!(server.code(&query).await, "INVALID_ARGUMENT", "{id}");
    }
}

#[tokio::test]
async fn text_with_search_syntax_is_only_text() {
    let server = server().await;
    for text in [
        "'",
        "\\",
        "''",
        "a'b",
        "a & b",
        "!acme",
        "(a | b)",
        "a:*",
        "<->",
        "\\'",
        "--",
        "%",
        "é\u{202e}",
    ] {
        let query = "query($text: String) { licenses(where: { text: $text }) { totalCount } }";
        let answer = server.ask(query, json!({ "text": text })).await;
        assert_eq!(answer.get("errors"), None, "{text:?} {answer}");
    }
}

#[tokio::test]
async fn an_index_that_lost_the_chain_answers_meta_only() {
    let limits = GraphqlConfig {
        max_staleness: Duration::from_nanos(1),
        ..limits()
    };
    let server = Server::with(&blocks(), START + 10, limits).await;
    // The chain is final far beyond the index, and stays so.
    server.progress.finalized(100);
    assert_eq!(
        server.code("{ license(id: \"1\") { status } }").await,
        "STALE"
    );
    assert_eq!(server.get("/health/ready").await.0, 503);
    let data = server.data("{ _meta { finalizedBlock lagBlocks } }").await;
    assert_eq!(data["_meta"]["finalizedBlock"], "100");
    server.progress.committed(100);
}
