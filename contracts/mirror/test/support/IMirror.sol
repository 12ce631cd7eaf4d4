// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAttesterSets } from "../../src/IAttesterSets.sol";
import { ILaneBrake } from "../../src/ILaneBrake.sol";
import { ILicenseMirror } from "../../src/ILicenseMirror.sol";

/// @title All of LicenseMirror that tests call
/// @dev Tests deploy the contract from its artifact and know it by this: importing it would send every test through the
/// slow pipeline that the contract is compiled with.
interface IMirror is ILicenseMirror, IAttesterSets, ILaneBrake {
    function MINIMUM_THRESHOLD() external view returns (uint8);
    function MAXIMUM_ATTESTERS() external view returns (uint256);
    function ROTATION_DELAY() external view returns (uint64);
    function PREVIOUS_EPOCH_RETENTION() external view returns (uint64);
    function REBASE_DELAY() external view returns (uint64);
    function MAXIMUM_DEPTH() external view returns (uint256);
    function MAXIMUM_CLOCK_SKEW() external view returns (uint64);
    function supportsInterface(bytes4 interfaceId) external view returns (bool);
    function owner() external view returns (address);
    function transferOwnership(address newOwner) external;
    function acceptOwnership() external;
}
