//! Everything is upgraded under traffic, one after another: the chain's runtime, the index's schema while the old
//! indexer serves, and each service, by a new process beside the old one. No change is lost, and how long reads
//! paused is told.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lex_cli::agreement::settle_and_compare;
use lex_cli::stack::{Component, wait};
use lex_cli::target::Network;
use lex_client::abi::license::License;
use lex_client::{B256, CallError, Signer, Submitter, U256};
use lex_tests::{
    Beside, ISSUER, NextRuntime, NodeControl, System, TypeTerms, every_update_was_mirrored_once,
    run_sql, the_index_follows_from_its_raw_events,
};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

const SERVICES: [&str; 5] = [
    "indexer",
    "attester-1",
    "attester-2",
    "attester-3",
    "deliverer",
];
const LICENSES: usize = 10;
/// Longest time for what must happen by itself.
const WITHIN: Duration = Duration::from_secs(180);
/// How long a change may take.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(20);
/// Between two reads, and between two changes.
const PAUSE: Duration = Duration::from_millis(10);

/// What a newer program does to the schema that an older one can go on with, see `schema_compatibility`.
const NEXT_MIGRATION: &str = "
    alter table license add column added_by_the_next_program text;
    create index license_by_what_was_added on license (added_by_the_next_program);
    insert into _sqlx_migrations (version, description, success, checksum, execution_time)
        values (99991231000001, 'of the next program', true, '\\x00', 0)";

#[tokio::test(flavor = "multi_thread")]
async fn upgrades_of_everything_lose_nothing() -> Result<()> {
    let system = System::start().await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    let holder = system.issuer.address();
    let licenses = system.issue_many(license_type, holder, LICENSES).await?;
    let indexer = system.stack.component("indexer")?;
    let readers = Readers::new(indexer.spec().url.clone());

    let is_over = AtomicBool::new(false);
    let upgrades = async {
        let upgraded = upgrade_everything(&system, &readers).await;
        is_over.store(true, Ordering::Release);
        upgraded
    };
    let (upgraded, changes, reads) = tokio::join!(
        upgrades,
        changes(&system, &licenses, &is_over),
        readers.read(licenses[0], &is_over),
    );
    upgraded?;
    let (changes, reads) = (changes?, reads?);
    eprintln!(
        "{} changes confirmed, {} of them submitted twice; {} reads, their longest pause {:?}",
        changes.confirmed, changes.repeated, reads.count, reads.longest_pause
    );
    ensure!(
        changes.confirmed > 0 && reads.count > 0,
        "there was no traffic"
    );

    let agreement = settle_and_compare(&system.network, WITHIN).await?;
    ensure!(agreement.holds(), "{agreement:#?}");
    let mirror = system.stack.endpoints().mirror;
    every_update_was_mirrored_once(&system.network, &mirror, &licenses).await?;
    let config = system.stack.config().state.join("config/indexer.toml");
    the_index_follows_from_its_raw_events(&indexer.spec().program, &config).await?;
    changes.are_on(&system.network).await?;
    system.stack.stop().await;
    Ok(())
}

async fn upgrade_everything(system: &System, readers: &Readers) -> Result<()> {
    upgrade_the_runtime(system).await?;
    let config = system.stack.config().state.join("config/indexer.toml");
    run_sql(&config, NEXT_MIGRATION).await?;
    for service in SERVICES {
        roll(system, service, readers)
            .await
            .with_context(|| format!("the {service} is not upgraded"))?;
    }
    Ok(())
}

async fn upgrade_the_runtime(system: &System) -> Result<()> {
    let node = system.stack.endpoints().node;
    NextRuntime::of(&node).await?.submit(&node, 0).await?;
    let control = NodeControl::new(&node)?;
    wait::until("the next runtime", WITHIN, || async {
        match control.best_spec_version().await {
            Ok(2) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await?;
    Ok(())
}

/// Another process takes over from the service's, and the component's next one from that, so that in the end
/// everything is where it was.
async fn roll(system: &System, service: &str, readers: &Readers) -> Result<()> {
    let component = system.stack.component(service)?;
    let log = system
        .stack
        .config()
        .state
        .join(format!("{service}.beside.log"));
    let beside = Beside::start(component, log)?;
    if service == "indexer" {
        readers.also(beside.url());
    }
    beside.begun().await?;
    component.stop().await?;
    beside.ready().await?;

    let next = component.restart();
    let hand_over = async {
        until_begun(component).await?;
        beside.stop().await
    };
    let (next, handed_over) = tokio::join!(next, hand_over);
    handed_over?;
    Ok(next?)
}

/// Waits until the component's process runs, and listens if it does so before it has the lead.
async fn until_begun(component: &Component) -> Result<()> {
    let address = component.spec().url.trim_start_matches("http://");
    wait::until("the next process", WITHIN, || async {
        component.pid().ok_or("it is down")?;
        if component.name() == "indexer" {
            let listens = TcpStream::connect(address).await;
            listens.map_err(|error| error.to_string())?;
        }
        Ok(())
    })
    .await?;
    Ok(())
}

/// What was final when its submitter was told so.
#[derive(Default)]
struct Changes {
    confirmed: usize,
    /// Those that had to be submitted again: a node forgets what waits in its pool when the runtime changes,
    /// because the signatures are for the old one.
    repeated: usize,
    /// The newest version of each license that was seen after a change.
    versions: BTreeMap<U256, u32>,
}

impl Changes {
    async fn are_on(&self, network: &Network) -> Result<()> {
        for (id, version) in &self.versions {
            let found = version_of(network, *id).await?;
            ensure!(
                found >= *version,
                "license {id} has version {found}; {version} was final"
            );
        }
        Ok(())
    }
}

/// Suspends or resumes one license after another until the upgrades are over.
async fn changes(system: &System, licenses: &[U256], is_over: &AtomicBool) -> Result<Changes> {
    let network = &system.network;
    let new_issuer = || -> Result<Submitter> {
        let issuer = network.submitter(Signer::from_uri(ISSUER)?)?;
        Ok(issuer.with_timeout(CONFIRMED_WITHIN))
    };
    let mut issuer = new_issuer()?;
    let mut changes = Changes::default();
    for id in licenses.iter().cycle() {
        if is_over.load(Ordering::Acquire) {
            break;
        }
        match change(system, &issuer, *id).await {
            Ok(()) => changes.confirmed += 1,
            Err(CallError::Timeout { .. }) => {
                changes.repeated += 1;
                issuer = new_issuer()?;
                change(system, &issuer, *id).await?;
                changes.confirmed += 1;
            }
            Err(error) => return Err(error).with_context(|| format!("a change of license {id}")),
        }
        changes
            .versions
            .insert(*id, version_of(network, *id).await?);
        sleep(PAUSE).await;
    }
    Ok(changes)
}

async fn change(system: &System, issuer: &Submitter, id: U256) -> Result<(), CallError> {
    let license = system.network.chain_license(id, 0).await?;
    if license.is_some_and(|license| license.status == "Suspended") {
        let resume = License::resumeCall { tokenId: id };
        system.call(issuer, &resume).await?;
    } else {
        let suspend = License::suspendCall {
            tokenId: id,
            reason: 2,
            evidence: B256::ZERO,
            liftsAt: 0,
        };
        system.call(issuer, &suspend).await?;
    }
    Ok(())
}

async fn version_of(network: &Network, id: U256) -> Result<u32> {
    let license = network.chain_license(id, 0).await?;
    Ok(license.context("it exists")?.version)
}

/// The processes that may answer, as a balancer of load knows them.
struct Readers(Mutex<Vec<String>>);

struct Reads {
    count: usize,
    /// The longest time from one answer to the next.
    longest_pause: Duration,
}

impl Readers {
    fn new(url: String) -> Self {
        Self(Mutex::new(vec![url]))
    }

    fn also(&self, url: String) {
        self.urls().push(url);
    }

    fn urls(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn read(&self, license: U256, is_over: &AtomicBool) -> Result<Reads> {
        // One that takes a connection and serves nothing yet is not waited for.
        let client = reqwest::Client::builder()
            .timeout(Duration::from_millis(500))
            .build()?;
        let query = json!({ "query": format!("{{ license(id: \"{license}\") {{ id status }} }}") });
        let mut reads = Reads {
            count: 0,
            longest_pause: Duration::ZERO,
        };
        let mut last = Instant::now();
        while !is_over.load(Ordering::Acquire) {
            let urls = self.urls().clone();
            for url in urls {
                if is_answered(&client, &url, &query).await {
                    reads.count += 1;
                    reads.longest_pause = reads.longest_pause.max(last.elapsed());
                    last = Instant::now();
                    break;
                }
            }
            sleep(PAUSE).await;
        }
        Ok(reads)
    }
}

async fn is_answered(client: &reqwest::Client, url: &str, query: &Value) -> bool {
    let answer = async {
        let answer = client.post(format!("{url}/graphql")).json(query).send();
        answer.await?.json::<Value>().await
    };
    let answer = answer.await.unwrap_or_default();
    answer["data"]["license"]["status"].is_string() && answer.get("errors").is_none()
}
