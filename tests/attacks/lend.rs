//! What somebody wants who lends, borrows, rewrites or receives licenses.

use alloy::sol_types::SolCall;
use anyhow::Result;
use lex_cli::evidence::{Cleared, Evidence, SignedClearance, Verdict, fresh_nonce};
use lex_cli::rules::Role;
use lex_client::abi::license::License;
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256, Signer, Submitter, U256};
use lex_model::{ActionKind, Gates, Group, Reason};
use lex_tests::{ClearanceTerms, System, TypeTerms, reason};

const DAY: u64 = 86_400;

#[tokio::test(flavor = "multi_thread")]
async fn lending_and_amending_hold_against_those_who_gain_by_them() -> Result<()> {
    let system = System::start().await?;
    a_frozen_holder_goes_on_earning_by_lending(&system).await?;
    a_screened_type_is_lent_to_somebody_unscreened(&system).await?;
    a_license_that_may_not_be_sold_is_lent_for_ever(&system).await?;
    a_thief_lends_during_the_alarm(&system).await?;
    an_issuer_rewrites_what_the_committee_approved(&system).await?;
    a_holder_uses_a_clearance_from_before_the_last_sale(&system).await?;
    system.stack.stop().await;
    Ok(())
}

async fn a_frozen_holder_goes_on_earning_by_lending(system: &System) -> Result<()> {
    let (holder, borrower) = (account(system, "//Charlie")?, account(system, "//Eve")?);
    let license_type = system.license_type(TypeTerms::default()).await?;
    let license = system.issue(license_type, holder.address()).await?;
    let regulate = Policy::setRoleCall {
        account: system.admin.address(),
        role: Role::Regulator.bit(),
        held: true,
    };
    tell(system, &system.admin, &regulate).await?;
    tell(system, &system.admin, &freezing(&holder, true)).await?;
    let lend = loan(system, license, borrower.address()).await?;
    let refused = system.call(&holder, &lend).await;
    assert_eq!(reason(refused)?, Reason::HolderFrozen);
    tell(system, &system.admin, &freezing(&holder, false)).await?;

    tell(system, &system.admin, &freezing(&borrower, true)).await?;
    let refused = system.call(&holder, &lend).await;
    assert_eq!(reason(refused)?, Reason::ReceiverFrozen);
    tell(system, &system.admin, &freezing(&borrower, false)).await?;
    system.call(&holder, &lend).await?;

    // Who borrowed does not lend on, and whoever is no party ends no loan.
    let onwards = loan(system, license, system.issuer.address()).await?;
    let refused = system.call(&borrower, &onwards).await;
    assert_eq!(reason(refused)?, Reason::NotApproved);
    let refused = system.call(&system.issuer, &taking_back(license)).await;
    assert_eq!(reason(refused)?, Reason::NotApproved);
    system.call(&borrower, &taking_back(license)).await?;
    Ok(())
}

async fn a_screened_type_is_lent_to_somebody_unscreened(system: &System) -> Result<()> {
    let (holder, borrower) = (account(system, "//Charlie")?, account(system, "//Eve")?);
    let license_type = screening(system).await?;
    let license = system.issue(license_type, holder.address()).await?;
    let bare = loan(system, license, borrower.address()).await?;
    let refused = system.call(&holder, &bare).await;
    assert_eq!(reason(refused)?, Reason::ClearanceRequired);

    let clearance = screened(system, license, borrower.address()).await?;
    let lend = |user: Address, clearance: &SignedClearance| License::setUserWithCall {
        tokenId: license,
        user,
        expires: bare.expires,
        evidence: (&with(clearance)).into(),
    };
    let another = lend(system.issuer.address(), &clearance);
    let refused = system.call(&holder, &another).await;
    assert_eq!(reason(refused)?, Reason::ClearanceInvalid);
    system
        .call(&holder, &lend(borrower.address(), &clearance))
        .await?;
    system.call(&holder, &taking_back(license)).await?;
    let refused = system
        .call(&holder, &lend(borrower.address(), &clearance))
        .await;
    assert_eq!(
        reason(refused)?,
        Reason::ClearanceUsed,
        "a loan is no update"
    );
    Ok(())
}

async fn a_license_that_may_not_be_sold_is_lent_for_ever(system: &System) -> Result<()> {
    let (holder, borrower) = (account(system, "//Charlie")?, account(system, "//Eve")?);
    let bound = TypeTerms {
        transferable: false,
        ..TypeTerms::default()
    };
    let license_type = system.license_type(bound).await?;
    let license = system.issue(license_type, holder.address()).await?;
    let lend = loan(system, license, borrower.address()).await?;
    let refused = system.call(&holder, &lend).await;
    assert_eq!(reason(refused)?, Reason::NotTransferable);
    Ok(())
}

async fn a_thief_lends_during_the_alarm(system: &System) -> Result<()> {
    let (holder, thief) = (account(system, "//Charlie")?, account(system, "//Eve")?);
    let license_type = system.license_type(TypeTerms::default()).await?;
    let license = system.issue(license_type, holder.address()).await?;
    let lend = loan(system, license, thief.address()).await?;
    system.call(&holder, &lend).await?;
    let groups = Group::Lend.bit();
    tell(system, &system.guardian, &Policy::pauseCall { groups }).await?;
    let refused = system.call(&holder, &lend).await;
    assert_eq!(reason(refused)?, Reason::Paused);
    // In an alarm loans can be ended.
    system.call(&holder, &taking_back(license)).await?;
    tell(system, &system.admin, &Policy::liftPauseCall { groups }).await?;
    Ok(())
}

async fn an_issuer_rewrites_what_the_committee_approved(system: &System) -> Result<()> {
    let holder = account(system, "//Charlie")?;
    let license_type = system.gated_type(Gates::CLEARANCE, 0, 0).await?;
    let license = system.issue(license_type, holder.address()).await?;
    let terms = ClearanceTerms::default();
    let clearance = system.clearance(license, None, terms).await?;
    let activate = system.activation(license, &with(&clearance)).await?;
    system.call(&system.issuer, &activate).await?;

    let hash = B256::repeat_byte(6);
    let rewrite = License::setMetadataCall {
        tokenId: license,
        metadataHash: hash,
        tokenURI: "ipfs://rewritten".to_owned(),
    };
    let refused = system.call(&system.issuer, &rewrite).await;
    assert_eq!(reason(refused)?, Reason::ClearanceRequired);
    let with_evidence = |clearance: &SignedClearance| License::setMetadataWithCall {
        tokenId: license,
        metadataHash: hash,
        tokenURI: "ipfs://rewritten".to_owned(),
        evidence: (&with(clearance)).into(),
    };
    // What was cleared to come into force is not cleared to be rewritten, nor is another text.
    let other = amended(system, license, B256::repeat_byte(7)).await?;
    for wrong in [&clearance, &other] {
        let refused = system.call(&system.issuer, &with_evidence(wrong)).await;
        assert_eq!(reason(refused)?, Reason::ClearanceInvalid);
    }
    let before = system.kept(license).await?.version;
    let right = amended(system, license, hash).await?;
    system.call(&system.issuer, &with_evidence(&right)).await?;
    let after = system.kept(license).await?;
    assert_eq!((after.metadata_hash, after.version), (hash, before + 1));

    // Only what was requested is decided, and only by who decides.
    let decide = License::amendApprovedCall {
        tokenId: license,
        previousHash: hash,
        metadataHash: B256::repeat_byte(8),
        uriHash: B256::ZERO,
        evidence: (&Evidence::default()).into(),
    };
    let refused = system.call(&system.issuer, &decide).await;
    assert_eq!(reason(refused)?, Reason::NotRequested);
    let request = License::requestAmendmentCall {
        tokenId: license,
        metadataHash: B256::repeat_byte(8),
        tokenURI: "ipfs://wanted".to_owned(),
    };
    let refused = system.call(&holder, &request).await;
    assert_eq!(reason(refused)?, Reason::NotLicenseIssuer);
    system.call(&system.issuer, &request).await?;
    let refused = system.call(&system.issuer, &decide).await;
    assert_eq!(reason(refused)?, Reason::NotAsApproved);
    let right = License::amendApprovedCall {
        uriHash: alloy::primitives::keccak256("ipfs://wanted"),
        ..decide
    };
    let refused = system.call(&system.issuer, &right).await;
    assert_eq!(reason(refused)?, Reason::ClearanceRequired);
    Ok(())
}

async fn a_holder_uses_a_clearance_from_before_the_last_sale(system: &System) -> Result<()> {
    let (holder, buyer) = (account(system, "//Charlie")?, account(system, "//Eve")?);
    let license_type = system.gated_type(0, Gates::CLEARANCE, 0).await?;
    let license = system.issue(license_type, holder.address()).await?;
    let sale =
        |from: &Submitter, to: &Submitter, clearance: &SignedClearance| License::transferWithCall {
            from: from.address(),
            to: to.address(),
            tokenId: license,
            evidence: (&with(clearance)).into(),
        };
    let cleared = async |to: &Submitter| {
        let terms = ClearanceTerms::default();
        system.clearance(license, Some(to.address()), terms).await
    };
    let (first, kept) = (cleared(&buyer).await?, cleared(&buyer).await?);
    system.call(&holder, &sale(&holder, &buyer, &first)).await?;
    let back = cleared(&holder).await?;
    system.call(&buyer, &sale(&buyer, &holder, &back)).await?;
    let refused = system.call(&holder, &sale(&holder, &buyer, &kept)).await;
    assert_eq!(reason(refused)?, Reason::ClearanceInvalid);
    Ok(())
}

fn account(system: &System, uri: &str) -> Result<Submitter> {
    Ok(system.network.submitter(Signer::from_uri(uri)?)?)
}

/// A type whose loans need a clearance.
async fn screening(system: &System) -> Result<u64> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let mut rules = system.network.type_rules(license_type).await?;
    rules.gates.lend = Gates::CLEARANCE;
    let set = Policy::setTypeRulesCall {
        licenseType: license_type,
        rules,
    };
    tell(system, &system.admin, &set).await?;
    Ok(license_type)
}

async fn loan(system: &System, license: U256, user: Address) -> Result<License::setUserCall> {
    Ok(License::setUserCall {
        tokenId: license,
        user,
        expires: system.network.now().await? + DAY,
    })
}

fn taking_back(license: U256) -> License::setUserCall {
    License::setUserCall {
        tokenId: license,
        user: Address::ZERO,
        expires: 0,
    }
}

fn freezing(account: &Submitter, frozen: bool) -> Policy::setHolderFrozenCall {
    Policy::setHolderFrozenCall {
        account: account.address(),
        frozen,
        reason: 4,
        evidence: B256::ZERO,
    }
}

/// A clearance of a loan by the holder.
async fn screened(system: &System, license: U256, user: Address) -> Result<SignedClearance> {
    let holder = system.kept(license).await?.holder;
    cleared(system, license, ActionKind::Lend, holder, user, B256::ZERO).await
}

/// A clearance of another description by the issuer.
async fn amended(system: &System, license: U256, hash: B256) -> Result<SignedClearance> {
    let issuer = system.kept(license).await?.issuer;
    let kind = ActionKind::Amend;
    cleared(system, license, kind, issuer, Address::ZERO, hash).await
}

async fn cleared(
    system: &System,
    license: U256,
    kind: ActionKind,
    caller: Address,
    to: Address,
    content: B256,
) -> Result<SignedClearance> {
    let kept = system.kept(license).await?;
    let network = &system.network;
    let cleared = Cleared {
        contract: network.license(),
        kind,
        caller,
        token_id: license,
        version: kept.version,
        license_type: kept.license_type,
        jurisdiction: kept.jurisdiction,
        holder: kept.holder,
        to,
        amount: 1,
        valid_from: kept.term.valid_from,
        valid_until: kept.term.valid_until,
        content,
    };
    let verdict = Verdict {
        score: 1000,
        rules_version: network
            .rules_version(kept.license_type, kept.jurisdiction)
            .await?,
        expires_at: network.now().await? + DAY,
    };
    let signer = &system.stack.keys().compliance_signer.signer;
    Ok(cleared.sign(network, verdict, fresh_nonce(), signer)?)
}

async fn tell<C: SolCall>(system: &System, submitter: &Submitter, call: &C) -> Result<()> {
    submitter.call(system.network.policy(), call).await?;
    Ok(())
}

fn with(clearance: &SignedClearance) -> Evidence {
    Evidence {
        clearance: Some(clearance.clone()),
        proof: None,
    }
}
