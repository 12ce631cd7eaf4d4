//! The committee contract on the real node: signatures of wallet libraries, passkeys and contracts,
//! calls to targets, committees in committees, and refusals that come through unchanged.

mod committee_support;

use alloy::primitives::{B256, Bytes, keccak256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{SolCall, SolStruct, eip712_domain};
use anyhow::{Context, Result};
use lex_cli::committee::contract_decision;
use lex_client::abi::committee::Committee::{self, CommitteeEvents};
use lex_client::{Address, CallError, Signer, Submitter, U256};
use lex_model::{DecisionKind, Proposal, Reason, SoftwareKeccak};
use lex_tests::{System, passkey, reason, viem_signature};

use committee_support::{RUNAWAY, WALLET, echo, nonce, program, recorder};

alloy::sol! {
    /// What members sign for a suspension, written out again for alloy.
    struct Suspend {
        address proposer;
        uint64 epoch;
        address target;
        uint256 tokenId;
        address holder;
        uint64 decisionsBefore;
        uint64 liftsAt;
        uint32 reason;
        bytes32 evidence;
        uint256 nonce;
        uint64 deadline;
    }
}

/// Keys that are worth nothing.
const ALLOY_KEY: B256 = B256::repeat_byte(0x11);
const VIEM_KEY: B256 = B256::repeat_byte(0x22);
const PASSKEY: B256 = B256::repeat_byte(0x77);

#[tokio::test(flavor = "multi_thread")]
async fn committees_decide_on_the_node() -> Result<()> {
    let system = System::start().await?;
    let room = Room::new(&system).await?;
    room.members_sign_in_every_way().await?;
    room.signatures_are_for_one_committee_and_chain().await?;
    room.a_refused_decision_stays_open_and_blocks_nobody()
        .await?;
    room.committees_are_members_of_committees().await?;
    room.changing_members_ends_the_epoch().await?;
    system.stack.stop().await;
    Ok(())
}

/// A committee of five kinds of members, of whom three decide.
struct Room<'a> {
    system: &'a System,
    /// The Substrate account that proposes.
    maker: &'a Submitter,
    /// No member.
    stranger: Submitter,
    alloy: PrivateKeySigner,
    viem: PrivateKeySigner,
    passkey: Address,
    wallet: Address,
    committee: Address,
    recorder: Address,
    chain_id: u64,
    /// The deadline of what is decided, Unix seconds.
    deadline: u64,
}

impl<'a> Room<'a> {
    async fn new(system: &'a System) -> Result<Self> {
        let maker = &system.issuer;
        let stranger = system.network.submitter(Signer::from_uri("//Charlie")?)?;
        let alloy = PrivateKeySigner::from_bytes(&ALLOY_KEY)?;
        let viem = PrivateKeySigner::from_bytes(&VIEM_KEY)?;
        let passkey = passkey(PASSKEY, None)?.account();
        let (wallet, _) = maker.deploy(program(&WALLET), Vec::new()).await?;
        let (recorder, _) = maker.deploy(recorder(), Vec::new()).await?;
        let mut room = Self {
            system,
            maker,
            stranger,
            alloy,
            viem,
            passkey,
            wallet,
            committee: Address::ZERO,
            recorder,
            chain_id: system.network.source.chain_id().await?,
            deadline: system.network.now().await? + 86_400,
        };
        let members = vec![
            maker.address(),
            room.alloy.address(),
            room.viem.address(),
            passkey,
            wallet,
        ];
        room.committee = room.create(members, 3).await?;
        Ok(room)
    }

    async fn create(&self, members: Vec<Address>, threshold: u32) -> Result<Address> {
        committee_support::create(self.maker, members, threshold).await
    }

    /// A suspension by the recorder that the maker proposes, of a license of its own, in a lane of its own.
    fn suspension(&self, number: u64) -> Proposal {
        let decision = lex_model::Decision {
            target: self.recorder.into(),
            token_id: U256::from(9 + number).to_be_bytes(),
            reason: 7,
            evidence: [0x44; 32],
            nonce: nonce(number, 0),
            deadline: self.deadline,
            ..lex_model::Decision::empty(DecisionKind::Suspend)
        };
        self.proposal(decision)
    }

    fn proposal(&self, decision: lex_model::Decision) -> Proposal {
        Proposal {
            decision,
            proposer: self.maker.address().into(),
            epoch: 1,
        }
    }

    fn domain(&self, chain_id: u64, committee: Address) -> lex_model::Committee {
        lex_model::Committee {
            chain_id,
            address: committee.into(),
        }
    }

    fn id(&self, proposal: &Proposal) -> B256 {
        let committee = self.domain(self.chain_id, self.committee);
        proposal.id::<SoftwareKeccak>(&committee).into()
    }

    /// Puts it to the committee; the chain gives it the id that the model computes.
    async fn propose(&self, proposal: &Proposal) -> Result<B256> {
        let decision = contract_decision(&proposal.decision);
        let id = self.id(proposal);
        let said = Committee::decisionIdCall {
            decision: decision.clone(),
            proposer: self.maker.address(),
        };
        assert_eq!(self.read(&said).await?, id);
        let propose = Committee::proposeCall { decision };
        self.maker.call(self.committee, &propose).await?;
        Ok(id)
    }

    async fn read<C: SolCall>(&self, call: &C) -> Result<C::Return> {
        let source = &self.system.network.source;
        Ok(source
            .read(None, self.committee, self.stranger.address(), call)
            .await?)
    }

    async fn explained(&self, id: B256) -> Result<Vec<Reason>> {
        let refusals = self.read(&Committee::explainCall { id }).await?;
        refusals
            .iter()
            .map(|refusal| Reason::from_code(refusal.code).context("unknown code"))
            .collect()
    }

    async fn bring<C: SolCall>(&self, call: &C) -> Result<lex_client::Submitted, CallError> {
        self.stranger.call(self.committee, call).await
    }

    async fn execute(&self, id: B256) -> Result<lex_client::Submitted, CallError> {
        let evidence = committee_support::no_evidence();
        self.bring(&Committee::executeCall { id, evidence }).await
    }

    fn alloy_signature(&self, hash: B256) -> Result<Bytes> {
        Ok(self.alloy.sign_hash_sync(&hash)?.as_bytes().into())
    }

    fn by_alloy(&self, id: B256, signature: Bytes) -> Committee::approveBySigCall {
        Committee::approveBySigCall {
            id,
            signer: self.alloy.address(),
            signature,
        }
    }

    /// Approved by the maker, alloy's key and the wallet: enough.
    async fn decided(&self, proposal: &Proposal) -> Result<B256> {
        let id = self.propose(proposal).await?;
        let by_alloy = self.by_alloy(id, self.alloy_signature(id)?);
        self.bring(&by_alloy).await?;
        let by_wallet = Committee::approveBySigCall {
            id,
            signer: self.wallet,
            signature: id.to_vec().into(),
        };
        self.bring(&by_wallet).await?;
        Ok(id)
    }

    async fn members_sign_in_every_way(&self) -> Result<()> {
        let proposal = self.suspension(0);
        let id = self.propose(&proposal).await?;
        assert_eq!(
            self.explained(id).await?,
            [Reason::NotYetApproved, Reason::SoleChecker]
        );
        assert_eq!(reason(self.execute(id).await)?, Reason::NotYetApproved);

        // alloy hashes its own struct, and comes to the same id.
        let decision = &proposal.decision;
        let suspend = Suspend {
            proposer: self.maker.address(),
            epoch: 1,
            target: self.recorder,
            tokenId: U256::from(9),
            holder: Address::ZERO,
            decisionsBefore: 0,
            liftsAt: 0,
            reason: 7,
            evidence: decision.evidence.into(),
            nonce: U256::from_be_bytes(decision.nonce),
            deadline: self.deadline,
        };
        let domain = eip712_domain! {
            name: "LEX Committee",
            version: "1",
            chain_id: self.chain_id,
            verifying_contract: self.committee,
        };
        let hash = suspend.eip712_signing_hash(&domain);
        assert_eq!(hash, id);
        let signature = self.alloy_signature(hash)?;
        let approved = self.bring(&self.by_alloy(id, signature.clone())).await?;
        let told = approved.events.iter().any(|event| {
            matches!(
                event.decode::<CommitteeEvents>(),
                Ok(CommitteeEvents::Approved(approved))
                    if approved.member == self.alloy.address() && approved.weight == 1
            )
        });
        assert!(told, "an Approved event");
        let again = self.bring(&self.by_alloy(id, signature)).await;
        assert_eq!(reason(again)?, Reason::AlreadyApproved);

        let committee = self.domain(self.chain_id, self.committee);
        let by_viem = Committee::approveBySigCall {
            id,
            signer: self.viem.address(),
            signature: viem_signature(VIEM_KEY, &proposal.typed_data(&committee))?,
        };
        self.bring(&by_viem).await?;

        let assertion = passkey(PASSKEY, Some(id))?;
        let mut absent = assertion.approval(id)?;
        absent.authenticatorData = [&absent.authenticatorData[..32], &[4, 0, 0, 0, 1]]
            .concat()
            .into();
        assert_eq!(reason(self.bring(&absent).await)?, Reason::InvalidSignature);
        self.bring(&assertion.approval(id)?).await?;

        let by_wallet = |signature: Bytes| Committee::approveBySigCall {
            id,
            signer: self.wallet,
            signature,
        };
        let refused = self.bring(&by_wallet(vec![1; 32].into())).await;
        assert_eq!(reason(refused)?, Reason::InvalidSignature);
        self.bring(&by_wallet(id.to_vec().into())).await?;

        for member in [
            self.maker.address(),
            self.alloy.address(),
            self.viem.address(),
            self.passkey,
            self.wallet,
        ] {
            assert!(
                self.read(&Committee::hasApprovedCall { id, member })
                    .await?
            );
        }
        let view = self.read(&Committee::decisionCall { id }).await?;
        assert_eq!((view.state, view.weight, view.threshold), (1, 5, 3));

        // The recorder logs what it is called with, under its caller's address.
        let executed = self.execute(id).await?;
        let log = executed
            .events
            .iter()
            .find(|event| event.contract == self.recorder);
        let log = log.context("the recorder was not called")?;
        assert_eq!(log.topics, [self.committee.into_word()]);
        let call = committee_support::suspendCall {
            tokenId: U256::from(9),
            reason: 7,
            evidence: B256::repeat_byte(0x44),
            liftsAt: 0,
        };
        assert_eq!(log.data, call.abi_encode());
        assert_eq!(reason(self.execute(id).await)?, Reason::DecisionClosed);
        Ok(())
    }

    /// I16, acceptance 5: what was signed elsewhere or for something else does not count here.
    async fn signatures_are_for_one_committee_and_chain(&self) -> Result<()> {
        let proposal = self.suspension(1);
        let id = self.propose(&proposal).await?;
        let twin = self
            .create(vec![self.maker.address(), self.alloy.address()], 2)
            .await?;
        let mut longer = proposal;
        longer.decision.deadline -= 1;
        let mut revocation = proposal;
        revocation.decision.kind = DecisionKind::Revoke;
        let mut later = proposal;
        later.epoch = 2;
        let here = self.domain(self.chain_id, self.committee);
        for (what, proposal, committee) in [
            ("contract", &proposal, self.domain(self.chain_id, twin)),
            ("chain", &proposal, self.domain(1, self.committee)),
            ("deadline", &longer, here),
            ("action", &revocation, here),
            ("epoch", &later, here),
            ("nonce", &self.suspension(2), here),
        ] {
            let other = proposal.id::<SoftwareKeccak>(&committee).into();
            let brought = self.by_alloy(id, self.alloy_signature(other)?);
            let refused = self.bring(&brought).await;
            assert_eq!(reason(refused)?, Reason::InvalidSignature, "another {what}");
        }
        let good = self.alloy.sign_hash_sync(&id)?;
        for v in [2, 26, 29, 55 - good.as_bytes()[64]] {
            let mut bytes = good.as_bytes();
            bytes[64] = v;
            let refused = self.bring(&self.by_alloy(id, bytes.into())).await;
            assert_eq!(reason(refused)?, Reason::InvalidSignature, "v {v}");
        }
        let high = committee_support::high_s(&good.as_bytes());
        let refused = self.bring(&self.by_alloy(id, high)).await;
        assert_eq!(reason(refused)?, Reason::InvalidSignature, "high s");

        let signers = vec![
            self.maker.address(),
            self.alloy.address(),
            self.alloy.address(),
        ];
        let signature: Bytes = good.as_bytes().into();
        let submit = Committee::submitCall {
            decision: contract_decision(&proposal.decision),
            proposer: self.maker.address(),
            signers,
            signatures: vec![signature.clone(), signature.clone(), signature],
        };
        assert_eq!(reason(self.bring(&submit).await)?, Reason::DuplicateSigner);
        Ok(())
    }

    /// I21, P13, and M1: the target's own words come back, and nothing else waits.
    async fn a_refused_decision_stays_open_and_blocks_nobody(&self) -> Result<()> {
        let (echo, _) = self.maker.deploy(echo(), Vec::new()).await?;
        let mut refused = self.suspension(10);
        refused.decision.target = echo.into();
        let refused = self.decided(&refused).await?;
        let Err(CallError::Reverted(words)) = self.execute(refused).await else {
            anyhow::bail!("the echo reverts")
        };
        let selector = &keccak256("suspend(uint256,uint32,bytes32,uint64)")[..4];
        assert_eq!(&words[..4], selector, "what it was called with");
        assert_eq!(words.len(), 4 + 4 * 32);
        assert_eq!(self.explained(refused).await?, [], "it stays open");

        let mut nobody = self.suspension(11);
        nobody.decision.target = [0x77; 20];
        let propose = Committee::proposeCall {
            decision: contract_decision(&nobody.decision),
        };
        let proposed = self.maker.call(self.committee, &propose).await;
        assert_eq!(reason(proposed)?, Reason::TargetRefused);

        // What comes later in its lane does not wait for it, and does not kill it.
        let mut next = self.suspension(12);
        next.decision.nonce = nonce(10, 1);
        let next = self.decided(&next).await?;
        self.execute(next).await?;
        assert_eq!(self.explained(refused).await?, []);
        let mut ahead = self.suspension(13);
        ahead.decision.nonce = nonce(10, 3);
        let ahead = self.decided(&ahead).await?;
        assert_eq!(reason(self.execute(ahead).await)?, Reason::NonceUsed);
        let use_up = Committee::useUpNonceCall {
            proposer: self.maker.address(),
            nonce: U256::from_be_bytes(nonce(10, 2)),
        };
        self.maker.call(self.committee, &use_up).await?;
        self.execute(ahead).await?;
        Ok(())
    }

    async fn committees_are_members_of_committees(&self) -> Result<()> {
        let outer = self
            .create(vec![self.maker.address(), self.committee], 2)
            .await?;
        let mut proposal = self.suspension(30);
        let domain = self.domain(self.chain_id, outer);
        let id = B256::from(proposal.id::<SoftwareKeccak>(&domain));
        let decision = contract_decision(&proposal.decision);
        self.maker
            .call(outer, &Committee::proposeCall { decision })
            .await?;

        proposal.decision = lex_model::Decision {
            target: outer.into(),
            evidence: id.into(),
            nonce: nonce(31, 0),
            deadline: self.deadline,
            ..lex_model::Decision::empty(DecisionKind::ApproveIn)
        };
        let approval = self.decided(&proposal).await?;
        self.execute(approval).await?;
        let member = self.committee;
        let asked = Committee::hasApprovedCall { id, member };
        let source = &self.system.network.source;
        assert!(source.read(None, outer, Address::ZERO, &asked).await?);

        // Once more: the outer committee's own refusal comes through.
        proposal.decision.nonce = nonce(31, 1);
        proposal.decision.count = 1;
        let again = self.decided(&proposal).await?;
        assert_eq!(reason(self.execute(again).await)?, Reason::AlreadyApproved);

        // Its members change their minds. What they approved before that does not come back.
        proposal.decision.nonce = nonce(31, 2);
        proposal.decision.count = 2;
        proposal.decision.kind = DecisionKind::WithdrawIn;
        let take_back = self.decided(&proposal).await?;
        self.execute(take_back).await?;
        assert!(!source.read(None, outer, Address::ZERO, &asked).await?);
        assert_eq!(reason(self.execute(again).await)?, Reason::NotAsApproved);
        Ok(())
    }

    async fn changing_members_ends_the_epoch(&self) -> Result<()> {
        let waiting = self.decided(&self.suspension(20)).await?;
        let unfinished = self.propose(&self.suspension(22)).await?;
        let runaway = self.maker.deploy(program(&RUNAWAY), Vec::new()).await?.0;
        let mut lane = [0; 32];
        lane[..20].copy_from_slice(runaway.as_slice());
        let join = lex_model::Decision {
            account: runaway.into(),
            number: 1,
            nonce: lane,
            deadline: self.deadline,
            ..lex_model::Decision::empty(DecisionKind::SetMember)
        };
        let join = self.decided(&self.proposal(join)).await?;
        self.execute(join).await?;
        assert_eq!(self.read(&Committee::epochCall {}).await?, 2);
        // What was approved outlives the change for a week; what was not died with it.
        self.execute(waiting).await?;
        assert_eq!(reason(self.execute(unfinished).await)?, Reason::WrongEpoch);
        let late = self.by_alloy(unfinished, self.alloy_signature(unfinished)?);
        assert_eq!(reason(self.bring(&late).await)?, Reason::WrongEpoch);

        // A member that never answers costs a bounded amount and changes nothing.
        let mut proposal = self.suspension(21);
        proposal.epoch = 2;
        let id = self.propose(&proposal).await?;
        let endless = Committee::approveBySigCall {
            id,
            signer: runaway,
            signature: Bytes::new(),
        };
        assert_eq!(
            reason(self.bring(&endless).await)?,
            Reason::InvalidSignature
        );
        Ok(())
    }
}
