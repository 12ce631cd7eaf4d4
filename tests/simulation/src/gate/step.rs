//! What a service makes durable, read from what it asks its database for.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// The client's messages.
const PARSE: u8 = b'P';
const BIND: u8 = b'B';
const EXECUTE: u8 = b'E';
const SYNC: u8 = b'S';
const QUERY: u8 = b'Q';
/// The server's message that says it is ready for the next request.
const READY: u8 = b'Z';

/// One durable step: everything that one commit writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    writes: BTreeSet<String>,
}

impl Step {
    /// Whether it writes this: `insert TABLE`, `delete TABLE`, or `update TABLE` with the state that
    /// rows are given, if there is one: `update delivery included`.
    pub fn writes(&self, what: &str) -> bool {
        self.writes.contains(what)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writes: Vec<_> = self.writes.iter().map(String::as_str).collect();
        f.write_str(&writes.join(", "))
    }
}

/// What is known of one session.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// Texts of prepared statements, by their names; and which of them a portal executes.
    statements: HashMap<String, String>,
    portals: HashMap<String, String>,
    in_transaction: bool,
    written: BTreeSet<String>,
    /// Requests that the server has not said to be ready after.
    unanswered: usize,
}

impl Session {
    /// Takes note of a client's message; the step that it would make durable.
    pub(super) fn asked(&mut self, message: &[u8]) -> Option<Step> {
        let (kind, body) = (message[0], &message[5..]);
        match kind {
            PARSE => {
                let (name, rest) = text(body);
                let (sql, _) = text(rest);
                self.statements.insert(name, sql);
                None
            }
            BIND => {
                let (portal, rest) = text(body);
                let (statement, _) = text(rest);
                self.portals.insert(portal, statement);
                None
            }
            EXECUTE => {
                let (portal, _) = text(body);
                let sql = self
                    .portals
                    .get(&portal)
                    .and_then(|name| self.statements.get(name));
                self.written.extend(sql.and_then(|sql| written(sql)));
                None
            }
            SYNC => {
                self.unanswered += 1;
                self.ended_unless_in_transaction()
            }
            QUERY => {
                self.unanswered += 1;
                self.queried(&text(body).0)
            }
            _ => None,
        }
    }

    /// Takes note of a server's message.
    pub(super) fn answered(&mut self, message: &[u8]) {
        if message[0] == READY {
            self.unanswered = self.unanswered.saturating_sub(1);
        }
    }

    /// Whether the server has something left to answer.
    pub(super) fn is_waiting(&self) -> bool {
        self.unanswered > 0
    }

    fn queried(&mut self, sql: &str) -> Option<Step> {
        let lower = sql.trim_start().to_ascii_lowercase();
        if lower.starts_with("begin") {
            self.in_transaction = true;
            return None;
        }
        if lower.starts_with("rollback") {
            self.in_transaction = false;
            self.written.clear();
            return None;
        }
        if lower.starts_with("commit") {
            self.in_transaction = false;
        } else {
            self.written.extend(written(sql));
        }
        self.ended_unless_in_transaction()
    }

    fn ended_unless_in_transaction(&mut self) -> Option<Step> {
        if self.in_transaction || self.written.is_empty() {
            return None;
        }
        let writes = std::mem::take(&mut self.written);
        Some(Step { writes })
    }
}

/// A text that a zero ends, and what follows.
fn text(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(bytes.len());
    let rest = bytes.get(end + 1..).unwrap_or_default();
    (String::from_utf8_lossy(&bytes[..end]).into_owned(), rest)
}

/// What a statement writes; `None` when it writes nothing, or only makes what is there already.
fn written(sql: &str) -> Option<String> {
    let lower = sql.to_ascii_lowercase();
    let mut words =
        lower.split(|character: char| character.is_whitespace() || "(,;".contains(character));
    let mut words = words.by_ref().filter(|word| !word.is_empty());
    match words.next()? {
        "insert" => Some(format!("insert {}", words.nth(1)?)),
        "delete" => Some(format!("delete {}", words.nth(1)?)),
        "update" => {
            let table = words.next()?;
            Some(match given_state(&lower) {
                Some(state) => format!("update {table} {state}"),
                None => format!("update {table}"),
            })
        }
        _ => None,
    }
}

/// The state that an update gives to its rows, if it says one in words.
fn given_state(lower: &str) -> Option<&str> {
    let (before, rest) = lower.split_once("state = ")?;
    if before.contains("where") {
        return None;
    }
    match rest.strip_prefix('\'') {
        Some(quoted) => quoted.split('\'').next(),
        // The only one that depends: a delivery is on its way again, unless its place is taken.
        None => Some("reopened"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, texts: &[&str]) -> Vec<u8> {
        let mut message = vec![kind, 0, 0, 0, 0];
        for text in texts {
            message.extend_from_slice(text.as_bytes());
            message.push(0);
        }
        message
    }

    fn prepared(session: &mut Session, sql: &str) -> Option<Step> {
        assert_eq!(session.asked(&message(PARSE, &["s", sql])), None);
        assert_eq!(session.asked(&message(BIND, &["", "s"])), None);
        assert_eq!(session.asked(&message(EXECUTE, &[""])), None);
        session.asked(&message(SYNC, &[]))
    }

    #[test]
    fn a_statement_by_itself_is_a_step() {
        let mut session = Session::default();
        let step = prepared(
            &mut session,
            "update delivery set state = 'final', final_at = now()",
        );
        assert!(step.is_some_and(|step| step.writes("update delivery final")));
        assert_eq!(prepared(&mut session, "select state from delivery"), None);
    }

    #[test]
    fn a_transaction_is_one_step_at_its_commit() {
        let mut session = Session::default();
        assert_eq!(session.asked(&message(QUERY, &["BEGIN"])), None);
        assert_eq!(
            prepared(&mut session, "insert into delivery\n (nonce) values ($1)"),
            None
        );
        assert_eq!(
            prepared(
                &mut session,
                "insert into delivery_signature(x) values ($1)"
            ),
            None
        );
        let step = session.asked(&message(QUERY, &["COMMIT"])).expect("a step");
        assert_eq!(
            step.to_string(),
            "insert delivery, insert delivery_signature"
        );
    }

    #[test]
    fn what_is_rolled_back_is_no_step() {
        let mut session = Session::default();
        session.asked(&message(QUERY, &["begin isolation level serializable"]));
        prepared(
            &mut session,
            "delete from source_block where source_block_id < $1",
        );
        assert_eq!(session.asked(&message(QUERY, &["ROLLBACK"])), None);
        assert_eq!(session.asked(&message(QUERY, &["COMMIT"])), None);
    }

    #[test]
    fn the_state_that_rows_are_given_is_told_from_the_one_they_are_sought_by() {
        let sought = "update delivery set outcome = 'x' where state = 'included'";
        assert_eq!(written(sought).as_deref(), Some("update delivery"));
        let reopened = "update delivery as this set state = case when taken then 'a' else 'b' end";
        assert_eq!(
            written(reopened).as_deref(),
            Some("update delivery reopened")
        );
    }
}
