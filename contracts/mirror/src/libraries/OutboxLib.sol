// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILicenseMirror } from "../ILicenseMirror.sol";

/// @title The hash chain over a license contract's outbox
/// @dev leaf = keccak256(abi.encode(Update)); head_0 = keccak256(abi.encode("LEX outbox v1", chainId, contract));
/// head_n = keccak256(head_{n-1} || leaf_n).
library OutboxLib {
    string internal constant DOMAIN = "LEX outbox v1";

    /// @dev Ten static fields, so `abi.encode` is the ten words that calldata holds already.
    uint256 private constant ENCODED_UPDATE_BYTES = 320;

    /// @notice The head before the first update.
    function genesisHead(uint256 chainId, address sourceContract) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN, chainId, sourceContract));
    }

    /// @notice keccak256(abi.encode(update)).
    /// @dev Hashes the words as they lie in calldata. A word with stray bits above its type gives a leaf that no
    /// encoder produces, so it can only end as a head mismatch.
    function leaf(ILicenseMirror.Update calldata update) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let encoded := mload(0x40)
            calldatacopy(encoded, update, ENCODED_UPDATE_BYTES)
            hash := keccak256(encoded, ENCODED_UPDATE_BYTES)
        }
    }

    /// @notice The head after `updateLeaf` was appended to an outbox with head `previous`.
    function append(bytes32 previous, bytes32 updateLeaf) internal pure returns (bytes32 head) {
        assembly ("memory-safe") {
            mstore(0x00, previous)
            mstore(0x20, updateLeaf)
            head := keccak256(0x00, 0x40)
        }
    }
}
