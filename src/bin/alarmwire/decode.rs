//! `alarmwire decode`: says what frames mean.

use std::{
    ffi::OsString,
    io::{self, BufRead, BufWriter, IsTerminal, Read, Write},
    process::ExitCode,
};

use alarmwire::{
    codec::{DecodeOptions, Decoded, DecodedError, PROTOCOLS, Protocol, registry},
    types::{Now, Timestamp},
};

use crate::arguments::{self, Usage};

/// What is decoded at once from a stream: more than the longest frame of any protocol, and no more than memory can bear.
const WINDOW: usize = 64 * 1024;

/// The longest line of hexadecimal digits.
const HEX_LINE: u64 = 16 * 1024 * 1024;

/// Explains frames of any protocol.
///
/// Frames come from the arguments, or from standard input when there are none.
#[derive(clap::Args, Debug)]
#[command(after_long_help = r#"EXAMPLES
  A frame from a log, line feed and carriage return left out:
      alarmwire decode 'BEB90027"ADM-CID"0001L0#1234[#1234|1130 01 015]'

  The same with everything it had, explained as JSON:
      alarmwire decode --json '\nBEB90027"ADM-CID"0001L0#1234[#1234|1130 01 015]\r'

  An encrypted one:
      alarmwire decode --key ascii:0123456789ABCDEF '\nF8830076"*ADM-CID"0001L0#1234[3C99…\r'

  A serial receiver's frame, as hexadecimal digits:
      alarmwire decode --hex '3530313120313831323334453132313031303031 14'

  Everything a capture holds, one object a line:
      alarmwire decode --json < capture.bin

INPUT
  Arguments know \n \r \t \\ and \xHH; a frame in an argument may lack its line feed or carriage return.
  Standard input is bytes, with any number of frames; with --hex it is lines of hexadecimal digits.

EXIT STATUS
  0 every frame was good, 1 one was not, 2 the command was wrong or there was nothing to decode."#)]
pub(crate) struct Args {
    /// The frames; none: read standard input
    #[arg(value_name = "FRAME")]
    frames: Vec<OsString>,

    /// What to take the frames for
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = protocol)]
    protocol: Choice,

    /// The key of encrypted frames: hex:DIGITS or ascii:TEXT, 16, 24 or 32 bytes
    #[arg(long, value_name = "KEY")]
    key: Option<Secret>,

    /// The time at which the answer is made, instead of the clock's
    #[arg(long, value_name = "RFC3339", value_parser = arguments::moment)]
    now: Option<Timestamp>,

    /// The frames are hexadecimal digits
    #[arg(long)]
    hex: bool,

    /// One JSON object a frame, each on a line
    #[arg(long)]
    json: bool,

    /// Digits of a serial receiver's line number, where they are known
    #[arg(long, value_name = "1-7", value_parser = clap::value_parser!(u8).range(1..=7))]
    lines: Option<u8>,
}

/// A protocol, or whichever fits.
#[derive(Clone, Copy)]
struct Choice(Option<&'static dyn Protocol>);

impl std::fmt::Debug for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.map_or("auto", Protocol::name))
    }
}

/// A key as it was typed, which no message shows.
#[derive(Clone)]
struct Secret(String);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

fn protocol(name: &str) -> Result<Choice, String> {
    match (name, registry::find(name)) {
        ("auto", _) => Ok(Choice(None)),
        (_, Some(protocol)) => Ok(Choice(Some(protocol))),
        _ => {
            let names: Vec<&str> = PROTOCOLS.iter().map(|p| p.name()).collect();
            Err(format!("known are auto {}", names.join(" ")))
        }
    }
}

/// Why decoding stopped early.
enum Stop {
    Usage(Usage),
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Usage> for Stop {
    fn from(usage: Usage) -> Self {
        Self::Usage(usage)
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> ExitCode {
    let stdout = io::stdout();
    let colour = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    // The notation is checked here, since clap's messages would repeat the key.
    let key = match args.key.as_ref().map(|key| arguments::key(&key.0)) {
        None => None,
        Some(Ok(key)) => Some(key),
        Some(Err(why)) => return fail(&why),
    };
    let mut run = Run {
        args,
        key,
        out: BufWriter::new(stdout.lock()),
        colour,
        frames: 0,
        bad: 0,
        last: None,
    };
    let result = run.all().and_then(|()| Ok(run.out.flush()?));
    match result {
        Ok(()) if run.frames == 0 => {
            fail("nothing to decode: no frame in the arguments or on standard input")
        }
        Ok(()) if run.bad > 0 => ExitCode::from(1),
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our output has seen enough.
        Err(Stop::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::from(u8::from(run.bad > 0))
        }
        Err(Stop::Io(error)) => fail(&error.to_string()),
        Err(Stop::Usage(usage)) => {
            // What was decoded before the mistake still counts for the reader.
            let _told = run.out.flush();
            fail(&usage.0)
        }
    }
}

fn fail(message: &str) -> ExitCode {
    let _told = writeln!(io::stderr(), "alarmwire decode: {message}");
    ExitCode::from(2)
}

struct Run<'a, W> {
    args: &'a Args,
    key: Option<Vec<u8>>,
    out: W,
    colour: bool,
    frames: usize,
    bad: usize,
    /// What the frame before was: noise in its stream is its protocol's to skip.
    last: Option<&'static dyn Protocol>,
}

impl<W: Write> Run<'_, W> {
    fn all(&mut self) -> Result<(), Stop> {
        let args = self.args;
        for frame in &args.frames {
            let bytes = if args.hex {
                arguments::from_hex(frame.as_encoded_bytes())?
            } else {
                arguments::unescape(frame)?
            };
            self.last = None;
            self.stream(bytes.as_slice(), true)?;
        }
        if !args.frames.is_empty() {
            return Ok(());
        }
        let mut input = io::stdin().lock();
        if !args.hex {
            return self.stream(input, false);
        }
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            if (&mut input).take(HEX_LINE).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if u64::try_from(line.len()) == Ok(HEX_LINE) && !line.ends_with(b"\n") {
                return Err(
                    Usage(format!("line {number} is longer than {HEX_LINE} digits")).into(),
                );
            }
            let bytes = arguments::from_hex(&line)
                .map_err(|Usage(why)| Usage(format!("line {number}: {why}")))?;
            self.last = None;
            self.stream(bytes.as_slice(), false)?;
        }
        Ok(())
    }

    /// Decodes one stream of bytes, window by window, so that neither its length nor what it holds costs more than a
    /// window's memory.
    fn stream(&mut self, mut input: impl Read, argument: bool) -> Result<(), Stop> {
        let mut window = Vec::new();
        let mut before = 0;
        // Noise that reaches the end of a window goes on in the next one and is told once.
        let mut noise = false;
        loop {
            let missing = (2 * WINDOW).saturating_sub(window.len());
            let read = (&mut input)
                .take(u64::try_from(missing).unwrap_or(0))
                .read_to_end(&mut window)?;
            let ended = read < missing;
            let mut at = 0;
            while let Some(rest) = window
                .get(at..)
                .filter(|rest| !rest.is_empty() && (ended || rest.len() > WINDOW))
            {
                let (mut decoded, taken) = self.decode(rest, argument, before + at > 0);
                let taken = taken.clamp(1, rest.len());
                if let Some(error) = &mut decoded.error {
                    error.offset += before + at;
                }
                let is_noise = !decoded.ok && decoded.token.is_none();
                if !(noise && is_noise) {
                    self.tell(&decoded)?;
                }
                noise = is_noise && taken == rest.len();
                at += taken;
            }
            before += at;
            window.drain(..at);
            if ended {
                return Ok(());
            }
        }
    }

    fn decode(&mut self, rest: &[u8], argument: bool, continued: bool) -> (Decoded, usize) {
        let args = self.args;
        let chosen = args
            .protocol
            .0
            .or_else(|| registry::detect(rest))
            .or(self.last);
        let Some(protocol) = chosen.or_else(|| PROTOCOLS.first().copied()) else {
            let error = DecodedError::new(0, "no protocol is built in");
            let mut nothing = Decoded::default();
            nothing.error = Some(error);
            return (nothing, rest.len());
        };
        self.last = chosen;
        let now = Now {
            utc: args.now.unwrap_or_else(arguments::now),
            ..Now::default()
        };
        protocol.decode(
            rest,
            &DecodeOptions {
                key: self.key.as_deref(),
                now,
                argument,
                continued,
                line_digits: args.lines,
            },
        )
    }

    fn tell(&mut self, decoded: &Decoded) -> io::Result<()> {
        self.frames += 1;
        self.bad += usize::from(!decoded.ok);
        if self.args.json {
            serde_json::to_writer(&mut self.out, decoded)?;
            self.out.write_all(b"\n")
        } else {
            if self.frames > 1 {
                self.out.write_all(b"\n")?;
            }
            write!(self.out, "{}", decoded.pretty().colour(self.colour))
        }
    }
}
