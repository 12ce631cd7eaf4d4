//! What an attacker wants of the mirror, tried with anvil and the services.

use std::process::Command;
use std::time::Duration;

use alloy::eips::BlockNumberOrTag;
use alloy::network::EthereumWallet;
use alloy::primitives::Bytes;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, ensure};
use lex_cli::agreement::settle_and_compare;
use lex_cli::mirror::{Attester, LaneState, Proof};
use lex_cli::rules::Role;
use lex_cli::stack::wait;
use lex_client::abi::license::License;
use lex_client::abi::mirror::{ILicenseMirror, LicenseMirror};
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256, Signer, Submitter, U256};
use lex_model::{
    Attestation, Destination, KIND_LICENSE, Outbox, SoftwareKeccak, Status, TokenId, Update,
};
use lex_tests::{System, TypeTerms};

/// Longest time for index and mirror to have everything.
const WITHIN: Duration = Duration::from_secs(120);
/// The delay between stopping a mirror and re-basing it.
const TWO_DAYS: u64 = 2 * 86_400;
/// Longer than that, because the source chain's clock stays where it is while the destination's is
/// moved.
const MAX_AGE: u64 = 7 * 86_400;
/// A license that the source never issued.
const FORGED: u64 = 77;

/// The thieves' account, and what they hold.
struct Thieves {
    account: Address,
    keys: [PrivateKeySigner; 2],
}

/// Two of three attesters lose their keys. The thieves forge a license for themselves; its mirror is
/// stopped at once, and repaired after the delay: nothing forged is left, honest delivery goes on.
#[tokio::test(flavor = "multi_thread")]
async fn two_stolen_attester_keys_forge_a_license() -> Result<()> {
    let system = System::start_with(|config| config.mirror_max_age = MAX_AGE).await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    let revoked = system
        .issue(license_type, Address::repeat_byte(0x11))
        .await?;
    system
        .issue(license_type, Address::repeat_byte(0x12))
        .await?;
    let revoke = License::revokeCall {
        tokenId: revoked,
        reason: 1,
        evidence: B256::ZERO,
    };
    system.call(&system.issuer, &revoke).await?;
    ensure!(settle_and_compare(&system.network, WITHIN).await?.holds());

    let keys = system.stack.keys();
    let thieves = Thieves {
        account: Address::repeat_byte(0x66),
        keys: [
            keys.attesters[0].signer.clone(),
            keys.attesters[1].signer.clone(),
        ],
    };
    let provider = destination(&system, keys.deliverer.signer.clone())?;
    forge(&system, &provider, &thieves).await?;
    ensure!(
        is_usable(&system, FORGED).await?,
        "the forged update stands at first"
    );

    let url = system.stack.endpoints().mirror;
    let guardian = Signer::from_file(&keys.mirror_guardian.path)?;
    system.network.mirror.signed(&url, guardian)?.stop().await?;
    ensure!(!is_usable(&system, FORGED).await?);
    ensure!(
        system.network.mirror.license(revoked).await.is_err(),
        "a stopped mirror says nothing about honest licenses either"
    );
    // The source goes on meanwhile; its deliverer waits, and is no fault of its own.
    let late = system
        .issue(license_type, Address::repeat_byte(0x13))
        .await?;

    replace_stolen_keys(&system).await?;
    let owner = Signer::from_file(&keys.mirror_owner.path)?;
    let mirror = system.network.mirror.signed(&url, owner)?;
    let attesters = attesters(&system)?;
    let newest = wait::until(
        "an attester to have verified everything",
        WITHIN,
        || async {
            let head = attesters[0]
                .head()
                .await
                .map_err(|error| error.to_string())?;
            let outbox = system
                .network
                .outbox()
                .await
                .map_err(|error| error.to_string())?;
            ((head.nonce, head.head) == (outbox.nonce, outbox.head))
                .then_some(head)
                .ok_or_else(|| format!("update {} of {}", head.nonce, outbox.nonce))
        },
    )
    .await?;
    let name = mirror.name().to_owned();
    let proof = Proof::collect(
        &name,
        &attesters,
        newest.nonce,
        newest.head,
        newest.source_block,
    )
    .await?;
    mirror.rebase(newest.head, proof).await?;
    resume_the_deliverer(&system).await?;

    let agreement = settle_and_compare(&system.network, WITHIN).await?;
    ensure!(agreement.holds(), "{agreement:#?}");
    ensure!(mirror.state().await? == LaneState::Open);
    ensure!(!is_usable(&system, FORGED).await?);
    ensure!(
        mirror.license(U256::from(FORGED)).await?.is_none(),
        "nothing forged is left"
    );
    let seen = mirror.license(revoked).await?.context("delivered again")?;
    ensure!((seen.status, seen.usable) == (Status::Revoked, false));
    let seen = mirror.license(late).await?.context("delivered")?;
    ensure!(seen.usable);
    system.stack.stop().await;
    Ok(())
}

/// A frozen holder's sublicensee goes on using what it has, on the chain or anywhere else.
#[tokio::test(flavor = "multi_thread")]
async fn a_sublicense_is_used_while_its_parents_holder_is_frozen() -> Result<()> {
    let system = System::start().await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    let under = child_type(&system, license_type).await?;
    let holder = system.network.submitter(Signer::from_uri("//Charlie")?)?;
    let parent = system.issue(license_type, holder.address()).await?;
    let child = sublicense(&system, &holder, parent, under).await?;
    ensure!(settle_and_compare(&system.network, WITHIN).await?.holds());
    ensure!(usable_everywhere(&system, child).await? == [true; 3]);

    let policy = system.network.policy();
    let regulate = Policy::setRoleCall {
        account: system.admin.address(),
        role: Role::Regulator.bit(),
        held: true,
    };
    system.admin.call(policy, &regulate).await?;
    for frozen in [true, false] {
        let freeze = Policy::setHolderFrozenCall {
            account: holder.address(),
            frozen,
            reason: 4,
            evidence: B256::ZERO,
        };
        system.admin.call(policy, &freeze).await?;
        settle_and_compare(&system.network, WITHIN).await?;
        ensure!(usable_everywhere(&system, child).await? == [!frozen; 3]);
    }
    let suspend = License::suspendCall {
        tokenId: parent,
        reason: 2,
        evidence: B256::ZERO,
        liftsAt: 0,
    };
    let before = system.network.outbox().await?.nonce;
    system.call(&system.issuer, &suspend).await?;
    ensure!(
        system.network.outbox().await?.nonce == before + 1,
        "one update tells of both"
    );
    let agreement = settle_and_compare(&system.network, WITHIN).await?;
    ensure!(agreement.holds(), "{agreement:#?}");
    ensure!(usable_everywhere(&system, child).await? == [false; 3]);
    system.stack.stop().await;
    Ok(())
}

/// A client of the destination chain that pays with `key`.
fn destination(system: &System, key: PrivateKeySigner) -> Result<DynProvider> {
    Ok(ProviderBuilder::new()
        .wallet(EthereumWallet::from(key))
        .connect_http(system.stack.endpoints().mirror.parse()?)
        .erased())
}

/// Delivers a license of the thieves' own as the next update, signed with what they stole.
async fn forge(system: &System, provider: &DynProvider, thieves: &Thieves) -> Result<()> {
    let mirror = LicenseMirror::new(system.network.mirror.address(), provider);
    let source = mirror.source().call().await?;
    let progress = system.network.mirror.progress().await?;
    let end = Outbox {
        nonce: progress.nonce,
        head: progress.head.0,
    };
    let update = Update {
        nonce: end.nonce + 1,
        kind: KIND_LICENSE,
        token_id: TokenId::from(FORGED),
        holder: thieves.account.into_array(),
        license_type: 1,
        status: Status::Active.code(),
        valid_from: 1,
        valid_until: lex_model::MAX_TIME,
        grace_until: lex_model::MAX_TIME,
        version: 1,
        parent: TokenId::default(),
    };
    let after = end
        .with::<SoftwareKeccak>(&update)
        .context("the next update")?;
    let attestation = Attestation {
        source_chain_id: source.chainId.try_into()?,
        source_genesis: source.genesis.0,
        source_contract: source.sourceContract.into_array(),
        epoch: progress.epoch,
        nonce: after.nonce,
        head: after.head,
        source_block: progress.as_of_block + 1,
        source_time: progress.now,
    };
    let digest = attestation.digest::<SoftwareKeccak>(&Destination {
        chain_id: provider.get_chain_id().await?,
        mirror: mirror.address().into_array(),
    });
    let mut keys = thieves.keys.clone();
    keys.sort_by_key(PrivateKeySigner::address);
    let signatures: Vec<Bytes> = keys
        .iter()
        .map(|key| Ok(key.sign_hash_sync(&B256::from(digest))?.as_bytes().into()))
        .collect::<Result<_>>()?;
    let forged = ILicenseMirror::Update {
        nonce: update.nonce,
        kind: update.kind,
        tokenId: U256::from(FORGED),
        holder: thieves.account,
        licenseType: update.license_type,
        status: update.status,
        validFrom: update.valid_from,
        validUntil: update.valid_until,
        graceUntil: update.grace_until,
        version: update.version,
        parent: U256::ZERO,
    };
    let signed = ILicenseMirror::Attestation {
        sourceChainId: source.chainId,
        sourceGenesis: source.genesis,
        sourceContract: source.sourceContract,
        epoch: attestation.epoch,
        nonce: attestation.nonce,
        head: attestation.head.into(),
        sourceBlock: attestation.source_block,
        sourceTime: attestation.source_time,
    };
    let receipt = mirror
        .deliver(vec![forged], signed, signatures)
        .send()
        .await?
        .get_receipt()
        .await?;
    ensure!(receipt.status(), "the mirror believes two of three");
    Ok(())
}

async fn is_usable(system: &System, license: u64) -> Result<bool> {
    let provider = ProviderBuilder::new().connect_http(system.stack.endpoints().mirror.parse()?);
    let mirror = LicenseMirror::new(system.network.mirror.address(), provider);
    Ok(mirror.isUsable(U256::from(license)).call().await?)
}

/// The owner has other keys take over from those that were stolen, while the delay runs, and the
/// attesters are started with them.
async fn replace_stolen_keys(system: &System) -> Result<()> {
    let keys = system.stack.keys();
    let fresh = [PrivateKeySigner::random(), PrivateKeySigner::random()];
    let mut members: Vec<Address> = fresh.iter().map(PrivateKeySigner::address).collect();
    members.push(keys.attesters[2].address());
    members.sort();
    let provider = destination(system, keys.mirror_owner.signer.clone())?;
    let mirror = LicenseMirror::new(system.network.mirror.address(), &provider);
    let scheduled = mirror.scheduleAttesters(members, 2).send().await?;
    scheduled.get_receipt().await?;
    let _: serde_json::Value = provider
        .raw_request("evm_increaseTime".into(), [TWO_DAYS])
        .await?;
    let _: serde_json::Value = provider.raw_request("evm_mine".into(), ()).await?;
    let activated = mirror.activateAttesters().send().await?;
    activated.get_receipt().await?;
    let block = provider
        .get_block_by_number(BlockNumberOrTag::Latest)
        .await?;
    block.context("the destination has a block")?;
    for (key, number) in fresh.iter().zip(1..) {
        let path = &keys.attesters[number - 1].path;
        std::fs::write(path, format!("{}\n", B256::from(key.to_bytes())))?;
        let attester = system.stack.component(&format!("attester-{number}"))?;
        attester.kill9().await?;
        attester.restart().await?;
    }
    Ok(())
}

/// The attesters whose keys are new: two, as many as the mirror asks for.
fn attesters(system: &System) -> Result<Vec<Attester>> {
    let components = system.stack.endpoints().components;
    ["attester-1", "attester-2"]
        .iter()
        .map(|name| {
            let component = components.iter().find(|component| component.name == **name);
            Ok(Attester::new(&component.context("it runs")?.url))
        })
        .collect()
}

/// What an operator does once the cause of a halt is removed.
async fn resume_the_deliverer(system: &System) -> Result<()> {
    let deliverer = system.stack.component("deliverer")?;
    let config = system.stack.config().state.join("config/deliverer.toml");
    let output = Command::new(&deliverer.spec().program)
        .arg("resume")
        .arg("--config")
        .arg(config)
        .output()?;
    ensure!(
        output.status.success(),
        "lex-relayer resume failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    deliverer.kill9().await?;
    deliverer.restart().await?;
    Ok(())
}

/// A type whose licenses stand under those of another.
async fn child_type(system: &System, parent_type: u64) -> Result<u64> {
    let license_type = system.license_type(TypeTerms::default()).await?;
    let policy = system.network.policy();
    let rules = Policy::TypeRules {
        gates: Policy::TypeGates::default(),
        committee: system.network.committee(),
        minimumScore: 0,
        circuit: 0,
        circuitVersion: 0,
        statement: 0,
        royalty: 0,
        royaltyReceiver: Address::ZERO,
        parentType: parent_type,
    };
    let set = Policy::setTypeRulesCall {
        licenseType: license_type,
        rules,
    };
    system.admin.call(policy, &set).await?;
    Ok(license_type)
}

async fn sublicense(
    system: &System,
    holder: &Submitter,
    parent: U256,
    license_type: u64,
) -> Result<U256> {
    let call = License::sublicenseCall {
        parentId: parent,
        to: Address::repeat_byte(0x21),
        licenseType: license_type,
        jurisdiction: "US-NY".to_owned(),
        validFrom: 0,
        metadataHash: B256::repeat_byte(2),
        tokenURI: String::new(),
    };
    system.call(holder, &call).await?;
    Ok(U256::from(system.network.issued().await?))
}

/// Whether chain, index and mirror say that a license is usable.
async fn usable_everywhere(system: &System, license: U256) -> Result<[bool; 3]> {
    let usable = License::isUsableCall { tokenId: license };
    let network = &system.network;
    let chain = network
        .source
        .read(None, network.license(), Address::ZERO, &usable)
        .await?;
    let index: serde_json::Value = reqwest::Client::new()
        .post(format!("{}/graphql", system.stack.endpoints().indexer))
        .json(&serde_json::json!({
            "query": format!("{{ license(id: \"{license}\") {{ usable }} }}"),
        }))
        .send()
        .await?
        .json()
        .await?;
    let index = index["data"]["license"]["usable"].as_bool();
    let mirror = network.mirror.license(license).await?;
    Ok([
        chain,
        index.context("the index has it")?,
        mirror.context("the mirror has it")?.usable,
    ])
}
