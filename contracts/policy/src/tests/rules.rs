//! Types, issuers, jurisdictions, roles: who makes the rules and which rules make sense.

use super::*;
use ink::primitives::H160;

#[ink::test]
fn a_policy_needs_an_admin() {
    let refusal = Policy::new(Address::zero()).map(drop).expect_err("refused");
    assert_eq!(refusal.code, Reason::ZeroAddress.code());
}

/// Everything that an account without a role may not do, and why.
fn attempts(policy: &mut Policy) -> Vec<(&'static str, Result<(), Refused>, Reason)> {
    use Reason::{
        NotAdmin, NotBound, NotCommittee, NotGuardian, NotHolder, NotPublisher, NotRegulator,
    };
    vec![
        ("setAdmin", policy.set_admin(NOBODY), NotAdmin),
        ("acceptAdmin", policy.accept_admin(), NotAdmin),
        (
            "createType",
            create_type(policy, 0, true).map(drop),
            NotAdmin,
        ),
        (
            "setTypeRules",
            policy.set_type_rules(YEARLY, gated(1)),
            NotAdmin,
        ),
        ("setTypeOpen", policy.set_type_open(YEARLY, false), NotAdmin),
        (
            "registerIssuer",
            policy.register_issuer(NOBODY, "N".into()),
            NotAdmin,
        ),
        ("removeIssuer", policy.remove_issuer(ISSUER), NotAdmin),
        (
            "grantIssuer",
            policy.grant_issuer(ISSUER, YEARLY, String::new()),
            NotAdmin,
        ),
        (
            "withdrawIssuer",
            policy.withdraw_issuer(ISSUER, YEARLY, "US".into()),
            NotAdmin,
        ),
        (
            "succeedIssuer",
            policy.succeed_issuer(NOBODY, ISSUER),
            NotAdmin,
        ),
        (
            "setIssuerShare",
            policy.set_issuer_share(ISSUER, YEARLY, 5),
            NotAdmin,
        ),
        (
            "setBundle",
            policy.set_bundle("US".into(), hash(3), Vec::new()),
            NotAdmin,
        ),
        ("removeBundle", policy.remove_bundle("US".into()), NotAdmin),
        ("setRole", policy.set_role(NOBODY, 1, true), NotAdmin),
        ("addModule", policy.add_module(LICENSE, 1), NotAdmin),
        ("removeModule", policy.remove_module(LICENSE), NotAdmin),
        ("setVerifier", policy.set_verifier(NOBODY), NotAdmin),
        ("bindLicense", policy.bind_license(NOBODY), NotAdmin),
        ("unbindLicense", policy.unbind_license(LICENSE), NotAdmin),
        ("abandonLicense", policy.abandon_license(LICENSE), NotAdmin),
        ("pause", policy.pause(1), NotGuardian),
        ("liftPause", policy.lift_pause(1), NotCommittee),
        (
            "setHolderFrozen",
            policy.set_holder_frozen(HOLDER, true, 1, hash(0)),
            NotRegulator,
        ),
        (
            "recoverKey",
            policy.recover_key(HOLDER, NOBODY, 1, hash(0)),
            NotRegulator,
        ),
        (
            "withdrawRecovery",
            policy.withdraw_recovery(HOLDER, 1, hash(0)),
            NotRegulator,
        ),
        (
            "objectRecovery",
            policy.object_recovery(RECEIVER),
            NotHolder,
        ),
        (
            "setRoot",
            policy.set_root(7, 0, U256::one(), NOW + 1),
            NotPublisher,
        ),
        ("check", policy.check(issue()).map(drop), NotBound),
        (
            "clear",
            policy.clear(issue(), Default::default()).map(drop),
            NotBound,
        ),
    ]
}

/// I9: who may not do a thing changes nothing by trying.
#[ink::test]
fn i9_only_who_may_changes_anything() {
    let (mut policy, told) = usual_policy();
    let before = readable(&policy);
    for caller in [NOBODY, ISSUER, HOLDER, COMMITTEE] {
        as_caller(caller);
        for (message, result, reason) in attempts(&mut policy) {
            assert_eq!(refused(result), reason, "{message} by {caller:?}");
        }
    }
    assert_eq!(readable(&policy), before);
    assert!(told.borrow().is_empty());
}

/// P6: a role opens exactly its own messages.
#[ink::test]
fn p6_roles_do_not_overlap() {
    for (caller, own) in [
        (GUARDIAN, &["pause"][..]),
        (
            REGULATOR,
            &[
                "liftPause",
                "setHolderFrozen",
                "recoverKey",
                "withdrawRecovery",
            ],
        ),
        (PUBLISHER, &["setRoot"]),
        (LICENSE, &["check", "clear"]),
    ] {
        let (mut policy, _) = usual_policy();
        as_caller(caller);
        for (message, result, reason) in attempts(&mut policy) {
            let by_role = result.map_err(|refused| refused.code) != Err(reason.code());
            assert_eq!(by_role, own.contains(&message), "{message} by {caller:?}");
        }
    }
}

#[ink::test]
fn the_rules_pass_to_another_admin_when_it_accepts() {
    let mut policy = empty_policy();
    assert_eq!(
        refused(policy.set_admin(Address::zero())),
        Reason::ZeroAddress
    );
    policy.set_admin(NOBODY).expect("by the admin");
    policy.set_admin(ISSUER).expect("nobody has accepted");
    assert_eq!((policy.admin(), policy.proposed_admin()), (ADMIN, ISSUER));
    create_type(&mut policy, 0, true).expect("still the admin");
    for caller in [ADMIN, NOBODY, HOLDER] {
        as_caller(caller);
        assert_eq!(refused(policy.accept_admin()), Reason::NotAdmin);
    }
    as_caller(ISSUER);
    policy.accept_admin().expect("it was offered");
    assert_eq!(
        (policy.admin(), policy.proposed_admin()),
        (ISSUER, Address::zero())
    );
    create_type(&mut policy, 0, true).expect("the admin");
    assert_eq!(refused(policy.accept_admin()), Reason::NotAdmin);
    as_caller(ADMIN);
    assert_eq!(refused(create_type(&mut policy, 0, true)), Reason::NotAdmin);
}

#[ink::test]
fn types_are_numbered_from_one() {
    let mut policy = empty_policy();
    assert_eq!(policy.type_count(), 0);
    assert_eq!(create_type(&mut policy, 0, true), Ok(1));
    assert_eq!(create_type(&mut policy, 7, false), Ok(2));
    assert_eq!(policy.type_count(), 2);
    let second = policy.license_type(2).expect("created");
    assert_eq!(
        (
            second.supply_cap,
            second.transferable,
            second.open,
            second.version
        ),
        (7, false, true, 1)
    );
    assert_eq!(policy.type_rules(2), Ok(TypeRules::default()));
    for unknown in [0, 3, u64::MAX] {
        assert_eq!(refused(policy.license_type(unknown)), Reason::UnknownType);
        assert_eq!(refused(policy.type_rules(unknown)), Reason::UnknownType);
        assert_eq!(
            refused(policy.set_type_open(unknown, false)),
            Reason::UnknownType
        );
        assert_eq!(
            refused(policy.set_type_rules(unknown, gated(1))),
            Reason::UnknownType
        );
    }
}

#[ink::test]
fn types_need_sensible_terms_and_a_name() {
    let mut policy = empty_policy();
    let mut create = |name: &str, kind, term, grace| {
        refused(policy.create_type(name.into(), kind, term, 0, grace, 0, true, hash(0), 1))
    };
    assert_eq!(create("Yearly", 2, DAY, 0), Reason::InvalidTypeTerms);
    assert_eq!(create("Yearly", 0, 0, 0), Reason::InvalidTypeTerms);
    assert_eq!(create("Yearly", 0, DAY, u64::MAX), Reason::InvalidTypeTerms);
    assert_eq!(create("", 0, DAY, 0), Reason::InvalidText);
    assert_eq!(create(&"x".repeat(65), 0, DAY, 0), Reason::InvalidText);
}

#[ink::test]
fn rules_of_a_type_are_kept_and_counted() {
    let mut policy = empty_policy();
    for _ in 0..2 {
        create_type(&mut policy, 0, true).expect("by the admin");
    }
    let rules = TypeRules {
        royalty: 10_000,
        royalty_receiver: RECEIVER,
        parent_type: 1,
        ..gated(7)
    };
    policy.set_type_rules(2, rules).expect("sensible");
    assert_eq!(policy.type_rules(2), Ok(rules));
    assert_eq!(policy.license_type(2).map(|shown| shown.version), Ok(2));
    assert_eq!(policy.type_rules(1), Ok(TypeRules::default()));
    policy
        .set_type_rules(2, TypeRules::default())
        .expect("no gates are rules");
    assert_eq!(policy.type_rules(2), Ok(TypeRules::default()));
}

#[ink::test]
fn gates_that_nothing_opens_are_refused() {
    let mut policy = empty_policy();
    create_type(&mut policy, 0, true).expect("by the admin");
    let committee = |gates: fn(&mut TypeRules)| {
        let mut rules = TypeRules::default();
        gates(&mut rules);
        rules
    };
    let broken = [
        committee(|rules| rules.gates.issue = 1),
        committee(|rules| rules.gates.renew = 3),
        committee(|rules| rules.gates.transfer = 1),
        committee(|rules| rules.gates.lend = 1),
        committee(|rules| rules.gates.enforce = 1),
        committee(|rules| rules.gates.issue = 4),
        committee(|rules| (rules.committee, rules.gates.issue) = (COMMITTEE, 8)),
        committee(|rules| (rules.committee, rules.gates.enforce) = (COMMITTEE, 2)),
        TypeRules {
            minimum_score: 1001,
            ..gated(1)
        },
        TypeRules {
            royalty: 10_001,
            ..gated(1)
        },
        TypeRules {
            statement: 0,
            ..gated(1)
        },
        TypeRules {
            statement: 3,
            ..gated(1)
        },
        TypeRules {
            circuit: 0,
            ..gated(1)
        },
        TypeRules {
            circuit_version: 0,
            ..gated(1)
        },
        TypeRules {
            parent_type: YEARLY,
            ..gated(1)
        },
    ];
    for rules in broken {
        assert_eq!(
            refused(policy.set_type_rules(YEARLY, rules)),
            Reason::InvalidTypeTerms,
            "{rules:?}"
        );
    }
    let orphan = TypeRules {
        parent_type: 2,
        ..gated(1)
    };
    assert_eq!(
        refused(policy.set_type_rules(YEARLY, orphan)),
        Reason::UnknownType
    );
    assert_eq!(
        policy.license_type(YEARLY).map(|shown| shown.version),
        Ok(1)
    );
}

#[ink::test]
fn issuers_are_registered_once_and_removed_once() {
    let mut policy = empty_policy();
    assert_eq!(
        refused(policy.register_issuer(Address::zero(), "Nobody".into())),
        Reason::ZeroAddress
    );
    assert_eq!(
        refused(policy.register_issuer(ISSUER, String::new())),
        Reason::InvalidText
    );
    assert_eq!(refused(policy.remove_issuer(ISSUER)), Reason::UnknownIssuer);
    policy
        .register_issuer(ISSUER, "Issuer".into())
        .expect("new");
    assert_eq!(
        refused(policy.register_issuer(ISSUER, "Issuer".into())),
        Reason::AlreadySo
    );
    policy.remove_issuer(ISSUER).expect("registered");
    assert!(!policy.is_issuer(ISSUER));
}

#[ink::test]
fn a_country_covers_its_subdivisions_and_nothing_else() {
    let (mut policy, _) = usual_policy();
    for (jurisdiction, may) in [
        ("US", true),
        ("US-NY", true),
        ("DE", false),
        ("usa", false),
        ("", false),
    ] {
        assert_eq!(
            policy.issuer_may(ISSUER, YEARLY, jurisdiction.into()),
            may,
            "{jurisdiction:?}"
        );
    }
    assert!(!policy.issuer_may(ISSUER, 2, "US".into()));
    rule(&mut policy, |policy| {
        policy.grant_issuer(ISSUER, YEARLY, String::new())
    });
    assert!(policy.issuer_may(ISSUER, YEARLY, "DE".into()));
}

#[ink::test]
fn withdrawing_a_grant_leaves_wider_ones() {
    let (mut policy, _) = usual_policy();
    as_caller(ADMIN);
    assert_eq!(
        refused(policy.withdraw_issuer(ISSUER, YEARLY, "US-NY".into())),
        Reason::AlreadySo
    );
    policy
        .grant_issuer(ISSUER, YEARLY, "US-NY".into())
        .expect("new");
    policy
        .withdraw_issuer(ISSUER, YEARLY, "US-NY".into())
        .expect("granted");
    assert!(policy.issuer_may(ISSUER, YEARLY, "US-NY".into()));
    policy
        .withdraw_issuer(ISSUER, YEARLY, "US".into())
        .expect("granted");
    assert!(!policy.issuer_may(ISSUER, YEARLY, "US-NY".into()));
}

#[ink::test]
fn grants_name_an_issuer_a_type_and_a_place_that_exist() {
    let (mut policy, _) = usual_policy();
    as_caller(ADMIN);
    let mut grant =
        |issuer, id, place: &str| refused(policy.grant_issuer(issuer, id, place.into()));
    assert_eq!(grant(HOLDER, YEARLY, "US"), Reason::UnknownIssuer);
    assert_eq!(grant(ISSUER, 9, "US"), Reason::UnknownType);
    assert_eq!(grant(ISSUER, YEARLY, "us"), Reason::InvalidJurisdiction);
    assert_eq!(grant(ISSUER, YEARLY, "US"), Reason::AlreadySo);
}

#[ink::test]
fn a_subdivision_has_its_countrys_rules_until_it_has_its_own() {
    let (mut policy, _) = usual_policy();
    as_caller(ADMIN);
    let version = |policy: &Policy, place: &str| {
        policy
            .bundle(place.into())
            .map(|bundle| (bundle.bundle_id, bundle.version))
            .map_err(|refused| refused.code)
    };
    assert_eq!(version(&policy, "US-NY"), Ok((hash(2), 1)));
    assert_eq!(version(&policy, "DE"), Err(Reason::NoRules.code()));
    assert_eq!(
        version(&policy, ""),
        Err(Reason::InvalidJurisdiction.code())
    );

    let rules = vec![bundle_rule(4, ActionKind::Issue, 0, 30 * DAY)];
    policy
        .set_bundle("US-NY".into(), hash(4), rules.clone())
        .expect("sensible");
    assert_eq!(version(&policy, "US-NY"), Ok((hash(4), 1)));
    assert_eq!(version(&policy, "US-CA"), Ok((hash(2), 1)));
    assert_eq!(
        policy.bundle("US-NY".into()).map(|bundle| bundle.rules),
        Ok(rules)
    );
    policy.remove_bundle("US-NY".into()).expect("it has some");
    assert_eq!(version(&policy, "US-NY"), Ok((hash(2), 1)));
}

/// I30: no version of a jurisdiction's rules comes back, not even after their removal.
#[ink::test]
fn i30_a_bundles_version_never_repeats() {
    let (mut policy, _) = usual_policy();
    as_caller(ADMIN);
    policy.remove_bundle("US".into()).expect("it has rules");
    assert_eq!(refused(policy.remove_bundle("US".into())), Reason::NoRules);
    policy
        .set_bundle("US".into(), hash(2), Vec::new())
        .expect("sensible");
    assert_eq!(policy.bundle("US".into()).map(|shown| shown.version), Ok(3));
}

#[ink::test]
fn bundles_are_bounded_and_sensible() {
    let (mut policy, _) = usual_policy();
    as_caller(ADMIN);
    let sensible = bundle_rule(1, ActionKind::Transfer, 0, 0);
    let mut set = |place: &str, rules| policy.set_bundle(place.into(), hash(5), rules);
    assert_eq!(
        refused(set("", vec![sensible])),
        Reason::InvalidJurisdiction
    );
    assert_eq!(refused(set("US", vec![sensible; 17])), Reason::LimitReached);
    for broken in [
        BundleRule {
            demand: 0,
            ..sensible
        },
        BundleRule {
            demand: 5,
            ..sensible
        },
        BundleRule {
            actions: 0,
            ..sensible
        },
        BundleRule {
            actions: ActionKind::Revoke.bit(),
            ..sensible
        },
        BundleRule {
            value: 1,
            ..sensible
        },
        bundle_rule(2, ActionKind::Issue, 0, 8),
        bundle_rule(3, ActionKind::Issue, 0, 1001),
        bundle_rule(4, ActionKind::Issue, 0, 0),
    ] {
        assert_eq!(
            refused(set("US", vec![sensible, broken])),
            Reason::InvalidTypeTerms,
            "{broken:?}"
        );
    }
    set("US", vec![sensible; 16]).expect("sixteen fit");
}

#[ink::test]
fn roles_are_given_and_taken_one_by_one() {
    let mut policy = empty_policy();
    for role in [0, 3, 16, 255] {
        let refusal = policy.set_role(NOBODY, role, true).expect_err("no role");
        assert_eq!(
            (refusal.code, refusal.detail),
            (Reason::UnknownCode.code(), role.into())
        );
        assert!(!policy.has_role(NOBODY, role));
    }
    assert_eq!(
        refused(policy.set_role(H160::zero(), 1, true)),
        Reason::ZeroAddress
    );
    assert_eq!(
        refused(policy.set_role(NOBODY, 1, false)),
        Reason::AlreadySo
    );
    for role in [1, 2, 4, 8] {
        policy.set_role(NOBODY, role, true).expect("new");
        assert_eq!(
            refused(policy.set_role(NOBODY, role, true)),
            Reason::AlreadySo
        );
    }
    policy.set_role(NOBODY, 4, false).expect("held");
    assert_eq!(
        [1, 2, 4, 8].map(|role| policy.has_role(NOBODY, role)),
        [true, true, false, true]
    );
}

/// I30: every change of rules starts another version of all rules, and nothing else does.
#[ink::test]
fn i30_every_rule_change_is_counted() {
    let (mut policy, _) = usual_policy();
    stand_in::install(NOBODY.0, |_| Ok(Vec::new()));
    type Change = fn(&mut Policy) -> Result<(), Refused>;
    let changes: [Change; 14] = [
        |policy| create_type(policy, 0, true).map(drop),
        |policy| policy.set_type_rules(YEARLY, gated(1)),
        |policy| policy.set_type_open(YEARLY, false),
        |policy| policy.register_issuer(NOBODY, "Other".into()),
        |policy| policy.grant_issuer(NOBODY, YEARLY, String::new()),
        |policy| policy.withdraw_issuer(NOBODY, YEARLY, String::new()),
        |policy| policy.succeed_issuer(NOBODY, ISSUER),
        |policy| policy.set_issuer_share(NOBODY, YEARLY, 3),
        |policy| policy.remove_issuer(ISSUER),
        |policy| policy.set_bundle("DE".into(), hash(0), Vec::new()),
        |policy| policy.remove_bundle("DE".into()),
        |policy| policy.set_role(NOBODY, 2, true),
        |policy| policy.add_module(NOBODY, 1),
        |policy| policy.remove_module(NOBODY),
    ];
    for change in changes {
        let before = policy.version();
        rule(&mut policy, change);
        assert_eq!(policy.version(), before + 1);
    }
    let before = policy.version();
    rule(&mut policy, |policy| policy.set_verifier(NOBODY));
    assert_eq!(policy.version(), before + 1);

    as_caller(GUARDIAN);
    policy.pause(15).expect("nothing is paused");
    as_caller(REGULATOR);
    policy.lift_pause(15).expect("everything is paused");
    policy
        .set_holder_frozen(HOLDER, true, 1, hash(0))
        .expect("free");
    assert_eq!(policy.version(), before + 1);
}
