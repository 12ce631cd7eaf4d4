//! The table of what should happen, held against the compiled contracts in the chain's runtime.

use lex_trial::Trial;
use lex_walk::{judge, Blobs, World};

/// The fewest rows that have to be acted out; the others need what no scene brings about yet.
const FEWEST_SCENES: usize = 1_280;

#[test]
fn the_contracts_answer_as_the_table_says() {
    let blobs = Blobs::read(&lex_trial::contracts()).expect("the contracts are built");
    let trial = Trial::new(&judge::people());
    let world = World::of_licenses(trial, &blobs).expect("contracts start");
    let judgement = judge::judge(world, Trial::keep, Trial::go_back);
    for (missing, count) in &judgement.left_out {
        println!("{count} rows not acted out: {missing}");
    }
    let judge::Judgement { rows, scenes, .. } = judgement;
    println!("{scenes} of {rows} rows acted out");
    assert!(
        judgement.complaints.is_empty(),
        "findings.json is not what is so:\n  {}",
        judgement.complaints.join("\n  ")
    );
    assert!(scenes >= FEWEST_SCENES, "only {scenes} rows acted out");
}
