//! Who is a member, and what weight decides.

use ink::{Address, env::test};
use lex_model::{DecisionKind, Reason};

use super::support::{Board, knowing, reason, set_member, set_threshold};
use crate::{committee::Committee, views::Member};

fn account(byte: u8) -> Address {
    [byte; 20].into()
}

fn refused(members: &[u8], weights: &[u32], threshold: u32) -> (Reason, u64) {
    let members = members.iter().map(|byte| account(*byte)).collect();
    let Err(refused) = Committee::new(members, weights.into(), threshold) else {
        panic!("not refused")
    };
    let reason = Reason::from_code(refused.code).expect("known code");
    (reason, refused.detail.low_u64())
}

/// I18, I19: no committee begins in a state that it could not reach.
#[ink::test]
fn i19_members_are_distinct_accounts_with_weights() {
    assert_eq!(refused(&[1, 2], &[1], 1), (Reason::WrongLength, 32));
    assert_eq!(refused(&[1], &[5], 1), (Reason::LimitReached, 2));
    assert_eq!(refused(&[1, 0], &[1, 1], 1), (Reason::InvalidMember, 0));
    assert_eq!(refused(&[1, 2], &[1, 0], 1), (Reason::InvalidMember, 0));
    let heavy = [1, 65_536];
    assert_eq!(refused(&[1, 2], &heavy, 1), (Reason::InvalidMember, 0));
    assert_eq!(refused(&[1, 1], &[1, 1], 1), (Reason::DuplicateSigner, 0));
    assert_eq!(refused(&[1, 2], &[1, 1], 0), (Reason::InvalidThreshold, 2));
    assert_eq!(refused(&[1, 2], &[1, 1], 3), (Reason::InvalidThreshold, 2));
    let many: Vec<u8> = (1..=33).collect();
    assert_eq!(refused(&many, &[1; 33], 1), (Reason::LimitReached, 32));

    let own = test::callee();
    let with_itself = Committee::new(vec![account(1), own], vec![1, 1], 1);
    assert_eq!(with_itself.err().map(|refused| refused.code), Some(91));
}

#[ink::test]
fn a_full_committee_fits_its_storage() {
    let members: Vec<Address> = (1..=32).map(account).collect();
    let committee = Committee::new(members.clone(), vec![65_535; 32], 32 * 65_535).expect("valid");
    let expected: Vec<Member> = members
        .into_iter()
        .map(|account| Member {
            account,
            weight: 65_535,
        })
        .collect();
    assert_eq!(committee.members(), Ok(expected));
    assert_eq!(committee.threshold(0), Ok(2_097_120));
    assert_eq!(test::recorded_events().len(), 34);
}

#[ink::test]
fn members_join_leave_and_change_by_decision() {
    let mut board = Board::new();
    let dave = account(0xdd);
    let join = board.decided(set_member(dave, 5, 0));
    assert_eq!(board.execute(join), Ok(()));
    assert_eq!(board.contract.epoch(), Ok(2));
    let weights = |board: &Board| -> Vec<u32> {
        let members = board.contract.members().expect("initialized");
        members.iter().map(|member| member.weight).collect()
    };
    assert_eq!(weights(&board), [1, 1, 1, 5]);

    let lighter = board.decided(knowing(set_member(dave, 2, 1), 1));
    assert_eq!(board.execute(lighter), Ok(()));
    assert_eq!(weights(&board), [1, 1, 1, 2]);

    let alice = board.alice.address;
    let leave = board.decided(set_member(alice, 0, 0));
    assert_eq!(board.execute(leave), Ok(()));
    assert_eq!(weights(&board), [1, 1, 2]);
    assert_eq!(board.contract.epoch(), Ok(4));
    test::set_caller(alice);
    let again = board.contract.propose(set_member(alice, 1, 1).into());
    assert_eq!(reason(again), Reason::NotMember);
}

#[ink::test]
fn changes_that_change_nothing_or_too_much_are_refused() {
    type Choose = fn(&Board) -> Address;
    let cases: [(Choose, u64, Reason); 3] = [
        (|_| account(0xdd), 0, Reason::AlreadySo),
        (|board| board.bob.address, 1, Reason::AlreadySo),
        (|_| test::callee(), 1, Reason::InvalidMember),
    ];
    for (member, weight, expected) in cases {
        let mut board = Board::new();
        let id = board.decided(set_member(member(&board), weight, 0));
        assert_eq!(reason(board.execute(id)), expected);
    }
}

/// I18: whoever leaves, every threshold stays within reach.
#[ink::test]
fn i18_thresholds_stay_between_one_and_the_sum() {
    for (threshold, expected) in [(3, None), (4, Some(Reason::InvalidThreshold))] {
        let mut board = Board::new();
        let id = board.decided(set_threshold(0, threshold, 0));
        assert_eq!(
            board.execute(id).err().map(|refused| refused.code),
            expected.map(Reason::code)
        );
    }
    let mut board = Board::new();
    let revocations = board.decided(set_threshold(DecisionKind::Revoke.code(), 3, 0));
    assert_eq!(board.execute(revocations), Ok(()));
    assert_eq!(board.contract.threshold(DecisionKind::Revoke.code()), Ok(3));
    assert_eq!(
        board.contract.threshold(DecisionKind::Suspend.code()),
        Ok(2)
    );
    let carol = board.carol.address;
    let leave = board.decided(set_member(carol, 0, 0));
    assert_eq!(reason(board.execute(leave)), Reason::InvalidThreshold);
}

#[ink::test]
fn two_members_always_remain() {
    let mut board = Board::new();
    let one = board.decided(set_threshold(0, 1, 0));
    board.execute(one).expect("in range");
    let (carol, bob) = (board.carol.address, board.bob.address);
    let first = board.decided(set_member(carol, 0, 0));
    board.execute(first).expect("two are left");
    let second = board.decided(set_member(bob, 0, 0));
    assert_eq!(reason(board.execute(second)), Reason::LimitReached);
}
