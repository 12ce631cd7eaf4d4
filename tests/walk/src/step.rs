use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256};
use lex_model::{ActionKind, Rule};

use crate::{
    Question, Reference, id,
    values::{address, flag, hash, number, text},
};

/// One message, or time passing.
#[derive(Debug, Clone)]
pub enum Step {
    /// An action on a license, or a new one.
    Act {
        /// What is asked for.
        question: Question,
        /// A suspension's end; 0 for none.
        until: u64,
        /// The reason of what needs one; 0 where it is missing.
        reason: u32,
        /// Whom a transfer names as the holder.
        from: Address,
    },
    /// A suspension that has lifted is recorded.
    Settle(Address, u64),
    /// A license is approved for someone.
    Approve(Address, Address, u64),
    /// An operator is approved, or not any more.
    SetOperator(Address, Address, bool),
    /// A holder is frozen or released.
    FreezeHolder(Address, Address, bool),
    /// A lost key gets a successor.
    RecoverKey(Address, Address, Address),
    /// Groups are paused.
    Pause(Address, u8),
    /// Groups go on.
    LiftPause(Address, u8),
    /// A type is opened or closed.
    SetTypeOpen(Address, u64, bool),
    /// An account becomes an issuer, or is none any more.
    SetIssuer(Address, Address, bool),
    /// An issuer is granted a type and a place, or not any more.
    SetGrant(Address, Address, u64, &'static str, bool),
    /// A jurisdiction's rules change.
    SetBundle(Address, &'static str, Vec<Rule>),
    /// A jurisdiction has no rules any more.
    RemoveBundle(Address, &'static str),
    /// Time passes, in seconds.
    Wait(u64),
}

/// To which contract a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// Policy.
    Policy,
    /// License.
    License,
}

/// A message as it is sent.
#[derive(Debug)]
pub struct Message {
    /// Where to.
    pub to: To,
    /// Who sends it.
    pub from: Address,
    /// Its name.
    pub name: &'static str,
    /// Its arguments.
    pub arguments: Vec<DynSolValue>,
}

/// The hash of metadata and of evidence, where nothing depends on it.
pub(crate) const CONTENT: B256 = B256::repeat_byte(0x11);

impl Step {
    /// The message that does this; none for time passing.
    pub fn message(&self, reference: &Reference) -> Option<Message> {
        let policy = |from: &Address, name, arguments| {
            Some(Message {
                to: To::Policy,
                from: *from,
                name,
                arguments,
            })
        };
        let license = |from: &Address, name, arguments| {
            Some(Message {
                to: To::License,
                from: *from,
                name,
                arguments,
            })
        };
        match self {
            Self::Act {
                question,
                until,
                reason,
                from,
            } => {
                let (name, arguments) = action(reference, question, *until, *reason, *from);
                license(&question.caller, name, arguments)
            }
            Self::Settle(by, license_id) => license(by, "settle", vec![id(*license_id)]),
            Self::Approve(by, to, license_id) => {
                license(by, "approve", vec![address(*to), id(*license_id)])
            }
            Self::SetOperator(by, operator, approved) => license(
                by,
                "setApprovalForAll",
                vec![address(*operator), flag(*approved)],
            ),
            Self::FreezeHolder(by, holder, frozen) => policy(
                by,
                "setHolderFrozen",
                vec![address(*holder), flag(*frozen), number(7), hash(CONTENT)],
            ),
            Self::RecoverKey(by, lost, successor) => policy(
                by,
                "recoverKey",
                vec![
                    address(*lost),
                    address(*successor),
                    number(7),
                    hash(CONTENT),
                ],
            ),
            Self::Pause(by, groups) => policy(by, "pause", vec![number(u64::from(*groups))]),
            Self::LiftPause(by, groups) => {
                policy(by, "liftPause", vec![number(u64::from(*groups))])
            }
            Self::SetTypeOpen(by, license_type, open) => {
                policy(by, "setTypeOpen", vec![number(*license_type), flag(*open)])
            }
            Self::SetIssuer(by, issuer, true) => policy(
                by,
                "registerIssuer",
                vec![address(*issuer), text("an issuer")],
            ),
            Self::SetIssuer(by, issuer, false) => {
                policy(by, "removeIssuer", vec![address(*issuer)])
            }
            Self::SetGrant(by, issuer, license_type, place, granted) => {
                let name = if *granted {
                    "grantIssuer"
                } else {
                    "withdrawIssuer"
                };
                let arguments = vec![address(*issuer), number(*license_type), text(place)];
                policy(by, name, arguments)
            }
            Self::SetBundle(by, place, rules) => policy(
                by,
                "setBundle",
                vec![
                    text(place),
                    hash(CONTENT),
                    DynSolValue::Array(rules.iter().map(rule).collect()),
                ],
            ),
            Self::RemoveBundle(by, place) => policy(by, "removeBundle", vec![text(place)]),
            Self::Wait(_) => None,
        }
    }
}

fn rule(rule: &Rule) -> DynSolValue {
    DynSolValue::Tuple(vec![
        number(rule.demand as u64),
        number(u64::from(rule.actions)),
        number(rule.license_type),
        number(rule.value),
    ])
}

fn action(
    reference: &Reference,
    question: &Question,
    until: u64,
    reason: u32,
    from: Address,
) -> (&'static str, Vec<DynSolValue>) {
    let Question {
        kind,
        id: license_id,
        license_type,
        place,
        valid_from,
        to,
        ..
    } = *question;
    let license = id(license_id);
    let reason = number(u64::from(reason));
    match kind {
        ActionKind::Issue => (
            "issue",
            vec![
                address(to),
                number(license_type),
                text(place),
                number(valid_from),
                hash(CONTENT),
                text("ipfs://metadata"),
            ],
        ),
        ActionKind::Sublicense => (
            "sublicense",
            vec![
                license,
                address(to),
                number(license_type),
                text(place),
                number(valid_from),
                hash(CONTENT),
                text("ipfs://metadata"),
            ],
        ),
        ActionKind::Activate => {
            let known = reference.entry(license_id).map(|entry| entry.license);
            let term = known.map(|license| license.term);
            (
                "activate",
                vec![
                    license,
                    address(known.map_or(Address::ZERO, |license| license.holder.into())),
                    number(known.map_or(0, |license| license.license_type)),
                    number(term.map_or(0, |term| term.valid_from)),
                    number(term.map_or(0, |term| term.valid_until)),
                    hash(CONTENT),
                    no_evidence(),
                ],
            )
        }
        ActionKind::Withdraw => ("withdraw", vec![license]),
        ActionKind::Renew => ("renew", vec![license]),
        ActionKind::RequestRenewal => ("requestRenewal", vec![license]),
        ActionKind::Suspend => (
            "suspend",
            vec![license, reason, hash(CONTENT), number(until)],
        ),
        ActionKind::Resume => ("resume", vec![license]),
        ActionKind::Revoke => ("revoke", vec![license, reason, hash(CONTENT)]),
        ActionKind::Surrender => ("surrender", vec![license]),
        ActionKind::Transfer => ("transferFrom", vec![address(from), address(to), license]),
        ActionKind::ForceTransfer => (
            "forceTransfer",
            vec![
                address(from),
                address(to),
                license,
                number(1),
                reason,
                hash(CONTENT),
            ],
        ),
        ActionKind::FreezeToken => (
            "freezeToken",
            vec![address(from), license, number(until), reason, hash(CONTENT)],
        ),
        ActionKind::Recover => ("recover", vec![DynSolValue::Array(vec![license])]),
        ActionKind::Amend => (
            "setMetadata",
            vec![license, hash(CONTENT), text("ipfs://metadata/2")],
        ),
    }
}

/// Evidence of which there is none.
pub(crate) fn no_evidence() -> DynSolValue {
    let zeros = |count| DynSolValue::FixedArray(vec![number(0); count]);
    DynSolValue::Tuple(vec![
        DynSolValue::Tuple(vec![
            number(0),
            number(0),
            number(0),
            DynSolValue::Bytes(Vec::new()),
        ]),
        DynSolValue::Tuple(vec![zeros(8), number(0), zeros(3), number(0)]),
    ])
}
