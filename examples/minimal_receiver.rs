//! A DC-09 receiver over TCP that stores every event before it acknowledges it:
//! `cargo run --features full --example minimal_receiver -- 127.0.0.1:12128 journal-folder`
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::{env, error::Error, path::Path, process, thread, time::SystemTime};

use alarmwire::journal::{Batch, Outcome, SqliteJournal, commit};
use alarmwire::link::dc09::{Event, Limits, Policy, Receiver};
use alarmwire::{Now, Timestamp};

fn now() -> Now {
    let monotonic = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let utc = Timestamp::default().after(monotonic);
    Now { monotonic, utc }
}

fn serve(mut panel: TcpStream, journal: &Mutex<SqliteJournal>) -> Result<(), Box<dyn Error>> {
    let source = panel.peer_addr()?.to_string();
    let pad = |pad: &mut [u8]| getrandom::fill(pad).unwrap_or_else(|_| process::abort());
    let policy = Arc::new(Policy::accept_all());
    let mut session = Receiver::stream(policy, Limits::default(), Box::new(pad), now());
    let (mut bytes, mut batch) = ([0; 4096], Batch::new());
    while let (None, length @ 1..) = (session.close(), panel.read(&mut bytes)?) {
        session.handle_input(now(), bytes.get(..length).unwrap_or_default());
        while let Some(event) = session.next(now()) {
            if let Event::Signal(ticket, signal) = event {
                batch.clear();
                let index = batch.push(&source, now(), &signal);
                let mut journal = journal.lock().map_err(|_| "the journal is lost")?;
                let proofs = commit(&mut *journal, &mut batch)?;
                // Only the proof that it is on disk turns a ticket into an acknowledgement.
                if let Some(Outcome::Stored(proof)) = proofs.outcome(index) {
                    panel.write_all(ticket.redeem(&proof))?;
                }
            }
            if let Some(answer) = session.poll_transmit() {
                panel.write_all(&answer)?;
            }
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(2).ok_or("the folder is missing")?;
    let journal = Arc::new(Mutex::new(SqliteJournal::open(Path::new(&folder))?));
    let listener = TcpListener::bind(env::args().nth(1).unwrap_or_default())?;
    for panel in listener.incoming().flatten() {
        let journal = Arc::clone(&journal);
        thread::spawn(move || serve(panel, &journal).unwrap_or_else(|e| eprintln!("{e}")));
    }
    Ok(())
}
