//! The table of what should happen (`contracts/vectors/gate/`), asked of the committee: its own file, and
//! the pairs of refusals that are about it. What the committee cannot be asked yet is counted.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ink::{
    Address, U256,
    env::test,
    sol::{DynBytes, FixedBytes, SolErrorDecode},
};
use lex_contract_host::{
    CallFailure, HostKeccak,
    stand_in::{self, Reverted},
};
use lex_model::{DecisionKind, MAX_DEADLINE_AHEAD, Reason, withdrawal_challenge};
use lex_policy_interface::{Evidence, Refused};

use super::signatures::Passkey;
use super::support::{
    Board, NOW, Person, TARGET, about, at, knowing, later, set_member, set_threshold, until,
};
use crate::views::Decision;

const A_DAY: u64 = 86_400;

/// Rows that nothing answers yet: the committee does not ask policy who is frozen or lost.
const ABOUT_STANDING: usize = 8;
/// Rows about messages that only the committee's own decisions stand for.
const WITHOUT_MESSAGE: usize = 3;

const STANDING: &str = "who is frozen or lost is policy's to say, which the committee does not ask";
const NO_MESSAGE: &str = "no message does it but a decision of the committee's own";

/// A row of the table.
struct Row {
    id: String,
    action: String,
    by: String,
    facts: BTreeMap<String, String>,
    expect: String,
}

impl Row {
    fn all() -> Vec<Self> {
        let committee = include_str!("../../../vectors/gate/committee.json");
        let order = include_str!("../../../vectors/gate/order.json");
        let file = |text: &str| -> Vec<Self> {
            let file: serde_json::Value = serde_json::from_str(text).expect("JSON");
            let rows = file["rows"].as_array().expect("rows");
            rows.iter().map(Self::read).collect()
        };
        let mut rows = file(committee);
        rows.extend(
            file(order)
                .into_iter()
                .filter(|row| row.id.starts_with("committee-")),
        );
        rows
    }

    fn read(row: &serde_json::Value) -> Self {
        let text = |place: usize| row[place].as_str().expect("text").to_owned();
        let facts = text(3);
        let facts = facts.split_whitespace().map(|fact| {
            let (key, value) = fact.split_once('=').expect("key=value");
            (key.to_owned(), value.to_owned())
        });
        Self {
            id: text(0),
            action: text(1),
            by: text(2),
            facts: facts.collect(),
            expect: text(4),
        }
    }

    fn fact(&self, key: &str) -> &str {
        self.facts.get(key).map_or("", String::as_str)
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.fact(key).parse().ok()
    }

    /// Why it cannot be asked.
    fn beyond(&self) -> Option<&'static str> {
        let standing = matches!(self.fact("caller"), "frozen" | "lost")
            || matches!(self.fact("signature"), "ofLostMember" | "ofFrozenMember");
        let own_affair = matches!(&*self.action, "setMember" | "setThreshold");
        if standing {
            Some(STANDING)
        } else if own_affair && self.by != "committee" {
            Some(NO_MESSAGE)
        } else {
            None
        }
    }
}

/// The world of the table's committee.
struct World<'a> {
    row: &'a Row,
    board: Board,
    dave: Person,
    passkey: Passkey,
    proposer: Address,
    decision: Decision,
    id: FixedBytes<32>,
}

impl<'a> World<'a> {
    fn new(row: &'a Row) -> Self {
        let own_affair = matches!(&*row.action, "setMember" | "setThreshold");
        let threshold = match row.number("threshold") {
            Some(number) if !own_affair || row.fact("weight") == "0" => number,
            _ => 3,
        };
        let (dave, passkey) = (Person::new(0x44), Passkey::new());
        let mut more = vec![dave.address, passkey.address()];
        if row.fact("members") == "max" {
            more.extend((1..28u8).map(|byte| Address::from([byte; 20])));
        }
        let board = Board::with(&more, u32::try_from(threshold).expect("small"));
        let cancels_own = row.action == "cancelDecision" && row.by == "removedMember";
        let proposer = match cancels_own {
            true => dave.address,
            false => board.alice.address,
        };
        let mut world = Self {
            row,
            board,
            dave,
            passkey,
            proposer,
            decision: about(DecisionKind::Revoke),
            id: FixedBytes([9; 32]),
        };
        world.decision = world.described();
        world
    }

    fn person(&self, name: &str) -> Address {
        match name {
            "member" => self.board.alice.address,
            "secondMember" => self.board.bob.address,
            "removedMember" => self.dave.address,
            "passkeyMember" => self.passkey.address(),
            "newMember" => [0xd9; 20].into(),
            _ => [0xee; 20].into(),
        }
    }

    fn described(&self) -> Decision {
        let kind = match self.row.fact("decision") {
            "freezeHolder" => DecisionKind::FreezeHolder,
            "freezeToken" => DecisionKind::FreezeToken,
            "releaseHolder" => DecisionKind::ReleaseHolder,
            "liftPause" => DecisionKind::LiftPause,
            "activate" => DecisionKind::Activate,
            "renew" => DecisionKind::Renew,
            "resume" => DecisionKind::Resume,
            _ => DecisionKind::Revoke,
        };
        let mut decision = about(kind);
        match self.row.fact("decision") {
            "unknownKind" => decision.kind = 99,
            "superfluousField" => decision.counterparty = [1; 20].into(),
            "noReason" => decision.reason = 0,
            "otherHolder" => decision.account = [0x79; 20].into(),
            "targetNotContract" if self.row.action == "propose" => {
                decision.target = [0x77; 20].into();
            }
            "unknownLicense" => self.board.target.borrow_mut().subject.version = 0,
            _ => {}
        }
        let proposes = self.row.action == "propose";
        let deadline = match self.row.fact("deadline") {
            "passed" if proposes => NOW - 1,
            "passed" => NOW + 50,
            "now" => NOW,
            "atHorizon" => NOW + MAX_DEADLINE_AHEAD,
            "beyondHorizon" => NOW + MAX_DEADLINE_AHEAD + 1,
            "maximum" => u64::MAX,
            _ => NOW + 20 * A_DAY,
        };
        let nonce = decision.slot.nonce;
        let nonce = match self.row.fact("nonce") {
            "ahead" => nonce + 2,
            "afterFailed" => nonce + 1,
            "afterManyFailed" => nonce + 17,
            "otherLane" => nonce + (U256::from(1) << 64),
            "otherAccount" => U256::from(1) << 64,
            _ => nonce,
        };
        until(at(decision, nonce), deadline)
    }

    fn approve(&mut self, member: Address) {
        let id = self.id;
        self.board.approve(id, member).expect("a member");
    }

    /// Proposed by its proposer.
    fn propose(&mut self) {
        test::set_caller(self.proposer);
        let proposed = self.board.contract.propose(self.decision.into());
        self.id = proposed.expect("acceptable");
    }

    /// Decided by as many members as it takes, and executed.
    fn carry_out(&mut self, decision: Decision) -> Result<(), Refused> {
        let members = self.board.contract.members().expect("members");
        test::set_caller(self.board.alice.address);
        let id = self.board.contract.propose(decision.into())?;
        for member in members.iter().take(5).skip(1) {
            self.board.approve(id, member.account).expect("a member");
        }
        self.board.execute(id)
    }

    /// What happened before the question.
    fn prepare(&mut self) {
        let row = self.row;
        let failed = match row.fact("nonce") {
            "afterFailed" => 1,
            "afterManyFailed" => 17,
            _ => 0,
        };
        for before in 1..=failed {
            let number = self.decision.slot.nonce - U256::from(before);
            let mut failing = at(self.decision, number);
            failing.token_id = U256::from(77);
            test::set_caller(self.proposer);
            let failing = self.board.contract.propose(failing.into());
            self.id = failing.expect("acceptable");
            self.approve(self.board.bob.address);
            self.approve(self.board.carol.address);
        }
        if row.action == "propose" {
            match (row.fact("nonce"), row.fact("state")) {
                ("used", _) => self.use_up(),
                (_, "open") => self.propose(),
                _ => {}
            }
        } else if row.action != "submit" && row.fact("state") != "none" {
            self.propose();
            self.gather();
        }
        match row.fact("threshold") {
            "loweredSince" => self.carry_out(set_threshold(0, 2, 0)).expect("in range"),
            "raisedSince" => self.carry_out(set_threshold(0, 4, 0)).expect("in range"),
            _ => {}
        }
        match row.fact("state") {
            "executed" => self.board.execute(self.id).expect("approved"),
            "canceled" => {
                test::set_caller(self.proposer);
                self.board.contract.cancel(self.id).expect("its own");
            }
            _ => {}
        }
        self.take_back();
        self.change_members();
        self.move_on();
        match row.fact("nonce") {
            "used" if row.action == "execute" => self.use_up(),
            "usedUpByMember" => self.use_up(),
            _ => {}
        }
    }

    fn use_up(&mut self) {
        test::set_caller(self.proposer);
        let nonce = self.decision.slot.nonce;
        let used = self.board.contract.use_up_nonce(self.proposer, nonce);
        used.expect("its own number");
    }

    /// The approvals of its world.
    fn gather(&mut self) {
        let row = self.row;
        let (bob, carol) = (self.board.bob.address, self.board.carol.address);
        let reached = row.fact("reached") == "yes" || row.fact("state") == "executed";
        if row.fact("approval") == "onlyProposer" {
            return;
        }
        if reached {
            self.approve(bob);
            self.approve(carol);
        } else if row.action == "execute" {
            self.approve(bob);
        } else if row.action == "withdrawApproval" || row.action == "approveDecision" {
            let member = self.person(&row.by);
            match row.fact("approval") {
                "given" | "withdrawn" => self.approve(member),
                _ => {}
            }
        }
    }

    /// What members took back.
    fn take_back(&mut self) {
        let bob = self.board.bob.address;
        match self.row.fact("approval") {
            "withdrawn" | "withdrawnUnsubmitted" => {
                if self.row.action == "submit" {
                    let id = self
                        .board
                        .contract
                        .decision_id(self.decision.into(), self.proposer);
                    self.id = id.expect("valid");
                }
                test::set_caller(bob);
                self.board.contract.withdraw(self.id).expect("a member");
            }
            _ => {}
        }
    }

    fn change_members(&mut self) {
        let row = self.row;
        if row.by == "removedMember" {
            self.carry_out(set_member(self.dave.address, 0, 0))
                .expect("four are left");
        }
        let change = match row.fact("remaining") {
            "missing" => set_member(self.board.bob.address, 0, 0),
            _ => set_member([0xd9; 20].into(), 1, 0),
        };
        if matches!(row.fact("members"), "changed" | "changedTwice") {
            self.carry_out(change).expect("a change");
        }
        if row.fact("members") == "changedTwice" {
            later(50);
            self.carry_out(set_member([0xd8; 20].into(), 1, 0))
                .expect("another change");
        }
    }

    /// What moved since, and time.
    fn move_on(&mut self) {
        let row = self.row;
        let target = self.board.target.clone();
        match row.fact("moved") {
            "" => {}
            "byCommittee" => self
                .carry_out(knowing(about(DecisionKind::Resume), 1))
                .expect("approved"),
            "byOtherDecision" => self
                .carry_out(about(DecisionKind::Renew))
                .expect("approved"),
            "bySeizure" => self
                .carry_out(about(DecisionKind::ForcedTransfer))
                .expect("approved"),
            "releasedAtNextHolder" => {
                target.borrow_mut().subject.holder = [0x79; 20].into();
                let mut release = knowing(about(DecisionKind::ReleaseToken), 1);
                release.account = [0x79; 20].into();
                self.carry_out(release).expect("approved");
            }
            "pausedAgain" => target.borrow_mut().pause_version += 2,
            "frozenAgain" => target.borrow_mut().account_version += 2,
            _ => target.borrow_mut().subject.version += 2,
        }
        if row.fact("nonce") == "otherAccountsUsed" {
            let mut other = about(DecisionKind::FreezeHolder);
            other.account = [0x79; 20].into();
            let mut nonce = [0; 32];
            nonce[..20].copy_from_slice(&[0x79; 20]);
            let other = at(other, U256::from_big_endian(&nonce));
            self.carry_out(other).expect("approved");
        }
        if row.fact("license") == "Revoked" {
            target.borrow_mut().refuses = Some(Reason::WrongState);
        }
        if !row.fact("gates.issue").is_empty() {
            target.borrow_mut().refuses = Some(Reason::ClearanceRequired);
        }
        if row.action == "execute" && row.fact("decision") == "targetNotContract" {
            stand_in::install(TARGET, |_| Err(CallFailure::NoAnswer));
        }
        match row.fact("days") {
            "" => {}
            "7less1s" => later(7 * A_DAY - 1),
            days => later(days.parse::<u64>().expect("days") * A_DAY),
        }
        if row.fact("deadline") == "passed" && row.action != "propose" {
            later(50);
        }
    }

    /// The question itself.
    fn ask(&mut self) -> Result<(), Refused> {
        let row = self.row;
        let caller = self.person(&row.by);
        test::set_caller(caller);
        let id = self.id;
        match &*row.action {
            "propose" => self
                .board
                .contract
                .propose(self.decision.into())
                .map(|_| ()),
            "approveDecision" => self.board.contract.approve(id),
            "approveBySig" => {
                let (signer, signature) = self.signature();
                self.board.contract.approve_by_sig(id, signer, signature)
            }
            "approveByPasskey" => self.by_passkey(),
            "submit" => self.submit(),
            "withdrawApproval" if row.by == "passkeyMember" => {
                let challenge = withdrawal_challenge::<HostKeccak>(&id.0);
                let assertion = self.passkey.asserts(FixedBytes(challenge), 5);
                self.board.contract.withdraw_by_passkey(
                    id,
                    assertion.data,
                    assertion.client,
                    FixedBytes(self.passkey.x),
                    FixedBytes(self.passkey.y),
                    FixedBytes(assertion.r),
                    FixedBytes(assertion.s),
                )
            }
            "withdrawApproval" => self.board.contract.withdraw(id),
            "cancelDecision" => self.board.contract.cancel(id),
            "execute" => self.board.contract.execute(id, Evidence::default().into()),
            "useUpNonce" => {
                let own = row.by == "member";
                let proposer = if own { caller } else { self.proposer };
                let nonce = self.decision.slot.nonce + 5;
                self.board.contract.use_up_nonce(proposer, nonce)
            }
            "setThreshold" => {
                let threshold = row.number("threshold").expect("a number");
                self.carry_out(set_threshold(0, threshold, 0))
            }
            "setMember" => {
                let account = match row.fact("account") {
                    "zero" => Address::zero(),
                    "committee" => test::callee(),
                    _ if row.fact("members") == "max" => [0xd9; 20].into(),
                    _ => self.dave.address,
                };
                let weight = row.number("weight").unwrap_or(1);
                self.carry_out(set_member(account, weight, 0))
            }
            other => panic!("{other} is no question to a committee"),
        }
    }

    fn signature(&self) -> (Address, DynBytes) {
        let (bob, stranger) = (&self.board.bob, Person::new(0x66));
        let elsewhere = FixedBytes([7; 32]);
        match self.row.fact("signature") {
            "ofStranger" => (stranger.address, stranger.sign(self.id)),
            "ofStrangerAndBad" => (stranger.address, stranger.sign(elsewhere)),
            "otherDecision" | "otherChain" | "otherCommittee" => {
                // That they differ is the id's to see to: `i16_a_signature_is_for_one_decision_only`.
                (bob.address, bob.sign(elsewhere))
            }
            "highS" => (bob.address, bob.sign_high(self.id)),
            "v0" => {
                let DynBytes(mut bytes) = bob.sign(self.id);
                bytes[64] -= 27;
                (bob.address, DynBytes(bytes))
            }
            _ => (bob.address, bob.sign(self.id)),
        }
    }

    fn by_passkey(&mut self) -> Result<(), Refused> {
        let (challenge, flags) = match self.row.fact("signature") {
            "notVerified" => (self.id, 1),
            "otherDecision" => (FixedBytes([7; 32]), 5),
            _ => (self.id, 5),
        };
        let assertion = self.passkey.asserts(challenge, flags);
        self.board.contract.approve_by_passkey(
            self.id,
            assertion.data,
            assertion.client,
            FixedBytes(self.passkey.x),
            FixedBytes(self.passkey.y),
            FixedBytes(assertion.r),
            FixedBytes(assertion.s),
        )
    }

    fn submit(&mut self) -> Result<(), Refused> {
        let decision = self.decision;
        let id = self
            .board
            .contract
            .decision_id(decision.into(), self.proposer);
        let id = id.expect("valid");
        let (alice, bob, carol) = (&self.board.alice, &self.board.bob, &self.board.carol);
        let bad = FixedBytes([7; 32]);
        let mut signers = vec![alice.address, bob.address, carol.address];
        let mut signatures = vec![alice.sign(id), bob.sign(id), carol.sign(id)];
        match self.row.fact("signature") {
            "two" => {
                signers.pop();
                signatures.pop();
            }
            "duplicate" | "duplicateAndBad" => {
                signers[2] = bob.address;
                signatures[2] = bob.sign(id);
                if self.row.fact("signature") == "duplicateAndBad" {
                    signatures[0] = alice.sign(bad);
                }
            }
            "lengthsDiffer" => drop(signatures.pop()),
            "oneBad" => signatures[1] = bob.sign(bad),
            "onlyProposer" => {
                signers.truncate(1);
                signatures.truncate(1);
            }
            _ => {}
        }
        self.board
            .contract
            .submit(decision.into(), self.proposer, signers, signatures)
            .map(|_| ())
    }
}

/// What the committee answers: the name of its reason, or `allowed`.
fn answer(row: &Row) -> String {
    let mut world = World::new(row);
    world.prepare();
    let asked = catch_unwind(AssertUnwindSafe(|| world.ask()));
    let refused = match asked {
        Ok(answer) => answer.err(),
        // The target's own words come through as a revert.
        Err(panic) => {
            let Reverted(words) = panic.downcast_ref::<Reverted>().expect("a revert");
            Some(Refused::decode(words).expect("a refusal"))
        }
    };
    let reason = refused.map(|refused| Reason::from_code(refused.code).expect("known"));
    reason.map_or("allowed".into(), |reason| reason.name().into())
}

#[ink::test]
fn the_committee_answers_as_the_table_says() {
    let rows = Row::all();
    let (mut complaints, mut open) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for row in &rows {
        if let Some(why) = row.beyond() {
            *open.entry(why).or_default() += 1;
            continue;
        }
        let answer = answer(row);
        if answer != row.expect {
            let facts = &row.facts;
            complaints.push(format!(
                "{}: {} by {} given {facts:?} should be {}, is {answer}",
                row.id, row.action, row.by, row.expect
            ));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let expected = BTreeMap::from([(STANDING, ABOUT_STANDING), (NO_MESSAGE, WITHOUT_MESSAGE)]);
    assert_eq!(open, expected);
    assert!(rows.len() > 120, "{} rows", rows.len());
}
