//! What happens to a license and leaves it as it shows is told all the same: action by action, and in what ends
//! with it.

mod support;

use alloy::primitives::U256;
use lex_indexer::{
    event::{Event, decode_block},
    fold::{Action, Ledger, LicenseRow},
};
use support::{
    chain::{Chain, START, Step, holder},
    world,
};

/// What is told about license 1, which holder 0 gets, after `steps`; and how it then stands.
fn told(steps: &[Step]) -> (Vec<Action>, LicenseRow) {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "ipfs://one");
    for step in steps {
        chain.step(step);
    }
    let decode = |block| decode_block(&world(), block).expect("our own events");
    let events: Vec<Event> = chain.finish().iter().flat_map(decode).collect();
    let mut ledger = Ledger::default();
    ledger.fold(&events).expect("a valid history");
    let id = U256::from(1);
    let entries = ledger.history.values().filter(|row| row.license_id == id);
    let actions = entries.map(|entry| entry.action).skip(1).collect();
    (actions, ledger.license(id).expect("issued").clone())
}

fn lend() -> Step {
    Step::Lend {
        license: 0,
        user: 2,
    }
}

#[test]
fn a_move_to_its_own_holder_ends_what_any_move_ends() {
    let before = [Step::RequestRenewal(0), lend(), Step::NextBlock];
    let (license, to) = (0, 0);
    for (step, action, keeps_request) in [
        (Step::Transfer { license, to }, Action::Transfer, false),
        (
            Step::ForceTransfer { license, to },
            Action::ForceTransfer,
            false,
        ),
        (Step::Recover { license, to }, Action::Recover, true),
    ] {
        let (actions, row) = told(&[&before[..], &[step]].concat());
        assert_eq!(actions, [Action::RequestRenewal, action]);
        assert_eq!(row.holder, holder(0));
        assert_eq!(row.user, None, "{action:?}");
        assert_eq!(
            row.renewal_requested_at.is_some(),
            keeps_request,
            "{action:?}"
        );
    }
}

#[test]
fn there_and_back_within_one_block_is_two_moves() {
    let (license, there, back) = (0, 1, 0);
    let (actions, row) = told(&[
        Step::RequestRenewal(0),
        lend(),
        Step::Transfer { license, to: there },
        Step::Transfer { license, to: back },
    ]);
    let moves = [Action::RequestRenewal, Action::Transfer, Action::Transfer];
    assert_eq!(actions, moves);
    assert_eq!((row.holder, row.user), (holder(0), None));
    assert_eq!(row.renewal_requested_at, None);
}

#[test]
fn other_metadata_of_a_suspended_license_are_no_second_suspension() {
    let suspend = Step::Suspend {
        license: 0,
        lifts_after: Some(500),
    };
    let amend = Step::ChangeMetadata {
        license: 0,
        uri: "ipfs://two".into(),
    };
    let (actions, row) = told(&[suspend, Step::NextBlock, amend.clone(), amend]);
    assert_eq!(
        actions,
        [
            Action::Suspend,
            Action::ChangeMetadata,
            Action::ChangeMetadata
        ]
    );
    assert_eq!(row.version, 4);
    assert!(row.suspended_until > START);
}

#[test]
fn a_renewal_that_the_license_above_cuts_to_the_same_end_ends_the_request() {
    let mut chain = Chain::new();
    chain.issue(holder(0), 1, "US", START, "ipfs://above");
    for step in [
        Step::Sublicense { parent: 0, to: 1 },
        Step::RequestRenewal(1),
        Step::NextBlock,
    ] {
        chain.step(&step);
    }
    let before = chain.blocks();
    chain.step(&Step::Renew(1));
    let blocks = chain.finish();
    let fold = |blocks: &[lex_client::SourceBlock]| {
        let decode = |block| decode_block(&world(), block).expect("our own events");
        let events: Vec<Event> = blocks.iter().flat_map(decode).collect();
        let mut ledger = Ledger::default();
        ledger.fold(&events).expect("a valid history");
        ledger
    };
    let id = U256::from(2);
    let (before, after) = (fold(&before), fold(&blocks));
    let (before, after) = (before.license(id).unwrap(), after.license(id).unwrap());
    assert_eq!(before.valid_until, after.valid_until);
    assert!(before.renewal_requested_at.is_some());
    assert_eq!(after.renewal_requested_at, None);
}

#[test]
fn every_change_of_standing_within_one_block_is_told() {
    let suspend = |after| Step::Suspend {
        license: 0,
        lifts_after: after,
    };
    let (actions, row) = told(&[
        suspend(Some(50)),
        suspend(Some(50)),
        Step::Resume(0),
        suspend(None),
        Step::Resume(0),
    ]);
    use Action::{Resume, Suspend};
    assert_eq!(actions, [Suspend, Suspend, Resume, Suspend, Resume]);
    assert_eq!((row.version, row.suspended_until), (6, 0));
}

#[test]
fn lending_to_the_same_user_again_is_what_was_told_last() {
    let (_, once) = told(&[lend()]);
    let (actions, twice) = told(&[lend(), Step::NextBlock, lend()]);
    assert!(actions.is_empty());
    assert_eq!(twice.user, once.user);
    assert!(twice.updated_at > once.updated_at);
}
