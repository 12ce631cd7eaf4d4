//! A walk over the seats contract behind its proxy, with policy, a committee, the verifier and rule
//! modules, against a reference that keeps sets and maps of accounts where the contract counts.

mod choose;
mod expect;
mod invariants;
mod position;
mod reference;
mod step;
#[cfg(test)]
mod tests;
mod told;

use std::collections::BTreeSet;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, U256};
use lex_model::ActionKind;

pub use invariants::Invariants;
pub use position::{Holdings, Position, Right, Taken};
pub use reference::{Question, Reference, Series};
pub use step::Step;
pub use told::Hearsay;

use crate::{
    Blobs, Chain, Evidence, Failure, Ground, Outcome, Random, World,
    compare::{self, Shown, ask, ask_flag},
    evidence::no_evidence,
    id,
    lifecycle::lifts_at,
    people, prepare,
    values::{address, number, text, to_number},
};
use invariants::{i5_i10_seats, i6_users};

/// All contracts with seats on a chain, and the reference of them.
pub struct SeatsGround<C> {
    world: World<C>,
    reference: Reference,
    invariants: Invariants,
}

impl<C: Chain> SeatsGround<C> {
    /// Puts the contracts on a chain and gives them the rules of a walk's beginning.
    ///
    /// # Errors
    /// When a contract refuses.
    pub fn new(chain: C, blobs: &Blobs, chain_id: u64) -> Result<Self, Failure> {
        let mut world = World::of_seats(chain, blobs)?;
        let rules = prepare(&mut world)?;
        let now = world.chain.now();
        let reference = Reference::new(chain_id, world.license.address, rules, now);
        Ok(Self {
            world,
            reference,
            invariants: Invariants::default(),
        })
    }

    /// What is asked for first by a step that policy is asked about, and the evidence for it.
    fn first_question(step: &Step) -> Option<(Question, Evidence)> {
        let question = match step {
            Step::Act {
                question, details, ..
            } => return Some((*question, details.evidence)),
            Step::TransferBatch {
                caller,
                from,
                to,
                ids,
                amounts,
            } => Question {
                from: *from,
                to: *to,
                amount: *amounts.first()?,
                ..Question::on(*ids.first()?, *caller)
            },
            Step::RecoverAll(by, lost, ids) => Question {
                kind: ActionKind::Recover,
                from: *lost,
                ..Question::on(*ids.first()?, *by)
            },
            _ => return None,
        };
        Some((question, Evidence::default()))
    }

    /// What `explain` and `canTransfer` say before the action is tried is what the reference says; that
    /// the action then ends so is compared afterwards (I8).
    fn compare_explanation(
        &mut self,
        question: &Question,
        evidence: &Evidence,
        encoded: &DynSolValue,
    ) -> Result<(), String> {
        // An explanation is about now; only the message itself has a start.
        let asked = Question {
            valid_from: 0,
            ..*question
        };
        let arguments = vec![
            number(u64::from(asked.kind.code())),
            address(asked.caller),
            id(asked.id),
            number(asked.license_type),
            text(asked.place),
            address(asked.from),
            address(asked.to),
            number(asked.amount),
        ];
        let actual = compare::explained(&mut self.world, arguments, (evidence, encoded))?;
        let expected = self.reference.refusals(&asked, evidence);
        if expected != actual {
            return Err(format!("explain says {actual:?} instead of {expected:?}"));
        }
        if asked.kind != ActionKind::Transfer {
            return Ok(());
        }
        let arguments = [
            address(asked.from),
            address(asked.to),
            id(asked.id),
            DynSolValue::Uint(U256::from(asked.amount), 256),
        ];
        let can_transfer = ask_flag(&mut self.world, "canTransfer", &arguments)?;
        let by_holder = Question {
            caller: asked.from,
            ..asked
        };
        let alone = Evidence::default();
        let allowed = self.reference.refusals(&by_holder, &alone).is_empty();
        let expected = !asked.from.is_zero() && allowed;
        if can_transfer == expected {
            Ok(())
        } else {
            Err(format!("I8: canTransfer is not {expected}"))
        }
    }

    /// The license, its seats and their users.
    fn compare_license(&mut self, license: u64) -> Result<(), String> {
        let (world, reference) = (&mut self.world, &self.reference);
        let series = reference.series(license);
        let shown = series.map(|series| Shown {
            license: series.license,
            status: series.status(reference.now),
            suspended_until: lifts_at(series.license.standing.at(reference.now)),
            metadata: series.metadata,
            usable: reference.is_usable(series, Address::ZERO),
        });
        compare::license(world, license, shown)?;
        let Some(series) = series else { return Ok(()) };
        i5_i10_seats(world, license, series)?;
        i6_users(world, reference, license, series)
    }

    fn compare_position(&mut self, license: u64, account: Address) -> Result<(), String> {
        let now = self.reference.now;
        let Some(series) = self.reference.series(license) else {
            return Ok(());
        };
        let position = series.holdings.of(account);
        let expected = [
            position.balance,
            position.frozen,
            position.assigned_at(now),
            position.free(now),
        ];
        let may_use = self.reference.may_use(series, account);
        let arguments = [id(license), address(account)];
        let answer = ask(&mut self.world, "position", &arguments)?;
        let actual: Vec<u64> = answer.iter().map(to_number).collect();
        if actual != expected {
            return Err(format!(
                "{account} has {actual:?} of license {license} instead of {expected:?}"
            ));
        }
        if ask_flag(&mut self.world, "mayUse", &arguments)? != may_use {
            return Err(format!(
                "license {license}: that {account} may use it is not {may_use}"
            ));
        }
        Ok(())
    }

    /// The accounts that have something of a license.
    fn holders(&self, license: u64) -> Vec<Address> {
        let series = self.reference.series(license).into_iter();
        let holders = series.flat_map(|series| series.holdings.positions.keys());
        holders.copied().collect()
    }

    /// Compares what a step may have changed: the licenses that it was about and made, and what the
    /// accounts that it names have of them, with their successors. And M6, a license that it was not
    /// about.
    fn compare_changes(
        &mut self,
        step: &Step,
        count: u64,
        random: &mut Random,
    ) -> Result<(), String> {
        let now_there = self.reference.licenses.len() as u64;
        let (rules, now) = (&self.reference.rules, self.reference.now);
        let named = step.accounts().into_iter();
        let accounts: BTreeSet<Address> = named
            .flat_map(|account| [account, rules.successor(account, now)])
            .filter(|account| !account.is_zero())
            .collect();
        let about = step.licenses().into_iter().chain(count + 1..=now_there);
        for license in about.collect::<BTreeSet<_>>() {
            self.compare_license(license)?;
            for account in &accounts {
                self.compare_position(license, *account)?;
            }
        }
        let other = 1 + random.below(now_there.max(1));
        let account = random.pick(&people::all());
        self.compare_position(other, account)
            .map_err(|difference| format!("M6: {difference}"))
    }
}

impl<C: Chain> Ground for SeatsGround<C> {
    type Chain = C;
    type Step = Step;

    fn chain(&self) -> &C {
        &self.world.chain
    }

    fn choose(&self, random: &mut Random) -> Step {
        Step::random(random, &self.reference)
    }

    fn take(&mut self, step: &Step, random: &mut Random) -> Result<Outcome, String> {
        let count = self.reference.licenses.len() as u64;
        if let Step::Wait(seconds) = step {
            let license = count.saturating_sub(random.below(8));
            let later = self.reference.now + seconds;
            self.reference.now = compare::i3_foretold(&mut self.world, license, later)?;
            if let Some(series) = self.reference.series(license) {
                i6_users(&mut self.world, &self.reference, license, series)?;
            }
            return Ok(Outcome::WAITED);
        }
        let mut encoded = no_evidence();
        if let Some((question, evidence)) = Self::first_question(step) {
            let subject = self.reference.subject(&question).ok();
            encoded = self
                .world
                .encode(&evidence, subject.as_ref(), &self.reference.rules)
                .map_err(|failure| format!("evidence: {failure:?}"))?;
            self.compare_explanation(&question, &evidence, &encoded)?;
        }
        let message = step
            .message(&self.reference, &encoded)
            .expect("every step but waiting is a message");
        let about: BTreeSet<u64> = step.licenses().into_iter().collect();
        let before: Vec<(u64, Series)> = about
            .into_iter()
            .filter_map(|id| Some((id, self.reference.series(id)?.clone())))
            .collect();
        let actual = self.world.send(&message);
        // Where blocks have a time of their own, the message met the last block's.
        self.reference.now = self.world.chain.now();
        let expected = self.reference.apply(step);
        let outcome = Outcome {
            message: message.name,
            refused: expected.err(),
        };
        // What was refused has changed nothing: the chain drops it.
        let Some(sent) = compare::result(expected, actual)? else {
            return Ok(outcome);
        };
        compare::outbox_end(&mut self.world, &self.reference.outbox)?;
        self.compare_changes(step, count, random)?;
        let (world, reference) = (&mut self.world, &self.reference);
        self.invariants
            .after(step, &sent, &before, world, reference)?;
        Ok(outcome)
    }

    fn compare_all(&mut self) -> Result<(), String> {
        for license in 1..=self.reference.licenses.len() as u64 {
            self.compare_license(license)?;
            for account in self.holders(license) {
                self.compare_position(license, account)?;
            }
        }
        compare::rules(&mut self.world, &self.reference.rules, self.reference.now)?;
        self.invariants.of_all(&mut self.world, &self.reference)
    }
}
