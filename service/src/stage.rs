//! Routes that change while the service runs.

use std::sync::{Arc, PoisonError, RwLock};

use axum::{Router, extract::Request};
use tower::{ServiceExt, service_fn};

/// What is served at the moment: a service that waits for its turn serves something else than one that
/// works. Clients stay connected when it changes. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Stage(Arc<RwLock<Router>>);

impl Stage {
    /// Serves `router` at first.
    #[must_use]
    pub fn new(router: Router) -> Self {
        Self(Arc::new(RwLock::new(router)))
    }

    /// Serves `router` from now on. Requests under way are answered by the one before.
    pub fn set(&self, router: Router) {
        // A panic cannot leave it half-changed.
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = router;
    }

    /// A router that passes every request to the one of the moment.
    pub fn router(&self) -> Router {
        let stage = self.clone();
        Router::new().fallback_service(service_fn(move |request: Request| {
            let router = stage
                .0
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            router.oneshot(request)
        }))
    }
}
