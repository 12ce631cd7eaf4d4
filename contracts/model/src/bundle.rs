//! The rules of a jurisdiction: a versioned list in a language small enough to be total.
//!
//! Each rule applies to some kinds of action and to one license type or all. Rules only ever add
//! demands, so their order does not change the verdict (I14).

use crate::{ActionKind, Gates, Reason};

/// The most rules in one bundle.
pub const MAX_RULES: usize = 16;

/// What a rule demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
#[repr(u8)]
pub enum Demand {
    /// The action is forbidden; the value has no meaning and is 0.
    Forbid = 1,
    /// The action needs the gates whose bits are in the value.
    Require = 2,
    /// A clearance is needed, whose score is at least the value (0 to 1000).
    MinimumScore = 3,
    /// A term has at most so many seconds.
    LongestTerm = 4,
}

impl Demand {
    /// The demand of a code, `None` for an unknown one.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Forbid),
            2 => Some(Self::Require),
            3 => Some(Self::MinimumScore),
            4 => Some(Self::LongestTerm),
            _ => None,
        }
    }
}

/// One rule of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
pub struct Rule {
    /// What it demands.
    pub demand: Demand,
    /// The bits ([`ActionKind::bit`]) of the kinds of action that it is about.
    pub actions: u32,
    /// The license type that it is about; 0 for all.
    pub license_type: u64,
    /// A number that goes with the demand.
    pub value: u64,
}

impl Rule {
    /// The kinds of action that rules are about. An activation and a sublicense count as issues.
    pub const RULED: u32 = ActionKind::Issue.bit()
        | ActionKind::Renew.bit()
        | ActionKind::Transfer.bit()
        | ActionKind::Lend.bit();

    /// Whether the rule makes sense.
    ///
    /// # Errors
    /// [`Reason::InvalidTypeTerms`] when it is about no action that rules are about, or its value is out of range.
    pub fn validate(&self) -> Result<(), Reason> {
        let in_range = match self.demand {
            Demand::Forbid => self.value == 0,
            Demand::Require => (1..=u64::from(Gates::ALL_BITS)).contains(&self.value),
            Demand::MinimumScore => self.value <= u64::from(crate::MAX_SCORE),
            Demand::LongestTerm => (1..=crate::MAX_TIME).contains(&self.value),
        };
        let about_ruled_actions = self.actions != 0 && self.actions & !Self::RULED == 0;
        if in_range && about_ruled_actions {
            Ok(())
        } else {
            Err(Reason::InvalidTypeTerms)
        }
    }

    fn applies(&self, kind: ActionKind, license_type: u64) -> bool {
        let about_type = self.license_type == 0 || self.license_type == license_type;
        about_type && self.actions & kind.bit() != 0
    }
}

/// The rules of a jurisdiction as they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundle<'a> {
    /// Counts the bundle's versions, from 1.
    pub version: u32,
    /// At most [`MAX_RULES`] rules.
    pub rules: &'a [Rule],
}

/// What a bundle demands of one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Demands {
    /// Place of the first rule that forbids it.
    pub(crate) forbidden_by: Option<u64>,
    /// Gates that it needs, as bits.
    pub(crate) gates: u8,
    /// The smallest score that is enough.
    pub(crate) minimum_score: u16,
    /// The longest term.
    pub(crate) longest_term: Option<u64>,
}

impl Bundle<'_> {
    pub(crate) fn demands(&self, kind: ActionKind, license_type: u64) -> Demands {
        let mut demands = Demands::default();
        for (place, rule) in (0u64..).zip(self.rules) {
            if !rule.applies(kind, license_type) {
                continue;
            }
            match rule.demand {
                Demand::Forbid => {
                    demands.forbidden_by.get_or_insert(place);
                }
                Demand::Require => demands.gates |= rule.value as u8 & Gates::ALL_BITS,
                Demand::MinimumScore => {
                    demands.gates |= Gates::CLEARANCE;
                    let score = u16::try_from(rule.value).unwrap_or(crate::MAX_SCORE);
                    demands.minimum_score = demands.minimum_score.max(score);
                }
                Demand::LongestTerm => {
                    let shorter = demands.longest_term.unwrap_or(u64::MAX).min(rule.value);
                    demands.longest_term = Some(shorter);
                }
            }
        }
        demands
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn any_rule() -> impl Strategy<Value = Rule> {
        let demand = prop_oneof![
            Just(Demand::Forbid),
            Just(Demand::Require),
            Just(Demand::MinimumScore),
            Just(Demand::LongestTerm)
        ];
        (demand, any::<u32>(), 0u64..3, 0u64..1001).prop_map(
            |(demand, actions, license_type, value)| Rule {
                demand,
                actions,
                license_type,
                value,
            },
        )
    }

    proptest! {
        /// I14: the order of rules does not change what is demanded.
        #[test]
        fn i14_the_order_of_rules_does_not_matter(
            rules in proptest::collection::vec(any_rule(), 0..8),
            kind in 0..ActionKind::ALL.len(),
            license_type in 1u64..3,
        ) {
            let kind = ActionKind::ALL[kind];
            let reversed: Vec<_> = rules.iter().rev().copied().collect();
            let ahead = Bundle { version: 1, rules: &rules }.demands(kind, license_type);
            let behind = Bundle { version: 1, rules: &reversed }.demands(kind, license_type);
            prop_assert_eq!(ahead.forbidden_by.is_some(), behind.forbidden_by.is_some());
            prop_assert_eq!(
                (ahead.gates, ahead.minimum_score, ahead.longest_term),
                (behind.gates, behind.minimum_score, behind.longest_term)
            );
        }
    }

    #[test]
    fn a_rule_is_about_its_type_and_its_actions_only() {
        let rule = Rule {
            demand: Demand::Forbid,
            actions: ActionKind::Transfer.bit(),
            license_type: 2,
            value: 0,
        };
        let bundle = Bundle {
            version: 1,
            rules: &[rule],
        };
        assert_eq!(
            bundle.demands(ActionKind::Transfer, 2).forbidden_by,
            Some(0)
        );
        assert_eq!(bundle.demands(ActionKind::Transfer, 1).forbidden_by, None);
        assert_eq!(bundle.demands(ActionKind::Issue, 2).forbidden_by, None);
    }

    #[test]
    fn values_out_of_range_are_refused() {
        let rule = |demand, value| Rule {
            demand,
            actions: 2,
            license_type: 0,
            value,
        };
        for broken in [
            rule(Demand::Forbid, 1),
            rule(Demand::Require, 0),
            rule(Demand::Require, 8),
            rule(Demand::MinimumScore, 1001),
            rule(Demand::LongestTerm, 0),
            Rule {
                actions: 0,
                ..rule(Demand::Forbid, 0)
            },
            Rule {
                actions: ActionKind::Revoke.bit(),
                ..rule(Demand::Forbid, 0)
            },
        ] {
            assert_eq!(
                broken.validate(),
                Err(Reason::InvalidTypeTerms),
                "{broken:?}"
            );
        }
        assert_eq!(rule(Demand::Require, 7).validate(), Ok(()));
    }
}
