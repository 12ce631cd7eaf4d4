//! The rules of jurisdictions.

use std::collections::HashMap;

use async_graphql::{Enum, SimpleObject, dataloader::Loader};
use lex_model::Demand;
use sqlx::{Row, postgres::PgRow};

use super::{
    QueryError,
    column::{hash, narrow, unsigned},
    rules::{Gate, gates},
    scalars::{BigInt, HashScalar, UnixTime, decimal},
    snapshot::{RowLoader, Snapshot},
};

/// One version of a jurisdiction's rules.
#[derive(Clone, SimpleObject)]
pub(super) struct RuleBundle {
    jurisdiction: String,
    /// Counts the changes of the jurisdiction's rules, from 1.
    version: u32,
    /// Names the legal source.
    bundle_id: HashScalar,
    rules: Vec<Rule>,
    set_at: UnixTime,
    set_block: BigInt,
}

/// One rule: what it demands of which actions.
#[derive(Clone, SimpleObject)]
struct Rule {
    demand: RuleDemand,
    actions: Vec<RuledAction>,
    /// The only type that it is about; null: all.
    license_type_id: Option<BigInt>,
    /// The gates that `REQUIRE` names.
    gates: Vec<Gate>,
    /// The score of `MINIMUM_SCORE`, the seconds of `LONGEST_TERM`; else null.
    value: Option<BigInt>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum RuleDemand {
    /// The action is forbidden.
    Forbid,
    /// The action needs these gates.
    Require,
    /// A clearance with at least this score is needed.
    MinimumScore,
    /// A term has at most so many seconds.
    LongestTerm,
}

/// An action that rules are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum RuledAction {
    /// Everything that brings a license into force.
    Issue,
    Renew,
    Transfer,
    Lend,
}

/// The rules that hold in a jurisdiction: its own or, if it has none, its country's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct BundleKey(pub String);

const COLUMNS: &str = "b.jurisdiction, b.version, b.bundle_id, b.demands, b.actions, \
    b.license_types::text[] as license_types, b.rule_values::text[] as rule_values, b.set_at, \
    b.set_block";

impl RuleBundle {
    /// The rules in force, at most `first`, after the jurisdiction `after`, by jurisdiction.
    pub(super) async fn list(
        snapshot: &Snapshot,
        after: Option<String>,
        first: u32,
    ) -> Result<Vec<Self>, QueryError> {
        let mut connection = snapshot.read().await?;
        let rows = sqlx::QueryBuilder::<sqlx::Postgres>::new("select ")
            .push(COLUMNS)
            .push(
                " from (select distinct on (jurisdiction) * from rule_bundle \
                        where jurisdiction > ",
            )
            .push_bind(after.unwrap_or_default())
            .push(
                " order by jurisdiction, version desc) b where not b.removed \
                 order by b.jurisdiction limit ",
            )
            .push_bind(i64::from(first))
            .build()
            .fetch_all(&mut *connection)
            .await?;
        rows.iter().map(parse).collect()
    }
}

impl Loader<BundleKey> for RowLoader {
    type Value = RuleBundle;
    type Error = QueryError;

    async fn load(&self, keys: &[BundleKey]) -> Result<HashMap<BundleKey, RuleBundle>, QueryError> {
        let places: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let mut connection = self.0.read().await?;
        let rows = sqlx::QueryBuilder::<sqlx::Postgres>::new(
            "select distinct on (wanted.place) wanted.place, ",
        )
        .push(COLUMNS)
        .push(" from unnest(")
        .push_bind(places)
        .push(
            "::text[]) as wanted (place) \
             join rule_bundle b on b.jurisdiction in (wanted.place, split_part(wanted.place, '-', 1)) \
             where not b.removed and b.version = (select max(version) from rule_bundle \
                                                  where jurisdiction = b.jurisdiction) \
             order by wanted.place, length(b.jurisdiction) desc",
        )
        .build()
        .fetch_all(&mut *connection)
        .await?;
        rows.iter()
            .map(|row| Ok((BundleKey(row.try_get("place")?), parse(row)?)))
            .collect()
    }
}

fn parse(row: &PgRow) -> Result<RuleBundle, QueryError> {
    let demands: Vec<i16> = row.try_get("demands")?;
    let actions: Vec<i64> = row.try_get("actions")?;
    let license_types: Vec<String> = row.try_get("license_types")?;
    let values: Vec<String> = row.try_get("rule_values")?;
    let rules = demands
        .into_iter()
        .zip(actions)
        .zip(license_types.iter().zip(&values))
        .map(|((demand, actions), (license_type, value))| {
            rule(demand, actions, license_type, value)
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(RuleBundle {
        jurisdiction: row.try_get("jurisdiction")?,
        version: narrow(row, "version")?,
        bundle_id: HashScalar(hash(row, "bundle_id")?),
        rules,
        set_at: UnixTime(unsigned(row, "set_at")?),
        set_block: unsigned(row, "set_block")?.into(),
    })
}

fn rule(demand: i16, actions: i64, license_type: &str, value: &str) -> Result<Rule, QueryError> {
    let number = |text: &str| {
        decimal(text).ok_or_else(|| QueryError::internal(&format!("number {text} of a rule")))
    };
    let (license_type, value) = (number(license_type)?, number(value)?);
    let demand = u8::try_from(demand)
        .ok()
        .and_then(Demand::from_code)
        .ok_or_else(|| QueryError::internal(&format!("demand {demand} of a rule")))?;
    let is_about = |kind: lex_model::ActionKind| actions & i64::from(kind.bit()) != 0;
    let actions = [
        (lex_model::ActionKind::Issue, RuledAction::Issue),
        (lex_model::ActionKind::Renew, RuledAction::Renew),
        (lex_model::ActionKind::Transfer, RuledAction::Transfer),
        (lex_model::ActionKind::Lend, RuledAction::Lend),
    ];
    Ok(Rule {
        demand: match demand {
            Demand::Forbid => RuleDemand::Forbid,
            Demand::Require => RuleDemand::Require,
            Demand::MinimumScore => RuleDemand::MinimumScore,
            Demand::LongestTerm => RuleDemand::LongestTerm,
        },
        actions: actions
            .into_iter()
            .filter(|(kind, _)| is_about(*kind))
            .map(|(_, action)| action)
            .collect(),
        license_type_id: (!license_type.is_zero()).then_some(BigInt(license_type)),
        gates: match demand {
            Demand::Require => gates(u8::try_from(value).unwrap_or_default()),
            _ => Vec::new(),
        },
        value: match demand {
            Demand::MinimumScore | Demand::LongestTerm => Some(BigInt(value)),
            Demand::Forbid | Demand::Require => None,
        },
    })
}
