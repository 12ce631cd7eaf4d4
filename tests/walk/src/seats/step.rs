use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, U256};
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
    /// An action that policy is asked about.
    Act {
        /// What is asked for.
        question: Question,
        /// What else the message says.
        details: Details,
        /// Of an issue, the most seats that others than the licensee may hold.
        max_per_holder: u64,
        /// By which of two messages that do the same.
        by: Way,
    },
    /// Seats of several licenses move: ids, and how many of each.
    TransferBatch {
        /// Who sends it.
        caller: Address,
        /// Whose seats.
        from: Address,
        /// Who is to get them.
        to: Address,
        /// Of which licenses.
        ids: Vec<u64>,
        /// How many of each.
        amounts: Vec<u64>,
    },
    /// Everything that a lost key has of several licenses goes to its successor.
    RecoverAll(Address, Address, Vec<u64>),
    /// A suspension that has lifted is recorded.
    Settle(Address, u64),
    /// A user is assigned a seat of the sender until a time.
    Assign(Address, u64, Address, u64),
    /// A user's right is taken back.
    Unassign(Address, u64, Address),
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
                max_per_holder,
                by,
            } => {
                let known = reference.series(question.id);
                let known = known.map(|series| (series.license, series.metadata));
                let (name, arguments) =
                    lifecycle::message(question.kind, question.id, known, details, evidence)
                        .unwrap_or_else(|| {
                            action(question, details, *max_per_holder, *by, evidence)
                        });
                (question.caller, name, arguments)
            }
            Self::TransferBatch {
                caller,
                from,
                to,
                ids,
                amounts,
            } => {
                let amounts = amounts.iter().copied().map(seats).collect();
                let arguments = vec![
                    address(*from),
                    address(*to),
                    listed(ids),
                    DynSolValue::Array(amounts),
                    nothing(),
                ];
                (*caller, "safeBatchTransferFrom", arguments)
            }
            Self::RecoverAll(by, lost, ids) => (*by, "recover", vec![listed(ids), address(*lost)]),
            Self::Settle(by, license) => (*by, "settle", vec![id(*license)]),
            Self::Assign(by, license, user, expires) => (
                *by,
                "assign",
                vec![id(*license), address(*user), number(*expires)],
            ),
            Self::Unassign(by, license, user) => {
                (*by, "unassign", vec![id(*license), address(*user)])
            }
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

    /// The licenses that this is about; none where it is about none, or makes one.
    pub fn licenses(&self) -> Vec<u64> {
        match self {
            Self::Act { question, .. } if question.kind != ActionKind::Issue => vec![question.id],
            Self::TransferBatch { ids, .. } | Self::RecoverAll(_, _, ids) => ids.clone(),
            Self::Settle(_, license)
            | Self::Assign(_, license, ..)
            | Self::Unassign(_, license, _) => vec![*license],
            _ => Vec::new(),
        }
    }

    /// The accounts that this names, its sender included.
    pub fn accounts(&self) -> Vec<Address> {
        match self {
            Self::Act { question, .. } => vec![question.caller, question.from, question.to],
            Self::TransferBatch {
                caller, from, to, ..
            } => vec![*caller, *from, *to],
            Self::RecoverAll(by, one, _)
            | Self::Assign(by, _, one, _)
            | Self::Unassign(by, _, one)
            | Self::SetOperator(by, one, _) => vec![*by, *one],
            Self::Settle(by, _) => vec![*by],
            Self::Rule(_) | Self::Wait(_) => Vec::new(),
        }
    }

    /// The reason and the evidence that this gives, where it is about an action.
    pub fn grounds(&self) -> Option<(ActionKind, u32, B256)> {
        let Self::Act {
            question,
            details,
            by,
            ..
        } = self
        else {
            return None;
        };
        Some(lifecycle::grounds(question.kind, details, *by))
    }
}

fn action(
    question: &Question,
    details: &Details,
    max_per_holder: u64,
    by: Way,
    evidence: &DynSolValue,
) -> (&'static str, Vec<DynSolValue>) {
    let Question {
        kind,
        from,
        to,
        amount,
        ..
    } = *question;
    let license = id(question.id);
    let decided = [number(u64::from(details.reason)), hash(CONTENT)];
    match (kind, by) {
        (ActionKind::Issue, _) => (
            "issue",
            vec![
                address(to),
                number(question.license_type),
                text(question.place),
                number(question.valid_from),
                number(amount),
                number(max_per_holder),
                hash(details.metadata.hash()),
                text(&details.metadata.uri()),
            ],
        ),
        (ActionKind::Surrender, _) => ("giveUp", vec![license, number(amount)]),
        (ActionKind::ForceTransfer, Way::Own) => {
            let moved = vec![address(from), address(to), license, number(amount)];
            ("forceTransfer", [moved, decided.into()].concat())
        }
        (ActionKind::ForceTransfer, Way::Other) => (
            "forcedTransfer",
            vec![address(from), address(to), license, seats(amount)],
        ),
        (ActionKind::FreezeToken, Way::Own) => {
            let held = vec![address(from), license, number(amount)];
            ("freezeToken", [held, decided.into()].concat())
        }
        (ActionKind::FreezeToken, Way::Other) => (
            "setFrozenTokens",
            vec![address(from), license, number(amount)],
        ),
        (ActionKind::Recover, _) => (
            "recover",
            vec![DynSolValue::Array(vec![license]), address(from)],
        ),
        (_, Way::Own) => (
            "safeTransferFrom",
            vec![
                address(from),
                address(to),
                license,
                seats(amount),
                nothing(),
            ],
        ),
        (_, Way::Other) => (
            "transferWith",
            vec![
                address(from),
                address(to),
                license,
                seats(amount),
                evidence.clone(),
            ],
        ),
    }
}

/// A number of seats in 256 bits. The largest of 64 stands for what does not fit into them: either is
/// more than anyone has.
fn seats(amount: u64) -> DynSolValue {
    let amount = match amount {
        u64::MAX => U256::MAX,
        few => U256::from(few),
    };
    DynSolValue::Uint(amount, 256)
}

fn listed(ids: &[u64]) -> DynSolValue {
    DynSolValue::Array(ids.iter().copied().map(id).collect())
}

fn nothing() -> DynSolValue {
    DynSolValue::Bytes(Vec::new())
}
