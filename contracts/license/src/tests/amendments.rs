//! What was approved is what is in force: amending with evidence, and by decision.

use ink::{U256, prelude::string::String, sol::FixedBytes};
use lex_lifecycle::testing::{cleared, hash};
use lex_model::{Gates, Keccak, Reason, SoftwareKeccak};
use lex_policy_interface::{Evidence, Refused};

use super::{
    restricted::{freeze, lose},
    world::*,
};

/// A license in force of the type that needs the committee and a clearance.
fn approved() -> (World, U256) {
    let mut world = world();
    let id = world.issue(GATED);
    by(COMMITTEE);
    world.activate(id, cleared(900)).expect("approved");
    by(ISSUER);
    (world, id)
}

fn uri_hash(uri: &str) -> FixedBytes<32> {
    FixedBytes(SoftwareKeccak::keccak256(uri.as_bytes()))
}

fn decided(
    world: &mut World,
    id: U256,
    (previous, wanted, uri): (u8, u8, &str),
    evidence: Evidence,
) -> Result<(), Refused> {
    by(COMMITTEE);
    let (previous, wanted) = (hash(previous), hash(wanted));
    world
        .license
        .amend_approved(id, previous, wanted, uri_hash(uri), evidence)
}

fn requested(world: &mut World, id: U256, uri: &str) -> Result<(), Refused> {
    world.license.request_amendment(id, hash(6), uri.into())
}

#[ink::test]
fn evidence_opens_the_gates_of_issuing_for_another_text() {
    let (mut world, id) = approved();
    let amended = |world: &mut World, evidence| {
        world
            .license
            .set_metadata_with(id, hash(6), "b".into(), evidence)
    };
    let explained = |world: &World, caller, evidence| -> Vec<u16> {
        let refusals =
            world
                .license
                .explain_amendment(account(caller), id, hash(6), "b".into(), evidence);
        refusals.iter().map(|refusal| refusal.code).collect()
    };
    let approval = Reason::ApprovalRequired;
    assert_eq!(refused(amended(&mut world, cleared(900))), approval);
    assert_eq!(explained(&world, ISSUER, cleared(900)), [approval.code()]);
    world
        .desk
        .borrow_mut()
        .types
        .get_mut(&GATED)
        .expect("known")
        .gates
        .issue = Gates::CLEARANCE;
    let clearance = Reason::ClearanceRequired;
    assert_eq!(refused(amended(&mut world, Evidence::default())), clearance);
    assert_eq!(
        explained(&world, ISSUER, Evidence::default()),
        [clearance.code()]
    );
    assert!(explained(&world, ISSUER, cleared(900)).is_empty());
    assert_eq!(amended(&mut world, cleared(900)), Ok(()));
    let asked = world.desk.borrow().allowed.last().copied();
    assert_eq!(asked.map(|action| action.content), Some(hash(6)), "of it");
    let seen = world.license.license(id).expect("issued");
    assert_eq!((seen.metadata_hash, seen.version), (hash(6), 3));
    assert_eq!(
        explained(&world, ISSUER, cleared(900)),
        [Reason::AlreadySo.code()]
    );
}

/// The committee decides about exactly what was requested, instead of exactly what is in force.
#[ink::test]
fn a_decision_amends_exactly_what_was_requested() {
    let (mut world, id) = approved();
    let right = (5, 6, "b");
    let early = decided(&mut world, id, right, cleared(900));
    assert_eq!(refused(early), Reason::NotRequested);
    by(ISSUER);
    assert_eq!(requested(&mut world, id, "b"), Ok(()));
    let (_, topics, data) =
        last_event("AmendmentRequested(uint256,address,bytes32,string)").expect("told");
    assert_eq!(topics[2][12..], [ISSUER; 20]);
    assert_eq!(data[..32], [6; 32]);
    assert_eq!(refused(requested(&mut world, id, "b")), Reason::AlreadySo);
    let seen = world.license.license(id).expect("issued");
    assert_eq!((seen.metadata_hash, seen.version), (hash(5), 2), "not yet");
    for wrong in [(4, 6, "b"), (5, 7, "b"), (5, 6, "c")] {
        let wrong = decided(&mut world, id, wrong, cleared(900));
        assert_eq!(refused(wrong), Reason::NotAsApproved);
    }
    let ungated = decided(&mut world, id, right, Evidence::default());
    assert_eq!(refused(ungated), Reason::ClearanceRequired);
    let view = world.license.amendment_request(id).expect("requested");
    assert_eq!((view.metadata_hash, &*view.token_uri), (hash(6), "b"));

    let before = world.license.outbox().expect("initialized").nonce;
    assert_eq!(decided(&mut world, id, right, cleared(900)), Ok(()));
    let seen = world.license.license(id).expect("issued");
    assert_eq!((seen.metadata_hash, seen.version), (hash(6), 3));
    assert_eq!(world.license.token_uri(id), Ok("b".into()));
    let after = world.license.outbox().expect("initialized").nonce;
    assert_eq!(after, before + 1, "readers learn of it");
    let (_, _, data) = last_event("MetadataUpdate(uint256)").expect("told");
    assert_eq!(word(&data, 0), id);
    let again = decided(&mut world, id, (6, 6, "b"), cleared(900));
    assert_eq!(refused(again), Reason::NotRequested, "once");
    assert_eq!(
        refused(world.license.amendment_request(id)),
        Reason::NotRequested
    );
}

/// An issuer that asks for one text and then puts down another has nothing approved.
#[ink::test]
fn another_request_and_another_text_void_a_decision() {
    let (mut world, id) = approved();
    requested(&mut world, id, "b").expect("its issuer");
    requested(&mut world, id, "c").expect("instead");
    let decision = decided(&mut world, id, (5, 6, "b"), cleared(900));
    assert_eq!(refused(decision), Reason::NotAsApproved);
    by(COMMITTEE);
    world
        .license
        .set_metadata_with(id, hash(7), "d".into(), cleared(900))
        .expect("the committee");
    let decision = decided(&mut world, id, (5, 6, "c"), cleared(900));
    assert_eq!(refused(decision), Reason::NotRequested);
}

#[ink::test]
fn only_who_could_amend_requests() {
    let (mut world, id) = approved();
    for other in [HOLDER, OTHER] {
        by(other);
        let refusal = refused(requested(&mut world, id, "b"));
        assert_eq!(refusal, Reason::NotLicenseIssuer);
    }
    by(ISSUER);
    let long = "b".repeat(257);
    assert_eq!(
        refused(requested(&mut world, id, &long)),
        Reason::InvalidText
    );
    let same = world
        .license
        .request_amendment(id, hash(5), "ipfs://license".into());
    assert_eq!(refused(same), Reason::AlreadySo);
    assert_eq!(
        refused(requested(&mut world, U256::from(9), "b")),
        Reason::UnknownLicense
    );
    freeze(&mut world, ISSUER);
    by(ISSUER);
    let refusal = refused(requested(&mut world, id, "b"));
    assert_eq!(refusal, Reason::CallerFrozen);
}

/// The committee alone amends what a frozen or lost account holds, and what is held; somebody has to be
/// able to ask it.
#[ink::test]
fn what_is_in_the_regulators_hands_is_requested_and_decided() {
    type Restrict = fn(&mut World, U256);
    let restrictions: [(Restrict, Reason); 3] = [
        (|world, _| freeze(world, HOLDER), Reason::HolderFrozen),
        (|world, _| lose(world, HOLDER), Reason::KeyLost),
        (
            |world, id| {
                by(COMMITTEE);
                let held = world.license.set_frozen_tokens(account(HOLDER), id, true);
                held.expect("the committee");
            },
            Reason::TokenFrozen,
        ),
    ];
    for (restrict, reason) in restrictions {
        let (mut world, id) = approved();
        restrict(&mut world, id);
        by(ISSUER);
        let alone = world.license.set_metadata(id, hash(6), String::new());
        assert_eq!(refused(alone), reason);
        assert_eq!(requested(&mut world, id, "b"), Ok(()), "{reason}");
        let decision = decided(&mut world, id, (5, 6, "b"), cleared(900));
        assert_eq!(decision, Ok(()), "{reason}");
    }
}
