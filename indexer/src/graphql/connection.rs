//! Licenses page by page, as a Relay connection.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject, connection::PageInfo};
use sqlx::{Postgres, QueryBuilder};
use tokio::sync::OnceCell;

use super::{
    QueryError,
    column::as_bigint,
    cursor::Cursor,
    filter::Conditions,
    license::{self, License},
    scalars::BigInt,
    snapshot::Snapshot,
};

pub(super) const DEFAULT_PAGE: u32 = 50;
pub(super) const MAX_PAGE: u32 = 1000;

/// The order of a list of licenses; the id decides between equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(super) enum LicenseOrder {
    IdAsc,
    IdDesc,
    ValidUntilAsc,
    ValidUntilDesc,
    /// By the block of the last change.
    UpdatedAsc,
    UpdatedDesc,
}

/// A page of licenses.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct LicenseConnection {
    edges: Vec<LicenseEdge>,
    page_info: PageInfo,
    #[graphql(skip)]
    conditions: Conditions,
    #[graphql(skip)]
    now: i64,
    /// Counted once, however many aliases ask.
    #[graphql(skip)]
    counted: OnceCell<BigInt>,
}

#[derive(Clone, SimpleObject)]
struct LicenseEdge {
    cursor: String,
    node: License,
}

#[ComplexObject]
impl LicenseConnection {
    /// The licenses of the page, without cursors.
    async fn nodes(&self) -> Vec<License> {
        self.edges.iter().map(|edge| edge.node.clone()).collect()
    }

    /// How many licenses the filter finds; counted only when it is asked for.
    async fn total_count(&self, context: &Context<'_>) -> async_graphql::Result<BigInt> {
        let snapshot = Snapshot::of(context)?;
        let count = self.counted.get_or_try_init(|| self.count(snapshot));
        Ok(*count.await?)
    }
}

impl LicenseConnection {
    pub(super) async fn read(
        snapshot: &Snapshot,
        conditions: Conditions,
        order: LicenseOrder,
        first: u32,
        after: Option<&str>,
    ) -> Result<Self, QueryError> {
        let after = after
            .map(|text| Cursor::decode(text, order.tag()))
            .transpose()?;
        let time = snapshot.now().await?;
        let now = as_bigint(time)?;
        let mut query = license::select(now);
        conditions.push(&mut query, now);
        if let Some(cursor) = after {
            order.push_after(&mut query, cursor)?;
        }
        order.push_order(&mut query);
        query.push(" limit ").push_bind(i64::from(first) + 1);
        let rows = {
            let mut connection = snapshot.read().await?;
            query.build().fetch_all(&mut *connection).await?
        };
        let has_next_page = rows.len() > first as usize;
        let edges = rows
            .iter()
            .take(first as usize)
            .map(|row| {
                let node = License::parse(row, time)?;
                Ok(LicenseEdge {
                    cursor: order.cursor(&node).encode(),
                    node,
                })
            })
            .collect::<Result<Vec<_>, QueryError>>()?;
        let page_info = PageInfo {
            has_previous_page: after.is_some(),
            has_next_page,
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: edges.last().map(|edge| edge.cursor.clone()),
        };
        Ok(Self {
            edges,
            page_info,
            conditions,
            now,
            counted: OnceCell::new(),
        })
    }

    async fn count(&self, snapshot: &Snapshot) -> Result<BigInt, QueryError> {
        let mut query = QueryBuilder::new("select count(*) from license l");
        self.conditions.push(&mut query, self.now);
        let mut connection = snapshot.read().await?;
        let count: i64 = query
            .build_query_scalar()
            .fetch_one(&mut *connection)
            .await?;
        u64::try_from(count)
            .map(BigInt::from)
            .map_err(|error| QueryError::internal(&error))
    }
}

impl LicenseOrder {
    fn tag(self) -> u8 {
        self as u8
    }

    fn cursor(self, license: &License) -> Cursor {
        let key = match self {
            Self::IdAsc | Self::IdDesc => 0,
            Self::ValidUntilAsc | Self::ValidUntilDesc => license.valid_until_key,
            Self::UpdatedAsc | Self::UpdatedDesc => {
                license.updated_block.as_u64().unwrap_or_default()
            }
        };
        Cursor {
            order: self.tag(),
            key,
            id: license.key,
        }
    }

    /// The ordering column, and whether it grows.
    fn parts(self) -> (Option<&'static str>, bool) {
        match self {
            Self::IdAsc => (None, true),
            Self::IdDesc => (None, false),
            Self::ValidUntilAsc => (Some("l.valid_until"), true),
            Self::ValidUntilDesc => (Some("l.valid_until"), false),
            Self::UpdatedAsc => (Some("l.updated_block"), true),
            Self::UpdatedDesc => (Some("l.updated_block"), false),
        }
    }

    fn push_after(
        self,
        query: &mut QueryBuilder<Postgres>,
        cursor: Cursor,
    ) -> Result<(), QueryError> {
        let (column, grows) = self.parts();
        let comparison = if grows { " > " } else { " < " };
        let id = cursor.id.to_string();
        match column {
            None => {
                query
                    .push(" and l.license_id")
                    .push(comparison)
                    .push_bind(id)
                    .push("::numeric");
            }
            Some(column) => {
                query
                    .push(" and (")
                    .push(column)
                    .push(", l.license_id)")
                    .push(comparison);
                query.push("(").push_bind(as_bigint(cursor.key)?).push(", ");
                query.push_bind(id).push("::numeric)");
            }
        }
        Ok(())
    }

    fn push_order(self, query: &mut QueryBuilder<Postgres>) {
        let (column, grows) = self.parts();
        let direction = if grows { "" } else { " desc" };
        query.push(" order by ");
        if let Some(column) = column {
            query.push(column).push(direction).push(", ");
        }
        query.push("l.license_id").push(direction);
    }
}

/// The size of a page.
///
/// # Errors
/// It is negative or too large.
pub(super) fn page_size(first: Option<i32>) -> Result<u32, QueryError> {
    let Some(first) = first else {
        return Ok(DEFAULT_PAGE);
    };
    match u32::try_from(first) {
        Ok(first) if first <= MAX_PAGE => Ok(first),
        Ok(_) => Err(QueryError::PageTooLarge {
            asked: i64::from(first),
            max: MAX_PAGE,
        }),
        Err(_) => Err(QueryError::InvalidArgument {
            argument: "first",
            rule: "must not be negative".to_owned(),
        }),
    }
}
