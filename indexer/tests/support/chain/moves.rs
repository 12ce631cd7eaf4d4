//! Moves of licenses, and renewals: what ends a request, or a right to use. Any of them may leave a license as
//! it shows.

use lex_client::{
    Address, U256,
    abi::license::License::{
        LicenseRecovered, LicenseRenewed, LicenseTransferForced, Transfer, UpdateUser,
    },
};
use lex_model::{License, Reason};

use super::{Chain, license::EVIDENCE, regulator};

/// When a renewal was asked for that is not there yet; who may use it instead of its holder, and until when.
pub type Kept = (Option<u64>, Option<(Address, u64)>);

impl Chain {
    pub(super) fn transfer(&mut self, number: u8, to: Address) {
        let Some(id) = self.pick(number) else { return };
        let moved = self.of(id).transferred(to.into_array(), self.now());
        if self.moved(id, moved) {
            self.requests.remove(&id);
        }
    }

    pub(super) fn force(&mut self, number: u8, to: Address) {
        let Some(id) = self.pick(number) else { return };
        let from = Address::from(self.of(id).holder);
        let forced = self.of(id).forced_to(to.into_array());
        if forced.is_ok() && self.held.remove(&id) {
            self.tell_frozen(id, from, false);
        }
        if self.moved(id, forced) {
            self.requests.remove(&id);
            self.license(&LicenseTransferForced {
                tokenId: U256::from(id),
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
        let held = self.held.contains(&id);
        if held {
            self.tell_frozen(id, from, false);
        }
        if self.moved(id, self.of(id).recovered_to(to.into_array())) {
            if held {
                self.tell_frozen(id, to, true);
            }
            self.license(&LicenseRecovered {
                tokenId: U256::from(id),
                actor: regulator(),
                from,
                to,
                amount: 1,
            });
        }
    }

    pub(super) fn renew(&mut self, id: u64, renewed: Result<License, Reason>) {
        if !self.store(id, renewed) {
            return;
        }
        self.requests.remove(&id);
        let term = self.of(id).term;
        self.license(&LicenseRenewed {
            tokenId: U256::from(id),
            actor: regulator(),
            validUntil: term.valid_until,
            graceUntil: term.grace_until,
        });
    }

    /// What the contract keeps beside the licenses, by id.
    pub fn kept(&self) -> Vec<Kept> {
        let ids = 1..=self.licenses.len() as u64;
        let kept = |id| {
            (
                self.requests.get(&id).copied(),
                self.users.get(&id).copied(),
            )
        };
        ids.map(kept).collect()
    }

    fn moved(&mut self, id: u64, moved: Result<License, Reason>) -> bool {
        let (token, from) = (U256::from(id), Address::from(self.of(id).holder));
        if !self.store(id, moved) {
            return false;
        }
        if self.users.remove(&id).is_some() {
            self.license(&UpdateUser {
                tokenId: token,
                user: Address::ZERO,
                expires: 0,
            });
        }
        self.license(&Transfer {
            from,
            to: self.of(id).holder.into(),
            tokenId: token,
        });
        true
    }
}
