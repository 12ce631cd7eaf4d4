//! The score formula as the compiled policy contract computes it.

use alloy_dyn_abi::DynSolValue;
use lex_model::{score, Reason, Signal, MAX_RISK, MAX_SIGNALS, MAX_SIGNAL_WEIGHT};
use lex_trial::Trial;
use lex_walk::{
    people,
    values::{number, to_number},
    Blobs, Failure, Random, Refused, World,
};

const SCORES: u64 = 10_000;
const SEED: u64 = 20_260_101;

fn world() -> World<Trial> {
    let blobs = Blobs::read(&lex_trial::contracts()).expect("the contracts are committed");
    World::of_licenses(Trial::new(&people::all()), &blobs).expect("the contracts start")
}

fn ask(world: &mut World<Trial>, risks: &[u8], weights: &[u16]) -> Result<u64, Failure> {
    let risks = risks.iter().map(|risk| number(u64::from(*risk)));
    let weights = weights.iter().map(|weight| number(u64::from(*weight)));
    let lists = [
        DynSolValue::Array(risks.collect()),
        DynSolValue::Array(weights.collect()),
    ];
    let answer = world.read_policy("score", &lists)?;
    Ok(to_number(&answer[0]))
}

fn refused(reason: Reason, detail: u64) -> Failure {
    Failure::Refused(Refused::new(reason, detail))
}

/// What somebody may send: mostly signals that make sense, of which some do not count.
fn any_signal(random: &mut Random) -> Signal {
    let most = if random.chance(1, 100) {
        (u64::from(u8::MAX), u64::from(u16::MAX))
    } else {
        (u64::from(MAX_RISK), u64::from(MAX_SIGNAL_WEIGHT))
    };
    let counts = random.chance(5, 6);
    Signal {
        risk: random.below(most.0 + 1) as u8,
        weight: if counts {
            random.below(most.1 + 1) as u16
        } else {
            0
        },
    }
}

/// I28: the compiled contract answers what the formula says, and refuses what it refuses.
#[test]
fn i28_the_contract_agrees_with_the_formula() {
    let mut world = world();
    let mut random = Random::new(SEED);
    let (mut scores, mut refusals) = (0, 0);
    while scores < SCORES {
        let length = random.below(MAX_SIGNALS as u64 + 2);
        let signals: Vec<_> = (0..length).map(|_| any_signal(&mut random)).collect();
        let risks: Vec<_> = signals.iter().map(|signal| signal.risk).collect();
        let weights: Vec<_> = signals.iter().map(|signal| signal.weight).collect();
        let answer = ask(&mut world, &risks, &weights);
        match score(&signals) {
            Ok(expected) => {
                assert_eq!(answer, Ok(u64::from(expected)), "{signals:?}");
                scores += 1;
            }
            Err((reason, detail)) => {
                assert_eq!(answer, Err(refused(reason, detail)), "{signals:?}");
                refusals += 1;
            }
        }
    }
    assert!(refusals > 1_000, "{refusals} refusals");
}

#[test]
fn lists_of_different_lengths_are_refused() {
    let mut world = world();
    for (risks, weights) in [
        (&[0, 0][..], &[1][..]),
        (&[], &[1]),
        (&[0; 8], &[1; 9]),
        (&[0; 100], &[]),
    ] {
        let longest = MAX_SIGNALS as u64;
        assert_eq!(
            ask(&mut world, risks, weights),
            Err(refused(Reason::WrongLength, longest))
        );
    }
}
