//! The genesis state: who has tokens, and who may do anything.

use crate::{AccountId, Balance, BalancesConfig, RuntimeGenesisConfig, SudoConfig, DOLLARS};
use alloc::{vec, vec::Vec};
use frame::runtime::prelude::{PresetId, Sr25519Keyring, DEV_RUNTIME_PRESET};
use hex_literal::hex;

/// What each development account starts with; enough never to run out in a test.
const ENDOWMENT: Balance = 10_000_000_000_000 * DOLLARS;

/// The development accounts of Ethereum tools for Substrate: Alith, Baltathar, Charleth, Dorothy,
/// Ethan. Their private keys are public knowledge.
const ETHEREUM_ACCOUNTS: [[u8; 20]; 5] = [
    hex!("f24ff3a9cf04c71dbc94d0b566f7a27b94566cac"),
    hex!("3cd0a705a2dc65e5b1e1205896baa2be8a07c6e0"),
    hex!("798d4ba9baf0064ec19eb4f0a1a45785ae9d6dfc"),
    hex!("773539d4ac0e786233d90a233654ccee26a613d9"),
    hex!("ff64d3f6efe2317ee2807d223a0bdc4c0c49dfdb"),
];

/// The genesis configuration of the preset `id`, as JSON; `None` for an unknown preset.
pub fn preset(id: &PresetId) -> Option<Vec<u8>> {
    let config = match id.as_ref() {
        DEV_RUNTIME_PRESET => development(),
        _ => return None,
    };
    Some(serde_json::to_vec(&config).expect("the configuration has string keys only"))
}

/// The presets that [`preset`] knows.
pub fn preset_names() -> Vec<PresetId> {
    vec![PresetId::from(DEV_RUNTIME_PRESET)]
}

/// The development chain's genesis. Endowed accounts are mapped to their Ethereum addresses as
/// they appear (`AutoMap`).
pub fn development() -> RuntimeGenesisConfig {
    let endowed = Sr25519Keyring::well_known()
        .map(|key| key.to_account_id())
        .chain(ETHEREUM_ACCOUNTS.iter().map(ethereum_account_id))
        .map(|account| (account, ENDOWMENT))
        .collect();
    RuntimeGenesisConfig {
        balances: BalancesConfig {
            balances: endowed,
            ..Default::default()
        },
        sudo: SudoConfig {
            key: Some(Sr25519Keyring::Alice.to_account_id()),
        },
        ..Default::default()
    }
}

/// The account behind an Ethereum address: the address, then twelve bytes 0xEE
/// (`pallet_revive::AccountId32Mapper`).
fn ethereum_account_id(address: &[u8; 20]) -> AccountId {
    let mut id = [0xEE; 32];
    id[..20].copy_from_slice(address);
    AccountId::new(id)
}
