//! What policy knows of accounts: their roles, whether they are frozen, and who takes over from them.
//!
//! A key that is declared lost does nothing from that moment on, so that whoever found or stole it gains
//! nothing by the delay. For as long its holder may still object; then the recovery is in force by
//! itself, and what the key holds goes to its successor.
//!
//! Each regulator's freeze stands by itself, and an account is frozen until the last one has ended. So who
//! stole a regulator's key does not take the place of others by being first, and lets nobody go but whom that key
//! froze. What an account froze that is a regulator no more, any other ends or makes its own.

use ink::{
    Address,
    prelude::vec::Vec,
    storage::{Mapping, traits::ManualKey},
};
use lex_model::{Account, RECOVERY_DELAY, Reason};
use lex_policy_interface::{FROZEN, LOST, require_account};

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

/// How many regulators freeze one account at most.
const MAX_FREEZERS: usize = 16;

/// How often in a row a key can be lost before its positions have to be moved in steps.
const MAX_SUCCESSIONS: usize = 16;

/// Each account's roles and restrictions.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Accounts {
    /// Sets of roles.
    roles: Mapping<Address, u8, ManualKey<0x4c50_0040>>,
    /// Who froze an account and has not released it; nobody for one that is free again.
    frozen_by: Mapping<Address, Vec<Address>, ManualKey<0x4c50_0041>>,
    /// Who takes over from a lost key, and from when on; zero for a recovery that came to nothing.
    recoveries: Mapping<Address, Recovery, ManualKey<0x4c50_0042>>,
    /// How often what stands against them changed.
    versions: Mapping<Address, u64, ManualKey<0x4c50_0043>>,
}

/// Who takes over from a key, and the first second in which it does.
type Recovery = (Address, u64);

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
        Account {
            frozen: !self.frozen_by(account).is_empty(),
            lost: self.recovery(account).is_some(),
        }
    }

    /// What stands against an account, as a set of bits.
    pub fn restrictions(&self, account: Address) -> u8 {
        let Account { frozen, lost } = self.account(account);
        (u8::from(frozen) * FROZEN) | (u8::from(lost) * LOST)
    }

    /// Counts the changes of what stands against an account: a decision that releases it names the one
    /// that it is about.
    pub fn version(&self, account: Address) -> u64 {
        self.versions.get(account).unwrap_or_default()
    }

    /// Whether an account is frozen, by a regulator or because its key was declared lost.
    pub fn is_frozen(&self, account: Address) -> bool {
        self.account(account) != Account::default()
    }

    /// Freezes an account, whoever else has frozen it; says whether that changed what readers see. One
    /// whose key was declared lost is frozen for them whatever regulators say of it.
    ///
    /// # Errors
    /// [`Reason::ZeroAddress`]; [`Reason::AlreadySo`] when this regulator has frozen it;
    /// [`Reason::LimitReached`] when [`MAX_FREEZERS`] others have.
    pub fn freeze(&mut self, account: Address, regulator: Address) -> Result<bool, Reason> {
        require_account(account)?;
        let before = self.frozen_by(account);
        if before.contains(&regulator) {
            return Err(Reason::AlreadySo);
        }
        let was_free = before.is_empty();
        let mut freezers = self.others(before, regulator);
        if freezers.len() >= MAX_FREEZERS {
            return Err(Reason::LimitReached);
        }
        freezers.push(regulator);
        self.note_freezers(account, &freezers);
        Ok(was_free && self.recovery(account).is_none())
    }

    /// Ends a regulator's freeze of an account, and what those froze who are regulators no more; says
    /// whether that changed what readers see. Others' freezes stay.
    ///
    /// # Errors
    /// [`Reason::ZeroAddress`]; [`Reason::AlreadySo`] when nobody has frozen it; [`Reason::NotRegulator`]
    /// when only others have.
    pub fn release(&mut self, account: Address, regulator: Address) -> Result<bool, Reason> {
        require_account(account)?;
        let before = self.frozen_by(account);
        let frozen = before.len();
        if frozen == 0 {
            return Err(Reason::AlreadySo);
        }
        let freezers = self.others(before, regulator);
        if freezers.len() == frozen {
            return Err(Reason::NotRegulator);
        }
        self.note_freezers(account, &freezers);
        Ok(freezers.is_empty() && self.recovery(account).is_none())
    }

    /// Declares a key lost: who takes over from it, unless it objects before [`RECOVERY_DELAY`] is over.
    /// Says whether readers saw it as free, and from when on the recovery is in force.
    ///
    /// # Errors
    /// [`Reason::ZeroAddress`] or [`Reason::SameAccount`]; [`Reason::AlreadySo`] when it was declared
    /// already, [`Reason::AlreadyRecovered`] when it has a successor; [`Reason::KeyLost`] or
    /// [`Reason::ReceiverFrozen`] about the successor.
    pub fn declare_lost(
        &mut self,
        lost: Address,
        successor: Address,
        now: u64,
    ) -> Result<(bool, u64), Reason> {
        require_account(lost)?;
        require_account(successor)?;
        if lost == successor {
            return Err(Reason::SameAccount);
        }
        match self.recovery(lost) {
            Some((_, from)) if now < from => return Err(Reason::AlreadySo),
            Some(_) => return Err(Reason::AlreadyRecovered),
            None => {}
        }
        // A key that is lost cannot take over, so that no succession leads back to itself.
        if self.recovery(successor).is_some() {
            return Err(Reason::KeyLost);
        }
        if !self.frozen_by(successor).is_empty() {
            return Err(Reason::ReceiverFrozen);
        }
        let from = now.saturating_add(RECOVERY_DELAY);
        self.recoveries.insert(lost, &(successor, from));
        self.count_change(lost);
        Ok((self.frozen_by(lost).is_empty(), from))
    }

    /// Ends a recovery that is not in force yet; says whether readers see the account as free again.
    ///
    /// # Errors
    /// [`Reason::NotRecovered`] when none is declared, [`Reason::KeyLost`] when it is in force.
    pub fn end_recovery(&mut self, account: Address, now: u64) -> Result<bool, Reason> {
        let (_, from) = self.recovery(account).ok_or(Reason::NotRecovered)?;
        if from <= now {
            return Err(Reason::KeyLost);
        }
        self.recoveries.insert(account, &(Address::zero(), 0));
        self.count_change(account);
        Ok(self.frozen_by(account).is_empty())
    }

    /// Who holds at this time what a lost key held: its successor or, if that was lost too, the
    /// successor's, and so on; zero when no recovery is in force.
    pub fn successor(&self, lost: Address, now: u64) -> Address {
        let mut last = Address::zero();
        let mut next = self.in_force(lost, now);
        for _ in 0..MAX_SUCCESSIONS {
            let Some(successor) = next else { break };
            last = successor;
            next = self.in_force(successor, now);
        }
        last
    }

    /// The first second in which a recovery is in force; 0 when none is declared.
    pub fn recovered_from(&self, account: Address) -> u64 {
        self.recovery(account).map_or(0, |(_, from)| from)
    }

    fn count_change(&mut self, account: Address) {
        // It changes once per transaction at most.
        let version = self.version(account).saturating_add(1);
        self.versions.insert(account, &version);
    }

    fn in_force(&self, lost: Address, now: u64) -> Option<Address> {
        let (successor, from) = self.recovery(lost)?;
        (from <= now).then_some(successor)
    }

    fn recovery(&self, account: Address) -> Option<Recovery> {
        let recovery = self.recoveries.get(account)?;
        (!recovery.0.is_zero()).then_some(recovery)
    }

    /// Who froze an account and has not released it, in the order in which they did.
    pub fn frozen_by(&self, account: Address) -> Vec<Address> {
        self.frozen_by.get(account).unwrap_or_default()
    }

    /// Those of them who are regulators still, without one.
    fn others(&self, mut freezers: Vec<Address>, regulator: Address) -> Vec<Address> {
        freezers.retain(|other| *other != regulator && self.has_role(*other, Role::Regulator));
        freezers
    }

    fn note_freezers(&mut self, account: Address, freezers: &Vec<Address>) {
        self.frozen_by.insert(account, freezers);
        self.count_change(account);
    }

    fn roles(&self, account: Address) -> u8 {
        self.roles.get(account).unwrap_or_default()
    }
}
