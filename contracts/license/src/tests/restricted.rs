//! What is in the regulator's hands: frozen and lost accounts, held licenses, the committee's
//! suspensions.

use ink::{U256, prelude::string::String};
use lex_lifecycle::testing::{cleared, hash};
use lex_model::{Group, Reason, Status};
use lex_policy_interface::Refused;

use super::world::*;

/// Has policy freeze an account.
pub(super) fn freeze(world: &mut World, number: u8) {
    world.desk.borrow_mut().frozen.insert(account(number));
    tell(world, number);
}

/// Has policy declare a key lost; the third account takes its place.
pub(super) fn lose(world: &mut World, number: u8) {
    let mut desk = world.desk.borrow_mut();
    desk.successors.insert(account(number), account(THIRD));
    drop(desk);
    tell(world, number);
}

fn tell(world: &mut World, number: u8) {
    by_policy();
    world
        .license
        .restrict(2, account(number), 0, 1)
        .expect("policy");
}

fn hold(world: &mut World, id: U256) {
    by(COMMITTEE);
    world
        .license
        .set_frozen_tokens(account(HOLDER), id, true)
        .expect("the committee");
}

fn suspend(world: &mut World, id: U256, lifts_at: u64) -> Result<(), Refused> {
    world.license.suspend(id, 7, hash(1), lifts_at)
}

/// Everything that an account may try with a license of the holder, by name.
fn everything(world: &mut World, id: U256) -> Vec<(&'static str, Result<(), Refused>)> {
    let (holder, other) = (account(HOLDER), account(OTHER));
    let license = &mut world.license;
    vec![
        ("surrender", license.surrender(id)),
        ("cancelSubscription", license.cancel_subscription(id)),
        ("transferFrom", license.transfer_from(holder, other, id)),
        ("approve", license.approve(other, id)),
        ("setUser", license.set_user(id, other, END)),
        ("setUser to nobody", license.set_user(id, account(0), 0)),
        (
            "sublicense",
            license
                .sublicense(id, other, CHILD, "US-NY".into(), 0, hash(6), String::new())
                .map(|_| ()),
        ),
        ("requestRenewal", license.request_renewal(id)),
    ]
}

#[ink::test]
fn i11_a_frozen_holder_changes_nothing() {
    let mut world = world();
    let id = world.issue(PLAIN);
    at(END - 50);
    freeze(&mut world, HOLDER);
    by(HOLDER);
    for (name, answer) in everything(&mut world, id) {
        assert_eq!(refused(answer), Reason::HolderFrozen, "{name}");
    }
    for approved in [true, false] {
        let all = world.license.set_approval_for_all(account(OTHER), approved);
        assert_eq!(refused(all), Reason::HolderFrozen);
    }
    by(ISSUER);
    let revoked = world.license.revoke(id, 7, hash(1));
    assert_eq!(refused(revoked), Reason::HolderFrozen);
    assert_eq!(refused(suspend(&mut world, id, 0)), Reason::HolderFrozen);
    by(COMMITTEE);
    assert_eq!(world.license.revoke(id, 7, hash(1)), Ok(()));
}

#[ink::test]
fn i11_a_lost_key_changes_nothing() {
    let mut world = world();
    let id = world.issue(PLAIN);
    at(END - 50);
    lose(&mut world, HOLDER);
    by(HOLDER);
    for (name, answer) in everything(&mut world, id) {
        assert_eq!(refused(answer), Reason::KeyLost, "{name}");
    }
    let all = world.license.set_approval_for_all(account(OTHER), true);
    assert_eq!(refused(all), Reason::KeyLost);
}

#[ink::test]
fn i11_a_lost_issuer_issues_and_withdraws_nothing() {
    let mut world = world();
    let pending = world.issue(GATED);
    lose(&mut world, ISSUER);
    by(ISSUER);
    assert_eq!(refused(world.license.withdraw(pending)), Reason::KeyLost);
    let amended = world.license.set_metadata(pending, hash(6), "b".into());
    assert_eq!(refused(amended), Reason::KeyLost);
    let (to, nothing) = (account(HOLDER), String::new());
    let issued = world
        .license
        .issue(to, PLAIN, "US-NY".into(), 0, hash(5), nothing);
    assert_eq!(refused(issued), Reason::KeyLost);
}

/// A frozen account does nothing in any role, and nobody acts for it.
#[ink::test]
fn i11_a_frozen_operator_moves_nothing_and_a_frozen_user_uses_nothing() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(HOLDER);
    world
        .license
        .set_approval_for_all(account(OTHER), true)
        .expect("its own");
    by(ISSUER);
    suspend(&mut world, id, START + 10).expect("its issuer");
    at(START + 10);
    freeze(&mut world, OTHER);
    by(OTHER);
    assert_eq!(refused(world.license.settle(id)), Reason::CallerFrozen);
    let moved = world
        .license
        .transfer_from(account(HOLDER), account(THIRD), id);
    assert_eq!(refused(moved), Reason::CallerFrozen);
    let approved = world.license.approve(account(THIRD), id);
    assert_eq!(refused(approved), Reason::CallerFrozen);
    let lent = world.license.set_user(id, account(THIRD), END);
    assert_eq!(refused(lent), Reason::CallerFrozen);
    by(HOLDER);
    let lent = world.license.set_user(id, account(OTHER), END);
    assert_eq!(refused(lent), Reason::ReceiverFrozen);
}

#[ink::test]
fn i11_a_frozen_licensor_ends_no_sublicense() {
    let mut world = world();
    let parent = world.issue(PLAIN);
    let child = world.sublicense(parent, CHILD);
    let pending = world.sublicense(parent, GATED_CHILD);
    freeze(&mut world, HOLDER);
    by(HOLDER);
    assert_eq!(refused(suspend(&mut world, child, 0)), Reason::CallerFrozen);
    let revoked = world.license.revoke(child, 7, hash(1));
    assert_eq!(refused(revoked), Reason::CallerFrozen);
    assert_eq!(
        refused(world.license.withdraw(pending)),
        Reason::CallerFrozen
    );
    by(THIRD);
    let sold = world
        .license
        .transfer_from(account(THIRD), account(OTHER), child);
    assert_eq!(refused(sold), Reason::HolderFrozen);
}

#[ink::test]
fn a_sublicense_is_not_sold_while_its_parents_type_is_closed() {
    let mut world = world();
    let parent = world.issue(PLAIN);
    let child = world.sublicense(parent, CHILD);
    world
        .desk
        .borrow_mut()
        .types
        .entry(PLAIN)
        .and_modify(|above| above.open = false);
    by(THIRD);
    let sold = world
        .license
        .transfer_from(account(THIRD), account(OTHER), child);
    assert_eq!(refused(sold), Reason::ParentNotUsable);
}

#[ink::test]
fn i11_a_held_license_is_changed_by_the_committee_alone() {
    let mut world = world();
    let (id, pending) = (world.issue(PLAIN), world.issue(GATED));
    for held in [id, pending] {
        hold(&mut world, held);
    }
    at(END - 50);
    by(HOLDER);
    for (name, answer) in everything(&mut world, id) {
        assert_eq!(refused(answer), Reason::TokenFrozen, "{name}");
    }
    assert_eq!(
        refused(world.license.withdraw(pending)),
        Reason::TokenFrozen
    );
    by(ISSUER);
    let revoked = world.license.revoke(id, 7, hash(1));
    assert_eq!(refused(revoked), Reason::TokenFrozen);
    assert_eq!(refused(suspend(&mut world, id, 0)), Reason::TokenFrozen);
    assert_eq!(refused(world.license.renew(id)), Reason::TokenFrozen);
    by(COMMITTEE);
    assert_eq!(suspend(&mut world, id, 0), Ok(()));
    assert_eq!(world.license.withdraw(pending), Ok(()));
}

/// An issuer never lifts what the committee suspended, nor takes it over; its own it extends and lifts.
#[ink::test]
fn whoever_suspended_decides_who_resumes() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(ISSUER);
    suspend(&mut world, id, START + 10).expect("its issuer");
    suspend(&mut world, id, START + 20).expect("its own");
    at(START + 10);
    assert_eq!(world.status(id), Status::Suspended.code());
    world.license.resume(id).expect("its own");
    suspend(&mut world, id, 0).expect("its issuer");
    by(COMMITTEE);
    suspend(&mut world, id, START + 30).expect("takes it over");
    by(ISSUER);
    assert_eq!(refused(world.license.resume(id)), Reason::NotCommittee);
    assert_eq!(refused(suspend(&mut world, id, 0)), Reason::NotCommittee);
    by(COMMITTEE);
    suspend(&mut world, id, START + 40).expect("extends its own");
    at(START + 30);
    assert_eq!(world.status(id), Status::Suspended.code());
    world.license.resume(id).expect("the committee");
    // It is over by the committee's decision, and the next one is its issuer's.
    by(ISSUER);
    suspend(&mut world, id, 0).expect("its issuer");
    assert_eq!(world.license.resume(id), Ok(()));
}

/// Whoever took over from an issuer decides about its licenses as the issuer did, no more.
#[ink::test]
fn a_successor_decides_as_the_issuer_did() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(ISSUER);
    suspend(&mut world, id, 0).expect("its issuer");
    let heirs = [(account(ISSUER), account(OTHER))];
    world.desk.borrow_mut().issuers.extend(heirs);
    assert_eq!(refused(world.license.resume(id)), Reason::UnknownIssuer);
    by(OTHER);
    let owed = world.license.royalty_info(id, U256::from(100));
    assert_eq!(owed.map(|owed| owed.receiver), Ok(account(OTHER)));
    world.license.resume(id).expect("it took over");
    suspend(&mut world, id, 0).expect("its issuer now");
    world.license.resume(id).expect("it is no committee's");
    by(COMMITTEE);
    suspend(&mut world, id, 0).expect("its committee");
    by(OTHER);
    assert_eq!(refused(world.license.resume(id)), Reason::NotCommittee);
    world
        .license
        .revoke(id, 7, hash(1))
        .expect("its issuer now");
}

/// What was approved is what is in force: amending needs what issuing needed, and can be paused.
#[ink::test]
fn amending_passes_the_gates_of_issuing() {
    let mut world = world();
    let (gated, plain) = (world.issue(GATED), world.issue(PLAIN));
    by(COMMITTEE);
    world
        .activate(gated, cleared(900))
        .expect("approved and cleared");
    by(ISSUER);
    let rewritten = world.license.set_metadata(gated, hash(6), "b".into());
    assert_eq!(refused(rewritten), Reason::ApprovalRequired);
    world.desk.borrow_mut().paused = Group::Issue.bit();
    let amended = |world: &mut World| world.license.set_metadata(plain, hash(6), "b".into());
    assert_eq!(refused(amended(&mut world)), Reason::Paused);
    world.desk.borrow_mut().paused = 0;
    assert_eq!(amended(&mut world), Ok(()));
    let content = world
        .desk
        .borrow()
        .allowed
        .last()
        .map(|asked| asked.content);
    assert_eq!(content, Some(hash(6)));
    let before = world.license.outbox().expect("initialized").nonce;
    suspend(&mut world, plain, 0).expect("its issuer");
    assert_eq!(
        refused(world.license.set_metadata(plain, hash(7), "c".into())),
        Reason::WrongState
    );
    assert_eq!(
        world.license.outbox().expect("initialized").nonce,
        before + 1
    );
}

#[ink::test]
fn nobody_moves_a_license_to_itself_or_sublicenses_to_itself() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(HOLDER);
    let moved = world
        .license
        .transfer_from(account(HOLDER), account(HOLDER), id);
    assert_eq!(refused(moved), Reason::SameAccount);
    let (to, nothing) = (account(HOLDER), String::new());
    let given = world
        .license
        .sublicense(id, to, CHILD, "US-NY".into(), 0, hash(6), nothing);
    assert_eq!(refused(given), Reason::SameAccount);
}
