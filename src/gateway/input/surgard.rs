//! A Sur-Gard receiver that is read: by a serial port, or by TCP that either side dials.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    super::{
        clock,
        config::SurgardInput,
        port::{Opener, Stream},
        supervisor::Ended,
        telemetry::Happening,
    },
    Context,
};
use crate::{
    Ticket,
    codec::surgard::{Configured, LetterTable, Settings},
    journal::Batch,
    link::surgard::{Automation, AutomationSettings, Event, Reason},
};

/// How long a write of an answer may take: a port that blocks for so long has failed.
const WRITE: Duration = Duration::from_secs(2);
/// How many senders may be connected at once to a port that listens.
const CONNECTIONS: usize = 64;

/// A port's settings, which its signals refer to for as long as the program runs: made once for each input.
pub(crate) fn settings(input: &SurgardInput) -> AutomationSettings {
    let mut letters = LetterTable::DEFAULT;
    for (letter, class, qualifier) in &input.letters {
        letters.set(*letter, *class, *qualifier);
    }
    let settings = Settings {
        line_digits: input.line_digits,
        letters: Box::leak(Box::new(letters)),
        seven_bits: input.seven_bits,
    };
    let port = Box::leak(Box::new(Configured { settings }));
    AutomationSettings {
        port,
        ..AutomationSettings::default()
    }
}

/// Runs until it is stopped: opens the port again whenever it is gone.
pub(crate) async fn run(
    context: &Context,
    opener: &mut Opener,
    settings: AutomationSettings,
    stop: &CancellationToken,
) -> Result<(), Ended> {
    if matches!(opener, Opener::Listen(_)) {
        return listen(context, opener, settings, stop).await;
    }
    let mut automation = Automation::new(settings, clock::now());
    let mut lost = false;
    while let Some((mut stream, place)) = opener.open("input", &context.name, stop).await {
        Happening::Up {
            kind: "input",
            name: &context.name,
            place: &place,
        }
        .emit();
        if lost {
            lost = false;
            context
                .incidents
                .trouble(false, &format!("input {} is back", context.name));
        }
        automation.reopened(clock::now());
        let mut heard = false;
        let ended = talk(context, &mut automation, &mut stream, stop, &mut heard).await;
        // Closed before it is opened again: an adapter gets another name while its old descriptor is open.
        drop(stream);
        if heard {
            opener.worked();
        }
        match ended {
            Ok(()) | Err(Ended::Stopped) => break,
            Err(Ended::Failed(reason)) => {
                let again = Duration::from_millis(500);
                Happening::Down {
                    kind: "input",
                    name: &context.name,
                    reason: &reason,
                    again,
                }
                .emit();
                if heard && !lost {
                    lost = true;
                    context
                        .incidents
                        .trouble(true, &format!("input {} is lost: {reason}", context.name));
                }
            }
        }
    }
    Err(Ended::Stopped)
}

/// Software senders dial us, some of them for each message.
async fn listen(
    context: &Context,
    opener: &mut Opener,
    settings: AutomationSettings,
    stop: &CancellationToken,
) -> Result<(), Ended> {
    if let Some(address) = opener.address() {
        let place = format!("tcp {address}");
        Happening::Up {
            kind: "input",
            name: &context.name,
            place: &place,
        }
        .emit();
    }
    // What the last connection knew goes on to the next: a frame that comes again there may be a repeat.
    let rested: Arc<Mutex<Option<Automation>>> = Arc::default();
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let tasks = TaskTracker::new();
    while let Some((mut stream, peer)) = opener.open("input", &context.name, stop).await {
        let Ok(permit) = connections.clone().try_acquire_owned() else {
            tracing::warn!(input = %context.name, peer, "too many connections: this one is closed");
            continue;
        };
        let (context, stop, rested) = (context.clone(), stop.clone(), rested.clone());
        tasks.spawn(async move {
            let old = rested.lock().unwrap_or_else(PoisonError::into_inner).take();
            let mut automation = old.unwrap_or_else(|| Automation::new(settings, clock::now()));
            automation.reopened(clock::now());
            let mut heard = false;
            if let Err(Ended::Failed(reason)) =
                talk(&context, &mut automation, &mut stream, &stop, &mut heard).await
            {
                tracing::debug!(input = %context.name, peer, reason, "connection closed");
            }
            *rested.lock().unwrap_or_else(PoisonError::into_inner) = Some(automation);
            drop(permit);
        });
    }
    tasks.close();
    tasks.wait().await;
    Err(Ended::Stopped)
}

/// What is to be done about one thing that the session told, when it lends no more.
enum Todo {
    Store(Box<Ticket>, Batch),
    Told,
}

async fn talk(
    context: &Context,
    automation: &mut Automation,
    stream: &mut Stream,
    stop: &CancellationToken,
    heard: &mut bool,
) -> Result<(), Ended> {
    let name = &context.name;
    let mut buffer = vec![0; 4 * 1024];
    loop {
        let now = clock::now();
        while let Some(todo) = next(context, automation, heard) {
            // Answers go out in the order of the frames.
            flush(automation, stream).await?;
            let Todo::Store(ticket, batch) = todo else {
                continue;
            };
            let finished = context.journal.append(batch).await;
            let mut answer = None;
            context.finished(&finished, |_, proof| {
                answer = Some(ticket.redeem(proof).to_vec())
            });
            if let Some(answer) = answer {
                stream.write(&answer, WRITE).await?;
                automation.answered(clock::now());
            }
        }
        flush(automation, stream).await?;
        tokio::select! {
            () = stop.cancelled() => return Err(Ended::Stopped),
            read = stream.read(&mut buffer) => {
                let bytes = buffer.get(..read?).unwrap_or_default();
                automation.handle_input(clock::now(), bytes);
            }
            () = clock::until(automation.poll_timeout()) => automation.handle_timeout(clock::now()),
        }
        tracing::trace!(input = %name, at = ?now.monotonic, "round");
    }
}

fn next(context: &Context, automation: &mut Automation, heard: &mut bool) -> Option<Todo> {
    let now = clock::now();
    let name = &context.name;
    Some(match automation.next(now)? {
        Event::Signal(ticket, signal) => {
            *heard = true;
            let mut batch = Batch::new();
            batch.push(name, now, &signal);
            Todo::Store(Box::new(ticket), batch)
        }
        Event::Heartbeat => {
            *heard = true;
            Happening::Answered { input: name }.emit();
            Todo::Told
        }
        Event::Refused(reason) => {
            let reason = match reason {
                Reason::Damaged(_) => "damaged",
                Reason::SevenBits => "seven_bits",
            };
            context.incidents.refused(name, reason, None, false);
            Todo::Told
        }
        Event::Noise(bytes) => {
            Happening::Noise {
                input: name,
                bytes: bytes as u64,
            }
            .emit();
            Todo::Told
        }
        Event::Lost => {
            Happening::Silent {
                input: name,
                silent: true,
            }
            .emit();
            context
                .incidents
                .trouble(true, &format!("input {name}: the receiver is silent"));
            Todo::Told
        }
        Event::Restored => {
            Happening::Silent {
                input: name,
                silent: false,
            }
            .emit();
            context
                .incidents
                .trouble(false, &format!("input {name}: the receiver speaks again"));
            Todo::Told
        }
    })
}

async fn flush(automation: &mut Automation, stream: &mut Stream) -> Result<(), Ended> {
    while let Some(answer) = automation.poll_transmit() {
        stream.write(&answer, WRITE).await?;
    }
    Ok(())
}
