//! `alarmwire encode dc03` and `alarmwire encode surgard`.

use std::ffi::OsString;

use alarmwire::{
    AccountId,
    codec::{
        dc03::{Event, FskBlock, Function, Modifier, Packet, encode_block},
        surgard::{Basic, Body, ContactIdBody, Frame, Kind, SiaOne},
    },
    types::{LineNumber, ReceiverNumber},
};
use bytes::BytesMut;

use crate::{
    arguments::{self, Usage},
    encode::{CidEvent, text_error},
};

/// A SIA DC-03 event: the blocks of the telephone line, or the data of SIA-DCS.
#[derive(clap::Args, Debug)]
#[command(after_long_help = r"EXAMPLES
  alarmwire encode dc03 --account 1234 --code BA --address 015 --modifier ri1 --hex
  alarmwire encode dc03 --account 1234 --code BA --address 015 --text 'FRONT DOOR' --form data
  alarmwire encode dc03 --code CL --address 3 --modifier ti12:30 --modifier ri2 | alarmwire decode")]
pub(crate) struct Dc03 {
    /// The account, in a block of its own in front; none: only the event
    #[arg(long)]
    account: Option<String>,

    #[command(flatten)]
    event: SiaEvent,

    /// Which form
    #[arg(long, value_enum, default_value = "block")]
    form: Form,

    /// Writes hexadecimal digits and a line feed instead of bytes
    #[arg(long)]
    pub(crate) hex: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Form {
    /// Header, function, data and parity, a block for each
    Block,
    /// `#ACCOUNT|Nri1/BA015`, the data of SIA-DCS
    Data,
}

/// What a SIA event says.
#[derive(clap::Args, Debug)]
struct SiaEvent {
    /// The block's function: N a new event, O an old one
    #[arg(long, default_value = "N")]
    function: char,

    /// Two upper-case letters
    #[arg(long, value_name = "XX")]
    code: String,

    /// Up to four digits, 0 to 9 and A to F
    #[arg(long, default_value = "")]
    address: String,

    /// Two lower-case letters and a value; may be repeated
    #[arg(long, value_name = "xxVALUE")]
    modifier: Vec<String>,

    /// Text between two `^`; knows \xHH
    #[arg(long)]
    text: Option<OsString>,
}

impl SiaEvent {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Usage> {
        let function = u8::try_from(self.function)
            .ok()
            .filter(u8::is_ascii_graphic);
        let function = Function::new(
            function.ok_or_else(|| Usage("a function is one ASCII character".into()))?,
        );
        if !function.has_packets() {
            return Err(Usage("a block of that function has no event".into()));
        }
        let text = self.text.as_deref().map(arguments::unescape).transpose()?;
        let mut packets = Vec::new();
        for modifier in &self.modifier {
            let (kind, value) = modifier.split_at_checked(2).unwrap_or((modifier, ""));
            packets.push(Packet::Modifier(Modifier::new(kind, value)?));
        }
        let event = Event::new(&self.code, &self.address)?;
        packets.push(Packet::Event(match &text {
            Some(text) => event.with_text(text)?,
            None => event,
        }));
        encode_block(function, &packets, out);
        Ok(())
    }
}

impl Dc03 {
    /// The bytes.
    pub(crate) fn encode(&self) -> Result<BytesMut, Usage> {
        let mut data = BytesMut::new();
        if let Some(account) = &self.account {
            account_block(account, &mut data)?;
        }
        self.event.encode(&mut data)?;
        match self.form {
            Form::Data => Ok(data),
            Form::Block => {
                let mut out = BytesMut::new();
                for block in data.as_ref().split(|byte: &u8| *byte == b'|') {
                    FskBlock::new(block)?.encode(&mut out);
                }
                Ok(out)
            }
        }
    }
}

/// Appends `#ACCOUNT|`.
pub(crate) fn account_block(account: &str, out: &mut BytesMut) -> Result<(), Usage> {
    let account = AccountId::new(account).map_err(text_error)?;
    if !account.is_strict() {
        return Err(Usage("an account is 3 to 16 hexadecimal digits".into()));
    }
    out.extend_from_slice(format!("#{account}|").as_bytes());
    Ok(())
}

/// A Sur-Gard frame, as a receiver sends it to automation software.
#[derive(clap::Args, Debug)]
#[command(after_long_help = r"EXAMPLES
  alarmwire encode surgard --account 1234 contact-id --code 131 --partition 01 --zone 015
  alarmwire encode surgard --line 001 --account 1234 sia --code BA --address 015 --modifier ri1
  alarmwire encode surgard heartbeat --hex")]
pub(crate) struct Surgard {
    /// Two hexadecimal digits
    #[arg(long, default_value = "01")]
    receiver: String,

    /// 1 to 7 digits, as the automation software is set to
    #[arg(long, default_value = "1")]
    line: String,

    /// The account; its length is the format's
    #[arg(long)]
    account: Option<String>,

    /// The receiver's clock, HH:MM:SS-dd/mm, where it sends one
    #[arg(long, value_name = "CLOCK")]
    clock: Option<String>,

    /// Writes hexadecimal digits and a line feed instead of bytes
    #[arg(long, global = true)]
    pub(crate) hex: bool,

    #[command(subcommand)]
    format: Format,
}

#[derive(Debug, clap::Subcommand)]
enum Format {
    /// Contact ID (5, with a ten-digit account Q)
    ContactId(CidEvent),
    /// SIA protocol 2 (S)
    Sia(SiaEvent),
    /// SIA protocol 1 (3)
    SiaOne {
        /// Two upper-case letters
        #[arg(long, value_name = "XX")]
        code: String,
        /// Up to four characters
        #[arg(long, default_value = "")]
        address: String,
    },
    /// A basic format (1)
    Basic {
        /// The event's letter
        #[arg(long, default_value = "A")]
        event: char,
        /// One character
        #[arg(long)]
        area: Option<String>,
        /// Zone, user or pulse code: up to three characters
        #[arg(long, default_value = "")]
        code: String,
    },
    /// What the receiver says of itself (0)
    Internal(SiaEvent),
    /// The link test
    Heartbeat,
}

impl Surgard {
    /// The bytes.
    pub(crate) fn encode(&self) -> Result<BytesMut, Usage> {
        let receiver = ReceiverNumber::new(&self.receiver).map_err(text_error)?;
        let line = LineNumber::new(&self.line).map_err(text_error)?;
        let account = || -> Result<AccountId<'_>, Usage> {
            let text = self
                .account
                .as_deref()
                .ok_or_else(|| Usage("the format wants an --account".into()))?;
            AccountId::new(text).map_err(text_error)
        };
        let mut block = BytesMut::new();
        let (kind, body) = match &self.format {
            Format::Heartbeat => (Kind::BASIC, Body::Heartbeat),
            Format::Internal(event) => {
                account_block(self.account.as_deref().unwrap_or("0000"), &mut block)?;
                event.encode(&mut block)?;
                (Kind::INTERNAL, Body::Internal(&block))
            }
            Format::Sia(event) => {
                account_block(account()?.as_str(), &mut block)?;
                event.encode(&mut block)?;
                (Kind::SIA_TWO, Body::SiaTwo(&block))
            }
            Format::SiaOne { code, address } => {
                let code = Event::new(code, "")?.letters();
                (
                    Kind::SIA_ONE,
                    Body::SiaOne(SiaOne {
                        account: account()?,
                        code,
                        address,
                    }),
                )
            }
            Format::Basic { event, area, code } => {
                let event = u8::try_from(*event).ok().filter(u8::is_ascii_uppercase);
                let event = event.ok_or_else(|| Usage("an event's letter is A to Z".into()))?;
                (
                    Kind::BASIC,
                    Body::Basic(Basic {
                        account: account()?,
                        event,
                        area: area.as_deref(),
                        code,
                    }),
                )
            }
            Format::ContactId(event) => return self.contact_id(event, account()?, receiver, line),
        };
        self.frame(Frame::new(kind, receiver, line, body))
    }

    fn contact_id(
        &self,
        event: &CidEvent,
        account: AccountId<'_>,
        receiver: ReceiverNumber<'_>,
        line: LineNumber<'_>,
    ) -> Result<BytesMut, Usage> {
        let event = event.body()?;
        let alarmwire::EventCode::ContactId { qualifier, code } = event.code() else {
            return Err(Usage("the code is none of Contact ID".into()));
        };
        let ten = account.as_str().len() == 10;
        let (kind, mark) = if ten {
            (Kind::CONTACT_ID_TEN, "58")
        } else {
            (Kind::CONTACT_ID, "18")
        };
        let (group, zone) = (event.group(), event.number());
        let body = ContactIdBody {
            mark,
            account,
            qualifier,
            code,
            group,
            zone,
        };
        self.frame(Frame::new(kind, receiver, line, Body::ContactId(body)))
    }

    fn frame<'a>(&'a self, mut frame: Frame<'a>) -> Result<BytesMut, Usage> {
        frame.clock = self.clock.as_deref();
        let mut out = BytesMut::new();
        frame.encode(&mut out)?;
        Ok(out)
    }
}
