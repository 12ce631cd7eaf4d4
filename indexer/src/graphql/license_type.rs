//! License types.

use std::collections::HashMap;

use async_graphql::{Enum, SimpleObject, dataloader::Loader};
use sqlx::{Row, postgres::PgRow};

use super::{
    QueryError,
    column::{address, bits, hash, narrow, number, unsigned},
    rules::{Gate, gates, present},
    scalars::{AddressScalar, BigInt, HashScalar, UnixTime},
    snapshot::{RowLoader, Snapshot},
};

/// A license type as the policy contract defines it.
#[derive(Clone, SimpleObject)]
pub(super) struct LicenseType {
    id: BigInt,
    kind: LicenseTypeKind,
    name: String,
    /// Seconds that a license is in force.
    term: BigInt,
    /// Seconds before the end of the term in which renewal is open.
    renewal_window: BigInt,
    /// Seconds after the term in which renewal is still open.
    grace: BigInt,
    /// Most licenses of this type; null: no limit.
    supply_cap: Option<BigInt>,
    transferable: bool,
    terms_hash: HashScalar,
    schema_version: u32,
    /// Closed types issue nothing, and their licenses are not usable.
    open: bool,
    /// Counts the changes of what the type allows, from 1; refusals name it.
    version: u32,
    /// What brings a license into force must pass these; until then it is pending.
    issue_gates: Vec<Gate>,
    renew_gates: Vec<Gate>,
    transfer_gates: Vec<Gate>,
    lend_gates: Vec<Gate>,
    /// What suspending, resuming and revoking must pass.
    enforce_gates: Vec<Gate>,
    /// The committee that decides about its licenses.
    committee: Option<AddressScalar>,
    /// The smallest compliance score of a clearance, 0 to 1000.
    minimum_score: u32,
    /// The circuit of the statement that holders prove, and its pinned version.
    circuit: Option<BigInt>,
    circuit_version: Option<u32>,
    /// What the circuit states: a code of the contracts' model.
    statement: Option<u32>,
    /// ERC-2981, in basis points of the price.
    royalty_basis_points: u32,
    /// Null: the license's issuer.
    royalty_receiver: Option<AddressScalar>,
    /// The type under whose licenses those of this type stand.
    parent_type_id: Option<BigInt>,
    created_at: UnixTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(super) enum LicenseTypeKind {
    /// Each license is one token of its own.
    Nft,
    /// Licenses are counted seats.
    Sft,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TypeKey(pub u64);

const COLUMNS: &str = "select license_type, kind, name, term::text as term, \
    renewal_window::text as renewal_window, grace::text as grace, supply_cap::text as supply_cap, \
    transferable, terms_hash, schema_version, open, created_at, version, issue_gates, renew_gates, \
    transfer_gates, lend_gates, enforce_gates, committee, minimum_score, circuit::text as circuit, \
    circuit_version, statement, royalty, royalty_receiver, parent_type from license_type";

impl LicenseType {
    /// At most `first` types after the id `after`, by id.
    pub(super) async fn list(
        snapshot: &Snapshot,
        after: Option<u64>,
        first: u32,
    ) -> Result<Vec<Self>, QueryError> {
        let mut connection = snapshot.read().await?;
        let mut query = sqlx::QueryBuilder::<sqlx::Postgres>::new(COLUMNS);
        if let Some(after) = after {
            let Ok(after) = i64::try_from(after) else {
                return Ok(Vec::new());
            };
            query.push(" where license_type > ").push_bind(after);
        }
        query
            .push(" order by license_type limit ")
            .push_bind(i64::from(first));
        let rows = query.build().fetch_all(&mut *connection).await?;
        rows.iter().map(parse).collect()
    }
}

impl Loader<TypeKey> for RowLoader {
    type Value = LicenseType;
    type Error = QueryError;

    async fn load(&self, keys: &[TypeKey]) -> Result<HashMap<TypeKey, LicenseType>, QueryError> {
        let ids: Vec<i64> = keys
            .iter()
            .filter_map(|key| i64::try_from(key.0).ok())
            .collect();
        let mut connection = self.0.read().await?;
        let rows = sqlx::QueryBuilder::<sqlx::Postgres>::new(COLUMNS)
            .push(" where license_type = any(")
            .push_bind(ids)
            .push(")")
            .build()
            .fetch_all(&mut *connection)
            .await?;
        rows.iter()
            .map(|row| Ok((TypeKey(unsigned(row, "license_type")?), parse(row)?)))
            .collect()
    }
}

fn parse(row: &PgRow) -> Result<LicenseType, QueryError> {
    let supply_cap = number(row, "supply_cap")?;
    let circuit = number(row, "circuit")?;
    let statement = bits(row, "statement")?;
    let parent_type = unsigned(row, "parent_type")?;
    let gates_of = |column| bits(row, column).map(gates);
    let integer = |column| -> Result<u32, QueryError> {
        let value: i32 = row.try_get(column)?;
        u32::try_from(value).map_err(|error| QueryError::internal(&error))
    };
    Ok(LicenseType {
        id: unsigned(row, "license_type")?.into(),
        kind: match row.try_get::<i16, _>("kind")? {
            0 => LicenseTypeKind::Nft,
            1 => LicenseTypeKind::Sft,
            other => {
                return Err(QueryError::internal(&format!(
                    "license type of kind {other}"
                )));
            }
        },
        name: row.try_get("name")?,
        term: BigInt(number(row, "term")?),
        renewal_window: BigInt(number(row, "renewal_window")?),
        grace: BigInt(number(row, "grace")?),
        supply_cap: (!supply_cap.is_zero()).then_some(BigInt(supply_cap)),
        transferable: row.try_get("transferable")?,
        terms_hash: HashScalar(hash(row, "terms_hash")?),
        schema_version: narrow(row, "schema_version")?,
        open: row.try_get("open")?,
        version: narrow(row, "version")?,
        issue_gates: gates_of("issue_gates")?,
        renew_gates: gates_of("renew_gates")?,
        transfer_gates: gates_of("transfer_gates")?,
        lend_gates: gates_of("lend_gates")?,
        enforce_gates: gates_of("enforce_gates")?,
        committee: present(address(row, "committee")?),
        minimum_score: integer("minimum_score")?,
        circuit: (!circuit.is_zero()).then_some(BigInt(circuit)),
        circuit_version: (!circuit.is_zero())
            .then(|| narrow(row, "circuit_version"))
            .transpose()?,
        statement: (statement != 0).then_some(statement.into()),
        royalty_basis_points: integer("royalty")?,
        royalty_receiver: present(address(row, "royalty_receiver")?),
        parent_type_id: (parent_type != 0).then_some(parent_type.into()),
        created_at: UnixTime(unsigned(row, "created_at")?),
    })
}
