//! Queries that cost more than their text shows.

use async_graphql::{Variables, parser::parse_query};
use serde_json::json;

use super::*;

/// The code with which a query is refused.
fn refusal(query: &str, variables: serde_json::Value) -> Option<&'static str> {
    let document = parse_query(query).expect("GraphQL");
    match weigh(&document, &Variables::from_json(variables)) {
        Ok(_) => None,
        Err(Inadmissible::Refused(error)) => Some(error.code()),
        Err(Inadmissible::Invalid(_)) => Some("INVALID_QUERY"),
    }
}

fn code(query: &str) -> Option<&'static str> {
    refusal(query, json!({}))
}

/// Fragments f0 to f`last`, each of which spreads the next one `times` times.
fn ladder(last: usize, times: usize) -> String {
    let steps: String = (0..last)
        .map(|step| {
            let spreads = format!("...f{} ", step + 1).repeat(times);
            format!("fragment f{step} on Query {{ {spreads} }} ")
        })
        .collect();
    format!("{{ ...f0 }} {steps} fragment f{last} on Query {{ a }}")
}

#[test]
fn fragments_that_multiply_are_counted_as_they_are_put_in() {
    assert_eq!(code(&ladder(5, 3)), None);
    assert_eq!(code(&ladder(28, 3)), Some("QUERY_TOO_COMPLEX"));
    assert_eq!(code(&ladder(60, 1)), Some("QUERY_TOO_DEEP"));
    assert_eq!(code(&ladder(80, 1)), Some("QUERY_TOO_COMPLEX"));
    // Also where no operation spreads them.
    let unused = ladder(40, 1).replacen("...f0", "a", 1);
    assert_eq!(code(&unused), Some("QUERY_TOO_DEEP"));
}

#[test]
fn depth_is_counted_through_fragments() {
    let inner = format!("{}a{}", "a { ".repeat(20), "}".repeat(20));
    let once = format!("{{ ...f }} fragment f on Query {{ {inner} }}");
    assert_eq!(code(&once), None);
    let twice = format!(
        "{{ ...f }} fragment f on Query {{ {} }} fragment g on Query {{ {inner} }}",
        inner.replacen('a', "...g a", 1).replace("{ a}", "{ ...g }")
    );
    assert_eq!(code(&twice), Some("QUERY_TOO_DEEP"));
}

#[test]
fn fragments_that_contain_themselves_are_no_query() {
    for query in [
        "{ ...a } fragment a on Query { ...a }",
        "{ ...a } fragment a on Query { ...b } fragment b on Query { x { ...a } }",
        "{ x } fragment a on Query { ...a }",
    ] {
        assert_eq!(code(query), Some("INVALID_QUERY"), "{query}");
    }
}

#[test]
fn a_variable_weighs_what_it_holds_at_each_use() {
    let uses = "$text ".repeat(100);
    let query = format!("query($text: ID) {{ licenses(where: {{ idIn: [{uses}] }}) {{ a }} }}");
    assert_eq!(refusal(&query, json!({ "text": "7" })), None);
    let long = json!({ "text": "7".repeat(20_000) });
    assert_eq!(refusal(&query, long), Some("QUERY_TOO_COMPLEX"));
    let default = query.replace(
        "$text: ID",
        &format!("$text: ID = \"{}\"", "7".repeat(12_000)),
    );
    assert_eq!(code(&default), Some("QUERY_TOO_COMPLEX"));
}

#[test]
fn schemas_inside_schemas_are_refused() {
    let chain = |levels: usize| {
        let (open, close) = ("fields { type { ".repeat(levels), "} }".repeat(levels));
        format!("{{ __schema {{ types {{ {open} name {close} }} }} }}")
    };
    assert_eq!(code(&chain(2)), None);
    assert_eq!(code(&chain(5)), Some("QUERY_TOO_COMPLEX"));
    let many = format!(
        "{{ __schema {{ {} }} }}",
        "types { fields { args { name } } } ".repeat(50)
    );
    assert_eq!(
        code(&many),
        None,
        "merged or not, it is 50 times 1 000 values"
    );
    let more = many.replace("args { name }", "args { name description defaultValue }");
    assert_eq!(code(&more), Some("QUERY_TOO_COMPLEX"));
    // The same names elsewhere cost nothing more.
    assert_eq!(code(&chain(5).replace("__schema", "elsewhere")), None);
}

#[test]
fn many_small_things_are_too_many() {
    let numbered = |count: usize, piece: &dyn Fn(usize) -> String| -> String {
        (0..count).map(piece).collect()
    };
    for query in [
        format!("{{ {} }}", numbered(2_001, &|n| format!("a{n}: x "))),
        format!("{{ {} }}", numbered(101, &|n| format!("a{n}: __typename "))),
        format!("{{ x({}) }}", numbered(33, &|n| format!("a{n}: 1 "))),
        format!("{{ x {} }}", "@skip(if: true) ".repeat(11)),
        format!("query {} {{ x }}", "@skip(if: true) ".repeat(11)),
        format!("{{ ... {} {{ x }} }}", "@skip(if: true) ".repeat(11)),
        format!(
            "query({}) {{ x }}",
            numbered(65, &|n| format!("$a{n}: Int "))
        ),
        numbered(17, &|n| format!("query a{n} {{ x }} ")),
    ] {
        assert_eq!(code(&query), Some("QUERY_TOO_COMPLEX"), "{}", &query[..40]);
    }
}

#[test]
fn rows_that_are_asked_for_are_counted_with_their_fields() {
    let values = |query: &str, variables| {
        let document = parse_query(query).expect("GraphQL");
        let cost = weigh(&document, &Variables::from_json(variables));
        cost.expect("it is admitted").values
    };
    let few = "{ license(id: \"1\") { id status } }";
    assert_eq!(values(few, json!({})), 3);
    let many = "{ licenses(first: 1000) { nodes { id holder } } }";
    assert_eq!(values(many, json!({})), 3_001);
    let given = "query($n: Int) { licenses(first: $n) { nodes { id holder } } }";
    assert_eq!(values(given, json!({ "n": 1000 })), 3_001);
    assert_eq!(values(given, json!({})), 4);
}
