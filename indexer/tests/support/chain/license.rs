//! What happens to licenses.

use lex_client::{
    Address, B256, U256,
    abi::{
        license::License::{
            LicenseActivated, LicenseIssued, LicenseResumed, LicenseRevoked, LicenseSublicensed,
            LicenseSurrendered, LicenseSuspended, LicenseWithdrawn, SublicenseEnded, Transfer,
            UpdateAppended,
        },
        policy::Policy::{HolderFrozen, TypeOpenChanged},
    },
};
use lex_model::{
    Durations, Jurisdiction, KIND_HOLDER, KIND_PAUSE, License, Reason, SoftwareKeccak, Standing,
    Status, Term, TokenId, Update,
};

use super::{Chain, JURISDICTIONS, Step, TERM, holder, issuer, regulator};

/// Of every type.
pub fn durations() -> Durations {
    Durations {
        term: TERM,
        renewal_window: TERM,
        grace: 100,
    }
}

pub(super) const EVIDENCE: B256 = B256::repeat_byte(3);

impl Chain {
    pub(super) fn license_step(&mut self, step: &Step) {
        let now = self.now();
        match step {
            Step::Issue {
                holder: to,
                license_type,
                jurisdiction,
                starts_in,
                uri,
                pending,
            } => {
                let place = JURISDICTIONS[usize::from(*jurisdiction)];
                let license = root(
                    holder(*to),
                    u64::from(*license_type),
                    place,
                    now + starts_in,
                );
                self.add(if *pending { license.pending() } else { license }, uri);
            }
            Step::Sublicense { parent, to } => self.sublicense(*parent, holder(*to)),
            Step::Activate(license) => self.change(*license, |license| license.activated(now)),
            Step::Withdraw(license) => self.change(*license, |license| license.withdrawn(now)),
            Step::Renew(license) => {
                let Some(id) = self.pick(*license) else {
                    return;
                };
                let license = self.of(id);
                let above = parent_of(&self.licenses, license).map(|parent| parent.term);
                let renewed = license.renewed(&durations(), now);
                let renewed = renewed.and_then(|renewed| match above {
                    Some(above) => Ok(License {
                        term: renewed.term.within(&above)?,
                        ..renewed
                    }),
                    None => Ok(renewed),
                });
                self.renew(id, renewed);
            }
            Step::Suspend {
                license,
                lifts_after,
            } => {
                let lifts_at = lifts_after.map(|after| now + after);
                self.change(*license, |license| license.suspended(lifts_at, now));
            }
            Step::Resume(license) => self.change(*license, |license| license.resumed(now)),
            Step::Settle(license) => self.change(*license, |license| license.settled(now)),
            Step::Revoke(license) => self.change(*license, License::revoked),
            Step::Surrender(license) => self.change(*license, |license| license.surrendered(now)),
            Step::Transfer { license, to } => self.transfer(*license, holder(*to)),
            Step::ForceTransfer { license, to } => self.force(*license, holder(*to)),
            Step::Recover { license, to } => self.recover(*license, holder(*to)),
            Step::RequestRenewal(license) => self.request_renewal(*license),
            Step::Hold { license, held } => self.hold(*license, *held),
            Step::ChangeMetadata { license, uri } => self.change_metadata(*license, uri),
            Step::Lend { license, user } => self.lend(*license, *user),
            other => unreachable!("not about a license: {other:?}"),
        }
    }

    /// Issues a license that stands alone and answers its id.
    pub fn issue(
        &mut self,
        to: Address,
        license_type: u64,
        jurisdiction: &str,
        valid_from: u64,
        uri: &str,
    ) -> u64 {
        self.add(root(to, license_type, jurisdiction, valid_from), uri)
    }

    /// Closes or reopens a type.
    pub fn set_open(&mut self, license_type: u64, open: bool) {
        self.policy(&TypeOpenChanged {
            licenseType: license_type,
            open,
        });
        self.append(Update::of_type(license_type, open, 0));
    }

    /// Freezes or releases a holder.
    pub fn set_frozen(&mut self, account: Address, frozen: bool) {
        self.policy(&HolderFrozen {
            account,
            frozen,
            actor: regulator(),
            reason: 21,
            evidence: EVIDENCE,
            regulators: u32::from(frozen),
        });
        self.append(Update {
            kind: KIND_HOLDER,
            holder: account.into_array(),
            status: u8::from(frozen),
            ..Update::default()
        });
    }

    /// Pauses or resumes the use of all licenses.
    pub fn set_use_paused(&mut self, paused: bool) {
        self.append(Update {
            kind: KIND_PAUSE,
            status: u8::from(paused),
            ..Update::default()
        });
    }

    /// How the licenses stand by themselves; by id.
    pub fn standings(&self) -> Vec<Standing> {
        let own = |license: &License| license.standing;
        self.licenses.iter().map(own).collect()
    }

    /// The status of every license at a time, those above them included; by id.
    pub fn statuses(&self, at: u64) -> Vec<Status> {
        let seen = |license: &License| match parent_of(&self.licenses, license) {
            Some(parent) => license.status_at(at).under(parent.status_at(at)),
            None => license.status_at(at),
        };
        self.licenses.iter().map(seen).collect()
    }

    fn add(&mut self, license: License, uri: &str) -> u64 {
        let parent = license.parent;
        self.licenses.push(license);
        let id = self.licenses.len() as u64;
        let (token, to) = (U256::from(id), Address::from(license.holder));
        self.tell(id);
        self.license(&Transfer {
            from: Address::ZERO,
            to,
            tokenId: token,
        });
        self.license(&LicenseIssued {
            tokenId: token,
            issuer: license.issuer.into(),
            holder: to,
            licenseType: license.license_type,
            jurisdiction: license.jurisdiction.as_str().to_owned(),
            validFrom: license.term.valid_from,
            validUntil: license.term.valid_until,
            graceUntil: license.term.grace_until,
            metadataHash: B256::repeat_byte(9),
            tokenURI: uri.to_owned(),
        });
        if parent != 0 {
            self.license(&LicenseSublicensed {
                tokenId: token,
                parentId: U256::from(parent),
                actor: license.issuer.into(),
            });
        }
        id
    }

    fn sublicense(&mut self, parent: u8, to: Address) {
        let Some(parent) = self.pick(parent) else {
            return;
        };
        let above = *self.of(parent);
        let now = self.now();
        if above.status_at(now) != Status::Active || above.parent != 0 {
            return;
        }
        let first = Term::first(&durations(), now).expect("in range");
        let Ok(term) = first.within(&above.term) else {
            return;
        };
        let license = License::issued(to.into_array(), above.holder, 2, above.jurisdiction, term);
        self.add(license.under(parent), "ipfs://under");
    }

    pub(super) fn pick(&self, number: u8) -> Option<u64> {
        let count = self.licenses.len() as u64;
        (count > 0).then(|| u64::from(number) % count + 1)
    }

    pub(super) fn of(&self, id: u64) -> &License {
        &self.licenses[id as usize - 1]
    }

    /// A change of a license by itself, and what it does to those under it.
    fn change(&mut self, number: u8, rule: impl FnOnce(License) -> Result<License, Reason>) {
        let Some(id) = self.pick(number) else { return };
        let before = *self.of(id);
        if self.store(id, rule(before)) {
            let after = *self.of(id);
            self.explain(U256::from(id), &before, &after);
            if !before.standing.has_ended() && after.standing.has_ended() {
                self.end_children(id);
            }
        }
    }

    pub(super) fn store(&mut self, id: u64, after: Result<License, Reason>) -> bool {
        let Ok(after) = after else { return false };
        self.licenses[id as usize - 1] = after;
        self.tell(id);
        true
    }

    fn end_children(&mut self, parent: u64) {
        for id in 1..=self.licenses.len() as u64 {
            let child = *self.of(id);
            if child.parent != parent || child.standing.has_ended() {
                continue;
            }
            self.licenses[id as usize - 1] = child.orphaned();
            self.license(&SublicenseEnded {
                tokenId: U256::from(id),
                parentId: U256::from(parent),
            });
        }
    }

    /// The event that goes with a change.
    fn explain(&mut self, token: U256, before: &License, after: &License) {
        let actor = regulator();
        match after.standing {
            Standing::Suspended { lifts_at } => self.license(&LicenseSuspended {
                tokenId: token,
                actor,
                reason: 11,
                evidence: EVIDENCE,
                liftsAt: lifts_at.unwrap_or_default(),
            }),
            Standing::Revoked => self.license(&LicenseRevoked {
                tokenId: token,
                actor,
                reason: 12,
                evidence: EVIDENCE,
            }),
            Standing::Archived if before.standing == Standing::Pending => {
                self.license(&LicenseWithdrawn {
                    tokenId: token,
                    actor,
                });
            }
            Standing::Archived => self.license(&LicenseSurrendered { tokenId: token }),
            Standing::Active if before.standing == Standing::Pending => {
                self.license(&LicenseActivated {
                    tokenId: token,
                    actor,
                });
            }
            Standing::Active | Standing::Pending => self.license(&LicenseResumed {
                tokenId: token,
                actor,
            }),
        }
    }

    /// Appends an update that shows a license as it stands by itself.
    fn tell(&mut self, id: u64) {
        self.append(self.of(id).update(TokenId::from(id), 0));
    }

    fn append(&mut self, update: Update) {
        let nonce = self.outbox.nonce + 1;
        let update = Update { nonce, ..update };
        self.outbox = self
            .outbox
            .with::<SoftwareKeccak>(&update)
            .expect("the next one");
        self.license(&UpdateAppended {
            nonce,
            tokenId: U256::from_be_bytes(update.token_id.0),
            holder: update.holder.into(),
            kind: update.kind,
            licenseType: update.license_type,
            status: update.status,
            validFrom: update.valid_from,
            validUntil: update.valid_until,
            graceUntil: update.grace_until,
            version: update.version,
            parent: U256::from_be_bytes(update.parent.0),
            head: self.outbox.head.into(),
        });
    }
}

fn root(to: Address, license_type: u64, jurisdiction: &str, valid_from: u64) -> License {
    let place = Jurisdiction::parse(jurisdiction).expect("a valid code");
    let term = Term::first(&durations(), valid_from).expect("in range");
    License::issued(
        to.into_array(),
        issuer().into_array(),
        license_type,
        place,
        term,
    )
}

fn parent_of<'a>(licenses: &'a [License], license: &License) -> Option<&'a License> {
    licenses.get((license.parent as usize).checked_sub(1)?)
}
