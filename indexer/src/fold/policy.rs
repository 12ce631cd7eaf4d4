//! Events of the policy contract: license types, issuers and their grants.

use lex_client::abi::policy::Policy::PolicyEvents;

use super::{Change, FoldError, IssuerGrantRow, IssuerRow, Ledger, LicenseTypeRow, rows::storable};
use crate::event::Place;

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
            created_block: place.block_number,
            created_at: place.block_time,
        }),
        PolicyEvents::TypeOpenChanged(changed) => {
            let known = before
                .license_type(changed.licenseType)
                .ok_or(FoldError::UnknownType(changed.licenseType))?;
            Change::LicenseType(LicenseTypeRow {
                open: changed.open,
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
        PolicyEvents::LicenseBound(_) | PolicyEvents::AdminChanged(_) => return Ok(Vec::new()),
    };
    Ok(vec![change])
}
