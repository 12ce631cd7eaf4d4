//! Whether chain, index and mirror say the same about every license.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use lex_client::{Address, U256};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::chain::ChainLicense;
use crate::indexer::{IndexedLicense, IndexerError};
use crate::mirror::{MirrorError, MirroredLicense};
use crate::stack::wait;
use crate::target::Network;

/// Licenses that are compared at the same time.
const AT_ONCE: usize = 16;

/// What one place says about a license. All three places know these fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    pub holder: Address,
    pub license_type: u64,
    pub status: String,
    /// Unix seconds.
    pub valid_from: u64,
    pub valid_until: u64,
    pub grace_until: u64,
}

impl From<&ChainLicense> for View {
    fn from(license: &ChainLicense) -> View {
        View {
            holder: license.holder,
            license_type: license.license_type,
            status: license.status.to_owned(),
            valid_from: license.valid_from,
            valid_until: license.valid_until,
            grace_until: license.grace_until,
        }
    }
}

impl From<&IndexedLicense> for View {
    fn from(license: &IndexedLicense) -> View {
        View {
            holder: license.holder,
            license_type: license.license_type.id,
            status: license.status.name().to_owned(),
            valid_from: license.valid_from,
            valid_until: license.valid_until,
            grace_until: license.grace_until,
        }
    }
}

impl From<&MirroredLicense> for View {
    fn from(license: &MirroredLicense) -> View {
        View {
            holder: license.holder,
            license_type: license.license_type,
            status: license.status.name().to_owned(),
            valid_from: license.valid_from,
            valid_until: license.valid_until,
            grace_until: license.grace_until,
        }
    }
}

/// One license in all three places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    pub id: u64,
    pub chain: View,
    pub index: Option<View>,
    pub mirror: Option<View>,
    /// Empty when all agree.
    pub differences: Vec<String>,
}

impl Comparison {
    #[must_use]
    pub fn of(id: u64, chain: View, index: Option<View>, mirror: Option<View>) -> Comparison {
        let mut differences = differences("index", &chain, index.as_ref());
        differences.extend(self::differences("mirror", &chain, mirror.as_ref()));
        Comparison {
            id,
            chain,
            index,
            mirror,
            differences,
        }
    }

    #[must_use]
    pub fn agrees(&self) -> bool {
        self.differences.is_empty()
    }
}

fn differences(place: &str, chain: &View, other: Option<&View>) -> Vec<String> {
    let Some(other) = other else {
        return vec![format!("{place}: does not have it")];
    };
    let compared = [
        ("holder", chain.holder.to_string(), other.holder.to_string()),
        (
            "type",
            chain.license_type.to_string(),
            other.license_type.to_string(),
        ),
        ("status", chain.status.clone(), other.status.clone()),
        (
            "validFrom",
            chain.valid_from.to_string(),
            other.valid_from.to_string(),
        ),
        (
            "validUntil",
            chain.valid_until.to_string(),
            other.valid_until.to_string(),
        ),
        (
            "graceUntil",
            chain.grace_until.to_string(),
            other.grace_until.to_string(),
        ),
    ];
    compared
        .into_iter()
        .filter(|(_, chain, other)| chain != other)
        .map(|(field, chain, other)| format!("{place}: {field} {other}, chain has {chain}"))
        .collect()
}

/// The comparison of every license of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    pub licenses: Vec<Comparison>,
    /// Outbox position of the chain and of the mirror.
    pub outbox_nonce: u64,
    pub mirrored_nonce: u64,
}

impl Agreement {
    #[must_use]
    pub fn holds(&self) -> bool {
        self.outbox_nonce == self.mirrored_nonce && self.licenses.iter().all(Comparison::agrees)
    }
}

/// Why the places could not be compared.
#[derive(Debug, Error)]
pub enum AgreementError {
    #[error("failed to read the chain")]
    Chain(#[from] lex_client::CallError),
    #[error("failed to read the chain")]
    Source(#[from] lex_client::SourceError),
    #[error("failed to ask the index")]
    Index(#[from] IndexerError),
    #[error("failed to ask the mirror")]
    Mirror(#[from] MirrorError),
    #[error("license {0} is counted but does not exist")]
    Gap(u64),
    #[error(transparent)]
    TimedOut(#[from] wait::TimedOut),
}

/// Waits until index and mirror have everything that the chain has now, then compares.
///
/// # Errors
/// When one of them does not get there within `within`, or does not answer.
pub async fn settle_and_compare(
    network: &Network,
    within: Duration,
) -> Result<Agreement, AgreementError> {
    let block = network.source.finalized().await?.number;
    let nonce = network.outbox().await?.nonce;
    let indexed = wait::until("the index to have every block", within, || async {
        match network.indexer.indexed_block().await {
            Ok(indexed) if indexed >= block => Ok(()),
            Ok(indexed) => Err(format!("block {indexed} of {block}")),
            Err(error) => Err(error.to_string()),
        }
    });
    let mirrored = wait::until("the mirror to have every update", within, || async {
        match network.mirror.progress().await {
            Ok(progress) if progress.nonce < nonce => {
                Err(format!("update {} of {nonce}", progress.nonce))
            }
            Ok(progress) if nonce > 0 && !progress.is_fresh() => {
                Err(format!("its state is {} s old", progress.age()))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    });
    indexed.await?;
    mirrored.await?;
    compare(network).await
}

/// Compares all licenses as they are now.
///
/// # Errors
/// When one of the places does not answer.
pub async fn compare(network: &Network) -> Result<Agreement, AgreementError> {
    let issued = network.issued().await?;
    let now = network.now().await?;
    let licenses = stream::iter(1..=issued)
        .map(|id| compare_one(network, id, now))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(Agreement {
        licenses,
        outbox_nonce: network.outbox().await?.nonce,
        mirrored_nonce: network.mirror.nonce().await?,
    })
}

async fn compare_one(network: &Network, id: u64, now: u64) -> Result<Comparison, AgreementError> {
    let token = U256::from(id);
    let name = id.to_string();
    let (chain, index, mirror) = tokio::join!(
        network.chain_license(token, now),
        network.indexer.license(&name),
        network.mirror.license(token),
    );
    let chain = View::from(&chain?.ok_or(AgreementError::Gap(id))?);
    let index = index?.as_ref().map(View::from);
    let mirror = mirror?.as_ref().map(View::from);
    Ok(Comparison::of(id, chain, index, mirror))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        View {
            holder: Address::repeat_byte(1),
            license_type: 1,
            status: "Active".into(),
            valid_from: 10,
            valid_until: 20,
            grace_until: 25,
        }
    }

    #[test]
    fn equal_views_agree() {
        assert!(Comparison::of(1, view(), Some(view()), Some(view())).agrees());
    }

    #[test]
    fn every_field_is_compared() {
        let changed = [
            View {
                holder: Address::repeat_byte(2),
                ..view()
            },
            View {
                license_type: 2,
                ..view()
            },
            View {
                status: "Revoked".into(),
                ..view()
            },
            View {
                valid_from: 11,
                ..view()
            },
            View {
                valid_until: 21,
                ..view()
            },
            View {
                grace_until: 26,
                ..view()
            },
        ];
        for other in changed {
            let index = Comparison::of(1, view(), Some(other.clone()), Some(view()));
            assert_eq!(index.differences.len(), 1, "{other:?}");
            assert!(index.differences[0].starts_with("index: "));
            let mirror = Comparison::of(1, view(), Some(view()), Some(other));
            assert!(mirror.differences[0].starts_with("mirror: "));
        }
    }

    #[test]
    fn a_missing_license_is_a_difference() {
        let comparison = Comparison::of(1, view(), None, Some(view()));
        assert_eq!(comparison.differences, ["index: does not have it"]);
    }

    #[test]
    fn a_mirror_that_is_behind_does_not_agree() {
        let agreement = Agreement {
            licenses: Vec::new(),
            outbox_nonce: 3,
            mirrored_nonce: 2,
        };
        assert!(!agreement.holds());
    }
}
