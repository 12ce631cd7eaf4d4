//! What the license core adds to the fold: licenses under others, what no update shows, committees.

mod support;

use lex_client::{Address, B256, SourceBlock, U256, abi::license::License::LicenseEvents};
use lex_indexer::{
    event::{Event, Message, decode_block},
    fold::{Action, DecisionState, FoldError, HistoryRow, Ledger},
};
use lex_model::Status;

use support::{
    chain::{
        BLOCK_TIME, Chain, START, Step, TERM, Vote,
        committee::{decision_id, member, suspension},
        holder, regulator,
    },
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

fn refused(events: &[Event]) -> FoldError {
    Ledger::default().fold(events).expect_err("a contradiction")
}

fn id(number: u64) -> U256 {
    U256::from(number)
}

fn actions(ledger: &Ledger, license: u64) -> Vec<Action> {
    entries(ledger, license).map(|entry| entry.action).collect()
}

fn entries(ledger: &Ledger, license: u64) -> impl Iterator<Item = &HistoryRow> {
    let of = move |entry: &&HistoryRow| entry.license_id == id(license);
    ledger.history.values().filter(of)
}

/// License 1, and license 2 under it.
fn family() -> Chain {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US-NY", START, "ipfs://parent");
    chain.step(&Step::NextBlock);
    chain.step(&Step::Sublicense { parent: 0, to: 1 });
    chain.step(&Step::NextBlock);
    chain
}

/// What changes a parent changes no row of what stands under it: its standing is computed when asked.
#[test]
fn a_sublicense_keeps_its_own_standing_under_a_suspended_parent() {
    let mut chain = family();
    let lifts_at = chain.now() + 90;
    chain.step(&Step::Suspend {
        license: 1,
        lifts_after: Some(90),
    });
    chain.step(&Step::NextBlock);
    chain.step(&Step::Suspend {
        license: 0,
        lifts_after: Some(10),
    });
    let ledger = fold(&chain.finish());
    let child = ledger.license(id(2)).expect("issued");
    assert_eq!(child.parent, Some(id(1)));
    assert_eq!(
        (child.status, child.suspended_until),
        (Status::Suspended, lifts_at)
    );
    assert_eq!(actions(&ledger, 2), [Action::Issue, Action::Suspend]);
}

#[test]
fn a_sublicense_dies_with_its_parent() {
    for end in [Step::Revoke(0), Step::Surrender(0)] {
        let mut chain = family();
        chain.step(&end);
        let ledger = fold(&chain.finish());
        let child = ledger.license(id(2)).expect("issued");
        assert_eq!(child.status, Status::Revoked, "{end:?}");
        assert_eq!(child.version, 1, "no update tells it");
        assert_eq!(actions(&ledger, 2), [Action::Issue, Action::FollowParent]);
    }
}

#[test]
fn a_pending_license_comes_into_force_or_is_withdrawn() {
    let mut chain = Chain::new();
    for number in 0..2 {
        chain.step(&Step::Issue {
            holder: number,
            license_type: 1,
            jurisdiction: 0,
            starts_in: 0,
            uri: String::new(),
            pending: true,
        });
    }
    chain.step(&Step::NextBlock);
    chain.step(&Step::Activate(0));
    chain.step(&Step::Withdraw(1));
    let ledger = fold(&chain.finish());
    for (license, status, action) in [
        (1, Status::Active, Action::Activate),
        (2, Status::Archived, Action::Withdraw),
    ] {
        let entries: Vec<&HistoryRow> = entries(&ledger, license).collect();
        assert_eq!(entries[0].status, Status::Pending);
        assert_eq!((entries[1].status, entries[1].action), (status, action));
        assert_eq!(entries[1].actor, Some(regulator()));
    }
}

#[test]
fn what_updates_do_not_tell_is_in_the_history_too() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "ipfs://old");
    chain.step(&Step::RequestRenewal(0));
    chain.step(&Step::Hold {
        license: 0,
        held: true,
    });
    chain.step(&Step::NextBlock);
    chain.step(&Step::ChangeMetadata {
        license: 0,
        uri: "ipfs://new\0".to_owned(),
    });
    let mut renewed = Chain::new();
    renewed.issue(holder(0), 1, "US", START, "");
    renewed.step(&Step::RequestRenewal(0));
    renewed.step(&Step::Renew(0));
    let requested_at = START + BLOCK_TIME;

    let ledger = fold(&chain.finish());
    let license = ledger.license(id(1)).expect("issued");
    assert_eq!((license.version, license.frozen), (2, true));
    assert_eq!(license.renewal_requested_at, Some(requested_at));
    let described = license.described.as_ref().expect("described");
    assert_eq!(described.token_uri, "ipfs://new\u{fffd}");
    assert_eq!(
        actions(&ledger, 1),
        [
            Action::Issue,
            Action::RequestRenewal,
            Action::FreezeToken,
            Action::ChangeMetadata
        ]
    );
    let entries: Vec<&HistoryRow> = entries(&ledger, 1).collect();
    assert_eq!(entries[2].reason, Some(14));
    assert!(
        entries[1..3]
            .iter()
            .all(|entry| entry.outbox_nonce.is_none())
    );
    assert_eq!(entries[3].outbox_nonce, Some(2));
    let metadata = |entry: &HistoryRow| entry.metadata.clone().map(|(_, uri)| uri);
    assert_eq!(metadata(entries[0]).as_deref(), Some("ipfs://old"));
    assert_eq!(metadata(entries[3]).as_deref(), Some("ipfs://new\u{fffd}"));

    let ledger = fold(&renewed.finish());
    let license = ledger.license(id(1)).expect("issued");
    assert_eq!((license.version, license.renewal_requested_at), (2, None));
}

#[test]
fn a_forced_transfer_tells_who_and_why_and_lets_the_token_go() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "");
    chain.step(&Step::Hold {
        license: 0,
        held: true,
    });
    chain.step(&Step::ForceTransfer { license: 0, to: 2 });
    chain.step(&Step::NextBlock);
    let forced = fold(&chain.blocks());
    let license = forced.license(id(1)).expect("issued");
    assert_eq!((license.holder, license.frozen), (holder(2), false));
    // A recovery keeps the hold.
    chain.step(&Step::Hold {
        license: 0,
        held: true,
    });
    chain.step(&Step::Recover { license: 0, to: 3 });
    let ledger = fold(&chain.finish());
    let license = ledger.license(id(1)).expect("issued");
    assert_eq!((license.holder, license.frozen), (holder(3), true));
    let entries: Vec<&HistoryRow> = entries(&ledger, 1).collect();
    let forced = entries[2];
    assert_eq!(
        (forced.action, forced.actor, forced.reason, forced.evidence),
        (
            Action::ForceTransfer,
            Some(regulator()),
            Some(13),
            Some(B256::repeat_byte(3))
        )
    );
    assert_eq!(
        (entries[4].action, entries[4].actor),
        (Action::Recover, Some(regulator()))
    );
}

#[test]
fn a_move_by_decision_leaves_a_suspension_its_end() {
    for step in [
        Step::ForceTransfer { license: 0, to: 1 },
        Step::Recover { license: 0, to: 1 },
    ] {
        let mut chain = Chain::new();
        chain.issue(holder(0), 1, "US", START, "");
        let lifts_at = chain.now() + 90;
        chain.step(&Step::Suspend {
            license: 0,
            lifts_after: Some(90),
        });
        chain.step(&Step::NextBlock);
        chain.step(&step);
        let ledger = fold(&chain.finish());
        let license = ledger.license(id(1)).expect("issued");
        assert_eq!(
            (license.status, license.suspended_until),
            (Status::Suspended, lifts_at),
            "{step:?}"
        );
        let entry = ledger.last_update(id(1)).expect("moved");
        assert_eq!(entry.suspended_until, lifts_at);
    }
}

#[test]
fn a_request_ends_with_the_move_but_not_with_a_recovery() {
    for (step, kept) in [
        (Step::Transfer { license: 0, to: 1 }, false),
        (Step::ForceTransfer { license: 0, to: 1 }, false),
        (Step::Recover { license: 0, to: 1 }, true),
    ] {
        let mut chain = Chain::new();
        chain.issue(holder(0), 1, "US", START, "");
        chain.step(&Step::RequestRenewal(0));
        chain.step(&Step::NextBlock);
        chain.step(&step);
        let ledger = fold(&chain.finish());
        let license = ledger.license(id(1)).expect("issued");
        let expected = kept.then_some(START + BLOCK_TIME);
        assert_eq!(license.renewal_requested_at, expected, "{step:?}");
    }
}

#[test]
fn a_right_to_use_ends_with_the_move() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "");
    chain.step(&Step::Lend {
        license: 0,
        user: 2,
    });
    chain.step(&Step::NextBlock);
    chain.step(&Step::Renew(0));
    let lent = fold(&chain.blocks());
    let user = |ledger: &Ledger| ledger.license(id(1)).expect("issued").user;
    assert_eq!(user(&lent), Some((holder(2), START + TERM)));
    chain.step(&Step::NextBlock);
    let renewed = fold(&chain.blocks());
    assert_eq!(user(&renewed), user(&lent));
    chain.step(&Step::Transfer { license: 0, to: 1 });
    assert_eq!(user(&fold(&chain.finish())), None);
}

#[test]
fn a_receiver_that_acts_before_it_is_told_to_be_a_sublicensee_stops_nothing() {
    let mut chain = family();
    chain.step(&Step::Sublicense { parent: 0, to: 2 });
    chain.step(&Step::Surrender(2));
    let mut events = events(&chain.finish());
    let told = |event: &Event| {
        matches!(&event.message, Message::License(LicenseEvents::LicenseSublicensed(told))
            if told.tokenId == id(3))
    };
    let place = events.iter().position(told).expect("told");
    let sublicensed = events.remove(place);
    events.push(sublicensed);
    let mut ledger = Ledger::default();
    ledger.fold(&events).expect("nothing is contradicted");
    let license = ledger.license(id(3)).expect("issued");
    assert_eq!(
        (license.status, license.parent),
        (Status::Archived, Some(id(1)))
    );
}

/// The events of a license that is issued and then forced to another holder.
fn forced() -> Vec<Event> {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "");
    chain.step(&Step::NextBlock);
    chain.step(&Step::ForceTransfer { license: 0, to: 2 });
    events(&chain.finish())
}

#[test]
fn an_explanation_that_no_update_of_its_block_bears_out_stops_the_fold() {
    let told_twice = {
        let mut events = forced();
        events.push(events.last().expect("the transfer").clone());
        events
    };
    let too_late = {
        let mut events = forced();
        let last = events.last_mut().expect("the transfer");
        last.place.block_number += 1;
        events
    };
    let another_holder = {
        let mut chain = Chain::new();
        chain.issue(holder(0), 1, "US", START, "");
        chain.step(&Step::ForceTransfer { license: 0, to: 2 });
        chain.step(&Step::Transfer { license: 0, to: 3 });
        let mut events = events(&chain.finish());
        let forced = events.len() - 3;
        let forced = events.remove(forced);
        events.push(forced);
        events
    };
    for events in [told_twice, too_late, another_holder] {
        let expected = FoldError::Contradiction {
            id: id(1),
            told: "another holder's",
        };
        assert_eq!(refused(&events), expected);
    }
}

#[test]
fn what_happens_to_an_unknown_license_stops_the_fold() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "");
    chain.step(&Step::NextBlock);
    chain.step(&Step::RequestRenewal(0));
    let mut events = events(&chain.finish());
    events.retain(|event| event.place.block_number != 2);
    assert_eq!(refused(&events), FoldError::UnknownLicense(id(1)));
}

#[test]
fn a_parent_that_was_never_issued_stops_the_fold() {
    let mut events = events(&family().finish());
    events.retain(|event| event.place.block_number != 2);
    assert_eq!(refused(&events), FoldError::UnknownLicense(id(1)));
}

#[test]
fn a_decision_ends_once_and_in_its_own_committee() {
    let mut chain = Chain::new();
    chain.propose(member(0), suspension(1, 0, 1));
    chain.step(&Step::Committee(Vote::Approve {
        decision: 0,
        member: 1,
    }));
    chain.step(&Step::Committee(Vote::Execute(0)));
    let events = events(&chain.finish());
    let mut ledger = Ledger::default();
    ledger.fold(&events).expect("a valid history");
    let decision = &ledger.decisions[&decision_id(0)];
    assert_eq!(
        (decision.state, decision.executor),
        (DecisionState::Executed, Some(member(9)))
    );
    assert_eq!(ledger.approvals.len(), 2);

    let executed = events.last().expect("the execution").clone();
    let twice: Vec<Event> = events.iter().cloned().chain([executed.clone()]).collect();
    let closed = FoldError::DecisionClosed(decision_id(0));
    assert_eq!(refused(&twice), closed);

    let Message::Committee(_, message) = executed.message.clone() else {
        panic!("not of a committee: {executed:?}");
    };
    let mut elsewhere = events.clone();
    elsewhere.pop();
    elsewhere.push(Event {
        message: Message::Committee(Address::repeat_byte(0x77), message),
        ..executed.clone()
    });
    assert_eq!(refused(&elsewhere), closed);

    let unknown = FoldError::UnknownDecision(decision_id(0));
    assert_eq!(refused(&[executed]), unknown);
}
