//! What was measured, as tables for people and as JSON for programs.

use lex_cli::output::table;
use lex_client::{Cost, Weight};
use serde::{Serialize, Serializer};

use super::bench::{Contract, Row};
use super::gate::Gate;
use super::peers::Peer;

/// A whole token in the chain's smallest unit.
const TOKEN: f64 = 1e12;

/// Everything that one run measured.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    contracts: Vec<CodeSize>,
    messages: Vec<Message>,
    gate: GateCosts,
    peers: Vec<PeerCosts>,
    /// Ours divided by theirs.
    ratios: Vec<Ratio>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CodeSize {
    name: &'static str,
    bytes: usize,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    contract: Contract,
    message: &'static str,
    signature: &'static str,
    case: &'static str,
    #[serde(flatten)]
    cost: Figures,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GateCosts {
    propose: Figures,
    approve: Figures,
    execute: Figures,
    together: Figures,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PeerCosts {
    compiler: &'static str,
    code_bytes: usize,
    mint: Figures,
    transfer_from: Figures,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Ratio {
    license: &'static str,
    peer: &'static str,
    compiler: &'static str,
    ref_time: f64,
    proof_size: f64,
    fee: f64,
}

/// What a transaction cost. Amounts are texts in JSON, because they may be too large for its
/// numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    /// Picoseconds.
    ref_time: u64,
    /// Bytes.
    proof_size: u64,
    /// In the chain's smallest unit; negative when more was given back than taken.
    #[serde(serialize_with = "as_text")]
    deposit: i128,
    /// In the chain's smallest unit.
    #[serde(serialize_with = "as_text")]
    fee: u128,
}

fn as_text<T: ToString, S: Serializer>(amount: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&amount.to_string())
}

impl From<Cost> for Figures {
    fn from(cost: Cost) -> Self {
        let Cost {
            weight: Weight {
                ref_time,
                proof_size,
            },
            fee,
            deposit,
        } = cost;
        Self {
            ref_time,
            proof_size,
            deposit,
            fee,
        }
    }
}

impl Figures {
    /// The sum; no transactions cost more together than there is of anything.
    fn plus(self, other: Self) -> Self {
        Self {
            ref_time: self.ref_time.saturating_add(other.ref_time),
            proof_size: self.proof_size.saturating_add(other.proof_size),
            deposit: self.deposit.saturating_add(other.deposit),
            fee: self.fee.saturating_add(other.fee),
        }
    }

    /// As people read them: 1.41 G picoseconds, 54.7 kB, tokens.
    fn texts(&self) -> [String; 4] {
        let tokens = |amount: f64| format!("{:>8.5}", amount / TOKEN);
        [
            format!("{:>6.2} G", self.ref_time as f64 / 1e9),
            format!("{:>7.1} kB", self.proof_size as f64 / 1e3),
            tokens(self.deposit as f64),
            tokens(self.fee as f64),
        ]
    }
}

impl Report {
    pub(super) fn new(
        code: Vec<(&'static str, usize)>,
        rows: Vec<Row>,
        gate: Gate,
        peers: Vec<Peer>,
    ) -> Self {
        let messages: Vec<Message> = rows
            .into_iter()
            .map(|row| Message {
                contract: row.contract,
                message: row.message(),
                signature: row.signature,
                case: row.case,
                cost: row.cost.into(),
            })
            .collect();
        let peers: Vec<PeerCosts> = peers
            .into_iter()
            .map(|peer| PeerCosts {
                compiler: peer.compiler,
                code_bytes: peer.code_size,
                mint: peer.mint.into(),
                transfer_from: peer.transfer.into(),
            })
            .collect();
        let [propose, approve, execute] =
            [gate.propose, gate.approve, gate.execute].map(Figures::from);
        Self {
            contracts: code
                .into_iter()
                .map(|(name, bytes)| CodeSize { name, bytes })
                .collect(),
            ratios: ratios(&messages, &peers),
            messages,
            gate: GateCosts {
                propose,
                approve,
                execute,
                together: propose.plus(approve).plus(execute),
            },
            peers,
        }
    }

    /// Tables for people.
    #[must_use]
    pub fn tables(&self) -> String {
        let mut sections = vec![format!("Code\n{}", self.code_table())];
        for contract in Contract::ALL {
            sections.push(self.message_table(contract));
        }
        sections.push(self.gate_table());
        if !self.peers.is_empty() {
            sections.push(self.peer_table());
            sections.push(self.ratio_table());
        }
        sections.join("\n\n")
    }

    fn code_table(&self) -> String {
        let own = self
            .contracts
            .iter()
            .map(|code| (code.name.to_owned(), code.bytes));
        let peers = self.peers.iter().map(|peer| {
            let name = format!("OpenZeppelin ERC-721, {}", peer.compiler);
            (name, peer.code_bytes)
        });
        let rows = own
            .chain(peers)
            .map(|(name, bytes)| [name, bytes.to_string()]);
        table(["contract", "bytes"], rows)
    }

    fn message_table(&self, contract: Contract) -> String {
        let messages = self
            .messages
            .iter()
            .filter(|message| message.contract == contract);
        let rows = messages.map(|message| {
            let name = match message.case {
                "" => message.message.to_owned(),
                case => format!("{}, {case}", message.message),
            };
            row(name, &message.cost)
        });
        titled(contract.name(), rows)
    }

    fn gate_table(&self) -> String {
        let GateCosts {
            propose,
            approve,
            execute,
            together,
        } = &self.gate;
        let rows = [
            ("propose", propose),
            ("approveBySig", approve),
            ("execute", execute),
            ("together", together),
        ];
        titled(
            "The gate with a committee of 3, a clearance and a 9-input proof",
            rows.into_iter()
                .map(|(name, cost)| row(name.to_owned(), cost)),
        )
    }

    fn peer_table(&self) -> String {
        let rows = self.peers.iter().flat_map(|peer| {
            [("mint", &peer.mint), ("transferFrom", &peer.transfer_from)]
                .map(|(name, cost)| row(format!("{name}, {}", peer.compiler), cost))
        });
        titled("OpenZeppelin ERC-721", rows)
    }

    fn ratio_table(&self) -> String {
        let rows = self.ratios.iter().map(|ratio| {
            let times = |ratio: f64| format!("{ratio:.2}");
            [
                format!(
                    "license.{} : {}, {}",
                    ratio.license, ratio.peer, ratio.compiler
                ),
                times(ratio.ref_time),
                times(ratio.proof_size),
                times(ratio.fee),
            ]
        });
        let table = table(["ratio", "ref_time", "proof", "fee"], rows);
        format!("Compared with OpenZeppelin ERC-721\n{table}")
    }
}

fn titled(title: &str, rows: impl Iterator<Item = [String; 5]>) -> String {
    let header = ["message", "ref_time", "proof", "deposit", "fee"];
    format!("{title}\n{}", table(header, rows))
}

fn row(name: String, cost: &Figures) -> [String; 5] {
    let [ref_time, proof, deposit, fee] = cost.texts();
    [name, ref_time, proof, deposit, fee]
}

/// The messages that ERC-721 has too, as often as the peers' cost fits into them.
fn ratios(messages: &[Message], peers: &[PeerCosts]) -> Vec<Ratio> {
    let ours = |name: &str| {
        messages.iter().find(|message| {
            message.contract == Contract::License
                && message.message == name
                && message.case.is_empty()
        })
    };
    let mut ratios = Vec::new();
    for peer in peers {
        for (license, theirs, cost) in [
            ("issue", "mint", &peer.mint),
            ("transferFrom", "transferFrom", &peer.transfer_from),
        ] {
            ratios.extend(ours(license).map(|ours| Ratio {
                license,
                peer: theirs,
                compiler: peer.compiler,
                ref_time: ours.cost.ref_time as f64 / cost.ref_time as f64,
                proof_size: ours.cost.proof_size as f64 / cost.proof_size as f64,
                fee: ours.cost.fee as f64 / cost.fee as f64,
            }));
        }
    }
    ratios
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn cost(ref_time: u64, deposit: i128) -> Cost {
        Cost {
            weight: Weight {
                ref_time,
                proof_size: ref_time / 10_000,
            },
            fee: u128::from(ref_time) * 10,
            deposit,
        }
    }

    fn report(peers: Vec<Peer>) -> Report {
        let row = |contract, signature, case, cost| Row {
            contract,
            signature,
            case,
            cost,
        };
        let license = Contract::License;
        let rows = vec![
            row(license, "issue(address)", "pending", cost(9_000_000_000, 0)),
            row(license, "issue(address)", "", cost(3_000_000_000, 2)),
            row(
                license,
                "transferFrom(address)",
                "",
                cost(1_500_000_000, -1),
            ),
            row(
                Contract::Policy,
                "setAdmin(address)",
                "",
                cost(1, i128::MAX),
            ),
        ];
        let gate = Gate {
            propose: cost(1_000_000_000, 5),
            approve: cost(2_000_000_000, -2),
            execute: cost(4_000_000_000, 0),
        };
        Report::new(vec![("license", 100_000)], rows, gate, peers)
    }

    fn peer() -> Peer {
        Peer {
            compiler: "EVM",
            code_size: 4_000,
            mint: cost(1_500_000_000, 0),
            transfer: cost(1_000_000_000, 0),
        }
    }

    #[test]
    fn json_has_numbers_for_measures_and_texts_for_amounts() {
        let json: Value = serde_json::to_value(report(vec![peer()])).unwrap();
        assert_eq!(
            json["messages"][2],
            json!({
                "contract": "license",
                "message": "transferFrom",
                "signature": "transferFrom(address)",
                "case": "",
                "refTime": 1_500_000_000u64,
                "proofSize": 150_000,
                "deposit": "-1",
                "fee": "15000000000",
            })
        );
        assert_eq!(json["messages"][3]["deposit"], i128::MAX.to_string());
        assert_eq!(
            json["contracts"],
            json!([{"name": "license", "bytes": 100_000}])
        );
        assert_eq!(json["gate"]["together"]["refTime"], 7_000_000_000u64);
        assert_eq!(json["gate"]["together"]["deposit"], "3");
        assert_eq!(json["peers"][0]["codeBytes"], 4_000);
        let ratios = json["ratios"].as_array().unwrap();
        assert_eq!(ratios.len(), 2);
        assert_eq!(
            (&ratios[0]["license"], &ratios[0]["refTime"]),
            (&json!("issue"), &json!(2.0))
        );
        assert_eq!(ratios[1]["fee"], json!(1.5));
    }

    #[test]
    fn tables_are_in_units_that_people_read() {
        let tables = report(vec![peer()]).tables();
        let line = |name: &str| {
            let line = tables.lines().find(|line| line.contains(name));
            line.unwrap_or_else(|| panic!("no {name} in {tables}"))
                .to_owned()
        };
        let issue = line("issue, pending");
        assert!(
            issue.contains("9.00 G") && issue.contains("900.0 kB"),
            "{issue}"
        );
        assert!(line("license.transferFrom : transferFrom, EVM").contains("1.50"));
        assert!(line("together").contains("7.00 G"));
    }

    #[test]
    fn without_peers_nothing_is_compared() {
        let report = report(Vec::new());
        assert!(!report.tables().contains("OpenZeppelin"));
        assert_eq!(serde_json::to_value(report).unwrap()["ratios"], json!([]));
    }
}
