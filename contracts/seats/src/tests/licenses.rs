//! What happens to a license as a whole.

use ink::{Address, U256, sol::FixedBytes};
use lex_lifecycle::testing::{cleared, hash};
use lex_model::{Outbox, Reason, SoftwareKeccak, Status};
use lex_policy_interface::Evidence;

use super::world::{
    COMMITTEE, GATED, ISSUER, LICENSEE, NO_EVIDENCE, PLAIN, START, TERM, World, account, alone, at,
    by, code, no_data, place_of, policy, refused, world,
};
use crate::{holdings::MAX_SEATS, seats::Seats};

const END: u64 = START + TERM;

fn issue_of(seats: &mut Seats, amount: u64) -> Reason {
    by(ISSUER);
    let licensee = account(LICENSEE);
    let uri = String::new();
    code(seats.issue(licensee, PLAIN, "US".into(), 0, amount, 0, hash(5), uri))
}

fn status(world: &World, id: U256) -> u8 {
    world.seats.license(id).expect("it exists").status
}

#[ink::test]
fn a_contract_is_set_up_once_and_needs_a_policy() {
    assert!(Seats::new(Address::zero()).is_err());
    let mut seats = world().seats;
    assert_eq!(seats.policy(), policy());
    assert!(seats.layout().0.starts_with(b"LEX Seats\0"));
    assert_eq!(code(seats.initialize(policy())), Reason::AlreadyInitialized);
}

#[ink::test]
fn the_outbox_begins_with_chain_and_address() {
    let chain = lex_contract_host::chain_id();
    let empty = Outbox::empty::<SoftwareKeccak>(chain, &ink::env::test::callee().0);
    let outbox = world().seats.outbox().expect("initialized");
    assert_eq!((outbox.nonce, outbox.head.0), (0, empty.head));
}

#[ink::test]
fn an_issue_gives_all_seats_to_the_licensee() {
    let mut world = world();
    let id = world.issue(PLAIN);
    assert_eq!(id, U256::one());
    assert_eq!(world.balance(LICENSEE, id), 10);
    assert_eq!(world.seats.total_supply(id), U256::from(10));
    assert_eq!(world.seats.max_per_holder(id), Ok(4));
    assert_eq!(world.seats.supply(PLAIN), 1);
    assert_eq!(world.seats.license_count(), 1);
    assert_eq!(world.seats.uri(id), Ok("ipfs://seats".into()));
    let license = world.seats.license(id).expect("it exists");
    assert_eq!(license.holder, account(LICENSEE));
    assert_eq!(license.issuer, account(ISSUER));
    assert_eq!((license.valid_from, license.valid_until), (START, END));
    assert!(world.seats.is_usable(id));
    assert_eq!(world.updates(), 1);
    let issued = &world.desk.borrow().allowed[0];
    assert_eq!((issued.amount, issued.state.kind), (10, 1));
    assert!(place_of("TransferSingle(address,address,address,uint256,uint256)").is_some());
}

/// Readers outside learn of a license of seats without a holder.
#[ink::test]
fn updates_name_no_holder() {
    let mut world = world();
    let id = world.issue(PLAIN);
    let license = world.seats.license(id).expect("it exists");
    let update = lex_model::Update {
        nonce: 1,
        kind: lex_model::KIND_LICENSE,
        token_id: 1.into(),
        holder: [0; 20],
        license_type: PLAIN,
        status: Status::Active.code(),
        valid_from: license.valid_from,
        valid_until: license.valid_until,
        grace_until: license.grace_until,
        version: 1,
        parent: 0.into(),
    };
    let chain = lex_contract_host::chain_id();
    let expected = Outbox::empty::<SoftwareKeccak>(chain, &ink::env::test::callee().0)
        .with::<SoftwareKeccak>(&update)
        .expect("the next nonce");
    assert_eq!(
        world.seats.outbox().expect("initialized").head.0,
        expected.head
    );
}

#[ink::test]
fn a_license_has_between_one_and_the_most_seats() {
    let seats = &mut world().seats;
    assert_eq!(issue_of(seats, 0), Reason::InsufficientSeats);
    assert_eq!(issue_of(seats, MAX_SEATS + 1), Reason::LimitReached);
    assert_eq!(seats.license_count(), 0);
}

#[ink::test]
fn a_gated_license_waits_for_the_committee_and_its_evidence() {
    let mut world = world();
    let id = world.issue(GATED);
    assert_eq!(status(&world, id), Status::Pending.code());
    assert!(!world.seats.is_usable(id));
    by(LICENSEE);
    assert_eq!(code(world.send(LICENSEE, 3, id, 1)), Reason::WrongState);

    let mut activate = |sender, holder, until, evidence: Evidence| {
        by(sender);
        let holder = account(holder);
        world
            .seats
            .activate(id, holder, GATED, START, until, hash(5), evidence)
    };
    assert_eq!(
        code(activate(COMMITTEE, LICENSEE, END - 1, cleared(500))),
        Reason::NotAsApproved
    );
    assert_eq!(
        code(activate(COMMITTEE, 3, END, cleared(500))),
        Reason::NotAsApproved
    );
    assert_eq!(
        code(activate(ISSUER, LICENSEE, END, cleared(500))),
        Reason::ApprovalRequired
    );
    assert_eq!(
        code(activate(COMMITTEE, LICENSEE, END, Evidence::default())),
        Reason::ClearanceRequired
    );
    assert_eq!(activate(COMMITTEE, LICENSEE, END, cleared(500)), Ok(()));
    assert!(world.seats.is_usable(id));
    assert_eq!(world.updates(), 2);
    let desk = world.desk.borrow();
    let asked = desk.allowed.last().expect("it was allowed");
    assert_eq!((asked.amount, asked.to), (10, account(LICENSEE)));
    assert_eq!((asked.from, asked.content), (account(LICENSEE), hash(5)));
}

/// I2: a frozen licensee's application does not come into force.
#[ink::test]
fn i2_a_frozen_licensee_blocks_the_activation() {
    let mut world = world();
    let id = world.issue(GATED);
    world.desk.borrow_mut().frozen.insert(account(LICENSEE));
    by(COMMITTEE);
    let licensee = account(LICENSEE);
    let answer = world
        .seats
        .activate(id, licensee, GATED, START, END, hash(5), cleared(500));
    assert_eq!(code(answer), Reason::HolderFrozen);
}

#[ink::test]
fn a_pending_license_is_withdrawn_for_ever() {
    let mut world = world();
    let id = world.issue(GATED);
    by(3);
    assert_eq!(code(world.seats.withdraw(id)), Reason::NotLicenseIssuer);
    by(LICENSEE);
    assert_eq!(world.seats.withdraw(id), Ok(()));
    assert_eq!(status(&world, id), Status::Archived.code());
    assert_eq!(code(world.seats.withdraw(id)), Reason::WrongState);
}

/// I4: a renewal keeps the anniversary.
#[ink::test]
fn i4_the_issuer_renews_in_the_window() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(ISSUER);
    assert_eq!(
        world.seats.renew(id),
        Err(lex_policy_interface::Refused {
            rule_version: 1,
            ..refused(Reason::RenewalNotOpen, END - 100)
        })
    );
    at(END + 10);
    assert_eq!(status(&world, id), Status::InGrace.code());
    assert_eq!(world.seats.renew_with(id, Evidence::default()), Ok(()));
    let license = world.seats.license(id).expect("it exists");
    assert_eq!(license.valid_until, END + TERM);
    at(END + TERM + 50);
    assert_eq!(code(world.seats.renew(id)), Reason::RenewalClosed);
}

#[ink::test]
fn a_committee_renews_what_was_requested() {
    let mut world = world();
    let id = world.issue(GATED);
    by(COMMITTEE);
    let licensee = account(LICENSEE);
    world
        .seats
        .activate(id, licensee, GATED, START, END, hash(5), cleared(500))
        .expect("approved and cleared");
    at(END - 50);
    assert_eq!(
        code(world.seats.renew_approved(id, END + TERM, cleared(500))),
        Reason::NotRequested
    );
    by(3);
    assert_eq!(code(world.seats.request_renewal(id)), Reason::NotHolder);
    by(LICENSEE);
    assert_eq!(world.seats.request_renewal(id), Ok(()));
    assert_eq!(
        code(world.seats.request_renewal(id)),
        Reason::AlreadyRequested
    );
    assert!(world.seats.is_usable(id));
    by(ISSUER);
    assert_eq!(code(world.seats.renew(id)), Reason::ApprovalRequired);
    by(COMMITTEE);
    assert_eq!(
        code(world.seats.renew_approved(id, END + 1, cleared(500))),
        Reason::NotAsApproved
    );
    assert_eq!(
        world.seats.renew_approved(id, END + TERM, cleared(500)),
        Ok(())
    );
}

#[ink::test]
fn suspensions_end_by_decision_or_by_themselves() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(ISSUER);
    assert_eq!(
        code(world.seats.suspend(id, 0, NO_EVIDENCE, 0)),
        Reason::MissingReason
    );
    assert_eq!(world.seats.suspend(id, 7, hash(1), START + 20), Ok(()));
    assert!(!world.seats.is_usable(id));
    assert_eq!(
        world.seats.settle(id),
        Err(refused(Reason::NotLifted, START + 20))
    );
    assert_eq!(world.seats.resume(id), Ok(()));
    assert!(world.seats.is_usable(id));
    world
        .seats
        .suspend(id, 7, hash(1), START + 20)
        .expect("active again");
    at(START + 20);
    assert_eq!(world.seats.status_at(id, START + 19), 3);
    by(3);
    assert_eq!(world.seats.settle(id), Ok(()));
    assert_eq!(world.seats.version_of(id), Ok(4), "nobody decided that");
    assert_eq!(world.seats.subject_of(id).expect("known").version, 4);
    assert_eq!(world.updates(), 5);
}

/// I1, P8: a revoked license is never usable or changed again, and its seats stay where they are.
#[ink::test]
fn i1_p8_revoked_is_for_ever() {
    let mut world = world();
    let id = world.issue(PLAIN);
    world.hand_out(3, id, 2);
    by(ISSUER);
    assert_eq!(
        code(world.seats.revoke(id, 0, hash(1))),
        Reason::MissingReason
    );
    assert_eq!(world.seats.revoke(id, 7, hash(1)), Ok(()));
    for sender in [ISSUER, LICENSEE, 3, COMMITTEE] {
        by(sender);
        assert!(world.seats.resume(id).is_err());
        assert!(world.seats.renew(id).is_err());
        assert!(world.seats.withdraw(id).is_err());
        assert!(world.send(sender, 4, id, 0).is_err());
        assert!(world.seats.give_up(id, 1).is_err());
        let (from, to) = (account(3), account(4));
        assert!(
            world
                .seats
                .force_transfer(from, to, id, 1, 7, hash(1))
                .is_err()
        );
        assert!(world.seats.assign(id, account(5), END).is_err());
        assert!(!world.seats.is_usable(id) && !world.seats.may_use(id, account(sender)));
    }
    assert_eq!((world.balance(LICENSEE, id), world.balance(3, id)), (8, 2));
}

/// P16: what holders can do with seats in every status that a license can have.
#[ink::test]
fn p16_each_status_allows_exactly_this() {
    type Prepare = fn(&mut World) -> U256;
    // status, how it comes about, then: transfer, assign, give up, usable
    let cells: [(Status, Prepare, [bool; 4]); 8] = [
        (Status::Pending, |world| world.issue(GATED), [false; 4]),
        (Status::Active, |world| world.issue(PLAIN), [true; 4]),
        (
            Status::NotYetValid,
            |world| {
                by(ISSUER);
                let (licensee, uri) = (account(LICENSEE), String::new());
                let from = START + 500;
                world
                    .seats
                    .issue(licensee, PLAIN, "US".into(), from, 10, 4, hash(5), uri)
                    .expect("the issuer may")
            },
            [true, false, true, false],
        ),
        (
            Status::Suspended,
            |world| {
                let id = world.issue(PLAIN);
                world
                    .seats
                    .suspend(id, 7, NO_EVIDENCE, 0)
                    .expect("it is active");
                id
            },
            [false; 4],
        ),
        (
            Status::Revoked,
            |world| {
                let id = world.issue(PLAIN);
                world
                    .seats
                    .revoke(id, 7, NO_EVIDENCE)
                    .expect("it is active");
                id
            },
            [false; 4],
        ),
        (
            Status::Archived,
            |world| {
                let id = world.issue(GATED);
                world.seats.withdraw(id).expect("it is pending");
                id
            },
            [false; 4],
        ),
        (
            Status::InGrace,
            |world| {
                let id = world.issue(PLAIN);
                at(END);
                id
            },
            [true, false, true, false],
        ),
        (
            Status::Expired,
            |world| {
                let id = world.issue(PLAIN);
                at(END + 50);
                id
            },
            [false, false, true, false],
        ),
    ];
    for (expected, prepare, [transfer, assign, give_up, usable]) in cells {
        alone(|| {
            let mut world = world();
            let id = prepare(&mut world);
            let now = ink::env::block_timestamp::<ink::env::DefaultEnvironment>();
            assert_eq!(world.seats.status_at(id, now), expected.code());
            by(LICENSEE);
            let sent = world.send(LICENSEE, 3, id, 1);
            assert_eq!(sent.is_ok(), transfer, "{expected:?}");
            let assigned = world.seats.assign(id, account(4), now + 1);
            assert_eq!(assigned.is_ok(), assign, "{expected:?}");
            assert_eq!(world.seats.is_usable(id), usable, "{expected:?}");
            let may_use = world.seats.may_use(id, account(LICENSEE));
            assert_eq!(may_use, usable, "{expected:?}");
            let given_up = world.seats.give_up(id, 1);
            assert_eq!(given_up.is_ok(), give_up, "{expected:?}");
        });
    }
}

#[ink::test]
fn metadata_is_amended_by_issuer_and_committee() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(LICENSEE);
    let amend = |world: &mut World, uri: &str| world.seats.set_metadata(id, hash(6), uri.into());
    assert_eq!(
        code(amend(&mut world, "ipfs://new")),
        Reason::NotLicenseIssuer
    );
    by(COMMITTEE);
    let before = world.updates();
    assert_eq!(amend(&mut world, "ipfs://new"), Ok(()));
    assert_eq!(world.updates(), before + 1);
    assert_eq!(code(amend(&mut world, "ipfs://new")), Reason::AlreadySo);
    assert_eq!(
        code(amend(&mut world, &"x".repeat(257))),
        Reason::InvalidText
    );
    assert_eq!(world.seats.uri(id), Ok("ipfs://new".into()));
    let license = world.seats.license(id).expect("it exists");
    assert_eq!(license.metadata_hash, hash(6));
}

/// A closed type, a pause of all use and a frozen holder each end the use of seats, in one update.
#[ink::test]
fn i2_restrictions_end_the_use() {
    let mut world = world();
    let id = world.issue(PLAIN);
    let nobody = Address::zero();
    by(ISSUER);
    assert_eq!(
        code(world.seats.restrict(3, nobody, PLAIN, 1)),
        Reason::NotPolicy
    );
    let licensee = account(LICENSEE);
    for (kind, holder, license_type, ends_license) in [
        (2, licensee, 0, false),
        (3, nobody, PLAIN, true),
        (4, nobody, 0, true),
    ] {
        ink::env::test::set_caller(policy());
        let before = world.updates();
        world
            .seats
            .restrict(kind, holder, license_type, 1)
            .expect("by policy");
        assert_eq!(world.updates(), before + 1);
        assert!(!world.seats.may_use(id, licensee), "kind {kind}");
        assert_eq!(world.seats.is_usable(id), !ends_license, "kind {kind}");
        assert_eq!(world.seats.can_send(licensee), kind != 2);
        assert_eq!(world.seats.can_receive(licensee), kind != 2);
        world
            .seats
            .restrict(kind, holder, license_type, 0)
            .expect("by policy");
        assert!(world.seats.may_use(id, licensee), "kind {kind}");
    }
    assert_eq!(
        code(world.seats.restrict(9, nobody, 0, 1)),
        Reason::UnknownAction
    );
    assert!(!world.seats.can_receive(nobody));
}

#[ink::test]
fn royalties_follow_the_type_and_go_to_the_issuer_unless_named() {
    let mut world = world();
    let id = world.issue(PLAIN);
    world.desk.borrow_mut().royalty = 250;
    let royalty = |world: &World| {
        let owed = world
            .seats
            .royalty_info(id, U256::from(10_000))
            .expect("it exists");
        (owed.receiver, owed.royalty_amount.low_u64())
    };
    assert_eq!(royalty(&world), (account(ISSUER), 250));
    world.desk.borrow_mut().royalty_receiver = account(7);
    assert_eq!(royalty(&world), (account(7), 250));
}

#[ink::test]
fn nothing_can_be_done_to_a_license_that_does_not_exist() {
    let seats = &mut world().seats;
    let (a, b) = (account(1), account(2));
    for id in [U256::zero(), U256::one(), U256::MAX] {
        let evidence = FixedBytes([1; 32]);
        let answers = [
            seats.withdraw(id),
            seats.renew(id),
            seats.request_renewal(id),
            seats.suspend(id, 1, evidence, 0),
            seats.resume(id),
            seats.settle(id),
            seats.revoke(id, 1, evidence),
            seats.set_metadata(id, evidence, String::new()),
            seats.give_up(id, 0),
            seats.force_transfer(a, b, id, 0, 1, evidence),
            seats.freeze_token(a, id, 0, 1, evidence),
            seats.recover(vec![id], a),
            seats.assign(id, a, 1),
            seats.unassign(id, a),
            seats.safe_transfer_from(a, b, id, U256::zero(), no_data()),
            seats.uri(id).map(|_| ()),
            seats.license(id).map(|_| ()),
            seats.position(id, a).map(|_| ()),
            seats.max_per_holder(id).map(|_| ()),
            seats.royalty_info(id, U256::one()).map(|_| ()),
        ];
        for (place, answer) in answers.into_iter().enumerate() {
            assert_eq!(code(answer), Reason::UnknownLicense, "answer {place}");
        }
        assert_eq!(seats.status_at(id, 0), 0);
        assert!(!seats.is_usable(id) && !seats.may_use(id, a));
        assert!(!seats.can_transfer(a, b, id, U256::zero()));
        assert_eq!(seats.balance_of(a, id), U256::zero());
        assert_eq!(seats.total_supply(id), U256::zero());
        assert_eq!(seats.get_frozen_tokens(a, id), U256::zero());
        assert!(seats.assigned_to(id, a).holder.is_zero());
    }
}

/// Without policy nothing changes.
#[ink::test]
fn a_silent_policy_refuses_everything() {
    let mut world = world();
    let id = world.issue(PLAIN);
    lex_contract_host::stand_in::install(policy().0, |_| {
        Err(lex_contract_host::CallFailure::NoAnswer)
    });
    by(LICENSEE);
    assert_eq!(
        code(world.send(LICENSEE, 3, id, 1)),
        Reason::PolicyUnreachable
    );
    let (licensee, other) = (account(LICENSEE), account(3));
    assert!(!world.seats.can_transfer(licensee, other, id, U256::one()));
    assert_eq!(
        code(world.seats.recover(vec![id], licensee)),
        Reason::PolicyUnreachable
    );
}
