//! What policy knows about accounts: roles, freezes, successors of lost keys.

use async_graphql::{Enum, InputObject, SimpleObject};
use lex_client::Address;
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow};

use super::{
    QueryError,
    column::{address, bits, optional_address, optional_hash, optional_unsigned, unsigned},
    rules::members,
    scalars::{AddressScalar, BigInt, HashScalar, UnixTime},
    snapshot::Snapshot,
};

/// An account that has or had a role, was frozen or lost its key.
#[derive(SimpleObject)]
pub(super) struct Account {
    address: AddressScalar,
    roles: Vec<Role>,
    /// While it is frozen, none of its licenses is usable or moves.
    frozen: bool,
    /// The last freeze, release, recovery or end of one: who decided, why, and the hash of the evidence.
    actor: Option<AddressScalar>,
    reason: Option<BigInt>,
    evidence: Option<HashScalar>,
    /// The key that takes the place of this one, which was declared lost.
    successor: Option<AddressScalar>,
    /// The first second in which it does; until then the holder may object.
    recovered_from: Option<UnixTime>,
    changed_at: UnixTime,
    changed_block: BigInt,
}

/// The values are policy's bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[repr(u8)]
pub(super) enum Role {
    /// May pause functions, and never resume them.
    Guardian = 1,
    /// Signs clearances.
    Signer = 2,
    /// Freezes holders and recovers keys.
    Regulator = 4,
    /// Publishes the roots that proofs are about.
    Publisher = 8,
}

/// Which accounts; all given conditions must hold.
#[derive(Debug, Default, InputObject)]
pub(super) struct AccountFilter {
    role: Option<Role>,
    frozen: Option<bool>,
    /// Whether its key was declared lost and has a successor.
    recovered: Option<bool>,
}

impl Role {
    const ALL: [Self; 4] = [
        Self::Guardian,
        Self::Signer,
        Self::Regulator,
        Self::Publisher,
    ];
}

impl Account {
    /// The account, `None` when policy never said anything about it.
    pub(super) async fn find(
        snapshot: &Snapshot,
        account: Address,
    ) -> Result<Option<Self>, QueryError> {
        let mut connection = snapshot.read().await?;
        let mut query = select();
        query.push("account = ").push_bind(account.to_vec());
        let row = query.build().fetch_optional(&mut *connection).await?;
        row.as_ref().map(parse).transpose()
    }

    /// At most `first` accounts after the address `after`, by address.
    pub(super) async fn list(
        snapshot: &Snapshot,
        filter: AccountFilter,
        after: Option<Address>,
        first: u32,
    ) -> Result<Vec<Self>, QueryError> {
        let mut query = select();
        query
            .push("account > ")
            .push_bind(after.map_or(Vec::new(), |after| after.to_vec()));
        if let Some(role) = filter.role {
            query.push(" and roles & ").push_bind(role as i16);
            query.push(" <> 0");
        }
        if let Some(frozen) = filter.frozen {
            query.push(" and frozen = ").push_bind(frozen);
        }
        if let Some(recovered) = filter.recovered {
            query
                .push(" and (successor is not null) = ")
                .push_bind(recovered);
        }
        query
            .push(" order by account limit ")
            .push_bind(i64::from(first));
        let mut connection = snapshot.read().await?;
        let rows = query.build().fetch_all(&mut *connection).await?;
        rows.iter().map(parse).collect()
    }
}

fn select() -> QueryBuilder<Postgres> {
    QueryBuilder::new(
        "select account, roles, frozen, actor, reason, evidence, successor, recovered_from, \
         changed_at, changed_block from account where ",
    )
}

fn parse(row: &PgRow) -> Result<Account, QueryError> {
    Ok(Account {
        address: AddressScalar(address(row, "account")?),
        roles: members(
            bits(row, "roles")?,
            Role::ALL.map(|role| (role as u8, role)),
        ),
        frozen: row.try_get("frozen")?,
        actor: optional_address(row, "actor")?.map(AddressScalar),
        reason: optional_unsigned(row, "reason")?.map(BigInt::from),
        evidence: optional_hash(row, "evidence")?.map(HashScalar),
        successor: optional_address(row, "successor")?.map(AddressScalar),
        recovered_from: optional_unsigned(row, "recovered_from")?.map(UnixTime),
        changed_at: UnixTime(unsigned(row, "changed_at")?),
        changed_block: unsigned(row, "changed_block")?.into(),
    })
}
