//! What is decided about licenses, or noted.

use lex_client::{
    Address, B256, U256,
    abi::license::License::{Frozen, LicenseHeld, MetadataChanged, RenewalRequested, UpdateUser},
};
use lex_model::Standing;

use super::{Chain, TERM, holder, issuer, license::EVIDENCE, regulator};

impl Chain {
    pub(super) fn request_renewal(&mut self, number: u8) {
        let Some(id) = self.pick(number) else { return };
        let license = self.of(id);
        if license.standing == Standing::Active && !self.requests.contains_key(&id) {
            let event = RenewalRequested {
                tokenId: U256::from(id),
                actor: license.holder.into(),
                validUntil: license.term.valid_until + TERM,
            };
            self.license(&event);
            self.requests.insert(id, self.now());
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

    pub(super) fn tell_frozen(&mut self, id: u64, account: Address, frozen: bool) {
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
        match user {
            Address::ZERO => self.users.remove(&id),
            user => self.users.insert(id, (user, expires)),
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
