//! Rule modules, also hostile ones.

use super::*;
use crate::modules::Module;
use lex_contract_host::HostKeccak;
use lex_model::Keccak;
use lex_policy_interface::ModuleKind;

const RULE: Address = account(0xa1);
const SPENDER: Address = account(0xa2);
const TRACKER: Address = account(0xa3);

/// A module that answers what it is asked with this byte, and writes down what it is asked.
fn install_module(address: Address, answer: u8) -> Told {
    let asked = Told::default();
    let kept = asked.clone();
    stand_in::install(address.0, move |input| {
        kept.borrow_mut().push(input.into());
        let mut word = vec![0; 32];
        word[31] = answer;
        Ok(word)
    });
    asked
}

fn policy_with(modules: &[(Address, u8)]) -> Policy {
    let (mut policy, _) = usual_policy();
    for (module, kinds) in modules {
        rule(&mut policy, |policy| policy.add_module(*module, *kinds));
    }
    policy
}

#[ink::test]
fn modules_are_added_once_with_a_kind() {
    let (mut policy, _) = usual_policy();
    install_module(RULE, 1);
    as_caller(ADMIN);
    for kinds in [0, 8, 255] {
        assert_eq!(refused(policy.add_module(RULE, kinds)), Reason::UnknownCode);
    }
    assert_eq!(
        refused(policy.add_module(account(0xaf), 1)),
        Reason::NotAContract
    );
    policy.add_module(RULE, 7).expect("new");
    assert_eq!(refused(policy.add_module(RULE, 1)), Reason::AlreadySo);
    assert_eq!(
        policy.modules(),
        [Module {
            module: RULE,
            kinds: 7
        }]
    );
    policy.remove_module(RULE).expect("there");
    assert_eq!(refused(policy.remove_module(RULE)), Reason::AlreadySo);
    assert_eq!(policy.modules(), []);
}

#[ink::test]
fn at_most_twenty_five_modules_keep_their_order() {
    let (mut policy, _) = usual_policy();
    as_caller(ADMIN);
    let addresses: Vec<_> = (1..=26).map(|number| account(0x20 + number)).collect();
    let listed = |policy: &Policy| -> Vec<_> {
        let modules = policy.modules();
        modules.iter().map(|module| module.module).collect()
    };
    for module in &addresses {
        install_module(*module, 1);
    }
    for module in &addresses[..25] {
        policy.add_module(*module, 1).expect("room");
    }
    let refusal = policy.add_module(addresses[25], 1).expect_err("full");
    assert_eq!(
        (refusal.code, refusal.detail),
        (Reason::LimitReached.code(), U256::from(25))
    );
    assert_eq!(listed(&policy), addresses[..25]);
    for removed in [0, 10, 15] {
        let mut left = listed(&policy);
        let gone = left.remove(removed);
        policy.remove_module(gone).expect("there");
        assert_eq!(listed(&policy), left);
    }
}

#[ink::test]
fn each_kind_is_asked_its_own_question() {
    let mut policy = policy_with(&[]);
    let asked = [RULE, SPENDER, TRACKER].map(|module| install_module(module, 1));
    for (module, kind) in [
        (RULE, ModuleKind::Rule),
        (SPENDER, ModuleKind::Spender),
        (TRACKER, ModuleKind::Tracker),
    ] {
        rule(&mut policy, |policy| policy.add_module(module, kind.bit()));
    }
    let action = on_license(ActionKind::Transfer);
    assert_eq!(policy.explain(action), []);
    policy.check(action).expect("all agree");
    let [rules, callers, books] = asked.map(|asked| asked.take());
    let question = |kind: ModuleKind| kind.call(&action);
    assert_eq!(rules, vec![question(ModuleKind::Rule); 2]);
    assert_eq!(callers, vec![question(ModuleKind::Spender); 2]);
    assert_eq!(
        books,
        [question(ModuleKind::Tracker)],
        "not when explaining"
    );
}

/// I9: a module that refuses, or does not answer, stops the action before anything is done.
#[ink::test]
fn i9_a_refusing_module_stops_everything() {
    let mut policy = policy_with(&[]);
    let books = install_module(TRACKER, 1);
    install_module(RULE, 1);
    rule(&mut policy, |policy| policy.add_module(TRACKER, 4));
    rule(&mut policy, |policy| policy.add_module(RULE, 1));
    let before = readable(&policy);
    type Answer = Result<Vec<u8>, CallFailure>;
    let answers: [(Answer, Reason); 7] = [
        (Ok(vec![0; 32]), Reason::ModuleRefused),
        (Ok(vec![2; 32]), Reason::ModuleUnreachable),
        (Ok(Vec::new()), Reason::ModuleUnreachable),
        (Ok(vec![0; 64]), Reason::ModuleUnreachable),
        (Err(CallFailure::NoAnswer), Reason::ModuleUnreachable),
        (
            Err(CallFailure::Reverted(Vec::new())),
            Reason::ModuleUnreachable,
        ),
        (
            Err(CallFailure::Reverted(vec![0xff; 4096])),
            Reason::ModuleUnreachable,
        ),
    ];
    for (answer, reason) in answers {
        stand_in::install(RULE.0, move |_| answer.clone());
        for kind in [
            ActionKind::Activate,
            ActionKind::Renew,
            ActionKind::Transfer,
            ActionKind::Amend,
            ActionKind::Lend,
        ] {
            let refusal = policy.check(on_license(kind)).expect_err("refused");
            assert_eq!(
                (refusal.code, refusal.detail),
                (reason.code(), U256::one()),
                "{kind:?}"
            );
        }
        assert_eq!(refused(policy.check(issue())), reason);
        // What protects the public asks no module.
        for kind in [ActionKind::Suspend, ActionKind::Revoke] {
            policy.check(on_license(kind)).expect("no module is asked");
        }
    }
    assert_eq!(readable(&policy), before);
    let revocation = ModuleKind::Tracker.call(&on_license(ActionKind::Revoke));
    assert_eq!(
        *books.borrow(),
        vec![revocation; 7],
        "only of what happened"
    );
}

/// I13: a module that refuses everything, its own removal included, is removed at once.
#[ink::test]
fn i13_a_broken_module_can_always_be_removed() {
    let mut policy = policy_with(&[]);
    install_module(RULE, 1);
    rule(&mut policy, |policy| policy.add_module(RULE, 7));
    let calls = Rc::new(RefCell::new(0));
    let counted = calls.clone();
    stand_in::install(RULE.0, move |_| {
        *counted.borrow_mut() += 1;
        Err(CallFailure::Reverted(vec![0xde, 0xad]))
    });
    assert_eq!(refused(policy.check(issue())), Reason::ModuleUnreachable);
    let before = *calls.borrow();
    rule(&mut policy, |policy| policy.remove_module(RULE));
    policy.check(issue()).expect("no module is left");
    assert_eq!(*calls.borrow(), before, "it was not called");
}

/// I12: a module has a say from the call after it was added to the call before it is removed.
#[ink::test]
fn i12_a_removed_module_has_no_influence() {
    let mut policy = policy_with(&[]);
    install_module(SPENDER, 0);
    policy.check(issue()).expect("not added yet");
    rule(&mut policy, |policy| policy.add_module(SPENDER, 2));
    assert_eq!(refused(policy.check(issue())), Reason::ModuleRefused);
    rule(&mut policy, |policy| policy.remove_module(SPENDER));
    policy.check(issue()).expect("removed");
}

/// I14: the order of modules does not change whether they refuse.
#[ink::test]
fn i14_the_order_of_modules_does_not_matter() {
    let modules = [RULE, SPENDER, TRACKER];
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    for answers in 0..8u8 {
        let refusing = |place: usize| answers >> place & 1 == 0;
        for (place, module) in modules.into_iter().enumerate() {
            install_module(module, u8::from(!refusing(place)));
        }
        for order in orders {
            let mut policy = policy_with(&order.map(|place| (modules[place], 1)));
            let verdict = policy.check(issue());
            let first = order.iter().position(|place| refusing(*place));
            assert_eq!(
                verdict.err().map(|refused| refused.detail),
                first.map(U256::from),
                "{answers:03b} in order {order:?}"
            );
        }
    }
}

/// P6: what a module's books would miss does not happen.
#[ink::test]
fn p6_a_tracker_that_fails_stops_the_action() {
    let mut policy = policy_with(&[]);
    install_module(TRACKER, 1);
    rule(&mut policy, |policy| policy.add_module(TRACKER, 4));
    stand_in::install(TRACKER.0, |_| Err(CallFailure::NoAnswer));
    assert_eq!(refused(policy.check(issue())), Reason::ModuleUnreachable);
    policy
        .check(on_license(ActionKind::Revoke))
        .expect("modules have no say in it");
    install_module(TRACKER, 0);
    policy
        .check(issue())
        .expect("what it answers means nothing");
}

/// P7, M12: a module's books also see moves by decision, and every way in which a license ends.
#[ink::test]
fn p7_trackers_see_forced_moves_recoveries_and_ends() {
    let (mut policy, _) = usual_policy();
    rule(&mut policy, |policy| {
        policy.set_type_rules(YEARLY, gated(1))
    });
    let books = install_module(TRACKER, 1);
    rule(&mut policy, |policy| policy.add_module(TRACKER, 7));
    let moves = [ActionKind::ForceTransfer, ActionKind::Recover].map(|kind| Action {
        caller: COMMITTEE,
        to: RECEIVER,
        ..on_license(kind)
    });
    for action in moves {
        policy.check(action).expect("by decision");
    }
    let ends = [
        ActionKind::Revoke,
        ActionKind::Surrender,
        ActionKind::Withdraw,
    ];
    let ends = ends.map(|kind| Action {
        caller: match kind {
            ActionKind::Revoke => COMMITTEE,
            _ => on_license(kind).caller,
        },
        amount: 10,
        ..on_license(kind)
    });
    for action in ends {
        policy.check(action).expect("by whoever may");
    }
    let told = moves.iter().chain(&ends);
    let told: Vec<_> = told
        .map(|action| ModuleKind::Tracker.call(action))
        .collect();
    assert_eq!(*books.borrow(), told, "told, and not asked");
}

/// M12: a module that fails shields nothing from a committee's decision, from a revocation, or from the
/// recovery of a lost key; the world is told what its books miss. Whatever is ordinary it stops.
#[ink::test]
fn m12_a_dead_module_blocks_no_decision() {
    let (mut policy, _) = usual_policy();
    rule(&mut policy, |policy| {
        policy.set_type_rules(YEARLY, gated(1))
    });
    install_module(TRACKER, 1);
    install_module(SPENDER, 1);
    for module in [TRACKER, SPENDER] {
        rule(&mut policy, |policy| policy.add_module(module, 4));
    }
    stand_in::install(TRACKER.0, |_| Err(CallFailure::NoAnswer));
    let told = install_module(SPENDER, 1);
    let missed = || {
        let events = test::recorded_events();
        let topic = HostKeccak::keccak256(b"ModuleMissed(address,address,uint256,uint8)");
        let told = events.iter().filter(|event| event.topics[0][..] == topic);
        told.count()
    };
    let decided = [
        ActionKind::Revoke,
        ActionKind::Withdraw,
        ActionKind::ForceTransfer,
        ActionKind::Recover,
    ];
    for (count, kind) in (1..).zip(decided) {
        let action = Action {
            caller: COMMITTEE,
            to: RECEIVER,
            ..on_license(kind)
        };
        policy.check(action).expect("no module may stop it");
        assert_eq!(missed(), count, "{kind:?}");
        assert_eq!(told.borrow().len(), count, "the next module hears of it");
    }
    rule(&mut policy, |policy| {
        policy.set_type_rules(YEARLY, gated(0))
    });
    let revocation = on_license(ActionKind::Revoke);
    policy.check(revocation).expect("it protects the public");
    for kind in [
        ActionKind::Surrender,
        ActionKind::Withdraw,
        ActionKind::Transfer,
        ActionKind::Lend,
    ] {
        let refusal = policy.check(on_license(kind)).expect_err("refused");
        assert_eq!(
            (refusal.code, refusal.detail),
            (Reason::ModuleUnreachable.code(), U256::zero()),
            "{kind:?}"
        );
    }
}
