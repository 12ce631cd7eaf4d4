//! `lex license show`: one license in all three places.

use clap::Args;
use lex_client::U256;
use serde::Serialize;

use crate::agreement::{Comparison, View};
use crate::chain::ChainLicense;
use crate::commands::Context;
use crate::commands::values::license_id;
use crate::failure::NoSuchLicense;
use crate::indexer::IndexedLicense;
use crate::mirror::MirroredLicense;
use crate::output::{fields, time};
use crate::target::Target;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex license show 1
  lex license show 1 --json | jq .chain.status")]
pub struct ShowArgs {
    /// Id of the license
    #[arg(value_parser = license_id)]
    pub license: U256,
}

/// A license in all three places. The chain decides; the others are copies of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    id: String,
    type_name: String,
    chain: ChainLicense,
    /// `None` when the indexer does not have it or does not answer.
    index: Option<IndexedLicense>,
    mirror: Option<Mirrored>,
    /// Empty when all agree.
    differences: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Mirrored {
    status: &'static str,
    usable: bool,
}

pub(super) async fn run(context: &Context, args: &ShowArgs) -> anyhow::Result<()> {
    let id = args.license.to_string();
    let network = Target::resolve(&context.target)?.connect().await?;
    let now = network.now().await?;
    let (chain, index, mirror) = tokio::join!(
        network.chain_license(args.license, now),
        network.indexer.license(&id),
        network.mirror.license(args.license),
    );
    let chain = chain?.ok_or_else(|| NoSuchLicense(id.clone()))?;
    let type_name = network.license_type(chain.license_type).await?.name;
    let mut silent = Vec::new();
    let index = index.unwrap_or_else(|error| {
        silent.push(error.to_string());
        None
    });
    let mirror = mirror.unwrap_or_else(|error| {
        silent.push(error.to_string());
        None
    });
    let mut differences = compare(&chain, index.as_ref(), mirror.as_ref());
    differences.extend(silent);
    let shown = Shown {
        id,
        type_name,
        chain,
        index,
        mirror: mirror.map(|mirrored| Mirrored {
            status: mirrored.status.name(),
            usable: mirrored.usable,
        }),
        differences,
    };
    context.format.print(&shown, human)?;
    Ok(())
}

fn compare(
    chain: &ChainLicense,
    index: Option<&IndexedLicense>,
    mirror: Option<&MirroredLicense>,
) -> Vec<String> {
    Comparison::of(
        0,
        View::from(chain),
        index.map(View::from),
        mirror.map(View::from),
    )
    .differences
}

fn human(shown: &Shown) -> String {
    let chain = &shown.chain;
    let index = shown
        .index
        .as_ref()
        .map_or_else(|| String::from("-"), |index| index.status.name().to_owned());
    let mirror = shown.mirror.as_ref().map_or_else(
        || String::from("-"),
        |mirror| {
            let usable = if mirror.usable {
                "usable"
            } else {
                "not usable"
            };
            format!("{}, {usable}", mirror.status)
        },
    );
    let mut lines = vec![
        ("license", shown.id.clone()),
        (
            "status",
            format!("{} (index: {index}; mirror: {mirror})", chain.status),
        ),
        (
            "type",
            format!("{} \"{}\"", chain.license_type, shown.type_name),
        ),
        ("jurisdiction", chain.jurisdiction.clone()),
        ("holder", chain.holder.to_string()),
        ("issuer", chain.issuer.to_string()),
        ("valid from", time(chain.valid_from)),
        ("valid until", time(chain.valid_until)),
        ("renewable until", time(chain.grace_until)),
    ];
    if chain.suspended_until != 0 {
        lines.push(("suspended until", time(chain.suspended_until)));
    }
    if !chain.token_uri.is_empty() {
        lines.push(("metadata", chain.token_uri.clone()));
    }
    lines.push(("metadata hash", chain.metadata_hash.to_string()));
    lines.push(("version", chain.version.to_string()));
    if chain.parent != 0 {
        lines.push(("under license", chain.parent.to_string()));
    }
    let mut text = fields(lines);
    for difference in &shown.differences {
        text += &format!("differs: {difference}\n");
    }
    text
}
