use std::collections::BTreeMap;

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256};
use lex_model::{ActionKind, Status};

use crate::{
    Chain, Failure, Invariants, Question, Random, Reference, Refused, Sent, Step, World, id,
    outbox, people,
    step::To,
    to_refusals,
    values::{address, number, text, to_address, to_number},
};

/// How often everything is compared, in steps.
const FULL_COMPARISON: u64 = 500;

/// A random walk: the same steps on the contracts and on the reference, which must agree after each.
pub struct Walk<C> {
    world: World<C>,
    reference: Reference,
    random: Random,
    invariants: Invariants,
    seed: u64,
    taken: u64,
    outcomes: BTreeMap<String, u64>,
}

impl<C: Chain> Walk<C> {
    /// Begins at a prepared world and the reference of the same.
    pub fn new(world: World<C>, reference: Reference, seed: u64) -> Self {
        Self {
            world,
            reference,
            random: Random::new(seed),
            invariants: Invariants::default(),
            seed,
            taken: 0,
            outcomes: BTreeMap::new(),
        }
    }

    /// Takes so many steps.
    ///
    /// # Panics
    /// When contracts and reference differ, with the seed and the step.
    pub fn take(&mut self, steps: u64) {
        for _ in 0..steps {
            let step = Step::random(&mut self.random, &self.reference);
            self.taken += 1;
            if let Err(difference) = self.step(&step) {
                panic!(
                    "seed {} step {}: {difference}\n{step:?}",
                    self.seed, self.taken
                );
            }
            if self.taken.is_multiple_of(FULL_COMPARISON) {
                self.compare_all();
            }
        }
        self.compare_all();
    }

    /// The chain that is walked on.
    pub fn chain(&self) -> &C {
        &self.world.chain
    }

    /// How often each message ended how.
    pub fn outcomes(&self) -> &BTreeMap<String, u64> {
        &self.outcomes
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        if let Step::Wait(seconds) = step {
            return self.wait(*seconds);
        }
        if let Step::Act { question, from, .. } = step {
            self.compare_explanation(question, *from)?;
        }
        let message = step
            .message(&self.reference)
            .expect("every step but waiting is a message");
        let before = self.reference.licenses.len();
        let touched = self.touched(step);
        let actual = match message.to {
            To::Policy => self
                .world
                .send_policy(message.from, message.name, &message.arguments),
            To::License => self
                .world
                .send_license(message.from, message.name, &message.arguments),
        };
        // Where blocks have a time of their own, the message met the last block's.
        self.reference.now = self.world.chain.now();
        let expected = self.reference.apply(step);
        self.count(message.name, &expected);
        let sent = compare_result(expected, actual)?;
        self.compare_outbox()?;
        for license in touched
            .into_iter()
            .chain(before as u64 + 1..=self.reference.licenses.len() as u64)
        {
            self.compare_license(license)?;
        }
        if let Some(sent) = sent {
            self.invariants
                .after(step, &sent, &mut self.world, &self.reference)?;
        }
        Ok(())
    }

    /// I3: until the next message a status changes only as it said before that it would.
    fn wait(&mut self, seconds: u64) -> Result<(), String> {
        let count = self.reference.licenses.len() as u64;
        let license = count.saturating_sub(self.random.below(8));
        let later = self.reference.now + seconds;
        let foretold = self.number("statusAt", &[id(license), number(later)])?;
        self.world.chain.wait_until(later);
        self.reference.now = self.world.chain.now();
        let status = self.number("statusAt", &[id(license), number(later)])?;
        if foretold != status {
            return Err(format!(
                "I3: license {license} was to be {foretold} at {later} and is {status}"
            ));
        }
        Ok(())
    }

    fn number(&mut self, message: &str, arguments: &[DynSolValue]) -> Result<u64, String> {
        let answer = self.world.read_license(message, arguments);
        let values = answer.map_err(|failure| format!("I9: {message}: {failure:?}"))?;
        Ok(to_number(&values[0]))
    }

    /// What `explain` and `canTransfer` say before the action is tried is what the reference says; that
    /// the action then ends so is compared afterwards.
    fn compare_explanation(&mut self, question: &Question, from: Address) -> Result<(), String> {
        // An explanation is about now; only the message itself has a start.
        let asked = Question {
            valid_from: 0,
            ..*question
        };
        let arguments = [
            number(u64::from(asked.kind.code())),
            address(asked.caller),
            id(asked.id),
            number(asked.license_type),
            text(asked.place),
            address(asked.to),
        ];
        let answer = self
            .world
            .read_license("explain", &arguments)
            .map_err(|failure| format!("I9: explain: {failure:?}"))?;
        let (expected, actual) = (self.reference.refusals(&asked), to_refusals(&answer[0]));
        if expected != actual {
            return Err(format!("explain says {actual:?} instead of {expected:?}"));
        }
        if asked.kind == ActionKind::Transfer {
            let arguments = [address(from), address(asked.to), id(asked.id)];
            let answer = self
                .world
                .read_license("canTransfer", &arguments)
                .map_err(|failure| format!("I9: canTransfer: {failure:?}"))?;
            let holds = self
                .reference
                .entry(asked.id)
                .is_some_and(|entry| entry.license.holder == from.0.0);
            let by_holder = Question {
                caller: from,
                ..asked
            };
            let expected = holds && self.reference.refusals(&by_holder).is_empty();
            if answer[0].as_bool() != Some(expected) {
                return Err(format!("canTransfer is not {expected}"));
            }
        }
        Ok(())
    }

    fn compare_outbox(&mut self) -> Result<(), String> {
        let expected = (
            self.reference.outbox.nonce,
            B256::from(self.reference.outbox.head),
        );
        let actual = outbox(&mut self.world);
        if expected == actual {
            Ok(())
        } else {
            Err(format!("the outbox is {actual:?} instead of {expected:?}"))
        }
    }

    fn compare_license(&mut self, license: u64) -> Result<(), String> {
        let expected = self.reference.entry(license).map(|entry| {
            let known = &entry.license;
            BTreeMap::from([
                ("holder", address(known.holder.into())),
                ("issuer", address(known.issuer.into())),
                ("licenseType", number(known.license_type)),
                ("jurisdiction", text(known.jurisdiction.as_str())),
                ("validFrom", number(known.term.valid_from)),
                ("validUntil", number(known.term.valid_until)),
                ("graceUntil", number(known.term.grace_until)),
                (
                    "status",
                    number(u64::from(self.reference.status(entry).code())),
                ),
                ("version", number(u64::from(known.version))),
                ("parent", number(known.parent)),
            ])
        });
        let usable = self
            .reference
            .entry(license)
            .is_some_and(|entry| self.reference.is_usable(entry));
        let answer = self.world.read_license("license", &[id(license)]).ok();
        let actual = answer.map(|values| self.world.license.interface.fields("license", &values));
        match (&expected, &actual) {
            (None, None) => {}
            (Some(expected), Some(actual)) => {
                for (name, value) in expected {
                    let shown = actual.get(*name);
                    if !shown.is_some_and(|shown| same(shown, value)) {
                        return Err(format!(
                            "license {license} has the {name} {shown:?} instead of {value:?}"
                        ));
                    }
                }
            }
            _ => return Err(format!("license {license}: {actual:?}, not {expected:?}")),
        }
        let answer = self
            .world
            .read_license("isUsable", &[id(license)])
            .map_err(|failure| format!("I9: isUsable: {failure:?}"))?;
        if answer[0].as_bool() != Some(usable) {
            return Err(format!("license {license}: isUsable is not {usable}"));
        }
        Ok(())
    }

    /// The licenses that a step may change.
    fn touched(&self, step: &Step) -> Vec<u64> {
        let changed = match step {
            Step::Act { question, .. } if question.kind != ActionKind::Issue => question.id,
            Step::Settle(_, license) | Step::Approve(_, _, license) => *license,
            _ => return Vec::new(),
        };
        let under = self
            .reference
            .entry(changed)
            .map(|entry| entry.children.clone())
            .unwrap_or_default();
        std::iter::once(changed).chain(under).collect()
    }

    /// Compares everything: all licenses, all balances, and what must hold of them together.
    fn compare_all(&mut self) {
        let count = self.reference.licenses.len() as u64;
        let result = (1..=count)
            .try_for_each(|license| self.compare_license(license))
            .and_then(|()| self.compare_balances())
            .and_then(|()| Invariants::of_all(&mut self.world, &self.reference));
        if let Err(difference) = result {
            panic!("seed {} after step {}: {difference}", self.seed, self.taken);
        }
    }

    fn compare_balances(&mut self) -> Result<(), String> {
        for holder in people::all() {
            let expected = self.reference.balances.get(&holder).copied().unwrap_or(0);
            let actual = self.number("balanceOf", &[address(holder)])?;
            if expected != actual {
                return Err(format!("{holder} holds {actual} instead of {expected}"));
            }
        }
        for license in 1..=self.reference.licenses.len() as u64 {
            let entry = self.reference.entry(license).expect("it is counted");
            let expected = entry.approved;
            let answer = self
                .world
                .read_license("getApproved", &[id(license)])
                .map_err(|failure| format!("getApproved: {failure:?}"))?;
            let actual = to_address(&answer[0]);
            if expected != actual {
                return Err(format!(
                    "license {license} is approved for {actual} instead of {expected}"
                ));
            }
        }
        Ok(())
    }

    fn count(&mut self, message: &str, expected: &Result<(), Refused>) {
        let outcome = match expected {
            Ok(()) => format!("{message}: done"),
            Err(Refused { code, .. }) => {
                let reason = lex_model::Reason::from_code(*code);
                format!("{message}: {}", reason.map_or("?", |reason| reason.name()))
            }
        };
        *self.outcomes.entry(outcome).or_default() += 1;
    }
}

fn compare_result(
    expected: Result<(), Refused>,
    actual: Result<Sent, Failure>,
) -> Result<Option<Sent>, String> {
    match (expected, actual) {
        (Ok(()), Ok(sent)) => Ok(Some(sent)),
        (Err(expected), Err(Failure::Refused(actual))) if expected == actual => Ok(None),
        (expected, actual) => Err(format!("{actual:?} instead of {expected:?}")),
    }
}

/// Whether two values are the same, whatever the size of their integers.
fn same(one: &DynSolValue, other: &DynSolValue) -> bool {
    match (one.as_uint(), other.as_uint()) {
        (Some((one, _)), Some((other, _))) => one == other,
        _ => one == other,
    }
}

/// Whether a license in this status never comes back.
pub(crate) fn has_ended(status: Status) -> bool {
    matches!(status, Status::Revoked | Status::Archived)
}
