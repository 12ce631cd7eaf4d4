//! What is decided about licenses, or noted.

use lex_client::{
    Address, B256, U256,
    abi::license::License::{
        Frozen, LicenseHeld, LicenseRecovered, LicenseTransferForced, MetadataChanged,
        RenewalRequested, Transfer, UpdateUser,
    },
};
use lex_model::Standing;

use super::{Chain, TERM, holder, issuer, license::EVIDENCE, regulator};

impl Chain {
    pub(super) fn force(&mut self, number: u8, to: Address) {
        let Some(id) = self.pick(number) else { return };
        let from = Address::from(self.of(id).holder);
        let forced = self.of(id).forced_to(to.into_array());
        if from == to || forced.is_err() {
            return;
        }
        if self.held.remove(&id) {
            self.tell_frozen(id, from, false);
        }
        if self.store(id, forced) {
            let token = U256::from(id);
            self.license(&Transfer {
                from,
                to,
                tokenId: token,
            });
            self.license(&LicenseTransferForced {
                tokenId: token,
                actor: regulator(),
                from,
                to,
                amount: 1,
                reason: 13,
                evidence: EVIDENCE,
            });
        }
    }

    pub(super) fn recover(&mut self, number: u8, to: Address) {
        let Some(id) = self.pick(number) else { return };
        let from = Address::from(self.of(id).holder);
        let recovered = self.of(id).recovered_to(to.into_array());
        if from == to {
            return;
        }
        let held = self.held.contains(&id);
        if held {
            self.tell_frozen(id, from, false);
        }
        if self.store(id, recovered) {
            let token = U256::from(id);
            self.license(&Transfer {
                from,
                to,
                tokenId: token,
            });
            if held {
                self.tell_frozen(id, to, true);
            }
            self.license(&LicenseRecovered {
                tokenId: token,
                actor: regulator(),
                from,
                to,
                amount: 1,
            });
        }
    }

    pub(super) fn request_renewal(&mut self, number: u8) {
        let Some(id) = self.pick(number) else { return };
        let license = self.of(id);
        if license.standing == Standing::Active {
            let event = RenewalRequested {
                tokenId: U256::from(id),
                actor: license.holder.into(),
                validUntil: license.term.valid_until + TERM,
            };
            self.license(&event);
        }
    }

    pub(super) fn hold(&mut self, number: u8, held: bool) {
        let Some(id) = self.pick(number) else { return };
        if self.held.contains(&id) == held {
            return;
        }
        if held {
            self.held.insert(id);
        } else {
            self.held.remove(&id);
        }
        let account = self.of(id).holder.into();
        self.tell_frozen(id, account, held);
        self.license(&LicenseHeld {
            tokenId: U256::from(id),
            actor: regulator(),
            account,
            amount: u64::from(held),
            reason: 14,
            evidence: EVIDENCE,
        });
    }

    fn tell_frozen(&mut self, id: u64, account: Address, frozen: bool) {
        self.license(&Frozen {
            account,
            tokenId: U256::from(id),
            frozenStatus: frozen,
        });
    }

    pub(super) fn lend(&mut self, number: u8, user: u8) {
        let Some(id) = self.pick(number) else { return };
        let (user, expires) = match user {
            0 => (Address::ZERO, 0),
            user => (holder(user), self.of(id).term.valid_until),
        };
        self.license(&UpdateUser {
            tokenId: U256::from(id),
            user,
            expires,
        });
    }

    pub(super) fn change_metadata(&mut self, number: u8, uri: &str) {
        let Some(id) = self.pick(number) else { return };
        let amended = self.of(id).amended();
        if !self.store(id, amended) {
            return;
        }
        self.license(&MetadataChanged {
            tokenId: U256::from(id),
            actor: issuer(),
            metadataHash: B256::repeat_byte(10),
            schemaVersion: 1,
            tokenURI: uri.to_owned(),
        });
    }
}
