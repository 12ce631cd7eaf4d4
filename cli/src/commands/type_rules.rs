//! `lex type rules ...`: gates, committee, proofs, royalties.

use clap::{Args, Subcommand, ValueEnum};
use lex_client::Address;
use lex_client::abi::policy::Policy;
use serde::Serialize;

use super::Context;
use super::send::Session;
use super::values::account;
use crate::output::fields;
use crate::rules::Gate;
use crate::signer::SignerArgs;
use crate::target::Target;

const EXAMPLES: &str = "\
Examples:
  lex type rules show 1
  lex type rules set 1 --issue-gates committee,clearance --minimum-score 600 --signer //Alice
  lex type rules set 1 --transfer-gates none --royalty 250 --signer //Alice
  lex type rules set 1 --lend-gates clearance --signer //Alice
  lex type rules set 2 --issue-gates proof --circuit 1 --circuit-version 16 --statement membership --signer //Alice
  lex type rules set 3 --parent-type 1 --signer //Alice";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum RulesCommand {
    /// The rules of a type
    #[command(after_help = EXAMPLES)]
    Show(ShowArgs),
    /// Change rules of a type; what is not named stays (administrator)
    #[command(after_help = EXAMPLES)]
    Set(Box<SetArgs>),
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Id of the type
    pub license_type: u64,
}

#[derive(Debug, Args)]
pub struct SetArgs {
    /// Id of the type
    pub license_type: u64,
    /// What a license needs to come into force
    #[arg(long, value_enum, value_delimiter = ',')]
    pub issue_gates: Option<Vec<Gate>>,
    /// What a renewal needs
    #[arg(long, value_enum, value_delimiter = ',')]
    pub renew_gates: Option<Vec<Gate>>,
    /// What a transfer by the holder needs
    #[arg(long, value_enum, value_delimiter = ',')]
    pub transfer_gates: Option<Vec<Gate>>,
    /// What lending by the holder needs
    #[arg(long, value_enum, value_delimiter = ',')]
    pub lend_gates: Option<Vec<Gate>>,
    /// What suspending, resuming and revoking need: committee or none
    #[arg(long, value_enum, value_delimiter = ',')]
    pub enforce_gates: Option<Vec<Gate>>,
    /// Who decides about licenses of the type [default: as it is, else the network's committee]
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub committee: Option<Address>,
    /// Smallest score of a clearance, 0 to 1000
    #[arg(long)]
    pub minimum_score: Option<u16>,
    /// Circuit of the type's statement, 0 for none
    #[arg(long)]
    pub circuit: Option<u64>,
    #[arg(long)]
    pub circuit_version: Option<u32>,
    /// What the circuit states
    #[arg(long, value_enum)]
    pub statement: Option<StatementName>,
    /// Royalty in basis points, up to 10000
    #[arg(long)]
    pub royalty: Option<u16>,
    /// Who is paid royalties [default: the license's issuer]
    #[arg(long, value_parser = account, value_name = "ACCOUNT")]
    pub royalty_receiver: Option<Address>,
    /// Type under whose licenses those of this type stand, 0 for none
    #[arg(long, value_name = "TYPE")]
    pub parent_type: Option<u64>,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatementName {
    /// No statement
    None,
    /// The holder is in an approved group (Semaphore v4)
    Membership,
    /// Credentials, issuer and policy hold (LexEligibility v1)
    Eligibility,
}

impl StatementName {
    fn code(self) -> u8 {
        match self {
            StatementName::None => 0,
            StatementName::Membership => lex_model::Statement::Membership as u8,
            StatementName::Eligibility => lex_model::Statement::Eligibility as u8,
        }
    }

    fn of(code: u8) -> &'static str {
        match lex_model::Statement::from_code(code) {
            None => "none",
            Some(lex_model::Statement::Membership) => "membership",
            Some(lex_model::Statement::Eligibility) => "eligibility",
        }
    }
}

/// The rules of a type that go beyond its terms.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    license_type: u64,
    issue_gates: String,
    renew_gates: String,
    transfer_gates: String,
    lend_gates: String,
    enforce_gates: String,
    /// Zero for none.
    committee: Address,
    minimum_score: u16,
    circuit: u64,
    circuit_version: u32,
    statement: &'static str,
    /// Basis points.
    royalty: u16,
    royalty_receiver: Address,
    /// 0 for none.
    parent_type: u64,
}

pub(super) async fn run(context: &Context, command: RulesCommand) -> anyhow::Result<()> {
    match command {
        RulesCommand::Show(args) => show(context, &args).await,
        RulesCommand::Set(args) => set(context, &args).await,
    }
}

async fn show(context: &Context, args: &ShowArgs) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let rules = network.type_rules(args.license_type).await?;
    let shown = Shown {
        license_type: args.license_type,
        issue_gates: Gate::names(rules.gates.issue),
        renew_gates: Gate::names(rules.gates.renew),
        transfer_gates: Gate::names(rules.gates.transfer),
        lend_gates: Gate::names(rules.gates.lend),
        enforce_gates: Gate::names(rules.gates.enforce),
        committee: rules.committee,
        minimum_score: rules.minimumScore,
        circuit: rules.circuit,
        circuit_version: rules.circuitVersion,
        statement: StatementName::of(rules.statement),
        royalty: rules.royalty,
        royalty_receiver: rules.royaltyReceiver,
        parent_type: rules.parentType,
    };
    context.format.print(&shown, human)?;
    Ok(())
}

async fn set(context: &Context, args: &SetArgs) -> anyhow::Result<()> {
    let session = Session::open(context, &args.signer).await?;
    let network = &session.network;
    let mut rules = network.type_rules(args.license_type).await?;
    let gates = [
        (&mut rules.gates.issue, &args.issue_gates),
        (&mut rules.gates.renew, &args.renew_gates),
        (&mut rules.gates.transfer, &args.transfer_gates),
        (&mut rules.gates.lend, &args.lend_gates),
        (&mut rules.gates.enforce, &args.enforce_gates),
    ];
    for (present, given) in gates {
        if let Some(gates) = given {
            *present = Gate::bits(gates);
        }
    }
    let committee = match rules.committee {
        Address::ZERO => network.committee(),
        present => present,
    };
    rules.committee = args.committee.unwrap_or(committee);
    rules.minimumScore = args.minimum_score.unwrap_or(rules.minimumScore);
    rules.circuit = args.circuit.unwrap_or(rules.circuit);
    rules.circuitVersion = args.circuit_version.unwrap_or(rules.circuitVersion);
    rules.statement = args.statement.map_or(rules.statement, StatementName::code);
    rules.royalty = args.royalty.unwrap_or(rules.royalty);
    rules.royaltyReceiver = args.royalty_receiver.unwrap_or(rules.royaltyReceiver);
    rules.parentType = args.parent_type.unwrap_or(rules.parentType);
    let call = Policy::setTypeRulesCall {
        licenseType: args.license_type,
        rules,
    };
    let sentence = format!("Rules of type {} set.", args.license_type);
    session
        .send(context, network.policy(), &call, &sentence)
        .await
}

fn human(shown: &Shown) -> String {
    let account = |account: Address, otherwise: &str| match account {
        Address::ZERO => otherwise.to_owned(),
        account => account.to_string(),
    };
    let mut lines = vec![
        ("type", shown.license_type.to_string()),
        ("issuing needs", shown.issue_gates.clone()),
        ("renewing needs", shown.renew_gates.clone()),
        ("transfer needs", shown.transfer_gates.clone()),
        ("lending needs", shown.lend_gates.clone()),
        ("enforcing needs", shown.enforce_gates.clone()),
        ("committee", account(shown.committee, "none")),
        ("minimum score", shown.minimum_score.to_string()),
    ];
    if shown.circuit != 0 {
        lines.push((
            "statement",
            format!(
                "{} by circuit {} version {}",
                shown.statement, shown.circuit, shown.circuit_version
            ),
        ));
    }
    if shown.royalty != 0 {
        let receiver = account(shown.royalty_receiver, "the issuer");
        lines.push(("royalty", format!("{} bp to {receiver}", shown.royalty)));
    }
    if shown.parent_type != 0 {
        lines.push(("under type", shown.parent_type.to_string()));
    }
    fields(lines)
}
