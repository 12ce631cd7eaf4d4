//! How 32-byte accounts and 20-byte addresses name the same account, as pallet-revive maps them.

use std::str::FromStr;

use alloy::primitives::{Address, keccak256};
use subxt::utils::AccountId32;

/// The end of accounts that belong to an address: contracts and Ethereum keys.
const ADDRESS_SUFFIX: [u8; 12] = [0xEE; 12];

/// The address that contracts see for an account.
pub fn account_to_address(account: &[u8; 32]) -> Address {
    if account[20..] == ADDRESS_SUFFIX {
        Address::from_slice(&account[..20])
    } else {
        Address::from_word(keccak256(account))
    }
}

/// The account that stands for an address where no sr25519 account is mapped to it.
pub fn address_to_account(address: Address) -> [u8; 32] {
    let mut account = [0xEE; 32];
    account[..20].copy_from_slice(address.as_slice());
    account
}

/// The account that an SS58 address names, whatever network it is spelled for; `None` when it is no
/// such address or its checksum is wrong.
pub fn account_from_ss58(text: &str) -> Option<[u8; 32]> {
    AccountId32::from_str(text).ok().map(|account| account.0)
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{address, hex};

    use super::*;

    #[test]
    fn sr25519_account_maps_to_hash_of_its_key() {
        // The development account //Alice; pallet-revive documents the same pair.
        let alice = hex!("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d");
        assert_eq!(
            account_to_address(&alice),
            address!("9621dde636de098b43efb0fa9b61facfe328f99d")
        );
    }

    #[test]
    fn an_ss58_address_names_its_account_on_every_network() {
        let alice = hex!("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d");
        // Prefixes 42 and 0, as `subkey inspect //Alice` prints them.
        for spelled in [
            "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
            "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5",
        ] {
            assert_eq!(account_from_ss58(spelled), Some(alice), "{spelled}");
        }
        assert_eq!(
            account_from_ss58("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ"),
            None
        );
    }

    #[test]
    fn address_survives_the_round_trip() {
        let alith = address!("f24ff3a9cf04c71dbc94d0b566f7a27b94566cac");
        assert_eq!(account_to_address(&address_to_account(alith)), alith);
    }

    #[test]
    fn nearly_suffixed_account_is_hashed() {
        let mut account = address_to_account(Address::repeat_byte(7));
        account[31] = 0xEF;
        assert_ne!(account_to_address(&account), Address::repeat_byte(7));
    }
}
