//! What every service of LEX has: its *doors*, how clients come in, how many, for how long, and how
//! they are asked to leave; its *stage*, what is served at the moment; and its logs.
//!
//! The doors know nothing about what a service answers, only how much of the service one client may
//! take: connections, requests at once, memory, time. Not here: TLS and authentication, which stand in
//! front of the services.
//!
//! ```no_run
//! use axum::{Router, http::StatusCode, response::IntoResponse, routing::get};
//! use lex_service::{Doors, DoorsConfig, serve};
//!
//! # async fn example() -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! let doors = Doors {
//!     config: DoorsConfig::default(),
//!     max_body_bytes: 4096,
//!     refuse: |refusal| (refusal.status(), refusal.to_string()).into_response(),
//! };
//! let router = Router::new().route("/", get(|| async { StatusCode::OK }));
//! serve(listener, router, doors, Default::default()).await;
//! # Ok(())
//! # }
//! ```

mod doors;
mod logs;
mod stage;

pub use doors::{Doors, DoorsConfig, OutOfRange, Refusal, Turn, serve};
pub use logs::{LogFormat, start_logs};
pub use stage::Stage;
