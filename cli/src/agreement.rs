//! Whether index and mirror say of every license what the chain says.
//!
//! All three move. So what a copy says is held against what the chain said in the very state that the
//! copy shows: the index by the block that its answer is of, the mirror by the source block that it is
//! complete up to. That a copy is behind is no disagreement; `lex status` shows it.

mod compare;

use lex_client::Address;
use serde::{Deserialize, Serialize};

pub use self::compare::{AgreementError, compare, differences_of, settle_and_compare};

use crate::indexer::IndexedLicense;
use crate::mirror::MirroredLicense;

/// What one place says about a license. All three places know these fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    pub holder: Address,
    pub license_type: u64,
    pub status: String,
    /// Unix seconds.
    pub valid_from: u64,
    pub valid_until: u64,
    pub grace_until: u64,
}

impl From<&IndexedLicense> for View {
    fn from(license: &IndexedLicense) -> View {
        View {
            holder: license.holder,
            license_type: license.license_type.id,
            status: license.status.name().to_owned(),
            valid_from: license.valid_from,
            valid_until: license.valid_until,
            grace_until: license.grace_until,
        }
    }
}

impl From<&MirroredLicense> for View {
    fn from(license: &MirroredLicense) -> View {
        View {
            holder: license.holder,
            license_type: license.license_type,
            status: license.status.name().to_owned(),
            valid_from: license.valid_from,
            valid_until: license.valid_until,
            grace_until: license.grace_until,
        }
    }
}

/// What a copy says about a license, and what the chain said of it in the state that the copy shows.
/// `None`: it has no license with this id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    pub chain: Option<View>,
    pub copy: Option<View>,
}

/// One license in all three places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    pub id: u64,
    /// In the newer of the states that index and mirror show: the index's.
    pub chain: Option<View>,
    pub index: Option<View>,
    pub mirror: Option<View>,
    /// Empty when all agree.
    pub differences: Vec<String>,
}

impl Comparison {
    #[must_use]
    pub fn of(id: u64, index: Sighting, mirror: Sighting) -> Comparison {
        let mut differences = differences("index", &index);
        differences.extend(self::differences("mirror", &mirror));
        Comparison {
            id,
            chain: index.chain.or(mirror.chain),
            index: index.copy,
            mirror: mirror.copy,
            differences,
        }
    }

    #[must_use]
    pub fn agrees(&self) -> bool {
        self.differences.is_empty()
    }
}

fn differences(place: &str, sighting: &Sighting) -> Vec<String> {
    let (chain, copy) = match (&sighting.chain, &sighting.copy) {
        (Some(chain), Some(copy)) => (chain, copy),
        (None, None) => return Vec::new(),
        (Some(_), None) => return vec![format!("{place}: does not have it")],
        (None, Some(_)) => return vec![format!("{place}: has it, chain does not")],
    };
    let compared = [
        ("holder", chain.holder.to_string(), copy.holder.to_string()),
        (
            "type",
            chain.license_type.to_string(),
            copy.license_type.to_string(),
        ),
        ("status", chain.status.clone(), copy.status.clone()),
        (
            "validFrom",
            chain.valid_from.to_string(),
            copy.valid_from.to_string(),
        ),
        (
            "validUntil",
            chain.valid_until.to_string(),
            copy.valid_until.to_string(),
        ),
        (
            "graceUntil",
            chain.grace_until.to_string(),
            copy.grace_until.to_string(),
        ),
    ];
    compared
        .into_iter()
        .filter(|(_, chain, copy)| chain != copy)
        .map(|(field, chain, copy)| format!("{place}: {field} {copy}, chain has {chain}"))
        .collect()
}

/// The comparison of every license of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    pub licenses: Vec<Comparison>,
    /// Updates in the chain's outbox at the source block that the mirror is complete up to.
    pub outbox_nonce: u64,
    /// Updates that the mirror has.
    pub mirrored_nonce: u64,
    /// Whether the chain's outbox then had the head that the mirror has.
    pub has_same_head: bool,
}

impl Agreement {
    #[must_use]
    pub fn holds(&self) -> bool {
        self.outbox_nonce == self.mirrored_nonce
            && self.has_same_head
            && self.licenses.iter().all(Comparison::agrees)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        View {
            holder: Address::repeat_byte(1),
            license_type: 1,
            status: "Active".into(),
            valid_from: 10,
            valid_until: 20,
            grace_until: 25,
        }
    }

    fn seen(chain: Option<View>, copy: Option<View>) -> Sighting {
        Sighting { chain, copy }
    }

    fn same() -> Sighting {
        seen(Some(view()), Some(view()))
    }

    #[test]
    fn equal_views_agree() {
        assert!(Comparison::of(1, same(), same()).agrees());
    }

    #[test]
    fn copies_of_different_states_agree_when_the_chain_moved_between_them() {
        let revoked = View {
            status: "Revoked".into(),
            ..view()
        };
        let index = seen(Some(revoked.clone()), Some(revoked.clone()));
        let comparison = Comparison::of(1, index.clone(), same());
        assert!(comparison.agrees(), "{comparison:?}");
        assert_eq!(comparison.chain, Some(revoked));
        let not_mirrored_yet = Comparison::of(1, index, Sighting::default());
        assert!(not_mirrored_yet.agrees(), "{not_mirrored_yet:?}");
    }

    #[test]
    fn every_field_is_compared() {
        let changed = [
            View {
                holder: Address::repeat_byte(2),
                ..view()
            },
            View {
                license_type: 2,
                ..view()
            },
            View {
                status: "Revoked".into(),
                ..view()
            },
            View {
                valid_from: 11,
                ..view()
            },
            View {
                valid_until: 21,
                ..view()
            },
            View {
                grace_until: 26,
                ..view()
            },
        ];
        for other in changed {
            let other = seen(Some(view()), Some(other));
            let index = Comparison::of(1, other.clone(), same());
            assert_eq!(index.differences.len(), 1, "{other:?}");
            assert!(index.differences[0].starts_with("index: "));
            let mirror = Comparison::of(1, same(), other);
            assert!(mirror.differences[0].starts_with("mirror: "));
        }
    }

    #[test]
    fn a_license_that_only_one_of_two_has_is_a_difference() {
        let missing = Comparison::of(1, seen(Some(view()), None), same());
        assert_eq!(missing.differences, ["index: does not have it"]);
        let invented = Comparison::of(1, same(), seen(None, Some(view())));
        assert_eq!(invented.differences, ["mirror: has it, chain does not"]);
    }

    #[test]
    fn a_mirror_with_another_history_does_not_agree() {
        let same = Agreement {
            outbox_nonce: 3,
            mirrored_nonce: 3,
            has_same_head: true,
            ..Agreement::default()
        };
        assert!(same.holds());
        let forged = Agreement {
            has_same_head: false,
            ..same.clone()
        };
        assert!(!forged.holds());
        let too_far = Agreement {
            mirrored_nonce: 4,
            ..same
        };
        assert!(!too_far.holds());
    }
}
