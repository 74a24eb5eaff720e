//! An event as digits.

use arrayvec::ArrayString;
use bytes::{BufMut as _, BytesMut};

use super::{Block, Body};
use crate::{
    EncodeError,
    codec::Emit,
    event::{AlarmEvent, CidRole, EventCode, Loss, Losses, Refusal},
};

/// A number of `width` digits: shorter ones get zeros in front, and zeros are all that longer ones may lose.
fn fit<const WIDTH: usize>(
    number: Option<&str>,
    field: &'static str,
) -> Result<ArrayString<WIDTH>, Refusal> {
    let refusal = Refusal::NoPlace {
        field,
        protocol: super::NAME,
    };
    let number = number.unwrap_or_default();
    let surplus = number.len().saturating_sub(WIDTH);
    let (zeros, digits) = number.split_at_checked(surplus).ok_or(refusal)?;
    let is_digit = |b: u8| b.is_ascii_digit() || matches!(b.to_ascii_uppercase(), b'B'..=b'F');
    if !zeros.bytes().all(|b| b == b'0') || !digits.bytes().all(is_digit) {
        return Err(refusal);
    }
    let mut out = ArrayString::new();
    for _ in digits.len()..WIDTH {
        out.push('0');
    }
    out.push_str(digits);
    Ok(out)
}

impl Body {
    /// The digits of an event with a Contact ID code, and what of it they do not hold: account, text and time have no
    /// place in them, and are the caller's to carry or to report.
    ///
    /// # Errors
    /// When its code is another, its qualifier none of 1, 3 and 6, or a number does not fit its digits: nothing is cut.
    pub fn of_event(event: &AlarmEvent<'_>) -> Result<(Self, Losses), Refusal> {
        let EventCode::ContactId { code, .. } = event.code else {
            return Err(Refusal::NoCode("Contact ID"));
        };
        let is_user = match event.code.contact_id() {
            Some(row) => row.role == CidRole::User,
            None => code.starts_with(b"4"),
        };
        let (zone, user) = (
            event.zone.as_ref().map(|zone| zone.as_str()),
            event.user.as_ref().map(|user| user.as_str()),
        );
        let mut losses = Losses::NONE;
        let number = if is_user {
            if zone.is_some() {
                losses.note(Loss::Zone);
            }
            fit::<3>(user, "user")?
        } else {
            if user.is_some() {
                losses.note(Loss::User);
            }
            fit::<3>(zone, "zone")?
        };
        let group = fit::<2>(
            event.partition.as_ref().map(|area| area.as_str()),
            "partition",
        )?;
        let code = core::str::from_utf8(&code).unwrap_or_default();
        Ok((Self::new(event.qualifier, code, &group, &number)?, losses))
    }
}

/// Appends the block of digits that carries an event, and ends its line.
pub(super) fn emit(
    event: &AlarmEvent<'_>,
    how: &Emit<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    how.translation.contact_id(event, |event, translated| {
        let (body, mut losses) = Body::of_event(event)?;
        let account = event.account.ok_or(EncodeError::Missing("account"))?;
        let block = Block::new(account.as_str(), body)?;
        if event.text.is_some() {
            losses.note(Loss::Text);
        }
        if event.time.is_some() {
            losses.note(Loss::Time);
        }
        block.encode(out);
        // As everywhere in this protocol a block is a line, so that a second one can follow.
        out.put_u8(b'\n');
        Ok(losses.union(translated))
    })?
}
