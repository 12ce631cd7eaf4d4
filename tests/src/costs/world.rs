//! One node with LEX's contracts on it, the accounts that act, and how the ground is prepared.

use std::path::PathBuf;

use alloy::primitives::keccak256;
use alloy::sol_types::{SolCall, SolConstructor, SolEventInterface};
use anyhow::{Context, Result};
use lex_cli::deploy::{ContractCode, OnMismatch, deploy_source};
use lex_cli::deployment::SourceDeployment;
use lex_cli::progress::Progress;
use lex_cli::rules::Role;
use lex_cli::stack::{
    ADMIN, COMMITTEE_MAKER, Component, DevKeys, GUARDIAN, NodeOptions, OnCrash, PUBLISHER,
    PortClaim, PortPlan, StateDir, find_contracts, find_node,
};
use lex_cli::target::repository;
use lex_client::abi::committee::Committee;
use lex_client::abi::license::License::{self, LicenseEvents};
use lex_client::abi::policy::Policy::{self, PolicyEvents};
use lex_client::abi::seats::Seats::{self, SeatsEvents};
use lex_client::{Address, B256, Signer, Source, Submitted, Submitter, U256};
use lex_model::{RECOVERY_DELAY, TypeKind};
use tempfile::TempDir;

use crate::{ISSUER, NodeControl, YEAR};

/// Secret URIs of accounts that the chain endows.
const HOLDER: &str = "//Charlie";
const REGULATOR: &str = "//Alice//stash";
/// Seats of each license that is issued.
pub(super) const SEATS: u64 = 100;
/// Where all licenses are valid; only its country has rules.
pub(super) const JURISDICTION: &str = "US-NY";
/// Metadata of all licenses.
pub(super) const URI: &str = "https://licenses.example/metadata.json";
pub(super) const METADATA: B256 = B256::repeat_byte(2);
/// The reason code and the evidence of all decisions.
pub(super) const REASON: u32 = 1;
pub(super) const EVIDENCE: B256 = B256::repeat_byte(3);

/// What must be there before anything starts.
pub(super) struct Programs {
    node: PathBuf,
    contracts: ContractCode,
}

impl Programs {
    /// # Errors
    /// When one is missing, with the script that makes it.
    pub(super) fn find() -> Result<Self> {
        let repository = repository();
        Ok(Self {
            node: find_node(&repository)?,
            contracts: ContractCode::read(&find_contracts(&repository)?)?,
        })
    }
}

/// A node with the contracts as `lex` deploys them.
pub(super) struct World {
    node: Component,
    pub(super) source: Source,
    pub(super) control: NodeControl,
    pub(super) contracts: ContractCode,
    pub(super) deployment: SourceDeployment,
    pub(super) keys: DevKeys,
    pub(super) people: People,
    _claim: PortClaim,
    _folder: TempDir,
}

/// Who sends transactions.
pub(super) struct People {
    /// Administers policy and the verifier.
    pub(super) admin: Submitter,
    pub(super) issuer: Submitter,
    pub(super) holder: Submitter,
    /// A regulator; also decides for types that name it in place of a committee, so that messages of
    /// the committee can be measured by themselves.
    pub(super) regulator: Submitter,
    pub(super) guardian: Submitter,
    pub(super) publisher: Submitter,
    /// Member of the committee with an account of its own.
    pub(super) maker: Submitter,
}

impl People {
    fn on(source: &Source) -> Result<Self> {
        let submitter = |uri| -> Result<Submitter> {
            Ok(Submitter::new(
                source.clone(),
                None,
                Signer::from_uri(uri)?,
            )?)
        };
        Ok(Self {
            admin: submitter(ADMIN)?,
            issuer: submitter(ISSUER)?,
            holder: submitter(HOLDER)?,
            regulator: submitter(REGULATOR)?,
            guardian: submitter(GUARDIAN)?,
            publisher: submitter(PUBLISHER)?,
            maker: submitter(COMMITTEE_MAKER)?,
        })
    }
}

impl World {
    /// Starts a node on a free port with a chain of its own and deploys the contracts.
    ///
    /// # Errors
    /// When the node does not start or a transaction fails.
    pub(super) async fn start(programs: Programs) -> Result<Self> {
        let Programs { node, contracts } = programs;
        let folder = tempfile::tempdir().context("failed to make a folder")?;
        let state = StateDir::create(folder.path())?;
        let claim = PortPlan::any_free().claim()?;
        let options = NodeOptions {
            program: node,
            port: claim.ports().node,
            block_time: None,
            finality_delay: 0,
        };
        let spec = options.component(&state)?;
        let node = Component::spawn(spec, &state, OnCrash::StayDown, Progress::silent())?;
        node.wait_ready().await?;

        let source = Source::connect(&options.url()).await?;
        let people = People::on(&source)?;
        let keys = DevKeys::load_or_make(&state)?;
        let governance = keys.governance();
        let (deployment, _) = deploy_source(
            &people.admin,
            &contracts,
            &governance,
            None,
            OnMismatch::Refuse,
        )
        .await?;
        let world = Self {
            node,
            source,
            control: NodeControl::new(&options.url())?,
            contracts,
            deployment,
            keys,
            people,
            _claim: claim,
            _folder: folder,
        };
        world.admit_people().await?;
        Ok(world)
    }

    /// Ends the node. What goes wrong with that is no concern of the measurement.
    pub(super) async fn stop(self) {
        let _ = self.node.stop().await;
    }

    async fn admit_people(&self) -> Result<()> {
        let regulate = Policy::setRoleCall {
            account: self.people.regulator.address(),
            role: Role::Regulator.bit(),
            held: true,
        };
        self.rule(&regulate).await?;
        let register = Policy::registerIssuerCall {
            issuer: self.people.issuer.address(),
            name: "Cost Board".to_owned(),
        };
        self.rule(&register).await?;
        Ok(())
    }

    /// Names and code sizes, in bytes, of the contracts.
    pub(super) fn code(&self) -> Vec<(&'static str, usize)> {
        let ContractCode {
            policy,
            verifier,
            committee,
            license,
            seats,
            proxy,
        } = &self.contracts;
        let code = [
            ("license", license),
            ("seats", seats),
            ("policy", policy),
            ("committee", committee),
            ("verifier", verifier),
            ("proxy", proxy),
        ];
        code.map(|(name, code)| (name, code.len())).to_vec()
    }

    /// The chain's time, Unix seconds.
    pub(super) async fn now(&self) -> Result<u64> {
        let finalized = self.source.finalized().await?.number;
        let block = self.source.block(finalized, &[]).await?;
        Ok(block.context("the last block is gone")?.time)
    }

    /// Sends a call to policy as its administrator.
    pub(super) async fn rule<C: SolCall>(&self, call: &C) -> Result<Submitted> {
        self.send(&self.people.admin, self.deployment.policy, call)
            .await
    }

    /// Sends a call that is not measured.
    pub(super) async fn send<C: SolCall>(
        &self,
        by: &Submitter,
        contract: Address,
        call: &C,
    ) -> Result<Submitted> {
        by.call(contract, call)
            .await
            .with_context(|| format!("failed to prepare with {}", C::SIGNATURE))
    }

    /// Reads from the best block, as nobody.
    pub(super) async fn read<C: SolCall>(&self, contract: Address, call: &C) -> Result<C::Return> {
        let read = self.source.read(None, contract, Address::ZERO, call).await;
        read.with_context(|| format!("failed to read {}", C::SIGNATURE))
    }

    /// Creates a type that the issuer may issue everywhere.
    pub(super) async fn license_type(
        &self,
        kind: TypeKind,
        rules: Policy::TypeRules,
    ) -> Result<u64> {
        let created = self.rule(&create_type(kind)).await?;
        let license_type = find(&created, |event| match event {
            PolicyEvents::TypeCreated(created) => Some(created.licenseType),
            _ => None,
        })
        .context("no TypeCreated event")?;
        let set = Policy::setTypeRulesCall {
            licenseType: license_type,
            rules,
        };
        self.rule(&set).await?;
        let grant = Policy::grantIssuerCall {
            issuer: self.people.issuer.address(),
            licenseType: license_type,
            jurisdiction: String::new(),
        };
        self.rule(&grant).await?;
        Ok(license_type)
    }

    /// Issues a single-token license.
    pub(super) async fn issue(&self, license_type: u64, to: Address) -> Result<U256> {
        let call = issue(license_type, to);
        let contract = self.deployment.license;
        issued(&self.send(&self.people.issuer, contract, &call).await?)
    }

    /// Issues many single-token licenses to one holder.
    pub(super) async fn issue_many(
        &self,
        license_type: u64,
        to: Address,
        count: usize,
    ) -> Result<Vec<U256>> {
        let call = (
            self.deployment.license,
            issue(license_type, to).abi_encode(),
        );
        let submitted = self.people.issuer.call_many(vec![call; count]).await;
        submitted.into_iter().map(|one| issued(&one?)).collect()
    }

    /// Issues a license of [`SEATS`] seats.
    pub(super) async fn issue_seats(&self, license_type: u64, to: Address) -> Result<U256> {
        let call = issue_seats(license_type, to);
        let contract = self.deployment.seats;
        issued_seats(&self.send(&self.people.issuer, contract, &call).await?)
    }

    /// Has the regulator name who takes over from a lost key, and lets the time pass in which its holder
    /// may object.
    pub(super) async fn lose(&self, lost: Address, successor: Address) -> Result<()> {
        let call = recover_key(lost, successor);
        self.send(&self.people.regulator, self.deployment.policy, &call)
            .await?;
        self.control.advance(RECOVERY_DELAY).await?;
        Ok(())
    }

    /// Creates another committee, whose members all have weight 1 and of whom two decide.
    pub(super) async fn committee(&self, members: Vec<Address>) -> Result<Address> {
        let arguments = Committee::constructorCall {
            weights: vec![1; members.len()],
            members,
            threshold: 2,
        };
        let code = self.contracts.committee.clone();
        let (committee, _) = self
            .people
            .admin
            .deploy(code, arguments.abi_encode())
            .await
            .context("failed to create a committee")?;
        Ok(committee)
    }
}

/// The call that creates a type whose licenses last a year and can be renewed all the time.
pub(super) fn create_type(kind: TypeKind) -> Policy::createTypeCall {
    Policy::createTypeCall {
        name: "Cost license".to_owned(),
        kind: kind as u8,
        term: YEAR,
        renewalWindow: YEAR,
        grace: YEAR / 12,
        supplyCap: 0,
        transferable: true,
        termsHash: B256::repeat_byte(1),
        schemaVersion: 1,
    }
}

/// No gates, nobody who decides but the issuer.
pub(super) fn no_rules() -> Policy::TypeRules {
    Policy::TypeRules {
        gates: Policy::TypeGates::default(),
        committee: Address::ZERO,
        minimumScore: 0,
        circuit: 0,
        circuitVersion: 0,
        statement: 0,
        royalty: 0,
        royaltyReceiver: Address::ZERO,
        parentType: 0,
    }
}

/// The call that issues a single-token license, valid from now.
pub(super) fn issue(license_type: u64, to: Address) -> License::issueCall {
    License::issueCall {
        to,
        licenseType: license_type,
        jurisdiction: JURISDICTION.to_owned(),
        validFrom: 0,
        metadataHash: METADATA,
        tokenURI: URI.to_owned(),
    }
}

/// The call that issues a license of [`SEATS`] seats, valid from now.
pub(super) fn issue_seats(license_type: u64, to: Address) -> Seats::issueCall {
    Seats::issueCall {
        to,
        licenseType: license_type,
        jurisdiction: JURISDICTION.to_owned(),
        validFrom: 0,
        amount: SEATS,
        maxPerHolder: 0,
        metadataHash: METADATA,
        uri: URI.to_owned(),
    }
}

/// The call that names who takes over from a lost key.
pub(super) fn recover_key(lost: Address, successor: Address) -> Policy::recoverKeyCall {
    Policy::recoverKeyCall {
        lost,
        successor,
        reason: REASON,
        evidence: EVIDENCE,
    }
}

/// The single-token license that a transaction issued.
///
/// # Errors
/// When it issued none.
pub(super) fn issued(submitted: &Submitted) -> Result<U256> {
    find(submitted, |event| match event {
        LicenseEvents::LicenseIssued(issued) => Some(issued.tokenId),
        _ => None,
    })
    .context("no LicenseIssued event")
}

/// The license of seats that a transaction issued.
///
/// # Errors
/// When it issued none.
pub(super) fn issued_seats(submitted: &Submitted) -> Result<U256> {
    find(submitted, |event| match event {
        SeatsEvents::SeatsIssued(issued) => Some(issued.tokenId),
        _ => None,
    })
    .context("no SeatsIssued event")
}

fn find<E, T>(submitted: &Submitted, wanted: impl Fn(E) -> Option<T>) -> Option<T>
where
    E: SolEventInterface,
{
    let mut events = submitted.events.iter();
    events.find_map(|event| event.decode::<E>().ok().and_then(&wanted))
}

/// An account of which only its address is needed; each number is another.
pub(super) fn stranger(number: u64) -> Address {
    let hash = keccak256(format!("stranger {number}"));
    Address::from_word(hash)
}
