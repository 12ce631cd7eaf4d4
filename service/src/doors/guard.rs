//! What every request passes on its way in, and its answer on its way out.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tracing::error;

use super::{Doors, DoorsConfig, Refusal, clients::Client, metrics};

/// Bodies and answers up to this size are not counted: the limit of connections bounds them.
const SMALL: usize = 16 * 1024;

/// Requests of those who look after the service at once, of all and of one client.
const MAX_WATCHES: usize = 16;
pub(super) const MAX_WATCHES_PER_CLIENT: usize = 2;

/// The places that all clients share.
pub(super) struct Guard {
    doors: Doors,
    requests: Arc<Semaphore>,
    watches: Arc<Semaphore>,
    /// In KiB.
    memory: Arc<Semaphore>,
}

/// The turn of a request that is being worked on. Handlers find it among the request's extensions
/// and leave it while they only wait, so that others get theirs.
#[derive(Clone)]
pub struct Turn(Arc<TurnInner>);

struct TurnInner {
    guard: Arc<Guard>,
    client: Arc<Client>,
    place: Mutex<Option<Place>>,
}

impl Turn {
    async fn wait(guard: Arc<Guard>, client: Arc<Client>) -> Self {
        let place = Mutex::new(Some(place(&client.requests, &guard.requests).await));
        Self(Arc::new(TurnInner {
            guard,
            client,
            place,
        }))
    }

    /// Leaves the turn until `waiting` ends, then waits for the next one.
    pub async fn leave_for<T>(&self, waiting: impl Future<Output = T>) -> T {
        self.hold(None);
        let waited = waiting.await;
        let back = place(&self.0.client.requests, &self.0.guard.requests).await;
        self.hold(Some(back));
        waited
    }

    fn hold(&self, place: Option<Place>) {
        // Only ever replaced as a whole.
        *self.0.place.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }
}

/// A place of the client's own and one of all; both return when this is dropped.
struct Place {
    _own: OwnedSemaphorePermit,
    _shared: OwnedSemaphorePermit,
}

/// Bytes that give their memory back when the last of them has been written.
struct Counted {
    bytes: Bytes,
    _place: Place,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Lets a request in, within its time.
pub(super) async fn pass(
    State(guard): State<Arc<Guard>>,
    Extension(client): Extension<Arc<Client>>,
    request: Request,
    next: Next,
) -> Response {
    let limit = guard.doors.config.request_timeout;
    let answered = timeout(limit, guard.clone().answer(client, request, next)).await;
    answered
        .unwrap_or(Err(Refusal::TookTooLong))
        .unwrap_or_else(|refusal| {
            metrics::refused(refusal.name());
            (guard.doors.refuse)(&refusal)
        })
}

impl Guard {
    pub(super) fn new(doors: Doors) -> Self {
        Self {
            requests: Arc::new(Semaphore::new(doors.config.max_requests)),
            watches: Arc::new(Semaphore::new(MAX_WATCHES)),
            memory: Arc::new(Semaphore::new(
                kibibytes(doors.config.max_buffered_bytes) as usize
            )),
            doors,
        }
    }

    async fn answer(
        self: Arc<Self>,
        client: Arc<Client>,
        request: Request,
        next: Next,
    ) -> Result<Response, Refusal> {
        if is_watch(request.uri().path()) {
            let _place = place(&client.watches, &self.watches).await;
            return Ok(next.run(request).await);
        }
        let (mut head, body) = request.into_parts();
        let (body, _memory) = self.receive(&client, body).await?;
        // After the body is there: who sends slowly takes no one's turn.
        let turn = Turn::wait(self.clone(), client.clone()).await;
        head.extensions.insert(turn.clone());
        let response = next.run(Request::from_parts(head, Body::from(body))).await;
        self.count(&client, response).await
    }

    /// The whole body, and the memory that it takes if it is large.
    async fn receive(
        &self,
        client: &Client,
        body: Body,
    ) -> Result<(Bytes, Option<Place>), Refusal> {
        let limit = self
            .doors
            .max_body_bytes
            .min(memory_of_one(&self.doors.config));
        let too_large = Refusal::BodyTooLarge { limit };
        // A body that does not say its length may have as much as is allowed.
        let length = body.size_hint().upper().unwrap_or(limit as u64);
        let length = usize::try_from(length).map_err(|_| too_large)?;
        if length > limit {
            return Err(too_large);
        }
        let memory = self.memory(client, length)?;
        match timeout(
            self.doors.config.body_timeout,
            Limited::new(body, limit).collect(),
        )
        .await
        {
            Ok(Ok(body)) => Ok((body.to_bytes(), memory)),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large),
            Ok(Err(_)) => Err(Refusal::BodyBroken),
            Err(_) => Err(Refusal::BodyTooSlow),
        }
    }

    /// Makes a large answer take memory until it is written.
    async fn count(&self, client: &Client, response: Response) -> Result<Response, Refusal> {
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.map_err(|error| {
            error!(%error, "failed to make an answer");
            Refusal::Failed
        })?;
        let bytes = bytes.to_bytes();
        let bytes = match self.memory(client, bytes.len())? {
            Some(_place) => Bytes::from_owner(Counted { bytes, _place }),
            None => bytes,
        };
        Ok(Response::from_parts(head, Body::from(bytes)))
    }

    /// Memory for `length` bytes, unless they are few. It is there or it is not: waiting for a
    /// client to read would hold what is to be saved.
    fn memory(&self, client: &Client, length: usize) -> Result<Option<Place>, Refusal> {
        if length <= SMALL {
            return Ok(None);
        }
        let limit = memory_of_one(&self.doors.config);
        if length > limit {
            return Err(Refusal::AnswerTooLarge { limit });
        }
        let wanted = kibibytes(length);
        let own = client.memory.clone().try_acquire_many_owned(wanted);
        let shared = self.memory.clone().try_acquire_many_owned(wanted);
        match (own, shared) {
            (Ok(_own), Ok(_shared)) => Ok(Some(Place { _own, _shared })),
            _ => Err(Refusal::Busy),
        }
    }
}

/// Waits for a place, first among the client's own requests.
async fn place(own: &Arc<Semaphore>, shared: &Arc<Semaphore>) -> Place {
    const OPEN: &str = "the semaphore is never closed";
    Place {
        _own: own.clone().acquire_owned().await.expect(OPEN),
        _shared: shared.clone().acquire_owned().await.expect(OPEN),
    }
}

/// Whoever looks after the service must see it live when it is busy: that has places of its own.
fn is_watch(path: &str) -> bool {
    path.starts_with("/health/") || path == "/metrics"
}

/// Bytes that one client may have at once.
pub(super) fn memory_of_one(config: &DoorsConfig) -> usize {
    config.max_buffered_bytes / 4
}

/// Begun KiB in `bytes`: what the semaphores of memory count.
pub(super) fn kibibytes(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}
