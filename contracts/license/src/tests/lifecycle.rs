//! Issue, activation, renewal and enforcement.

use ink::{U256, sol::FixedBytes};
use lex_lifecycle::testing::{cleared, hash};
use lex_model::{ActionKind, Reason, Status, Term};
use lex_policy_interface::Evidence;

use super::world::*;

fn updates() -> usize {
    let wanted = topic(UPDATE);
    ink::env::test::recorded_events()
        .iter()
        .filter(|event| {
            event
                .topics
                .first()
                .is_some_and(|first| first[..] == wanted)
        })
        .count()
}

#[ink::test]
fn an_ungated_license_is_in_force_at_once() {
    let mut world = world();
    let id = world.issue(PLAIN);
    assert_eq!(world.status(id), Status::Active.code());
    assert!(world.license.is_usable(id));
    assert_eq!(world.license.owner_of(id), Ok(account(HOLDER)));
    assert_eq!(world.license.expires_at(id), Ok(END));
    assert_eq!(world.license.supply(PLAIN), 1);
    assert_eq!(world.license.token_uri(id), Ok("ipfs://license".into()));
    assert_eq!(
        (updates(), world.license.outbox().expect("begun").nonce),
        (1, 1)
    );
}

#[ink::test]
fn a_gated_license_waits_for_its_committee_and_its_clearance() {
    let mut world = world();
    let id = world.issue(GATED);
    assert_eq!(world.status(id), Status::Pending.code());
    assert!(!world.license.is_usable(id));
    by(HOLDER);
    assert_eq!(
        refused(
            world
                .license
                .transfer_from(account(HOLDER), account(OTHER), id)
        ),
        Reason::WrongState
    );
    by(ISSUER);
    assert_eq!(
        refused(world.activate(id, cleared(900))),
        Reason::ApprovalRequired
    );
    by(COMMITTEE);
    assert_eq!(
        refused(world.activate(id, Evidence::default())),
        Reason::ClearanceRequired
    );
    assert_eq!(world.activate(id, cleared(900)), Ok(()));
    assert_eq!(world.status(id), Status::Active.code());
    assert_eq!(
        refused(world.activate(id, cleared(900))),
        Reason::WrongState
    );
    let allowed = &world.desk.borrow().allowed;
    let activation = allowed.last().expect("asked");
    assert_eq!(activation.action, ActionKind::Activate.code());
    assert_eq!(
        (activation.to, activation.content),
        (account(HOLDER), hash(5))
    );
}

/// The committee's decision names the license's values; another license's are refused.
#[ink::test]
fn only_what_was_approved_comes_into_force() {
    let mut world = world();
    let id = world.issue(GATED);
    by(COMMITTEE);
    let mut try_with = |holder, license_type, from, until, content| {
        world.license.activate(
            id,
            account(holder),
            license_type,
            from,
            until,
            hash(content),
            cleared(900),
        )
    };
    for (holder, license_type, from, until, content) in [
        (OTHER, GATED, START, END, 5),
        (HOLDER, PLAIN, START, END, 5),
        (HOLDER, GATED, START + 1, END, 5),
        (HOLDER, GATED, START, END + 1, 5),
        (HOLDER, GATED, START, END, 6),
    ] {
        assert_eq!(
            refused(try_with(holder, license_type, from, until, content)),
            Reason::NotAsApproved
        );
    }
    assert_eq!(try_with(HOLDER, GATED, START, END, 5), Ok(()));
}

#[ink::test]
fn a_pending_license_can_be_withdrawn_for_ever() {
    let mut world = world();
    let id = world.issue(GATED);
    by(OTHER);
    assert_eq!(
        refused(world.license.withdraw(id)),
        Reason::NotLicenseIssuer
    );
    by(HOLDER);
    assert_eq!(world.license.withdraw(id), Ok(()));
    assert_eq!(world.status(id), Status::Archived.code());
    assert_eq!(world.license.expires_at(id), Ok(0));
    by(COMMITTEE);
    assert_eq!(
        refused(world.activate(id, cleared(900))),
        Reason::WrongState
    );
}

/// P1, I4: a renewal keeps the anniversary, ends in the future, and follows the type's window.
#[ink::test]
fn p1_a_renewal_adds_one_term_to_the_old_end() {
    let mut world = world();
    let id = world.issue(PLAIN);
    assert!(!world.license.is_renewable(id));
    assert_eq!(refused(world.license.renew(id)), Reason::RenewalNotOpen);
    at(END + 49);
    assert!(world.license.is_renewable(id));
    assert_eq!(world.license.renew(id), Ok(()));
    assert_eq!(world.license.expires_at(id), Ok(END + 1_000));
    at(END + 1_050);
    assert_eq!(refused(world.license.renew(id)), Reason::RenewalClosed);
    assert!(!world.license.is_renewable(id));
    let (_, _, data) = last_event("SubscriptionUpdate(uint256,uint64)").expect("told");
    assert_eq!(word(&data, 0), U256::from(END + 1_000));
}

#[ink::test]
fn a_subscription_is_renewed_by_what_its_type_says() {
    let mut world = world();
    let id = world.issue(PLAIN);
    at(END - 100);
    assert_eq!(
        refused(world.license.renew_subscription(id, 2_000)),
        Reason::InvalidTime
    );
    let id = world.issue(PLAIN);
    at(END + 800);
    assert_eq!(world.license.renew_subscription(id, 1_000), Ok(()));
    by(HOLDER);
    assert_eq!(world.license.cancel_subscription(id), Ok(()));
    assert_eq!(world.license.expires_at(id), Ok(0));
}

#[ink::test]
fn a_renewal_that_needs_approval_goes_through_a_request() {
    let mut world = world();
    let id = world.issue(GATED);
    by(COMMITTEE);
    world.activate(id, cleared(900)).expect("approved");
    let approved = |world: &mut World, end| world.license.renew_approved(id, end, cleared(900));
    at(END - 50);
    assert!(world.license.is_renewable(id));
    assert_eq!(
        refused(approved(&mut world, END + 1_000)),
        Reason::NotRequested
    );
    by(ISSUER);
    assert_eq!(
        refused(world.license.renew_with(id, cleared(900))),
        Reason::ApprovalRequired
    );
    by(OTHER);
    assert_eq!(
        refused(world.license.request_renewal(id)),
        Reason::NotHolder
    );
    by(HOLDER);
    assert_eq!(world.license.request_renewal(id), Ok(()));
    assert!(world.license.is_renewal_requested(id) && world.license.is_usable(id));
    assert_eq!(
        refused(world.license.request_renewal(id)),
        Reason::AlreadyRequested
    );
    by(COMMITTEE);
    assert_eq!(
        refused(approved(&mut world, END + 999)),
        Reason::NotAsApproved
    );
    assert_eq!(approved(&mut world, END + 1_000), Ok(()));
    assert_eq!(world.license.expires_at(id), Ok(END + 1_000));
    assert!(!world.license.is_renewal_requested(id));
    assert_eq!(
        refused(approved(&mut world, END + 2_000)),
        Reason::NotRequested
    );
}

/// I3: a suspension ends by decision or at its time, which anyone may have told.
#[ink::test]
fn i3_a_suspension_lifts_at_its_time() {
    let mut world = world();
    let id = world.issue(PLAIN);
    assert_eq!(
        refused(world.license.suspend(id, 0, hash(1), 0)),
        Reason::MissingReason
    );
    assert_eq!(
        refused(world.license.suspend(id, 7, hash(1), START)),
        Reason::InvalidTime
    );
    world
        .license
        .suspend(id, 7, hash(1), START + 10)
        .expect("its issuer");
    let seen = world.license.license(id).expect("issued");
    assert_eq!((seen.status, seen.suspended_until), (3, START + 10));
    assert!(!world.license.is_usable(id));
    by(OTHER);
    let early = world.license.settle(id).expect_err("too early");
    assert_eq!(
        (early.code, early.detail),
        (Reason::NotLifted.code(), (START + 10).into())
    );
    at(START + 10);
    assert!(world.license.is_usable(id));
    assert_eq!(world.license.settle(id), Ok(()));
    assert_eq!(world.license.version_of(id), Ok(2), "nobody decided that");
    assert_eq!(world.license.subject_of(id).expect("known").version, 2);
    assert_eq!(refused(world.license.settle(id)), Reason::WrongState);
    by(ISSUER);
    world
        .license
        .suspend(id, 7, hash(1), 0)
        .expect("its issuer");
    assert_eq!(world.license.resume(id), Ok(()));
    assert_eq!(world.status(id), Status::Active.code());
    assert_eq!(world.license.outbox().expect("begun").nonce, 5);
}

/// I1: what is revoked or surrendered never comes back, by any message.
#[ink::test]
fn i1_an_ended_license_never_changes_again() {
    let mut world = world();
    let (revoked, surrendered) = (world.issue(PLAIN), world.issue(PLAIN));
    assert_eq!(
        refused(world.license.revoke(revoked, 0, hash(1))),
        Reason::MissingReason
    );
    world
        .license
        .revoke(revoked, 7, hash(1))
        .expect("its issuer");
    by(HOLDER);
    assert_eq!(
        refused(world.license.revoke(surrendered, 7, hash(1))),
        Reason::NotLicenseIssuer
    );
    world.license.surrender(surrendered).expect("its holder");
    at(END - 50);
    for id in [revoked, surrendered] {
        let before = world.license.license(id).expect("issued");
        by(ISSUER);
        assert_eq!(refused(world.license.renew(id)), Reason::WrongState);
        assert_eq!(refused(world.license.resume(id)), Reason::WrongState);
        assert_eq!(
            refused(world.license.suspend(id, 7, hash(1), 0)),
            Reason::WrongState
        );
        assert_eq!(
            refused(world.license.revoke(id, 7, hash(1))),
            Reason::WrongState
        );
        assert_eq!(
            refused(world.license.set_metadata(id, hash(1), "x".into())),
            Reason::WrongState
        );
        assert_eq!(refused(world.license.settle(id)), Reason::WrongState);
        by(HOLDER);
        assert_eq!(refused(world.license.surrender(id)), Reason::WrongState);
        let moved = world
            .license
            .transfer_from(account(HOLDER), account(OTHER), id);
        assert_eq!(refused(moved), Reason::WrongState);
        by(COMMITTEE);
        let forced = world
            .license
            .forced_transfer(account(HOLDER), account(OTHER), id);
        assert_eq!(refused(forced), Reason::WrongState);
        assert_eq!(world.license.license(id), Ok(before));
        assert!(!world.license.is_usable(id));
    }
}

/// I15: whoever takes a license out of force is named, with the reason and the evidence.
#[ink::test]
fn i15_enforcement_says_who_and_why() {
    let mut world = world();
    let id = world.issue(PLAIN);
    world
        .license
        .suspend(id, 7, hash(8), 0)
        .expect("its issuer");
    by(COMMITTEE);
    world
        .license
        .revoke(id, 9, hash(10))
        .expect("the committee");
    for (signature, actor, reason, evidence) in [
        (
            "LicenseSuspended(uint256,address,uint32,bytes32,uint64)",
            ISSUER,
            7u64,
            8,
        ),
        (
            "LicenseRevoked(uint256,address,uint32,bytes32)",
            COMMITTEE,
            9,
            10,
        ),
    ] {
        let (_, topics, data) = last_event(signature).expect("told");
        assert_eq!(topics[2][12..], [actor; 20]);
        assert_eq!(word(&data, 0), U256::from(reason));
        assert_eq!(data[32..64], [evidence; 32]);
    }
}

#[ink::test]
fn metadata_is_amended_by_who_decides_about_the_license() {
    let mut world = world();
    let id = world.issue(GATED);
    by(HOLDER);
    let amended =
        |world: &mut World, uri: &str| world.license.set_metadata(id, hash(6), uri.into());
    assert_eq!(refused(amended(&mut world, "b")), Reason::NotLicenseIssuer);
    by(ISSUER);
    assert_eq!(
        refused(amended(&mut world, &"b".repeat(257))),
        Reason::InvalidText
    );
    assert_eq!(amended(&mut world, "b"), Ok(()));
    assert_eq!(world.license.token_uri(id), Ok("b".into()));
    let (_, _, data) = last_event("MetadataUpdate(uint256)").expect("told");
    assert_eq!(word(&data, 0), id);
    let (_, _, data) =
        last_event("MetadataChanged(uint256,address,bytes32,uint32,string)").expect("told");
    assert_eq!(word(&data, 1), U256::from(3));
    let seen = world.license.license(id).expect("issued");
    assert_eq!((seen.metadata_hash, seen.version), (hash(6), 2));
    assert_eq!(refused(amended(&mut world, "b")), Reason::AlreadySo);
    by(COMMITTEE);
    assert_eq!(amended(&mut world, "c"), Ok(()));
}

/// ERC-5643, ERC-4906: nothing is shown with an end in the future that is not in force until then, and
/// whoever shows a license learns of every change of it.
#[ink::test]
fn what_rests_has_no_end_in_the_future() {
    let mut world = world();
    let pending = world.issue(GATED);
    assert_eq!(world.license.expires_at(pending), Ok(0));
    let told_end = || {
        let (_, _, data) = last_event("SubscriptionUpdate(uint256,uint64)").expect("told");
        word(&data, 0)
    };
    let shown = || {
        let topic = topic("MetadataUpdate(uint256)");
        let events = ink::env::test::recorded_events();
        let told = events.iter().filter(|event| event.topics[0][..] == topic);
        told.count()
    };
    assert_eq!(told_end(), U256::zero());
    by(COMMITTEE);
    world.activate(pending, cleared(900)).expect("approved");
    assert_eq!(world.license.expires_at(pending), Ok(END));
    assert_eq!((told_end(), shown()), (U256::from(END), 1));

    let id = world.issue(PLAIN);
    world
        .license
        .suspend(id, 7, hash(1), START + 10)
        .expect("its issuer");
    assert_eq!(world.license.expires_at(id), Ok(0));
    assert_eq!((told_end(), shown()), (U256::zero(), 2));
    at(START + 10);
    assert_eq!(world.license.expires_at(id), Ok(END), "it has lifted");
    world.license.settle(id).expect("anyone");
    assert_eq!((told_end(), shown()), (U256::from(END), 3));
    world.license.suspend(id, 7, hash(1), 0).expect("again");
    world.license.resume(id).expect("its issuer");
    assert_eq!((told_end(), shown()), (U256::from(END), 5));
    world.license.revoke(id, 7, hash(1)).expect("its issuer");
    assert_eq!(world.license.expires_at(id), Ok(0));
    assert_eq!((told_end(), shown()), (U256::zero(), 6));
}

/// I2: usable needs more than a term that runs.
#[ink::test]
fn i2_restrictions_end_the_use_and_are_told() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(OTHER);
    let nobody = account(0);
    assert_eq!(
        refused(world.license.restrict(3, nobody, PLAIN, 1)),
        Reason::NotPolicy
    );
    by_policy();
    assert_eq!(
        refused(world.license.restrict(1, nobody, PLAIN, 1)),
        Reason::UnknownAction
    );
    for (kind, holder, license_type) in
        [(2, account(HOLDER), 0), (3, nobody, PLAIN), (4, nobody, 0)]
    {
        world
            .license
            .restrict(kind, holder, license_type, 1)
            .expect("policy");
        assert!(!world.license.is_usable(id), "kind {kind}");
        let (_, _, data) = last_event(UPDATE).expect("told");
        assert_eq!((word(&data, 0), word(&data, 2)), (kind.into(), U256::one()));
        world
            .license
            .restrict(kind, holder, license_type, 0)
            .expect("policy");
        assert!(world.license.is_usable(id), "kind {kind}");
    }
    assert!(world.license.can_send(account(HOLDER)));
    world
        .license
        .restrict(2, account(HOLDER), 0, 1)
        .expect("policy");
    assert!(
        !world.license.can_send(account(HOLDER)) && !world.license.can_receive(account(HOLDER))
    );
    assert!(!world.license.can_send(nobody) && !world.license.can_receive(nobody));
}

/// P16: the status of every time in and around the term.
#[ink::test]
fn p16_the_status_follows_the_term() {
    let mut world = world();
    let id = world.issue(PLAIN);
    let term = Term {
        valid_from: START,
        valid_until: END,
        grace_until: END + 50,
    };
    for (time, status) in [
        (term.valid_from - 1, Status::NotYetValid),
        (term.valid_from, Status::Active),
        (term.valid_until - 1, Status::Active),
        (term.valid_until, Status::InGrace),
        (term.grace_until - 1, Status::InGrace),
        (term.grace_until, Status::Expired),
    ] {
        assert_eq!(world.license.status_at(id, time), status.code(), "{time}");
    }
    assert_eq!(world.license.status_at(U256::from(99), START), 0);
}

#[ink::test]
fn an_issue_is_refused_as_the_gate_says() {
    let mut world = world();
    by(ISSUER);
    let mut issue = |to, license_type, place: &str, uri: &str| {
        let uri = uri.into();
        let hash = FixedBytes([0; 32]);
        refused(
            world
                .license
                .issue(account(to), license_type, place.into(), 0, hash, uri),
        )
    };
    assert_eq!(issue(HOLDER, 99, "US", ""), Reason::UnknownType);
    assert_eq!(issue(HOLDER, CHILD, "US", ""), Reason::NotSublicensable);
    assert_eq!(issue(HOLDER, PLAIN, "us", ""), Reason::InvalidJurisdiction);
    assert_eq!(issue(0, PLAIN, "US", ""), Reason::ZeroAddress);
    assert_eq!(
        issue(HOLDER, PLAIN, "US", &"a".repeat(257)),
        Reason::InvalidText
    );
    let mut desk = world.desk.borrow_mut();
    let last = desk.supply + 1;
    desk.types.get_mut(&PLAIN).expect("known").supply_cap = last;
    drop(desk);
    world.issue(PLAIN);
    by(ISSUER);
    let uri = String::new();
    let over = world
        .license
        .issue(account(HOLDER), PLAIN, "US".into(), 0, hash(0), uri);
    assert_eq!(refused(over), Reason::SupplyExhausted);
}

#[ink::test]
fn without_policy_nothing_happens() {
    let mut world = world();
    let id = world.issue(PLAIN);
    lex_contract_host::stand_in::install([0xee; 20], |_| Ok(Vec::new()));
    assert_eq!(
        refused(world.license.suspend(id, 7, hash(1), 0)),
        Reason::PolicyUnreachable
    );
    assert!(
        !world
            .license
            .can_transfer(account(HOLDER), account(OTHER), id)
    );
    assert!(!world.license.is_renewable(id));
    lex_contract_host::stand_in::install([0xee; 20], |_| {
        Err(lex_contract_host::CallFailure::NoAnswer)
    });
    assert_eq!(
        refused(world.license.revoke(id, 7, hash(1))),
        Reason::PolicyUnreachable
    );
    assert_eq!(world.status(id), Status::Active.code());
}
