//! Who plays whom.

use crate::people;
use alloy_primitives::Address;

pub(crate) const ADMIN: Address = people::ADMIN;
pub(crate) const COMMITTEE: Address = people::COMMITTEE;
pub(crate) const REGULATOR: Address = people::REGULATOR;
pub(crate) const GUARDIAN: Address = people::GUARDIAN;
pub(crate) const ISSUER: Address = people::ISSUERS[0];
pub(crate) const OTHER_ISSUER: Address = people::ISSUERS[1];
pub(crate) const HOLDER: Address = people::HOLDERS[0];
/// Who receives, and who takes a lost key's place.
pub(crate) const RECEIVER: Address = people::HOLDERS[1];
pub(crate) const PARENT_HOLDER: Address = people::HOLDERS[2];
pub(crate) const OPERATOR: Address = people::HOLDERS[3];
pub(crate) const STRANGER: Address = people::HOLDERS[4];
pub(crate) const APPROVED: Address = Address::repeat_byte(0xa1);
pub(crate) const FORMER_HOLDER: Address = Address::repeat_byte(0xa2);
pub(crate) const USER: Address = Address::repeat_byte(0xa3);
/// Takes the place of a lost key that is not the holder's.
pub(crate) const SUCCESSOR: Address = Address::repeat_byte(0xa4);
pub(crate) const OTHER_COMMITTEE: Address = Address::repeat_byte(0xa5);
/// Takes over a retired issuer's licenses.
pub(crate) const SUCCESSOR_ISSUER: Address = Address::repeat_byte(0xa6);

/// Everyone.
pub(crate) fn all() -> Vec<Address> {
    let mut all = people::all();
    all.extend([
        APPROVED,
        FORMER_HOLDER,
        USER,
        SUCCESSOR,
        SUCCESSOR_ISSUER,
        OTHER_COMMITTEE,
    ]);
    all
}

/// Who plays a word of the table's callers; `None` for who is not in the cast.
pub(crate) fn player(word: &str) -> Option<Address> {
    Some(match word {
        "issuer" => ISSUER,
        "otherIssuer" => OTHER_ISSUER,
        "successorIssuer" => SUCCESSOR_ISSUER,
        "holder" => HOLDER,
        "receiver" | "successor" => RECEIVER,
        "parentHolder" => PARENT_HOLDER,
        "operator" => OPERATOR,
        "approved" => APPROVED,
        "formerHolder" => FORMER_HOLDER,
        "user" => USER,
        "committee" => COMMITTEE,
        "otherCommittee" => OTHER_COMMITTEE,
        "regulator" => REGULATOR,
        "guardian" => GUARDIAN,
        "admin" => ADMIN,
        "stranger" | "member" => STRANGER,
        _ => return None,
    })
}
