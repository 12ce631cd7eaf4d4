//! What holds for all licenses, and the sets of bits that rules are written in.

use async_graphql::{Enum, SimpleObject};
use lex_client::Address;
use lex_model::{Gates, Group};

use super::{
    QueryError,
    column::{address, bits, unsigned},
    scalars::{AddressScalar, BigInt, UnixTime},
    snapshot::Snapshot,
};

/// What an action must pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(super) enum Gate {
    /// A decision of the type's committee.
    Committee,
    /// A clearance of the compliance service.
    Clearance,
    /// A zero-knowledge proof of the type's statement.
    Proof,
}

/// Functions that are paused together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum FunctionGroup {
    /// What brings licenses into force.
    Issue,
    /// What prolongs them.
    Renew,
    /// What moves them.
    Transfer,
    /// Their use: no license is usable meanwhile.
    Use,
    /// What lends them; loans that run go on.
    Lend,
}

/// What a rule module is asked for, or told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum ModuleKind {
    /// Whether an action is allowed.
    Rule,
    /// Whether its caller may act.
    Spender,
    /// What was done.
    Tracker,
}

/// What holds for all licenses at present.
#[derive(SimpleObject)]
pub(super) struct PolicyState {
    /// Who makes the rules; null: nobody yet.
    admin: Option<AddressScalar>,
    /// The contract that verifies proofs; null: none.
    verifier: Option<AddressScalar>,
    paused_groups: Vec<FunctionGroup>,
    modules: Vec<RuleModule>,
    changed_at: UnixTime,
    changed_block: BigInt,
}

/// A contract that has a say in what is allowed.
#[derive(SimpleObject)]
struct RuleModule {
    address: AddressScalar,
    kinds: Vec<ModuleKind>,
}

impl PolicyState {
    /// `None` before policy has said anything.
    pub(super) async fn read(snapshot: &Snapshot) -> Result<Option<Self>, QueryError> {
        let mut connection = snapshot.read().await?;
        let Some(row) = sqlx::query(
            "select admin, verifier, paused_groups, changed_at, changed_block from policy_state",
        )
        .fetch_optional(&mut *connection)
        .await?
        else {
            return Ok(None);
        };
        let modules =
            sqlx::query("select module, kinds from rule_module where kinds <> 0 order by module")
                .fetch_all(&mut *connection)
                .await?;
        Ok(Some(Self {
            admin: present(address(&row, "admin")?),
            verifier: present(address(&row, "verifier")?),
            paused_groups: groups(bits(&row, "paused_groups")?),
            modules: modules
                .iter()
                .map(|row| {
                    Ok(RuleModule {
                        address: AddressScalar(address(row, "module")?),
                        kinds: module_kinds(bits(row, "kinds")?),
                    })
                })
                .collect::<Result<_, QueryError>>()?,
            changed_at: UnixTime(unsigned(&row, "changed_at")?),
            changed_block: unsigned(&row, "changed_block")?.into(),
        }))
    }
}

/// The zero address stands for none.
pub(super) fn present(address: Address) -> Option<AddressScalar> {
    (address != Address::ZERO).then_some(AddressScalar(address))
}

/// The gates whose bits are set.
pub(super) fn gates(bits: u8) -> Vec<Gate> {
    members(
        bits,
        [
            (Gates::COMMITTEE, Gate::Committee),
            (Gates::CLEARANCE, Gate::Clearance),
            (Gates::PROOF, Gate::Proof),
        ],
    )
}

fn groups(bits: u8) -> Vec<FunctionGroup> {
    members(
        bits,
        [
            (Group::Issue.bit(), FunctionGroup::Issue),
            (Group::Renew.bit(), FunctionGroup::Renew),
            (Group::Transfer.bit(), FunctionGroup::Transfer),
            (Group::Use.bit(), FunctionGroup::Use),
            (Group::Lend.bit(), FunctionGroup::Lend),
        ],
    )
}

fn module_kinds(bits: u8) -> Vec<ModuleKind> {
    members(
        bits,
        [
            (1, ModuleKind::Rule),
            (2, ModuleKind::Spender),
            (4, ModuleKind::Tracker),
        ],
    )
}

/// The values of `all` whose bits are set.
pub(super) fn members<T>(bits: u8, all: impl IntoIterator<Item = (u8, T)>) -> Vec<T> {
    all.into_iter()
        .filter(|(bit, _)| bits & bit != 0)
        .map(|(_, value)| value)
        .collect()
}
