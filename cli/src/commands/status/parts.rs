//! What runs, and what each part says of itself.

use serde::Serialize;

use super::service::{self, Answer};
use crate::stack::{Endpoints, NextSteps, StateDir, Trouble, Unready};

/// One component of the stack.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartStatus {
    pub(super) name: String,
    pub(super) up: bool,
    pub(super) pid: Option<u32>,
    pub(super) url: Option<String>,
    /// Unix seconds.
    pub(super) since: Option<u64>,
    /// Whether it says that it does its work; `None` for what is not asked.
    pub(super) ready: Option<bool>,
    /// Why it has halted.
    pub(super) halted: Option<String>,
    /// Why it is not ready, or does not answer.
    pub(super) why: Option<String>,
    /// Whether it runs but does not answer.
    pub(super) silent: bool,
    /// Since when its supervisor finds it silent, Unix seconds.
    pub(super) silent_since: Option<u64>,
    /// Whether it leads its schema, which only one process of a kind does at a time; `None` for what is
    /// not asked or does not answer.
    pub(super) leads: Option<bool>,
    /// The newest source block that it has verified or indexed.
    pub(super) source_block: Option<u64>,
    /// Time of that block, Unix seconds.
    pub(super) source_time: Option<u64>,
    /// The newest update that it has verified.
    pub(super) verified_nonce: Option<u64>,
}

impl PartStatus {
    pub(super) fn is_deliverer(&self) -> bool {
        self.name == "deliverer"
    }

    fn hear(&mut self, answer: Answer) {
        self.leads = answer.leads;
        self.source_block = answer.source_block;
        self.source_time = answer.source_time;
        self.verified_nonce = answer.verified_nonce;
        self.ready = Some(answer.unready.is_none());
        match answer.unready {
            Some(Unready::Halted(why)) => self.halted = Some(why),
            Some(Unready::NotYet(why)) => self.why = Some(why),
            Some(Unready::Silent(why)) => {
                self.why = Some(format!("it runs but does not answer ({why})"));
                self.silent = true;
            }
            None => {}
        }
    }
}

/// Looks at every component that is known or recorded, and says what is wrong with which.
pub(super) async fn look(
    state: &StateDir,
    endpoints: Option<&Endpoints>,
    is_supervised: bool,
) -> (Vec<PartStatus>, Vec<Trouble>) {
    let parts = components(state, endpoints).into_iter();
    let parts = parts.map(|part| asked(part, state, is_supervised));
    let parts = futures::future::join_all(parts).await;
    let steps = NextSteps::of(state);
    let troubles = if is_gone(&parts, is_supervised) {
        vec![steps.of_gone()]
    } else {
        let trouble = |part| trouble(part, &steps, is_supervised);
        parts.iter().filter_map(trouble).collect()
    };
    (parts, troubles)
}

/// Whether nothing is left of a stack that nobody ended.
fn is_gone(parts: &[PartStatus], is_supervised: bool) -> bool {
    !is_supervised && !parts.is_empty() && parts.iter().all(|part| !part.up)
}

fn components(state: &StateDir, endpoints: Option<&Endpoints>) -> Vec<PartStatus> {
    let known = endpoints.map_or(&[][..], |endpoints| &endpoints.components);
    let mut names: Vec<String> = known.iter().map(|known| known.name.clone()).collect();
    for name in state.recorded_components() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|name| {
            let running = state.pid_file(&name).running();
            let url = known.iter().find(|known| known.name == name);
            PartStatus {
                up: running.is_some(),
                since: running.as_ref().and_then(|_| state.started_at(&name)),
                pid: running.map(|record| record.pid),
                url: url.map(|known| known.url.clone()),
                ready: None,
                halted: None,
                why: None,
                silent: false,
                silent_since: None,
                leads: None,
                source_block: None,
                source_time: None,
                verified_nonce: None,
                name,
            }
        })
        .collect()
}

async fn asked(mut part: PartStatus, state: &StateDir, is_supervised: bool) -> PartStatus {
    // What a killed supervisor wrote tells nothing of now.
    let silent_since = state.silent_since(&part.name);
    part.silent_since = silent_since.filter(|_| is_supervised && part.up);
    if part.silent_since.is_some() {
        part.silent = true;
        part.ready = Some(false);
        part.why = Some(String::from("HUNG: it runs but answers nothing"));
        return part;
    }
    let url = part.url.clone().filter(|_| part.up);
    if let (Some(kind), Some(url)) = (service::Kind::of(&part.name), url) {
        part.hear(service::ask(kind, &url).await);
    }
    part
}

fn trouble(part: &PartStatus, steps: &NextSteps, is_supervised: bool) -> Option<Trouble> {
    if !part.up {
        return Some(steps.of_down(&part.name, is_supervised));
    }
    let unready = match (&part.halted, &part.why) {
        (Some(why), _) => Unready::Halted(why.clone()),
        (None, Some(why)) if part.silent => Unready::Silent(why.clone()),
        (None, Some(why)) => Unready::NotYet(why.clone()),
        (None, None) => return None,
    };
    let trouble = steps.of_unready(&part.name, &unready, is_supervised);
    Some(Trouble {
        // A halted part has verified nothing since; of others it is not known when it began.
        since: match part.halted {
            Some(_) => part.source_time,
            None => part.silent_since,
        },
        ..trouble
    })
}
