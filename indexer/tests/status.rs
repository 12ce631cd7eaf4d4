//! The status in SQL is the status of the model, of licenses under others too.

mod support;

use lex_model::{Standing, Term};
use proptest::prelude::*;
use sqlx::Row;
use tokio::runtime::Runtime;

use support::{
    chain::{Chain, any_history},
    index,
    postgres::Database,
};

#[derive(Clone, Debug)]
struct Case {
    status: u8,
    suspended_until: u64,
    term: Term,
    at: u64,
}

/// Small numbers meet at the boundaries; any others, and terms that no contract makes, as well.
fn any_time() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..8u64, 1 => 0..=lex_model::MAX_TIME]
}

fn any_case() -> impl Strategy<Value = Case> {
    (
        1..=5u8,
        any_time(),
        any_time(),
        any_time(),
        any_time(),
        any_time(),
    )
        .prop_map(
            |(status, suspended_until, valid_from, valid_until, grace_until, at)| Case {
                status,
                suspended_until,
                term: Term {
                    valid_from,
                    valid_until,
                    grace_until,
                },
                at,
            },
        )
}

fn model(case: &Case) -> i16 {
    let standing = Standing::from_stored(case.status, case.suspended_until).expect("1 to 5");
    i16::from(case.term.status(standing, case.at).code())
}

fn column(cases: &[Case], value: impl Fn(&Case) -> u64) -> Vec<i64> {
    cases
        .iter()
        .map(|case| i64::try_from(value(case)).expect("at most 2^40"))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn sql_and_model_agree(cases in proptest::collection::vec(any_case(), 2000)) {
        let found: Vec<i16> = Runtime::new().expect("a runtime").block_on(async {
            let database = Database::new();
            let store = database.store().await;
            let statuses: Vec<i16> = cases.iter().map(|case| i16::from(case.status)).collect();
            let rows = sqlx::query(
                "select license_status(s, u, f, v, g, a) as status \
                 from unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], \
                 $6::bigint[]) with ordinality as t (s, u, f, v, g, a, place) order by place",
            )
            .bind(statuses)
            .bind(column(&cases, |case| case.suspended_until))
            .bind(column(&cases, |case| case.term.valid_from))
            .bind(column(&cases, |case| case.term.valid_until))
            .bind(column(&cases, |case| case.term.grace_until))
            .bind(column(&cases, |case| case.at))
            .fetch_all(store.reader())
            .await
            .expect("computes");
            rows.iter().map(|row| row.get("status")).collect()
        });
        let expected: Vec<i16> = cases.iter().map(model).collect();
        for ((case, found), expected) in cases.iter().zip(found).zip(expected) {
            prop_assert_eq!(found, expected, "{:?}", case);
        }
    }
}

/// The table that binds SQL, Solidity and the model: every status under every status.
#[tokio::test]
async fn a_status_under_another_is_that_of_the_vectors() {
    let path = "../contracts/vectors/lineage.json";
    let text = std::fs::read_to_string(path).expect("committed");
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    let column = |name: &str| -> Vec<i16> {
        let code = |row: &serde_json::Value| row[name].as_i64().expect("a code");
        rows.iter()
            .map(|row| i16::try_from(code(row)).expect("small"))
            .collect()
    };
    let database = Database::new();
    let store = database.store().await;
    let found: Vec<i16> = sqlx::query_scalar(
        "select status_under(own, parent) from unnest($1::smallint[], $2::smallint[]) \
         with ordinality as t (own, parent, place) order by place",
    )
    .bind(column("own"))
    .bind(column("parent"))
    .fetch_all(store.reader())
    .await
    .expect("computes");
    assert_eq!((found.len(), found), (81, column("expected")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever happened to parents and children: each is found as the model lets it stand.
    #[test]
    fn licenses_are_found_as_those_above_them_let_them_stand(steps in any_history()) {
        let mut chain = Chain::new();
        for step in &steps {
            chain.step(step);
        }
        let now = chain.now();
        let times = [now, now + 1, now + 10, now + 60, now + 10_000];
        let expected: Vec<Vec<i16>> = times
            .iter()
            .map(|at| {
                let statuses = chain.statuses(*at);
                statuses.iter().map(|status| i16::from(status.code())).collect()
            })
            .collect();
        let blocks = chain.finish();
        Runtime::new().expect("a runtime").block_on(async {
            let database = Database::new();
            let store = database.store().await;
            index(&store, &blocks, &[5]).await;
            for (at, expected) in times.iter().zip(expected) {
                for (past, question) in [
                    (false, "select present_status(l, $1) from license l order by license_id"),
                    (true, "select a.status from license l, lineage(l.license_id, $1, true) a \
                            order by license_id"),
                ] {
                    let found: Vec<i16> = sqlx::query_scalar(question)
                        .bind(i64::try_from(*at).expect("in range"))
                        .fetch_all(store.reader())
                        .await
                        .expect("computes");
                    assert_eq!(found, expected, "at {at}, past: {past}");
                }
            }
        });
    }
}
