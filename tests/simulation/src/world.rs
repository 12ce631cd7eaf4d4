//! Everything that one run consists of, put together.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy::primitives::Address;
use anyhow::{Context, Result};
use lex_relayer::store::Store;
use lex_test_postgres::Cluster;
use lex_tests::FaultyNode;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::Mutex;
use tokio::task::AbortHandle;
use tokio::time::sleep;

use crate::destination::{self, Destination};
use crate::findings::Findings;
use crate::gate::Gate;
use crate::process::Process;
use crate::proxy::Proxy;
use crate::services::{self, ROLES, Role, Surroundings, Terms};
use crate::source::{Chain, LICENSES, Lie, Node, Shared};
use crate::wait;
use crate::watch::{QUERY, Watch};

/// Between two questions to the index.
const ASKED_EVERY: Duration = Duration::from_millis(150);

static NEXT_WORLD: AtomicU32 = AtomicU32::new(0);

/// By how many seconds the clocks of both chains differ from this machine's.
#[derive(Clone, Copy, Debug)]
pub struct Skew {
    pub source: i64,
    pub destination: i64,
}

/// A service with all its ways to the rest of the world.
pub struct Served {
    pub role: Role,
    pub process: Process,
    pub gate: Gate,
    /// Before its nodes; the first is followed.
    pub nodes: Vec<Liable>,
    /// Before the destination's node; the indexer asks nothing there.
    pub destination: Proxy,
    schema: String,
}

/// A node that may lie, and what makes its answers late, lost or wrong.
pub struct Liable {
    node: Node,
    pub faulty: FaultyNode,
}

/// Both chains, all services, and who watches them.
pub struct World {
    pub source: Shared,
    pub destination: Arc<Mutex<Destination>>,
    pub services: BTreeMap<Role, Served>,
    /// Before the attesters, as the deliverers see them.
    pub attesters: BTreeMap<Role, Proxy>,
    pub watch: Watch,
    pub terms: Terms,
    skew: Skew,
    host: Ipv4Addr,
    client: reqwest::Client,
    /// Whether blocks of the destination are mined by themselves.
    mines: Arc<AtomicBool>,
    tasks: Vec<AbortHandle>,
    cluster: Arc<Cluster>,
}

impl World {
    /// Starts everything; `prepare` is shown each gate before its service is started.
    ///
    /// # Errors
    /// When anvil or PostgreSQL cannot be started, or a configuration is not usable.
    pub async fn start(
        seed: u64,
        terms: Terms,
        skew: Skew,
        mut prepare: impl FnMut(Role, &Gate),
    ) -> Result<Self> {
        let mut dice = StdRng::seed_from_u64(seed);
        let chain = Chain::new(StdRng::seed_from_u64(dice.random()), millis(skew.source));
        let genesis = chain.genesis();
        let source = Shared::new(chain);
        let cluster = tokio::task::spawn_blocking(Cluster::shared).await?;
        let clock = millis(skew.destination) / 1000;
        let attesters = addresses(|role| matches!(role, Role::Attester(_)));
        let payers = addresses(|role| matches!(role, Role::Deliverer(_)));
        let destination = Destination::start(clock, genesis, attesters, &payers).await?;
        let watch = Watch {
            source: source.clone(),
            findings: Findings::default(),
        };
        let mut world = Self {
            source,
            destination: Arc::new(Mutex::new(destination)),
            services: BTreeMap::new(),
            attesters: BTreeMap::new(),
            watch,
            terms,
            skew,
            host: host(),
            client: reqwest::Client::builder()
                .timeout(Duration::from_secs(10))
                .build()?,
            mines: Arc::new(AtomicBool::new(true)),
            tasks: Vec::new(),
            cluster,
        };
        for role in ROLES {
            world.serve(role, &mut prepare).await?;
        }
        world
            .tasks
            .push(tokio::spawn(mine(world.miner(), dice)).abort_handle());
        world
            .tasks
            .push(tokio::spawn(ask(world.asker())).abort_handle());
        Ok(world)
    }

    /// Starts a service and all that stands around it.
    async fn serve(&mut self, role: Role, prepare: &mut impl FnMut(Role, &Gate)) -> Result<()> {
        let address = role.address(self.host);
        let (destination, mirror) = {
            let destination = self.destination.lock().await;
            (destination.url().to_owned(), destination.mirror())
        };
        let gate = Gate::before(&self.cluster).await?;
        let mut nodes = Vec::new();
        for _ in 0..if role == Role::Indexer { 1 } else { 2 } {
            let node = Node::serve(self.source.clone()).await?;
            let faulty = FaultyNode::in_front_of(node.url()).await?;
            nodes.push(Liable { node, faulty });
        }
        let destination = Proxy::before(&destination, lying_destination, None).await?;
        if let Role::Attester(_) = role {
            let witness = self.watch.of_attester(role.name());
            let attester = format!("http://{address}");
            let proxy = Proxy::before(&attester, lying_attester, Some(witness)).await?;
            self.attesters.insert(role, proxy);
        }
        let schema = Cluster::unique_schema();
        let surroundings = Surroundings {
            nodes: nodes.iter().map(|node| node.faulty.url()).collect(),
            genesis: self.source.lock().genesis(),
            database: gate.url().to_owned(),
            schema: schema.clone(),
            listen: address,
            destination: destination.url().to_owned(),
            mirror,
            attesters: self
                .attesters
                .values()
                .map(|proxy| proxy.url().to_owned())
                .collect(),
            terms: self.terms,
        };
        prepare(role, &gate);
        let process = Process::start(&role.name(), services::service(role, &surroundings)?);
        let served = Served {
            role,
            process,
            gate,
            nodes,
            destination,
            schema,
        };
        self.services.insert(role, served);
        Ok(())
    }

    /// Unix milliseconds by the source's clock.
    pub fn source_millis(&self) -> u64 {
        millis(self.skew.source)
    }

    /// Adds a block of the source with so many changes; all but the newest `but` are final then.
    pub fn append(&self, changes: usize, but: u64) {
        let now = self.source_millis();
        self.source.change(|chain| {
            chain.append(changes, now);
            chain.finalize(but);
        });
    }

    /// Lets blocks of the destination be mined by themselves, or not.
    pub fn set_mining(&self, mines: bool) {
        self.mines.store(mines, Ordering::Relaxed);
    }

    /// Reorganises the destination, and looks at what the mirror shows then.
    ///
    /// # Errors
    /// When anvil does not answer.
    pub async fn reorganise(&self, depth: u64) -> Result<u64> {
        let destination = self.destination.lock().await;
        let depth = destination.reorganise(depth).await?;
        look(&destination, &self.watch, 1).await?;
        Ok(depth)
    }

    /// Kills a service and starts it again.
    pub async fn kill(&self, role: Role) {
        let served = &self.services[&role];
        served.process.kill(|| served.gate.open()).await;
    }

    /// Waits until mirror and index hold everything that is final, and no delivery is on its way.
    ///
    /// # Errors
    /// When they do not come there in time; the message says who is where.
    pub async fn settle(&self) -> Result<()> {
        let stores = self.stores().await?;
        let mirror = self.destination.lock().await.mirror();
        let lane = lex_model::Destination {
            chain_id: destination::CHAIN_ID,
            mirror: mirror.0.0,
        };
        let settled = wait::until(async || {
            let (end, number) = {
                let chain = self.source.lock();
                let block = chain.finalized();
                (block.state.outbox, block.number)
            };
            let mirrored = self.destination.lock().await.mirrored().await?;
            if (mirrored.nonce, mirrored.head) != (end.nonce, end.head) {
                let nonce = mirrored.nonce;
                return Ok(Some(format!(
                    "the mirror holds update {nonce} of {}",
                    end.nonce
                )));
            }
            match self.indexed().await {
                Some(indexed) if indexed >= number => {}
                indexed => return Ok(Some(format!("the index is at {indexed:?} of {number}"))),
            }
            for (role, store) in stores
                .iter()
                .filter(|(role, _)| matches!(role, Role::Deliverer(_)))
            {
                let open = store.open_deliveries(&lane).await?;
                if !open.is_empty() {
                    return Ok(Some(format!(
                        "{} of {} are on their way",
                        open.len(),
                        role.name()
                    )));
                }
            }
            Ok(None)
        });
        settled
            .await
            .with_context(|| format!("ended by themselves: {:?}", self.ends()))
    }

    /// Compares what there is in the end with what is true; what is not goes to the findings.
    ///
    /// # Errors
    /// When anvil or the database does not answer.
    pub async fn judge(&self) -> Result<()> {
        let findings = &self.watch.findings;
        let (expected, events) = {
            let chain = self.source.lock();
            let updates = chain
                .final_updates()
                .map(|update| (update.license, update.version));
            (updates.collect::<Vec<_>>(), chain.final_events())
        };
        let written = self.destination.lock().await.written().await?;
        if written != expected {
            findings.add(format!(
                "the mirror wrote {written:?}, the updates are {expected:?}"
            ));
        }
        let indexed = self.indexed_events().await?;
        if indexed != events {
            findings.add(format!(
                "the index holds {indexed} events, the chain {events}"
            ));
        }
        let check = self
            .index()
            .await?
            .check()
            .await
            .context("the index's check")?;
        if !check.is_equal() {
            findings.add("the index's tables are not what its raw events say");
        }
        for end in self.ends().into_keys().filter(|end| end.contains("panic")) {
            findings.add(end);
        }
        for (role, store) in self.stores().await? {
            if let Some(halt) = store.halt().await? {
                findings.add(format!("{} halted after all: {}", role.name(), halt.reason));
            }
        }
        Ok(())
    }

    /// How services ended by themselves, and how often; they were started again.
    pub fn ends(&self) -> BTreeMap<String, usize> {
        let mut ends = BTreeMap::new();
        for process in self.services.values().map(|served| &served.process) {
            for end in process.ends() {
                *ends
                    .entry(format!("{}: {end}", process.name()))
                    .or_default() += 1;
            }
        }
        ends
    }

    /// Waits until every relayer has a state that can be read.
    ///
    /// # Errors
    /// When one does not come there in time.
    pub async fn started(&self) -> Result<()> {
        let stores = self.stores().await?;
        let started = wait::until(async || {
            for (role, store) in &stores {
                if let Err(error) = store.must_be_readable().await {
                    return Ok(Some(format!("{} has not started: {error}", role.name())));
                }
            }
            Ok(None)
        });
        started
            .await
            .with_context(|| format!("ended by themselves: {:?}", self.ends()))
    }

    /// The states of all relayers, past their gates.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn stores(&self) -> Result<Vec<(Role, Store)>> {
        let mut stores = Vec::new();
        for served in self
            .services
            .values()
            .filter(|served| served.role != Role::Indexer)
        {
            let section = toml::from_str(&self.database(served))?;
            stores.push((served.role, Store::open(&section).await?));
        }
        Ok(stores)
    }

    /// The index's state, past its gate.
    async fn index(&self) -> Result<lex_indexer::store::Store> {
        let section = toml::from_str(&self.database(&self.services[&Role::Indexer]))?;
        Ok(lex_indexer::store::Store::open(&section).await?)
    }

    /// Raw events that the index holds.
    async fn indexed_events(&self) -> Result<usize> {
        let mut connection = PgConnection::connect(self.cluster.url()).await?;
        let schema = &self.services[&Role::Indexer].schema;
        let count = format!("select count(*) from {schema}.contract_event");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(count))
            .fetch_one(&mut connection)
            .await?;
        Ok(usize::try_from(count)?)
    }

    fn database(&self, served: &Served) -> String {
        format!(
            "url = {:?}\nschema = {:?}\nmax_connections = 2",
            self.cluster.url(),
            served.schema
        )
    }

    /// The block that the index's answer is of, if it answers.
    async fn indexed(&self) -> Option<u64> {
        self.asker().ask().await
    }

    fn asker(&self) -> Asker {
        Asker {
            url: format!("http://{}/graphql", Role::Indexer.address(self.host)),
            client: self.client.clone(),
            watch: self.watch.clone(),
        }
    }

    fn miner(&self) -> Miner {
        Miner {
            destination: self.destination.clone(),
            mines: self.mines.clone(),
            watch: self.watch.clone(),
        }
    }

    /// Ends everything.
    pub async fn end(mut self) {
        for task in &self.tasks {
            task.abort();
        }
        for (_, served) in std::mem::take(&mut self.services) {
            served.process.end().await;
        }
    }
}

impl Liable {
    /// From now on the node lies, or tells the truth again.
    pub fn tell(&self, lie: Option<Lie>) {
        self.node.tell(lie);
    }
}

/// Mines, and looks at what the mirror shows after each block.
struct Miner {
    destination: Arc<Mutex<Destination>>,
    mines: Arc<AtomicBool>,
    watch: Watch,
}

async fn mine(miner: Miner, mut dice: StdRng) {
    loop {
        sleep(Duration::from_millis(dice.random_range(10..80))).await;
        if !miner.mines.load(Ordering::Relaxed) {
            continue;
        }
        let destination = miner.destination.lock().await;
        let license = dice.random_range(1..=LICENSES);
        let looked = async {
            destination.mine(1).await?;
            look(&destination, &miner.watch, license).await
        };
        if let Err(error) = looked.await {
            let finding = format!("the destination failed: {error:#}");
            miner.watch.findings.add(finding);
        }
    }
}

/// Looks at what the mirror shows. Nothing may mine meanwhile.
async fn look(destination: &Destination, watch: &Watch, license: u64) -> Result<()> {
    let mirrored = destination.mirrored().await?;
    watch.mirrored(mirrored, license, destination.shown(license).await?);
    Ok(())
}

/// Asks the index, and looks at what it answers.
struct Asker {
    url: String,
    client: reqwest::Client,
    watch: Watch,
}

impl Asker {
    async fn ask(&self) -> Option<u64> {
        let request = self.client.post(&self.url).json(&json!({"query": QUERY}));
        // While the indexer is away there is no answer.
        let answer = request.send().await.ok()?.json::<Value>().await.ok()?;
        self.watch.answered(&answer)
    }
}

async fn ask(asker: Asker) {
    loop {
        asker.ask().await;
        sleep(ASKED_EVERY).await;
    }
}

/// Of everybody of a kind.
fn addresses(is_wanted: impl Fn(Role) -> bool) -> Vec<Address> {
    let wanted = ROLES.into_iter().filter(|role| is_wanted(*role));
    let keys = wanted.filter_map(Role::key);
    keys.map(|key| key.address()).collect()
}

/// A host of this machine's own network for one world of one process.
fn host() -> Ipv4Addr {
    let process = std::process::id();
    let world = NEXT_WORLD.fetch_add(1, Ordering::Relaxed);
    let byte = |number: u32| u8::try_from(1 + number % 250).expect("up to 250");
    Ipv4Addr::new(127, byte(process), byte(process / 250), byte(world))
}

fn millis(skew: i64) -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970");
    let now = i64::try_from(now.as_millis()).expect("it is long before the year 292278994");
    (now + 1000 * skew).cast_unsigned()
}

/// A node that shows something else in place of what a contract answers, no receipts, and an account that
/// never did anything.
fn lying_destination(request: &Value, answer: &Value) -> Option<Value> {
    let mut lie = answer.clone();
    match request["method"].as_str()? {
        "eth_call" => {
            let mut told = alloy::hex::decode(answer["result"].as_str()?).ok()?;
            told.iter_mut().for_each(|byte| *byte = !*byte);
            lie["result"] = json!(alloy::hex::encode_prefixed(told));
        }
        "eth_getTransactionReceipt" => lie["result"] = Value::Null,
        "eth_getTransactionCount" => lie["result"] = json!("0x0"),
        _ => return None,
    }
    Some(lie)
}

/// An attester whose signature is for something else.
fn lying_attester(_: &Value, answer: &Value) -> Option<Value> {
    let signature = answer["signature"].as_str()?;
    let mut bytes = alloy::hex::decode(signature).ok()?;
    *bytes.first_mut()? ^= 1;
    let mut lie = answer.clone();
    lie["signature"] = json!(alloy::hex::encode_prefixed(bytes));
    Some(lie)
}
