//! Verification of the outbox: what is recomputed, what is compared, and when an instance halts.

mod support;

use alloy::primitives::{Address, B256, Bytes, keccak256};
use lex_relayer::outbox::{Comparison, Follower, Outbox, Outcome, Violation, compare};
use support::chain::{
    CHAIN_ID, CONTRACT, ScriptedEndpoint, appended, block, block_hash, empty_outbox, position,
};
use support::postgres::Database;

const TRUTH: lex_model::Outbox = lex_model::Outbox {
    nonce: 3,
    head: [3; 32],
};

fn outbox() -> Outbox {
    Outbox::new(CHAIN_ID, CONTRACT)
}

async fn compared(endpoints: &[ScriptedEndpoint]) -> Comparison {
    compare(endpoints, CONTRACT, position(7), TRUTH).await
}

fn honest() -> ScriptedEndpoint {
    ScriptedEndpoint::honest(7, TRUTH)
}

#[test]
fn updates_of_a_block_extend_the_outbox() {
    let (first, after_first) = appended(empty_outbox());
    let (second, after_second) = appended(after_first);
    let mut outbox = outbox();
    let verified = outbox.apply(&block(5, vec![first, second])).unwrap();
    assert_eq!(verified.end, after_second);
    let nonces: Vec<_> = verified
        .updates
        .iter()
        .map(|verified| verified.update.nonce)
        .collect();
    assert_eq!(nonces, [1, 2]);
    assert_eq!(verified.updates[0].head, B256::from(after_first.head));
    assert_eq!(outbox.position(), Some(position(5)));
}

#[test]
fn events_of_other_contracts_are_passed_over() {
    let (mut event, _) = appended(empty_outbox());
    event.contract = Address::ZERO;
    let verified = outbox().apply(&block(5, vec![event])).unwrap();
    assert_eq!(verified.end, empty_outbox());
}

#[test]
fn other_events_of_the_contract_are_passed_over_known_or_not() {
    let (update, after) = appended(empty_outbox());
    let mut upgraded = update.clone();
    // ERC-1967's event of the proxy, which is not in the license contract's interface.
    upgraded.topics = vec![keccak256("Upgraded(address)"), B256::repeat_byte(7)];
    upgraded.data = Bytes::new();
    let mut anonymous = upgraded.clone();
    anonymous.topics.clear();
    let events = vec![upgraded, update, anonymous];
    let verified = outbox().apply(&block(5, events)).unwrap();
    assert_eq!((verified.end, verified.updates.len()), (after, 1));
}

#[test]
fn a_missing_update_is_a_violation_and_changes_nothing() {
    let (_, after_first) = appended(empty_outbox());
    let (second, _) = appended(after_first);
    let mut outbox = outbox();
    let violation = outbox.apply(&block(5, vec![second])).unwrap_err();
    assert_eq!(
        violation,
        Violation::NonceGap {
            number: 5,
            nonce: 2,
            last: 0
        }
    );
    assert_eq!((outbox.end(), outbox.position()), (empty_outbox(), None));
}

#[test]
fn an_altered_update_is_a_violation() {
    let (mut event, _) = appended(empty_outbox());
    let mut data = event.data.to_vec();
    data[31] ^= 1;
    event.data = Bytes::from(data);
    let violation = outbox().apply(&block(5, vec![event])).unwrap_err();
    assert!(
        matches!(violation, Violation::HeadMismatch { nonce: 1, .. }),
        "{violation}"
    );
}

#[test]
fn an_event_that_does_not_decode_is_a_violation() {
    let (mut event, _) = appended(empty_outbox());
    event.data = Bytes::from_static(&[1, 2, 3]);
    let violation = outbox().apply(&block(5, vec![event])).unwrap_err();
    assert!(
        matches!(violation, Violation::UnreadableEvent { .. }),
        "{violation}"
    );
}

#[test]
fn blocks_are_consecutive_and_on_top_of_each_other() {
    let mut outbox = outbox();
    outbox.apply(&block(5, Vec::new())).unwrap();
    let gap = outbox.apply(&block(7, Vec::new())).unwrap_err();
    assert_eq!(
        gap,
        Violation::NotConsecutive {
            number: 7,
            verified: 5
        }
    );
    let mut fork = block(6, Vec::new());
    fork.parent_hash = B256::ZERO;
    let forked = outbox.apply(&fork).unwrap_err();
    assert!(
        matches!(forked, Violation::ForkedFinality { .. }),
        "{forked}"
    );
    outbox.apply(&block(6, Vec::new())).unwrap();
}

#[tokio::test]
async fn honest_endpoints_agree() {
    assert!(matches!(
        compared(&[honest(), honest()]).await,
        Comparison::Agreed
    ));
}

#[tokio::test]
async fn one_lying_endpoint_is_enough_to_disagree() {
    let other_head = lex_model::Outbox {
        nonce: 3,
        head: [9; 32],
    };
    let hidden_update = lex_model::Outbox {
        nonce: 4,
        head: [4; 32],
    };
    for outbox in [other_head, hidden_update] {
        let liar = ScriptedEndpoint {
            outbox: Some(outbox),
            ..honest()
        };
        let answer = compared(&[honest(), liar, honest()]).await;
        assert!(matches!(answer, Comparison::Disagreed { .. }), "{answer:?}");
    }
}

#[tokio::test]
async fn another_block_at_the_same_height_disagrees() {
    let fork = ScriptedEndpoint {
        finalized: Some(B256::ZERO),
        ..honest()
    };
    assert!(matches!(
        compared(&[honest(), fork]).await,
        Comparison::Disagreed { .. }
    ));
}

#[tokio::test]
async fn silence_is_neither_agreement_nor_contradiction() {
    let late = ScriptedEndpoint {
        finalized: None,
        ..honest()
    };
    let silent = ScriptedEndpoint {
        outbox: None,
        ..honest()
    };
    for endpoint in [late, silent] {
        let answer = compared(&[honest(), endpoint]).await;
        assert!(matches!(answer, Comparison::Undecided { .. }), "{answer:?}");
    }
}

#[tokio::test]
async fn a_lie_outweighs_silence() {
    let silent = ScriptedEndpoint {
        outbox: None,
        ..honest()
    };
    let fork = ScriptedEndpoint {
        finalized: Some(B256::ZERO),
        ..honest()
    };
    assert!(matches!(
        compared(&[silent, fork]).await,
        Comparison::Disagreed { .. }
    ));
}

#[tokio::test]
async fn a_verified_block_is_recorded_and_continued_after_a_restart() {
    let database = Database::new();
    let store = database.store().await;
    let (event, end) = appended(empty_outbox());
    let endpoints = vec![ScriptedEndpoint::honest(5, end)];
    let mut follower = Follower::new(outbox(), 5, endpoints, store.clone());
    let outcome = follower.advance(&[block(5, vec![event])]).await.unwrap();
    assert_eq!(outcome, Outcome::Recorded);
    assert_eq!(follower.progress().borrow().nonce, 1);

    let mut restarted = Follower::new(outbox(), 5, vec![ScriptedEndpoint::honest(6, end)], store);
    restarted.load().await.unwrap();
    assert_eq!(restarted.progress().borrow().block, Some(5));
    restarted.advance(&[block(6, Vec::new())]).await.unwrap();
    assert_eq!(restarted.progress().borrow().block, Some(6));
}

#[tokio::test]
async fn after_a_lie_nothing_is_recorded_and_the_halt_survives_a_restart() {
    let database = Database::new();
    let store = database.store().await;
    let (event, end) = appended(empty_outbox());
    let liar = ScriptedEndpoint {
        finalized: Some(block_hash(5)),
        outbox: Some(lex_model::Outbox {
            nonce: 1,
            head: [9; 32],
        }),
    };
    let endpoints = vec![ScriptedEndpoint::honest(5, end), liar];
    let mut follower = Follower::new(outbox(), 5, endpoints, store.clone());
    let outcome = follower.advance(&[block(5, vec![event])]).await.unwrap();
    assert_eq!(outcome, Outcome::Halted);
    assert_eq!(store.checkpoint().await.unwrap(), None);
    assert!(follower.progress().borrow().halted.is_some());

    let mut restarted = Follower::new(outbox(), 5, Vec::<ScriptedEndpoint>::new(), store.clone());
    restarted.load().await.unwrap();
    assert!(restarted.progress().borrow().halted.is_some());
    assert_eq!(store.resume().await.unwrap(), 1);
    assert_eq!(store.halt().await.unwrap(), None);
}
