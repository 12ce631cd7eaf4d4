//! The calls that a committee makes: each kind of decision is one message of its target, with the
//! decision's values as arguments. So the committee is simply the caller of its target, and nothing
//! opaque is ever passed on.

use ink::{Address, U256, prelude::vec::Vec, sol::FixedBytes, sol::SolParamsEncode};
use lex_model::{Decision, DecisionKind, Part};

use crate::Evidence;

type Bytes32 = FixedBytes<32>;
type Activate = (U256, Address, u64, u64, u64, Bytes32, Evidence);
type RenewApproved = (U256, u64, Evidence);
type Suspend = (U256, u32, Bytes32, u64);
type Resume = (U256,);
type Revoke = (U256, u32, Bytes32);
type ForceTransfer = (Address, Address, U256, u64, u32, Bytes32);
type RecoverKey = (Address, Address, u32, Bytes32);
type SetHolderFrozen = (Address, bool, u32, Bytes32);
type FreezeToken = (Address, U256, u64, u32, Bytes32);
type LiftPause = (u8,);
type Approve = (Bytes32,);
type UpgradeTo = (Address, Bytes32, Address);
type SetUpgrader = (Address,);
type AmendApproved = (U256, Bytes32, Bytes32, Bytes32, Evidence);
type Withdraw = (U256,);
type WithdrawApproval = (Bytes32,);
type AcceptUpgrader = ();

/// An argument of a target's message.
#[derive(Clone, Copy)]
enum Argument {
    /// What the decision says.
    Says(Part),
    /// What its kind means.
    Means(bool),
}

/// A message of a target.
struct Message {
    selector: [u8; 4],
    /// Its arguments, in order.
    arguments: &'static [Argument],
    /// Whether its last argument is the evidence that opens the gates.
    takes_evidence: bool,
}

/// The call data for the target of a decision; `None` when it calls no other contract. The evidence
/// reaches the target only where gates ask for it, which is when a license comes into force, is renewed
/// or described differently.
pub fn decided_call(decision: &Decision, evidence: Evidence) -> Option<Vec<u8>> {
    let message = message(decision.kind)?;
    let mut data = Vec::from(message.selector);
    for argument in message.arguments {
        data.extend(match argument {
            Argument::Says(part) => decision.word(*part),
            Argument::Means(flag) => U256::from(u8::from(*flag)).to_big_endian(),
        });
    }
    if message.takes_evidence {
        // Alone, a dynamic argument is encoded as the place where it begins (behind one word) and
        // itself. Here it begins behind the other arguments.
        let alone = SolParamsEncode::encode(&(evidence,));
        let words = message.arguments.len().saturating_add(1);
        data.extend(U256::from(words.saturating_mul(32)).to_big_endian());
        data.extend(alone.get(32..).unwrap_or_default());
    }
    Some(data)
}

macro_rules! argument {
    (true) => {
        Argument::Means(true)
    };
    (false) => {
        Argument::Means(false)
    };
    ($part:ident) => {
        Argument::Says(Part::$part)
    };
}

/// `sol_error_selector!` computes the selector of any Solidity signature.
macro_rules! message {
    ($name:literal, $parameters:ident, [$($argument:tt),*] $(, $evidence:literal)?) => {
        Message {
            selector: ink::sol_error_selector!($name, $parameters),
            arguments: &[$(argument!($argument)),*],
            takes_evidence: false $(|| $evidence)?,
        }
    };
}

const fn message(kind: DecisionKind) -> Option<Message> {
    Some(match kind {
        DecisionKind::Activate => message!(
            "activate",
            Activate,
            [TokenId, Account, Number, ValidFrom, ValidUntil, Evidence],
            true
        ),
        DecisionKind::Renew => {
            message!("renewApproved", RenewApproved, [TokenId, ValidUntil], true)
        }
        DecisionKind::Suspend => {
            message!("suspend", Suspend, [TokenId, Reason, Evidence, ValidUntil])
        }
        DecisionKind::Resume => message!("resume", Resume, [TokenId]),
        DecisionKind::Revoke => message!("revoke", Revoke, [TokenId, Reason, Evidence]),
        DecisionKind::ForcedTransfer => message!(
            "forceTransfer",
            ForceTransfer,
            [Account, Counterparty, TokenId, Number, Reason, Evidence]
        ),
        DecisionKind::Recover => message!(
            "recoverKey",
            RecoverKey,
            [Account, Counterparty, Reason, Evidence]
        ),
        DecisionKind::FreezeHolder => message!(
            "setHolderFrozen",
            SetHolderFrozen,
            [Account, true, Reason, Evidence]
        ),
        DecisionKind::ReleaseHolder => message!(
            "setHolderFrozen",
            SetHolderFrozen,
            [Account, false, Reason, Evidence]
        ),
        DecisionKind::FreezeToken | DecisionKind::ReleaseToken => message!(
            "freezeToken",
            FreezeToken,
            [Account, TokenId, Number, Reason, Evidence]
        ),
        DecisionKind::LiftPause => message!("liftPause", LiftPause, [Number]),
        DecisionKind::ApproveIn => message!("approve", Approve, [Evidence]),
        DecisionKind::WithdrawIn => message!("withdraw", WithdrawApproval, [Evidence]),
        DecisionKind::Upgrade => {
            message!("upgradeTo", UpgradeTo, [Counterparty, Evidence, Account])
        }
        DecisionKind::SetUpgrader => message!("setUpgrader", SetUpgrader, [Counterparty]),
        DecisionKind::AcceptUpgrader => message!("acceptUpgrader", AcceptUpgrader, []),
        DecisionKind::Amend => message!(
            "amendApproved",
            AmendApproved,
            [TokenId, Previous, Evidence, Text],
            true
        ),
        DecisionKind::Withdraw => message!("withdraw", Withdraw, [TokenId]),
        DecisionKind::SetMember | DecisionKind::SetThreshold => return None,
    })
}

#[cfg(test)]
mod tests {
    use lex_model::{Keccak, SoftwareKeccak};

    use super::*;

    fn decision(kind: DecisionKind) -> Decision {
        Decision {
            target: [0x11; 20],
            token_id: [9; 32],
            account: [0x22; 20],
            counterparty: [0x33; 20],
            valid_from: 1_000,
            valid_until: 2_000,
            number: 1,
            reason: 7,
            evidence: [0x44; 32],
            version: 3,
            count: 2,
            previous: [0x55; 32],
            text: [0x66; 32],
            ..Decision::empty(kind)
        }
    }

    fn address(byte: u8) -> Vec<u8> {
        [&[0; 12][..], &[byte; 20]].concat()
    }

    fn number(value: u64) -> Vec<u8> {
        [&[0; 24][..], &value.to_be_bytes()].concat()
    }

    /// P11, P12: what each target is called with, written out by hand.
    #[test]
    fn p11_every_kind_calls_one_message_with_its_own_values() {
        let token = || vec![9; 32];
        let hash = || vec![0x44; 32];
        let evidence = "((uint16,uint64,uint256,bytes),(uint256[8],uint256,uint256[3],uint64))";
        let cases: [(DecisionKind, String, Vec<Vec<u8>>); 19] = [
            (
                DecisionKind::Activate,
                format!("activate(uint256,address,uint64,uint64,uint64,bytes32,{evidence})"),
                vec![
                    token(),
                    address(0x22),
                    number(1),
                    number(1_000),
                    number(2_000),
                    hash(),
                    number(7 * 32),
                ],
            ),
            (
                DecisionKind::Renew,
                format!("renewApproved(uint256,uint64,{evidence})"),
                vec![token(), number(2_000), number(3 * 32)],
            ),
            (
                DecisionKind::Suspend,
                "suspend(uint256,uint32,bytes32,uint64)".into(),
                vec![token(), number(7), hash(), number(2_000)],
            ),
            (
                DecisionKind::Resume,
                "resume(uint256)".into(),
                vec![token()],
            ),
            (
                DecisionKind::Revoke,
                "revoke(uint256,uint32,bytes32)".into(),
                vec![token(), number(7), hash()],
            ),
            (
                DecisionKind::ForcedTransfer,
                "forceTransfer(address,address,uint256,uint64,uint32,bytes32)".into(),
                vec![
                    address(0x22),
                    address(0x33),
                    token(),
                    number(1),
                    number(7),
                    hash(),
                ],
            ),
            (
                DecisionKind::Recover,
                "recoverKey(address,address,uint32,bytes32)".into(),
                vec![address(0x22), address(0x33), number(7), hash()],
            ),
            (
                DecisionKind::FreezeHolder,
                "setHolderFrozen(address,bool,uint32,bytes32)".into(),
                vec![address(0x22), number(1), number(7), hash()],
            ),
            (
                DecisionKind::ReleaseHolder,
                "setHolderFrozen(address,bool,uint32,bytes32)".into(),
                vec![address(0x22), number(0), number(7), hash()],
            ),
            (
                DecisionKind::ReleaseToken,
                "freezeToken(address,uint256,uint64,uint32,bytes32)".into(),
                vec![address(0x22), token(), number(1), number(7), hash()],
            ),
            (
                DecisionKind::Amend,
                format!("amendApproved(uint256,bytes32,bytes32,bytes32,{evidence})"),
                vec![
                    token(),
                    vec![0x55; 32],
                    hash(),
                    vec![0x66; 32],
                    number(5 * 32),
                ],
            ),
            (
                DecisionKind::Withdraw,
                "withdraw(uint256)".into(),
                vec![token()],
            ),
            (
                DecisionKind::FreezeToken,
                "freezeToken(address,uint256,uint64,uint32,bytes32)".into(),
                vec![address(0x22), token(), number(1), number(7), hash()],
            ),
            (
                DecisionKind::LiftPause,
                "liftPause(uint8)".into(),
                vec![number(1)],
            ),
            (
                DecisionKind::ApproveIn,
                "approve(bytes32)".into(),
                vec![hash()],
            ),
            (
                DecisionKind::Upgrade,
                "upgradeTo(address,bytes32,address)".into(),
                vec![address(0x33), hash(), address(0x22)],
            ),
            (
                DecisionKind::SetUpgrader,
                "setUpgrader(address)".into(),
                vec![address(0x33)],
            ),
            (
                DecisionKind::WithdrawIn,
                "withdraw(bytes32)".into(),
                vec![hash()],
            ),
            (
                DecisionKind::AcceptUpgrader,
                "acceptUpgrader()".into(),
                vec![],
            ),
        ];
        assert_eq!(cases.len() + 2, DecisionKind::ALL.len());
        for (kind, signature, words) in cases {
            let data = decided_call(&decision(kind), Evidence::default()).expect("it has a target");
            let selector = &SoftwareKeccak::keccak256(signature.as_bytes())[..4];
            assert_eq!(&data[..4], selector, "{signature}");
            let arguments = words.concat();
            assert_eq!(data[4..4 + arguments.len()], arguments, "{signature}");
            let whole = 4 + arguments.len();
            let takes_evidence = signature.contains("((");
            assert_eq!(data.len() > whole, takes_evidence, "{signature}");
        }
    }

    #[test]
    fn evidence_is_encoded_as_by_solidity() {
        let mut evidence = Evidence::default();
        evidence.clearance.score = 700;
        evidence.proof.nullifier = U256::from(5);
        let data = decided_call(&decision(DecisionKind::Renew), evidence.clone()).expect("a call");
        let whole: RenewApproved = (U256::from_big_endian(&[9; 32]), 2_000, evidence);
        assert_eq!(data[4..], SolParamsEncode::encode(&whole));
    }

    #[test]
    fn own_affairs_call_nobody() {
        for kind in DecisionKind::ALL {
            let call = decided_call(&decision(*kind), Evidence::default());
            assert_eq!(call.is_none(), kind.is_own_affair(), "{kind}");
        }
    }
}
