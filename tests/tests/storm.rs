//! A storm of kills over all components of a stack that `lex up` runs, its supervisor included, while licenses
//! change; after it nothing is lost and nothing is doubled, and the first `lex up` after each kill of the
//! supervisor has succeeded.
//!
//! `LEX_KILLS=N` kills as often; `LEX_SEED=N` repeats a run's choices.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use lex_cli::agreement::settle_and_compare;
use lex_cli::chain::ChainLicense;
use lex_cli::stack::wait;
use lex_client::abi::license::License;
use lex_client::{Address, B256, CallError, Signer, Submitter, U256};
use lex_tests::{
    Exchange, ISSUER, SUPERVISOR, TypeTerms, Up, every_update_was_mirrored_once, said,
    the_index_follows_from_its_raw_events,
};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rustix::process::Signal;

/// Who dies together. Each comes once, in another order, before one comes again.
const VICTIMS: [&[&str]; 15] = [
    &["node"],
    &["eth-rpc"],
    &["anvil"],
    &["postgres"],
    &["indexer"],
    &["deliverer"],
    &["attester-1"],
    &["attester-2"],
    &["attester-3"],
    &[SUPERVISOR],
    &["node", "indexer"],
    &["anvil", "deliverer"],
    &["postgres", "node"],
    &[SUPERVISOR, "postgres"],
    EVERYTHING,
];
const EVERYTHING: &[&str] = &[
    SUPERVISOR,
    "indexer",
    "deliverer",
    "attester-3",
    "attester-2",
    "attester-1",
    "eth-rpc",
    "postgres",
    "anvil",
    "node",
];
/// How often somebody is killed unless `LEX_KILLS` says otherwise.
const KILLS: usize = VICTIMS.len();
/// Longest time between two kills, beside that which a killed supervisor's next start takes.
const PAUSE: Duration = Duration::from_millis(1_000);
const LICENSES: usize = 20;
/// Longest time for what must happen by itself.
const WITHIN: Duration = Duration::from_secs(180);
/// How long a change may take that is not lost with the node; one that takes longer is not counted.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(2);
/// Between two changes.
const CHANGES_EVERY: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_kills_loses_and_doubles_nothing() -> Result<()> {
    let mut rng = StdRng::seed_from_u64(seed()?);
    let up = Up::new()?;
    let output = up.start_apart().await?;
    ensure!(output.status.success(), "{}", said(&output));
    let exchange = Exchange::at(&up.endpoints()?).await?;
    let license_type = exchange.license_type(TypeTerms::default()).await?;
    let holder = exchange.issuer.address();
    let licenses = exchange.issue_many(license_type, holder, LICENSES).await?;
    until_the_mirror_is_on_disk(&up, &exchange).await?;

    let is_over = AtomicBool::new(false);
    let changing = StdRng::seed_from_u64(rng.random());
    let changes = changes(&exchange, &licenses, changing, &is_over);
    let storm = async {
        let outcome = storm(&up, kills()?, &mut rng).await;
        is_over.store(true, Ordering::Release);
        outcome
    };
    let (confirmed, killed) = tokio::join!(changes, storm);
    let (confirmed, killed) = (confirmed?, killed?);
    eprintln!("{} changes confirmed; killed: {killed:?}", confirmed.count);
    ensure!(confirmed.count > 0, "nothing changed meanwhile");

    wait::until("the end of all trouble", WITHIN, || async {
        match up.status().await.map_err(|error| format!("{error:#}"))? {
            (Some(0), _) => Ok(()),
            (code, status) => Err(format!("{code:?}: {}", status["troubles"])),
        }
    })
    .await?;
    let agreement = settle_and_compare(&exchange.network, WITHIN).await?;
    ensure!(agreement.holds(), "{agreement:#?}");
    ensure!(agreement.licenses.len() == LICENSES, "{agreement:#?}");
    confirmed.are_on(&exchange).await?;
    let mirror = up.endpoints()?.mirror;
    every_update_was_mirrored_once(&exchange.network, &mirror, &licenses).await?;
    let indexer = up.program("lex-indexer");
    the_index_follows_from_its_raw_events(&indexer, &up.config("indexer")).await?;
    Ok(())
}

/// anvil saves its chain every few seconds. One that is killed before the mirror is in what it has saved comes
/// back without one, and waits for the next `lex up` to deploy it.
async fn until_the_mirror_is_on_disk(up: &Up, exchange: &Exchange) -> Result<()> {
    settle_and_compare(&exchange.network, WITHIN).await?;
    let settled = SystemTime::now();
    let copy = up.state().path("anvil/state.whole.json");
    wait::until("a copy of anvil's dump", WITHIN, || async {
        match std::fs::metadata(&copy).and_then(|copy| copy.modified()) {
            Ok(written) if written > settled => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await?;
    Ok(())
}

/// Kills so often. Returns how often each was.
async fn storm(up: &Up, kills: usize, rng: &mut StdRng) -> Result<BTreeMap<&'static str, usize>> {
    let addresses = up.addresses()?;
    let mut killed = BTreeMap::new();
    let mut deck = Vec::new();
    for kill in 1..=kills {
        if deck.is_empty() {
            deck.extend(VICTIMS);
            deck.shuffle(rng);
        }
        let victims = deck.pop().context("the deck is full")?;
        tokio::time::sleep(rng.random_range(Duration::ZERO..PAUSE)).await;
        strike(up, victims).await?;
        for victim in victims {
            *killed.entry(*victim).or_default() += 1;
        }
        if victims.contains(&SUPERVISOR) {
            let output = up.start_again().await?;
            ensure!(
                output.status.success(),
                "kill {kill}, of {victims:?}: {}",
                said(&output)
            );
            ensure!(up.addresses()? == addresses, "kill {kill}: it has moved");
        }
        if kill.is_multiple_of(VICTIMS.len()) {
            eprintln!("{kill} kills");
        }
    }
    Ok(killed)
}

/// SIGKILL to all of them at once, when all of them run.
async fn strike(up: &Up, victims: &[&str]) -> Result<()> {
    let running = wait::until("all victims", WITHIN, || async {
        let process = |name: &&str| up.process(name).ok_or_else(|| format!("{name} is down"));
        victims.iter().map(process).collect::<Result<Vec<_>, _>>()
    })
    .await?;
    for process in running {
        process.signal(Signal::KILL);
    }
    Ok(())
}

/// What was final when its submitter was told so.
#[derive(Default)]
struct Confirmed {
    count: usize,
    /// The newest version of each license that was seen after one of them.
    versions: BTreeMap<U256, u32>,
}

impl Confirmed {
    async fn are_on(&self, exchange: &Exchange) -> Result<()> {
        for (id, version) in &self.versions {
            let license = exchange.network.chain_license(*id, 0).await?;
            let found = license.context("it exists")?.version;
            ensure!(
                found >= *version,
                "license {id} has version {found}; {version} was final"
            );
        }
        Ok(())
    }
}

/// Changes one license after another until the storm is over. What the storm takes with it is tried no more.
async fn changes(
    exchange: &Exchange,
    licenses: &[U256],
    mut rng: StdRng,
    is_over: &AtomicBool,
) -> Result<Confirmed> {
    let network = &exchange.network;
    let new_issuer = || -> Result<Submitter> {
        let issuer = network.submitter(Signer::from_uri(ISSUER)?)?;
        Ok(issuer.with_timeout(CONFIRMED_WITHIN))
    };
    let mut issuer = new_issuer()?;
    let mut confirmed = Confirmed::default();
    while !is_over.load(Ordering::Acquire) {
        tokio::time::sleep(CHANGES_EVERY).await;
        let id = licenses[rng.random_range(0..licenses.len())];
        match change(exchange, &issuer, id, &mut rng).await {
            Ok(version) => {
                confirmed.count += 1;
                confirmed.versions.insert(id, version);
            }
            // One that was given up may have come all the same; this one then changes nothing.
            Err(CallError::Refused(_)) => {}
            // What the node lost leaves a gap in the nonces that this submitter has counted.
            Err(_) => issuer = new_issuer()?,
        }
    }
    Ok(confirmed)
}

/// Suspends or resumes the license, or gives it away. Returns the version that it has then.
async fn change(
    exchange: &Exchange,
    issuer: &Submitter,
    id: U256,
    rng: &mut StdRng,
) -> Result<u32, CallError> {
    let network = &exchange.network;
    let look = async || -> Result<ChainLicense, CallError> {
        let license = network.chain_license(id, 0).await?;
        Ok(license.expect("a license that was issued exists for ever"))
    };
    let license = look().await?;
    let contract = network.license();
    if license.status == "Suspended" {
        let resume = License::resumeCall { tokenId: id };
        issuer.call(contract, &resume).await?;
    } else if license.holder == issuer.address() && rng.random_bool(0.1) {
        let transfer = License::transferFromCall {
            from: license.holder,
            to: Address::from(rng.random::<[u8; 20]>()),
            tokenId: id,
        };
        issuer.call(contract, &transfer).await?;
    } else {
        let suspend = License::suspendCall {
            tokenId: id,
            reason: 2,
            evidence: B256::from(rng.random::<[u8; 32]>()),
            liftsAt: 0,
        };
        issuer.call(contract, &suspend).await?;
    }
    Ok(look().await?.version)
}

fn kills() -> Result<usize> {
    match std::env::var("LEX_KILLS") {
        Ok(kills) => kills.parse().context("LEX_KILLS is a number"),
        Err(_) => Ok(KILLS),
    }
}

/// What a run's choices follow from.
fn seed() -> Result<u64> {
    let seed = match std::env::var("LEX_SEED") {
        Ok(seed) => seed.parse().context("LEX_SEED is a number")?,
        Err(_) => rand::rng().random(),
    };
    eprintln!("LEX_SEED={seed} repeats this run's choices");
    Ok(seed)
}
