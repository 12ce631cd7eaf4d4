//! How the description of a license changes: by its issuer with what opens the gates of issuing, or by
//! the committee's decision about what was requested.

use ink::{
    U256,
    prelude::{string::String, vec::Vec},
    sol::FixedBytes,
};
use lex_contract_host::HostKeccak;
use lex_model::{ActionKind, Keccak, Reason};
use lex_policy_interface::{Action, Evidence, Refusal, Refused, solidity_struct};

use crate::{
    Context, Entry, Lifecycle, Metadata, Rewrite,
    events::{AmendmentRequested, MetadataChanged},
    require_idle,
    terms::require_uri,
};

solidity_struct! {
    /// Another description of a license that is requested and not yet decided.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AmendmentView {
        /// Hash of the metadata that is wanted.
        metadata_hash: FixedBytes<32> = "metadataHash",
        /// Where it is.
        token_uri: String = "tokenURI",
    }
}

impl Lifecycle {
    /// Replaces the metadata of a license, which is its next version: whoever decided about the former
    /// one decided about another text. A request for another one ends.
    ///
    /// # Errors
    /// Policy's refusal; else [`Reason::InvalidText`] for a URI that is too long, [`Reason::AlreadySo`]
    /// for what it says already.
    pub fn amend(
        &mut self,
        context: Context,
        entry: Entry,
        metadata: Metadata,
        evidence: Option<Evidence>,
    ) -> Result<(), Refused> {
        let action = self.amendment(context, &entry, &metadata);
        let rules = self.policy.allow(action, evidence)?;
        self.require_other(&entry, &metadata)?;
        self.register.describe(entry.id, &metadata);
        self.end_request(entry.id);
        self.store(entry, entry.license.amended()?)?;
        ink::env::emit_event(MetadataChanged {
            token_id: entry.token_id(),
            actor: context.caller,
            metadata_hash: FixedBytes(metadata.hash),
            schema_version: rules.schema_version,
            token_uri: metadata.uri,
        });
        Ok(())
    }

    /// Notes what the metadata of a license is to be, for the committee to decide, instead of what was
    /// requested before. Whoever could amend it with the evidence that its gates ask for may; the
    /// regulator's hand on its holder or on the license itself is in the way of no request, because the
    /// committee decides in spite of it.
    ///
    /// # Errors
    /// What refuses an amendment; else [`Reason::InvalidText`], [`Reason::AlreadySo`] for what it says, or
    /// what is requested, already.
    pub fn request_amendment(
        &mut self,
        context: Context,
        entry: Entry,
        metadata: Metadata,
    ) -> Result<(), Refused> {
        require_idle()?;
        let action = self.amendment(context, &entry, &metadata);
        let of_another = action.caller != action.from;
        let refusals = self.policy.reasons(action, None)?;
        let hindrance = refusals
            .into_iter()
            .find(|refusal| !is_for_the_committee(refusal, of_another));
        if let Some(refusal) = hindrance {
            return Err(refusal.into());
        }
        self.require_other(&entry, &metadata)?;
        if self.requested(entry.id).as_ref() == Some(&metadata) {
            return Err(Reason::AlreadySo.into());
        }
        ink::env::emit_event(AmendmentRequested {
            token_id: entry.token_id(),
            actor: context.caller,
            metadata_hash: FixedBytes(metadata.hash),
            token_uri: metadata.uri.clone(),
        });
        self.amendments.insert(entry.id, &Some(metadata));
        Ok(())
    }

    /// Replaces the metadata of a license by what was requested, if that is what was decided.
    ///
    /// # Errors
    /// [`Reason::NotRequested`]; [`Reason::NotAsApproved`] when another text is in force, or was
    /// requested; else as [`Lifecycle::amend`].
    pub fn amend_approved(
        &mut self,
        context: Context,
        entry: Entry,
        approved: Rewrite,
        evidence: Evidence,
    ) -> Result<String, Refused> {
        let wanted = self.requested(entry.id).ok_or(Reason::NotRequested)?;
        let asked = Rewrite {
            previous: FixedBytes(self.register.metadata(entry.id)?.hash),
            metadata: FixedBytes(wanted.hash),
            uri: FixedBytes(HostKeccak::keccak256(wanted.uri.as_bytes())),
        };
        if approved != asked {
            return Err(Reason::NotAsApproved.into());
        }
        let uri = wanted.uri.clone();
        self.amend(context, entry, wanted, Some(evidence))?;
        Ok(uri)
    }

    /// Every reason to refuse this amendment with this evidence, in the order in which it would be
    /// refused.
    ///
    /// # Errors
    /// [`Reason::UnknownLicense`], [`Reason::PolicyUnreachable`]: the one reason there is.
    pub fn explain_amendment(
        &self,
        context: Context,
        token_id: U256,
        metadata: &Metadata,
        evidence: Evidence,
    ) -> Result<Vec<Refusal>, Refused> {
        let entry = self.register.find(token_id)?;
        let action = self.amendment(context, &entry, metadata);
        let mut refusals = self.policy.reasons(action, Some(evidence))?;
        let same = self.require_other(&entry, metadata).err();
        refusals.extend(same.map(Refusal::from));
        Ok(refusals)
    }

    /// What the metadata of a license is requested to be.
    ///
    /// # Errors
    /// [`Reason::UnknownLicense`], [`Reason::NotRequested`].
    pub fn amendment_request(&self, token_id: U256) -> Result<AmendmentView, Reason> {
        let entry = self.register.find(token_id)?;
        let wanted = self.requested(entry.id).ok_or(Reason::NotRequested)?;
        Ok(AmendmentView {
            metadata_hash: FixedBytes(wanted.hash),
            token_uri: wanted.uri,
        })
    }

    fn amendment(&self, context: Context, entry: &Entry, metadata: &Metadata) -> Action {
        Action {
            content: FixedBytes(metadata.hash),
            ..self.action_on(context, ActionKind::Amend, entry)
        }
    }

    fn require_other(&self, entry: &Entry, metadata: &Metadata) -> Result<(), Refused> {
        require_uri(metadata)?;
        if self.register.metadata(entry.id)? == *metadata {
            return Err(Reason::AlreadySo.into());
        }
        Ok(())
    }

    fn requested(&self, id: u64) -> Option<Metadata> {
        self.amendments.get(id).flatten()
    }

    fn end_request(&mut self, id: u64) {
        if self.requested(id).is_some() {
            self.amendments.insert(id, &None::<Metadata>);
        }
    }
}

/// Whether a committee's decision passes by this refusal, or opens what it asks for: so it is in the way
/// of no request. What stands against the caller itself is; `of_another` says that the holder is
/// somebody else.
fn is_for_the_committee(refusal: &Refusal, of_another: bool) -> bool {
    let holders = of_another && refusal.detail == U256::zero();
    match Reason::from_code(refusal.code) {
        Some(Reason::ApprovalRequired | Reason::ClearanceRequired | Reason::ProofRequired) => true,
        Some(Reason::TokenFrozen) => true,
        Some(Reason::HolderFrozen) => holders,
        Some(Reason::KeyLost) => refusal.detail == U256::one(),
        _ => false,
    }
}
