//! A walk over the committee alone: proposals, approvals, withdrawals, executions, changes of its
//! members, against a reference that counts with sets and maps instead of bits.

mod choose;
mod reference;
#[cfg(test)]
mod tests;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256};
use lex_model::{Decision, DecisionKind, Nonce};

pub use reference::{Known, Roll, Stage};

use crate::{
    Chain, Contract, Failure, Ground, Interface, Outcome, Random, Refused,
    decided::encoded,
    evidence::no_evidence,
    people, to_refusals,
    values::{address, hash, number, to_address, to_number, word},
};

/// One message to the committee, or time passing.
#[derive(Debug, Clone)]
pub enum Motion {
    /// A decision is put to it.
    Propose(Address, Decision),
    /// Somebody brings a member's signatures: proposer, decision, who signs, and which of them is forged.
    Submit(Address, Address, Decision, Vec<Address>, Option<usize>),
    /// A member approves.
    Approve(Address, B256),
    /// Somebody brings the signature of a member, or a forged one.
    ApproveSigned(Address, Address, B256, bool),
    /// A member takes its approval back.
    Withdraw(Address, B256),
    /// A maker gives its decision up.
    Cancel(Address, B256),
    /// Somebody uses up a number of a proposer's.
    UseUp(Address, Address, Nonce),
    /// Anyone has a decision executed.
    Execute(Address, B256),
    /// Time passes, in seconds.
    Wait(u64),
}

/// A committee on a chain, and the reference of it.
pub struct CommitteeGround<C> {
    chain: C,
    committee: Contract,
    roll: Roll,
}

/// Contracts that decisions are about: two that do what they are told, and an account that is none.
#[derive(Debug, Clone, Copy)]
pub struct Targets {
    /// Accepts every call, and keeps seats.
    pub agreeing: Address,
    /// Accepts every call, and keeps single tokens, all of one holder.
    pub single: Address,
    /// Who that holder is said to be, whatever happens.
    pub holder: Address,
    /// Is no contract.
    pub nobody: Address,
}

/// The members of the beginning, with their weights.
const MEMBERS: [(Address, u32); 3] = [
    (people::HOLDERS[0], 2),
    (people::HOLDERS[1], 1),
    (people::HOLDERS[2], 1),
];
const THRESHOLD: u32 = 3;

impl<C: Chain> CommitteeGround<C> {
    /// Creates a committee of three on a chain.
    ///
    /// # Errors
    /// When its constructor refuses.
    pub fn new(mut chain: C, blob: &[u8], chain_id: u64) -> Result<Self, Failure> {
        let interface = Interface::read("Committee");
        // It answers every call with five words of zeros, as what nobody changes: return(0, 160).
        let zeros = [0x60, 160, 0x60, 0, 0xf3];
        // The second word is the holder's: mstore(32, holder).
        let holder = people::HOLDERS[0];
        let of_holder = [&[0x73][..], &holder.0[..], &[0x60, 32, 0x52], &zeros].concat();
        let [agreeing, single] = [zeros.to_vec(), of_holder]
            .map(|code| chain.deploy(people::ADMIN, &creating(&code), &[]));
        let (agreeing, single) = (agreeing?, single?);
        let arguments = interface.construct(&[
            DynSolValue::Array(MEMBERS.map(|(member, _)| address(member)).into()),
            DynSolValue::Array(MEMBERS.map(|(_, weight)| number(weight.into())).into()),
            number(THRESHOLD.into()),
        ]);
        let at = chain.deploy(people::ADMIN, blob, &arguments)?;
        let targets = Targets {
            agreeing,
            single,
            holder,
            nobody: people::ADMIN,
        };
        let roll = Roll::new(chain_id, at, targets, &MEMBERS, THRESHOLD, chain.now());
        Ok(Self {
            chain,
            committee: Contract {
                address: at,
                interface,
            },
            roll,
        })
    }

    fn compare_explanation(&mut self, id: B256) -> Result<(), String> {
        let actual = to_refusals(&self.read("explain", &[hash(id)])?[0]);
        let expected = self.roll.refusals(id);
        if expected == actual {
            Ok(())
        } else {
            Err(format!("explain says {actual:?} instead of {expected:?}"))
        }
    }

    fn compare_decision(&mut self, motion: &Motion) -> Result<(), String> {
        let id = match motion {
            Motion::Propose(maker, decision) | Motion::Submit(_, maker, decision, ..) => {
                self.roll.id(*maker, decision)
            }
            Motion::Approve(_, id)
            | Motion::ApproveSigned(_, _, id, _)
            | Motion::Withdraw(_, id)
            | Motion::Cancel(_, id)
            | Motion::Execute(_, id) => *id,
            Motion::UseUp(..) | Motion::Wait(_) => return Ok(()),
        };
        let Some(known) = self.roll.decisions.get(&id).cloned() else {
            return Ok(());
        };
        let expected = [
            known.stage as u64,
            self.roll.approving(&known).into(),
            known.threshold.into(),
        ];
        let values = self.read("decision", &[hash(id)])?;
        let fields = self.committee.interface.fields("decision", &values);
        let actual = ["state", "weight", "threshold"].map(|name| to_number(&fields[name]));
        if expected == actual {
            Ok(())
        } else {
            Err(format!(
                "decision {id} is {actual:?} instead of {expected:?}"
            ))
        }
    }

    /// I18: every threshold can be reached, and none is 0. I19: no member is nobody, the committee itself
    /// or there twice. And members and weights are the reference's.
    fn i18_i19_members(&mut self) -> Result<(), String> {
        let answer = self.read("members", &[])?;
        let members: Vec<(Address, u32)> = answer[0]
            .as_array()
            .unwrap_or_default()
            .iter()
            .filter_map(DynSolValue::as_tuple)
            .map(|member| (to_address(&member[0]), to_number(&member[1]) as u32))
            .collect();
        let sorted = |members: &[(Address, u32)]| {
            let mut members = members.to_vec();
            members.sort_unstable();
            members
        };
        if sorted(&members) != sorted(&self.roll.members) {
            return Err(format!("members {members:?}, not {:?}", self.roll.members));
        }
        let distinct: std::collections::BTreeSet<_> =
            members.iter().map(|(member, _)| *member).collect();
        if distinct.len() != members.len()
            || distinct.contains(&Address::ZERO)
            || distinct.contains(&self.committee.address)
        {
            return Err(format!("I19: members {members:?}"));
        }
        let sum: u32 = members.iter().map(|(_, weight)| weight).sum();
        for kind in DecisionKind::ALL {
            let threshold = to_number(&self.read("threshold", &[number(kind.code().into())])?[0]);
            if threshold == 0 || threshold > sum.into() {
                return Err(format!("I18: {threshold} of {sum} for {kind:?}"));
            }
        }
        let epoch = to_number(&self.read("epoch", &[])?[0]);
        if epoch == self.roll.epoch {
            Ok(())
        } else {
            Err(format!("epoch {epoch}, not {}", self.roll.epoch))
        }
    }

    fn message(&self, motion: &Motion) -> (Address, &'static str, Vec<DynSolValue>) {
        match motion {
            Motion::Propose(by, decision) => (*by, "propose", vec![encoded(decision)]),
            Motion::Submit(by, maker, decision, signers, forged) => {
                let id = self.roll.id(*maker, decision);
                let signatures = signers
                    .iter()
                    .enumerate()
                    .map(|(place, signer)| self.signature(*signer, id, *forged == Some(place)));
                let arguments = vec![
                    encoded(decision),
                    address(*maker),
                    DynSolValue::Array(signers.iter().copied().map(address).collect()),
                    DynSolValue::Array(signatures.collect()),
                ];
                (*by, "submit", arguments)
            }
            Motion::Approve(by, id) => (*by, "approve", vec![hash(*id)]),
            Motion::ApproveSigned(by, signer, id, forged) => {
                let signature = self.signature(*signer, *id, *forged);
                (
                    *by,
                    "approveBySig",
                    vec![hash(*id), address(*signer), signature],
                )
            }
            Motion::Withdraw(by, id) => (*by, "withdraw", vec![hash(*id)]),
            Motion::Cancel(by, id) => (*by, "cancel", vec![hash(*id)]),
            Motion::UseUp(by, proposer, nonce) => {
                let nonce = word((*nonce).into());
                (*by, "useUpNonce", vec![address(*proposer), nonce])
            }
            Motion::Execute(by, id) => (*by, "execute", vec![hash(*id), no_evidence()]),
            Motion::Wait(_) => (Address::ZERO, "", Vec::new()),
        }
    }

    /// What the signer, or a forger in its place, signs.
    fn signature(&self, signer: Address, id: B256, forged: bool) -> DynSolValue {
        let by = if forged { people::PUBLISHER } else { signer };
        DynSolValue::Bytes(self.chain.sign(by, id).to_vec())
    }

    fn read(&mut self, name: &str, arguments: &[DynSolValue]) -> Result<Vec<DynSolValue>, String> {
        let data = self.committee.interface.encode(name, arguments);
        let output = self
            .chain
            .read(Address::ZERO, self.committee.address, &data)
            .map_err(|failure| format!("{name}: {failure:?}"))?;
        Ok(self
            .committee
            .interface
            .decode(name, arguments.len(), &output))
    }
}

impl<C: Chain> Ground for CommitteeGround<C> {
    type Chain = C;
    type Step = Motion;

    fn chain(&self) -> &C {
        &self.chain
    }

    fn choose(&self, random: &mut Random) -> Motion {
        Motion::random(random, &self.roll)
    }

    fn take(&mut self, motion: &Motion, _: &mut Random) -> Result<Outcome, String> {
        if let Motion::Wait(seconds) = motion {
            let later = self.roll.now + seconds;
            self.chain.wait_until(later);
            self.roll.now = self.chain.now();
            return Ok(Outcome::WAITED);
        }
        let (from, name, arguments) = self.message(motion);
        if let Motion::Execute(_, id) = motion {
            self.compare_explanation(*id)?;
        }
        let before = matches!(motion, Motion::Execute(..)).then(|| self.roll.clone());
        let data = self.committee.interface.encode(name, &arguments);
        let actual = self.chain.send(from, self.committee.address, &data);
        self.roll.now = self.chain.now();
        let expected = self.roll.apply(motion);
        match (&expected, &actual) {
            (Ok(()), Ok(_)) => {}
            (Err(expected), Err(Failure::Refused(actual))) if expected == actual => {}
            _ => return Err(format!("{actual:?} instead of {expected:?}")),
        }
        if let (Motion::Execute(_, id), Some(before), Ok(())) = (motion, before, &expected) {
            before.i17_i20_was_decided(*id)?;
            self.i18_i19_members()?;
        }
        self.compare_decision(motion)?;
        Ok(Outcome {
            message: name,
            refused: expected.err(),
        })
    }

    fn compare_all(&mut self) -> Result<(), String> {
        self.i18_i19_members()
    }
}

/// What creates a contract of this code, of less than 256 bytes: codecopy(0, 11, length), return(0, length).
fn creating(code: &[u8]) -> Vec<u8> {
    let length = code.len() as u8;
    let create = [0x60, length, 0x80, 0x60, 11, 0x60, 0, 0x39, 0x60, 0, 0xf3];
    [&create[..], code].concat()
}

/// A refusal as `Err`.
fn refuse(reason: lex_model::Reason, detail: u64) -> Result<(), Refused> {
    Err(Refused::new(reason, detail))
}
