//! What is asked for with a license, as evidence is bound to it, and the clearances of that.

use alloy::primitives::Bytes;
use alloy::signers::SignerSync;
use anyhow::{Result, anyhow};
use lex_cli::evidence::SignedClearance;
use lex_client::abi::license::License;
use lex_client::abi::policy::Policy;
use lex_client::abi::seats::Seats;
use lex_client::{Address, B256, U256, model_token_id};
use lex_model::{
    Action, ActionKind, Clearance, Jurisdiction, SoftwareKeccak, Status, Subject, Term, TypeKind,
};

use super::bench::Bench;
use super::world::World;

/// How long clearances count, in seconds.
const CLEARANCE_FOR: u64 = 600;
/// The score of all clearances, of 1000.
const SCORE: u16 = 900;

/// A license as its contract has it, or a license of seats.
#[derive(Clone, Debug)]
pub(super) struct Found {
    keeper: Address,
    kind: TypeKind,
    pub(super) token_id: U256,
    pub(super) holder: Address,
    pub(super) issuer: Address,
    pub(super) license_type: u64,
    jurisdiction: Jurisdiction,
    pub(super) term: Term,
    pub(super) metadata_hash: B256,
    version: u32,
}

/// The two contracts' bindings each have their own type of one shape.
macro_rules! found {
    ($keeper:expr, $kind:expr, $token_id:expr, $view:expr) => {{
        let view = $view;
        Found {
            keeper: $keeper,
            kind: $kind,
            token_id: $token_id,
            holder: view.holder,
            issuer: view.issuer,
            license_type: view.licenseType,
            jurisdiction: Jurisdiction::parse(&view.jurisdiction)
                .map_err(|_| anyhow!("{} is no jurisdiction", view.jurisdiction))?,
            term: Term {
                valid_from: view.validFrom,
                valid_until: view.validUntil,
                grace_until: view.graceUntil,
            },
            metadata_hash: view.metadataHash,
            version: view.version,
        }
    }};
}

impl World {
    /// A single-token license.
    pub(super) async fn license(&self, token_id: U256) -> Result<Found> {
        let keeper = self.deployment.license;
        let call = License::licenseCall { tokenId: token_id };
        let view = self.read(keeper, &call).await?;
        Ok(found!(keeper, TypeKind::Nft, token_id, view))
    }

    /// A license of seats.
    pub(super) async fn seats(&self, token_id: U256) -> Result<Found> {
        let keeper = self.deployment.seats;
        let call = Seats::licenseCall { tokenId: token_id };
        let view = self.read(keeper, &call).await?;
        Ok(found!(keeper, TypeKind::Sft, token_id, view))
    }
}

/// Who asks for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    pub(super) kind: ActionKind,
    pub(super) caller: Address,
    /// The new holder, where there is one.
    pub(super) to: Address,
    pub(super) amount: u64,
}

impl Ask {
    /// To bring a license of so many seats, 1 for a single token, into force.
    pub(super) fn to_activate(found: &Found, caller: Address, amount: u64) -> Self {
        Self {
            kind: ActionKind::Activate,
            caller,
            to: found.holder,
            amount,
        }
    }

    /// To renew a license.
    pub(super) fn to_renew(caller: Address) -> Self {
        Self {
            kind: ActionKind::Renew,
            caller,
            to: Address::ZERO,
            amount: 1,
        }
    }

    /// To move one token or seat of the caller's.
    pub(super) fn to_transfer(caller: Address, to: Address) -> Self {
        Self {
            kind: ActionKind::Transfer,
            caller,
            to,
            amount: 1,
        }
    }

    /// The question as policy puts it to evidence, which does not look at the license's status, its
    /// parent and the time.
    pub(super) fn about(self, found: &Found, world: &World) -> Subject {
        let Self {
            kind,
            caller,
            to,
            amount,
        } = self;
        let enters = kind == ActionKind::Activate;
        Subject {
            chain_id: world.deployment.chain_id,
            policy: world.deployment.policy.into_array(),
            license: found.keeper.into_array(),
            token_id: model_token_id(found.token_id),
            version: found.version,
            content: if enters {
                found.metadata_hash.0
            } else {
                [0; 32]
            },
            action: Action {
                kind,
                caller: caller.into_array(),
                issuer: found.issuer.into_array(),
                holder: found.holder.into_array(),
                to: to.into_array(),
                amount,
                token_kind: found.kind,
                license_type: found.license_type,
                jurisdiction: found.jurisdiction,
                status: Status::Unknown,
                held: false,
                suspended_by_committee: false,
                term: found.term,
                parent: None,
                at: 0,
            },
        }
    }
}

impl Bench<'_> {
    /// A clearance of what is asked for, by the compliance signer, under the rules of this moment.
    pub(super) async fn clearance(&mut self, subject: &Subject) -> Result<SignedClearance> {
        let world = self.world;
        let nonce = self.unused();
        let rules_version = world
            .read(
                world.deployment.policy,
                &Policy::rulesVersionCall {
                    licenseType: subject.action.license_type,
                    jurisdiction: subject.action.jurisdiction.as_str().to_owned(),
                },
            )
            .await?;
        let clearance = Clearance {
            score: SCORE,
            rules_version,
            expires_at: world.now().await? + CLEARANCE_FOR,
            nonce: nonce.to_be_bytes(),
        };
        let digest = B256::from(clearance.digest::<SoftwareKeccak>(subject));
        let signer = &world.keys.compliance_signer.signer;
        Ok(SignedClearance {
            score: clearance.score,
            expires_at: clearance.expires_at,
            nonce,
            signature: Bytes::from(signer.sign_hash_sync(&digest)?.as_bytes()),
        })
    }
}
