// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILicenseMirror } from "../../src/ILicenseMirror.sol";
import { IMirror } from "./IMirror.sol";
import { Reference } from "./Reference.sol";
import { Test } from "./Test.sol";

/// @title A mirror, its attesters, and a source outbox to deliver from
abstract contract MirrorFixture is Test {
    uint256 internal constant SOURCE_CHAIN_ID = 420_420_420;
    bytes32 internal constant SOURCE_GENESIS = keccak256("source genesis");
    address internal constant SOURCE_CONTRACT = address(0x1CE45E);
    address internal constant OWNER = address(0x0A7E3);
    address internal constant GUARDIAN = address(0x60A2D);
    address internal constant HOLDER = address(0xA11CE);
    uint64 internal constant LICENSE_TYPE = 7;
    uint64 internal constant MAX_AGE = 1 hours;
    uint64 internal constant START = 1_800_000_000;
    uint64 internal constant TERM = 365 days;
    uint64 internal constant GRACE = 30 days;

    struct Signer {
        address account;
        uint256 key;
    }

    IMirror internal mirror;
    /// @dev The current attesters, ascending.
    Signer[] internal signers;
    uint8 internal threshold;

    // The source's outbox as far as the test has appended to it.
    uint64 internal outboxNonce;
    bytes32 internal outboxHead;
    uint64 internal sourceBlock;

    function setUp() public virtual {
        _setUpMirror(3, 2);
    }

    function _setUpMirror(uint256 attesters, uint8 signaturesNeeded) internal {
        vm.warp(START);
        _useSigners(_makeSigners("attester", attesters));
        threshold = signaturesNeeded;
        mirror = _newMirror(_config());
        outboxNonce = 0;
        outboxHead = Reference.genesisHead(SOURCE_CHAIN_ID, SOURCE_CONTRACT);
        sourceBlock = 100;
    }

    /// @notice Deploys a mirror; reverts with what the constructor reverts with.
    function _newMirror(ILicenseMirror.Config memory config) internal returns (IMirror deployed) {
        bytes memory initCode = bytes.concat(vm.getCode("LicenseMirror.sol:LicenseMirror"), abi.encode(config));
        assembly ("memory-safe") {
            deployed := create(0, add(initCode, 0x20), mload(initCode))
            if iszero(deployed) {
                let reason := mload(0x40)
                returndatacopy(reason, 0, returndatasize())
                revert(reason, returndatasize())
            }
        }
    }

    function _config() internal view returns (ILicenseMirror.Config memory) {
        return ILicenseMirror.Config({
            sourceChainId: SOURCE_CHAIN_ID,
            sourceGenesis: SOURCE_GENESIS,
            sourceContract: SOURCE_CONTRACT,
            owner: OWNER,
            guardian: GUARDIAN,
            attesters: _accounts(signers),
            threshold: threshold,
            maxAge: MAX_AGE
        });
    }

    function _makeSigners(string memory name, uint256 count) internal pure returns (Signer[] memory made) {
        made = new Signer[](count);
        for (uint256 i = 0; i < count; ++i) {
            // Below the curve's order for every name: the top bit is cleared.
            uint256 key = uint256(keccak256(abi.encode(name, i))) >> 1;
            Signer memory signer = Signer({ account: vm.addr(key), key: key });
            uint256 place = i;
            for (; place > 0 && made[place - 1].account > signer.account; --place) {
                made[place] = made[place - 1];
            }
            made[place] = signer;
        }
    }

    function _useSigners(Signer[] memory next) internal {
        delete signers;
        for (uint256 i = 0; i < next.length; ++i) {
            signers.push(next[i]);
        }
    }

    function _accounts(Signer[] memory of_) internal pure returns (address[] memory accounts) {
        accounts = new address[](of_.length);
        for (uint256 i = 0; i < of_.length; ++i) {
            accounts[i] = of_[i].account;
        }
    }

    function _license(uint256 tokenId, uint8 status) internal view returns (ILicenseMirror.Update memory) {
        return ILicenseMirror.Update({
            nonce: outboxNonce + 1,
            kind: 1,
            tokenId: tokenId,
            holder: HOLDER,
            licenseType: LICENSE_TYPE,
            status: status,
            validFrom: START - 1 days,
            validUntil: START - 1 days + TERM,
            graceUntil: START - 1 days + TERM + GRACE,
            version: 1,
            parent: 0
        });
    }

    /// @notice A license that stands under another one.
    function _child(uint256 tokenId, uint256 parent, uint8 status)
        internal
        view
        returns (ILicenseMirror.Update memory update)
    {
        update = _license(tokenId, status);
        update.parent = parent;
    }

    function _flag(uint8 kind, address holder, uint64 licenseType, uint8 status)
        internal
        view
        returns (ILicenseMirror.Update memory update)
    {
        update.nonce = outboxNonce + 1;
        update.kind = kind;
        update.holder = holder;
        update.licenseType = licenseType;
        update.status = status;
    }

    /// @notice Appends to the source's outbox; the update's nonce is set here.
    function _append(ILicenseMirror.Update memory update) internal {
        outboxNonce += 1;
        update.nonce = outboxNonce;
        outboxHead = Reference.append(outboxHead, update);
    }

    function _one(ILicenseMirror.Update memory update) internal pure returns (ILicenseMirror.Update[] memory updates) {
        updates = new ILicenseMirror.Update[](1);
        updates[0] = update;
    }

    /// @notice What honest attesters say about the outbox as it is now.
    function _attestation() internal view returns (ILicenseMirror.Attestation memory) {
        return ILicenseMirror.Attestation({
            sourceChainId: SOURCE_CHAIN_ID,
            sourceGenesis: SOURCE_GENESIS,
            sourceContract: SOURCE_CONTRACT,
            epoch: mirror.epoch(),
            nonce: outboxNonce,
            head: outboxHead,
            sourceBlock: sourceBlock,
            sourceTime: uint64(block.timestamp)
        });
    }

    function _digest(ILicenseMirror.Attestation memory attestation) internal view returns (bytes32) {
        return Reference.digest(
            Reference.domainSeparator(block.chainid, address(mirror)), Reference.structHash(attestation)
        );
    }

    function _signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @notice The first `count` attesters sign.
    function _signaturesOver(bytes32 digest, uint256 count) internal view returns (bytes[] memory signatures) {
        signatures = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            signatures[i] = _signature(signers[i].key, digest);
        }
    }

    function _sign(ILicenseMirror.Attestation memory attestation) internal view returns (bytes[] memory) {
        return _signaturesOver(_digest(attestation), threshold);
    }

    /// @notice Delivers updates that were appended, up to the outbox's present end, in a new source block.
    function _deliver(ILicenseMirror.Update[] memory updates) internal {
        sourceBlock += 1;
        ILicenseMirror.Attestation memory attestation = _attestation();
        mirror.deliver(updates, attestation, _sign(attestation));
    }

    /// @notice Appends one update and delivers it.
    function _commit(ILicenseMirror.Update memory update) internal {
        _append(update);
        _deliver(_one(update));
    }

    /// @notice The error with which `deliver` refuses; zero when it accepts.
    function _refusal(
        ILicenseMirror.Update[] memory updates,
        ILicenseMirror.Attestation memory attestation,
        bytes[] memory signatures
    ) internal returns (bytes4) {
        try mirror.deliver(updates, attestation, signatures) {
            return bytes4(0);
        } catch (bytes memory reason) {
            return bytes4(reason);
        }
    }

    function _heartbeat() internal {
        _deliver(new ILicenseMirror.Update[](0));
    }

    function _statusOf(uint256 tokenId) internal view returns (uint8 status) {
        (status,,) = mirror.statusOf(tokenId);
    }
}
