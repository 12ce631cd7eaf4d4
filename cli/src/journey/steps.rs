//! The steps of the journey.

use std::time::Instant;

use alloy::primitives::keccak256;
use alloy::sol_types::SolCall;
use lex_client::abi::license::License::{self, LicenseEvents};
use lex_client::abi::policy::Policy::{self, PolicyEvents};
use lex_client::{Address, B256, CallError, Submitted, Submitter, U256};
use lex_model::Status;

use super::latency::until_seen;
use super::people::People;
use super::report::{JourneyReport, StepReport, TransactionReport};
use super::{JourneyError, WITHIN};
use crate::agreement::Agreement;
use crate::indexer::Search;
use crate::output::short;
use crate::progress::Progress;
use crate::stack::wait;
use crate::target::Network;

const YEAR: u64 = 365 * 86_400;
pub(super) const JURISDICTION: &str = "US-NY";
/// The issuer's own reason code for the suspension and the revocation of the journey.
const REASON: u32 = 1;

pub(super) struct Journey<'a> {
    pub(super) network: &'a Network,
    pub(super) people: &'a People,
    progress: &'a Progress,
    pub(super) admin: Submitter,
    pub(super) issuer: Submitter,
    pub(super) holder: Submitter,
    pub(super) maker: Submitter,
    pub(super) license_type: u64,
    /// Makes the type's name findable among those of earlier journeys.
    name: String,
    steps: Vec<StepReport>,
}

impl<'a> Journey<'a> {
    pub(super) fn new(
        network: &'a Network,
        people: &'a People,
        progress: &'a Progress,
    ) -> Result<Journey<'a>, JourneyError> {
        let submitter = |signer: &lex_client::Signer| {
            network
                .submitter(signer.clone())
                .map_err(failed("preparing the accounts"))
        };
        Ok(Journey {
            network,
            people,
            progress,
            admin: submitter(&people.admin)?,
            issuer: submitter(&people.issuer)?,
            holder: submitter(&people.holder)?,
            maker: submitter(&people.maker)?,
            license_type: 0,
            name: String::new(),
            steps: Vec::new(),
        })
    }

    pub(super) fn finish(self, license: U256, agreement: Agreement) -> JourneyReport {
        JourneyReport {
            signer: self.people.kind,
            license: license.to_string(),
            license_type: self.license_type,
            steps: self.steps,
            agreement,
        }
    }

    /// A type whose licenses can be renewed at any time of their term and never transferred, and an
    /// issuer who may issue it in the whole of the United States.
    pub(super) async fn create_type(&mut self) -> Result<(), JourneyError> {
        let step = "type created";
        let policy = self.network.policy();
        let number = self
            .network
            .license_types()
            .await
            .map_err(failed(step))?
            .len()
            + 1;
        self.name = format!("Journey {number}");
        let call = Policy::createTypeCall {
            name: self.name.clone(),
            kind: 0,
            term: YEAR,
            renewalWindow: YEAR,
            grace: 30 * 86_400,
            supplyCap: 0,
            transferable: false,
            termsHash: keccak256(b"the terms of the journey"),
            schemaVersion: 1,
        };
        let submitted = self.admin.call(policy, &call).await.map_err(failed(step))?;
        self.license_type = created_type(&submitted).ok_or(JourneyError::NoEvent {
            step,
            event: "TypeCreated",
        })?;
        let outcome = format!(
            "type {} \"{}\", term one year",
            self.license_type, self.name
        );
        self.record(step, outcome, &submitted).await?;
        self.close_gates().await?;
        self.admit_issuer().await
    }

    async fn admit_issuer(&mut self) -> Result<(), JourneyError> {
        let policy = self.network.policy();
        let issuer = self.issuer.address();
        let registered = Policy::isIssuerCall { issuer };
        let registered = self
            .network
            .source
            .read(None, policy, Address::ZERO, &registered)
            .await
            .map_err(failed("reading the issuers"))?;
        if !registered {
            let call = Policy::registerIssuerCall {
                issuer,
                name: String::from("Journey Board"),
            };
            let step = "issuer registered";
            let submitted = self.admin.call(policy, &call).await.map_err(failed(step))?;
            self.record(step, short(&issuer), &submitted).await?;
        }
        let call = Policy::grantIssuerCall {
            issuer,
            licenseType: self.license_type,
            jurisdiction: String::from("US"),
        };
        let step = "issuer granted";
        let submitted = self.admin.call(policy, &call).await.map_err(failed(step))?;
        let outcome = format!("type {} in US", self.license_type);
        self.record(step, outcome, &submitted).await
    }

    pub(super) async fn issue(&mut self) -> Result<U256, JourneyError> {
        let step = "license issued";
        let call = License::issueCall {
            to: self.holder.address(),
            licenseType: self.license_type,
            jurisdiction: JURISDICTION.to_owned(),
            validFrom: 0,
            metadataHash: keccak256(b"the metadata of the journey"),
            tokenURI: String::from("https://licenses.example/journey"),
        };
        let submitted = self.submit(step, &call).await?;
        let license = issued_license(&submitted).ok_or(JourneyError::NoEvent {
            step,
            event: "LicenseIssued",
        })?;
        let outcome = format!(
            "license {license} to {}; mirror says Pending",
            short(&self.holder.address())
        );
        self.record(step, outcome, &submitted).await?;
        self.expect_mirror(step, license, Status::Pending).await?;
        Ok(license)
    }

    pub(super) async fn search(
        &mut self,
        license: U256,
        status: Status,
    ) -> Result<(), JourneyError> {
        let search = Search {
            holder: Some(self.holder.address()),
            jurisdiction: Some(String::from("US")),
            status_in: vec![status],
            text: Some(self.name.clone()),
            ..Search::default()
        };
        let began = Instant::now();
        let id = license.to_string();
        let total = wait::until("finding the license", WITHIN, || async {
            match self.network.indexer.search(&search, 50, None).await {
                Ok(found) if found.licenses.iter().any(|found| found.id == id) => Ok(found.total),
                Ok(found) => Err(format!("{} others found", found.total)),
                Err(error) => Err(error.to_string()),
            }
        })
        .await?;
        let outcome = format!(
            "\"{}\", holder, jurisdiction US, {status:?}: {total} found in {} ms",
            self.name,
            began.elapsed().as_millis()
        );
        self.note("found by search", outcome);
        Ok(())
    }

    pub(super) async fn renew(&mut self, license: U256) -> Result<(), JourneyError> {
        let call = License::renewCall { tokenId: license };
        self.change("renewed", "one more year", license, &call, Status::Active)
            .await
    }

    pub(super) async fn suspend(&mut self, license: U256) -> Result<(), JourneyError> {
        let call = License::suspendCall {
            tokenId: license,
            reason: REASON,
            evidence: evidence(),
            liftsAt: 0,
        };
        self.change(
            "suspended",
            "mirror says unusable",
            license,
            &call,
            Status::Suspended,
        )
        .await
    }

    pub(super) async fn resume(&mut self, license: U256) -> Result<(), JourneyError> {
        let call = License::resumeCall { tokenId: license };
        self.change(
            "resumed",
            "mirror says usable",
            license,
            &call,
            Status::Active,
        )
        .await
    }

    pub(super) async fn revoke(&mut self, license: U256) -> Result<(), JourneyError> {
        let call = License::revokeCall {
            tokenId: license,
            reason: REASON,
            evidence: evidence(),
        };
        self.change(
            "revoked",
            "for ever; mirror says unusable",
            license,
            &call,
            Status::Revoked,
        )
        .await
    }

    /// The holder tries to give away what may not be given away.
    pub(super) async fn transfer_refused(&mut self, license: U256) -> Result<(), JourneyError> {
        let call = License::transferFromCall {
            from: self.holder.address(),
            to: self.admin.address(),
            tokenId: license,
        };
        match self.holder.call(self.network.license(), &call).await {
            Err(CallError::Refused(refusal)) => {
                let outcome = format!(
                    "{} ({}): {}. {}",
                    refusal.name(),
                    refusal.code,
                    refusal.message(),
                    refusal.remedy()
                );
                self.note("transfer refused", outcome);
                Ok(())
            }
            Err(source) => Err(JourneyError::Call {
                step: "the refusal of a transfer",
                source,
            }),
            Ok(_) => Err(JourneyError::TransferAccepted),
        }
    }

    async fn change<C: SolCall>(
        &mut self,
        step: &'static str,
        outcome: &str,
        license: U256,
        call: &C,
        expected: Status,
    ) -> Result<(), JourneyError> {
        let submitted = self.submit(step, call).await?;
        self.record(step, format!("license {license}: {outcome}"), &submitted)
            .await?;
        self.expect_mirror(step, license, expected).await
    }

    async fn submit<C: SolCall>(
        &self,
        step: &'static str,
        call: &C,
    ) -> Result<Submitted, JourneyError> {
        self.issuer
            .call(self.network.license(), call)
            .await
            .map_err(failed(step))
    }

    /// The update is on the mirror already; this is what it made of it.
    pub(super) async fn expect_mirror(
        &self,
        step: &'static str,
        license: U256,
        expected: Status,
    ) -> Result<(), JourneyError> {
        let mirrored = self.network.mirror.license(license).await?;
        let (status, usable) = mirrored.map_or((Status::Unknown, false), |mirrored| {
            (mirrored.status, mirrored.usable)
        });
        if status == expected && usable == (expected == Status::Active) {
            return Ok(());
        }
        Err(JourneyError::WrongMirror {
            step,
            status: status.code(),
            usable,
            expected: expected.code(),
        })
    }

    /// Waits until the transaction is seen everywhere and writes its line.
    pub(super) async fn record(
        &mut self,
        step: &str,
        outcome: String,
        submitted: &Submitted,
    ) -> Result<(), JourneyError> {
        let seen = until_seen(self.network, submitted).await?;
        let finalized = submitted
            .finalized_at
            .saturating_duration_since(submitted.submitted_at);
        self.push(StepReport {
            step: step.to_owned(),
            outcome,
            transaction: Some(TransactionReport {
                hash: submitted.transaction_hash,
                block: submitted.block.number,
                finalized_ms: millis(finalized),
                indexed_ms: millis(seen.indexed),
                mirrored_ms: seen.mirrored.map(millis),
            }),
        });
        Ok(())
    }

    fn note(&mut self, step: &str, outcome: String) {
        self.push(StepReport {
            step: step.to_owned(),
            outcome,
            transaction: None,
        });
    }

    fn push(&mut self, report: StepReport) {
        self.progress.note(report.line());
        self.steps.push(report);
    }
}

pub(super) fn failed(step: &'static str) -> impl Fn(CallError) -> JourneyError {
    move |source| JourneyError::Call { step, source }
}

fn evidence() -> B256 {
    keccak256(b"the evidence of the journey")
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Id of the type that a transaction created.
fn created_type(submitted: &Submitted) -> Option<u64> {
    submitted
        .events
        .iter()
        .find_map(|event| match event.decode::<PolicyEvents>() {
            Ok(PolicyEvents::TypeCreated(created)) => Some(created.licenseType),
            _ => None,
        })
}

/// Id of the license that a transaction issued.
fn issued_license(submitted: &Submitted) -> Option<U256> {
    submitted
        .events
        .iter()
        .find_map(|event| match event.decode::<LicenseEvents>() {
            Ok(LicenseEvents::LicenseIssued(issued)) => Some(issued.tokenId),
            _ => None,
        })
}
