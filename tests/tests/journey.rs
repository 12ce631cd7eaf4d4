//! The journey of `lex up`, with both kinds of signer, on one stack.

use anyhow::Result;
use lex_cli::journey::{self, People, SignerKind};
use lex_cli::progress::Progress;
use lex_tests::System;

#[tokio::test(flavor = "multi_thread")]
async fn a_license_lives_its_life_with_both_kinds_of_signer() -> Result<()> {
    let system = System::start().await?;
    for kind in [SignerKind::Substrate, SignerKind::Ethereum] {
        let people = People::development(kind);
        let report = journey::run(&system.network, &people, &Progress::silent()).await?;
        assert!(report.agreement.holds());
        assert!(report.steps.len() >= 8, "{:?}", report.steps);
    }
    system.stack.stop().await;
    Ok(())
}
