//! Decisions of committees, and how far they have come.

use std::collections::HashMap;

use async_graphql::{
    ComplexObject, Context, Enum, ID, InputObject, SimpleObject,
    dataloader::{DataLoader, Loader},
};
use lex_client::B256;
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow};

use super::{
    QueryError,
    column::{address, as_bigint, bits, hash, narrow, number, optional_address, unsigned},
    filter::license_id,
    rules::present,
    scalars::{AddressScalar, BigInt, HashScalar, UnixTime},
    snapshot::{RowLoader, Snapshot},
};

/// A decision that was put to a committee. What its kind has no use for is zero.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub(super) struct Decision {
    /// What its members sign, too.
    id: HashScalar,
    committee: AddressScalar,
    kind: DecisionKind,
    status: DecisionStatus,
    /// The member who proposed it.
    maker: AddressScalar,
    /// The contract that is called; null for a decision about the committee itself.
    target: Option<AddressScalar>,
    /// The license; for `SET_THRESHOLD` the code of a kind of decision.
    token_id: BigInt,
    /// Whom it is about.
    account: Option<AddressScalar>,
    /// The other side: a receiver, a successor, an implementation.
    counterparty: Option<AddressScalar>,
    /// Unix seconds, whatever a member proposes.
    valid_from: BigInt,
    valid_until: BigInt,
    /// A license type, amount, weight, threshold or bits, as the kind says.
    number: BigInt,
    reason: BigInt,
    evidence: HashScalar,
    nonce: BigInt,
    /// The first second in which it can no longer be executed.
    deadline: BigInt,
    epoch: BigInt,
    /// Weight of the approvals.
    weight: BigInt,
    /// Weight that it needs: its kind's threshold when it was proposed.
    threshold: BigInt,
    executor: Option<AddressScalar>,
    proposed_at: UnixTime,
    proposed_block: BigInt,
    /// When it was proposed, executed or canceled, whichever was last.
    changed_at: UnixTime,
    changed_block: BigInt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum DecisionKind {
    Activate,
    Renew,
    Suspend,
    Resume,
    Revoke,
    ForcedTransfer,
    Recover,
    SetMember,
    SetThreshold,
    FreezeHolder,
    FreezeToken,
    LiftPause,
    ApproveIn,
    Upgrade,
    Amend,
    Withdraw,
    ReleaseHolder,
    ReleaseToken,
    SetUpgrader,
    WithdrawIn,
    AcceptUpgrader,
    /// A kind that this version does not know.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(super) enum DecisionStatus {
    /// It waits for approvals.
    Open,
    /// It has the approvals that it needs. Whether what it is about has moved since, or a later decision took
    /// it back, the committee explains.
    Approved,
    Executed,
    /// Its maker gave it up.
    Canceled,
    /// Its deadline is over, or the members have changed since. What had been approved before a change can
    /// be executed for 7 more days if those who remain meet its threshold: the committee explains it.
    Dead,
}

/// A member's approval.
#[derive(Clone, SimpleObject)]
struct Approval {
    member: AddressScalar,
    weight: BigInt,
    timestamp: UnixTime,
    block_number: BigInt,
}

/// Which decisions; all given conditions must hold.
#[derive(Debug, Default, InputObject)]
pub(super) struct DecisionFilter {
    committee: Option<AddressScalar>,
    /// About this license.
    license: Option<ID>,
    status: Option<DecisionStatus>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ApprovalsKey(B256);

#[ComplexObject]
impl Decision {
    /// The approvals that count, by member; at most 32.
    #[graphql(complexity = "super::complexity::list(20, 32, child_complexity)")]
    async fn approvals(&self, context: &Context<'_>) -> async_graphql::Result<Vec<Approval>> {
        let loader = context.data::<DataLoader<RowLoader>>()?;
        let found = loader.load_one(ApprovalsKey(self.id.0)).await?;
        Ok(found.unwrap_or_default())
    }
}

/// The status is DecisionStatus in the order of its values. The maker alone is never enough.
const STANDING: &str = "select d.*, case \
        when d.state = 2 then 2 \
        when d.state = 3 then 3 \
        when d.epoch < c.epoch or moment.now >= d.deadline then 4 \
        when a.weight >= d.threshold and a.others > 0 then 1 \
        else 0 end as standing, \
        a.weight \
    from decision d \
    join committee c on c.committee = d.committee \
    cross join lateral (select coalesce(sum(weight), 0)::bigint as weight, \
                               count(*) filter (where member <> d.maker) as others \
                        from decision_approval \
                        where decision = d.decision and not withdrawn) a \
    cross join (select ";

fn select(now: i64) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select s.decision, s.committee, s.kind, s.standing, s.maker, s.target, \
         s.token_id::text as token_text, s.account, s.counterparty, s.valid_from::text as from_text, \
         s.valid_until::text as until_text, s.number::text as number_text, s.reason, s.evidence, \
         s.nonce::text as nonce_text, s.deadline::text as deadline_text, s.epoch, s.weight, \
         s.threshold, s.executor, s.proposed_at, s.proposed_block, s.changed_at, s.changed_block \
         from (",
    );
    query
        .push(STANDING)
        .push_bind(now)
        .push("::bigint as now) moment) s");
    query
}

impl Decision {
    /// The decision with this id.
    pub(super) async fn find(snapshot: &Snapshot, id: B256) -> Result<Option<Self>, QueryError> {
        let now = as_bigint(snapshot.now().await?)?;
        let mut query = select(now);
        query.push(" where s.decision = ").push_bind(id.to_vec());
        let mut connection = snapshot.read().await?;
        let row = query.build().fetch_optional(&mut *connection).await?;
        row.as_ref().map(parse).transpose()
    }

    /// At most `first` decisions proposed before the decision `after`, the newest first.
    pub(super) async fn list(
        snapshot: &Snapshot,
        filter: DecisionFilter,
        after: Option<B256>,
        first: u32,
    ) -> Result<Vec<Self>, QueryError> {
        let now = as_bigint(snapshot.now().await?)?;
        let mut query = select(now);
        query.push(" where true");
        if let Some(committee) = filter.committee {
            query
                .push(" and s.committee = ")
                .push_bind(committee.0.to_vec());
        }
        if let Some(license) = filter.license {
            let id = license_id("where.license", &license)?;
            query
                .push(" and s.target = (select license from checkpoint) and s.token_id = ")
                .push_bind(id.to_string())
                .push("::numeric");
        }
        if let Some(status) = filter.status {
            query.push(" and s.standing = ").push_bind(status as i32);
        }
        if let Some(after) = after {
            query
                .push(
                    " and (s.proposed_block, s.decision) < \
                     (select proposed_block, decision from decision where decision = ",
                )
                .push_bind(after.to_vec())
                .push(")");
        }
        query
            .push(" order by s.proposed_block desc, s.decision desc limit ")
            .push_bind(i64::from(first));
        let mut connection = snapshot.read().await?;
        let rows = query.build().fetch_all(&mut *connection).await?;
        rows.iter().map(parse).collect()
    }
}

impl Loader<ApprovalsKey> for RowLoader {
    type Value = Vec<Approval>;
    type Error = QueryError;

    async fn load(
        &self,
        keys: &[ApprovalsKey],
    ) -> Result<HashMap<ApprovalsKey, Vec<Approval>>, QueryError> {
        let ids: Vec<&[u8]> = keys.iter().map(|key| key.0.as_slice()).collect();
        let mut connection = self.0.read().await?;
        let rows = sqlx::query(
            "select decision, member, weight, changed_at, changed_block from decision_approval \
             where decision = any($1) and not withdrawn order by decision, member",
        )
        .bind(ids)
        .fetch_all(&mut *connection)
        .await?;
        let mut approvals: HashMap<ApprovalsKey, Vec<Approval>> = HashMap::new();
        for row in &rows {
            approvals
                .entry(ApprovalsKey(hash(row, "decision")?))
                .or_default()
                .push(Approval {
                    member: AddressScalar(address(row, "member")?),
                    weight: unsigned(row, "weight")?.into(),
                    timestamp: UnixTime(unsigned(row, "changed_at")?),
                    block_number: unsigned(row, "changed_block")?.into(),
                });
        }
        Ok(approvals)
    }
}

fn parse(row: &PgRow) -> Result<Decision, QueryError> {
    Ok(Decision {
        id: HashScalar(hash(row, "decision")?),
        committee: AddressScalar(address(row, "committee")?),
        kind: kind(bits(row, "kind")?),
        status: status(row.try_get("standing")?)?,
        maker: AddressScalar(address(row, "maker")?),
        target: present(address(row, "target")?),
        token_id: BigInt(number(row, "token_text")?),
        account: present(address(row, "account")?),
        counterparty: present(address(row, "counterparty")?),
        valid_from: BigInt(number(row, "from_text")?),
        valid_until: BigInt(number(row, "until_text")?),
        number: BigInt(number(row, "number_text")?),
        reason: u64::from(narrow(row, "reason")?).into(),
        evidence: HashScalar(hash(row, "evidence")?),
        nonce: BigInt(number(row, "nonce_text")?),
        deadline: BigInt(number(row, "deadline_text")?),
        epoch: unsigned(row, "epoch")?.into(),
        weight: unsigned(row, "weight")?.into(),
        threshold: unsigned(row, "threshold")?.into(),
        executor: optional_address(row, "executor")?.map(AddressScalar),
        proposed_at: UnixTime(unsigned(row, "proposed_at")?),
        proposed_block: unsigned(row, "proposed_block")?.into(),
        changed_at: UnixTime(unsigned(row, "changed_at")?),
        changed_block: unsigned(row, "changed_block")?.into(),
    })
}

fn kind(code: u8) -> DecisionKind {
    use lex_model::DecisionKind as Model;
    match Model::from_code(code) {
        Some(Model::Activate) => DecisionKind::Activate,
        Some(Model::Renew) => DecisionKind::Renew,
        Some(Model::Suspend) => DecisionKind::Suspend,
        Some(Model::Resume) => DecisionKind::Resume,
        Some(Model::Revoke) => DecisionKind::Revoke,
        Some(Model::ForcedTransfer) => DecisionKind::ForcedTransfer,
        Some(Model::Recover) => DecisionKind::Recover,
        Some(Model::SetMember) => DecisionKind::SetMember,
        Some(Model::SetThreshold) => DecisionKind::SetThreshold,
        Some(Model::FreezeHolder) => DecisionKind::FreezeHolder,
        Some(Model::FreezeToken) => DecisionKind::FreezeToken,
        Some(Model::LiftPause) => DecisionKind::LiftPause,
        Some(Model::ApproveIn) => DecisionKind::ApproveIn,
        Some(Model::Upgrade) => DecisionKind::Upgrade,
        Some(Model::Amend) => DecisionKind::Amend,
        Some(Model::Withdraw) => DecisionKind::Withdraw,
        Some(Model::ReleaseHolder) => DecisionKind::ReleaseHolder,
        Some(Model::ReleaseToken) => DecisionKind::ReleaseToken,
        Some(Model::SetUpgrader) => DecisionKind::SetUpgrader,
        Some(Model::WithdrawIn) => DecisionKind::WithdrawIn,
        Some(Model::AcceptUpgrader) => DecisionKind::AcceptUpgrader,
        None => DecisionKind::Unknown,
    }
}

fn status(code: i32) -> Result<DecisionStatus, QueryError> {
    [
        DecisionStatus::Open,
        DecisionStatus::Approved,
        DecisionStatus::Executed,
        DecisionStatus::Canceled,
        DecisionStatus::Dead,
    ]
    .into_iter()
    .find(|status| *status as i32 == code)
    .ok_or_else(|| QueryError::internal(&format!("standing {code} of a decision")))
}
