//! ERC-4907 and ERC-2981.

use ink::{U256, prelude::string::String};
use lex_lifecycle::testing::{cleared, hash};
use lex_model::{ActionKind, Group, Reason};
use lex_policy_interface::{Evidence, Refused};

use super::{
    restricted::{freeze, lose},
    world::*,
};

/// P2: a right counts up to the second before it expires, and not in that second.
#[ink::test]
fn p2_a_users_right_ends_at_its_time() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(HOLDER);
    world
        .license
        .set_user(id, account(OTHER), START + 10)
        .expect("its holder");
    assert_eq!(world.license.user_expires(id), Ok(U256::from(START + 10)));
    for (time, user) in [(9, OTHER), (10, 0), (11, 0)] {
        at(START + time);
        assert_eq!(world.license.user_of(id), Ok(account(user)), "{time}");
    }
}

/// I6: no right outlives the license, its holder's right to use it, or a move.
#[ink::test]
fn i6_no_right_outlives_the_license() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(OTHER);
    let lent = |world: &mut World, expires| world.license.set_user(id, account(OTHER), expires);
    assert_eq!(refused(lent(&mut world, END)), Reason::NotApproved);
    by(HOLDER);
    assert_eq!(refused(lent(&mut world, START)), Reason::InvalidTime);
    assert_eq!(refused(lent(&mut world, 0)), Reason::InvalidTime);
    assert_eq!(lent(&mut world, END + 1), Ok(()));
    let user = |world: &World| world.license.user_of(id).expect("issued");
    assert_eq!(user(&world), account(OTHER));

    by(ISSUER);
    world
        .license
        .suspend(id, 7, hash(1), 0)
        .expect("its issuer");
    assert_eq!(user(&world), account(0));
    by(HOLDER);
    assert_eq!(refused(lent(&mut world, END)), Reason::WrongState);
    by(ISSUER);
    world.license.resume(id).expect("its issuer");
    assert_eq!(user(&world), account(OTHER));
    for (kind, frozen, license_type) in [(2, HOLDER, 0), (2, OTHER, 0), (3, 0, PLAIN), (4, 0, 0)] {
        by_policy();
        world
            .license
            .restrict(kind, account(frozen), license_type, 1)
            .expect("policy");
        assert_eq!(user(&world), account(0));
        world
            .license
            .restrict(kind, account(frozen), license_type, 0)
            .expect("policy");
        assert_eq!(user(&world), account(OTHER));
    }
    at(END);
    assert_eq!(user(&world), account(0));
    at(END - 1);
    assert_eq!(user(&world), account(OTHER));
    by(HOLDER);
    world
        .license
        .transfer_from(account(HOLDER), account(THIRD), id)
        .expect("its holder");
    assert_eq!(user(&world), account(0));
    assert_eq!(world.license.user_expires(id), Ok(U256::zero()));
    let (_, topics, data) = last_event("UpdateUser(uint256,address,uint64)").expect("told");
    assert_eq!(
        (topics[2].as_slice(), word(&data, 0)),
        (&[0; 32][..], U256::zero())
    );
}

fn lent(world: &mut World, id: U256, by_whom: u8, user: u8) -> Result<(), Refused> {
    by(by_whom);
    world.license.set_user(id, account(user), END)
}

/// H4: whatever a policy refuses is not lent; it hears of each loan, and of its user.
#[ink::test]
fn h4_policy_is_asked_about_every_loan() {
    let mut world = world();
    let id = world.issue(PLAIN);
    assert_eq!(lent(&mut world, id, HOLDER, OTHER), Ok(()));
    let asked = *world.desk.borrow().allowed.last().expect("asked");
    assert_eq!(
        (asked.action, asked.caller, asked.from, asked.to),
        (
            ActionKind::Lend.code(),
            account(HOLDER),
            account(HOLDER),
            account(OTHER)
        )
    );
    type Forbid = fn(&mut World, U256);
    let forbidden: [(Forbid, Reason); 6] = [
        (
            |world, _| world.desk.borrow_mut().paused = Group::Lend.bit(),
            Reason::Paused,
        ),
        (
            |world, _| {
                let mut desk = world.desk.borrow_mut();
                desk.types.get_mut(&PLAIN).expect("known").open = false;
            },
            Reason::TypeClosed,
        ),
        (|world, _| freeze(world, HOLDER), Reason::HolderFrozen),
        (|world, _| lose(world, HOLDER), Reason::KeyLost),
        (|world, _| freeze(world, OTHER), Reason::ReceiverFrozen),
        (|_, _| at(END), Reason::WrongState),
    ];
    for (forbid, reason) in forbidden {
        let (mut world, id) = issued();
        forbid(&mut world, id);
        assert_eq!(refused(lent(&mut world, id, HOLDER, OTHER)), reason);
    }
    let (mut world, id) = issued();
    assert_eq!(
        refused(lent(&mut world, id, HOLDER, HOLDER)),
        Reason::SameAccount
    );
    let bound = world.issue(BOUND);
    assert_eq!(
        refused(lent(&mut world, bound, HOLDER, OTHER)),
        Reason::NotTransferable
    );
}

fn issued() -> (World, U256) {
    let mut world = world();
    let id = world.issue(PLAIN);
    (world, id)
}

/// H4: a type that screens borrowers is lent to nobody who was not.
#[ink::test]
fn h4_a_screened_type_is_lent_with_a_clearance() {
    let mut world = world();
    let id = world.issue(SCREENED);
    let refusal = refused(lent(&mut world, id, HOLDER, OTHER));
    assert_eq!(refusal, Reason::ClearanceRequired);
    let kind = ActionKind::Lend.code();
    let explained = |world: &World, evidence| {
        let place = String::new();
        let (caller, to) = (account(HOLDER), account(OTHER));
        world
            .license
            .explain_with(kind, caller, id, 0, place, to, evidence)
    };
    let missing: Vec<_> = explained(&world, Evidence::default())
        .iter()
        .map(|refusal| refusal.code)
        .collect();
    assert_eq!(missing, [Reason::ClearanceRequired.code()]);
    assert_eq!(explained(&world, cleared(900)), []);
    let loan = world
        .license
        .set_user_with(id, account(OTHER), END, cleared(900));
    assert_eq!(loan, Ok(()));
    assert_eq!(world.license.user_of(id), Ok(account(OTHER)));
}

/// A loan can be ended by whoever could lend, and by the user, whatever the rules say meanwhile; but not
/// for an account in the regulator's hands.
#[ink::test]
fn taking_back_is_not_lending() {
    const STRANGER: u8 = 8;
    const OPERATOR: u8 = 7;
    let running = || {
        let (mut world, id) = issued();
        lent(&mut world, id, HOLDER, OTHER).expect("its holder");
        world
            .license
            .set_approval_for_all(account(OPERATOR), true)
            .expect("its holder");
        (world, id)
    };
    // What is explained comes first, as for everything.
    let taken_back = |world: &mut World, id, caller: u8| {
        let kind = ActionKind::Lend.code();
        let (place, nobody) = (String::new(), account(0));
        let explained = world
            .license
            .explain(kind, account(caller), id, 0, place, nobody);
        by(caller);
        let done = world.license.set_user(id, account(0), 0);
        let first = explained.first().map(|refusal| refusal.code);
        assert_eq!(first, done.err().map(|refused| refused.code));
        first.map(|code| Reason::from_code(code).expect("known"))
    };
    for (caller, refusal) in [
        (HOLDER, None),
        (OPERATOR, None),
        (OTHER, None),
        (STRANGER, Some(Reason::NotApproved)),
        (ISSUER, Some(Reason::NotApproved)),
        (COMMITTEE, Some(Reason::NotApproved)),
    ] {
        let (mut world, id) = running();
        assert_eq!(taken_back(&mut world, id, caller), refusal, "{caller}");
        let user = world.license.user_of(id).expect("issued");
        assert_eq!(user.is_zero(), refusal.is_none());
    }
    type Happens = fn(&mut World, U256);
    let happenings: [(Happens, Option<Reason>); 9] = [
        (
            |world, id| {
                by(ISSUER);
                let suspended = world.license.suspend(id, 7, hash(1), 0);
                suspended.expect("its issuer");
            },
            None,
        ),
        (
            |world, _| world.desk.borrow_mut().paused = Group::ALL_BITS,
            None,
        ),
        (
            |world, _| {
                let mut desk = world.desk.borrow_mut();
                desk.types.get_mut(&PLAIN).expect("known").open = false;
            },
            None,
        ),
        (|_, _| at(END - 1), None),
        (|_, _| at(END), Some(Reason::AlreadySo)),
        (
            |world, id| {
                by(HOLDER);
                let ended = world.license.set_user(id, account(0), 0);
                ended.expect("its holder");
            },
            Some(Reason::AlreadySo),
        ),
        (|world, _| freeze(world, HOLDER), Some(Reason::HolderFrozen)),
        (|world, _| lose(world, HOLDER), Some(Reason::KeyLost)),
        (
            |world, id| {
                by(COMMITTEE);
                let held = world.license.set_frozen_tokens(account(HOLDER), id, true);
                held.expect("the committee");
            },
            Some(Reason::TokenFrozen),
        ),
    ];
    for (place, (happens, refusal)) in happenings.into_iter().enumerate() {
        let (mut world, id) = running();
        happens(&mut world, id);
        assert_eq!(taken_back(&mut world, id, HOLDER), refusal, "{place}");
    }
    for (account, refusal) in [
        (OTHER, Reason::CallerFrozen),
        (OPERATOR, Reason::CallerFrozen),
    ] {
        let (mut world, id) = running();
        freeze(&mut world, account);
        assert_eq!(taken_back(&mut world, id, account), Some(refusal));
    }
}

#[ink::test]
fn a_sale_owes_the_royalty_of_the_type() {
    let mut world = world();
    let id = world.issue(PLAIN);
    world.desk.borrow_mut().royalty = 250;
    let owed = |world: &World, price| world.license.royalty_info(id, price).expect("issued");
    let royalty = owed(&world, U256::from(1_001));
    assert_eq!(
        (royalty.receiver, royalty.royalty_amount),
        (account(ISSUER), U256::from(25))
    );
    world.desk.borrow_mut().royalty_receiver = account(THIRD);
    world.desk.borrow_mut().royalty = 10_000;
    let whole = U256::MAX - U256::MAX % U256::from(10_000);
    let royalty = owed(&world, U256::MAX);
    assert_eq!(
        (royalty.receiver, royalty.royalty_amount),
        (account(THIRD), whole)
    );
    assert_eq!(
        refused(world.license.royalty_info(U256::from(9), U256::one())),
        Reason::UnknownLicense
    );
}
