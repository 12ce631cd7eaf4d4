//! What each step should do.

use alloy_primitives::Address;
use lex_model::{ActionKind, License, Reason};

use super::{Holdings, Position, Question, Reference, Series, Step};
use crate::{
    Evidence, Refused,
    lifecycle::{
        Details, Way, as_approved, changed, issued, require_fit, require_grounds, settled,
    },
    rules::set,
};

/// The most licenses in one message.
pub(super) const MAX_BATCH: usize = 20;

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
                max_per_holder,
                by,
            } => {
                self.act(question, details, *max_per_holder, *by)?;
                if details.evidence.clearance.is_some() {
                    self.cleared = Some(step.clone());
                }
                Ok(())
            }
            Step::TransferBatch {
                caller,
                from,
                to,
                ids,
                amounts,
            } => {
                require_batch(ids.len(), amounts.len())?;
                if !self.may_move(*caller, *from) {
                    return Err(Reason::NotApproved.into());
                }
                let transfers = ids.iter().zip(amounts).map(|(id, amount)| Question {
                    kind: ActionKind::Transfer,
                    from: *from,
                    to: *to,
                    amount: *amount,
                    ..Question::on(*id, *caller)
                });
                self.all_or_none(transfers, |reference, question| {
                    reference.transfer(&question)
                })
            }
            Step::RecoverAll(by, lost, ids) => {
                require_batch(ids.len(), ids.len())?;
                self.recover_all(*by, *lost, ids)
            }
            Step::Settle(by, id) => {
                let license = self.find(*id)?.license;
                self.rules.require_caller_free(*by, license.holder.into())?;
                let settled = settled(license, self.now)?;
                self.series_mut(*id).settlements += 1;
                self.replace(*id, settled);
                Ok(())
            }
            Step::Assign(by, id, user, expires) => self.assign(*by, *id, *user, *expires),
            Step::Unassign(by, id, user) => {
                self.find(*id)?;
                self.unassign(*by, *id, *user)
            }
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

    fn act(
        &mut self,
        question: &Question,
        details: &Details,
        max_per_holder: u64,
        by: Way,
    ) -> Result<(), Refused> {
        let Question {
            kind,
            caller,
            id,
            from,
            ..
        } = *question;
        if kind == ActionKind::Recover {
            return self.recover_all(caller, from, &[id]);
        }
        if let Some(series) = self.series(id) {
            require_fit(kind, series.requested, details)?;
        }
        if let Some(refusal) = self.refusals(question, &details.evidence).first() {
            return Err(*refusal);
        }
        let subject = self.subject(question)?;
        self.rules.note(&subject.action)?;
        self.carry_out(question, details, max_per_holder, by)?;
        self.rules.use_up(&subject, &details.evidence);
        Ok(())
    }

    /// Does what policy has allowed.
    fn carry_out(
        &mut self,
        question: &Question,
        details: &Details,
        max_per_holder: u64,
        by: Way,
    ) -> Result<(), Refused> {
        let Question {
            kind,
            caller,
            id,
            from,
            to,
            amount,
            ..
        } = *question;
        if kind == ActionKind::Issue {
            return self.issue(question, details, max_per_holder);
        }
        let now = self.now;
        let license = self.find(id)?.license;
        let durations = self.rules.durations(license.license_type);
        let next = changed(kind, license, &durations, now, details)?;
        match kind {
            ActionKind::Renew => {
                let renewed = as_approved(next, details)?;
                self.series_mut(id).requested = false;
                self.replace(id, renewed);
            }
            ActionKind::RequestRenewal => self.series_mut(id).requested = true,
            ActionKind::Amend => {
                details.metadata.require_short()?;
                let series = self.series_mut(id);
                if series.metadata == details.metadata {
                    return Err(Reason::AlreadySo.into());
                }
                series.metadata = details.metadata;
                self.replace(id, next);
            }
            ActionKind::Suspend => {
                let by_committee = self.rules.is_decided_by(caller, license.license_type);
                self.series_mut(id).suspended_by_committee = by_committee;
                self.replace(id, next);
            }
            ActionKind::Surrender => {
                let holdings = &mut self.series_mut(id).holdings;
                holdings.lose(caller, amount);
                if holdings.seats() == 0 {
                    self.replace(id, license.surrendered(now)?);
                }
            }
            ActionKind::Transfer => self.series_mut(id).holdings.pass(from, to, amount),
            ActionKind::ForceTransfer => {
                require_grounds(details, by)?;
                self.series_mut(id).holdings.take(from, to, amount, now);
            }
            ActionKind::FreezeToken => {
                require_grounds(details, by)?;
                self.series_mut(id).holdings.freeze(from, amount);
            }
            _ => self.replace(id, next),
        }
        Ok(())
    }

    fn issue(
        &mut self,
        question: &Question,
        details: &Details,
        max_per_holder: u64,
    ) -> Result<(), Refused> {
        details.metadata.require_short()?;
        let action = self.action(question, None)?;
        let license = issued(&self.rules, &action, &question.wanted())?;
        let first = Position {
            balance: question.amount,
            ..Position::default()
        };
        let holdings = Holdings {
            positions: [(question.to, first)].into(),
            max_per_holder,
            ..Holdings::default()
        };
        self.add(license, details.metadata, holdings);
        Ok(())
    }

    fn transfer(&mut self, question: &Question) -> Result<(), Refused> {
        if let Some(refusal) = self.refusals(question, &Evidence::default()).first() {
            return Err(*refusal);
        }
        self.rules.note(&self.subject(question)?.action)?;
        let holdings = &mut self.series_mut(question.id).holdings;
        holdings.pass(question.from, question.to, question.amount);
        Ok(())
    }

    /// Moves what a lost key has to its successor; a licensee's place too.
    fn recover_all(&mut self, by: Address, lost: Address, ids: &[u64]) -> Result<(), Refused> {
        let recoveries = ids.iter().map(|id| Question {
            kind: ActionKind::Recover,
            from: lost,
            ..Question::on(*id, by)
        });
        self.all_or_none(recoveries, |reference, question| {
            reference.find(question.id)?;
            if let Some(refusal) = reference.refusals(&question, &Evidence::default()).first() {
                return Err(*refusal);
            }
            let series = reference.find(question.id)?;
            let holder = reference.next_licensee(series, lost).0.0;
            let now = reference.now;
            let successor = reference.rules.successor(lost, now);
            let series = reference.series_mut(question.id);
            // Readers are not told of licensees, so this is no new version.
            series.license = License {
                holder,
                ..series.license
            };
            series.holdings.recover(lost, successor, now);
            Ok(())
        })
    }

    /// Does one after the other; if one is refused, none of them was done.
    fn all_or_none(
        &mut self,
        questions: impl Iterator<Item = Question> + Clone,
        mut each: impl FnMut(&mut Self, Question) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let before: Vec<_> = questions
            .clone()
            .filter_map(|question| Some((question.id, self.series(question.id)?.clone())))
            .collect();
        let done = questions
            .into_iter()
            .try_for_each(|question| each(self, question));
        if done.is_err() {
            for (id, series) in before {
                *self.series_mut(id) = series;
            }
        }
        done
    }

    fn assign(&mut self, by: Address, id: u64, user: Address, expires: u64) -> Result<(), Refused> {
        let question = Question {
            kind: ActionKind::Lend,
            from: by,
            to: user,
            amount: 1,
            ..Question::on(id, by)
        };
        if let Some(refusal) = self.refusals(&question, &Evidence::default()).first() {
            return Err(*refusal);
        }
        self.rules.note(&self.subject(&question)?.action)?;
        let now = self.now;
        if expires <= now {
            return Err(Refused::new(Reason::InvalidTime, expires));
        }
        self.series_mut(id).holdings.assign(by, user, expires, now)
    }

    /// Ends a user's right; its holder, an operator and the user may, and anyone when it is over.
    fn unassign(&mut self, by: Address, id: u64, user: Address) -> Result<(), Refused> {
        let now = self.now;
        let holdings = &self.series_mut(id).holdings;
        let right = holdings.rights.get(&user).copied();
        let holder = right.ok_or(Reason::AlreadySo)?.holder;
        let runs = holdings.right(user, now).is_some();
        let position = holdings.of(holder);
        if runs && by != user && !self.may_move(by, holder) {
            return Err(Reason::NotApproved.into());
        }
        self.rules.require_caller_free(by, holder)?;
        if runs {
            self.rules.require_free(holder, Reason::HolderFrozen, 1)?;
            if position.frozen != 0 && position.unfrozen() == 0 {
                return Err(Reason::TokenFrozen.into());
            }
        }
        self.series_mut(id).holdings.take_back(user);
        Ok(())
    }

    fn find(&self, id: u64) -> Result<&Series, Reason> {
        self.series(id).ok_or(Reason::UnknownLicense)
    }
}

fn require_batch(length: usize, amounts: usize) -> Result<(), Refused> {
    if length <= MAX_BATCH && length == amounts {
        Ok(())
    } else {
        Err(Refused::new(Reason::WrongLength, MAX_BATCH as u64))
    }
}
