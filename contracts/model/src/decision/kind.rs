//! The kinds of decision and what each one says.

/// A part of a flat [`Decision`](super::Decision) that kinds give a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Part {
    /// The contract that is called.
    Target = 2,
    /// A license.
    TokenId = 3,
    /// Whom it is about.
    Account = 4,
    /// The other side.
    Counterparty = 5,
    /// Unix seconds.
    ValidFrom = 6,
    /// Unix seconds.
    ValidUntil = 7,
    /// A number.
    Number = 8,
    /// A reason code.
    Reason = 9,
    /// A hash.
    Evidence = 10,
    /// The version of what is decided about, by its contract's count.
    Version = 11,
    /// How many seats, or how many decisions about it this committee had carried out.
    Count = 12,
    /// What stood there before, as a hash or a short code.
    Previous = 13,
    /// Hash of a text.
    Text = 14,
}

impl Part {
    /// Every part, in the order of a decision.
    pub const ALL: &'static [Self] = &[
        Self::Target,
        Self::TokenId,
        Self::Account,
        Self::Counterparty,
        Self::ValidFrom,
        Self::ValidUntil,
        Self::Number,
        Self::Reason,
        Self::Evidence,
        Self::Version,
        Self::Count,
        Self::Previous,
        Self::Text,
    ];

    /// Its place in a decision, counted from one; the kind is the first.
    pub const fn place(self) -> u8 {
        self as u8
    }
}

/// Solidity's name of a type, as a literal that others are built from.
macro_rules! solidity_name {
    (Address) => {
        "address"
    };
    (Bool) => {
        "bool"
    };
    (Bytes32) => {
        "bytes32"
    };
    (Uint8) => {
        "uint8"
    };
    (Uint16) => {
        "uint16"
    };
    (Uint32) => {
        "uint32"
    };
    (Uint64) => {
        "uint64"
    };
    (Uint256) => {
        "uint256"
    };
}

/// Defines Solidity's types that occur in decisions, each with the number of bytes that its values may
/// fill.
macro_rules! solidity_types {
    ($($name:ident $bytes:literal;)+) => {
        /// The type of a signed field.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum SolidityType {
            $(#[doc = concat!("`", solidity_name!($name), "`")] $name,)+
        }

        impl SolidityType {
            /// Its name in Solidity.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => solidity_name!($name),)+ }
            }

            /// How many bytes at the end of a word its values may fill.
            const fn bytes(self) -> usize {
                match self { $(Self::$name => $bytes,)+ }
            }
        }
    };
}

solidity_types! {
    Address 20;
    Bool 1;
    Bytes32 32;
    Uint8 1;
    Uint16 2;
    Uint32 4;
    Uint64 8;
    Uint256 32;
}

impl SolidityType {
    /// Whether a word is a value of this type.
    pub(super) fn holds(self, word: &[u8; 32]) -> bool {
        let (before, value) = word.split_at(word.len().saturating_sub(self.bytes()));
        before.iter().all(|byte| *byte == 0) && (self != Self::Bool || value <= &[1][..])
    }
}

/// A value that members sign: a part of the decision under the name it has in its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionField {
    /// The name that a wallet shows.
    pub name: &'static str,
    /// Its type.
    pub solidity: SolidityType,
    /// Where its value stands.
    pub part: Part,
    /// Whether it must not be zero.
    pub needed: bool,
}

macro_rules! is_needed {
    (needed) => {
        true
    };
    (free) => {
        false
    };
}

/// Defines each kind once: code, name, meaning, and its fields with name, type, part, and whether
/// they are needed or may be zero.
macro_rules! kinds {
    ($($code:literal $kind:ident: $meaning:literal {
        $($field:literal $solidity:ident $part:ident $needed:ident,)+
    })+) => {
        /// The kinds of decision. A code is stable: it is never given another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "scale", derive(codec::Encode, codec::Decode, scale_info::TypeInfo))]
        #[repr(u8)]
        pub enum DecisionKind {
            $(#[doc = $meaning] $kind = $code,)+
        }

        impl DecisionKind {
            /// Every kind, in the order of its code.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The kind of a code.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$kind),)+
                    _ => None,
                }
            }

            /// The name, which is also that of its EIP-712 struct.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind),)+ }
            }

            /// What it means, in one clause.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$kind => $meaning,)+ }
            }

            /// EIP-712's `encodeType`.
            pub const fn type_string(self) -> &'static str {
                match self {
                    $(Self::$kind => concat!(
                        stringify!($kind), "(address proposer,uint64 epoch",
                        $(",", solidity_name!($solidity), " ", $field,)+
                        ",uint256 nonce,uint64 deadline)",
                    ),)+
                }
            }

            /// What it says, in the order in which it is signed, between epoch and nonce.
            pub const fn fields(self) -> &'static [DecisionField] {
                match self {
                    $(Self::$kind => &[
                        $(DecisionField {
                            name: $field,
                            solidity: SolidityType::$solidity,
                            part: Part::$part,
                            needed: is_needed!($needed),
                        },)+
                    ],)+
                }
            }
        }
    };
}

kinds! {
    1 Activate: "a pending license comes into force" {
        "target" Address Target needed,
        "tokenId" Uint256 TokenId free,
        "version" Uint64 Version needed,
        "holder" Address Account needed,
        "issuer" Address Counterparty needed,
        "licenseType" Uint64 Number needed,
        "jurisdiction" Bytes32 Previous needed,
        "seats" Uint64 Count free,
        "validFrom" Uint64 ValidFrom needed,
        "validUntil" Uint64 ValidUntil needed,
        "metadataHash" Bytes32 Evidence free,
    }
    2 Renew: "a license gets another term" {
        "target" Address Target needed,
        "tokenId" Uint256 TokenId free,
        "version" Uint64 Version needed,
        "newValidUntil" Uint64 ValidUntil needed,
    }
    3 Suspend: "a license is out of force until it is resumed or its suspension lifts" {
        "target" Address Target needed,
        "tokenId" Uint256 TokenId free,
        "holder" Address Account free,
        "decisionsBefore" Uint64 Count free,
        "liftsAt" Uint64 ValidUntil free,
        "reason" Uint32 Reason needed,
        "evidence" Bytes32 Evidence free,
    }
    4 Resume: "a suspension ends" {
        "target" Address Target needed,
        "tokenId" Uint256 TokenId free,
        "version" Uint64 Version needed,
        "holder" Address Account free,
        "decisionsBefore" Uint64 Count free,
        "reason" Uint32 Reason needed,
        "evidence" Bytes32 Evidence free,
    }
    5 Revoke: "a license is out of force for ever" {
        "target" Address Target needed,
        "tokenId" Uint256 TokenId free,
        "holder" Address Account free,
        "decisionsBefore" Uint64 Count free,
        "reason" Uint32 Reason needed,
        "evidence" Bytes32 Evidence free,
    }
    6 ForcedTransfer: "a license moves without its holder's will" {
        "target" Address Target needed,
        "tokenId" Uint256 TokenId free,
        "decisionsBefore" Uint64 Count free,
        "from" Address Account needed,
        "to" Address Counterparty needed,
        "amount" Uint64 Number needed,
        "reason" Uint32 Reason needed,
        "evidence" Bytes32 Evidence free,
    }
    7 Recover: "a lost key gets a successor" {
        "target" Address Target needed,
        "lost" Address Account needed,
        "version" Uint64 Version free,
        "successor" Address Counterparty needed,
        "reason" Uint32 Reason needed,
        "evidence" Bytes32 Evidence free,
    }
    8 SetMember: "a member joins, leaves (weight 0) or gets another weight" {
        "member" Address Account free,
        "decisionsBefore" Uint64 Count free,
        "weight" Uint32 Number free,
    }
    9 SetThreshold: "decisions of a kind (0 for the default) need another weight of approvals" {
        "decisionKind" Uint8 TokenId free,
        "decisionsBefore" Uint64 Count free,
        "threshold" Uint32 Number free,
    }
    10 FreezeHolder: "a holder is frozen" {
        "target" Address Target needed,
        "holder" Address Account needed,
        "decisionsBefore" Uint64 Count free,
        "reason" Uint32 Reason needed,
        "evidence" Bytes32 Evidence free,
    }
    11 FreezeToken: "so many units of a license are held where they are" {
        "target" Address Target needed,
        "tokenId" Uint256 TokenId free,
        "holder" Address Account needed,
        "decisionsBefore" Uint64 Count free,
        "amount" Uint64 Number needed,
        "reason" Uint32 Reason needed,
        "evidence" Bytes32 Evidence free,
    }
    12 LiftPause: "a pause of groups of functions ends" {
        "target" Address Target needed,
        "version" Uint64 Version free,
        "groups" Uint8 Number needed,
    }
    13 ApproveIn: "this committee, as a member of another one, approves a decision there" {
        "target" Address Target needed,
        "decisionsBefore" Uint64 Count free,
        "decision" Bytes32 Evidence needed,
    }
    14 Upgrade: "a proxy gets another implementation" {
        "target" Address Target needed,
        "decisionsBefore" Uint64 Count free,
        "implementation" Address Counterparty needed,
        "codeHash" Bytes32 Evidence needed,
        "replaces" Address Account needed,
    }
    15 Amend: "a license is described differently" {
        "target" Address Target needed,
        "tokenId" Uint256 TokenId free,
        "version" Uint64 Version needed,
        "previousHash" Bytes32 Previous free,
        "metadataHash" Bytes32 Evidence free,
        "uriHash" Bytes32 Text free,
    }
    16 Withdraw: "a pending license is taken back, for ever" {
        "target" Address Target needed,
        "tokenId" Uint256 TokenId free,
        "holder" Address Account free,
        "decisionsBefore" Uint64 Count free,
        "reason" Uint32 Reason needed,
        "evidence" Bytes32 Evidence free,
    }
    17 ReleaseHolder: "a frozen holder is released" {
        "target" Address Target needed,
        "holder" Address Account needed,
        "version" Uint64 Version free,
        "decisionsBefore" Uint64 Count free,
        "reason" Uint32 Reason needed,
        "evidence" Bytes32 Evidence free,
    }
    18 ReleaseToken: "a license that is held where it is is let go, but for so many units" {
        "target" Address Target needed,
        "tokenId" Uint256 TokenId free,
        "holder" Address Account needed,
        "version" Uint64 Version needed,
        "decisionsBefore" Uint64 Count free,
        "amount" Uint64 Number free,
        "reason" Uint32 Reason needed,
        "evidence" Bytes32 Evidence free,
    }
    19 SetUpgrader: "another account is offered to upgrade a proxy instead of this committee" {
        "target" Address Target needed,
        "decisionsBefore" Uint64 Count free,
        "upgrader" Address Counterparty needed,
    }
    20 WithdrawIn: "this committee, as a member of another one, takes its approval of a decision there back" {
        "target" Address Target needed,
        "decisionsBefore" Uint64 Count free,
        "decision" Bytes32 Evidence needed,
    }
    21 AcceptUpgrader: "this committee upgrades a proxy from now on, as was offered to it" {
        "target" Address Target needed,
        "decisionsBefore" Uint64 Count free,
    }
}

/// What a decision is about, and whose changes it has to know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A license of the target.
    License,
    /// An account, as the target sees it.
    Account,
    /// The pauses of the target.
    Pauses,
    /// The target, or the committee, as a whole.
    Whole,
}

impl DecisionKind {
    /// The number that stands for this kind everywhere.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Whether it changes the committee itself and calls no other contract.
    pub const fn is_own_affair(self) -> bool {
        matches!(self, Self::SetMember | Self::SetThreshold)
    }

    /// What it is about.
    pub const fn about(self) -> About {
        match self {
            Self::Activate
            | Self::Renew
            | Self::Suspend
            | Self::Resume
            | Self::Revoke
            | Self::ForcedTransfer
            | Self::FreezeToken
            | Self::Amend
            | Self::Withdraw
            | Self::ReleaseToken => About::License,
            Self::Recover | Self::FreezeHolder | Self::ReleaseHolder | Self::SetMember => {
                About::Account
            }
            Self::LiftPause => About::Pauses,
            Self::SetThreshold
            | Self::ApproveIn
            | Self::WithdrawIn
            | Self::Upgrade
            | Self::SetUpgrader
            | Self::AcceptUpgrader => About::Whole,
        }
    }

    /// Whether it names a part.
    pub fn says(self, part: Part) -> bool {
        self.fields().iter().any(|field| field.part == part)
    }

    /// Whether it grants or changes, and so names the version of what it is about and dies when that
    /// moves. One that restricts outlives whatever holders, users and issuers do.
    pub fn names_version(self) -> bool {
        self.says(Part::Version)
    }

    /// Whether it names how many decisions about the same were approved before: what its members know of.
    pub fn names_count(self) -> bool {
        self.says(Part::Count) && !matches!(self, Self::Activate)
    }

    /// Whether it loosens or changes, so that any decision about the same that is approved after its members
    /// signed voids it. Carried out, it voids what was approved against the same before.
    pub const fn loosens(self) -> bool {
        matches!(
            self,
            Self::Resume
                | Self::ReleaseHolder
                | Self::ReleaseToken
                | Self::SetMember
                | Self::SetThreshold
                | Self::ApproveIn
                | Self::Upgrade
                | Self::SetUpgrader
                | Self::AcceptUpgrader
        )
    }

    /// Whether it puts itself in the place of what was decided alike, so that one that was approved earlier is
    /// not carried out after one that was approved later.
    pub const fn replaces(self) -> bool {
        matches!(
            self,
            Self::Suspend | Self::FreezeToken | Self::ForcedTransfer
        )
    }
}

impl core::fmt::Display for DecisionKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}
