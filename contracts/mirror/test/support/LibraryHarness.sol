// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILicenseMirror } from "../../src/ILicenseMirror.sol";
import { AttestationLib } from "../../src/libraries/AttestationLib.sol";
import { OutboxLib } from "../../src/libraries/OutboxLib.sol";
import { UpdateLib } from "../../src/libraries/UpdateLib.sol";

/// @title Brings the libraries that work on calldata within reach of tests
contract LibraryHarness {
    function extend(bytes32 previous, ILicenseMirror.Update[] calldata updates) external pure returns (bytes32) {
        return OutboxLib.extend(previous, updates);
    }

    function genesisHead(uint256 chainId, address sourceContract) external pure returns (bytes32) {
        return OutboxLib.genesisHead(chainId, sourceContract);
    }

    function structHash(ILicenseMirror.Attestation calldata attestation) external pure returns (bytes32) {
        return AttestationLib.structHash(attestation);
    }

    function rotationHash(uint64 epoch, uint64 sequence, uint8 threshold, address[] calldata attesters)
        external
        pure
        returns (bytes32)
    {
        return AttestationLib.rotationHash(epoch, sequence, threshold, attesters);
    }

    /// @notice The update again, each field as UpdateLib reads it.
    function reread(ILicenseMirror.Update calldata update) external pure returns (ILicenseMirror.Update memory) {
        return ILicenseMirror.Update({
            nonce: UpdateLib.nonce(update),
            kind: UpdateLib.kind(update),
            tokenId: update.tokenId,
            holder: UpdateLib.holder(update),
            licenseType: UpdateLib.licenseType(update),
            status: UpdateLib.status(update),
            validFrom: UpdateLib.validFrom(update),
            validUntil: UpdateLib.validUntil(update),
            graceUntil: UpdateLib.graceUntil(update),
            version: UpdateLib.version(update),
            parent: update.parent
        });
    }
}
