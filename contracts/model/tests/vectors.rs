//! The vectors in `contracts/vectors/` are what this crate computes. Every language that encodes
//! the same things checks them. `LEX_WRITE_VECTORS=1 cargo test -p lex-model --test vectors`
//! writes them anew.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow ends a test, as it should"
)]

use lex_model::{
    Attestation, Destination, KIND_HOLDER, KIND_LICENSE, KIND_PAUSE, MAX_TIME, Outbox, Reason,
    SoftwareKeccak, Standing, Status, Term, TokenId, Update,
};
use serde_json::{Value, json};
use std::path::Path;

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// A `uint256` in decimal, as JSON readers of every language take it.
fn decimal(word: &[u8; 32]) -> String {
    let mut digits = vec![0u8];
    for byte in word {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) * 256;
            *digit = u8::try_from(carry % 10).expect("below ten");
            carry /= 10;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 10).expect("below ten"));
            carry /= 10;
        }
    }
    digits
        .iter()
        .rev()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}

fn update_json(update: &Update) -> Value {
    json!({
        "nonce": update.nonce.to_string(),
        "kind": update.kind,
        "tokenId": decimal(&update.token_id.0),
        "holder": hex(&update.holder),
        "licenseType": update.license_type.to_string(),
        "status": update.status,
        "validFrom": update.valid_from.to_string(),
        "validUntil": update.valid_until.to_string(),
        "graceUntil": update.grace_until.to_string(),
        "version": update.version,
        "parent": decimal(&update.parent.0),
    })
}

/// A license's life, a closed type, a frozen holder, a pause, and the extremes of every field.
fn history() -> Vec<Update> {
    let license = Update {
        nonce: 1,
        kind: KIND_LICENSE,
        token_id: TokenId::from(1),
        holder: [0x11; 20],
        license_type: 1,
        status: Status::Active.code(),
        valid_from: 1_800_000_000,
        valid_until: 1_831_536_000,
        grace_until: 1_832_745_600,
        version: 1,
        parent: TokenId::default(),
    };
    vec![
        license,
        Update {
            nonce: 2,
            status: Status::Suspended.code(),
            version: 2,
            ..license
        },
        Update {
            nonce: 3,
            version: 3,
            ..license
        },
        Update {
            nonce: 4,
            holder: [0x22; 20],
            version: 4,
            ..license
        },
        Update::of_type(1, false, 5),
        Update::of_type(1, true, 6),
        Update {
            nonce: 7,
            kind: KIND_HOLDER,
            holder: [0x22; 20],
            status: 1,
            ..Update::default()
        },
        Update {
            nonce: 8,
            kind: KIND_HOLDER,
            holder: [0x22; 20],
            ..Update::default()
        },
        Update {
            nonce: 9,
            kind: KIND_PAUSE,
            status: 1,
            ..Update::default()
        },
        Update {
            nonce: 10,
            kind: KIND_PAUSE,
            ..Update::default()
        },
        Update {
            nonce: 11,
            status: Status::Revoked.code(),
            version: 5,
            holder: [0x22; 20],
            ..license
        },
        Update {
            nonce: 12,
            token_id: TokenId([0xff; 32]),
            holder: [0xff; 20],
            license_type: u64::MAX,
            valid_from: MAX_TIME - 1,
            valid_until: MAX_TIME,
            grace_until: MAX_TIME,
            version: u32::MAX,
            parent: TokenId([0xff; 32]),
            ..license
        },
        Update {
            nonce: 13,
            token_id: TokenId::from(2),
            parent: TokenId::from(1),
            ..license
        },
    ]
}

fn updates() -> Value {
    let extreme = Update {
        nonce: u64::MAX,
        kind: u8::MAX,
        token_id: TokenId([0xff; 32]),
        holder: [0xff; 20],
        license_type: u64::MAX,
        status: u8::MAX,
        valid_from: u64::MAX,
        valid_until: u64::MAX,
        grace_until: u64::MAX,
        version: u32::MAX,
        parent: TokenId([0xff; 32]),
    };
    let mut updates = history();
    updates.extend([Update::default(), extreme]);
    updates
        .iter()
        .map(|update| json!({"update": update_json(update), "leaf": hex(&update.leaf::<SoftwareKeccak>())}))
        .collect()
}

fn outboxes() -> Value {
    let chains = [
        (420_420_420, [0xab; 20]),
        (1, [0; 20]),
        (u64::MAX, [0xff; 20]),
    ];
    chains
        .iter()
        .map(|(chain_id, contract)| {
            let empty = Outbox::empty::<SoftwareKeccak>(*chain_id, contract);
            let mut outbox = empty;
            let heads: Vec<String> = history()
                .iter()
                .map(|update| {
                    outbox = outbox
                        .with::<SoftwareKeccak>(update)
                        .expect("contiguous history");
                    hex(&outbox.head)
                })
                .collect();
            json!({
                "chainId": chain_id.to_string(),
                "contract": hex(contract),
                "head0": hex(&empty.head),
                "updates": history().iter().map(update_json).collect::<Vec<_>>(),
                "heads": heads,
            })
        })
        .collect()
}

fn attestations() -> Value {
    let usual = Attestation {
        source_chain_id: 420_420_420,
        source_genesis: [0x77; 32],
        source_contract: [0xab; 20],
        epoch: 1,
        nonce: 12,
        head: [0x55; 32],
        source_block: 345,
        source_time: 1_800_000_123,
    };
    let extreme = Attestation {
        source_chain_id: u64::MAX,
        source_genesis: [0xff; 32],
        source_contract: [0xff; 20],
        epoch: u64::MAX,
        nonce: u64::MAX,
        head: [0xff; 32],
        source_block: u64::MAX,
        source_time: u64::MAX,
    };
    let destinations = [
        Destination {
            chain_id: 31_337,
            mirror: [0x5f; 20],
        },
        Destination {
            chain_id: 1,
            mirror: [0; 20],
        },
    ];
    [usual, extreme]
        .iter()
        .flat_map(|attestation| {
            destinations
                .iter()
                .map(move |destination| (attestation, destination))
        })
        .map(|(attestation, destination)| {
            json!({
                "chainId": destination.chain_id.to_string(),
                "verifyingContract": hex(&destination.mirror),
                "attestation": {
                    "sourceChainId": attestation.source_chain_id.to_string(),
                    "sourceGenesis": hex(&attestation.source_genesis),
                    "sourceContract": hex(&attestation.source_contract),
                    "epoch": attestation.epoch.to_string(),
                    "nonce": attestation.nonce.to_string(),
                    "head": hex(&attestation.head),
                    "sourceBlock": attestation.source_block.to_string(),
                    "sourceTime": attestation.source_time.to_string(),
                },
                "domainSeparator": hex(&destination.separator::<SoftwareKeccak>()),
                "structHash": hex(&attestation.struct_hash::<SoftwareKeccak>()),
                "digest": hex(&attestation.digest::<SoftwareKeccak>(destination)),
            })
        })
        .collect()
}

/// Every stored status at every second around every boundary, for several shapes of term.
fn statuses() -> Value {
    let terms = [
        (1_000, 2_000, 2_100),
        (1_000, 2_000, 2_000),
        (1_400, 1_500, 2_050),
        (1_700_000_000, 1_731_536_000, 1_732_745_600),
        (0, 1, 1),
        (MAX_TIME - 2, MAX_TIME - 1, MAX_TIME),
    ];
    let standings = [
        Standing::Pending,
        Standing::Active,
        Standing::Suspended { lifts_at: None },
        Standing::Suspended {
            lifts_at: Some(1_500),
        },
        Standing::Suspended {
            lifts_at: Some(2_050),
        },
        Standing::Revoked,
        Standing::Archived,
    ];
    let mut rows = Vec::new();
    for (valid_from, valid_until, grace_until) in terms {
        let term = Term {
            valid_from,
            valid_until,
            grace_until,
        };
        let around = |boundary: u64| [boundary.saturating_sub(1), boundary, boundary + 1];
        let mut times: Vec<u64> = [0, 1_500, 2_050, valid_from, valid_until, grace_until]
            .into_iter()
            .flat_map(around)
            .collect();
        times.sort_unstable();
        times.dedup();
        for standing in standings {
            for at in &times {
                let status = term.status(standing, *at);
                let suspended_until = match standing {
                    Standing::Suspended { lifts_at } => lifts_at.unwrap_or(0),
                    _ => 0,
                };
                rows.push(json!({
                    "status": standing.stored().code(),
                    "validFrom": valid_from.to_string(),
                    "validUntil": valid_until.to_string(),
                    "graceUntil": grace_until.to_string(),
                    "suspendedUntil": suspended_until.to_string(),
                    "at": at.to_string(),
                    "expected": status.code(),
                    "usable": status.is_in_force(),
                }));
            }
        }
    }
    Value::Array(rows)
}

/// Every status under every status.
fn lineages() -> Value {
    let pairs = Status::ALL.map(|own| {
        Status::ALL.map(|parent| {
            json!({
                "own": own.code(),
                "parent": parent.code(),
                "expected": own.under(parent).code(),
            })
        })
    });
    pairs.into_iter().flatten().collect()
}

fn reasons() -> Value {
    Reason::ALL
        .iter()
        .map(|reason| {
            json!({
                "code": reason.code(),
                "name": reason.name(),
                "message": reason.message(),
                "remedy": reason.remedy(),
            })
        })
        .collect()
}

/// Compares with the committed file, or writes it when asked to.
fn check(name: &str, computed: &Value) {
    let path = Path::new("../vectors").join(name);
    let text = format!(
        "{}\n",
        serde_json::to_string_pretty(computed).expect("JSON")
    );
    if std::env::var_os("LEX_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &text).expect("vectors folder is writable");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "contracts/vectors/{name} is not what the model computes; if the change is meant, run \
         LEX_WRITE_VECTORS=1 cargo test -p lex-model --test vectors"
    );
}

#[test]
fn update_vectors_are_current() {
    check("update.json", &updates());
}

#[test]
fn outbox_vectors_are_current() {
    check("outbox.json", &outboxes());
}

#[test]
fn attestation_vectors_are_current() {
    check("attestation.json", &attestations());
}

#[test]
fn status_vectors_are_current() {
    let statuses = statuses();
    assert!(statuses.as_array().is_some_and(|rows| rows.len() >= 500));
    check("status.json", &statuses);
}

#[test]
fn lineage_vectors_are_current() {
    check("lineage.json", &lineages());
}

#[test]
fn reason_vectors_are_current() {
    check("reason.json", &reasons());
}
