//! Transfers by holders, by decision and from lost keys.

use ink::{U256, sol::DynBytes};
use lex_lifecycle::testing::{cleared, hash};
use lex_model::{Reason, Status};
use lex_policy_interface::Evidence;

use super::world::*;
use crate::moves::MAX_BATCH;

const TRANSFER: &str = "Transfer(address,address,uint256)";
const FROZEN: &str = "Frozen(address,uint256,bool)";

/// I5: an account's balance is how many licenses it holds, and the balances add up, whatever moves.
fn assert_balances(world: &World) {
    let total = world.license.total_supply().low_u64();
    let mut sum = 0;
    for holder in (1..=20).map(account) {
        let held = (1..=total)
            .filter(|id| world.license.owner_of(U256::from(*id)) == Ok(holder))
            .count();
        let balance = world.license.balance_of(holder);
        assert_eq!(balance, Ok(U256::from(held)), "{holder:?}");
        sum += held;
    }
    assert_eq!(U256::from(sum), world.license.total_supply());
}

#[ink::test]
fn i5_a_holder_transfers_and_the_balances_add_up() {
    let mut world = world();
    let id = world.issue(PLAIN);
    world.issue(PLAIN);
    assert_balances(&world);
    by(HOLDER);
    let mut moved = |from, to| world.license.transfer_from(account(from), account(to), id);
    assert_eq!(refused(moved(OTHER, THIRD)), Reason::NotHolder);
    assert_eq!(refused(moved(HOLDER, 0)), Reason::ZeroAddress);
    assert_eq!(moved(HOLDER, OTHER), Ok(()));
    assert_eq!(refused(moved(OTHER, THIRD)), Reason::NotApproved);
    assert_eq!(world.license.owner_of(id), Ok(account(OTHER)));
    assert_balances(&world);
    let (_, topics, _) = last_event(TRANSFER).expect("told");
    assert_eq!(topics[1][12..], [HOLDER; 20]);
}

#[ink::test]
fn approvals_let_others_transfer_once() {
    let mut world = world();
    let (id, second) = (world.issue(PLAIN), world.issue(PLAIN));
    by(OTHER);
    assert_eq!(
        refused(world.license.approve(account(OTHER), id)),
        Reason::NotHolder
    );
    by(HOLDER);
    assert_eq!(
        refused(world.license.approve(account(HOLDER), id)),
        Reason::SameAccount
    );
    world
        .license
        .approve(account(OTHER), id)
        .expect("its holder");
    assert_eq!(world.license.get_approved(id), Ok(account(OTHER)));
    by(OTHER);
    let nothing = DynBytes(Vec::new());
    world
        .license
        .safe_transfer_from_with_data(account(HOLDER), account(THIRD), id, nothing)
        .expect("approved");
    assert_eq!(world.license.get_approved(id), Ok(account(0)));
    by(HOLDER);
    assert_eq!(
        refused(world.license.set_approval_for_all(account(0), true)),
        Reason::ZeroAddress
    );
    world
        .license
        .set_approval_for_all(account(OTHER), true)
        .expect("an account");
    assert!(
        world
            .license
            .is_approved_for_all(account(HOLDER), account(OTHER))
    );
    by(OTHER);
    world
        .license
        .safe_transfer_from(account(HOLDER), account(THIRD), second)
        .expect("an operator");
    assert_eq!(world.license.balance_of(account(THIRD)), Ok(U256::from(2)));
    assert_eq!(
        refused(world.license.balance_of(account(0))),
        Reason::ZeroAddress
    );
}

#[ink::test]
fn a_transfer_may_need_a_clearance() {
    let mut world = world();
    let id = world.issue(CLEARED);
    by(HOLDER);
    let moved = world
        .license
        .transfer_from(account(HOLDER), account(OTHER), id);
    assert_eq!(refused(moved), Reason::ClearanceRequired);
    let with = |world: &mut World, evidence| {
        world
            .license
            .transfer_with(account(HOLDER), account(OTHER), id, evidence)
    };
    assert_eq!(
        refused(with(&mut world, Evidence::default())),
        Reason::ClearanceRequired
    );
    assert_eq!(with(&mut world, cleared(1)), Ok(()));
}

/// I11: what is held where it is does not move, except by decision, which lets it go first and says so
/// before the transfer.
#[ink::test]
fn i11_a_frozen_license_moves_by_decision_only() {
    let mut world = world();
    let id = world.issue(PLAIN);
    assert_eq!(
        refused(
            world
                .license
                .freeze_token(account(HOLDER), id, 1, 7, hash(1))
        ),
        Reason::NotCommittee
    );
    by(COMMITTEE);
    let mut freeze = |holder, amount, reason| {
        world
            .license
            .freeze_token(account(holder), id, amount, reason, hash(1))
    };
    assert_eq!(refused(freeze(HOLDER, 2, 7)), Reason::NotAsApproved);
    assert_eq!(refused(freeze(HOLDER, 1, 0)), Reason::MissingReason);
    assert_eq!(freeze(HOLDER, 1, 7), Ok(()));
    assert_eq!(refused(freeze(HOLDER, 1, 7)), Reason::AlreadySo);
    assert!(world.license.get_frozen_tokens(account(HOLDER), id));
    assert!(!world.license.get_frozen_tokens(account(OTHER), id));
    assert!(world.license.is_usable(id));
    let (_, topics, data) =
        last_event("LicenseHeld(uint256,address,address,uint64,uint32,bytes32)").expect("told");
    assert_eq!(topics[2][12..], [COMMITTEE; 20]);
    assert_eq!(word(&data, 1), U256::from(7));

    by(HOLDER);
    let moved = world
        .license
        .transfer_from(account(HOLDER), account(OTHER), id);
    assert_eq!(refused(moved), Reason::TokenFrozen);
    by(COMMITTEE);
    world
        .license
        .force_transfer(account(HOLDER), account(OTHER), id, 1, 8, hash(2))
        .expect("the committee");
    assert!(!world.license.get_frozen_tokens(account(OTHER), id));
    let (released, topics, _) = last_event(FROZEN).expect("told");
    assert_eq!(topics[3], [0; 32]);
    let (transferred, ..) = last_event(TRANSFER).expect("told");
    let (forced, ..) = last_event("ForcedTransfer(address,address,uint256)").expect("told");
    assert!(released < transferred && transferred < forced);

    assert_eq!(
        world.license.set_frozen_tokens(account(OTHER), id, true),
        Ok(true)
    );
    assert_eq!(
        world.license.set_frozen_tokens(account(OTHER), id, false),
        Ok(true)
    );
    by(OTHER);
    assert_eq!(
        world
            .license
            .transfer_from(account(OTHER), account(HOLDER), id),
        Ok(())
    );
}

/// I15: a forced transfer says who, why and from where to where.
#[ink::test]
fn i15_a_forced_transfer_needs_the_committee_and_a_reason() {
    let mut world = world();
    let id = world.issue(BOUND);
    let mut force = |from, to, amount, reason| {
        world
            .license
            .force_transfer(account(from), account(to), id, amount, reason, hash(2))
    };
    assert_eq!(refused(force(HOLDER, OTHER, 1, 7)), Reason::NotCommittee);
    by(COMMITTEE);
    assert_eq!(refused(force(HOLDER, OTHER, 2, 7)), Reason::NotAsApproved);
    assert_eq!(refused(force(HOLDER, HOLDER, 1, 7)), Reason::SameAccount);
    assert_eq!(refused(force(HOLDER, OTHER, 1, 0)), Reason::MissingReason);
    assert_eq!(force(HOLDER, OTHER, 1, 7), Ok(()));
    let signature = "LicenseTransferForced(uint256,address,address,address,uint64,uint32,bytes32)";
    let (_, topics, data) = last_event(signature).expect("told");
    assert_eq!(topics[2][12..], [COMMITTEE; 20]);
    assert_eq!(data[12..32], [HOLDER; 20]);
    assert_eq!(
        (word(&data, 2), word(&data, 3)),
        (U256::one(), U256::from(7))
    );
    assert_eq!(data[128..160], [2; 32]);
    assert_balances(&world);
}

/// A forced transfer keeps a suspension: moving is not resuming.
/// A hold is about the license, and not dodged by selling it the minute before. A seizure takes nothing
/// from a buyer that was decided about the seller.
#[ink::test]
fn selling_first_does_not_dodge_a_hold() {
    let mut world = world();
    let id = world.issue(PLAIN);
    by(HOLDER);
    let (holder, buyer, court) = (account(HOLDER), account(OTHER), account(THIRD));
    let license = &mut world.license;
    license.transfer_from(holder, buyer, id).expect("sold");
    by(COMMITTEE);
    license
        .freeze_token(holder, id, 1, 7, hash(1))
        .expect("held with the buyer");
    assert!(license.get_frozen_tokens(buyer, id));
    let release = license.freeze_token(holder, id, 0, 7, hash(1));
    assert_eq!(refused(release), Reason::NotAsApproved);
    let seizure = license.force_transfer(holder, court, id, 1, 7, hash(2));
    assert_eq!(refused(seizure), Reason::NotAsApproved);
    license
        .force_transfer(buyer, court, id, 1, 7, hash(2))
        .expect("decided about the buyer");
    assert_eq!(license.owner_of(id), Ok(court));
}

#[ink::test]
fn a_forced_transfer_keeps_the_status() {
    let mut world = world();
    let id = world.issue(PLAIN);
    world
        .license
        .suspend(id, 7, hash(1), 0)
        .expect("its issuer");
    by(COMMITTEE);
    let forced = world
        .license
        .forced_transfer(account(HOLDER), account(OTHER), id);
    assert_eq!(forced, Ok(true));
    assert_eq!(world.status(id), Status::Suspended.code());
}

/// P7: a lost key's positions all reach its successor: in force, suspended, ended. What is frozen or
/// held goes there by the committee alone, and is held there.
#[ink::test]
fn p7_i10_recovery_keeps_every_position() {
    let mut world = world();
    let ids = [0; 4].map(|_| world.issue(PLAIN));
    let [_, suspended, revoked, held] = ids;
    world
        .license
        .suspend(suspended, 7, hash(1), 0)
        .expect("its issuer");
    world
        .license
        .revoke(revoked, 7, hash(1))
        .expect("its issuer");
    by(COMMITTEE);
    world
        .license
        .set_frozen_tokens(account(HOLDER), held, true)
        .expect("the committee");
    by(OTHER);
    assert_eq!(
        refused(world.license.recover(ids.to_vec())),
        Reason::NotRecovered
    );
    world
        .desk
        .borrow_mut()
        .successors
        .insert(account(HOLDER), account(THIRD));
    assert_eq!(
        refused(world.license.recover(vec![ids[0]; MAX_BATCH + 1])),
        Reason::WrongLength
    );
    assert_eq!(
        refused(world.license.recover(vec![held])),
        Reason::TokenFrozen
    );
    world.desk.borrow_mut().frozen.insert(account(HOLDER));
    assert_eq!(
        refused(world.license.recover(vec![suspended])),
        Reason::HolderFrozen
    );
    by(COMMITTEE);
    assert_eq!(world.license.recover(ids.to_vec()), Ok(()));
    for (id, status) in ids.into_iter().zip([
        Status::Active,
        Status::Suspended,
        Status::Revoked,
        Status::Active,
    ]) {
        assert_eq!(world.license.owner_of(id), Ok(account(THIRD)));
        assert_eq!(world.status(id), status.code());
    }
    assert!(world.license.get_frozen_tokens(account(THIRD), held));
    let (_, topics, _) = last_event(FROZEN).expect("told");
    assert_eq!((&topics[1][12..], topics[3][31]), (&[THIRD; 20][..], 1));
    assert_eq!(
        refused(world.license.recover(vec![held])),
        Reason::NotRecovered
    );
    assert_balances(&world);
}

#[ink::test]
fn a_move_ends_a_request_for_renewal() {
    let mut world = world();
    let id = world.issue(PLAIN);
    at(END - 50);
    by(HOLDER);
    world.license.request_renewal(id).expect("its holder");
    world
        .license
        .transfer_from(account(HOLDER), account(OTHER), id)
        .expect("its holder");
    assert!(!world.license.is_renewal_requested(id));
}

#[ink::test]
fn licenses_that_are_not_transferable_say_so() {
    let mut world = world();
    let (free, bound) = (world.issue(PLAIN), world.issue(BOUND));
    assert_eq!(world.license.locked(free), Ok(false));
    assert_eq!(world.license.locked(bound), Ok(true));
    assert!(last_event("Locked(uint256)").is_some_and(|(_, _, data)| word(&data, 0) == bound));
    assert!(last_event("Unlocked(uint256)").is_some_and(|(_, _, data)| word(&data, 0) == free));
    by(HOLDER);
    let moved = world
        .license
        .transfer_from(account(HOLDER), account(OTHER), bound);
    assert_eq!(refused(moved), Reason::NotTransferable);
    assert_eq!(
        refused(world.license.locked(U256::from(9))),
        Reason::UnknownLicense
    );
}
