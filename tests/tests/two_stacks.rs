//! Two stacks that start in the same instant do not meet, though their chains begin with the same block
//! and their contracts have the same addresses.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::Result;
use lex_cli::agreement::settle_and_compare;
use lex_tests::{System, TypeTerms};

/// Longest time for index and mirror to have everything.
const WITHIN: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread")]
async fn stacks_that_start_at_once_do_not_meet() -> Result<()> {
    let (one, other) = tokio::try_join!(System::start(), System::start())?;
    assert_eq!(one.network.license(), other.network.license());
    let urls = |system: &System| -> HashSet<String> {
        let components = system.stack.endpoints().components;
        components
            .into_iter()
            .map(|component| component.url)
            .collect()
    };
    assert!(urls(&one).is_disjoint(&urls(&other)));

    let license_type = one.license_type(TypeTerms::default()).await?;
    one.issue(license_type, one.issuer.address()).await?;

    for (system, licenses) in [(&one, 1), (&other, 0)] {
        let agreement = settle_and_compare(&system.network, WITHIN).await?;
        assert!(agreement.holds(), "{agreement:?}");
        assert_eq!(agreement.licenses.len(), licenses);
    }
    let (_, ()) = tokio::join!(one.stack.stop(), other.stack.stop());
    Ok(())
}
