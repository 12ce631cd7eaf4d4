//! Everything that the contract keeps, and why something cannot be done with it.
//!
//! Each rule is written once, as an obstacle: a message refuses with the first one, and `explain` lists
//! them all, among those of policy.

use ink::{Address, U256, prelude::vec::Vec, sol::FixedBytes};
use lex_lifecycle::{Application, Context, Entry, Lifecycle, require_idle, require_no_request};
use lex_model::{ActionKind, Reason, TypeKind};
use lex_policy_interface::{Action, Evidence, HELD, Refusal, Refused};

use crate::{
    holdings::{Holdings, MAX_SEATS, Movement},
    operators::Operators,
};

/// The licenses, their seats, and who may move them.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Book {
    /// The licenses.
    pub lifecycle: Lifecycle,
    /// Their seats.
    pub holdings: Holdings,
    /// Who may move seats for their holders.
    pub operators: Operators,
}

/// Something that is asked for about seats of a license that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// What.
    pub kind: ActionKind,
    /// The license.
    pub entry: Entry,
    /// Whose seats, where it is about some.
    pub from: Address,
    /// Who is to get them, where someone is.
    pub to: Address,
    /// How many.
    pub amount: u64,
}

impl Request {
    /// What is asked for about a license as a whole.
    pub fn on(kind: ActionKind, entry: Entry) -> Self {
        Self {
            kind,
            entry,
            from: Address::zero(),
            to: Address::zero(),
            amount: 0,
        }
    }

    /// The seats that it would move.
    pub fn movement(&self) -> Movement {
        Movement {
            id: self.entry.id,
            from: self.from,
            to: self.to,
            amount: self.amount,
            licensee: self.entry.license.holder.into(),
        }
    }
}

impl Book {
    /// The message that is running.
    pub fn context(&self) -> Context {
        Context::of(TypeKind::Sft)
    }

    /// The license with this id.
    ///
    /// # Errors
    /// [`Reason::UnknownLicense`].
    pub fn find(&self, token_id: U256) -> Result<Entry, Reason> {
        self.lifecycle.register.find(token_id)
    }

    /// The request as policy is asked about it.
    pub fn action(&self, context: Context, request: &Request) -> Result<Action, Reason> {
        let Request {
            kind,
            entry,
            from,
            to,
            amount,
        } = *request;
        let action = self.lifecycle.action_on(context, kind, &entry);
        Ok(match kind {
            ActionKind::Activate => Action {
                to: entry.license.holder.into(),
                amount: self.holdings.series(entry.id).seats,
                content: FixedBytes(self.lifecycle.register.metadata(entry.id)?.hash),
                ..action
            },
            ActionKind::Recover => {
                let held = self.holdings.position(entry.id, from).frozen != 0;
                let mut state = action.state;
                state.status |= if held { HELD } else { 0 };
                Action {
                    from,
                    to,
                    amount,
                    state,
                    ..action
                }
            }
            ActionKind::Revoke | ActionKind::Withdraw => Action {
                amount: self.holdings.series(entry.id).seats,
                ..action
            },
            ActionKind::Transfer
            | ActionKind::ForceTransfer
            | ActionKind::FreezeToken
            | ActionKind::Surrender
            | ActionKind::Lend => Action {
                from,
                to,
                amount,
                ..action
            },
            _ => action,
        })
    }

    /// Whether whoever asks is nobody to the holder, who is told nothing more about the license.
    fn stranger(&self, context: Context, request: &Request) -> Option<Refusal> {
        let moves = matches!(request.kind, ActionKind::Transfer | ActionKind::Lend);
        let may = !moves || self.operators.may_move(context.caller, request.from);
        (!may).then(|| Refusal::new(Reason::NotApproved, 0))
    }

    /// Why the request is refused for what this contract alone knows: how many seats there are and
    /// whose, and what was requested.
    fn own_obstacles(&self, context: Context, request: &Request) -> Vec<Refusal> {
        let movement = request.movement();
        let (id, now) = (request.entry.id, context.now);
        let already = |so: bool| so.then(|| Refusal::new(Reason::AlreadySo, 0));
        let mut obstacles = Vec::new();
        match request.kind {
            ActionKind::Transfer => obstacles.extend(self.holdings.obstacles(&movement, now)),
            ActionKind::Surrender => {
                obstacles.extend(already(request.amount == 0));
                let position = self.holdings.position(id, request.from);
                obstacles.extend(position.obstacles(request.amount, now));
            }
            ActionKind::ForceTransfer => {
                obstacles.extend(self.holdings.obstacle_to_force(&movement));
            }
            ActionKind::FreezeToken => {
                let held = self.holdings.position(id, request.from).frozen;
                obstacles.extend(already(held == request.amount));
            }
            ActionKind::Recover => obstacles.extend(already(self.is_recovered(request))),
            ActionKind::Lend => {
                let (holder, user) = (request.from, request.to);
                obstacles.extend(self.holdings.obstacles_to_assign(id, holder, user, now));
            }
            ActionKind::RequestRenewal => {
                let refused = require_no_request(&request.entry).err();
                obstacles.extend(refused.map(|reason| Refusal::new(reason, 0)));
            }
            _ => {}
        }
        obstacles
    }

    /// Asks whether the request may be met, and has policy write down what follows.
    ///
    /// # Errors
    /// The first reason that [`Book::explain`] gives.
    pub fn allow(
        &self,
        context: Context,
        request: &Request,
        evidence: Option<Evidence>,
    ) -> Result<(), Refused> {
        require_idle()?;
        if let Some(refusal) = self.stranger(context, request) {
            return Err(refusal.into());
        }
        if !self.own_obstacles(context, request).is_empty()
            && let Some(first) = self.explain(context, request, evidence.clone())?.first()
        {
            return Err((*first).into());
        }
        let action = self.action(context, request)?;
        self.lifecycle.policy.allow(action, evidence)?;
        Ok(())
    }

    /// Every reason to refuse the request, in the order in which it would be refused: who asks, what
    /// policy says, but evidence and others' word only after the numbers, which the caller corrects
    /// without either.
    ///
    /// # Errors
    /// [`Reason::PolicyUnreachable`], which is a reason itself.
    pub fn explain(
        &self,
        context: Context,
        request: &Request,
        evidence: Option<Evidence>,
    ) -> Result<Vec<Refusal>, Refused> {
        let mut refusals = Vec::from_iter(self.stranger(context, request));
        let action = self.action(context, request)?;
        let policys = self.lifecycle.policy.reasons(action, evidence)?;
        let place = policys.iter().position(comes_last);
        let (first, last) = policys.split_at(place.unwrap_or(policys.len()));
        refusals.extend(first);
        refusals.extend(self.own_obstacles(context, request));
        refusals.extend(last);
        Ok(refusals)
    }

    /// Every reason to refuse to issue what the application asks for.
    ///
    /// # Errors
    /// [`Reason::PolicyUnreachable`], which is a reason itself.
    pub fn explain_issue(
        &self,
        context: Context,
        application: &Application,
    ) -> Result<Vec<Refusal>, Refused> {
        let mut refusals = Vec::from_iter(unfit_number(application.amount));
        match self.lifecycle.creation(context, application) {
            Ok(action) => refusals.extend(self.lifecycle.policy.reasons(action, None)?),
            Err(reason) => refusals.push(Refusal::new(reason, 0)),
        }
        Ok(refusals)
    }

    /// Whether an account may use a seat of the license now: one of its own that is not assigned, or
    /// one that is assigned to it.
    pub fn may_use(&self, entry: &Entry, account: Address, now: u64) -> bool {
        let own = self.holdings.position(entry.id, account).unassigned(now) > 0;
        let usable = self.lifecycle.is_usable(&entry.license, account, now);
        usable && (own || self.user_right(entry, account, now).is_some())
    }

    /// Whose seat is assigned to the user now, and until when. Nobody's while the license is not
    /// usable, or the holder or the user is frozen (I6).
    pub fn user_right(&self, entry: &Entry, user: Address, now: u64) -> Option<(Address, u64)> {
        let assignment = self.holdings.assignment(entry.id, user, now)?;
        let usable = [user, assignment.holder]
            .iter()
            .all(|account| self.lifecycle.is_usable(&entry.license, *account, now));
        usable.then_some((assignment.holder, assignment.until))
    }
}

/// Whether a refusal asks for evidence, finds fault with it, or is a module's: these come after what the
/// caller can correct at once.
fn comes_last(refusal: &Refusal) -> bool {
    const LAST: [Reason; 19] = [
        Reason::ApprovalRequired,
        Reason::ClearanceRequired,
        Reason::ClearanceInvalid,
        Reason::ClearanceUsed,
        Reason::ClearanceExpired,
        Reason::ScoreTooLow,
        Reason::ProofRequired,
        Reason::ProofInvalid,
        Reason::ProofTimeInvalid,
        Reason::RootUnknown,
        Reason::NullifierUsed,
        Reason::UnknownCircuit,
        Reason::KeyRevoked,
        Reason::WrongInputCount,
        Reason::InputOutOfField,
        Reason::InvalidPoint,
        Reason::PrecompileFailed,
        Reason::ModuleRefused,
        Reason::ModuleUnreachable,
    ];
    LAST.iter().any(|reason| reason.code() == refusal.code)
}

/// Why a license cannot have so many seats.
pub fn unfit_number(seats: u64) -> Option<Refusal> {
    if seats == 0 {
        Some(Refusal::new(Reason::InsufficientSeats, 0))
    } else if seats > MAX_SEATS {
        Some(Refusal::new(Reason::LimitReached, MAX_SEATS))
    } else {
        None
    }
}
