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
    /// What a license contract knows about the license that an action is about. An issue has no
    /// license yet: it has only `kind`, `valid_from` and `at`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct State {
        /// What the contract keeps: 0 single tokens, 1 seats.
        kind: u8 = "kind",
        /// Code of the license's own status at `at`; plus 128 while the committee holds the license where
        /// it is, plus 64 if its suspension is the committee's.
        status: u8 = "status",
        /// Counts the license's updates, from 1.
        version: u32 = "version",
        /// First second in force, Unix seconds.
        valid_from: u64 = "validFrom",
        /// First second no longer in force.
        valid_until: u64 = "validUntil",
        /// First second in which it can no longer be renewed.
        grace_until: u64 = "graceUntil",
        /// Time of the block, Unix seconds.
        at: u64 = "at",
    }
}

solidity_struct! {
    /// The license under which a sublicense stands; all zero when there is none.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Parent {
        /// Who holds it; zero when there is no parent.
        holder: Address = "holder",
        /// Its type.
        license_type: u64 = "licenseType",
        /// Where it is valid.
        jurisdiction: FixedBytes<6> = "jurisdiction",
        /// Code of its status at the action's time; plus 128 while the committee holds it where it is.
        status: u8 = "status",
        /// First second in force, Unix seconds.
        valid_from: u64 = "validFrom",
        /// First second no longer in force.
        valid_until: u64 = "validUntil",
        /// First second in which it can no longer be renewed.
        grace_until: u64 = "graceUntil",
    }
}

impl Default for Parent {
    fn default() -> Self {
        Self {
            holder: Address::zero(),
            license_type: 0,
            jurisdiction: FixedBytes([0; 6]),
            status: 0,
            valid_from: 0,
            valid_until: 0,
            grace_until: 0,
        }
    }
}

solidity_struct! {
    /// What someone wants to do to a license, and what the license contract knows about it. Fields
    /// that an action does not have are zero. All are static, so that decoding costs little code.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Action {
        /// Code of the action (`lex_model::ActionKind`).
        action: u8 = "action",
        /// Who acts.
        caller: Address = "caller",
        /// Who issued the license; for an issue the caller, for a sublicense the parent's holder.
        issuer: Address = "issuer",
        /// The license's type.
        license_type: u64 = "licenseType",
        /// Where the license is valid: its code, padded with zeros.
        jurisdiction: FixedBytes<6> = "jurisdiction",
        /// The license; zero for an issue.
        token_id: U256 = "tokenId",
        /// The holder before; zero for an issue.
        from: Address = "from",
        /// The holder after, where there is one; of a loan, who is to use the license.
        to: Address = "to",
        /// How many seats; 1 for a single token.
        amount: u64 = "amount",
        /// The license as it stands.
        state: State = "state",
        /// The license under which it stands.
        parent: Parent = "parent",
        /// Hash of the metadata, for what brings a license into force or describes it; else zero.
        content: FixedBytes<32> = "content",
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
    /// What a license contract needs to know once policy has allowed an action. Durations are seconds.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Rules {
        /// Length of a term.
        term: u64 = "term",
        /// How long before its end a license can be renewed.
        renewal_window: u64 = "renewalWindow",
        /// How long after its end a license can still be renewed.
        grace: u64 = "grace",
        /// The gates that bring an issued license into force; while any is open it is pending.
        issue_gates: u8 = "issueGates",
        /// The gates of a renewal.
        renew_gates: u8 = "renewGates",
        /// Whether a holder may transfer.
        transferable: bool = "transferable",
        /// Version of the metadata schema.
        schema_version: u32 = "schemaVersion",
        /// Whether the type's committee asked, or a regulator where it has none.
        by_committee: bool = "byCommittee",
    }
}

solidity_struct! {
    /// The gates of the actions on licenses of a type, sets of bits: 1 committee, 2 clearance, 4 proof.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct TypeGates {
        /// Of what brings a license into force or changes what was approved.
        issue: u8 = "issue",
        /// Of a renewal.
        renew: u8 = "renew",
        /// Of a transfer by the holder.
        transfer: u8 = "transfer",
        /// Of lending by the holder.
        lend: u8 = "lend",
        /// Of suspending, resuming and revoking: 0 or 1.
        enforce: u8 = "enforce",
    }
}

solidity_struct! {
    /// The rules of a license type that go beyond its terms.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct TypeRules {
        /// What its actions have to pass.
        gates: TypeGates = "gates",
        /// The committee that decides about licenses of this type; zero for none.
        committee: Address = "committee",
        /// The smallest score of a clearance, 0 to 1000.
        minimum_score: u16 = "minimumScore",
        /// The circuit of the type's statement; 0 for none.
        circuit: u64 = "circuit",
        /// The version of the circuit, pinned.
        circuit_version: u32 = "circuitVersion",
        /// What the circuit states (`lex_model::Statement`); 0 for none.
        statement: u8 = "statement",
        /// ERC-2981 royalty in basis points, 0 to 10000.
        royalty: u16 = "royalty",
        /// Who is paid royalties; zero for the license's issuer.
        royalty_receiver: Address = "royaltyReceiver",
        /// The type under whose licenses those of this type stand; 0 for none.
        parent_type: u64 = "parentType",
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
