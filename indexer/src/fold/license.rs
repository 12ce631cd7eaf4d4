//! Events of the license contract: what its outbox says, and the details that go with it.

mod standing;
mod update;

use lex_client::{
    Address, U256,
    abi::license::License::{
        Frozen, LicenseEvents, LicenseIssued, LicenseSublicensed, LicenseSuspended,
        MetadataChanged, Transfer,
    },
};
use lex_model::{KIND_LICENSE, Status};

use self::update::updated;
use super::{
    Action, Change, Described, FoldError, HistoryRow, Keys, Ledger, LicenseRow, rows::storable,
};
use crate::event::Place;

pub(super) fn changes(
    before: &Ledger,
    place: &Place,
    message: &LicenseEvents,
) -> Result<Vec<Change>, FoldError> {
    let told = Told { before, place };
    match message {
        LicenseEvents::UpdateAppended(update) => updated(before, place, update),
        LicenseEvents::LicenseIssued(issued) => told.issued(issued),
        LicenseEvents::LicenseSublicensed(sublicensed) => told.sublicensed(sublicensed),
        LicenseEvents::LicenseActivated(activated) => {
            let led_to = Shown::Other("active");
            told.explain(activated.tokenId, led_to, activated.actor, |_, entry| {
                entry.action = Action::Activate
            })
        }
        LicenseEvents::LicenseWithdrawn(withdrawn) => {
            let led_to = Shown::Status(Status::Archived);
            told.explain(withdrawn.tokenId, led_to, withdrawn.actor, |_, entry| {
                entry.action = Action::Withdraw;
            })
        }
        LicenseEvents::LicenseRenewed(renewed) => {
            let led_to = Shown::Other("renewed");
            told.explain(renewed.tokenId, led_to, renewed.actor, |license, entry| {
                license.renewal_requested_at = None;
                entry.action = Action::Renew;
            })
        }
        LicenseEvents::LicenseSuspended(suspended) => told.suspended(suspended),
        LicenseEvents::LicenseResumed(resumed) => {
            let led_to = Shown::Status(Status::Active);
            told.explain(resumed.tokenId, led_to, resumed.actor, |_, entry| {
                entry.action = Action::Resume;
            })
        }
        LicenseEvents::LicenseRevoked(revoked) => {
            let led_to = Shown::Status(Status::Revoked);
            told.explain(revoked.tokenId, led_to, revoked.actor, |_, entry| {
                entry.action = Action::Revoke;
                entry.reason = Some(revoked.reason);
                entry.evidence = Some(revoked.evidence);
            })
        }
        LicenseEvents::LicenseTransferForced(forced) => {
            let led_to = Shown::Holder(forced.to);
            told.explain(forced.tokenId, led_to, forced.actor, |_, entry| {
                entry.action = Action::ForceTransfer;
                entry.reason = Some(forced.reason);
                entry.evidence = Some(forced.evidence);
            })
        }
        LicenseEvents::LicenseRecovered(recovered) => {
            let led_to = Shown::Holder(recovered.to);
            told.explain(
                recovered.tokenId,
                led_to,
                recovered.actor,
                |license, entry| {
                    license.renewal_requested_at = license.request_before_move;
                    entry.action = Action::Recover;
                },
            )
        }
        LicenseEvents::LicenseSurrendered(surrendered) => {
            let led_to = Shown::Status(Status::Archived);
            told.explain(surrendered.tokenId, led_to, None::<Address>, |_, entry| {
                entry.action = Action::Surrender;
            })
        }
        LicenseEvents::RenewalRequested(requested) => {
            let action = Action::RequestRenewal;
            told.note(requested.tokenId, action, requested.actor, |license, _| {
                license.renewal_requested_at = Some(place.block_time);
                Ok(())
            })
        }
        LicenseEvents::LicenseHeld(held) => {
            let action = Action::FreezeToken;
            told.note(held.tokenId, action, held.actor, |_, entry| {
                entry.reason = Some(held.reason);
                entry.evidence = Some(held.evidence);
                Ok(())
            })
        }
        // No update tells: whoever reads the outbox computes it from the parent's.
        LicenseEvents::SublicenseEnded(ended) => {
            let (id, action) = (ended.tokenId, Action::FollowParent);
            told.note(id, action, None, |license, entry| {
                (license.status, license.suspended_until) = (Status::Revoked, 0);
                (entry.status, entry.suspended_until) = (Status::Revoked, 0);
                Ok(())
            })
        }
        LicenseEvents::MetadataChanged(changed) => told.described(changed),
        LicenseEvents::Frozen(frozen) => told.frozen(frozen),
        LicenseEvents::Transfer(transfer) => told.moved(transfer),
        LicenseEvents::UpdateUser(updated) => {
            let user = (updated.user != Address::ZERO).then_some((updated.user, updated.expires));
            told.amend(updated.tokenId, |license| license.user = user)
        }
        // What these tell is in the update of the same transaction, or is no state of a license.
        LicenseEvents::AmendmentRequested(_)
        | LicenseEvents::Approval(_)
        | LicenseEvents::ApprovalForAll(_)
        | LicenseEvents::ForcedTransfer(_)
        | LicenseEvents::Locked(_)
        | LicenseEvents::Unlocked(_)
        | LicenseEvents::MetadataUpdate(_)
        | LicenseEvents::SubscriptionUpdate(_) => Ok(Vec::new()),
    }
}

/// The rows that a message of the license contract changes in part.
pub(super) fn look_up(message: &LicenseEvents, keys: &mut Keys) {
    let id = match message {
        LicenseEvents::UpdateAppended(update) if update.kind == KIND_LICENSE => {
            if !update.parent.is_zero() {
                keys.licenses.insert(update.parent);
            }
            update.tokenId
        }
        LicenseEvents::Transfer(transfer) if !transfer.from.is_zero() => transfer.tokenId,
        // Without an update of their own.
        LicenseEvents::RenewalRequested(requested) => requested.tokenId,
        LicenseEvents::LicenseHeld(held) => held.tokenId,
        LicenseEvents::MetadataChanged(changed) => changed.tokenId,
        LicenseEvents::Frozen(frozen) => frozen.tokenId,
        LicenseEvents::UpdateUser(updated) => updated.tokenId,
        LicenseEvents::SublicenseEnded(ended) => ended.tokenId,
        _ => return,
    };
    keys.licenses.insert(id);
}

/// An event that says more about a license than its updates do.
struct Told<'a> {
    before: &'a Ledger,
    place: &'a Place,
}

impl Told<'_> {
    fn issued(&self, issued: &LicenseIssued) -> Result<Vec<Change>, FoldError> {
        let id = issued.tokenId;
        let described = Described {
            issuer: issued.issuer,
            jurisdiction: storable(&issued.jurisdiction),
            metadata_hash: issued.metadataHash,
            token_uri: storable(&issued.tokenURI),
        };
        match (self.before.license(id), self.before.last_update(id)) {
            (Some(license), Some(entry)) if license.version == 1 && license.described.is_none() => {
                let entry = HistoryRow {
                    metadata: Some((described.metadata_hash, described.token_uri.clone())),
                    ..entry.clone()
                };
                let license = LicenseRow {
                    described: Some(described),
                    ..license.clone()
                };
                Ok(vec![Change::License(license), Change::History(entry)])
            }
            _ => Err(FoldError::Contradiction { id, told: "issued" }),
        }
    }

    /// A new license stands under another one, as its update said already.
    fn sublicensed(&self, sublicensed: &LicenseSublicensed) -> Result<Vec<Change>, FoldError> {
        let (id, parent) = (sublicensed.tokenId, sublicensed.parentId);
        match self.before.license(id) {
            Some(license) if license.parent == Some(parent) => Ok(Vec::new()),
            _ => Err(FoldError::Contradiction {
                id,
                told: "sublicensed",
            }),
        }
    }

    /// A license moved, perhaps to who holds it, which no update shows. A request and a right to use it end
    /// all the same; an event that follows may say that it was no transfer, and keep the request.
    fn moved(&self, transfer: &Transfer) -> Result<Vec<Change>, FoldError> {
        // A new license: its issue is told.
        if transfer.from.is_zero() {
            return Ok(Vec::new());
        }
        let led_to = Shown::Holder(transfer.to);
        self.explain(
            transfer.tokenId,
            led_to,
            None::<Address>,
            |license, entry| {
                let request = license.renewal_requested_at.take();
                license.request_before_move = request.or(license.request_before_move);
                license.user = None;
                entry.action = Action::Transfer;
            },
        )
    }

    fn suspended(&self, suspended: &LicenseSuspended) -> Result<Vec<Change>, FoldError> {
        let (id, actor) = (suspended.tokenId, suspended.actor);
        let led_to = Shown::Status(Status::Suspended);
        self.explain(id, led_to, actor, |license, entry| {
            license.suspended_until = suspended.liftsAt;
            entry.action = Action::Suspend;
            entry.suspended_until = suspended.liftsAt;
            entry.reason = Some(suspended.reason);
            entry.evidence = Some(suspended.evidence);
        })
    }

    /// ERC-7943: the token is held where it is, or is not any more.
    fn frozen(&self, frozen: &Frozen) -> Result<Vec<Change>, FoldError> {
        self.amend(frozen.tokenId, |license| {
            license.frozen = frozen.frozenStatus;
        })
    }

    /// Changes what no entry of the history tells.
    fn amend(
        &self,
        id: U256,
        amend: impl FnOnce(&mut LicenseRow),
    ) -> Result<Vec<Change>, FoldError> {
        let mut license = LicenseRow {
            updated_block: self.place.block_number,
            updated_at: self.place.block_time,
            ..self.known(id)?.clone()
        };
        amend(&mut license);
        Ok(vec![Change::License(license)])
    }

    /// Says who made the last update of this license, and why. The update must be of the same block,
    /// show what the event tells and not be explained yet.
    fn explain(
        &self,
        id: U256,
        shown: Shown,
        actor: impl Into<Option<Address>>,
        amend: impl FnOnce(&mut LicenseRow, &mut HistoryRow),
    ) -> Result<Vec<Change>, FoldError> {
        let last = self.before.license(id).zip(self.before.last_update(id));
        let explicable = |entry: &HistoryRow| {
            entry.place.block_number == self.place.block_number
                && entry.actor.is_none()
                && shown.by(entry)
        };
        let Some((license, entry)) = last.filter(|(_, entry)| explicable(entry)) else {
            return Err(FoldError::Contradiction {
                id,
                told: shown.name(),
            });
        };
        let (mut license, mut entry) = (license.clone(), entry.clone());
        entry.actor = actor.into();
        amend(&mut license, &mut entry);
        Ok(vec![Change::License(license), Change::History(entry)])
    }

    /// A license got other metadata, and with it a version of its own. Contracts of an earlier code
    /// appended no update for that.
    fn described(&self, changed: &MetadataChanged) -> Result<Vec<Change>, FoldError> {
        let (id, actor, action) = (changed.tokenId, changed.actor, Action::ChangeMetadata);
        let shown = self.before.last_update(id).is_some_and(|entry| {
            entry.action == Action::Other
                && entry.actor.is_none()
                && entry.place.block_number == self.place.block_number
        });
        let mut changes = match shown {
            true => self.explain(id, Shown::Other("amended"), actor, |_, entry| {
                entry.action = action;
            })?,
            false => self.note(id, action, actor, |_, _| Ok(()))?,
        };
        let metadata = (changed.metadataHash, storable(&changed.tokenURI));
        for change in &mut changes {
            match change {
                Change::License(license) => {
                    let described = license.described.as_mut();
                    let described = described.ok_or(FoldError::Undescribed(id))?;
                    (described.metadata_hash, described.token_uri) = metadata.clone();
                }
                Change::History(entry) => entry.metadata = Some(metadata.clone()),
                _ => {}
            }
        }
        Ok(changes)
    }

    /// Notes what happened to a license although no update shows it.
    fn note(
        &self,
        id: U256,
        action: Action,
        actor: impl Into<Option<Address>>,
        amend: impl FnOnce(&mut LicenseRow, &mut HistoryRow) -> Result<(), FoldError>,
    ) -> Result<Vec<Change>, FoldError> {
        let mut license = LicenseRow {
            updated_block: self.place.block_number,
            updated_at: self.place.block_time,
            ..self.known(id)?.clone()
        };
        let mut entry = HistoryRow::of(&license, action, self.place);
        entry.actor = actor.into();
        amend(&mut license, &mut entry)?;
        Ok(vec![Change::License(license), Change::History(entry)])
    }

    fn known(&self, id: U256) -> Result<&LicenseRow, FoldError> {
        self.before.license(id).ok_or(FoldError::UnknownLicense(id))
    }
}

/// What the update before an event must show.
#[derive(Clone, Copy)]
enum Shown {
    Status(Status),
    Holder(Address),
    /// Nothing that could be compared: what the event told.
    Other(&'static str),
}

impl Shown {
    fn by(self, entry: &HistoryRow) -> bool {
        match self {
            Self::Status(status) => entry.status == status,
            Self::Holder(holder) => entry.holder == holder,
            Self::Other(_) => true,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Status(status) => status.name(),
            Self::Holder(_) => "another holder's",
            Self::Other(name) => name,
        }
    }
}
