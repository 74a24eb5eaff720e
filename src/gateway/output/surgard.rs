//! The Sur-Gard output: we play a receiver to automation software, over a serial port or TCP.
//!
//! The protocol has no sequence: a reader knows a repetition by its bytes being those of the frame before. So a frame is
//! in the journal, with the cursor of the one before it, before its first byte is sent, and after a restart it is the
//! first to go: at most one frame can be repeated, and that one can be known.

use std::time::Duration;

use bytes::BytesMut;
use tokio_util::sync::CancellationToken;

use super::{
    super::{
        clock,
        config::SurgardOutput,
        incidents::Incidents,
        port::{Opener, Stream},
        supervisor::Ended,
        telemetry::Happening,
    },
    dc09::by_class,
    feed::Feed,
};
use crate::{
    AccountId, AlarmEvent, EventCode, Lane, Qualifier,
    codec::surgard::{DC4, Header, LONGEST, encode_event},
    journal::{OutgoingFrame, StoredEvent, lane_of},
    link::surgard::{Sender, SenderEvent, SenderSettings},
    types::{LineNumber, Partition, ReceiverNumber, User, Zone},
};

/// How long a write may take: a port that blocks for so long has failed.
const WRITE: Duration = Duration::from_secs(5);

/// Runs until it is stopped or the journal fails: opens the port again whenever it is gone.
pub(crate) async fn run(
    feed: &mut Feed,
    settings: &SurgardOutput,
    opener: &mut Opener,
    incidents: &Incidents,
    stop: &CancellationToken,
) -> Result<(), Ended> {
    let line = format!("{:0>width$}", 1, width = usize::from(settings.line_digits));
    let header = header(&settings.receiver, &line)?;
    let sender = Sender::new(&SenderSettings {
        header,
        ack_wait: settings.wait,
        heartbeat: settings.heartbeat,
        ..SenderSettings::default()
    });
    let sender = sender.map_err(|error| Ended::Failed(error.to_string()))?;
    let mut output = Output {
        name: feed.name().to_owned(),
        feed,
        header,
        sender,
        in_hand: None,
        silent: false,
        incidents,
    };
    output.resume()?;
    while let Some((mut stream, place)) = opener.open("output", &output.name, stop).await {
        Happening::Up {
            kind: "output",
            name: &output.name,
            place: &place,
        }
        .emit();
        output.sender.connected(clock::now());
        let mut worked = false;
        let ended = output.talk(&mut stream, opener, stop, &mut worked).await;
        drop(stream);
        output.sender.disconnected(clock::now());
        if worked {
            opener.worked();
        }
        match ended {
            Ok(()) | Err(Broken::Stopped) => break,
            Err(Broken::Journal(ended)) => return Err(ended),
            Err(Broken::Port(error)) => {
                let reason = error.to_string();
                let again = Duration::from_millis(500);
                Happening::Down {
                    kind: "output",
                    name: &output.name,
                    reason: &reason,
                    again,
                }
                .emit();
            }
        }
    }
    output.feed.save(Vec::new()).await?;
    Err(Ended::Stopped)
}

fn header<'a>(receiver: &'a str, line: &'a str) -> Result<Header<'a>, Ended> {
    let wrong = |error: crate::types::InvalidText| Ended::Failed(error.to_string());
    Ok(Header {
        receiver: ReceiverNumber::new(receiver).map_err(wrong)?,
        line: LineNumber::new(line).map_err(wrong)?,
    })
}

/// Why a conversation ended.
enum Broken {
    Stopped,
    Port(std::io::Error),
    Journal(Ended),
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Self::Port(error)
    }
}

impl From<crate::journal::JournalError> for Broken {
    fn from(error: crate::journal::JournalError) -> Self {
        Self::Journal(error.into())
    }
}

struct Output<'a> {
    name: String,
    feed: &'a mut Feed,
    header: Header<'a>,
    sender: Sender,
    in_hand: Option<(Lane, i64)>,
    /// It was told that nothing answers.
    silent: bool,
    incidents: &'a Incidents,
}

impl Output<'_> {
    /// Takes the frame up again that may have been out when the program ended.
    fn resume(&mut self) -> Result<(), Ended> {
        for frame in self.feed.reader().outgoing(&self.name)? {
            let Some(lane) = lane_of(frame.event_seq).filter(|_| !frame.settled) else {
                continue;
            };
            match self.feed.next_of(lane)? {
                Some(event) if event.seq == frame.event_seq && self.in_hand.is_none() => {
                    if self
                        .sender
                        .submit(clock::now(), frame.event_seq.unsigned_abs(), &frame.frame)
                        .is_ok()
                    {
                        self.in_hand = Some((lane, event.seq));
                    } else {
                        self.feed.put_back(event);
                    }
                }
                Some(event) => self.feed.put_back(event),
                None => {}
            }
        }
        Ok(())
    }

    async fn talk(
        &mut self,
        stream: &mut Stream,
        opener: &Opener,
        stop: &CancellationToken,
        worked: &mut bool,
    ) -> Result<(), Broken> {
        let mut buffer = [0; 512];
        loop {
            self.events(worked);
            if self.in_hand.is_none() && !stop.is_cancelled() {
                self.take().await?;
            }
            let now = clock::now();
            while let Some(bytes) = self.sender.poll_transmit(now) {
                let bytes = bytes.to_vec();
                let wire = stream.write(&bytes, WRITE).await?;
                self.sender.drained(clock::now().after(wire));
            }
            self.feed.save_lazily();
            let save = self.feed.save_due();
            tokio::select! {
                () = stop.cancelled() => return Err(Broken::Stopped),
                read = stream.read(&mut buffer) => {
                    let count = read?;
                    self.sender.handle_input(clock::now(), buffer.get(..count).unwrap_or_default());
                }
                // Automation software that comes anew has lost its old connection, whatever we know of that.
                fresh = opener.another() => {
                    *stream = fresh;
                    self.sender.disconnected(clock::now());
                    self.sender.connected(clock::now());
                }
                () = clock::until(self.sender.poll_timeout()) => self.sender.handle_timeout(clock::now()),
                () = self.feed.changed(), if self.in_hand.is_none() && self.sender.is_ready() => {}
                () = clock::at(save) => {}
            }
        }
    }

    fn events(&mut self, worked: &mut bool) {
        while let Some(event) = self.sender.poll_event() {
            match event {
                SenderEvent::Delivered { attempts, .. } => {
                    *worked = true;
                    if let Some((lane, seq)) = self.in_hand.take() {
                        self.feed.done(lane, seq);
                    }
                    Happening::Delivered {
                        output: &self.name,
                        events: 1,
                    }
                    .emit();
                    if attempts > 1 {
                        Happening::Resent { output: &self.name }.emit();
                    }
                }
                SenderEvent::Silent => {
                    self.silent = true;
                    let reason = "the automation software does not answer";
                    Happening::Down {
                        kind: "output",
                        name: &self.name,
                        reason,
                        again: Duration::ZERO,
                    }
                    .emit();
                    self.incidents
                        .trouble(true, &format!("output {}: {reason}", self.name));
                }
                SenderEvent::Resumed => {
                    *worked = true;
                    let place = "answers again";
                    Happening::Up {
                        kind: "output",
                        name: &self.name,
                        place,
                    }
                    .emit();
                    if std::mem::take(&mut self.silent) {
                        self.incidents
                            .trouble(false, &format!("output {}: answers again", self.name));
                    }
                }
                SenderEvent::Ignored(bytes) => {
                    tracing::debug!(output = %self.name, bytes, "bytes that answer nothing");
                }
            }
        }
    }

    /// Takes the next event, and makes its frame durable together with the cursor of the last one.
    async fn take(&mut self) -> Result<(), Broken> {
        while self.sender.is_ready() {
            let Some(event) = self.feed.next()? else {
                return Ok(());
            };
            let frame = match encode(self.header, &event) {
                Ok(frame) => frame,
                Err(reason) => {
                    Happening::DeadLetter {
                        output: &self.name,
                        code: &event.code,
                        id: &event.id,
                        reason,
                    }
                    .emit();
                    self.feed.done(event.lane, event.seq);
                    continue;
                }
            };
            let outgoing = OutgoingFrame {
                event_seq: event.seq,
                sequence: 0,
                frame: frame.to_vec(),
                settled: false,
            };
            if let Err(error) = self.feed.save(vec![outgoing]).await {
                self.feed.put_back(event);
                return Err(error.into());
            }
            if self
                .sender
                .submit(clock::now(), event.seq.unsigned_abs(), &frame)
                .is_ok()
            {
                self.in_hand = Some((event.lane, event.seq));
                return Ok(());
            }
            self.feed.put_back(event);
        }
        Ok(())
    }
}

/// The frame that carries an event; Contact ID as `5`, SIA as `S`, what came from such a receiver and has neither code as
/// it came, and what has a class only under the first Contact ID code of that class.
fn encode(header: Header<'_>, stored: &StoredEvent) -> Result<BytesMut, &'static str> {
    let by_class = by_class(stored).map(|code| format!("cid:{code}"));
    let mut out = BytesMut::new();
    let code = match EventCode::parse(&stored.code) {
        Ok(code) => code,
        Err(_)
            if stored.protocol == "surgard"
                && stored.raw.len() <= LONGEST
                && stored.raw.ends_with(&[DC4]) =>
        {
            out.extend_from_slice(&stored.raw);
            return Ok(out);
        }
        Err(_) => EventCode::parse(by_class.as_deref().ok_or("no_code")?).map_err(|_| "no_code")?,
    };
    let qualifier = match stored.qualifier.as_str() {
        "new" => Qualifier::New,
        "restore" => Qualifier::Restore,
        "status" => Qualifier::Status,
        other => Qualifier::from_digit(other.bytes().next().unwrap_or(b'1')),
    };
    let account = stored
        .account
        .as_deref()
        .or(stored.header_account.as_deref())
        .unwrap_or("0000");
    let mut event = AlarmEvent::new(code, qualifier);
    event.account = AccountId::new(account).ok();
    event.partition = stored
        .partition
        .as_deref()
        .and_then(|p| Partition::new(p).ok());
    event.zone = stored.zone.as_deref().and_then(|z| Zone::new(z).ok());
    event.user = stored.user.as_deref().and_then(|u| User::new(u).ok());
    event.text = stored.text.as_deref();
    encode_event(header, &event, &mut out).map_err(|_| "no_fit")?;
    Ok(out)
}
