//! What attackers of a committee want, and do not get: each was so once.

use ink::{Address, U256, env::test};
use lex_model::{
    DecisionKind, Keccak, MAX_AFTER_CHANGE, MAX_DEADLINE_AHEAD, Reason, SoftwareKeccak,
};
use lex_policy_interface::Refused;

use super::support::{
    Board, HOLDER, NOW, TARGET, about, at, knowing, later, next, reason, set_member, set_threshold,
    suspend, until,
};
use crate::views::Decision;

/// H3: LiftPause was approved for a false alarm; an outsider executes it during the real one.
#[ink::test]
fn an_outsider_lifts_the_pause_of_the_real_alarm() {
    let mut board = Board::new();
    let id = board.decided(about(DecisionKind::LiftPause));
    assert_eq!(board.reasons(id), []);
    // Lifted by the admin, and paused anew.
    board.target.borrow_mut().pause_version += 2;
    test::set_caller([0xee; 20].into());
    let refused = board.execute(id).expect_err("another pause");
    assert_eq!(refused, Refused::new(Reason::NotAsApproved, 7));
    assert_eq!(board.reasons(id), [Reason::NotAsApproved]);
}

/// H3: Resume was approved; the license was suspended anew for another reason.
#[ink::test]
fn a_holder_is_resumed_from_a_suspension_that_nobody_forgave() {
    let mut board = Board::new();
    let id = board.decided(about(DecisionKind::Resume));
    board.target.borrow_mut().subject.version += 2;
    assert_eq!(reason(board.execute(id)), Reason::NotAsApproved);
}

/// H3: the release of one freeze opens the next.
#[ink::test]
fn a_frozen_holder_keeps_a_release_for_the_next_freeze() {
    let mut board = Board::new();
    let id = board.decided(about(DecisionKind::ReleaseHolder));
    board.target.borrow_mut().account_version += 2;
    assert_eq!(reason(board.execute(id)), Reason::NotAsApproved);

    // A hold is the committee's alone: its own count tells one from the next, executed or not.
    let release = board.decided(about(DecisionKind::ReleaseToken));
    let hold = board.decided(about(DecisionKind::FreezeToken));
    assert_eq!(reason(board.execute(release)), Reason::NotAsApproved);
    assert_eq!(board.execute(hold), Ok(()));
    assert_eq!(reason(board.execute(release)), Reason::NotAsApproved);
}

/// H3: whatever a holder, a user or an issuer does meanwhile, what restricts is executed.
#[ink::test]
fn a_holder_dodges_its_revocation_by_moving_the_license() {
    for kind in [
        DecisionKind::Revoke,
        DecisionKind::Suspend,
        DecisionKind::FreezeHolder,
        DecisionKind::FreezeToken,
        DecisionKind::ForcedTransfer,
        DecisionKind::Withdraw,
    ] {
        let mut board = Board::new();
        let id = board.decided(about(kind));
        let target = board.target.clone();
        target.borrow_mut().subject.version += 5;
        target.borrow_mut().subject.holder = [0x99; 20].into();
        target.borrow_mut().account_version += 5;
        assert_eq!(board.execute(id), Ok(()), "{kind}");
    }
}

/// A holder's friend picks, among what is approved, what is executed first: nothing that was approved
/// before or for another purpose voids a restriction.
#[ink::test]
fn a_friend_voids_a_revocation_by_executing_another_decision_first() {
    for first in [
        DecisionKind::Renew,
        DecisionKind::Amend,
        DecisionKind::Resume,
        DecisionKind::Suspend,
        DecisionKind::FreezeToken,
        DecisionKind::ReleaseToken,
        DecisionKind::ForcedTransfer,
        DecisionKind::FreezeHolder,
        DecisionKind::ReleaseHolder,
    ] {
        for restriction in [
            DecisionKind::Revoke,
            DecisionKind::Suspend,
            DecisionKind::FreezeHolder,
            DecisionKind::FreezeToken,
            DecisionKind::Withdraw,
        ] {
            if first == restriction {
                continue;
            }
            let mut board = Board::new();
            let earlier = board.decided(about(first));
            let known = board.count(restriction);
            let id = board.decided(knowing(about(restriction), known));
            test::set_caller([0xee; 20].into());
            // One that loosens may have died of the restriction; then it kills nothing either.
            let _tried = board.execute(earlier);
            assert_eq!(board.execute(id), Ok(()), "{first}, then {restriction}");
        }
    }
}

/// A decision about a seller, a debtor or a thief that was forgotten hits whom the committee gave the license
/// to since.
#[ink::test]
fn an_enemy_turns_a_forgotten_decision_against_the_next_holder() {
    for restriction in [
        DecisionKind::Revoke,
        DecisionKind::Suspend,
        DecisionKind::FreezeToken,
    ] {
        let mut board = Board::new();
        let forgotten = board.decided(about(restriction));
        let seizure = board.decided(about(DecisionKind::ForcedTransfer));
        // One more, by members who know of the seizure and mean whoever has the license after it.
        let meant = next(about(restriction));
        let meant = board.decided(knowing(meant, board.count(restriction)));
        test::set_caller([0xee; 20].into());
        board.execute(seizure).expect("approved");
        board.target.borrow_mut().subject.holder = [0x72; 20].into();
        assert_eq!(reason(board.execute(forgotten)), Reason::NotAsApproved);
        assert_eq!(board.reasons(forgotten), [Reason::NotAsApproved]);
        assert_eq!(board.execute(meant), Ok(()), "{restriction}");
    }
    // A seizure that is older than another one names a holder whom that one is not about.
    let mut board = Board::new();
    let older = board.decided(about(DecisionKind::ForcedTransfer));
    let mut newer = next(about(DecisionKind::ForcedTransfer));
    newer.account = [0x79; 20].into();
    board.target.borrow_mut().subject.holder = newer.account;
    let newer = board.decided(knowing(newer, 1));
    board.execute(newer).expect("approved");
    assert_eq!(reason(board.execute(older)), Reason::NotAsApproved);
}

/// Seats that are seized leave alone what was decided about the license, and about others' seats.
#[ink::test]
fn a_friend_voids_a_revocation_of_seats_by_a_seizure_of_some() {
    let of_seats = |kind| Decision {
        account: match kind {
            DecisionKind::FreezeToken | DecisionKind::ForcedTransfer => HOLDER.into(),
            _ => Address::zero(),
        },
        ..about(kind)
    };
    for restriction in [
        DecisionKind::Revoke,
        DecisionKind::Suspend,
        DecisionKind::FreezeToken,
    ] {
        let mut board = Board::new();
        board.target.borrow_mut().subject.holder = Address::zero();
        let id = board.decided(of_seats(restriction));
        let seizure = board.decided(of_seats(DecisionKind::ForcedTransfer));
        board.execute(seizure).expect("approved");
        assert_eq!(board.execute(id), Ok(()), "{restriction}");
    }
}

/// A single token was held at its former holder's, by a decision that was forgotten, and released at the
/// present one's.
#[ink::test]
fn an_enemy_holds_again_what_was_released_at_another_holder() {
    let sold = |board: &Board| board.target.borrow_mut().subject.holder = [0x79; 20].into();
    let mut board = Board::new();
    let forgotten = board.decided(about(DecisionKind::FreezeToken));
    sold(&board);
    let mut release = about(DecisionKind::ReleaseToken);
    release.account = [0x79; 20].into();
    let release = board.decided(knowing(release, board.count(DecisionKind::ReleaseToken)));
    board.execute(release).expect("approved");
    assert_eq!(reason(board.execute(forgotten)), Reason::NotAsApproved);

    // Seats are held one by one: another holder's are no business of this one's.
    let mut board = Board::new();
    board.target.borrow_mut().subject.holder = Address::zero();
    let hold = board.decided(about(DecisionKind::FreezeToken));
    let mut others = about(DecisionKind::ReleaseToken);
    others.account = [0x79; 20].into();
    let others = board.decided(others);
    board.execute(others).expect("approved");
    assert_eq!(board.execute(hold), Ok(()));
}

/// A bribed member has many decisions of an honest one's refused by their target, so that its next one
/// waits for ever.
#[ink::test]
fn a_lane_dies_of_what_its_target_refuses() {
    let mut board = Board::new();
    board.target.borrow_mut().refuses = Some(Reason::WrongState);
    for number in 1..40 {
        board.decided(suspend(number));
    }
    // What nobody had approved before holds up all of them, and none any more once it is approved.
    let last = board.decided(suspend(40));
    assert_eq!(board.reasons(last), [Reason::NonceUsed]);
    board.decided(suspend(0));
    board.target.borrow_mut().refuses = None;
    assert_eq!(board.execute(last), Ok(()));
    let next = board.decided(suspend(41));
    assert_eq!(board.execute(next), Ok(()));
}

/// Members of a committee that is a member of another one change their minds, and an outsider executes an
/// old approval of theirs after that.
#[ink::test]
fn an_outsider_renews_an_approval_elsewhere_that_was_taken_back() {
    let mut board = Board::new();
    let approve = board.decided(about(DecisionKind::ApproveIn));
    let copy = next(about(DecisionKind::ApproveIn));
    let kept = board.decided(knowing(copy, 1));
    let count = board
        .contract
        .decisions_about(
            DecisionKind::WithdrawIn.code(),
            TARGET.into(),
            U256::from_big_endian(&[0x44; 32]),
            Address::zero(),
        )
        .expect("a kind");
    let take_back = board.decided(knowing(about(DecisionKind::WithdrawIn), count));
    assert_eq!(board.execute(take_back), Ok(()));
    let told = board.target.borrow().told.clone();
    let withdraw = [
        &SoftwareKeccak::keccak256(b"withdraw(bytes32)")[..4],
        &[0x44; 32][..],
    ];
    assert_eq!(told, [withdraw.concat()]);
    for old in [approve, kept] {
        assert_eq!(reason(board.execute(old)), Reason::NotAsApproved);
    }
}

/// What restricts and was forgotten hits whom the committee let go since, with knowledge of it.
#[ink::test]
fn an_enemy_executes_what_the_committee_took_back() {
    for (restriction, release) in [
        (DecisionKind::Suspend, DecisionKind::Resume),
        (DecisionKind::Revoke, DecisionKind::Resume),
        (DecisionKind::FreezeHolder, DecisionKind::ReleaseHolder),
        (DecisionKind::FreezeToken, DecisionKind::ReleaseToken),
    ] {
        let mut board = Board::new();
        let forgotten = board.decided(about(restriction));
        let release = board.decided(knowing(about(release), 1));
        board.execute(release).expect("approved");
        let refused = board.execute(forgotten).expect_err("taken back");
        assert_eq!(refused, Refused::new(Reason::NotAsApproved, 2));
        assert_eq!(board.reasons(forgotten), [Reason::NotAsApproved]);

        // Nor is it brought by those who keep its signatures, and only a new one names what happened.
        test::set_caller(board.alice.address);
        let stale = next(about(restriction));
        for unknown in [0, 1, 3] {
            let again = board.contract.propose(knowing(stale, unknown).into());
            assert_eq!(again, Err(Refused::new(Reason::NotAsApproved, 2)));
        }
        let anew = board.decided(knowing(stale, 2));
        assert_eq!(board.execute(anew), Ok(()));
    }
}

/// A resumption, a release or a promotion that was signed before the restriction and is brought after it
/// loosens nothing and voids nothing.
#[ink::test]
fn a_friend_brings_a_release_that_was_signed_before_the_restriction() {
    for (release, restriction) in [
        (about(DecisionKind::Resume), about(DecisionKind::Revoke)),
        (about(DecisionKind::Resume), about(DecisionKind::Suspend)),
        (
            about(DecisionKind::ReleaseHolder),
            about(DecisionKind::FreezeHolder),
        ),
        (
            about(DecisionKind::ReleaseToken),
            about(DecisionKind::FreezeToken),
        ),
        (
            set_member([0xd1; 20].into(), 9, 0),
            set_member([0xd1; 20].into(), 0, 0),
        ),
        (set_threshold(5, 1, 0), set_threshold(5, 3, 0)),
        (
            about(DecisionKind::Upgrade),
            at(about(DecisionKind::Upgrade), U256::from(9) << 64),
        ),
    ] {
        let mut board = Board::with(&[[0xd1; 20].into(), [0xd2; 20].into()], 2);
        let (alice, bob) = (board.alice.address, board.bob.address);
        let id = board.contract.decision_id(release.into(), alice);
        let id = id.expect("valid");
        let signatures = vec![board.alice.sign(id), board.bob.sign(id)];
        let restriction = board.decided(restriction);
        test::set_caller([0xee; 20].into());
        let signers = vec![alice, bob];
        let brought = board
            .contract
            .submit(release.into(), alice, signers, signatures);
        assert_eq!(reason(brought), Reason::NotAsApproved);
        assert_eq!(board.execute(restriction), Ok(()));
    }
}

/// A bribed member puts a revocation early, so that it counts as older than the resumption that was
/// decided before it.
#[ink::test]
fn a_bribed_member_puts_a_revocation_before_the_resumption() {
    let mut board = Board::new();
    let bob = board.bob.address;
    let early = board.propose(about(DecisionKind::Revoke));
    let resume = board.decided(about(DecisionKind::Resume));
    // New evidence: with knowledge of the resumption.
    board.approve(early, bob).expect("a member");
    assert_eq!(reason(board.execute(resume)), Reason::NotAsApproved);
    assert_eq!(board.execute(early), Ok(()));
}

/// A bribed member completes, after the license was resumed, the revocation that an honest one had approved
/// before that and forgot.
#[ink::test]
fn a_bribed_member_completes_a_forgotten_revocation() {
    let mut board = Board::new();
    let bob = board.bob.address;
    let forgotten = board.propose(about(DecisionKind::Revoke));
    let resume = board.decided(about(DecisionKind::Resume));
    board.execute(resume).expect("approved");
    board.approve(forgotten, bob).expect("a member");
    assert_eq!(reason(board.execute(forgotten)), Reason::NotAsApproved);
}

/// An earlier, weaker decision is executed after a later, stronger one.
#[ink::test]
fn a_friend_executes_the_weaker_decision_last() {
    for kind in [DecisionKind::Suspend, DecisionKind::FreezeToken] {
        let mut board = Board::new();
        let weaker = board.decided(about(kind));
        let stronger = board.decided(knowing(next(about(kind)), 1));
        assert_eq!(board.execute(stronger), Ok(()));
        assert_eq!(reason(board.execute(weaker)), Reason::NotAsApproved);
    }
    // Both are carried out in the order in which they were decided.
    let mut board = Board::new();
    let first = board.decided(about(DecisionKind::Suspend));
    let second = board.decided(next(about(DecisionKind::Suspend)));
    assert_eq!(board.execute(first), Ok(()));
    assert_eq!(board.execute(second), Ok(()));
}

/// Holding fewer units than are held is a release, for which more members may be needed.
#[ink::test]
fn two_members_release_by_a_smaller_hold() {
    let mut board = Board::new();
    let approved = board.decided(about(DecisionKind::FreezeToken));
    board.target.borrow_mut().held = 100;
    let refused = Refused::new(Reason::NotAsApproved, 100);
    assert_eq!(board.execute(approved), Err(refused));
    test::set_caller(board.alice.address);
    let smaller = board
        .contract
        .propose(next(about(DecisionKind::FreezeToken)).into());
    assert_eq!(smaller, Err(refused));
    let released = board.decided(knowing(about(DecisionKind::ReleaseToken), 1));
    assert_eq!(board.execute(released), Ok(()));
}

/// A removed member brings itself back by what was approved before its removal.
#[ink::test]
fn a_removed_member_executes_its_own_old_promotion() {
    let mut board = Board::with(&[[0xd1; 20].into(), [0xd2; 20].into()], 2);
    let (bob, carol) = (board.bob.address, board.carol.address);
    let promotion = board.decided(set_member(carol, 9, 0));
    let removal = board.decided(knowing(set_member(carol, 0, 1), 1));
    board.execute(removal).expect("four are left");
    test::set_caller(carol);
    assert_eq!(reason(board.execute(promotion)), Reason::NotAsApproved);

    // Nobody else's change is in the way.
    let mut board = Board::with(&[[0xd1; 20].into(), [0xd2; 20].into()], 2);
    let first = board.decided(set_member(carol, 3, 0));
    let second = board.decided(set_member(bob, 2, 0));
    board.execute(second).expect("approved");
    assert_eq!(board.execute(first), Ok(()));
}

/// A lower threshold that was approved and replaced by a higher one is not executed after it, nor are
/// signatures enough after it fell that were not before.
#[ink::test]
fn a_replaced_threshold_comes_back() {
    let mut board = Board::new();
    let (alice, bob) = (board.alice.address, board.bob.address);
    let low = board.decided(set_threshold(5, 1, 0));
    let high = board.decided(knowing(set_threshold(5, 3, 1), 1));
    board.execute(high).expect("in range");
    assert_eq!(reason(board.execute(low)), Reason::NotAsApproved);
    assert_eq!(board.contract.threshold(5), Ok(3));

    let revoke = about(DecisionKind::Revoke);
    let id = board.contract.decision_id(revoke.into(), alice);
    let id = id.expect("valid");
    let too_few = || vec![board.alice.sign(id), board.bob.sign(id)];
    let (first, again) = (too_few(), too_few());
    let signers = vec![alice, bob];
    let brought = board
        .contract
        .submit(revoke.into(), alice, signers.clone(), first);
    assert_eq!(reason(brought), Reason::NotYetApproved);
    let lower = board.decided(knowing(set_threshold(5, 2, 2), 2));
    board.execute(lower).expect("in range");
    let brought = board.contract.submit(revoke.into(), alice, signers, again);
    assert_eq!(reason(brought), Reason::InvalidSignature);
}

/// The code that the committee rolled back is installed again by a copy of the first decision.
#[ink::test]
fn faulty_code_is_installed_again_after_its_rollback() {
    let mut board = Board::new();
    let bob = board.bob.address;
    let upgrade = board.propose(about(DecisionKind::Upgrade));
    let copy = board.propose(next(about(DecisionKind::Upgrade)));
    board.approve(upgrade, bob).expect("a member");
    assert_eq!(board.execute(upgrade), Ok(()));
    board.approve(copy, bob).expect("a member");
    assert_eq!(reason(board.execute(copy)), Reason::NotAsApproved);
    // Nor is one that was approved before the rollback.
    let third = next(next(about(DecisionKind::Upgrade)));
    let third = board.decided(knowing(third, 2));
    let mut rollback = next(next(next(about(DecisionKind::Upgrade))));
    (rollback.account, rollback.counterparty) = (rollback.counterparty, rollback.account);
    let rollback = board.decided(knowing(rollback, 3));
    assert_eq!(reason(board.execute(third)), Reason::NotAsApproved);
    assert_eq!(board.execute(rollback), Ok(()));
}

/// The same units are seized twice by two orders that were approved for one reason, or a small seizure is
/// carried out to void a large one.
#[ink::test]
fn one_seizure_is_carried_out_twice() {
    let mut board = Board::new();
    board.target.borrow_mut().subject.holder = Address::zero();
    let order = about(DecisionKind::ForcedTransfer);
    let mut others = at(order, U256::from(7) << 64);
    others.account = [0x79; 20].into();
    let bob = board.bob.address;
    let (small, copy) = (board.propose(order), board.propose(next(order)));
    board.approve(small, bob).expect("a member");
    let others = board.decided(others);
    let large = board.decided(knowing(next(next(order)), 1));
    // The copy is approved only now, by who does not know that it is one.
    board.approve(copy, bob).expect("a member");
    assert_eq!(board.execute(others), Ok(()), "another holder's");
    assert_eq!(reason(board.execute(copy)), Reason::NotAsApproved);
    assert_eq!(board.execute(small), Ok(()));
    assert_eq!(
        board.execute(large),
        Ok(()),
        "decided knowing the small one"
    );
    assert_eq!(reason(board.execute(copy)), Reason::NotAsApproved);
}

/// A proposer's lane stays usable however many of its decisions it gave up.
#[ink::test]
fn a_lane_dies_of_what_was_given_up() {
    for used_up in [false, true] {
        let mut board = Board::new();
        for number in 0..40 {
            let id = board.propose(suspend(number));
            let gone = if used_up {
                let alice = board.alice.address;
                board.contract.use_up_nonce(alice, U256::from(number))
            } else {
                board.contract.cancel(id)
            };
            gone.expect("it is hers");
        }
        let last = board.decided(suspend(40));
        assert_eq!(board.execute(last), Ok(()));
    }
}

/// H3: two of three signed off the chain, changed their minds, and somebody submits.
#[ink::test]
fn somebody_submits_what_its_signers_regret() {
    let mut board = Board::new();
    let (alice, bob) = (board.alice.address, board.bob.address);
    let id = board.contract.decision_id(suspend(0).into(), alice);
    let id = id.expect("valid");
    let signatures = vec![board.alice.sign(id), board.bob.sign(id)];
    test::set_caller([0xee; 20].into());
    assert_eq!(reason(board.contract.withdraw(id)), Reason::NotMember);
    test::set_caller(bob);
    assert_eq!(board.contract.withdraw(id), Ok(()));
    assert_eq!(
        reason(board.contract.withdraw(id)),
        Reason::NotApprovedByMember
    );
    let submitted = board
        .contract
        .submit(suspend(0).into(), alice, vec![alice, bob], signatures);
    assert_eq!(reason(submitted), Reason::SignatureWithdrawn);
}

/// H3: a proposer takes back everything that was signed for one of its numbers.
#[ink::test]
fn somebody_submits_what_its_proposer_gave_up() {
    let mut board = Board::new();
    let (alice, bob) = (board.alice.address, board.bob.address);
    let id = board.propose(suspend(0));
    let signature = board.bob.sign(id);
    test::set_caller(bob);
    let others = board.contract.use_up_nonce(alice, U256::zero());
    assert_eq!(reason(others), Reason::NotMaker);
    test::set_caller([0xee; 20].into());
    let nobodys = board.contract.use_up_nonce(alice, U256::zero());
    assert_eq!(reason(nobodys), Reason::NotMember);
    test::set_caller(alice);
    for number in [0, 1] {
        let used = board.contract.use_up_nonce(alice, U256::from(number));
        assert_eq!(used, Ok(()));
        let again = board.contract.use_up_nonce(alice, U256::from(number));
        assert_eq!(reason(again), Reason::NonceUsed);
    }
    let refused = board.contract.approve_by_sig(id, bob, signature);
    assert_eq!(reason(refused), Reason::NonceUsed);
    test::set_caller(alice);
    let next = board.contract.propose(suspend(1).into());
    assert_eq!(reason(next), Reason::NonceUsed);
    // The lane goes on behind them.
    let third = board.decided(suspend(2));
    assert_eq!(board.execute(third), Ok(()));
    test::set_caller(alice);
    let executed = board.contract.use_up_nonce(alice, U256::from(2));
    assert_eq!(reason(executed), Reason::NonceUsed);
}

/// H3: an approval that never ends.
#[ink::test]
fn an_approval_hangs_over_a_license_for_ever() {
    let mut board = Board::new();
    test::set_caller(board.alice.address);
    for deadline in [NOW + MAX_DEADLINE_AHEAD + 1, u64::MAX] {
        let endless = board
            .contract
            .propose(until(suspend(0), deadline).into())
            .expect_err("too far");
        assert_eq!(endless, Refused::new(Reason::InvalidTime, deadline));
    }
    let furthest = until(suspend(0), NOW + MAX_DEADLINE_AHEAD);
    assert!(board.contract.propose(furthest.into()).is_ok());
}

/// M1: a decision that failed is revived by a lower threshold.
#[ink::test]
fn a_lowered_threshold_revives_what_had_failed() {
    let mut board = Board::with(&[[0xd1; 20].into(), [0xd2; 20].into()], 3);
    let (alice, bob, carol) = (board.alice.address, board.bob.address, board.carol.address);
    let failed = board.decided(suspend(0));
    let lower = board.decided(set_threshold(0, 2, 0));
    board.approve(lower, carol).expect("a member");
    board.execute(lower).expect("in range");
    assert_eq!(reason(board.execute(failed)), Reason::WrongEpoch);
    assert!(board.contract.has_approved(failed, alice) && board.contract.has_approved(failed, bob));
}

/// M2: who has decisions executed chooses an order in which they kill each other.
#[ink::test]
fn an_outsider_orders_executions_so_that_one_kills_the_others() {
    let mut board = Board::new();
    let first = board.decided(suspend(0));
    let second = board.decided(suspend(1));
    let third = board.decided(suspend(2));
    test::set_caller([0xee; 20].into());
    assert_eq!(board.execute(third), Ok(()));
    assert_eq!(board.execute(first), Ok(()));
    assert_eq!(board.execute(second), Ok(()));

    // Another member's lanes are its own.
    test::set_caller(board.bob.address);
    assert!(board.contract.propose(suspend(0).into()).is_ok());
    // And a decision about one account is in none of another's.
    let mut others = about(DecisionKind::FreezeHolder);
    others.account = [0x79; 20].into();
    let refused = board.contract.propose(others.into()).expect_err("its lane");
    assert_eq!(refused, Refused::new(Reason::InvalidDecision, 15));
}

/// What was approved outlives a change of the members for a week, if those who remain meet it.
#[ink::test]
fn a_removed_members_approval_still_counts() {
    let long = |decision: Decision| until(decision, NOW + 20 * 86_400);
    for (leaver, days, expected) in [
        (2, 3, None),
        (2, 7, Some(Reason::WrongEpoch)),
        (1, 3, Some(Reason::NotYetApproved)),
    ] {
        let mut board = Board::with(&[[0xd1; 20].into(), [0xd2; 20].into()], 2);
        let people = [board.alice.address, board.bob.address, board.carol.address];
        let reached = board.decided(long(suspend(0)));
        let unreached = board.propose(long(suspend(1)));
        let leave = board.decided(set_member(people[leaver], 0, 0));
        board.execute(leave).expect("four are left");
        // Whoever takes the place does not take the approvals.
        let join = set_member([0xd3; 20].into(), 1, 0);
        let proposer = if leaver == 1 { people[2] } else { people[1] };
        test::set_caller(people[0]);
        let join = board.contract.propose(join.into()).expect("a member");
        board.approve(join, proposer).expect("a member");
        board.execute(join).expect("a new member");

        later(days * 86_400);
        assert_eq!(reason(board.execute(unreached)), Reason::WrongEpoch);
        assert_eq!(
            board.reasons(reached).first().copied(),
            expected,
            "{leaver} left {days} days ago"
        );
        later(MAX_AFTER_CHANGE - 1);
        let last = board.reasons(reached).first().copied();
        assert_ne!(last, Some(Reason::WrongEpoch));
    }
}

/// What members are shown is what is so.
#[ink::test]
fn members_are_shown_another_license() {
    type Change = fn(&mut Decision);
    let lies: [(DecisionKind, Change); 8] = [
        (DecisionKind::Revoke, |lie| lie.account = [0x79; 20].into()),
        (DecisionKind::Suspend, |lie| lie.account = Address::zero()),
        (DecisionKind::Resume, |lie| lie.account = [0x79; 20].into()),
        (DecisionKind::Activate, |lie| {
            lie.account = [0x79; 20].into()
        }),
        (DecisionKind::Activate, |lie| {
            lie.counterparty = [0x79; 20].into();
        }),
        (DecisionKind::Activate, |lie| lie.basis.count = 2),
        (DecisionKind::Activate, |lie| lie.basis.previous.0[0] = b'D'),
        (DecisionKind::Renew, |lie| lie.basis.version = 2),
    ];
    for (kind, change) in lies {
        let mut board = Board::new();
        test::set_caller(board.alice.address);
        let mut lie = about(kind);
        change(&mut lie);
        let refused = board.contract.propose(lie.into());
        assert_eq!(reason(refused), Reason::NotAsApproved, "{kind}");
        assert!(board.contract.propose(about(kind).into()).is_ok(), "{kind}");
    }
    let mut board = Board::new();
    board.target.borrow_mut().subject.version = 0;
    test::set_caller(board.alice.address);
    let nothing = board.contract.propose(about(DecisionKind::Revoke).into());
    assert_eq!(reason(nothing), Reason::UnknownLicense);
}

/// Seats have many holders, so that no decision about all of them names one.
#[ink::test]
fn decisions_about_seats_name_a_holder_where_they_are_about_some() {
    let mut board = Board::new();
    board.target.borrow_mut().subject.holder = Address::zero();
    test::set_caller(board.alice.address);
    let named = board.contract.propose(about(DecisionKind::Revoke).into());
    assert_eq!(reason(named), Reason::NotAsApproved);
    let unnamed = Decision {
        account: Address::zero(),
        ..about(DecisionKind::Revoke)
    };
    assert!(board.contract.propose(unnamed.into()).is_ok());
    let some = about(DecisionKind::ForcedTransfer);
    assert_eq!(some.account, Address::from(HOLDER));
    assert_eq!(some.target, Address::from(TARGET));
    assert!(board.contract.propose(some.into()).is_ok());
}
