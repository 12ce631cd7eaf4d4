use super::*;
use crate::bundle::{Demand, Rule};
use crate::license_type::tests::yearly;
use crate::{Group, Jurisdiction, TypeKind};
use proptest::prelude::*;

const ISSUER: Address = [1; 20];
const HOLDER: Address = [2; 20];
const OTHER: Address = [3; 20];
const COMMITTEE: Address = [4; 20];
const NOW: u64 = 1_000_000;

const FROZEN: Account = Account {
    frozen: true,
    lost: false,
};

const NO_RULES: Bundle<'_> = Bundle {
    version: 1,
    rules: &[],
};

fn facts(license_type: &LicenseType) -> Facts<'_> {
    Facts {
        binding: Binding::Bound,
        license_type: Some(license_type),
        bundle: Some(NO_RULES),
        issuer: ISSUER,
        issuer_registered: true,
        issuer_granted: true,
        by_committee: false,
        by_regulator: false,
        supply: 0,
        issuer_supply: 0,
        issuer_share: 0,
        paused: 0,
        caller: Account::default(),
        holder: Account::default(),
        parent_holder: Account::default(),
        parent_open: true,
        to: Account::default(),
        clearance: Presented::Missing,
        proof: Presented::Missing,
        module: None,
    }
}

/// An action that everyone involved may ask for.
fn action(kind: ActionKind, license_type: &LicenseType) -> Action {
    let creates = kind.creates();
    let by_holder = matches!(
        kind,
        ActionKind::Surrender
            | ActionKind::Transfer
            | ActionKind::Sublicense
            | ActionKind::Recover
            | ActionKind::Lend
    );
    Action {
        kind,
        caller: if by_holder { HOLDER } else { ISSUER },
        issuer: ISSUER,
        holder: if creates { NOBODY } else { HOLDER },
        to: OTHER,
        amount: 1,
        token_kind: TypeKind::Nft,
        license_type: 1,
        jurisdiction: Jurisdiction::parse("US-NY").expect("valid"),
        status: match kind {
            ActionKind::Issue | ActionKind::Sublicense => Status::Unknown,
            ActionKind::Activate | ActionKind::Withdraw => Status::Pending,
            ActionKind::Resume => Status::Suspended,
            _ => Status::Active,
        },
        held: false,
        suspended_by_committee: false,
        term: Term::first(&license_type.durations, NOW).expect("in range"),
        parent: None,
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
        reasons(&action(ActionKind::Issue, &yearly), &facts(&yearly)),
        []
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
        paused: Group::Issue.bit(),
        ..facts(&closed)
    };
    let mut issue = action(ActionKind::Issue, &closed);
    issue.caller = OTHER;
    issue.to = NOBODY;
    issue.at = NOW + 1;
    issue.token_kind = TypeKind::Sft;
    assert_eq!(
        reasons(&issue, &facts),
        [
            Reason::WrongKind,
            Reason::NotLicenseIssuer,
            Reason::UnknownIssuer,
            Reason::TypeClosed,
            Reason::Paused,
            Reason::ZeroAddress,
            Reason::InvalidTime,
            Reason::SupplyExhausted
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

/// What ends a license is served where policy tells nothing any more, and nothing else is.
#[test]
fn an_unbound_contract_only_stops_and_ends_licenses() {
    let yearly = yearly();
    let refused_when = |kind, binding| {
        let facts = Facts {
            binding,
            by_committee: true,
            ..facts(&yearly)
        };
        reasons(&action(kind, &yearly), &facts).first() == Some(&Reason::NotBound)
    };
    for kind in ActionKind::ALL {
        let ends = [ActionKind::Suspend, ActionKind::Revoke].contains(&kind);
        assert_eq!(refused_when(kind, Binding::Unbound), !ends, "{kind:?}");
        assert!(refused_when(kind, Binding::Never), "{kind:?}");
        assert!(!refused_when(kind, Binding::Bound), "{kind:?}");
    }
}

/// Whoever took over from an issuer decides in its place; the old key is nobody.
#[test]
fn a_succeeded_issuer_is_nobody() {
    let yearly = yearly();
    let facts = Facts {
        issuer: OTHER,
        ..facts(&yearly)
    };
    for kind in [
        ActionKind::Activate,
        ActionKind::Suspend,
        ActionKind::Resume,
        ActionKind::Revoke,
        ActionKind::Withdraw,
        ActionKind::Amend,
    ] {
        let by = |caller| Action {
            caller,
            ..action(kind, &yearly)
        };
        assert_eq!(reasons(&by(OTHER), &facts), [], "{kind:?}");
        let refused = [Reason::UnknownIssuer];
        assert_eq!(reasons(&by(ISSUER), &facts), refused, "{kind:?}");
    }
}

/// Where there is no committee, a regulator stops, holds and ends licenses, and does nothing else.
#[test]
fn a_regulator_stands_in_for_a_committee_that_there_is_not() {
    let yearly = yearly();
    let facts = Facts {
        issuer_registered: false,
        by_regulator: true,
        holder: FROZEN,
        ..facts(&yearly)
    };
    for kind in ActionKind::ALL {
        let by_regulator = Action {
            caller: OTHER,
            ..action(kind, &yearly)
        };
        let decides = [
            ActionKind::Suspend,
            ActionKind::Resume,
            ActionKind::Revoke,
            ActionKind::FreezeToken,
        ];
        let is_allowed = reasons(&by_regulator, &facts).is_empty();
        assert_eq!(is_allowed, decides.contains(&kind), "{kind:?}");
    }
}

/// A cap counts every seat, and an issuer's share of it counts its own.
#[test]
fn a_cap_has_room_for_all_seats_or_none() {
    let capped = LicenseType {
        supply_cap: 10,
        ..yearly()
    };
    let full = |amount, supply, issuer_supply, issuer_share| {
        let issue = Action {
            amount,
            ..action(ActionKind::Issue, &capped)
        };
        let facts = Facts {
            supply,
            issuer_supply,
            issuer_share,
            ..facts(&capped)
        };
        refusals(&issue, &facts)
            .first()
            .map(|refusal| (refusal.reason, refusal.detail))
    };
    let exhausted = |most| Some((Reason::SupplyExhausted, most));
    assert_eq!(full(1, 9, 0, 0), None);
    assert_eq!(full(2, 9, 0, 0), exhausted(10));
    assert_eq!(full(u64::MAX, 9, 0, 0), exhausted(10));
    assert_eq!(full(1, 4, 3, 4), None);
    assert_eq!(full(2, 4, 3, 4), exhausted(4));
    assert_eq!(full(1, 10, 4, 4), exhausted(10));
}

#[test]
fn a_registered_issuer_needs_a_grant() {
    let yearly = yearly();
    let facts = Facts {
        issuer_granted: false,
        ..facts(&yearly)
    };
    for kind in [
        ActionKind::Issue,
        ActionKind::Suspend,
        ActionKind::Revoke,
        ActionKind::Activate,
    ] {
        assert_eq!(
            reasons(&action(kind, &yearly), &facts),
            [Reason::IssuerNotGranted]
        );
    }
}

/// P8: nobody but its holder gives a license up, whoever else decides about it.
#[test]
fn p8_only_its_holder_surrenders_a_license() {
    let yearly = yearly();
    let surrender = action(ActionKind::Surrender, &yearly);
    assert_eq!(reasons(&surrender, &facts(&yearly)), []);
    for caller in [ISSUER, OTHER, COMMITTEE] {
        let by_another = Action {
            caller,
            ..surrender
        };
        let facts = Facts {
            by_committee: caller == COMMITTEE,
            ..facts(&yearly)
        };
        assert_eq!(reasons(&by_another, &facts), [Reason::NotHolder]);
    }
}

/// P16: which status allows which action.
#[test]
fn p16_states_allow_exactly_these_actions() {
    use ActionKind::{
        Activate, Amend, ForceTransfer, FreezeToken, Lend, Recover, Renew, RequestRenewal, Resume,
        Revoke, Surrender, Suspend, Transfer, Withdraw,
    };
    let yearly = yearly();
    let allowed: [(Status, &[ActionKind]); 9] = [
        (Status::Unknown, &[]),
        (Status::Pending, &[Activate, Withdraw, Amend, FreezeToken]),
        (
            Status::Active,
            &[
                Renew,
                RequestRenewal,
                Suspend,
                Revoke,
                Surrender,
                Transfer,
                ForceTransfer,
                FreezeToken,
                Amend,
                Lend,
            ],
        ),
        (
            Status::Suspended,
            &[Suspend, Resume, Revoke, ForceTransfer, FreezeToken],
        ),
        (Status::Revoked, &[]),
        (Status::Archived, &[]),
        (
            Status::NotYetValid,
            &[
                Renew,
                RequestRenewal,
                Suspend,
                Revoke,
                Surrender,
                Transfer,
                ForceTransfer,
                FreezeToken,
                Amend,
            ],
        ),
        (
            Status::InGrace,
            &[
                Renew,
                RequestRenewal,
                Suspend,
                Revoke,
                Surrender,
                Transfer,
                ForceTransfer,
                FreezeToken,
                Amend,
            ],
        ),
        (
            Status::Expired,
            &[Revoke, Surrender, ForceTransfer, FreezeToken],
        ),
    ];
    for (status, kinds) in allowed {
        for kind in ActionKind::ALL {
            if kind.creates() || kind == Recover {
                continue;
            }
            let mut action = action(kind, &yearly);
            action.status = status;
            // Renewal's window is another rule: stand inside it.
            action.at = action.term.renewal_opens(&yearly.durations);
            let facts = Facts {
                by_committee: matches!(kind, ForceTransfer | FreezeToken),
                ..facts(&yearly)
            };
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

/// I11: what is frozen moves only by decision.
#[test]
fn i11_frozen_accounts_neither_send_nor_receive() {
    let yearly = yearly();
    let frozen = Facts {
        caller: FROZEN,
        holder: FROZEN,
        to: FROZEN,
        ..facts(&yearly)
    };
    let transfer = action(ActionKind::Transfer, &yearly);
    assert_eq!(
        reasons(&transfer, &frozen),
        [Reason::HolderFrozen, Reason::ReceiverFrozen]
    );
    let forced = action(ActionKind::ForceTransfer, &yearly);
    let by_decision = Facts {
        holder: FROZEN,
        by_committee: true,
        ..facts(&yearly)
    };
    assert_eq!(reasons(&forced, &by_decision), []);
    assert_eq!(
        reasons(
            &forced,
            &Facts {
                by_committee: false,
                ..by_decision
            }
        ),
        [Reason::NotCommittee]
    );
}

#[test]
fn each_gate_is_asked_for_and_opens() {
    let gated = LicenseType {
        gates: Gates {
            issue: Gates::ALL_BITS,
            ..Gates::default()
        },
        minimum_score: 600,
        ..yearly()
    };
    let shut = facts(&gated);
    assert_eq!(reasons(&action(ActionKind::Issue, &gated), &shut), []);
    let activate = action(ActionKind::Activate, &gated);
    assert_eq!(
        reasons(&activate, &shut),
        [
            Reason::ApprovalRequired,
            Reason::ClearanceRequired,
            Reason::ProofRequired
        ]
    );
    let opened = Facts {
        by_committee: true,
        clearance: Presented::Valid(600),
        proof: Presented::Valid(()),
        ..shut
    };
    let by_committee = Action {
        caller: COMMITTEE,
        ..activate
    };
    assert_eq!(reasons(&by_committee, &opened), []);
    let low = Facts {
        clearance: Presented::Valid(599),
        proof: Presented::Invalid(Reason::NullifierUsed, 0),
        ..opened
    };
    assert_eq!(
        reasons(&by_committee, &low),
        [Reason::ScoreTooLow, Reason::NullifierUsed]
    );
}

#[test]
fn a_committee_cannot_activate_for_someone_who_is_no_issuer_any_more() {
    let yearly = yearly();
    let facts = Facts {
        by_committee: true,
        issuer_registered: false,
        ..facts(&yearly)
    };
    assert_eq!(
        reasons(&action(ActionKind::Activate, &yearly), &facts),
        [Reason::UnknownIssuer]
    );
    assert_eq!(reasons(&action(ActionKind::Revoke, &yearly), &facts), []);
}

#[test]
fn a_jurisdictions_rules_add_to_the_types() {
    let yearly = yearly();
    let rule = |demand, kind: ActionKind, value| Rule {
        demand,
        actions: kind.bit(),
        license_type: 0,
        value,
    };
    let rules = [
        rule(Demand::Forbid, ActionKind::Transfer, 0),
        rule(Demand::MinimumScore, ActionKind::Issue, 900),
        rule(Demand::LongestTerm, ActionKind::Issue, 86_400),
    ];
    let facts = Facts {
        bundle: Some(Bundle {
            version: 12,
            rules: &rules,
        }),
        ..facts(&yearly)
    };
    assert_eq!(
        required_gates(ActionKind::Issue, &yearly, 1, facts.bundle),
        Gates::CLEARANCE
    );
    let transfer = refusals(&action(ActionKind::Transfer, &yearly), &facts).first();
    assert_eq!(
        transfer,
        Some(Refusal {
            reason: Reason::Forbidden,
            rule_version: 12,
            detail: 0
        })
    );
    let activate = action(ActionKind::Activate, &yearly);
    assert_eq!(
        reasons(&activate, &facts),
        [Reason::TermTooLong, Reason::ClearanceRequired]
    );
    assert_eq!(reasons(&action(ActionKind::Revoke, &yearly), &facts), []);
}

#[test]
fn a_jurisdiction_without_rules_refuses_what_needs_them() {
    let yearly = yearly();
    let lawless = Facts {
        bundle: None,
        ..facts(&yearly)
    };
    assert_eq!(
        reasons(&action(ActionKind::Issue, &yearly), &lawless),
        [Reason::NoRules]
    );
    assert_eq!(
        reasons(&action(ActionKind::Transfer, &yearly), &lawless),
        [Reason::NoRules]
    );
    assert_eq!(reasons(&action(ActionKind::Revoke, &yearly), &lawless), []);
}

#[test]
fn modules_refuse_and_may_not_answer() {
    let yearly = yearly();
    let with = |answered| Facts {
        module: Some(ModuleRefusal { place: 3, answered }),
        ..facts(&yearly)
    };
    let transfer = action(ActionKind::Transfer, &yearly);
    assert_eq!(reasons(&transfer, &with(true)), [Reason::ModuleRefused]);
    assert_eq!(
        reasons(&transfer, &with(false)),
        [Reason::ModuleUnreachable]
    );
}

fn parent(license_type: &LicenseType) -> Parent {
    Parent {
        holder: HOLDER,
        license_type: 9,
        jurisdiction: Jurisdiction::parse("US").expect("valid"),
        status: Status::Active,
        held: false,
        term: Term::first(&license_type.durations, NOW - 5).expect("in range"),
    }
}

#[test]
fn a_sublicense_stands_under_a_usable_parent_of_its_type() {
    let child_type = LicenseType {
        parent_type: 9,
        ..yearly()
    };
    let facts = facts(&child_type);
    let sublicense = Action {
        parent: Some(parent(&child_type)),
        ..action(ActionKind::Sublicense, &child_type)
    };
    assert_eq!(reasons(&sublicense, &facts), []);

    let with = |change: fn(&mut Parent)| {
        let mut parent = parent(&child_type);
        change(&mut parent);
        Action {
            parent: Some(parent),
            ..sublicense
        }
    };
    for (broken, reason) in [
        (with(|parent| parent.holder = OTHER), Reason::NotHolder),
        (
            with(|parent| parent.license_type = 8),
            Reason::NotSublicensable,
        ),
        (
            with(|parent| parent.status = Status::Suspended),
            Reason::ParentNotUsable,
        ),
        (
            with(|parent| parent.jurisdiction = Jurisdiction::parse("CA").expect("valid")),
            Reason::ParentExceeded,
        ),
        (
            with(|parent| parent.term.valid_until = NOW),
            Reason::ParentExceeded,
        ),
        (
            Action {
                parent: None,
                ..sublicense
            },
            Reason::UnknownLicense,
        ),
    ] {
        assert_eq!(reasons(&broken, &facts), [reason]);
    }
    assert_eq!(
        reasons(&action(ActionKind::Issue, &child_type), &facts),
        [Reason::NotSublicensable]
    );
}

#[test]
fn the_guardians_pause_stops_its_group_only() {
    let yearly = yearly();
    for kind in ActionKind::ALL {
        for group in [Group::Issue, Group::Renew, Group::Transfer, Group::Use] {
            let facts = Facts {
                paused: group.bit(),
                ..facts(&yearly)
            };
            let asked = Action {
                parent: (kind == ActionKind::Sublicense).then(|| parent(&yearly)),
                ..action(kind, &yearly)
            };
            let stopped = reasons(&asked, &facts).contains(&Reason::Paused);
            assert_eq!(
                stopped,
                kind.group() == Some(group),
                "{kind:?} while {group:?}"
            );
        }
    }
}

/// Everything that a gate may be asked, as far as it matters which rules refuse.
#[derive(Debug, Clone)]
struct Question {
    action: Action,
    license_type: LicenseType,
    rules: Vec<Rule>,
    facts: Facts<'static>,
}

impl Question {
    fn refusals(&self) -> Refusals {
        let bundle = Bundle {
            version: 2,
            rules: &self.rules,
        };
        refusals(
            &self.action,
            &Facts {
                license_type: Some(&self.license_type),
                bundle: self.facts.bundle.map(|_| bundle),
                ..self.facts
            },
        )
    }
}

/// What may stand against an account, by number.
fn account(number: u8) -> Account {
    Account {
        frozen: number & 1 != 0,
        lost: number & 2 != 0,
    }
}

prop_compose! {
    fn any_facts()(
        lawless: bool, issuer_registered: bool, issuer_granted: bool, by_committee: bool,
        caller in 0u8..4, holder in 0u8..4, parent_holder in 0u8..4, to in 0u8..4, parent_open: bool,
        module: Option<bool>, roles in 0u8..24,
        supply in 0u64..4, paused in 0u8..32, score in 0u16..1001, evidence in 0u8..3, proof in 0u8..3,
    ) -> Facts<'static> {
        Facts {
            binding: match roles & 3 {
                0 => Binding::Unbound,
                1 if roles < 8 => Binding::Never,
                _ => Binding::Bound,
            },
            license_type: None,
            bundle: (!lawless).then_some(NO_RULES),
            issuer_registered,
            issuer_granted,
            issuer: if roles < 16 { ISSUER } else { OTHER },
            by_committee,
            by_regulator: roles & 4 != 0,
            supply,
            issuer_supply: supply,
            issuer_share: u64::from(roles & 3),
            paused,
            caller: account(caller),
            holder: account(holder),
            parent_holder: account(parent_holder),
            parent_open,
            to: account(to),
            clearance: match evidence {
                0 => Presented::Missing,
                1 => Presented::Valid(score),
                _ => Presented::Invalid(Reason::ClearanceUsed, 0),
            },
            proof: match proof {
                0 => Presented::Missing,
                1 => Presented::Valid(()),
                _ => Presented::Invalid(Reason::ProofInvalid, 0),
            },
            module: module.map(|answered| ModuleRefusal { place: 0, answered }),
        }
    }
}

prop_compose! {
    fn any_type()(
        open: bool, transferable: bool, supply_cap in 0u64..4, minimum_score in 0u16..1001, parent_type in 0u64..3,
        issue in 0u8..8, renew in 0u8..8, transfer in 0u8..8, lend in 0u8..8, enforce in 0u8..2,
    ) -> LicenseType {
        LicenseType {
            open,
            transferable,
            supply_cap,
            minimum_score,
            parent_type,
            gates: Gates { issue, renew, transfer, lend, enforce },
            ..yearly()
        }
    }
}

prop_compose! {
    fn any_question()(
        license_type in any_type(),
        facts in any_facts(),
        rules in proptest::collection::vec(crate::bundle::tests::any_rule(), 0..4),
        kind in 0..ActionKind::ALL.len(),
        accounts in proptest::array::uniform4(0u8..5),
        status in 0..Status::ALL.len(),
        from in 0u64..1 << 34, at in 0u64..1 << 34,
        with_parent: bool, parent_status in 0..Status::ALL.len(), seats: bool,
    ) -> Question {
        let [caller, issuer, holder, to] = accounts.map(|account| [account; 20]);
        let term = Term::first(&license_type.durations, from).expect("in range");
        let action = Action {
            kind: ActionKind::ALL[kind],
            caller,
            issuer,
            holder,
            to,
            status: Status::ALL[status],
            term,
            at,
            parent: with_parent.then(|| Parent { status: Status::ALL[parent_status], ..parent(&license_type) }),
            token_kind: if seats { TypeKind::Sft } else { TypeKind::Nft },
            ..action(ActionKind::Issue, &license_type)
        };
        Question { action, license_type, rules, facts }
    }
}

/// I2: what a frozen holder cannot gain for itself it cannot give away under its own license either.
#[test]
fn i2_nobody_gains_under_a_license_whose_holder_is_frozen() {
    let yearly = yearly();
    let child_type = LicenseType {
        parent_type: 1,
        ..yearly
    };
    let by_the_licensor = Facts {
        caller: FROZEN,
        parent_holder: FROZEN,
        ..facts(&child_type)
    };
    let by_the_committee = Facts {
        caller: Account::default(),
        by_committee: true,
        ..by_the_licensor
    };
    let sold = |kind| Action {
        caller: HOLDER,
        holder: OTHER,
        parent: Some(parent(&yearly)),
        ..action(kind, &child_type)
    };
    let sublicense = Action {
        holder: NOBODY,
        ..sold(ActionKind::Sublicense)
    };
    let refused = reasons(&sublicense, &by_the_licensor);
    assert_eq!(refused.first(), Some(&Reason::HolderFrozen));
    for (kind, decided) in [
        (ActionKind::Activate, &[Reason::HolderFrozen][..]),
        (ActionKind::Renew, &[Reason::HolderFrozen]),
        (ActionKind::Suspend, &[]),
        (ActionKind::Revoke, &[]),
    ] {
        let refused = reasons(&sold(kind), &by_the_licensor);
        assert_eq!(refused.first(), Some(&Reason::CallerFrozen), "{kind:?}");
        let refused = reasons(&sold(kind), &by_the_committee);
        let asked_for: Vec<_> = refused
            .into_iter()
            .filter(|reason| *reason != Reason::RenewalNotOpen)
            .collect();
        assert_eq!(asked_for, decided, "{kind:?}");
    }
}

/// H4: a loan is refused for what refuses a sale: what stands against its holder, its borrower, the
/// license itself, and the rules.
#[test]
fn h4_lending_is_asked_about_like_a_sale() {
    let yearly = yearly();
    let lend = action(ActionKind::Lend, &yearly);
    assert_eq!(reasons(&lend, &facts(&yearly)), []);
    let stands = |change: fn(&mut Facts<'_>)| {
        let mut changed = facts(&yearly);
        change(&mut changed);
        reasons(&lend, &changed)
    };
    assert_eq!(
        stands(|facts| (facts.caller, facts.holder) = (FROZEN, FROZEN)),
        [Reason::HolderFrozen]
    );
    assert_eq!(stands(|facts| facts.to = FROZEN), [Reason::ReceiverFrozen]);
    assert_eq!(stands(|facts| facts.bundle = None), [Reason::NoRules]);
    assert_eq!(
        stands(|facts| facts.paused = Group::Lend.bit()),
        [Reason::Paused]
    );
    assert_eq!(stands(|facts| facts.paused = Group::Transfer.bit()), []);
    let refuses = ModuleRefusal {
        place: 0,
        answered: true,
    };
    let asked = Facts {
        module: Some(refuses),
        ..facts(&yearly)
    };
    assert_eq!(reasons(&lend, &asked), [Reason::ModuleRefused]);
    for status in Status::ALL {
        let stands = Action { status, ..lend };
        let allowed = reasons(&stands, &facts(&yearly)).is_empty();
        assert_eq!(allowed, status == Status::Active, "{status:?}");
    }
}

/// H4: a screened type is lent to screened borrowers; one that is not transferable is not lent, unless
/// its licenses are seats.
#[test]
fn h4_a_loan_has_gates_of_its_own() {
    let screened = LicenseType {
        gates: Gates {
            lend: Gates::CLEARANCE,
            ..Gates::default()
        },
        ..yearly()
    };
    let lend = action(ActionKind::Lend, &screened);
    assert_eq!(
        reasons(&lend, &facts(&screened)),
        [Reason::ClearanceRequired]
    );
    let cleared = Facts {
        clearance: Presented::Valid(0),
        ..facts(&screened)
    };
    assert_eq!(reasons(&lend, &cleared), []);
    for (kind, refused) in [
        (TypeKind::Nft, &[Reason::NotTransferable][..]),
        (TypeKind::Sft, &[]),
    ] {
        let bound = LicenseType {
            transferable: false,
            kind,
            ..yearly()
        };
        let lend = Action {
            token_kind: kind,
            ..action(ActionKind::Lend, &bound)
        };
        assert_eq!(reasons(&lend, &facts(&bound)), refused, "{kind:?}");
    }
}

/// H4: nobody gains by lending while frozen, by the committee's hand neither.
#[test]
fn h4_a_committee_lends_nothing_of_a_frozen_holder() {
    let yearly = yearly();
    let lend = Action {
        caller: COMMITTEE,
        ..action(ActionKind::Lend, &yearly)
    };
    let frozen = Facts {
        by_committee: true,
        holder: FROZEN,
        ..facts(&yearly)
    };
    assert_eq!(reasons(&lend, &frozen), [Reason::HolderFrozen]);
}

proptest! {
    #[test]
    fn no_action_meets_more_rules_than_fit(question in any_question()) {
        prop_assert!(question.refusals().iter().count() < MAX_REFUSALS);
    }

    /// I1: nothing but following a lost key is left once a license is revoked.
    #[test]
    fn i1_a_revoked_license_accepts_no_action(mut question in any_question()) {
        let kind = question.action.kind;
        prop_assume!(!kind.creates() && kind != ActionKind::Recover);
        question.action.status = Status::Revoked;
        prop_assert!(question.refusals().first().is_some());
    }

    /// I7: a license is decided about by the committee or a regulator where there is none, by its issuer or
    /// whoever took over from it while registered and granted, or, of a sublicense, by whoever holds the
    /// parent.
    #[test]
    fn i7_only_an_authority_decides(question in any_question()) {
        let Question { action, facts, .. } = &question;
        let decides = matches!(
            action.kind,
            ActionKind::Renew | ActionKind::Suspend | ActionKind::Resume | ActionKind::Revoke | ActionKind::Activate
        );
        if decides && question.refusals().first().is_none() {
            let issuer = action.caller == facts.issuer && facts.issuer_registered && facts.issuer_granted;
            let in_its_place = facts.by_regulator && stands_in(action.kind);
            let sublicensor = action.parent.is_some_and(|parent| parent.holder == action.caller);
            prop_assert!(facts.by_committee || in_its_place || sublicensor || issuer && action.parent.is_none());
        }
    }

    /// I27: what needs a gate does not pass without it. What comes into being is pending until it has
    /// passed, and may be corrected until then.
    #[test]
    fn i27_no_gate_is_passed_without_its_evidence(question in any_question()) {
        let Question { action, license_type, facts, rules } = &question;
        let bundle = Bundle { version: 2, rules };
        let gates = required_gates(action.kind, license_type, action.license_type, Some(bundle));
        let has_passed_none = action.kind.creates()
            || action.kind == ActionKind::Amend && action.status == Status::Pending;
        if !has_passed_none && facts.bundle.is_some() && question.refusals().first().is_none() {
            let decided = facts.by_committee || facts.by_regulator && stands_in(action.kind);
            prop_assert!(gates & Gates::COMMITTEE == 0 || decided);
            prop_assert!(gates & Gates::CLEARANCE == 0 || matches!(facts.clearance, Presented::Valid(_)));
            prop_assert!(gates & Gates::PROOF == 0 || matches!(facts.proof, Presented::Valid(())));
        }
    }

    /// I29: what passes with a score passes with every safer one.
    #[test]
    fn i29_a_higher_score_never_closes_a_gate(
        mut question in any_question(),
        score in 0u16..1001,
        more in 1u16..1001,
    ) {
        question.facts.clearance = Presented::Valid(score);
        let before = question.refusals();
        question.facts.clearance = Presented::Valid(score.saturating_add(more));
        let after = question.refusals();
        let is_old = |refusal: Refusal| before.iter().any(|old| old == refusal);
        prop_assert!(after.iter().all(is_old));
    }
}
