//! From the contracts' ABI types to the license model's.

use alloy::primitives::{Address, U256};
use lex_model::{Outbox, TokenId, Update};

use crate::abi::license::License;

/// A token id as the model knows it.
pub fn model_token_id(id: U256) -> TokenId {
    TokenId(id.to_be_bytes())
}

/// A token id as contracts know it.
pub fn token_id(id: TokenId) -> U256 {
    U256::from_be_bytes(id.0)
}

/// The update that an event announces.
pub fn model_update(event: &License::UpdateAppended) -> Update {
    Update {
        nonce: event.nonce,
        kind: event.kind,
        token_id: model_token_id(event.tokenId),
        holder: event.holder.into_array(),
        license_type: event.licenseType,
        status: event.status,
        valid_from: event.validFrom,
        valid_until: event.validUntil,
        grace_until: event.graceUntil,
        version: event.version,
        parent: model_token_id(event.parent),
    }
}

/// An outbox as its contract reports it.
pub fn model_outbox(outbox: &License::outboxReturn) -> Outbox {
    Outbox {
        nonce: outbox.nonce,
        head: outbox.head.0,
    }
}

/// The empty outbox of a contract.
pub fn empty_outbox(chain_id: u64, contract: Address) -> Outbox {
    Outbox::empty::<lex_model::SoftwareKeccak>(chain_id, &contract.into_array())
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{B256, Bytes};
    use alloy::sol_types::{SolEvent, SolValue};
    use lex_model::KIND_LICENSE;

    use super::*;
    use crate::block::ContractEvent;

    fn event() -> License::UpdateAppended {
        License::UpdateAppended {
            nonce: 9,
            tokenId: U256::from(5) << 200,
            holder: Address::repeat_byte(0xab),
            kind: KIND_LICENSE,
            licenseType: 3,
            status: 2,
            validFrom: 100,
            validUntil: 200,
            graceUntil: 230,
            version: 4,
            parent: U256::from(6),
            head: B256::repeat_byte(0xcd),
        }
    }

    #[test]
    fn update_encodes_as_solidity_does() {
        let event = event();
        let solidity = (
            event.nonce,
            u16::from(event.kind),
            event.tokenId,
            event.holder,
            event.licenseType,
            u16::from(event.status),
            (
                event.validFrom,
                event.validUntil,
                event.graceUntil,
                event.version,
                event.parent,
            ),
        );
        assert_eq!(
            model_update(&event).encode().as_slice(),
            solidity.abi_encode()
        );
    }

    #[test]
    fn token_id_survives_the_round_trip() {
        let id = U256::from(5) << 200;
        assert_eq!(token_id(model_token_id(id)), id);
    }

    #[test]
    fn contract_event_decodes_by_its_topics() {
        let expected = event();
        let raw = ContractEvent {
            index: 0,
            extrinsic_index: Some(1),
            transaction_hash: None,
            contract: Address::ZERO,
            topics: expected
                .encode_topics()
                .into_iter()
                .map(|topic| topic.0)
                .collect(),
            data: Bytes::from(expected.encode_data()),
        };
        let License::LicenseEvents::UpdateAppended(decoded) = raw.decode().unwrap() else {
            panic!("decoded as another event")
        };
        assert_eq!(decoded, expected);
    }

    #[test]
    fn event_with_too_little_data_does_not_decode() {
        let expected = event();
        let raw = ContractEvent {
            index: 0,
            extrinsic_index: None,
            transaction_hash: None,
            contract: Address::ZERO,
            topics: expected
                .encode_topics()
                .into_iter()
                .map(|topic| topic.0)
                .collect(),
            data: Bytes::from(expected.encode_data()[..64].to_vec()),
        };
        assert!(raw.decode::<License::LicenseEvents>().is_err());
    }
}
