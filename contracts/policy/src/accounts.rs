//! What policy knows of accounts: their roles, whether they are frozen, and who took over from them.

use ink::{
    Address,
    storage::{Mapping, traits::ManualKey},
};
use lex_model::{Account, Reason};
use lex_policy_interface::require_account;

/// What an account may do beyond what everyone may; the codes are bits of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// Pauses; can never resume.
    Guardian = 1,
    /// Signs clearances.
    Signer = 2,
    /// Freezes holders, recovers lost keys, lifts pauses.
    Regulator = 4,
    /// Publishes the roots that proofs are about.
    Publisher = 8,
}

impl Role {
    /// The role of a code, `None` for an unknown one.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Guardian),
            2 => Some(Self::Signer),
            4 => Some(Self::Regulator),
            8 => Some(Self::Publisher),
            _ => None,
        }
    }
}

/// Bits of what stands against an account.
const FROZEN: u8 = 1;
const LOST: u8 = 2;

/// How often in a row a key can be lost before its positions have to be moved in steps.
const MAX_SUCCESSIONS: usize = 16;

/// Each account's roles and restrictions.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Accounts {
    /// Sets of roles.
    roles: Mapping<Address, u8, ManualKey<0x4c50_0040>>,
    /// Sets of what stands against them.
    restrictions: Mapping<Address, u8, ManualKey<0x4c50_0041>>,
    /// Who took over from a lost key.
    successors: Mapping<Address, Address, ManualKey<0x4c50_0042>>,
    /// How often what stands against them changed.
    versions: Mapping<Address, u64, ManualKey<0x4c50_0043>>,
}

impl Accounts {
    /// Whether an account has a role.
    pub fn has_role(&self, account: Address, role: Role) -> bool {
        self.roles(account) & role as u8 != 0
    }

    /// Gives a role to an account or takes it.
    ///
    /// # Errors
    /// [`Reason::ZeroAddress`] or [`Reason::AlreadySo`].
    pub fn set_role(&mut self, account: Address, role: Role, held: bool) -> Result<(), Reason> {
        require_account(account)?;
        if self.has_role(account, role) == held {
            return Err(Reason::AlreadySo);
        }
        // The role's bit differs from what it is to be.
        self.roles
            .insert(account, &(self.roles(account) ^ role as u8));
        Ok(())
    }

    /// What stands against an account.
    pub fn account(&self, account: Address) -> Account {
        let restrictions = self.restrictions.get(account).unwrap_or_default();
        Account {
            frozen: restrictions & FROZEN != 0,
            lost: restrictions & LOST != 0,
        }
    }

    /// Counts the changes of what stands against an account: a decision that releases it names the one
    /// that it is about.
    pub fn version(&self, account: Address) -> u64 {
        self.versions.get(account).unwrap_or_default()
    }

    /// Whether an account is frozen, by a regulator or because its key is lost.
    pub fn is_frozen(&self, account: Address) -> bool {
        self.account(account) != Account::default()
    }

    /// Freezes an account or releases it; says whether that changed what readers see. A lost key is
    /// frozen for them whatever a regulator says of it, and what it holds moves only once it is released.
    ///
    /// # Errors
    /// [`Reason::ZeroAddress`] or [`Reason::AlreadySo`].
    pub fn set_frozen(&mut self, account: Address, frozen: bool) -> Result<bool, Reason> {
        require_account(account)?;
        let before = self.account(account);
        if before.frozen == frozen {
            return Err(Reason::AlreadySo);
        }
        self.restrict(account, Account { frozen, ..before });
        Ok(!before.lost)
    }

    /// Writes down who takes over from a lost key; says whether it was free.
    ///
    /// # Errors
    /// [`Reason::ZeroAddress`] or [`Reason::SameAccount`]; [`Reason::AlreadyRecovered`] when the lost
    /// key has a successor, or the new one is itself a lost key; [`Reason::ReceiverFrozen`].
    pub fn succeed(&mut self, lost: Address, successor: Address) -> Result<bool, Reason> {
        require_account(lost)?;
        require_account(successor)?;
        if lost == successor {
            return Err(Reason::SameAccount);
        }
        if self.is_lost(lost) || self.is_lost(successor) {
            return Err(Reason::AlreadyRecovered);
        }
        if self.is_frozen(successor) {
            return Err(Reason::ReceiverFrozen);
        }
        let before = self.account(lost);
        let after = Account {
            lost: true,
            ..before
        };
        self.restrict(lost, after);
        self.successors.insert(lost, &successor);
        Ok(!before.frozen)
    }

    /// Who holds what a lost key held: its successor or, if that was lost too, the successor's, and so
    /// on; zero when the key is not lost.
    pub fn successor(&self, lost: Address) -> Address {
        let mut last = Address::zero();
        let mut next = self.successors.get(lost);
        // A key that is lost cannot take over, so that no succession leads back to itself.
        for _ in 0..MAX_SUCCESSIONS {
            let Some(successor) = next else { break };
            last = successor;
            next = self.successors.get(successor);
        }
        last
    }

    fn is_lost(&self, account: Address) -> bool {
        self.account(account).lost
    }

    fn restrict(&mut self, account: Address, to: Account) {
        let bits = (u8::from(to.frozen) * FROZEN) | (u8::from(to.lost) * LOST);
        self.restrictions.insert(account, &bits);
        // It changes once per transaction at most.
        let version = self.version(account).saturating_add(1);
        self.versions.insert(account, &version);
    }

    fn roles(&self, account: Address) -> u8 {
        self.roles.get(account).unwrap_or_default()
    }
}
