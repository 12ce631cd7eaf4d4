//! Policy's messages. What would be in the way of the others is undone.

use anyhow::Result;
use lex_cli::rules::Role;
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256};
use lex_model::{ActionKind, Demand, Gates, Group, MAX_RULES, TypeKind};

use super::bench::Bench;
use super::world::{EVIDENCE, JURISDICTION, REASON, create_type, no_rules, recover_key};

/// Measures the messages. Afterwards somebody else administers policy.
pub(super) async fn measure(bench: &mut Bench<'_>) -> Result<()> {
    let step = bench.progress.step("policy");
    types(bench).await?;
    issuers(bench).await?;
    places(bench).await?;
    accounts(bench).await?;
    contracts(bench).await?;
    let hand_over = Policy::setAdminCall {
        admin: bench.stranger(),
    };
    let (world, at) = (bench.world, bench.policy());
    bench.call(at, &world.people.admin, &hand_over).await?;
    let to_holder = Policy::setAdminCall {
        admin: world.people.holder.address(),
    };
    bench.world.rule(&to_holder).await?;
    bench
        .call(at, &world.people.holder, &Policy::acceptAdminCall {})
        .await?;
    step.done("measured");
    Ok(())
}

async fn types(bench: &mut Bench<'_>) -> Result<()> {
    let (world, at) = (bench.world, bench.policy());
    let admin = &world.people.admin;
    let create = create_type(TypeKind::Nft);
    bench.call(at, admin, &create).await?;
    let license_type = world.read(at.1, &Policy::typeCountCall {}).await?;
    let set = Policy::setTypeRulesCall {
        licenseType: license_type,
        rules: Policy::TypeRules {
            gates: Policy::TypeGates {
                issue: Gates::COMMITTEE | Gates::CLEARANCE,
                ..Policy::TypeGates::default()
            },
            committee: world.deployment.committee,
            minimumScore: 600,
            ..no_rules()
        },
    };
    bench.call(at, admin, &set).await?;
    for (open, case) in [(false, "closes it"), (true, "reopens it")] {
        let call = Policy::setTypeOpenCall {
            licenseType: license_type,
            open,
        };
        bench.case(at, admin, &call, case).await?;
    }
    Ok(())
}

async fn issuers(bench: &mut Bench<'_>) -> Result<()> {
    let (world, at) = (bench.world, bench.policy());
    let admin = &world.people.admin;
    let issuer = bench.stranger();
    let register = Policy::registerIssuerCall {
        issuer,
        name: "State Board of Pharmacy".to_owned(),
    };
    bench.call(at, admin, &register).await?;
    let (license_type, jurisdiction) = (1, JURISDICTION.to_owned());
    let grant = Policy::grantIssuerCall {
        issuer,
        licenseType: license_type,
        jurisdiction: jurisdiction.clone(),
    };
    bench.call(at, admin, &grant).await?;
    let withdraw = Policy::withdrawIssuerCall {
        issuer,
        licenseType: license_type,
        jurisdiction,
    };
    bench.call(at, admin, &withdraw).await?;
    let share = Policy::setIssuerShareCall {
        issuer,
        licenseType: license_type,
        share: 1_000,
    };
    bench.call(at, admin, &share).await?;
    let remove = Policy::removeIssuerCall { issuer };
    bench.call(at, admin, &remove).await?;
    let succeed = Policy::succeedIssuerCall {
        retired: issuer,
        successor: world.people.issuer.address(),
    };
    bench.call(at, admin, &succeed).await?;
    Ok(())
}

/// The rules of a jurisdiction that had none: the fewest and the most.
async fn places(bench: &mut Bench<'_>) -> Result<()> {
    let (world, at) = (bench.world, bench.policy());
    let admin = &world.people.admin;
    let rule = Policy::BundleRule {
        demand: Demand::MinimumScore as u8,
        actions: ActionKind::Issue.bit() | ActionKind::Transfer.bit(),
        licenseType: 0,
        value: 500,
    };
    for (place, count, case) in [("FR", 1, "1 rule"), ("JP", MAX_RULES, "16 rules")] {
        let set = Policy::setBundleCall {
            jurisdiction: place.to_owned(),
            bundleId: B256::repeat_byte(4),
            rules: vec![rule.clone(); count],
        };
        bench.case(at, admin, &set, case).await?;
    }
    let remove = Policy::removeBundleCall {
        jurisdiction: "FR".to_owned(),
    };
    bench.call(at, admin, &remove).await?;
    Ok(())
}

async fn accounts(bench: &mut Bench<'_>) -> Result<()> {
    let (world, at) = (bench.world, bench.policy());
    let people = &world.people;
    let set_role = Policy::setRoleCall {
        account: bench.stranger(),
        role: Role::Publisher.bit(),
        held: true,
    };
    bench.call(at, &people.admin, &set_role).await?;
    let set_root = Policy::setRootCall {
        circuit: 1,
        slot: 0,
        root: bench.unused(),
        validUntil: world.now().await? + crate::YEAR,
    };
    bench.call(at, &people.publisher, &set_root).await?;

    let account = bench.stranger();
    for (frozen, case) in [(true, "freezes"), (false, "releases")] {
        let call = Policy::setHolderFrozenCall {
            account,
            frozen,
            reason: REASON,
            evidence: EVIDENCE,
        };
        bench.case(at, &people.regulator, &call, case).await?;
    }
    let (lost, successor) = (bench.stranger(), bench.stranger());
    let lose = recover_key(lost, successor);
    bench.call(at, &people.regulator, &lose).await?;
    let withdraw = Policy::withdrawRecoveryCall {
        account: lost,
        reason: REASON,
        evidence: EVIDENCE,
    };
    bench.call(at, &people.regulator, &withdraw).await?;
    let (account, lose) = (
        people.holder.address(),
        recover_key(people.holder.address(), successor),
    );
    world.send(&people.regulator, at.1, &lose).await?;
    let object = Policy::objectRecoveryCall { account };
    bench.call(at, &people.holder, &object).await?;

    let groups = Group::Use.bit();
    let pause = Policy::pauseCall { groups };
    bench
        .case(at, &people.guardian, &pause, "the use of licenses")
        .await?;
    let lift = Policy::liftPauseCall { groups };
    bench
        .case(at, &people.regulator, &lift, "the use of licenses")
        .await?;
    Ok(())
}

/// The contracts that policy knows.
async fn contracts(bench: &mut Bench<'_>) -> Result<()> {
    let (world, at) = (bench.world, bench.policy());
    let admin = &world.people.admin;
    // Any contract will do: it is not called.
    let module = world.deployment.verifier;
    let add = Policy::addModuleCall { module, kinds: 1 };
    bench.call(at, admin, &add).await?;
    let remove = Policy::removeModuleCall { module };
    bench.call(at, admin, &remove).await?;
    let none = Policy::setVerifierCall {
        verifier: Address::ZERO,
    };
    world.rule(&none).await?;
    let verifier = world.deployment.verifier;
    let set = Policy::setVerifierCall { verifier };
    bench.call(at, admin, &set).await?;
    let license = world.deployment.seats;
    let unbind = Policy::unbindLicenseCall { license };
    bench.call(at, admin, &unbind).await?;
    let bind = Policy::bindLicenseCall { license };
    bench.call(at, admin, &bind).await?;
    let abandon = Policy::abandonLicenseCall { license };
    bench.call(at, admin, &abandon).await?;
    world.rule(&bind).await?;
    Ok(())
}
