//! The status as people read it.

use super::Status;
use super::figures::Figures;
use super::parts::PartStatus;
use crate::journey::agreement_table;
use crate::output::{fields, span, table, time};

pub(super) fn text(status: &Status) -> String {
    let mut text = String::new();
    if status.components.is_empty() {
        text += "No stack was started here; `lex up` starts one.\n";
    } else {
        text += &components(&status.components);
        text += "\n";
        if !status.supervised {
            text += "No `lex up` supervises it: crashed components are not started again.\n";
        }
    }
    if let Some(figures) = &status.progress {
        text += &progress(figures);
    }
    for why in &status.unanswered {
        text += &format!("no answer  {why}\n");
    }
    if let Some(agreement) = &status.agreement {
        text += &agreement_table(agreement);
        text += "\n";
    }
    for trouble in &status.troubles {
        let since = trouble
            .since
            .map_or_else(String::new, |since| format!(" (since {})", time(since)));
        text += &format!("\n{}: {}{since}\n", trouble.part, trouble.what);
        text += &format!("  next: {}\n", trouble.next);
    }
    text
}

fn components(parts: &[PartStatus]) -> String {
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| String::from("-"));
    table(
        [
            "component",
            "state",
            "pid",
            "since",
            "source block",
            "address",
        ],
        parts.iter().map(|part| {
            [
                part.name.clone(),
                state(part),
                or_dash(part.pid.map(|pid| pid.to_string())),
                or_dash(part.since.map(time)),
                or_dash(part.source_block.map(|block| block.to_string())),
                or_dash(part.url.clone()),
            ]
        }),
    )
}

fn state(part: &PartStatus) -> String {
    let state = if !part.up {
        "DOWN"
    } else if part.halted.is_some() {
        "HALTED"
    } else if part.ready == Some(false) {
        "NOT READY"
    } else if part.leads == Some(true) {
        "up, leads"
    } else {
        "up"
    };
    state.to_owned()
}

fn progress(figures: &Figures) -> String {
    let number =
        |value: Option<u64>| value.map_or_else(|| String::from("?"), |value| value.to_string());
    let source_age = figures
        .source_age
        .map_or_else(String::new, |age| format!(" ({} ago)", span(age)));
    let mirror_age = figures.mirror_age.map_or_else(String::new, |age| {
        let stale = if figures.mirror_fresh == Some(true) {
            ""
        } else {
            ", STALE"
        };
        format!(" (state of {} ago{stale})", span(age))
    });
    let oldest = figures.oldest_waits.map_or_else(String::new, |waits| {
        format!(" (the oldest for {})", span(waits))
    });
    fields([
        (
            "finalized block",
            number(figures.finalized_block) + &source_age,
        ),
        ("indexed block", number(figures.indexed_block)),
        ("updates on chain", number(figures.outbox_nonce)),
        (
            "updates mirrored",
            number(figures.mirrored_nonce) + &mirror_age,
        ),
        ("updates waiting", number(figures.waiting_updates) + &oldest),
        ("mirror chain block", number(figures.mirror_chain_block)),
    ])
}
