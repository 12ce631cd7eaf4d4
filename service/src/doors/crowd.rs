//! Who is inside, and who goes when there is no place left.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use tokio_util::sync::CancellationToken;

use super::clients::Client;

/// The connections that are served.
#[derive(Debug, Default)]
pub(super) struct Crowd(Mutex<Vec<Arc<Seat>>>);

/// One connection's place.
#[derive(Debug)]
pub(super) struct Seat {
    client: Arc<Client>,
    /// Whether a request of it is being worked on.
    busy: AtomicBool,
    /// Cut, so that another client gets a place.
    pub(super) cut: CancellationToken,
}

/// A connection that is counted until this is dropped.
pub(super) struct Seated {
    pub(super) seat: Arc<Seat>,
    crowd: Arc<Crowd>,
}

impl Crowd {
    pub(super) fn seat(self: &Arc<Self>, client: Arc<Client>) -> Seated {
        let seat = Arc::new(Seat {
            client,
            busy: AtomicBool::new(false),
            cut: CancellationToken::new(),
        });
        self.with(|seats| seats.push(seat.clone()));
        Seated {
            seat,
            crowd: self.clone(),
        }
    }

    /// Cuts one connection of the client that has the most, if that is more than one more than the
    /// newcomer has; an idle one before one that is being worked for. So whoever takes many places keeps
    /// nobody out who wants few. Says whether there was one.
    pub(super) fn make_room_for(&self, newcomer: &Arc<Client>) -> bool {
        self.with(|seats| {
            let count = |client: &Arc<Client>| {
                let of_client = |seat: &&Arc<Seat>| Arc::ptr_eq(&seat.client, client);
                seats.iter().filter(of_client).count()
            };
            let waits = seats.iter().filter(|seat| !seat.cut.is_cancelled());
            let victim = waits.max_by_key(|seat| (count(&seat.client), !seat.is_busy()));
            let victim = victim.filter(|seat| count(&seat.client) > count(newcomer) + 1);
            victim.inspect(|seat| seat.cut.cancel()).is_some()
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<Arc<Seat>>) -> T) -> T {
        // Nothing panics while it holds this.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Seat {
    pub(super) fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }

    fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.crowd
            .with(|seats| seats.retain(|seat| !Arc::ptr_eq(seat, &self.seat)));
    }
}
