use std::{collections::BTreeMap, fmt::Debug};

use lex_model::Reason;

use crate::{Random, Refused};

/// How often everything is compared, in steps.
const FULL_COMPARISON: u64 = 1_000;

/// Contracts on a chain, and a reference that should hold the same.
pub trait Ground {
    /// Where the contracts run.
    type Chain;
    /// What is done with both.
    type Step: Debug;

    /// The chain.
    fn chain(&self) -> &Self::Chain;

    /// A step that has a good chance to be allowed.
    fn choose(&self, random: &mut Random) -> Self::Step;

    /// Takes a step on both and compares what it did; `random` says which of many things are looked
    /// at.
    ///
    /// # Errors
    /// The first difference.
    fn take(&mut self, step: &Self::Step, random: &mut Random) -> Result<Outcome, String>;

    /// Compares everything.
    ///
    /// # Errors
    /// The first difference.
    fn compare_all(&mut self) -> Result<(), String>;
}

/// How a step ended, on both sides.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// The message.
    pub message: &'static str,
    /// Why it was refused, if it was.
    pub refused: Option<Refused>,
}

impl Outcome {
    /// Time passed.
    pub(crate) const WAITED: Self = Self {
        message: "wait",
        refused: None,
    };
}

/// A random walk: the same steps on contracts and reference, which must agree after each.
#[derive(Debug)]
pub struct Walk<G> {
    ground: G,
    random: Random,
    seed: u64,
    taken: u64,
    outcomes: BTreeMap<String, u64>,
}

impl<G: Ground> Walk<G> {
    /// Begins at the ground as it is.
    pub fn new(ground: G, seed: u64) -> Self {
        Self {
            ground,
            random: Random::new(seed),
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
            let step = self.ground.choose(&mut self.random);
            self.taken += 1;
            match self.ground.take(&step, &mut self.random) {
                Ok(outcome) => self.count(outcome),
                Err(difference) => panic!(
                    "seed {} step {}: {difference}\n{step:?}",
                    self.seed, self.taken
                ),
            }
            if self.taken.is_multiple_of(FULL_COMPARISON) {
                self.compare_all();
            }
        }
        if !self.taken.is_multiple_of(FULL_COMPARISON) {
            self.compare_all();
        }
    }

    /// The chain that is walked on.
    pub fn chain(&self) -> &G::Chain {
        self.ground.chain()
    }

    /// How often each message ended how.
    pub fn outcomes(&self) -> &BTreeMap<String, u64> {
        &self.outcomes
    }

    fn compare_all(&mut self) {
        if let Err(difference) = self.ground.compare_all() {
            panic!("seed {} after step {}: {difference}", self.seed, self.taken);
        }
    }

    fn count(&mut self, Outcome { message, refused }: Outcome) {
        let how = match refused {
            None => "done",
            Some(Refused { code, .. }) => Reason::from_code(code).map_or("?", Reason::name),
        };
        *self
            .outcomes
            .entry(format!("{message}: {how}"))
            .or_default() += 1;
    }
}
