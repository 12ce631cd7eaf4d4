use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256};
use lex_model::{
    About, Committee, Decision, DecisionKind, Nonce, Part, Proposal, Reason, SoftwareKeccak,
};

use super::{Motion, Targets, refuse};
use crate::Refused;

/// How far ahead a deadline may lie, and for how long what was approved outlives its epoch, in seconds.
const HORIZON: u64 = 2_592_000;
const GRACE: u64 = 604_800;

/// How many numbers a lane moves on by at once.
const STEPS: u64 = 16;

/// The place of the nonce in a decision.
const NONCE: u64 = 15;

/// A lane: whose, and which.
type Lane = (Address, [u8; 24]);

/// What decisions are about that can void each other: the family of their kinds, the target, the license, the
/// account.
type Subject = (DecisionKind, Address, B256, Address);

/// The fewest and the most members.
const MEMBERS: [usize; 2] = [2, 32];

/// What the committee should hold.
#[derive(Debug, Clone)]
pub struct Roll {
    /// Time, Unix seconds.
    pub now: u64,
    /// Counts the changes of the members.
    pub epoch: u64,
    /// Who they are, with their weights.
    pub members: Vec<(Address, u32)>,
    /// By code of the kind, 0 for the default.
    pub thresholds: BTreeMap<u8, u32>,
    /// What was put to it.
    pub decisions: BTreeMap<B256, Known>,
    /// Which decision has a number of a lane; none when it was used up.
    numbers: BTreeMap<(Lane, u64), Option<B256>>,
    /// Before which number of a lane nothing waits.
    turns: BTreeMap<Lane, u64>,
    /// Whose signatures over what no longer count.
    withdrawn: BTreeSet<(B256, Address)>,
    /// What was approved about a subject, in that order, also more than once.
    approved: BTreeMap<Subject, Vec<B256>>,
    /// What was carried out, in that order.
    carried_out: Vec<B256>,
    /// When each epoch began.
    began: BTreeMap<u64, u64>,
    /// Since which epoch each is a member.
    since: BTreeMap<Address, u64>,
    /// What decisions are about.
    pub targets: Targets,
    identity: Committee,
}

/// A decision that was put to the committee.
#[derive(Debug, Clone)]
pub struct Known {
    /// What, by whom, in which epoch.
    pub proposal: Proposal,
    /// Who approves.
    pub approvals: BTreeSet<Address>,
    /// The weight that it needs.
    pub threshold: u32,
    /// Whether its approvals were enough when they last changed in its epoch.
    reached: bool,
    /// How far it has come.
    pub stage: Stage,
}

/// How far a decision has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It can be approved and executed.
    Open = 1,
    /// It took effect.
    Executed = 2,
    /// Its maker gave it up.
    Canceled = 3,
}

impl Roll {
    /// A new committee.
    pub fn new(
        chain_id: u64,
        at: Address,
        targets: Targets,
        members: &[(Address, u32)],
        threshold: u32,
        now: u64,
    ) -> Self {
        Self {
            now,
            epoch: 1,
            members: members.to_vec(),
            thresholds: BTreeMap::from([(0, threshold)]),
            decisions: BTreeMap::new(),
            numbers: BTreeMap::new(),
            turns: BTreeMap::new(),
            withdrawn: BTreeSet::new(),
            approved: BTreeMap::new(),
            carried_out: Vec::new(),
            began: BTreeMap::new(),
            since: members.iter().map(|(member, _)| (*member, 1)).collect(),
            targets,
            identity: Committee {
                chain_id,
                address: at.0.0,
            },
        }
    }

    /// Where the committee is.
    pub fn address(&self) -> Address {
        self.identity.address.into()
    }

    /// The id of a decision that `by` puts to the committee now.
    pub fn id(&self, by: Address, decision: &Decision) -> B256 {
        self.proposal(by, decision)
            .id::<SoftwareKeccak>(&self.identity)
            .into()
    }

    /// The weight that a kind needs.
    pub fn threshold(&self, kind: u8) -> u32 {
        let own = self.thresholds.get(&kind);
        own.or_else(|| self.thresholds.get(&0))
            .copied()
            .unwrap_or_default()
    }

    /// The first number of a lane that was never given.
    pub fn next(&self, proposer: Address, key: [u8; 24]) -> u64 {
        let given = |number: &u64| {
            let place = ((proposer, key), *number);
            self.numbers.contains_key(&place)
        };
        (0..).find(|number| !given(number)).unwrap_or(u64::MAX)
    }

    /// What a decision is about, and what else it is counted among: whoever is given a single token is not
    /// whom others meant when they decided about its standing, or held it.
    fn subjects(&self, decision: &Decision) -> Vec<Subject> {
        use DecisionKind as Kind;
        let target = Address::from(decision.target);
        let account = Address::from(decision.account);
        let about = |family: Kind, license: [u8; 32], account| {
            vec![(family, target, B256::from(license), account)]
        };
        let (license, nothing, nobody) = (decision.token_id, [0; 32], Address::ZERO);
        let is_single = target == self.targets.single;
        let whose = if is_single { nobody } else { account };
        match decision.kind {
            Kind::Suspend | Kind::Resume | Kind::Revoke => about(Kind::Suspend, license, nobody),
            Kind::FreezeToken => about(Kind::FreezeToken, license, whose),
            Kind::ForcedTransfer => {
                let mut all = about(Kind::ForcedTransfer, license, whose);
                if is_single {
                    all.extend(about(Kind::Suspend, license, nobody));
                    all.extend(about(Kind::FreezeToken, license, nobody));
                }
                all
            }
            Kind::FreezeHolder | Kind::ReleaseHolder => about(Kind::FreezeHolder, nothing, account),
            Kind::SetMember => about(Kind::SetMember, nothing, account),
            Kind::SetThreshold => about(Kind::SetThreshold, license, nobody),
            _ => Vec::new(),
        }
    }

    fn approved_about(&self, subject: &Subject) -> &[B256] {
        self.approved.get(subject).map_or(&[], Vec::as_slice)
    }

    /// How many decisions about the same were approved.
    pub fn count(&self, decision: &Decision) -> u64 {
        let subjects = self.subjects(decision);
        let subject = subjects.first();
        subject.map_or(0, |subject| self.approved_about(subject).len() as u64)
    }

    /// When a decision was last approved, among those about a subject, from 1.
    fn place(&self, id: B256, subject: &Subject) -> Option<usize> {
        let order = self.approved_about(subject);
        order
            .iter()
            .rposition(|other| *other == id)
            .map(|place| place + 1)
    }

    /// The latest place of what was carried out of these kinds about the same; 0 for none.
    fn last_done(&self, decision: &Decision, is_meant: impl Fn(DecisionKind) -> bool) -> usize {
        let subjects = self.subjects(decision);
        let Some(subject) = subjects.first() else {
            return 0;
        };
        let meant = |id: &B256| {
            let kind = self.decisions[id].proposal.decision.kind;
            is_meant(kind).then(|| self.place(*id, subject)).flatten()
        };
        let done = self.carried_out.iter().filter_map(meant);
        done.max().unwrap_or_default()
    }

    /// Whether members knew, when they signed, what they had to know of.
    fn is_known(&self, decision: &Decision) -> bool {
        let (told, all) = (decision.count, self.count(decision));
        match decision.kind {
            kind if loosens(kind) || kind == DecisionKind::ForcedTransfer => told == all,
            _ => {
                let unsettles = |kind| loosens(kind) || kind == DecisionKind::ForcedTransfer;
                told <= all && told as usize >= self.last_done(decision, unsettles)
            }
        }
    }

    /// Whether others have voided a decision that was approved.
    fn is_void(&self, id: B256, decision: &Decision) -> bool {
        let subjects = self.subjects(decision);
        let place = subjects.first().and_then(|subject| self.place(id, subject));
        let Some(place) = place else {
            return false;
        };
        let is_next = place as u64 == decision.count + 1;
        let kind = decision.kind;
        let is_replaced = || place < self.last_done(decision, |other| other == kind);
        match kind {
            kind if loosens(kind) => !is_next || place as u64 != self.count(decision),
            DecisionKind::ForcedTransfer => !is_next || is_replaced(),
            DecisionKind::Suspend | DecisionKind::FreezeToken => {
                !self.is_known(decision) || is_replaced()
            }
            _ => !self.is_known(decision),
        }
    }

    /// Who approves a decision, was a member when it was proposed, and is one still.
    fn counting(&self, known: &Known) -> Vec<(Address, u32)> {
        let approves = |member: &Address| {
            known.approvals.contains(member) && self.since[member] <= known.proposal.epoch
        };
        let members = self.members.iter().copied();
        members.filter(|(member, _)| approves(member)).collect()
    }

    /// The weight that approves a decision.
    pub fn approving(&self, known: &Known) -> u32 {
        self.counting(known).iter().map(|(_, weight)| weight).sum()
    }

    fn is_checked(&self, known: &Known) -> bool {
        let maker = Address::from(known.proposal.proposer);
        self.counting(known)
            .iter()
            .any(|(member, _)| *member != maker)
    }

    fn is_enough(&self, known: &Known) -> bool {
        self.approving(known) >= known.threshold && self.is_checked(known)
    }

    /// Why a decision cannot be executed.
    pub fn refusals(&self, id: B256) -> Vec<Refused> {
        let Some(known) = self.decisions.get(&id) else {
            return vec![Reason::UnknownDecision.into()];
        };
        let mut refusals = self.against(id, known, self.has_died(known));
        if let Some(number) = self.waits_for(known) {
            refusals.push((Reason::NonceUsed, number));
        }
        let missing = known.threshold.saturating_sub(self.approving(known));
        if missing > 0 {
            refusals.push((Reason::NotYetApproved, missing.into()));
        }
        if !self.is_checked(known) {
            refusals.push((Reason::SoleChecker, 0));
        }
        let decision = &known.proposal.decision;
        if refusals.is_empty() && decision.kind.names_count() && self.is_void(id, decision) {
            let count = self.count(&known.proposal.decision);
            refusals.push((Reason::NotAsApproved, count));
        }
        refusals
            .into_iter()
            .filter_map(|(reason, detail)| refuse(reason, detail).err())
            .collect()
    }

    /// I22: what a decision rests on is not what is so. The targets' versions never move from 0.
    fn moved(&self, decision: &Decision) -> Option<(Reason, u64)> {
        if decision.version != 0 {
            return Some((Reason::NotAsApproved, 0));
        }
        let unknown = decision.kind.names_count() && !self.is_known(decision);
        unknown.then(|| (Reason::NotAsApproved, self.count(decision)))
    }

    /// Whether a decision died with its epoch.
    fn has_died(&self, known: &Known) -> bool {
        let epoch = known.proposal.epoch;
        epoch != self.epoch && (!known.reached || self.now >= self.began[&(epoch + 1)] + GRACE)
    }

    fn is_over(&self, known: &Known) -> bool {
        let deadline = known.proposal.decision.deadline;
        known.stage != Stage::Open || self.now >= deadline || self.has_died(known)
    }

    /// The number for which a decision waits.
    fn waits_for(&self, known: &Known) -> Option<u64> {
        let (lane, number) = place(&known.proposal);
        let first = self.turns.get(&lane).copied().unwrap_or_default();
        (first..number).find(|before| !self.holds_up_nobody(lane, *before))
    }

    /// Whether nobody waits for a number of a lane.
    fn holds_up_nobody(&self, lane: Lane, number: u64) -> bool {
        match self.numbers.get(&(lane, number)) {
            None => false,
            Some(None) => true,
            Some(Some(id)) => {
                let known = &self.decisions[id];
                known.reached || self.is_over(known)
            }
        }
    }

    /// I17: what was executed had the weight of approvals that it needed. I20: its maker was not the
    /// only one who approved. Called on what was so before.
    pub(super) fn i17_i20_was_decided(&self, id: B256) -> Result<(), String> {
        let Some(known) = self.decisions.get(&id) else {
            return Err(format!("I17: nobody knew decision {id}"));
        };
        if self.approving(known) < known.threshold {
            return Err(format!("I17: decision {id} was not approved"));
        }
        if known.stage != Stage::Open || !self.is_checked(known) {
            return Err(format!("I20: decision {id} was not checked"));
        }
        Ok(())
    }

    /// Does what a motion should do.
    ///
    /// # Errors
    /// The refusal that the committee should give; nothing is changed then.
    pub fn apply(&mut self, motion: &Motion) -> Result<(), Refused> {
        match motion {
            Motion::Propose(by, decision) => self.propose(*by, decision),
            Motion::Submit(_, maker, decision, signers, forged) => {
                self.submit(*maker, decision, signers, *forged)
            }
            Motion::Approve(by, id) => {
                let mut known = self.approvable(*id, *by)?;
                if !known.approvals.insert(*by) {
                    return refuse(Reason::AlreadyApproved, 0);
                }
                self.approved(*id, known);
                Ok(())
            }
            Motion::ApproveSigned(_, signer, id, forged) => {
                let mut known = self.approvable(*id, *signer)?;
                self.sign(*id, &mut known, *signer, *forged)?;
                self.approved(*id, known);
                Ok(())
            }
            Motion::Withdraw(by, id) => self.withdraw(*by, *id),
            Motion::Cancel(by, id) => {
                let Some(known) = self.decisions.get(id) else {
                    return refuse(Reason::UnknownDecision, 0);
                };
                self.require_member(*by)?;
                if known.proposal.proposer != by.0.0 {
                    return refuse(Reason::NotMaker, 0);
                }
                if known.stage != Stage::Open {
                    return refuse(Reason::DecisionClosed, 0);
                }
                let (lane, _) = place(&known.proposal);
                self.close(*id, Stage::Canceled);
                self.move_on(lane);
                Ok(())
            }
            Motion::UseUp(by, proposer, nonce) => self.use_up(*by, *proposer, nonce),
            Motion::Execute(_, id) => self.execute(*id),
            Motion::Wait(seconds) => {
                self.now += seconds;
                Ok(())
            }
        }
    }

    fn proposal(&self, by: Address, decision: &Decision) -> Proposal {
        Proposal {
            decision: *decision,
            proposer: by.0.0,
            epoch: self.epoch,
        }
    }

    fn require_proposable(&self, by: Address, decision: &Decision) -> Result<(), Refused> {
        if let Err(invalid) = decision.validate() {
            return refuse(Reason::InvalidDecision, invalid.part.place().into());
        }
        if decision.kind.about() == About::Account && decision.nonce[..20] != decision.account {
            return refuse(Reason::InvalidDecision, NONCE);
        }
        self.require_member(by)?;
        if decision.target == self.identity.address {
            return refuse(Reason::InvalidDecision, Part::Target.place().into());
        }
        Ok(())
    }

    /// What is new to the committee is in time, and about something that is as it says.
    fn require_acceptable(&self, decision: &Decision) -> Result<(), Refused> {
        let deadline = decision.deadline;
        if deadline <= self.now {
            return refuse(Reason::DeadlinePassed, deadline);
        }
        if deadline > self.now + HORIZON {
            return refuse(Reason::InvalidTime, deadline);
        }
        let kind = decision.kind;
        let target = Address::from(decision.target);
        let is_there = target == self.targets.agreeing || target == self.targets.single;
        if !kind.is_own_affair() && !is_there {
            return refuse(Reason::TargetRefused, 0);
        }
        if let Some((reason, detail)) = self.moved(decision) {
            return refuse(reason, detail);
        }
        // Of a single token the holder is shown, if the kind shows one.
        let is_shown = kind.about() == About::License && kind.says(Part::Account);
        let is_single = target == self.targets.single;
        if is_single && is_shown && decision.account != self.targets.holder.0.0 {
            return refuse(Reason::NotAsApproved, 0);
        }
        Ok(())
    }

    /// Gives a decision its number.
    fn give(&mut self, id: B256, proposal: &Proposal) -> Result<(), Refused> {
        let (lane, number) = place(proposal);
        if self.numbers.contains_key(&(lane, number)) {
            return refuse(Reason::NonceUsed, self.next(lane.0, lane.1));
        }
        self.numbers.insert((lane, number), Some(id));
        Ok(())
    }

    /// A decision that nobody approves yet.
    fn known(&self, by: Address, decision: &Decision) -> Known {
        Known {
            proposal: self.proposal(by, decision),
            approvals: BTreeSet::new(),
            threshold: self.threshold(decision.kind.code()),
            reached: false,
            stage: Stage::Open,
        }
    }

    /// Writes down a decision that got an approval.
    fn approved(&mut self, id: B256, known: Known) {
        let (lane, _) = place(&known.proposal);
        self.keep(id, known);
        if self.decisions[&id].reached {
            self.move_on(lane);
        }
    }

    /// Writes down a decision whose approvals changed.
    fn keep(&mut self, id: B256, mut known: Known) {
        if known.proposal.epoch == self.epoch {
            let before = known.reached;
            known.reached = self.is_enough(&known);
            if known.reached && !before {
                for subject in self.subjects(&known.proposal.decision) {
                    let order = self.approved.entry(subject).or_default();
                    if order.last() != Some(&id) {
                        order.push(id);
                    }
                }
            }
        }
        self.decisions.insert(id, known);
    }

    /// Goes on in a lane as far as nobody is held up.
    fn move_on(&mut self, lane: Lane) {
        let turn = self.turns.get(&lane).copied().unwrap_or_default();
        let free = (turn..turn + STEPS).take_while(|number| self.holds_up_nobody(lane, *number));
        let turn = turn + free.count() as u64;
        self.turns.insert(lane, turn);
    }

    fn close(&mut self, id: B256, stage: Stage) {
        if let Some(known) = self.decisions.get_mut(&id) {
            known.stage = stage;
        }
    }

    /// Counts a member's signature.
    fn sign(
        &self,
        id: B256,
        known: &mut Known,
        signer: Address,
        forged: bool,
    ) -> Result<(), Refused> {
        if self.withdrawn.contains(&(id, signer)) {
            return refuse(Reason::SignatureWithdrawn, 0);
        }
        if known.approvals.contains(&signer) {
            return refuse(Reason::AlreadyApproved, 0);
        }
        if forged {
            return refuse(Reason::InvalidSignature, 0);
        }
        known.approvals.insert(signer);
        Ok(())
    }

    /// A member takes back what it gave, signed, or never did.
    fn withdraw(&mut self, by: Address, id: B256) -> Result<(), Refused> {
        self.require_member(by)?;
        let mut approved = false;
        if let Some(mut known) = self.decisions.get(&id).cloned() {
            if known.stage != Stage::Open {
                return refuse(Reason::DecisionClosed, 0);
            }
            let counted = self.counting(&known);
            approved = counted.iter().any(|(member, _)| *member == by);
            if approved {
                known.approvals.remove(&by);
            }
            if !approved && self.withdrawn.contains(&(id, by)) {
                return refuse(Reason::NotApprovedByMember, 0);
            }
            self.keep(id, known);
        }
        if !self.withdrawn.insert((id, by)) && !approved {
            return refuse(Reason::NotApprovedByMember, 0);
        }
        Ok(())
    }

    fn use_up(&mut self, by: Address, proposer: Address, nonce: &Nonce) -> Result<(), Refused> {
        self.require_member(by)?;
        if by != proposer {
            return refuse(Reason::NotMaker, 0);
        }
        let place = ((by, nonce.key), nonce.sequence);
        let holder = self.numbers.get(&place).copied();
        let is_open = |id: &B256| self.decisions[id].stage == Stage::Open;
        match holder {
            None => {}
            Some(Some(id)) if is_open(&id) => self.close(id, Stage::Canceled),
            Some(_) => return refuse(Reason::NonceUsed, self.next(by, nonce.key)),
        }
        self.numbers.insert(place, None);
        self.move_on(place.0);
        Ok(())
    }

    /// I16: a signature counts once, for the decision and the member that it is about.
    fn submit(
        &mut self,
        maker: Address,
        decision: &Decision,
        signers: &[Address],
        forged: Option<usize>,
    ) -> Result<(), Refused> {
        self.require_proposable(maker, decision)?;
        let id = self.id(maker, decision);
        let before = self.decisions.get(&id).cloned();
        let mut known = match &before {
            Some(known) => {
                self.require_approvable(id, known)?;
                known.clone()
            }
            None if signers.first() == Some(&maker) => {
                self.require_acceptable(decision)?;
                self.known(maker, decision)
            }
            None => return refuse(Reason::InvalidSignature, 0),
        };
        let mut seen = BTreeSet::new();
        for signer in signers {
            self.require_member(*signer)?;
            if !seen.insert(*signer) {
                return refuse(Reason::DuplicateSigner, 0);
            }
        }
        for (place, signer) in signers.iter().enumerate() {
            if !known.approvals.contains(signer) {
                self.sign(id, &mut known, *signer, forged == Some(place))?;
            }
        }
        let missing = known.threshold.saturating_sub(self.approving(&known));
        if missing > 0 {
            return refuse(Reason::NotYetApproved, missing.into());
        }
        if !self.is_checked(&known) {
            return refuse(Reason::SoleChecker, 0);
        }
        if before.is_none() {
            self.give(id, &known.proposal)?;
        }
        self.approved(id, known);
        Ok(())
    }

    fn propose(&mut self, by: Address, decision: &Decision) -> Result<(), Refused> {
        self.require_proposable(by, decision)?;
        let id = self.id(by, decision);
        match self.decisions.get(&id).map(|known| known.stage) {
            Some(Stage::Open) => return refuse(Reason::AlreadyApproved, 0),
            Some(_) => return refuse(Reason::DecisionClosed, 0),
            None => {}
        }
        self.require_acceptable(decision)?;
        let known = Known {
            approvals: BTreeSet::from([by]),
            ..self.known(by, decision)
        };
        self.give(id, &known.proposal)?;
        self.approved(id, known);
        Ok(())
    }

    fn execute(&mut self, id: B256) -> Result<(), Refused> {
        if let Some(refusal) = self.refusals(id).first() {
            return Err(*refusal);
        }
        let proposal = self.decisions[&id].proposal;
        let decision = proposal.decision;
        let before = self.clone();
        self.close(id, Stage::Executed);
        // The lane is looked at as the members are before it takes effect.
        self.move_on(place(&proposal).0);
        self.carried_out.push(id);
        let done = match decision.kind {
            DecisionKind::SetMember => self.set_member(&decision),
            DecisionKind::SetThreshold => {
                let sum = self.sum();
                match u32::try_from(decision.number) {
                    Ok(threshold) if (1..=sum).contains(&threshold) => {
                        let [.., kind] = decision.token_id;
                        self.thresholds.insert(kind, threshold);
                        self.epoch += 1;
                        self.began.insert(self.epoch, self.now);
                        Ok(())
                    }
                    _ => refuse(Reason::InvalidThreshold, sum.into()),
                }
            }
            _ => Ok(()),
        };
        if done.is_err() {
            *self = before;
        }
        done
    }

    fn set_member(&mut self, decision: &Decision) -> Result<(), Refused> {
        let account = Address::from(decision.account);
        let weight = decision.number as u32;
        let possible = !account.is_zero() && account != self.address();
        if decision.number > u16::MAX.into() || !possible {
            return refuse(Reason::InvalidMember, 0);
        }
        let [fewest, most] = MEMBERS;
        let mut members = self.members.clone();
        let known = members.iter_mut().find(|(member, _)| *member == account);
        match (known, weight) {
            (None, 0) => return refuse(Reason::AlreadySo, 0),
            (None, _) if self.members.len() >= most => {
                return refuse(Reason::LimitReached, most as u64);
            }
            (None, _) => members.push((account, weight)),
            (Some(_), 0) => members.retain(|(member, _)| *member != account),
            (Some((_, present)), _) if *present == weight => {
                return refuse(Reason::AlreadySo, 0);
            }
            (Some((_, present)), _) => *present = weight,
        }
        if members.len() < fewest {
            return refuse(Reason::LimitReached, fewest as u64);
        }
        let sum: u32 = members.iter().map(|(_, weight)| weight).sum();
        if self.thresholds.values().any(|threshold| *threshold > sum) {
            return refuse(Reason::InvalidThreshold, sum.into());
        }
        self.members = members;
        self.epoch += 1;
        self.began.insert(self.epoch, self.now);
        // A weight that changes leaves its member where it was.
        let epoch = self.epoch;
        if weight == 0 {
            self.since.remove(&account);
        } else {
            self.since.entry(account).or_insert(epoch);
        }
        Ok(())
    }

    fn sum(&self) -> u32 {
        self.members.iter().map(|(_, weight)| weight).sum()
    }

    /// What stands against approving a decision, or executing it.
    fn against(&self, id: B256, known: &Known, died: bool) -> Vec<(Reason, u64)> {
        let deadline = known.proposal.decision.deadline;
        let (lane, number) = place(&known.proposal);
        let has_its_number = self.numbers.get(&(lane, number)) == Some(&Some(id));
        let closed = known.stage != Stage::Open && has_its_number;
        [
            (closed, Reason::DecisionClosed, 0),
            (self.now >= deadline, Reason::DeadlinePassed, deadline),
            (died, Reason::WrongEpoch, self.epoch),
            (
                !has_its_number,
                Reason::NonceUsed,
                self.next(lane.0, lane.1),
            ),
        ]
        .into_iter()
        .filter(|(refused, ..)| *refused)
        .map(|(_, reason, detail)| (reason, detail))
        .collect()
    }

    fn require_approvable(&self, id: B256, known: &Known) -> Result<(), Refused> {
        let died = known.proposal.epoch != self.epoch;
        match self.against(id, known, died).first() {
            Some((reason, detail)) => refuse(*reason, *detail),
            None => Ok(()),
        }
    }

    /// A decision that a member can still approve.
    fn approvable(&self, id: B256, member: Address) -> Result<Known, Refused> {
        let Some(known) = self.decisions.get(&id).cloned() else {
            return Err(Reason::UnknownDecision.into());
        };
        self.require_member(member)?;
        self.require_approvable(id, &known)?;
        Ok(known)
    }

    fn require_member(&self, account: Address) -> Result<(), Refused> {
        if self.members.iter().any(|(member, _)| *member == account) {
            Ok(())
        } else {
            refuse(Reason::NotMember, 0)
        }
    }
}

/// The lane of a proposal, and its number there.
fn place(proposal: &Proposal) -> (Lane, u64) {
    let nonce = proposal.decision.nonce();
    let lane = (Address::from(proposal.proposer), nonce.key);
    (lane, nonce.sequence)
}

/// Whether a kind gives back what others took, or changes the committee.
fn loosens(kind: DecisionKind) -> bool {
    use DecisionKind as Kind;
    matches!(
        kind,
        Kind::Resume | Kind::ReleaseHolder | Kind::SetMember | Kind::SetThreshold
    )
}
