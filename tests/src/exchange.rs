//! A running network, and the actions that tests prepare it with.

use alloy::sol_types::SolCall;
use anyhow::{Context, Result};
use lex_cli::stack::{ADMIN, Endpoints, GUARDIAN};
use lex_cli::target::{Network, Target};
use lex_client::abi::license::License::{self, LicenseEvents};
use lex_client::abi::policy::Policy::{self, PolicyEvents};
use lex_client::{Address, B256, CallError, Signer, Submitted, Submitter, U256};

/// Secret URI of the account that the tests' issuer signs with.
pub const ISSUER: &str = "//Bob";
/// Seconds.
pub const YEAR: u64 = 365 * 86_400;

/// A network, and the accounts that tests act with.
pub struct Exchange {
    pub network: Network,
    pub admin: Submitter,
    pub issuer: Submitter,
    /// May pause.
    pub guardian: Submitter,
}

/// The terms of a license type that matter to a test; the rest is usual.
pub struct TypeTerms {
    /// Seconds.
    pub term: u64,
    /// Seconds.
    pub renewal_window: u64,
    /// Seconds.
    pub grace: u64,
    pub supply_cap: u64,
    pub transferable: bool,
}

impl Default for TypeTerms {
    fn default() -> Self {
        Self {
            term: YEAR,
            renewal_window: YEAR,
            grace: YEAR / 12,
            supply_cap: 0,
            transferable: true,
        }
    }
}

impl Exchange {
    /// That of the stack which serves there.
    ///
    /// # Errors
    /// When the stack does not answer.
    pub async fn at(endpoints: &Endpoints) -> Result<Self> {
        let network = Target::from(endpoints).connect().await?;
        let submitter =
            |uri| -> Result<Submitter> { Ok(network.submitter(Signer::from_uri(uri)?)?) };
        Ok(Self {
            admin: submitter(ADMIN)?,
            issuer: submitter(ISSUER)?,
            guardian: submitter(GUARDIAN)?,
            network,
        })
    }

    /// Creates a type that the tests' issuer may issue everywhere.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn license_type(&self, terms: TypeTerms) -> Result<u64> {
        let policy = self.network.policy();
        let create = Policy::createTypeCall {
            name: "Test license".to_owned(),
            kind: 0,
            term: terms.term,
            renewalWindow: terms.renewal_window,
            grace: terms.grace,
            supplyCap: terms.supply_cap,
            transferable: terms.transferable,
            termsHash: B256::repeat_byte(1),
            schemaVersion: 1,
        };
        let created = self.admin.call(policy, &create).await?;
        let license_type = created_type(&created).context("no TypeCreated event")?;
        self.register(self.issuer.address()).await?;
        self.grant(self.issuer.address(), license_type, "").await?;
        Ok(license_type)
    }

    /// Registers an issuer unless it is one.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn register(&self, issuer: Address) -> Result<()> {
        let policy = self.network.policy();
        let is_issuer = Policy::isIssuerCall { issuer };
        if self
            .network
            .source
            .read(None, policy, Address::ZERO, &is_issuer)
            .await?
        {
            return Ok(());
        }
        let register = Policy::registerIssuerCall {
            issuer,
            name: "Test issuer".to_owned(),
        };
        self.admin.call(policy, &register).await?;
        Ok(())
    }

    /// Lets an issuer issue a type in a jurisdiction; the empty one is everywhere.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn grant(
        &self,
        issuer: Address,
        license_type: u64,
        jurisdiction: &str,
    ) -> Result<()> {
        let grant = Policy::grantIssuerCall {
            issuer,
            licenseType: license_type,
            jurisdiction: jurisdiction.to_owned(),
        };
        self.admin.call(self.network.policy(), &grant).await?;
        Ok(())
    }

    /// Issues one license to `holder`, valid from now.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn issue(&self, license_type: u64, holder: Address) -> Result<U256> {
        self.issue_by(&self.issuer, license_type, holder).await
    }

    /// As [`Exchange::issue`], by another issuer than the tests' usual one.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn issue_by(
        &self,
        issuer: &Submitter,
        license_type: u64,
        holder: Address,
    ) -> Result<U256> {
        let submitted = self.call(issuer, &issue_call(license_type, holder)).await?;
        issued_token(&submitted).context("no LicenseIssued event")
    }

    /// Issues many licenses to `holder`.
    ///
    /// # Errors
    /// The first call that fails.
    pub async fn issue_many(
        &self,
        license_type: u64,
        holder: Address,
        count: usize,
    ) -> Result<Vec<U256>> {
        let contract = self.network.license();
        let call = issue_call(license_type, holder).abi_encode();
        let submitted = self.issuer.call_many(vec![(contract, call); count]).await;
        submitted
            .into_iter()
            .map(|submitted| issued_token(&submitted?).context("no LicenseIssued event"))
            .collect()
    }

    /// Calls the license contract.
    ///
    /// # Errors
    /// As [`Submitter::call`].
    pub async fn call<C: SolCall>(
        &self,
        submitter: &Submitter,
        call: &C,
    ) -> Result<Submitted, CallError> {
        submitter.call(self.network.license(), call).await
    }
}

fn issue_call(license_type: u64, holder: Address) -> License::issueCall {
    License::issueCall {
        to: holder,
        licenseType: license_type,
        jurisdiction: "US-NY".to_owned(),
        validFrom: 0,
        metadataHash: B256::repeat_byte(2),
        tokenURI: "https://licenses.example/metadata.json".to_owned(),
    }
}

fn created_type(submitted: &Submitted) -> Option<u64> {
    submitted
        .events
        .iter()
        .find_map(|event| match event.decode::<PolicyEvents>() {
            Ok(PolicyEvents::TypeCreated(created)) => Some(created.licenseType),
            _ => None,
        })
}

fn issued_token(submitted: &Submitted) -> Option<U256> {
    submitted
        .events
        .iter()
        .find_map(|event| match event.decode::<LicenseEvents>() {
            Ok(LicenseEvents::LicenseIssued(issued)) => Some(issued.tokenId),
            _ => None,
        })
}
