//! Whatever stops a service is said by readiness, `lex-relayer status` and the metrics alike, and no longer
//! said when it is over.

mod support;

use alloy::primitives::U256;
use lex_relayer::condition::Cause;
use lex_relayer::status;
use serde_json::json;
use support::anvil::control;
use support::proxy::Fault;
use support::site::{Service, Site};
use support::source::Mode;
use support::world::funds;

const OVERLOADED: Fault = Fault::Rpc {
    method: None,
    code: -32_603,
    data: None,
};
/// No error of the mirror's.
const REVERTS: Fault = Fault::Rpc {
    method: Some("eth_estimateGas"),
    code: 3,
    data: Some("0xdeadbeef"),
};

/// A fault that comes and goes.
#[derive(Clone, Copy, Debug)]
enum Injected {
    /// The nodes of the deliverer.
    Source(Mode),
    /// The nodes repeat what they have now.
    SourceStandsStill,
    Destination(Fault),
    NoFunds,
    /// So many of the attesters.
    Attesters(usize, Fault),
    ClockBehind,
    NoDatabase,
}

impl Injected {
    async fn begin(self, site: &Site) {
        match self {
            Self::Source(mode) => site.nodes.iter().for_each(|node| node.set(mode)),
            Self::SourceStandsStill => {
                let mode = Mode::Stuck(site.chain.blocks());
                site.nodes.iter().for_each(|node| node.set(mode));
            }
            Self::Destination(fault) => site.destination.set(fault),
            Self::NoFunds => site.fund(U256::from(1)).await,
            Self::Attesters(count, fault) => {
                let attesters = site.attesters.iter().take(count);
                attesters.for_each(|attester| attester.proxy.set(fault));
            }
            Self::ClockBehind => site.chain.hurry(3_600),
            Self::NoDatabase => site.cluster.stop(),
        }
    }

    async fn end(self, site: &Site) {
        match self {
            Self::Source(_) | Self::SourceStandsStill => {
                site.nodes.iter().for_each(|node| node.set(Mode::Honest));
            }
            Self::Destination(_) => site.destination.set(Fault::None),
            Self::NoFunds => site.fund(funds()).await,
            Self::Attesters(..) => {
                let attesters = site.attesters.iter();
                attesters.for_each(|attester| attester.proxy.set(Fault::None));
            }
            Self::ClockBehind => {
                control(&site.mirror, "evm_increaseTime", json!([3_600])).await;
            }
            Self::NoDatabase => site.cluster.start_again(),
        }
    }
}

/// What is injected, whether an update waits meanwhile, and for what causes the deliverer stops.
const STOPS: &[(Injected, bool, &[Cause])] = &[
    (
        Injected::Source(Mode::Silent),
        false,
        &[Cause::Source, Cause::SourceSilent],
    ),
    (Injected::Source(Mode::Failing), false, &[Cause::Source]),
    (Injected::SourceStandsStill, false, &[Cause::SourceSilent]),
    (
        Injected::Destination(Fault::Silence),
        false,
        &[Cause::Destination],
    ),
    (
        Injected::Destination(Fault::Silence),
        true,
        &[Cause::Destination],
    ),
    (
        Injected::Destination(OVERLOADED),
        true,
        &[Cause::Destination],
    ),
    (
        Injected::Destination(REVERTS),
        true,
        &[Cause::Refused, Cause::Stalled],
    ),
    (Injected::NoFunds, false, &[Cause::Funds]),
    (Injected::NoFunds, true, &[Cause::Funds]),
    (
        Injected::Attesters(2, Fault::Silence),
        false,
        &[Cause::Signatures],
    ),
    (
        Injected::Attesters(2, Fault::Silence),
        true,
        &[Cause::Signatures],
    ),
    (
        Injected::Attesters(2, Fault::Refusal),
        true,
        &[Cause::Signatures],
    ),
    (Injected::NoDatabase, false, &[Cause::Database]),
    (Injected::NoDatabase, true, &[Cause::Database]),
    (Injected::ClockBehind, true, &[Cause::Clock]),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_stop_is_said_everywhere_and_heals() {
    let site = Site::start().await;
    let deliverer = site.deliverer().await;
    site.append_and_mirror().await;
    deliverer.is_well().await;
    for (injected, has_update, causes) in STOPS {
        eprintln!("{injected:?}, an update waits: {has_update}");
        injected.begin(&site).await;
        if *has_update {
            site.chain.append(1);
        }
        for cause in *causes {
            deliverer.stops_for(*cause).await;
        }
        injected.end(&site).await;
        deliverer.is_well().await;
        site.append_and_mirror().await;
    }
    deliverer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attester_that_does_not_sign_is_named_while_the_others_suffice() {
    let site = Site::start().await;
    let deliverer = site.deliverer().await;
    site.append_and_mirror().await;
    deliverer.is_well().await;
    let attester = &site.attesters[0];
    for fault in [Fault::Silence, Fault::Refusal] {
        attester.proxy.set(fault);
        site.append_and_mirror().await;
        deliverer.warns_of(attester).await;
        attester.proxy.set(Fault::None);
        deliverer.is_well().await;
    }
    // It knows itself what is wrong, and tells the deliverer.
    for (mode, cause) in [
        (Mode::Silent, Cause::Source),
        (Mode::Failing, Cause::Source),
    ] {
        attester.node.set(mode);
        attester.service.stops_for(cause).await;
        deliverer.warns_of(attester).await;
        attester.node.set(Mode::Honest);
        attester.service.is_well().await;
        deliverer.is_well().await;
    }
    site.destination.set(Fault::Silence);
    attester.service.stops_for(Cause::Destination).await;
    site.destination.set(Fault::None);
    attester.service.is_well().await;

    attester.node.set(Mode::Lying);
    site.chain.append(1);
    attester.service.stops_for(Cause::Halted).await;
    deliverer.warns_of(attester).await;
    site.append_and_mirror().await;
    deliverer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halted_deliverer_says_so_until_it_is_resumed() {
    let site = Site::start().await;
    let deliverer = site.deliverer().await;
    site.append_and_mirror().await;
    site.nodes[1].set(Mode::Lying);
    site.chain.append(1);
    deliverer.stops_for(Cause::Halted).await;
    deliverer.stop().await;
    // The halt outlives the process.
    site.nodes[1].set(Mode::Honest);
    let halted = site.deliverer().await;
    halted.stops_for(Cause::Halted).await;
    status::resume(&halted.config.database).await.unwrap();
    halted.stop().await;
    let resumed = site.deliverer().await;
    site.append_and_mirror().await;
    resumed.is_well().await;
    resumed.stop().await;
}

/// Says that it waits, lives, and works as soon as the leader is gone.
async fn stands_by(standby: &Service) {
    standby.stops_for(Cause::Standby).await;
    let (live, _) = standby.get("/health/live").await.expect("it lives");
    let (head, _) = standby.get("/v1/head").await.expect("it lives");
    assert_eq!((live, head), (200, 503));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_says_so_and_takes_over_when_the_leader_ends() {
    let site = Site::start().await;
    let mut leader = site.deliverer().await;
    leader.is_well().await;
    for is_killed in [true, false] {
        let standby = site.deliverer().await;
        stands_by(&standby).await;
        site.append_and_mirror().await;
        match is_killed {
            true => leader.kill().await,
            false => leader.stop().await,
        }
        site.append_and_mirror().await;
        standby.is_well().await;
        leader = standby;
    }
    leader.stop().await;
}

/// The database is restarted under both of them: one of them leads again, the other stands by again, and
/// neither process ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_database_ends_no_process() {
    let site = Site::start().await;
    let services = [site.deliverer().await, site.deliverer().await];
    for _ in 0..3 {
        site.append_and_mirror().await;
        site.cluster.stop();
        for service in &services {
            service.stops_for(Cause::Database).await;
        }
        site.cluster.start_again();
        site.append_and_mirror().await;
    }
    for service in services {
        service.stop().await;
    }
}
