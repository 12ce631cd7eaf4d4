//! What a query may cost before the GraphQL library looks at it.
//!
//! The library's parser calls itself for each bracket, so deep brackets end the process; its
//! validators follow every spread of a fragment, so a few fragments that spread each other take
//! years; and it counts some of what an answer holds as nothing. So the text is read twice before:
//! as tokens, then as the parsed document, each time in a time that grows with its length alone.

mod lexer;
mod scale;

use async_graphql::{Request, ServerError, parser::types::ExecutableDocument};

use self::lexer::Fault;
use super::{QueryError, wait::wanted_block};

pub(super) use self::scale::{MAX_DEPTH, MAX_DIRECTIVES};

/// Brackets inside brackets. Introspection by common tools needs 15.
const MAX_NESTING: usize = 48;
/// Tokens of the text. Introspection by common tools has about 300.
const MAX_TOKENS: usize = 4_000;

/// Values of the schema from which on an answer takes its time.
const MANY_VALUES: u64 = 1_000;

/// What is known of a request before it is executed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admitted {
    /// The block that it must wait for.
    pub block: Option<u64>,
    /// It tells much of the schema, which computes for as long as many other requests take.
    pub is_heavy: bool,
}

/// Why a request is not executed.
#[derive(Debug)]
pub(super) enum Inadmissible {
    /// It costs too much, or cannot be answered now.
    Refused(QueryError),
    /// It is no query.
    Invalid(ServerError),
}

impl From<QueryError> for Inadmissible {
    fn from(error: QueryError) -> Self {
        Self::Refused(error)
    }
}

/// Parses the query, if the library can be trusted with it.
/// It computes: not for a thread that has other requests to serve.
///
/// # Errors
/// It is not GraphQL, or costs too much.
pub(super) fn admit(request: &mut Request, max_bytes: usize) -> Result<Admitted, Inadmissible> {
    if request.query.len() > max_bytes {
        return Err(QueryError::QueryTooLong { limit: max_bytes }.into());
    }
    read(&request.query)?;
    let document = parse(&request.query)?;
    let schema_values = scale::weigh(&document, &request.variables)?;
    let name = request.operation_name.as_deref();
    let block = wanted_block(&document, name, &request.variables);
    request.set_parsed_query(document);
    Ok(Admitted {
        block,
        is_heavy: schema_values > MANY_VALUES,
    })
}

fn read(text: &str) -> Result<(), Inadmissible> {
    lexer::scan(text, MAX_TOKENS, MAX_NESTING).map_err(|fault| match fault {
        Fault::TooManyTokens => Inadmissible::Refused(QueryError::QueryTooComplex {
            what: "tokens",
            limit: MAX_TOKENS as u64,
        }),
        Fault::TooDeep => Inadmissible::Refused(QueryError::QueryTooDeep { limit: MAX_NESTING }),
        Fault::OpenText | Fault::Unknown(_) => {
            Inadmissible::Invalid(ServerError::new(fault.to_string(), None))
        }
    })
}

fn parse(text: &str) -> Result<ExecutableDocument, Inadmissible> {
    async_graphql::parser::parse_query(text).map_err(|error| Inadmissible::Invalid(error.into()))
}
