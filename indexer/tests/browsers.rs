//! What pages of other origins may do: as a browser asks, and what it goes by.

mod support;

use reqwest::{Method, Response};

use support::{
    chain::{Chain, START, holder},
    server::Server,
};

const QUERY: &str = "{\"query\":\"{ licenses { totalCount } }\"}";

async fn server() -> Server {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "ipfs://x");
    Server::start(&chain.finish(), START + 10).await
}

/// What a page of that origin sends before its first query, and the query.
async fn from_page(server: &Server, origin: &str) -> [Response; 2] {
    let url = format!("{}/graphql", server.url);
    let preflight = server
        .client
        .request(Method::OPTIONS, &url)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    let query = server
        .client
        .post(&url)
        .header("origin", origin)
        .header("content-type", "application/json")
        .body(QUERY);
    let preflight = preflight.send().await.expect("the server answers");
    [preflight, query.send().await.expect("the server answers")]
}

fn allowed(answer: &Response, what: &str) -> Option<String> {
    let header = answer
        .headers()
        .get(format!("access-control-allow-{what}"))?;
    Some(header.to_str().expect("text").to_owned())
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_ask() {
    let server = server().await;
    let origin = "https://app.example";
    let [preflight, query] = from_page(&server, origin).await;
    assert_eq!(preflight.status(), 200);
    assert_eq!(allowed(&preflight, "origin").as_deref(), Some(origin));
    assert!(
        allowed(&preflight, "methods")
            .expect("methods")
            .contains("POST")
    );
    assert_eq!(
        allowed(&preflight, "headers").as_deref(),
        Some("content-type")
    );
    assert_eq!(allowed(&query, "origin").as_deref(), Some(origin));
    assert_eq!(
        allowed(&query, "credentials"),
        None,
        "there is nothing to be logged in to"
    );
    let answer = query.text().await.expect("a body");
    assert_eq!(answer, "{\"data\":{\"licenses\":{\"totalCount\":\"1\"}}}");
}

#[tokio::test]
async fn a_page_of_another_origin_may_not() {
    let server = server().await;
    for origin in ["https://app.example.evil", "http://app.example", "null"] {
        for answer in from_page(&server, origin).await {
            assert_eq!(allowed(&answer, "origin"), None, "{origin}");
        }
    }
}
