// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILicenseMirror } from "../ILicenseMirror.sol";

/// @title EIP-712 struct hashes of what attesters sign
library AttestationLib {
    bytes32 internal constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(uint256 sourceChainId,bytes32 sourceGenesis,address sourceContract,uint64 epoch,uint64 nonce,bytes32 head,uint64 sourceBlock,uint64 sourceTime)"
    );

    bytes32 internal constant ROTATION_TYPEHASH =
        keccak256("Rotation(uint64 epoch,uint64 sequence,uint8 threshold,address[] attesters)");

    function structHash(ILicenseMirror.Attestation calldata attestation) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                ATTESTATION_TYPEHASH,
                attestation.sourceChainId,
                attestation.sourceGenesis,
                attestation.sourceContract,
                attestation.epoch,
                attestation.nonce,
                attestation.head,
                attestation.sourceBlock,
                attestation.sourceTime
            )
        );
    }

    /// @param epoch The epoch whose set decides.
    /// @param sequence The rotation sequence at which the decision counts.
    /// @param threshold Of the next set.
    /// @param attesters The next set.
    function rotationHash(uint64 epoch, uint64 sequence, uint8 threshold, address[] calldata attesters)
        internal
        pure
        returns (bytes32)
    {
        // encodePacked pads the elements of an array to 32 bytes, which is what EIP-712 asks for.
        bytes32 attestersHash = keccak256(abi.encodePacked(attesters));
        return keccak256(abi.encode(ROTATION_TYPEHASH, epoch, sequence, threshold, attestersHash));
    }
}
