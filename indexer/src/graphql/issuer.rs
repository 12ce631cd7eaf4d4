//! Issuers and what they may issue.

use std::collections::HashMap;

use async_graphql::{
    ComplexObject, Context, SimpleObject,
    dataloader::{DataLoader, Loader},
};
use lex_client::Address;
use sqlx::{Row, postgres::PgRow};

use super::{
    QueryError,
    column::{address, unsigned},
    scalars::{AddressScalar, BigInt, UnixTime},
    snapshot::{RowLoader, Snapshot},
};

/// Who issues licenses.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub(super) struct Issuer {
    address: AddressScalar,
    /// Empty for the holder of a license who issued others under it and is no issuer.
    name: String,
    /// False for an issuer that was removed, whose licenses stay, and for who never was one.
    registered: bool,
    registered_at: Option<UnixTime>,
}

/// What an issuer may issue at present.
#[derive(Clone, SimpleObject)]
struct IssuerGrant {
    license_type_id: BigInt,
    /// Where; a country covers its subdivisions, the empty string covers everything.
    jurisdiction: String,
}

#[ComplexObject]
impl Issuer {
    /// What the issuer may issue; nothing once it is removed.
    #[graphql(complexity = "super::complexity::list(0, 20, child_complexity)")]
    async fn grants(&self, context: &Context<'_>) -> async_graphql::Result<Vec<IssuerGrant>> {
        if !self.registered {
            return Ok(Vec::new());
        }
        let loader = context.data::<DataLoader<RowLoader>>()?;
        Ok(loader
            .load_one(GrantsKey(self.address.0))
            .await?
            .unwrap_or_default())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct IssuerKey(pub Address);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct GrantsKey(Address);

impl Issuer {
    /// The holder of a license who issued others under it.
    pub(super) fn never_registered(address: Address) -> Self {
        Self {
            address: AddressScalar(address),
            name: String::new(),
            registered: false,
            registered_at: None,
        }
    }

    /// At most `first` issuers after the address `after`, by address.
    pub(super) async fn list(
        snapshot: &Snapshot,
        after: Option<Address>,
        first: u32,
    ) -> Result<Vec<Self>, QueryError> {
        let after = after.map_or(Vec::new(), |after| after.to_vec());
        let mut connection = snapshot.read().await?;
        let rows = sqlx::query(
            "select issuer, name, registered, registered_at from issuer where issuer > $1 \
             order by issuer limit $2",
        )
        .bind(after)
        .bind(i64::from(first))
        .fetch_all(&mut *connection)
        .await?;
        rows.iter().map(parse).collect()
    }
}

impl Loader<IssuerKey> for RowLoader {
    type Value = Issuer;
    type Error = QueryError;

    async fn load(&self, keys: &[IssuerKey]) -> Result<HashMap<IssuerKey, Issuer>, QueryError> {
        let addresses: Vec<&[u8]> = keys.iter().map(|key| key.0.as_slice()).collect();
        let mut connection = self.0.read().await?;
        let rows = sqlx::query(
            "select issuer, name, registered, registered_at from issuer where issuer = any($1)",
        )
        .bind(addresses)
        .fetch_all(&mut *connection)
        .await?;
        rows.iter()
            .map(|row| Ok((IssuerKey(address(row, "issuer")?), parse(row)?)))
            .collect()
    }
}

impl Loader<GrantsKey> for RowLoader {
    type Value = Vec<IssuerGrant>;
    type Error = QueryError;

    async fn load(
        &self,
        keys: &[GrantsKey],
    ) -> Result<HashMap<GrantsKey, Vec<IssuerGrant>>, QueryError> {
        let addresses: Vec<&[u8]> = keys.iter().map(|key| key.0.as_slice()).collect();
        let mut connection = self.0.read().await?;
        let rows = sqlx::query(
            // A grant dies with the registration in which it was given.
            "select issuer, license_type, jurisdiction from issuer_grant \
             join issuer using (issuer) \
             where issuer = any($1) and granted and changed_block >= registered_block \
             order by issuer, license_type, jurisdiction",
        )
        .bind(addresses)
        .fetch_all(&mut *connection)
        .await?;
        let mut grants: HashMap<GrantsKey, Vec<IssuerGrant>> = HashMap::new();
        for row in &rows {
            grants
                .entry(GrantsKey(address(row, "issuer")?))
                .or_default()
                .push(IssuerGrant {
                    license_type_id: unsigned(row, "license_type")?.into(),
                    jurisdiction: row.try_get("jurisdiction")?,
                });
        }
        Ok(grants)
    }
}

fn parse(row: &PgRow) -> Result<Issuer, QueryError> {
    Ok(Issuer {
        address: AddressScalar(address(row, "issuer")?),
        name: row.try_get("name")?,
        registered: row.try_get("registered")?,
        registered_at: Some(UnixTime(unsigned(row, "registered_at")?)),
    })
}
