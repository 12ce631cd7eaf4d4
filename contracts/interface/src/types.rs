use ink::{
    Address, U256,
    prelude::string::String,
    sol::{DynBytes, FixedBytes},
};

use crate::solidity_struct;

solidity_struct! {
    /// The rules of a license type. Durations are seconds.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LicenseType {
        /// 0 for single tokens, 1 for seats.
        kind: u8 = "kind",
        /// Name for people.
        name: String = "name",
        /// Length of a term.
        term: u64 = "term",
        /// How long before its end a license can be renewed.
        renewal_window: u64 = "renewalWindow",
        /// How long after its end a license can still be renewed.
        grace: u64 = "grace",
        /// The most licenses of this type, 0 for no limit.
        supply_cap: u64 = "supplyCap",
        /// Whether a holder may transfer.
        transferable: bool = "transferable",
        /// Hash of the terms that people agree to.
        terms_hash: FixedBytes<32> = "termsHash",
        /// Version of the metadata schema.
        schema_version: u32 = "schemaVersion",
        /// Whether licenses of this type are issued, renewed and usable.
        open: bool = "open",
        /// Counts the changes of these rules, from 1.
        version: u32 = "version",
    }
}

solidity_struct! {
    /// When a license is in force; Unix seconds.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Validity {
        /// First second in force.
        valid_from: u64 = "validFrom",
        /// First second no longer in force.
        valid_until: u64 = "validUntil",
        /// First second in which it can no longer be renewed.
        grace_until: u64 = "graceUntil",
    }
}

solidity_struct! {
    /// What someone wants to do to a license, and what the license contract knows about it. Fields
    /// that an action does not have are zero.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Action {
        /// Code of the action.
        action: u8 = "action",
        /// Who acts.
        caller: Address = "caller",
        /// Who issued the license; for an issue the caller.
        issuer: Address = "issuer",
        /// The license's type.
        license_type: u64 = "licenseType",
        /// Where the license is valid.
        jurisdiction: String = "jurisdiction",
        /// The license; zero for an issue.
        token_id: U256 = "tokenId",
        /// The holder before; zero for an issue.
        from: Address = "from",
        /// The holder after.
        to: Address = "to",
        /// Code of the license's status at `at`; 0 for an issue.
        status: u8 = "status",
        /// The license's term; for an issue only `valid_from`.
        validity: Validity = "validity",
        /// How many licenses of the type there are.
        supply: u64 = "supply",
        /// Time of the block, Unix seconds.
        at: u64 = "at",
    }
}

solidity_struct! {
    /// A compliance signer's statement that one action may commit, once (EIP-712, see
    /// `lex_model::Clearance`). An empty signature means that there is none.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    pub struct Clearance {
        /// Compliance score, 0 to 1000; higher is safer.
        score: u16 = "score",
        /// First second in which it no longer counts, Unix seconds.
        expires_at: u64 = "expiresAt",
        /// Any number that makes it unique.
        nonce: U256 = "nonce",
        /// 65 bytes: r, s, v.
        signature: DynBytes = "signature",
    }
}

solidity_struct! {
    /// A zero-knowledge proof of the type's statement, and what the prover chose of its public inputs.
    /// Points that are all zero mean that there is none.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Proof {
        /// Groth16 over BN254: A, B (imaginary parts first), C.
        points: [U256; 8] = "points",
        /// Stands for the prover's identity in one scope.
        nullifier: U256 = "nullifier",
        /// Roots of the sets that the proof is about; unused ones are zero.
        roots: [U256; 3] = "roots",
        /// The time that the proof is about, Unix seconds; 0 where the statement has none.
        proven_at: u64 = "provenAt",
    }
}

solidity_struct! {
    /// What opens the gates of an action.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    pub struct Evidence {
        /// The clearance, if one is needed.
        clearance: Clearance = "clearance",
        /// The proof, if one is needed.
        proof: Proof = "proof",
    }
}

solidity_struct! {
    /// One reason why an action is refused.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Refusal {
        /// Code of the reason (`lex_model::Reason`).
        code: u16 = "code",
        /// Version of the rule that refused.
        rule_version: u32 = "ruleVersion",
        /// A number that explains the reason, for example the time from which it no longer holds.
        detail: U256 = "detail",
    }
}
