//! The gate: which rules refuse an action. `check` is its first refusal, `explain` all of them, so
//! the two cannot disagree.

use crate::{Address, LicenseType, Reason, Status, Term};

/// What is being asked for. The codes are part of the contracts' interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ActionKind {
    /// Issue a new license.
    Issue = 1,
    /// Extend a license by its type's term.
    Renew = 2,
    /// Take a license out of force for a while.
    Suspend = 3,
    /// End a suspension.
    Resume = 4,
    /// Take a license out of force for ever.
    Revoke = 5,
    /// Give a license up.
    Surrender = 6,
    /// Move a license to another holder.
    Transfer = 7,
}

impl ActionKind {
    /// Every kind, in the order of its code.
    pub const ALL: [Self; 7] = [
        Self::Issue,
        Self::Renew,
        Self::Suspend,
        Self::Resume,
        Self::Revoke,
        Self::Surrender,
        Self::Transfer,
    ];

    /// The kind of a code, `None` for an unknown one.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == code)
    }
}

/// An action on one license (or, for [`ActionKind::Issue`], on a license that does not exist yet).
#[derive(Debug, Clone, Copy)]
pub struct Action {
    /// What is being asked for.
    pub kind: ActionKind,
    /// Who asks.
    pub caller: Address,
    /// The license's issuer; of an issue, the caller.
    pub issuer: Address,
    /// The license's holder; of an issue, the zero address.
    pub holder: Address,
    /// The new holder of an issue or a transfer, else the zero address.
    pub to: Address,
    /// The license's status at `at`; of an issue, [`Status::Unknown`].
    pub status: Status,
    /// The license's term; of an issue, only `valid_from` counts.
    pub term: Term,
    /// The block's time in Unix seconds.
    pub at: u64,
}

/// What policy knows about the action's type and issuer.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The license type, if it exists.
    pub license_type: Option<&'a LicenseType>,
    /// Whether the action's issuer is registered.
    pub issuer_registered: bool,
    /// Whether the action's issuer is granted this type and jurisdiction.
    pub issuer_granted: bool,
    /// How many licenses of the type have been issued.
    pub supply: u64,
}

/// One rule that refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The version of the type's rules that refused; 0 when no type's rules were involved.
    pub rule_version: u32,
    /// A number that goes with the reason; [`Reason::message`] says which.
    pub detail: u64,
}

/// The most rules that can refuse one action.
pub const MAX_REFUSALS: usize = 8;

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
        let refusal = Refusal {
            reason,
            rule_version: self.rule_version,
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

    /// The refusal that `check` reports.
    pub fn first(&self) -> Option<Refusal> {
        self.iter().next()
    }

    /// All refusals, as `explain` reports them.
    pub fn iter(&self) -> impl Iterator<Item = Refusal> + '_ {
        self.list.iter().copied().flatten()
    }
}

/// The rules that refuse `action`; none means that it is allowed.
pub fn refusals(action: &Action, facts: &Facts<'_>) -> Refusals {
    let Some(license_type) = facts.license_type else {
        let mut unknown = Refusals::none(0);
        unknown.add(Reason::UnknownType, 0);
        return unknown;
    };
    let mut refusals = Refusals::none(license_type.version);
    match action.kind {
        ActionKind::Issue => {
            issuer_rules(action, facts, &mut refusals);
            refusals.add_if(!license_type.open, Reason::TypeClosed, 0);
            let cap = license_type.supply_cap;
            refusals.add_if(
                cap != 0 && facts.supply >= cap,
                Reason::SupplyExhausted,
                cap,
            );
            refusals.add_if(action.to == [0; 20], Reason::ZeroAddress, 0);
            let valid_from = action.term.valid_from;
            let out_of_range = Term::first(license_type, valid_from).is_err();
            refusals.add_if(
                out_of_range || valid_from < action.at,
                Reason::InvalidTime,
                valid_from,
            );
        }
        ActionKind::Renew => {
            issuer_rules(action, facts, &mut refusals);
            refusals.add_if(!license_type.open, Reason::TypeClosed, 0);
            state_rule(
                action,
                &[Status::Active, Status::InGrace, Status::NotYetValid],
                &mut refusals,
            );
            renewal_rules(action, license_type, &mut refusals);
        }
        ActionKind::Suspend => {
            issuer_rules(action, facts, &mut refusals);
            state_rule(
                action,
                &[Status::Active, Status::InGrace, Status::NotYetValid],
                &mut refusals,
            );
        }
        ActionKind::Resume => {
            issuer_rules(action, facts, &mut refusals);
            state_rule(action, &[Status::Suspended], &mut refusals);
        }
        ActionKind::Revoke => {
            issuer_rules(action, facts, &mut refusals);
            let revocable = [
                Status::Active,
                Status::InGrace,
                Status::NotYetValid,
                Status::Expired,
                Status::Suspended,
            ];
            state_rule(action, &revocable, &mut refusals);
        }
        ActionKind::Surrender => {
            refusals.add_if(action.caller != action.holder, Reason::NotHolder, 0);
            state_rule(
                action,
                &[
                    Status::Active,
                    Status::InGrace,
                    Status::NotYetValid,
                    Status::Expired,
                ],
                &mut refusals,
            );
        }
        ActionKind::Transfer => {
            refusals.add_if(action.to == [0; 20], Reason::ZeroAddress, 0);
            refusals.add_if(!license_type.transferable, Reason::NotTransferable, 0);
            refusals.add_if(!license_type.open, Reason::TypeClosed, 0);
            state_rule(
                action,
                &[Status::Active, Status::NotYetValid],
                &mut refusals,
            );
        }
    }
    refusals
}

fn issuer_rules(action: &Action, facts: &Facts<'_>, refusals: &mut Refusals) {
    refusals.add_if(action.caller != action.issuer, Reason::NotLicenseIssuer, 0);
    if !facts.issuer_registered {
        refusals.add(Reason::UnknownIssuer, 0);
    } else if !facts.issuer_granted {
        refusals.add(Reason::IssuerNotGranted, 0);
    }
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
    if action.status == Status::Expired {
        return;
    }
    if let Err(reason) = action.term.renewed(license_type, action.at) {
        let detail = match reason {
            Reason::RenewalNotOpen => action.term.renewal_opens(license_type),
            Reason::RenewalClosed => action.term.grace_until,
            _ => action.term.valid_until,
        };
        refusals.add(reason, detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license_type::tests::yearly;
    use proptest::prelude::*;

    const ISSUER: Address = [1; 20];
    const HOLDER: Address = [2; 20];
    const OTHER: Address = [3; 20];
    const NOW: u64 = 1_000_000;

    fn facts(license_type: &LicenseType) -> Facts<'_> {
        Facts {
            license_type: Some(license_type),
            issuer_registered: true,
            issuer_granted: true,
            supply: 0,
        }
    }

    fn action(kind: ActionKind, license_type: &LicenseType) -> Action {
        let issue = kind == ActionKind::Issue;
        Action {
            kind,
            caller: if matches!(kind, ActionKind::Surrender | ActionKind::Transfer) {
                HOLDER
            } else {
                ISSUER
            },
            issuer: ISSUER,
            holder: if issue { [0; 20] } else { HOLDER },
            to: OTHER,
            status: if issue {
                Status::Unknown
            } else {
                Status::Active
            },
            term: Term::first(license_type, NOW).expect("in range"),
            at: NOW,
        }
    }

    fn reasons(action: &Action, facts: &Facts<'_>) -> Vec<Reason> {
        refusals(action, facts)
            .iter()
            .map(|refusal| refusal.reason)
            .collect()
    }

    #[test]
    fn a_plain_issue_is_allowed() {
        let yearly = yearly();
        assert_eq!(
            refusals(&action(ActionKind::Issue, &yearly), &facts(&yearly)).first(),
            None
        );
    }

    #[test]
    fn every_rule_of_an_issue_is_named() {
        let closed = LicenseType {
            open: false,
            supply_cap: 5,
            version: 7,
            ..yearly()
        };
        let facts = Facts {
            issuer_registered: false,
            supply: 5,
            ..facts(&closed)
        };
        let mut issue = action(ActionKind::Issue, &closed);
        issue.caller = OTHER;
        issue.to = [0; 20];
        issue.at = NOW + 1;
        assert_eq!(
            reasons(&issue, &facts),
            [
                Reason::NotLicenseIssuer,
                Reason::UnknownIssuer,
                Reason::TypeClosed,
                Reason::SupplyExhausted,
                Reason::ZeroAddress,
                Reason::InvalidTime
            ]
        );
        assert!(
            refusals(&issue, &facts)
                .iter()
                .all(|refusal| refusal.rule_version == 7)
        );
    }

    #[test]
    fn an_unknown_type_refuses_everything() {
        let yearly = yearly();
        let facts = Facts {
            license_type: None,
            ..facts(&yearly)
        };
        for kind in ActionKind::ALL {
            assert_eq!(
                reasons(&action(kind, &yearly), &facts),
                [Reason::UnknownType]
            );
        }
    }

    #[test]
    fn a_registered_issuer_needs_a_grant() {
        let yearly = yearly();
        let facts = Facts {
            issuer_granted: false,
            ..facts(&yearly)
        };
        for kind in [ActionKind::Issue, ActionKind::Suspend, ActionKind::Revoke] {
            assert_eq!(
                reasons(&action(kind, &yearly), &facts),
                [Reason::IssuerNotGranted]
            );
        }
    }

    /// The matrix of P16: which status allows which action.
    #[test]
    fn states_allow_exactly_these_actions() {
        use ActionKind::{Renew, Resume, Revoke, Surrender, Suspend, Transfer};
        let yearly = yearly();
        let facts = facts(&yearly);
        let allowed: [(Status, &[ActionKind]); 9] = [
            (Status::Unknown, &[]),
            (Status::Pending, &[]),
            (
                Status::Active,
                &[Renew, Suspend, Revoke, Surrender, Transfer],
            ),
            (Status::Suspended, &[Resume, Revoke]),
            (Status::Revoked, &[]),
            (Status::Archived, &[]),
            (
                Status::NotYetValid,
                &[Renew, Suspend, Revoke, Surrender, Transfer],
            ),
            (Status::InGrace, &[Renew, Suspend, Revoke, Surrender]),
            (Status::Expired, &[Revoke, Surrender]),
        ];
        for (status, kinds) in allowed {
            for kind in [Renew, Suspend, Resume, Revoke, Surrender, Transfer] {
                let mut action = action(kind, &yearly);
                action.status = status;
                // Renewal's window is another rule: stand inside it.
                action.at = action.term.renewal_opens(&yearly);
                let is_allowed = refusals(&action, &facts).first().is_none();
                assert_eq!(
                    is_allowed,
                    kinds.contains(&kind),
                    "{kind:?} when {status:?}"
                );
            }
        }
    }

    #[test]
    fn an_expired_term_says_when_it_ended() {
        let yearly = yearly();
        let mut suspend = action(ActionKind::Suspend, &yearly);
        suspend.status = Status::Expired;
        let refusal = refusals(&suspend, &facts(&yearly))
            .first()
            .expect("refused");
        assert_eq!(
            (refusal.reason, refusal.detail),
            (Reason::TermExpired, suspend.term.grace_until)
        );
    }

    #[test]
    fn a_type_that_is_not_transferable_refuses_transfers_only() {
        let bound = LicenseType {
            transferable: false,
            ..yearly()
        };
        let facts = facts(&bound);
        assert_eq!(
            reasons(&action(ActionKind::Transfer, &bound), &facts),
            [Reason::NotTransferable]
        );
        assert_eq!(reasons(&action(ActionKind::Surrender, &bound), &facts), []);
    }

    fn any_action() -> impl Strategy<Value = (Action, LicenseType, bool, bool, u64)> {
        let address = prop_oneof![Just([0; 20]), Just(ISSUER), Just(HOLDER), Just(OTHER)];
        (
            (
                0..ActionKind::ALL.len(),
                address.clone(),
                address.clone(),
                address.clone(),
                address,
            ),
            (0..Status::ALL.len(), 0u64..1 << 34, 0u64..1 << 34),
            (
                any::<bool>(),
                any::<bool>(),
                any::<bool>(),
                any::<bool>(),
                0u64..4,
                0u64..4,
            ),
        )
            .prop_map(
                |((kind, caller, issuer, holder, to), (status, from, at), flags)| {
                    let (open, transferable, registered, granted, supply_cap, supply) = flags;
                    let license_type = LicenseType {
                        open,
                        transferable,
                        supply_cap,
                        ..yearly()
                    };
                    let term = Term::first(&license_type, from).expect("in range");
                    let kind = ActionKind::ALL[kind];
                    let action = Action {
                        kind,
                        caller,
                        issuer,
                        holder,
                        to,
                        status: Status::ALL[status],
                        term,
                        at,
                    };
                    (action, license_type, registered, granted, supply)
                },
            )
    }

    proptest! {
        #[test]
        fn no_action_meets_more_rules_than_fit((action, license_type, registered, granted, supply) in any_action()) {
            let facts = Facts { license_type: Some(&license_type), issuer_registered: registered, issuer_granted: granted, supply };
            let refusals = refusals(&action, &facts);
            prop_assert!(refusals.iter().count() < MAX_REFUSALS);
        }

        /// I2, I1: nothing but reading is left once a license is revoked.
        #[test]
        fn i1_a_revoked_license_accepts_no_action((mut action, license_type, registered, granted, supply) in any_action()) {
            prop_assume!(action.kind != ActionKind::Issue);
            action.status = Status::Revoked;
            let facts = Facts { license_type: Some(&license_type), issuer_registered: registered, issuer_granted: granted, supply };
            prop_assert!(refusals(&action, &facts).first().is_some());
        }

        /// I7: an issuer's action needs the issuer itself, registered and granted.
        #[test]
        fn i7_only_a_granted_issuer_acts((action, license_type, registered, granted, supply) in any_action()) {
            let facts = Facts { license_type: Some(&license_type), issuer_registered: registered, issuer_granted: granted, supply };
            let by_issuer = !matches!(action.kind, ActionKind::Surrender | ActionKind::Transfer);
            if by_issuer && refusals(&action, &facts).first().is_none() {
                prop_assert!(registered && granted && action.caller == action.issuer);
            }
        }
    }
}
