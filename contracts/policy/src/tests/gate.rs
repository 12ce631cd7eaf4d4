//! What the gate looks up for an action, apart from evidence and modules.

use super::*;
use lex_policy_interface::{Parent, Rules};

#[ink::test]
fn an_allowed_action_gets_the_rules_of_its_type() {
    let (mut policy, _) = usual_policy();
    let mut rules = Rules {
        term: 365 * DAY,
        renewal_window: 30 * DAY,
        grace: 14 * DAY,
        issue_gates: 0,
        renew_gates: 0,
        transferable: true,
        schema_version: 1,
        by_committee: false,
    };
    assert_eq!(policy.check(issue()), Ok(rules));

    // The gates of type and jurisdiction together decide whether it is pending.
    rule(&mut policy, |policy| {
        policy.set_type_rules(YEARLY, gated(1))
    });
    let clearance = bundle_rule(2, ActionKind::Issue, YEARLY, 2);
    rule(&mut policy, |policy| {
        policy.set_bundle("US".into(), hash(2), vec![clearance])
    });
    rules.issue_gates = 3;
    rules.renew_gates = 1;
    assert_eq!(policy.check(issue()), Ok(rules));
}

/// I7: nobody but the issuer that is granted this type and place, and the type's committee, decides
/// about a license.
#[ink::test]
fn i7_only_issuer_and_committee_decide() {
    let (mut policy, _) = usual_policy();
    let with_committee = TypeRules {
        committee: COMMITTEE,
        ..TypeRules::default()
    };
    rule(&mut policy, |policy| {
        policy.set_type_rules(YEARLY, with_committee)
    });
    for kind in [
        ActionKind::Activate,
        ActionKind::Renew,
        ActionKind::Suspend,
        ActionKind::Resume,
        ActionKind::Revoke,
        ActionKind::Amend,
    ] {
        for caller in [ISSUER, COMMITTEE] {
            let action = Action {
                caller,
                ..on_license(kind)
            };
            policy.check(action).expect("who decides");
        }
        for caller in [ADMIN, HOLDER, GUARDIAN, REGULATOR, NOBODY, Address::zero()] {
            // Whoever supplies the evidence for its own license may present it.
            if (kind, caller) == (ActionKind::Activate, HOLDER) {
                continue;
            }
            let action = Action {
                caller,
                ..on_license(kind)
            };
            assert_eq!(refused(policy.check(action)), Reason::NotLicenseIssuer);
        }
        let elsewhere = Action {
            jurisdiction: place("DE"),
            ..on_license(kind)
        };
        assert_eq!(refused(policy.check(elsewhere)), Reason::IssuerNotGranted);
    }
    // Without a committee, the zero address is none.
    rule(&mut policy, |policy| {
        policy.set_type_rules(YEARLY, TypeRules::default())
    });
    let freezing = Action {
        caller: Address::zero(),
        ..on_license(ActionKind::FreezeToken)
    };
    assert_eq!(refused(policy.check(freezing)), Reason::NotCommittee);
}

/// I12: an issuer that was removed has no influence from the next call on.
#[ink::test]
fn i12_a_removed_issuer_may_nothing() {
    let (mut policy, _) = usual_policy();
    policy.check(issue()).expect("an issuer");
    rule(&mut policy, |policy| policy.remove_issuer(ISSUER));
    assert!(!policy.issuer_may(ISSUER, YEARLY, "US".into()));
    assert_eq!(refused(policy.check(issue())), Reason::UnknownIssuer);
    for kind in [
        ActionKind::Renew,
        ActionKind::Suspend,
        ActionKind::Resume,
        ActionKind::Revoke,
    ] {
        assert!(reasons(&policy.explain(on_license(kind))).contains(&Reason::UnknownIssuer));
    }
}

#[ink::test]
fn a_committees_gate_opens_for_the_committee_alone() {
    let (mut policy, _) = usual_policy();
    rule(&mut policy, |policy| {
        policy.set_type_rules(YEARLY, gated(1))
    });
    for kind in [ActionKind::Activate, ActionKind::Renew, ActionKind::Suspend] {
        let by = |caller| Action {
            caller,
            ..on_license(kind)
        };
        assert_eq!(refused(policy.check(by(ISSUER))), Reason::ApprovalRequired);
        policy.check(by(COMMITTEE)).expect("the committee");
    }
    let transfer = on_license(ActionKind::Transfer);
    assert_eq!(refused(policy.check(transfer)), Reason::ApprovalRequired);
}

#[ink::test]
fn a_jurisdiction_forbids_and_limits() {
    let (mut policy, _) = usual_policy();
    let rules = vec![
        bundle_rule(4, ActionKind::Issue, 0, 30 * DAY),
        bundle_rule(1, ActionKind::Transfer, YEARLY, 0),
        bundle_rule(1, ActionKind::Renew, 2, 0),
    ];
    rule(&mut policy, |policy| {
        policy.set_bundle("US".into(), hash(2), rules)
    });
    let refusal = policy.check(issue()).expect_err("too long");
    assert_eq!(
        (refusal.code, refusal.rule_version, refusal.detail),
        (Reason::TermTooLong.code(), 2, U256::from(30 * DAY))
    );
    let transfer = on_license(ActionKind::Transfer);
    let refusal = policy.check(transfer).expect_err("forbidden");
    assert_eq!(
        (refusal.code, refusal.rule_version, refusal.detail),
        (Reason::Forbidden.code(), 2, U256::one())
    );
    policy
        .check(on_license(ActionKind::Renew))
        .expect("another type is meant");

    rule(&mut policy, |policy| policy.remove_bundle("US".into()));
    for kind in [ActionKind::Renew, ActionKind::Transfer] {
        assert_eq!(refused(policy.check(on_license(kind))), Reason::NoRules);
    }
    policy
        .check(on_license(ActionKind::Revoke))
        .expect("protecting the public needs no rules");
}

#[ink::test]
fn a_sublicense_needs_its_parents_holder_and_type() {
    let (mut policy, _) = usual_policy();
    rule(&mut policy, |policy| create_type(policy, 0, true));
    let child_type = 2;
    let rules = TypeRules {
        parent_type: YEARLY,
        ..TypeRules::default()
    };
    rule(&mut policy, |policy| {
        policy.set_type_rules(child_type, rules)
    });
    let sublicense = Action {
        action: ActionKind::Sublicense.code(),
        caller: HOLDER,
        issuer: HOLDER,
        license_type: child_type,
        parent: Parent {
            holder: HOLDER,
            license_type: YEARLY,
            jurisdiction: place("US"),
            status: Status::Active.code(),
            valid_from: NOW,
            valid_until: NOW + 400 * DAY,
            grace_until: NOW + 400 * DAY,
        },
        ..issue()
    };
    policy.check(sublicense).expect("by the parent's holder");
    let by_other = Action {
        caller: NOBODY,
        ..sublicense
    };
    assert_eq!(refused(policy.check(by_other)), Reason::NotHolder);
    let mut earlier = sublicense;
    earlier.parent.valid_from = NOW + 1;
    assert_eq!(refused(policy.check(earlier)), Reason::ParentExceeded);
    let mut nowhere = sublicense;
    nowhere.parent.jurisdiction = place("us");
    assert_eq!(refused(policy.check(nowhere)), Reason::InvalidJurisdiction);

    as_caller(REGULATOR);
    policy
        .set_holder_frozen(HOLDER, true, 1, hash(8))
        .expect("free before");
    as_caller(LICENSE);
    assert_eq!(refused(policy.check(sublicense)), Reason::HolderFrozen);
}

#[ink::test]
fn an_action_that_is_not_well_formed_is_refused() {
    let (mut policy, _) = usual_policy();
    for action in [0, 17, 255] {
        let unknown = Action { action, ..issue() };
        assert_eq!(refused(policy.check(unknown)), Reason::UnknownAction);
        assert_eq!(reasons(&policy.explain(unknown)), [Reason::UnknownAction]);
    }
    for code in ["Mars", "us", "", "US-"] {
        let nowhere = Action {
            jurisdiction: place(code),
            ..issue()
        };
        assert_eq!(
            refused(policy.check(nowhere)),
            Reason::InvalidJurisdiction,
            "{code:?}"
        );
    }
    let mut senseless = on_license(ActionKind::Revoke);
    senseless.state.status = 63;
    assert_eq!(refused(policy.check(senseless)), Reason::WrongState);
    let mut neither = issue();
    neither.state.kind = 2;
    assert_eq!(refused(policy.check(neither)), Reason::WrongKind);
    let mut untyped = issue();
    untyped.license_type = 77;
    assert_eq!(reasons(&policy.explain(untyped)), [Reason::UnknownType]);
}

#[ink::test]
fn explain_names_every_refusing_rule() {
    let (mut policy, _) = usual_policy();
    rule(&mut policy, |policy| {
        policy.set_bundle(
            "US".into(),
            hash(2),
            vec![bundle_rule(1, ActionKind::Issue, 0, 0)],
        )
    });
    rule(&mut policy, |policy| policy.set_type_open(YEARLY, false));
    as_caller(GUARDIAN);
    policy.pause(1).expect("not paused");
    let mut action = Action {
        caller: HOLDER,
        to: Address::zero(),
        ..issue()
    };
    action.state.kind = 1;
    action.state.at = NOW + 1;
    let expected = [
        Reason::WrongKind,
        Reason::NotLicenseIssuer,
        Reason::TypeClosed,
        Reason::Forbidden,
        Reason::Paused,
        Reason::ZeroAddress,
        Reason::InvalidTime,
    ];
    as_caller(LICENSE);
    assert_eq!(reasons(&policy.explain(action)), expected);
    assert_eq!(refused(policy.check(action)), expected[0]);
}
