//! What each step should do.

use alloy_primitives::Address;
use lex_model::{
    ActionKind, Group, Jurisdiction, KIND_HOLDER, KIND_PAUSE, License, MAX_RULES, Reason, Refusal,
    Standing, Term, Update, required_gates,
};

use crate::{Question, Reference, Refused, Step, people};

impl Reference {
    /// Does what a step should do.
    ///
    /// # Errors
    /// The refusal that the contracts should give; nothing is changed then.
    pub fn apply(&mut self, step: &Step) -> Result<(), Refused> {
        match step {
            Step::Act {
                question,
                until,
                reason,
                from,
            } => self.act(question, *until, *reason, *from),
            Step::Settle(_, id) => {
                let license = self.find(*id)?;
                let settled = license
                    .settled(self.now)
                    .map_err(|reason| refused(reason, lifts_at(license.standing)))?;
                self.replace(*id, settled);
                Ok(())
            }
            Step::Approve(by, to, id) => {
                let license = self.find(*id)?;
                if !self.may_approve(*by, license.holder.into()) {
                    return Err(Reason::NotApproved.into());
                }
                self.entry_mut(*id).approved = *to;
                Ok(())
            }
            Step::SetOperator(by, operator, approved) => {
                set(&mut self.operators, (*by, *operator), *approved);
                Ok(())
            }
            Step::FreezeHolder(by, holder, frozen) => {
                only(*by, people::REGULATOR, Reason::NotRegulator)?;
                if self.frozen.contains(holder) == *frozen {
                    return Err(Reason::AlreadySo.into());
                }
                // A lost key stays frozen.
                if self.successors.contains_key(holder) {
                    return Err(Reason::AlreadyRecovered.into());
                }
                self.freeze(*holder, *frozen);
                Ok(())
            }
            Step::RecoverKey(by, lost, successor) => self.recover_key(*by, *lost, *successor),
            Step::Pause(by, groups) => {
                only(*by, people::GUARDIAN, Reason::NotGuardian)?;
                self.pause(self.paused | groups)
            }
            Step::LiftPause(by, groups) => {
                if *by != people::REGULATOR && *by != people::ADMIN {
                    return Err(Reason::NotRegulator.into());
                }
                self.pause(self.paused & !groups)
            }
            Step::SetTypeOpen(by, id, open) => self.set_type_open(*by, *id, *open),
            Step::SetIssuer(by, issuer, registered) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                match (self.issuers.contains(issuer), registered) {
                    (true, true) => return Err(Reason::AlreadySo.into()),
                    (false, false) => return Err(Reason::UnknownIssuer.into()),
                    _ => set(&mut self.issuers, *issuer, *registered),
                }
                Ok(())
            }
            Step::SetGrant(by, issuer, license_type, place, granted) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                if self.license_type(*license_type).is_none() {
                    return Err(Reason::UnknownType.into());
                }
                if !self.issuers.contains(issuer) {
                    return Err(Reason::UnknownIssuer.into());
                }
                let grant = (*issuer, *license_type, *place);
                if self.grants.contains(&grant) == *granted {
                    return Err(Reason::AlreadySo.into());
                }
                set(&mut self.grants, grant, *granted);
                Ok(())
            }
            Step::SetBundle(by, place, rules) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                if rules.len() > MAX_RULES {
                    return Err(refused(Reason::LimitReached, MAX_RULES as u64));
                }
                let bundle = self.bundles.entry(place).or_default();
                bundle.version += 1;
                bundle.rules = Some(rules.clone());
                Ok(())
            }
            Step::RemoveBundle(by, place) => {
                only(*by, people::ADMIN, Reason::NotAdmin)?;
                let bundle = self.bundles.entry(place).or_default();
                if bundle.rules.take().is_none() {
                    return Err(Reason::NoRules.into());
                }
                bundle.version += 1;
                Ok(())
            }
            Step::Wait(seconds) => {
                self.now += seconds;
                Ok(())
            }
        }
    }

    fn act(
        &mut self,
        question: &Question,
        until: u64,
        reason: u32,
        from: Address,
    ) -> Result<(), Refused> {
        let Question {
            kind,
            caller,
            id,
            to,
            ..
        } = *question;
        let mistaken = match kind {
            ActionKind::Transfer => Some(Reason::NotHolder),
            ActionKind::ForceTransfer | ActionKind::FreezeToken => Some(Reason::NotAsApproved),
            _ => None,
        };
        if let Some(reason) = mistaken
            && self.find(id)?.holder != from.0.0
        {
            return Err(reason.into());
        }
        if let Some(refusal) = self.refusals(question).first() {
            return Err(*refusal);
        }
        if kind == ActionKind::Issue {
            let license = self.new_license(question)?;
            self.add(license.0);
            return Ok(());
        }
        let license = self.find(id)?;
        let durations = self
            .license_type(license.license_type)
            .map(|license_type| license_type.rules.durations)
            .expect("the gate knows the type");
        let now = self.now;
        match kind {
            ActionKind::Issue => {}
            ActionKind::Sublicense => {
                let (child, _) = self.new_license(question)?;
                let term = child.term.within(&license.term)?;
                self.add(License {
                    term,
                    issuer: caller.0.0,
                    parent: id,
                    ..child
                });
            }
            ActionKind::Activate => self.replace(id, license.activated(now)?),
            ActionKind::Withdraw => self.replace(id, license.withdrawn(now)?),
            ActionKind::Renew => {
                let renewed = license.renewed(&durations, now)?;
                let term = match self.entry(license.parent) {
                    Some(parent) => renewed.term.within(&parent.license.term)?,
                    None => renewed.term,
                };
                self.entry_mut(id).requested = false;
                self.replace(id, License { term, ..renewed });
            }
            ActionKind::RequestRenewal => self.entry_mut(id).requested = true,
            ActionKind::Suspend => {
                required(reason)?;
                let suspended = license
                    .suspended((until != 0).then_some(until), now)
                    .map_err(|reason| refused(reason, until))?;
                self.replace(id, suspended);
            }
            ActionKind::Resume => self.replace(id, license.resumed(now)?),
            ActionKind::Revoke => {
                required(reason)?;
                self.replace(id, license.revoked()?);
            }
            ActionKind::Surrender => self.replace(id, license.surrendered(now)?),
            ActionKind::Transfer => self.hand_over(id, license.transferred(to.0.0, now)?, false),
            ActionKind::ForceTransfer => {
                required(reason)?;
                self.hand_over(id, license.forced_to(to.0.0)?, false);
            }
            ActionKind::FreezeToken => {
                required(reason)?;
                if self.entry_mut(id).frozen == (until != 0) {
                    return Err(Reason::AlreadySo.into());
                }
                self.entry_mut(id).frozen = until != 0;
            }
            ActionKind::Recover => self.hand_over(id, license.recovered_to(to.0.0)?, true),
            // Only the metadata's own entry changes.
            ActionKind::Amend => {}
        }
        Ok(())
    }

    /// Moves a license. Who was approved for it is so no longer; a recovery leaves everything else as
    /// it is, and any other move ends a request for renewal and lets it go.
    fn hand_over(&mut self, id: u64, license: License, recovered: bool) {
        let entry = self.entry_mut(id);
        entry.approved = Address::ZERO;
        if !recovered {
            entry.requested = false;
            entry.frozen = false;
        }
        self.replace(id, license);
    }

    fn new_license(&self, question: &Question) -> Result<(License, u8), Refused> {
        let license_type = self
            .license_type(question.license_type)
            .ok_or(Reason::UnknownType)?;
        let place = Jurisdiction::parse(question.place)?;
        let valid_from = if question.valid_from == 0 {
            self.now
        } else {
            question.valid_from
        };
        let term = Term::first(&license_type.rules.durations, valid_from)?;
        let gates = required_gates(
            question.kind,
            &license_type.rules,
            question.license_type,
            self.bundle(place),
        );
        let license = License::issued(
            question.to.0.0,
            question.caller.0.0,
            question.license_type,
            place,
            term,
        );
        let license = if gates == 0 {
            license
        } else {
            license.pending()
        };
        Ok((license, gates))
    }

    fn find(&self, id: u64) -> Result<License, Reason> {
        self.entry(id)
            .map(|entry| entry.license)
            .ok_or(Reason::UnknownLicense)
    }

    fn freeze(&mut self, holder: Address, frozen: bool) {
        set(&mut self.frozen, holder, frozen);
        self.append(Update {
            kind: KIND_HOLDER,
            holder: holder.0.0,
            status: u8::from(frozen),
            ..Update::default()
        });
    }

    fn recover_key(&mut self, by: Address, lost: Address, to: Address) -> Result<(), Refused> {
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
        if !self.frozen.contains(&lost) {
            self.freeze(lost, true);
        }
        Ok(())
    }

    fn pause(&mut self, groups: u8) -> Result<(), Refused> {
        if groups == self.paused {
            return Err(Reason::AlreadySo.into());
        }
        let of_use = Group::Use.bit();
        let changed = (groups ^ self.paused) & of_use != 0;
        self.paused = groups;
        if changed {
            self.append(Update {
                kind: KIND_PAUSE,
                status: u8::from(groups & of_use != 0),
                ..Update::default()
            });
        }
        Ok(())
    }

    fn set_type_open(&mut self, by: Address, id: u64, open: bool) -> Result<(), Refused> {
        only(by, people::ADMIN, Reason::NotAdmin)?;
        let place = id.checked_sub(1).map(|place| place as usize);
        let license_type = place
            .and_then(|place| self.types.get_mut(place))
            .ok_or(Reason::UnknownType)?;
        if license_type.rules.open == open {
            return Err(Reason::AlreadySo.into());
        }
        license_type.rules.open = open;
        license_type.rules.version += 1;
        self.append(Update::of_type(id, open, 0));
        Ok(())
    }
}

fn only(by: Address, who: Address, reason: Reason) -> Result<(), Refused> {
    if by == who {
        Ok(())
    } else {
        Err(reason.into())
    }
}

fn required(reason: u32) -> Result<(), Refused> {
    if reason == 0 {
        Err(Reason::MissingReason.into())
    } else {
        Ok(())
    }
}

fn refused(reason: Reason, detail: u64) -> Refused {
    Refusal {
        reason,
        rule_version: 0,
        detail,
    }
    .into()
}

fn lifts_at(standing: Standing) -> u64 {
    match standing {
        Standing::Suspended { lifts_at } => lifts_at.unwrap_or_default(),
        _ => 0,
    }
}

fn set<T: Ord>(members: &mut std::collections::BTreeSet<T>, member: T, is_member: bool) {
    if is_member {
        members.insert(member);
    } else {
        members.remove(&member);
    }
}
