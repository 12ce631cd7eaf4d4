//! The gate: which rules refuse an action. What is done and what is explained come from the same
//! list, so the two cannot disagree.

use crate::{
    Action, ActionKind, Address, Bundle, Gates, LicenseType, Parent, Reason, Status, Term,
    bundle::Demands,
};

/// What policy knows about the action's type, issuer, accounts and place, and about the evidence that
/// came with it.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The license type, if it exists.
    pub license_type: Option<&'a LicenseType>,
    /// The rules of the jurisdiction or, if it has none, of its country.
    pub bundle: Option<Bundle<'a>>,
    /// Whether the action's issuer is registered.
    pub issuer_registered: bool,
    /// Whether the action's issuer is granted this type and jurisdiction.
    pub issuer_granted: bool,
    /// Whether the caller is the type's committee.
    pub by_committee: bool,
    /// How many licenses of the type have been issued.
    pub supply: u64,
    /// The paused groups, as bits of [`crate::Group`].
    pub paused: u8,
    /// Whether the action's holder is frozen.
    pub holder_frozen: bool,
    /// Whether the holder of the license under which this one stands, or is to stand, is frozen.
    pub parent_holder_frozen: bool,
    /// Whether the account in `to` is frozen.
    pub to_frozen: bool,
    /// The clearance: its score, if it is one for this action.
    pub clearance: Presented<u16>,
    /// The proof, if it proves the type's statement for this action.
    pub proof: Presented<()>,
    /// The first rule module that refuses, or does not answer.
    pub module: Option<ModuleRefusal>,
}

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
pub fn refusals(action: &Action, facts: &Facts<'_>) -> Refusals {
    let Some(license_type) = facts.license_type else {
        let mut unknown = Refusals::none(0);
        unknown.add(Reason::UnknownType, 0);
        return unknown;
    };
    let mut refusals = Refusals::none(license_type.version);
    refusals.add_if(action.token_kind != license_type.kind, Reason::WrongKind, 0);
    pause_rule(action, facts, &mut refusals);
    match action.kind {
        ActionKind::Issue => issue_rules(action, license_type, facts, &mut refusals),
        ActionKind::Sublicense => sublicense_rules(action, license_type, facts, &mut refusals),
        ActionKind::Activate => activation_rules(action, license_type, facts, &mut refusals),
        ActionKind::Renew => {
            authority_rules(action, facts, &mut refusals);
            refusals.add_if(!license_type.open, Reason::TypeClosed, 0);
            frozen_rules(facts, &mut refusals);
            renewal_rules(action, license_type, &mut refusals);
        }
        ActionKind::RequestRenewal => {
            if action.caller != action.holder {
                authority_rules(action, facts, &mut refusals);
            }
            renewal_rules(action, license_type, &mut refusals);
        }
        ActionKind::Suspend => {
            authority_rules(action, facts, &mut refusals);
            state_rule(
                action,
                &[Status::Active, Status::InGrace, Status::NotYetValid],
                &mut refusals,
            );
        }
        ActionKind::Resume => {
            authority_rules(action, facts, &mut refusals);
            state_rule(action, &[Status::Suspended], &mut refusals);
        }
        ActionKind::Revoke => {
            authority_rules(action, facts, &mut refusals);
            state_rule(action, IN_EXISTENCE, &mut refusals);
        }
        ActionKind::Surrender => {
            refusals.add_if(action.caller != action.holder, Reason::NotHolder, 0);
            let surrenderable = [
                Status::Active,
                Status::InGrace,
                Status::NotYetValid,
                Status::Expired,
            ];
            state_rule(action, &surrenderable, &mut refusals);
        }
        ActionKind::Withdraw => {
            if action.caller != action.holder {
                authority_rules(action, facts, &mut refusals);
            }
            state_rule(action, &[Status::Pending], &mut refusals);
        }
        ActionKind::Transfer => transfer_rules(action, license_type, facts, &mut refusals),
        ActionKind::ForceTransfer => {
            refusals.add_if(!facts.by_committee, Reason::NotCommittee, 0);
            refusals.add_if(action.to == NOBODY, Reason::ZeroAddress, 0);
            refusals.add_if(action.to == action.holder, Reason::SameAccount, 0);
            refusals.add_if(facts.to_frozen, Reason::ReceiverFrozen, 0);
            state_rule(action, IN_EXISTENCE, &mut refusals);
        }
        ActionKind::Recover => {
            refusals.add_if(action.to == NOBODY, Reason::NotRecovered, 0);
            refusals.add_if(facts.to_frozen, Reason::ReceiverFrozen, 0);
        }
        ActionKind::Amend => {
            authority_rules(action, facts, &mut refusals);
            if action.status != Status::Pending {
                state_rule(action, IN_EXISTENCE, &mut refusals);
            }
        }
        ActionKind::FreezeToken => {
            refusals.add_if(!facts.by_committee, Reason::NotCommittee, 0);
            state_rule(action, IN_EXISTENCE, &mut refusals);
        }
    }
    place_and_gates(action, license_type, facts, &mut refusals);
    module_rule(facts, &mut refusals);
    refusals
}

const NOBODY: Address = [0; 20];

/// The states of a license that was in force and has not come to its end.
const IN_EXISTENCE: &[Status] = &[
    Status::Active,
    Status::InGrace,
    Status::NotYetValid,
    Status::Expired,
    Status::Suspended,
];

fn issue_rules(
    action: &Action,
    license_type: &LicenseType,
    facts: &Facts<'_>,
    refusals: &mut Refusals,
) {
    refusals.add_if(action.caller != action.issuer, Reason::NotLicenseIssuer, 0);
    registration_rules(facts, refusals);
    refusals.add_if(
        license_type.parent_type != 0,
        Reason::NotSublicensable,
        license_type.parent_type,
    );
    creation_rules(action, license_type, facts, refusals);
}

fn sublicense_rules(
    action: &Action,
    license_type: &LicenseType,
    facts: &Facts<'_>,
    refusals: &mut Refusals,
) {
    let Some(parent) = action.parent else {
        refusals.add(Reason::UnknownLicense, 0);
        return;
    };
    refusals.add_if(action.caller != parent.holder, Reason::NotHolder, 0);
    let fits = license_type.parent_type != 0 && license_type.parent_type == parent.license_type;
    refusals.add_if(!fits, Reason::NotSublicensable, license_type.parent_type);
    frozen_rules(facts, refusals);
    parent_rule(&parent, refusals);
    let elsewhere = parent.jurisdiction != action.jurisdiction
        && parent.jurisdiction != action.jurisdiction.country();
    let too_far = elsewhere
        || Term::first(&license_type.durations, action.term.valid_from)
            .is_ok_and(|term| term.within(&parent.term).is_err());
    refusals.add_if(too_far, Reason::ParentExceeded, parent.term.valid_until);
    creation_rules(action, license_type, facts, refusals);
}

fn creation_rules(
    action: &Action,
    license_type: &LicenseType,
    facts: &Facts<'_>,
    refusals: &mut Refusals,
) {
    refusals.add_if(!license_type.open, Reason::TypeClosed, 0);
    let cap = license_type.supply_cap;
    refusals.add_if(
        cap != 0 && facts.supply >= cap,
        Reason::SupplyExhausted,
        cap,
    );
    refusals.add_if(action.to == NOBODY, Reason::ZeroAddress, 0);
    refusals.add_if(facts.to_frozen, Reason::ReceiverFrozen, 0);
    let valid_from = action.term.valid_from;
    let out_of_range = Term::first(&license_type.durations, valid_from).is_err();
    refusals.add_if(
        out_of_range || valid_from < action.at,
        Reason::InvalidTime,
        valid_from,
    );
}

fn activation_rules(
    action: &Action,
    license_type: &LicenseType,
    facts: &Facts<'_>,
    refusals: &mut Refusals,
) {
    authority_rules(action, facts, refusals);
    if action.parent.is_none() && facts.by_committee {
        // The committee approves what an issuer applied for; the issuer must still be one.
        registration_rules(facts, refusals);
    }
    refusals.add_if(!license_type.open, Reason::TypeClosed, 0);
    frozen_rules(facts, refusals);
    state_rule(action, &[Status::Pending], refusals);
    let over = action.status == Status::Pending && action.at >= action.term.valid_until;
    refusals.add_if(over, Reason::TermExpired, action.term.valid_until);
    if let Some(parent) = action.parent {
        parent_rule(&parent, refusals);
    }
}

fn transfer_rules(
    action: &Action,
    license_type: &LicenseType,
    facts: &Facts<'_>,
    refusals: &mut Refusals,
) {
    refusals.add_if(action.to == NOBODY, Reason::ZeroAddress, 0);
    refusals.add_if(!license_type.transferable, Reason::NotTransferable, 0);
    refusals.add_if(!license_type.open, Reason::TypeClosed, 0);
    refusals.add_if(facts.holder_frozen, Reason::HolderFrozen, 0);
    refusals.add_if(facts.to_frozen, Reason::ReceiverFrozen, 0);
    state_rule(action, &[Status::Active, Status::NotYetValid], refusals);
    if let Some(parent) = action.parent {
        parent_rule(&parent, refusals);
    }
}

fn pause_rule(action: &Action, facts: &Facts<'_>, refusals: &mut Refusals) {
    if let Some(group) = action.kind.group() {
        let paused = facts.paused & group.bit() != 0;
        refusals.add_if(paused, Reason::Paused, u64::from(group.bit()));
    }
}

/// Who decides about a license: the type's committee; else, of a sublicense, whoever holds the
/// parent; else its issuer, while registered and granted.
fn authority_rules(action: &Action, facts: &Facts<'_>, refusals: &mut Refusals) {
    if facts.by_committee {
        return;
    }
    if let Some(parent) = action.parent {
        refusals.add_if(action.caller != parent.holder, Reason::NotLicenseIssuer, 0);
        return;
    }
    refusals.add_if(action.caller != action.issuer, Reason::NotLicenseIssuer, 0);
    registration_rules(facts, refusals);
}

fn registration_rules(facts: &Facts<'_>, refusals: &mut Refusals) {
    if !facts.issuer_registered {
        refusals.add(Reason::UnknownIssuer, 0);
    } else if !facts.issuer_granted {
        refusals.add(Reason::IssuerNotGranted, 0);
    }
}

/// Nobody gains a license or more of its term while frozen, nor under a license of someone who is.
fn frozen_rules(facts: &Facts<'_>, refusals: &mut Refusals) {
    refusals.add_if(facts.holder_frozen, Reason::HolderFrozen, 0);
    refusals.add_if(facts.parent_holder_frozen, Reason::HolderFrozen, 1);
}

fn parent_rule(parent: &Parent, refusals: &mut Refusals) {
    let in_force = parent.status == Status::Active;
    refusals.add_if(
        !in_force,
        Reason::ParentNotUsable,
        u64::from(parent.status.code()),
    );
}

fn state_rule(action: &Action, allowed: &[Status], refusals: &mut Refusals) {
    if allowed.contains(&action.status) {
        return;
    }
    if action.status == Status::Expired {
        refusals.add(Reason::TermExpired, action.term.grace_until);
    } else {
        refusals.add(Reason::WrongState, u64::from(action.status.code()));
    }
}

fn renewal_rules(action: &Action, license_type: &LicenseType, refusals: &mut Refusals) {
    state_rule(
        action,
        &[Status::Active, Status::InGrace, Status::NotYetValid],
        refusals,
    );
    if let Some(parent) = action.parent {
        parent_rule(&parent, refusals);
    }
    if action.status == Status::Expired {
        return;
    }
    let durations = &license_type.durations;
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

/// What a bundle demands of an action. Its rules about issues are about everything that brings a
/// license into force.
fn demands(kind: ActionKind, license_type: u64, bundle: Option<Bundle<'_>>) -> Demands {
    let ruled = match kind {
        ActionKind::Activate | ActionKind::Sublicense => ActionKind::Issue,
        other => other,
    };
    bundle.map_or_else(Demands::default, |bundle| {
        bundle.demands(ruled, license_type)
    })
}

/// The jurisdiction's rules, then the gates of type and jurisdiction together.
fn place_and_gates(
    action: &Action,
    license_type: &LicenseType,
    facts: &Facts<'_>,
    refusals: &mut Refusals,
) {
    let ruled = matches!(
        action.kind,
        ActionKind::Issue
            | ActionKind::Sublicense
            | ActionKind::Activate
            | ActionKind::Renew
            | ActionKind::Transfer
    );
    let demanded = demands(action.kind, action.license_type, facts.bundle);
    if ruled {
        let version = facts.bundle.map_or(0, |bundle| bundle.version);
        if facts.bundle.is_none() {
            refusals.add_of(0, Reason::NoRules, 0);
        }
        if let Some(place) = demanded.forbidden_by {
            refusals.add_of(version, Reason::Forbidden, place);
        }
        let moves = action.kind == ActionKind::Transfer;
        if let Some(longest) = demanded.longest_term
            && !moves
            && license_type.durations.term > longest
        {
            refusals.add_of(version, Reason::TermTooLong, longest);
        }
    }
    if action.kind.creates() {
        return;
    }
    let gates = license_type.gates.of(action.kind) | demanded.gates;
    let needs = |gate: u8| gates & gate != 0;
    refusals.add_if(
        needs(Gates::COMMITTEE) && !facts.by_committee,
        Reason::ApprovalRequired,
        0,
    );
    if needs(Gates::CLEARANCE) {
        let minimum = license_type.minimum_score.max(demanded.minimum_score);
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

fn module_rule(facts: &Facts<'_>, refusals: &mut Refusals) {
    if let Some(ModuleRefusal { place, answered }) = facts.module {
        let reason = if answered {
            Reason::ModuleRefused
        } else {
            Reason::ModuleUnreachable
        };
        refusals.add_of(0, reason, place);
    }
}

#[cfg(test)]
mod tests;
