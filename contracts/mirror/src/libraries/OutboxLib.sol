// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILicenseMirror } from "../ILicenseMirror.sol";

/// @title The hash chain over a license contract's outbox
/// @dev leaf = keccak256(abi.encode(Update)); head_0 = keccak256(abi.encode("LEX outbox v2", chainId, contract));
/// head_n = keccak256(head_{n-1} || leaf_n).
library OutboxLib {
    string internal constant DOMAIN = "LEX outbox v2";

    /// @dev Eleven static fields, so `abi.encode` is the eleven words that calldata holds already.
    uint256 private constant ENCODED_UPDATE_BYTES = 352;

    /// @notice The head before the first update.
    function genesisHead(uint256 chainId, address sourceContract) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN, chainId, sourceContract));
    }

    /// @notice The head after `updates` were appended, in their order, to an outbox with head `previous`.
    /// @dev Hashes the words as they lie in calldata. A word with stray bits above its type gives a leaf that no
    /// encoder produces, so it can only end as another head.
    function extend(bytes32 previous, ILicenseMirror.Update[] calldata updates) internal pure returns (bytes32 head) {
        assembly ("memory-safe") {
            let encoded := mload(0x40)
            mstore(0x00, previous)
            let end := add(updates.offset, mul(updates.length, ENCODED_UPDATE_BYTES))
            for { let update := updates.offset } lt(update, end) { update := add(update, ENCODED_UPDATE_BYTES) } {
                calldatacopy(encoded, update, ENCODED_UPDATE_BYTES)
                mstore(0x20, keccak256(encoded, ENCODED_UPDATE_BYTES))
                mstore(0x00, keccak256(0x00, 0x40))
            }
            head := mload(0x00)
        }
    }
}
