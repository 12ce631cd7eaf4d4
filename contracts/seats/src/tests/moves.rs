//! Every way in which seats get to another account, or end.

use ink::{Address, U256};
use lex_lifecycle::testing::{cleared, hash};
use lex_model::{Reason, Status};
use lex_policy_interface::Evidence;

use super::world::{
    CLEARED, COMMITTEE, GATED, ISSUER, LICENSEE, PLAIN, World, account, by, code, install_receiver,
    no_data, place_of, refused, told, world,
};
use crate::{
    moves::MAX_BATCH,
    receiver::{ON_BATCH_RECEIVED, ON_RECEIVED},
};

const SINGLE: &str = "TransferSingle(address,address,address,uint256,uint256)";
const BATCH: &str = "TransferBatch(address,address,address,uint256[],uint256[])";
const FROZEN: &str = "Frozen(address,uint256,uint256)";

fn amounts(numbers: &[u64]) -> Vec<U256> {
    numbers.iter().copied().map(U256::from).collect()
}

/// The committee moves seats.
fn force(world: &mut World, from: u8, to: u8, id: U256, amount: u64) -> Result<(), Reason> {
    by(COMMITTEE);
    let (from, to) = (account(from), account(to));
    let forced = world.seats.force_transfer(from, to, id, amount, 7, hash(1));
    forced.map_err(|refused| Reason::from_code(refused.code).expect("known code"))
}

fn freeze(world: &mut World, number: u8, id: U256, amount: u64) {
    by(COMMITTEE);
    world
        .seats
        .freeze_token(account(number), id, amount, 7, hash(1))
        .expect("the committee may");
}

#[ink::test]
fn holders_and_operators_move_seats_and_nobody_else() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(LICENSEE);
    assert_eq!(world.send(LICENSEE, 3, id, 4), Ok(()));
    assert_eq!((world.balance(LICENSEE, id), world.balance(3, id)), (6, 4));

    by(4);
    assert_eq!(code(world.send(3, 4, id, 1)), Reason::NotApproved);
    by(3);
    let zero = Address::zero();
    assert_eq!(
        code(world.seats.set_approval_for_all(zero, true)),
        Reason::ZeroAddress
    );
    world
        .seats
        .set_approval_for_all(account(4), true)
        .expect("an account");
    assert!(world.seats.is_approved_for_all(account(3), account(4)));
    assert!(!world.seats.is_approved_for_all(account(4), account(3)));
    by(4);
    assert_eq!(world.send(3, 4, id, 1), Ok(()));
    by(3);
    world
        .seats
        .set_approval_for_all(account(4), false)
        .expect("an account");
    by(4);
    assert_eq!(code(world.send(3, 4, id, 1)), Reason::NotApproved);
}

#[ink::test]
fn a_transfer_is_refused_for_the_reason_that_applies() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(LICENSEE);
    assert_eq!(
        world.send(LICENSEE, 3, id, 11),
        Err(refused(Reason::InsufficientSeats, 10))
    );
    assert_eq!(
        world.send(LICENSEE, 3, id, 5),
        Err(refused(Reason::TooManySeats, 4))
    );
    let (from, to) = (account(LICENSEE), account(3));
    let huge = world
        .seats
        .safe_transfer_from(from, to, id, U256::MAX, no_data());
    assert_eq!(huge, Err(refused(Reason::InsufficientSeats, 10)));
    assert_eq!(code(world.send(LICENSEE, 0, id, 1)), Reason::ZeroAddress);
    world.desk.borrow_mut().frozen.insert(account(3));
    assert_eq!(code(world.send(LICENSEE, 3, id, 1)), Reason::ReceiverFrozen);
    world.desk.borrow_mut().frozen.insert(account(LICENSEE));
    assert_eq!(code(world.send(LICENSEE, 4, id, 1)), Reason::HolderFrozen);
    assert_eq!(world.balance(LICENSEE, id), 10);
}

/// P6: as ERC-1155 has it, no seats at all can be moved; to oneself nothing can.
#[ink::test]
fn p6_empty_transfers_succeed_and_own_ones_do_not() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(LICENSEE);
    assert_eq!(world.send(LICENSEE, 3, id, 0), Ok(()));
    assert_eq!(
        code(world.send(LICENSEE, LICENSEE, id, 10)),
        Reason::SameAccount
    );
    by(3);
    assert_eq!(world.send(3, 4, id, 0), Ok(()));
    assert_eq!(world.balance(LICENSEE, id), 10);
}

#[ink::test]
fn a_gated_transfer_needs_its_evidence() {
    let mut world = world();
    let id = world.issue(CLEARED);
    by(LICENSEE);
    assert_eq!(
        code(world.send(LICENSEE, 3, id, 1)),
        Reason::ClearanceRequired
    );
    let (from, to) = (account(LICENSEE), account(3));
    let none = world
        .seats
        .transfer_with(from, to, id, U256::one(), Evidence::default());
    assert_eq!(code(none), Reason::ClearanceRequired);
    let cleared = world
        .seats
        .transfer_with(from, to, id, U256::one(), cleared(500));
    assert_eq!(cleared, Ok(()));
    assert_eq!(world.balance(3, id), 1);
}

#[ink::test]
fn a_batch_moves_seats_of_several_licenses() {
    let mut world = world();
    let (one, two) = (world.issue(PLAIN), world.issue(PLAIN));
    by(LICENSEE);
    let (from, to) = (account(LICENSEE), account(3));
    let ids = vec![one, two, one];
    let moved = world
        .seats
        .safe_batch_transfer_from(from, to, ids, amounts(&[2, 3, 1]), no_data());
    assert_eq!(moved, Ok(()));
    assert_eq!((world.balance(3, one), world.balance(3, two)), (3, 3));
    assert!(place_of(BATCH).is_some());

    let accounts = vec![from, to, from];
    let balances = world.seats.balance_of_batch(accounts, vec![one, two, two]);
    assert_eq!(balances, Ok(amounts(&[7, 3, 7])));
    let over =
        world
            .seats
            .safe_batch_transfer_from(from, to, vec![one, one], amounts(&[1, 1]), no_data());
    assert_eq!(over, Err(refused(Reason::TooManySeats, 4)));
}

#[ink::test]
fn batches_are_bounded_and_their_lists_fit() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(LICENSEE);
    let (from, to) = (account(LICENSEE), account(3));
    let wrong = refused(Reason::WrongLength, MAX_BATCH as u64);
    let mut batch = |ids: usize, values: usize| {
        let values = vec![U256::zero(); values];
        world
            .seats
            .safe_batch_transfer_from(from, to, vec![id; ids], values, no_data())
    };
    assert_eq!(batch(2, 1), Err(wrong));
    assert_eq!(batch(1, 2), Err(wrong));
    assert_eq!(batch(21, 21), Err(wrong));
    assert_eq!(batch(20, 20), Ok(()));
    let seats = &mut world.seats;
    assert_eq!(seats.balance_of_batch(vec![from], vec![]), Err(wrong));
    assert_eq!(
        seats.balance_of_batch(vec![from; 21], vec![id; 21]),
        Err(wrong)
    );
    assert_eq!(seats.recover(vec![id; 21], from), Err(wrong));
}

#[ink::test]
fn a_receiving_contract_must_accept() {
    let mut world = world();
    let (one, two) = (world.issue(PLAIN), world.issue(PLAIN));
    install_receiver(40, ON_RECEIVED);
    install_receiver(41, ON_BATCH_RECEIVED);
    install_receiver(42, [0; 4]);
    by(LICENSEE);
    assert_eq!(world.send(LICENSEE, 40, one, 1), Ok(()));
    for unwilling in [41, 42] {
        assert_eq!(
            code(world.send(LICENSEE, unwilling, one, 1)),
            Reason::UnsafeReceiver
        );
    }
    let mut batch = |to: u8| {
        let (from, to) = (account(LICENSEE), account(to));
        let values = amounts(&[1, 1]);
        world
            .seats
            .safe_batch_transfer_from(from, to, vec![one, two], values, no_data())
    };
    assert_eq!(batch(41), Ok(()));
    assert_eq!(code(batch(40)), Reason::UnsafeReceiver);
    by(ISSUER);
    let uri = String::new();
    let unwilling = account(42);
    let issued = world
        .seats
        .issue(unwilling, PLAIN, "US".into(), 0, 1, 0, hash(5), uri);
    assert_eq!(code(issued), Reason::UnsafeReceiver);
}

/// I11, I15: frozen seats stay until a decision moves them, which releases them first and says why.
#[ink::test]
fn i11_i15_frozen_seats_move_by_decision_only() {
    let mut world = world();
    let id = world.issue(PLAIN);
    let licensee = account(LICENSEE);
    by(ISSUER);
    assert_eq!(
        code(world.seats.freeze_token(licensee, id, 8, 7, hash(1))),
        Reason::NotCommittee
    );
    by(COMMITTEE);
    assert_eq!(
        code(world.seats.freeze_token(licensee, id, 8, 0, hash(1))),
        Reason::MissingReason
    );
    freeze(&mut world, LICENSEE, id, 8);
    assert_eq!(world.seats.get_frozen_tokens(licensee, id), U256::from(8));
    by(LICENSEE);
    assert_eq!(
        world.send(LICENSEE, 3, id, 3),
        Err(refused(Reason::TokenFrozen, 2))
    );
    assert_eq!(
        world.seats.give_up(id, 3),
        Err(refused(Reason::TokenFrozen, 2))
    );
    assert_eq!(world.send(LICENSEE, 3, id, 1), Ok(()));

    let before = told().len();
    assert_eq!(force(&mut world, LICENSEE, 4, id, 3), Ok(()));
    assert_eq!(world.seats.get_frozen_tokens(licensee, id), U256::from(6));
    let topics = told();
    let of = |signature: &str| {
        let topic =
            <lex_model::SoftwareKeccak as lex_model::Keccak>::keccak256(signature.as_bytes());
        topics[before..].iter().position(|told| *told == topic)
    };
    let (released, moved) = (of(FROZEN).expect("released"), of(SINGLE).expect("moved"));
    assert!(released < moved);
    let why = "LicenseTransferForced(uint256,address,address,address,uint64,uint32,bytes32)";
    assert!(of(why).is_some() && of("ForcedTransfer(address,address,uint256,uint256)").is_some());
}

#[ink::test]
fn forced_transfers_are_the_committees() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(LICENSEE);
    let (from, to) = (account(LICENSEE), account(3));
    let own = world.seats.force_transfer(from, to, id, 1, 7, hash(1));
    assert_eq!(code(own), Reason::NotCommittee);
    by(COMMITTEE);
    let mute = world.seats.force_transfer(from, to, id, 1, 0, hash(1));
    assert_eq!(code(mute), Reason::MissingReason);
    let cases = [
        (LICENSEE, 3, 11, Reason::InsufficientSeats),
        (LICENSEE, LICENSEE, 1, Reason::SameAccount),
        (LICENSEE, 0, 1, Reason::ZeroAddress),
    ];
    for (from, to, amount, reason) in cases {
        assert_eq!(force(&mut world, from, to, id, amount), Err(reason));
    }
    // Nothing of the receiver's is in the way: neither the market's limit nor its own hook.
    assert_eq!(force(&mut world, LICENSEE, 3, id, 5), Ok(()));
    install_receiver(43, [0; 4]);
    assert_eq!(force(&mut world, LICENSEE, 43, id, 1), Ok(()));
    assert_eq!((world.balance(3, id), world.balance(43, id)), (5, 1));
}

/// ERC-7943's own messages are decisions too.
#[ink::test]
fn erc7943_freezes_and_forces_for_the_committee() {
    let mut world = world();
    let id = world.issue(PLAIN);
    let (from, to) = (account(LICENSEE), account(3));
    let four = U256::from(4);
    by(LICENSEE);
    assert_eq!(
        code(world.seats.forced_transfer(from, to, id, four)),
        Reason::NotCommittee
    );
    assert_eq!(
        code(world.seats.set_frozen_tokens(to, id, four)),
        Reason::NotCommittee
    );
    by(COMMITTEE);
    assert_eq!(world.seats.forced_transfer(from, to, id, four), Ok(true));
    assert_eq!(world.seats.set_frozen_tokens(to, id, four), Ok(true));
    assert_eq!(
        world.seats.set_frozen_tokens(to, id, U256::MAX),
        Err(refused(Reason::LimitReached, u64::MAX))
    );
    assert_eq!(world.seats.get_frozen_tokens(to, id), four);
    assert!(!world.seats.can_transfer(to, from, id, U256::one()));
    assert_eq!(
        world.seats.set_frozen_tokens(to, id, U256::zero()),
        Ok(true)
    );
    assert!(world.seats.can_transfer(to, from, id, four));
}

/// P7: a lost key's seats are its successor's, all of them and in every status, and no others.
#[ink::test]
fn p7_i10_recovery_keeps_every_position() {
    let mut world = world();
    let ids: Vec<U256> = (0..3).map(|_| world.issue(PLAIN)).collect();
    for id in &ids {
        world.hand_out(3, *id, 3);
    }
    freeze(&mut world, 3, ids[1], 2);
    by(ISSUER);
    world
        .seats
        .revoke(ids[2], 7, hash(1))
        .expect("it is active");

    by(5);
    let lost = account(3);
    assert_eq!(
        code(world.seats.recover(ids.clone(), lost)),
        Reason::NotRecovered
    );
    let mut desk = world.desk.borrow_mut();
    desk.successors.insert(lost, account(4));
    drop(desk);
    // Held seats go by the committee alone.
    assert_eq!(
        code(world.seats.recover(vec![ids[1]], lost)),
        Reason::TokenFrozen
    );
    by(COMMITTEE);
    assert_eq!(world.seats.recover(ids.clone(), lost), Ok(()));
    for id in &ids {
        assert_eq!((world.balance(3, *id), world.balance(4, *id)), (0, 3));
        assert_eq!(world.seats.total_supply(*id), U256::from(10));
    }
    let frozen = |number| world.seats.get_frozen_tokens(account(number), ids[1]);
    assert_eq!((frozen(3), frozen(4)), (U256::zero(), U256::from(2)));
    assert_eq!(
        code(world.seats.recover(ids.clone(), lost)),
        Reason::AlreadySo
    );
    // A key that is not lost has no successor, whether it has something or not.
    assert_eq!(
        code(world.seats.recover(ids, account(6))),
        Reason::NotRecovered
    );
}

#[ink::test]
fn a_successor_takes_the_licensees_place() {
    let mut world = world();
    let id = world.issue(PLAIN);
    let (lost, successor) = (account(LICENSEE), account(4));
    world.desk.borrow_mut().successors.insert(lost, successor);
    let before = world.updates();
    by(5);
    assert_eq!(world.seats.recover(vec![id], lost), Ok(()));
    assert_eq!(world.balance(4, id), 10);
    assert_eq!(
        world.seats.license(id).expect("it exists").holder,
        successor
    );
    assert_eq!(world.updates(), before);
}

/// A court's wallet and a new one need not speak ERC-1155, and hold what the person had.
#[ink::test]
fn a_successor_is_neither_asked_nor_limited() {
    let mut world = world();
    let id = world.issue(PLAIN);
    for holder in [3, 44] {
        if holder == 44 {
            install_receiver(44, ON_RECEIVED);
        }
        world.hand_out(holder, id, 3);
    }
    install_receiver(44, [0; 4]);
    let (lost, successor) = (account(3), account(44));
    world.desk.borrow_mut().successors.insert(lost, successor);
    by(5);
    assert_eq!(world.seats.recover(vec![id], lost), Ok(()));
    assert_eq!((world.balance(3, id), world.balance(44, id)), (0, 6));
}

/// A stranger makes no event that comes from a victim, and calls nobody's hook in its name.
#[ink::test]
fn nothing_is_told_of_a_batch_of_nothing() {
    let mut world = world();
    install_receiver(44, [0; 4]);
    let batch = |world: &mut World, sender| {
        by(sender);
        let (from, to) = (account(LICENSEE), account(44));
        world
            .seats
            .safe_batch_transfer_from(from, to, vec![], vec![], no_data())
    };
    assert_eq!(code(batch(&mut world, 4)), Reason::NotApproved);
    assert_eq!(batch(&mut world, LICENSEE), Ok(()), "nobody is asked");
    assert_eq!(world.seats.recover(vec![], account(LICENSEE)), Ok(()));
    let told = "TransferBatch(address,address,address,uint256[],uint256[])";
    assert_eq!(super::world::place_of(told), None);
}

/// What changes nothing says so.
#[ink::test]
fn giving_up_nothing_and_holding_as_many_are_refused() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(LICENSEE);
    assert_eq!(code(world.seats.give_up(id, 0)), Reason::AlreadySo);
    freeze(&mut world, LICENSEE, id, 5);
    let again = world
        .seats
        .freeze_token(account(LICENSEE), id, 5, 7, hash(1));
    assert_eq!(code(again), Reason::AlreadySo);
}

/// What refuses for ever, or until others act, is said before how many seats somebody has; evidence is
/// asked for when it would help.
#[ink::test]
fn numbers_come_after_rules_and_before_evidence() {
    let mut world = world();
    let (id, cleared) = (world.issue(PLAIN), world.issue(CLEARED));
    let sent = |world: &mut World, sender, id, amount| {
        by(sender);
        code(world.send(LICENSEE, 3, id, amount))
    };
    assert_eq!(
        sent(&mut world, LICENSEE, cleared, 11),
        Reason::InsufficientSeats
    );
    assert_eq!(
        sent(&mut world, LICENSEE, cleared, 1),
        Reason::ClearanceRequired
    );
    for reason in [
        Reason::ClearanceInvalid,
        Reason::ProofInvalid,
        Reason::UnknownCircuit,
        Reason::WrongInputCount,
        Reason::InputOutOfField,
        Reason::InvalidPoint,
        Reason::PrecompileFailed,
    ] {
        world.desk.borrow_mut().wrong_clearance = Some(reason);
        let too_many = sent(&mut world, LICENSEE, cleared, 11);
        assert_eq!(too_many, Reason::InsufficientSeats, "{reason}");
        assert_eq!(sent(&mut world, LICENSEE, cleared, 1), reason);
    }
    world.desk.borrow_mut().wrong_clearance = None;
    assert_eq!(sent(&mut world, 4, id, 11), Reason::NotApproved);
    world.desk.borrow_mut().paused = lex_model::Group::Transfer.bit();
    assert_eq!(sent(&mut world, LICENSEE, id, 11), Reason::Paused);
    world.desk.borrow_mut().frozen.insert(account(LICENSEE));
    assert_eq!(code(world.seats.give_up(id, 11)), Reason::HolderFrozen);
}

/// M12: modules that keep books hear of how many seats end.
#[ink::test]
fn m12_policy_hears_how_many_seats_end() {
    let mut world = world();
    let (id, pending) = (world.issue(PLAIN), world.issue(GATED));
    let amount = |world: &World| world.desk.borrow().allowed.last().expect("asked").amount;
    by(LICENSEE);
    world.seats.give_up(id, 3).expect("its own");
    assert_eq!(amount(&world), 3);
    by(ISSUER);
    world.seats.revoke(id, 7, hash(1)).expect("its issuer");
    assert_eq!(amount(&world), 7);
    world.seats.withdraw(pending).expect("its issuer");
    assert_eq!(amount(&world), 10);
}

/// P8: holders give up their own seats, and the license ends with its last one.
#[ink::test]
fn p8_seats_are_given_up_by_their_holder() {
    let mut world = world();
    let id = world.issue(PLAIN);
    world.hand_out(3, id, 4);
    by(4);
    assert_eq!(
        world.seats.give_up(id, 1),
        Err(refused(Reason::InsufficientSeats, 0))
    );
    by(3);
    assert_eq!(world.seats.give_up(id, 4), Ok(()));
    assert_eq!(world.seats.total_supply(id), U256::from(6));
    assert_eq!(world.updates(), 1);
    by(LICENSEE);
    assert_eq!(world.seats.give_up(id, 6), Ok(()));
    assert_eq!(world.updates(), 2);
    let license = world.seats.license(id).expect("it exists");
    assert_eq!(license.status, Status::Archived.code());
    assert!(!world.seats.is_usable(id));
}
