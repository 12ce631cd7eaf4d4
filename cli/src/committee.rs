//! A committee on the source chain: what it knows, and how its members sign.

use alloy::primitives::{Bytes, keccak256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolCall;
use lex_client::abi::committee::Committee::{self, CommitteeEvents};
use lex_client::abi::license::License;
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256, CallError, Refusal, Submitted, U256};
use lex_model::{About, Decision, DecisionKind, Nonce, Part, Proposal, SoftwareKeccak};
use serde::Serialize;

use crate::target::Network;

/// One committee of a network.
#[derive(Clone, Copy, Debug)]
pub struct CommitteeOf<'a> {
    network: &'a Network,
    address: Address,
}

/// How far a decision has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    Open,
    Executed,
    Canceled,
    Unknown,
}

impl Progress {
    fn of(state: u8) -> Progress {
        match state {
            1 => Progress::Open,
            2 => Progress::Executed,
            3 => Progress::Canceled,
            _ => Progress::Unknown,
        }
    }
}

/// A decision and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub proposal: Proposal,
    pub progress: Progress,
    /// Weight of its approvals.
    pub weight: u32,
    /// Weight that it needs.
    pub threshold: u32,
}

/// A member of a committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    pub account: Address,
    pub weight: u32,
}

impl<'a> CommitteeOf<'a> {
    #[must_use]
    pub fn new(network: &'a Network, address: Address) -> CommitteeOf<'a> {
        CommitteeOf { network, address }
    }

    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }

    async fn read<C: SolCall>(&self, call: &C) -> Result<C::Return, CallError> {
        self.network.look(self.address, call).await
    }

    /// # Errors
    /// When the chain does not answer.
    pub async fn members(&self) -> Result<Vec<Member>, CallError> {
        let members = self.read(&Committee::membersCall {}).await?;
        Ok(members
            .into_iter()
            .map(|member| Member {
                account: member.account,
                weight: member.weight,
            })
            .collect())
    }

    /// Counts the changes of the members, from 1.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn epoch(&self) -> Result<u64, CallError> {
        self.read(&Committee::epochCall {}).await
    }

    /// The weight that a kind of decision needs; `None` for the default.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn threshold(&self, kind: Option<DecisionKind>) -> Result<u32, CallError> {
        let kind = kind.map_or(0, DecisionKind::code);
        self.read(&Committee::thresholdCall { kind }).await
    }

    /// A decision and how it stands.
    ///
    /// # Errors
    /// When the committee does not know it.
    pub async fn decision(&self, id: B256) -> Result<Standing, CallError> {
        let view = self.read(&Committee::decisionCall { id }).await?;
        let Some(decision) = model_decision(&view.decision) else {
            return Err(CallError::Decode(alloy::sol_types::Error::custom(
                "a decision of a kind that this program does not know",
            )));
        };
        Ok(Standing {
            proposal: Proposal {
                decision,
                proposer: view.maker.into_array(),
                epoch: view.epoch,
            },
            progress: Progress::of(view.state),
            weight: view.weight,
            threshold: view.threshold,
        })
    }

    /// Whether each of the members approves a decision.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn approvals(&self, id: B256, members: &[Member]) -> Result<Vec<bool>, CallError> {
        let mut approvals = Vec::new();
        for member in members {
            let member = member.account;
            approvals.push(
                self.read(&Committee::hasApprovedCall { id, member })
                    .await?,
            );
        }
        Ok(approvals)
    }

    /// Why a decision cannot be executed; what its target thinks is not among it.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn explain(&self, id: B256) -> Result<Vec<Refusal>, CallError> {
        let refusals = self.read(&Committee::explainCall { id }).await?;
        Ok(refusals
            .into_iter()
            .map(|refusal| Refusal {
                code: refusal.code,
                rule_version: refusal.ruleVersion,
                detail: refusal.detail,
            })
            .collect())
    }

    /// The first free number in a lane of a proposer's.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn next_nonce(&self, proposer: Address, lane: Lane) -> Result<Nonce, CallError> {
        let mut word = [0; 32];
        word[8..].copy_from_slice(&lane.0);
        let key = U256::from_be_bytes(word);
        let sequence = self.read(&Committee::nextSeqCall { proposer, key }).await?;
        Ok(Nonce {
            key: lane.0,
            sequence,
        })
    }

    /// The decision with what it rests on as it is now: the version or the count of what it is about,
    /// what else its kind shows of a license, and the next number of the proposer's lane.
    ///
    /// # Errors
    /// When the chain does not answer, or the decision's target knows nothing of what it is about.
    pub async fn situated(
        &self,
        mut decision: Decision,
        proposer: Address,
        lane: Lane,
    ) -> Result<Decision, CallError> {
        let kind = decision.kind;
        let target = Address::from(decision.target);
        let token_id = U256::from_be_bytes(decision.token_id);
        let account = Address::from(decision.account);
        if kind.about() == About::License {
            let asked = License::subjectOfCall { tokenId: token_id };
            let subject = self.network.look(target, &asked).await?;
            decision.version = subject.version;
            if kind.says(Part::Account) && account.is_zero() {
                decision.account = subject.holder.into_array();
            }
            if kind == DecisionKind::Activate {
                decision.counterparty = subject.issuer.into_array();
                decision.previous = subject.jurisdiction.0;
                decision.count = subject.seats;
            }
        } else if kind.names_version() && kind.about() == About::Account {
            let asked = Policy::accountVersionCall { account };
            decision.version = self.network.look(target, &asked).await?;
        } else if kind.names_version() {
            let asked = Policy::pauseVersionCall {};
            decision.version = self.network.look(target, &asked).await?;
        }
        if kind.names_count() {
            let is_elsewhere = matches!(kind, DecisionKind::ApproveIn | DecisionKind::WithdrawIn);
            decision.count = self
                .read(&Committee::decisionsAboutCall {
                    kind: kind.code(),
                    target,
                    tokenId: match is_elsewhere {
                        true => U256::from_be_bytes(decision.evidence),
                        false => token_id,
                    },
                    account: decision.account.into(),
                })
                .await?;
        }
        if !kind.names_version() {
            decision.version = 0;
        }
        decision.nonce = self.next_nonce(proposer, lane).await?.into();
        Ok(decision)
    }

    /// The committee as the model knows it.
    #[must_use]
    pub fn model(&self) -> lex_model::Committee {
        lex_model::Committee {
            chain_id: self.network.deployment.source.chain_id,
            address: self.address.into_array(),
        }
    }

    /// The id of a proposal, which members sign.
    #[must_use]
    pub fn id(&self, proposal: &Proposal) -> B256 {
        B256::from(proposal.id::<SoftwareKeccak>(&self.model()))
    }

    /// A member's approval: EIP-712's signature of the decision, 65 bytes.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn sign(
        &self,
        proposal: &Proposal,
        member: &PrivateKeySigner,
    ) -> Result<Bytes, alloy::signers::Error> {
        let signature = member.sign_hash_sync(&self.id(proposal))?;
        Ok(Bytes::from(signature.as_bytes()))
    }
}

/// Decisions of different lanes never wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane(pub [u8; 24]);

impl Lane {
    /// The lane of everything that is decided about one license or one account; decisions about neither
    /// have one lane for each target.
    #[must_use]
    pub fn of(decision: &Decision) -> Lane {
        let mut lane = [0; 24];
        if decision.kind.about() == About::Account {
            lane[..20].copy_from_slice(&decision.account);
        } else {
            let subject = [&decision.target[..], &decision.token_id].concat();
            lane.copy_from_slice(&keccak256(subject)[..24]);
        }
        Lane(lane)
    }
}

/// The id of the decision that a transaction proposed.
#[must_use]
pub fn proposed(submitted: &Submitted) -> Option<B256> {
    submitted
        .events
        .iter()
        .find_map(|event| match event.decode::<CommitteeEvents>() {
            Ok(CommitteeEvents::DecisionProposed(proposed)) => Some(proposed.id),
            _ => None,
        })
}

/// A decision as the contract takes it.
#[must_use]
pub fn contract_decision(decision: &Decision) -> Committee::Decision {
    Committee::Decision {
        kind: decision.kind.code(),
        target: decision.target.into(),
        tokenId: U256::from_be_bytes(decision.token_id),
        account: decision.account.into(),
        counterparty: decision.counterparty.into(),
        validFrom: decision.valid_from,
        validUntil: decision.valid_until,
        number: decision.number,
        reason: decision.reason,
        evidence: decision.evidence.into(),
        basis: Committee::Basis {
            version: decision.version,
            count: decision.count,
            previous: decision.previous.into(),
            text: decision.text.into(),
        },
        slot: Committee::Slot {
            nonce: U256::from_be_bytes(decision.nonce),
            deadline: decision.deadline,
        },
    }
}

/// A decision as the model knows it; `None` for a kind that this program does not know.
#[must_use]
pub fn model_decision(decision: &Committee::Decision) -> Option<Decision> {
    Some(Decision {
        kind: DecisionKind::from_code(decision.kind)?,
        target: decision.target.into_array(),
        token_id: decision.tokenId.to_be_bytes(),
        account: decision.account.into_array(),
        counterparty: decision.counterparty.into_array(),
        valid_from: decision.validFrom,
        valid_until: decision.validUntil,
        number: decision.number,
        reason: decision.reason,
        evidence: decision.evidence.0,
        version: decision.basis.version,
        count: decision.basis.count,
        previous: decision.basis.previous.0,
        text: decision.basis.text.0,
        nonce: decision.slot.nonce.to_be_bytes(),
        deadline: decision.slot.deadline,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision() -> Decision {
        Decision {
            target: [1; 20],
            token_id: [2; 32],
            account: [3; 20],
            counterparty: [4; 20],
            valid_from: 5,
            valid_until: 6,
            number: 7,
            reason: 8,
            evidence: [9; 32],
            version: 12,
            count: 13,
            previous: [14; 32],
            text: [15; 32],
            nonce: [10; 32],
            deadline: 11,
            ..Decision::empty(DecisionKind::Activate)
        }
    }

    #[test]
    fn decisions_survive_the_contract() {
        let there = contract_decision(&decision());
        assert_eq!(model_decision(&there), Some(decision()));
        let unknown = Committee::Decision { kind: 99, ..there };
        assert_eq!(model_decision(&unknown), None);
    }

    #[test]
    fn licenses_have_lanes_of_their_own() {
        let other = Decision {
            token_id: [3; 32],
            ..decision()
        };
        let later = Decision {
            kind: DecisionKind::Revoke,
            ..decision()
        };
        assert_ne!(Lane::of(&decision()), Lane::of(&other));
        assert_eq!(Lane::of(&decision()), Lane::of(&later));
        let freeze = Decision {
            kind: DecisionKind::FreezeHolder,
            nonce: Nonce {
                key: Lane::of(&Decision {
                    kind: DecisionKind::FreezeHolder,
                    ..decision()
                })
                .0,
                sequence: 3,
            }
            .into(),
            ..decision()
        };
        assert!(freeze.is_in_its_lane());
    }
}
