use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::SoftwareKeccak;

const HERE: Committee = Committee {
    chain_id: 31_337,
    address: [5; 20],
};

/// A valid decision of a kind, with every part set that the kind can use.
fn example(kind: DecisionKind) -> Decision {
    let mut decision = Decision {
        kind,
        target: [0x11; 20],
        token_id: word_of_u64(9),
        account: [0x22; 20],
        counterparty: [0x33; 20],
        valid_from: 1_000,
        valid_until: 2_000,
        number: 1,
        reason: 7,
        evidence: [0x44; 32],
        version: 8,
        count: 6,
        previous: [0x77; 32],
        text: [0x88; 32],
        nonce: Nonce {
            key: [0x55; 24],
            sequence: 3,
        }
        .into(),
        deadline: 5_000,
    };
    for part in Part::ALL {
        if kind.fields().iter().all(|field| field.part != *part) {
            set(&mut decision, *part, [0; 32]);
        }
    }
    decision
}

/// Writes the end of a word into a part.
fn set(decision: &mut Decision, part: Part, word: Hash) {
    let address = word[12..].try_into().expect("20 bytes");
    let number = u64::from_be_bytes(word[24..].try_into().expect("8 bytes"));
    match part {
        Part::Target => decision.target = address,
        Part::TokenId => decision.token_id = word,
        Part::Account => decision.account = address,
        Part::Counterparty => decision.counterparty = address,
        Part::ValidFrom => decision.valid_from = number,
        Part::ValidUntil => decision.valid_until = number,
        Part::Number => decision.number = number,
        Part::Reason => decision.reason = u32::try_from(number & 0xffff_ffff).expect("32 bits"),
        Part::Evidence => decision.evidence = word,
        Part::Version => decision.version = number,
        Part::Count => decision.count = number,
        Part::Previous => decision.previous = word,
        Part::Text => decision.text = word,
    }
}

fn proposal(kind: DecisionKind) -> Proposal {
    Proposal {
        decision: example(kind),
        proposer: [0x66; 20],
        epoch: 4,
    }
}

fn id(proposal: &Proposal) -> Hash {
    proposal.id::<SoftwareKeccak>(&HERE)
}

fn any_kind() -> impl Strategy<Value = DecisionKind> {
    select(DecisionKind::ALL)
}

#[test]
fn codes_lead_back_to_their_kinds() {
    for kind in DecisionKind::ALL {
        assert_eq!(DecisionKind::from_code(kind.code()), Some(*kind));
    }
    let codes: Vec<u8> = DecisionKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(codes, (1..=21).collect::<Vec<u8>>());
    assert_eq!(DecisionKind::from_code(0), None);
    assert_eq!(DecisionKind::from_code(22), None);
}

/// P12: what is signed is one struct per action, and no opaque bytes are in it.
#[test]
fn p12_every_kind_is_signed_as_a_struct_of_its_own() {
    assert_eq!(
        DecisionKind::Suspend.type_string(),
        "Suspend(address proposer,uint64 epoch,address target,uint256 tokenId,address holder,\
         uint64 decisionsBefore,uint64 liftsAt,uint32 reason,bytes32 evidence,uint256 nonce,\
         uint64 deadline)"
    );
    assert_eq!(
        DecisionKind::SetThreshold.type_string(),
        "SetThreshold(address proposer,uint64 epoch,uint8 decisionKind,uint64 decisionsBefore,uint32 threshold,\
         uint256 nonce,uint64 deadline)"
    );
    for kind in DecisionKind::ALL {
        let string = kind.type_string();
        assert!(!string.contains("bytes "), "{string}");
        assert!(!string.contains("string "), "{string}");
        assert!(kind.fields().len() + 5 <= MAX_WORDS, "{kind}");
        let parts: Vec<u8> = kind
            .fields()
            .iter()
            .map(|field| field.part.place())
            .collect();
        let mut distinct = parts.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), parts.len(), "{kind} names a part twice");
    }
}

#[test]
fn a_part_that_the_kind_has_no_use_for_must_be_zero() {
    for kind in DecisionKind::ALL {
        assert_eq!(example(*kind).validate(), Ok(()), "{kind}");
        for part in Part::ALL {
            if kind.fields().iter().any(|field| field.part == *part) {
                continue;
            }
            let mut decision = example(*kind);
            set(&mut decision, *part, word_of_u64(1));
            let refused = Err(InvalidDecision { part: *part });
            assert_eq!(decision.validate(), refused, "{kind}");
        }
    }
}

#[test]
fn a_part_that_the_kind_needs_must_not_be_zero() {
    let mut needed = 0;
    for kind in DecisionKind::ALL {
        for field in kind.fields() {
            let mut decision = example(*kind);
            set(&mut decision, field.part, [0; 32]);
            if field.needed {
                needed += 1;
                let refused = Err(InvalidDecision { part: field.part });
                assert_eq!(decision.validate(), refused, "{kind}.{}", field.name);
            } else {
                assert_eq!(decision.validate(), Ok(()), "{kind}.{}", field.name);
            }
        }
    }
    assert!(needed > 30, "{needed}");
}

#[test]
fn values_fit_the_type_that_is_signed() {
    let cases = [
        (DecisionKind::SetMember, Part::Number, u64::from(u32::MAX)),
        (
            DecisionKind::SetThreshold,
            Part::Number,
            u64::from(u32::MAX),
        ),
        (DecisionKind::SetThreshold, Part::TokenId, 21),
        (DecisionKind::LiftPause, Part::Number, 255),
    ];
    for (kind, part, largest) in cases {
        let mut decision = example(kind);
        set(&mut decision, part, word_of_u64(largest));
        assert_eq!(decision.validate(), Ok(()), "{kind} {largest}");
        set(&mut decision, part, word_of_u64(largest + 1));
        assert_eq!(decision.validate(), Err(InvalidDecision { part }), "{kind}");
    }
    let mut far = example(DecisionKind::SetThreshold);
    far.token_id[0] = 1;
    assert_eq!(
        far.validate(),
        Err(InvalidDecision {
            part: Part::TokenId
        })
    );
}

#[test]
fn decisions_that_cannot_be_are_refused() {
    for kind in [DecisionKind::ForcedTransfer, DecisionKind::Recover] {
        let mut decision = example(kind);
        decision.counterparty = decision.account;
        let part = Part::Counterparty;
        assert_eq!(decision.validate(), Err(InvalidDecision { part }));
    }
    let mut decision = example(DecisionKind::Activate);
    decision.valid_until = decision.valid_from;
    let part = Part::ValidUntil;
    assert_eq!(decision.validate(), Err(InvalidDecision { part }));
    assert_eq!(
        InvalidDecision { part }.to_string(),
        "validUntil does not fit the decision's kind"
    );
}

/// What restricts names no version that a holder, a user or an issuer could move; what grants or changes
/// names one.
#[test]
fn what_grants_names_a_version_and_what_restricts_a_count() {
    use DecisionKind as Kind;
    let restricting = [
        Kind::Suspend,
        Kind::Revoke,
        Kind::ForcedTransfer,
        Kind::FreezeHolder,
        Kind::FreezeToken,
        Kind::Withdraw,
    ];
    for kind in DecisionKind::ALL {
        let restricts = restricting.contains(kind);
        if kind.about() == About::Whole || kind.is_own_affair() {
            assert!(!kind.names_version(), "{kind}");
        } else {
            assert_ne!(kind.names_version(), restricts, "{kind}");
        }
        // Whatever another decision can void names how many there were.
        let subject = example(*kind).subject::<SoftwareKeccak>(TypeKind::Nft);
        assert_eq!(kind.names_count(), subject.is_some(), "{kind}");
        assert!(
            !restricts || kind.names_count() && !kind.loosens(),
            "{kind}"
        );
    }
}

/// M2: one account's decisions never wait in another account's lane.
#[test]
fn the_lane_of_a_decision_about_an_account_names_the_account() {
    for kind in DecisionKind::ALL {
        let mut decision = example(*kind);
        let about_an_account = kind.about() == About::Account;
        assert_eq!(decision.is_in_its_lane(), !about_an_account, "{kind}");
        decision.nonce[..20].copy_from_slice(&[0x22; 20]);
        assert_eq!(
            decision.is_in_its_lane(),
            decision.account == [0x22; 20] || !about_an_account
        );
    }
}

/// What can take each other back, or must not happen twice, has one subject; nothing else has.
#[test]
fn decisions_have_the_subject_of_what_takes_them_back() {
    use DecisionKind as Kind;
    let families: [&[Kind]; 8] = [
        &[Kind::Suspend, Kind::Resume, Kind::Revoke, Kind::Withdraw],
        &[Kind::FreezeToken, Kind::ReleaseToken],
        &[Kind::ForcedTransfer],
        &[Kind::FreezeHolder, Kind::ReleaseHolder],
        &[Kind::SetMember],
        &[Kind::SetThreshold],
        &[Kind::Upgrade, Kind::SetUpgrader, Kind::AcceptUpgrader],
        &[Kind::ApproveIn, Kind::WithdrawIn],
    ];
    let family = |kind| families.iter().position(|family| family.contains(&kind));
    // Each says all that any kind says, so that only what it is about tells two apart.
    let about = |kind| Decision {
        target: [1; 20],
        token_id: [2; 32],
        account: [3; 20],
        evidence: [4; 32],
        ..Decision::empty(kind)
    };
    let license = [
        Kind::Suspend,
        Kind::Resume,
        Kind::Revoke,
        Kind::Withdraw,
        Kind::FreezeToken,
        Kind::ReleaseToken,
        Kind::ForcedTransfer,
        Kind::SetThreshold,
    ];
    let of_seats = [Kind::FreezeToken, Kind::ReleaseToken, Kind::ForcedTransfer];
    let account = [Kind::FreezeHolder, Kind::ReleaseHolder, Kind::SetMember];
    for kept in [TypeKind::Nft, TypeKind::Sft] {
        let subject = |decision: &Decision| decision.subject::<SoftwareKeccak>(kept);
        for kind in Kind::ALL {
            assert_eq!(subject(&about(*kind)).is_some(), family(*kind).is_some());
            for other in Kind::ALL {
                let same = family(*kind).is_some() && family(*kind) == family(*other);
                let subjects = [*kind, *other].map(|kind| subject(&about(kind)));
                assert_eq!(subjects[0].is_some() && subjects[0] == subjects[1], same);
            }
        }
        let moved = |kind, change: fn(&mut Decision)| {
            let mut decision = about(kind);
            change(&mut decision);
            subject(&decision) != subject(&about(kind))
        };
        for kind in families.concat() {
            assert!(moved(kind, |other| other.target[0] = 9), "{kind}");
            let by_license = license.contains(&kind);
            assert_eq!(moved(kind, |other| other.token_id[0] = 9), by_license);
            let by_account =
                account.contains(&kind) || kept == TypeKind::Sft && of_seats.contains(&kind);
            assert_eq!(moved(kind, |other| other.account[0] = 9), by_account);
            let by_decision = matches!(kind, Kind::ApproveIn | Kind::WithdrawIn);
            assert_eq!(moved(kind, |other| other.evidence[0] = 9), by_decision);
        }
    }
}

/// Whoever is given a single token is not whom others meant when they decided about it.
#[test]
fn a_seizure_of_a_single_token_unsettles_its_standing_and_its_hold() {
    use DecisionKind as Kind;
    let about = |kind| Decision {
        target: [1; 20],
        token_id: [2; 32],
        account: [3; 20],
        ..Decision::empty(kind)
    };
    let subject = |kind| about(kind).subject::<SoftwareKeccak>(TypeKind::Nft);
    for kind in Kind::ALL {
        let unsettles = |kept| about(*kind).unsettles::<SoftwareKeccak>(kept);
        assert_eq!(unsettles(TypeKind::Sft), None, "{kind}");
        let expected = match kind {
            Kind::ForcedTransfer => subject(Kind::Revoke).zip(subject(Kind::FreezeToken)),
            _ => None,
        };
        assert_eq!(unsettles(TypeKind::Nft), expected.map(<[Hash; 2]>::from));
    }
}

#[test]
fn a_threshold_names_a_kind_or_the_default() {
    let mut decision = example(DecisionKind::SetThreshold);
    for (code, kind) in [
        (0, Some(None)),
        (5, Some(Some(DecisionKind::Revoke))),
        (22, None),
    ] {
        decision.token_id = word_of_u64(code);
        assert_eq!(decision.threshold_kind(), kind);
    }
}

#[test]
fn wallets_see_every_value_under_its_name() {
    let json: serde_json::Value =
        serde_json::from_str(&proposal(DecisionKind::FreezeHolder).typed_data(&HERE))
            .expect("JSON");
    assert_eq!(json["primaryType"], "FreezeHolder");
    assert_eq!(json["domain"]["name"], "LEX Committee");
    assert_eq!(json["domain"]["chainId"], 31_337);
    assert_eq!(json["message"]["decisionsBefore"], "6");
    assert_eq!(json["message"]["epoch"], "4");
    for kind in DecisionKind::ALL {
        let json: serde_json::Value =
            serde_json::from_str(&proposal(*kind).typed_data(&HERE)).expect("JSON");
        let fields = json["types"][kind.name()].as_array().expect("fields");
        let encoded: Vec<String> = fields
            .iter()
            .map(|field| {
                let text = |key: &str| field[key].as_str().expect("text").to_owned();
                format!("{} {}", text("type"), text("name"))
            })
            .collect();
        let type_string = format!("{kind}({})", encoded.join(","));
        assert_eq!(type_string, kind.type_string());
        let message = json["message"].as_object().expect("values");
        assert_eq!(message.len(), fields.len());
        assert_eq!(proposal(*kind).readable().len(), fields.len());
    }
}

#[test]
fn jurisdictions_are_readable() {
    let mut proposal = proposal(DecisionKind::Activate);
    let shown = |proposal: &Proposal| {
        let readable = proposal.readable();
        let found = readable
            .into_iter()
            .find(|(name, _)| *name == "jurisdiction");
        found.map(|(_, value)| value).unwrap_or_default()
    };
    proposal.decision.previous = [0; 32];
    proposal.decision.previous[..5].copy_from_slice(b"US-NY");
    assert_eq!(shown(&proposal), "US-NY");
    for hidden in [[0xff; 32], [b' '; 32]] {
        proposal.decision.previous = hidden;
        assert!(shown(&proposal).starts_with("0x"));
    }
    // Something behind the zeros is no place either.
    proposal.decision.previous = [0; 32];
    proposal.decision.previous[..2].copy_from_slice(b"US");
    proposal.decision.previous[31] = b'X';
    assert!(shown(&proposal).starts_with("0x"));
}

#[test]
fn numbers_of_any_length_are_readable() {
    let mut proposal = proposal(DecisionKind::Resume);
    proposal.decision.token_id = [0xff; 32];
    proposal.decision.nonce = [0; 32];
    let readable = proposal.readable();
    let value = |name| {
        let found = readable.iter().find(|(field, _)| *field == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(
        value("tokenId"),
        Some("115792089237316195423570985008687907853269984665640564039457584007913129639935")
    );
    assert_eq!(value("nonce"), Some("0"));
    assert_eq!(
        value("target"),
        Some("0x1111111111111111111111111111111111111111")
    );
}

proptest! {
    #[test]
    fn nonces_survive_their_word(word: [u8; 32]) {
        prop_assert_eq!(Hash::from(Nonce::from(word)), word);
    }

    /// I16: what is signed binds every value, the proposer, the epoch, the committee and the chain.
    #[test]
    fn i16_the_id_binds_everything(kind in any_kind(), place in 0usize..17, delta in 1u8..) {
        let before = proposal(kind);
        let (mut after, mut committee) = (before, HERE);
        let delta_word = word_of_u64(delta.into());
        let field = kind.fields().get(place);
        match (field, place) {
            (Some(field), _) => {
                let mut word = before.decision.word(field.part);
                word[31] ^= delta;
                set(&mut after.decision, field.part, word);
            }
            (None, 11) => after.decision.nonce[0] ^= delta,
            (None, 12) => after.decision.nonce[31] ^= delta,
            (None, 13) => after.decision.deadline ^= u64::from(delta),
            (None, 14) => after.proposer[0] ^= delta,
            (None, 15) => after.epoch ^= u64::from(delta),
            (None, 16) => committee.chain_id ^= u64::from(delta),
            _ => committee.address.copy_from_slice(&delta_word[12..]),
        }
        prop_assume!(committee != HERE || after != before);
        prop_assert_ne!(id(&before), after.id::<SoftwareKeccak>(&committee));
    }

    /// The same values mean another thing in another kind, and so have another id.
    #[test]
    fn no_kind_is_taken_for_another(first in any_kind(), second in any_kind()) {
        prop_assume!(first != second);
        let mut other = proposal(first);
        other.decision.kind = second;
        prop_assert_ne!(id(&proposal(first)), id(&other));
    }

    /// Whatever the values, a decision that is valid says nothing that is not signed.
    #[test]
    fn every_value_of_a_valid_decision_is_signed(kind in any_kind(), part in select(Part::ALL), word: [u8; 32]) {
        let mut decision = example(kind);
        set(&mut decision, part, word);
        prop_assume!(decision.validate().is_ok() && decision != example(kind));
        let changed = Proposal { decision, ..proposal(kind) };
        prop_assert_ne!(id(&proposal(kind)), id(&changed));
    }
}
