//! The fields that a query begins with.

use async_graphql::{Context, ID, Object, Result};

use super::{
    account::{Account, AccountFilter},
    connection::{LicenseConnection, LicenseOrder, page_size},
    decision::{Decision, DecisionFilter},
    filter::{LicenseFilter, jurisdiction, license_id},
    issuer::Issuer,
    license::License,
    license_type::LicenseType,
    meta::{BlockConstraint, Meta},
    rule_bundle::RuleBundle,
    rules::PolicyState,
    scalars::{AddressScalar, BigInt, HashScalar, UnixTime},
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
    #[graphql(complexity = "super::complexity::page(500, first, child_complexity)")]
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
    #[graphql(complexity = "super::complexity::page(100, first, child_complexity)")]
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
    #[graphql(complexity = "super::complexity::page(100, first, child_complexity)")]
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

    /// The rules of jurisdictions that hold at present, by jurisdiction; `after` is the last one seen.
    #[graphql(complexity = "super::complexity::page(100, first, child_complexity)")]
    async fn rule_bundles(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        block: Option<BlockConstraint>,
    ) -> Result<Vec<RuleBundle>> {
        let snapshot = Snapshot::of(context)?;
        let first = page_size(first)?;
        let after = after
            .map(|after| jurisdiction("after", &after))
            .transpose()?;
        BlockConstraint::wait(block.as_ref(), snapshot).await?;
        Ok(RuleBundle::list(snapshot, after, first).await?)
    }

    /// What holds for all licenses at present; null before policy has said anything.
    #[graphql(complexity = "super::complexity::list(50, 25, child_complexity)")]
    async fn policy(
        &self,
        context: &Context<'_>,
        block: Option<BlockConstraint>,
    ) -> Result<Option<PolicyState>> {
        let snapshot = Snapshot::of(context)?;
        BlockConstraint::wait(block.as_ref(), snapshot).await?;
        Ok(PolicyState::read(snapshot).await?)
    }

    /// What policy knows about an account; null when it never said anything about it.
    #[graphql(complexity = "20 + child_complexity")]
    async fn account(
        &self,
        context: &Context<'_>,
        address: AddressScalar,
        block: Option<BlockConstraint>,
    ) -> Result<Option<Account>> {
        let snapshot = Snapshot::of(context)?;
        BlockConstraint::wait(block.as_ref(), snapshot).await?;
        Ok(Account::find(snapshot, address.0).await?)
    }

    /// Accounts with roles, freezes or successors, by address; `after` is the last one seen.
    #[graphql(complexity = "super::complexity::page(100, first, child_complexity)")]
    async fn accounts(
        &self,
        context: &Context<'_>,
        #[graphql(name = "where")] filter: Option<AccountFilter>,
        first: Option<i32>,
        after: Option<AddressScalar>,
        block: Option<BlockConstraint>,
    ) -> Result<Vec<Account>> {
        let snapshot = Snapshot::of(context)?;
        let first = page_size(first)?;
        BlockConstraint::wait(block.as_ref(), snapshot).await?;
        let after = after.map(|address| address.0);
        Ok(Account::list(snapshot, filter.unwrap_or_default(), after, first).await?)
    }

    /// The decision with this id.
    #[graphql(complexity = "50 + child_complexity")]
    async fn decision(
        &self,
        context: &Context<'_>,
        id: HashScalar,
        block: Option<BlockConstraint>,
    ) -> Result<Option<Decision>> {
        let snapshot = Snapshot::of(context)?;
        BlockConstraint::wait(block.as_ref(), snapshot).await?;
        Ok(Decision::find(snapshot, id.0).await?)
    }

    /// Decisions of the indexed committees, the newest first; `after` is the id of the last one seen.
    #[graphql(complexity = "super::complexity::page(200, first, child_complexity)")]
    async fn decisions(
        &self,
        context: &Context<'_>,
        #[graphql(name = "where")] filter: Option<DecisionFilter>,
        first: Option<i32>,
        after: Option<HashScalar>,
        block: Option<BlockConstraint>,
    ) -> Result<Vec<Decision>> {
        let snapshot = Snapshot::of(context)?;
        let first = page_size(first)?;
        BlockConstraint::wait(block.as_ref(), snapshot).await?;
        let after = after.map(|id| id.0);
        Ok(Decision::list(snapshot, filter.unwrap_or_default(), after, first).await?)
    }

    /// How far the index is. Answered even when licenses are not, because the index is behind.
    #[graphql(name = "_meta", complexity = "50 + child_complexity")]
    async fn meta(&self, context: &Context<'_>, block: Option<BlockConstraint>) -> Result<Meta> {
        let snapshot = Snapshot::of(context)?;
        BlockConstraint::wait(block.as_ref(), snapshot).await?;
        Ok(Meta::read(snapshot).await?)
    }
}
