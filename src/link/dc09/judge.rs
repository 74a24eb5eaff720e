//! The order of checks of dc09.md 12.1, and what each failure gets (contracts 4).

use super::{
    Account, Answer, Answered, Event, Policy, Refusal, Refuse, Refused, Unknown, extras::Extras,
};
use crate::{
    EventCode,
    codec::{
        Quirk, Signal,
        dc09::{Body, Content, Dc09, Frame, Profile, Reply, Token},
    },
    link::Ticket,
    types::{AccountId, Entropy, Now, Timestamp},
};

#[cfg(feature = "crypto")]
use crate::codec::dc09::Key;
#[cfg(feature = "crypto")]
pub(super) use crate::codec::dc09::Scratch;

/// How far the time of sending may lie ahead of ours, and behind it (dc09.md 6), in seconds, both still good.
const AHEAD: i64 = 20;
const BEHIND: i64 = 40;

/// What a judgement needs beside the frame.
pub(super) struct Bench<'p> {
    pub(super) policy: &'p Policy,
    pub(super) entropy: &'p mut dyn Entropy,
    pub(super) reply: &'p mut Reply,
    /// Of the input, then of the account.
    pub(super) profile: &'p Profile,
    pub(super) extras: &'p mut Extras,
}

/// Without `crypto` nothing is decrypted.
#[cfg(not(feature = "crypto"))]
pub(super) struct Scratch;

/// The key that opened a frame, and so closes its answer.
#[cfg(feature = "crypto")]
pub(super) type Opened<'p> = Option<&'p Key>;
#[cfg(not(feature = "crypto"))]
pub(super) type Opened<'p> = Option<core::convert::Infallible>;

impl Bench<'_> {
    /// Judges one frame with a right check value.
    pub(super) fn judge<'b>(
        mut self,
        now: Now,
        frame: Frame<'b>,
        scratch: &'b mut Option<Scratch>,
    ) -> Event<'b> {
        if matches!(
            frame.token,
            Token::Ack | Token::Nak | Token::Duh | Token::Rsp
        ) {
            return refused(&frame, frame.account, Refusal::NotForReceivers, None);
        }
        if matches!(frame.token, Token::Private(_)) {
            let answer = self.duh(&frame);
            return refused(&frame, frame.account, Refusal::UnknownToken, answer);
        }
        // Without an account in the header the data's counts, which an encrypted frame hides (quirk 7).
        let id = frame.account.or(match &frame.body {
            Body::Clear(content) => content.account(),
            Body::Encrypted(_) => None,
        });
        let listed = id.and_then(|id| self.policy.account(id));
        if listed.is_none() && self.policy.unknown == Unknown::Refuse {
            let answer = self.by_policy(&frame);
            return refused(&frame, id, Refusal::UnknownAccount, answer);
        }
        if let Some(profile) = listed.and_then(|account| account.profile.as_ref()) {
            self.profile = profile;
        }
        match frame.body {
            Body::Clear(content) => self.clear(now, frame, id, listed, content),
            #[cfg(feature = "crypto")]
            Body::Encrypted(_) => self.encrypted(now, frame, id, listed, scratch),
            #[cfg(not(feature = "crypto"))]
            Body::Encrypted(_) => {
                let _unused = scratch;
                let answer = self.by_policy(&frame);
                refused(&frame, id, Refusal::NoKey, answer)
            }
        }
    }

    fn clear<'b>(
        self,
        now: Now,
        mut frame: Frame<'b>,
        id: Option<AccountId<'b>>,
        listed: Option<&Account>,
        content: Content<'b>,
    ) -> Event<'b> {
        if listed.is_some_and(Account::refuses_clear) {
            let answer = self.by_policy(&frame);
            return refused(&frame, id, Refusal::Downgrade, answer);
        }
        if let Some(fault) = self.profile.fault(&frame, &content) {
            let answer = self.by_policy(&frame);
            return refused(&frame, id, Refusal::Profile(fault), answer);
        }
        if let (Some(header), Some(data)) = (frame.account, data_account(&content))
            && !same(header, data)
        {
            frame.quirks.note(Quirk::DataAccount);
        }
        let ignored = listed.is_some_and(|account| account.ignore_time);
        if content.timestamp.is_some() && !ignored {
            let sent = content.sent();
            if !sent.is_some_and(|sent| in_window(now.utc, sent)) {
                if self.policy.reject_clear_time {
                    let answer = self.nak(&frame, now);
                    return refused(&frame, id, Refusal::OutsideWindow, answer);
                }
                frame.quirks.note(Quirk::ClockOff);
                if sent.is_some_and(|sent| is_other_zone(now.utc, sent)) {
                    frame.quirks.note(Quirk::LocalTime);
                }
            }
        }
        // Nothing is said in clear to an account that has a key: anyone may have asked.
        let secret = listed.is_some_and(Account::has_key);
        self.accept(now, frame, id, &content, None, secret, false)
    }

    #[cfg(feature = "crypto")]
    fn encrypted<'b>(
        self,
        now: Now,
        mut frame: Frame<'b>,
        id: Option<AccountId<'b>>,
        listed: Option<&Account>,
        scratch: &'b mut Option<Scratch>,
    ) -> Event<'b> {
        let Some((account, key)) =
            listed.and_then(|account| Some((account, account.keys().first()?)))
        else {
            let answer = self.by_policy(&frame);
            return refused(&frame, id, Refusal::NoKey, answer);
        };
        // Connections that never carry an encrypted frame need no room for one.
        let scratch = scratch.get_or_insert_with(Scratch::new);
        // While a key is being changed, two are valid. Which one opens the frame is tried first, as the text then
        // borrows from the scratch room.
        let key = match account.keys() {
            [old, new] if frame.decrypt(old, scratch).is_err() => new,
            _ => key,
        };
        let Ok(content) = frame.decrypt(key, scratch) else {
            let answer = self.by_policy(&frame);
            return refused(&frame, id, Refusal::WrongKey, answer);
        };
        if let Some(fault) = self.profile.fault(&frame, &content) {
            let answer = self.by_policy(&frame);
            return refused(&frame, id, Refusal::Profile(fault), answer);
        }
        if let (Some(header), Some(data)) = (frame.account, data_account(&content))
            && !same(header, data)
        {
            let allowed = AccountId::new(core::str::from_utf8(data).unwrap_or_default())
                .is_ok_and(|data| account.data_accounts.allows(header, data));
            if !allowed {
                return refused(&frame, id, Refusal::ForeignAccount, None);
            }
            frame.quirks.note(Quirk::DataAccount);
        }
        if !account.ignore_time && !content.sent().is_some_and(|sent| in_window(now.utc, sent)) {
            let answer = self.nak(&frame, now);
            return refused(&frame, id, Refusal::OutsideWindow, answer);
        }
        if let (Some(id), [_, second]) = (id, account.keys()) {
            self.extras.used(id, core::ptr::eq(key, second));
        }
        self.accept(
            now,
            frame,
            id,
            &content,
            Some(key),
            false,
            account.ignore_time,
        )
    }

    /// A frame that meets the policy: an event for the journal, or a sign of life that is answered at once. `secret`: it
    /// came in clear from an account that has a key.
    #[expect(clippy::too_many_arguments, reason = "what the two ways to here know")]
    fn accept<'b>(
        self,
        now: Now,
        frame: Frame<'b>,
        id: Option<AccountId<'b>>,
        content: &Content<'b>,
        opened: Opened<'_>,
        secret: bool,
        remember_ciphertext: bool,
    ) -> Event<'b> {
        let signal = Signal {
            protocol: &Dc09,
            token: Some(frame.token.as_str()),
            encrypted: frame.encrypted,
            sequence: Some(frame.sequence),
            receiver: frame.receiver.map(|r| r.as_str()),
            line: frame.line.map(|l| l.as_str()),
            account: id,
            data: content.data,
            extended: content.extended.as_bytes(),
            sent: content.sent(),
            raw: frame.raw,
            possible_repeat: false,
            remember_ciphertext,
            quirks: frame.quirks,
        };
        // An encrypted sign of life of an account without a clock could be replayed for ever, so it goes the way of
        // events, where ciphertexts are remembered.
        let storing = remember_ciphertext
            || match frame.token {
                Token::Null => !content.data.is_empty() && reads_as_event(&signal),
                Token::Xnm => !content.data.is_empty(),
                _ => true,
            };
        let response = match id.filter(|_| !secret && self.extras.has_any()) {
            Some(id) => {
                let (profile, entropy) = (self.profile, &mut *self.entropy);
                self.extras
                    .respond(&frame, id, now, opened, profile, entropy)
            }
            None => None,
        };
        if storing {
            let mut ticket = Ticket::new();
            match response {
                Some(response) => ticket.respond(response),
                None => ack(
                    &frame,
                    now,
                    opened,
                    self.profile,
                    self.entropy,
                    ticket.room(),
                ),
            }
            Event::Signal(ticket, signal)
        } else {
            self.reply.clear();
            let is_response = response.is_some();
            match response {
                Some(response) => self.extras.owe(response),
                None => ack(&frame, now, opened, self.profile, self.entropy, self.reply),
            }
            Event::Answered(Answered {
                response: is_response,
                token: frame.token.as_str(),
                encrypted: frame.encrypted,
                account: id,
                extended: signal.extended,
                raw: frame.raw,
            })
        }
    }

    fn by_policy(self, frame: &Frame<'_>) -> Option<Answer> {
        match self.policy.refuse {
            Refuse::Silent => None,
            Refuse::Duh => self.duh(frame),
        }
    }

    fn duh(self, frame: &Frame<'_>) -> Option<Answer> {
        self.reply.clear();
        self.profile.duh(frame, self.reply);
        Some(Answer::Duh)
    }

    fn nak(self, frame: &Frame<'_>, now: Now) -> Option<Answer> {
        self.reply.clear();
        self.profile.nak(frame, now.utc, self.reply);
        Some(Answer::Nak)
    }
}

const fn refused<'b>(
    frame: &Frame<'b>,
    account: Option<AccountId<'b>>,
    reason: Refusal,
    answer: Option<Answer>,
) -> Event<'b> {
    Event::Refused(Refused {
        reason,
        account,
        answer,
        raw: frame.raw,
    })
}

fn ack(
    frame: &Frame<'_>,
    now: Now,
    opened: Opened<'_>,
    profile: &Profile,
    entropy: &mut dyn Entropy,
    out: &mut Reply,
) {
    #[cfg(feature = "crypto")]
    match opened {
        Some(key) => profile.ack_encrypted(frame, key, now.utc, entropy, out),
        None => profile.ack(frame, out),
    }
    #[cfg(not(feature = "crypto"))]
    {
        let (_, _, _) = (now, opened, entropy);
        profile.ack(frame, out);
    }
}

/// The account block of the data, where something stands in it.
fn data_account<'a>(content: &Content<'a>) -> Option<&'a [u8]> {
    content.data_account().filter(|block| !block.is_empty())
}

/// Whether header and data name the same panel: but for case and leading zeros.
fn same(header: AccountId<'_>, data: &[u8]) -> bool {
    header.as_str().as_bytes().eq_ignore_ascii_case(data)
        || core::str::from_utf8(data)
            .is_ok_and(|data| AccountId::new(data).is_ok_and(|data| header.same_panel(data)))
}

/// Whole seconds, as the frame has no more: 20 ahead and 40 behind are still good.
const fn in_window(now: Timestamp, sent: Timestamp) -> bool {
    let ahead = seconds(sent) - seconds(now);
    ahead <= AHEAD && -ahead <= BEHIND
}

/// Whether the clock is right, but for whole quarters of an hour up to 14 hours: a local time (quirk 9).
const fn is_other_zone(now: Timestamp, sent: Timestamp) -> bool {
    const QUARTER: i64 = 15 * 60;
    let ahead = seconds(sent) - seconds(now);
    let quarters = (ahead + BEHIND).div_euclid(QUARTER);
    quarters != 0
        && quarters.abs() <= 14 * 4
        && (ahead + BEHIND).rem_euclid(QUARTER) <= AHEAD + BEHIND
}

const fn seconds(at: Timestamp) -> i64 {
    at.as_nanos().div_euclid(1_000_000_000)
}

/// Whether the data of a NULL hold more than filling (quirk 28).
fn reads_as_event(signal: &Signal<'_>) -> bool {
    let mut reads = false;
    signal.events(&mut |event, _| reads |= !matches!(event.code, EventCode::Raw { .. }));
    reads
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shifted(seconds: i64) -> (Timestamp, Timestamp) {
        let now = Timestamp::from_nanos(1_700_000_000_900_000_000);
        (now, now.offset(seconds * 1_000_000_000 - 900_000_000))
    }

    #[test]
    fn the_window_is_twenty_ahead_and_forty_behind_in_whole_seconds() {
        for (seconds, good) in [
            (20, true),
            (21, false),
            (0, true),
            (-40, true),
            (-41, false),
        ] {
            let (now, sent) = shifted(seconds);
            assert_eq!(in_window(now, sent), good, "{seconds}");
        }
    }

    #[test]
    fn a_local_time_is_whole_quarters_of_an_hour_away() {
        for (seconds, zone) in [
            (3600, true),
            (3590, true),
            (-18_000, true),
            (20_700, true),
            (90, false),
            (0, false),
            (86_400, false),
        ] {
            let (now, sent) = shifted(seconds);
            assert_eq!(is_other_zone(now, sent), zone, "{seconds}");
        }
    }
}
