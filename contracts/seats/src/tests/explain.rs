//! What is foretold is what happens, and licenses do not touch each other: random histories of
//! messages.

use ink::{Address, U256};
use lex_lifecycle::testing::hash;
use lex_model::{ActionKind, Reason};
use lex_policy_interface::{Refusal, Refused};
use proptest::prelude::*;

use super::world::{
    COMMITTEE, GATED, ISSUER, LICENSEE, PLAIN, START, TERM, World, account, alone, at, by, no_data,
    policy, world,
};

#[derive(Debug, Clone, Copy)]
enum Message {
    Transfer(u8, u8, u64),
    Force(u8, u8, u64),
    Freeze(u8, u64),
    GiveUp(u64),
    Recover(u8),
    Assign(u8, u64),
    Unassign(u8),
    Renew,
    RequestRenewal,
    Suspend,
    Resume,
    Revoke,
    Withdraw,
    Amend,
}

impl Message {
    fn kind(self) -> Option<ActionKind> {
        Some(match self {
            Self::Transfer(..) => ActionKind::Transfer,
            Self::Force(..) => ActionKind::ForceTransfer,
            Self::Freeze(..) => ActionKind::FreezeToken,
            Self::GiveUp(_) => ActionKind::Surrender,
            Self::Recover(_) => ActionKind::Recover,
            Self::Renew => ActionKind::Renew,
            Self::RequestRenewal => ActionKind::RequestRenewal,
            Self::Suspend => ActionKind::Suspend,
            Self::Resume => ActionKind::Resume,
            Self::Revoke => ActionKind::Revoke,
            Self::Withdraw => ActionKind::Withdraw,
            Self::Amend => ActionKind::Amend,
            Self::Assign(..) => ActionKind::Lend,
            // Taking back is not lending.
            Self::Unassign(_) => return None,
        })
    }

    /// Whose seats, for whom, how many.
    fn seats(self, sender: u8) -> (Address, Address, u64) {
        let nobody = Address::zero();
        match self {
            Self::Transfer(from, to, amount) | Self::Force(from, to, amount) => {
                (account(from), account(to), amount)
            }
            Self::Freeze(holder, amount) => (account(holder), nobody, amount),
            Self::GiveUp(amount) => (nobody, nobody, amount),
            Self::Recover(lost) => (account(lost), nobody, 0),
            Self::Assign(user, _) => (account(sender), account(user), 1),
            _ => (nobody, nobody, 0),
        }
    }

    fn send(self, world: &mut World, sender: u8, id: U256, now: u64) -> Result<(), Refused> {
        let seats = &mut world.seats;
        let (from, to, amount) = self.seats(sender);
        match self {
            Self::Transfer(..) => seats.safe_transfer_from(from, to, id, amount.into(), no_data()),
            Self::Force(..) => seats.force_transfer(from, to, id, amount, 7, hash(1)),
            Self::Freeze(..) => seats.freeze_token(from, id, amount, 7, hash(1)),
            Self::GiveUp(_) => seats.give_up(id, amount),
            Self::Recover(_) => seats.recover(vec![id], from),
            Self::Assign(user, time) => seats.assign(id, account(user), now + time),
            Self::Unassign(user) => seats.unassign(id, account(user)),
            Self::Renew => seats.renew(id),
            Self::RequestRenewal => seats.request_renewal(id),
            Self::Suspend => seats.suspend(id, 7, hash(1), 0),
            Self::Resume => seats.resume(id),
            Self::Revoke => seats.revoke(id, 7, hash(1)),
            Self::Withdraw => seats.withdraw(id),
            Self::Amend => {
                let updates = seats.outbox().expect("initialized").nonce;
                seats.set_metadata(id, hash(6), format!("ipfs://{updates}"))
            }
        }
    }
}

fn any_message() -> impl Strategy<Value = Message> {
    let who = || 1u8..=5;
    let few = || 0u64..6;
    prop_oneof![
        8 => (who(), who(), few()).prop_map(|(from, to, amount)| Message::Transfer(from, to, amount)),
        3 => (who(), who(), few()).prop_map(|(from, to, amount)| Message::Force(from, to, amount)),
        2 => (who(), few()).prop_map(|(holder, amount)| Message::Freeze(holder, amount)),
        2 => few().prop_map(Message::GiveUp),
        2 => who().prop_map(Message::Recover),
        3 => (who(), 1u64..300).prop_map(|(user, time)| Message::Assign(user, time)),
        1 => who().prop_map(Message::Unassign),
        3 => Just(Message::Renew),
        1 => Just(Message::RequestRenewal),
        2 => Just(Message::Suspend),
        3 => Just(Message::Resume),
        1 => Just(Message::Revoke),
        1 => Just(Message::Withdraw),
        1 => Just(Message::Amend),
    ]
}

/// One step of a history.
#[derive(Debug, Clone)]
struct Step {
    /// Seconds before it.
    wait: u64,
    sender: u8,
    /// Which license, 0 or 1.
    license: usize,
    message: Message,
    /// Frozen or released before it, by policy.
    turned: Option<(u8, bool)>,
    /// Groups paused before it.
    paused: u8,
}

fn any_step() -> impl Strategy<Value = Step> {
    let sender = prop_oneof![
        4 => 1u8..=5,
        4 => Just(LICENSEE),
        3 => Just(COMMITTEE),
        3 => Just(ISSUER),
    ];
    let turned = proptest::option::weighted(0.1, (1u8..=5, any::<bool>()));
    let paused = prop_oneof![9 => Just(0u8), 1 => 0u8..32];
    (0u64..120, sender, 0usize..2, any_message(), turned, paused).prop_map(
        |(wait, sender, license, message, turned, paused)| Step {
            wait,
            sender,
            license,
            message,
            turned,
            paused,
        },
    )
}

fn any_history() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(any_step(), 1..40)
}

/// What one step answered and foretold.
type Answer = (Vec<Refusal>, Result<(), Refused>, bool);

/// Two licenses with seats in several hands, the second of a gated type if asked for.
struct Stage {
    world: World,
    ids: [U256; 2],
    now: u64,
}

impl Stage {
    fn new(second: u64) -> Self {
        let mut world = world();
        let ids = [world.issue(PLAIN), world.issue(second)];
        world
            .desk
            .borrow_mut()
            .successors
            .insert(account(3), account(4));
        for id in ids {
            by(LICENSEE);
            let _ = world.send(LICENSEE, 3, id, 3);
            let _ = world.send(LICENSEE, 4, id, 1);
        }
        let now = START;
        Self { world, ids, now }
    }

    /// What the world does before a step, whichever license the step is about.
    fn prepare(&mut self, step: &Step) {
        self.now += step.wait;
        at(self.now);
        let mut desk = self.world.desk.borrow_mut();
        desk.paused = step.paused;
        if let Some((who, frozen)) = step.turned {
            match frozen {
                true => desk.frozen.insert(account(who)),
                false => desk.frozen.remove(&account(who)),
            };
            drop(desk);
            ink::env::test::set_caller(policy());
            self.world
                .seats
                .restrict(2, account(who), 0, u8::from(frozen))
                .expect("by policy");
        }
    }

    fn take(&mut self, step: &Step) -> Answer {
        let id = self.ids[step.license];
        let (from, to, amount) = step.message.seats(step.sender);
        let sender = account(step.sender);
        let place = String::new();
        let foretold = step.message.kind().map_or_else(Vec::new, |kind| {
            let action = kind.code();
            self.world
                .seats
                .explain(action, sender, id, 0, place, from, to, amount)
        });
        let could = self.world.seats.can_transfer(sender, to, id, amount.into());
        by(step.sender);
        let answer = step
            .message
            .send(&mut self.world, step.sender, id, self.now);
        (foretold, answer, could)
    }

    /// Everything that can be seen of a license.
    fn seen(&self, license: usize) -> String {
        let id = self.ids[license];
        let seats = &self.world.seats;
        let accounts: Vec<_> = (1..=5)
            .map(|number| {
                let account = account(number);
                let user = (seats.assigned_to(id, account), seats.may_use(id, account));
                (seats.position(id, account), user)
            })
            .collect();
        format!(
            "{:?} {:?} {:?} {accounts:?}",
            seats.license(id),
            seats.is_usable(id),
            seats.total_supply(id),
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// I8, I9: a message fails with the first reason that `explain` gave and succeeds if there was none;
    /// `canTransfer` says whether the holder's own transfer succeeds. I5: the balances add up.
    #[test]
    fn i5_i8_i9_what_is_explained_happens(history in any_history(), gated in any::<bool>()) {
        alone(|| {
            let mut stage = Stage::new(if gated { GATED } else { PLAIN });
            for step in &history {
                stage.prepare(step);
                let before = stage.seen(step.license);
                let (foretold, answer, could) = stage.take(step);
                if step.message.kind().is_some() {
                    let first = foretold.first().map(|refusal| Refused::from(*refusal));
                    prop_assert_eq!(answer.err(), first, "I8 of {:?}", step);
                }
                if let Message::Transfer(from, ..) = step.message && from == step.sender {
                    prop_assert_eq!(could, answer.is_ok(), "I8 of {:?}", step);
                }
                if answer.is_err() {
                    prop_assert_eq!(stage.seen(step.license), before, "I9 of {:?}", step);
                }
                for id in stage.ids {
                    let sum: u64 = (1..=5).map(|number| stage.world.balance(number, id)).sum();
                    prop_assert_eq!(U256::from(sum), stage.world.seats.total_supply(id), "I5 of {:?}", step);
                }
            }
            Ok(())
        })?;
    }

    /// M6: with or without everything that happens to the first license, the second answers, foretells
    /// and looks the same.
    #[test]
    fn m6_what_happens_to_one_license_changes_nothing_for_another(history in any_history()) {
        let run = |licenses: &[usize]| alone(|| {
            let mut stage = Stage::new(PLAIN);
            let mut answers = Vec::new();
            for step in &history {
                stage.prepare(step);
                if licenses.contains(&step.license) {
                    let answer = stage.take(step);
                    if step.license == 1 {
                        answers.push(answer);
                    }
                }
            }
            (answers, stage.seen(1))
        });
        prop_assert_eq!(run(&[0, 1]), run(&[1]));
    }
}

#[ink::test]
fn an_issue_is_explained() {
    let world = world();
    let explain = |action: ActionKind, place: &str, amount| {
        let (nobody, to) = (Address::zero(), account(LICENSEE));
        let refusals = world.seats.explain(
            action.code(),
            account(ISSUER),
            U256::zero(),
            PLAIN,
            place.into(),
            nobody,
            to,
            amount,
        );
        let reasons: Vec<_> = refusals
            .iter()
            .map(|refusal| Reason::from_code(refusal.code).expect("known code"))
            .collect();
        reasons
    };
    assert_eq!(explain(ActionKind::Issue, "US", 10), []);
    assert_eq!(
        explain(ActionKind::Issue, "US", 0),
        [Reason::InsufficientSeats]
    );
    assert_eq!(
        explain(ActionKind::Issue, "usa", 10),
        [Reason::InvalidJurisdiction]
    );
    assert_eq!(
        explain(ActionKind::Issue, "usa", 0),
        [Reason::InsufficientSeats, Reason::InvalidJurisdiction]
    );
    assert_eq!(
        explain(ActionKind::Sublicense, "US", 10),
        [Reason::NotSublicensable]
    );
    assert_eq!(explain(ActionKind::Revoke, "", 0), [Reason::UnknownLicense]);
}

#[ink::test]
fn evidence_is_looked_at_where_it_is_explained() {
    let mut world = world();
    let id = world.issue(GATED);
    let nobody = Address::zero();
    let activate = ActionKind::Activate.code();
    let committee = account(COMMITTEE);
    let place = String::new;
    let without = world
        .seats
        .explain(activate, committee, id, 0, place(), nobody, nobody, 0);
    let code = without.first().map(|refusal| refusal.code);
    assert_eq!(code, Some(Reason::ClearanceRequired.code()));
    let evidence = lex_lifecycle::testing::cleared(1);
    let with = world.seats.explain_with(
        activate,
        committee,
        id,
        0,
        place(),
        nobody,
        nobody,
        0,
        evidence,
    );
    assert_eq!(with, []);
    for unknown in [0, 99] {
        let refusals = world
            .seats
            .explain(unknown, committee, id, 0, place(), nobody, nobody, 0);
        let code = refusals.first().map(|refusal| refusal.code);
        assert_eq!(code, Some(Reason::UnknownAction.code()));
    }
    assert_eq!(world.seats.status_at(id, START + TERM - 1), 1);
}
