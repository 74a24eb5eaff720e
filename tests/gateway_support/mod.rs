//! A gateway in this process, and what stands around it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use alarmwire::{
    AccountId, Sequence, Timestamp,
    codec::dc09::{Key, Message, Style, Token},
    gateway::{Config, Running, start},
};
use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::{Instant, sleep, timeout},
};

pub const KEY: &str = "0123456789ABCDEF";

/// A gateway with a folder of its own.
pub struct Station {
    pub folder: tempfile::TempDir,
    pub text: String,
    pub running: Option<Running>,
}

impl Station {
    /// Starts one; `{dir}` in the text is its folder, where the journal is too.
    pub async fn start(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut station = Self {
            folder,
            text: text.to_owned(),
            running: None,
        };
        station.again().await;
        station
    }

    pub async fn again(&mut self) {
        let dir = self.folder.path().display().to_string();
        let text = format!(
            "[station]\ndata = \"{dir}/data\"\n{}",
            self.text.replace("{dir}", &dir)
        );
        let config = Config::from_toml("test", &text).unwrap_or_else(|error| panic!("{error}"));
        self.running = Some(
            start(config)
                .await
                .unwrap_or_else(|error| panic!("{error}")),
        );
    }

    pub async fn stop(&mut self) {
        self.running.take().unwrap().shutdown().await;
    }

    pub fn tcp(&self, name: &str) -> SocketAddr {
        self.running.as_ref().unwrap().address(name, "tcp").unwrap()
    }

    pub fn udp(&self, name: &str) -> SocketAddr {
        self.running.as_ref().unwrap().address(name, "udp").unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The JSON lines of a file, once there are at least so many.
    pub async fn lines(&self, name: &str, least: usize) -> Vec<serde_json::Value> {
        let path = self.path(name);
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let lines = lines(&path);
            if lines.len() >= least {
                return lines;
            }
            assert!(
                Instant::now() < end,
                "only {} of {least} lines in {name}",
                lines.len()
            );
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// The JSON lines of a file, once nothing more comes.
    pub async fn settled(&self, name: &str) -> Vec<serde_json::Value> {
        sleep(Duration::from_millis(300)).await;
        lines(&self.path(name))
    }
}

pub fn lines(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// One value of each line.
pub fn column(lines: &[serde_json::Value], key: &str) -> Vec<String> {
    let text = |value: &serde_json::Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    lines.iter().map(|line| text(&line[key])).collect()
}

pub fn utc() -> Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap())
}

fn message<'a>(
    account: &'a str,
    sequence: u16,
    data: &'a str,
    at: Option<Timestamp>,
) -> Message<'a> {
    Message {
        token: Token::new("ADM-CID").unwrap(),
        sequence: Sequence::new(sequence).unwrap(),
        receiver: None,
        line: None,
        account: Some(AccountId::new(account).unwrap()),
        data: data.as_bytes(),
        extended: &[],
        timestamp: at,
    }
}

/// A clear frame.
pub fn clear(account: &str, sequence: u16, body: &str) -> Vec<u8> {
    let mut out = BytesMut::new();
    let data = format!("#{account}|{body}");
    message(account, sequence, &data, None)
        .encode(&Style::default(), &mut out)
        .unwrap();
    out.to_vec()
}

/// An encrypted frame that was sent at `at`.
pub fn encrypted(account: &str, sequence: u16, body: &str, key: &str, at: Timestamp) -> Vec<u8> {
    let mut out = BytesMut::new();
    let data = format!("#{account}|{body}");
    let key = Key::from_bytes(key.as_bytes()).unwrap();
    let mut pad = |out: &mut [u8]| out.fill(b'7');
    message(account, sequence, &data, Some(at))
        .encode_encrypted(&Style::default(), &key, &mut pad, &mut out)
        .unwrap();
    out.to_vec()
}

/// Sends over a connection of its own and gives what comes back within a moment.
pub async fn ask(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    answer(&mut stream, Duration::from_secs(5)).await
}

/// As [`ask`], for what is expected to get silence.
pub async fn ask_in_vain(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    answer(&mut stream, Duration::from_millis(300)).await
}

/// One read.
pub async fn answer(stream: &mut TcpStream, patience: Duration) -> Vec<u8> {
    let mut buffer = vec![0; 4096];
    match timeout(patience, stream.read(&mut buffer)).await {
        Ok(Ok(count)) => buffer[..count].to_vec(),
        _ => Vec::new(),
    }
}

pub async fn ask_udp(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(bytes, address).await.unwrap();
    let mut buffer = vec![0; 4096];
    match timeout(Duration::from_secs(5), socket.recv_from(&mut buffer)).await {
        Ok(Ok((count, _))) => buffer[..count].to_vec(),
        _ => Vec::new(),
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// One request to the admin listener: status and body.
pub async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut whole = String::new();
    stream.read_to_string(&mut whole).await.unwrap();
    let (head, body) = whole.split_once("\r\n\r\n").unwrap();
    (
        head.split(' ').nth(1).unwrap().parse().unwrap(),
        body.to_owned(),
    )
}

/// A port of this machine where nobody listens.
pub fn dead_port() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

pub const IP: &str = "
[[input]]
name = 'ip'
protocol = 'dc09'
listen = ['tcp://127.0.0.1:0', 'udp://127.0.0.1:0']
";

pub const ACCOUNTS: &str = "
[[account]]
id = '1234'
[[account]]
id = '5678'
key = 'ascii:0123456789ABCDEF'
";

pub const LINES: &str = "
[[output]]
name = 'lines'
protocol = 'jsonl'
path = '{dir}/lines.jsonl'
";
