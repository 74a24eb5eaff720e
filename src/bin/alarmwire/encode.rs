//! `alarmwire encode`: makes frames by hand, one subcommand a protocol.

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use alarmwire::{
    AccountId, EncodeError, Qualifier,
    codec::{
        contact_id::{Block, Body},
        dc09::{CrcForm, Field, Key, Message, Profile, Style, Token},
    },
    types::{LineNumber, ReceiverNumber, Sequence, Timestamp, encode_hex},
};
use bytes::BytesMut;

use crate::{
    arguments::{self, Usage},
    encode_serial,
};

/// Makes a frame and writes it to standard output.
#[derive(clap::Args, Debug)]
#[command(after_long_help = r#"EXAMPLES
  A burglary from zone 15 of partition 1, sent to a receiver:
      alarmwire encode dc09 --token ADM-CID --seq 1 --account 1234 \
          --data '#1234|1130 01 015' | nc -N 127.0.0.1 12128

  The same, encrypted, as digits:
      alarmwire encode dc09 --token ADM-CID --seq 1 --account 1234 \
          --data '#1234|1130 01 015' --key ascii:0123456789ABCDEF --hex

  The sixteen tones of Contact ID, with their check digit:
      alarmwire encode contact-id --account 1234 --code 131 --partition 01 --zone 015

  What a frame means:
      alarmwire encode surgard --account 1234 contact-id --code 131 --zone 015 | alarmwire decode

EXIT STATUS
  0, or 2 with the reason when there is no such frame."#)]
pub(crate) struct Args {
    #[command(subcommand)]
    protocol: Protocol,
}

#[derive(Debug, clap::Subcommand)]
enum Protocol {
    Dc09(Box<Dc09>),
    ContactId(ContactId),
    Dc03(encode_serial::Dc03),
    Surgard(encode_serial::Surgard),
}

/// A SIA DC-09 frame, in clear or encrypted.
#[derive(clap::Args, Debug)]
#[command(after_long_help = r"EXAMPLES
  A link test:
      alarmwire encode dc09 --token NULL --seq 0 --account 1234 --timestamp now

  A fire alarm with text, place and position:
      alarmwire encode dc09 --token SIA-DCS --seq 7 --account 1234 --receiver 1 --line 2 \
          --data '#1234|Nri1/FA003^KITCHEN^' --ext 'LGround floor' --ext X093W23.456 --ext Y45N23.456

  An encrypted frame that is the same each time, for a test:
      alarmwire encode dc09 --token NULL --seq 0 --account 1234 --key ascii:0123456789ABCDEF \
          --timestamp 12:00:00,01-31-2026 --pad-hex 000102030405060708090A0B0C0D0E0F10111213141516171819 --hex")]
struct Dc09 {
    /// The id token: NULL, ADM-CID, SIA-DCS, …; a star in front of it may stand, and says that a key must be given
    #[arg(long, value_name = "TOKEN")]
    token: String,

    /// The sequence, 0 to 9999
    #[arg(long, value_name = "NUMBER", value_parser = sequence)]
    seq: Sequence,

    /// The account in the header, 3 to 16 hexadecimal digits
    #[arg(long)]
    account: String,

    /// All that stands between the first brackets, account block included; knows \xHH
    #[arg(long, default_value = "")]
    data: OsString,

    /// The receiver number; none: left out
    #[arg(long)]
    receiver: Option<String>,

    /// The line number
    #[arg(long, default_value = "0")]
    line: String,

    /// An extended field, its letter first; may be repeated; knows \xHH
    #[arg(long, value_name = "LTEXT")]
    ext: Vec<OsString>,

    /// The time of sending: `now`, HH:MM:SS,MM-DD-YYYY, or RFC 3339; with a key `now` unless told otherwise
    #[arg(long, value_name = "TIME", value_parser = sent)]
    timestamp: Option<Timestamp>,

    /// Encrypts with this key: hex:DIGITS or ascii:TEXT, 16, 24 or 32 bytes; with the profiles key-hex and key-ascii also
    /// as the product's menu takes it
    #[arg(long)]
    key: Option<String>,

    /// The habits of a peer, by a name of docs/protocols/dc09.md: `binary-crc`, `no-line`, `short-pad` …; the options
    /// below add to them
    #[arg(long, value_name = "NAME", default_value = "standard", value_parser = profile)]
    profile: Profile,

    /// How the check value is written
    #[arg(long, value_enum)]
    crc: Option<Crc>,

    /// These pad bytes, as digits, instead of random ones
    #[arg(long, value_name = "DIGITS", requires = "key")]
    pad_hex: Option<String>,

    /// 1 to 16 pad bytes, as old receivers expect, instead of 16 to 31
    #[arg(long, requires = "key")]
    short_pad: bool,

    /// No `|` behind the pad where there is no data
    #[arg(long, requires = "key")]
    no_pipe: bool,

    /// Lower-case digits in check value, length and ciphertext
    #[arg(long)]
    lower: bool,

    /// Writes hexadecimal digits and a line feed instead of bytes
    #[arg(long)]
    hex: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Crc {
    /// Four hexadecimal digits
    Hex,
    /// Two raw bytes
    Binary,
    /// Over the carriage return too, as Eldes panels do
    HexOverCr,
}

/// A Contact ID (DC-05) event: the block of tones, or another of its forms.
#[derive(clap::Args, Debug)]
#[command(after_long_help = r"EXAMPLES
  alarmwire encode contact-id --account 1234 --code 131 --partition 01 --zone 015
  alarmwire encode contact-id --account 1234 --code 131 --zone 015 --qualifier restore --form body")]
struct ContactId {
    /// 4 or 10 digits, 0 to 9 and B to F; in a body 3 to 16 hexadecimal digits
    #[arg(long)]
    account: String,

    #[command(flatten)]
    event: CidEvent,

    /// Which form
    #[arg(long, value_enum, default_value = "block")]
    form: CidForm,

    /// Writes hexadecimal digits and a line feed instead of bytes
    #[arg(long)]
    hex: bool,
}

/// What a Contact ID event says.
#[derive(clap::Args, Debug)]
pub(crate) struct CidEvent {
    /// The three digits of the event code
    #[arg(long, value_name = "EEE", default_value = "130")]
    code: String,

    /// new (1), restore (3) or status (6)
    #[arg(long, default_value = "new", value_parser = qualifier)]
    qualifier: Qualifier,

    /// Two digits; 00 for none
    #[arg(long, value_name = "GG", default_value = "00")]
    partition: String,

    /// Three digits of a zone or user; 000 for none
    #[arg(
        long,
        value_name = "CCC",
        default_value = "000",
        visible_alias = "user"
    )]
    zone: String,
}

impl CidEvent {
    /// The event as a body.
    pub(crate) fn body(&self) -> Result<Body, EncodeError> {
        Body::new(self.qualifier, &self.code, &self.partition, &self.zone)
    }
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum CidForm {
    /// Account, message type, event and check digit: 16 or 22 digits
    Block,
    /// The same as telephone keys
    Keys,
    /// `#ACCOUNT|QEEE GG CCC`, the data of ADM-CID
    Body,
    /// `#ACCOUNT|18QEEEGGCCCk`, as some panels send it in ADM-CID
    Raw,
}

fn sequence(text: &str) -> Result<Sequence, String> {
    let number: u16 = text
        .parse()
        .map_err(|_| "a sequence is 0 to 9999".to_owned())?;
    Sequence::new(number).map_err(|error| error.to_string())
}

fn qualifier(text: &str) -> Result<Qualifier, String> {
    match text {
        "new" | "1" => Ok(Qualifier::New),
        "restore" | "3" => Ok(Qualifier::Restore),
        "status" | "6" => Ok(Qualifier::Status),
        _ => Err("known are new, restore and status".into()),
    }
}

/// `now`, the protocol's own notation, or RFC 3339.
fn sent(text: &str) -> Result<Timestamp, String> {
    if text == "now" {
        // The protocol knows whole seconds.
        return Ok(arguments::now());
    }
    let digits: Vec<&str> = text.split([':', ',', '-']).collect();
    if let ([hour, minute, second, month, day, year], true) =
        (digits.as_slice(), text.contains(','))
    {
        let two = |field: &str| {
            field
                .parse::<u8>()
                .map_err(|_| format!("`{field}` is no number of two digits"))
        };
        let year = year.parse().map_err(|_| format!("`{year}` is no year"))?;
        return Timestamp::from_civil(
            year,
            two(month)?,
            two(day)?,
            two(hour)?,
            two(minute)?,
            two(second)?,
        )
        .map_err(|error| error.to_string());
    }
    arguments::moment(text)
}

/// Why there is no frame.
impl From<EncodeError> for Usage {
    fn from(error: EncodeError) -> Self {
        Self(error.to_string())
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> ExitCode {
    let (frame, hex) = match &args.protocol {
        Protocol::Dc09(args) => (dc09(args), args.hex),
        Protocol::ContactId(args) => (contact_id(args), args.hex),
        Protocol::Dc03(args) => (args.encode(), args.hex),
        Protocol::Surgard(args) => (args.encode(), args.hex),
    };
    let written = match frame {
        Ok(frame) if hex => io::stdout().write_all(format!("{}\n", encode_hex(&frame)).as_bytes()),
        Ok(frame) => io::stdout().write_all(&frame),
        Err(Usage(why)) => return fail(&why),
    };
    match written.and_then(|()| io::stdout().flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(message: &str) -> ExitCode {
    let _told = writeln!(io::stderr(), "alarmwire encode: {message}");
    ExitCode::from(2)
}

/// A mistake in a value, as one in the command.
pub(crate) fn text_error(error: impl std::fmt::Display) -> Usage {
    Usage(error.to_string())
}

fn dc09(args: &Dc09) -> Result<BytesMut, Usage> {
    let name = args.token.strip_prefix('*').unwrap_or(&args.token);
    let token = Token::new(name).ok_or_else(|| Usage(format!("`{name}` can't be a token")))?;
    if name.len() < args.token.len() && args.key.is_none() {
        return Err(Usage("a token with a star wants a key".into()));
    }
    let receiver = args
        .receiver
        .as_deref()
        .map(ReceiverNumber::new)
        .transpose()
        .map_err(text_error)?;
    let line = Some(LineNumber::new(&args.line).map_err(text_error)?);
    let account = Some(AccountId::new(&args.account).map_err(text_error)?);
    let data = arguments::unescape(&args.data)?;
    let extended: Vec<Vec<u8>> = args
        .ext
        .iter()
        .map(|text| arguments::unescape(text))
        .collect::<Result<_, _>>()?;
    let extended: Vec<Field<'_>> = extended
        .iter()
        .map(|text| match text.split_first() {
            Some((letter, value)) => Ok(Field {
                letter: *letter,
                value,
            }),
            None => Err(Usage("an extended field starts with its letter".into())),
        })
        .collect::<Result<_, _>>()?;
    let pad = args
        .pad_hex
        .as_deref()
        .map(|digits| arguments::from_hex(digits.as_bytes()))
        .transpose()?;
    let habits = args.profile.style();
    if args.key.is_some() && !habits.header_account {
        return Err(Usage(
            "without an account in the header nothing can be encrypted".into(),
        ));
    }
    let style = Style {
        crc: match args.crc {
            None => habits.crc,
            Some(Crc::Hex) => CrcForm::Hex,
            Some(Crc::Binary) => CrcForm::Binary,
            Some(Crc::HexOverCr) => CrcForm::HexOverCr,
        },
        lower: args.lower || habits.lower,
        short_pad: args.short_pad || habits.short_pad,
        pipe: !args.no_pipe && habits.pipe,
        pad: pad.as_deref(),
        ..habits
    };
    let mut message = Message {
        token,
        sequence: args.seq,
        receiver,
        line,
        account,
        data: &data,
        extended: &extended,
        timestamp: args.timestamp,
    };
    let mut out = BytesMut::new();
    match &args.key {
        None => message.encode(&style, &mut out)?,
        Some(text) => {
            // The notation is checked here, since its messages repeat no key.
            let key = match arguments::key(text) {
                Ok(bytes) => Key::from_bytes(&bytes).map_err(text_error)?,
                // As the product's menu takes it; no key in such a form is as long as one with its notation in front.
                Err(error) => args.profile.read_key(text).map_err(|_| Usage(error))?,
            };
            message.timestamp.get_or_insert_with(arguments::now);
            let mut failed = None;
            let mut entropy = |bytes: &mut [u8]| {
                if let Err(error) = getrandom::fill(bytes) {
                    failed = Some(error);
                }
            };
            message.encode_encrypted(&style, &key, &mut entropy, &mut out)?;
            if let Some(error) = failed {
                return Err(Usage(format!("no random bytes: {error}")));
            }
        }
    }
    Ok(out)
}

fn profile(name: &str) -> Result<Profile, String> {
    Profile::find(name).ok_or_else(|| {
        let names: Vec<_> = Profile::ALL.iter().map(|(name, _)| *name).collect();
        format!("the profiles are {}", names.join(", "))
    })
}

fn contact_id(args: &ContactId) -> Result<BytesMut, Usage> {
    let body = args.event.body()?;
    let mut out = BytesMut::new();
    match args.form {
        CidForm::Block => Block::new(&args.account, body)?.encode(&mut out),
        CidForm::Keys => Block::new(&args.account, body)?.encode_keys(&mut out),
        CidForm::Body => {
            encode_serial::account_block(&args.account, &mut out)?;
            body.encode(&mut out);
        }
        CidForm::Raw => {
            encode_serial::account_block(&args.account, &mut out)?;
            body.encode_raw(&args.account, &mut out)?;
        }
    }
    Ok(out)
}
