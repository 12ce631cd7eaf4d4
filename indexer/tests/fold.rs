//! The fold: what events mean does not depend on how they are cut into runs.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use lex_client::{B256, SourceBlock, U256};
use lex_indexer::{
    event::{Event, decode_block},
    fold::{Action, FoldError, Keys, Ledger},
};
use lex_model::Status;
use proptest::prelude::*;

use support::{
    chain::{Chain, START, Step, any_history, holder, regulator},
    world,
};

fn events(blocks: &[SourceBlock]) -> Vec<Event> {
    let decode = |block| decode_block(&world(), block).expect("our own events");
    blocks.iter().flat_map(decode).collect()
}

fn fold(blocks: &[SourceBlock]) -> Ledger {
    let mut ledger = Ledger::default();
    ledger.fold(&events(blocks)).expect("a valid history");
    ledger
}

/// What a store does: each run starts from the rows of its keys alone.
fn fold_in_runs(blocks: &[SourceBlock], size: usize) -> Ledger {
    let mut all = Ledger::default();
    for run in blocks.chunks(size) {
        let events = events(run);
        let keys = Keys::of(&events);
        let mut ledger = loaded(&all, &keys);
        ledger.fold(&events).expect("a valid history");
        all.licenses.extend(ledger.licenses);
        all.history.extend(ledger.history);
        all.license_types.extend(ledger.license_types);
        all.issuers.extend(ledger.issuers);
        all.grants.extend(ledger.grants);
        all.restrictions.extend(ledger.restrictions);
        all.accounts.extend(ledger.accounts);
        all.bundles.extend(ledger.bundles);
        all.modules.extend(ledger.modules);
        all.evidence.extend(ledger.evidence);
        all.policy = ledger.policy.or(all.policy);
        all.committees.extend(ledger.committees);
        all.members.extend(ledger.members);
        all.thresholds.extend(ledger.thresholds);
        all.decisions.extend(ledger.decisions);
        all.approvals.extend(ledger.approvals);
    }
    all
}

/// The rows of `keys` alone.
fn loaded(all: &Ledger, keys: &Keys) -> Ledger {
    let mut ledger = Ledger {
        policy: all.policy.clone().filter(|_| keys.policy),
        ..Ledger::default()
    };
    ledger.licenses = kept(&all.licenses, &keys.licenses);
    ledger.license_types = kept(&all.license_types, &keys.license_types);
    ledger.issuers = kept(&all.issuers, &keys.issuers);
    ledger.accounts = kept(&all.accounts, &keys.accounts);
    ledger.decisions = kept(&all.decisions, &keys.decisions);
    ledger
}

fn kept<K: Ord + Copy, V: Clone>(all: &BTreeMap<K, V>, keys: &BTreeSet<K>) -> BTreeMap<K, V> {
    let found = keys
        .iter()
        .filter_map(|key| Some((*key, all.get(key)?.clone())));
    found.collect()
}

proptest! {
    #[test]
    fn any_split_into_runs_gives_the_same_rows(steps in any_history(), size in 1..20usize) {
        let blocks = Chain::play(&steps);
        prop_assert_eq!(fold(&blocks), fold_in_runs(&blocks, size));
    }

    #[test]
    fn each_version_has_one_row_and_the_last_is_the_license(steps in any_history()) {
        let ledger = fold(&Chain::play(&steps));
        for (id, license) in &ledger.licenses {
            let updates = ledger
                .history
                .values()
                .filter(|entry| entry.license_id == *id && entry.outbox_nonce.is_some());
            let versions: Vec<u32> = updates.map(|entry| entry.version).collect();
            prop_assert_eq!(versions, (1..=license.version).collect::<Vec<_>>());
            // What ended with its parent has no update of that.
            let mut entries = ledger.history.values().filter(|entry| entry.license_id == *id);
            let last = entries.next_back().expect("the last change");
            prop_assert_eq!(
                (last.holder, last.status, last.valid_until, last.suspended_until),
                (license.holder, license.status, license.valid_until, license.suspended_until)
            );
            prop_assert!(license.standing().is_some());
        }
    }

    #[test]
    fn each_license_reads_as_the_model_lets_it_stand(steps in any_history()) {
        let mut chain = Chain::new();
        for step in &steps {
            chain.step(step);
        }
        let (now, standings, kept) = (chain.now(), chain.standings(), chain.kept());
        let ledger = fold(&chain.finish());
        prop_assert_eq!(ledger.licenses.len(), standings.len());
        let rows = ledger.licenses.values();
        let found: Vec<_> = rows.map(|row| (row.renewal_requested_at, row.user)).collect();
        prop_assert_eq!(found, kept);
        for (license, expected) in ledger.licenses.values().zip(standings) {
            let found = license.standing().expect("a stored status");
            for at in [now, now + 1, now + 10, now + 60, now + 10_000] {
                prop_assert_eq!(found.at(at), expected.at(at), "license {} at {}", license.id, at);
            }
        }
    }
}

fn life_of_one_license() -> Vec<SourceBlock> {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US-NY", START, "ipfs://one");
    for step in [
        Step::Suspend {
            license: 0,
            lifts_after: Some(40),
        },
        Step::NextBlock,
        Step::Resume(0),
        Step::Renew(0),
        Step::Transfer { license: 0, to: 1 },
        Step::Suspend {
            license: 0,
            lifts_after: None,
        },
        Step::NextBlock,
        Step::Revoke(0),
    ] {
        chain.step(&step);
    }
    chain.finish()
}

#[test]
fn a_life_is_told_change_by_change() {
    let ledger = fold(&life_of_one_license());
    let actions: Vec<Action> = ledger.history.values().map(|row| row.action).collect();
    assert_eq!(
        actions,
        [
            Action::Issue,
            Action::Suspend,
            Action::Resume,
            Action::Renew,
            Action::Transfer,
            Action::Suspend,
            Action::Revoke
        ]
    );
    let license = ledger.license(U256::from(1)).expect("issued");
    assert_eq!(
        (license.status, license.version, license.holder),
        (Status::Revoked, 7, holder(1))
    );
    let of_version = |version| {
        ledger
            .history
            .values()
            .find(|entry| entry.version == version)
    };
    let suspension = of_version(2).expect("suspended");
    assert_eq!(suspension.suspended_until, suspension.place.block_time + 40);
    assert_eq!(
        (suspension.reason, suspension.evidence),
        (Some(11), Some(B256::repeat_byte(3)))
    );
    assert_eq!(suspension.actor, Some(regulator()));
    let revocation = of_version(7).expect("revoked");
    assert_eq!(
        (revocation.reason, revocation.suspended_until),
        (Some(12), 0)
    );
}

#[test]
fn a_nul_in_a_token_uri_does_not_reach_the_database() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "ipfs://a\0b");
    let ledger = fold(&chain.finish());
    let license = ledger.license(U256::from(1)).expect("issued");
    let described = license.described.as_ref().expect("described");
    assert_eq!(described.token_uri, "ipfs://a\u{fffd}b");
}

#[test]
fn a_skipped_version_stops_the_fold() {
    let blocks = life_of_one_license();
    let mut events = events(&blocks);
    // Without the events of the first suspension.
    let issued = events
        .iter()
        .position(|event| event.place.block_number == 2 && event.place.event_index == 3)
        .expect("the first suspension");
    events.remove(issued);
    events.remove(issued);
    let error = Ledger::default().fold(&events).expect_err("a gap");
    assert_eq!(
        error,
        FoldError::Version {
            id: U256::from(1),
            before: 1,
            found: 3
        }
    );
}

#[test]
fn an_update_without_its_issue_event_stops_the_fold() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "");
    let mut events = events(&chain.finish());
    events.pop();
    let error = Ledger::default().fold(&events).expect_err("no description");
    assert_eq!(error, FoldError::Undescribed(U256::from(1)));
}

#[test]
fn a_detail_that_contradicts_the_update_stops_the_fold() {
    let mut all = events(&life_of_one_license());
    let last = all.pop().expect("the revocation");
    let update = all.pop().expect("its update");
    // The revocation is told before the update that makes it.
    all.extend([last, update]);
    let error = Ledger::default().fold(&all).expect_err("out of order");
    assert_eq!(
        error,
        FoldError::Contradiction {
            id: U256::from(1),
            told: "Revoked"
        }
    );
}
