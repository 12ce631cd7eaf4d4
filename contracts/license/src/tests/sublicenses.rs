//! Licenses that stand under another one.

use ink::U256;
use lex_lifecycle::testing::hash;
use lex_model::{KIND_HOLDER, KIND_TYPE, Reason, Status};
use lex_policy_interface::Evidence;

use super::world::*;

#[ink::test]
fn a_holder_gives_sublicenses_within_its_own_license() {
    let mut world = world();
    let parent = world.issue(PLAIN);
    by(OTHER);
    assert_eq!(
        refused(world.try_sublicense(parent, CHILD)),
        Reason::NotHolder
    );
    by(HOLDER);
    assert_eq!(
        refused(world.try_sublicense(parent, PLAIN)),
        Reason::NotSublicensable
    );
    at(START + 100);
    let child = world.sublicense(parent, CHILD);
    let seen = world.license.license(child).expect("issued");
    assert_eq!(U256::from(seen.parent), parent);
    assert_eq!(
        (seen.issuer, seen.holder),
        (account(HOLDER), account(THIRD))
    );
    assert_eq!(
        (seen.valid_from, seen.valid_until, seen.grace_until),
        (START + 100, END, END + 50)
    );
    assert_eq!(world.license.sublicenses(parent), Ok(vec![child]));
    by(THIRD);
    assert_eq!(
        refused(world.try_sublicense(child, CHILD)),
        Reason::NotSublicensable
    );
    assert_eq!(
        refused(world.try_sublicense(U256::from(9), CHILD)),
        Reason::UnknownLicense
    );
    assert_eq!(
        refused(world.license.sublicenses(U256::from(9))),
        Reason::UnknownLicense
    );
}

#[ink::test]
fn a_license_has_eight_sublicenses_that_have_not_ended() {
    let mut world = world();
    let parent = world.issue(PLAIN);
    let first = world.sublicense(parent, CHILD);
    for _ in 1..8 {
        world.sublicense(parent, CHILD);
    }
    let over = world.try_sublicense(parent, CHILD).expect_err("full");
    assert_eq!(
        (over.code, over.detail),
        (Reason::LimitReached.code(), 8.into())
    );
    world
        .license
        .revoke(first, 7, hash(1))
        .expect("the parent's holder");
    let ninth = world.sublicense(parent, CHILD);
    let children = world.license.sublicenses(parent).expect("issued");
    assert_eq!((children.len(), children.last()), (8, Some(&ninth)));
    assert!(!children.contains(&first));
}

/// A sublicense stands no better than its parent, whatever it stands on its own; and one update tells
/// of all of them.
#[ink::test]
fn a_sublicense_is_suspended_with_its_parent() {
    let mut world = world();
    let parent = world.issue(PLAIN);
    let child = world.sublicense(parent, CHILD);
    let before = world.license.license(child).expect("issued");
    by(ISSUER);
    world
        .license
        .suspend(parent, 7, hash(1), START + 10)
        .expect("its issuer");
    let suspended = world.license.license(child).expect("issued");
    assert_eq!(suspended.status, Status::Suspended.code());
    assert_eq!(suspended.suspended_until, START + 10);
    assert_eq!(suspended.version, before.version);
    assert!(!world.license.is_usable(child));
    assert_eq!(world.license.outbox().expect("begun").nonce, 3);
    at(START + 10);
    assert!(world.license.is_usable(child));
    world.license.settle(parent).expect("lifted");
    assert_eq!(world.license.license(child), Ok(before));
    assert_eq!(world.license.outbox().expect("begun").nonce, 4);
}

/// What readers elsewhere are told of a sublicense is its own standing, and which license to ask about.
#[ink::test]
fn an_update_names_the_license_above() {
    let mut world = world();
    let parent = world.issue(PLAIN);
    by(ISSUER);
    world
        .license
        .suspend(parent, 7, hash(1), START + 10)
        .expect("its issuer");
    at(START + 10);
    let child = world.sublicense(parent, CHILD);
    let (_, topics, data) = last_event(UPDATE).expect("told");
    assert_eq!(word(&topics[2], 0), child);
    assert_eq!(word(&data, 2), Status::Active.code().into());
    assert_eq!(word(&data, 7), parent);
}

/// Nobody uses a sublicense whose parent nobody may use.
#[ink::test]
fn a_sublicense_is_not_usable_beyond_its_parent() {
    let mut world = world();
    let parent = world.issue(PLAIN);
    let child = world.sublicense(parent, CHILD);
    by(THIRD);
    world
        .license
        .set_user(child, account(OTHER), START + 100)
        .expect("its holder");
    assert_eq!(world.license.user_of(child), Ok(account(OTHER)));
    by_policy();
    for (kind, holder, license_type) in [
        (KIND_HOLDER, account(HOLDER), 0),
        (KIND_TYPE, account(0), PLAIN),
    ] {
        for holds in [1, 0] {
            world
                .license
                .restrict(kind, holder, license_type, holds)
                .expect("policy");
            assert_eq!(world.license.is_usable(child), holds == 0);
            let user = world.license.user_of(child).expect("issued");
            assert_eq!(user.is_zero(), holds == 1);
        }
    }
}

/// A sublicense dies with its parent, for ever, in force or pending.
#[ink::test]
fn i1_a_sublicense_dies_with_its_parent() {
    for surrendered in [false, true] {
        let mut world = world();
        let parent = world.issue(PLAIN);
        let active = world.sublicense(parent, CHILD);
        let pending = world.sublicense(parent, GATED_CHILD);
        let ended = world.sublicense(parent, CHILD);
        by(THIRD);
        world.license.surrender(ended).expect("its holder");
        let before = world.license.license(ended).expect("issued");
        if surrendered {
            by(HOLDER);
            world.license.surrender(parent).expect("its holder");
        } else {
            by(ISSUER);
            world
                .license
                .revoke(parent, 7, hash(1))
                .expect("its issuer");
        }
        for child in [active, pending] {
            assert_eq!(world.status(child), Status::Revoked.code());
            assert_eq!(world.license.expires_at(child), Ok(0));
        }
        assert_eq!(world.license.license(ended), Ok(before));
        assert!(last_event("SublicenseEnded(uint256,uint256)").is_some());
        by(COMMITTEE);
        let late = world.activate(pending, Evidence::default());
        assert_eq!(refused(late), Reason::WrongState);
    }
}

#[ink::test]
fn a_sublicense_is_renewed_within_its_parent() {
    let mut world = world();
    let parent = world.issue(PLAIN);
    let child = world.sublicense(parent, CHILD);
    at(END - 50);
    by(HOLDER);
    assert_eq!(refused(world.license.renew(child)), Reason::ParentExceeded);
    assert!(!world.license.is_renewable(child));
    by(ISSUER);
    assert_eq!(
        refused(world.license.renew(child)),
        Reason::NotLicenseIssuer
    );
    world.license.renew(parent).expect("its issuer");
    assert!(world.license.is_renewable(child));
    by(HOLDER);
    assert_eq!(world.license.renew(child), Ok(()));
    assert_eq!(world.license.expires_at(child), Ok(END + 1_000));
}

#[ink::test]
fn a_gated_sublicense_waits_for_its_committee() {
    let mut world = world();
    let parent = world.issue(PLAIN);
    let child = world.sublicense(parent, GATED_CHILD);
    assert_eq!(world.status(child), Status::Pending.code());
    assert_eq!(
        refused(world.activate(child, Evidence::default())),
        Reason::ApprovalRequired
    );
    by(COMMITTEE);
    assert_eq!(world.activate(child, Evidence::default()), Ok(()));
    assert_eq!(world.status(child), Status::Active.code());
}
