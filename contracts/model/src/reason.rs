/// Defines each reason once: code, name, what is wrong, what would fix it.
macro_rules! reasons {
    ($($code:literal $name:ident: $message:literal, $remedy:literal;)+) => {
        /// Why an action is refused. A code is stable: it is never given another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Reason {
            $(#[doc = $message] $name = $code,)+
        }

        impl Reason {
            /// Every reason, in the order of its code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The reason of a code, `None` for a code that this version does not know.
            pub const fn from_code(code: u16) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)+
                    _ => None,
                }
            }

            /// The name as programs see it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// What is wrong, in one clause.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)+ }
            }

            /// What would fix it, in one sentence.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)+ }
            }
        }
    };
}

reasons! {
    1 UnknownLicense: "no license has this id", "Check the id; `lex license search` finds licenses.";
    2 UnknownType: "no license type has this id", "Check the id; `lex type list` shows the types.";
    3 UnknownIssuer: "the caller is not a registered issuer", "Ask the administrator to register the account as an issuer.";
    4 IssuerNotGranted: "the issuer may not act for this license type and jurisdiction", "Ask the administrator for a grant, or act for a type and jurisdiction that is granted.";
    5 NotLicenseIssuer: "only the issuer of this license may do this", "Sign with the account that issued the license.";
    6 NotHolder: "only the holder of this license may do this", "Sign with the account that holds the license.";
    7 NotApproved: "the caller is neither the holder nor approved by it", "Sign as the holder, or have the holder approve the account.";
    8 TypeClosed: "the license type is closed", "Use an open type, or have the administrator reopen this one.";
    9 WrongState: "the license is in a state that does not allow this", "Look at the license's status (the detail is its code) and bring it into a state that allows this.";
    10 TermExpired: "the license's term and grace period have ended (the detail is the end of grace)", "Apply for a new license.";
    11 RenewalNotOpen: "the renewal window is not open yet (the detail is the time at which it opens)", "Renew after the window has opened.";
    12 RenewalClosed: "the grace period is over (the detail is its end)", "Apply for a new license.";
    13 RenewalTooShort: "even the renewed term would already have ended", "Apply for a new license.";
    14 SupplyExhausted: "the type's supply cap, or the issuer's share of it, is reached (the detail is that number)", "Wait until licenses have ended, or use another type.";
    15 NotTransferable: "licenses of this type cannot be transferred", "Have the issuer issue a license to the new holder.";
    16 ZeroAddress: "the zero address cannot stand here", "Name an account.";
    17 InvalidJurisdiction: "the jurisdiction is not an ISO 3166 code such as US or US-NY", "Correct the code.";
    18 InvalidTime: "a time lies in the past or too far in the future (the detail is that time)", "Name a time between now and the year 36812; a decision's deadline lies at most 30 days ahead.";
    19 MissingReason: "a reason code is needed", "Give a reason code other than zero.";
    20 InvalidTypeTerms: "the terms of the license type make no sense", "Give a term of at least one second and durations below 2^40 seconds.";
    21 InvalidText: "a text is empty or too long (the detail is the longest length in bytes)", "Shorten or fill in the text.";
    22 NotAdmin: "only the administrator may do this", "Sign with the administrator's account.";
    23 NotPolicy: "only the policy contract may do this", "Use the policy contract's message instead.";
    24 AlreadyInitialized: "the contract is initialized already", "Nothing needs to be done.";
    25 NotInitialized: "the contract is not initialized yet", "Initialize it with the policy's address.";
    26 LimitReached: "a fixed limit is reached (the detail is the limit)", "Remove an entry first.";
    27 AlreadySo: "this is so already", "Nothing needs to be done.";
    28 UnsafeReceiver: "the receiving contract does not accept licenses, or wants to change one while it is asked (its own reason follows this one in the revert data)", "Send to an account, or to a contract that implements the receiver of ERC-721, of seats of ERC-1155.";
    29 NotLifted: "the suspension has not lifted yet (the detail is the time at which it lifts, 0 for never)", "Wait for that time, or have the issuer resume the license.";
    30 UnknownAction: "no action has this code", "Use one of the documented action codes.";
    31 PolicyUnreachable: "the policy contract did not answer", "Report this to the operator: nothing was changed.";
    32 WrongKind: "the license type is of another kind (NFT or SFT)", "Use the contract for that kind of type.";
    33 LicenseUnreachable: "a license contract that policy is bound to did not answer", "Report this to the operator: nothing was changed.";
    34 Paused: "actions of this group are paused (the detail is the group's bit)", "Wait until the committee or the governor has lifted the pause.";
    35 HolderFrozen: "the holder is frozen (the detail is 1 if it is the parent license's)", "Have the regulator release the holder.";
    36 ReceiverFrozen: "the receiving account is frozen", "Name another account, or have the regulator release this one.";
    37 TokenFrozen: "this license is frozen where it is (the detail is how many seats are free)", "Have the committee release it.";
    38 ApprovalRequired: "this needs a decision of the type's committee", "Propose the decision to the committee and have it executed there.";
    39 ClearanceRequired: "this needs a clearance of the compliance service", "Ask the compliance service for a clearance and pass it along.";
    40 ClearanceExpired: "the clearance has expired (the detail is its end)", "Ask for a new clearance.";
    41 ClearanceUsed: "the clearance was used before", "Ask for a new clearance.";
    42 ClearanceInvalid: "the clearance is for something else, or not signed by a compliance signer", "Ask for a clearance of exactly this action under the present rules.";
    43 ScoreTooLow: "the compliance score is below the minimum (the detail is the minimum)", "Improve what the compliance service scores, then ask for a new clearance.";
    44 ProofRequired: "this needs a zero-knowledge proof", "Prove the type's statement and pass the proof along.";
    45 ProofInvalid: "the proof does not prove the type's statement for this action", "Prove it again for exactly this action.";
    46 NullifierUsed: "this identity was used for this before, or has a license of the type", "Wait until that license has ended.";
    47 RootUnknown: "the proof is about a set that is not, or no longer, known (the detail is which root)", "Prove it again about the newest sets.";
    48 ProofTimeInvalid: "the proof is about a time in the future or too long ago (the detail is that time)", "Prove it again for the present time.";
    49 NoRules: "no rule bundle covers the jurisdiction", "Have the administrator publish a bundle for the jurisdiction or its country.";
    50 Forbidden: "the jurisdiction's rules forbid this (the detail is the rule's place in its bundle)", "Choose another jurisdiction, or have the rules changed.";
    51 TermTooLong: "the term is longer than the jurisdiction allows (the detail is the longest, in seconds)", "Use a type with a shorter term.";
    52 ModuleRefused: "a rule module refuses (the detail is its place in the list)", "Ask whoever runs the module what it demands.";
    53 ModuleUnreachable: "a rule module did not answer (the detail is its place in the list)", "Report this to the operator: a module can always be removed.";
    54 NotSublicensable: "a license of this type stands under one of its parent type, or under none (the detail is the parent type, 0 for none)", "Name a parent license of that type, or use a type that stands alone.";
    55 ParentNotUsable: "the parent license is not in force (the detail is its status)", "Bring the parent license into force first.";
    56 ParentExceeded: "a sublicense cannot reach further than its parent (the detail is the parent's end)", "Shorten the term, or name the parent's jurisdiction.";
    57 NotCommittee: "only the committee of the type may do this", "Propose the decision to the committee.";
    58 NotGuardian: "only a guardian may do this", "Sign with a guardian's account.";
    59 NotRegulator: "only a regulator may do this", "Propose the decision to a committee that is a regulator.";
    60 NotAsApproved: "what is decided about is not what the decision describes (the detail is its present version or count, where that moved)", "Propose a decision that describes it as it is.";
    61 AlreadyRequested: "a renewal is requested already", "Wait for the committee's decision.";
    62 NotRequested: "what is to be approved is not requested", "Have the issuer or, of a renewal, the holder request it first.";
    63 AlreadyRecovered: "the lost key has a successor already", "Nothing needs to be done; anyone may move what the lost key still holds.";
    64 NotRecovered: "the holder's key has no successor yet, or was not declared lost", "Have a regulator declare the key lost, and wait until its holder can object no longer.";
    65 SameAccount: "the two accounts are one", "Name another account.";
    66 NotUser: "only an account that may use this license may do this", "Sign with the holder's account.";
    67 InsufficientSeats: "the account has too few seats (the detail is how many are free)", "Name fewer seats, or take back assignments first.";
    68 WrongLength: "the lists differ in length or are too long (the detail is the longest length)", "Name one amount per license.";
    69 TooManySeats: "the account would hold more seats than this license allows (the detail is the most)", "Name fewer seats.";
    70 NotBound: "only a license contract that policy is bound to may ask", "Have the administrator bind the contract.";
    71 UnknownCode: "a code or a set of bits has no meaning here (the detail is the code)", "Use the documented codes.";
    72 NotPublisher: "only a publisher of roots may do this", "Sign with a publisher's account.";
    73 MissedRestrictions: "the contract was told nothing while it was not bound, and restrictions have changed since", "Bind a contract that has not been bound before.";
    74 CallerFrozen: "the account that asks is frozen", "Have the regulator release it.";
    75 KeyLost: "the account's key was declared lost (the detail says whose: 0 the caller's, 1 the holder's, 2 the receiver's)", "Act with its successor.";

    80 NotMember: "the account is not a member of the committee", "Sign with a member's account.";
    81 UnknownDecision: "the committee knows no such decision", "Check the id; `lex committee show` lists the open decisions.";
    82 WrongEpoch: "the members have changed since, and what they had approved is over after 7 days (the detail is the present epoch)", "Propose the decision again.";
    83 DeadlinePassed: "the deadline has passed (the detail is the deadline)", "Propose the decision again with a later deadline.";
    84 NonceUsed: "the number is used, or it is not its turn in the proposer's lane (the detail is the number whose turn it is)", "Propose the decision with the next number or in another lane; a number waits until those before it are approved, canceled or over.";
    85 AlreadyApproved: "the member has approved this already", "Nothing needs to be done.";
    86 NotYetApproved: "the approvals do not reach the threshold (the detail is the weight that is missing)", "Have more members approve.";
    87 SoleChecker: "nobody but the proposer has approved", "Have another member approve.";
    88 InvalidThreshold: "a threshold lies between 1 and the sum of all weights (the detail is that sum)", "Choose a threshold in this range, or change the members first.";
    89 InvalidSignature: "the signature is not one of the account over this decision", "Sign exactly this decision of this committee on this chain.";
    90 DuplicateSigner: "a member appears twice", "Name each member once.";
    91 InvalidMember: "the zero address, the committee itself and weights beyond the limit cannot be members", "Name an account and a weight between 1 and 65535.";
    92 DecisionClosed: "the decision is executed or canceled", "Propose a new decision.";
    93 InvalidDecision: "the decision says what its kind has no use for, or lacks what it needs (the detail is the field's place, from 1)", "Fill in exactly the fields of its kind.";
    94 TargetRefused: "the contract that the decision is about did not answer", "Check the contract's address.";
    95 NotApprovedByMember: "the member has taken its approval back already", "Nothing needs to be done.";
    96 NotMaker: "only the member who proposed the decision may do this", "Have its proposer do it, or take your own approval back.";
    97 SignatureWithdrawn: "the member took its approval back, so its signatures over this no longer count", "Have the member approve by a transaction of its own.";

    110 UnknownCircuit: "no verifying key has this circuit and version", "Check the number; `lex proof circuits` lists the circuits.";
    111 KeyRevoked: "this version of the circuit is revoked", "Prove with the newest version.";
    112 KeyExists: "this version of the circuit has a key, or had one", "Register the key as the next version.";
    113 InvalidKey: "the verifying key holds a point that is not on its curve, not in its group, or zero (the detail is its place)", "Export the key again.";
    114 WrongInputCount: "the number of public inputs is wrong (the detail is the right one)", "Pass exactly the circuit's public inputs.";
    115 InputOutOfField: "a public input is not below the field's order (the detail is its place)", "Reduce the input, and check where it came from.";
    116 InvalidPoint: "a point of the proof is not on its curve, not in its group, or zero", "Encode the proof again; each pair of G2 coordinates is imaginary part first.";
    117 PrecompileFailed: "the chain could not compute on the curve", "Report this to the operator: nothing was changed.";

    120 NotUpgrader: "only the account that may upgrade the contract may do this", "Propose the upgrade to that account.";
    121 LayoutMismatch: "the new code's storage layout does not follow the present one (the detail is its version, 0 when it is another contract's)", "Deploy code of the same contract whose layout version is the same or the next one.";
    122 NotAContract: "there is no contract at this address", "Deploy the code first.";

    130 IssuerSucceeded: "another issuer took over from this account for ever", "Register another account, or act with its successor.";
}

impl Reason {
    /// The number that stands for this reason everywhere.
    pub const fn code(self) -> u16 {
        self as u16
    }
}

impl core::fmt::Display for Reason {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.message())
    }
}

impl core::error::Error for Reason {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back_to_their_reasons() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(*reason));
        }
        assert_eq!(Reason::from_code(0), None);
        assert_eq!(Reason::from_code(u16::MAX), None);
    }

    #[test]
    fn remedies_are_sentences_and_messages_are_clauses() {
        for reason in Reason::ALL {
            assert!(reason.remedy().ends_with('.'), "{reason:?}");
            assert!(!reason.message().ends_with('.'), "{reason:?}");
        }
    }
}
