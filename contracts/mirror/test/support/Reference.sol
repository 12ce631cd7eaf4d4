// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILicenseMirror } from "../../src/ILicenseMirror.sol";

/// @title The encodings as the design writes them down, without a line of the contract's own code
library Reference {
    function leaf(ILicenseMirror.Update memory update) internal pure returns (bytes32) {
        return keccak256(abi.encode(update));
    }

    function genesisHead(uint256 chainId, address sourceContract) internal pure returns (bytes32) {
        return keccak256(abi.encode("LEX outbox v2", chainId, sourceContract));
    }

    function append(bytes32 head, ILicenseMirror.Update memory update) internal pure returns (bytes32) {
        return keccak256(bytes.concat(head, leaf(update)));
    }

    function domainSeparator(uint256 chainId, address mirror) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("LEX Mirror"),
                keccak256("1"),
                chainId,
                mirror
            )
        );
    }

    function structHash(ILicenseMirror.Attestation memory attestation) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Attestation(uint256 sourceChainId,bytes32 sourceGenesis,address sourceContract,uint64 epoch,uint64 nonce,bytes32 head,uint64 sourceBlock,uint64 sourceTime)"
        );
        return keccak256(bytes.concat(typeHash, abi.encode(attestation)));
    }

    function rotationHash(uint64 epoch, uint64 sequence, uint8 threshold, address[] memory attesters)
        internal
        pure
        returns (bytes32)
    {
        bytes memory members;
        for (uint256 i = 0; i < attesters.length; ++i) {
            members = bytes.concat(members, abi.encode(attesters[i]));
        }
        bytes32 typeHash = keccak256("Rotation(uint64 epoch,uint64 sequence,uint8 threshold,address[] attesters)");
        return keccak256(abi.encode(typeHash, epoch, sequence, threshold, keccak256(members)));
    }

    function digest(bytes32 domain, bytes32 hash) internal pure returns (bytes32) {
        return keccak256(bytes.concat(hex"1901", domain, hash));
    }
}
