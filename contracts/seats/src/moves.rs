//! Every way in which seats get to another account, or end.

use ink::{
    Address, U256,
    prelude::vec::Vec,
    sol::{DynBytes, FixedBytes},
};
use lex_lifecycle::{
    Context, Entry,
    events::{LicenseHeld, LicenseRecovered, LicenseTransferForced},
    require_reason,
};
use lex_model::{ActionKind, License, Reason};
use lex_policy_interface::{Evidence, Refused};

use crate::{
    book::{Book, Request},
    events::{
        AssignmentsEnded, ForcedTransfer, Frozen, SeatsGivenUp, TransferBatch, TransferSingle,
    },
    holdings::seats,
    receiver::Delivery,
};

/// The most licenses in one message.
pub const MAX_BATCH: usize = 20;

/// Why a committee decided something about seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grounds {
    /// The committee's reason code.
    pub reason: u32,
    /// Hash of the evidence.
    pub evidence: FixedBytes<32>,
}

impl Book {
    /// Moves seats of one license by their holder's will, and asks the receiver.
    ///
    /// # Errors
    /// The first reason that [`Book::explain`] gives, [`Reason::UnsafeReceiver`].
    pub fn transfer(
        &mut self,
        from: Address,
        to: Address,
        token_id: U256,
        amount: U256,
        evidence: Option<Evidence>,
        data: DynBytes,
    ) -> Result<(), Refused> {
        let context = self.context();
        self.move_seats(context, from, to, token_id, amount, evidence)?;
        delivered(context, from, to, token_id, amount, data)
    }

    /// Moves seats of several licenses by their holder's will, one after the other, and asks the
    /// receiver once.
    ///
    /// # Errors
    /// As [`Book::transfer`] for the first license that is refused, [`Reason::WrongLength`]; nothing
    /// happens, and nobody is asked, where there is none.
    pub fn transfer_batch(
        &mut self,
        from: Address,
        to: Address,
        ids: Vec<U256>,
        amounts: Vec<U256>,
        data: DynBytes,
    ) -> Result<(), Refused> {
        require_batch(ids.len())?;
        if ids.len() != amounts.len() {
            return Err(wrong_length());
        }
        let context = self.context();
        // Each license is asked about again; without any, a stranger would tell the world of a victim.
        if !self.operators.may_move(context.caller, from) {
            return Err(Reason::NotApproved.into());
        }
        if ids.is_empty() {
            return Ok(());
        }
        for (token_id, amount) in ids.iter().zip(&amounts) {
            self.move_seats(context, from, to, *token_id, *amount, None)?;
        }
        delivered_batch(context, from, to, ids, amounts, data)
    }

    fn move_seats(
        &mut self,
        context: Context,
        from: Address,
        to: Address,
        token_id: U256,
        amount: U256,
        evidence: Option<Evidence>,
    ) -> Result<(), Refused> {
        let request = Request {
            from,
            to,
            amount: seats(amount),
            ..Request::on(ActionKind::Transfer, self.find(token_id)?)
        };
        self.allow(context, &request, evidence)?;
        self.holdings.transfer(&request.movement(), context.now)?;
        Ok(())
    }

    /// Moves seats by decision of the type's committee, frozen and assigned ones too: frozen ones are
    /// released before they move, and assignments end where too few seats are left for them. The
    /// receiver is not asked: people decided who it is.
    ///
    /// # Errors
    /// The first reason that [`Book::explain`] gives, then [`Reason::MissingReason`].
    pub fn force_transfer(
        &mut self,
        from: Address,
        to: Address,
        token_id: U256,
        amount: u64,
        grounds: Grounds,
    ) -> Result<(), Refused> {
        let context = self.context();
        let request = Request {
            from,
            to,
            amount,
            ..Request::on(ActionKind::ForceTransfer, self.find(token_id)?)
        };
        self.allow(context, &request, None)?;
        require_reason(grounds.reason)?;
        let taken = self.holdings.force(&request.movement(), context.now)?;
        if taken.unfrozen {
            tell_frozen(token_id, from, taken.position.frozen);
        }
        if taken.unassigned {
            tell_assignments_ended(token_id, from);
        }
        ink::env::emit_event(LicenseTransferForced {
            token_id,
            actor: context.caller,
            from,
            to,
            amount,
            reason: grounds.reason,
            evidence: grounds.evidence,
        });
        ink::env::emit_event(ForcedTransfer {
            from,
            to,
            token_id,
            amount: amount.into(),
        });
        tell_moved(context, from, to, token_id, amount.into());
        Ok(())
    }

    /// Has an account keep so many seats from now on, by decision of the type's committee.
    ///
    /// # Errors
    /// The first reason that [`Book::explain`] gives, then [`Reason::MissingReason`].
    pub fn freeze(
        &mut self,
        account: Address,
        token_id: U256,
        amount: u64,
        grounds: Grounds,
    ) -> Result<(), Refused> {
        let context = self.context();
        let request = Request {
            from: account,
            amount,
            ..Request::on(ActionKind::FreezeToken, self.find(token_id)?)
        };
        self.allow(context, &request, None)?;
        require_reason(grounds.reason)?;
        self.holdings.freeze(request.entry.id, account, amount);
        tell_frozen(token_id, account, amount);
        ink::env::emit_event(LicenseHeld {
            token_id,
            actor: context.caller,
            account,
            amount,
            reason: grounds.reason,
            evidence: grounds.evidence,
        });
        Ok(())
    }

    /// Moves everything that a lost key has of these licenses to the successor that policy names, which
    /// is not asked: it was decided who it is. Without licenses nothing happens.
    ///
    /// # Errors
    /// The first reason that [`Book::explain`] gives, [`Reason::WrongLength`].
    pub fn recover(&mut self, ids: Vec<U256>, lost: Address) -> Result<(), Refused> {
        require_batch(ids.len())?;
        if ids.is_empty() {
            return Ok(());
        }
        let context = self.context();
        let successor = self.lifecycle.policy.successor(lost)?;
        let mut amounts = Vec::with_capacity(ids.len());
        for token_id in &ids {
            let entry = self.find(*token_id)?;
            amounts.push(U256::from(
                self.recover_one(context, entry, lost, successor)?,
            ));
        }
        tell_moved_batch(context, lost, successor, ids, amounts);
        Ok(())
    }

    fn recover_one(
        &mut self,
        context: Context,
        entry: Entry,
        lost: Address,
        successor: Address,
    ) -> Result<u64, Refused> {
        let request = self.recovery(entry, lost, successor);
        self.allow(context, &request, None)?;
        self.lifecycle.register.put(&request.entry);
        let recovered = self.holdings.recover(&request.movement(), context.now)?;
        let token_id = entry.token_id();
        if let Some(frozen) = recovered.frozen {
            tell_frozen(token_id, lost, 0);
            tell_frozen(token_id, successor, frozen);
        }
        if recovered.unassigned {
            tell_assignments_ended(token_id, lost);
        }
        ink::env::emit_event(LicenseRecovered {
            token_id,
            actor: context.caller,
            from: lost,
            to: successor,
            amount: request.amount,
        });
        Ok(request.amount)
    }

    /// The recovery of everything that a lost key has of a license; a licensee's place goes to the
    /// successor too, without an update, because readers are not told of licensees.
    pub fn recovery(&self, entry: Entry, lost: Address, successor: Address) -> Request {
        let license = match entry.license.holder == lost.0 {
            true => License {
                holder: successor.0,
                ..entry.license
            },
            false => entry.license,
        };
        Request {
            from: lost,
            to: successor,
            amount: self.holdings.position(entry.id, lost).balance,
            ..Request::on(ActionKind::Recover, Entry { license, ..entry })
        }
    }

    /// Whether a recovery of this license has nothing to do: the key has a successor, and neither seats
    /// nor a freeze nor the licensee's place. A recovery gives the license no other holder then.
    pub(crate) fn is_recovered(&self, recovery: &Request) -> bool {
        let position = self.holdings.position(recovery.entry.id, recovery.from);
        let has_nothing = position.balance == 0 && position.frozen == 0;
        let licensee = Address::from(recovery.entry.license.holder);
        let keeps_its_place = self
            .lifecycle
            .register
            .get(recovery.entry.id)
            .is_ok_and(|entry| Address::from(entry.license.holder) == licensee);
        has_nothing && keeps_its_place && !recovery.to.is_zero()
    }

    /// Ends seats of the caller. The license ends with its last seat.
    ///
    /// # Errors
    /// The first reason that [`Book::explain`] gives.
    pub fn give_up(&mut self, token_id: U256, amount: u64) -> Result<(), Refused> {
        let context = self.context();
        let holder = context.caller;
        let request = Request {
            from: holder,
            amount,
            ..Request::on(ActionKind::Surrender, self.find(token_id)?)
        };
        self.allow(context, &request, None)?;
        let Entry { id, license, .. } = request.entry;
        let left = self.holdings.give_up(id, holder, amount, context.now)?;
        if left == 0 {
            let ended = license.surrendered(context.now)?;
            self.lifecycle.store(request.entry, ended)?;
        }
        ink::env::emit_event(SeatsGivenUp {
            token_id,
            holder,
            amount,
            left,
        });
        tell_moved(context, holder, Address::zero(), token_id, amount.into());
        Ok(())
    }
}

/// Refuses more licenses than fit into one message.
///
/// # Errors
/// [`Reason::WrongLength`].
pub fn require_batch(length: usize) -> Result<(), Refused> {
    if length > MAX_BATCH {
        Err(wrong_length())
    } else {
        Ok(())
    }
}

/// Refuses lists that do not fit each other.
pub fn wrong_length() -> Refused {
    Refused::new(Reason::WrongLength, MAX_BATCH as u64)
}

/// Tells that seats of one license moved, and asks the receiver.
///
/// # Errors
/// [`Reason::UnsafeReceiver`].
pub fn delivered(
    context: Context,
    from: Address,
    to: Address,
    id: U256,
    value: U256,
    data: DynBytes,
) -> Result<(), Refused> {
    tell_moved(context, from, to, id, value);
    let operator = context.caller;
    Delivery { operator, from, to }.ask(id, value, data)
}

fn delivered_batch(
    context: Context,
    from: Address,
    to: Address,
    ids: Vec<U256>,
    values: Vec<U256>,
    data: DynBytes,
) -> Result<(), Refused> {
    tell_moved_batch(context, from, to, ids.clone(), values.clone());
    let operator = context.caller;
    Delivery { operator, from, to }.ask_batch(ids, values, data)
}

fn tell_moved(context: Context, from: Address, to: Address, id: U256, value: U256) {
    ink::env::emit_event(TransferSingle {
        operator: context.caller,
        from,
        to,
        id,
        value,
    });
}

fn tell_moved_batch(
    context: Context,
    from: Address,
    to: Address,
    ids: Vec<U256>,
    values: Vec<U256>,
) {
    ink::env::emit_event(TransferBatch {
        operator: context.caller,
        from,
        to,
        ids,
        values,
    });
}

fn tell_frozen(token_id: U256, account: Address, amount: u64) {
    ink::env::emit_event(Frozen {
        account,
        token_id,
        amount: amount.into(),
    });
}

fn tell_assignments_ended(token_id: U256, holder: Address) {
    ink::env::emit_event(AssignmentsEnded { token_id, holder });
}
