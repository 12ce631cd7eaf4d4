//! The gate: which rules refuse an action. What is done and what is explained come from the same
//! list, so the two cannot disagree.

use crate::{
    Action, ActionKind, Address, Bundle, Gates, LicenseType, Parent, Reason, Status, Term,
    TypeKind, bundle::Demands,
};

/// What policy knows about the action's type, issuer, accounts and place, and about the evidence that
/// came with it.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Whether policy serves the license contract that asks.
    pub binding: Binding,
    /// The license type, if it exists.
    pub license_type: Option<&'a LicenseType>,
    /// The rules of the jurisdiction or, if it has none, of its country.
    pub bundle: Option<Bundle<'a>>,
    /// Who is the action's issuer now: the account that it names, or whoever took over from it.
    pub issuer: Address,
    /// Whether that issuer is registered.
    pub issuer_registered: bool,
    /// Whether that issuer is granted this type and jurisdiction.
    pub issuer_granted: bool,
    /// Whether the caller is the type's committee.
    pub by_committee: bool,
    /// Whether the caller is a regulator and the type has no committee.
    pub by_regulator: bool,
    /// How many licenses or seats of the type there are that have not been ended, in all contracts.
    pub supply: u64,
    /// How many of them the account that the action names as issuer has issued.
    pub issuer_supply: u64,
    /// The most that this account may have issued of them; 0 for no share of its own.
    pub issuer_share: u64,
    /// The paused groups, as bits of [`crate::Group`].
    pub paused: u8,
    /// What stands against the account that asks.
    pub caller: Account,
    /// What stands against the action's holder.
    pub holder: Account,
    /// What stands against the holder of the license under which this one stands, or is to stand.
    pub parent_holder: Account,
    /// Whether the type of that license is open; true where there is none.
    pub parent_open: bool,
    /// What stands against the account in `to`.
    pub to: Account,
    /// The clearance: its score, if it is one for this action.
    pub clearance: Presented<u16>,
    /// The proof, if it proves the type's statement for this action.
    pub proof: Presented<()>,
    /// The first rule module that refuses, or does not answer.
    pub module: Option<ModuleRefusal>,
}

/// Whether policy serves a license contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// It asks, and is told of every restriction.
    Bound,
    /// It was bound. Nothing is told it any more, so that nothing may be gained there; what it keeps can
    /// still be ended.
    Unbound,
    /// It never was.
    Never,
}

/// What stands against an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// A regulator froze it.
    pub frozen: bool,
    /// A regulator declared its key lost, whether its recovery is in force already or can still be
    /// objected to: who acts with it is not known.
    pub lost: bool,
}

/// How long the holder of a key that was declared lost may object to its recovery, in seconds.
pub const RECOVERY_DELAY: u64 = 3 * 86_400;

/// Evidence that may have come with an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented<T> {
    /// None came.
    Missing,
    /// It was looked at and holds.
    Valid(T),
    /// It was looked at and does not hold: the reason and its detail.
    Invalid(Reason, u64),
}

/// What a rule module said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleRefusal {
    /// The module's place in the list.
    pub place: u64,
    /// Whether it answered at all.
    pub answered: bool,
}

/// One rule that refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The version of the type's or the jurisdiction's rules that refused; 0 when neither did.
    pub rule_version: u32,
    /// A number that goes with the reason; [`Reason::message`] says which.
    pub detail: u64,
}

/// The most rules that can refuse one action.
pub const MAX_REFUSALS: usize = 20;

/// The rules that refuse an action, most fundamental first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusals {
    list: [Option<Refusal>; MAX_REFUSALS],
    rule_version: u32,
}

impl Refusals {
    fn none(rule_version: u32) -> Self {
        Self {
            list: [None; MAX_REFUSALS],
            rule_version,
        }
    }

    fn add(&mut self, reason: Reason, detail: u64) {
        self.add_of(self.rule_version, reason, detail);
    }

    fn add_of(&mut self, rule_version: u32, reason: Reason, detail: u64) {
        let refusal = Refusal {
            reason,
            rule_version,
            detail,
        };
        // A gate asks fewer questions than there are slots: see `no_action_meets_more_rules_than_fit`.
        if let Some(free) = self.list.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(refusal);
        }
    }

    fn add_if(&mut self, refused: bool, reason: Reason, detail: u64) {
        if refused {
            self.add(reason, detail);
        }
    }

    /// The refusal that is reported when the action is tried.
    pub fn first(&self) -> Option<Refusal> {
        self.iter().next()
    }

    /// All refusals, as `explain` reports them.
    pub fn iter(&self) -> impl Iterator<Item = Refusal> + '_ {
        self.list.iter().copied().flatten()
    }
}

/// The gates that an action of this kind must pass, as bits of [`Gates`]. While an issue needs any,
/// the license is pending.
pub fn required_gates(
    kind: ActionKind,
    license_type: &LicenseType,
    id: u64,
    bundle: Option<Bundle<'_>>,
) -> u8 {
    license_type.gates.of(kind) | demands(kind, id, bundle).gates
}

/// The rules that refuse `action`; none means that it is allowed.
///
/// They stand in the order in which they are shown, from what nobody can mend to what the caller can
/// mend this minute: the question, who may ask, the caller's own account, what is over for ever, what
/// is in the regulator's hands, what is ruled out, what is not now, the other side, time and numbers,
/// evidence, others' word.
pub fn refusals(action: &Action, facts: &Facts<'_>) -> Refusals {
    let mut refusals = Refusals::none(facts.license_type.map_or(0, |known| known.version));
    if !is_served(action.kind, facts.binding) {
        refusals.add_of(0, Reason::NotBound, 0);
    }
    let Some(license_type) = facts.license_type else {
        refusals.add(Reason::UnknownType, 0);
        return refusals;
    };
    let gate = Gate {
        action,
        license_type,
        facts,
        by_committee: facts.by_committee || facts.by_regulator && stands_in(action.kind),
        demanded: demands(action.kind, action.license_type, facts.bundle),
    };
    gate.question(&mut refusals);
    if action.kind == ActionKind::Sublicense && action.parent.is_none() {
        refusals.add(Reason::UnknownLicense, 0);
        return refusals;
    }
    gate.who_asks(&mut refusals);
    gate.own_account(&mut refusals);
    gate.over(&mut refusals);
    gate.in_the_regulators_hands(&mut refusals);
    gate.ruled_out(&mut refusals);
    gate.not_now(&mut refusals);
    gate.other_side(&mut refusals);
    gate.time_and_numbers(&mut refusals);
    gate.evidence(&mut refusals);
    gate.others_word(&mut refusals);
    refusals
}

const NOBODY: Address = [0; 20];

/// Whether a license contract is served in this. What policy tells nothing any more keeps its licenses,
/// and they must not become irrevocable.
const fn is_served(kind: ActionKind, binding: Binding) -> bool {
    match binding {
        Binding::Bound => true,
        Binding::Unbound => matches!(kind, ActionKind::Suspend | ActionKind::Revoke),
        Binding::Never => false,
    }
}

/// What a regulator decides where a type has no committee: its licenses can be stopped, let go again,
/// held in place and ended, but not given to somebody else.
const fn stands_in(kind: ActionKind) -> bool {
    matches!(
        kind,
        ActionKind::Suspend | ActionKind::Resume | ActionKind::Revoke | ActionKind::FreezeToken
    )
}

/// A set of statuses, as bits.
const fn set(statuses: &[Status]) -> u16 {
    let (mut bits, mut rest) = (0, statuses);
    while let [first, others @ ..] = rest {
        bits |= 1 << first.code();
        rest = others;
    }
    bits
}

/// What has not come to its end and is not suspended.
const STANDING: u16 = set(&[Status::Active, Status::InGrace, Status::NotYetValid]);
/// What was in force and has not been ended.
const IN_EXISTENCE: u16 = STANDING | set(&[Status::Expired, Status::Suspended]);
/// What was ended for ever, or never was.
const ENDED: u16 = set(&[Status::Unknown, Status::Revoked, Status::Archived]);

/// The statuses in which a license allows this.
const fn allowing(kind: ActionKind) -> u16 {
    match kind {
        ActionKind::Issue | ActionKind::Sublicense => u16::MAX,
        ActionKind::Activate | ActionKind::Withdraw => set(&[Status::Pending]),
        ActionKind::Renew | ActionKind::RequestRenewal | ActionKind::Transfer => STANDING,
        ActionKind::Suspend => STANDING | set(&[Status::Suspended]),
        ActionKind::Resume => set(&[Status::Suspended]),
        ActionKind::Revoke | ActionKind::ForceTransfer => IN_EXISTENCE,
        // What cannot be used cannot be lent.
        ActionKind::Lend => set(&[Status::Active]),
        ActionKind::Surrender => STANDING | set(&[Status::Expired]),
        ActionKind::Amend => STANDING | set(&[Status::Pending]),
        ActionKind::FreezeToken => IN_EXISTENCE | set(&[Status::Pending]),
        ActionKind::Recover => IN_EXISTENCE | set(&[Status::Pending, Status::Revoked]),
    }
}

/// One question to the gate, and what it takes to answer.
struct Gate<'a> {
    action: &'a Action,
    license_type: &'a LicenseType,
    facts: &'a Facts<'a>,
    /// Whether the type's committee asks, or a regulator where it has none.
    by_committee: bool,
    demanded: Demands,
}

impl Gate<'_> {
    /// Whether the action is one of these.
    fn is(&self, kinds: &[ActionKind]) -> bool {
        kinds.contains(&self.action.kind)
    }

    /// What changes a license that is in force, or could be, to its holder's advantage: nobody gains
    /// under a restriction, by the committee's decision neither.
    fn gains(&self) -> bool {
        self.is(&[ActionKind::Activate, ActionKind::Renew])
    }

    fn question(&self, refusals: &mut Refusals) {
        let Self {
            action,
            license_type,
            ..
        } = self;
        refusals.add_if(action.token_kind != license_type.kind, Reason::WrongKind, 0);
        let made_up = action.kind.creates() && !action.jurisdiction.may_exist();
        refusals.add_if(made_up, Reason::InvalidJurisdiction, 0);
    }

    fn who_asks(&self, refusals: &mut Refusals) {
        let action = self.action;
        let is_holder = action.caller == action.holder;
        match action.kind {
            ActionKind::Issue => self.authority(Reason::NotLicenseIssuer, refusals),
            ActionKind::Sublicense => {
                let is_parents = |parent: Parent| action.caller == parent.holder;
                let may = action.parent.is_none_or(is_parents);
                refusals.add_if(!may, Reason::NotHolder, 0);
            }
            // What waits was applied for by an issuer, who must still be one, whoever completes it.
            ActionKind::Activate if action.parent.is_none() && (self.by_committee || is_holder) => {
                self.registration(refusals);
            }
            ActionKind::Activate | ActionKind::Withdraw | ActionKind::RequestRenewal
                if self.by_committee || is_holder => {}
            ActionKind::RequestRenewal => self.authority(Reason::NotHolder, refusals),
            ActionKind::Activate
            | ActionKind::Withdraw
            | ActionKind::Renew
            | ActionKind::Suspend
            | ActionKind::Resume
            | ActionKind::Revoke
            | ActionKind::Amend => {
                if !self.by_committee {
                    self.authority(Reason::NotLicenseIssuer, refusals);
                }
            }
            ActionKind::Surrender => refusals.add_if(!is_holder, Reason::NotHolder, 0),
            // Whom a holder has approved stands in the license contract.
            ActionKind::Transfer | ActionKind::Lend => {}
            ActionKind::ForceTransfer | ActionKind::FreezeToken => {
                refusals.add_if(!self.by_committee, Reason::NotCommittee, 0);
            }
            ActionKind::Recover => {
                refusals.add_if(action.to == NOBODY, Reason::NotRecovered, 0);
            }
        }
    }

    /// Who decides about a license besides the type's committee: of a sublicense, whoever holds the
    /// parent; else its issuer or whoever took over from it, while registered and granted.
    fn authority(&self, otherwise: Reason, refusals: &mut Refusals) {
        let (action, issuer) = (self.action, self.facts.issuer);
        if let Some(parent) = action.parent {
            refusals.add_if(action.caller != parent.holder, otherwise, 0);
            return;
        }
        let was_succeeded = action.caller == action.issuer && action.caller != issuer;
        if was_succeeded {
            refusals.add(Reason::UnknownIssuer, 0);
            return;
        }
        refusals.add_if(action.caller != issuer, otherwise, 0);
        self.registration(refusals);
    }

    fn registration(&self, refusals: &mut Refusals) {
        if !self.facts.issuer_registered {
            refusals.add(Reason::UnknownIssuer, 0);
        } else if !self.facts.issuer_granted {
            refusals.add(Reason::IssuerNotGranted, 0);
        }
    }

    /// A lost or frozen account does nothing in any role. A committee acts by its members: none of
    /// this silences it.
    fn own_account(&self, refusals: &mut Refusals) {
        let (action, facts) = (self.action, self.facts);
        if self.by_committee {
            return;
        }
        refusals.add_if(facts.caller.lost, Reason::KeyLost, 0);
        if facts.caller.frozen {
            if action.kind == ActionKind::Sublicense {
                refusals.add(Reason::HolderFrozen, 1);
            } else if action.caller == action.holder {
                refusals.add(Reason::HolderFrozen, 0);
            } else {
                refusals.add(Reason::CallerFrozen, 0);
            }
        }
    }

    fn is_allowing(&self) -> bool {
        allowing(self.action.kind) & set(&[self.action.status]) != 0
    }

    fn has_ended(&self) -> bool {
        ENDED & set(&[self.action.status]) != 0
    }

    /// Whether its term and grace are over and that is in the way. Suspended time does not extend them.
    fn is_over(&self) -> bool {
        let Action {
            kind,
            status,
            term,
            at,
            ..
        } = *self.action;
        let matters = allowing(kind) & set(&[Status::Expired]) == 0;
        matters
            && match status {
                Status::Expired => true,
                Status::Suspended => at >= term.grace_until,
                _ => false,
            }
    }

    fn over(&self, refusals: &mut Refusals) {
        let (action, license_type) = (self.action, self.license_type);
        if self.has_ended() && !self.is_allowing() {
            refusals.add(Reason::WrongState, u64::from(action.status.code()));
        }
        // Seats are made for others than their holder, so that lending one is no sale.
        let moves = match action.kind {
            ActionKind::Transfer => true,
            ActionKind::Lend => action.token_kind == TypeKind::Nft,
            _ => false,
        };
        let bound = moves && !license_type.transferable;
        refusals.add_if(bound, Reason::NotTransferable, 0);
        let parent_type = license_type.parent_type;
        let fits = |parent: Parent| parent_type != 0 && parent.license_type == parent_type;
        let misplaced = match action.kind {
            ActionKind::Issue => parent_type != 0,
            ActionKind::Sublicense => !action.parent.is_some_and(fits),
            _ => false,
        };
        refusals.add_if(misplaced, Reason::NotSublicensable, parent_type);
        if self.is_over() {
            let reason = match self.is(&[ActionKind::Renew, ActionKind::RequestRenewal]) {
                true => Reason::RenewalClosed,
                false => Reason::TermExpired,
            };
            refusals.add(reason, action.term.grace_until);
        }
        let too_late = action.kind == ActionKind::Activate
            && action.status == Status::Pending
            && action.at >= action.term.valid_until;
        refusals.add_if(too_late, Reason::TermExpired, action.term.valid_until);
    }

    /// What a frozen or lost account holds, and what is held where it is, is changed by the committee
    /// alone; what the committee suspended stays so.
    fn in_the_regulators_hands(&self, refusals: &mut Refusals) {
        let (action, facts) = (self.action, self.facts);
        let decided = self.by_committee && !self.gains() && !self.is(&[ActionKind::Lend]);
        if decided || self.is(&[ActionKind::ForceTransfer, ActionKind::FreezeToken]) {
            return;
        }
        // Seats have many holders: a license as a whole is none of theirs.
        let of_one = action.token_kind == TypeKind::Nft
            || !self.is(&[
                ActionKind::Renew,
                ActionKind::Suspend,
                ActionKind::Resume,
                ActionKind::Revoke,
                ActionKind::Amend,
            ]);
        let by_another = self.by_committee || action.caller != action.holder;
        if of_one && by_another && !action.kind.creates() {
            let recovers = action.kind == ActionKind::Recover;
            refusals.add_if(facts.holder.lost && !recovers, Reason::KeyLost, 1);
            refusals.add_if(facts.holder.frozen, Reason::HolderFrozen, 0);
        }
        if self.by_committee {
            return;
        }
        let held = match action.kind {
            ActionKind::Sublicense => action.parent.is_some_and(|parent| parent.held),
            _ => action.held,
        };
        refusals.add_if(held, Reason::TokenFrozen, 0);
        let lifts = self.is(&[ActionKind::Suspend, ActionKind::Resume])
            && action.suspended_by_committee
            && action.status == Status::Suspended;
        refusals.add_if(lifts, Reason::NotCommittee, 0);
    }

    fn ruled_out(&self, refusals: &mut Refusals) {
        let facts = self.facts;
        let ruled = self.action.kind.creates()
            || self.gains()
            || self.is(&[ActionKind::Transfer, ActionKind::Amend, ActionKind::Lend]);
        let needs_open = ruled || self.is(&[ActionKind::RequestRenewal]);
        refusals.add_if(needs_open && !self.license_type.open, Reason::TypeClosed, 0);
        if !ruled {
            return;
        }
        let Some(bundle) = facts.bundle else {
            refusals.add_of(0, Reason::NoRules, 0);
            return;
        };
        if let Some(place) = self.demanded.forbidden_by {
            refusals.add_of(bundle.version, Reason::Forbidden, place);
        }
    }

    fn not_now(&self, refusals: &mut Refusals) {
        let (action, facts) = (self.action, self.facts);
        if !self.is_allowing() && !self.has_ended() && !self.is_over() {
            refusals.add(Reason::WrongState, u64::from(action.status.code()));
        }
        if let Some(parent) = action.parent {
            self.under(&parent, refusals);
        }
        if let Some(group) = action.kind.group() {
            let paused = facts.paused & group.bit() != 0;
            refusals.add_if(paused, Reason::Paused, u64::from(group.bit()));
        }
    }

    /// A sublicense is never more usable than its parent; who has lost the parent for ever is no
    /// licensor any more.
    fn under(&self, parent: &Parent, refusals: &mut Refusals) {
        let facts = self.facts;
        let prolongs = self.gains() || self.is(&[ActionKind::RequestRenewal]);
        let stands_or_falls = prolongs || self.is(&[ActionKind::Transfer, ActionKind::Lend]);
        let by_another = self.by_committee || self.action.caller != parent.holder;
        let frozen = facts.parent_holder.frozen && by_another;
        refusals.add_if(stands_or_falls && frozen, Reason::HolderFrozen, 1);
        let needs_it = stands_or_falls
            || self.is(&[
                ActionKind::Sublicense,
                ActionKind::Resume,
                ActionKind::Amend,
            ]);
        let usable = parent.status == Status::Active && facts.parent_open;
        let ended = ENDED & set(&[parent.status]) != 0;
        let restricts = self.is(&[ActionKind::Suspend, ActionKind::Revoke]);
        refusals.add_if(
            needs_it && !usable || restricts && ended && !self.by_committee,
            Reason::ParentNotUsable,
            u64::from(parent.status.code()),
        );
    }

    fn other_side(&self, refusals: &mut Refusals) {
        let (action, facts) = (self.action, self.facts);
        let moves = self.is(&[
            ActionKind::Transfer,
            ActionKind::ForceTransfer,
            ActionKind::Lend,
        ]);
        if moves || action.kind.creates() {
            refusals.add_if(action.to == NOBODY, Reason::ZeroAddress, 0);
            let same = match action.kind {
                ActionKind::Sublicense => action.to == action.caller,
                _ => moves && action.to == action.holder,
            };
            refusals.add_if(same, Reason::SameAccount, 0);
        }
        if moves || action.kind.creates() || action.kind == ActionKind::Recover {
            refusals.add_if(facts.to.lost, Reason::KeyLost, 2);
            refusals.add_if(facts.to.frozen, Reason::ReceiverFrozen, 0);
        }
        if action.kind.creates() {
            let valid_from = action.term.valid_from;
            let out_of_range = Term::first(&self.license_type.durations, valid_from).is_err();
            refusals.add_if(
                out_of_range || valid_from < action.at,
                Reason::InvalidTime,
                valid_from,
            );
        }
    }

    fn time_and_numbers(&self, refusals: &mut Refusals) {
        let (action, license_type) = (self.action, self.license_type);
        let durations = &license_type.durations;
        if let Some(longest) = self.demanded.longest_term
            && (action.kind.creates() || self.gains())
        {
            // Renewals do not pile up: what is left must not be a longest term already.
            let left = action.term.valid_until.saturating_sub(action.at);
            let piles_up = action.kind == ActionKind::Renew && left >= longest;
            let version = self.facts.bundle.map_or(0, |bundle| bundle.version);
            if durations.term > longest || piles_up {
                refusals.add_of(version, Reason::TermTooLong, longest);
            }
        }
        match action.kind {
            ActionKind::Sublicense => {
                let exceeds = action.parent.is_some_and(|parent| {
                    let elsewhere = parent.jurisdiction != action.jurisdiction
                        && parent.jurisdiction != action.jurisdiction.country();
                    elsewhere
                        || Term::first(durations, action.term.valid_from)
                            .is_ok_and(|term| term.within(&parent.term).is_err())
                });
                let end = action.parent.map_or(0, |parent| parent.term.valid_until);
                refusals.add_if(exceeds, Reason::ParentExceeded, end);
            }
            ActionKind::Renew | ActionKind::RequestRenewal if !self.is_over() => {
                self.renewal(refusals);
            }
            _ => {}
        }
        if action.kind.creates() {
            self.supply(refusals);
        }
    }

    /// A cap is a promise to those who hold one of so many, and all issuers share it.
    fn supply(&self, refusals: &mut Refusals) {
        let (amount, facts) = (self.action.amount, self.facts);
        let exceeds = |present: u64, most: u64| {
            most != 0 && present.checked_add(amount).is_none_or(|sum| sum > most)
        };
        let cap = self.license_type.supply_cap;
        if exceeds(facts.supply, cap) {
            refusals.add(Reason::SupplyExhausted, cap);
        } else if exceeds(facts.issuer_supply, facts.issuer_share) {
            refusals.add(Reason::SupplyExhausted, facts.issuer_share);
        }
    }

    fn renewal(&self, refusals: &mut Refusals) {
        let action = self.action;
        let durations = &self.license_type.durations;
        match action.term.renewed(durations, action.at) {
            Ok(renewed) => {
                let end = action
                    .parent
                    .map_or(u64::MAX, |parent| parent.term.valid_until);
                let gains_nothing = renewed.valid_until.min(end) <= action.term.valid_until;
                refusals.add_if(gains_nothing, Reason::ParentExceeded, end);
            }
            Err(reason) => {
                let detail = match reason {
                    Reason::RenewalNotOpen => action.term.renewal_opens(durations),
                    Reason::RenewalClosed => action.term.grace_until,
                    _ => action.term.valid_until,
                };
                refusals.add(reason, detail);
            }
        }
    }

    /// The gates of type and jurisdiction together.
    fn evidence(&self, refusals: &mut Refusals) {
        let (action, facts) = (self.action, self.facts);
        // Nothing is approved yet of what is pending, so nothing approved is rewritten.
        let corrects = action.kind == ActionKind::Amend && action.status == Status::Pending;
        if action.kind.creates() || corrects {
            return;
        }
        let gates = self.license_type.gates.of(action.kind) | self.demanded.gates;
        let needs = |gate: u8| gates & gate != 0;
        refusals.add_if(
            needs(Gates::COMMITTEE) && !self.by_committee,
            Reason::ApprovalRequired,
            0,
        );
        if needs(Gates::CLEARANCE) {
            let minimum = self
                .license_type
                .minimum_score
                .max(self.demanded.minimum_score);
            match facts.clearance {
                Presented::Missing => refusals.add(Reason::ClearanceRequired, u64::from(minimum)),
                Presented::Invalid(reason, detail) => refusals.add(reason, detail),
                Presented::Valid(score) => {
                    refusals.add_if(score < minimum, Reason::ScoreTooLow, u64::from(minimum));
                }
            }
        }
        if needs(Gates::PROOF) {
            match facts.proof {
                Presented::Missing => refusals.add(Reason::ProofRequired, 0),
                Presented::Invalid(reason, detail) => refusals.add(reason, detail),
                Presented::Valid(()) => {}
            }
        }
    }

    /// Modules shield nothing from the regulator and lock nobody out.
    fn others_word(&self, refusals: &mut Refusals) {
        let decided = self.is(&[
            ActionKind::ForceTransfer,
            ActionKind::FreezeToken,
            ActionKind::Recover,
        ]);
        let restricts = self.is(&[ActionKind::Suspend, ActionKind::Revoke]);
        if decided || restricts && self.by_committee {
            return;
        }
        if let Some(ModuleRefusal { place, answered }) = self.facts.module {
            let reason = if answered {
                Reason::ModuleRefused
            } else {
                Reason::ModuleUnreachable
            };
            refusals.add_of(0, reason, place);
        }
    }
}

/// What a bundle demands of an action. Its rules about issues are about everything that brings a
/// license into force, or changes what was approved.
fn demands(kind: ActionKind, license_type: u64, bundle: Option<Bundle<'_>>) -> Demands {
    let ruled = match kind {
        ActionKind::Activate | ActionKind::Sublicense | ActionKind::Amend => ActionKind::Issue,
        other => other,
    };
    bundle.map_or_else(Demands::default, |bundle| {
        bundle.demands(ruled, license_type)
    })
}

#[cfg(test)]
mod tests;
