//! Every way to use a signature for something that it was not given for.

use ink::{
    Address, U256,
    env::test,
    sol::{DynBytes, FixedBytes},
};
use lex_model::{Proposal, Reason, SoftwareKeccak};

use super::support::{Board, Person, at, later, reason, set_member, suspend, until};
use crate::views::Decision;

/// The id that Bob signs if he is shown this proposal for this committee.
fn id_of(
    decision: &Decision,
    maker: Address,
    epoch: u64,
    chain_id: u64,
    committee: Address,
) -> FixedBytes<32> {
    let proposal = Proposal {
        decision: decision.to_model().expect("valid"),
        proposer: maker.0,
        epoch,
    };
    let committee = lex_model::Committee {
        chain_id,
        address: committee.0,
    };
    FixedBytes(proposal.id::<SoftwareKeccak>(&committee))
}

/// I16 (acceptance 5): whatever differs between what was signed and what is approved, the signature
/// does not count.
#[ink::test]
fn i16_a_signature_is_for_one_decision_only() {
    let mut board = Board::new();
    let id = board.propose(suspend(0));
    let (alice, here) = (board.alice.address, test::callee());
    let right = id_of(&suspend(0), alice, 1, 31_337, here);
    assert_eq!(right, id, "the id is what is signed");

    let other = suspend(0);
    let signed_for: [(&str, FixedBytes<32>); 17] = [
        ("chain", id_of(&other, alice, 1, 1, here)),
        ("contract", id_of(&other, alice, 1, 31_337, [8; 20].into())),
        ("epoch", id_of(&other, alice, 2, 31_337, here)),
        ("maker", id_of(&other, board.carol.address, 1, 31_337, here)),
        ("action", {
            let mut resume = Decision { kind: 4, ..other };
            resume.basis.version = 3;
            id_of(&resume, alice, 1, 31_337, here)
        }),
        ("stronger action", {
            let revoke = Decision { kind: 5, ..other };
            id_of(&revoke, alice, 1, 31_337, here)
        }),
        ("target", {
            let elsewhere = Decision {
                target: [7; 20].into(),
                ..other
            };
            id_of(&elsewhere, alice, 1, 31_337, here)
        }),
        ("license", {
            let license = Decision {
                token_id: U256::from(10),
                ..other
            };
            id_of(&license, alice, 1, 31_337, here)
        }),
        ("reason", {
            let why = Decision { reason: 8, ..other };
            id_of(&why, alice, 1, 31_337, here)
        }),
        ("evidence", {
            let proof = Decision {
                evidence: FixedBytes([0x45; 32]),
                ..other
            };
            id_of(&proof, alice, 1, 31_337, here)
        }),
        ("validity", {
            let until = Decision {
                valid_until: 5,
                ..other
            };
            id_of(&until, alice, 1, 31_337, here)
        }),
        ("holder", {
            let sold = Decision {
                account: [0x79; 20].into(),
                ..other
            };
            id_of(&sold, alice, 1, 31_337, here)
        }),
        ("decisions before", {
            let mut knowing = other;
            knowing.basis.count = 1;
            id_of(&knowing, alice, 1, 31_337, here)
        }),
        (
            "nonce",
            id_of(&at(other, U256::from(1)), alice, 1, 31_337, here),
        ),
        ("lane", {
            let lane = at(other, U256::from(1) << 64);
            id_of(&lane, alice, 1, 31_337, here)
        }),
        ("deadline", {
            let longer = until(other, other.slot.deadline + 1);
            id_of(&longer, alice, 1, 31_337, here)
        }),
        ("nothing", FixedBytes([0; 32])),
    ];
    let bob = board.bob.address;
    for (what, digest) in signed_for {
        let signature = board.bob.sign(digest);
        let refused = board.contract.approve_by_sig(id, bob, signature);
        assert_eq!(reason(refused), Reason::InvalidSignature, "{what}");
    }
    assert!(!board.contract.has_approved(id, bob));
    let signature = board.bob.sign(id);
    assert_eq!(board.contract.approve_by_sig(id, bob, signature), Ok(()));
}

/// A signature with another form is not taken for the same one.
#[ink::test]
fn i16_a_signature_has_one_form() {
    let mut board = Board::new();
    let id = board.propose(suspend(0));
    let bob = board.bob.address;
    let DynBytes(good) = board.bob.sign(id);
    let with_v = |v: u8| DynBytes([&good[..64], &[v]].concat());
    let forms = [
        ("high s", board.bob.sign_high(id)),
        ("wrong v", with_v(55 - good[64])),
        ("v 2", with_v(2)),
        ("v 29", with_v(29)),
        ("short", DynBytes(good[..64].to_vec())),
        ("long", DynBytes([&good[..], &[0]].concat())),
        ("empty", DynBytes(Vec::new())),
        ("zeros", DynBytes(vec![0; 65])),
        ("another member's", board.carol.sign(id)),
        ("a stranger's", Person::new(0x44).sign(id)),
    ];
    for (what, signature) in forms {
        let refused = board.contract.approve_by_sig(id, bob, signature);
        assert_eq!(reason(refused), Reason::InvalidSignature, "{what}");
    }
    // Hardware writes 0 and 1 for 27 and 28, which is the same signature.
    let by_hardware = with_v(good[64] - 27);
    assert_eq!(board.contract.approve_by_sig(id, bob, by_hardware), Ok(()));
    let again = board.contract.approve_by_sig(id, bob, DynBytes(good));
    assert_eq!(reason(again), Reason::AlreadyApproved);
}

/// A good signature counts once, of a member, while the decision stands.
#[ink::test]
fn i16_a_signature_counts_once() {
    let mut board = Board::new();
    let id = board.propose(suspend(0));
    let bob = board.bob.address;
    let signature = board.bob.sign(id);
    let again = signature.clone();
    assert_eq!(board.contract.approve_by_sig(id, bob, signature), Ok(()));
    let refused = board.contract.approve_by_sig(id, bob, again.clone());
    assert_eq!(reason(refused), Reason::AlreadyApproved);

    test::set_caller(bob);
    board.contract.withdraw(id).expect("he approved");
    let refused = board.contract.approve_by_sig(id, bob, again.clone());
    assert_eq!(reason(refused), Reason::SignatureWithdrawn);

    let stranger = Person::new(0x44);
    let refused = board
        .contract
        .approve_by_sig(id, stranger.address, stranger.sign(id));
    assert_eq!(reason(refused), Reason::NotMember);

    board.approve(id, bob).expect("by transaction");
    board.execute(id).expect("approved");
    let carol = board.carol.address;
    let late = board.carol.sign(id);
    let refused = board.contract.approve_by_sig(id, carol, late);
    assert_eq!(reason(refused), Reason::DecisionClosed);
}

/// A member can make a signature worthless before anyone brought it.
#[ink::test]
fn a_signature_can_be_withdrawn_before_it_is_brought() {
    let mut board = Board::new();
    let id = board.propose(suspend(0));
    let bob = board.bob.address;
    test::set_caller(bob);
    assert_eq!(board.contract.withdraw(id), Ok(()));
    let signature = board.bob.sign(id);
    let refused = board.contract.approve_by_sig(id, bob, signature);
    assert_eq!(reason(refused), Reason::SignatureWithdrawn);
}

/// Changing the members kills signatures that nobody brought, and what had not reached its threshold.
#[ink::test]
fn i16_another_epoch_knows_no_old_signature() {
    let mut board = Board::new();
    let id = board.propose(suspend(5));
    let carol = board.carol.address;
    let signature = board.carol.sign(id);
    let change = board.decided(set_member([0xdd; 20].into(), 1, 0));
    board.execute(change).expect("a new member");

    let refused = board.contract.approve_by_sig(id, carol, signature.clone());
    assert_eq!(reason(refused), Reason::WrongEpoch);
    assert_eq!(reason(board.approve(id, carol)), Reason::WrongEpoch);
    assert_eq!(reason(board.execute(id)), Reason::WrongEpoch);

    // The same decision in the new epoch is another one.
    let renewed = board.propose(suspend(6));
    assert_ne!(renewed, id);
    let refused = board.contract.approve_by_sig(renewed, carol, signature);
    assert_eq!(reason(refused), Reason::InvalidSignature);
}

#[ink::test]
fn i16_removed_members_do_not_count() {
    let mut board = Board::new();
    let carol = board.carol.address;
    let leave = board.decided(set_member(carol, 0, 0));
    board.execute(leave).expect("two are left");
    let id = board.propose(suspend(1));
    let signature = board.carol.sign(id);
    let refused = board.contract.approve_by_sig(id, carol, signature.clone());
    assert_eq!(reason(refused), Reason::NotMember);
    let alice = board.alice.address;
    let refused = board
        .contract
        .submit(suspend(1).into(), alice, vec![carol], vec![signature]);
    assert_eq!(reason(refused), Reason::NotMember);
}

#[ink::test]
fn one_submission_counts_a_signer_once() {
    let mut board = Board::new();
    let (alice, bob, carol) = (board.alice.address, board.bob.address, board.carol.address);
    let id = board
        .contract
        .decision_id(suspend(0).into(), alice)
        .expect("valid");
    let (first, second) = (board.alice.sign(id), board.bob.sign(id));
    let submit = |board: &mut Board, signers: &[Address], signatures: &[&DynBytes]| {
        let signatures = signatures.iter().map(|bytes| (*bytes).clone()).collect();
        board
            .contract
            .submit(suspend(0).into(), alice, signers.to_vec(), signatures)
    };
    let twice = submit(&mut board, &[alice, bob, bob], &[&first, &second, &second]);
    assert_eq!(reason(twice), Reason::DuplicateSigner);
    let uneven = submit(&mut board, &[alice, bob], &[&first]);
    assert_eq!(reason(uneven), Reason::WrongLength);
    let many = submit(&mut board, &[alice; 33], &[&first; 33]);
    assert_eq!(reason(many), Reason::WrongLength);
    let unproposed = submit(&mut board, &[bob], &[&second]);
    assert_eq!(reason(unproposed), Reason::InvalidSignature);
    let swapped = submit(&mut board, &[alice, bob], &[&second, &first]);
    assert_eq!(reason(swapped), Reason::InvalidSignature);
    let too_few = submit(&mut board, &[alice], &[&first]);
    assert_eq!(reason(too_few), Reason::NotYetApproved);

    assert_eq!(
        submit(&mut board, &[alice, bob], &[&first, &second]),
        Ok(id)
    );
    assert_eq!(board.reasons(id), []);
    // Whoever brought fewer signatures before is in nobody's way.
    let third = board.carol.sign(id);
    let more = submit(&mut board, &[alice, carol], &[&first, &third]);
    assert_eq!(more, Ok(id));
    assert_eq!(board.contract.decision(id).expect("known").weight, 3);
    later(100);
    let late = submit(&mut board, &[alice], &[&first]);
    assert_eq!(reason(late), Reason::DeadlinePassed);
}
