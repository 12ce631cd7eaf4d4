//! The way of a decision.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ink::{Address, U256, env::test, sol::FixedBytes};
use lex_contract_host::{
    CallFailure,
    stand_in::{self, Reverted},
};
use lex_model::{DecisionKind, Reason};
use lex_policy_interface::{Evidence, Refused, decided_call};

use super::support::{
    Board, HOLDER, TARGET, about, at, knowing, later, reason, set_threshold, suspend,
};
use crate::views::Decision;

#[ink::test]
fn a_decision_is_proposed_approved_and_executed() {
    let mut board = Board::new();
    let id = board.propose(suspend(0));
    let alice = board.alice.address;
    assert_eq!(board.contract.decision_id(suspend(0).into(), alice), Ok(id));
    assert!(board.contract.has_approved(id, alice));
    assert!(!board.contract.has_approved(id, board.bob.address));
    assert_eq!(
        board.reasons(id),
        [Reason::NotYetApproved, Reason::SoleChecker]
    );

    let carol = board.carol.address;
    board.approve(id, carol).expect("a member");
    let view = board.contract.decision(id).expect("known");
    assert_eq!((view.state, view.weight, view.threshold), (1, 2, 2));
    assert_eq!(
        (view.maker, view.epoch, view.decision),
        (alice, 1, suspend(0))
    );
    assert_eq!(board.reasons(id), []);

    test::set_caller([0xee; 20].into());
    assert_eq!(board.execute(id), Ok(()));
    let decision = suspend(0).to_model().expect("valid");
    let expected = decided_call(&decision, Evidence::default());
    assert_eq!(board.target.borrow().told, Vec::from_iter(expected));
    assert_eq!(board.contract.decision(id).expect("known").state, 2);
    assert_eq!(board.contract.next_seq(alice, U256::zero()), 1);
}

/// What a wallet asks before it puts a decision to the committee: how many about the same were approved.
#[ink::test]
fn a_decision_names_how_many_about_the_same_were_approved() {
    let mut board = Board::new();
    let count = |board: &Board, kind: DecisionKind, account: Address| {
        let license = U256::from(9);
        board
            .contract
            .decisions_about(kind.code(), TARGET.into(), license, account)
    };
    board.propose(about(DecisionKind::Revoke));
    assert_eq!(count(&board, DecisionKind::Revoke, HOLDER.into()), Ok(0));
    let bob = board.bob.address;
    let suspend = board.decided(about(DecisionKind::Suspend));
    board.decided(about(DecisionKind::FreezeToken));
    // Approved again, with nothing in between, it is the same.
    test::set_caller(bob);
    board.contract.withdraw(suspend).expect("he approved");
    board.approve(suspend, bob).expect("a member");
    for (kind, account, expected) in [
        (DecisionKind::Revoke, Address::zero(), 1),
        (DecisionKind::Resume, HOLDER.into(), 1),
        (DecisionKind::FreezeToken, HOLDER.into(), 1),
        (DecisionKind::ReleaseToken, HOLDER.into(), 1),
        (DecisionKind::FreezeToken, Address::zero(), 1),
        (DecisionKind::ForcedTransfer, HOLDER.into(), 0),
        (DecisionKind::FreezeHolder, HOLDER.into(), 0),
        (DecisionKind::Renew, Address::zero(), 0),
    ] {
        assert_eq!(count(&board, kind, account), Ok(expected), "{kind}");
    }
    let unknown =
        board
            .contract
            .decisions_about(200, TARGET.into(), U256::from(9), Address::zero());
    assert_eq!(unknown, Err(Refused::new(Reason::UnknownCode, 200)));
}

/// I17, M1: weight counts, not heads, and what a decision needs is settled when it is proposed.
#[ink::test]
fn i17_a_decision_needs_the_threshold_of_when_it_was_proposed() {
    let mut board = Board::new();
    let before = board.decided(suspend(0));
    let strict = board.decided(set_threshold(DecisionKind::Suspend.code(), 3, 0));
    board.execute(strict).expect("in range");
    assert_eq!(board.execute(before), Ok(()));

    let after = board.decided(suspend(1));
    assert_eq!(reason(board.execute(after)), Reason::NotYetApproved);
    let carol = board.carol.address;
    board.approve(after, carol).expect("a member");
    let failed = board.decided(suspend(2));
    let mild = set_threshold(DecisionKind::Suspend.code(), 1, 1);
    let mild = board.decided(knowing(mild, 1));
    board.execute(mild).expect("in range");
    assert_eq!(reason(board.execute(failed)), Reason::WrongEpoch);
    assert_eq!(board.contract.decision(after).expect("known").threshold, 3);
    assert_eq!(board.execute(after), Ok(()));
}

/// I20: however heavy the maker is, another member has to agree.
#[ink::test]
fn i20_the_maker_is_never_the_only_checker() {
    let mut board = Board::new();
    let one = board.decided(set_threshold(0, 1, 0));
    board.execute(one).expect("in range");
    let id = board.propose(suspend(0));
    assert_eq!(board.reasons(id), [Reason::SoleChecker]);
    assert_eq!(reason(board.execute(id)), Reason::SoleChecker);
    let bob = board.bob.address;
    board.approve(id, bob).expect("a member");
    assert_eq!(board.execute(id), Ok(()));
}

/// I21, P13: a decision whose target refuses holds up nobody, in its lane or another, and is not killed
/// by what overtakes it.
#[ink::test]
fn p13_a_failing_decision_blocks_no_other() {
    let mut board = Board::new();
    const BROKEN: [u8; 20] = [0xbb; 20];
    stand_in::install(BROKEN, |data| match data.len() {
        // versionOf and subjectOf have one argument.
        36 => Ok([0; 5 * 32].into()),
        _ => Err(CallFailure::NoAnswer),
    });
    let failing = board.decided(Decision {
        target: BROKEN.into(),
        account: Address::zero(),
        ..suspend(0)
    });
    let next_one = board.decided(suspend(1));
    assert_eq!(board.execute(next_one), Ok(()));
    let other_lane = board.decided(at(suspend(3), U256::from(7) << 64));
    assert_eq!(board.execute(other_lane), Ok(()));
    assert_eq!(board.reasons(failing), [], "it stays open");
    assert_eq!(reason(board.execute(failing)), Reason::TargetRefused);
    let alice = board.alice.address;
    assert_eq!(board.contract.next_seq(alice, U256::zero()), 2);
    assert_eq!(board.contract.next_seq(alice, U256::from(7)), 1);
    assert_eq!(board.contract.next_seq(alice, U256::from(8)), 0);
}

/// A number waits for those before it until they are approved, given up or over.
#[ink::test]
fn p13_a_number_waits_for_its_turn() {
    let mut board = Board::new();
    let third = board.decided(suspend(2));
    let refused = board.execute(third).expect_err("not its turn");
    assert_eq!(refused, Refused::new(Reason::NonceUsed, 0));
    let first = board.propose(suspend(0));
    assert_eq!(board.reasons(third), [Reason::NonceUsed]);
    let bob = board.bob.address;
    board.approve(first, bob).expect("a member");
    let refused = board.execute(third).expect_err("not its turn");
    assert_eq!(refused, Refused::new(Reason::NonceUsed, 1));
    let second = board.propose(suspend(1));
    test::set_caller(board.alice.address);
    board.contract.cancel(second).expect("her own");
    assert_eq!(board.execute(third), Ok(()));
    assert_eq!(board.execute(first), Ok(()));
}

#[ink::test]
fn the_targets_own_words_come_back() {
    let mut board = Board::new();
    let id = board.decided(suspend(0));
    stand_in::install(TARGET, |_| Err(CallFailure::Reverted(vec![1, 2, 3, 4, 5])));
    let execution = catch_unwind(AssertUnwindSafe(|| board.execute(id)));
    let words = execution.expect_err("reverted");
    assert_eq!(
        words.downcast_ref::<Reverted>(),
        Some(&Reverted(vec![1, 2, 3, 4, 5]))
    );
}

#[ink::test]
fn a_target_without_an_answer_is_a_refusal() {
    for failure in [CallFailure::NoAnswer, CallFailure::Reverted(Vec::new())] {
        let mut board = Board::new();
        let id = board.decided(suspend(0));
        stand_in::install(TARGET, move |_| Err(failure.clone()));
        assert_eq!(reason(board.execute(id)), Reason::TargetRefused);
    }
    let mut board = Board::new();
    let nobody = Decision {
        target: [0x77; 20].into(),
        ..suspend(0)
    };
    test::set_caller(board.alice.address);
    assert_eq!(
        reason(board.contract.propose(nobody.into())),
        Reason::TargetRefused
    );
}

/// P11: what cannot be shown to a signer cannot be proposed.
#[ink::test]
fn p11_a_decision_says_exactly_what_its_kind_says() {
    let mut board = Board::new();
    test::set_caller(board.alice.address);
    let own = test::callee();
    for kind in [0, 22] {
        let decision = Decision { kind, ..suspend(0) };
        let refused = board.contract.propose(decision.into());
        let expected = Refused::new(Reason::UnknownCode, kind.into());
        assert_eq!(refused.expect_err("no such kind"), expected);
    }
    let cases: [(Decision, u64); 5] = [
        (
            Decision {
                target: Address::zero(),
                ..suspend(0)
            },
            2,
        ),
        (
            Decision {
                target: own,
                ..suspend(0)
            },
            2,
        ),
        (
            Decision {
                counterparty: own,
                ..suspend(0)
            },
            5,
        ),
        (
            Decision {
                reason: 0,
                ..suspend(0)
            },
            9,
        ),
        // Another account's lane.
        (at(about(DecisionKind::FreezeHolder), U256::zero()), 15),
    ];
    for (decision, place) in cases {
        let refused = board
            .contract
            .propose(decision.into())
            .expect_err("invalid");
        assert_eq!(refused.code, Reason::InvalidDecision.code());
        assert_eq!(refused.detail, U256::from(place));
        let alice = board.alice.address;
        assert!(board.contract.decision_id(decision.into(), alice).is_err());
    }
}

/// Ends are exclusive everywhere.
#[ink::test]
fn at_the_deadline_it_is_too_late() {
    let mut board = Board::new();
    let id = board.decided(suspend(0));
    later(100);
    assert_eq!(board.reasons(id), [Reason::DeadlinePassed]);
    assert_eq!(reason(board.execute(id)), Reason::DeadlinePassed);
    let carol = board.carol.address;
    assert_eq!(reason(board.approve(id, carol)), Reason::DeadlinePassed);
    test::set_caller(board.alice.address);
    assert_eq!(
        reason(board.contract.propose(suspend(1).into())),
        Reason::DeadlinePassed
    );
    later(99);
    assert_eq!(board.execute(id), Ok(()));
}

#[ink::test]
fn an_approval_can_be_taken_back_and_given_again() {
    let mut board = Board::new();
    let id = board.decided(suspend(0));
    let bob = board.bob.address;
    test::set_caller(bob);
    assert_eq!(board.contract.withdraw(id), Ok(()));
    assert!(!board.contract.has_approved(id, bob));
    assert_eq!(
        reason(board.contract.withdraw(id)),
        Reason::NotApprovedByMember
    );
    assert_eq!(reason(board.execute(id)), Reason::NotYetApproved);
    assert_eq!(board.approve(id, bob), Ok(()));
    assert_eq!(reason(board.approve(id, bob)), Reason::AlreadyApproved);
    assert_eq!(board.execute(id), Ok(()));
    test::set_caller(bob);
    assert_eq!(reason(board.contract.withdraw(id)), Reason::DecisionClosed);
}

#[ink::test]
fn only_its_maker_cancels_a_decision() {
    let mut board = Board::new();
    let id = board.decided(suspend(0));
    test::set_caller(board.bob.address);
    assert_eq!(reason(board.contract.cancel(id)), Reason::NotMaker);
    test::set_caller(board.alice.address);
    assert_eq!(board.contract.cancel(id), Ok(()));
    assert_eq!(reason(board.contract.cancel(id)), Reason::DecisionClosed);
    assert_eq!(reason(board.execute(id)), Reason::DecisionClosed);
    assert_eq!(
        reason(board.contract.propose(suspend(0).into())),
        Reason::DecisionClosed
    );
    // Another member's proposal of the same thing is another decision.
    test::set_caller(board.bob.address);
    let other = board.contract.propose(suspend(0).into()).expect("his own");
    assert_ne!(other, id);
}

#[ink::test]
fn what_is_not_known_is_refused() {
    let mut board = Board::new();
    let unknown = FixedBytes([1; 32]);
    let alice = board.alice.address;
    assert_eq!(
        reason(board.approve(unknown, alice)),
        Reason::UnknownDecision
    );
    assert_eq!(reason(board.execute(unknown)), Reason::UnknownDecision);
    assert_eq!(
        reason(board.contract.cancel(unknown)),
        Reason::UnknownDecision
    );
    assert_eq!(
        reason(board.contract.decision(unknown)),
        Reason::UnknownDecision
    );
    assert_eq!(board.reasons(unknown), [Reason::UnknownDecision]);
    assert!(!board.contract.has_approved(unknown, alice));
    let id = board.propose(suspend(0));
    assert_eq!(
        reason(board.contract.propose(suspend(0).into())),
        Reason::AlreadyApproved
    );
    assert_eq!(reason(board.approve(id, [9; 20].into())), Reason::NotMember);
    test::set_caller([9; 20].into());
    assert_eq!(
        reason(board.contract.propose(suspend(0).into())),
        Reason::NotMember
    );
}

/// `explain` and `execute` agree after every step of a long random history, and what is executed
/// keeps the invariants.
#[ink::test]
fn i16_to_i21_hold_in_random_histories() {
    let mut board = Board::new();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    let people = [board.alice.address, board.bob.address, board.carol.address];
    let mut known: Vec<FixedBytes<32>> = Vec::new();
    let mut executed = 0;
    for _ in 0..4_000 {
        let person = people[usize::try_from(random(3)).expect("small")];
        test::set_caller(person);
        let pick = known.len().max(1) as u64;
        let id = known
            .get(usize::try_from(random(pick)).expect("small"))
            .copied()
            .unwrap_or(FixedBytes([0; 32]));
        match random(8) {
            0 => {
                let lane = U256::from(random(4));
                let sequence = board.contract.next_seq(person, lane) + random(2);
                let nonce = (lane << 64) + U256::from(sequence);
                let decision = at(suspend(random(3)), nonce);
                known.extend(board.contract.propose(decision.into()));
            }
            1..=3 => drop(board.contract.approve(id)),
            4 => drop(board.contract.withdraw(id)),
            5 if random(6) == 0 => drop(board.contract.cancel(id)),
            _ => {
                let expected = board.contract.explain(id);
                let before = board.contract.decision(id);
                let done = board.execute(id);
                let first = expected.first().map(|refusal| (*refusal).into());
                assert_eq!(done.err(), first);
                if let (Ok(before), Ok(())) = (before, done) {
                    executed += 1;
                    assert!(before.weight >= before.threshold, "I17");
                    let others = people
                        .iter()
                        .filter(|person| **person != before.maker)
                        .any(|person| board.contract.has_approved(id, *person));
                    assert!(others, "I20");
                    assert_eq!(reason(board.execute(id)), Reason::DecisionClosed, "I16");
                }
            }
        }
    }
    assert!(executed > 20, "{executed}");
}
