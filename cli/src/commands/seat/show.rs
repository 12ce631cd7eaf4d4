//! `lex seat show`

use clap::Args;
use lex_client::abi::seats::Seats;
use lex_client::{Address, B256, ForeignText, U256};
use serde::Serialize;

use crate::chain::status_name;
use crate::commands::Context;
use crate::commands::values::{account, license_id};
use crate::failure::NoSuchLicense;
use crate::output::{fields, time};
use crate::target::{Network, Target};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex seat show 1
  lex seat show 1 --holder //Charlie
  lex seat show 1 --holder //Charlie --user //Eve --json")]
pub struct ShowArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
    /// An account whose seats are shown
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub holder: Option<Address>,
    /// An account that may have an assigned seat
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub user: Option<Address>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    id: String,
    status: &'static str,
    license_type: u64,
    jurisdiction: ForeignText,
    issuer: Address,
    /// Who was issued all seats.
    licensee: Address,
    /// Unix seconds.
    valid_from: u64,
    valid_until: u64,
    grace_until: u64,
    seats: u64,
    /// Of everybody but the licensee; 0 for no limit.
    max_per_holder: u64,
    metadata_hash: B256,
    uri: ForeignText,
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    holding: Option<Holding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<Assignment>,
}

#[derive(Debug, Serialize)]
struct Holding {
    holder: Address,
    seats: u64,
    frozen: u64,
    assigned: u64,
    /// Neither frozen nor assigned.
    free: u64,
}

#[derive(Debug, Serialize)]
struct Assignment {
    user: Address,
    /// Zero when no seat is assigned.
    holder: Address,
    /// Unix seconds.
    expires: u64,
}

pub(super) async fn run(context: &Context, args: &ShowArgs) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let shown = shown(&network, args).await?;
    context.format.print(&shown, human)?;
    Ok(())
}

async fn shown(network: &Network, args: &ShowArgs) -> anyhow::Result<Shown> {
    let id = args.license;
    let seats = network.seats();
    let found = network.seat_license(id).await?;
    let found = found.ok_or_else(|| NoSuchLicense(id.to_string()))?;
    let at = network.now().await?;
    let status = network
        .look(seats, &Seats::statusAtCall { tokenId: id, at })
        .await?;
    let holding = match args.holder {
        Some(account) => {
            let call = Seats::positionCall {
                tokenId: id,
                account,
            };
            let position = network.look(seats, &call).await?;
            Some(Holding {
                holder: account,
                seats: position.balance,
                frozen: position.frozen,
                assigned: position.assigned,
                free: position.free,
            })
        }
        None => None,
    };
    let assignment = match args.user {
        Some(user) => {
            let call = Seats::assignedToCall { tokenId: id, user };
            let found = network.look(seats, &call).await?;
            Some(Assignment {
                user,
                holder: found.holder,
                expires: found.expires,
            })
        }
        None => None,
    };
    let max_per_holder = network
        .look(seats, &Seats::maxPerHolderCall { tokenId: id })
        .await?;
    let uri = network.look(seats, &Seats::uriCall { id }).await?;
    Ok(Shown {
        id: id.to_string(),
        status: status_name(status),
        license_type: found.licenseType,
        jurisdiction: found.jurisdiction.into(),
        issuer: found.issuer,
        valid_from: found.validFrom,
        valid_until: found.validUntil,
        grace_until: found.graceUntil,
        licensee: found.holder,
        seats: network.seat_count(id).await?,
        max_per_holder,
        metadata_hash: found.metadataHash,
        uri: uri.into(),
        version: found.version,
        holding,
        assignment,
    })
}

fn human(shown: &Shown) -> String {
    let mut lines = vec![
        ("license", shown.id.clone()),
        ("status", shown.status.to_owned()),
        ("type", shown.license_type.to_string()),
        ("jurisdiction", shown.jurisdiction.to_string()),
        ("issuer", shown.issuer.to_string()),
        ("licensee", shown.licensee.to_string()),
        ("valid from", time(shown.valid_from)),
        ("valid until", time(shown.valid_until)),
        ("renewable until", time(shown.grace_until)),
        ("seats", shown.seats.to_string()),
    ];
    if shown.max_per_holder != 0 {
        lines.push(("most per holder", shown.max_per_holder.to_string()));
    }
    if !shown.uri.raw().is_empty() {
        lines.push(("metadata", shown.uri.to_string()));
    }
    lines.push(("metadata hash", shown.metadata_hash.to_string()));
    lines.push(("version", shown.version.to_string()));
    if let Some(holding) = &shown.holding {
        lines.push((
            "holding",
            format!("{} has {}", holding.holder, holding.seats),
        ));
    }
    if let Some(assignment) = &shown.assignment {
        let text = match assignment.holder {
            Address::ZERO => format!("{} has no seat", assignment.user),
            holder => format!(
                "{} uses a seat of {holder} until {}",
                assignment.user,
                time(assignment.expires)
            ),
        };
        lines.push(("assigned", text));
    }
    fields(lines)
}
