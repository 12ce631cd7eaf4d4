//! The fields that a query begins with.

use async_graphql::{Context, ID, Object, Result};

use super::{
    connection::{LicenseConnection, LicenseOrder, page_size},
    filter::{LicenseFilter, license_id},
    issuer::Issuer,
    license::License,
    license_type::LicenseType,
    meta::{BlockConstraint, Meta},
    scalars::{AddressScalar, BigInt, UnixTime},
    snapshot::Snapshot,
};

/// Read-only: the chain is changed by transactions, not here.
#[derive(Debug, Default)]
pub struct Query;

#[Object]
impl Query {
    /// The license with this token id (decimal). Null when there is none, or was none at `at`.
    #[graphql(complexity = "50 + child_complexity")]
    async fn license(
        &self,
        context: &Context<'_>,
        id: ID,
        #[graphql(desc = "The time to answer for, past or future; now when left out.")] at: Option<
            UnixTime,
        >,
        block: Option<BlockConstraint>,
    ) -> Result<Option<License>> {
        let snapshot = Snapshot::of(context)?;
        let id = license_id("id", &id)?;
        BlockConstraint::wait(block.as_ref(), snapshot).await?;
        Ok(License::find(snapshot, id, at.map(|time| time.0)).await?)
    }

    /// Licenses, page by page. Statuses in the filter are those at the time of the query.
    #[graphql(complexity = "500 + first.unwrap_or(50).max(0) as usize * child_complexity")]
    async fn licenses(
        &self,
        context: &Context<'_>,
        #[graphql(name = "where")] filter: Option<LicenseFilter>,
        #[graphql(default_with = "LicenseOrder::IdAsc")] order_by: LicenseOrder,
        #[graphql(desc = "Rows per page: 50 when left out, at most 1000.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins.")] after: Option<String>,
        block: Option<BlockConstraint>,
    ) -> Result<LicenseConnection> {
        let snapshot = Snapshot::of(context)?;
        let conditions = filter.unwrap_or_default().check()?;
        let first = page_size(first)?;
        BlockConstraint::wait(block.as_ref(), snapshot).await?;
        let page = LicenseConnection::read(snapshot, conditions, order_by, first, after.as_deref())
            .await?;
        Ok(page)
    }

    /// License types by id; `after` is the id of the last one seen.
    #[graphql(complexity = "100 + first.unwrap_or(50).max(0) as usize * child_complexity")]
    async fn license_types(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<BigInt>,
        block: Option<BlockConstraint>,
    ) -> Result<Vec<LicenseType>> {
        let snapshot = Snapshot::of(context)?;
        let first = page_size(first)?;
        BlockConstraint::wait(block.as_ref(), snapshot).await?;
        let after = after.map(|id| id.as_u64().unwrap_or(u64::MAX));
        Ok(LicenseType::list(snapshot, after, first).await?)
    }

    /// Issuers by address, removed ones too; `after` is the address of the last one seen.
    #[graphql(complexity = "100 + first.unwrap_or(50).max(0) as usize * child_complexity")]
    async fn issuers(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<AddressScalar>,
        block: Option<BlockConstraint>,
    ) -> Result<Vec<Issuer>> {
        let snapshot = Snapshot::of(context)?;
        let first = page_size(first)?;
        BlockConstraint::wait(block.as_ref(), snapshot).await?;
        Ok(Issuer::list(snapshot, after.map(|address| address.0), first).await?)
    }

    /// How far the index is. Answered even when licenses are not, because the index is behind.
    #[graphql(name = "_meta", complexity = "50 + child_complexity")]
    async fn meta(&self, context: &Context<'_>, block: Option<BlockConstraint>) -> Result<Meta> {
        let snapshot = Snapshot::of(context)?;
        BlockConstraint::wait(block.as_ref(), snapshot).await?;
        Ok(Meta::read(snapshot).await?)
    }
}
