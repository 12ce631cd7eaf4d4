//! Random histories of seats: what holds after every step, whatever the steps.

use ink::Address;
use lex_model::Reason;
use lex_policy_interface::Refusal;
use proptest::prelude::*;

use super::world::{account, alone};
use crate::holdings::{Holdings, Movement, Recovered};

const START: u64 = 1_000;
const SEATS: u64 = 12;
const MAX_PER_HOLDER: u64 = 5;

/// Account 1 is the licensee of both licenses and stays it; accounts 1 to 4 hold seats, and any of
/// these may use one.
fn accounts() -> impl Iterator<Item = Address> {
    (1..=5).map(account)
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Transfer(u8, u8, u64),
    Force(u8, u8, u64),
    Recover(u8, u8),
    GiveUp(u8, u64),
    Freeze(u8, u64),
    Assign(u8, u8, u64),
    Unassign(u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    let who = || 1u8..=4;
    let user = || 1u8..=5;
    let few = || 0u64..7;
    prop_oneof![
        4 => (who(), who(), few()).prop_map(|(from, to, amount)| Step::Transfer(from, to, amount)),
        1 => (who(), who(), few()).prop_map(|(from, to, amount)| Step::Force(from, to, amount)),
        1 => (who(), who()).prop_map(|(from, to)| Step::Recover(from, to)),
        1 => (who(), few()).prop_map(|(holder, amount)| Step::GiveUp(holder, amount)),
        1 => (who(), few()).prop_map(|(holder, amount)| Step::Freeze(holder, amount)),
        3 => (who(), user(), 1u64..40).prop_map(|(holder, user, time)| Step::Assign(holder, user, time)),
        1 => user().prop_map(Step::Unassign),
    ]
}

/// Steps on the licenses 1 and 2, each after some seconds.
fn any_history() -> impl Strategy<Value = Vec<(u64, u64, Step)>> {
    proptest::collection::vec((0u64..8, 1u64..=2, any_step()), 1..60)
}

fn opened() -> Holdings {
    let mut holdings = Holdings::default();
    for id in [1, 2] {
        holdings.open(id, account(1), SEATS, MAX_PER_HOLDER);
    }
    holdings
}

/// What a step answers: nothing that is not in here may differ either.
fn apply(holdings: &mut Holdings, id: u64, step: Step, now: u64) -> Result<u64, Refusal> {
    let movement = |from, to, amount| Movement {
        id,
        from: account(from),
        to: account(to),
        amount,
        licensee: account(1),
    };
    match step {
        Step::Transfer(from, to, amount) => holdings
            .transfer(&movement(from, to, amount), now)
            .map(|()| 0),
        Step::Force(from, to, amount) => holdings
            .force(&movement(from, to, amount), now)
            .map(|taken| taken.position.balance),
        Step::Recover(from, to) if from == to => Ok(0),
        Step::Recover(from, to) => {
            let recovery = Movement {
                licensee: licensee(step),
                ..movement(from, to, holdings.position(id, account(from)).balance)
            };
            holdings.recover(&recovery, now).map(|_| recovery.amount)
        }
        Step::GiveUp(holder, amount) => holdings.give_up(id, account(holder), amount, now),
        Step::Freeze(holder, amount) => {
            holdings.freeze(id, account(holder), amount);
            Ok(amount)
        }
        Step::Assign(holder, user, time) => holdings
            .assign(id, account(holder), account(user), now + time, now)
            .map(|()| 0),
        Step::Unassign(user) => holdings
            .unassign(id, account(user))
            .map(|_| 0)
            .map_err(|reason| Refusal::new(reason, 0)),
    }
}

/// Everything that can be seen of one license.
fn seen(holdings: &Holdings, id: u64, now: u64) -> impl PartialEq + core::fmt::Debug + use<> {
    let positions: Vec<_> = accounts()
        .map(|account| holdings.position(id, account))
        .collect();
    let users: Vec<_> = accounts()
        .map(|user| holdings.assignment(id, user, now))
        .collect();
    (holdings.series(id), positions, users)
}

/// Who may hold any number after the step: the licensee, or who takes its place.
fn licensee(step: Step) -> Address {
    match step {
        Step::Recover(1, to) => account(to),
        _ => account(1),
    }
}

fn running(holdings: &Holdings, id: u64, holder: Address, now: u64) -> u64 {
    let of_holder = accounts().filter(|user| {
        holdings
            .assignment(id, *user, now)
            .is_some_and(|assignment| assignment.holder == holder)
    });
    of_holder.count() as u64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// I5, I10, P7: seats are neither made nor lost, by transfers, decisions and recoveries alike, and
    /// nobody but the licensee gets more than the license allows, except by decision. I6: every running assignment has a
    /// seat. I11: no more seats are given away than are free.
    #[test]
    fn i5_i6_i10_i11_p7_histories_keep_the_books(history in any_history()) {
        alone(|| {
            let mut holdings = opened();
            let mut now = START;
            for (wait, id, step) in history {
                now += wait;
                let before: Vec<_> = accounts().map(|account| holdings.position(id, account)).collect();
                let seats_before = holdings.series(id).seats;
                let answer = apply(&mut holdings, id, step, now);
                let series = holdings.series(id);
                let sum: u64 = accounts().map(|account| holdings.position(id, account).balance).sum();
                prop_assert_eq!(sum, series.seats, "I5 after {:?}", step);
                match step {
                    Step::GiveUp(_, amount) if answer.is_ok() => prop_assert_eq!(series.seats + amount, seats_before),
                    _ => prop_assert_eq!(series.seats, seats_before, "I10 after {:?}", step),
                }
                for (account, before) in accounts().zip(before) {
                    let position = holdings.position(id, account);
                    let got_more = position.balance > before.balance;
                    let by_decision = matches!(step, Step::Force(..) | Step::Recover(..));
                    let limited = account != licensee(step) && !by_decision;
                    prop_assert!(!got_more || !limited || position.balance <= MAX_PER_HOLDER, "P7 after {:?}", step);
                    let assigned = running(&holdings, id, account, now);
                    prop_assert!(assigned <= position.assigned_at(now), "I6 after {:?}", step);
                    prop_assert!(position.assigned_at(now) <= position.balance, "I6 after {:?}", step);
                    let by_will = matches!(step, Step::Transfer(..) | Step::GiveUp(..));
                    let lost = before.balance.saturating_sub(position.balance);
                    prop_assert!(!by_will || lost <= before.unfrozen(), "I11 after {:?}", step);
                }
            }
            Ok(())
        })?;
    }

    /// I8: a transfer fails with the first obstacle, and succeeds when there is none.
    #[test]
    fn i8_obstacles_say_what_happens(history in any_history(), from in 1u8..=4, to in 1u8..=4, amount in 0u64..14) {
        alone(|| {
            let mut holdings = opened();
            let mut now = START;
            for (wait, id, step) in history {
                now += wait;
                let _ = apply(&mut holdings, id, step, now);
            }
            let movement = movement(from, to, amount);
            let foretold = holdings.obstacles(&movement, now).next();
            prop_assert_eq!(holdings.transfer(&movement, now).err(), foretold);
            Ok(())
        })?;
    }

    /// M6: whatever happens to license 1, license 2 answers and looks the same as without it.
    #[test]
    fn m6_licenses_are_isolated(history in any_history()) {
        let run = |ids: &[u64]| alone(|| {
            let mut holdings = opened();
            let mut now = START;
            let mut answers = Vec::new();
            for (wait, id, step) in &history {
                now += wait;
                if ids.contains(id) {
                    let answer = apply(&mut holdings, *id, *step, now);
                    if *id == 2 {
                        answers.push(answer);
                    }
                }
            }
            (answers, seen(&holdings, 2, now))
        });
        prop_assert_eq!(run(&[1, 2]), run(&[2]));
    }
}

/// Account 1 holds all seats of license 1 and is its licensee; the others may hold five.
fn with(test: impl FnOnce(&mut Holdings)) {
    alone(|| test(&mut opened()));
}

fn movement(from: u8, to: u8, amount: u64) -> Movement {
    Movement {
        id: 1,
        from: account(from),
        to: account(to),
        amount,
        licensee: account(1),
    }
}

/// What a recovery of license 1 from one account to another moves.
fn recover(holdings: &mut Holdings, from: u8, to: u8) -> Result<(u64, Recovered), Refusal> {
    let recovery = Movement {
        licensee: licensee(Step::Recover(from, to)),
        ..movement(from, to, holdings.position(1, account(from)).balance)
    };
    let recovered = holdings.recover(&recovery, START)?;
    Ok((recovery.amount, recovered))
}

#[test]
fn only_the_licensee_may_hold_more_than_the_limit() {
    with(|holdings| {
        let too_many = Refusal::new(Reason::TooManySeats, MAX_PER_HOLDER);
        assert_eq!(holdings.transfer(&movement(1, 2, 6), START), Err(too_many));
        assert_eq!(holdings.transfer(&movement(1, 2, 5), START), Ok(()));
        assert_eq!(holdings.transfer(&movement(1, 2, 1), START), Err(too_many));
        assert_eq!(holdings.transfer(&movement(2, 2, 5), START), Ok(()));
        assert!(holdings.force(&movement(1, 2, 1), START).is_ok());
        assert_eq!(holdings.position(1, account(2)).balance, 6, "by decision");
        assert_eq!(holdings.transfer(&movement(2, 1, 6), START), Ok(()));
    });
}

/// One person had two accounts: the limit does not keep half of the seats on the lost key.
#[test]
fn a_recovery_waits_for_no_room() {
    with(|holdings| {
        for receiver in [2, 3] {
            holdings
                .transfer(&movement(1, receiver, 4), START)
                .expect("below the limit");
        }
        let (seats, _) = recover(holdings, 2, 3).expect("they follow the person");
        assert_eq!(seats, 4);
        assert_eq!(holdings.position(1, account(3)).balance, 8);
        assert_eq!(holdings.position(1, account(2)).balance, 0);
    });
}

#[test]
fn a_recovery_takes_the_freeze_along_and_ends_assignments() {
    with(|holdings| {
        holdings.freeze(1, account(1), 7);
        holdings.freeze(1, account(2), 1);
        holdings
            .assign(1, account(1), account(5), START + 10, START)
            .expect("a free seat");
        let recovered = Recovered {
            frozen: Some(8),
            unassigned: true,
        };
        assert_eq!(recover(holdings, 1, 2), Ok((SEATS, recovered)));
        assert_eq!(holdings.position(1, account(1)).frozen, 0);
        assert_eq!(holdings.assignment(1, account(5), START), None);
        assert_eq!(holdings.position(2, account(1)).balance, SEATS);
    });
}

/// P8: giving up takes the holder's own seats and no others.
#[test]
fn p8_only_own_seats_are_given_up() {
    with(|holdings| {
        let too_few = Refusal::new(Reason::InsufficientSeats, 0);
        assert_eq!(holdings.give_up(1, account(2), 1, START), Err(too_few));
        assert_eq!(holdings.give_up(1, account(1), 2, START), Ok(SEATS - 2));
        assert_eq!(holdings.series(2).seats, SEATS);
    });
}

/// P2: a right runs up to the last second before its end.
#[test]
fn p2_a_right_ends_at_its_time() {
    with(|holdings| {
        let until = START + 10;
        holdings
            .assign(1, account(1), account(5), until, START)
            .expect("a free seat");
        let holder = |at| {
            holdings
                .assignment(1, account(5), at)
                .map(|assignment| assignment.holder)
        };
        assert_eq!(holder(until - 1), Some(account(1)));
        assert_eq!(holder(until), None);
        assert_eq!(holder(until + 1), None);
        assert_eq!(holdings.assignment(2, account(5), START), None);
    });
}

#[test]
fn a_user_has_one_seat() {
    with(|holdings| {
        holdings
            .transfer(&movement(1, 2, 2), START)
            .expect("below the limit");
        holdings
            .assign(1, account(1), account(5), START + 10, START)
            .expect("a free seat");
        let taken = Err(Refusal::new(Reason::AlreadySo, 0));
        let (other, user) = (account(2), account(5));
        assert_eq!(holdings.assign(1, other, user, START + 20, START), taken);

        holdings
            .assign(1, account(1), user, START + 30, START)
            .expect("the same holder may name another end");
        assert_eq!(holdings.position(1, account(1)).assigned, 1);
        assert_eq!(holdings.unassign(1, user), Ok(account(1)));
        assert_eq!(holdings.position(1, account(1)).assigned, 0);
        assert_eq!(holdings.unassign(1, user), Err(Reason::AlreadySo));
        assert_eq!(holdings.assign(1, other, user, START + 20, START), Ok(()));
    });
}

/// A right that is over counts until it is taken back or all are over; the next right of the same user
/// replaces it.
#[test]
fn rights_that_are_over_are_cleared() {
    with(|holdings| {
        let holder = account(1);
        for (user, time) in [(3, 10), (4, 10), (5, 50)] {
            holdings
                .assign(1, holder, account(user), START + time, START)
                .expect("a free seat");
        }
        let later = START + 20;
        assert_eq!(holdings.position(1, holder).assigned_at(later), 3);
        assert_eq!(holdings.unassign(1, account(3)), Ok(holder));
        holdings
            .transfer(&movement(1, 2, 2), later)
            .expect("below the limit");
        holdings
            .assign(1, account(2), account(4), later + 10, later)
            .expect("the old right is over");
        assert_eq!(holdings.position(1, holder).assigned_at(later), 1);
        assert_eq!(holdings.position(1, account(2)).assigned_at(later), 1);
    });
}
