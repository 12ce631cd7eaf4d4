//! Events of the policy contract: license types and their rules, issuers, jurisdictions, accounts.

use lex_client::{
    Address, B256, U256,
    abi::policy::Policy::{EvidenceUsed, PolicyEvents},
};

use super::{
    AccountRow, Change, EvidenceRow, FoldError, Freeze, IssuerGrantRow, IssuerRow, Keys, Ledger,
    LicenseTypeRow, ModuleRow, PolicyRow, Rule, RuleBundleRow, TypeRules, rows::storable,
};
use crate::event::Place;

/// The rows that a message of policy changes in part.
pub(super) fn look_up(message: &PolicyEvents, keys: &mut Keys) {
    match message {
        PolicyEvents::TypeOpenChanged(changed) => {
            keys.license_types.insert(changed.licenseType);
        }
        PolicyEvents::TypeRulesChanged(changed) => {
            keys.license_types.insert(changed.licenseType);
        }
        PolicyEvents::IssuerRemoved(removed) => {
            keys.issuers.insert(removed.issuer);
        }
        PolicyEvents::RoleChanged(changed) => {
            keys.accounts.insert(changed.account);
        }
        PolicyEvents::HolderFrozen(frozen) => {
            keys.accounts.insert(frozen.account);
        }
        PolicyEvents::KeyRecovered(recovered) => {
            keys.accounts.insert(recovered.lost);
        }
        PolicyEvents::RecoveryEnded(ended) => {
            keys.accounts.insert(ended.account);
        }
        PolicyEvents::IssuerSucceeded(_)
        | PolicyEvents::IssuerShareSet(_)
        | PolicyEvents::AdminProposed(_) => {}
        PolicyEvents::AdminChanged(_)
        | PolicyEvents::VerifierChanged(_)
        | PolicyEvents::Paused(_)
        | PolicyEvents::PauseLifted(_) => keys.policy = true,
        PolicyEvents::TypeCreated(_)
        | PolicyEvents::IssuerRegistered(_)
        | PolicyEvents::IssuerGranted(_)
        | PolicyEvents::IssuerWithdrawn(_)
        | PolicyEvents::BundleSet(_)
        | PolicyEvents::BundleRemoved(_)
        | PolicyEvents::ModuleAdded(_)
        | PolicyEvents::ModuleRemoved(_)
        | PolicyEvents::EvidenceUsed(_)
        | PolicyEvents::LicenseBound(_)
        | PolicyEvents::LicenseUnbound(_)
        | PolicyEvents::ModuleMissed(_)
        | PolicyEvents::RootSet(_) => {}
    }
}

pub(super) fn changes(
    before: &Ledger,
    place: &Place,
    message: &PolicyEvents,
) -> Result<Vec<Change>, FoldError> {
    let change = match message {
        PolicyEvents::TypeCreated(created) => Change::LicenseType(LicenseTypeRow {
            license_type: created.licenseType,
            kind: created.kind,
            name: storable(&created.name),
            term: created.term,
            renewal_window: created.renewalWindow,
            grace: created.grace,
            supply_cap: created.supplyCap,
            transferable: created.transferable,
            terms_hash: created.termsHash,
            schema_version: created.schemaVersion,
            open: true,
            version: 1,
            rules: TypeRules::default(),
            created_block: place.block_number,
            created_at: place.block_time,
        }),
        PolicyEvents::TypeOpenChanged(changed) => {
            let known = license_type(before, changed.licenseType)?;
            Change::LicenseType(LicenseTypeRow {
                open: changed.open,
                version: known.version.saturating_add(1),
                ..known.clone()
            })
        }
        PolicyEvents::TypeRulesChanged(changed) => {
            let known = license_type(before, changed.licenseType)?;
            let rules = &changed.rules;
            Change::LicenseType(LicenseTypeRow {
                version: changed.version,
                rules: TypeRules {
                    issue_gates: rules.gates.issue,
                    renew_gates: rules.gates.renew,
                    transfer_gates: rules.gates.transfer,
                    lend_gates: rules.gates.lend,
                    enforce_gates: rules.gates.enforce,
                    committee: rules.committee,
                    minimum_score: rules.minimumScore,
                    circuit: rules.circuit,
                    circuit_version: rules.circuitVersion,
                    statement: rules.statement,
                    royalty: rules.royalty,
                    royalty_receiver: rules.royaltyReceiver,
                    parent_type: rules.parentType,
                },
                ..known.clone()
            })
        }
        PolicyEvents::IssuerRegistered(registered) => Change::Issuer(IssuerRow {
            issuer: registered.issuer,
            name: storable(&registered.name),
            registered: true,
            registered_block: place.block_number,
            registered_at: place.block_time,
        }),
        PolicyEvents::IssuerRemoved(removed) => {
            let known = before
                .issuer(removed.issuer)
                .ok_or(FoldError::UnknownIssuer(removed.issuer))?;
            Change::Issuer(IssuerRow {
                registered: false,
                ..known.clone()
            })
        }
        PolicyEvents::IssuerGranted(granted) => Change::Grant(IssuerGrantRow {
            issuer: granted.issuer,
            license_type: granted.licenseType,
            jurisdiction: storable(&granted.jurisdiction),
            granted: true,
            changed_block: place.block_number,
        }),
        PolicyEvents::IssuerWithdrawn(withdrawn) => Change::Grant(IssuerGrantRow {
            issuer: withdrawn.issuer,
            license_type: withdrawn.licenseType,
            jurisdiction: storable(&withdrawn.jurisdiction),
            granted: false,
            changed_block: place.block_number,
        }),
        PolicyEvents::BundleSet(set) => Change::Bundle(RuleBundleRow {
            jurisdiction: storable(&set.jurisdiction),
            version: set.version,
            bundle_id: set.bundleId,
            removed: false,
            rules: set
                .rules
                .iter()
                .map(|rule| Rule {
                    demand: rule.demand,
                    actions: rule.actions,
                    license_type: rule.licenseType,
                    value: rule.value,
                })
                .collect(),
            set_block: place.block_number,
            set_at: place.block_time,
        }),
        PolicyEvents::BundleRemoved(removed) => Change::Bundle(RuleBundleRow {
            jurisdiction: storable(&removed.jurisdiction),
            version: removed.version,
            bundle_id: B256::ZERO,
            removed: true,
            rules: Vec::new(),
            set_block: place.block_number,
            set_at: place.block_time,
        }),
        PolicyEvents::RoleChanged(changed) => {
            let known = account(before, place, changed.account);
            let roles = if changed.held {
                known.roles | changed.role
            } else {
                known.roles & !changed.role
            };
            Change::Account(AccountRow { roles, ..known })
        }
        // One whom other regulators freeze stays frozen, and so does a key that was declared lost.
        PolicyEvents::HolderFrozen(frozen) => {
            let known = account(before, place, frozen.account);
            let by_regulator = frozen.regulators > 0;
            Change::Account(AccountRow {
                frozen: by_regulator || known.successor.is_some(),
                frozen_by_regulator: by_regulator,
                freeze: Some(Freeze {
                    actor: frozen.actor,
                    reason: frozen.reason,
                    evidence: frozen.evidence,
                }),
                ..known
            })
        }
        // The key is frozen until its recovery ends, for ever if it does not.
        PolicyEvents::KeyRecovered(recovered) => Change::Account(AccountRow {
            frozen: true,
            successor: Some(recovered.successor),
            freeze: Some(Freeze {
                actor: recovered.actor,
                reason: recovered.reason,
                evidence: recovered.evidence,
            }),
            recovered_from: Some(recovered.inForceFrom),
            ..account(before, place, recovered.lost)
        }),
        PolicyEvents::RecoveryEnded(ended) => {
            let known = account(before, place, ended.account);
            Change::Account(AccountRow {
                frozen: known.frozen_by_regulator,
                freeze: Some(Freeze {
                    actor: ended.actor,
                    reason: ended.reason,
                    evidence: ended.evidence,
                }),
                successor: None,
                recovered_from: None,
                ..known
            })
        }
        PolicyEvents::ModuleAdded(added) => Change::Module(ModuleRow {
            module: added.module,
            kinds: added.kinds,
            changed_block: place.block_number,
        }),
        PolicyEvents::ModuleRemoved(removed) => Change::Module(ModuleRow {
            module: removed.module,
            kinds: 0,
            changed_block: place.block_number,
        }),
        PolicyEvents::AdminChanged(changed) => Change::Policy(PolicyRow {
            admin: changed.current,
            ..policy(before, place)
        }),
        PolicyEvents::VerifierChanged(changed) => Change::Policy(PolicyRow {
            verifier: changed.verifier,
            ..policy(before, place)
        }),
        PolicyEvents::Paused(paused) => {
            let known = policy(before, place);
            Change::Policy(PolicyRow {
                paused_groups: known.paused_groups | paused.groups,
                ..known
            })
        }
        PolicyEvents::PauseLifted(lifted) => {
            let known = policy(before, place);
            Change::Policy(PolicyRow {
                paused_groups: known.paused_groups & !lifted.groups,
                ..known
            })
        }
        PolicyEvents::EvidenceUsed(used) => Change::Evidence(evidence(place, used)),
        // What policy asks of other contracts is no state that a reader is shown. An issuer that is
        // succeeded is removed, which is told by itself; shares and offers are not searched for.
        PolicyEvents::IssuerSucceeded(_)
        | PolicyEvents::IssuerShareSet(_)
        | PolicyEvents::AdminProposed(_)
        | PolicyEvents::LicenseBound(_)
        | PolicyEvents::LicenseUnbound(_)
        | PolicyEvents::ModuleMissed(_)
        | PolicyEvents::RootSet(_) => return Ok(Vec::new()),
    };
    Ok(vec![change])
}

fn license_type(before: &Ledger, id: u64) -> Result<&LicenseTypeRow, FoldError> {
    before.license_type(id).ok_or(FoldError::UnknownType(id))
}

/// The account as it was, changed here.
fn account(before: &Ledger, place: &Place, account: Address) -> AccountRow {
    let known = before.accounts.get(&account);
    AccountRow {
        account,
        roles: known.map_or(0, |known| known.roles),
        frozen: known.is_some_and(|known| known.frozen),
        freeze: known.and_then(|known| known.freeze.clone()),
        frozen_by_regulator: known.is_some_and(|known| known.frozen_by_regulator),
        successor: known.and_then(|known| known.successor),
        recovered_from: known.and_then(|known| known.recovered_from),
        changed_block: place.block_number,
        changed_at: place.block_time,
    }
}

/// What holds for all licenses as it was, changed here.
fn policy(before: &Ledger, place: &Place) -> PolicyRow {
    PolicyRow {
        changed_block: place.block_number,
        changed_at: place.block_time,
        ..before.policy.clone().unwrap_or_default()
    }
}

fn evidence(place: &Place, used: &EvidenceUsed) -> EvidenceRow {
    EvidenceRow {
        contract: used.license,
        token_id: used.tokenId,
        action: used.action,
        clearance: (used.clearance != B256::ZERO).then_some(used.clearance),
        nullifier: (used.nullifier != U256::ZERO).then_some(used.nullifier),
        rules_version: used.rulesVersion,
        place: place.clone(),
    }
}
