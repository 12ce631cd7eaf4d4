//! Contracts that are to have a license.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ink::sol::{FixedBytes, SolErrorDecode, SolErrorEncode, SolParamsEncode};
use lex_contract_host::{CallFailure, stand_in, stand_in::Reverted};
use lex_lifecycle::{Context, testing::hash};
use lex_model::{Reason, TypeKind};
use lex_policy_interface::Refused;

use super::world::*;
use crate::{book::Book, moves::Route};

fn yes() -> Vec<u8> {
    SolParamsEncode::encode(&(FixedBytes([0x15, 0x0b, 0x7a, 0x02]),))
}

fn sent(world: &mut World, id: ink::U256) -> Result<(), Refused> {
    by(HOLDER);
    let (from, to) = (account(HOLDER), account(OTHER));
    world.license.safe_transfer_from(from, to, id)
}

#[ink::test]
fn a_receiving_contract_must_accept() {
    let mut world = world();
    let id = world.issue(PLAIN);
    let no = SolParamsEncode::encode(&(FixedBytes([0xff; 4]),));
    for answer in [no, Vec::new()] {
        stand_in::install([OTHER; 20], move |_| Ok(answer.clone()));
        assert_eq!(refused(sent(&mut world, id)), Reason::UnsafeReceiver);
        // On the chain the refusal undoes the move; here it is moved back by decision, which asks
        // nobody.
        by(COMMITTEE);
        world
            .license
            .forced_transfer(account(OTHER), account(HOLDER), id)
            .expect("the committee");
    }
    stand_in::install([OTHER; 20], |_| Ok(yes()));
    assert_eq!(sent(&mut world, id), Ok(()));
}

/// A contract that cannot handle licenses would keep them for ever.
#[ink::test]
fn a_contract_is_issued_what_it_accepts() {
    let mut world = world();
    let parent = world.issue(PLAIN);
    stand_in::install([OTHER; 20], |_| Err(CallFailure::NoAnswer));
    let issued = |world: &mut World| {
        by(ISSUER);
        let place = "US-NY".into();
        let to = account(OTHER);
        world
            .license
            .issue(to, PLAIN, place, 0, hash(5), "a".into())
    };
    let sublicensed = |world: &mut World| {
        by(HOLDER);
        let place = "US-NY".into();
        let to = account(OTHER);
        world
            .license
            .sublicense(parent, to, CHILD, place, 0, hash(5), "a".into())
    };
    assert_eq!(refused(issued(&mut world)), Reason::UnsafeReceiver);
    assert_eq!(refused(sublicensed(&mut world)), Reason::UnsafeReceiver);
    stand_in::install([OTHER; 20], |_| Ok(yes()));
    assert!(issued(&mut world).is_ok());
    assert!(sublicensed(&mut world).is_ok());
}

/// All effects are done when a receiver is asked: it may read, and changes nothing.
#[ink::test]
fn a_receiver_reads_and_changes_nothing_while_it_is_asked() {
    let mut world = world();
    let id = world.issue(PLAIN);
    stand_in::install([OTHER; 20], move |_| {
        let mut book = Book::default();
        let context = Context {
            caller: account(OTHER),
            now: START,
            kind: TypeKind::Nft,
        };
        let entry = book.find(id).expect("issued");
        assert_eq!(entry.license.holder, [OTHER; 20], "it has it already");
        assert!(book.is_usable(&entry, START));
        let onwards = Route {
            from: account(OTHER),
            to: account(THIRD),
            token_id: id,
        };
        let refusals = [
            book.transfer(context, onwards, None).err(),
            book.lend(context, id, account(THIRD), END, None).err(),
            book.lend(context, id, account(0), 0, None).err(),
            book.lifecycle.settle(context, entry).err(),
        ];
        for refusal in refusals {
            let code = refusal.expect("refused").code;
            assert_eq!(code, Reason::UnsafeReceiver.code());
        }
        Ok(yes())
    });
    assert_eq!(sent(&mut world, id), Ok(()));
    by(OTHER);
    let moved = world
        .license
        .transfer_from(account(OTHER), account(THIRD), id);
    assert_eq!(moved, Ok(()), "afterwards it may");
}

/// What a receiver says about its refusal is passed on, behind the refusal itself.
#[ink::test]
fn a_receivers_own_reason_is_not_lost() {
    let mut world = world();
    let id = world.issue(PLAIN);
    let own = b"\x08\xc3\x79\xa0: not on Sundays".to_vec();
    let said = own.clone();
    stand_in::install([OTHER; 20], move |_| {
        Err(CallFailure::Reverted(said.clone()))
    });
    let reverted = catch_unwind(AssertUnwindSafe(|| sent(&mut world, id)));
    let reverted = reverted.expect_err("reverted");
    let Reverted(data) = reverted.downcast_ref().expect("by this contract");
    let refusal = Refused::from(Reason::UnsafeReceiver);
    assert_eq!(
        Refused::decode(data),
        Ok(refusal),
        "whoever knows only this"
    );
    assert_eq!(*data, [SolErrorEncode::encode(&refusal), own].concat());
}
