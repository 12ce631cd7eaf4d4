//! The table of what should happen (`contracts/vectors/gate/`), and whether the gate does it.
//!
//! The table is written by hand. This checks that it is complete and of one voice, sets the facts of each row in the
//! model, and compares the first refusal with the row's. `findings.json` beside the table lists the rows on which
//! model and table disagree, and the facts that the model has no notion of; a list that is longer or shorter than the
//! truth fails.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow ends a test, as it should"
)]

mod table;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use lex_model::Reason;
use table::{ALLOWED, Row, Table};

/// The part of the table that the mirror is asked itself, in `contracts/mirror/test/Judge.t.sol`.
const MIRROR: &str = "mirror.";
/// The fewest rows that cover what has to be covered.
const FEWEST_ROWS: usize = 600;

/// Panics with all complaints at once.
fn must_be_empty(what: &str, complaints: &[String]) {
    assert!(
        complaints.is_empty(),
        "{what}:\n  {}",
        complaints.join("\n  ")
    );
}

#[test]
fn the_table_uses_its_vocabulary() {
    let Table {
        rows, vocabulary, ..
    } = Table::read();
    assert!(rows.len() >= FEWEST_ROWS, "only {} rows", rows.len());
    let mut complaints = Vec::new();
    let mut ids = BTreeSet::new();
    for row in &rows {
        let mut complain = |what: String| complaints.push(format!("{}: {what}", row.id));
        if !ids.insert(&row.id) {
            complain("another row has this id".into());
        }
        if !vocabulary.callers.contains(&row.by) {
            complain(format!("unknown caller {}", row.by));
        }
        for fact in &row.given {
            if !vocabulary.knows(fact) {
                complain(format!("unknown fact {fact}"));
            }
        }
        if !vocabulary.answers.contains(&row.expect) {
            complain(format!("unknown answer {}", row.expect));
        }
        if !row.why.ends_with('.') {
            complain("the sentence has no end".into());
        }
        let known_source = row.source == "expectation"
            || row.source.starts_with("design ")
            || row.source.starts_with("ERC-");
        if !known_source {
            complain(format!("unknown source {}", row.source));
        }
    }
    must_be_empty("the table says what it may not", &complaints);
}

#[test]
fn every_word_of_the_vocabulary_is_used() {
    let Table {
        rows, vocabulary, ..
    } = Table::read();
    let used: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| {
            let words = [row.by.as_str(), row.expect.as_str()];
            words
                .into_iter()
                .chain(row.given.iter().map(|fact| fact.as_str()))
        })
        .collect();
    let unused = vocabulary.words();
    let unused = unused.filter(|word| !used.contains(word.as_str()));
    must_be_empty("no row uses", &unused.collect::<Vec<_>>());
}

#[test]
fn the_table_speaks_with_one_voice() {
    let Table { rows, .. } = Table::read();
    let mut said = BTreeMap::new();
    let mut complaints = Vec::new();
    for row in &rows {
        let question = (&row.action, row.seats, &row.by, row.facts());
        if let Some(other) = said.insert(question, row)
            && other.expect != row.expect
        {
            complaints.push(format!(
                "{} says {}, {} says {}",
                other.id, other.expect, row.id, row.expect
            ));
        }
    }
    must_be_empty("the table contradicts itself", &complaints);
}

#[test]
fn every_action_meets_every_standing_and_every_restriction() {
    let Table {
        rows, vocabulary, ..
    } = Table::read();
    let mut missing = Vec::new();
    for covered in &vocabulary.coverage {
        let met: BTreeSet<&str> = rows
            .iter()
            .filter(|row| row.action == covered.action)
            .flat_map(|row| row.given.iter().map(|fact| fact.as_str()))
            .collect();
        let missed = covered
            .facts
            .iter()
            .filter(|fact| !met.contains(fact.as_str()));
        missing.extend(missed.map(|fact| format!("{} with {fact}", covered.action)));
    }
    must_be_empty("no row says what happens to", &missing);
}

/// Whenever the model refuses for two reasons at once, some row has to have said which one comes first.
#[test]
fn every_pair_of_refusals_is_decided() {
    let Table { rows, .. } = Table::read();
    let mut met: BTreeMap<[String; 2], &str> = BTreeMap::new();
    let mut decided = BTreeSet::new();
    let pair = |a: &String, b: &String| {
        let mut pair = [a.clone(), b.clone()];
        pair.sort();
        pair
    };
    for row in &rows {
        let Ok(refusals) = world::ask(row) else {
            continue;
        };
        for (place, one) in refusals.iter().enumerate() {
            for other in refusals.iter().skip(place + 1) {
                met.entry(pair(one, other)).or_insert(&row.id);
                if *one == row.expect || *other == row.expect {
                    decided.insert(pair(one, other));
                }
            }
        }
    }
    let open = met.iter().filter(|(pair, _)| !decided.contains(*pair));
    let open: Vec<_> = open
        .map(|([one, other], row)| format!("{one} or {other}, as in {row}"))
        .collect();
    must_be_empty("no row says which comes first", &open);
}

/// What the model says today to the rows that it can be asked.
fn disagreements(rows: &[Row]) -> BTreeMap<&str, String> {
    let mut found = BTreeMap::new();
    for row in rows {
        let Ok(refusals) = world::ask(row) else {
            continue;
        };
        let first = refusals.first().map_or(ALLOWED, String::as_str);
        if first != row.expect {
            found.insert(row.id.as_str(), first.to_owned());
        }
    }
    found
}

#[test]
fn the_model_answers_as_the_table_says() {
    let Table { rows, findings, .. } = Table::read();
    let found = disagreements(&rows);
    let mut complaints = Vec::new();
    for row in &rows {
        let listed = findings.disagree.get(&row.id);
        match (found.get(row.id.as_str()), listed) {
            (Some(code), None) => complaints.push(format!(
                "{}: {} by {} given [{}] should be {}, is {code}: {}",
                row.id,
                row.action,
                row.by,
                row.given.join(" "),
                row.expect,
                row.why
            )),
            (None, Some(_)) => complaints.push(format!(
                "{}: agrees (or cannot be asked) and is still listed",
                row.id
            )),
            (Some(code), Some(listed)) if code != listed => complaints.push(format!(
                "{}: the list says that the code answers {listed}, it answers {code}",
                row.id
            )),
            _ => {}
        }
    }
    let unknown = findings.disagree.keys().chain(findings.on_contracts.keys());
    let unknown = unknown.filter(|id| rows.iter().all(|row| row.id != **id));
    complaints.extend(unknown.map(|id| format!("{id}: listed, and no row has this id")));
    must_be_empty("findings.json is not what is so", &complaints);
}

#[test]
fn what_the_model_cannot_be_asked_is_listed() {
    let Table { rows, findings, .. } = Table::read();
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.id.starts_with(MIRROR)) {
        if let Err(notions) = world::ask(row) {
            for notion in notions {
                *counted.entry(notion).or_default() += 1;
            }
        }
    }
    let listed = &findings.not_yet_expressible;
    let differs = |(notion, rows): (&String, &usize)| {
        (listed.get(notion) != Some(rows)).then(|| format!("{notion}: {rows} rows"))
    };
    let mut complaints: Vec<_> = counted.iter().filter_map(differs).collect();
    let gone = listed
        .keys()
        .filter(|notion| !counted.contains_key(*notion));
    complaints.extend(gone.map(|notion| format!("{notion}: none any more")));
    must_be_empty("findings.json counts otherwise", &complaints);
}

/// A reason that the model learns is no longer one that the table has to ask for.
#[test]
fn what_is_wanted_does_not_exist_yet() {
    let Table { vocabulary, .. } = Table::read();
    let exists = |name: &&String| Reason::ALL.iter().any(|reason| reason.name() == **name);
    let arrived: Vec<_> = vocabulary.wanted.iter().filter(exists).cloned().collect();
    must_be_empty("the model has the reason: take it off the list", &arrived);
}
