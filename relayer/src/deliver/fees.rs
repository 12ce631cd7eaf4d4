//! What a transaction offers.

use crate::config::{FeesSection, Wei};
use crate::store::Fees;

/// Bounds on what is offered and spent.
#[derive(Clone, Copy, Debug)]
pub struct FeePolicy {
    cap: Fees,
    hourly_budget: Wei,
}

/// The transaction has to wait, because it may not cost what it needs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeeError {
    #[error(
        "outbidding needs {needed} wei per gas (tip {needed_tip}), above the caps in [fees]; \
         raise them or wait"
    )]
    Capped { needed: u128, needed_tip: u128 },
    #[error(
        "{spent} wei of this hour's budget of {budget} wei are spent and {needed} more are needed; \
         raise fees.hourly_budget or wait"
    )]
    Budget {
        spent: u128,
        budget: u128,
        needed: u128,
    },
}

impl FeePolicy {
    pub fn new(section: &FeesSection) -> Self {
        let cap = Fees {
            max_fee_per_gas: section.max_fee_per_gas.0,
            max_priority_fee_per_gas: section.max_priority_fee_per_gas.0,
        };
        Self {
            cap,
            hourly_budget: section.hourly_budget,
        }
    }

    /// The fees to offer: what the market asks for, at most the caps, and enough to replace any
    /// earlier transaction with the same account nonce, which paid at most `outbid`.
    ///
    /// # Errors
    /// When a replacement would break a cap: then nothing is replaced, rather than by too little.
    pub fn offer(&self, market: Fees, outbid: Option<Fees>) -> Result<Fees, FeeError> {
        let wanted = at_most(market, self.cap);
        let Some(outbid) = outbid else {
            return Ok(wanted);
        };
        let floor = bumped(outbid);
        let is_above_a_cap = floor.max_fee_per_gas > self.cap.max_fee_per_gas
            || floor.max_priority_fee_per_gas > self.cap.max_priority_fee_per_gas;
        if is_above_a_cap {
            let (needed, needed_tip) = (floor.max_fee_per_gas, floor.max_priority_fee_per_gas);
            return Err(FeeError::Capped { needed, needed_tip });
        }
        Ok(at_least(wanted, floor))
    }

    /// Whether `needed` wei more may be risked after `spent` within the last hour.
    ///
    /// # Errors
    /// When the budget would be exceeded.
    pub fn afford(&self, spent: u128, needed: u128) -> Result<(), FeeError> {
        let budget = self.hourly_budget.0;
        if spent.saturating_add(needed) > budget {
            return Err(FeeError::Budget {
                spent,
                budget,
                needed,
            });
        }
        Ok(())
    }
}

/// The most a transaction can cost, in wei.
pub(super) fn worst_case(gas_limit: u64, fees: Fees) -> u128 {
    u128::from(gas_limit).saturating_mul(fees.max_fee_per_gas)
}

/// One eighth more on both fields, rounded up. Nodes ask for at least a tenth.
fn bumped(fees: Fees) -> Fees {
    let bump = |fee: u128| fee.saturating_add(fee.div_ceil(8).max(1));
    Fees {
        max_fee_per_gas: bump(fees.max_fee_per_gas),
        max_priority_fee_per_gas: bump(fees.max_priority_fee_per_gas),
    }
}

/// The higher of each field.
pub(super) fn higher(one: Option<Fees>, other: Option<Fees>) -> Option<Fees> {
    match (one, other) {
        (Some(one), Some(other)) => Some(at_least(one, other)),
        (one, other) => one.or(other),
    }
}

fn at_most(fees: Fees, cap: Fees) -> Fees {
    let max_fee_per_gas = fees.max_fee_per_gas.min(cap.max_fee_per_gas);
    let tip = fees
        .max_priority_fee_per_gas
        .min(cap.max_priority_fee_per_gas);
    // A tip above the whole fee makes the transaction invalid.
    Fees {
        max_fee_per_gas,
        max_priority_fee_per_gas: tip.min(max_fee_per_gas),
    }
}

fn at_least(fees: Fees, floor: Fees) -> Fees {
    Fees {
        max_fee_per_gas: fees.max_fee_per_gas.max(floor.max_fee_per_gas),
        max_priority_fee_per_gas: fees
            .max_priority_fee_per_gas
            .max(floor.max_priority_fee_per_gas),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fees(max_fee_per_gas: u128, max_priority_fee_per_gas: u128) -> Fees {
        Fees {
            max_fee_per_gas,
            max_priority_fee_per_gas,
        }
    }

    fn policy(cap: Fees) -> FeePolicy {
        FeePolicy {
            cap,
            hourly_budget: Wei(1_000),
        }
    }

    #[test]
    fn the_first_offer_follows_the_market_below_the_caps() {
        let policy = policy(fees(100, 10));
        assert_eq!(policy.offer(fees(50, 2), None), Ok(fees(50, 2)));
        assert_eq!(policy.offer(fees(500, 20), None), Ok(fees(100, 10)));
    }

    #[test]
    fn a_replacement_above_a_cap_is_not_made() {
        let policy = policy(fees(100, 10));
        assert!(matches!(
            policy.offer(fees(1, 1), Some(fees(95, 2))),
            Err(FeeError::Capped { .. })
        ));
        assert!(matches!(
            policy.offer(fees(1, 1), Some(fees(9, 9))),
            Err(FeeError::Capped { .. })
        ));
    }

    #[test]
    fn the_budget_includes_what_is_needed_next() {
        let policy = policy(fees(100, 10));
        assert_eq!(policy.afford(600, 400), Ok(()));
        assert!(matches!(
            policy.afford(600, 401),
            Err(FeeError::Budget { .. })
        ));
        assert!(policy.afford(u128::MAX, 1).is_err());
    }

    proptest! {
        /// A replacement pays at least 12.5 % more on both fields, or it is not made.
        #[test]
        fn replacements_outbid_on_both_fields_or_not_at_all(
            old in (0u128..1 << 60, 0u128..1 << 60),
            market in (0u128..1 << 60, 0u128..1 << 60),
            cap in (1u128..1 << 61, 1u128..1 << 61),
        ) {
            let old = fees(old.0.max(old.1), old.0.min(old.1));
            let market = fees(market.0.max(market.1), market.0.min(market.1));
            let cap = fees(cap.0, cap.1);
            if let Ok(new) = policy(cap).offer(market, Some(old)) {
                prop_assert!(new.max_fee_per_gas * 8 >= old.max_fee_per_gas * 9);
                prop_assert!(new.max_priority_fee_per_gas * 8 >= old.max_priority_fee_per_gas * 9);
                prop_assert!(new.max_fee_per_gas > old.max_fee_per_gas);
                prop_assert!(new.max_fee_per_gas <= cap.max_fee_per_gas);
                prop_assert!(new.max_priority_fee_per_gas <= cap.max_priority_fee_per_gas);
                prop_assert!(new.max_priority_fee_per_gas <= new.max_fee_per_gas);
            }
        }
    }
}
