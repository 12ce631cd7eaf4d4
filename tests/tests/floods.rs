//! Hostile queries, clients that do not read, half-sent requests and floods, all at once, against the
//! services of a running stack: whoever asks something normal meanwhile is answered, memory stays
//! bounded, and the services end when they are told to.
//!
//! Attackers have processors of their own. Here they share those of the services, so they get what the
//! services and whoever asks something normal leave; how much they asked is told with the result.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lex_cli::stack::Component;
use lex_tests::{System, TypeTerms};
#[cfg(target_os = "linux")]
use rustix::process::nice;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// Whoever waits so long hangs.
const HANG: Duration = Duration::from_secs(60);
/// How long an attacker holds a connection before it takes another.
const HOLD: Duration = Duration::from_secs(5);
/// What the processes may take at most.
const MAX_MEMORY_MIB: u64 = 256;
const NORMAL_QUERIES: usize = 200;
/// How long an attack lasts at least, so that attackers have held connections and come again.
const ATTACK: Duration = Duration::from_secs(15);
const LICENSES: usize = 30;
const ATTACKING_THREADS: usize = 2;
/// How nice attackers are: a tenth of the processor is theirs where it is wanted by others, too.
#[cfg(target_os = "linux")]
const GIVES_WAY: i32 = 10;

/// Its answer has some hundred kilobytes.
const LARGE: &str = "{ __schema { types { name description fields { name description type { name } \
    args { name description } } inputFields { name description } enumValues { name description } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn floods_stop_no_service() -> Result<()> {
    let system = System::start().await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    system
        .issue_many(license_type, system.issuer.address(), LICENSES)
        .await?;
    for (name, path, normal) in [
        (
            "indexer",
            "/graphql",
            Some(query("{ license(id: \"1\") { id status holder } }")),
        ),
        ("attester-1", "/v1/head", None),
        ("deliverer", "/v1/head", None),
    ] {
        let component = system.stack.component(name)?;
        withstands(component, path, normal.as_ref())
            .await
            .with_context(|| format!("the {name} does not withstand"))?;
    }
    system.stack.stop().await;
    Ok(())
}

/// Attacks a service, asks it something normal meanwhile, and ends it.
async fn withstands(component: &Component, path: &str, normal: Option<&Value>) -> Result<()> {
    let service = Service::of(component)?;
    let attack = Attack::on(service, path)?;
    let client = client(1)?;
    let mut times = Vec::new();
    let attacked = Instant::now();
    while times.len() < NORMAL_QUERIES || attacked.elapsed() < ATTACK {
        let began = Instant::now();
        let request = match normal {
            Some(query) => client.post(service.url(path)).json(query),
            None => client.get(service.url(path)),
        };
        let answer = timeout(HANG, request.send()).await.context("no answer")??;
        ensure!(answer.status() == 200, "{}", answer.text().await?);
        let answer: Value = answer.json().await?;
        ensure!(answer.get("errors").is_none(), "{answer}");
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let peak = service.peak_mib()?;
    let ended = service.terminate().await?;
    let answered = attack.end();
    ensure!(
        answered > 0 || normal.is_none(),
        "the attackers were not heard, so nothing was withstood"
    );
    eprintln!(
        "{}: {} normal queries, p50 {:?}, p99 {:?}, worst {:?}; {answered} answers that attackers took; peak memory \
         {peak} MiB; ended in {ended:?}",
        component.name(),
        times.len(),
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        times[times.len() - 1],
    );
    ensure!(peak < MAX_MEMORY_MIB, "{peak} MiB");
    ensure!(ended < Duration::from_secs(10), "ended in {ended:?}");
    Ok(())
}

type Attacker = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Attackers at work, on threads of their own.
struct Attack {
    threads: Runtime,
    answered: Arc<AtomicU64>,
}

impl Attack {
    fn on(service: Service, path: &str) -> Result<Self> {
        let threads = Builder::new_multi_thread()
            .enable_all()
            .worker_threads(ATTACKING_THREADS)
            .on_thread_start(|| {
                // Of this thread alone, on Linux. Elsewhere nothing is given way to.
                #[cfg(target_os = "linux")]
                let _ = nice(GIVES_WAY);
            })
            .build()?;
        let answered = Arc::default();
        for attacker in service.attackers(path, &answered) {
            threads.spawn(attacker);
        }
        Ok(Self { threads, answered })
    }

    /// Returns how many of their requests were answered, as far as they wait for answers.
    fn end(self) -> u64 {
        self.threads.shutdown_background();
        self.answered.load(Ordering::Relaxed)
    }
}

/// A running process that serves HTTP.
#[derive(Clone, Copy)]
struct Service {
    address: SocketAddr,
    pid: u32,
}

impl Service {
    fn of(component: &Component) -> Result<Self> {
        let url = &component.spec().url;
        let address = url.trim_start_matches("http://").trim_end_matches('/');
        Ok(Self {
            address: address.parse().with_context(|| url.clone())?,
            pid: component.pid().context("it does not run")?,
        })
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Attackers of every kind, as many futures.
    fn attackers(self, path: &str, answered: &Arc<AtomicU64>) -> Vec<Attacker> {
        let mut attack: Vec<Attacker> = Vec::new();
        let post = |body: &str| {
            let length = body.len();
            format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}")
        };
        let unread = match path {
            "/graphql" => post(&query(LARGE).to_string()),
            _ => "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        };
        let half_body = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n{}",
            "x".repeat(100_000)
        );
        for (count, text) in [
            // Many times the same request, of which no answer is read.
            (200, unread.repeat(5)),
            (100, half_body),
            (100, format!("GET {path} HTTP/1.1\r\nhost: ")),
            (50, String::new()),
        ] {
            for _ in 0..count {
                let text = text.clone();
                attack.push(Box::pin(async move { self.hold(2, &text).await }));
            }
        }
        if path == "/graphql" {
            for body in hostile() {
                attack.push(Box::pin(self.repeat(3, path, body, answered.clone())));
            }
            let far = query(
                "{ _meta { lagBlocks } b: _meta(block: { numberGte: \"99999999\" }) { lagBlocks } }",
            );
            for _ in 0..60 {
                let body = far.to_string();
                attack.push(Box::pin(self.repeat(4, path, body, answered.clone())));
            }
        }
        attack
    }

    /// Sends `text`, does not read, and begins anew after a while.
    async fn hold(self, from: u8, text: &str) {
        loop {
            if let Ok(mut stream) = self.connect(from).await {
                let _ = timeout(HOLD, stream.write_all(text.as_bytes())).await;
                tokio::time::sleep(HOLD).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn connect(self, from: u8) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4096)?;
        socket.bind(SocketAddr::from((address(from), 0)))?;
        socket.connect(self.address).await
    }

    /// Asks again as soon as there is an answer.
    fn repeat(
        self,
        from: u8,
        path: &str,
        body: String,
        answered: Arc<AtomicU64>,
    ) -> impl Future<Output = ()> + use<> {
        let url = self.url(path);
        async move {
            let client = client(from).expect("a client");
            loop {
                let answer = client.post(&url).body(body.clone()).send().await;
                match answer {
                    Ok(answer) => {
                        drop(answer.bytes().await);
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        }
    }

    /// The most memory that the process had.
    fn peak_mib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let mut lines = status.lines();
        let peak = lines.find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
        Ok(kib.context("no VmHWM")?.trim().parse::<u64>()? / 1024)
    }

    /// SIGTERM, and how long the process took to end.
    async fn terminate(&self) -> Result<Duration> {
        let began = Instant::now();
        let pid = Pid::from_raw(i32::try_from(self.pid)?).context("no process id")?;
        kill_process(pid, Signal::TERM)?;
        let process = format!("/proc/{}", self.pid);
        let ended = async {
            while std::fs::exists(&process).unwrap_or(false) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(HANG, ended).await.context("it does not end")?;
        Ok(began.elapsed())
    }
}

/// Bodies of queries that once ended or froze the indexer, or took its memory.
fn hostile() -> Vec<String> {
    let ladder: String = (0..28)
        .map(|step| {
            format!(
                "fragment f{step} on Query {{ {} }} ",
                format!("...f{} ", step + 1).repeat(3)
            )
        })
        .collect();
    let chain = format!("{} name {}", "fields { type { ".repeat(6), "} }".repeat(6));
    let names: String = (0..500).map(|n| format!("a{n}: __typename ")).collect();
    let fields: String = (0..1_500).map(|n| format!("a{n} ")).collect();
    let mut queries = vec![
        format!("{{ ...f0 }} {ladder} fragment f28 on Query {{ _meta {{ lagBlocks }} }}"),
        format!(
            "{{ license(id: {}1{}) {{ id }} }}",
            "[".repeat(2_000),
            "]".repeat(2_000)
        ),
        format!("{{ __schema {{ types {{ {chain} }} }} }}"),
        format!("{{ licenses(first: 1000) {{ nodes {{ {names} }} }} }}"),
        format!("{{ {fields} }}"),
    ];
    for _ in 0..8 {
        queries.push(LARGE.to_owned());
        queries.push(
            "{ licenses(first: 1000) { nodes { id holder status metadataUri } totalCount } }"
                .to_owned(),
        );
    }
    queries.iter().map(|text| query(text).to_string()).collect()
}

fn query(text: &str) -> Value {
    json!({ "query": text })
}

fn client(last: u8) -> Result<reqwest::Client> {
    let client = reqwest::Client::builder().local_address(std::net::IpAddr::V4(address(last)));
    Ok(client.build()?)
}

/// One of this machine's own addresses, so that attackers and others are not the same client.
fn address(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, last)
}
