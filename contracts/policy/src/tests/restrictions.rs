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
    for (groups, reason) in [
        (0, Reason::AlreadySo),
        (32, Reason::UnknownCode),
        (255, Reason::UnknownCode),
    ] {
        assert_eq!(refused(policy.pause(groups)), reason);
    }
    policy.pause(1).expect("not paused");
    policy.pause(5).expect("the other is not paused");
    policy.pause(4).expect("the alarm goes on");
    assert_eq!(policy.paused_groups(), 5);
    assert_eq!(refused(policy.lift_pause(1)), Reason::NotCommittee);
    assert_eq!(refused(policy.lift_pause(0)), Reason::NotCommittee);

    as_caller(REGULATOR);
    assert_eq!(refused(policy.lift_pause(0)), Reason::AlreadySo);
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

#[ink::test]
fn at_most_four_license_contracts_are_bound() {
    let mut policy = empty_policy();
    assert_eq!(
        refused(policy.bind_license(Address::zero())),
        Reason::ZeroAddress
    );
    assert_eq!(
        refused(policy.bind_license(account(1))),
        Reason::NotAContract
    );
    (1..=5).for_each(|number| drop(install_license(account(number))));
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
    let bound = [account(1), account(3), account(4)];
    assert_eq!(policy.bound_licenses(), bound);
    policy.bind_license(account(5)).expect("room again");
}

/// I12, P6: a license contract that is unbound gains nothing from the next call on, and hears that its
/// licenses are of no use; what it keeps can be stopped and ended.
#[ink::test]
fn i12_an_unbound_license_contract_gains_nothing() {
    let (mut policy, told) = usual_policy();
    policy.check(issue()).expect("bound");
    rule(&mut policy, |policy| policy.unbind_license(LICENSE));
    assert_eq!(refused(policy.check(issue())), Reason::NotBound);
    let evidence = Default::default();
    assert_eq!(refused(policy.clear(issue(), evidence)), Reason::NotBound);
    assert_eq!(reasons(&policy.explain(issue())), [Reason::NotBound]);
    let moved = on_license(ActionKind::Transfer);
    assert_eq!(refused(policy.check(moved)), Reason::NotBound);
    for kind in [ActionKind::Suspend, ActionKind::Revoke] {
        policy.check(on_license(kind)).expect("never irrevocable");
    }
    as_caller(ADMIN);
    assert_eq!(refused(policy.unbind_license(LICENSE)), Reason::NotBound);
    policy.set_type_open(YEARLY, false).expect("open");
    assert_eq!(*told.borrow(), [of_use(1)], "nothing after that");
}

/// What was never bound ends nothing either: it would count in policy.
#[ink::test]
fn a_contract_that_was_never_bound_is_not_served() {
    let (mut policy, _) = usual_policy();
    as_caller(NOBODY);
    let revocation = on_license(ActionKind::Revoke);
    assert_eq!(refused(policy.check(revocation)), Reason::NotBound);
    assert_eq!(reasons(&policy.explain(revocation)), [Reason::NotBound]);
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
    let heard = [of_use(1), of_use(0), of_use(1)];
    assert_eq!(*told.borrow(), heard, "the truth when it came back");
    as_caller(ADMIN);
    assert_eq!(
        refused(policy.bind_license(LICENSE)),
        Reason::MissedRestrictions
    );
    install_license(account(0x93));
    policy.bind_license(account(0x93)).expect("it is new");
}

/// All license contracts hear of a restriction or none: whoever executes a decision with too little gas,
/// or while a contract is busy, does not choose who hears of it.
#[ink::test]
fn a_restriction_that_one_contract_does_not_hear_of_holds_nowhere() {
    for answer in [&b"panic"[..], &[]] {
        let (mut policy, _) = usual_policy();
        let other = account(0x93);
        install_license(other);
        rule(&mut policy, |policy| policy.bind_license(other));
        install_refusing_license(other, answer);
        as_caller(REGULATOR);
        let freeze = |policy: &mut Policy| policy.set_holder_frozen(HOLDER, true, 1, hash(8));
        assert_eq!(refused(freeze(&mut policy)), Reason::LicenseUnreachable);
        as_caller(ADMIN);
        let close = policy.set_type_open(YEARLY, false);
        assert_eq!(refused(close), Reason::LicenseUnreachable);
    }
}

/// An executor has a contract unbound in a call so deep, or with so small a deposit, that the contract does
/// not hear of it: its licenses would stay usable, and no freeze would reach them.
#[ink::test]
fn an_executor_has_a_contract_unbound_that_does_not_hear_of_it() {
    for answer in [&b"panic"[..], &[]] {
        let (mut policy, _) = usual_policy();
        install_refusing_license(LICENSE, answer);
        as_caller(ADMIN);
        let unbind = policy.unbind_license(LICENSE);
        assert_eq!(refused(unbind), Reason::LicenseUnreachable);
    }
}

/// A broken license contract does not hold up restrictions for ever.
#[ink::test]
fn a_silent_license_contract_can_be_abandoned() {
    let (mut policy, _) = usual_policy();
    install_refusing_license(LICENSE, b"panic");
    rule(&mut policy, |policy| policy.abandon_license(LICENSE));
    assert_eq!(policy.bound_licenses(), []);
    as_caller(ADMIN);
    let again = policy.abandon_license(LICENSE);
    assert_eq!(refused(again), Reason::NotBound);
    assert_eq!(
        refused(policy.bind_license(LICENSE)),
        Reason::LicenseUnreachable
    );
    as_caller(REGULATOR);
    policy
        .set_holder_frozen(HOLDER, true, 1, hash(8))
        .expect("nobody is in the way");
}

/// A stolen regulator's key freezes before the committee does, so that the committee's freeze is nothing new and
/// ends with the thief's.
#[ink::test]
fn a_thief_of_a_regulators_key_freezes_first_and_releases_at_will() {
    let (mut policy, told) = usual_policy();
    let stolen = account(0x17);
    rule(&mut policy, |policy| policy.set_role(stolen, 4, true));
    let set = |policy: &mut Policy, by, frozen| {
        as_caller(by);
        policy.set_holder_frozen(HOLDER, frozen, 1, hash(8))
    };
    set(&mut policy, stolen, true).expect("free");
    set(&mut policy, REGULATOR, true).expect("its own freeze");
    assert_eq!(policy.frozen_by(HOLDER), [stolen, REGULATOR]);
    for by in [stolen, REGULATOR] {
        assert_eq!(refused(set(&mut policy, by, true)), Reason::AlreadySo);
    }
    set(&mut policy, stolen, false).expect("its own freeze");
    assert!(policy.is_frozen(HOLDER));
    assert_eq!(
        refused(set(&mut policy, stolen, false)),
        Reason::NotRegulator
    );
    set(&mut policy, REGULATOR, false).expect("its own freeze");
    assert!(!policy.is_frozen(HOLDER));
    let frozen = |value| restriction(2, HOLDER, 0, value);
    assert_eq!(*told.borrow(), [frozen(1), frozen(0)], "once each");
}

/// What somebody froze who is a regulator no more is made another's own by its freeze, and fills no place.
#[ink::test]
fn freezes_of_former_regulators_end_with_the_next() {
    let (mut policy, _) = usual_policy();
    let number = |number: u8| account(0x40 + number);
    let freeze = |policy: &mut Policy, by| {
        as_caller(by);
        policy.set_holder_frozen(HOLDER, true, 1, hash(8))
    };
    for one in 0..16 {
        rule(&mut policy, |policy| policy.set_role(number(one), 4, true));
        freeze(&mut policy, number(one)).expect("its own freeze");
    }
    assert_eq!(
        refused(freeze(&mut policy, REGULATOR)),
        Reason::LimitReached
    );
    for one in 1..16 {
        rule(&mut policy, |policy| policy.set_role(number(one), 4, false));
    }
    freeze(&mut policy, REGULATOR).expect("there is room again");
    assert_eq!(policy.frozen_by(HOLDER), [number(0), REGULATOR]);
}

/// Whoever froze an account decides its release, unless it is no regulator any more.
#[ink::test]
fn another_regulator_releases_nobody() {
    let (mut policy, _) = usual_policy();
    let other = account(0x17);
    rule(&mut policy, |policy| policy.set_role(other, 4, true));
    as_caller(REGULATOR);
    policy
        .set_holder_frozen(HOLDER, true, 1, hash(8))
        .expect("free");
    let release = |policy: &mut Policy| {
        as_caller(other);
        policy.set_holder_frozen(HOLDER, false, 1, hash(8))
    };
    assert_eq!(refused(release(&mut policy)), Reason::NotRegulator);
    rule(&mut policy, |policy| policy.set_role(REGULATOR, 4, false));
    release(&mut policy).expect("nobody else could");
    assert!(!policy.is_frozen(HOLDER));
}

fn of_use(paused: u8) -> Vec<u8> {
    restriction(4, Address::zero(), 0, paused)
}
