//! A suspension that runs is never shortened by another one: whoever is to end it sooner resumes.

use lex_model::{Durations, Jurisdiction, License, Standing, Status, Term};

const NOW: u64 = 1_000_000;

fn license() -> License {
    let durations = Durations {
        term: 10_000,
        renewal_window: 100,
        grace: 100,
    };
    let place = Jurisdiction::parse("US-NY").expect("valid");
    let term = Term::first(&durations, NOW).expect("in range");
    let license = License::issued([2; 20], [1; 20], 1, place, term);
    license.activated(NOW).unwrap_or(license)
}

fn suspended(license: License, lifts_at: Option<u64>, now: u64) -> License {
    license.suspended(lifts_at, now).expect("it can be")
}

#[test]
fn another_suspension_ends_later_and_never_sooner() {
    let once = suspended(license(), Some(NOW + 10), NOW);
    let shorter = suspended(once, Some(NOW + 5), NOW + 1);
    assert_eq!(shorter.standing, once.standing);
    let longer = suspended(once, Some(NOW + 20), NOW + 1);
    assert_eq!(longer.status_at(NOW + 19), Status::Suspended);
    assert_eq!(longer.status_at(NOW + 20), Status::Active);

    let endless = suspended(once, None, NOW + 1);
    assert_eq!(endless.standing, Standing::Suspended { lifts_at: None });
    let shorter = suspended(endless, Some(NOW + 20), NOW + 2);
    assert_eq!(shorter.standing, endless.standing);
}

#[test]
fn one_that_has_lifted_says_nothing_about_the_next() {
    let once = suspended(license(), Some(NOW + 10), NOW);
    let next = suspended(once, Some(NOW + 12), NOW + 11);
    assert_eq!(next.status_at(NOW + 12), Status::Active);
}
