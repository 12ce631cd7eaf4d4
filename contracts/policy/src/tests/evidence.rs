//! Clearances with real signatures, and proofs before a stand-in for the verifier.

use super::*;
use k256::ecdsa::SigningKey;
use lex_contract_host::{HostKeccak, chain_id};
use lex_model::{Claim, Keccak, Statement, Subject, TokenId};
use lex_policy_interface::{Clearance, Evidence, Proof, verify_call};

const VERIFIER: Address = account(0x99);
const EXPIRES: u64 = NOW + 100;

pub(super) fn signing_key(byte: u8) -> SigningKey {
    SigningKey::from_slice(&[byte; 32]).expect("a key")
}

pub(super) fn account_of(key: &SigningKey) -> Address {
    let point = key.verifying_key().to_encoded_point(false);
    let hash = HostKeccak::keccak256(&point.as_bytes()[1..]);
    ink::primitives::H160(hash[12..].try_into().expect("20 bytes"))
}

/// What evidence about the action is bound to, on this chain, for this policy and license contract.
pub(super) fn subject(action: &Action) -> Subject {
    Subject {
        chain_id: chain_id(),
        policy: POLICY.0,
        license: LICENSE.0,
        token_id: TokenId(action.token_id.to_big_endian()),
        version: action.state.version,
        content: action.content.0,
        action: action.to_model().expect("well formed"),
    }
}

/// A clearance of the subject under a version of the rules, signed with the key of `signer`.
pub(super) fn cleared(
    subject: &Subject,
    stated: &lex_model::Clearance,
    signer: u8,
) -> (Clearance, [u8; 32]) {
    let digest = stated.digest::<HostKeccak>(subject);
    let (signature, recovery) = signing_key(signer)
        .sign_prehash_recoverable(&digest)
        .expect("signs");
    let bytes = [&signature.to_bytes()[..], &[27 + recovery.to_byte()]].concat();
    let clearance = Clearance {
        score: stated.score,
        expires_at: stated.expires_at,
        nonce: U256::from_big_endian(&stated.nonce),
        signature: ink::sol::DynBytes(bytes),
    };
    (clearance, digest)
}

pub(super) fn stated(policy: &Policy) -> lex_model::Clearance {
    lex_model::Clearance {
        score: 700,
        rules_version: policy
            .rules_version(YEARLY, "US-NY".into())
            .expect("a place"),
        expires_at: EXPIRES,
        nonce: [1; 32],
    }
}

fn with_clearance(clearance: Clearance) -> Evidence {
    Evidence {
        clearance,
        ..Evidence::default()
    }
}

/// A policy whose type needs a clearance for everything, and one signer.
fn clearing_policy() -> Policy {
    let (mut policy, _) = usual_policy();
    rule(&mut policy, |policy| {
        policy.set_type_rules(YEARLY, gated(2))
    });
    let signer = account_of(&signing_key(7));
    rule(&mut policy, |policy| policy.set_role(signer, 2, true));
    policy
}

/// What `clear` says, after `explainWith` has said the same.
#[track_caller]
fn tried(policy: &mut Policy, action: Action, evidence: Evidence) -> Result<(), Reason> {
    let explained = policy.explain_with(action, evidence.clone());
    let result = policy.clear(action, evidence).map(drop);
    assert_eq!(
        explained.first().copied().map(Refused::from),
        result.err(),
        "explained and done alike"
    );
    result.map_err(|refusal| Reason::from_code(refusal.code).expect("known code"))
}

/// I16: a clearance opens one action, once.
#[ink::test]
fn i16_a_clearance_is_used_once() {
    let mut policy = clearing_policy();
    for kind in [
        ActionKind::Activate,
        ActionKind::Renew,
        ActionKind::Transfer,
        ActionKind::Amend,
        ActionKind::Lend,
    ] {
        let action = on_license(kind);
        assert_eq!(refused(policy.check(action)), Reason::ClearanceRequired);
        let (clearance, digest) = cleared(&subject(&action), &stated(&policy), 7);
        let evidence = with_clearance(clearance);
        assert!(!policy.is_clearance_used(FixedBytes(digest)));
        assert_eq!(tried(&mut policy, action, evidence.clone()), Ok(()));
        assert!(policy.is_clearance_used(FixedBytes(digest)));
        let again = tried(&mut policy, action, evidence);
        assert_eq!(again, Err(Reason::ClearanceUsed));
    }
}

/// P5, P14: a clearance for another chain, contract, action, account, value or time opens nothing.
#[ink::test]
fn p14_a_clearance_for_anything_else_is_refused() {
    let mut policy = clearing_policy();
    let action = on_license(ActionKind::Transfer);
    let right = subject(&action);
    let with = |change: fn(&mut lex_model::Action)| {
        let mut changed = right;
        change(&mut changed.action);
        changed
    };
    let others = [
        (
            "chain",
            Subject {
                chain_id: 1,
                ..right
            },
        ),
        (
            "policy",
            Subject {
                policy: [1; 20],
                ..right
            },
        ),
        (
            "license contract",
            Subject {
                license: [1; 20],
                ..right
            },
        ),
        (
            "license",
            Subject {
                token_id: TokenId::from(6),
                ..right
            },
        ),
        (
            "content",
            Subject {
                content: [0; 32],
                ..right
            },
        ),
        ("action", with(|action| action.kind = ActionKind::Renew)),
        ("caller", with(|action| action.caller = NOBODY.0)),
        ("holder", with(|action| action.holder = NOBODY.0)),
        ("receiver", with(|action| action.to = NOBODY.0)),
        ("amount", with(|action| action.amount = 2)),
        ("type", with(|action| action.license_type = 2)),
        (
            "place",
            with(|action| action.jurisdiction = action.jurisdiction.country()),
        ),
        ("start", with(|action| action.term.valid_from += 1)),
        ("end", with(|action| action.term.valid_until += 1)),
    ];
    let stated = stated(&policy);
    for (what, other) in others {
        let (clearance, _) = cleared(&other, &stated, 7);
        let result = tried(&mut policy, action, with_clearance(clearance));
        assert_eq!(result, Err(Reason::ClearanceInvalid), "{what}");
    }
    let (clearance, _) = cleared(&right, &stated, 7);
    let changes: [fn(&mut Clearance); 7] = [
        |clearance| clearance.score += 1,
        |clearance| clearance.expires_at += 1,
        |clearance| clearance.nonce += U256::one(),
        |clearance| clearance.signature.0[5] ^= 1,
        |clearance| clearance.signature.0[64] ^= 7,
        |clearance| clearance.signature.0.push(0),
        |clearance| clearance.signature.0.truncate(64),
    ];
    for (place, change) in changes.into_iter().enumerate() {
        let mut changed = clearance.clone();
        change(&mut changed);
        let result = tried(&mut policy, action, with_clearance(changed));
        assert_eq!(result, Err(Reason::ClearanceInvalid), "change {place}");
    }
    assert_eq!(
        tried(&mut policy, action, with_clearance(clearance)),
        Ok(())
    );
}

/// P4: who signs must have been made a signer before; what the signature says about itself counts for
/// nothing.
#[ink::test]
fn p4_only_a_signers_clearance_counts() {
    let mut policy = clearing_policy();
    let action = on_license(ActionKind::Renew);
    let (foreign, _) = cleared(&subject(&action), &stated(&policy), 8);
    let result = tried(&mut policy, action, with_clearance(foreign));
    assert_eq!(result, Err(Reason::ClearanceInvalid));

    // Another role does not make a signer.
    let guardian = account_of(&signing_key(8));
    rule(&mut policy, |policy| policy.set_role(guardian, 1, true));
    let (foreign, _) = cleared(&subject(&action), &stated(&policy), 8);
    let result = tried(&mut policy, action, with_clearance(foreign));
    assert_eq!(result, Err(Reason::ClearanceInvalid));
}

/// I12: a signer that was removed has no influence from the next call on.
#[ink::test]
fn i12_a_removed_signers_clearance_is_void() {
    let mut policy = clearing_policy();
    let signer = account_of(&signing_key(7));
    rule(&mut policy, |policy| policy.set_role(signer, 2, false));
    let action = on_license(ActionKind::Renew);
    let (clearance, _) = cleared(&subject(&action), &stated(&policy), 7);
    let result = tried(&mut policy, action, with_clearance(clearance));
    assert_eq!(result, Err(Reason::ClearanceInvalid));
}

/// I30, P14: a clearance given under earlier rules is void.
#[ink::test]
fn i30_a_clearance_dies_with_its_rules() {
    let mut policy = clearing_policy();
    let action = on_license(ActionKind::Renew);
    stand_in::install(NOBODY.0, |_| Ok(Vec::new()));
    type Change = fn(&mut Policy) -> Result<(), Refused>;
    let changes: [Change; 7] = [
        |policy| policy.set_bundle("US".into(), hash(0), Vec::new()),
        |policy| policy.set_bundle("US-NY".into(), hash(0), Vec::new()),
        |policy| policy.remove_bundle("US-NY".into()),
        |policy| policy.set_type_rules(YEARLY, gated(2)),
        |policy| policy.add_module(NOBODY, 4),
        |policy| policy.remove_module(NOBODY),
        |policy| policy.set_verifier(NOBODY),
    ];
    for (place, change) in changes.into_iter().enumerate() {
        let (clearance, _) = cleared(&subject(&action), &stated(&policy), 7);
        rule(&mut policy, change);
        let result = tried(&mut policy, action, with_clearance(clearance));
        assert_eq!(result, Err(Reason::ClearanceInvalid), "change {place}");
    }
}

/// A change of rules that an action is not judged by voids nothing that was cleared.
#[ink::test]
fn a_clearance_survives_changes_elsewhere() {
    let mut policy = clearing_policy();
    let action = on_license(ActionKind::Renew);
    let (clearance, _) = cleared(&subject(&action), &stated(&policy), 7);
    type Change = fn(&mut Policy) -> Result<(), Refused>;
    let changes: [Change; 5] = [
        |policy| policy.set_bundle("DE".into(), hash(0), Vec::new()),
        |policy| policy.set_bundle("US-CA".into(), hash(0), Vec::new()),
        |policy| create_type(policy, 0, true).map(drop),
        |policy| policy.register_issuer(NOBODY, "Other".into()),
        |policy| policy.set_role(NOBODY, 1, true),
    ];
    for change in changes {
        rule(&mut policy, change);
    }
    let result = tried(&mut policy, action, with_clearance(clearance));
    assert_eq!(result, Ok(()));
}

#[ink::test]
fn a_clearance_has_an_end_and_a_score() {
    let mut policy = clearing_policy();
    let at = |time| {
        let mut action = on_license(ActionKind::Transfer);
        action.state.at = time;
        action
    };
    let subject = subject(&at(NOW));
    let given = stated(&policy);
    let (clearance, _) = cleared(&subject, &given, 7);
    let late = tried(&mut policy, at(EXPIRES), with_clearance(clearance.clone()));
    assert_eq!(late, Err(Reason::ClearanceExpired));
    let (poor, _) = cleared(
        &subject,
        &lex_model::Clearance {
            score: 599,
            ..given
        },
        7,
    );
    let poor = tried(&mut policy, at(NOW), with_clearance(poor));
    assert_eq!(poor, Err(Reason::ScoreTooLow));
    let impossible = lex_model::Clearance {
        score: 1001,
        ..given
    };
    let (impossible, _) = cleared(&subject, &impossible, 7);
    let impossible = tried(&mut policy, at(NOW), with_clearance(impossible));
    assert_eq!(impossible, Err(Reason::ClearanceInvalid));
    let in_time = tried(&mut policy, at(EXPIRES - 1), with_clearance(clearance));
    assert_eq!(in_time, Ok(()));
}

/// Evidence is bound to the license contract: to others it says nothing.
#[ink::test]
fn evidence_holds_for_the_license_contract_alone() {
    let mut policy = clearing_policy();
    let action = on_license(ActionKind::Transfer);
    let (clearance, _) = cleared(&subject(&action), &stated(&policy), 7);
    let evidence = with_clearance(clearance);
    assert_eq!(policy.explain_with(action, evidence.clone()), []);
    let other = account(0x92);
    install_license(other);
    rule(&mut policy, |policy| policy.bind_license(other));
    let explained_to = |asker| {
        as_caller(asker);
        reasons(&policy.explain_with(action, evidence.clone()))
    };
    assert_eq!(explained_to(other), [Reason::ClearanceInvalid]);
    let to_nobody = [Reason::NotBound, Reason::ClearanceInvalid];
    assert_eq!(explained_to(NOBODY), to_nobody);
}

/// The roots that the tests' proofs are about.
const ROOTS: [u64; 3] = [11, 12, 13];

/// A policy whose type needs a proof of `statement`, and a verifier that takes exactly the proofs with
/// the inputs that follow from the action.
fn proving_policy(statement: Statement) -> Policy {
    let (mut policy, _) = usual_policy();
    stand_in::install(VERIFIER.0, |_| Ok(vec![0; 32]));
    let rules = TypeRules {
        statement: statement as u8,
        ..gated(4)
    };
    rule(&mut policy, |policy| policy.set_type_rules(YEARLY, rules));
    rule(&mut policy, |policy| policy.set_verifier(VERIFIER));
    as_caller(PUBLISHER);
    for (slot, root) in (0..).zip(ROOTS) {
        policy
            .set_root(7, slot, root.into(), NOW + DAY)
            .expect("new");
    }
    as_caller(LICENSE);
    policy
}

fn proof() -> Proof {
    Proof {
        points: core::array::from_fn(|place| U256::from(place + 1)),
        nullifier: U256::from(99),
        roots: ROOTS.map(U256::from),
        proven_at: NOW - 600,
    }
}

/// Has the verifier say yes to this proof of the statement about the subject alone.
fn install_verifier(statement: Statement, subject: &Subject, proof: &Proof) {
    let claim = Claim {
        nullifier: proof.nullifier.to_big_endian(),
        roots: proof.roots.map(|root| root.to_big_endian()),
        proven_at: proof.proven_at,
    };
    let (inputs, count) = subject.inputs::<HostKeccak>(statement, &claim);
    let expected = verify_call(7, 1, &proof.points, &inputs[..count]);
    stand_in::install(VERIFIER.0, move |input| {
        let mut answer = vec![0; 32];
        answer[31] = u8::from(input == expected);
        Ok(answer)
    });
}

fn with_proof(proof: Proof) -> Evidence {
    Evidence {
        proof,
        ..Evidence::default()
    }
}

/// I27: a proof is needed, is verified with inputs that the gate computes itself, and its nullifier
/// counts once.
#[ink::test]
fn i27_a_proof_opens_its_action_once() {
    for statement in [Statement::Membership, Statement::Eligibility] {
        let mut policy = proving_policy(statement);
        let action = on_license(ActionKind::Activate);
        install_verifier(statement, &subject(&action), &proof());
        assert_eq!(refused(policy.check(action)), Reason::ProofRequired);
        assert!(!policy.is_nullifier_used(U256::from(99)));
        let evidence = with_proof(proof());
        assert_eq!(tried(&mut policy, action, evidence.clone()), Ok(()));
        assert!(policy.is_nullifier_used(U256::from(99)));
        let again = tried(&mut policy, action, evidence);
        assert_eq!(again, Err(Reason::NullifierUsed));
    }
}

/// An identity has one license of a type at a time: another application is possible once the earlier
/// license was revoked or surrendered, or nothing can prolong it any more.
#[ink::test]
fn an_identity_enters_a_type_again_when_its_license_is_over() {
    let again = |token_id: u64, at: u64| {
        let mut action = on_license(ActionKind::Activate);
        action.token_id = token_id.into();
        action.state.at = at;
        action.state.valid_from = at;
        action.state.valid_until = at + 10 * DAY;
        action.state.grace_until = at + 24 * DAY;
        action
    };
    let enter = |policy: &mut Policy, token_id, at| {
        let action = again(token_id, at);
        let proof = Proof {
            proven_at: at,
            ..proof()
        };
        install_verifier(Statement::Eligibility, &subject(&action), &proof);
        test::set_block_timestamp::<DefaultEnvironment>(at);
        tried(policy, action, with_proof(proof))
    };
    let used = Err(Reason::NullifierUsed);
    for kind in [ActionKind::Revoke, ActionKind::Surrender] {
        let mut policy = proving_policy(Statement::Eligibility);
        assert_eq!(enter(&mut policy, 5, NOW), Ok(()));
        assert_eq!(enter(&mut policy, 6, NOW), used);
        let end = Action {
            caller: if kind == ActionKind::Surrender {
                HOLDER
            } else {
                ISSUER
            },
            ..on_license(kind)
        };
        policy.check(end).expect("it is in force");
        assert!(!policy.is_nullifier_used(U256::from(99)));
        assert_eq!(enter(&mut policy, 6, NOW), Ok(()), "after {kind:?}");
        // The license that ended gives nothing back twice.
        assert_eq!(enter(&mut policy, 7, NOW), used);
    }
    let mut policy = proving_policy(Statement::Eligibility);
    as_caller(PUBLISHER);
    for (slot, root) in (0..).zip(ROOTS) {
        policy
            .set_root(7, slot, root.into(), NOW + 1_000 * DAY)
            .expect("known");
    }
    as_caller(LICENSE);
    assert_eq!(enter(&mut policy, 5, NOW), Ok(()));
    assert_eq!(enter(&mut policy, 6, NOW + 24 * DAY - 1), used);
    assert_eq!(enter(&mut policy, 6, NOW + 24 * DAY), Ok(()));
    // Ending the one that was over frees nobody who holds another one.
    for kind in [ActionKind::Surrender, ActionKind::Revoke] {
        let caller = if kind == ActionKind::Revoke {
            ISSUER
        } else {
            HOLDER
        };
        let mut end = Action {
            caller,
            ..on_license(kind)
        };
        end.state.at = NOW + 24 * DAY;
        policy.check(end).expect("it can be ended");
        assert!(policy.is_nullifier_used(U256::from(99)), "{kind:?}");
        assert_eq!(enter(&mut policy, 7, NOW + 24 * DAY), used);
    }
}

/// A stolen key clears nothing and publishes nothing any more.
#[ink::test]
fn frozen_and_lost_accounts_give_no_evidence() {
    let (mut policy, _) = usual_policy();
    as_caller(REGULATOR);
    policy
        .set_holder_frozen(PUBLISHER, true, 1, hash(8))
        .expect("free before");
    as_caller(PUBLISHER);
    let published = policy.set_root(7, 0, U256::one(), NOW + DAY);
    assert_eq!(refused(published), Reason::CallerFrozen);

    let mut policy = clearing_policy();
    let signer = account_of(&signing_key(7));
    as_caller(REGULATOR);
    policy
        .set_holder_frozen(signer, true, 1, hash(8))
        .expect("free before");
    as_caller(LICENSE);
    let action = on_license(ActionKind::Renew);
    let (clearance, _) = cleared(&subject(&action), &stated(&policy), 7);
    let result = tried(&mut policy, action, with_clearance(clearance));
    assert_eq!(result, Err(Reason::ClearanceInvalid));
}

/// While a license is prolonged, its identity has it.
#[ink::test]
fn a_renewal_keeps_its_identity_used() {
    let mut policy = proving_policy(Statement::Membership);
    let action = on_license(ActionKind::Activate);
    install_verifier(Statement::Membership, &subject(&action), &proof());
    assert_eq!(tried(&mut policy, action, with_proof(proof())), Ok(()));
    rule(&mut policy, |policy| {
        policy.set_type_rules(YEARLY, TypeRules::default())
    });
    policy.check(on_license(ActionKind::Renew)).expect("open");
    for (days, is_used) in [(24, true), (365, true), (388, true), (389, false)] {
        test::set_block_timestamp::<DefaultEnvironment>(NOW + days * DAY);
        let nullifier = U256::from(99);
        assert_eq!(policy.is_nullifier_used(nullifier), is_used, "{days} days");
    }
}

/// Each reason of the verifier has another remedy than proving the same again, and comes before what
/// was said beside the proof.
#[ink::test]
fn what_the_verifier_says_is_what_is_shown() {
    let mut policy = proving_policy(Statement::Eligibility);
    let action = on_license(ActionKind::Transfer);
    let old = Proof {
        proven_at: NOW - 601,
        ..proof()
    };
    for reason in [
        Reason::UnknownCircuit,
        Reason::KeyRevoked,
        Reason::WrongInputCount,
        Reason::InputOutOfField,
        Reason::InvalidPoint,
        Reason::PrecompileFailed,
    ] {
        let data = ink::sol::SolErrorEncode::encode(&Refused::new(reason, 3));
        stand_in::install(VERIFIER.0, move |_| {
            Err(CallFailure::Reverted(data.clone()))
        });
        let result = tried(&mut policy, action, with_proof(old));
        assert_eq!(result, Err(reason));
    }
    // Another word is none of a verifier.
    let data = ink::sol::SolErrorEncode::encode(&Refused::from(Reason::NotAdmin));
    stand_in::install(VERIFIER.0, move |_| {
        Err(CallFailure::Reverted(data.clone()))
    });
    let result = tried(&mut policy, action, with_proof(proof()));
    assert_eq!(result, Err(Reason::ProofInvalid));
}

/// P14: the proof is one of something else, or its roots, time or circuit do not count.
#[ink::test]
fn p14_a_proof_of_anything_else_is_refused() {
    for statement in [Statement::Membership, Statement::Eligibility] {
        let mut policy = proving_policy(statement);
        let action = on_license(ActionKind::Transfer);
        install_verifier(statement, &subject(&action), &proof());
        type Change = fn(&mut Action);
        let mut try_action = |change: Change| {
            let mut changed = action;
            change(&mut changed);
            tried(&mut policy, changed, with_proof(proof()))
        };
        let changes: [(&str, Change); 7] = [
            ("license", |action| action.token_id += U256::one()),
            ("state", |action| action.state.version += 1),
            ("content", |action| action.content = hash(0)),
            ("receiver", |action| action.to = NOBODY),
            ("holder", |action| {
                action.from = NOBODY;
                action.caller = NOBODY;
            }),
            ("place", |action| action.jurisdiction = place("US")),
            ("end", |action| action.state.valid_until += 1),
        ];
        for (what, change) in changes {
            assert_eq!(try_action(change), Err(Reason::ProofInvalid), "{what}");
        }

        let mut try_proof = |change: fn(&mut Proof)| {
            let mut changed = proof();
            change(&mut changed);
            tried(&mut policy, action, with_proof(changed))
        };
        let invalid = Err(Reason::ProofInvalid);
        assert_eq!(try_proof(|proof| proof.points[3] += U256::one()), invalid);
        assert_eq!(try_proof(|proof| proof.nullifier += U256::one()), invalid);
        let stale = Err(Reason::RootUnknown);
        assert_eq!(try_proof(|proof| proof.roots[0] = U256::from(12)), stale);
        assert_eq!(
            try_proof(|proof| proof.points = Default::default()),
            Err(Reason::ProofRequired)
        );
        if statement == Statement::Eligibility {
            assert_eq!(try_proof(|proof| proof.roots[2] = U256::zero()), stale);
            let untimely = Err(Reason::ProofTimeInvalid);
            assert_eq!(try_proof(|proof| proof.proven_at = NOW + 1), untimely);
            assert_eq!(try_proof(|proof| proof.proven_at = NOW - 601), untimely);
            assert_eq!(try_proof(|proof| proof.proven_at = NOW), invalid);
        }
        assert_eq!(try_proof(|_| ()), Ok(()));
    }
}

/// P14: a verifier that does not say yes says no.
#[ink::test]
fn p14_only_a_clear_yes_of_the_verifier_counts() {
    let mut policy = proving_policy(Statement::Eligibility);
    let action = on_license(ActionKind::Transfer);
    let word = |first, last| {
        let mut word = vec![0; 32];
        word[0] = first;
        word[31] = last;
        Ok(word)
    };
    for answer in [
        word(0, 0),
        word(0, 2),
        word(1, 1),
        Ok(Vec::new()),
        Ok(vec![1]),
        Err(CallFailure::NoAnswer),
        Err(CallFailure::Reverted(vec![1; 100])),
    ] {
        stand_in::install(VERIFIER.0, move |_| answer.clone());
        let result = tried(&mut policy, action, with_proof(proof()));
        assert_eq!(result, Err(Reason::ProofInvalid));
    }
    rule(&mut policy, |policy| policy.set_verifier(Address::zero()));
    let result = tried(&mut policy, action, with_proof(proof()));
    assert_eq!(result, Err(Reason::ProofInvalid));
}

/// A jurisdiction may demand a proof of a type that states nothing: nothing opens that gate.
#[ink::test]
fn a_type_without_a_statement_cannot_be_proven() {
    let mut policy = proving_policy(Statement::Eligibility);
    rule(&mut policy, |policy| {
        policy.set_type_rules(YEARLY, TypeRules::default())
    });
    rule(&mut policy, |policy| {
        let proven = bundle_rule(2, ActionKind::Transfer, 0, 4);
        policy.set_bundle("US".into(), hash(2), vec![proven])
    });
    let action = on_license(ActionKind::Transfer);
    let result = tried(&mut policy, action, with_proof(proof()));
    assert_eq!(result, Err(Reason::UnknownCircuit));
}

/// I30, P14: a root that has ended, by time or by its publisher, never counts again.
#[ink::test]
fn i30_a_root_that_ended_never_comes_back() {
    let mut policy = proving_policy(Statement::Membership);
    let action = on_license(ActionKind::Transfer);
    install_verifier(Statement::Membership, &subject(&action), &proof());
    let root = U256::from(ROOTS[0]);
    assert_eq!(tried(&mut policy, action, with_proof(proof())), Ok(()));
    let mut until = |time| {
        as_caller(PUBLISHER);
        let result = policy.set_root(7, 0, root, time);
        as_caller(LICENSE);
        (
            result.map_err(|refused| refused.code),
            tried(&mut policy, action, with_proof(proof())),
        )
    };
    let stale = Err(Reason::RootUnknown);
    let past = Err(Reason::InvalidTime.code());
    assert_eq!(until(NOW), (past, Err(Reason::NullifierUsed)));
    assert_eq!(until(0), (Ok(()), stale));
    let never = Err(Reason::RootUnknown.code());
    assert_eq!(until(NOW + DAY), (never, stale));
    assert_eq!(policy.root_valid_until(7, 0, root), 0);
}

#[ink::test]
fn roots_have_a_slot_and_an_end() {
    let mut policy = proving_policy(Statement::Eligibility);
    as_caller(PUBLISHER);
    let mut set = |slot, until| policy.set_root(7, slot, U256::one(), until);
    assert_eq!(refused(set(3, NOW + 1)), Reason::UnknownCode);
    assert_eq!(
        refused(set(0, lex_model::MAX_TIME + 1)),
        Reason::InvalidTime
    );
    set(2, NOW + 1).expect("new");
    set(2, NOW + 2).expect("it has not ended");
    let until = |circuit, slot| policy.root_valid_until(circuit, slot, U256::one());
    assert_eq!([until(7, 2), until(7, 1), until(8, 2)], [NOW + 2, 0, 0]);
}
