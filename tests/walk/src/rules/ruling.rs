//! What is said to policy and to the verifier.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;
use lex_model::{Hash, Rule};

use super::Type;
use crate::{
    Deployed, Message,
    message::CONTENT,
    values::{address, flag, hash, number, text, word},
};

/// A message to policy, or to the verifier that it asks. The first account is its sender.
#[derive(Debug, Clone)]
pub enum Ruling {
    /// A holder is frozen or released.
    FreezeHolder(Address, Address, bool),
    /// A key is declared lost, and gets a successor.
    RecoverKey(Address, Address, Address),
    /// An account objects to its recovery.
    ObjectRecovery(Address, Address),
    /// A recovery is taken back.
    WithdrawRecovery(Address, Address),
    /// Groups are paused.
    Pause(Address, u8),
    /// Groups go on.
    LiftPause(Address, u8),
    /// A type is opened or closed.
    SetTypeOpen(Address, u64, bool),
    /// The rules of a type that go beyond its terms are replaced by those of this one.
    SetTypeRules(Address, u64, Type),
    /// An account becomes an issuer, or is none any more.
    SetIssuer(Address, Address, bool),
    /// Another issuer takes over from one.
    SucceedIssuer(Address, Address, Address),
    /// An issuer has a share of a type's cap.
    SetShare(Address, Address, u64, u64),
    /// An issuer is granted a type and a place, or not any more.
    SetGrant(Address, Address, u64, &'static str, bool),
    /// A jurisdiction's rules change.
    SetBundle(Address, &'static str, Vec<Rule>),
    /// A jurisdiction has no rules any more.
    RemoveBundle(Address, &'static str),
    /// An account is given a role, by its code, or loses it.
    SetRole(Address, Address, u8, bool),
    /// A rule module of these kinds is added.
    AddModule(Address, Address, u8),
    /// A rule module is removed.
    RemoveModule(Address, Address),
    /// Policy asks the verifier, or none.
    SetVerifier(Address, bool),
    /// Until when proofs about a circuit's set with this root count.
    SetRoot(Address, u64, u8, Hash, u64),
    /// The verifier is given the key of a circuit's version.
    RegisterKey(Address, u64, u32),
    /// A key is never valid again.
    RevokeKey(Address, u64, u32),
    /// The license contract is bound or unbound.
    Bind(Address, bool),
}

impl Ruling {
    /// Who says this.
    pub(crate) fn sender_mut(&mut self) -> &mut Address {
        match self {
            Self::FreezeHolder(by, ..)
            | Self::RecoverKey(by, ..)
            | Self::ObjectRecovery(by, _)
            | Self::WithdrawRecovery(by, _)
            | Self::SucceedIssuer(by, ..)
            | Self::SetShare(by, ..)
            | Self::Pause(by, _)
            | Self::LiftPause(by, _)
            | Self::SetTypeOpen(by, ..)
            | Self::SetTypeRules(by, ..)
            | Self::SetIssuer(by, ..)
            | Self::SetGrant(by, ..)
            | Self::SetBundle(by, ..)
            | Self::RemoveBundle(by, _)
            | Self::SetRole(by, ..)
            | Self::AddModule(by, ..)
            | Self::RemoveModule(by, _)
            | Self::SetVerifier(by, _)
            | Self::SetRoot(by, ..)
            | Self::RegisterKey(by, ..)
            | Self::RevokeKey(by, ..)
            | Self::Bind(by, _) => by,
        }
    }

    /// Whether it changes rules by which every action is judged.
    pub(super) const fn changes_common_rules(&self) -> bool {
        matches!(
            self,
            Self::AddModule(..) | Self::RemoveModule(..) | Self::SetVerifier(..)
        )
    }

    /// Whether it changes rules.
    pub(super) const fn changes_rules(&self) -> bool {
        matches!(
            self,
            Self::SetTypeOpen(..)
                | Self::SetTypeRules(..)
                | Self::SetIssuer(..)
                | Self::SucceedIssuer(..)
                | Self::SetShare(..)
                | Self::SetGrant(..)
                | Self::SetBundle(..)
                | Self::RemoveBundle(..)
                | Self::SetRole(..)
                | Self::AddModule(..)
                | Self::RemoveModule(..)
                | Self::SetVerifier(..)
        )
    }

    /// The message that says this.
    pub fn message(&self, deployed: &Deployed) -> Message {
        let why = [number(7), hash(CONTENT)];
        let (by, name, arguments) = match self {
            Self::FreezeHolder(by, holder, frozen) => {
                let about = vec![address(*holder), flag(*frozen)];
                (by, "setHolderFrozen", [about, why.into()].concat())
            }
            Self::RecoverKey(by, lost, successor) => {
                let about = vec![address(*lost), address(*successor)];
                (by, "recoverKey", [about, why.into()].concat())
            }
            Self::ObjectRecovery(by, account) => (by, "objectRecovery", vec![address(*account)]),
            Self::WithdrawRecovery(by, account) => {
                let about = vec![address(*account)];
                (by, "withdrawRecovery", [about, why.into()].concat())
            }
            Self::SucceedIssuer(by, retired, successor) => {
                let arguments = vec![address(*retired), address(*successor)];
                (by, "succeedIssuer", arguments)
            }
            Self::SetShare(by, issuer, license_type, share) => {
                let arguments = vec![address(*issuer), number(*license_type), number(*share)];
                (by, "setIssuerShare", arguments)
            }
            Self::Pause(by, groups) => (by, "pause", vec![number(u64::from(*groups))]),
            Self::LiftPause(by, groups) => (by, "liftPause", vec![number(u64::from(*groups))]),
            Self::SetTypeOpen(by, license_type, open) => {
                (by, "setTypeOpen", vec![number(*license_type), flag(*open)])
            }
            Self::SetTypeRules(by, license_type, rules) => {
                let arguments = vec![number(*license_type), rules.further()];
                (by, "setTypeRules", arguments)
            }
            Self::SetIssuer(by, issuer, true) => {
                let arguments = vec![address(*issuer), text("an issuer")];
                (by, "registerIssuer", arguments)
            }
            Self::SetIssuer(by, issuer, false) => (by, "removeIssuer", vec![address(*issuer)]),
            Self::SetGrant(by, issuer, license_type, place, granted) => {
                let name = match granted {
                    true => "grantIssuer",
                    false => "withdrawIssuer",
                };
                let arguments = vec![address(*issuer), number(*license_type), text(place)];
                (by, name, arguments)
            }
            Self::SetBundle(by, place, rules) => {
                let rules = DynSolValue::Array(rules.iter().map(rule).collect());
                (by, "setBundle", vec![text(place), hash(CONTENT), rules])
            }
            Self::RemoveBundle(by, place) => (by, "removeBundle", vec![text(place)]),
            Self::SetRole(by, account, role, held) => {
                let arguments = vec![address(*account), number((*role).into()), flag(*held)];
                (by, "setRole", arguments)
            }
            Self::AddModule(by, module, kinds) => {
                let arguments = vec![address(*module), number((*kinds).into())];
                (by, "addModule", arguments)
            }
            Self::RemoveModule(by, module) => (by, "removeModule", vec![address(*module)]),
            Self::SetVerifier(by, asked) => {
                let verifier = match asked {
                    true => deployed.verifier,
                    false => Address::ZERO,
                };
                (by, "setVerifier", vec![address(verifier)])
            }
            Self::SetRoot(by, circuit, slot, root, until) => {
                let set = vec![number(*circuit), number((*slot).into())];
                let counts = vec![word(*root), number(*until)];
                (by, "setRoot", [set, counts].concat())
            }
            Self::Bind(by, bound) => {
                let name = match bound {
                    true => "bindLicense",
                    false => "unbindLicense",
                };
                (by, name, vec![address(deployed.license)])
            }
            Self::RegisterKey(by, circuit, version) => {
                let key = deployed.trapdoor.key(*circuit, *version);
                return Message::to_verifier(*by, "registerKey", key);
            }
            Self::RevokeKey(by, circuit, version) => {
                let of = vec![number(*circuit), number((*version).into())];
                return Message::to_verifier(*by, "revokeKey", of);
            }
        };
        Message::to_policy(*by, name, arguments)
    }
}

fn rule(rule: &Rule) -> DynSolValue {
    DynSolValue::Tuple(vec![
        number(rule.demand as u64),
        number(u64::from(rule.actions)),
        number(rule.license_type),
        number(rule.value),
    ])
}
