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
    14 SupplyExhausted: "the type's supply cap is reached (the detail is the cap)", "Use another type, or have the administrator create one.";
    15 NotTransferable: "licenses of this type cannot be transferred", "Have the issuer issue a license to the new holder.";
    16 ZeroAddress: "the zero address cannot stand here", "Name an account.";
    17 InvalidJurisdiction: "the jurisdiction is not an ISO 3166 code such as US or US-NY", "Correct the code.";
    18 InvalidTime: "a time lies in the past or too far in the future (the detail is that time)", "Name a time between now and the year 36812.";
    19 MissingReason: "a reason code is needed", "Give a reason code other than zero.";
    20 InvalidTypeTerms: "the terms of the license type make no sense", "Give a term of at least one second and durations below 2^40 seconds.";
    21 InvalidText: "a text is empty or too long (the detail is the longest length in bytes)", "Shorten or fill in the text.";
    22 NotAdmin: "only the administrator may do this", "Sign with the administrator's account.";
    23 NotPolicy: "only the policy contract may do this", "Use the policy contract's message instead.";
    24 AlreadyInitialized: "the contract is initialized already", "Nothing needs to be done.";
    25 NotInitialized: "the contract is not initialized yet", "Initialize it with the policy's address.";
    26 LimitReached: "a fixed limit is reached (the detail is the limit)", "Remove an entry first.";
    27 AlreadySo: "this is so already", "Nothing needs to be done.";
    28 UnsafeReceiver: "the receiving contract does not accept licenses", "Send to an account, or to a contract that implements ERC-721's receiver.";
    29 NotLifted: "the suspension has not lifted yet (the detail is the time at which it lifts, 0 for never)", "Wait for that time, or have the issuer resume the license.";
    30 UnknownAction: "no action has this code", "Use one of the documented action codes.";
    31 PolicyUnreachable: "the policy contract did not answer", "Report this to the operator: nothing was changed.";
    32 WrongKind: "the license type is of another kind (NFT or SFT)", "Use the contract for that kind of type.";
    33 LicenseUnreachable: "a license contract that policy is bound to did not answer", "Report this to the operator: nothing was changed.";
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
