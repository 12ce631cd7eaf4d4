//! The gate: looks up what the rules need to know and asks them. All rules are in `lex_model`, so that
//! what is done and what is explained cannot differ.

use ink::{Address, U256};
use lex_contract_host::chain_id;
use lex_model::{
    Account, ActionKind, Facts, Gates, Hash, Reason, Refusals, Subject, TokenId, required_gates,
};
use lex_policy_interface::{Action, Evidence, Rules};

use crate::{accounts::Role, book::Book, evidence::Examined, records::TypeRecord};

/// Who is asked, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// This contract.
    pub policy: Address,
    /// The contract that asks.
    pub license: Address,
}

/// What the rules say to an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Why it is refused; none when it is allowed.
    pub refusals: Refusals,
    /// The rules of its type; nothing when there is no such type.
    pub rules: Option<Rules>,
    /// The digest of a clearance that it uses up.
    pub clearance: Option<Hash>,
    /// The nullifier of a proof that it uses up.
    pub nullifier: Option<Hash>,
    /// Whether the type's committee asks.
    pub by_committee: bool,
}

impl Book {
    /// What the rules say to an action, with the evidence that came with it.
    ///
    /// # Errors
    /// A reason when the action is not even well formed.
    pub fn judge(
        &self,
        asked: Asked,
        action: &Action,
        evidence: Option<&Evidence>,
    ) -> Result<Verdict, Reason> {
        let question = action.to_model()?;
        let lex_model::Action {
            kind,
            license_type,
            jurisdiction,
            ..
        } = question;
        let record = self.types.get(license_type);
        let bundle = self.bundles.covering(jurisdiction);
        let bundle = bundle.as_ref().and_then(|bundle| bundle.bundle());
        let gates_of =
            |record: &TypeRecord, kind| required_gates(kind, &record.rules, license_type, bundle);

        let mut clearance = Examined::MISSING;
        let mut proof = Examined::MISSING;
        if let (Some(record), Some(evidence)) = (&record, evidence)
            && !kind.creates()
        {
            let gates = gates_of(record, kind);
            let subject = Subject {
                chain_id: chain_id(),
                policy: asked.policy.0,
                license: asked.license.0,
                token_id: TokenId(action.token_id.to_big_endian()),
                version: action.state.version,
                content: action.content.0,
                action: question,
            };
            if gates & Gates::CLEARANCE != 0 {
                clearance = self.ledger.examine_clearance(
                    &evidence.clearance,
                    &subject,
                    self.rules_version(license_type, jurisdiction)?,
                    &self.accounts,
                );
            }
            if gates & Gates::PROOF != 0 {
                proof = self.ledger.examine_proof(
                    &evidence.proof,
                    &subject,
                    record.proven,
                    self.verifier(),
                );
            }
        }

        let committee = record
            .as_ref()
            .map_or(Address::zero(), |record| record.committee);
        let by_committee = !committee.is_zero() && action.caller == committee;
        let by_regulator =
            committee.is_zero() && self.accounts.has_role(action.caller, Role::Regulator);
        let issuer = self.issuers.in_charge(action.issuer);
        let facts = Facts {
            binding: self.bound.binding(asked.license),
            license_type: record.as_ref().map(|record| &record.rules),
            bundle,
            issuer: issuer.0,
            issuer_registered: self.issuers.contains(issuer),
            issuer_granted: self.issuers.granted(issuer, license_type, jurisdiction),
            by_committee,
            by_regulator,
            supply: self.supply.present(license_type),
            issuer_supply: self.supply.issued(license_type, action.issuer),
            issuer_share: self.supply.share(license_type, action.issuer),
            paused: self.paused(),
            caller: self.accounts.account(action.caller),
            holder: self.accounts.account(action.from),
            parent_holder: question.parent.map_or(Account::default(), |parent| {
                self.accounts.account(parent.holder.into())
            }),
            parent_open: question.parent.is_none_or(|parent| {
                let above = self.types.get(parent.license_type);
                above.is_some_and(|above| above.rules.open)
            }),
            to: self.accounts.account(action.to),
            clearance: clearance.presented,
            proof: proof.presented,
            module: self.modules.refusal(action, kind),
        };
        let rules = record.as_ref().map(|record| {
            let durations = record.rules.durations;
            Rules {
                term: durations.term,
                renewal_window: durations.renewal_window,
                grace: durations.grace,
                issue_gates: gates_of(record, ActionKind::Issue),
                renew_gates: gates_of(record, ActionKind::Renew),
                transferable: record.rules.transferable,
                schema_version: record.schema_version,
                by_committee: by_committee || by_regulator,
            }
        });
        Ok(Verdict {
            refusals: lex_model::refusals(&question, &facts),
            rules,
            clearance: clearance.key,
            nullifier: proof.key,
            by_committee: facts.by_committee,
        })
    }

    /// Lets an action happen: uses its evidence up, counts what there is and tells the modules.
    ///
    /// # Errors
    /// The first refusal; [`Reason::LimitReached`] for more licenses than can be counted;
    /// [`Reason::ModuleUnreachable`] when a module that keeps books fails, unless no module may stop the
    /// action.
    pub fn admit(
        &mut self,
        asked: Asked,
        action: &Action,
        evidence: Option<&Evidence>,
    ) -> Result<(Rules, Verdict), lex_policy_interface::Refused> {
        let verdict = self.judge(asked, action, evidence)?;
        if let Some(refusal) = verdict.refusals.first() {
            return Err(refusal.into());
        }
        let rules = verdict.rules.ok_or(Reason::UnknownType)?;
        let kind = action.kind()?;
        if let Some(digest) = verdict.clearance {
            self.ledger.use_clearance(digest);
        }
        self.ledger.follow(asked.license, action, kind, rules.term);
        if let Some(nullifier) = verdict.nullifier {
            self.ledger.use_nullifier(nullifier, asked.license, action);
        }
        self.supply.follow(action, kind)?;
        if may_be_stopped(kind, verdict.by_committee) {
            self.modules.apply(action, kind)?;
        } else {
            self.modules.tell(asked.license, action, kind);
        }
        Ok((rules, verdict))
    }
}

/// Whether a module that fails to keep its books stops the action: not what protects the public, moves
/// a license by decision or to a lost key's successor, or is taken back by the committee.
const fn may_be_stopped(kind: ActionKind, by_committee: bool) -> bool {
    match kind {
        ActionKind::Revoke | ActionKind::ForceTransfer | ActionKind::Recover => false,
        ActionKind::Withdraw => !by_committee,
        _ => true,
    }
}

/// A hash as Solidity's number.
pub fn number(hash: Option<Hash>) -> U256 {
    hash.map_or(U256::zero(), |hash| U256::from_big_endian(&hash))
}
