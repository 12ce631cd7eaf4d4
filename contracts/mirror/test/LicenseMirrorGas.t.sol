// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILicenseMirror } from "../src/ILicenseMirror.sol";
import { MirrorFixture } from "./support/MirrorFixture.sol";

/// @title Gas of deliveries, written to snapshots/
/// @dev Runs isolated: every call is a transaction of its own, so that storage is cold and the figures contain the
/// 21,000 of a transaction and its calldata (16 gas per non-zero byte, 4 per zero byte).
/// forge-config: default.isolate = true
contract LicenseMirrorGasTest is MirrorFixture {
    uint256 private constant KNOWN = 250;

    /// @dev Fills the mirror with licenses 1 to 250 of one type, so that neither the type nor the nonce is the first.
    function _prepare(uint256 attesters, uint8 signaturesNeeded) private {
        _setUpMirror(attesters, signaturesNeeded);
        _deliver(_batch(1, KNOWN, 2));
        sourceBlock = 3_000_000;
    }

    function _batch(uint256 firstTokenId, uint256 count, uint8 status)
        private
        returns (ILicenseMirror.Update[] memory updates)
    {
        updates = new ILicenseMirror.Update[](count);
        for (uint256 i = 0; i < count; ++i) {
            updates[i] = _license(firstTokenId + i, status);
            updates[i].holder = address(uint160(uint256(keccak256(abi.encode(firstTokenId + i)))));
            updates[i].version = status;
            _append(updates[i]);
        }
    }

    function _measure(string memory group, string memory name, uint256 firstTokenId, uint256 count, uint8 status)
        private
        returns (uint256)
    {
        _deliver(_batch(firstTokenId, count, status));
        return vm.snapshotGasLastCall(group, name);
    }

    function _measureAll(string memory group) private {
        _measure(group, "existing-001", 10, 1, 3);
        _measure(group, "existing-010", 20, 10, 3);
        _measure(group, "existing-050", 100, 50, 3);
        _measure(group, "existing-250", 1, 250, 4);
        _measure(group, "new-001", 1001, 1, 2);
        _measure(group, "new-010", 2001, 10, 2);
        _measure(group, "new-050", 3001, 50, 2);
        _heartbeat();
        vm.snapshotGasLastCall(group, "heartbeat");
    }

    function test_gas_twoOfThree() public {
        _prepare(3, 2);
        _measureAll("deliver-2-of-3");
    }

    function test_gas_threeOfFive() public {
        _prepare(5, 3);
        _measureAll("deliver-3-of-5");
    }

    /// @dev A deliverer that comes second must lose little: the refusal comes before any update is hashed.
    function test_gas_replayIsRefusedCheaply() public {
        _prepare(5, 3);
        ILicenseMirror.Update[] memory updates = _batch(100, 50, 3);
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        mirror.deliver(updates, attestation, signatures);
        bytes memory call_ = abi.encodeCall(mirror.deliver, (updates, attestation, signatures));
        (bool accepted,) = address(mirror).call(call_);
        uint256 used = vm.snapshotGasLastCall("deliver-3-of-5", "replay-050");
        vm.assertFalse(accepted, "accepted");
        vm.assertLe(used - _intrinsicGas(call_), 5000, "gas before the refusal");
    }

    /// @dev What a transaction costs before it executes.
    function _intrinsicGas(bytes memory call_) private pure returns (uint256 gas_) {
        gas_ = 21_000;
        for (uint256 i = 0; i < call_.length; ++i) {
            gas_ += call_[i] == 0 ? 4 : 16;
        }
    }
}
