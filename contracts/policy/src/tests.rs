use ink::{Address, U256, env::test, sol::FixedBytes};
use lex_model::{ActionKind, Reason, Status};
use lex_policy_interface::{Action, Refusal, Refused, Validity};

use crate::policy::Policy;

const DAY: u64 = 86_400;
const NOW: u64 = 1_800_000_000;

fn admin() -> Address {
    test::default_accounts().alice
}

fn issuer() -> Address {
    test::default_accounts().bob
}

fn holder() -> Address {
    test::default_accounts().charlie
}

fn policy() -> Policy {
    test::set_caller(admin());
    Policy::new(admin()).expect("the admin is an account")
}

fn create_type(policy: &mut Policy, supply_cap: u64, transferable: bool) -> Result<u64, Refused> {
    let terms = FixedBytes([1; 32]);
    policy.create_type(
        "Yearly".into(),
        0,
        365 * DAY,
        30 * DAY,
        14 * DAY,
        supply_cap,
        transferable,
        terms,
        1,
    )
}

/// A policy with one type and an issuer that may act for it in the United States.
fn policy_with_issuer() -> Policy {
    let mut policy = policy();
    assert_eq!(create_type(&mut policy, 2, true), Ok(1));
    policy
        .register_issuer(issuer(), "Issuer".into())
        .expect("new");
    policy.grant_issuer(issuer(), 1, "US".into()).expect("new");
    policy
}

fn issue() -> Action {
    Action {
        action: ActionKind::Issue as u8,
        caller: issuer(),
        issuer: issuer(),
        license_type: 1,
        jurisdiction: "US-NY".into(),
        token_id: U256::zero(),
        from: Address::zero(),
        to: holder(),
        status: 0,
        validity: Validity {
            valid_from: NOW,
            ..Default::default()
        },
        supply: 0,
        at: NOW,
    }
}

fn refused<T: core::fmt::Debug>(result: Result<T, Refused>) -> Reason {
    Reason::from_code(result.expect_err("refused").code).expect("known code")
}

fn reasons(refusals: &[Refusal]) -> Vec<Reason> {
    refusals
        .iter()
        .map(|refusal| Reason::from_code(refusal.code).expect("known code"))
        .collect()
}

#[ink::test]
fn a_policy_needs_an_admin() {
    assert_eq!(
        Policy::new(Address::zero())
            .err()
            .map(|refused| refused.code),
        Some(Reason::ZeroAddress.code())
    );
}

#[ink::test]
fn only_the_admin_makes_rules() {
    let mut policy = policy_with_issuer();
    test::set_caller(issuer());
    let other = holder();
    assert_eq!(refused(policy.set_admin(other)), Reason::NotAdmin);
    assert_eq!(refused(create_type(&mut policy, 0, true)), Reason::NotAdmin);
    assert_eq!(refused(policy.set_type_open(1, false)), Reason::NotAdmin);
    assert_eq!(
        refused(policy.register_issuer(other, "Other".into())),
        Reason::NotAdmin
    );
    assert_eq!(refused(policy.remove_issuer(issuer())), Reason::NotAdmin);
    assert_eq!(
        refused(policy.grant_issuer(issuer(), 1, String::new())),
        Reason::NotAdmin
    );
    assert_eq!(
        refused(policy.withdraw_issuer(issuer(), 1, "US".into())),
        Reason::NotAdmin
    );
    assert_eq!(refused(policy.bind_license(other)), Reason::NotAdmin);
}

#[ink::test]
fn the_rules_pass_to_another_admin_at_once() {
    let mut policy = policy();
    assert_eq!(
        refused(policy.set_admin(Address::zero())),
        Reason::ZeroAddress
    );
    policy.set_admin(issuer()).expect("by the admin");
    assert_eq!(policy.admin(), issuer());
    assert_eq!(refused(create_type(&mut policy, 0, true)), Reason::NotAdmin);
}

#[ink::test]
fn types_are_numbered_from_one() {
    let mut policy = policy();
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
    for unknown in [0, 3, u64::MAX] {
        assert_eq!(refused(policy.license_type(unknown)), Reason::UnknownType);
    }
}

#[ink::test]
fn types_need_sensible_terms_and_a_name() {
    let mut policy = policy();
    let terms = FixedBytes([0; 32]);
    let mut create = |name: &str, kind, term, grace| {
        refused(policy.create_type(name.into(), kind, term, 0, grace, 0, true, terms, 1))
    };
    assert_eq!(create("Yearly", 2, DAY, 0), Reason::InvalidTypeTerms);
    assert_eq!(create("Yearly", 0, 0, 0), Reason::InvalidTypeTerms);
    assert_eq!(create("Yearly", 0, DAY, u64::MAX), Reason::InvalidTypeTerms);
    assert_eq!(create("", 0, DAY, 0), Reason::InvalidText);
    assert_eq!(create(&"x".repeat(65), 0, DAY, 0), Reason::InvalidText);
}

#[ink::test]
fn closing_a_type_starts_another_version_of_its_rules() {
    let mut policy = policy_with_issuer();
    assert_eq!(refused(policy.set_type_open(1, true)), Reason::AlreadySo);
    assert_eq!(refused(policy.set_type_open(2, false)), Reason::UnknownType);
    policy.set_type_open(1, false).expect("open before");
    let refusal = policy.check(issue()).expect_err("closed");
    assert_eq!(
        (refusal.code, refusal.rule_version),
        (Reason::TypeClosed.code(), 2)
    );
    policy.set_type_open(1, true).expect("closed before");
    assert_eq!(policy.check(issue()).expect("open").version, 3);
}

#[ink::test]
fn issuers_are_registered_once_and_removed_once() {
    let mut policy = policy();
    assert_eq!(
        refused(policy.register_issuer(Address::zero(), "Nobody".into())),
        Reason::ZeroAddress
    );
    assert_eq!(
        refused(policy.register_issuer(issuer(), String::new())),
        Reason::InvalidText
    );
    assert_eq!(
        refused(policy.remove_issuer(issuer())),
        Reason::UnknownIssuer
    );
    policy
        .register_issuer(issuer(), "Issuer".into())
        .expect("new");
    assert_eq!(
        refused(policy.register_issuer(issuer(), "Issuer".into())),
        Reason::AlreadySo
    );
    policy.remove_issuer(issuer()).expect("registered");
    assert!(!policy.is_issuer(issuer()));
}

#[ink::test]
fn a_country_covers_its_subdivisions_and_nothing_else() {
    let mut policy = policy_with_issuer();
    for (jurisdiction, may) in [
        ("US", true),
        ("US-NY", true),
        ("DE", false),
        ("usa", false),
        ("", false),
    ] {
        assert_eq!(
            policy.issuer_may(issuer(), 1, jurisdiction.into()),
            may,
            "{jurisdiction:?}"
        );
    }
    assert!(!policy.issuer_may(issuer(), 2, "US".into()));
    policy
        .grant_issuer(issuer(), 1, String::new())
        .expect("new");
    assert!(policy.issuer_may(issuer(), 1, "DE".into()));
}

#[ink::test]
fn withdrawing_a_grant_leaves_wider_ones() {
    let mut policy = policy_with_issuer();
    assert_eq!(
        refused(policy.withdraw_issuer(issuer(), 1, "US-NY".into())),
        Reason::AlreadySo
    );
    policy
        .grant_issuer(issuer(), 1, "US-NY".into())
        .expect("new");
    policy
        .withdraw_issuer(issuer(), 1, "US-NY".into())
        .expect("granted");
    assert!(policy.issuer_may(issuer(), 1, "US-NY".into()));
    policy
        .withdraw_issuer(issuer(), 1, "US".into())
        .expect("granted");
    assert!(!policy.issuer_may(issuer(), 1, "US-NY".into()));
}

#[ink::test]
fn grants_name_an_issuer_a_type_and_a_place_that_exist() {
    let mut policy = policy_with_issuer();
    assert_eq!(
        refused(policy.grant_issuer(holder(), 1, "US".into())),
        Reason::UnknownIssuer
    );
    assert_eq!(
        refused(policy.grant_issuer(issuer(), 9, "US".into())),
        Reason::UnknownType
    );
    assert_eq!(
        refused(policy.grant_issuer(issuer(), 1, "us".into())),
        Reason::InvalidJurisdiction
    );
    assert_eq!(
        refused(policy.grant_issuer(issuer(), 1, "US".into())),
        Reason::AlreadySo
    );
}

/// I12: an issuer that was removed has no influence from the next call on.
#[ink::test]
fn i12_a_removed_issuer_may_nothing() {
    let mut policy = policy_with_issuer();
    policy.remove_issuer(issuer()).expect("registered");
    assert!(!policy.issuer_may(issuer(), 1, "US".into()));
    assert_eq!(refused(policy.check(issue())), Reason::UnknownIssuer);
    for kind in [
        ActionKind::Renew,
        ActionKind::Suspend,
        ActionKind::Resume,
        ActionKind::Revoke,
    ] {
        let action = Action {
            action: kind as u8,
            status: Status::Active.code(),
            ..issue()
        };
        assert!(reasons(&policy.explain(action)).contains(&Reason::UnknownIssuer));
    }
}

#[ink::test]
fn at_most_four_license_contracts_are_bound() {
    let mut policy = policy();
    assert_eq!(
        refused(policy.bind_license(Address::zero())),
        Reason::ZeroAddress
    );
    for number in 1..=4 {
        let license = Address::from([number; 20]);
        policy.bind_license(license).expect("room");
        assert_eq!(refused(policy.bind_license(license)), Reason::AlreadySo);
    }
    let refusal = policy
        .bind_license(Address::from([5; 20]))
        .expect_err("full");
    assert_eq!(
        (refusal.code, refusal.detail),
        (Reason::LimitReached.code(), U256::from(4))
    );
}

#[ink::test]
fn an_action_that_is_not_well_formed_is_refused() {
    let policy = policy_with_issuer();
    for action in [0, 8, 255] {
        assert_eq!(
            refused(policy.check(Action { action, ..issue() })),
            Reason::UnknownAction
        );
    }
    let nowhere = Action {
        jurisdiction: "Mars".into(),
        ..issue()
    };
    assert_eq!(
        refused(policy.check(nowhere.clone())),
        Reason::InvalidJurisdiction
    );
    assert_eq!(
        reasons(&policy.explain(nowhere)),
        [Reason::InvalidJurisdiction]
    );
    let senseless = Action {
        action: ActionKind::Revoke as u8,
        status: 200,
        ..issue()
    };
    assert_eq!(refused(policy.check(senseless)), Reason::WrongState);
}

#[ink::test]
fn explain_names_every_refusing_rule() {
    let mut policy = policy_with_issuer();
    policy.set_type_open(1, false).expect("open before");
    let action = Action {
        caller: holder(),
        to: Address::zero(),
        supply: 2,
        at: NOW + 1,
        ..issue()
    };
    assert_eq!(
        reasons(&policy.explain(action)),
        [
            Reason::NotLicenseIssuer,
            Reason::TypeClosed,
            Reason::SupplyExhausted,
            Reason::ZeroAddress,
            Reason::InvalidTime
        ]
    );
}

/// One action for every combination of kind, status, type, place, caller, receiver and time, codes
/// without meaning included.
fn all_actions() -> impl Iterator<Item = Action> {
    let subjects = [
        (1, 0, "US"),
        (1, 2, "US-NY"),
        (2, 0, "US"),
        (3, 0, "DE"),
        (1, 0, "?"),
    ];
    let parties = [issuer(), holder()];
    let validity = Validity {
        valid_from: NOW,
        valid_until: NOW + DAY,
        grace_until: NOW + 2 * DAY,
    };
    let codes = (0..=8).flat_map(|action| (0..=9).map(move |status| (action, status)));
    codes.flat_map(move |(action, status)| {
        subjects
            .into_iter()
            .flat_map(move |(license_type, supply, place)| {
                parties.into_iter().flat_map(move |caller| {
                    [
                        (Address::zero(), NOW),
                        (holder(), NOW),
                        (holder(), NOW + DAY),
                    ]
                    .map(|(to, at)| Action {
                        action,
                        caller,
                        license_type,
                        jurisdiction: place.into(),
                        from: holder(),
                        to,
                        status,
                        validity,
                        supply,
                        at,
                        ..issue()
                    })
                })
            })
    })
}

/// `check` refuses exactly when `explain` says something, and with its first reason.
#[ink::test]
fn check_and_explain_agree() {
    let mut policy = policy_with_issuer();
    create_type(&mut policy, 0, false).expect("by the admin");
    let (mut allowed, mut refused) = (0, 0);
    for action in all_actions() {
        let explained = policy.explain(action.clone());
        match policy.check(action) {
            Ok(_) => {
                assert!(explained.is_empty());
                allowed += 1;
            }
            Err(refusal) => {
                assert_eq!(explained.first().copied(), Some(refusal.into()));
                refused += 1;
            }
        }
    }
    // Both answers were met: the agreement is not an empty one.
    assert!(
        allowed > 20 && refused > 20,
        "{allowed} allowed, {refused} refused"
    );
}
