use std::collections::BTreeSet;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;
use lex_model::{
    Gates, Group, Jurisdiction, KIND_HOLDER, KIND_PAUSE, MAX_RULES, Reason, Rule, Scope, Update,
};

use super::{Rulebook, Type};
use crate::{
    Message, Refused,
    message::CONTENT,
    people,
    values::{address, flag, hash, number, text},
};

/// A message to policy. The first account is its sender.
#[derive(Debug, Clone)]
pub enum Ruling {
    /// A holder is frozen or released.
    FreezeHolder(Address, Address, bool),
    /// A lost key gets a successor.
    RecoverKey(Address, Address, Address),
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
    /// An issuer is granted a type and a place, or not any more.
    SetGrant(Address, Address, u64, &'static str, bool),
    /// A jurisdiction's rules change.
    SetBundle(Address, &'static str, Vec<Rule>),
    /// A jurisdiction has no rules any more.
    RemoveBundle(Address, &'static str),
}

impl Ruling {
    /// The message that says this.
    pub fn message(&self) -> Message {
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

impl Rulebook {
    /// Does what a ruling should do, and answers the update that every license contract appends to its
    /// outbox.
    ///
    /// # Errors
    /// The refusal that policy should give; nothing is changed then.
    pub fn apply(&mut self, ruling: &Ruling) -> Result<Option<Update>, Refused> {
        match ruling {
            Ruling::FreezeHolder(by, holder, frozen) => self.set_frozen(*by, *holder, *frozen),
            Ruling::RecoverKey(by, lost, successor) => self.recover_key(*by, *lost, *successor),
            Ruling::Pause(by, groups) => {
                only(*by, people::GUARDIAN, Reason::NotGuardian)?;
                self.set_paused(self.paused | groups)
            }
            Ruling::LiftPause(by, groups) => {
                if *by != people::REGULATOR && *by != people::ADMIN {
                    return Err(Reason::NotRegulator.into());
                }
                self.set_paused(self.paused & !groups)
            }
            Ruling::SetTypeOpen(by, id, open) => self.set_type_open(*by, *id, *open),
            Ruling::SetTypeRules(by, id, rules) => self.set_type_rules(*by, *id, rules),
            Ruling::SetIssuer(by, issuer, registered) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                match (self.issuers.contains(issuer), registered) {
                    (true, true) => return Err(Reason::AlreadySo.into()),
                    (false, false) => return Err(Reason::UnknownIssuer.into()),
                    _ => set(&mut self.issuers, *issuer, *registered),
                }
                Ok(None)
            }
            Ruling::SetGrant(by, issuer, license_type, place, granted) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                if self.license_type(*license_type).is_none() {
                    return Err(Reason::UnknownType.into());
                }
                if !self.issuers.contains(issuer) {
                    return Err(Reason::UnknownIssuer.into());
                }
                Scope::parse(place)?;
                let grant = (*issuer, *license_type, *place);
                if self.grants.contains(&grant) == *granted {
                    return Err(Reason::AlreadySo.into());
                }
                set(&mut self.grants, grant, *granted);
                Ok(None)
            }
            Ruling::SetBundle(by, place, rules) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                Jurisdiction::parse(place)?;
                if rules.len() > MAX_RULES {
                    return Err(Refused::new(Reason::LimitReached, MAX_RULES as u64));
                }
                rules.iter().try_for_each(Rule::validate)?;
                let bundle = self.bundles.entry(place).or_default();
                bundle.version += 1;
                bundle.rules = Some(rules.clone());
                Ok(None)
            }
            Ruling::RemoveBundle(by, place) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                Jurisdiction::parse(place)?;
                let bundle = self.bundles.get_mut(place).ok_or(Reason::NoRules)?;
                bundle.rules.take().ok_or(Reason::NoRules)?;
                bundle.version += 1;
                Ok(None)
            }
        }
    }

    fn set_frozen(
        &mut self,
        by: Address,
        holder: Address,
        frozen: bool,
    ) -> Result<Option<Update>, Refused> {
        only(by, people::REGULATOR, Reason::NotRegulator)?;
        if self.frozen.contains(&holder) == frozen {
            return Err(Reason::AlreadySo.into());
        }
        // A lost key stays frozen.
        if self.successors.contains_key(&holder) {
            return Err(Reason::AlreadyRecovered.into());
        }
        set(&mut self.frozen, holder, frozen);
        Ok(Some(of_holder(holder, frozen)))
    }

    fn recover_key(
        &mut self,
        by: Address,
        lost: Address,
        to: Address,
    ) -> Result<Option<Update>, Refused> {
        only(by, people::REGULATOR, Reason::NotRegulator)?;
        if lost == to {
            return Err(Reason::SameAccount.into());
        }
        if self.successors.contains_key(&lost) || self.successors.contains_key(&to) {
            return Err(Reason::AlreadyRecovered.into());
        }
        if self.frozen.contains(&to) {
            return Err(Reason::ReceiverFrozen.into());
        }
        self.successors.insert(lost, to);
        let was_free = self.frozen.insert(lost);
        Ok(was_free.then(|| of_holder(lost, true)))
    }

    fn set_paused(&mut self, groups: u8) -> Result<Option<Update>, Refused> {
        if groups == self.paused {
            return Err(Reason::AlreadySo.into());
        }
        let of_use = Group::Use.bit();
        let changed = (groups ^ self.paused) & of_use != 0;
        self.paused = groups;
        Ok(changed.then(|| Update {
            kind: KIND_PAUSE,
            status: u8::from(groups & of_use != 0),
            ..Update::default()
        }))
    }

    fn set_type_open(
        &mut self,
        by: Address,
        id: u64,
        open: bool,
    ) -> Result<Option<Update>, Refused> {
        only(by, people::ADMIN, Reason::NotAdmin)?;
        let license_type = self.type_mut(id)?;
        if license_type.rules.open == open {
            return Err(Reason::AlreadySo.into());
        }
        license_type.rules.open = open;
        license_type.rules.version += 1;
        Ok(Some(Update::of_type(id, open, 0)))
    }

    /// A gate needs what opens it: a committee; and a proof needs a circuit, which no walk has.
    fn set_type_rules(
        &mut self,
        by: Address,
        id: u64,
        next: &Type,
    ) -> Result<Option<Update>, Refused> {
        only(by, people::ADMIN, Reason::NotAdmin)?;
        let license_type = self.type_mut(id)?;
        let Gates {
            issue,
            renew,
            transfer,
            enforce,
        } = next.rules.gates;
        let gates = issue | renew | transfer | enforce;
        let nobody_approves = gates & Gates::COMMITTEE != 0 && next.committee.is_zero();
        if nobody_approves || gates & Gates::PROOF != 0 {
            return Err(Reason::InvalidTypeTerms.into());
        }
        next.rules.validate()?;
        license_type.committee = next.committee;
        license_type.rules.gates = next.rules.gates;
        license_type.rules.version += 1;
        Ok(None)
    }

    fn type_mut(&mut self, id: u64) -> Result<&mut Type, Reason> {
        let place = id.checked_sub(1).map(|place| place as usize);
        place
            .and_then(|place| self.types.get_mut(place))
            .ok_or(Reason::UnknownType)
    }
}

fn of_holder(holder: Address, frozen: bool) -> Update {
    Update {
        kind: KIND_HOLDER,
        holder: holder.0.0,
        status: u8::from(frozen),
        ..Update::default()
    }
}

fn only(by: Address, who: Address, reason: Reason) -> Result<(), Refused> {
    if by == who {
        Ok(())
    } else {
        Err(reason.into())
    }
}

/// Makes something a member of a set, or takes it out.
pub(crate) fn set<T: Ord>(members: &mut BTreeSet<T>, member: T, is_member: bool) {
    if is_member {
        members.insert(member);
    } else {
        members.remove(&member);
    }
}
