//! How many licenses there may be, and who takes up their places.

use super::*;

const OTHER_ISSUER: Address = account(0x12);
const OTHER_LICENSE: Address = account(0x93);

/// A policy whose only type has places for this many.
fn capped(cap: u64) -> (Policy, u64) {
    let (mut policy, _) = usual_policy();
    as_caller(ADMIN);
    let id = create_type(&mut policy, cap, true).expect("sensible");
    for issuer in [ISSUER, OTHER_ISSUER] {
        if issuer == OTHER_ISSUER {
            policy.register_issuer(issuer, "Other".into()).expect("new");
        }
        policy.grant_issuer(issuer, id, "US".into()).expect("new");
    }
    install_license(OTHER_LICENSE);
    policy.bind_license(OTHER_LICENSE).expect("room");
    as_caller(LICENSE);
    (policy, id)
}

fn of(license_type: u64, action: Action) -> Action {
    Action {
        license_type,
        ..action
    }
}

/// Whoever gets a license and ends it burns no place: what can never be in force again does not count.
#[ink::test]
fn what_has_ended_gives_its_place_back() {
    let (mut policy, id) = capped(1);
    for end in [
        ActionKind::Surrender,
        ActionKind::Withdraw,
        ActionKind::Revoke,
    ] {
        policy.check(of(id, issue())).expect("a free place");
        let full = policy.check(of(id, issue())).expect_err("full");
        assert_eq!(
            (full.code, full.detail),
            (Reason::SupplyExhausted.code(), U256::one())
        );
        policy.check(of(id, on_license(end))).expect("it ends");
        assert_eq!(policy.supply_of(id), 0, "{end:?}");
    }
    for other in [ActionKind::Suspend, ActionKind::Renew, ActionKind::Transfer] {
        policy.check(of(id, issue())).map(drop).unwrap_or_default();
        policy.check(of(id, on_license(other))).expect("it stays");
        assert_eq!(policy.supply_of(id), 1, "{other:?}");
    }
}

/// The cap is the type's, not each contract's.
#[ink::test]
fn licenses_of_all_contracts_count_together() {
    let (mut policy, id) = capped(2);
    for license in [LICENSE, OTHER_LICENSE] {
        as_caller(license);
        policy.check(of(id, issue())).expect("a free place");
    }
    for license in [LICENSE, OTHER_LICENSE] {
        as_caller(license);
        assert_eq!(
            refused(policy.check(of(id, issue()))),
            Reason::SupplyExhausted
        );
    }
}

/// The cap counts seats: a license of many takes a place for each.
#[ink::test]
fn every_seat_takes_a_place() {
    let (mut policy, id) = capped(10);
    let seats = |amount| Action {
        amount,
        ..of(id, issue())
    };
    for too_many in [11, u64::MAX] {
        let refusal = refused(policy.check(seats(too_many)));
        assert_eq!(refusal, Reason::SupplyExhausted);
    }
    policy.check(seats(8)).expect("room");
    assert_eq!(refused(policy.check(seats(3))), Reason::SupplyExhausted);
    policy.check(seats(2)).expect("room");
    assert_eq!(policy.supply_of(id), 10);
}

/// One small issuer does not use up what all issuers share.
#[ink::test]
fn an_issuer_has_no_more_than_its_share() {
    let (mut policy, id) = capped(10);
    let share = |policy: &mut Policy, issuer, share| {
        as_caller(ADMIN);
        let result = policy.set_issuer_share(issuer, id, share);
        as_caller(LICENSE);
        result
    };
    let by = |issuer| Action {
        caller: issuer,
        issuer,
        ..of(id, issue())
    };
    assert_eq!(
        refused(share(&mut policy, Address::zero(), 2)),
        Reason::ZeroAddress
    );
    assert_eq!(refused(share(&mut policy, ISSUER, 0)), Reason::AlreadySo);
    share(&mut policy, ISSUER, 2).expect("new");
    assert_eq!(policy.issuer_share(ISSUER, id), 2);
    for _ in 0..2 {
        policy.check(by(ISSUER)).expect("within its share");
    }
    let over = policy.check(by(ISSUER)).expect_err("its share is used up");
    assert_eq!(
        (over.code, over.detail),
        (Reason::SupplyExhausted.code(), U256::from(2))
    );
    policy
        .check(by(OTHER_ISSUER))
        .expect("it has none of its own");
    let revoked = of(id, on_license(ActionKind::Revoke));
    policy.check(revoked).expect("in force");
    assert_eq!(policy.issued_by(ISSUER, id), 1);
    policy
        .check(by(ISSUER))
        .expect("a place of its share is free");
    share(&mut policy, ISSUER, 0).expect("taken away");
    policy.check(by(ISSUER)).expect("it shares the cap");
}
