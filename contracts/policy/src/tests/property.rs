//! What is explained is what happens, for random rules and random questions.

use super::*;
use lex_policy_interface::{Evidence, Parent, Proof};
use proptest::prelude::*;
use std::cell::Cell;

use super::evidence::{account_of, cleared, signing_key, stated, subject};

const MODULE: Address = account(0xa1);
const SIGNER: u8 = 7;

/// A state of the rules.
#[derive(Debug, Clone)]
struct World {
    rules: TypeRules,
    open: bool,
    bundle: Option<Vec<BundleRule>>,
    frozen: Vec<Address>,
    paused: u8,
    module: Option<u8>,
}

impl World {
    fn build(self) -> Policy {
        let (mut policy, _) = usual_policy();
        as_caller(ADMIN);
        policy.set_type_rules(YEARLY, self.rules).expect("sensible");
        let signer = account_of(&signing_key(SIGNER));
        policy.set_role(signer, 2, true).expect("new");
        match self.bundle {
            Some(rules) => policy.set_bundle("US".into(), hash(2), rules),
            None => policy.remove_bundle("US".into()),
        }
        .expect("sensible");
        if !self.open {
            policy.set_type_open(YEARLY, false).expect("open");
        }
        if let Some(answer) = self.module {
            stand_in::install(MODULE.0, move |_| {
                let mut word = vec![0; 32];
                word[31] = answer;
                Ok(word)
            });
            policy.add_module(MODULE, 3).expect("new");
        }
        as_caller(REGULATOR);
        for account in self.frozen {
            policy
                .set_holder_frozen(account, true, 1, hash(0))
                .expect("free");
        }
        as_caller(GUARDIAN);
        if self.paused != 0 {
            policy.pause(self.paused).expect("not paused");
        }
        as_caller(LICENSE);
        policy
    }
}

fn any_bundle_rule() -> impl Strategy<Value = BundleRule> {
    let kinds = prop_oneof![
        Just(ActionKind::Issue),
        Just(ActionKind::Renew),
        Just(ActionKind::Transfer)
    ];
    let demand = prop_oneof![
        1 => Just((1, 0)),
        2 => (1u64..8).prop_map(|gates| (2, gates)),
        2 => (0u64..1001).prop_map(|score| (3, score)),
        2 => (1..800 * DAY).prop_map(|term| (4, term)),
    ];
    (demand, kinds, 0u64..3).prop_map(|((demand, value), kind, license_type)| {
        bundle_rule(demand, kind, license_type, value)
    })
}

prop_compose! {
    fn any_world()(
        gates in proptest::array::uniform4(prop_oneof![2 => Just(0u8), 1 => 0u8..4]),
        enforce in 0u8..2,
        open in proptest::bool::weighted(0.8),
        bundle in proptest::option::weighted(0.9, proptest::collection::vec(any_bundle_rule(), 0..3)),
        frozen in proptest::sample::subsequence(vec![HOLDER, RECEIVER], 0..=2),
        paused in prop_oneof![3 => Just(0u8), 1 => 0u8..32],
        module in prop_oneof![3 => Just(None), 1 => (0u8..3).prop_map(Some)],
    ) -> World {
        let [issue, renew, transfer, lend] = gates;
        let rules = TypeRules { gates: TypeGates { issue, renew, transfer, lend, enforce }, ..gated(0) };
        World { rules, open, bundle, frozen, paused, module }
    }
}

prop_compose! {
    fn any_action()(
        code in 0u8..18,
        caller in proptest::sample::select(vec![ISSUER, HOLDER, COMMITTEE, NOBODY]),
        to in proptest::sample::select(vec![RECEIVER, HOLDER, Address::zero()]),
        license_type in prop_oneof![9 => Just(YEARLY), 1 => 0u64..3],
        code_of_place in prop_oneof![8 => Just("US-NY"), 1 => Just("DE"), 1 => Just("?")],
        status in prop_oneof![3 => Just(None), 1 => (0u8..12).prop_map(Some)],
        seconds in prop_oneof![3 => Just(0u64), 1 => 0..400 * DAY],
        kind in prop_oneof![9 => Just(0u8), 1 => 0u8..3],
        with_parent in proptest::bool::weighted(0.1),
    ) -> Action {
        let usual = match ActionKind::from_code(code) {
            Some(kind) if !kind.creates() => on_license(kind),
            _ => Action { action: code, ..issue() },
        };
        let caller = if seconds % 3 == 0 { usual.caller } else { caller };
        let to = if caller == usual.caller { usual.to } else { to };
        let mut action = Action { caller, to, license_type, jurisdiction: place(code_of_place), ..usual };
        action.state.at = NOW + seconds;
        action.state.kind = kind;
        action.state.status = status.unwrap_or(action.state.status);
        if with_parent {
            action.parent = Parent { holder: caller, license_type: 1, jurisdiction: place("US"),
                status: 2, valid_from: 0, valid_until: NOW + 900 * DAY, grace_until: NOW + 900 * DAY };
        }
        action
    }
}

/// `check` and `clear` refuse exactly when `explain` and `explainWith` say something, and with their
/// first reason.
#[ink::test]
fn what_is_explained_is_what_happens() {
    let (allowed, refused) = (Cell::new(0), Cell::new(0));
    let config = ProptestConfig::with_cases(1_000);
    proptest!(config, |(world in any_world(), action in any_action(), evidence in 0u8..4)| {
        let mut policy = world.build();
        let before = readable(&policy);

        let explained = policy.explain(action);
        let checked = policy.check(action);
        prop_assert_eq!(explained.first().copied().map(Refused::from), checked.err());

        let evidence = match evidence {
            0 => Evidence::default(),
            1 => Evidence { proof: Proof { points: [U256::one(); 8], ..Proof::default() }, ..Evidence::default() },
            _ => match action.to_model() {
                Ok(_) => {
                    let signer = if evidence == 2 { SIGNER } else { SIGNER + 1 };
                    let (clearance, _) = cleared(&subject(&action), &stated(&policy), signer);
                    Evidence { clearance, ..Evidence::default() }
                }
                Err(_) => Evidence::default(),
            },
        };
        let explained = policy.explain_with(action, evidence.clone());
        let cleared = policy.clear(action, evidence);
        prop_assert_eq!(explained.first().copied().map(Refused::from), cleared.err());
        prop_assert_eq!(readable(&policy), before);
        match cleared {
            Ok(_) => allowed.set(allowed.get() + 1),
            Err(_) => refused.set(refused.get() + 1),
        }
    });
    // Both answers were met: the agreement is not an empty one.
    let (allowed, refused) = (allowed.get(), refused.get());
    assert!(
        allowed > 20 && refused > 20,
        "{allowed} allowed, {refused} refused"
    );
}
