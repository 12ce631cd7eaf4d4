use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256};
use lex_model::{Committee, Decision, DecisionKind, Part, Proposal, Reason, SoftwareKeccak};

use super::{Motion, Targets, refuse};
use crate::Refused;

/// The fewest and the most members.
const MEMBERS: [usize; 2] = [2, 32];

/// What the committee should hold.
#[derive(Debug, Clone)]
pub struct Roll {
    /// Time, Unix seconds.
    pub now: u64,
    /// Counts the changes of the members.
    pub epoch: u64,
    /// Who they are, with their weights.
    pub members: Vec<(Address, u32)>,
    /// By code of the kind, 0 for the default.
    pub thresholds: BTreeMap<u8, u32>,
    /// What was put to it.
    pub decisions: BTreeMap<B256, Known>,
    /// The first free number of each lane.
    pub next: BTreeMap<[u8; 24], u64>,
    /// What decisions are about.
    pub targets: Targets,
    identity: Committee,
}

/// A decision that was put to the committee.
#[derive(Debug, Clone)]
pub struct Known {
    /// What, by whom, in which epoch.
    pub proposal: Proposal,
    /// Who approves.
    pub approvals: BTreeSet<Address>,
    /// Who took an approval back.
    pub withdrawn: BTreeSet<Address>,
    /// How far it has come.
    pub stage: Stage,
}

/// How far a decision has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It can be approved and executed.
    Open = 1,
    /// It took effect.
    Executed = 2,
    /// Its maker gave it up.
    Canceled = 3,
}

impl Known {
    /// Counts a member's signature.
    fn sign(&mut self, signer: Address, forged: bool) -> Result<(), Refused> {
        if self.withdrawn.contains(&signer) {
            return refuse(Reason::SignatureWithdrawn, 0);
        }
        if self.approvals.contains(&signer) {
            return refuse(Reason::AlreadyApproved, 0);
        }
        if forged {
            return refuse(Reason::InvalidSignature, 0);
        }
        self.approvals.insert(signer);
        Ok(())
    }
}

impl Roll {
    /// A new committee.
    pub fn new(
        chain_id: u64,
        at: Address,
        targets: Targets,
        members: &[(Address, u32)],
        threshold: u32,
        now: u64,
    ) -> Self {
        Self {
            now,
            epoch: 1,
            members: members.to_vec(),
            thresholds: BTreeMap::from([(0, threshold)]),
            decisions: BTreeMap::new(),
            next: BTreeMap::new(),
            targets,
            identity: Committee {
                chain_id,
                address: at.0.0,
            },
        }
    }

    /// Where the committee is.
    pub fn address(&self) -> Address {
        self.identity.address.into()
    }

    /// The id of a decision that `by` puts to the committee now.
    pub fn id(&self, by: Address, decision: &Decision) -> B256 {
        self.proposal(by, decision)
            .id::<SoftwareKeccak>(&self.identity)
            .into()
    }

    /// The weight that a kind needs.
    pub fn threshold(&self, kind: u8) -> u32 {
        let own = self.thresholds.get(&kind);
        own.or_else(|| self.thresholds.get(&0))
            .copied()
            .unwrap_or_default()
    }

    /// The weight that approves a decision.
    pub fn approving(&self, known: &Known) -> u32 {
        if known.proposal.epoch != self.epoch {
            return 0;
        }
        self.members
            .iter()
            .filter(|(member, _)| known.approvals.contains(member))
            .map(|(_, weight)| weight)
            .sum()
    }

    /// Why a decision cannot be executed.
    pub fn refusals(&self, id: B256) -> Vec<Refused> {
        let Some(known) = self.decisions.get(&id) else {
            return vec![Reason::UnknownDecision.into()];
        };
        let mut refusals = self.standing(known);
        let needed = self.threshold(known.proposal.decision.kind.code());
        let missing = needed.saturating_sub(self.approving(known));
        if missing > 0 {
            refusals.push((Reason::NotYetApproved, missing.into()));
        }
        let maker = Address::from(known.proposal.proposer);
        let is_checked = known.proposal.epoch == self.epoch
            && known.approvals.iter().any(|member| *member != maker);
        if !is_checked {
            refusals.push((Reason::SoleChecker, 0));
        }
        refusals
            .into_iter()
            .filter_map(|(reason, detail)| refuse(reason, detail).err())
            .collect()
    }

    /// I17: what was executed had the weight of approvals that it needed. I20: its maker was not the
    /// only one who approved. Called on what was so before.
    pub(super) fn i17_i20_was_decided(&self, id: B256) -> Result<(), String> {
        let Some(known) = self.decisions.get(&id) else {
            return Err(format!("I17: nobody knew decision {id}"));
        };
        let kind = known.proposal.decision.kind;
        if self.approving(known) < self.threshold(kind.code()) {
            return Err(format!("I17: decision {id} was not approved"));
        }
        let maker = Address::from(known.proposal.proposer);
        let checked = known.approvals.iter().any(|member| *member != maker);
        if known.stage != Stage::Open || !checked {
            return Err(format!("I20: decision {id} was not checked"));
        }
        Ok(())
    }

    /// Does what a motion should do.
    ///
    /// # Errors
    /// The refusal that the committee should give; nothing is changed then.
    pub fn apply(&mut self, motion: &Motion) -> Result<(), Refused> {
        match motion {
            Motion::Propose(by, decision) => self.propose(*by, decision),
            Motion::Submit(_, maker, decision, signers, forged) => {
                self.submit(*maker, decision, signers, *forged)
            }
            Motion::Approve(by, id) => {
                self.require_standing(*id)?;
                self.require_member(*by)?;
                let known = self.decisions.get_mut(id);
                let approved = known.is_some_and(|known| known.approvals.insert(*by));
                if approved {
                    Ok(())
                } else {
                    refuse(Reason::AlreadyApproved, 0)
                }
            }
            Motion::ApproveSigned(_, signer, id, forged) => {
                self.require_standing(*id)?;
                self.require_member(*signer)?;
                let Some(known) = self.decisions.get_mut(id) else {
                    return refuse(Reason::UnknownDecision, 0);
                };
                known.sign(*signer, *forged)
            }
            Motion::Withdraw(by, id) => {
                self.require_standing(*id)?;
                self.require_member(*by)?;
                let Some(known) = self.decisions.get_mut(id) else {
                    return refuse(Reason::UnknownDecision, 0);
                };
                let (approved, first) = (known.approvals.remove(by), known.withdrawn.insert(*by));
                if approved || first {
                    Ok(())
                } else {
                    refuse(Reason::NotApprovedByMember, 0)
                }
            }
            Motion::Cancel(by, id) => {
                let Some(known) = self.decisions.get_mut(id) else {
                    return refuse(Reason::UnknownDecision, 0);
                };
                if known.proposal.proposer != by.0.0 {
                    return refuse(Reason::NotMaker, 0);
                }
                if known.stage != Stage::Open {
                    return refuse(Reason::DecisionClosed, 0);
                }
                known.stage = Stage::Canceled;
                Ok(())
            }
            Motion::Execute(_, id) => self.execute(*id),
            Motion::Wait(seconds) => {
                self.now += seconds;
                Ok(())
            }
        }
    }

    fn proposal(&self, by: Address, decision: &Decision) -> Proposal {
        Proposal {
            decision: *decision,
            proposer: by.0.0,
            epoch: self.epoch,
        }
    }

    fn require_proposable(&self, by: Address, decision: &Decision) -> Result<(), Refused> {
        self.require_member(by)?;
        if let Err(invalid) = decision.validate() {
            return refuse(Reason::InvalidDecision, invalid.part.place().into());
        }
        if decision.target == self.identity.address {
            return refuse(Reason::InvalidDecision, Part::Target.place().into());
        }
        Ok(())
    }

    /// A decision that nobody approves yet.
    fn known(&self, by: Address, decision: &Decision) -> Known {
        Known {
            proposal: self.proposal(by, decision),
            approvals: BTreeSet::new(),
            withdrawn: BTreeSet::new(),
            stage: Stage::Open,
        }
    }

    /// I16: a signature counts once, for the decision and the member that it is about.
    fn submit(
        &mut self,
        maker: Address,
        decision: &Decision,
        signers: &[Address],
        forged: Option<usize>,
    ) -> Result<(), Refused> {
        self.require_proposable(maker, decision)?;
        let id = self.id(maker, decision);
        let mut known = match self.decisions.get(&id) {
            Some(known) => known.clone(),
            None if signers.first() == Some(&maker) => self.known(maker, decision),
            None => return refuse(Reason::InvalidSignature, 0),
        };
        if let Some((reason, detail)) = self.standing(&known).first() {
            return refuse(*reason, *detail);
        }
        let mut seen = BTreeSet::new();
        for (place, signer) in signers.iter().enumerate() {
            self.require_member(*signer)?;
            if !seen.insert(*signer) {
                return refuse(Reason::DuplicateSigner, 0);
            }
            if !known.approvals.contains(signer) {
                known.sign(*signer, forged == Some(place))?;
            }
        }
        self.decisions.insert(id, known);
        Ok(())
    }

    fn propose(&mut self, by: Address, decision: &Decision) -> Result<(), Refused> {
        self.require_proposable(by, decision)?;
        let id = self.id(by, decision);
        match self.decisions.get(&id).map(|known| known.stage) {
            Some(Stage::Open) => return refuse(Reason::AlreadySo, 0),
            Some(_) => return refuse(Reason::DecisionClosed, 0),
            None => {}
        }
        let known = Known {
            approvals: BTreeSet::from([by]),
            ..self.known(by, decision)
        };
        if let Some((reason, detail)) = self.standing(&known).first() {
            return refuse(*reason, *detail);
        }
        self.decisions.insert(id, known);
        Ok(())
    }

    fn execute(&mut self, id: B256) -> Result<(), Refused> {
        if let Some(refusal) = self.refusals(id).first() {
            return Err(*refusal);
        }
        let decision = self.decisions[&id].proposal.decision;
        match decision.kind {
            DecisionKind::SetMember => self.set_member(&decision)?,
            DecisionKind::SetThreshold => {
                let sum = self.sum();
                match u32::try_from(decision.number) {
                    Ok(threshold) if (1..=sum).contains(&threshold) => {
                        let [.., kind] = decision.token_id;
                        self.thresholds.insert(kind, threshold);
                    }
                    _ => return refuse(Reason::InvalidThreshold, sum.into()),
                }
            }
            _ if Address::from(decision.target) == self.targets.agreeing => {}
            _ => return refuse(Reason::TargetRefused, 0),
        }
        let nonce = decision.nonce();
        self.next.insert(nonce.key, nonce.sequence + 1);
        if let Some(known) = self.decisions.get_mut(&id) {
            known.stage = Stage::Executed;
        }
        Ok(())
    }

    fn set_member(&mut self, decision: &Decision) -> Result<(), Refused> {
        let account = Address::from(decision.account);
        let weight = decision.number as u32;
        if account == self.address() {
            return refuse(Reason::InvalidMember, 0);
        }
        let [fewest, most] = MEMBERS;
        let mut members = self.members.clone();
        let known = members.iter_mut().find(|(member, _)| *member == account);
        match (known, weight) {
            (None, 0) => return refuse(Reason::AlreadySo, 0),
            (None, _) if self.members.len() >= most => {
                return refuse(Reason::LimitReached, most as u64);
            }
            (None, _) => members.push((account, weight)),
            (Some(_), 0) => members.retain(|(member, _)| *member != account),
            (Some((_, present)), _) if *present == weight => {
                return refuse(Reason::AlreadySo, 0);
            }
            (Some((_, present)), _) => *present = weight,
        }
        if members.len() < fewest {
            return refuse(Reason::LimitReached, fewest as u64);
        }
        let sum: u32 = members.iter().map(|(_, weight)| weight).sum();
        if self.thresholds.values().any(|threshold| *threshold > sum) {
            return refuse(Reason::InvalidThreshold, sum.into());
        }
        self.members = members;
        self.epoch += 1;
        Ok(())
    }

    fn sum(&self) -> u32 {
        self.members.iter().map(|(_, weight)| weight).sum()
    }

    fn standing(&self, known: &Known) -> Vec<(Reason, u64)> {
        let decision = &known.proposal.decision;
        let nonce = decision.nonce();
        let next = self.next.get(&nonce.key).copied().unwrap_or_default();
        [
            (known.stage != Stage::Open, Reason::DecisionClosed, 0),
            (
                known.proposal.epoch != self.epoch,
                Reason::WrongEpoch,
                self.epoch,
            ),
            (
                self.now > decision.deadline,
                Reason::DeadlinePassed,
                decision.deadline,
            ),
            (nonce.sequence < next, Reason::NonceUsed, next),
        ]
        .into_iter()
        .filter(|(refused, ..)| *refused)
        .map(|(_, reason, detail)| (reason, detail))
        .collect()
    }

    fn require_standing(&self, id: B256) -> Result<(), Refused> {
        let Some(known) = self.decisions.get(&id) else {
            return refuse(Reason::UnknownDecision, 0);
        };
        match self.standing(known).first() {
            Some((reason, detail)) => refuse(*reason, *detail),
            None => Ok(()),
        }
    }

    fn require_member(&self, account: Address) -> Result<(), Refused> {
        if self.members.iter().any(|(member, _)| *member == account) {
            Ok(())
        } else {
            refuse(Reason::NotMember, 0)
        }
    }
}
