//! The simulator's panels, receivers and sinks of every kind around a gateway.
#![cfg(all(feature = "simulator", feature = "gateway", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

use std::{
    net::{SocketAddr, TcpListener, UdpSocket},
    time::Duration,
};

use alarmwire::{
    gateway::{self, Config},
    simulator::{Prepared, Scenario, SinkPlace},
};

fn free_port() -> SocketAddr {
    loop {
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        if UdpSocket::bind(address).is_ok() {
            return address;
        }
    }
}

const KEY: &str = "hex:000102030405060708090A0B0C0D0E0F";

#[test]
fn every_way_in_and_every_sink_account_for_every_event() {
    let directory = tempfile::tempdir().unwrap();
    let (lines, desk) = (directory.path().join("events.jsonl"), free_port());
    let scenario = Scenario::parse(&format!(
        r#"
[run]
length = "5s"

[[fleet]]
name = "all sorts"
panels = 60
rate = 40.0
ways = {{ tcp = 1.0, tcp_per_message = 1.0, udp = 1.0, serial = 1.0 }}
formats = {{ ADM-CID = 1.0, SIA-DCS = 1.0 }}
encrypted = 0.5
key_bits = 192
mix = {{ hold_up = 1.0, burglary = 1.0, fire = 1.0, gas = 1.0, emergency = 1.0, trouble = 1.0, opening = 1.0, closing = 1.0, test = 1.0 }}
restore_after = "800ms"
supervise = "2s"

[[receiver]]
name = "one"
baud = 19200
[[receiver]]
name = "two"
number = "02"
baud = 19200

[[sink]]
name = "encrypted"
protocol = "dc09"
key = "{KEY}"
[[sink]]
name = "clear"
protocol = "dc09"
[[sink]]
name = "desk"
protocol = "surgard"
listen = "{desk}"
[[sink]]
name = "terminal"
protocol = "surgard"
[[sink]]
name = "lines"
protocol = "jsonl"
path = {lines:?}
"#
    ));
    let prepared = Prepared::new(scenario.unwrap(), 9).unwrap();
    let target = free_port();
    let mut config = format!(
        "[station]\nname = \"test\"\ndata = {:?}\n[[input]]\nname = \"ip\"\nprotocol = \"dc09\"\n\
         listen = [\"tcp://{target}\", \"udp://{target}\"]\n",
        directory.path().join("data")
    );
    for (name, terminal) in prepared.receivers() {
        config += &format!(
            "[[input]]\nname = {name:?}\nprotocol = \"surgard\"\nserial = {terminal:?}\nline = \"19200 8N1\"\n"
        );
    }
    for (name, place) in prepared.sinks() {
        config += &match place {
            SinkPlace::Tcp(address) if name == "desk" => {
                format!(
                    "[[output]]\nname = {name:?}\nprotocol = \"surgard\"\ndial = \"tcp://{address}\"\n"
                )
            }
            SinkPlace::Tcp(address) => {
                let key = if name == "encrypted" {
                    format!("key = \"{KEY}\"\n")
                } else {
                    String::new()
                };
                format!(
                    "[[output]]\nname = {name:?}\nprotocol = \"dc09\"\nmain = \"tcp://{address}\"\naccount = \"0001\"\n{key}"
                )
            }
            SinkPlace::Serial(terminal) => {
                format!(
                    "[[output]]\nname = {name:?}\nprotocol = \"surgard\"\nserial = {terminal:?}\nline = \"115200 8N1\"\n"
                )
            }
            SinkPlace::File(path) => {
                format!("[[output]]\nname = {name:?}\nprotocol = \"jsonl\"\npath = {path:?}\n")
            }
        };
    }
    config += &prepared.schedule().accounts_toml();
    let config = Config::from_toml("test", &config).unwrap_or_else(|e| panic!("{e}\n{config}"));

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let gateway = runtime.block_on(gateway::start(config)).unwrap();
    let report = prepared
        .launch(target)
        .unwrap()
        .finish(Duration::from_millis(100), || false, |_| {})
        .unwrap();
    runtime.block_on(gateway.shutdown());
    println!("{}", report.to_text());
    let total = &report.total;
    assert!(total.due > 200);
    assert_eq!(
        (total.acknowledged, total.delivered),
        (total.due, total.due)
    );
    assert_eq!(
        (
            total.lost,
            total.repeated,
            total.duplicated,
            total.misordered
        ),
        (0, 0, 0, 0)
    );
    assert_eq!(report.by_path.len(), 2);
    assert_eq!(report.by_sink.len(), 5);
    for (name, sink) in &report.by_sink {
        assert_eq!((sink.delivered, sink.altered), (total.due, 0), "{name}");
    }
}
