//! A stack of its own for one test, and the actions that tests prepare it with.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use alloy::sol_types::SolCall;
use anyhow::{Context, Result, ensure};
use lex_cli::progress::Progress;
use lex_cli::stack::{ADMIN, Binaries, GUARDIAN, Stack, StackConfig};
use lex_cli::target::{Network, Target, repository};
use lex_client::abi::license::License::{self, LicenseEvents};
use lex_client::abi::policy::Policy::{self, PolicyEvents};
use lex_client::{Address, B256, CallError, Signer, Submitted, Submitter, U256};
use tempfile::TempDir;

/// Secret URI of the account that the tests' issuer signs with.
pub const ISSUER: &str = "//Bob";
/// Seconds.
pub const YEAR: u64 = 365 * 86_400;

/// A running stack in a folder that goes with it.
pub struct System {
    pub stack: Stack,
    pub network: Network,
    pub admin: Submitter,
    pub issuer: Submitter,
    /// May pause.
    pub guardian: Submitter,
    _folder: TempDir,
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

impl System {
    /// Starts a stack on free ports.
    ///
    /// # Errors
    /// When a program is missing (its message says what builds it) or does not become ready.
    pub async fn start() -> Result<Self> {
        Self::start_with(|_| {}).await
    }

    /// Starts a stack on free ports whose configuration differs from a test's usual one.
    ///
    /// # Errors
    /// As [`System::start`].
    pub async fn start_with(configure: impl FnOnce(&mut StackConfig)) -> Result<Self> {
        let folder = tempfile::tempdir().context("failed to make a folder")?;
        // The database's user must be able to walk through it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let binaries = Binaries::find(&repository())?;
        let mut config = StackConfig::for_test(folder.path(), binaries);
        configure(&mut config);
        let stack = Stack::start(config, Progress::silent()).await?;
        ensure!(stack.troubles().is_empty(), "{:#?}", stack.troubles());
        let network = Target::from(&stack.endpoints()).connect().await?;
        let submitter =
            |uri| -> Result<Submitter> { Ok(network.submitter(Signer::from_uri(uri)?)?) };
        Ok(Self {
            admin: submitter(ADMIN)?,
            issuer: submitter(ISSUER)?,
            guardian: submitter(GUARDIAN)?,
            stack,
            network,
            _folder: folder,
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

    /// As [`System::issue`], by another issuer than the tests' usual one.
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
