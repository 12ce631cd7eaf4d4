//! What both license contracts do alike: issue licenses, and change them as a whole. The rules of a
//! single license are those of `lex-model`; here is which of them each message means.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256};
use lex_model::{
    Action, ActionKind, Durations, Jurisdiction, License, Outbox, Reason, SoftwareKeccak, Standing,
    Status, Subject, Term, TypeKind, Update,
};

use crate::{
    Evidence, Random, Refused, Rulebook, id,
    message::CONTENT,
    values::{address, hash, number, text},
};

/// The longest URI, in bytes.
const MAX_URI: usize = 256;

/// Where metadata is and what its hash is, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata(pub u8);

impl Metadata {
    /// Metadata whose URI is too long.
    pub const ENDLESS: Self = Self(u8::MAX);

    /// Its hash.
    pub fn hash(self) -> B256 {
        B256::repeat_byte(self.0)
    }

    /// Where it is.
    pub fn uri(self) -> String {
        if self == Self::ENDLESS {
            "u".repeat(MAX_URI + 1)
        } else {
            format!("ipfs://metadata/{}", self.0)
        }
    }

    /// Refuses a URI that is too long.
    pub(crate) fn require_short(self) -> Result<(), Refused> {
        if self == Self::ENDLESS {
            Err(Refused::new(Reason::InvalidText, MAX_URI as u64))
        } else {
            Ok(())
        }
    }

    /// Some metadata; one time in forty with a URI that is too long.
    pub(crate) fn random(random: &mut Random) -> Self {
        if random.chance(1, 40) {
            Self::ENDLESS
        } else {
            Self(random.below(9) as u8)
        }
    }
}

/// A license contract, as evidence names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    /// EIP-155 id of its chain.
    pub(crate) chain_id: u64,
    /// Its address.
    pub(crate) address: Address,
}

impl Source {
    /// What evidence for an action on a known license is about, in the version that evidence names; nothing is
    /// known of one that is asked for.
    pub(crate) fn subject(
        &self,
        rules: &Rulebook,
        license_id: u64,
        known: Option<(u32, Metadata)>,
        action: Action,
    ) -> Subject {
        let content = known.filter(|_| action.kind == ActionKind::Activate);
        Subject {
            chain_id: self.chain_id,
            policy: rules.deployed.policy.0.0,
            license: self.address.0.0,
            token_id: license_id.into(),
            version: known.map_or(0, |(version, _)| version),
            content: content.map_or([0; 32], |(_, metadata)| metadata.hash().0),
            action,
        }
    }
}

/// A license that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Who issues it; of a sublicense, the parent's holder.
    pub issuer: Address,
    /// Who is to hold it.
    pub to: Address,
    /// Its type.
    pub license_type: u64,
    /// Where it is to be valid.
    pub place: &'static str,
    /// Its start; 0 for now.
    pub valid_from: u64,
}

/// What a message about a license as a whole says besides the license.
#[derive(Debug, Clone, Copy)]
pub struct Details {
    /// The end of a suspension, or the end that a committee approved for a renewal; 0 for none.
    pub until: u64,
    /// The reason of what needs one; 0 where it is missing.
    pub reason: u32,
    /// The metadata of what describes a license.
    pub metadata: Metadata,
    /// Whether an activation describes another license than it names.
    pub mistaken: bool,
    /// What opens the gates.
    pub evidence: Evidence,
}

/// Which of two messages that do the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The contract's own, with reason and evidence.
    Own,
    /// A standard's: of a decision, ERC-7943's, without either; of a renewal or a surrender, ERC-5643's.
    Other,
}

/// The reason and the evidence that a message about an action gives.
pub(crate) fn grounds(kind: ActionKind, details: &Details, by: Way) -> (ActionKind, u32, B256) {
    let decided = matches!(kind, ActionKind::ForceTransfer | ActionKind::FreezeToken);
    match by {
        Way::Other if decided => (kind, 1, B256::ZERO),
        _ => (kind, details.reason, CONTENT),
    }
}

/// Refuses a decision without a reason code, if its message takes one.
pub(crate) fn require_grounds(details: &Details, by: Way) -> Result<(), Refused> {
    match by {
        Way::Own => require_reason(details.reason),
        Way::Other => Ok(()),
    }
}

/// The message that does this to a license as a whole, with its arguments; none where tokens are made
/// or moved. A license that does not exist is described by zeros. `evidence` is the encoded one.
pub(crate) fn message(
    kind: ActionKind,
    license_id: u64,
    known: Option<(License, Metadata)>,
    details: &Details,
    evidence: &DynSolValue,
) -> Option<(&'static str, Vec<DynSolValue>)> {
    let license = id(license_id);
    let reason = number(u64::from(details.reason));
    Some(match kind {
        ActionKind::Activate => {
            let described = known.map(|(license, metadata)| {
                let Term {
                    valid_from,
                    valid_until,
                    ..
                } = license.term;
                vec![
                    address(license.holder.into()),
                    number(license.license_type),
                    number(valid_from),
                    number(valid_until + u64::from(details.mistaken)),
                    hash(metadata.hash()),
                ]
            });
            let nothing = || {
                let zero = || number(0);
                vec![
                    address(Address::ZERO),
                    zero(),
                    zero(),
                    zero(),
                    hash(B256::ZERO),
                ]
            };
            let mut arguments = vec![license];
            arguments.extend(described.unwrap_or_else(nothing));
            arguments.push(evidence.clone());
            ("activate", arguments)
        }
        ActionKind::Withdraw => ("withdraw", vec![license]),
        ActionKind::Renew if details.until != 0 => (
            "renewApproved",
            vec![license, number(details.until), evidence.clone()],
        ),
        ActionKind::Renew if details.evidence.is_some() => {
            ("renewWith", vec![license, evidence.clone()])
        }
        ActionKind::Renew => ("renew", vec![license]),
        ActionKind::RequestRenewal => ("requestRenewal", vec![license]),
        ActionKind::Suspend => (
            "suspend",
            vec![license, reason, hash(CONTENT), number(details.until)],
        ),
        ActionKind::Resume => ("resume", vec![license]),
        ActionKind::Revoke => ("revoke", vec![license, reason, hash(CONTENT)]),
        ActionKind::Amend => (
            "setMetadata",
            vec![
                license,
                hash(details.metadata.hash()),
                text(&details.metadata.uri()),
            ],
        ),
        _ => return None,
    })
}

/// What a message about a license that exists must say of it, before policy is asked.
pub(crate) fn require_fit(
    kind: ActionKind,
    requested: bool,
    details: &Details,
) -> Result<(), Refused> {
    match kind {
        ActionKind::Activate if details.mistaken => Err(Reason::NotAsApproved.into()),
        ActionKind::Renew if details.until != 0 && !requested => Err(Reason::NotRequested.into()),
        _ => Ok(()),
    }
}

/// A license after policy has allowed a change of it as a whole; itself where only what is noted about
/// it changes.
pub(crate) fn changed(
    kind: ActionKind,
    license: License,
    durations: &Durations,
    now: u64,
    details: &Details,
) -> Result<License, Refused> {
    Ok(match kind {
        ActionKind::Activate => license.activated(now)?,
        ActionKind::Withdraw => license.withdrawn(now)?,
        ActionKind::Renew => license.renewed(durations, now)?,
        ActionKind::Suspend => {
            require_reason(details.reason)?;
            let until = details.until;
            license
                .suspended((until != 0).then_some(until), now)
                .map_err(|reason| Refused::new(reason, until))?
        }
        ActionKind::Resume => license.resumed(now)?,
        ActionKind::Revoke => {
            require_reason(details.reason)?;
            license.revoked()?
        }
        ActionKind::Amend => license.amended()?,
        _ => license,
    })
}

/// A renewed license as it is, if that is what was approved.
pub(crate) fn as_approved(renewed: License, details: &Details) -> Result<License, Refused> {
    if details.until == 0 || details.until == renewed.term.valid_until {
        Ok(renewed)
    } else {
        Err(Reason::NotAsApproved.into())
    }
}

/// A license whose suspension has lifted by itself.
pub(crate) fn settled(license: License, now: u64) -> Result<License, Refused> {
    license.settled(now).map_err(|reason| {
        let lifts_at = lifts_at(license.standing);
        Refused::new(
            reason,
            if reason == Reason::NotLifted {
                lifts_at
            } else {
                0
            },
        )
    })
}

/// When a suspension lifts by itself; 0 for never, or when there is none.
pub(crate) fn lifts_at(standing: Standing) -> u64 {
    match standing {
        Standing::Suspended { lifts_at } => lifts_at.unwrap_or_default(),
        _ => 0,
    }
}

/// Refuses a decision without a reason code.
pub(crate) fn require_reason(reason: u32) -> Result<(), Refused> {
    if reason == 0 {
        Err(Reason::MissingReason.into())
    } else {
        Ok(())
    }
}

/// Whether a license in this status never comes back.
pub(crate) fn has_ended(status: Status) -> bool {
    matches!(status, Status::Revoked | Status::Archived)
}

/// An action on a license as a whole, of one token or seat, without a receiver.
pub(crate) fn action_on(
    kind: ActionKind,
    caller: Address,
    token_kind: TypeKind,
    license: &License,
    now: u64,
) -> Action {
    Action {
        kind,
        caller: caller.0.0,
        issuer: license.issuer,
        holder: license.holder,
        to: [0; 20],
        amount: 1,
        token_kind,
        license_type: license.license_type,
        jurisdiction: license.jurisdiction,
        status: license.status_at(now),
        held: false,
        suspended_by_committee: false,
        term: license.term,
        parent: None,
        at: now,
    }
}

/// An action that makes a license.
pub(crate) fn creation(
    kind: ActionKind,
    caller: Address,
    token_kind: TypeKind,
    wanted: &Wanted,
    now: u64,
) -> Result<Action, Reason> {
    Ok(Action {
        kind,
        caller: caller.0.0,
        issuer: wanted.issuer.0.0,
        holder: [0; 20],
        to: wanted.to.0.0,
        amount: 1,
        token_kind,
        license_type: wanted.license_type,
        jurisdiction: Jurisdiction::parse(wanted.place)?,
        status: Status::Unknown,
        held: false,
        suspended_by_committee: false,
        term: Term {
            valid_from: starts(wanted, now),
            valid_until: 0,
            grace_until: 0,
        },
        parent: None,
        at: now,
    })
}

/// The license that a creation makes once policy has allowed it: pending while a gate of its type or
/// of its place is open.
pub(crate) fn issued(
    rules: &Rulebook,
    action: &Action,
    wanted: &Wanted,
) -> Result<License, Refused> {
    let durations = rules.durations(wanted.license_type);
    let license = License::issued(
        wanted.to.0.0,
        wanted.issuer.0.0,
        wanted.license_type,
        action.jurisdiction,
        Term::first(&durations, starts(wanted, action.at))?,
    );
    Ok(match rules.gates(action) {
        0 => license,
        _ => license.pending(),
    })
}

fn starts(wanted: &Wanted, now: u64) -> u64 {
    match wanted.valid_from {
        0 => now,
        given => given,
    }
}

/// Gives an update its nonce and appends it.
pub(crate) fn append(outbox: &mut Outbox, update: Update) {
    let nonce = outbox.nonce + 1;
    let update = Update { nonce, ..update };
    *outbox = outbox
        .with::<SoftwareKeccak>(&update)
        .expect("the nonce is the next one");
}
