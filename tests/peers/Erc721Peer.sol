// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @notice OpenZeppelin's ERC-721 with nothing added but a way to mint.
contract Erc721Peer is ERC721("Peer", "PEER") {
    /// @notice Mints a token to an account; anyone may.
    function mint(address to, uint256 tokenId) external {
        _mint(to, tokenId);
    }
}
