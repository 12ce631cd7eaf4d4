//! The parts that the contracts share, with the stand-in for policy.

use ink::{Address, U256, prelude::string::String};
use lex_contract_host::{CallFailure, chain_id, stand_in};
use lex_model::{ActionKind, Outbox, Reason, SoftwareKeccak, Status, TypeKind, Update};
use lex_policy_interface::Refused;

use crate::{
    Application, Context, Entry, Lifecycle, Metadata,
    testing::{Desk, hash, plain_type},
};

const NOW: u64 = 10_000;

fn account(number: u8) -> Address {
    Address::from([number; 20])
}

fn policy() -> Address {
    account(0xee)
}

fn context(caller: u8, now: u64) -> Context {
    Context {
        caller: account(caller),
        now,
        kind: TypeKind::Nft,
    }
}

fn lifecycle() -> Lifecycle {
    let desk = Desk {
        types: [(1, plain_type(TypeKind::Nft))].into(),
        committee: account(9),
        ..Desk::default()
    };
    desk.install(policy());
    let mut lifecycle = Lifecycle::default();
    lifecycle
        .initialize(policy(), account(0xaa))
        .expect("policy is an account");
    lifecycle
}

fn application() -> Application {
    Application {
        to: account(2),
        license_type: 1,
        jurisdiction: "US-NY".into(),
        valid_from: 0,
        amount: 1,
        metadata: Metadata {
            hash: [5; 32],
            uri: String::new(),
        },
        parent: None,
    }
}

fn issued(lifecycle: &mut Lifecycle) -> Entry {
    lifecycle
        .issue(context(1, NOW), application())
        .expect("allowed")
        .entry
}

fn refused<T: core::fmt::Debug>(result: Result<T, Refused>) -> Reason {
    Reason::from_code(result.expect_err("refused").code).expect("known code")
}

#[ink::test]
fn it_is_initialized_once_with_a_policy() {
    let mut lifecycle = Lifecycle::default();
    assert_eq!(lifecycle.outbox(), Err(Reason::NotInitialized));
    assert_eq!(lifecycle.policy.address(), Address::zero());
    let uninitialized = lifecycle.restrict(Address::zero(), 2, account(2), 0, true);
    assert_eq!(uninitialized, Err(Reason::NotInitialized));
    let without = lifecycle.initialize(Address::zero(), account(0xaa));
    assert_eq!(without, Err(Reason::ZeroAddress));
    assert_eq!(lifecycle.initialize(policy(), account(0xaa)), Ok(()));
    let again = lifecycle.initialize(policy(), account(0xaa));
    assert_eq!(again, Err(Reason::AlreadyInitialized));
    let empty = Outbox::empty::<SoftwareKeccak>(chain_id(), &account(0xaa).0);
    let end = lifecycle.outbox().expect("begun");
    assert_eq!((end.nonce, end.head.0), (0, empty.head));
}

/// A stranger records that a suspension has lifted, so that what was approved or signed before that names
/// another version than there is.
#[ink::test]
fn a_stranger_voids_a_grant_by_recording_what_time_did() {
    let mut lifecycle = lifecycle();
    let entry = issued(&mut lifecycle);
    let named = |lifecycle: &Lifecycle, entry: &Entry| {
        let action = lifecycle.action_on(context(9, NOW), ActionKind::Renew, entry);
        let subject = lifecycle.subject(entry, account(2), 1);
        assert_eq!(subject.version, u64::from(action.state.version));
        subject.version
    };
    let mut suspended = entry;
    for settlements in 1..3 {
        suspended = lifecycle
            .suspend(context(1, NOW), suspended, 7, hash(1), NOW + 10)
            .expect("its issuer")
            .after;
        let before = named(&lifecycle, &suspended);
        suspended = lifecycle
            .settle(context(8, NOW + 10), suspended)
            .expect("anyone")
            .after;
        assert_eq!(named(&lifecycle, &suspended), before);
        let told = u64::from(suspended.license.version);
        assert_eq!(told, before + settlements, "readers count it");
    }
    // What somebody decides moves it.
    let again = lifecycle
        .suspend(context(1, NOW), suspended, 7, hash(1), 0)
        .expect("its issuer")
        .after;
    assert_eq!(named(&lifecycle, &again), 4);
    let resumed = lifecycle
        .resume(context(1, NOW), again)
        .expect("its issuer");
    assert_eq!(named(&lifecycle, &resumed.after), 5);
}

/// What policy restricts comes into the outbox as the model encodes it.
#[ink::test]
fn restrictions_are_told_as_the_model_encodes_them() {
    let mut lifecycle = lifecycle();
    assert_eq!(
        lifecycle.restrict(account(1), 3, account(0), 1, true),
        Err(Reason::NotPolicy)
    );
    for (kind, holder, license_type) in [(2, account(2), 0), (3, account(0), 1), (4, account(0), 0)]
    {
        lifecycle
            .restrict(policy(), kind, holder, license_type, true)
            .expect("policy");
    }
    let update = |nonce, kind, holder, license_type| Update {
        nonce,
        kind,
        holder,
        license_type,
        status: 1,
        ..Update::default()
    };
    let expected = [
        update(1, 2, [2; 20], 0),
        update(2, 3, [0; 20], 1),
        update(3, 4, [0; 20], 0),
    ]
    .iter()
    .fold(
        Outbox::empty::<SoftwareKeccak>(chain_id(), &account(0xaa).0),
        |outbox, update| outbox.with::<SoftwareKeccak>(update).expect("next nonce"),
    );
    let end = lifecycle.outbox().expect("begun");
    assert_eq!((end.nonce, end.head.0), (3, expected.head));
    let restrictions = &lifecycle.restrictions;
    assert!(restrictions.is_frozen(account(2)) && !restrictions.is_frozen(account(3)));
    assert!(restrictions.is_closed(1) && !restrictions.is_closed(2));
    assert!(restrictions.is_use_paused() && !restrictions.allow_use(account(3), 2));
    let unknown = lifecycle.restrict(policy(), 5, account(0), 0, true);
    assert_eq!(unknown, Err(Reason::UnknownAction));
}

/// I5: each issue counts once in its type and gets the next id.
#[ink::test]
fn i5_ids_begin_at_one_and_fit_no_other_license() {
    let mut lifecycle = lifecycle();
    assert_eq!(issued(&mut lifecycle).id, 1);
    assert_eq!(issued(&mut lifecycle).token_id(), U256::from(2));
    let register = &lifecycle.register;
    assert_eq!(
        (register.count(), register.supply(1), register.supply(2)),
        (2, 2, 0)
    );
    let wrapped = U256::from(u64::MAX) + U256::from(2);
    for unknown in [U256::zero(), U256::from(3), wrapped] {
        assert_eq!(register.find(unknown), Err(Reason::UnknownLicense));
        assert_eq!(lifecycle.status_at(unknown, NOW), 0);
    }
    assert_eq!(lifecycle.status_at(U256::one(), NOW), Status::Active.code());
}

/// Seats have no single holder: the update of their license names none, though its licensee is kept.
#[ink::test]
fn the_update_of_seats_names_no_holder() {
    let desk = Desk {
        types: [(1, plain_type(TypeKind::Sft))].into(),
        ..Desk::default()
    };
    desk.install(policy());
    let mut lifecycle = Lifecycle::default();
    lifecycle
        .initialize(policy(), account(0xaa))
        .expect("an account");
    let context = Context {
        kind: TypeKind::Sft,
        ..context(1, NOW)
    };
    let entry = lifecycle
        .issue(context, application())
        .expect("allowed")
        .entry;
    assert_eq!(entry.license.holder, account(2).0);
    let update = Update {
        holder: [0; 20],
        ..entry.license.update(entry.id.into(), 1)
    };
    let expected = Outbox::empty::<SoftwareKeccak>(chain_id(), &account(0xaa).0)
        .with::<SoftwareKeccak>(&update)
        .expect("next nonce");
    assert_eq!(lifecycle.outbox().expect("begun").head.0, expected.head);
    let wrong_kind = lifecycle.issue(self::context(1, NOW), application());
    assert_eq!(refused(wrong_kind), Reason::WrongKind);
}

#[ink::test]
fn refusals_of_policy_come_through_unchanged() {
    let mut lifecycle = lifecycle();
    let entry = issued(&mut lifecycle);
    let refusal = Refused {
        code: Reason::Forbidden.code(),
        rule_version: 4,
        detail: 9.into(),
    };
    stand_in::install(policy().0, move |_| {
        Err(CallFailure::Reverted(ink::sol::SolErrorEncode::encode(
            &refusal,
        )))
    });
    let suspended = lifecycle.suspend(context(1, NOW), entry, 7, hash(1), 0);
    assert_eq!(suspended, Err(refusal));
}

/// What is no answer is not taken for one.
#[ink::test]
fn what_is_no_answer_allows_nothing() {
    let mut lifecycle = lifecycle();
    let entry = issued(&mut lifecycle);
    for answer in [
        Ok(Vec::new()),
        Ok(vec![1; 31]),
        Err(CallFailure::NoAnswer),
        Err(CallFailure::Reverted(Vec::new())),
        Err(CallFailure::Reverted(vec![1, 2, 3, 4, 5])),
    ] {
        stand_in::install(policy().0, move |_| answer.clone());
        let suspended = lifecycle.suspend(context(1, NOW), entry, 7, hash(1), 0);
        assert_eq!(refused(suspended), Reason::PolicyUnreachable);
        let royalty = lifecycle.royalty(&entry.license, U256::one());
        assert_eq!(refused(royalty), Reason::PolicyUnreachable);
    }
    assert_eq!(lifecycle.register.get(entry.id), Ok(entry));
}
