use bytes::BytesMut;

use super::{Body, Frame, NAME, Settings, SilentKnight};
use crate::{
    codec::{Emit, Quirks, ademco685, contact_id::Digit},
    event::{self, AlarmEvent, EventCode, Loss, Losses, Qualifier, Refusal},
};

impl Frame<'_> {
    /// Hands out the one event with the data that carries it. Says what was odd in the body.
    ///
    /// A Silent Knight event is the code `raw:cp220:A3` or `raw:cp220:31`: class status in lane 1, unless the letter is
    /// the `A` of the drawing and the table says what its digit means.
    pub fn events(
        &self,
        settings: &Settings<'_>,
        each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
    ) -> Quirks {
        let data = self.data();
        match &self.body {
            Body::ContactId(body) => {
                let body = ademco685::Body::ContactId(*body);
                let settings = ademco685::Settings::DEFAULT;
                return ademco685::convert::events(&body, &settings, NAME, &mut |event| {
                    each(event, data);
                });
            }
            Body::SilentKnight(body) => {
                let code = EventCode::Raw {
                    protocol: NAME,
                    text: body.alarm,
                };
                let known = match *body.alarm.as_bytes() {
                    [b'A', digit] => Digit::new(digit).and_then(|d| settings.events.get(d)),
                    _ => None,
                };
                let qualifier = known.map_or(Qualifier::New, |kind| kind.qualifier);
                let mut event = AlarmEvent::new(code, qualifier);
                if let Some(kind) = known {
                    (event.class, event.lane) = (kind.class, kind.class.lane());
                }
                event.account = Some(body.account);
                each(&event, data);
            }
            Body::Text(text) => event::raw(NAME, text, |event| each(event, data)),
        }
        Quirks::NONE
    }
}

/// An event as a frame: one of this protocol's own codes as it is, anything else as Contact ID.
pub(super) fn emit(
    event: &AlarmEvent<'_>,
    how: &Emit<'_>,
    settings: &Settings<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    if settings.time_header > 0 {
        // Nobody says what stands in it.
        return Err(Refusal::NoPlace {
            field: "time header",
            protocol: NAME,
        });
    }
    let mut number = [0; 2];
    let number = ademco685::convert::head(how, NAME, &mut number)?;
    let mut padded = [0; 4];
    if let EventCode::Raw {
        protocol: NAME,
        text,
    } = event.code
        && text.len() == 2
    {
        let account = ademco685::convert::account(event, NAME, &mut padded)?;
        let body = SilentKnight {
            account,
            alarm: text,
        };
        Frame::new(number, Body::SilentKnight(body)).encode(settings, out)?;
        let mut losses = Losses::NONE;
        for (lost, loss) in [
            (event.text.is_some(), Loss::Text),
            (event.time.is_some(), Loss::Time),
            (event.partition.is_some(), Loss::Partition),
            (event.zone.is_some(), Loss::Zone),
            (event.user.is_some(), Loss::User),
        ] {
            if lost {
                losses.note(loss);
            }
        }
        return Ok(losses);
    }
    how.translation.contact_id(event, |event, losses| {
        let (body, own) = ademco685::convert::contact_id_body(event, NAME)?;
        let body = body.fill(event, &mut padded)?;
        Frame::new(number, Body::ContactId(body)).encode(settings, out)?;
        Ok(losses.union(own))
    })?
}
