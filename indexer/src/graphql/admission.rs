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

/// Tokens from which on parsing and validating take their time.
const MANY_TOKENS: usize = 400;
/// Bytes of arguments from which on it takes its time to make something of them.
const MANY_ARGUMENT_BYTES: u64 = 16 * 1024;
/// Values from which on an answer takes its time.
const MANY_VALUES: u64 = 2_000;

/// How long a request computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effort {
    /// A few milliseconds.
    Light,
    /// As long as many light ones.
    Heavy,
}

/// What is known of a request before it is executed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admitted {
    /// The block that it must wait for.
    pub block: Option<u64>,
    pub effort: Effort,
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

/// Looks at the text alone, in one short pass.
///
/// # Errors
/// It is too much for the library, or no GraphQL.
pub(super) fn look(text: &str, max_bytes: usize) -> Result<Effort, Inadmissible> {
    if text.len() > max_bytes {
        return Err(QueryError::QueryTooLong { limit: max_bytes }.into());
    }
    let tokens = read(text)?;
    Ok(effort(tokens > MANY_TOKENS))
}

/// Parses a query that was looked at, if the library can be trusted with it.
/// It computes: not for a thread that has other requests to serve.
///
/// # Errors
/// It is not GraphQL, or costs too much.
pub(super) fn admit(request: &mut Request) -> Result<Admitted, Inadmissible> {
    let document = parse(&request.query)?;
    let cost = scale::weigh(&document, &request.variables)?;
    let name = request.operation_name.as_deref();
    let block = wanted_block(&document, name, &request.variables);
    request.set_parsed_query(document);
    let is_heavy = cost.values > MANY_VALUES || cost.argument_bytes > MANY_ARGUMENT_BYTES;
    Ok(Admitted {
        block,
        effort: effort(is_heavy),
    })
}

fn effort(is_heavy: bool) -> Effort {
    if is_heavy {
        Effort::Heavy
    } else {
        Effort::Light
    }
}

/// Counts the tokens.
fn read(text: &str) -> Result<usize, Inadmissible> {
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
