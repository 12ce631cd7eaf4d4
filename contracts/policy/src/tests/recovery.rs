//! Keys that are declared lost, the delay in which their holders object, and who takes over.

use super::*;
use lex_model::RECOVERY_DELAY;

fn declare(policy: &mut Policy, lost: Address, successor: Address) -> Result<(), Refused> {
    as_caller(REGULATOR);
    let result = policy.recover_key(lost, successor, 1, hash(8));
    as_caller(LICENSE);
    result
}

fn wait(seconds: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(NOW + seconds);
}

/// The recovery of what `lost` holds, as a license contract asks about it.
fn recovery(policy: &Policy, lost: Address, caller: Address) -> Action {
    Action {
        caller,
        from: lost,
        to: policy.successor_of(lost),
        ..on_license(ActionKind::Recover)
    }
}

/// P6: a key is not its own successor, and no lost key takes over.
#[ink::test]
fn p6_recovery_needs_a_living_other_key() {
    let (mut policy, _) = usual_policy();
    assert_eq!(
        refused(declare(&mut policy, HOLDER, HOLDER)),
        Reason::SameAccount
    );
    for (lost, successor) in [(HOLDER, Address::zero()), (Address::zero(), HOLDER)] {
        let refusal = refused(declare(&mut policy, lost, successor));
        assert_eq!(refusal, Reason::ZeroAddress);
    }
    as_caller(REGULATOR);
    assert_eq!(
        refused(policy.recover_key(HOLDER, RECEIVER, 0, hash(8))),
        Reason::MissingReason
    );
    declare(&mut policy, HOLDER, RECEIVER).expect("a living key");
    let again = |policy: &mut Policy| refused(declare(policy, HOLDER, NOBODY));
    assert_eq!(again(&mut policy), Reason::AlreadySo, "it is announced");
    assert_eq!(
        refused(declare(&mut policy, NOBODY, HOLDER)),
        Reason::KeyLost
    );
    wait(RECOVERY_DELAY);
    assert_eq!(again(&mut policy), Reason::AlreadyRecovered);
    as_caller(REGULATOR);
    policy
        .set_holder_frozen(NOBODY, true, 1, hash(8))
        .expect("free");
    assert_eq!(
        refused(declare(&mut policy, ISSUER, NOBODY)),
        Reason::ReceiverFrozen
    );
    assert_eq!(policy.successor_of(NOBODY), Address::zero());
}

/// A bribed regulator takes nobody's key over at once: the key does nothing meanwhile, and nothing of it
/// moves before its holder could have objected.
#[ink::test]
fn a_recovery_is_in_force_only_when_its_delay_is_over() {
    let (mut policy, told) = usual_policy();
    declare(&mut policy, HOLDER, RECEIVER).expect("a living key");
    assert_eq!(policy.recovered_from(HOLDER), NOW + RECOVERY_DELAY);
    assert_eq!(policy.restrictions_of(HOLDER), 2);
    for seconds in [0, RECOVERY_DELAY - 1] {
        wait(seconds);
        assert_eq!(policy.successor_of(HOLDER), Address::zero());
        let early = recovery(&policy, HOLDER, NOBODY);
        assert_eq!(refused(policy.check(early)), Reason::NotRecovered);
        for kind in [ActionKind::Transfer, ActionKind::Surrender] {
            assert_eq!(refused(policy.check(on_license(kind))), Reason::KeyLost);
        }
    }
    wait(RECOVERY_DELAY);
    assert_eq!(policy.successor_of(HOLDER), RECEIVER);
    let due = recovery(&policy, HOLDER, NOBODY);
    policy.check(due).expect("nobody objected");
    assert_eq!(*told.borrow(), [restriction(2, HOLDER, 0, 1)]);
}

#[ink::test]
fn only_the_account_itself_objects_and_only_in_time() {
    let (mut policy, told) = usual_policy();
    let object = |policy: &mut Policy, caller| {
        as_caller(caller);
        let result = policy.object_recovery(HOLDER);
        as_caller(LICENSE);
        result
    };
    assert_eq!(
        refused(object(&mut policy, HOLDER)),
        Reason::NotRecovered,
        "nothing is announced"
    );
    declare(&mut policy, HOLDER, RECEIVER).expect("a living key");
    for caller in [RECEIVER, NOBODY, REGULATOR, ADMIN] {
        assert_eq!(refused(object(&mut policy, caller)), Reason::NotHolder);
    }
    wait(RECOVERY_DELAY - 1);
    object(&mut policy, HOLDER).expect("in time");
    policy
        .check(on_license(ActionKind::Transfer))
        .expect("it is there");
    let said = |value| restriction(2, HOLDER, 0, value);
    assert_eq!(*told.borrow(), [said(1), said(0)]);
    wait(RECOVERY_DELAY);
    assert_eq!(policy.successor_of(HOLDER), Address::zero());

    // Another try, with better evidence, has its own delay.
    declare(&mut policy, HOLDER, RECEIVER).expect("objected");
    assert_eq!(policy.recovered_from(HOLDER), NOW + 2 * RECOVERY_DELAY);
    wait(2 * RECOVERY_DELAY);
    assert_eq!(refused(object(&mut policy, HOLDER)), Reason::KeyLost);
    assert_eq!(policy.successor_of(HOLDER), RECEIVER);
}

/// To say that it is there is the one thing that a frozen account may do; it stays frozen.
#[ink::test]
fn a_frozen_account_objects_and_stays_frozen() {
    let (mut policy, told) = usual_policy();
    as_caller(REGULATOR);
    policy
        .set_holder_frozen(HOLDER, true, 1, hash(8))
        .expect("free");
    declare(&mut policy, HOLDER, RECEIVER).expect("a living key");
    assert_eq!(policy.restrictions_of(HOLDER), 3);
    as_caller(HOLDER);
    policy.object_recovery(HOLDER).expect("it is there");
    assert_eq!(policy.restrictions_of(HOLDER), 1);
    assert_eq!(*told.borrow(), [restriction(2, HOLDER, 0, 1)]);
}

#[ink::test]
fn a_regulator_takes_a_recovery_back_before_it_is_in_force() {
    let (mut policy, told) = usual_policy();
    declare(&mut policy, HOLDER, RECEIVER).expect("a living key");
    as_caller(REGULATOR);
    let withdraw = |policy: &mut Policy, reason| policy.withdraw_recovery(HOLDER, reason, hash(8));
    assert_eq!(refused(withdraw(&mut policy, 0)), Reason::MissingReason);
    withdraw(&mut policy, 1).expect("not in force");
    assert_eq!(refused(withdraw(&mut policy, 1)), Reason::NotRecovered);
    let said = |value| restriction(2, HOLDER, 0, value);
    assert_eq!(*told.borrow(), [said(1), said(0)]);
    declare(&mut policy, HOLDER, RECEIVER).expect("withdrawn");
    wait(RECOVERY_DELAY);
    as_caller(REGULATOR);
    assert_eq!(refused(withdraw(&mut policy, 1)), Reason::KeyLost);
}

#[ink::test]
fn a_lost_key_stays_frozen_and_its_positions_follow_every_successor() {
    let (mut policy, told) = usual_policy();
    as_caller(REGULATOR);
    policy
        .set_holder_frozen(HOLDER, true, 1, hash(8))
        .expect("free");
    declare(&mut policy, HOLDER, RECEIVER).expect("a living key");
    declare(&mut policy, RECEIVER, NOBODY).expect("a living key");
    wait(RECOVERY_DELAY);
    assert_eq!(policy.successor_of(HOLDER), NOBODY);
    assert_eq!(policy.successor_of(RECEIVER), NOBODY);
    for lost in [HOLDER, RECEIVER] {
        assert!(policy.is_frozen(lost));
    }
    // A new key washes no freeze off: what was frozen waits for its release, which readers see nothing of.
    let held = recovery(&policy, HOLDER, NOBODY);
    assert_eq!(refused(policy.check(held)), Reason::HolderFrozen);
    as_caller(REGULATOR);
    policy
        .set_holder_frozen(HOLDER, false, 1, hash(8))
        .expect("it was frozen before it was lost");
    assert!(policy.is_frozen(HOLDER));
    as_caller(LICENSE);
    policy.check(held).expect("released");
    let by_lost_key = recovery(&policy, HOLDER, RECEIVER);
    assert_eq!(refused(policy.check(by_lost_key)), Reason::KeyLost);
    let frozen = |holder| restriction(2, holder, 0, 1);
    assert_eq!(
        *told.borrow(),
        [frozen(HOLDER), frozen(RECEIVER)],
        "each is told once"
    );
}
