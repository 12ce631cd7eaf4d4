//! One seed: a history of the source, everything that goes wrong meanwhile, and what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::Result;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde::Serialize;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::destination::DEEPEST;
use crate::faults::{Channel, HttpKind, Tally};
use crate::gate::{Side, Step};
use crate::proxy::Fault as HttpFault;
use crate::services::{ROLES, Role, Terms};
use crate::source::Lie;
use crate::world::{Skew, World};

/// Rounds of a storm. Each lets the source go on and makes something else go wrong.
const ROUNDS: u32 = 10;
/// Longest time that a trap waits for its step; rarer steps may not come.
const TRAP: Duration = Duration::from_secs(2);

/// Of a thousand messages between a service and a node of the source, so many meet a fault. There are many
/// messages.
const NODE_SHARES: [u32; 5] = [0, 0, 5, 20, 100];
/// The same of requests to the destination's node and to attesters, of which there are fewer.
const HTTP_SHARES: [u32; 4] = [0, 20, 80, 200];

/// What one seed led to.
#[derive(Debug, Serialize)]
pub struct Outcome {
    pub seed: u64,
    /// Seconds from the beginning to the judgement.
    pub took: f64,
    /// Updates of the source that were final in the end.
    pub updates: usize,
    pub kills: usize,
    /// The steps at which services were killed, and how often.
    pub killed_at: BTreeMap<String, usize>,
    /// The faults, and how often each was inflicted.
    pub faults: BTreeMap<&'static str, u64>,
    /// How services ended by themselves, and how often; they were started again.
    pub ended: BTreeMap<String, usize>,
    /// Seconds from the end of the faults to the end of their consequences.
    pub settled_after: f64,
    /// Everything that was not as it has to be.
    pub findings: Vec<String>,
}

/// Runs one seed from its beginning to its end.
///
/// # Errors
/// When the world itself fails: anvil, PostgreSQL, the machine.
pub async fn run(seed: u64) -> Result<Outcome> {
    let began = Instant::now();
    let mut dice = StdRng::seed_from_u64(seed);
    let terms = Terms {
        confirmations: *[1, 1, 3, 12].choose(&mut dice).expect("there are some"),
        max_updates: *[1, 3, 50].choose(&mut dice).expect("there are some"),
        heartbeat: 3,
    };
    let skew = skew(&mut dice);
    let world = World::start(seed, terms, skew, |_, _| {}).await?;
    let mut storm = Storm {
        seed,
        began,
        dice,
        tally: Tally::default(),
        killed_at: BTreeMap::new(),
        liar: None,
        lied_to: BTreeSet::new(),
        upgrade_in: None,
        world,
    };
    storm.upgrade_in = storm
        .dice
        .random_bool(0.5)
        .then(|| storm.dice.random_range(0..ROUNDS));
    // Some meet their first faults while they start for the first time, most later.
    if storm.dice.random_bool(0.75) {
        storm.world.append(2, 0);
        storm.world.settle().await?;
    }
    for round in 0..ROUNDS {
        storm.round(round).await?;
    }
    let outcome = storm.calm().await;
    storm.world.end().await;
    outcome
}

/// The source may be ahead of the destination by as much as the mirror takes, or behind by an hour; both
/// may be wrong by more.
fn skew(dice: &mut StdRng) -> Skew {
    let destination = dice.random_range(-3_600..3_600);
    let source = destination + dice.random_range(-3_600..100);
    Skew {
        source,
        destination,
    }
}

struct Storm {
    seed: u64,
    began: Instant,
    dice: StdRng,
    tally: Tally,
    killed_at: BTreeMap<String, usize>,
    /// Whose first node lies at present, and whose ever did.
    liar: Option<Role>,
    lied_to: BTreeSet<Role>,
    upgrade_in: Option<u32>,
    world: World,
}

impl Storm {
    async fn round(&mut self, round: u32) -> Result<()> {
        self.misbehave(u64::from(round));
        let trap = self.dice.random_bool(0.8).then(|| self.set_trap());
        if self.upgrade_in == Some(round) {
            let now = self.world.source_millis();
            self.world.source.change(|chain| chain.upgrade(now));
            self.tally.count("source: runtime upgraded");
        }
        self.go_on().await;
        match self.dice.random_range(0..6) {
            0 | 1 => {
                // Small ones are the rule, and any depth is possible.
                let bits = self.dice.random_range(0..=DEEPEST.ilog2());
                let depth = self.dice.random_range(1..=1 << bits);
                self.world.reorganise(depth).await?;
                self.tally.count("destination: reorganised");
            }
            2 => {
                self.world.set_mining(false);
                self.go_on().await;
                sleep(Duration::from_millis(self.dice.random_range(100..700))).await;
                self.world.set_mining(true);
                self.tally.count("destination: mined nothing for a while");
            }
            3 => self.lie(),
            4 => {
                let role = self.anyone();
                self.world.services[&role].gate.close();
                sleep(Duration::from_millis(self.dice.random_range(1..200))).await;
                self.world.services[&role].gate.open();
                self.tally.count("database: connections dropped");
            }
            _ => {}
        }
        self.go_on().await;
        if let Some((role, side, sprung)) = trap {
            self.spring(role, side, sprung).await;
        }
        Ok(())
    }

    /// A few blocks of the source, some of them final later or never.
    async fn go_on(&mut self) {
        for _ in 0..self.dice.random_range(1..4) {
            let changes = *[0, 1, 1, 2, 3]
                .choose(&mut self.dice)
                .expect("there are some");
            let but = *[0, 0, 1, 4].choose(&mut self.dice).expect("there are some");
            self.world.append(changes, but);
            sleep(Duration::from_millis(self.dice.random_range(0..60))).await;
        }
        if self.dice.random_bool(0.3) {
            // Any depth up to what is not final.
            for _ in 0..self.dice.random_range(1..20) {
                self.world.append(1, u64::MAX);
            }
            sleep(Duration::from_millis(self.dice.random_range(0..60))).await;
            let depth = self.world.source.change(|chain| chain.reorganise());
            if depth > 0 {
                self.tally.count("source: reorganised");
            }
        }
    }

    /// Other faults for every channel, from none to many.
    fn misbehave(&mut self, round: u64) {
        for (number, role) in (0u64..).zip(ROLES) {
            let nodes = self.world.services[&role].nodes.len();
            for (way, place) in (0u64..).zip(0..nodes) {
                let channel = self.channel([round, number, way], &NODE_SHARES);
                let node = &self.world.services[&role].nodes[place];
                let fault = move |method: &str, message| channel.node_fault(method, message);
                node.faulty.misbehave(fault);
            }
            let kind = HttpKind::Destination;
            let channel = self.channel([round, number, 2], &HTTP_SHARES);
            let fault = move |label: &str, message| channel.http_fault(kind, label, message);
            self.world.services[&role].destination.misbehave(fault);
            let kind = HttpKind::Attester;
            let channel = self.channel([round, number, 3], &HTTP_SHARES);
            let fault = move |label: &str, message| channel.http_fault(kind, label, message);
            if let Some(attester) = self.world.attesters.get(&role) {
                attester.misbehave(fault);
            }
        }
    }

    /// A channel that is told from others by round, service and way, with one of these shares of faults.
    fn channel(&mut self, [round, service, way]: [u64; 3], shares: &[u32]) -> Channel {
        Channel {
            seed: self.seed,
            number: (round << 16) | (service << 8) | way,
            per_mille: *shares.choose(&mut self.dice).expect("there are some"),
            tally: self.tally.clone(),
        }
    }

    /// At some durable step soon, somebody is killed, or only loses the database.
    fn set_trap(&mut self) -> (Role, Side, oneshot::Receiver<Step>) {
        let role = self.anyone();
        let side = if self.dice.random() {
            Side::Before
        } else {
            Side::After
        };
        let mut steps = self.dice.random_range(0..8);
        let sprung = self.world.services[&role].gate.cut_at(side, move |_| {
            steps -= 1;
            steps < 0
        });
        (role, side, sprung)
    }

    async fn spring(&mut self, role: Role, side: Side, sprung: oneshot::Receiver<Step>) {
        let served = &self.world.services[&role];
        let Ok(Ok(step)) = timeout(TRAP, sprung).await else {
            served.gate.disarm();
            served.gate.open();
            return;
        };
        if self.dice.random_bool(0.2) {
            // It survives, or ends by itself and is started again.
            served.gate.open();
            return self.tally.count("database: connections cut at a commit");
        }
        self.world.kill(role).await;
        self.tally.count("killed at a commit");
        let name = role.name();
        let kind = name.split('-').next().unwrap_or(&name);
        let point = format!(
            "{kind} {} {step}",
            if side == Side::Before {
                "before"
            } else {
                "after"
            }
        );
        *self.killed_at.entry(point).or_default() += 1;
    }

    /// The nodes of one service lie from the next update on, or stop lying.
    fn lie(&mut self) {
        if let Some(liar) = self.liar.take() {
            return self.tell(liar, None);
        }
        let role = self.anyone();
        let from_nonce = self.world.source.lock().best().state.outbox.nonce + 1;
        let lie = match self.dice.random_range(0..3) {
            0 => Lie::Torn { from_nonce },
            // The indexer has one node: a story that fits together is the truth to it.
            1 if role != Role::Indexer => Lie::Forged { from_nonce },
            // It finds out with the next update, not before.
            2 if role != Role::Indexer => Lie::Omitted { from_nonce },
            _ => Lie::Torn { from_nonce },
        };
        self.tell(role, Some(lie));
        self.liar = Some(role);
        self.lied_to.insert(role);
        self.tally.count(lie.name());
    }

    /// The first node of a service, which it follows, is the liar.
    fn tell(&self, role: Role, lie: Option<Lie>) {
        self.world.services[&role].nodes[0].tell(lie);
    }

    fn anyone(&mut self) -> Role {
        *ROLES.choose(&mut self.dice).expect("there are some")
    }

    /// Ends all faults, and finds out what came of them.
    async fn calm(&mut self) -> Result<Outcome> {
        self.behave();
        let began = Instant::now();
        self.resume().await?;
        self.world.append(1, 0);
        let findings = self.world.watch.findings.clone();
        if let Err(error) = self.world.settle().await {
            findings.add(format!("lost: {error:#}"));
        }
        let settled_after = began.elapsed().as_secs_f64();
        self.world.judge().await?;
        let updates = self.world.source.lock().final_updates().count();
        Ok(Outcome {
            seed: self.seed,
            took: self.began.elapsed().as_secs_f64(),
            updates,
            kills: self.killed_at.values().sum(),
            killed_at: std::mem::take(&mut self.killed_at),
            faults: self.tally.counts(),
            ended: self.world.ends(),
            settled_after,
            findings: findings.all(),
        })
    }

    fn behave(&mut self) {
        self.world.set_mining(true);
        if let Some(liar) = self.liar.take() {
            self.tell(liar, None);
        }
        for served in self.world.services.values() {
            served.gate.disarm();
            served.gate.open();
            served.destination.misbehave(|_, _| HttpFault::None);
            for liable in &served.nodes {
                liable.faulty.behave();
            }
        }
        for proxy in self.world.attesters.values() {
            proxy.misbehave(|_, _| HttpFault::None);
        }
    }

    /// Does what an operator does about a halt, once its cause is gone: `lex-relayer resume`, and a
    /// restart. There is none but for a lie.
    async fn resume(&mut self) -> Result<()> {
        self.world.started().await?;
        for role in &self.lied_to {
            // What it has read of the lie is forgotten with it.
            self.world.kill(*role).await;
        }
        for (role, store) in self.world.stores().await? {
            let Some(halt) = store.halt().await? else {
                continue;
            };
            if !self.lied_to.contains(&role) {
                let (name, reason) = (role.name(), halt.reason);
                self.world
                    .watch
                    .findings
                    .add(format!("{name} halted without a lie: {reason}"));
            }
            self.tally.count("halted by a lie, and resumed");
            store.resume().await?;
            self.world.kill(role).await;
        }
        Ok(())
    }
}
