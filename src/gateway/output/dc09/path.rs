//! One address of a DC-09 receiver: dials when there is something to send, and tells what comes back.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};

use super::super::super::config::HostPort;
use crate::{
    link::dc09::Path,
    transport::dial::{self, DialSettings},
};

/// What a path tells.
#[derive(Debug)]
pub(super) enum Told {
    /// The connection stands.
    Up(Path),
    /// Bytes came.
    Bytes(Path, Vec<u8>),
    /// There is no connection (any more), and why.
    Gone(Path, String),
}

/// How long a write may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs until the sender of `frames` is gone.
///
/// `frames` holds at most what the output may have in flight, so that it never fills up; frames that wait when the
/// connection breaks are dropped: the session repeats them.
pub(super) async fn run(
    path: Path,
    to: HostPort,
    mut frames: mpsc::Receiver<Vec<u8>>,
    told: mpsc::Sender<Told>,
) {
    while let Some(first) = frames.recv().await {
        let reason = match reach(&to).await {
            Ok(stream) => {
                if told.send(Told::Up(path)).await.is_err() {
                    return;
                }
                match talk(path, stream, first, &mut frames, &told).await {
                    Some(reason) => reason,
                    None => return,
                }
            }
            Err(reason) => reason,
        };
        while frames.try_recv().is_ok() {}
        if told.send(Told::Gone(path, reason)).await.is_err() {
            return;
        }
    }
}

async fn reach(to: &HostPort) -> Result<TcpStream, String> {
    dial::connect(&to.to_string(), &DialSettings::default())
        .await
        .map_err(|error| error.to_string())
}

/// Carries frames and answers until the connection breaks; `None` when nobody listens any more.
async fn talk(
    path: Path,
    mut stream: TcpStream,
    first: Vec<u8>,
    frames: &mut mpsc::Receiver<Vec<u8>>,
    told: &mpsc::Sender<Told>,
) -> Option<String> {
    let (mut read, mut write) = stream.split();
    let mut out = first;
    let mut buffer = vec![0; 8 * 1024];
    loop {
        if !out.is_empty() {
            // What else waits goes with it in one write.
            while let Ok(more) = frames.try_recv() {
                out.extend_from_slice(&more);
            }
            match timeout(PATIENCE, write.write_all(&out)).await {
                Ok(Ok(())) => out.clear(),
                Ok(Err(error)) => return Some(error.to_string()),
                Err(_) => return Some("the receiver takes nothing".to_owned()),
            }
        }
        tokio::select! {
            frame = frames.recv() => out = frame?,
            taken = read.read(&mut buffer) => match taken {
                Ok(0) => return Some("closed by the receiver".to_owned()),
                Ok(count) => {
                    let bytes = buffer.get(..count).unwrap_or_default().to_vec();
                    told.send(Told::Bytes(path, bytes)).await.ok()?;
                }
                Err(error) => return Some(error.to_string()),
            },
        }
    }
}
