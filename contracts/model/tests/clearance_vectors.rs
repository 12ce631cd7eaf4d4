//! `contracts/vectors/clearance.json`: clearances of every kind of action that can need one, with their
//! EIP-712 digests, what wallets get to see, and signatures.
//! `LEX_WRITE_VECTORS=1 cargo test -p lex-model --test clearance_vectors` writes it anew.

use k256::ecdsa::SigningKey;
use lex_model::{
    Action, ActionKind, CLEARANCE_TYPE, Clearance, Hash, Jurisdiction, Keccak, SoftwareKeccak,
    Status, Subject, Term, TokenId, TypeKind,
};
use serde_json::{Value, json};
use std::path::Path;

/// Private key of the signer; it is worth nothing.
const KEY: Hash = [0x77; 32];

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn account(key: &SigningKey) -> [u8; 20] {
    let point = key.verifying_key().to_encoded_point(false);
    let hash = SoftwareKeccak::keccak256(&point.as_bytes()[1..]);
    hash[12..].try_into().expect("20 bytes")
}

fn word(number: u64) -> Hash {
    TokenId::from(number).0
}

/// An action on a license that may need a clearance.
fn usual(kind: ActionKind) -> (Subject, Clearance) {
    let has_receiver = matches!(kind, ActionKind::Transfer | ActionKind::Lend);
    let has_content = matches!(kind, ActionKind::Activate | ActionKind::Amend);
    let action = Action {
        kind,
        caller: [0x11; 20],
        issuer: [0x12; 20],
        holder: [0x13; 20],
        to: if has_receiver { [0x14; 20] } else { [0; 20] },
        amount: 1,
        token_kind: TypeKind::Nft,
        license_type: 4,
        jurisdiction: Jurisdiction::parse("US-NY").expect("valid"),
        status: Status::Active,
        held: false,
        suspended_by_committee: false,
        term: Term {
            valid_from: 1_800_000_000,
            valid_until: 1_831_536_000,
            grace_until: 1_832_745_600,
        },
        parent: None,
        at: 1_800_000_100,
    };
    let subject = Subject {
        chain_id: 31_337,
        policy: [0xa0; 20],
        license: [0xa1; 20],
        token_id: TokenId(word(5)),
        version: 3,
        content: if has_content { [0x66; 32] } else { [0; 32] },
        action,
    };
    let clearance = Clearance {
        score: 700,
        rules_version: 12,
        expires_at: 1_800_000_600,
        nonce: word(u64::from(kind.code())),
    };
    (subject, clearance)
}

/// The largest value of every field, and the shortest jurisdiction.
fn extreme() -> (Subject, Clearance) {
    let (subject, _) = usual(ActionKind::Transfer);
    let action = Action {
        caller: [0xff; 20],
        holder: [0xfe; 20],
        to: [0xfd; 20],
        amount: u64::MAX,
        license_type: u64::MAX,
        jurisdiction: Jurisdiction::parse("DE").expect("valid"),
        term: Term {
            valid_from: u64::MAX,
            valid_until: u64::MAX,
            grace_until: u64::MAX,
        },
        ..subject.action
    };
    let subject = Subject {
        chain_id: 420_420_420,
        policy: [0xff; 20],
        license: [0xfe; 20],
        token_id: TokenId([0xff; 32]),
        version: u32::MAX,
        content: [0xff; 32],
        action,
    };
    let clearance = Clearance {
        score: 1000,
        rules_version: u32::MAX,
        expires_at: u64::MAX,
        nonce: [0xff; 32],
    };
    (subject, clearance)
}

/// The fields of the typed data's struct, as wallets want them.
fn fields() -> Vec<Value> {
    let (_, list) = CLEARANCE_TYPE
        .trim_end_matches(')')
        .split_once('(')
        .expect("a struct");
    list.split(',')
        .map(|field| {
            let (kind, name) = field.split_once(' ').expect("type and name");
            json!({ "name": name, "type": kind })
        })
        .collect()
}

fn typed_data(subject: &Subject, clearance: &Clearance) -> Value {
    let action = &subject.action;
    json!({
        "domain": {
            "name": "LEX Policy",
            "version": "1",
            "chainId": subject.chain_id.to_string(),
            "verifyingContract": hex(&subject.policy),
        },
        "types": { "Clearance": fields() },
        "primaryType": "Clearance",
        "message": {
            "license": hex(&subject.license),
            "action": action.kind.code(),
            "caller": hex(&action.caller),
            "tokenId": hex(&subject.token_id.0),
            "version": subject.version,
            "licenseType": action.license_type.to_string(),
            "jurisdiction": action.jurisdiction.as_str(),
            "holder": hex(&action.holder),
            "to": hex(&action.to),
            "amount": action.amount.to_string(),
            "validFrom": action.term.valid_from.to_string(),
            "validUntil": action.term.valid_until.to_string(),
            "content": hex(&subject.content),
            "score": clearance.score,
            "rulesVersion": clearance.rules_version,
            "expiresAt": clearance.expires_at.to_string(),
            "nonce": hex(&clearance.nonce),
        },
    })
}

fn vector((subject, clearance): (Subject, Clearance)) -> Value {
    let key = SigningKey::from_slice(&KEY).expect("a key");
    let digest = clearance.digest::<SoftwareKeccak>(&subject);
    let (signature, recovery) = key.sign_prehash_recoverable(&digest).expect("signs");
    let v = recovery.to_byte().checked_add(27).expect("27 or 28");
    json!({
        "typeString": CLEARANCE_TYPE,
        "typedData": typed_data(&subject, &clearance),
        "digest": hex(&digest),
        "privateKey": hex(&KEY),
        "signer": hex(&account(&key)),
        "signature": hex(&[&signature.to_bytes()[..], &[v]].concat()),
    })
}

#[test]
fn clearance_vectors_are_current() {
    let kinds = [
        ActionKind::Activate,
        ActionKind::Renew,
        ActionKind::Transfer,
        ActionKind::Amend,
        ActionKind::Lend,
    ];
    let vectors: Value = kinds
        .into_iter()
        .map(usual)
        .chain([extreme()])
        .map(vector)
        .collect();
    let path = Path::new("../vectors/clearance.json");
    let text = format!(
        "{}\n",
        serde_json::to_string_pretty(&vectors).expect("JSON")
    );
    if std::env::var_os("LEX_WRITE_VECTORS").is_some() {
        std::fs::write(path, &text).expect("vectors folder is writable");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == text,
        "contracts/vectors/clearance.json is not what the model computes; if the change is meant, run \
         LEX_WRITE_VECTORS=1 cargo test -p lex-model --test clearance_vectors"
    );
}
