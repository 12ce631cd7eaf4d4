//! Approvals by wallets, contracts and passkeys.

use ink::{
    Address,
    env::test,
    sol::{DynBytes, FixedBytes},
};
use lex_contract_host::{HostKeccak, recover, sha256, stand_in};
use lex_model::{Keccak, Reason, withdrawal_challenge};
use p256::ecdsa::{Signature, SigningKey, signature::hazmat::PrehashSigner};

use super::support::{Board, reason, set_member, suspend};
use crate::{
    committee::Committee,
    views::{Basis, Decision, Slot},
};

fn bytes(text: &serde_json::Value) -> Vec<u8> {
    let text = text.as_str().expect("text");
    hex::decode(text.strip_prefix("0x").expect("hexadecimal")).expect("digits")
}

fn word(text: &serde_json::Value) -> [u8; 32] {
    bytes(text).try_into().expect("a word")
}

fn address(text: &serde_json::Value) -> Address {
    <[u8; 20]>::try_from(bytes(text)).expect("20 bytes").into()
}

fn number(text: &serde_json::Value) -> u64 {
    text.as_str().expect("text").parse().expect("a number")
}

fn flat(vector: &serde_json::Value) -> Decision {
    let flat = &vector["decision"];
    let small = |name: &str| flat[name].as_u64().expect("a number");
    Decision {
        kind: u8::try_from(small("kind")).expect("a code"),
        target: address(&flat["target"]),
        token_id: ink::U256::from_big_endian(&word(&flat["tokenId"])),
        account: address(&flat["account"]),
        counterparty: address(&flat["counterparty"]),
        valid_from: number(&flat["validFrom"]),
        valid_until: number(&flat["validUntil"]),
        number: number(&flat["number"]),
        reason: u32::try_from(small("reason")).expect("a code"),
        evidence: FixedBytes(word(&flat["evidence"])),
        basis: Basis {
            version: number(&flat["version"]),
            count: number(&flat["count"]),
            previous: FixedBytes(word(&flat["previous"])),
            text: FixedBytes(word(&flat["text"])),
        },
        slot: Slot {
            nonce: ink::U256::from_big_endian(&word(&flat["nonce"])),
            deadline: number(&flat["deadline"]),
        },
    }
}

/// The shared vectors, which viem signs alike: this contract gives them the same id and takes their
/// signatures.
#[ink::test]
fn wallets_signatures_of_every_kind_are_taken() {
    let file = include_str!("../../../vectors/decision.json");
    let vectors: Vec<serde_json::Value> = serde_json::from_str(file).expect("JSON");
    test::set_callee([0xc0; 20].into());
    let mut members: Vec<Address> = vectors
        .iter()
        .map(|vector| address(&vector["proposer"]))
        .collect();
    members.sort_unstable();
    members.dedup();
    let weights = vec![1; members.len()];
    let committee = Committee::new(members, weights, 1).expect("valid");
    let mut taken = 0;
    for vector in &vectors {
        if vector["chainId"] != "31337" {
            continue;
        }
        let proposer = address(&vector["proposer"]);
        let id = committee.decision_id(flat(vector).into(), proposer);
        assert_eq!(
            id,
            Ok(FixedBytes(word(&vector["id"]))),
            "{}",
            vector["kind"]
        );
        let signer = recover(&word(&vector["id"]), &bytes(&vector["signature"]));
        assert_eq!(signer, Some(proposer.0), "{}", vector["kind"]);
        taken += 1;
    }
    assert_eq!(taken, lex_model::DecisionKind::ALL.len());
}

#[ink::test]
fn a_contract_approves_by_its_own_word() {
    const CONTRACT: [u8; 20] = [0xcc; 20];
    let mut board = Board::new();
    let join = board.decided(set_member(CONTRACT.into(), 1, 0));
    board.execute(join).expect("a new member");
    let id = board.propose(suspend(0));
    stand_in::install(CONTRACT, move |question| {
        let mut answer = vec![0; 32];
        if question[4..36] == id.0 && question[100..104] == *b"good" {
            answer[..4].copy_from_slice(&[0x16, 0x26, 0xba, 0x7e]);
        }
        Ok(answer)
    });
    let member = Address::from(CONTRACT);
    for bad in [b"evil".to_vec(), vec![0; 65], vec![b'g'; 1025]] {
        let refused = board.contract.approve_by_sig(id, member, DynBytes(bad));
        assert_eq!(reason(refused), Reason::InvalidSignature);
    }
    let good = DynBytes(b"good".to_vec());
    assert_eq!(board.contract.approve_by_sig(id, member, good), Ok(()));
    assert_eq!(board.reasons(id), []);
}

pub(super) struct Passkey {
    key: SigningKey,
    pub(super) x: [u8; 32],
    pub(super) y: [u8; 32],
}

impl Passkey {
    pub(super) fn new() -> Self {
        let key = SigningKey::from_slice(&[0x77; 32]).expect("a key");
        let point = key.verifying_key().to_encoded_point(false);
        let coordinate = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).expect("a word");
        Self {
            x: coordinate(point.x().expect("not infinity")),
            y: coordinate(point.y().expect("not infinity")),
            key,
        }
    }

    pub(super) fn address(&self) -> Address {
        let hash = HostKeccak::keccak256(&[self.x, self.y].concat());
        <[u8; 20]>::try_from(&hash[12..]).expect("20 bytes").into()
    }

    /// r and s with the low s, over an assertion.
    fn sign(&self, authenticator_data: &[u8], client_data: &[u8]) -> ([u8; 32], [u8; 32]) {
        let client_hash = sha256(client_data).expect("hashes");
        let hash = sha256(&[authenticator_data, &client_hash].concat()).expect("hashes");
        let signature: Signature = self.key.sign_prehash(&hash).expect("signs");
        let signature = signature.normalize_s().unwrap_or(signature);
        (
            signature.r().to_bytes().into(),
            signature.s().to_bytes().into(),
        )
    }
}

/// What a passkey's authenticator answers.
pub(super) struct Assertion {
    pub(super) data: DynBytes,
    pub(super) client: DynBytes,
    pub(super) r: [u8; 32],
    pub(super) s: [u8; 32],
}

impl Passkey {
    /// Signs a challenge with these flags.
    pub(super) fn asserts(&self, challenged: FixedBytes<32>, flags: u8) -> Assertion {
        let data = [&[0xaa; 32][..], &[flags, 0, 0, 0, 1]].concat();
        let client = format!(
            r#"{{"type":"webauthn.get","challenge":"{}","origin":"https://lex.example"}}"#,
            challenge(challenged)
        );
        let (r, s) = self.sign(&data, client.as_bytes());
        Assertion {
            data: DynBytes(data),
            client: DynBytes(client.into_bytes()),
            r,
            s,
        }
    }
}

/// Base64 for URLs, by another way than the contract's.
fn challenge(id: FixedBytes<32>) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: String = id.0.iter().map(|byte| format!("{byte:08b}")).collect();
    let bits = bits + "00";
    bits.as_bytes()
        .chunks(6)
        .map(|sextet| {
            let digits = core::str::from_utf8(sextet).expect("text");
            char::from(DIGITS[usize::from_str_radix(digits, 2).expect("binary")])
        })
        .collect()
}

#[ink::test]
fn a_passkey_approves() {
    let mut board = Board::new();
    let passkey = Passkey::new();
    let member = passkey.address();
    let join = board.decided(set_member(member, 1, 0));
    board.execute(join).expect("a new member");
    let id = board.propose(suspend(1));

    let authenticator_data = [&[0xaa; 32][..], &[5, 0, 0, 0, 1]].concat();
    let client_data = format!(
        r#"{{"type":"webauthn.get","challenge":"{}","origin":"https://lex.example","crossOrigin":false}}"#,
        challenge(id)
    );
    let (r, s) = passkey.sign(&authenticator_data, client_data.as_bytes());
    let approve = |board: &mut Board, data: &[u8], client: &str, s: [u8; 32]| {
        board.contract.approve_by_passkey(
            id,
            DynBytes(data.to_vec()),
            DynBytes(client.as_bytes().to_vec()),
            FixedBytes(passkey.x),
            FixedBytes(passkey.y),
            FixedBytes(r),
            FixedBytes(s),
        )
    };
    let absent = [&[0xaa; 32][..], &[4, 0, 0, 0, 1]].concat();
    let touched = passkey.asserts(id, 1);
    let unverified = board.contract.approve_by_passkey(
        id,
        touched.data,
        touched.client,
        FixedBytes(passkey.x),
        FixedBytes(passkey.y),
        FixedBytes(touched.r),
        FixedBytes(touched.s),
    );
    assert_eq!(reason(unverified), Reason::InvalidSignature, "a touch only");
    let other = client_data.replace("lex", "xel");
    let negative = -*p256::NonZeroScalar::try_from(&s[..]).expect("a number");
    let high: [u8; 32] = negative.to_bytes().into();
    for (what, refused) in [
        ("no user", approve(&mut board, &absent, &client_data, s)),
        (
            "another site",
            approve(&mut board, &authenticator_data, &other, s),
        ),
        (
            "high s",
            approve(&mut board, &authenticator_data, &client_data, high),
        ),
    ] {
        assert_eq!(reason(refused), Reason::InvalidSignature, "{what}");
    }
    assert_eq!(
        approve(&mut board, &authenticator_data, &client_data, s),
        Ok(())
    );
    assert!(board.contract.has_approved(id, member));
    let again = approve(&mut board, &authenticator_data, &client_data, s);
    assert_eq!(reason(again), Reason::AlreadyApproved);

    let next = board.propose(suspend(2));
    let replayed = board.contract.approve_by_passkey(
        next,
        DynBytes(authenticator_data),
        DynBytes(client_data.into_bytes()),
        FixedBytes(passkey.x),
        FixedBytes(passkey.y),
        FixedBytes(r),
        FixedBytes(s),
    );
    assert_eq!(
        reason(replayed),
        Reason::InvalidSignature,
        "another decision"
    );
}

/// Who has a passkey only proposes, and takes back, as everybody does.
#[ink::test]
fn a_passkey_proposes_and_takes_back() {
    let passkey = Passkey::new();
    let member = passkey.address();
    let mut board = Board::with(&[member], 2);
    test::set_caller([0xee; 20].into());
    let decision = suspend(0);
    let id = board
        .contract
        .decision_id(decision.into(), member)
        .expect("valid");
    let assertion = passkey.asserts(id, 5);
    let proposed = board.contract.propose_by_passkey(
        decision.into(),
        assertion.data.clone(),
        assertion.client.clone(),
        FixedBytes(passkey.x),
        FixedBytes(passkey.y),
        FixedBytes(assertion.r),
        FixedBytes(assertion.s),
    );
    assert_eq!(proposed, Ok(id));
    assert!(board.contract.has_approved(id, member));

    let take_back = |board: &mut Board, assertion: Assertion| {
        board.contract.withdraw_by_passkey(
            id,
            assertion.data,
            assertion.client,
            FixedBytes(passkey.x),
            FixedBytes(passkey.y),
            FixedBytes(assertion.r),
            FixedBytes(assertion.s),
        )
    };
    // An approval is not taken for its withdrawal, nor a touch for a person.
    let challenge = FixedBytes(withdrawal_challenge::<HostKeccak>(&id.0));
    for bad in [assertion, passkey.asserts(challenge, 1)] {
        let refused = take_back(&mut board, bad);
        assert_eq!(reason(refused), Reason::InvalidSignature);
    }
    assert_eq!(take_back(&mut board, passkey.asserts(challenge, 5)), Ok(()));
    assert!(!board.contract.has_approved(id, member));
}

#[ink::test]
fn anyone_brings_all_signatures_at_once() {
    let mut board = Board::new();
    let (alice, bob) = (board.alice.address, board.bob.address);
    let id = board
        .contract
        .decision_id(suspend(0).into(), alice)
        .expect("valid");
    let signatures = vec![board.alice.sign(id), board.bob.sign(id)];
    test::set_caller([0xee; 20].into());
    let submitted = board
        .contract
        .submit(suspend(0).into(), alice, vec![alice, bob], signatures);
    assert_eq!(submitted, Ok(id));
    assert_eq!(board.execute(id), Ok(()));
}
