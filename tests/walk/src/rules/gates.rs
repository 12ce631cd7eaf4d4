//! The gate: what policy is asked about an action, and what it makes of the evidence.

use alloy_primitives::Address;
use lex_model::{
    Account, Action, ActionKind, Binding, Facts, Gates, Hash, MAX_SCORE, ModuleRefusal, PROOF_AGE,
    Presented, Reason, SoftwareKeccak, Statement, Subject, TypeKind, required_gates,
};

use super::{Proven, Role, Rulebook};
use crate::{Clearing, Evidence, Proving, Refused, trapdoor::stated_by};

/// Bits of the kinds of modules that are asked.
const ASKED: u8 = 1 | 2;

/// The bit of the modules that are told.
const TOLD: u8 = 4;

impl Rulebook {
    /// The gates that an action must pass, as bits.
    pub fn gates(&self, action: &Action) -> u8 {
        let known = self.license_type(action.license_type);
        let bundle = self.bundle(action.jurisdiction);
        known.map_or(0, |known| {
            required_gates(action.kind, &known.rules, action.license_type, bundle)
        })
    }

    /// Every reason of policy to refuse an action with this evidence, in order.
    pub fn refusals(&self, subject: &Subject, evidence: &Evidence) -> Vec<Refused> {
        let action = &subject.action;
        let issuer = self.in_charge(Address::from(action.issuer));
        let part = (action.license_type, Address::from(action.issuer));
        let by_committee = self.is_decided_by(action.caller.into(), action.license_type);
        let has_committee = |known: &&super::Type| !known.committee.is_zero();
        let license_type = self.license_type(action.license_type);
        let stands = |account: [u8; 20]| self.stands(account.into());
        let has_committee = license_type.filter(has_committee).is_some();
        let facts = Facts {
            binding: match self.is_bound() {
                true => Binding::Bound,
                false => Binding::Unbound,
            },
            license_type: license_type.map(|license_type| &license_type.rules),
            bundle: self.bundle(action.jurisdiction),
            issuer: issuer.0.0,
            issuer_registered: self.issuers.contains(&issuer),
            issuer_granted: self.is_granted(issuer, action.license_type, action.jurisdiction),
            by_committee: by_committee && has_committee,
            by_regulator: by_committee && !has_committee,
            supply: self.supply(action.license_type),
            issuer_supply: self.issued.get(&part).copied().unwrap_or_default(),
            issuer_share: self.shares.get(&part).copied().unwrap_or_default(),
            paused: self.paused,
            caller: stands(action.caller),
            holder: stands(action.holder),
            parent_holder: action
                .parent
                .map_or_else(Account::default, |parent| stands(parent.holder)),
            parent_open: action.parent.is_none_or(|parent| {
                let above = self.license_type(parent.license_type);
                above.is_some_and(|above| above.rules.open)
            }),
            to: stands(action.to),
            clearance: match &evidence.clearance {
                Some(clearing) => self.judge_clearance(clearing, subject),
                None => Presented::Missing,
            },
            proof: match &evidence.proof {
                Some(proving) => self.judge_proof(proving, subject),
                None => Presented::Missing,
            },
            module: self.module_refusal(action.kind),
        };
        let gate = lex_model::refusals(action, &facts);
        gate.iter().map(Refused::from).collect()
    }

    /// What stands against an account.
    pub fn stands(&self, account: Address) -> Account {
        Account {
            frozen: self.frozen.contains_key(&account),
            lost: self.recoveries.contains_key(&account),
        }
    }

    /// What a contract that was told of restrictions says to an account against which something stands:
    /// whose key it is that is lost, or `frozen`.
    ///
    /// # Errors
    /// That reason.
    pub(crate) fn require_free(
        &self,
        account: Address,
        frozen: Reason,
        whose: u64,
    ) -> Result<(), Refused> {
        if !self.told.frozen.contains(&account) {
            Ok(())
        } else if self.stands(account).lost {
            Err(Refused::new(Reason::KeyLost, whose))
        } else {
            Err(frozen.into())
        }
    }

    /// Says so to a caller, who may be the holder itself.
    ///
    /// # Errors
    /// That reason.
    pub(crate) fn require_caller_free(
        &self,
        caller: Address,
        holder: Address,
    ) -> Result<(), Refused> {
        let frozen = match caller == holder {
            true => Reason::HolderFrozen,
            false => Reason::CallerFrozen,
        };
        self.require_free(caller, frozen, 0)
    }

    /// Whether the modules that keep books take note of an action that is allowed, where one that fails
    /// may stop it: not what protects the public or follows a decision. What they will do is not known
    /// before they are told, so no explanation says it.
    ///
    /// # Errors
    /// The place of the first one that fails.
    pub fn note(&self, action: &Action) -> Result<(), Refused> {
        let committee = self.committee(action.license_type);
        let decided = !committee.is_zero() && committee == Address::from(action.caller);
        let is_told = match action.kind {
            ActionKind::Surrender => true,
            ActionKind::Withdraw => !decided,
            kind => is_asked(kind),
        };
        let [_, _, broken] = self.deployed.modules;
        let fails = |kinds: u8, module: Address| kinds & TOLD != 0 && module == broken;
        let failing = (0..)
            .zip(&self.modules)
            .find(|(_, (module, kinds))| is_told && fails(*kinds, *module));
        match failing {
            Some((place, _)) => Err(Refused::new(Reason::ModuleUnreachable, place)),
            None => Ok(()),
        }
    }

    /// Writes down what an action that happened brought, ended and used up.
    pub fn use_up(&mut self, subject: &Subject, evidence: &Evidence) {
        self.count(&subject.action);
        if subject.action.kind.creates() {
            return;
        }
        let license = id_of(subject);
        self.keep_identity(&subject.action, license);
        let gates = self.gates(&subject.action);
        if let Some(clearing) = &evidence.clearance
            && gates & Gates::CLEARANCE != 0
        {
            self.clearances.insert(self.digest(clearing, subject));
        }
        if let Some(proving) = &evidence.proof
            && gates & Gates::PROOF != 0
        {
            let nullifier = proving.claim.nullifier;
            let enters = subject.action.kind == ActionKind::Activate;
            if enters {
                // It is the newest license's from now on.
                self.entered.retain(|_, used| *used != nullifier);
                self.entered.insert(license, nullifier);
            }
            let until = match enters {
                true => subject.action.term.grace_until,
                false => u64::MAX,
            };
            self.nullifiers.insert(nullifier, until);
        }
    }

    /// A place is taken when a license is issued, and given back when it is ended by itself.
    fn count(&mut self, action: &Action) {
        let part = (action.license_type, Address::from(action.issuer));
        let issued = self.issued.entry(part).or_default();
        match action.kind {
            ActionKind::Issue | ActionKind::Sublicense => *issued += action.amount,
            ActionKind::Surrender | ActionKind::Withdraw | ActionKind::Revoke => {
                *issued -= action.amount;
            }
            _ => {}
        }
    }

    /// The identity with which a license was entered is used for as long as the license may last.
    fn keep_identity(&mut self, action: &Action, license: u64) {
        let term = self.durations(action.license_type).term;
        let until = match action.kind {
            ActionKind::Renew => action.term.grace_until + term,
            ActionKind::Revoke => 0,
            ActionKind::Surrender if action.token_kind == TypeKind::Nft => 0,
            _ => return,
        };
        if let Some(nullifier) = self.entered.get(&license) {
            self.nullifiers.insert(*nullifier, until);
        }
    }

    fn judge_clearance(&self, clearing: &Clearing, subject: &Subject) -> Presented<u16> {
        let stated = &clearing.stated;
        let counts = clearing.fits
            && stated.rules_version
                == self.rules_version(subject.action.license_type, subject.action.jurisdiction)
            && self.has_role(clearing.signer, Role::Signer)
            && self.stands(clearing.signer) == Account::default();
        if !counts || stated.score > MAX_SCORE {
            Presented::Invalid(Reason::ClearanceInvalid, 0)
        } else if stated.expires_at <= subject.action.at {
            Presented::Invalid(Reason::ClearanceExpired, stated.expires_at)
        } else if self.clearances.contains(&self.digest(clearing, subject)) {
            Presented::Invalid(Reason::ClearanceUsed, 0)
        } else {
            Presented::Valid(stated.score)
        }
    }

    fn digest(&self, clearing: &Clearing, subject: &Subject) -> Hash {
        clearing.stated.digest::<SoftwareKeccak>(subject)
    }

    fn judge_proof(&self, proving: &Proving, subject: &Subject) -> Presented<()> {
        let proven = self.proven(subject.action.license_type);
        let Some(statement) = Statement::from_code(proven.statement) else {
            return Presented::Invalid(Reason::UnknownCircuit, 0);
        };
        let proves = match self.ask_verifier(&proven, statement, proving) {
            Ok(proves) => proves,
            Err((reason, detail)) => return Presented::Invalid(reason, detail),
        };
        let (claim, now) = (&proving.claim, subject.action.at);
        let is_timely = (now.saturating_sub(PROOF_AGE)..=now).contains(&claim.proven_at);
        if statement == Statement::Eligibility && !is_timely {
            return Presented::Invalid(Reason::ProofTimeInvalid, claim.proven_at);
        }
        let ended = |slot: u8, root: Hash| {
            let until = self.roots.get(&(proven.circuit, slot, root));
            until.is_none_or(|until| *until <= now)
        };
        let roots = (0..).zip(claim.roots).take(statement.roots());
        if let Some((slot, _)) = roots.into_iter().find(|(slot, root)| ended(*slot, *root)) {
            return Presented::Invalid(Reason::RootUnknown, slot.into());
        }
        let used = self.nullifiers.get(&claim.nullifier);
        if !proves {
            Presented::Invalid(Reason::ProofInvalid, 0)
        } else if used.is_some_and(|until| *until > now) {
            Presented::Invalid(Reason::NullifierUsed, 0)
        } else {
            Presented::Valid(())
        }
    }

    /// What the verifier says to a proof, if policy asks one.
    fn ask_verifier(
        &self,
        proven: &Proven,
        statement: Statement,
        proving: &Proving,
    ) -> Result<bool, (Reason, u64)> {
        if !self.verifies {
            return Ok(false);
        }
        match self.keys.get(&(proven.circuit, proven.version)) {
            None => return Err((Reason::UnknownCircuit, 0)),
            Some(false) => return Err((Reason::KeyRevoked, 0)),
            Some(true) => {}
        }
        match stated_by(proven.circuit) {
            Some(stated) if stated == statement => Ok(proving.fits),
            Some(Statement::Membership) => Err((Reason::WrongInputCount, 4)),
            Some(Statement::Eligibility) => Err((Reason::WrongInputCount, 9)),
            None => Err((Reason::UnknownCircuit, 0)),
        }
    }

    /// The first module that does not allow an action, and whether it said so.
    fn module_refusal(&self, kind: ActionKind) -> Option<ModuleRefusal> {
        let [_, refusing, broken] = self.deployed.modules;
        let refuses = |module: &Address| [refusing, broken].contains(module);
        (0..)
            .zip(&self.modules)
            .find(|(_, (module, kinds))| is_asked(kind) && kinds & ASKED != 0 && refuses(module))
            .map(|(place, (module, _))| ModuleRefusal {
                place,
                answered: *module == refusing,
            })
    }
}

/// The license that a subject is about.
fn id_of(subject: &Subject) -> u64 {
    let word = alloy_primitives::U256::from_be_bytes(subject.token_id.0);
    word.to()
}

/// Whether modules are asked about this: what protects the public or follows a decision is none of
/// their business.
const fn is_asked(kind: ActionKind) -> bool {
    matches!(
        kind,
        ActionKind::Issue
            | ActionKind::Sublicense
            | ActionKind::Activate
            | ActionKind::Renew
            | ActionKind::Transfer
            | ActionKind::Amend
            | ActionKind::Lend
    )
}
