//! Reads of policy and license on the source chain.

use lex_client::abi::license::License;
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256, CallError, ForeignText, SourceError, U256};
use lex_model::{Reason, Status};
use serde::Serialize;

use crate::agreement::View;
use crate::mirror::unix_now;
use crate::target::Network;

/// A license as its contract has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainLicense {
    pub holder: Address,
    pub issuer: Address,
    pub license_type: u64,
    pub jurisdiction: ForeignText,
    /// Unix seconds.
    pub valid_from: u64,
    pub valid_until: u64,
    pub grace_until: u64,
    /// At the time that was asked for.
    pub status: &'static str,
    /// 0: no end is set.
    pub suspended_until: u64,
    pub metadata_hash: B256,
    pub token_uri: ForeignText,
    pub version: u32,
    /// The license above it; 0 for none. The status takes it into account.
    pub parent: u64,
    #[serde(skip)]
    pub status_code: u8,
}

/// Nonce and head of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OutboxState {
    pub nonce: u64,
    pub head: B256,
}

/// A license type as policy has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainLicenseType {
    pub id: u64,
    pub name: ForeignText,
    pub kind: &'static str,
    /// Seconds.
    pub term: u64,
    pub renewal_window: u64,
    pub grace: u64,
    /// 0: no cap.
    pub supply_cap: u64,
    /// Licenses issued so far.
    pub supply: u64,
    pub transferable: bool,
    pub open: bool,
    pub version: u32,
}

impl Network {
    /// Reads from the best block, as nobody.
    pub(crate) async fn look<C: alloy::sol_types::SolCall>(
        &self,
        contract: Address,
        call: &C,
    ) -> Result<C::Return, CallError> {
        self.source.read(None, contract, Address::ZERO, call).await
    }

    /// The time for which "now" stands, Unix seconds: this machine's clock, or the chain's when
    /// that is ahead (development chains can be moved forward).
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn now(&self) -> Result<u64, SourceError> {
        let finalized = self.source.finalized().await?;
        let block = self.source.block(finalized.number, &[]).await?;
        Ok(block.map_or(0, |block| block.time).max(unix_now()))
    }

    /// The license with its status at `at` (Unix seconds); `None` when there is none with this id.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn chain_license(
        &self,
        id: U256,
        at: u64,
    ) -> Result<Option<ChainLicense>, CallError> {
        let contract = self.license();
        let license = match self
            .look(contract, &License::licenseCall { tokenId: id })
            .await
        {
            Ok(license) => license,
            Err(CallError::Refused(refusal)) if refusal.code == Reason::UnknownLicense.code() => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let status_code = self
            .look(contract, &License::statusAtCall { tokenId: id, at })
            .await?;
        let token_uri = self
            .look(contract, &License::tokenURICall { tokenId: id })
            .await?;
        Ok(Some(ChainLicense {
            holder: license.holder,
            issuer: license.issuer,
            license_type: license.licenseType,
            jurisdiction: license.jurisdiction.into(),
            valid_from: license.validFrom,
            valid_until: license.validUntil,
            grace_until: license.graceUntil,
            status: status_name(status_code),
            suspended_until: license.suspendedUntil,
            metadata_hash: license.metadataHash,
            token_uri: token_uri.into(),
            version: license.version,
            parent: license.parent,
            status_code,
        }))
    }

    /// # Errors
    /// When the chain does not answer.
    pub async fn outbox(&self) -> Result<OutboxState, CallError> {
        let outbox = self.look(self.license(), &License::outboxCall {}).await?;
        Ok(OutboxState {
            nonce: outbox.nonce,
            head: outbox.head,
        })
    }

    /// The outbox at the end of a block.
    ///
    /// # Errors
    /// When the chain does not answer or has no such block.
    pub async fn outbox_at(&self, block: B256) -> Result<OutboxState, CallError> {
        let outbox = self.look_at(block, &License::outboxCall {}).await?;
        Ok(OutboxState {
            nonce: outbox.nonce,
            head: outbox.head,
        })
    }

    /// What copies show of the license as it was at the end of a block, with its status at `at`
    /// (Unix seconds); `None` when there was none with this id.
    ///
    /// # Errors
    /// When the chain does not answer or has no such block.
    pub async fn view_at(&self, id: U256, block: B256, at: u64) -> Result<Option<View>, CallError> {
        let license = License::licenseCall { tokenId: id };
        let status = License::statusAtCall { tokenId: id, at };
        let both = tokio::try_join!(self.look_at(block, &license), self.look_at(block, &status));
        let (license, status) = match both {
            Ok(both) => both,
            Err(CallError::Refused(refusal)) if refusal.code == Reason::UnknownLicense.code() => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        Ok(Some(View {
            holder: license.holder,
            license_type: license.licenseType,
            status: status_name(status).to_owned(),
            valid_from: license.validFrom,
            valid_until: license.validUntil,
            grace_until: license.graceUntil,
        }))
    }

    /// [`Network::issued`] at the end of a block.
    ///
    /// # Errors
    /// When the chain does not answer or has no such block.
    pub async fn issued_at(&self, block: B256) -> Result<u64, CallError> {
        let total: U256 = self.look_at(block, &License::totalSupplyCall {}).await?;
        Ok(total.saturating_to())
    }

    /// Asks the license contract at the end of a block, as nobody.
    async fn look_at<C: alloy::sol_types::SolCall>(
        &self,
        block: B256,
        call: &C,
    ) -> Result<C::Return, CallError> {
        self.source
            .read(Some(block), self.license(), Address::ZERO, call)
            .await
    }

    /// Number of licenses ever issued; their ids are 1 to this number.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn issued(&self) -> Result<u64, CallError> {
        let total: U256 = self
            .look(self.license(), &License::totalSupplyCall {})
            .await?;
        Ok(total.saturating_to())
    }

    /// The rules of a type that go beyond its terms.
    ///
    /// # Errors
    /// When the chain does not answer or there is no such type.
    pub async fn type_rules(&self, id: u64) -> Result<Policy::TypeRules, CallError> {
        let call = Policy::typeRulesCall { licenseType: id };
        self.look(self.policy(), &call).await
    }

    /// Every license type, by id.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn license_types(&self) -> Result<Vec<ChainLicenseType>, CallError> {
        let policy = self.policy();
        let count = self.look(policy, &Policy::typeCountCall {}).await?;
        let mut types = Vec::new();
        for id in 1..=count {
            types.push(self.license_type(id).await?);
        }
        Ok(types)
    }

    /// # Errors
    /// When the chain does not answer or there is no such type.
    pub async fn license_type(&self, id: u64) -> Result<ChainLicenseType, CallError> {
        let call = Policy::licenseTypeCall { licenseType: id };
        let found = self.look(self.policy(), &call).await?;
        let supply = self
            .look(self.license(), &License::supplyCall { licenseType: id })
            .await?;
        Ok(ChainLicenseType {
            id,
            name: found.name.into(),
            kind: if found.kind == 0 { "NFT" } else { "SFT" },
            term: found.term,
            renewal_window: found.renewalWindow,
            grace: found.grace,
            supply_cap: found.supplyCap,
            supply,
            transferable: found.transferable,
            open: found.open,
            version: found.version,
        })
    }
}

/// The name of a status code that a contract returned.
#[must_use]
pub fn status_name(code: u8) -> &'static str {
    Status::from_code(code).map_or("Unknown", Status::name)
}
