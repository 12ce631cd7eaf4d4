//! Issuers that come back, are succeeded, or leave licenses without anybody who decides about them.

use super::*;

const SUCCESSOR: Address = account(0x12);

fn appoint(policy: &mut Policy, issuer: Address) {
    as_caller(ADMIN);
    policy
        .register_issuer(issuer, "Successor".into())
        .expect("new");
    as_caller(LICENSE);
}

fn grant(policy: &mut Policy, issuer: Address) {
    as_caller(ADMIN);
    policy
        .grant_issuer(issuer, YEARLY, "US".into())
        .expect("new");
    as_caller(LICENSE);
}

fn by(caller: Address, kind: ActionKind) -> Action {
    Action {
        caller,
        ..on_license(kind)
    }
}

/// A removed issuer that is registered again begins without grants.
#[ink::test]
fn a_removed_issuer_does_not_come_back_with_its_grants() {
    let (mut policy, _) = usual_policy();
    rule(&mut policy, |policy| policy.remove_issuer(ISSUER));
    appoint(&mut policy, ISSUER);
    assert!(!policy.issuer_may(ISSUER, YEARLY, "US-NY".into()));
    assert_eq!(refused(policy.check(issue())), Reason::IssuerNotGranted);
    let renewal = by(ISSUER, ActionKind::Renew);
    assert_eq!(refused(policy.check(renewal)), Reason::IssuerNotGranted);
    grant(&mut policy, ISSUER);
    policy.check(issue()).expect("granted anew");
    policy.check(renewal).expect("granted anew");
}

#[ink::test]
fn what_a_removed_issuer_was_granted_can_be_withdrawn() {
    let (mut policy, _) = usual_policy();
    rule(&mut policy, |policy| policy.remove_issuer(ISSUER));
    let withdraw = |policy: &mut Policy, issuer: Address, place: &str| {
        as_caller(ADMIN);
        policy.withdraw_issuer(issuer, YEARLY, place.into())
    };
    assert_eq!(
        refused(withdraw(&mut policy, NOBODY, "US")),
        Reason::UnknownIssuer
    );
    withdraw(&mut policy, ISSUER, "US").expect("it was granted");
    assert_eq!(
        refused(withdraw(&mut policy, ISSUER, "US")),
        Reason::AlreadySo
    );
}

/// Whoever took an issuer's licenses over is their issuer, where it is granted; the old key is nobody.
#[ink::test]
fn a_successor_decides_about_a_lost_issuers_licenses() {
    let (mut policy, _) = usual_policy();
    let succeed = |policy: &mut Policy, retired, successor| {
        as_caller(ADMIN);
        let result = policy.succeed_issuer(retired, successor);
        as_caller(LICENSE);
        result
    };
    for (retired, successor, reason) in [
        (ISSUER, ISSUER, Reason::SameAccount),
        (ISSUER, SUCCESSOR, Reason::UnknownIssuer),
        (NOBODY, ISSUER, Reason::UnknownIssuer),
    ] {
        let refusal = refused(succeed(&mut policy, retired, successor));
        assert_eq!(refusal, reason);
    }
    appoint(&mut policy, SUCCESSOR);
    succeed(&mut policy, ISSUER, SUCCESSOR).expect("both are known");
    assert_eq!(policy.issuer_in_charge(ISSUER), SUCCESSOR);
    assert!(!policy.is_issuer(ISSUER));
    let decided = [
        ActionKind::Renew,
        ActionKind::Suspend,
        ActionKind::Resume,
        ActionKind::Revoke,
        ActionKind::Amend,
        ActionKind::Withdraw,
    ];
    for kind in decided {
        let refusal = refused(policy.check(by(SUCCESSOR, kind)));
        assert_eq!(refusal, Reason::IssuerNotGranted);
    }
    grant(&mut policy, SUCCESSOR);
    for kind in decided {
        policy.check(by(SUCCESSOR, kind)).expect("granted");
        let refusal = refused(policy.check(by(ISSUER, kind)));
        assert_eq!(refusal, Reason::UnknownIssuer, "{kind:?}");
    }
    assert_eq!(refused(policy.check(issue())), Reason::UnknownIssuer);

    // There is no way back, and the next takes over from the last.
    as_caller(ADMIN);
    assert_eq!(
        refused(policy.register_issuer(ISSUER, "Again".into())),
        Reason::IssuerSucceeded
    );
    assert_eq!(
        refused(succeed(&mut policy, ISSUER, SUCCESSOR)),
        Reason::AlreadySo
    );
    assert_eq!(
        refused(succeed(&mut policy, SUCCESSOR, ISSUER)),
        Reason::UnknownIssuer
    );
    appoint(&mut policy, NOBODY);
    grant(&mut policy, NOBODY);
    succeed(&mut policy, SUCCESSOR, NOBODY).expect("registered");
    assert_eq!(policy.issuer_in_charge(ISSUER), NOBODY);
    policy
        .check(by(NOBODY, ActionKind::Revoke))
        .expect("the last one");
}

/// A lost key is registered by its successor's name.
#[ink::test]
fn a_lost_key_does_not_become_an_issuer() {
    let (mut policy, _) = usual_policy();
    as_caller(REGULATOR);
    policy
        .recover_key(NOBODY, RECEIVER, 1, hash(8))
        .expect("a living key");
    as_caller(ADMIN);
    assert_eq!(
        refused(policy.register_issuer(NOBODY, "Lost".into())),
        Reason::KeyLost
    );
}

/// Where a type has no committee, a regulator stops and ends its licenses, whoever issued them, and gives
/// them to nobody.
#[ink::test]
fn a_regulator_ends_licenses_of_a_type_without_a_committee() {
    let (mut policy, _) = usual_policy();
    rule(&mut policy, |policy| policy.remove_issuer(ISSUER));
    for kind in [
        ActionKind::Suspend,
        ActionKind::Resume,
        ActionKind::FreezeToken,
        ActionKind::Revoke,
    ] {
        let rules = policy.check(by(REGULATOR, kind)).expect("in its hands");
        assert!(rules.by_committee);
        assert_ne!(
            policy.check(by(NOBODY, kind)).map(drop),
            Ok(()),
            "{kind:?} by nobody"
        );
    }
    for kind in [
        ActionKind::Renew,
        ActionKind::Amend,
        ActionKind::ForceTransfer,
    ] {
        let action = Action {
            to: RECEIVER,
            ..by(REGULATOR, kind)
        };
        assert_ne!(policy.check(action).map(drop), Ok(()), "{kind:?}");
    }
    rule(&mut policy, |policy| {
        policy.set_type_rules(YEARLY, gated(1))
    });
    assert_eq!(
        refused(policy.check(by(REGULATOR, ActionKind::Revoke))),
        Reason::NotLicenseIssuer,
        "its committee decides"
    );
}
