//! The table of what should happen (`contracts/vectors/gate/`), held against the compiled contracts: each
//! row's world is brought about by messages alone, then what it asks is tried, and what `explain` says
//! before is compared too. `findings.json` lists where the contracts answer otherwise.

mod act;
mod cast;
mod scene;
mod stage;
#[path = "../../../contracts/model/tests/judge/table.rs"]
#[allow(dead_code, reason = "the model's judge asks more of the table")]
mod table;

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::Address;
use table::{ALLOWED, Row, Table};

use crate::{Chain, World};

/// What the contracts said to the table.
#[derive(Debug, Default)]
pub struct Judgement {
    /// How many rows the table has.
    pub rows: usize,
    /// How many were acted out.
    pub scenes: usize,
    /// How many were not, by what no scene brings about yet.
    pub left_out: BTreeMap<String, usize>,
    /// Where `findings.json` does not say what is so.
    pub complaints: Vec<String>,
}

/// What the contracts said to a row.
struct Verdict {
    /// When it was tried.
    tried: String,
    /// What `explain` said before, where it is told everything that the row is about.
    explained: Option<String>,
}

/// The accounts that take part, all of which need what calls cost.
pub fn people() -> Vec<Address> {
    cast::all()
}

/// Acts the table out in a world of single tokens. Between two rows `clear` takes the chain back to where
/// `keep` left it.
///
/// # Panics
/// When the table cannot be read, or the contracts refuse what prepares a scene.
pub fn judge<C: Chain>(world: World<C>, keep: fn(&mut C), clear: fn(&mut C)) -> Judgement {
    let Table { rows, findings, .. } = Table::read();
    let mut stage = stage::Stage::new(world, clear);
    keep(&mut stage.world.chain);
    let mut judgement = Judgement {
        rows: rows.len(),
        ..Judgement::default()
    };
    let mut met = BTreeSet::new();
    for row in &rows {
        let verdict = match scene::play(&mut stage, row) {
            Ok(verdict) => verdict,
            Err(missing) => {
                *judgement.left_out.entry(missing.0).or_default() += 1;
                continue;
            }
        };
        judgement.scenes += 1;
        met.insert(row.id.as_str());
        let listed = findings.on_contracts.get(&row.id);
        if verdict.of(row).as_ref() != listed {
            judgement.complaints.push(complaint(row, &verdict, listed));
        }
    }
    let unknown = findings.on_contracts.keys();
    let unknown = unknown.filter(|id| !met.contains(id.as_str()));
    let complaints = unknown.map(|id| format!("{id}: listed, and not acted out"));
    judgement.complaints.extend(complaints);
    judgement
}

impl Verdict {
    /// What was said instead of what the row says; nothing when they agree.
    fn of(&self, row: &Row) -> Option<String> {
        let tried = (self.tried != row.expect).then(|| self.tried.clone());
        let explained = self.explained.as_ref().filter(|said| **said != row.expect);
        tried.or_else(|| explained.map(|said| format!("explain: {said}")))
    }
}

fn complaint(row: &Row, verdict: &Verdict, listed: Option<&String>) -> String {
    let given = row.given.join(" ");
    let explained = verdict.explained.as_deref().unwrap_or("not asked");
    format!(
        "{}: by {} given [{given}] should be {}, tried {}, explained {explained}, listed {}: {}",
        row.id,
        row.by,
        row.expect,
        verdict.tried,
        listed.map_or("nowhere", String::as_str),
        row.why
    )
}

/// The name of the reason that came first, or that nothing refused.
fn named(code: Option<u16>) -> String {
    match code.map(lex_model::Reason::from_code) {
        None => ALLOWED.to_owned(),
        Some(Some(reason)) => reason.name().to_owned(),
        Some(None) => "a reason without a name".to_owned(),
    }
}
