// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Ownable } from "@openzeppelin/contracts/access/Ownable.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { IERC165 } from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import { AttesterSets } from "./AttesterSets.sol";
import { ILicenseMirror } from "./ILicenseMirror.sol";
import { AttestationLib } from "./libraries/AttestationLib.sol";
import { Class, ClassLib } from "./libraries/ClassLib.sol";
import { OutboxLib } from "./libraries/OutboxLib.sol";
import { Record, RecordLib } from "./libraries/RecordLib.sol";
import { StatusLib } from "./libraries/StatusLib.sol";

/// @title LicenseMirror
/// @notice See ILicenseMirror for what it is and IAttesterSets for who is trusted.
/// @dev Invariants: the nonce never decreases; head is the outbox head at nonce; the state is the replay of the updates
/// 1 to nonce; a revoked license is never usable again; nothing is written without the signatures of a threshold of
/// attesters. The contract calls no other contract, so no update can make a delivery fail.
contract LicenseMirror is ILicenseMirror, IERC165, AttesterSets {
    using ClassLib for ClassLib.Table;

    /// @notice Seconds by which an attested time may be ahead of this chain's clock. The clocks of two chains differ,
    /// and a call against a slow chain's last block sees an old time. It lengthens the maximum age by as much.
    uint64 public constant MAXIMUM_CLOCK_SKEW = 2 minutes;

    uint8 private constant KIND_LICENSE = 1;
    uint8 private constant KIND_HOLDER = 2;
    uint8 private constant KIND_TYPE = 3;
    uint8 private constant KIND_PAUSE = 4;

    uint256 private immutable _SOURCE_CHAIN_ID;
    bytes32 private immutable _SOURCE_GENESIS;
    address private immutable _SOURCE_CONTRACT;
    uint64 private immutable _MAX_AGE;

    // These three share a slot with the last fields of AttesterSets; see there.
    uint64 private _nonce;
    uint64 private _sourceBlock;
    uint40 private _sourceTime;
    bytes32 private _head;
    bool private _paused;
    mapping(uint256 tokenId => Record) private _records;
    ClassLib.Table private _classes;
    mapping(address holder => bool) private _frozenHolders;
    mapping(uint64 licenseType => bool) private _closedTypes;

    constructor(Config memory config)
        Ownable(config.owner)
        EIP712("LEX Mirror", "1")
        AttesterSets(config.attesters, config.threshold)
    {
        if (config.maxAge == 0) revert MaxAgeIsZero();
        _SOURCE_CHAIN_ID = config.sourceChainId;
        _SOURCE_GENESIS = config.sourceGenesis;
        _SOURCE_CONTRACT = config.sourceContract;
        _MAX_AGE = config.maxAge;
        _head = OutboxLib.genesisHead(config.sourceChainId, config.sourceContract);
    }

    /// @inheritdoc ILicenseMirror
    /// @dev The cheapest checks come first: a replayed batch is refused before anything is hashed.
    function deliver(Update[] calldata updates, Attestation calldata attestation, bytes[] calldata signatures)
        external
    {
        _requireNextNonces(updates, attestation);
        _requireThisSource(attestation);
        _requireAcceptedEpoch(attestation.epoch);
        _requireCurrent(attestation);
        _requireHead(updates, attestation.head);
        _requireSignatures(_hashTypedDataV4(AttestationLib.structHash(attestation)), attestation.epoch, signatures);

        _sourceBlock = attestation.sourceBlock;
        // _requireCurrent bounds it by this chain's clock, which fits 40 bits for the next 34,000 years.
        _sourceTime = uint40(attestation.sourceTime);
        if (updates.length != 0) {
            _nonce = attestation.nonce;
            _head = attestation.head;
            for (uint256 i = 0; i < updates.length; ++i) {
                _apply(updates[i]);
            }
        }
        emit Delivered(
            attestation.nonce,
            attestation.head,
            updates.length,
            attestation.epoch,
            attestation.sourceBlock,
            attestation.sourceTime
        );
    }

    /// @inheritdoc ILicenseMirror
    function statusOf(uint256 tokenId) external view returns (uint8 status, uint64 asOfBlock, uint64 asOfTime) {
        status = _isFresh() ? _statusNow(tokenId, _records[tokenId]) : StatusLib.UNKNOWN;
        return (status, _sourceBlock, _sourceTime);
    }

    /// @inheritdoc ILicenseMirror
    function isUsable(uint256 tokenId) external view returns (bool) {
        Record record = _records[tokenId];
        if (!_isFresh() || _paused || _statusNow(tokenId, record) != StatusLib.ACTIVE) return false;
        return !_frozenHolders[record.holder()] && !_closedTypes[_classOf(tokenId, record).licenseType()];
    }

    /// @inheritdoc ILicenseMirror
    function ownerOf(uint256 tokenId) external view returns (address) {
        if (!_isFresh()) revert MirrorStale(_sourceTime, _MAX_AGE);
        Record record = _records[tokenId];
        if (record.status() == StatusLib.UNKNOWN) revert LicenseUnknown(tokenId);
        return record.holder();
    }

    /// @inheritdoc ILicenseMirror
    function licenseOf(uint256 tokenId)
        external
        view
        returns (
            address holder,
            uint64 licenseType,
            uint8 status,
            uint64 validFrom,
            uint64 validUntil,
            uint64 graceUntil
        )
    {
        Record record = _records[tokenId];
        Class class = _classOf(tokenId, record);
        return (
            record.holder(),
            class.licenseType(),
            record.status(),
            record.validFrom(),
            record.validUntil(),
            _graceUntil(record, class)
        );
    }

    /// @inheritdoc ILicenseMirror
    function nonce() external view returns (uint64) {
        return _nonce;
    }

    /// @inheritdoc ILicenseMirror
    function head() external view returns (bytes32) {
        return _head;
    }

    /// @inheritdoc ILicenseMirror
    function asOf() external view returns (uint64 sourceBlock, uint64 sourceTime) {
        return (_sourceBlock, _sourceTime);
    }

    /// @inheritdoc ILicenseMirror
    function maxAge() external view returns (uint64) {
        return _MAX_AGE;
    }

    /// @inheritdoc ILicenseMirror
    function source() external view returns (uint256 chainId, bytes32 genesis, address sourceContract) {
        return (_SOURCE_CHAIN_ID, _SOURCE_GENESIS, _SOURCE_CONTRACT);
    }

    /// @inheritdoc ILicenseMirror
    function isHolderFrozen(address holder) external view returns (bool) {
        return _frozenHolders[holder];
    }

    /// @inheritdoc ILicenseMirror
    function isTypeClosed(uint64 licenseType) external view returns (bool) {
        return _closedTypes[licenseType];
    }

    /// @inheritdoc ILicenseMirror
    function isPaused() external view returns (bool) {
        return _paused;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(ILicenseMirror).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    /// @dev The updates start right after the stored nonce and are as many as the attested nonce says. That the ones
    /// in between ascend by one is checked while they are hashed.
    function _requireNextNonces(Update[] calldata updates, Attestation calldata attestation) private view {
        uint64 stored = _nonce;
        if (updates.length == 0) {
            if (attestation.nonce < stored) revert AlreadyDelivered(attestation.nonce, stored);
            if (attestation.nonce > stored) revert NonceGap(stored, attestation.nonce);
            uint64 storedBlock = _sourceBlock;
            if (attestation.sourceBlock <= storedBlock) revert HeartbeatNotNewer(storedBlock, attestation.sourceBlock);
            return;
        }
        uint64 first = updates[0].nonce;
        if (first <= stored) revert AlreadyDelivered(first, stored);
        if (attestation.nonce <= stored) revert AlreadyDelivered(attestation.nonce, stored);
        // Calldata cannot hold 2^64 updates, and the source cannot append as many.
        uint64 last = stored + uint64(updates.length);
        if (attestation.nonce != last) revert NonceGap(last, attestation.nonce);
    }

    function _requireThisSource(Attestation calldata attestation) private view {
        if (attestation.sourceChainId != _SOURCE_CHAIN_ID) {
            revert WrongSourceChain(_SOURCE_CHAIN_ID, attestation.sourceChainId);
        }
        if (attestation.sourceGenesis != _SOURCE_GENESIS) {
            revert WrongSourceGenesis(_SOURCE_GENESIS, attestation.sourceGenesis);
        }
        if (attestation.sourceContract != _SOURCE_CONTRACT) {
            revert WrongSourceContract(_SOURCE_CONTRACT, attestation.sourceContract);
        }
    }

    /// @dev Freshness never moves back, and never ahead of this chain's clock by more than the skew.
    function _requireCurrent(Attestation calldata attestation) private view {
        uint64 storedBlock = _sourceBlock;
        uint64 storedTime = _sourceTime;
        if (attestation.sourceBlock < storedBlock || attestation.sourceTime < storedTime) {
            revert AttestationOutdated(storedBlock, storedTime, attestation.sourceBlock, attestation.sourceTime);
        }
        uint64 latestAccepted = uint64(block.timestamp) + MAXIMUM_CLOCK_SKEW;
        if (attestation.sourceTime > latestAccepted) {
            revert AttestationFromFuture(attestation.sourceTime, latestAccepted);
        }
    }

    function _requireHead(Update[] calldata updates, bytes32 attested) private view {
        bytes32 computed = _head;
        uint64 expected = _nonce;
        for (uint256 i = 0; i < updates.length; ++i) {
            Update calldata update = updates[i];
            // Bounded by the attested nonce, see _requireNextNonces.
            unchecked {
                ++expected;
            }
            if (update.nonce != expected) revert NonceGap(expected, update.nonce);
            computed = OutboxLib.append(computed, OutboxLib.leaf(update));
        }
        if (computed != attested) revert HeadMismatch(computed, attested);
    }

    function _apply(Update calldata update) private {
        uint8 kind = update.kind;
        // Anything but 0 counts as frozen, closed or paused: what the mirror does not understand must not look usable.
        bool restricted = update.status != 0;
        if (kind == KIND_LICENSE) {
            _applyLicense(update);
        } else if (kind == KIND_HOLDER) {
            _frozenHolders[update.holder] = restricted;
            emit HolderFrozenChanged(update.holder, update.nonce, restricted);
        } else if (kind == KIND_TYPE) {
            _closedTypes[update.licenseType] = restricted;
            emit TypeClosedChanged(update.licenseType, update.nonce, restricted);
        } else if (kind == KIND_PAUSE) {
            _paused = restricted;
            emit PauseChanged(update.nonce, restricted);
        } else {
            // Reverting would hold up every later update, revocations among them, for as long as this mirror stands.
            emit UpdateSkipped(update.nonce, kind);
        }
    }

    function _applyLicense(Update calldata update) private {
        uint256 tokenId = update.tokenId;
        // The source never changes a revoked license. Should a broken source or a threshold of attesters say otherwise,
        // the license stays as it was revoked; reverting would hold up the updates of all others.
        if (_records[tokenId].status() == StatusLib.REVOKED) {
            emit LicenseKeptRevoked(tokenId, update.nonce, update.status, update.version);
            return;
        }
        uint40 until = RecordLib.saturate(update.validUntil);
        uint40 graceEnd = RecordLib.saturate(update.graceUntil);
        uint40 grace = graceEnd > until ? graceEnd - until : 0;
        _records[tokenId] = RecordLib.pack(
            update.holder,
            RecordLib.saturate(update.validFrom),
            until,
            StatusLib.storedOrUnknown(update.status),
            _classes.put(tokenId, ClassLib.toClass(update.licenseType, grace))
        );
        emit LicenseUpdated(tokenId, update.nonce, update.status, update.version);
    }

    function _isFresh() private view returns (bool) {
        // Both fit 64 bits, so the sum cannot overflow.
        return block.timestamp <= uint256(_sourceTime) + _MAX_AGE;
    }

    function _statusNow(uint256 tokenId, Record record) private view returns (uint8) {
        return StatusLib.statusAt(
            record.status(),
            record.validFrom(),
            record.validUntil(),
            _graceUntil(record, _classOf(tokenId, record)),
            uint64(block.timestamp)
        );
    }

    function _classOf(uint256 tokenId, Record record) private view returns (Class) {
        return _classes.get(tokenId, record.classId());
    }

    /// @dev The sum was at most 2^40 - 1 when the record was written.
    function _graceUntil(Record record, Class class) private pure returns (uint64) {
        return uint64(record.validUntil()) + class.gracePeriod();
    }
}
