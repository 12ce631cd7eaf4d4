use std::collections::BTreeSet;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;
use lex_model::{
    Gates, Group, Hash, Jurisdiction, KIND_HOLDER, KIND_PAUSE, KIND_TYPE, MAX_RULES, Reason, Rule,
    Scope, Statement, Update,
};

use super::{Proven, Role, Rulebook, Told, Type};
use crate::{
    Deployed, Message, Refused,
    message::CONTENT,
    people,
    values::{address, flag, hash, number, text, word},
};

/// The most rule modules.
const MAX_MODULES: usize = 25;

/// All kinds of modules in one set.
const ALL_KINDS: u8 = 7;

/// How many sets the largest statement is about.
const MAX_SLOTS: u8 = 3;

/// A message to policy, or to the verifier that it asks. The first account is its sender.
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

    /// Whether it changes rules, so that clearances that were given before count no longer.
    const fn changes_rules(&self) -> bool {
        matches!(
            self,
            Self::SetTypeOpen(..)
                | Self::SetTypeRules(..)
                | Self::SetIssuer(..)
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

impl Rulebook {
    /// Does what a ruling should do at a time, and answers the update that every license contract
    /// appends to its outbox.
    ///
    /// # Errors
    /// The refusal that policy or the verifier should give; nothing is changed then.
    pub fn apply(&mut self, ruling: &Ruling, now: u64) -> Result<Option<Update>, Refused> {
        let update = self.follow(ruling, now)?;
        self.version += u32::from(ruling.changes_rules());
        let is_new = !matches!(ruling, Ruling::Bind(..));
        self.restrictions.0 += u64::from(update.is_some() && is_new);
        let told = update.filter(|_| self.is_bound());
        if let Some(update) = &told {
            self.told.hear(update);
        }
        Ok(told)
    }

    fn follow(&mut self, ruling: &Ruling, now: u64) -> Result<Option<Update>, Refused> {
        match ruling {
            Ruling::FreezeHolder(by, holder, frozen) => self.set_frozen(*by, *holder, *frozen),
            Ruling::RecoverKey(by, lost, successor) => self.recover_key(*by, *lost, *successor),
            Ruling::Pause(by, groups) => {
                self.require_role(*by, Role::Guardian, Reason::NotGuardian)?;
                self.set_paused(self.paused | groups)
            }
            Ruling::LiftPause(by, groups) => {
                if *by != people::ADMIN {
                    self.require_role(*by, Role::Regulator, Reason::NotRegulator)?;
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
            Ruling::SetRole(by, account, role, held) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                let unknown = Refused::new(Reason::UnknownCode, (*role).into());
                let entry = (*account, Role::from_code(*role).ok_or(unknown)?);
                if self.roles.contains(&entry) == *held {
                    return Err(Reason::AlreadySo.into());
                }
                set(&mut self.roles, entry, *held);
                Ok(None)
            }
            Ruling::AddModule(by, module, kinds) => self.add_module(*by, *module, *kinds),
            // I13: nothing a module does keeps it from being removed.
            Ruling::RemoveModule(by, module) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                let place = self.modules.iter().position(|(known, _)| known == module);
                self.modules.remove(place.ok_or(Reason::AlreadySo)?);
                Ok(None)
            }
            Ruling::SetVerifier(by, asked) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                if self.verifies == *asked {
                    return Err(Reason::AlreadySo.into());
                }
                self.verifies = *asked;
                Ok(None)
            }
            Ruling::SetRoot(by, circuit, slot, root, until) => {
                self.require_role(*by, Role::Publisher, Reason::NotPublisher)?;
                if *slot >= MAX_SLOTS {
                    return Err(Refused::new(Reason::UnknownCode, (*slot).into()));
                }
                // I30: what has ended never counts again.
                let known = self
                    .roots
                    .entry((*circuit, *slot, *root))
                    .or_insert(u64::MAX);
                if *known <= now {
                    return Err(Reason::RootUnknown.into());
                }
                *known = *until;
                Ok(None)
            }
            Ruling::Bind(by, true) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                let (now, left_at) = self.restrictions;
                match left_at {
                    None => return Err(Reason::AlreadySo.into()),
                    Some(left_at) if left_at != now => {
                        return Err(Reason::MissedRestrictions.into());
                    }
                    Some(_) => self.restrictions.1 = None,
                }
                let paused = self.paused & Group::Use.bit() != 0;
                Ok(paused.then(|| of_use(true)))
            }
            Ruling::Bind(by, false) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                if !self.is_bound() {
                    return Err(Reason::AlreadySo.into());
                }
                self.restrictions.1 = Some(self.restrictions.0);
                Ok(None)
            }
            Ruling::RegisterKey(by, circuit, version) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                let key = (*circuit, *version);
                if self.keys.contains_key(&key) {
                    return Err(Reason::KeyExists.into());
                }
                self.keys.insert(key, true);
                Ok(None)
            }
            Ruling::RevokeKey(by, circuit, version) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                let key = self.keys.get_mut(&(*circuit, *version));
                let valid = key.ok_or(Reason::UnknownCircuit)?;
                match std::mem::take(valid) {
                    true => Ok(None),
                    false => Err(Reason::KeyRevoked.into()),
                }
            }
        }
    }

    fn set_frozen(
        &mut self,
        by: Address,
        holder: Address,
        frozen: bool,
    ) -> Result<Option<Update>, Refused> {
        self.require_role(by, Role::Regulator, Reason::NotRegulator)?;
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
        self.require_role(by, Role::Regulator, Reason::NotRegulator)?;
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
        let used = Group::Use.bit();
        let changed = (groups ^ self.paused) & used != 0;
        self.paused = groups;
        Ok(changed.then(|| of_use(groups & used != 0)))
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

    fn add_module(
        &mut self,
        by: Address,
        module: Address,
        kinds: u8,
    ) -> Result<Option<Update>, Refused> {
        only(by, people::ADMIN, Reason::NotAdmin)?;
        if kinds == 0 || kinds > ALL_KINDS {
            return Err(Refused::new(Reason::UnknownCode, kinds.into()));
        }
        if !self.deployed.modules.contains(&module) {
            return Err(Reason::NotAContract.into());
        }
        if self.modules.iter().any(|(known, _)| *known == module) {
            return Err(Reason::AlreadySo.into());
        }
        if self.modules.len() >= MAX_MODULES {
            return Err(Refused::new(Reason::LimitReached, MAX_MODULES as u64));
        }
        self.modules.push((module, kinds));
        Ok(None)
    }

    fn require_role(&self, by: Address, role: Role, reason: Reason) -> Result<(), Refused> {
        if self.has_role(by, role) {
            Ok(())
        } else {
            Err(reason.into())
        }
    }

    /// A gate needs what opens it: a committee, or a circuit with its version and statement.
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
        let proves = match next.proven {
            Proven {
                circuit: 0,
                version: 0,
                statement: 0,
            } => gates & Gates::PROOF == 0,
            Proven {
                circuit,
                version,
                statement,
            } => circuit != 0 && version != 0 && Statement::from_code(statement).is_some(),
        };
        if nobody_approves || !proves {
            return Err(Reason::InvalidTypeTerms.into());
        }
        next.rules.validate()?;
        license_type.committee = next.committee;
        license_type.proven = next.proven;
        license_type.rules.gates = next.rules.gates;
        license_type.rules.minimum_score = next.rules.minimum_score;
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

impl Told {
    /// Takes note of an update that is about no single license.
    fn hear(&mut self, update: &Update) {
        let holds = update.status != 0;
        match update.kind {
            KIND_HOLDER => set(&mut self.frozen, Address::from(update.holder), holds),
            KIND_TYPE => set(&mut self.closed, update.license_type, holds),
            _ => self.paused = holds,
        }
    }
}

fn of_use(paused: bool) -> Update {
    Update {
        kind: KIND_PAUSE,
        status: u8::from(paused),
        ..Update::default()
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
