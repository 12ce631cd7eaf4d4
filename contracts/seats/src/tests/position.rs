use lex_model::Reason;
use lex_policy_interface::Refusal;

use crate::position::Position;

const NOW: u64 = 1_000;

fn holding(balance: u64) -> Position {
    Position {
        balance,
        ..Position::default()
    }
}

fn obstacles(position: Position, amount: u64) -> Vec<Refusal> {
    position.obstacles(amount, NOW).collect()
}

#[test]
fn seats_are_given_away_up_to_the_balance() {
    assert_eq!(obstacles(holding(5), 5), []);
    assert_eq!(holding(5).without(5, NOW).map(|left| left.balance), Ok(0));
    let too_few = Refusal::new(Reason::InsufficientSeats, 5);
    assert_eq!(obstacles(holding(5), 6), [too_few]);
    assert_eq!(holding(5).without(6, NOW), Err(too_few));
}

/// P6: nothing at all can be given away, as ERC-1155 allows.
#[test]
fn p6_no_seats_can_be_given_away_by_anyone() {
    assert_eq!(holding(0).without(0, NOW), Ok(holding(0)));
}

/// I11: frozen seats stay.
#[test]
fn i11_frozen_seats_are_not_given_away() {
    let frozen = Position {
        frozen: 3,
        ..holding(5)
    };
    assert_eq!(obstacles(frozen, 2), []);
    assert_eq!(obstacles(frozen, 3), [Refusal::new(Reason::TokenFrozen, 2)]);
    let all = Position {
        frozen: 9,
        ..frozen
    };
    assert_eq!(obstacles(all, 1), [Refusal::new(Reason::TokenFrozen, 0)]);
    assert_eq!(obstacles(all, 0), []);
}

/// I11: a decision moves frozen seats, which are released first and only as many as needed.
#[test]
fn i11_a_decision_releases_frozen_seats_it_needs() {
    let with = |frozen| Position {
        frozen,
        ..holding(10)
    };
    for (frozen, amount, left, released) in [
        (4, 6, 4, false),
        (4, 7, 3, true),
        (4, 10, 0, true),
        (20, 3, 17, true),
        (20, 0, 20, false),
    ] {
        let taken = with(frozen).taken(amount, NOW).expect("there are ten");
        assert_eq!(taken.position.frozen, left, "{frozen} {amount}");
        assert_eq!(taken.unfrozen, released, "{frozen} {amount}");
        assert_eq!(taken.position.balance, 10 - amount);
    }
    assert_eq!(
        with(4).taken(11, NOW),
        Err(Refusal::new(Reason::InsufficientSeats, 10))
    );
}

/// I6: there are never more running assignments than seats.
#[test]
fn i6_every_assignment_needs_a_seat() {
    let one = holding(2).assigning(NOW + 10, NOW).expect("a free seat");
    let two = one.assigning(NOW + 20, NOW).expect("another");
    let none_left = Refusal::new(Reason::InsufficientSeats, 0);
    assert_eq!(two.assigning(NOW + 30, NOW), Err(none_left));
    assert_eq!(two.without(1, NOW), Err(none_left));
    assert_eq!(
        one.without(2, NOW),
        Err(Refusal::new(Reason::InsufficientSeats, 1))
    );
    assert_eq!(
        two.unassigning(two.round)
            .without(1, NOW)
            .map(|p| p.balance),
        Ok(1)
    );
}

/// P2: assignments hold their seats up to the last second before their end.
#[test]
fn p2_assignments_hold_their_seats_until_the_last_one_ends() {
    let assigned = holding(2)
        .assigning(NOW + 10, NOW)
        .and_then(|one| one.assigning(NOW + 20, NOW))
        .expect("two seats");
    assert_eq!(assigned.assigned_at(NOW + 19), 2);
    let none_free = Refusal::new(Reason::InsufficientSeats, 0);
    assert_eq!(assigned.without(1, NOW + 19), Err(none_free));
    assert_eq!(assigned.assigned_at(NOW + 20), 0);
    assert_eq!(assigned.without(2, NOW + 20).map(|p| p.balance), Ok(0));

    let again = assigned
        .assigning(NOW + 40, NOW + 20)
        .expect("all seats are free again");
    assert_eq!((again.assigned, again.round), (1, assigned.round + 1));
}

/// I6: a decision that leaves too few seats ends all assignments; one that leaves enough ends none.
#[test]
fn i6_a_decision_ends_assignments_without_seats() {
    let assigned = Position {
        assigned: 2,
        assigned_until: NOW + 10,
        ..holding(5)
    };
    let enough = assigned.taken(3, NOW).expect("there are five");
    assert!(!enough.unassigned);
    assert_eq!(enough.position.assigned_at(NOW), 2);
    let too_few = assigned.taken(4, NOW).expect("there are five");
    assert!(too_few.unassigned);
    assert_eq!(too_few.position.assigned_at(NOW), 0);
    assert_ne!(too_few.position.round, assigned.round);
}
