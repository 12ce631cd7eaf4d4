//! Policy's small languages as people write them: roles, gates, groups, actions, a jurisdiction's
//! rules.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use lex_client::abi::policy::Policy;
use lex_model::{ActionKind, Demand, Gates, Group, Rule};
use serde::Serialize;

use crate::commands::values::duration;
use crate::output::span;

/// What an account may do beside the administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Pauses groups of functions
    Guardian,
    /// Signs clearances
    Signer,
    /// Freezes holders, recovers keys, lifts pauses
    Regulator,
    /// Publishes the roots that proofs are about
    Publisher,
}

impl Role {
    pub const ALL: [Role; 4] = [
        Role::Guardian,
        Role::Signer,
        Role::Regulator,
        Role::Publisher,
    ];

    /// The role as policy numbers it.
    #[must_use]
    pub const fn bit(self) -> u8 {
        match self {
            Role::Guardian => 1,
            Role::Signer => 2,
            Role::Regulator => 4,
            Role::Publisher => 8,
        }
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Role::Guardian => "guardian",
            Role::Signer => "signer",
            Role::Regulator => "regulator",
            Role::Publisher => "publisher",
        }
    }
}

/// What must be passed before an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Gate {
    /// No gate
    None,
    /// A decision of the type's committee
    Committee,
    /// A clearance of the compliance service
    Clearance,
    /// A zero-knowledge proof of the type's statement
    Proof,
}

impl Gate {
    const NAMED: [(Gate, &'static str); 3] = [
        (Gate::Committee, "committee"),
        (Gate::Clearance, "clearance"),
        (Gate::Proof, "proof"),
    ];

    const fn bit(self) -> u8 {
        match self {
            Gate::None => 0,
            Gate::Committee => Gates::COMMITTEE,
            Gate::Clearance => Gates::CLEARANCE,
            Gate::Proof => Gates::PROOF,
        }
    }

    /// All of them in one set.
    #[must_use]
    pub fn bits(gates: &[Gate]) -> u8 {
        gates.iter().fold(0, |bits, gate| bits | gate.bit())
    }

    /// A set of gates by name.
    #[must_use]
    pub fn names(bits: u8) -> String {
        names(
            &Self::NAMED.map(|(gate, name)| (u32::from(gate.bit()), name)),
            bits.into(),
        )
    }
}

/// Functions that are paused together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PauseGroup {
    /// What brings licenses into force
    Issue,
    /// What prolongs them
    Renew,
    /// What moves them
    Transfer,
    /// Their use: no license is usable
    Use,
    /// What lends them; loans that run go on
    Lend,
}

impl PauseGroup {
    const NAMED: [(PauseGroup, &'static str); 5] = [
        (PauseGroup::Issue, "issue"),
        (PauseGroup::Renew, "renew"),
        (PauseGroup::Transfer, "transfer"),
        (PauseGroup::Use, "use"),
        (PauseGroup::Lend, "lend"),
    ];

    const fn bit(self) -> u8 {
        match self {
            PauseGroup::Issue => Group::Issue.bit(),
            PauseGroup::Renew => Group::Renew.bit(),
            PauseGroup::Transfer => Group::Transfer.bit(),
            PauseGroup::Use => Group::Use.bit(),
            PauseGroup::Lend => Group::Lend.bit(),
        }
    }

    /// All of them in one set.
    #[must_use]
    pub fn bits(groups: &[PauseGroup]) -> u8 {
        groups.iter().fold(0, |bits, group| bits | group.bit())
    }

    /// A set of groups by name.
    #[must_use]
    pub fn names(bits: u8) -> String {
        names(
            &Self::NAMED.map(|(group, name)| (u32::from(group.bit()), name)),
            bits.into(),
        )
    }
}

/// The names of the bits that are set; `none` for the empty set.
#[must_use]
pub fn names(named: &[(u32, &str)], bits: u32) -> String {
    let found: Vec<&str> = named
        .iter()
        .filter(|(bit, _)| bits & bit != 0)
        .map(|(_, name)| *name)
        .collect();
    if found.is_empty() {
        String::from("none")
    } else {
        found.join(",")
    }
}

/// The kinds of action that rules are about.
const RULED: [(u32, &str); 4] = [
    (ActionKind::Issue.bit(), "issue"),
    (ActionKind::Renew.bit(), "renew"),
    (ActionKind::Transfer.bit(), "transfer"),
    (ActionKind::Lend.bit(), "lend"),
];

const FORM: &str = "write DEMAND ACTIONS [VALUE] [type=ID], such as `forbid transfer`, \
                    `require issue,renew clearance`, `minimum-score issue 700 type=2` or \
                    `longest-term issue,renew 2y`";

/// A rule of a jurisdiction as text: `DEMAND ACTIONS [VALUE] [type=ID]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleText(pub Rule);

impl FromStr for RuleText {
    type Err = String;

    fn from_str(text: &str) -> Result<RuleText, String> {
        let wrong = |what: &str| format!("`{text}`: {what}; {FORM}");
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let license_type = match words.last().and_then(|word| word.strip_prefix("type=")) {
            Some(id) => {
                let id = id.parse().map_err(|_| wrong("the type is no number"))?;
                words.pop();
                id
            }
            None => 0,
        };
        let (demand, actions, value) = match words[..] {
            [demand, actions] => (demand, actions, None),
            [demand, actions, value] => (demand, actions, Some(value)),
            _ => return Err(wrong("that is no rule")),
        };
        let actions = set(&RULED, actions).ok_or_else(|| wrong("no such action"))?;
        let value = || value.ok_or_else(|| wrong("a value is missing"));
        let (demand, value) = match demand {
            "forbid" => (Demand::Forbid, 0),
            "require" => {
                let named = Gate::NAMED.map(|(gate, name)| (u32::from(gate.bit()), name));
                let gates = set(&named, value()?).ok_or_else(|| wrong("no such gate"))?;
                (Demand::Require, u64::from(gates))
            }
            "minimum-score" => {
                let score = value()?
                    .parse()
                    .map_err(|_| wrong("the score is no number"))?;
                (Demand::MinimumScore, score)
            }
            "longest-term" => {
                let longest = duration(value()?).map_err(|error| wrong(&error))?;
                (Demand::LongestTerm, longest)
            }
            _ => return Err(wrong("no such demand")),
        };
        let rule = Rule {
            demand,
            actions,
            license_type,
            value,
        };
        rule.validate()
            .map_err(|_| wrong("the value is out of range"))?;
        Ok(RuleText(rule))
    }
}

/// The bits of a list of names.
fn set(named: &[(u32, &str)], text: &str) -> Option<u32> {
    text.split(',').try_fold(0, |bits, word| {
        let (bit, _) = named.iter().find(|(_, name)| *name == word)?;
        Some(bits | bit)
    })
}

impl fmt::Display for RuleText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rule {
            demand,
            actions,
            license_type,
            value,
        } = self.0;
        let actions = names(&RULED, actions);
        match demand {
            Demand::Forbid => write!(f, "forbid {actions}")?,
            Demand::Require => {
                let gates = u8::try_from(value).unwrap_or_default();
                write!(f, "require {actions} {}", Gate::names(gates))?;
            }
            Demand::MinimumScore => write!(f, "minimum-score {actions} {value}")?,
            Demand::LongestTerm => write!(f, "longest-term {actions} {value}s ({})", span(value))?,
        }
        match license_type {
            0 => Ok(()),
            id => write!(f, " type={id}"),
        }
    }
}

impl From<RuleText> for Policy::BundleRule {
    fn from(text: RuleText) -> Policy::BundleRule {
        let rule = text.0;
        Policy::BundleRule {
            demand: rule.demand as u8,
            actions: rule.actions,
            licenseType: rule.license_type,
            value: rule.value,
        }
    }
}

/// A rule as a contract has it; `None` for a demand that this program does not know.
#[must_use]
pub fn rule_of(view: &Policy::BundleRule) -> Option<RuleText> {
    Some(RuleText(Rule {
        demand: Demand::from_code(view.demand)?,
        actions: view.actions,
        license_type: view.licenseType,
        value: view.value,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_as_they_are_written() {
        for text in [
            "forbid transfer",
            "require lend clearance",
            "require issue,renew committee,clearance",
            "minimum-score issue 700 type=2",
        ] {
            let rule: RuleText = text.parse().unwrap();
            assert_eq!(rule.to_string(), text);
            assert_eq!(rule_of(&Policy::BundleRule::from(rule)), Some(rule));
        }
        let longest: RuleText = "longest-term issue 2y".parse().unwrap();
        assert_eq!(longest.0.value, 2 * 365 * 86_400);
    }

    #[test]
    fn what_is_no_rule_is_refused_with_its_form() {
        for text in [
            "",
            "forbid",
            "forbid revoke",
            "allow issue",
            "require issue",
            "require issue everything",
            "minimum-score issue 1001",
            "minimum-score issue many",
            "longest-term issue 2",
            "forbid issue type=x",
            "forbid issue 1 2",
        ] {
            let error = text.parse::<RuleText>().unwrap_err();
            assert!(error.contains("write DEMAND ACTIONS"), "{text}: {error}");
        }
    }

    #[test]
    fn sets_have_names() {
        assert_eq!(Gate::names(0), "none");
        assert_eq!(
            Gate::names(Gate::bits(&[Gate::Proof, Gate::Committee])),
            "committee,proof"
        );
        let groups = PauseGroup::bits(&[PauseGroup::Use, PauseGroup::Issue]);
        assert_eq!(
            (groups, PauseGroup::names(groups).as_str()),
            (9, "issue,use")
        );
    }
}
