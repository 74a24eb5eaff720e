//! A bridge from the serial port of a Sur-Gard receiver to a DC-09 receiver, with a journal between them: a frame is
//! acknowledged to the serial side when it is on disk, and goes on until the other side has acknowledged it.
//!
//! `cargo run --features full --example serial_bridge -- /dev/ttyUSB0@9600:8N1 10.0.0.5:12128 bridge-data`

use std::{env, error::Error};

use alarmwire::gateway::{self, Flags};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [port, centre, folder] = arguments.as_slice() else {
        return Err("PORT@BAUD:FORMAT[,lines=DIGITS] HOST:PORT[,account=…,key=…] FOLDER".into());
    };
    let flags = Flags {
        surgard: vec![port.clone()],
        forward: vec![centre.clone()],
        data: Some(folder.into()),
        ..Flags::default()
    };
    let stop = CancellationToken::new();
    let interrupted = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    gateway::run(flags.config()?, stop, |_| eprintln!("the bridge is up")).await?;
    Ok(())
}
