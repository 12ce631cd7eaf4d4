//! Pauses, frozen holders, closed types, lost keys, and the license contracts that are told.

use super::*;

#[ink::test]
fn closing_a_type_starts_another_version_and_is_told() {
    let (mut policy, told) = usual_policy();
    as_caller(ADMIN);
    assert_eq!(
        refused(policy.set_type_open(YEARLY, true)),
        Reason::AlreadySo
    );
    policy.set_type_open(YEARLY, false).expect("open before");
    as_caller(LICENSE);
    let refusal = policy.check(issue()).expect_err("closed");
    assert_eq!(
        (refusal.code, refusal.rule_version),
        (Reason::TypeClosed.code(), 2)
    );
    rule(&mut policy, |policy| policy.set_type_open(YEARLY, true));
    policy.check(issue()).expect("open");
    let closed = |value| restriction(3, Address::zero(), YEARLY, value);
    assert_eq!(*told.borrow(), [closed(1), closed(0)]);
}

#[ink::test]
fn a_pause_is_the_guardians_and_its_end_is_not() {
    let (mut policy, told) = usual_policy();
    as_caller(GUARDIAN);
    for groups in [0, 32, 255] {
        assert_eq!(refused(policy.pause(groups)), Reason::UnknownCode);
    }
    policy.pause(1).expect("not paused");
    policy.pause(5).expect("the other is not paused");
    assert_eq!(refused(policy.pause(4)), Reason::AlreadySo);
    assert_eq!(policy.paused_groups(), 5);
    assert_eq!(refused(policy.lift_pause(1)), Reason::NotRegulator);
    assert_eq!(refused(policy.lift_pause(0)), Reason::NotRegulator);

    as_caller(REGULATOR);
    assert_eq!(refused(policy.lift_pause(0)), Reason::UnknownCode);
    assert_eq!(refused(policy.lift_pause(2)), Reason::AlreadySo);
    policy.lift_pause(3).expect("one of them is paused");
    as_caller(ADMIN);
    policy.lift_pause(4).expect("paused");
    assert_eq!(policy.paused_groups(), 0);
    assert!(told.borrow().is_empty(), "only a pause of use is told");
}

#[ink::test]
fn a_pause_of_use_is_told_when_it_begins_and_ends() {
    let (mut policy, told) = usual_policy();
    as_caller(GUARDIAN);
    policy.pause(9).expect("not paused");
    policy.pause(2).expect("not paused");
    let late = account(0x92);
    let told_late = install_license(late);
    rule(&mut policy, |policy| policy.bind_license(late));
    as_caller(REGULATOR);
    policy.lift_pause(1).expect("paused");
    policy.lift_pause(10).expect("paused");
    let paused = |value| restriction(4, Address::zero(), 0, value);
    assert_eq!(*told.borrow(), [paused(1), paused(0)]);
    assert_eq!(*told_late.borrow(), [paused(1), paused(0)]);
}

/// P6: what is paused is paused for decisions, too; what protects the public never is.
#[ink::test]
fn p6_a_pause_stops_forced_transfers() {
    let (mut policy, _) = usual_policy();
    rule(&mut policy, |policy| {
        policy.set_type_rules(YEARLY, gated(1))
    });
    as_caller(GUARDIAN);
    policy.pause(15).expect("not paused");
    as_caller(LICENSE);
    let by_committee = |kind| Action {
        caller: COMMITTEE,
        ..on_license(kind)
    };
    let forced = Action {
        to: RECEIVER,
        ..by_committee(ActionKind::ForceTransfer)
    };
    assert_eq!(refused(policy.check(forced)), Reason::Paused);
    for kind in [
        ActionKind::Suspend,
        ActionKind::Revoke,
        ActionKind::FreezeToken,
    ] {
        policy.check(by_committee(kind)).expect("never paused");
    }
    policy
        .check(on_license(ActionKind::Surrender))
        .expect("never paused");
}

#[ink::test]
fn a_frozen_holder_neither_sends_nor_receives() {
    let (mut policy, told) = usual_policy();
    as_caller(REGULATOR);
    let mut freeze =
        |account, frozen, reason| policy.set_holder_frozen(account, frozen, reason, hash(8));
    assert_eq!(refused(freeze(HOLDER, true, 0)), Reason::MissingReason);
    assert_eq!(
        refused(freeze(Address::zero(), true, 1)),
        Reason::ZeroAddress
    );
    assert_eq!(refused(freeze(HOLDER, false, 1)), Reason::AlreadySo);
    freeze(HOLDER, true, 1).expect("free");
    assert_eq!(refused(freeze(HOLDER, true, 1)), Reason::AlreadySo);
    assert!(policy.is_frozen(HOLDER));

    as_caller(LICENSE);
    let away = on_license(ActionKind::Transfer);
    assert_eq!(refused(policy.check(away)), Reason::HolderFrozen);
    let back = Action {
        caller: RECEIVER,
        from: RECEIVER,
        to: HOLDER,
        ..away
    };
    assert_eq!(refused(policy.check(back)), Reason::ReceiverFrozen);

    as_caller(REGULATOR);
    policy
        .set_holder_frozen(HOLDER, false, 1, hash(8))
        .expect("frozen");
    as_caller(LICENSE);
    policy.check(away).expect("free again");
    let frozen = |value| restriction(2, HOLDER, 0, value);
    assert_eq!(*told.borrow(), [frozen(1), frozen(0)]);
}

/// P6: a key is not its own successor, and no lost key takes over.
#[ink::test]
fn p6_recovery_needs_a_living_other_key() {
    let (mut policy, _) = usual_policy();
    as_caller(REGULATOR);
    let mut recover =
        |lost, successor, reason| policy.recover_key(lost, successor, reason, hash(8));
    assert_eq!(refused(recover(HOLDER, HOLDER, 1)), Reason::SameAccount);
    assert_eq!(
        refused(recover(HOLDER, Address::zero(), 1)),
        Reason::ZeroAddress
    );
    assert_eq!(
        refused(recover(Address::zero(), HOLDER, 1)),
        Reason::ZeroAddress
    );
    assert_eq!(refused(recover(HOLDER, RECEIVER, 0)), Reason::MissingReason);
    recover(HOLDER, RECEIVER, 1).expect("a living key");
    assert_eq!(
        refused(recover(HOLDER, NOBODY, 1)),
        Reason::AlreadyRecovered
    );
    assert_eq!(
        refused(recover(NOBODY, HOLDER, 1)),
        Reason::AlreadyRecovered
    );
    policy
        .set_holder_frozen(NOBODY, true, 1, hash(8))
        .expect("free");
    assert_eq!(
        refused(policy.recover_key(ISSUER, NOBODY, 1, hash(8))),
        Reason::ReceiverFrozen
    );
    assert_eq!(policy.successor_of(NOBODY), Address::zero());
}

#[ink::test]
fn a_lost_key_stays_frozen_and_its_positions_follow_every_successor() {
    let (mut policy, told) = usual_policy();
    as_caller(REGULATOR);
    policy
        .set_holder_frozen(HOLDER, true, 1, hash(8))
        .expect("free");
    policy
        .recover_key(HOLDER, RECEIVER, 1, hash(8))
        .expect("a living key");
    policy
        .recover_key(RECEIVER, NOBODY, 1, hash(8))
        .expect("a living key");
    assert_eq!(policy.successor_of(HOLDER), NOBODY);
    assert_eq!(policy.successor_of(RECEIVER), NOBODY);
    for lost in [HOLDER, RECEIVER] {
        assert!(policy.is_frozen(lost));
    }
    // A new key washes no freeze off: what was frozen waits for its release, which readers see nothing of.
    let mut recovery = Action {
        caller: NOBODY,
        to: NOBODY,
        ..on_license(ActionKind::Recover)
    };
    as_caller(LICENSE);
    assert_eq!(refused(policy.check(recovery)), Reason::HolderFrozen);
    as_caller(REGULATOR);
    policy
        .set_holder_frozen(HOLDER, false, 1, hash(8))
        .expect("it was frozen before it was lost");
    assert!(policy.is_frozen(HOLDER));
    as_caller(LICENSE);
    policy.check(recovery).expect("released");
    recovery.caller = RECEIVER;
    assert_eq!(refused(policy.check(recovery)), Reason::KeyLost);
    let frozen = |holder| restriction(2, holder, 0, 1);
    assert_eq!(
        *told.borrow(),
        [frozen(HOLDER), frozen(RECEIVER)],
        "each is told once"
    );
}

#[ink::test]
fn at_most_four_license_contracts_are_bound() {
    let mut policy = empty_policy();
    assert_eq!(
        refused(policy.bind_license(Address::zero())),
        Reason::ZeroAddress
    );
    for number in 1..=4 {
        let license = account(number);
        policy.bind_license(license).expect("room");
        assert_eq!(refused(policy.bind_license(license)), Reason::AlreadySo);
    }
    let refusal = policy.bind_license(account(5)).expect_err("full");
    assert_eq!(
        (refusal.code, refusal.detail),
        (Reason::LimitReached.code(), U256::from(4))
    );
    policy.unbind_license(account(2)).expect("bound");
    policy.bind_license(account(5)).expect("room again");
}

/// I12, P6: a license contract that is unbound decides nothing from the next call on.
#[ink::test]
fn i12_an_unbound_license_contract_has_no_influence() {
    let (mut policy, told) = usual_policy();
    policy.check(issue()).expect("bound");
    rule(&mut policy, |policy| policy.unbind_license(LICENSE));
    assert_eq!(refused(policy.check(issue())), Reason::NotBound);
    let evidence = Default::default();
    assert_eq!(refused(policy.clear(issue(), evidence)), Reason::NotBound);
    assert_eq!(reasons(&policy.explain(issue())), [Reason::NotBound]);
    as_caller(ADMIN);
    assert_eq!(refused(policy.unbind_license(LICENSE)), Reason::AlreadySo);
    policy.set_type_open(YEARLY, false).expect("open");
    assert!(told.borrow().is_empty());
}

#[ink::test]
fn an_unbound_license_contract_comes_back_only_if_it_missed_nothing() {
    let (mut policy, told) = usual_policy();
    rule(&mut policy, |policy| policy.unbind_license(LICENSE));
    rule(&mut policy, |policy| policy.bind_license(LICENSE));
    policy.check(issue()).expect("bound again");

    rule(&mut policy, |policy| policy.unbind_license(LICENSE));
    as_caller(REGULATOR);
    policy
        .set_holder_frozen(HOLDER, true, 1, hash(8))
        .expect("free before");
    assert!(told.borrow().is_empty());
    as_caller(ADMIN);
    assert_eq!(
        refused(policy.bind_license(LICENSE)),
        Reason::MissedRestrictions
    );
    policy.bind_license(account(0x93)).expect("it is new");
}

#[ink::test]
fn a_license_contract_that_cannot_be_told_stops_the_change() {
    let (mut policy, _) = usual_policy();
    let own = Refused::new(Reason::NotPolicy, 3);
    let closing = |policy: &mut Policy| {
        as_caller(ADMIN);
        policy.set_type_open(YEARLY, false).expect_err("stopped")
    };
    install_refusing_license(LICENSE, &ink::sol::SolErrorEncode::encode(&own));
    assert_eq!(closing(&mut policy), own);

    let (mut policy, _) = usual_policy();
    install_refusing_license(LICENSE, b"panic");
    assert_eq!(closing(&mut policy).code, Reason::LicenseUnreachable.code());

    let (mut policy, _) = usual_policy();
    rule(&mut policy, |policy| policy.bind_license(account(0x93)));
    assert_eq!(closing(&mut policy).code, Reason::LicenseUnreachable.code());
}
