//! Users of seats.

use ink::{Address, U256};
use lex_lifecycle::testing::{cleared, hash};
use lex_model::{ActionKind, Group, Reason};
use lex_policy_interface::Evidence;

use super::world::{
    COMMITTEE, ISSUER, LICENSEE, PLAIN, SCREENED, START, TERM, World, account, at, by, code,
    policy, refused, world,
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
        world.send(LICENSEE, 3, id, 10),
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
        (USER, 0, Reason::InvalidTime),
        (LICENSEE, END, Reason::SameAccount),
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
        (LICENSEE, Reason::HolderFrozen),
        (USER, Reason::ReceiverFrozen),
    ];
    for (frozen, reason) in restrictions {
        world.desk.borrow_mut().frozen.insert(account(frozen));
        assert_eq!(assign(&mut world, id, USER, END), Err(reason));
        world.desk.borrow_mut().frozen.clear();
    }
    world.desk.borrow_mut().paused = Group::Lend.bit();
    assert_eq!(assign(&mut world, id, USER, END), Err(Reason::Paused));
    world.desk.borrow_mut().paused = 0;
    let open = |world: &World, open| {
        let mut desk = world.desk.borrow_mut();
        desk.types.get_mut(&PLAIN).expect("known").open = open;
    };
    open(&world, false);
    assert_eq!(assign(&mut world, id, USER, END), Err(Reason::TypeClosed));
    open(&world, true);
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
            Reason::NotApproved
        );
        by(sender);
        assert_eq!(world.seats.unassign(id, account(USER)), Ok(()));
        assert_eq!(
            code(world.seats.unassign(id, account(USER))),
            Reason::AlreadySo
        );
    }
    assign(&mut world, id, USER, START + 10).expect("a free seat");
    at(START + 10);
    by(3);
    assert_eq!(world.seats.unassign(id, account(USER)), Ok(()));
}

/// H4: policy hears of every assignment; a type that screens users seats nobody who was not, and one
/// whose seats are not transferable may still be worked with.
#[ink::test]
fn h4_policy_is_asked_about_every_assignment() {
    let mut world = world();
    let id = world.issue(SCREENED);
    let unscreened = assign(&mut world, id, USER, END);
    assert_eq!(unscreened, Err(Reason::ClearanceRequired));
    let kind = ActionKind::Lend.code();
    let explained = |world: &World, evidence| {
        let (holder, user) = (account(LICENSEE), account(USER));
        world.seats.explain_with(
            kind,
            holder,
            id,
            0,
            String::new(),
            holder,
            user,
            1,
            evidence,
        )
    };
    assert_eq!(explained(&world, Evidence::default()).len(), 1);
    assert_eq!(explained(&world, cleared(900)), []);
    let (holder, user) = (account(LICENSEE), account(USER));
    let seats = &mut world.seats;
    assert_eq!(
        seats.assign_with(id, holder, user, END, cleared(900)),
        Ok(())
    );
    let asked = *world.desk.borrow().allowed.last().expect("asked");
    assert_eq!(
        (asked.action, asked.from, asked.to, asked.amount),
        (kind, holder, user, 1)
    );
}

/// A firm's office manager seats people, and nobody else does.
#[ink::test]
fn operators_assign_and_take_back() {
    let mut world = world();
    let id = world.issue(PLAIN);
    let holder = account(LICENSEE);
    let by_operator = |world: &mut World, user| {
        by(7);
        let none = Evidence::default();
        world
            .seats
            .assign_with(id, holder, account(user), END, none)
    };
    assert_eq!(code(by_operator(&mut world, USER)), Reason::NotApproved);
    by(LICENSEE);
    world
        .seats
        .set_approval_for_all(account(7), true)
        .expect("an account");
    assert_eq!(by_operator(&mut world, USER), Ok(()));
    assert_eq!(holder_of(&world, id, USER), holder);
    assert_eq!(world.seats.unassign(id, account(USER)), Ok(()));
    assert_eq!(
        code(world.seats.unassign(id, account(USER))),
        Reason::AlreadySo
    );
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
