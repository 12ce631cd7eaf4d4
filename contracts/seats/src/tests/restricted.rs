//! What is in the regulator's hands: frozen and lost accounts, held seats, the committee's suspensions.

use ink::U256;
use lex_lifecycle::testing::hash;
use lex_model::Reason;

use super::world::*;

/// Has policy freeze an account.
fn freeze(world: &mut World, number: u8) {
    world.desk.borrow_mut().frozen.insert(account(number));
    tell(world, number);
}

/// Has policy declare a key lost; the fourth account takes its place.
fn lose(world: &mut World, number: u8) {
    let mut desk = world.desk.borrow_mut();
    desk.successors.insert(account(number), account(4));
    drop(desk);
    tell(world, number);
}

fn tell(world: &mut World, number: u8) {
    ink::env::test::set_caller(policy());
    world
        .seats
        .restrict(2, account(number), 0, 1)
        .expect("by policy");
}

fn suspend(world: &mut World, id: U256) -> Result<(), lex_policy_interface::Refused> {
    world.seats.suspend(id, 7, hash(1), 0)
}

#[ink::test]
fn i11_a_frozen_or_lost_holder_changes_nothing() {
    for (restrict, reason) in [
        (freeze as fn(&mut World, u8), Reason::HolderFrozen),
        (lose, Reason::KeyLost),
    ] {
        alone(|| {
            let mut world = world();
            let id = world.issue(PLAIN);
            by(LICENSEE);
            world.seats.assign(id, account(5), START + 9).expect("free");
            restrict(&mut world, LICENSEE);
            by(LICENSEE);
            assert_eq!(code(world.send(LICENSEE, 3, id, 1)), reason);
            assert_eq!(code(world.seats.give_up(id, 1)), reason);
            assert_eq!(code(world.seats.assign(id, account(6), START + 9)), reason);
            assert_eq!(code(world.seats.unassign(id, account(5))), reason);
            let all = world.seats.set_approval_for_all(account(6), true);
            assert_eq!(code(all), reason);
            // A license of many holders is not its licensee's alone.
            by(ISSUER);
            assert_eq!(suspend(&mut world, id), Ok(()));
        });
    }
}

#[ink::test]
fn i11_a_frozen_operator_or_user_does_nothing() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(LICENSEE);
    world.seats.assign(id, account(5), START + 9).expect("free");
    world
        .seats
        .set_approval_for_all(account(6), true)
        .expect("its own");
    freeze(&mut world, 5);
    freeze(&mut world, 6);
    by(5);
    let left = world.seats.unassign(id, account(5));
    assert_eq!(code(left), Reason::CallerFrozen);
    by(6);
    assert_eq!(code(world.send(LICENSEE, 3, id, 1)), Reason::CallerFrozen);
}

#[ink::test]
fn i11_a_held_seat_is_not_assigned() {
    let mut world = world();
    let id = world.issue(PLAIN);
    for (held, refused) in [(9, false), (10, true)] {
        by(COMMITTEE);
        world
            .seats
            .freeze_token(account(LICENSEE), id, held, 7, hash(1))
            .expect("the committee");
        by(LICENSEE);
        let assigned = world.seats.assign(id, account(5), START + 9);
        assert_eq!(assigned.is_err(), refused, "{held} held");
    }
    let again = world.seats.assign(id, account(6), START + 9);
    assert_eq!(code(again), Reason::TokenFrozen);
}

/// What a frozen account holds, and what is held, is changed by the committee alone, so that no user gives
/// it back either.
#[ink::test]
fn i11_a_user_returns_nothing_to_the_regulators_hands() {
    for (frozen, reason) in [(true, Reason::HolderFrozen), (false, Reason::TokenFrozen)] {
        alone(|| {
            let mut world = world();
            let id = world.issue(PLAIN);
            by(LICENSEE);
            world.seats.assign(id, account(5), START + 9).expect("free");
            if frozen {
                freeze(&mut world, LICENSEE);
            } else {
                by(COMMITTEE);
                world
                    .seats
                    .freeze_token(account(LICENSEE), id, 10, 7, hash(1))
                    .expect("the committee");
            }
            by(5);
            assert_eq!(code(world.seats.unassign(id, account(5))), reason);
        });
    }
}

/// An issuer never lifts what the committee suspended, nor takes it over.
#[ink::test]
fn whoever_suspended_decides_who_resumes() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(ISSUER);
    suspend(&mut world, id).expect("its issuer");
    by(COMMITTEE);
    suspend(&mut world, id).expect("takes it over");
    by(ISSUER);
    assert_eq!(code(world.seats.resume(id)), Reason::NotCommittee);
    assert_eq!(code(suspend(&mut world, id)), Reason::NotCommittee);
    by(COMMITTEE);
    assert_eq!(world.seats.resume(id), Ok(()));
}
