//! Parts that need no policy.

use ink::{Address, U256, env::test};
use lex_contract_host::chain_id;
use lex_lifecycle::testing::hash;
use lex_model::{Outbox, Reason, SoftwareKeccak};

use super::world::*;
use crate::{holders::Holders, license::License, rights::Rights};

#[ink::test]
fn a_contract_needs_a_policy_and_is_initialized_once() {
    let missing = License::new(Address::zero())
        .err()
        .map(|refused| refused.code);
    assert_eq!(missing, Some(Reason::ZeroAddress.code()));
    let mut world = world();
    let again = world.license.initialize(account(1));
    assert_eq!(refused(again), Reason::AlreadyInitialized);
    assert!(world.license.layout().0.starts_with(b"LEX License\0"));
    assert_eq!(world.license.policy(), account(0xee));
    assert_eq!(world.license.name(), "LEX License");
    assert_eq!(world.license.symbol(), "LEX");
}

#[ink::test]
fn the_outbox_begins_with_chain_and_address() {
    let license = world().license;
    let empty = Outbox::empty::<SoftwareKeccak>(chain_id(), &test::callee().0);
    let outbox = license.outbox().expect("initialized");
    assert_eq!((outbox.nonce, outbox.head.0), (0, empty.head));
}

#[ink::test]
fn nothing_can_be_done_to_a_license_that_does_not_exist() {
    let license = &mut world().license;
    for id in [U256::zero(), U256::one(), U256::MAX] {
        assert_eq!(refused(license.renew(id)), Reason::UnknownLicense);
        assert_eq!(refused(license.request_renewal(id)), Reason::UnknownLicense);
        assert_eq!(
            refused(license.suspend(id, 1, hash(1), 0)),
            Reason::UnknownLicense
        );
        assert_eq!(refused(license.settle(id)), Reason::UnknownLicense);
        assert_eq!(refused(license.withdraw(id)), Reason::UnknownLicense);
        assert_eq!(
            refused(license.approve(account(3), id)),
            Reason::UnknownLicense
        );
        assert_eq!(refused(license.get_approved(id)), Reason::UnknownLicense);
        assert_eq!(refused(license.owner_of(id)), Reason::UnknownLicense);
        assert_eq!(refused(license.token_uri(id)), Reason::UnknownLicense);
        assert_eq!(refused(license.license(id)), Reason::UnknownLicense);
        assert_eq!(refused(license.user_of(id)), Reason::UnknownLicense);
        assert_eq!(refused(license.expires_at(id)), Reason::UnknownLicense);
        assert_eq!(refused(license.recover(vec![id])), Reason::UnknownLicense);
        let moved = license.transfer_from(account(2), account(3), id);
        assert_eq!(refused(moved), Reason::UnknownLicense);
        let forced = license.forced_transfer(account(2), account(3), id);
        assert_eq!(refused(forced), Reason::UnknownLicense);
        assert!(!license.is_usable(id) && !license.is_renewable(id));
        assert!(!license.is_renewal_requested(id));
        assert!(!license.can_transfer(account(2), account(3), id));
        assert!(!license.get_frozen_tokens(account(2), id));
    }
}

#[ink::test]
fn the_zero_address_is_approved_for_nothing() {
    let mut rights = Rights::default();
    assert!(!rights.may_move(Address::zero(), account(2), 1));
    rights.approve(1, account(3));
    assert!(rights.may_move(account(3), account(2), 1));
    assert!(!rights.may_move(account(3), account(2), 2));
    assert!(!rights.may_approve(account(3), account(2)));
    rights.end(1);
    assert!(!rights.may_move(account(3), account(2), 1));
}

#[ink::test]
fn nobody_hands_over_what_it_does_not_hold() {
    let mut holders = Holders::default();
    assert_eq!(
        holders.hand_over(account(2), account(3)),
        Err(Reason::NotHolder)
    );
    holders.receive(account(2)).expect("room");
    holders.hand_over(account(2), account(2)).expect("held");
    assert_eq!(holders.balance(account(2)), 1);
}
