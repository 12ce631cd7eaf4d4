//! What is explained is what happens.

use ink::{Address, U256};
use lex_lifecycle::testing::{cleared, hash};
use lex_model::{ActionKind, Reason};
use lex_policy_interface::{Evidence, Refusal, Refused};

use super::world::*;

/// The first reason that `explain` gives, for an action of this account about the third one.
fn first(world: &World, kind: ActionKind, caller: u8, id: U256, license_type: u64) -> Option<u16> {
    let explained = world.license.explain(
        kind.code(),
        account(caller),
        id,
        license_type,
        "US-NY".into(),
        account(THIRD),
    );
    explained.first().map(|refusal: &Refusal| refusal.code)
}

fn code<T>(result: Result<T, Refused>) -> Option<u16> {
    result.err().map(|refused| refused.code)
}

/// A state that tests look at: its name, the type of a new license, and what happens to it first.
type State = (&'static str, u64, fn(&mut World, U256));

const STATES: [State; 13] = [
    ("active", PLAIN, |_, _| {}),
    ("pending", GATED, |_, _| {}),
    ("bound", BOUND, |_, _| {}),
    ("cleared", CLEARED, |_, _| {}),
    ("suspended", PLAIN, |world, id| {
        world
            .license
            .suspend(id, 7, hash(1), 0)
            .expect("its issuer");
    }),
    ("lifted", PLAIN, |world, id| {
        world
            .license
            .suspend(id, 7, hash(1), START + 5)
            .expect("its issuer");
    }),
    ("revoked", PLAIN, |world, id| {
        world.license.revoke(id, 7, hash(1)).expect("its issuer");
    }),
    ("frozen", PLAIN, |world, id| {
        by(COMMITTEE);
        world
            .license
            .set_frozen_tokens(account(HOLDER), id, true)
            .expect("the committee");
    }),
    ("holder frozen", PLAIN, |world, _| {
        freeze(world, HOLDER);
    }),
    ("receiver frozen", PLAIN, |world, _| {
        freeze(world, THIRD);
    }),
    ("paused", PLAIN, |world, _| {
        world.desk.borrow_mut().paused = 7;
    }),
    ("closed", PLAIN, |world, _| {
        let mut desk = world.desk.borrow_mut();
        desk.types.get_mut(&PLAIN).expect("known").open = false;
    }),
    ("requested", PLAIN, |world, id| {
        at(END - 50);
        world.license.request_renewal(id).expect("its issuer");
    }),
];

/// Has policy freeze an account, and tell the contract.
fn freeze(world: &mut World, number: u8) {
    world.desk.borrow_mut().frozen.insert(account(number));
    by_policy();
    world
        .license
        .restrict(2, account(number), 0, 1)
        .expect("policy");
}

fn in_state((_, license_type, happens): State) -> (World, U256) {
    let mut world = world();
    let id = world.issue(license_type);
    happens(&mut world, id);
    (world, id)
}

const TIMES: [u64; 6] = [START, START + 5, END - 1, END, END + 49, END + 50];

/// I8: `canTransfer` is true exactly if the holder's transfer succeeds.
#[ink::test]
fn i8_can_transfer_is_what_happens() {
    let mut seen = [0; 2];
    for time in TIMES {
        for state in STATES {
            for (from, to) in [
                (HOLDER, THIRD),
                (HOLDER, OTHER),
                (HOLDER, 0),
                (OTHER, THIRD),
            ] {
                let (name, ..) = state;
                let (mut world, id) = in_state(state);
                at(time);
                let can = world.license.can_transfer(account(from), account(to), id);
                by(from);
                let moved = world.license.transfer_from(account(from), account(to), id);
                assert_eq!(can, moved.is_ok(), "{name} at {time} from {from} to {to}");
                let sends = world.license.can_send(account(from));
                assert!(!can || sends, "{name}: canTransfer implies canSend");
                seen[usize::from(can)] += 1;
            }
        }
    }
    assert!(seen[0] > 100 && seen[1] > 10, "{seen:?}");
}

/// The first reason that is explained is the reason of the refusal; without one it is done.
#[ink::test]
fn what_is_explained_is_what_happens() {
    type Act = fn(&mut World, U256) -> Option<u16>;
    let acts: [(ActionKind, Act); 12] = [
        (ActionKind::Renew, |world, id| code(world.license.renew(id))),
        (ActionKind::RequestRenewal, |world, id| {
            code(world.license.request_renewal(id))
        }),
        (ActionKind::Suspend, |world, id| {
            code(world.license.suspend(id, 7, hash(1), 0))
        }),
        (ActionKind::Resume, |world, id| {
            code(world.license.resume(id))
        }),
        (ActionKind::Revoke, |world, id| {
            code(world.license.revoke(id, 7, hash(1)))
        }),
        (ActionKind::Surrender, |world, id| {
            code(world.license.surrender(id))
        }),
        (ActionKind::Withdraw, |world, id| {
            code(world.license.withdraw(id))
        }),
        (ActionKind::Transfer, |world, id| {
            code(
                world
                    .license
                    .transfer_from(account(HOLDER), account(THIRD), id),
            )
        }),
        (ActionKind::ForceTransfer, |world, id| {
            code(
                world
                    .license
                    .forced_transfer(account(HOLDER), account(THIRD), id),
            )
        }),
        (ActionKind::Amend, |world, id| {
            code(world.license.set_metadata(id, hash(1), String::new()))
        }),
        (ActionKind::Recover, |world, id| {
            code(world.license.recover(vec![id]))
        }),
        (ActionKind::Lend, |world, id| {
            code(world.license.set_user(id, account(THIRD), 2 * END))
        }),
    ];
    for (kind, act) in acts {
        for caller in [ISSUER, HOLDER, OTHER, COMMITTEE] {
            for time in [START, END - 1, END + 49, END + 50] {
                for state in STATES {
                    let (name, ..) = state;
                    let (mut world, id) = in_state(state);
                    at(time);
                    let explained = first(&world, kind, caller, id, 0);
                    by(caller);
                    let done = act(&mut world, id);
                    assert_eq!(explained, done, "{kind:?} by {caller} of {name} at {time}");
                }
            }
        }
    }
}

#[ink::test]
fn issues_and_sublicenses_are_explained() {
    let mut world = world();
    let parent = world.issue(PLAIN);
    let child = world.sublicense(parent, CHILD);
    let nothing = U256::zero();
    let known = |kind, caller, id, license_type| first(&world, kind, caller, id, license_type);
    assert_eq!(known(ActionKind::Issue, ISSUER, nothing, PLAIN), None);
    let unknown = Some(Reason::UnknownType.code());
    assert_eq!(known(ActionKind::Issue, ISSUER, nothing, 99), unknown);
    assert_eq!(known(ActionKind::Sublicense, HOLDER, parent, CHILD), None);
    let not_holder = Some(Reason::NotHolder.code());
    assert_eq!(
        known(ActionKind::Sublicense, OTHER, parent, CHILD),
        not_holder
    );
    let too_deep = Some(Reason::NotSublicensable.code());
    assert_eq!(known(ActionKind::Sublicense, THIRD, child, CHILD), too_deep);
    for action in [0, 17, 255] {
        let refusals =
            world
                .license
                .explain(action, account(1), parent, 1, "US".into(), account(2));
        assert_eq!(refusals, [Refusal::new(Reason::UnknownAction, 0)]);
    }
    let refusals = world
        .license
        .explain(1, account(1), nothing, 1, "us".into(), account(2));
    assert_eq!(refusals, [Refusal::new(Reason::InvalidJurisdiction, 0)]);
    for _ in 1..8 {
        world.sublicense(parent, CHILD);
    }
    let full = Some(Reason::LimitReached.code());
    assert_eq!(
        first(&world, ActionKind::Sublicense, HOLDER, parent, CHILD),
        full
    );
    // A place that is none does not hide the reason that comes first.
    let kind = ActionKind::Sublicense.code();
    let refusals = world.license.explain(
        kind,
        account(HOLDER),
        parent,
        CHILD,
        "us".into(),
        account(2),
    );
    let expected = [
        Refusal::new(Reason::LimitReached, 8),
        Refusal::new(Reason::InvalidJurisdiction, 0),
    ];
    assert_eq!(refusals, expected);
    by(HOLDER);
    let nowhere = world.license.sublicense(
        parent,
        account(2),
        CHILD,
        "us".into(),
        0,
        hash(1),
        String::new(),
    );
    assert_eq!(code(nowhere), full);
}

#[ink::test]
fn evidence_is_explained_with_the_action() {
    let mut world = world();
    let id = world.issue(GATED);
    let explained = |caller, evidence: Option<Evidence>| -> Vec<u16> {
        let kind = ActionKind::Activate.code();
        let (place, to) = (String::new(), Address::zero());
        let refusals = match evidence {
            None => world
                .license
                .explain(kind, account(caller), id, 0, place, to),
            Some(evidence) => {
                let license = &world.license;
                license.explain_with(kind, account(caller), id, 0, place, to, evidence)
            }
        };
        refusals.iter().map(|refusal| refusal.code).collect()
    };
    let approval = Reason::ApprovalRequired.code();
    let clearance = Reason::ClearanceRequired.code();
    assert_eq!(explained(ISSUER, None), [approval, clearance]);
    assert_eq!(explained(ISSUER, Some(cleared(900))), [approval]);
    assert_eq!(explained(COMMITTEE, None), [clearance]);
    assert!(explained(COMMITTEE, Some(cleared(900))).is_empty());
}
