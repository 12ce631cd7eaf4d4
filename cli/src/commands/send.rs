//! Sending one transaction and printing what became of it.

use alloy::sol_types::SolCall;
use lex_client::{Address, Submitted, Submitter};

use super::Context;
use super::submitted::TransactionView;
use crate::signer::SignerArgs;
use crate::target::{Network, Target};

/// A network with someone who signs.
pub struct Session {
    pub network: Network,
    pub submitter: Submitter,
}

impl Session {
    /// # Errors
    /// When there is no key or the network cannot be reached.
    pub async fn open(context: &Context, signer: &SignerArgs) -> anyhow::Result<Session> {
        let signer = signer.load()?;
        let network = Target::resolve(&context.target)?.connect().await?;
        let submitter = network.submitter(signer)?;
        Ok(Session { network, submitter })
    }

    /// Sends a call, waits until it is final and prints it under a sentence.
    ///
    /// # Errors
    /// When the call is refused or fails.
    pub async fn send<C: SolCall>(
        &self,
        context: &Context,
        contract: Address,
        call: &C,
        sentence: &str,
    ) -> anyhow::Result<()> {
        self.send_with(context, contract, call, |_| (None, sentence.to_owned()))
            .await
    }

    /// The same where what was made is known only afterwards: its id and the sentence.
    ///
    /// # Errors
    /// When the call is refused or fails.
    pub async fn send_with<C: SolCall>(
        &self,
        context: &Context,
        contract: Address,
        call: &C,
        told: impl FnOnce(&Submitted) -> (Option<String>, String),
    ) -> anyhow::Result<()> {
        let submitted = self.submitter.call(contract, call).await?;
        let (id, sentence) = told(&submitted);
        context
            .format
            .print(&TransactionView::of(&submitted, id), |view| {
                view.text(&sentence)
            })?;
        Ok(())
    }
}

/// Sends one call to policy.
///
/// # Errors
/// When the call is refused or fails.
pub async fn to_policy<C: SolCall>(
    context: &Context,
    signer: &SignerArgs,
    call: &C,
    sentence: &str,
) -> anyhow::Result<()> {
    let session = Session::open(context, signer).await?;
    let policy = session.network.policy();
    session.send(context, policy, call, sentence).await
}
