//! The table as it stands in `contracts/vectors/gate/`.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
};

use lex_model::Reason;
use serde_json::Value;

/// The answer when nothing refuses.
pub(crate) const ALLOWED: &str = "allowed";

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    /// `file.id`.
    pub(crate) id: String,
    /// What is asked.
    pub(crate) action: String,
    /// Whether it is about seats.
    pub(crate) seats: bool,
    /// Who asks.
    pub(crate) by: String,
    /// The facts that differ from the baseline, `key=value`.
    pub(crate) given: Vec<String>,
    /// `allowed`, or the reason that comes first.
    pub(crate) expect: String,
    /// One sentence.
    pub(crate) why: String,
    /// Where it comes from.
    pub(crate) source: String,
}

impl Row {
    /// The facts, in an order that does not depend on how they were written.
    pub(crate) fn facts(&self) -> BTreeSet<&str> {
        self.given.iter().map(String::as_str).collect()
    }

    /// Whether this is given.
    pub(crate) fn has(&self, fact: &str) -> bool {
        self.given.iter().any(|given| given == fact)
    }
}

/// What the table may say.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    /// Who may ask.
    pub(crate) callers: BTreeSet<String>,
    /// The values of each fact; `*` for any.
    pub(crate) facts: BTreeMap<String, BTreeSet<String>>,
    /// `allowed` and all reasons.
    pub(crate) answers: BTreeSet<String>,
    /// Reasons that the table needs and the model lacks.
    pub(crate) wanted: Vec<String>,
    /// What each action has to meet.
    pub(crate) coverage: Vec<Covered>,
}

/// What rows of one action have to be about.
#[derive(Debug)]
pub(crate) struct Covered {
    /// The action.
    pub(crate) action: String,
    /// The facts.
    pub(crate) facts: Vec<String>,
}

impl Vocabulary {
    /// Whether a fact is one.
    pub(crate) fn knows(&self, fact: &str) -> bool {
        let Some((key, value)) = fact.split_once('=') else {
            return false;
        };
        self.facts
            .get(key)
            .is_some_and(|values| values.contains(value) || values.contains("*"))
    }

    /// Every caller, fact and answer.
    pub(crate) fn words(&self) -> impl Iterator<Item = String> + '_ {
        let facts = self.facts.iter().flat_map(|(key, values)| {
            let fixed = values.iter().filter(|value| *value != "*");
            fixed.map(move |value| format!("{key}={value}"))
        });
        let others = self.callers.iter().chain(&self.answers).cloned();
        others.chain(facts)
    }
}

/// Where model and table differ.
#[derive(Debug)]
pub(crate) struct Findings {
    /// What the model answers, by row.
    pub(crate) disagree: BTreeMap<String, String>,
    /// What the compiled contracts answer, by row; what only their `explain` says begins with that.
    pub(crate) on_contracts: BTreeMap<String, String>,
    /// How many rows are about it, by what the model has no notion of.
    pub(crate) not_yet_expressible: BTreeMap<String, usize>,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Table {
    /// The rows.
    pub(crate) rows: Vec<Row>,
    /// What they may say.
    pub(crate) vocabulary: Vocabulary,
    /// Where the model says otherwise.
    pub(crate) findings: Findings,
}

/// The folder of the table, from whichever crate this is compiled in.
fn folder() -> PathBuf {
    let here = env::current_dir().expect("a folder");
    let mut folders = here
        .ancestors()
        .map(|folder| folder.join("contracts/vectors/gate"));
    let found = folders.find(|folder| folder.is_dir());
    found.expect("the table's folder is there")
}

fn read(name: &str) -> Value {
    let text = fs::read_to_string(folder().join(name));
    let text = text.unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn text(value: &Value) -> String {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array();
    let list = list.unwrap_or_else(|| panic!("{value} is no list"));
    list.iter().map(text).collect()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let object = value.as_object();
    object
        .unwrap_or_else(|| panic!("{value} is no object"))
        .iter()
}

impl Table {
    /// Reads it.
    ///
    /// # Panics
    /// If a file is not of the form that README.md describes.
    pub(crate) fn read() -> Self {
        let files = fs::read_dir(folder()).expect("the table's folder is there");
        let names = files.map(|file| file.expect("a file has a name").file_name());
        let mut names: Vec<_> = names
            .map(|name| name.to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".json"))
            .filter(|name| name != "vocabulary.json" && name != "findings.json")
            .collect();
        names.sort();
        Self {
            rows: names.iter().flat_map(|name| rows(&read(name))).collect(),
            vocabulary: vocabulary(&read("vocabulary.json")),
            findings: findings(&read("findings.json")),
        }
    }
}

fn rows(file: &Value) -> Vec<Row> {
    let name = text(&file["name"]);
    let columns = texts(&file["columns"]);
    let lines = file["rows"].as_array().expect("a list of rows");
    let row = |line: &Value| {
        let cells = texts(line);
        assert_eq!(cells.len(), columns.len(), "{name}: {line}");
        let cell = |column: &str| {
            let place = columns.iter().position(|title| title == column);
            place.map(|place| cells[place].clone())
        };
        let must = |column| cell(column).unwrap_or_else(|| panic!("{name} has no {column}"));
        let given = must("given");
        Row {
            id: format!("{name}.{}", must("id")),
            action: cell("do").unwrap_or_else(|| text(&file["action"])),
            seats: file["kind"] == "sft",
            by: must("by"),
            given: given.split_whitespace().map(str::to_owned).collect(),
            expect: must("expect"),
            why: must("why"),
            source: must("source"),
        }
    };
    lines.iter().map(row).collect()
}

fn vocabulary(file: &Value) -> Vocabulary {
    let wanted = file["wanted"].as_array().expect("a list");
    let wanted: Vec<_> = wanted.iter().map(|reason| text(&reason["name"])).collect();
    let reasons = Reason::ALL.iter().map(|reason| reason.name().to_owned());
    let answers = reasons
        .chain(wanted.iter().cloned())
        .chain(texts(&file["mirrorErrors"]))
        .chain([ALLOWED.to_owned()])
        .collect();
    let values = |values: &Value| entries(values).map(|(value, _)| value.clone()).collect();
    Vocabulary {
        callers: entries(&file["callers"])
            .map(|(caller, _)| caller.clone())
            .collect(),
        facts: entries(&file["facts"])
            .map(|(key, meanings)| (key.clone(), values(meanings)))
            .collect(),
        answers,
        wanted,
        coverage: coverage(&file["coverage"]),
    }
}

fn coverage(file: &Value) -> Vec<Covered> {
    let covered = |(action, how): (&String, &Value)| {
        let mut facts = texts(&file["restrictions"]);
        if how["receiver"] == true {
            facts.extend(texts(&file["receiverRestrictions"]));
        }
        let whose = text(&how["standing"]);
        if whose != "none" {
            let standings = texts(&file["standings"]);
            let others = standings
                .iter()
                .filter(|standing| how["baseline"] != ***standing);
            facts.extend(others.map(|standing| format!("{whose}={standing}")));
        }
        Covered {
            action: action.clone(),
            facts,
        }
    };
    entries(&file["actions"]).map(covered).collect()
}

fn findings(file: &Value) -> Findings {
    let missing = file["notYetExpressible"].as_array().expect("a list");
    let count = |entry: &Value| {
        let rows = entry["rows"].as_u64().expect("a number of rows");
        usize::try_from(rows).expect("rows fit into memory")
    };
    Findings {
        disagree: differing(&file["disagree"]),
        on_contracts: differing(&file["onContracts"]),
        not_yet_expressible: missing
            .iter()
            .map(|entry| (text(&entry["what"]), count(entry)))
            .collect(),
    }
}

fn differing(list: &Value) -> BTreeMap<String, String> {
    let said = |entry: &Value| {
        let severity = text(&entry["severity"]);
        let known = ["high", "medium", "low", "order"].contains(&severity.as_str());
        assert!(known && text(&entry["gain"]).ends_with('.'), "{entry}");
        (text(&entry["row"]), text(&entry["code"]))
    };
    list.as_array().expect("a list").iter().map(said).collect()
}
