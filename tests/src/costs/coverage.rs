//! Whether every message that changes something was measured.

use alloy::json_abi::{JsonAbi, StateMutability};
use anyhow::{Context, Result, ensure};

use super::bench::{Contract, Row};

/// Messages that only LEX's own contracts send, as parts of what is measured.
const BETWEEN_CONTRACTS: [&str; 4] = ["initialize", "restrict", "check", "clear"];

/// # Errors
/// When a message has no row; the error names them.
pub(super) fn require_all(rows: &[Row]) -> Result<()> {
    let missing = unmeasured(rows)?;
    ensure!(
        missing.is_empty(),
        "these messages are not measured yet: {}",
        missing.join(", ")
    );
    Ok(())
}

fn unmeasured(rows: &[Row]) -> Result<Vec<String>> {
    let mut missing = Vec::new();
    for contract in Contract::ALL {
        let name = contract.name();
        let abi: JsonAbi = serde_json::from_str(abi(contract))
            .with_context(|| format!("the ABI of {name} cannot be read"))?;
        let measured = |signature: &str| {
            let mut rows = rows.iter().filter(|row| row.contract == contract);
            rows.any(|row| row.signature == signature)
        };
        let changing = abi.functions().filter(|function| {
            function.state_mutability == StateMutability::NonPayable
                && !BETWEEN_CONTRACTS.contains(&function.name.as_str())
        });
        missing.extend(
            changing
                .map(|function| function.signature())
                .filter(|signature| !measured(signature))
                .map(|signature| format!("{name}.{signature}")),
        );
    }
    Ok(missing)
}

fn abi(contract: Contract) -> &'static str {
    match contract {
        Contract::License => include_str!("../../../contracts/abi/License.json"),
        Contract::Seats => include_str!("../../../contracts/abi/Seats.json"),
        Contract::Policy => include_str!("../../../contracts/abi/Policy.json"),
        Contract::Committee => include_str!("../../../contracts/abi/Committee.json"),
        Contract::Verifier => include_str!("../../../contracts/abi/Verifier.json"),
        Contract::Proxy => include_str!("../../../contracts/abi/Proxy.json"),
    }
}

#[cfg(test)]
mod tests {
    use alloy::sol_types::SolCall;
    use lex_client::abi::license::License;
    use lex_client::{Cost, abi::proxy::Proxy};

    use super::*;

    fn row(contract: Contract, signature: &'static str) -> Row {
        Row {
            contract,
            signature,
            case: "",
            cost: Cost::default(),
        }
    }

    #[test]
    fn what_is_not_measured_is_named() {
        let before = unmeasured(&[]).unwrap();
        let transfer = License::transferFromCall::SIGNATURE;
        assert!(before.contains(&format!("license.{transfer}")));
        // With a struct among its arguments.
        let activate = License::activateCall::SIGNATURE;
        assert!(before.contains(&format!("license.{activate}")));
        assert!(!before.iter().any(|name| name.contains("initialize")));
        assert!(!before.iter().any(|name| name.contains("ownerOf")));

        let rows = [
            row(Contract::License, transfer),
            row(Contract::Proxy, Proxy::upgradeToCall::SIGNATURE),
            row(Contract::Proxy, Proxy::setUpgraderCall::SIGNATURE),
            row(Contract::Proxy, Proxy::acceptUpgraderCall::SIGNATURE),
            // Of another contract: not the license's.
            row(Contract::Seats, activate),
        ];
        let after = unmeasured(&rows).unwrap();
        assert!(!after.contains(&format!("license.{transfer}")));
        assert!(after.contains(&format!("license.{activate}")));
        assert!(!after.iter().any(|name| name.starts_with("proxy.")));
        assert!(
            require_all(&rows)
                .unwrap_err()
                .to_string()
                .contains(activate)
        );
    }
}
