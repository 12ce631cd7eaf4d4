//! What each step should do.

use alloy_primitives::Address;
use lex_model::{ActionKind, License, Reason};

use super::{Question, Reference, Step};
use crate::{
    Evidence, Refused,
    lifecycle::{
        Details, Way, as_approved, changed, issued, require_fit, require_grounds, settled,
    },
    rules::set,
};

impl Reference {
    /// Does what a step should do.
    ///
    /// # Errors
    /// The refusal that the contracts should give; nothing is changed then.
    pub fn apply(&mut self, step: &Step) -> Result<(), Refused> {
        match step {
            Step::Act {
                question,
                details,
                from,
                by,
            } => self.act(question, details, *from, *by),
            Step::Settle(by, id) => {
                let license = self.find(*id)?;
                self.rules.require_caller_free(*by, license.holder.into())?;
                let settled = settled(license, self.now)?;
                self.entry_mut(*id).settlements += 1;
                self.replace(*id, settled);
                Ok(())
            }
            Step::Approve(by, to, id) => {
                let license = self.find(*id)?;
                if !self.may_approve(*by, license.holder.into()) {
                    return Err(Reason::NotHolder.into());
                }
                self.require_free(*by, *id)?;
                if to.0.0 == license.holder {
                    return Err(Reason::SameAccount.into());
                }
                self.entry_mut(*id).approved = *to;
                Ok(())
            }
            Step::Lend(by, id, user, expires) => self.lend(*by, *id, *user, *expires),
            Step::SetOperator(by, operator, approved) => {
                self.rules.require_caller_free(*by, *by)?;
                set(&mut self.operators, (*by, *operator), *approved);
                Ok(())
            }
            Step::Rule(ruling) => {
                if let Some(update) = self.rules.apply(ruling, self.now)? {
                    self.append(update);
                }
                Ok(())
            }
            Step::Wait(seconds) => {
                self.now += seconds;
                Ok(())
            }
        }
    }

    /// Whether a committee that proposes its decisions asks.
    fn is_proposed(&self, question: &Question) -> bool {
        question.caller == self.rules.deployed.committee
    }

    fn act(
        &mut self,
        question: &Question,
        details: &Details,
        from: Address,
        by: Way,
    ) -> Result<(), Refused> {
        let Question { kind, id, .. } = *question;
        if let Some(entry) = self.entry(id) {
            let mistaken = match kind {
                ActionKind::Transfer => Some(Reason::NotHolder),
                ActionKind::ForceTransfer => Some(Reason::NotAsApproved),
                // Whose license is to be held is compared when a decision is proposed only.
                ActionKind::FreezeToken if details.until == 0 || self.is_proposed(question) => {
                    Some(Reason::NotAsApproved)
                }
                _ => None,
            };
            if let Some(reason) = mistaken
                && entry.license.holder != from.0.0
            {
                return Err(reason.into());
            }
            require_fit(kind, entry.requested, details)?;
        }
        if let Some(refusal) = self.refusals(question, &details.evidence).first() {
            return Err(*refusal);
        }
        let subject = self.subject(question)?;
        self.rules.note(&subject.action)?;
        self.carry_out(question, details, by)?;
        self.rules.use_up(&subject, &details.evidence);
        Ok(())
    }

    /// Does what policy has allowed.
    fn carry_out(
        &mut self,
        question: &Question,
        details: &Details,
        by: Way,
    ) -> Result<(), Refused> {
        let Question {
            kind,
            caller,
            id,
            to,
            ..
        } = *question;
        if kind.creates() {
            return self.create(question, details);
        }
        let license = self.find(id)?;
        let durations = self.rules.durations(license.license_type);
        let next = changed(kind, license, &durations, self.now, details)?;
        match kind {
            ActionKind::Renew => {
                let term = match self.entry(license.parent) {
                    Some(parent) => next.term.within(&parent.license.term)?,
                    None => next.term,
                };
                let renewed = as_approved(License { term, ..next }, details)?;
                self.entry_mut(id).requested = false;
                self.replace(id, renewed);
            }
            ActionKind::RequestRenewal => self.entry_mut(id).requested = true,
            ActionKind::Surrender => self.replace(id, license.surrendered(self.now)?),
            ActionKind::Transfer => {
                self.hand_over(id, license.transferred(to.0.0, self.now)?, false);
            }
            ActionKind::ForceTransfer => {
                require_grounds(details, by)?;
                self.hand_over(id, license.forced_to(to.0.0)?, false);
            }
            ActionKind::FreezeToken => {
                require_grounds(details, by)?;
                let frozen = details.until != 0;
                if self.entry_mut(id).frozen == frozen {
                    return Err(Reason::AlreadySo.into());
                }
                self.entry_mut(id).frozen = frozen;
            }
            ActionKind::Recover => self.hand_over(id, license.recovered_to(to.0.0)?, true),
            ActionKind::Amend => {
                details.metadata.require_short()?;
                let entry = self.entry_mut(id);
                if entry.metadata == details.metadata {
                    return Err(Reason::AlreadySo.into());
                }
                entry.metadata = details.metadata;
                self.replace(id, next);
            }
            ActionKind::Suspend => {
                let by_committee = self.rules.is_decided_by(caller, license.license_type);
                self.entry_mut(id).suspended_by_committee = by_committee;
                self.replace(id, next);
            }
            _ => self.replace(id, next),
        }
        Ok(())
    }

    fn create(&mut self, question: &Question, details: &Details) -> Result<(), Refused> {
        details.metadata.require_short()?;
        let parent = self.entry(question.id).cloned();
        let action = self.action(question, parent.as_ref())?;
        let wanted = question.wanted(action.issuer.into());
        let mut license = issued(&self.rules, &action, &wanted)?;
        if let Some(parent) = parent {
            license.term = license.term.within(&parent.license.term)?;
            license.parent = question.id;
        }
        self.add(license, details.metadata);
        Ok(())
    }

    /// Lends the use of a license, or takes it back from the zero address.
    fn lend(&mut self, by: Address, id: u64, user: Address, expires: u64) -> Result<(), Refused> {
        self.find(id)?;
        if user.is_zero() {
            return self.take_back(by, id);
        }
        let question = Question {
            kind: ActionKind::Lend,
            caller: by,
            id,
            license_type: 0,
            place: "",
            valid_from: 0,
            to: user,
        };
        if let Some(refusal) = self.refusals(&question, &Evidence::default()).first() {
            return Err(*refusal);
        }
        self.rules.note(&self.subject(&question)?.action)?;
        if expires <= self.now {
            return Err(Refused::new(Reason::InvalidTime, expires));
        }
        self.entry_mut(id).user = (user, expires);
        Ok(())
    }

    /// Ends a loan; whoever could lend may, and the user.
    fn take_back(&mut self, by: Address, id: u64) -> Result<(), Refused> {
        let entry = self.entry_mut(id).clone();
        let (user, expires) = entry.user;
        let is_lent = !user.is_zero() && self.now < expires;
        let is_user = is_lent && user == by;
        if !is_user && !self.may_move(by, &entry) {
            return Err(Reason::NotApproved.into());
        }
        self.require_free(by, id)?;
        if !is_lent {
            return Err(Reason::AlreadySo.into());
        }
        self.entry_mut(id).user = (Address::ZERO, 0);
        Ok(())
    }

    /// Refuses to let an account change what others may do with a license, while something stands
    /// against it, the holder or the license.
    fn require_free(&mut self, by: Address, id: u64) -> Result<(), Refused> {
        let entry = self.entry_mut(id).clone();
        let holder = Address::from(entry.license.holder);
        self.rules.require_caller_free(by, holder)?;
        self.rules.require_free(holder, Reason::HolderFrozen, 1)?;
        match entry.frozen {
            true => Err(Reason::TokenFrozen.into()),
            false => Ok(()),
        }
    }

    /// Moves a license. Who was approved for it or used it does so no longer; a recovery leaves
    /// everything else as it is, and any other move ends a request for renewal and lets it go.
    fn hand_over(&mut self, id: u64, license: License, recovered: bool) {
        let entry = self.entry_mut(id);
        entry.approved = Address::ZERO;
        entry.user = (Address::ZERO, 0);
        if !recovered {
            entry.requested = false;
            entry.frozen = false;
        }
        self.replace(id, license);
    }

    fn find(&self, id: u64) -> Result<License, Reason> {
        self.entry(id)
            .map(|entry| entry.license)
            .ok_or(Reason::UnknownLicense)
    }
}
