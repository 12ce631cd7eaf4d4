//! Services behind a node that has bad days: it is overloaded, breaks off, answers nonsense, stands
//! still. They survive, say so, and never tell its address.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lex_cli::stack::Binaries;
use lex_cli::target::repository;
use lex_client::abi::license::License;
use lex_client::{B256, U256};
use lex_tests::{Fault, FaultyNode, System, TypeTerms};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// Longest time for a service to be where it should.
const WITHIN: Duration = Duration::from_secs(180);
/// What the node's address carries.
const TOKENS: [&str; 3] = ["hunter2", "t0k3n-0123456789", "s3cr3tkey"];

#[tokio::test(flavor = "multi_thread")]
async fn services_survive_a_node_in_trouble_and_never_tell_its_token() -> Result<()> {
    let system = System::start().await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    let proxy = FaultyNode::in_front_of(&system.stack.endpoints().node).await?;
    let indexer = Service::start(&system, &proxy, "indexer").await?;
    let attester = Service::start(&system, &proxy, "attester-1").await?;
    proxy.misbehave(bad_day);
    for _ in 0..4 {
        let holder = system.issuer.address();
        system.issue_many(license_type, holder, 5).await?;
    }
    let nonce = system.network.outbox().await?.nonce;
    let last = system.network.source.finalized().await?.number;
    indexer.until("indexedBlock", last, "/health/ready").await?;
    attester.until("nonce", nonce, "/v1/head").await?;
    ensure!(proxy.messages() > 200, "hardly anything passed the proxy");

    // It is away altogether: whatever is said about that is public.
    proxy.misbehave(|_, _| Fault::Drop);
    let attestation = json!({"destination": "anvil", "nonce": nonce + 9, "sourceBlock": last + 9});
    attester.post("/v1/attestations", &attestation).await?;
    for path in ["/health/ready", "/v1/head", "/metrics"] {
        attester.get(path).await?;
    }
    for path in ["/health/ready", "/metrics"] {
        indexer.get(path).await?;
    }
    indexer
        .ask("{ _meta { stale } licenses { totalCount } }")
        .await?;
    let began = Service::start_anew(&system, &proxy, "indexer", "elsewhere").await?;
    began.ended().await?;
    for service in [indexer, attester, began] {
        service.says_nothing_of(&TOKENS)?;
    }
    system.stack.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stands_still_is_not_taken_for_a_quiet_chain() -> Result<()> {
    let system = System::start().await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    let license = system.issue(license_type, system.issuer.address()).await?;
    let proxy = FaultyNode::in_front_of(&system.stack.endpoints().node).await?;
    let indexer = Service::start(&system, &proxy, "indexer").await?;
    let attester = Service::start(&system, &proxy, "attester-1").await?;
    let last = system.network.source.finalized().await?.number;
    indexer.until("indexedBlock", last, "/health/ready").await?;

    proxy.misbehave(|_, _| Fault::Stale);
    let revoke = License::revokeCall {
        tokenId: license,
        reason: 1,
        evidence: B256::ZERO,
    };
    system.call(&system.issuer, &revoke).await?;
    // Nothing that the node says has changed, so only the clock tells.
    let reason = indexer.until_not_ready("s old").await?;
    assert!(
        reason.contains("the chain promises one every 20 s"),
        "{reason}"
    );
    let answer = indexer.ask(&status_of(license)).await?;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "STALE",
        "{answer}"
    );
    let meta = indexer
        .ask("{ _meta { stale ageSeconds lagBlocks } }")
        .await?;
    let meta = &meta["data"]["_meta"];
    assert_eq!(meta["lagBlocks"], "0", "the node agrees with itself");
    assert!(meta["stale"].is_string(), "{meta}");
    let reason = attester
        .until_not_ready("no block was verified for")
        .await?;
    assert!(
        reason.contains(&format!("{} is at block", proxy.url())),
        "{reason}"
    );
    let age = indexer.metric("lex_indexer_block_age_seconds").await?;
    assert!(age > 20.0, "{age} s");

    proxy.behave();
    let status = indexer.until_answered(&status_of(license)).await?;
    assert_eq!(status["data"]["license"]["status"], "REVOKED");
    system.stack.stop().await;
    Ok(())
}

/// One message in five is answered with an error of load or trouble; some break off, are cut, come
/// twice or late.
fn bad_day(_: &str, number: u64) -> Fault {
    const TROUBLES: [(i32, &str); 4] = [
        (-32_029, "too many requests"),
        (-32_603, "internal error"),
        (-32_000, "server error"),
        (429, "slow down"),
    ];
    match number % 5 {
        0 => {
            let (code, message) = TROUBLES[(number / 5 % 4) as usize];
            Fault::Error { code, message }
        }
        _ if number % 67 == 1 => Fault::Drop,
        _ if number % 71 == 2 => Fault::Truncate,
        _ if number % 73 == 3 => Fault::Duplicate,
        _ if number % 11 == 4 => Fault::Delay(Duration::from_millis(50)),
        _ => Fault::None,
    }
}

fn status_of(license: U256) -> String {
    format!("{{ license(id: \"{license}\") {{ status }} }}")
}

/// A service with a state of its own that reads from the proxy.
struct Service {
    name: String,
    url: String,
    process: tokio::sync::Mutex<Child>,
    /// All that it said: on its outputs and in its answers.
    said: Arc<Mutex<String>>,
    client: reqwest::Client,
}

impl Service {
    async fn start(system: &System, node: &FaultyNode, name: &str) -> Result<Self> {
        let service = Self::start_anew(system, node, name, "faulty").await?;
        let deadline = Instant::now() + WITHIN;
        while service.get("/health/live").await.is_err() {
            let said = service.end_of_what_it_said();
            let ended = service.process.lock().await.try_wait()?;
            ensure!(ended.is_none(), "{name} ended at its start: {said}");
            ensure!(Instant::now() < deadline, "{name} does not start: {said}");
            sleep(Duration::from_millis(50)).await;
        }
        Ok(service)
    }

    /// Starts with the stack's configuration of `name`, but for the node, the schema and the port.
    async fn start_anew(
        system: &System,
        node: &FaultyNode,
        name: &str,
        schema: &str,
    ) -> Result<Self> {
        let binaries = Binaries::find(&repository())?;
        let mut command = match name {
            "indexer" => Command::new(binaries.indexer),
            _ => Command::new(binaries.relayer),
        };
        if name != "indexer" {
            command.arg("attest");
        }
        let state = &system.stack.config().state;
        let free = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        let [user, token, key] = TOKENS;
        let host = node.url().replacen("ws://", "", 1);
        let url = format!("ws://user:{user}@{host}/v3/{token}?key={key}");
        let schema = format!("{}_{schema}", name.replace('-', "_"));
        let mut process = command
            .arg("--config")
            .arg(state.join(format!("config/{name}.toml")))
            .env("LEX__DATABASE__SCHEMA", schema)
            .env("LEX__HTTP__LISTEN", free.to_string())
            .env("LEX__SOURCE__LONGEST_SILENCE", "20s")
            .env(
                match name {
                    "indexer" => "LEX__SOURCE__URL",
                    _ => "LEX__SOURCE__ENDPOINTS",
                },
                match name {
                    "indexer" => url,
                    _ => format!("[\"{url}\"]"),
                },
            )
            .env("RUST_LOG", "debug")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let said = Arc::new(Mutex::default());
        listen(process.stdout.take(), &said);
        listen(process.stderr.take(), &said);
        Ok(Self {
            name: name.to_owned(),
            url: format!("http://{free}"),
            process: process.into(),
            said,
            client: reqwest::Client::builder().no_proxy().build()?,
        })
    }

    /// Waits until it has ended by itself, as it does when it cannot start.
    async fn ended(&self) -> Result<()> {
        let ended = tokio::time::timeout(WITHIN, self.process.lock().await.wait()).await;
        ended.with_context(|| format!("{} runs on", self.name))??;
        Ok(())
    }

    async fn get(&self, path: &str) -> Result<String> {
        let answer = self.client.get(format!("{}{path}", self.url)).send();
        self.heard(answer.await?.text().await?)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<String> {
        let request = self.client.post(format!("{}{path}", self.url));
        self.heard(request.json(body).send().await?.text().await?)
    }

    async fn ask(&self, query: &str) -> Result<Value> {
        let answer = self.post("/graphql", &json!({ "query": query })).await?;
        Ok(serde_json::from_str(&answer)?)
    }

    fn heard(&self, text: String) -> Result<String> {
        self.said.lock().expect("no panic").push_str(&text);
        Ok(text)
    }

    /// Waits until a number of the answer reaches `wanted`; the service has to live until then.
    async fn until(&self, field: &str, wanted: u64, path: &str) -> Result<()> {
        let deadline = Instant::now() + WITHIN;
        loop {
            let answer: Value =
                serde_json::from_str(&self.get(path).await.with_context(|| {
                    format!("{} is gone: {}", self.name, self.end_of_what_it_said())
                })?)?;
            let found = match &answer[field] {
                Value::String(text) => text.parse().ok(),
                number => number.as_u64(),
            };
            if found.is_some_and(|found| found >= wanted) {
                return Ok(());
            }
            let still = format!("{}: {field} is {found:?} of {wanted}", self.name);
            ensure!(Instant::now() < deadline, still);
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until it is not ready for a reason with this part.
    async fn until_not_ready(&self, part: &str) -> Result<String> {
        let deadline = Instant::now() + WITHIN;
        loop {
            let answer: Value = serde_json::from_str(&self.get("/health/ready").await?)?;
            match answer["reason"].as_str() {
                Some(reason) if reason.contains(part) => return Ok(reason.to_owned()),
                _ => {}
            }
            ensure!(Instant::now() < deadline, "{}: {answer}", self.name);
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn until_answered(&self, query: &str) -> Result<Value> {
        let deadline = Instant::now() + WITHIN;
        loop {
            let answer = self.ask(query).await?;
            if answer.get("errors").is_none() {
                return Ok(answer);
            }
            ensure!(Instant::now() < deadline, "{answer}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn metric(&self, name: &str) -> Result<f64> {
        let metrics = self.get("/metrics").await?;
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        Ok(line.context("no such metric")?.trim().parse()?)
    }

    fn end_of_what_it_said(&self) -> String {
        let said = self.said.lock().expect("no panic");
        let from = said.len().saturating_sub(2000);
        said.get(from..).unwrap_or_default().to_owned()
    }

    fn says_nothing_of(&self, secrets: &[&str]) -> Result<()> {
        let said = self.said.lock().expect("no panic");
        ensure!(!said.is_empty(), "{} says nothing at all", self.name);
        for secret in secrets {
            let line = said.lines().find(|line| line.contains(secret));
            ensure!(line.is_none(), "{} says {secret}: {line:?}", self.name);
        }
        Ok(())
    }
}

fn listen(output: Option<impl AsyncRead + Unpin + Send + 'static>, said: &Arc<Mutex<String>>) {
    let output = output.expect("it is a pipe");
    let said = said.clone();
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut said = said.lock().expect("no panic");
            said.push_str(&line);
            said.push('\n');
        }
    });
}
