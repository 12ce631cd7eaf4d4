//! Clients that hold on: the service goes on for everyone else, and ends when it is told to.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Router,
    body::Bytes,
    response::IntoResponse,
    routing::{get, post},
};
use lex_service::{Doors, DoorsConfig, Turn, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes, on any machine; whoever waits so long hangs.
const HANG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);
const MAX_BODY: usize = 64 * 1024;
/// More than the kernel takes for a client that does not read.
const LARGE: usize = 12 * 1024 * 1024;

/// A service with a few ways to be slow.
struct Service {
    address: SocketAddr,
    cancel: CancellationToken,
    served: JoinHandle<()>,
    /// Lets one request of `/held` or `/away` end.
    go_on: Arc<Notify>,
    /// One more request has reached `/held`.
    entered: Arc<Notify>,
}

impl Service {
    async fn start(config: DoorsConfig) -> Self {
        let go_on = Arc::new(Notify::new());
        let (held, away) = (go_on.clone(), go_on.clone());
        let entered = Arc::new(Notify::new());
        let enter = entered.clone();
        let router = Router::new()
            .route("/", get(async || "here"))
            .route("/health/live", get(async || "live"))
            .route("/length", post(async |body: Bytes| body.len().to_string()))
            .route("/large", get(async || vec![b'x'; LARGE]))
            .route(
                "/held",
                get(async move || {
                    enter.notify_one();
                    held.notified().await;
                    "held"
                }),
            )
            .route(
                "/away",
                get(async move |Extension(turn): Extension<Turn>| {
                    turn.leave_for(away.notified()).await;
                    "back"
                }),
            );
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let doors = Doors {
            config,
            max_body_bytes: MAX_BODY,
            refuse: |refusal| (refusal.status(), format!("{refusal:?}")).into_response(),
        };
        let cancel = CancellationToken::new();
        let served = tokio::spawn(serve(listener, router, doors, cancel.clone()));
        Self {
            address,
            cancel,
            served,
            go_on,
            entered,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A connection on which `text` is sent, and no more.
    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("accepted");
        stream.write_all(text.as_bytes()).await.expect("sent");
        stream
    }

    async fn ask(&self, client: &reqwest::Client, path: &str) -> (u16, String) {
        let answer = timeout(HANG, client.get(self.url(path)).send());
        let answer = answer.await.expect("no hang").expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    /// Stops, and says how long that took.
    async fn stop(self) -> Duration {
        let began = Instant::now();
        self.cancel.cancel();
        let ended = timeout(HANG, self.served).await;
        ended.expect("no hang").expect("no panic");
        began.elapsed()
    }
}

/// A client with an address of its own.
fn client(last: u8) -> reqwest::Client {
    let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
    let client = reqwest::Client::builder().local_address(address);
    client.build().expect("a client")
}

/// All that comes until the service closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = timeout(HANG, stream.read_to_end(&mut bytes)).await;
    // A reset is an end as well.
    let _ = read.expect("the service closes the connection");
    String::from_utf8_lossy(&bytes).into_owned()
}

const HALF_A_HEAD: &str = "GET / HTTP/1.1\r\nhost: ";
const HALF_A_BODY: &str = "POST /length HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf";
const LARGE_ONE: &str = "GET /large HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn half_a_head_is_cut_and_so_is_silence() {
    let service = Service::start(DoorsConfig {
        header_timeout: SHORT,
        ..DoorsConfig::default()
    })
    .await;
    assert!(!rest(service.send(HALF_A_HEAD).await).await.contains("200"));
    assert!(!rest(service.send("").await).await.contains("200"));
    let idle = service.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(rest(idle).await.ends_with("here"));
}

#[tokio::test]
async fn heads_without_end_are_refused() {
    let service = Service::start(DoorsConfig::default()).await;
    let head = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(64 * 1024));
    assert!(rest(service.send(&head).await).await.contains("431"));
}

#[tokio::test]
async fn half_a_body_takes_no_turn_and_ends() {
    let service = Service::start(DoorsConfig {
        max_requests: 1,
        max_requests_per_client: 1,
        body_timeout: SHORT,
        ..DoorsConfig::default()
    })
    .await;
    let half = service.send(HALF_A_BODY).await;
    assert_eq!(service.ask(&client(1), "/").await.1, "here");
    let answer = rest(half).await;
    assert!(
        answer.contains("408") && answer.contains("BodyTooSlow"),
        "{answer}"
    );
}

#[tokio::test]
async fn bodies_that_are_too_large_are_refused_announced_or_not() {
    let service = Service::start(DoorsConfig::default()).await;
    let post = async |body: reqwest::Body| {
        let answer = client(1)
            .post(service.url("/length"))
            .body(body)
            .send()
            .await;
        let answer = answer.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    let whole = vec![b'x'; MAX_BODY];
    assert_eq!(post(whole.into()).await, (200, MAX_BODY.to_string()));
    let announced = format!(
        "POST /length HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        MAX_BODY + 1
    );
    assert!(rest(service.send(&announced).await).await.contains("413"));
    let chunk = format!("{:x}\r\n{}\r\n", MAX_BODY + 1, "x".repeat(MAX_BODY + 1));
    let chunked =
        format!("POST /length HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n{chunk}");
    assert!(rest(service.send(&chunked).await).await.contains("413"));
}

#[tokio::test]
async fn one_client_has_its_connections_and_no_more() {
    let service = Service::start(DoorsConfig {
        max_connections_per_client: 2,
        ..DoorsConfig::default()
    })
    .await;
    let held = [
        service.send(HALF_A_HEAD).await,
        service.send(HALF_A_HEAD).await,
    ];
    let refused = TcpStream::connect(service.address).await.expect("heard");
    assert!(!rest(refused).await.contains("200"));
    assert_eq!(service.ask(&client(2), "/").await, (200, "here".to_owned()));
    drop(held);
    // The places return when the service has noticed that the connections are gone.
    let back = async {
        while client(1).get(service.url("/")).send().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(HANG, back)
        .await
        .expect("the client is let in again");
}

/// A few addresses take every place and send nothing; the watchers and everybody else still get in.
#[tokio::test]
async fn who_takes_many_places_keeps_nobody_out() {
    let service = Service::start(DoorsConfig {
        max_connections: 8,
        max_connections_per_client: 4,
        header_timeout: 2 * HANG,
        ..DoorsConfig::default()
    })
    .await;
    let mut held = Vec::new();
    for place in 0..8 {
        let socket = TcpSocket::new_v4().expect("a socket");
        let own = SocketAddr::from(([127, 0, 0, 2 + place % 2], 0));
        socket.bind(own).expect("a free port");
        let mut stream = socket.connect(service.address).await.expect("accepted");
        let half = HALF_A_HEAD.as_bytes();
        stream.write_all(half).await.expect("sent");
        held.push(stream);
    }
    for last in 4..8 {
        let client = client(last);
        let live = service.ask(&client, "/health/live").await;
        assert_eq!(live, (200, "live".to_owned()));
        assert_eq!(service.ask(&client, "/").await, (200, "here".to_owned()));
    }
}

#[tokio::test]
async fn one_client_waits_for_itself_alone() {
    let service = Service::start(DoorsConfig {
        max_requests_per_client: 1,
        ..DoorsConfig::default()
    })
    .await;
    let first = service
        .send("GET /held HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await;
    service.entered.notified().await;
    let (one, other) = (client(1), client(2));
    let second = service.ask(&one, "/");
    tokio::pin!(second);
    tokio::select! {
        _ = &mut second => panic!("the client has its turn already"),
        answer = service.ask(&other, "/") => assert_eq!(answer.1, "here"),
    }
    assert_eq!(service.ask(&one, "/health/live").await.1, "live");
    service.go_on.notify_one();
    assert!(rest(first).await.ends_with("held"));
    assert_eq!(second.await.1, "here");
}

#[tokio::test]
async fn who_only_waits_takes_no_turn() {
    let service = Service::start(DoorsConfig {
        max_requests: 1,
        ..DoorsConfig::default()
    })
    .await;
    let away = service
        .send("GET /away HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await;
    assert_eq!(service.ask(&client(1), "/").await.1, "here");
    service.go_on.notify_one();
    assert!(rest(away).await.ends_with("back"));
}

#[tokio::test]
async fn a_request_has_its_time() {
    let service = Service::start(DoorsConfig {
        request_timeout: SHORT,
        ..DoorsConfig::default()
    })
    .await;
    let (status, refusal) = service.ask(&client(1), "/held").await;
    assert_eq!((status, refusal.as_str()), (503, "TookTooLong"));
}

#[tokio::test]
async fn answers_that_nobody_reads_are_bounded_and_cut() {
    let service = Service::start(DoorsConfig {
        // A quarter of it for each client: one answer.
        max_buffered_bytes: 5 * LARGE,
        write_timeout: Duration::from_secs(2),
        ..DoorsConfig::default()
    })
    .await;
    let mut unread = service.send(LARGE_ONE).await;
    // It is on its way when it has begun to arrive.
    unread.readable().await.expect("an answer begins");
    let one = client(1);
    let (status, refusal) = service.ask(&one, "/large").await;
    assert_eq!((status, refusal.as_str()), (503, "Busy"));
    assert_eq!(service.ask(&one, "/").await.1, "here");
    assert_eq!(service.ask(&client(2), "/large").await.1.len(), LARGE);
    // The memory returns when the client is cut.
    let again = async { while service.ask(&one, "/large").await.0 != 200 {} };
    timeout(HANG, again).await.expect("the memory returns");
    let mut received = Vec::new();
    let _ = timeout(HANG, unread.read_to_end(&mut received))
        .await
        .expect("cut");
    assert!(received.len() < LARGE);
}

#[tokio::test]
async fn half_a_request_does_not_keep_the_service_from_ending() {
    let service = Service::start(DoorsConfig {
        shutdown_timeout: SHORT,
        ..DoorsConfig::default()
    })
    .await;
    let _held = [
        service.send(HALF_A_HEAD).await,
        service.send(HALF_A_BODY).await,
        service.send(LARGE_ONE).await,
        service.send("GET /held HTTP/1.1\r\nhost: x\r\n\r\n").await,
    ];
    assert_eq!(service.ask(&client(1), "/").await.1, "here");
    let took = service.stop().await;
    // Before any other of the limits would have ended it.
    assert!(took < DoorsConfig::default().body_timeout, "{took:?}");
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_service_ends() {
    let service = Service::start(DoorsConfig {
        shutdown_timeout: HANG,
        ..DoorsConfig::default()
    })
    .await;
    let held = service.send("GET /held HTTP/1.1\r\nhost: x\r\n\r\n").await;
    service.entered.notified().await;
    service.cancel.cancel();
    service.go_on.notify_one();
    assert!(rest(held).await.ends_with("held"));
    service.stop().await;
}
