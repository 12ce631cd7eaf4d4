//! Users of seats.

use ink::{Address, U256};
use lex_lifecycle::testing::hash;
use lex_model::Reason;

use super::world::{
    COMMITTEE, ISSUER, LICENSEE, PLAIN, START, TERM, World, account, at, by, code, policy, refused,
    world,
};
use crate::views::{AssignmentView, PositionView};

const END: u64 = START + TERM;
const USER: u8 = 30;

/// The licensee assigns a seat to the user until then.
fn assign(world: &mut World, id: U256, user: u8, until: u64) -> Result<(), Reason> {
    by(LICENSEE);
    let assigned = world.seats.assign(id, account(user), until);
    assigned.map_err(|refused| Reason::from_code(refused.code).expect("known code"))
}

fn holder_of(world: &World, id: U256, user: u8) -> Address {
    world.seats.assigned_to(id, account(user)).holder
}

#[ink::test]
fn a_user_works_with_a_seat_without_holding_it() {
    let mut world = world();
    let id = world.issue(PLAIN);
    assert!(!world.seats.may_use(id, account(USER)));
    assert_eq!(assign(&mut world, id, USER, START + 100), Ok(()));
    assert!(world.seats.may_use(id, account(USER)));
    assert_eq!(
        world.seats.assigned_to(id, account(USER)),
        AssignmentView {
            holder: account(LICENSEE),
            expires: START + 100
        }
    );
    assert_eq!(world.balance(USER, id), 0);
    assert_eq!(
        world.seats.position(id, account(LICENSEE)),
        Ok(PositionView {
            balance: 10,
            frozen: 0,
            assigned: 1,
            free: 9
        })
    );
    assert_eq!(
        world.send(LICENSEE, LICENSEE, id, 10),
        Err(refused(Reason::InsufficientSeats, 9))
    );
}

#[ink::test]
fn an_assignment_is_refused_for_the_reason_that_applies() {
    let mut world = world();
    let id = world.issue(PLAIN);
    let cases = [
        (0, START + 1, Reason::ZeroAddress),
        (USER, START, Reason::InvalidTime),
        (USER, END + 1, Reason::InvalidTime),
    ];
    for (user, until, reason) in cases {
        assert_eq!(assign(&mut world, id, user, until), Err(reason));
    }
    by(3);
    assert_eq!(
        world.seats.assign(id, account(USER), END),
        Err(refused(Reason::InsufficientSeats, 0))
    );
    let restrictions = [
        (3, Address::zero(), PLAIN, Reason::TypeClosed),
        (2, account(LICENSEE), 0, Reason::HolderFrozen),
        (2, account(USER), 0, Reason::ReceiverFrozen),
    ];
    for (kind, holder, license_type, reason) in restrictions {
        for value in [1, 0] {
            ink::env::test::set_caller(policy());
            world
                .seats
                .restrict(kind, holder, license_type, value)
                .expect("by policy");
            if value == 1 {
                assert_eq!(assign(&mut world, id, USER, END), Err(reason));
            }
        }
    }
    assert_eq!(assign(&mut world, id, USER, END), Ok(()));
}

/// I6, P2: no right outlives its own end, the license, or the use of either account.
#[ink::test]
fn i6_p2_rights_end_with_what_they_stand_on() {
    let mut world = world();
    let id = world.issue(PLAIN);
    assign(&mut world, id, USER, END).expect("a free seat");
    assign(&mut world, id, 31, START + 10).expect("a free seat");
    let licensee = account(LICENSEE);
    at(START + 9);
    assert_eq!(holder_of(&world, id, 31), licensee);
    at(START + 10);
    assert!(holder_of(&world, id, 31).is_zero());

    by(ISSUER);
    world
        .seats
        .suspend(id, 7, hash(1), 0)
        .expect("it is active");
    assert!(holder_of(&world, id, USER).is_zero());
    world.seats.resume(id).expect("it is suspended");
    assert_eq!(holder_of(&world, id, USER), licensee);
    for frozen in [LICENSEE, USER] {
        for value in [1, 0] {
            ink::env::test::set_caller(policy());
            world
                .seats
                .restrict(2, account(frozen), 0, value)
                .expect("by policy");
            assert_eq!(holder_of(&world, id, USER).is_zero(), value == 1);
        }
    }
    at(END - 1);
    assert_eq!(holder_of(&world, id, USER), licensee);
    at(END);
    assert!(holder_of(&world, id, USER).is_zero());
    by(ISSUER);
    world.seats.renew(id).expect("in grace");
    assert!(holder_of(&world, id, USER).is_zero());
}

#[ink::test]
fn rights_are_taken_back_by_holder_and_user() {
    let mut world = world();
    let id = world.issue(PLAIN);
    for sender in [LICENSEE, USER] {
        assign(&mut world, id, USER, END).expect("a free seat");
        by(3);
        assert_eq!(
            code(world.seats.unassign(id, account(USER))),
            Reason::NotHolder
        );
        by(sender);
        assert_eq!(world.seats.unassign(id, account(USER)), Ok(()));
        assert_eq!(
            code(world.seats.unassign(id, account(USER))),
            Reason::NotUser
        );
    }
    assign(&mut world, id, USER, START + 10).expect("a free seat");
    at(START + 10);
    by(3);
    assert_eq!(world.seats.unassign(id, account(USER)), Ok(()));
}

/// I6: seats that a decision takes away are nobody's to lend.
#[ink::test]
fn i6_decisions_end_assignments_that_lose_their_seats() {
    let mut world = world();
    let id = world.issue(PLAIN);
    world.hand_out(3, id, 2);
    by(3);
    for user in [USER, 31] {
        world
            .seats
            .assign(id, account(user), END)
            .expect("a free seat");
    }
    assert!(!world.seats.may_use(id, account(3)));
    by(COMMITTEE);
    let (from, to) = (account(3), account(4));
    world
        .seats
        .force_transfer(from, to, id, 1, 7, hash(1))
        .expect("the committee may");
    assert!(holder_of(&world, id, USER).is_zero() && holder_of(&world, id, 31).is_zero());
    assert!(world.seats.may_use(id, account(3)));
    assert!(super::world::place_of("AssignmentsEnded(uint256,address)").is_some());
}
