//! A walk over the license contract behind its proxy, with policy, a committee, the verifier and rule
//! modules. The committee contract's decisions, clearances and proofs open its gates.

mod choose;
mod expect;
mod invariants;
mod reference;
mod step;
#[cfg(test)]
mod tests;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Address;
use lex_model::ActionKind;

pub use invariants::Invariants;
pub use reference::{Entry, Question, Reference};
pub use step::Step;

use crate::{
    Blobs, Chain, Evidence, Failure, Ground, Outcome, Random, World,
    compare::{self, Shown, ask, ask_flag, ask_number},
    evidence::no_evidence,
    id, people, prepare,
    values::{address, number, text, to_address},
};

/// All contracts with licenses on a chain, and the reference of them.
pub struct LicenseGround<C> {
    world: World<C>,
    reference: Reference,
    invariants: Invariants,
}

impl<C: Chain> LicenseGround<C> {
    /// Puts the contracts on a chain and gives them the rules of a walk's beginning.
    ///
    /// # Errors
    /// When a contract refuses.
    pub fn new(chain: C, blobs: &Blobs, chain_id: u64) -> Result<Self, Failure> {
        let mut world = World::of_licenses(chain, blobs)?;
        let rules = prepare(&mut world)?;
        let now = world.chain.now();
        let reference = Reference::new(chain_id, world.license.address, rules, now);
        Ok(Self {
            world,
            reference,
            invariants: Invariants::default(),
        })
    }

    /// What `explain` and `canTransfer` say before the action is tried is what the reference says; that
    /// the action then ends so is compared afterwards (I8).
    fn compare_explanation(
        &mut self,
        question: &Question,
        from: Address,
        (evidence, encoded): (&Evidence, &DynSolValue),
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
            address(asked.to),
        ];
        let actual = compare::explained(&mut self.world, arguments, (evidence, encoded))?;
        let expected = self.reference.refusals(&asked, evidence);
        if expected != actual {
            return Err(format!("explain says {actual:?} instead of {expected:?}"));
        }
        if asked.kind != ActionKind::Transfer {
            return Ok(());
        }
        let arguments = [address(from), address(asked.to), id(asked.id)];
        let can_transfer = ask_flag(&mut self.world, "canTransfer", &arguments)?;
        let holds = self
            .reference
            .entry(asked.id)
            .is_some_and(|entry| entry.license.holder == from.0.0);
        let by_holder = Question {
            caller: from,
            ..asked
        };
        let alone = Evidence::default();
        let expected = holds && self.reference.refusals(&by_holder, &alone).is_empty();
        if can_transfer == expected {
            Ok(())
        } else {
            Err(format!("I8: canTransfer is not {expected}"))
        }
    }

    /// The evidence that comes with a step, as contracts take it.
    fn encoded_evidence(&mut self, step: &Step) -> Result<DynSolValue, String> {
        let Step::Act {
            question, details, ..
        } = step
        else {
            return Ok(no_evidence());
        };
        let subject = self.reference.subject(question).ok();
        self.world
            .encode(&details.evidence, subject.as_ref(), &self.reference.rules)
            .map_err(|failure| format!("evidence: {failure:?}"))
    }

    fn compare_license(&mut self, license: u64) -> Result<(), String> {
        let reference = &self.reference;
        let shown = reference.entry(license).map(|entry| Shown {
            license: entry.license,
            status: reference.status(entry),
            suspended_until: reference.suspended_until(entry),
            metadata: entry.metadata,
            usable: reference.is_usable(entry),
        });
        compare::license(&mut self.world, license, shown)
    }

    /// The licenses that a step may have changed; `before` is how many there were.
    fn touched(&self, step: &Step, before: u64) -> Vec<u64> {
        let changed = step.license().into_iter().flat_map(|changed| {
            let entry = self.reference.entry(changed);
            let under = entry.map_or_else(Vec::new, |entry| entry.children.clone());
            std::iter::once(changed).chain(under)
        });
        changed
            .chain(before + 1..=self.reference.licenses.len() as u64)
            .collect()
    }

    /// What others than the holder may do with a license, and what is noted about it.
    fn compare_rights(&mut self, license: u64) -> Result<(), String> {
        let (world, reference) = (&mut self.world, &self.reference);
        let Some(entry) = reference.entry(license) else {
            return Ok(());
        };
        let expected = (entry.approved, reference.user(entry));
        let approved = to_address(&ask(world, "getApproved", &[id(license)])?[0]);
        let user = to_address(&ask(world, "userOf", &[id(license)])?[0]);
        if expected != (approved, user) {
            return Err(format!(
                "license {license} is approved for {approved} and lent to {user}, not {expected:?}"
            ));
        }
        let expected = (entry.frozen, entry.requested);
        let arguments = [address(entry.license.holder.into()), id(license)];
        let frozen = ask_flag(world, "getFrozenTokens", &arguments)?;
        let requested = ask_flag(world, "isRenewalRequested", &[id(license)])?;
        if expected == (frozen, requested) {
            Ok(())
        } else {
            Err(format!(
                "license {license}: frozen {frozen}, requested {requested}, not {expected:?}"
            ))
        }
    }

    fn compare_balances(&mut self) -> Result<(), String> {
        for holder in people::all() {
            let balance = self.reference.balances.get(&holder).copied();
            let actual = ask_number(&mut self.world, "balanceOf", &[address(holder)])?;
            if balance.unwrap_or_default() != actual {
                return Err(format!("{holder} holds {actual} instead of {balance:?}"));
            }
        }
        Ok(())
    }
}

impl<C: Chain> Ground for LicenseGround<C> {
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
            self.compare_rights(license)?;
            return Ok(Outcome::WAITED);
        }
        let encoded = self.encoded_evidence(step)?;
        if let Step::Act {
            question,
            from,
            details,
            ..
        } = step
        {
            self.compare_explanation(question, *from, (&details.evidence, &encoded))?;
        }
        let message = step
            .message(&self.reference, &encoded)
            .expect("every step but waiting is a message");
        let before = step.license().and_then(|id| self.reference.entry(id));
        let before = before.cloned();
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
        for license in self.touched(step, count) {
            self.compare_license(license)?;
        }
        if let Some(license) = step.license() {
            self.compare_rights(license)?;
        }
        let (world, reference) = (&mut self.world, &self.reference);
        self.invariants
            .after(step, &sent, before.as_ref(), world, reference)?;
        Ok(outcome)
    }

    fn compare_all(&mut self) -> Result<(), String> {
        for license in 1..=self.reference.licenses.len() as u64 {
            self.compare_license(license)?;
            self.compare_rights(license)?;
        }
        self.compare_balances()?;
        compare::rules(&mut self.world, &self.reference.rules, self.reference.now)?;
        Invariants::of_all(&mut self.world, &self.reference)
    }
}
