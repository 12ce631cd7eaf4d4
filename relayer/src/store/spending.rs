//! What deliveries cost of late.

use super::{Store, StoreError, bits};

/// What was paid within the last day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spending {
    /// Wei.
    pub paid: u128,
    /// Within so many hours; one at least.
    pub hours: f64,
}

impl Spending {
    /// For how many hours a balance (wei) lasts at this expense; `None` when nothing was spent.
    pub fn lasting_hours(&self, balance: u128) -> Option<f64> {
        let hourly = self.paid as f64 / self.hours;
        (self.paid > 0).then_some(balance as f64 / hourly)
    }
}

impl Store {
    /// What was paid within the last day, or since the first delivery of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn daily_spending(&self) -> Result<Spending, StoreError> {
        let (paid, hours): (String, f64) = sqlx::query_as(
            "select coalesce(sum(paid_wei), 0)::numeric(78, 0)::text,
                 greatest(1, coalesce(extract(epoch from now() - min(created_at)) / 3600, 0))::float8
             from delivery
             where created_at > now() - interval '1 day' and paid_wei is not null",
        )
        .fetch_one(&self.pool)
        .await?;
        let paid = bits::parsed(&paid, "paid_wei")?;
        Ok(Spending { paid, hours })
    }
}
