// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILicenseMirror } from "../src/ILicenseMirror.sol";
import { StatusLib } from "../src/libraries/StatusLib.sol";
import { LibraryHarness } from "./support/LibraryHarness.sol";
import { MirrorFixture } from "./support/MirrorFixture.sol";
import { Reference } from "./support/Reference.sol";

/// @title The vectors that bind this contract to every other language that encodes the same thing
contract VectorsTest is MirrorFixture {
    string private constant UPDATE =
        "Update(uint64 nonce,uint8 kind,uint256 tokenId,address holder,uint64 licenseType,uint8 status,uint64 validFrom,uint64 validUntil,uint64 graceUntil,uint32 version,uint256 parent)";
    string private constant ATTESTATION =
        "Attestation(uint256 sourceChainId,bytes32 sourceGenesis,address sourceContract,uint64 epoch,uint64 nonce,bytes32 head,uint64 sourceBlock,uint64 sourceTime)";

    struct UpdateVector {
        ILicenseMirror.Update update;
        bytes32 leaf;
    }

    struct OutboxVector {
        uint256 chainId;
        address sourceContract;
        bytes32 head0;
        ILicenseMirror.Update[] updates;
        bytes32[] heads;
    }

    struct AttestationVector {
        uint256 chainId;
        address verifyingContract;
        ILicenseMirror.Attestation attestation;
        bytes32 domainSeparator;
        bytes32 structHash;
        bytes32 digest;
    }

    struct StatusVector {
        uint8 status;
        uint64 validFrom;
        uint64 validUntil;
        uint64 graceUntil;
        uint64 suspendedUntil;
        uint64 time;
        uint8 expected;
        bool usable;
    }

    struct LineageVector {
        uint8 own;
        uint8 parent;
        uint8 expected;
    }

    LibraryHarness private harness = new LibraryHarness();

    function _read(string memory file, string memory typeDescription) private view returns (bytes memory) {
        return vm.parseJsonTypeArray(vm.readFile(string.concat("../vectors/", file)), "$", typeDescription);
    }

    function test_vectors_update() public view {
        UpdateVector[] memory vectors = abi.decode(
            _read("update.json", string.concat("Vector(Update update,bytes32 leaf)", UPDATE)), (UpdateVector[])
        );
        vm.assertGe(vectors.length, 1, "vectors");
        for (uint256 i = 0; i < vectors.length; ++i) {
            vm.assertEq(Reference.leaf(vectors[i].update), vectors[i].leaf, "leaf");
            vm.assertEq(
                harness.extend(bytes32(i), _one(vectors[i].update)),
                keccak256(bytes.concat(bytes32(i), vectors[i].leaf)),
                "head over the leaf"
            );
        }
    }

    function test_vectors_outbox() public view {
        OutboxVector[] memory vectors = abi.decode(
            _read(
                "outbox.json",
                string.concat(
                    "Vector(uint256 chainId,address contract,bytes32 head0,Update[] updates,bytes32[] heads)", UPDATE
                )
            ),
            (OutboxVector[])
        );
        vm.assertGe(vectors.length, 1, "vectors");
        for (uint256 i = 0; i < vectors.length; ++i) {
            OutboxVector memory vector = vectors[i];
            vm.assertEq(harness.genesisHead(vector.chainId, vector.sourceContract), vector.head0, "head 0");
            bytes32 head = vector.head0;
            for (uint256 n = 0; n < vector.updates.length; ++n) {
                head = harness.extend(head, _one(vector.updates[n]));
                vm.assertEq(head, vector.heads[n], "head");
            }
            vm.assertEq(harness.extend(vector.head0, vector.updates), head, "head of the whole batch");
        }
    }

    function test_vectors_attestation() public view {
        AttestationVector[] memory vectors = abi.decode(
            _read(
                "attestation.json",
                string.concat(
                    "Vector(uint256 chainId,address verifyingContract,Attestation attestation,bytes32 domainSeparator,bytes32 structHash,bytes32 digest)",
                    ATTESTATION
                )
            ),
            (AttestationVector[])
        );
        vm.assertGe(vectors.length, 1, "vectors");
        for (uint256 i = 0; i < vectors.length; ++i) {
            AttestationVector memory vector = vectors[i];
            bytes32 domain = Reference.domainSeparator(vector.chainId, vector.verifyingContract);
            vm.assertEq(domain, vector.domainSeparator, "domain separator");
            vm.assertEq(harness.structHash(vector.attestation), vector.structHash, "struct hash");
            vm.assertEq(Reference.structHash(vector.attestation), vector.structHash, "struct hash of the reference");
            vm.assertEq(Reference.digest(domain, vector.structHash), vector.digest, "digest");
        }
    }

    function test_vectors_lineage() public view {
        LineageVector[] memory vectors =
            abi.decode(_read("lineage.json", "Vector(uint8 own,uint8 parent,uint8 expected)"), (LineageVector[]));
        vm.assertEq(vectors.length, 81, "every status under every status");
        for (uint256 i = 0; i < vectors.length; ++i) {
            LineageVector memory vector = vectors[i];
            vm.assertEq(StatusLib.under(vector.own, vector.parent), vector.expected, "weaker of the two");
        }
    }

    /// @dev Each row is delivered to a mirror whose clock is the row's time. The mirror does not know when a suspension
    /// lifts by itself (the source appends an update then), so rows with such a time are left out.
    function test_vectors_status() public {
        StatusVector[] memory vectors = abi.decode(
            _read(
                "status.json",
                "Vector(uint8 status,uint64 validFrom,uint64 validUntil,uint64 graceUntil,uint64 suspendedUntil,uint64 at,uint8 expected,bool usable)"
            ),
            (StatusVector[])
        );
        uint256 checked = 0;
        uint256 clean = vm.snapshotState();
        for (uint256 i = 0; i < vectors.length; ++i) {
            StatusVector memory vector = vectors[i];
            if (vector.suspendedUntil != 0) continue;
            vm.warp(vector.time);
            ILicenseMirror.Update memory update = _license(1, vector.status);
            (update.validFrom, update.validUntil, update.graceUntil) =
            (vector.validFrom, vector.validUntil, vector.graceUntil);
            _append(update);
            ILicenseMirror.Attestation memory attestation = _attestation();
            // The last time that the mirror can hold; rows go one second beyond.
            if (attestation.sourceTime > type(uint40).max) attestation.sourceTime = type(uint40).max;
            mirror.deliver(_one(update), attestation, _sign(attestation));
            vm.assertEq(_statusOf(1), vector.expected, "status");
            vm.assertEq(mirror.isUsable(1), vector.usable, "usable");
            checked += 1;
            vm.revertToState(clean);
        }
        vm.assertGe(checked, 100, "rows checked");
    }
}
