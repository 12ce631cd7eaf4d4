//! `contracts/vectors/decision.json`: decisions of every kind with their EIP-712 digests, what wallets
//! get to see, and signatures. `LEX_WRITE_VECTORS=1 cargo test -p lex-model --test decision_vectors`
//! writes it anew.

use k256::ecdsa::SigningKey;
use lex_model::{
    About, Committee, Decision, DecisionKind, Hash, Keccak, MAX_WEIGHT, Nonce, Part, Proposal,
    SoftwareKeccak,
};
use serde_json::{Value, json};
use std::path::Path;

/// Private keys of the members who sign; they are worth nothing.
const KEYS: [Hash; 3] = [[0x11; 32], [0x22; 32], [0x33; 32]];

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn account(key: &SigningKey) -> [u8; 20] {
    let point = key.verifying_key().to_encoded_point(false);
    let hash = SoftwareKeccak::keccak256(&point.as_bytes()[1..]);
    hash[12..].try_into().expect("20 bytes")
}

/// Sets nothing that the kind cannot say.
fn decision(kind: DecisionKind, all: &Decision) -> Decision {
    let says = |part| kind.fields().iter().any(|field| field.part == part);
    let mut decision = Decision {
        nonce: all.nonce,
        deadline: all.deadline,
        ..Decision::empty(kind)
    };
    for part in Part::ALL {
        if !says(*part) {
            continue;
        }
        match part {
            Part::Target => decision.target = all.target,
            Part::TokenId => decision.token_id = all.token_id,
            Part::Account => decision.account = all.account,
            Part::Counterparty => decision.counterparty = all.counterparty,
            Part::ValidFrom => decision.valid_from = all.valid_from,
            Part::ValidUntil => decision.valid_until = all.valid_until,
            Part::Number => decision.number = all.number,
            Part::Reason => decision.reason = all.reason,
            Part::Evidence => decision.evidence = all.evidence,
            Part::Version => decision.version = all.version,
            Part::Count => decision.count = all.count,
            Part::Previous => decision.previous = all.previous,
            Part::Text => decision.text = all.text,
        }
    }
    decision
}

fn usual(kind: DecisionKind) -> Decision {
    let mut token_id = [0; 32];
    token_id[31] = 9;
    let mut key = [0; 24];
    if kind.about() == About::Account {
        key[..20].copy_from_slice(&[0x22; 20]);
    }
    let nonce = Nonce {
        key,
        sequence: u64::from(kind.code()),
    };
    let all = Decision {
        target: [0xab; 20],
        token_id,
        account: [0x22; 20],
        counterparty: [0x33; 20],
        valid_from: 1_800_000_000,
        valid_until: 1_831_536_000,
        number: 1,
        reason: 7,
        evidence: [0x44; 32],
        version: 8,
        count: 6,
        previous: jurisdiction_or_hash(kind),
        text: [0x88; 32],
        nonce: nonce.into(),
        deadline: 1_900_000_000,
        ..Decision::empty(kind)
    };
    decision(kind, &all)
}

/// `US-NY` in ASCII where a jurisdiction stands.
fn jurisdiction_or_hash(kind: DecisionKind) -> Hash {
    let mut word = [0x77; 32];
    if kind == DecisionKind::Activate {
        word = [0; 32];
        word[..5].copy_from_slice(b"US-NY");
    }
    word
}

/// The largest value of every field.
fn extreme(kind: DecisionKind) -> Decision {
    let all = Decision {
        target: [0xff; 20],
        token_id: [0xff; 32],
        account: [0xff; 20],
        counterparty: [0xfe; 20],
        valid_from: u64::MAX - 1,
        valid_until: u64::MAX,
        number: u64::MAX,
        reason: u32::MAX,
        evidence: [0xff; 32],
        version: u64::MAX,
        count: u64::MAX,
        previous: [0xff; 32],
        text: [0xff; 32],
        nonce: [0xff; 32],
        deadline: u64::MAX,
        ..Decision::empty(kind)
    };
    let mut decision = decision(kind, &all);
    match kind {
        DecisionKind::SetMember => decision.number = u64::from(MAX_WEIGHT),
        DecisionKind::SetThreshold => {
            decision.number = u64::from(u32::MAX);
            decision.token_id = [0; 32];
            decision.token_id[31] = DecisionKind::ReleaseToken.code();
        }
        DecisionKind::LiftPause => decision.number = u64::from(u8::MAX),
        _ => {}
    }
    decision
}

fn flat(decision: &Decision) -> Value {
    json!({
        "kind": decision.kind.code(),
        "target": hex(&decision.target),
        "tokenId": hex(&decision.token_id),
        "account": hex(&decision.account),
        "counterparty": hex(&decision.counterparty),
        "validFrom": decision.valid_from.to_string(),
        "validUntil": decision.valid_until.to_string(),
        "number": decision.number.to_string(),
        "reason": decision.reason,
        "evidence": hex(&decision.evidence),
        "version": decision.version.to_string(),
        "count": decision.count.to_string(),
        "previous": hex(&decision.previous),
        "text": hex(&decision.text),
        "nonce": hex(&decision.nonce),
        "deadline": decision.deadline.to_string(),
    })
}

fn vector(decision: Decision, committee: &Committee, epoch: u64, key: &Hash) -> Value {
    assert_eq!(decision.validate(), Ok(()), "{}", decision.kind);
    let signing_key = SigningKey::from_slice(key).expect("a key");
    let proposal = Proposal {
        decision,
        proposer: account(&signing_key),
        epoch,
    };
    let id = proposal.id::<SoftwareKeccak>(committee);
    let (signature, recovery) = signing_key.sign_prehash_recoverable(&id).expect("signs");
    let v = recovery.to_byte().checked_add(27).expect("27 or 28");
    let typed_data = proposal.typed_data(committee);
    json!({
        "kind": decision.kind.name(),
        "typeString": decision.kind.type_string(),
        "decision": flat(&decision),
        "proposer": hex(&proposal.proposer),
        "epoch": epoch.to_string(),
        "chainId": committee.chain_id.to_string(),
        "committee": hex(&committee.address),
        "domainSeparator": hex(&committee.separator::<SoftwareKeccak>()),
        "structHash": hex(&proposal.struct_hash::<SoftwareKeccak>()),
        "id": hex(&id),
        "typedData": serde_json::from_str::<Value>(&typed_data).expect("JSON"),
        "privateKey": hex(key),
        "signature": hex(&[&signature.to_bytes()[..], &[v]].concat()),
    })
}

fn decisions() -> Value {
    let here = Committee {
        chain_id: 31_337,
        address: [0xc0; 20],
    };
    let there = Committee {
        chain_id: 420_420_420,
        address: [0x5f; 20],
    };
    DecisionKind::ALL
        .iter()
        .zip(KEYS.iter().cycle())
        .flat_map(|(kind, key)| {
            [
                vector(usual(*kind), &here, 1, key),
                vector(extreme(*kind), &there, u64::MAX, key),
            ]
        })
        .collect()
}

#[test]
fn decision_vectors_are_current() {
    let path = Path::new("../vectors/decision.json");
    let text = format!(
        "{}\n",
        serde_json::to_string_pretty(&decisions()).expect("JSON")
    );
    if std::env::var_os("LEX_WRITE_VECTORS").is_some() {
        std::fs::write(path, &text).expect("vectors folder is writable");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == text,
        "contracts/vectors/decision.json is not what the model computes; if the change is meant, run \
         LEX_WRITE_VECTORS=1 cargo test -p lex-model --test decision_vectors"
    );
}
