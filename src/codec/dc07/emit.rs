use bytes::BytesMut;

use super::{Body, Frame, Kind, NAME};
use crate::{
    codec::{
        Emit,
        bosch6500::field_of,
        columns::{QualifierAs, Writer, cid_digits, fixed, number_and_losses},
        dc03,
    },
    error::EncodeError,
    event::{AlarmEvent, EventCode, Loss, Losses, Refusal},
    types::{LineNumber, ReceiverNumber},
};

/// A number as the two characters that the header has for it: one digit gets a zero in front, zeros too many go.
fn two<'a>(
    field: &'static str,
    text: &'a str,
    padded: &'a mut [u8; 2],
) -> Result<&'a str, EncodeError> {
    let wrong = fixed(field, "anything but two characters");
    let short = match text.len() {
        0..=2 => text,
        _ => text.trim_start_matches('0'),
    };
    let bytes = short.as_bytes();
    if !bytes.iter().all(u8::is_ascii_alphanumeric) {
        return Err(wrong);
    }
    *padded = match *bytes {
        [] if !text.is_empty() => *b"00",
        [one] => [b'0', one],
        [tens, ones] => [tens, ones],
        _ => return Err(wrong),
    };
    core::str::from_utf8(padded).map_err(|_| wrong)
}

/// Appends the frame that carries one event, translated where its code is of another family; says what it lost.
///
/// Contact ID goes out with type `a`, SIA with TAB, an event field of a basic format with TAB.
pub(super) fn emit(
    event: &AlarmEvent<'_>,
    how: &Emit<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    how.translation.as_it_is(event, |event, changed| {
        write(event, how, out).map(|losses| losses.union(changed))
    })?
}

fn write(event: &AlarmEvent<'_>, how: &Emit<'_>, out: &mut BytesMut) -> Result<Losses, Refusal> {
    let mut block = BytesMut::new();
    let (kind, losses) = match event.code {
        EventCode::ContactId { .. } => contact_id(event, Losses::NONE, &mut block)?,
        EventCode::Sia(_) => (Kind::PLAIN, dc03::encode_event(event, true, &mut block)?),
        EventCode::Raw {
            protocol: NAME,
            text: "NULL",
        } => return send(how, Kind::PLAIN, Body::Empty, Losses::NONE, out),
        EventCode::Raw {
            protocol: NAME | "bosch6500",
            text,
        } => basic(text, event, &mut block)?,
        EventCode::Raw { .. } => {
            return how.translation.contact_id(
                event,
                |translated, losses| -> Result<Losses, Refusal> {
                    Ok(write(translated, how, out)?.union(losses))
                },
            )?;
        }
    };
    let account = event.account.ok_or(EncodeError::Missing("account"))?;
    let block = &block;
    send(how, kind, Body::Event { account, block }, losses, out)
}

fn send(
    how: &Emit<'_>,
    kind: Kind,
    body: Body<'_>,
    losses: Losses,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let (mut first, mut second) = ([0; 2], [0; 2]);
    let receiver = two("receiver", how.receiver.as_str(), &mut first)?;
    let line = two("line", how.line.as_str(), &mut second)?;
    let receiver = ReceiverNumber::new(receiver).map_err(|_| fixed("receiver", "no text"))?;
    let line = LineNumber::new(line).map_err(|_| fixed("line", "no text"))?;
    Frame::new(kind, how.sequence, receiver, line, body).encode(out)?;
    Ok(losses)
}

fn contact_id(
    event: &AlarmEvent<'_>,
    losses: Losses,
    block: &mut BytesMut,
) -> Result<(Kind, Losses), Refusal> {
    let (zone, mut losses) = number_and_losses(event, losses);
    if event.text.is_some() {
        losses.note(Loss::Text);
    }
    let digits = cid_digits(NAME, event, zone)?;
    let long = event
        .account
        .is_some_and(|account| account.as_str().len() > 4);
    block.extend_from_slice(if long { b"58" } else { b"18" });
    digits.write(QualifierAs::Digit, &mut Writer { out: block })?;
    Ok((Kind::CONTACT_ID, losses))
}

fn basic(
    text: &str,
    event: &AlarmEvent<'_>,
    block: &mut BytesMut,
) -> Result<(Kind, Losses), Refusal> {
    let (number, mut losses) = number_and_losses(event, Losses::NONE);
    if event.text.is_some() {
        losses.note(Loss::Text);
    }
    if event.partition.is_some() {
        losses.note(Loss::Partition);
    }
    let field = field_of(text)
        .filter(|field| field.contains(&b' ') && field.iter().any(u8::is_ascii_uppercase));
    let field = field.ok_or(fixed(
        "code",
        "an event that is known by its whole frame only",
    ))?;
    if number.len() > 4 || !number.bytes().all(|b| b.is_ascii_alphanumeric()) {
        let (field, protocol) = ("zone", NAME);
        return Err(Refusal::NoPlace { field, protocol });
    }
    block.extend_from_slice(&field);
    block.extend_from_slice(number.as_bytes());
    Ok((Kind::PLAIN, losses))
}
