//! `lex committee show` and `lex committee members`.

use anyhow::bail;
use clap::Args;
use lex_client::{Address, B256};
use lex_model::DecisionKind;
use serde::Serialize;

use crate::commands::Context;
use crate::commands::values::{account, hash};
use crate::committee::{CommitteeOf, Member, Progress, Standing};
use crate::failure::RefusalReport;
use crate::output::{fields, table, time};
use crate::target::{Network, Target};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex committee show                              every open decision
  lex committee show --all                        executed and canceled ones too
  lex committee show ID                           what it says, who approves, what is missing
  lex committee show ID --typed-data              for a wallet's eth_signTypedData_v4")]
pub struct ShowArgs {
    /// The decision; all open ones without it
    #[arg(value_parser = hash, value_name = "ID")]
    pub id: Option<B256>,
    /// Executed and canceled decisions too
    #[arg(long, conflicts_with = "id")]
    pub all: bool,
    /// Print the EIP-712 typed data that a wallet shows and signs
    #[arg(long, requires = "id")]
    pub typed_data: bool,
    /// The committee [default: the network's]
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub committee: Option<Address>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lex committee members\n  lex committee members --json")]
pub struct MembersArgs {
    /// The committee [default: the network's]
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub committee: Option<Address>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    id: B256,
    kind: &'static str,
    meaning: &'static str,
    state: Progress,
    /// Weight of the approvals, and the weight that is needed.
    weight: u32,
    threshold: u32,
    /// What is signed, in order.
    says: Vec<(&'static str, String)>,
    /// Unix seconds.
    deadline: u64,
    approved_by: Vec<Address>,
    /// Why it cannot be executed; what its target thinks is not among it.
    missing: Vec<RefusalReport>,
}

pub(super) async fn run(context: &Context, args: &ShowArgs) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let address = args.committee.unwrap_or(network.committee());
    let committee = CommitteeOf::new(&network, address);
    match args.id {
        Some(id) if args.typed_data => typed_data(context, &committee, id).await,
        Some(id) => one(context, &committee, id).await,
        None => list(context, &network, &committee, args.all).await,
    }
}

async fn typed_data(
    context: &Context,
    committee: &CommitteeOf<'_>,
    id: B256,
) -> anyhow::Result<()> {
    let standing = committee.decision(id).await?;
    if committee.id(&standing.proposal) != id {
        bail!("the committee answers with another decision than {id}");
    }
    let text = standing.proposal.typed_data(&committee.model());
    let data: serde_json::Value = serde_json::from_str(&text)?;
    context.format.print(&data, |_| text.clone())?;
    Ok(())
}

async fn one(context: &Context, committee: &CommitteeOf<'_>, id: B256) -> anyhow::Result<()> {
    let standing = committee.decision(id).await?;
    let members = committee.members().await?;
    let approvals = committee.approvals(id, &members).await?;
    let approved_by = members
        .iter()
        .zip(approvals)
        .filter(|(_, approves)| *approves)
        .map(|(member, _)| member.account)
        .collect();
    let missing = committee.explain(id).await?;
    let decision = &standing.proposal.decision;
    let shown = Shown {
        id,
        kind: decision.kind.name(),
        meaning: decision.kind.meaning(),
        state: standing.progress,
        weight: standing.weight,
        threshold: standing.threshold,
        says: standing.proposal.readable(),
        deadline: decision.deadline,
        approved_by,
        missing: missing.iter().map(RefusalReport::from).collect(),
    };
    context.format.print(&shown, human)?;
    Ok(())
}

fn human(shown: &Shown) -> String {
    let mut lines = vec![
        ("decision", shown.id.to_string()),
        ("kind", format!("{}: {}", shown.kind, shown.meaning)),
        ("state", format!("{:?}", shown.state)),
        (
            "approvals",
            format!("{} of {}", shown.weight, shown.threshold),
        ),
        ("until", time(shown.deadline)),
    ];
    for (name, value) in &shown.says {
        lines.push((*name, value.clone()));
    }
    for member in &shown.approved_by {
        lines.push(("approved by", member.to_string()));
    }
    let mut text = fields(lines);
    if shown.missing.is_empty() {
        text += "It can be executed: `lex committee execute`.\n";
    }
    for refusal in &shown.missing {
        text += &format!("{}\n", refusal.text());
    }
    text
}

#[derive(Debug, Serialize)]
struct Listed {
    id: B256,
    kind: &'static str,
    state: Progress,
    weight: u32,
    threshold: u32,
    /// Unix seconds.
    deadline: u64,
}

impl Listed {
    fn of(id: B256, standing: &Standing) -> Listed {
        let decision = &standing.proposal.decision;
        Listed {
            id,
            kind: decision.kind.name(),
            state: standing.progress,
            weight: standing.weight,
            threshold: standing.threshold,
            deadline: decision.deadline,
        }
    }
}

/// The index knows which decisions there are, the committee how they stand.
async fn list(
    context: &Context,
    network: &Network,
    committee: &CommitteeOf<'_>,
    all: bool,
) -> anyhow::Result<()> {
    let mut listed = Vec::new();
    for id in network.indexer.decisions(committee.address()).await? {
        let standing = committee.decision(id).await?;
        if all || standing.progress == Progress::Open {
            listed.push(Listed::of(id, &standing));
        }
    }
    context.format.print(&listed, |listed| {
        if listed.is_empty() {
            return String::from("No decisions; `lex committee propose` makes one.");
        }
        table(
            ["decision", "kind", "state", "approvals", "until"],
            listed.iter().map(|decision| {
                [
                    decision.id.to_string(),
                    decision.kind.to_owned(),
                    format!("{:?}", decision.state),
                    format!("{} of {}", decision.weight, decision.threshold),
                    time(decision.deadline),
                ]
            }),
        )
    })?;
    Ok(())
}

#[derive(Debug, Serialize)]
struct Roll {
    committee: Address,
    epoch: u64,
    members: Vec<Member>,
    /// Weight that decisions need.
    threshold: u32,
    /// Kinds that need another weight.
    thresholds: Vec<(&'static str, u32)>,
}

pub(super) async fn members(context: &Context, args: &MembersArgs) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let roll = roll(&network, args.committee.unwrap_or(network.committee())).await?;
    context.format.print(&roll, |roll| {
        let mut text = fields([
            ("committee", roll.committee.to_string()),
            ("epoch", roll.epoch.to_string()),
            ("threshold", roll.threshold.to_string()),
        ]);
        for (kind, threshold) in &roll.thresholds {
            text += &format!("  {kind} needs {threshold}\n");
        }
        text + &table(
            ["member", "weight"],
            roll.members
                .iter()
                .map(|member| [member.account.to_string(), member.weight.to_string()]),
        )
    })?;
    Ok(())
}

async fn roll(network: &Network, address: Address) -> anyhow::Result<Roll> {
    let committee = CommitteeOf::new(network, address);
    let threshold = committee.threshold(None).await?;
    let mut thresholds = Vec::new();
    for kind in DecisionKind::ALL {
        let own = committee.threshold(Some(*kind)).await?;
        if own != threshold {
            thresholds.push((kind.name(), own));
        }
    }
    Ok(Roll {
        committee: address,
        epoch: committee.epoch().await?,
        members: committee.members().await?,
        threshold,
        thresholds,
    })
}
