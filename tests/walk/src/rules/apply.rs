//! What a ruling should do.

use std::collections::BTreeSet;

use alloy_primitives::Address;
use lex_model::{
    Account, Gates, Group, Jurisdiction, KIND_HOLDER, KIND_PAUSE, KIND_TYPE, MAX_RULES, Reason,
    Rule, Scope, Statement, Update,
};

use super::{Proven, Role, Rulebook, Ruling, Told, Type};
use crate::{Refused, people};

/// The most rule modules.
const MAX_MODULES: usize = 25;

/// How long the holder of a key that was declared lost may object, in seconds.
const OBJECTION: u64 = 3 * 86_400;

/// All kinds of modules in one set.
const ALL_KINDS: u8 = 7;

/// How many sets the largest statement is about.
const MAX_SLOTS: u8 = 3;

impl Rulebook {
    /// Does what a ruling should do at a time, and answers the update that every license contract
    /// appends to its outbox.
    ///
    /// # Errors
    /// The refusal that policy or the verifier should give; nothing is changed then.
    pub fn apply(&mut self, ruling: &Ruling, now: u64) -> Result<Option<Update>, Refused> {
        let update = self.follow(ruling, now)?;
        self.version += u32::from(ruling.changes_rules());
        self.common += u32::from(ruling.changes_common_rules());
        // What a license contract hears when it comes or goes is no new restriction.
        let is_new = !matches!(ruling, Ruling::Bind(..));
        self.restrictions += u64::from(update.is_some() && is_new);
        let told = update.filter(|_| self.is_bound() || !is_new);
        if let Some(update) = &told {
            self.told.hear(update);
        }
        Ok(told)
    }

    fn follow(&mut self, ruling: &Ruling, now: u64) -> Result<Option<Update>, Refused> {
        match ruling {
            Ruling::FreezeHolder(by, holder, frozen) => self.set_frozen(*by, *holder, *frozen),
            Ruling::RecoverKey(by, lost, successor) => {
                self.recover_key(*by, *lost, *successor, now)
            }
            Ruling::ObjectRecovery(by, account) => {
                only(*by, *account, Reason::NotHolder)?;
                self.end_recovery(*account, now)
            }
            Ruling::WithdrawRecovery(by, account) => {
                self.require_role(*by, Role::Regulator, Reason::NotRegulator)?;
                self.end_recovery(*account, now)
            }
            Ruling::Pause(by, groups) => {
                self.require_role(*by, Role::Guardian, Reason::NotGuardian)?;
                let Account { frozen, lost } = self.stands(*by);
                if lost {
                    return Err(Reason::KeyLost.into());
                }
                if frozen {
                    return Err(Reason::CallerFrozen.into());
                }
                // Pausing again says that the alarm goes on.
                Ok(self.set_paused(self.paused | groups))
            }
            Ruling::LiftPause(by, groups) => {
                if *by != people::ADMIN {
                    self.require_role(*by, Role::Regulator, Reason::NotCommittee)?;
                }
                if self.paused & groups == 0 {
                    return Err(Reason::AlreadySo.into());
                }
                Ok(self.set_paused(self.paused & !groups))
            }
            Ruling::SetTypeOpen(by, id, open) => self.set_type_open(*by, *id, *open),
            Ruling::SetTypeRules(by, id, rules) => self.set_type_rules(*by, *id, rules),
            Ruling::SetIssuer(by, issuer, registered) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                let is_lost = self.recoveries.contains_key(issuer);
                match (self.issuers.contains(issuer), registered) {
                    (_, true) if is_lost => return Err(Reason::KeyLost.into()),
                    (true, true) => return Err(Reason::AlreadySo.into()),
                    (false, false) => return Err(Reason::UnknownIssuer.into()),
                    (false, true) if self.heirs.contains_key(issuer) => {
                        return Err(Reason::IssuerSucceeded.into());
                    }
                    // Grants died with the registration in which they were given.
                    (false, true) => self.grants.retain(|(granted, ..)| granted != issuer),
                    (true, false) => {}
                }
                set(&mut self.issuers, *issuer, *registered);
                Ok(None)
            }
            Ruling::SucceedIssuer(by, retired, successor) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                if retired == successor {
                    return Err(Reason::SameAccount.into());
                }
                let was_issuer = people::ISSUERS.contains(retired);
                if !self.issuers.contains(successor) || !was_issuer {
                    return Err(Reason::UnknownIssuer.into());
                }
                if self.heirs.contains_key(retired) {
                    return Err(Reason::AlreadySo.into());
                }
                self.heirs.insert(*retired, *successor);
                self.issuers.remove(retired);
                Ok(None)
            }
            Ruling::SetShare(by, issuer, license_type, share) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                if self.license_type(*license_type).is_none() {
                    return Err(Reason::UnknownType.into());
                }
                let before = self.shares.insert((*license_type, *issuer), *share);
                match before.unwrap_or_default() == *share {
                    true => Err(Reason::AlreadySo.into()),
                    false => Ok(None),
                }
            }
            Ruling::SetGrant(by, issuer, license_type, place, granted) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                if self.license_type(*license_type).is_none() {
                    return Err(Reason::UnknownType.into());
                }
                // What a removed issuer was granted can be withdrawn.
                let is_known = match granted {
                    true => self.issuers.contains(issuer),
                    false => people::ISSUERS.contains(issuer),
                };
                if !is_known {
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
                self.require_free(*by, Reason::CallerFrozen, 0)?;
                if *slot >= MAX_SLOTS {
                    return Err(Refused::new(Reason::UnknownCode, (*slot).into()));
                }
                if (1..=now).contains(until) {
                    return Err(Refused::new(Reason::InvalidTime, *until));
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
                let left_at = self.left_at.ok_or(Reason::AlreadySo)?;
                if left_at != self.restrictions {
                    return Err(Reason::MissedRestrictions.into());
                }
                self.left_at = None;
                let paused = self.paused & Group::Use.bit() != 0;
                Ok(Some(of_use(paused)))
            }
            Ruling::Bind(by, false) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                if !self.is_bound() {
                    return Err(Reason::NotBound.into());
                }
                self.left_at = Some(self.restrictions);
                // Its licenses are of no use from now on.
                Ok(Some(of_use(true)))
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
        let before = self.frozen.remove(&holder).unwrap_or_default();
        // Each freeze stands by itself; that of who is no regulator any more is anybody else's to end.
        let mut after = before.clone();
        after.retain(|other| *other != by && self.has_role(*other, Role::Regulator));
        let refusal = match frozen {
            true if before.contains(&by) => Some(Reason::AlreadySo),
            false if before.is_empty() => Some(Reason::AlreadySo),
            false if after == before => Some(Reason::NotRegulator),
            _ => None,
        };
        if frozen {
            after.insert(by);
        }
        let kept = if refusal.is_some() { &before } else { &after };
        if !kept.is_empty() {
            self.frozen.insert(holder, kept.clone());
        }
        if let Some(reason) = refusal {
            return Err(reason.into());
        }
        // A key that was declared lost stays frozen for readers.
        let is_lost = self.recoveries.contains_key(&holder);
        let is_seen = before.is_empty() != after.is_empty() && !is_lost;
        Ok(is_seen.then(|| of_holder(holder, frozen)))
    }

    fn recover_key(
        &mut self,
        by: Address,
        lost: Address,
        to: Address,
        now: u64,
    ) -> Result<Option<Update>, Refused> {
        self.require_role(by, Role::Regulator, Reason::NotRegulator)?;
        if lost == to {
            return Err(Reason::SameAccount.into());
        }
        match self.recoveries.get(&lost) {
            Some((_, from)) if now < *from => return Err(Reason::AlreadySo.into()),
            Some(_) => return Err(Reason::AlreadyRecovered.into()),
            None => {}
        }
        if self.recoveries.contains_key(&to) {
            return Err(Reason::KeyLost.into());
        }
        if self.frozen.contains_key(&to) {
            return Err(Reason::ReceiverFrozen.into());
        }
        self.recoveries.insert(lost, (to, now + OBJECTION));
        let was_free = !self.frozen.contains_key(&lost);
        Ok(was_free.then(|| of_holder(lost, true)))
    }

    fn end_recovery(&mut self, account: Address, now: u64) -> Result<Option<Update>, Refused> {
        let (_, from) = self.recoveries.get(&account).ok_or(Reason::NotRecovered)?;
        if *from <= now {
            return Err(Reason::KeyLost.into());
        }
        self.recoveries.remove(&account);
        let is_free = !self.frozen.contains_key(&account);
        Ok(is_free.then(|| of_holder(account, false)))
    }

    fn set_paused(&mut self, groups: u8) -> Option<Update> {
        let used = Group::Use.bit();
        let changed = (groups ^ self.paused) & used != 0;
        self.paused = groups;
        changed.then(|| of_use(groups & used != 0))
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
            lend,
            enforce,
        } = next.rules.gates;
        let gates = issue | renew | transfer | lend | enforce;
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
