//! `lex license show`: one license in all three places.

use clap::Args;
use lex_client::{ForeignText, U256};
use serde::Serialize;

use crate::agreement::differences_of;
use crate::chain::ChainLicense;
use crate::commands::Context;
use crate::commands::values::license_id;
use crate::failure::NoSuchLicense;
use crate::indexer::IndexedLicense;
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
    type_name: ForeignText,
    chain: ChainLicense,
    /// `None` when the indexer does not have it or does not answer.
    index: Option<IndexedLicense>,
    mirror: Option<Mirrored>,
    /// Where the copies say otherwise than the chain in the state that they show, or do not say. Empty
    /// when all agree.
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
    let differences = match u64::try_from(args.license) {
        Ok(id) => differences_of(&network, id).await,
        // There is no such license: their numbers are counted.
        Err(_) => Vec::new(),
    };
    let shown = Shown {
        id,
        type_name,
        chain,
        // What does not answer is among the differences.
        index: index.unwrap_or_default(),
        mirror: mirror.unwrap_or_default().map(|mirrored| Mirrored {
            status: mirrored.status.name(),
            usable: mirrored.usable,
        }),
        differences,
    };
    context.format.print(&shown, human)?;
    Ok(())
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
        ("jurisdiction", chain.jurisdiction.to_string()),
        ("holder", chain.holder.to_string()),
        ("issuer", chain.issuer.to_string()),
        ("valid from", time(chain.valid_from)),
        ("valid until", time(chain.valid_until)),
        ("renewable until", time(chain.grace_until)),
    ];
    if chain.suspended_until != 0 {
        lines.push(("suspended until", time(chain.suspended_until)));
    }
    if !chain.token_uri.raw().is_empty() {
        lines.push(("metadata", chain.token_uri.to_string()));
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
