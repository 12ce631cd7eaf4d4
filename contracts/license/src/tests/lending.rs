//! ERC-4907 and ERC-2981.

use ink::U256;
use lex_lifecycle::testing::hash;
use lex_model::Reason;

use super::world::*;

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
    assert_eq!(refused(lent(&mut world, END + 1)), Reason::InvalidTime);
    assert_eq!(refused(lent(&mut world, START)), Reason::InvalidTime);
    assert_eq!(lent(&mut world, END), Ok(()));
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

#[ink::test]
fn a_right_can_be_taken_back_in_every_state() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(HOLDER);
    world
        .license
        .set_user(id, account(OTHER), END)
        .expect("its holder");
    by(ISSUER);
    world
        .license
        .suspend(id, 7, hash(1), START + 10)
        .expect("its issuer");
    by(HOLDER);
    assert_eq!(world.license.set_user(id, account(0), 5), Ok(()));
    assert_eq!(world.license.user_expires(id), Ok(U256::zero()));
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
