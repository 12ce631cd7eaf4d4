//! What somebody may want of the rules that are made for others.

use alloy::sol_types::SolCall;
use anyhow::Result;
use lex_cli::rules::Role;
use lex_client::abi::license::License;
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256, Signer, Submitter, U256};
use lex_model::{Decision, DecisionKind, RECOVERY_DELAY, Reason};
use lex_tests::{NodeControl, System, TypeTerms, reason};

/// The place of every license.
const PLACE: &str = "US-NY";

#[tokio::test(flavor = "multi_thread")]
async fn rules_hold_against_those_whom_they_bind() -> Result<()> {
    let system = System::start().await?;
    a_removed_issuer_comes_back_with_its_old_grants(&system).await?;
    a_lost_issuers_certificates_cannot_be_revoked(&system).await?;
    a_holder_burns_a_cap_by_getting_and_surrendering(&system).await?;
    the_rules_are_taken_over_by_a_slip(&system).await?;
    an_account_is_bound_to_block_every_freeze(&system).await?;
    an_unbound_contracts_licenses_stay_usable(&system).await?;
    a_thief_of_a_regulators_key_releases_whom_the_committee_froze(&system).await?;
    // Last: it moves the chain's clock away from this machine's.
    a_bribed_regulator_takes_a_holders_key_over(&system).await?;
    system.stack.stop().await;
    Ok(())
}

async fn a_removed_issuer_comes_back_with_its_old_grants(system: &System) -> Result<()> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let issuer = submitter(system, "//Charlie")?;
    system.register(issuer.address()).await?;
    system.grant(issuer.address(), license_type, "US").await?;
    let issue = issue_call(license_type, issuer.address());
    system.call(&issuer, &issue).await?;
    let remove = Policy::removeIssuerCall {
        issuer: issuer.address(),
    };
    rule(system, &remove).await?;
    system.register(issuer.address()).await?;
    let refused = system.call(&issuer, &issue).await;
    assert_eq!(reason(refused)?, Reason::IssuerNotGranted);
    Ok(())
}

/// A type without a committee: a regulator ends what a stolen key issued, and whoever takes the licenses
/// over decides about them, while the stolen key is nobody.
async fn a_lost_issuers_certificates_cannot_be_revoked(system: &System) -> Result<()> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let (stolen, successor) = (submitter(system, "//Dave")?, submitter(system, "//Eve")?);
    for issuer in [&stolen, &successor] {
        system.register(issuer.address()).await?;
        system.grant(issuer.address(), license_type, "US").await?;
    }
    let licenses = [
        issued(system, &stolen, license_type).await?,
        issued(system, &stolen, license_type).await?,
    ];
    let regulator = regulator(system).await?;
    system.call(&regulator, &revoke_call(licenses[0])).await?;
    let succeed = Policy::succeedIssuerCall {
        retired: stolen.address(),
        successor: successor.address(),
    };
    rule(system, &succeed).await?;
    let refused = system.call(&stolen, &revoke_call(licenses[1])).await;
    assert_eq!(reason(refused)?, Reason::UnknownIssuer);
    let refused = system
        .call(&stolen, &issue_call(license_type, stolen.address()))
        .await;
    assert_eq!(reason(refused)?, Reason::UnknownIssuer);
    system.call(&successor, &revoke_call(licenses[1])).await?;
    Ok(())
}

async fn a_holder_burns_a_cap_by_getting_and_surrendering(system: &System) -> Result<()> {
    let capped = TypeTerms {
        supply_cap: 1,
        ..TypeTerms::default()
    };
    let license_type = system.license_type(capped).await?;
    let holder = submitter(system, "//Charlie")?;
    for _ in 0..3 {
        let license = system.issue(license_type, holder.address()).await?;
        let more = issue_call(license_type, holder.address());
        let refused = system.call(&system.issuer, &more).await;
        assert_eq!(reason(refused)?, Reason::SupplyExhausted);
        let surrender = License::surrenderCall { tokenId: license };
        system.call(&holder, &surrender).await?;
    }
    Ok(())
}

/// The rules stay where they are until the account to which they were offered has accepted them.
async fn the_rules_are_taken_over_by_a_slip(system: &System) -> Result<()> {
    let (policy, thief) = (system.network.policy(), submitter(system, "//Charlie")?);
    let slip = Policy::setAdminCall {
        admin: Address::repeat_byte(0xee),
    };
    rule(system, &slip).await?;
    let accept = Policy::acceptAdminCall {};
    let refused = thief.call(policy, &accept).await;
    assert_eq!(reason(refused)?, Reason::NotAdmin);
    let admin = look(system, policy, &Policy::adminCall {}).await?;
    assert_eq!(admin, system.admin.address());
    Ok(())
}

async fn an_account_is_bound_to_block_every_freeze(system: &System) -> Result<()> {
    let bind = Policy::bindLicenseCall {
        license: system.issuer.address(),
    };
    let refused = system.admin.call(system.network.policy(), &bind).await;
    assert_eq!(reason(refused)?, Reason::NotAContract);
    Ok(())
}

async fn an_unbound_contracts_licenses_stay_usable(system: &System) -> Result<()> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let holder = submitter(system, "//Charlie")?;
    let license = system.issue(license_type, holder.address()).await?;
    let contract = system.network.license();
    rule(system, &Policy::unbindLicenseCall { license: contract }).await?;
    assert!(!is_usable(system, license).await?);
    let transfer = License::transferFromCall {
        from: holder.address(),
        to: system.issuer.address(),
        tokenId: license,
    };
    let refused = system.call(&holder, &transfer).await;
    assert_eq!(reason(refused)?, Reason::NotBound);
    let issued = system.issue(license_type, holder.address()).await;
    assert!(issued.is_err(), "nothing is issued there");
    rule(system, &Policy::bindLicenseCall { license: contract }).await?;
    assert!(is_usable(system, license).await?, "it missed nothing");
    rule(system, &Policy::unbindLicenseCall { license: contract }).await?;
    system.call(&system.issuer, &revoke_call(license)).await?;
    rule(system, &Policy::bindLicenseCall { license: contract }).await?;
    assert!(!is_usable(system, license).await?);
    Ok(())
}

/// The thief freezes first, so that the committee's freeze would be nothing new, and ends with its own.
async fn a_thief_of_a_regulators_key_releases_whom_the_committee_froze(
    system: &System,
) -> Result<()> {
    let (policy, thief) = (system.network.policy(), regulator(system).await?);
    let accomplice = Address::repeat_byte(0x99);
    let set = |frozen| Policy::setHolderFrozenCall {
        account: accomplice,
        frozen,
        reason: 1,
        evidence: B256::ZERO,
    };
    thief.call(policy, &set(true)).await?;
    let freeze = Decision {
        target: policy.into_array(),
        account: accomplice.into_array(),
        reason: 7,
        ..Decision::empty(DecisionKind::FreezeHolder)
    };
    let freeze = system.approved(freeze).await?;
    system.decide(freeze).await?;
    thief.call(policy, &set(false)).await?;
    let frozen = Policy::isFrozenCall {
        account: accomplice,
    };
    assert!(look(system, policy, &frozen).await?);
    let refused = thief.call(policy, &set(false)).await;
    assert_eq!(reason(refused)?, Reason::NotRegulator);
    Ok(())
}

/// The holder is there and says so; what nobody objects to takes three days.
async fn a_bribed_regulator_takes_a_holders_key_over(system: &System) -> Result<()> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let (holder, thief) = (submitter(system, "//Charlie")?, submitter(system, "//Eve")?);
    let license = system.issue(license_type, holder.address()).await?;
    let (policy, bribed) = (system.network.policy(), regulator(system).await?);
    let take_over = Policy::recoverKeyCall {
        lost: holder.address(),
        successor: thief.address(),
        reason: 1,
        evidence: B256::ZERO,
    };
    let seize = License::recoverCall {
        tokenIds: vec![license],
    };
    bribed.call(policy, &take_over).await?;
    let refused = system.call(&thief, &seize).await;
    assert_eq!(reason(refused)?, Reason::NotRecovered);
    let object = Policy::objectRecoveryCall {
        account: holder.address(),
    };
    let refused = thief.call(policy, &object).await;
    assert_eq!(reason(refused)?, Reason::NotHolder);
    holder.call(policy, &object).await?;
    assert!(is_usable(system, license).await?);

    let clock = NodeControl::new(&system.stack.endpoints().node)?;
    clock.advance(RECOVERY_DELAY + 1).await?;
    let refused = system.call(&thief, &seize).await;
    assert_eq!(reason(refused)?, Reason::NotRecovered, "it was objected to");
    bribed.call(policy, &take_over).await?;
    let surrender = License::surrenderCall { tokenId: license };
    let refused = system.call(&holder, &surrender).await;
    assert_eq!(
        reason(refused)?,
        Reason::KeyLost,
        "a thief would destroy it"
    );
    clock.advance(RECOVERY_DELAY + 1).await?;
    let refused = holder.call(policy, &object).await;
    assert_eq!(reason(refused)?, Reason::KeyLost);
    system.call(&thief, &seize).await?;
    Ok(())
}

/// An account that is a regulator, besides the committee.
async fn regulator(system: &System) -> Result<Submitter> {
    let regulator = submitter(system, "//Alice//stash")?;
    let role = Role::Regulator.bit();
    let has = Policy::hasRoleCall {
        account: regulator.address(),
        role,
    };
    if !look(system, system.network.policy(), &has).await? {
        let give = Policy::setRoleCall {
            account: regulator.address(),
            role,
            held: true,
        };
        rule(system, &give).await?;
    }
    Ok(regulator)
}

fn submitter(system: &System, uri: &str) -> Result<Submitter> {
    Ok(system.network.submitter(Signer::from_uri(uri)?)?)
}

async fn rule<C: SolCall>(system: &System, call: &C) -> Result<()> {
    system.admin.call(system.network.policy(), call).await?;
    Ok(())
}

async fn is_usable(system: &System, license: U256) -> Result<bool> {
    let usable = License::isUsableCall { tokenId: license };
    look(system, system.network.license(), &usable).await
}

async fn look<C: SolCall>(system: &System, contract: Address, call: &C) -> Result<C::Return> {
    let source = &system.network.source;
    Ok(source.read(None, contract, Address::ZERO, call).await?)
}

/// A license that `issuer` issues to itself.
async fn issued(system: &System, issuer: &Submitter, license_type: u64) -> Result<U256> {
    system
        .call(issuer, &issue_call(license_type, issuer.address()))
        .await?;
    // Ids are given in a row, and what has ended stays on record.
    look(
        system,
        system.network.license(),
        &License::totalSupplyCall {},
    )
    .await
}

fn issue_call(license_type: u64, to: Address) -> License::issueCall {
    License::issueCall {
        to,
        licenseType: license_type,
        jurisdiction: PLACE.to_owned(),
        validFrom: 0,
        metadataHash: B256::repeat_byte(7),
        tokenURI: String::new(),
    }
}

fn revoke_call(license: U256) -> License::revokeCall {
    License::revokeCall {
        tokenId: license,
        reason: 1,
        evidence: B256::ZERO,
    }
}
