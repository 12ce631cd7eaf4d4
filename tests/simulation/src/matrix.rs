//! The crash matrix: each service is killed just before and just after everything durable that it does.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde::Serialize;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use crate::gate::{Gate, Side, Step};
use crate::services::{Role, Terms};
use crate::wait::PATIENCE;
use crate::world::{Skew, World};

/// Where a service is killed.
#[derive(Clone, Copy, Debug)]
enum At {
    /// At the commit that writes this, see [`Step::writes`].
    Commit(&'static str),
    /// At the commit that writes this and not that.
    CommitOf {
        writes: &'static str,
        but_not: &'static str,
    },
    /// At this request to the destination's node.
    Request(&'static str),
}

/// What makes a service come there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provocation {
    /// Its first start.
    Start,
    /// Changes on the source.
    Change,
    /// Changes, and a destination that mines nothing.
    Wait,
    /// Changes, and reorganisations of the destination.
    Reorganise,
}

/// A durable step of one kind of service.
#[derive(Clone, Copy, Debug)]
struct Point {
    name: &'static str,
    role: Role,
    at: At,
    by: Provocation,
}

const ATTESTER: Role = Role::Attester(1);
const DELIVERER: Role = Role::Deliverer(1);

const POINTS: [Point; 18] = [
    point(
        "attester: schema migrated",
        ATTESTER,
        At::Commit("insert _sqlx_migrations"),
        Provocation::Start,
    ),
    point(
        "attester: bound to its source",
        ATTESTER,
        At::Commit("insert instance"),
        Provocation::Start,
    ),
    point(
        "attester: block verified",
        ATTESTER,
        At::Commit("insert source_block"),
        Provocation::Change,
    ),
    point(
        "attester: signature recorded",
        ATTESTER,
        At::Commit("insert signed_attestation"),
        Provocation::Change,
    ),
    point(
        "deliverer: schema migrated",
        DELIVERER,
        At::Commit("insert _sqlx_migrations"),
        Provocation::Start,
    ),
    point(
        "deliverer: bound to its source",
        DELIVERER,
        At::Commit("insert instance"),
        Provocation::Start,
    ),
    point(
        "deliverer: block verified",
        DELIVERER,
        At::Commit("insert source_block"),
        Provocation::Change,
    ),
    point(
        "deliverer: delivery recorded",
        DELIVERER,
        At::Commit("insert delivery"),
        Provocation::Change,
    ),
    point(
        "deliverer: transaction handed over",
        DELIVERER,
        At::Request("eth_sendRawTransaction"),
        Provocation::Change,
    ),
    point(
        "deliverer: its taking noted",
        DELIVERER,
        At::Commit("update delivery_transaction"),
        Provocation::Change,
    ),
    point(
        "deliverer: inclusion noted",
        DELIVERER,
        At::Commit("update delivery included"),
        Provocation::Change,
    ),
    point(
        "deliverer: finality noted",
        DELIVERER,
        At::Commit("update delivery final"),
        Provocation::Change,
    ),
    point(
        "deliverer: replacement recorded",
        DELIVERER,
        At::CommitOf {
            writes: "insert delivery_transaction",
            but_not: "insert delivery",
        },
        Provocation::Wait,
    ),
    point(
        "deliverer: given up",
        DELIVERER,
        At::Commit("update delivery superseded"),
        Provocation::Reorganise,
    ),
    point(
        "deliverer: reorganised away",
        DELIVERER,
        At::Commit("update delivery reopened"),
        Provocation::Reorganise,
    ),
    point(
        "indexer: schema migrated",
        Role::Indexer,
        At::Commit("insert _sqlx_migrations"),
        Provocation::Start,
    ),
    point(
        "indexer: index begun",
        Role::Indexer,
        At::Commit("insert checkpoint"),
        Provocation::Start,
    ),
    point(
        "indexer: blocks committed",
        Role::Indexer,
        At::Commit("update checkpoint"),
        Provocation::Change,
    ),
];

const fn point(name: &'static str, role: Role, at: At, by: Provocation) -> Point {
    Point { name, role, at, by }
}

/// The steps' names, in their order.
pub fn names() -> impl Iterator<Item = &'static str> {
    POINTS.iter().map(|point| point.name)
}

/// A kill, and what was found wrong after it; nothing, when all is well.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    pub point: &'static str,
    pub side: Side,
    pub seed: u64,
    pub findings: Vec<String>,
}

/// Kills once at every point, in an order of the seed's, and judges after every kill. On which side of a
/// point changes from seed to seed.
///
/// # Errors
/// When the world itself fails: anvil, PostgreSQL, the machine.
pub async fn run(seed: u64) -> Result<Vec<Cell>> {
    let mut dice = StdRng::seed_from_u64(seed);
    let terms = Terms {
        confirmations: 3,
        max_updates: 5,
        heartbeat: 3_600,
    };
    let skew = Skew {
        source: 0,
        destination: 0,
    };
    let mut first = BTreeMap::new();
    let skipped: u32 = dice.random_range(0..4);
    let world = World::start(seed, terms, skew, |role, gate| {
        if let Some((point, side)) = starts(role, seed).next() {
            first.insert(role, trap(gate, side, point.at, skipped));
        }
    });
    let mut matrix = Matrix {
        world: world.await?,
        dice,
        seed,
        cells: Vec::new(),
    };
    matrix.kill_at_starts(first).await?;
    let mut later: Vec<_> = kills(seed)
        .filter(|(point, _)| point.by != Provocation::Start)
        .collect();
    later.shuffle(&mut matrix.dice);
    for (point, side) in later {
        matrix.kill_at(point, side).await?;
    }
    matrix.world.judge().await?;
    let in_the_end = matrix.world.watch.findings.take();
    matrix.world.end().await;
    // What is lost or doubled shows in the end, and does not say by which kill.
    for cell in &mut matrix.cells {
        cell.findings.extend(in_the_end.clone());
    }
    Ok(matrix.cells)
}

/// All points, each with the side on which a seed kills there.
fn kills(seed: u64) -> impl Iterator<Item = (Point, Side)> {
    let sides = if seed.is_multiple_of(2) {
        [Side::Before, Side::After]
    } else {
        [Side::After, Side::Before]
    };
    POINTS.into_iter().zip(sides.into_iter().cycle())
}

/// What a service is killed at while it starts for the first time, in this order.
fn starts(role: Role, seed: u64) -> impl Iterator<Item = (Point, Side)> {
    kills(seed).filter(move |(point, _)| point.by == Provocation::Start && point.role == role)
}

fn trap(gate: &Gate, side: Side, at: At, mut skipped: u32) -> oneshot::Receiver<Step> {
    gate.cut_at(side, move |step| {
        let is_there = match at {
            At::Commit(writes) => step.writes(writes),
            At::CommitOf { writes, but_not } => step.writes(writes) && !step.writes(but_not),
            At::Request(_) => false,
        };
        if is_there && skipped > 0 {
            skipped -= 1;
            return false;
        }
        is_there
    })
}

struct Matrix {
    world: World,
    dice: StdRng,
    seed: u64,
    cells: Vec<Cell>,
}

impl Matrix {
    /// Kills services at each point of their first start, one after the other.
    async fn kill_at_starts(
        &mut self,
        first: BTreeMap<Role, oneshot::Receiver<Step>>,
    ) -> Result<()> {
        for (role, sprung) in first {
            self.kill_at_start(role, sprung).await?;
        }
        self.world.append(1, 0);
        let found = self.settle().await;
        let started = kills(self.seed).filter(|(point, _)| point.by == Provocation::Start);
        for (point, side) in started {
            self.note(point, side, found.clone());
        }
        Ok(())
    }

    async fn kill_at_start(&self, role: Role, mut sprung: oneshot::Receiver<Step>) -> Result<()> {
        let mut rest = starts(role, self.seed).peekable();
        while let Some((point, side)) = rest.next() {
            if timeout(PATIENCE, sprung).await.is_err() {
                bail!("{} did not come {side:?} {:?}", role.name(), point.name);
            }
            let Some((next, side)) = rest.peek() else {
                break;
            };
            sprung = trap(&self.world.services[&role].gate, *side, next.at, 0);
            self.world.kill(role).await;
        }
        self.world.kill(role).await;
        Ok(())
    }

    /// Provokes the point until the service is killed there, and has everything settle.
    async fn kill_at(&mut self, point: Point, side: Side) -> Result<()> {
        let served = &self.world.services[&point.role];
        let deadline = Instant::now() + PATIENCE;
        match point.at {
            At::Request(label) => {
                let mut sprung = served.destination.hold_at(side, label);
                self.provoke(point, deadline, &mut sprung).await?;
            }
            at => {
                let mut sprung = trap(&served.gate, side, at, 0);
                self.provoke(point, deadline, &mut sprung).await?;
            }
        }
        self.world.set_mining(true);
        self.world.kill(point.role).await;
        self.world.append(1, 0);
        let found = self.settle().await;
        self.note(point, side, found);
        Ok(())
    }

    async fn provoke<T>(
        &mut self,
        point: Point,
        deadline: Instant,
        sprung: &mut oneshot::Receiver<T>,
    ) -> Result<()> {
        while Instant::now() < deadline {
            self.world.append(self.dice.random_range(1..4), 0);
            let waits = Duration::from_millis(match point.by {
                Provocation::Start | Provocation::Change => 300,
                Provocation::Wait => {
                    self.world.set_mining(false);
                    1_500
                }
                Provocation::Reorganise => {
                    let depth = self.dice.random_range(1..20);
                    self.world.reorganise(depth).await?;
                    200
                }
            });
            if timeout(waits, &mut *sprung).await.is_ok() {
                return Ok(());
            }
            // What waited is mined, for another to wait.
            self.world.set_mining(true);
        }
        bail!("nothing came to {:?}", point.name)
    }

    /// Everything that was found wrong until all is settled.
    async fn settle(&mut self) -> Vec<String> {
        let mut findings = Vec::new();
        if let Err(error) = self.world.settle().await {
            findings.push(format!("lost: {error:#}"));
        }
        findings.extend(self.world.watch.findings.take());
        findings
    }

    fn note(&mut self, point: Point, side: Side, findings: Vec<String>) {
        let (point, seed) = (point.name, self.seed);
        self.cells.push(Cell {
            point,
            side,
            seed,
            findings,
        });
    }
}
