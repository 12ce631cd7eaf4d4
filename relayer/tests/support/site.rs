//! Whole services of both roles on a source in memory, a real anvil and real databases, with something that
//! can break between each two of them.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use alloy::primitives::{U256, hex};
use alloy::signers::local::PrivateKeySigner;
use lex_relayer::condition::{Cause, Trouble};
use lex_relayer::config::{
    AttesterConfig, AttesterSection, DelivererConfig, DestinationSection, HttpSection, SecretText,
    SignerSection, SourceSection, StateConfig,
};
use lex_relayer::mirror::Mirror;
use lex_relayer::{service, status, telemetry};
use lex_test_postgres::Cluster;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::anvil::{ANVIL_CHAIN_ID, Anvil, control};
use super::postgres::Database;
use super::proxy::Proxy;
use super::source::{FakeChain, FakeNode};
use super::world::{deliverer_config, funds};

/// What the source chain promises.
const LONGEST_SILENCE: Duration = Duration::from_secs(5);
/// Longest wait for what must happen.
const PATIENCE: Duration = Duration::from_secs(120);

/// One of a process. Every service fills it when it is asked.
static METRICS: LazyLock<PrometheusHandle> =
    LazyLock::new(|| telemetry::init_metrics().expect("the only recorder"));

/// The recorder is one, so one site works at a time.
static TURN: Mutex<()> = Mutex::const_new(());

/// Three attesters, of which two have to sign, and a deliverer's surroundings.
pub struct Site {
    pub chain: FakeChain,
    pub mirror: Mirror,
    /// Before anvil.
    pub destination: Proxy,
    pub attesters: Vec<Attester>,
    /// Of the deliverer alone.
    pub cluster: Arc<Cluster>,
    pub database: Database,
    pub signer: PrivateKeySigner,
    /// The deliverer's.
    pub nodes: Vec<FakeNode>,
    anvil: Anvil,
    _turn: MutexGuard<'static, ()>,
}

/// An attester, its node, and what stands before it.
pub struct Attester {
    pub service: Service,
    pub node: FakeNode,
    pub proxy: Proxy,
    _database: Database,
}

/// A service at work in a task of its own.
pub struct Service {
    pub config: StateConfig,
    url: String,
    cancel: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
    client: reqwest::Client,
}

impl Site {
    pub async fn start() -> Self {
        let turn = TURN.lock().await;
        let chain = FakeChain::start();
        let anvil = Anvil::start(None).await;
        let keys = [(); 3].map(|()| PrivateKeySigner::random());
        let members = keys.iter().map(PrivateKeySigner::address).collect();
        let mirror = anvil.deploy(members, 2).await;
        let destination = Proxy::before(anvil.url.reveal().as_str()).await;
        let mut attesters = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            let node = chain.node(&format!("attester-{index}"));
            attesters.push(Attester::start(key, node, &mirror, &destination).await);
        }
        let signer = PrivateKeySigner::random();
        let cluster = Arc::new(Cluster::alone());
        let site = Self {
            nodes: vec![chain.node("first"), chain.node("second")],
            database: Database::on(cluster.clone()),
            chain,
            mirror,
            destination,
            attesters,
            cluster,
            signer,
            anvil,
            _turn: turn,
        };
        site.fund(funds()).await;
        site
    }

    /// A deliverer, the first of its schema or another one.
    pub async fn deliverer(&self) -> Service {
        let urls = self.attesters.iter().map(|attester| &attester.proxy.url);
        let urls = urls.map(|url| url.parse().expect("a URL")).collect();
        let rpc_url = self.destination.url.parse().expect("a URL");
        let database = self.database.config.clone();
        let mirror = self.mirror.address();
        let mut config: DelivererConfig = deliverer_config(database, mirror, rpc_url, urls);
        config.source = source();
        config.http = http().await;
        config.signer = signer(&self.signer);
        config.batch.max_updates = 50;
        config.readiness.max_stall = Duration::from_secs(2);
        let state = StateConfig {
            http: config.http.clone(),
            database: config.database.clone(),
        };
        let nodes = self.nodes.clone();
        Service::start(state, |cancel| {
            service::deliver_from(config, nodes, cancel, Some(METRICS.clone()))
        })
    }

    pub async fn fund(&self, balance: U256) {
        let account = self.signer.address();
        control(&self.mirror, "anvil_setBalance", json!([account, balance])).await;
    }

    /// Appends an update and waits until the mirror has it.
    pub async fn append_and_mirror(&self) {
        let nonce = self.chain.append(1);
        until(&format!("update {nonce} is mirrored"), async || {
            let found = self.mirror.view().await.map_or(0, |view| view.nonce);
            (found == nonce)
                .then_some(())
                .ok_or_else(|| format!("the mirror holds {found}"))
        })
        .await;
    }
}

impl Attester {
    async fn start(
        key: &PrivateKeySigner,
        node: FakeNode,
        mirror: &Mirror,
        destination: &Proxy,
    ) -> Self {
        let database = Database::new();
        let config = AttesterConfig {
            source: source(),
            database: database.config.clone(),
            http: http().await,
            signer: signer(key),
            attester: AttesterSection::default(),
            destinations: vec![DestinationSection {
                name: "anvil".to_owned(),
                chain_id: ANVIL_CHAIN_ID,
                mirror: mirror.address(),
                epoch: None,
                rpc_url: Some(destination.url.parse().expect("a URL")),
            }],
        };
        let state = StateConfig {
            http: config.http.clone(),
            database: config.database.clone(),
        };
        let nodes = vec![node.clone()];
        let service = Service::start(state, |cancel| {
            service::attest_from(config, nodes, cancel, Some(METRICS.clone()))
        });
        let proxy = Proxy::before(&service.url).await;
        Self {
            service,
            node,
            proxy,
            _database: database,
        }
    }
}

impl Service {
    fn start<F>(config: StateConfig, run: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let cancel = CancellationToken::new();
        Self {
            url: format!("http://{}", config.http.listen),
            task: tokio::spawn(run(cancel.clone())),
            config,
            cancel,
            client: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client"),
        }
    }

    /// Ends it as SIGTERM does.
    pub async fn stop(self) {
        self.cancel.cancel();
        let ended = self.task.await.expect("no panic");
        ended.expect("it was told to");
    }

    /// Ends it at once.
    pub async fn kill(self) {
        self.task.abort();
        let ended = self.task.await;
        assert!(ended.is_err_and(|error| error.is_cancelled()));
    }

    pub async fn get(&self, path: &str) -> Result<(u16, String), String> {
        if self.task.is_finished() {
            panic!("the service has ended");
        }
        let request = self.client.get(format!("{}{path}", self.url));
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        let body = answer.text().await.map_err(|error| error.to_string())?;
        Ok((status, body))
    }

    /// Waits until readiness, status and metrics say that it stopped for this cause.
    pub async fn stops_for(&self, cause: Cause) {
        self.shows(&format!("a stop, {}", cause.name()), |surfaces| {
            surfaces.stop(cause)
        })
        .await;
    }

    /// Waits until readiness, status and metrics say that an attester does not sign, and that the work goes
    /// on nevertheless.
    pub async fn warns_of(&self, attester: &Attester) {
        self.shows("a warning", |surfaces| {
            surfaces.warning(&attester.proxy.url)
        })
        .await;
    }

    /// Waits until readiness, status and metrics say that nothing is wrong.
    pub async fn is_well(&self) {
        self.shows("all is well", Surfaces::well).await;
    }

    async fn shows(&self, label: &str, check: impl Fn(&Surfaces) -> Result<(), String>) {
        until(label, async || check(&self.surfaces().await?)).await;
    }

    async fn surfaces(&self) -> Result<Surfaces, String> {
        let (ready_status, ready) = self.get("/health/ready").await?;
        let (_, metrics) = self.get("/metrics").await?;
        let report = status::of(&self.config, None, 3).await;
        let report = report.map_err(|error| error.to_string())?;
        Ok(Surfaces {
            is_ready: ready_status == 200,
            ready: serde_json::from_str(&ready).map_err(|error| error.to_string())?,
            text: report.to_string(),
            status: report,
            metrics,
        })
    }
}

/// The three places where an operator looks.
struct Surfaces {
    is_ready: bool,
    ready: Value,
    status: status::StatusReport,
    text: String,
    metrics: String,
}

impl Surfaces {
    fn stop(&self, cause: Cause) -> Result<(), String> {
        let name = cause.name();
        let service = self.status.service.as_ref().ok_or("no status")?;
        let said = |troubles: &[Trouble]| troubles.iter().any(|trouble| trouble.cause == cause);
        let shown = match cause {
            Cause::Halted => "HALTED".to_owned(),
            _ => format!("{name}: "),
        };
        expect(
            "readiness",
            !self.is_ready && named(&self.ready["stops"], name),
            &self.ready,
        )?;
        expect("status", said(&service.stops), &self.text)?;
        expect("status in words", self.text.contains(&shown), &self.text)?;
        let value = self.metric(&format!("lex_relayer_stop{{cause=\"{name}\"}}"));
        expect("metrics", value == Some(1.0), &self.metrics)
    }

    fn warning(&self, url: &str) -> Result<(), String> {
        let is_named = named(&self.ready["warnings"], "attester");
        let is_told = self.ready["warnings"].to_string().contains(url);
        expect(
            "readiness",
            self.is_ready && is_named && is_told,
            &self.ready,
        )?;
        let service = self.status.service.as_ref().ok_or("no status")?;
        let said = service
            .warnings
            .iter()
            .any(|warning| warning.reason.contains(url));
        expect(
            "status",
            said && self.text.contains("warning, attester"),
            &self.text,
        )?;
        let value = self
            .metrics
            .lines()
            .find(|line| line.starts_with("lex_relayer_attester_signs") && line.contains(url));
        let is_zero = value.is_some_and(|line| line.ends_with(" 0"));
        expect("metrics", is_zero, &self.metrics)
    }

    fn well(&self) -> Result<(), String> {
        let is_well = self.is_ready && self.ready["warnings"] == json!([]);
        expect("readiness", is_well, &self.ready)?;
        let service = self.status.service.as_ref().ok_or("no status")?;
        let nothing = service.stops.is_empty() && service.warnings.is_empty();
        expect("status", nothing && service.leads, &self.text)?;
        let stops: f64 = Cause::ALL
            .iter()
            .map(|cause| {
                let name = format!("lex_relayer_stop{{cause=\"{}\"}}", cause.name());
                self.metric(&name).unwrap_or(1.0)
            })
            .sum();
        expect("metrics", stops == 0.0, &self.metrics)?;
        if service.lane.is_some() {
            let backlog = self.metric("lex_relayer_backlog_updates");
            expect("the backlog", backlog == Some(0.0), &self.metrics)?;
        }
        Ok(())
    }

    fn metric(&self, name: &str) -> Option<f64> {
        let line = self
            .metrics
            .lines()
            .find_map(|line| line.strip_prefix(name));
        line?.trim().parse().ok()
    }
}

fn named(troubles: &Value, name: &str) -> bool {
    let troubles = troubles.as_array().into_iter().flatten();
    troubles.into_iter().any(|trouble| trouble["cause"] == name)
}

fn expect(surface: &str, holds: bool, found: impl std::fmt::Display) -> Result<(), String> {
    holds
        .then_some(())
        .ok_or_else(|| format!("{surface}: {found}"))
}

/// Polls until it is so.
///
/// # Panics
/// When it is not within [`PATIENCE`], saying what was found instead.
pub async fn until(label: &str, mut check: impl AsyncFnMut() -> Result<(), String>) {
    let began = tokio::time::Instant::now();
    let mut found = String::new();
    let polled = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        loop {
            ticks.tick().await;
            match check().await {
                Ok(()) => return,
                Err(error) => found = error,
            }
        }
    };
    let is_so = tokio::time::timeout(PATIENCE, polled).await.is_ok();
    assert!(is_so, "not in time: {label}; {found}");
    eprintln!("{label}: after {:?}", began.elapsed());
}

fn source() -> SourceSection {
    SourceSection {
        longest_silence: LONGEST_SILENCE,
        ..super::source()
    }
}

fn signer(key: &PrivateKeySigner) -> SignerSection {
    SignerSection {
        key_file: None,
        key: Some(SecretText::from(hex::encode_prefixed(key.to_bytes()))),
    }
}

/// On a port that was free just now.
async fn http() -> HttpSection {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    HttpSection {
        listen: free.local_addr().expect("an address"),
        doors: Default::default(),
    }
}
