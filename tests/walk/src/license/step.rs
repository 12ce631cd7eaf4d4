use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;
use lex_model::ActionKind;

use super::{Question, Reference};
use crate::{
    Message, Ruling,
    decided::decidable,
    evidence::no_evidence,
    id,
    lifecycle::{self, Details, Way},
    message::CONTENT,
    values::{address, flag, hash, number, text},
};

/// One message, or time passing. The first account is the sender.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one step is taken at a time")]
pub enum Step {
    /// An action on a license, or a new one.
    Act {
        /// What is asked for.
        question: Question,
        /// What else the message says; of a freeze, `until` is whether it begins.
        details: Details,
        /// Whom a transfer names as the holder.
        from: Address,
        /// By which of two messages that do the same.
        by: Way,
    },
    /// A suspension that has lifted is recorded.
    Settle(Address, u64),
    /// A license is approved for someone.
    Approve(Address, Address, u64),
    /// The use of a license is lent to someone until a time, or taken back from nobody.
    Lend(Address, u64, Address, u64),
    /// An operator is approved, or not any more.
    SetOperator(Address, Address, bool),
    /// Policy is told something.
    Rule(Ruling),
    /// Time passes, in seconds.
    Wait(u64),
}

impl Step {
    /// The message that does this, with encoded evidence; none for time passing.
    pub fn message(&self, reference: &Reference, evidence: &DynSolValue) -> Option<Message> {
        let (by, name, arguments) = match self {
            Self::Act {
                question,
                details,
                from,
                by,
            } => {
                let (name, arguments) = action(reference, question, details, *from, *by, evidence);
                (question.caller, name, arguments)
            }
            Self::Settle(by, license) => (*by, "settle", vec![id(*license)]),
            Self::Approve(by, to, license) => (*by, "approve", vec![address(*to), id(*license)]),
            Self::Lend(by, license, user, expires) => (
                *by,
                "setUser",
                vec![id(*license), address(*user), number(*expires)],
            ),
            Self::SetOperator(by, operator, approved) => (
                *by,
                "setApprovalForAll",
                vec![address(*operator), flag(*approved)],
            ),
            Self::Rule(ruling) => return Some(ruling.message(&reference.rules.deployed)),
            Self::Wait(_) => return None,
        };
        Some(Message::to_license(by, name, arguments))
    }

    /// The same step; what no decision of a committee contract does, the committee of one asks for.
    pub(super) fn decidable(self, reference: &Reference) -> Self {
        let contract = reference.rules.deployed.committee;
        decidable(self, contract, Self::sender_mut, |step| {
            step.message(reference, &no_evidence())
        })
    }

    fn sender_mut(&mut self) -> Option<&mut Address> {
        match self {
            Self::Act { question, .. } => Some(&mut question.caller),
            Self::Rule(ruling) => Some(ruling.sender_mut()),
            _ => None,
        }
    }

    /// The license that this is about; none where it is about none, or makes one.
    pub fn license(&self) -> Option<u64> {
        match self {
            Self::Act { question, .. } if question.kind != ActionKind::Issue => Some(question.id),
            Self::Settle(_, license)
            | Self::Approve(_, _, license)
            | Self::Lend(_, license, ..) => Some(*license),
            _ => None,
        }
    }
}

fn action(
    reference: &Reference,
    question: &Question,
    details: &Details,
    from: Address,
    by: Way,
    evidence: &DynSolValue,
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
    let known = reference
        .entry(license_id)
        .map(|entry| (entry.license, entry.metadata));
    let license = id(license_id);
    match lifecycle::message(kind, license_id, known, details, evidence) {
        Some(("renew", _)) if by == Way::Other => {
            return ("renewSubscription", vec![license, number(0)]);
        }
        Some(message) => return message,
        None => {}
    }
    let wanted = || {
        vec![
            address(to),
            number(license_type),
            text(place),
            number(valid_from),
            hash(details.metadata.hash()),
            text(&details.metadata.uri()),
        ]
    };
    let decided = [number(u64::from(details.reason)), hash(CONTENT)];
    match kind {
        ActionKind::Issue => ("issue", wanted()),
        ActionKind::Sublicense => ("sublicense", [vec![license], wanted()].concat()),
        ActionKind::Surrender if by == Way::Other => ("cancelSubscription", vec![license]),
        ActionKind::Surrender => ("surrender", vec![license]),
        ActionKind::ForceTransfer if by == Way::Other => {
            ("forcedTransfer", vec![address(from), address(to), license])
        }
        ActionKind::ForceTransfer => {
            let route = vec![address(from), address(to), license, number(1)];
            ("forceTransfer", [route, decided.into()].concat())
        }
        ActionKind::FreezeToken if by == Way::Other => (
            "setFrozenTokens",
            vec![address(from), license, flag(details.until != 0)],
        ),
        ActionKind::FreezeToken => {
            let held = vec![address(from), license, number(details.until)];
            ("freezeToken", [held, decided.into()].concat())
        }
        ActionKind::Recover => ("recover", vec![DynSolValue::Array(vec![license])]),
        _ if details.evidence.is_some() => (
            "transferWith",
            vec![address(from), address(to), license, evidence.clone()],
        ),
        _ => {
            let name = match by {
                Way::Own => "transferFrom",
                Way::Other => "safeTransferFrom",
            };
            (name, vec![address(from), address(to), license])
        }
    }
}
