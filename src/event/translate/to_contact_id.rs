//! From SIA to Contact ID (translation.md 2).

use arrayvec::{ArrayString, ArrayVec};

use super::{
    Join, Loss, Losses, Refusal, Translation, may_become,
    number::{self, Scratch, ZoneBase},
};
use crate::{
    event::{AlarmEvent, CidRole, EventCode, Qualifier, lookup},
    types::{Partition, User, Zone},
};

/// The most Contact ID events that one SIA event becomes.
const MOST: usize = 4;

struct Prepared {
    code: EventCode<'static>,
    number: Scratch,
    user: bool,
    losses: Losses,
}

pub(super) fn translate<R: Join>(
    how: &Translation,
    event: &AlarmEvent<'_>,
    code: [u8; 2],
    mut then: impl FnMut(&AlarmEvent<'_>, Losses) -> R,
) -> Result<R, Refusal> {
    let mut scratch = ArrayString::new();
    let (account, changed) = how.account(event.account, &mut scratch)?;
    let mut group = Scratch::new();
    if let Some(partition) = event.partition {
        group = number::group(partition.as_str())?;
    }
    // All of it is known to fit before the first is handed out.
    let mut all = ArrayVec::<Prepared, MOST>::new();
    let mut add = |digits: [u8; 4]| {
        all.try_push(prepare(how, event, code, digits)?)
            .map_err(|_| Refusal::NoCode("Contact ID"))
    };
    if let Some(digits) = how.open.contact_id.or_else(|| by_number(event, code)) {
        add(digits)?;
    } else {
        how.equivalents(code).try_for_each(&mut add)?;
    }
    let mut result: Option<R> = None;
    for part in &all {
        let EventCode::ContactId { qualifier, .. } = part.code else {
            continue;
        };
        let mut translated = AlarmEvent::new(part.code, Qualifier::from_digit(qualifier));
        translated.account = account;
        translated.partition = Partition::new(&group).ok();
        if part.user {
            translated.user = User::new(&part.number).ok();
        } else {
            translated.zone = Zone::new(&part.number).ok();
        }
        translated.text = event.text;
        translated.time = event.time;
        let one = then(&translated, part.losses.union(changed));
        let so_far = match result {
            Some(earlier) => earlier.both(one),
            None => one,
        };
        if so_far.failed() {
            return Ok(so_far);
        }
        result = Some(so_far);
    }
    result.ok_or(Refusal::NoCode("Contact ID"))
}

/// Codes whose equivalent depends on what they name: a user's hold-up is duress, and the second telephone line has a
/// code of its own (translation.md 3).
fn by_number(event: &AlarmEvent<'_>, code: [u8; 2]) -> Option<[u8; 4]> {
    let duress = event.user.is_some() && event.zone.is_none();
    match &code {
        b"HA" if duress => Some(*b"1121"),
        b"HH" | b"HR" if duress => Some(*b"3121"),
        b"LT" if line(event) == Some("2") => Some(*b"1352"),
        b"LR" if line(event) == Some("2") => Some(*b"3352"),
        _ => None,
    }
}

fn line<'a>(event: &AlarmEvent<'a>) -> Option<&'a str> {
    event.zone.map(|zone| zone.as_str().trim_start_matches('0'))
}

fn prepare(
    how: &Translation,
    event: &AlarmEvent<'_>,
    letters: [u8; 2],
    digits: [u8; 4],
) -> Result<Prepared, Refusal> {
    let [first, code @ ..] = digits;
    // Reported again: 6, unless it is the end of something.
    let qualifier = match (event.qualifier, first) {
        (Qualifier::Status, b'1') => b'6',
        _ => first,
    };
    let cid = EventCode::ContactId { qualifier, code };
    // Untyped zones that are known to be technical are no alarm function, nor is the end of a trouble that was told as
    // one when it began (BR after BT).
    let technical = how.technical_untyped && matches!(&letters, b"UA" | b"UH" | b"UR");
    let same_class = match may_become(event.code, cid) {
        Err(_) if technical || how.open.contact_id.is_some() => false,
        other => other?,
    };
    let (new, restore) = how.profile.sia_of(code);
    let back = match (first, new) {
        (b'3', _) => restore,
        // With a zone a confirmed alarm is BM.
        (_, Some([b'B', b'V'])) if event.zone.is_some() => Some(*b"BM"),
        _ => new,
    };
    let mut losses = Losses::NONE
        .with(Loss::Class, !same_class)
        .with(Loss::Detail, back != Some(letters));
    let role = lookup::contact_id(code).map_or(CidRole::Zone, |row| row.role);
    let user = role == CidRole::User;
    let numbered_line = matches!(&code, b"351" | b"352")
        && matches!(
            (&code, line(event)),
            (b"351", Some("1")) | (b"352", Some("2"))
        );
    let mut number = Scratch::new();
    if user {
        losses = losses.with(Loss::Zone, event.zone.is_some());
        if let Some(text) = event.user {
            number = number::ccc(text.as_str(), ZoneBase::Decimal, &[], "user")?;
        }
    } else {
        losses = losses.with(Loss::User, event.user.is_some());
        if let Some(text) = event.zone.filter(|_| !numbered_line) {
            number = number::ccc(text.as_str(), how.zone_base, how.zone_table(), "zone")?;
        }
    }
    Ok(Prepared {
        code: cid,
        number,
        user,
        losses,
    })
}

impl Translation {
    /// The Contact ID codes of a SIA code under these settings.
    pub(super) fn equivalents(&self, code: [u8; 2]) -> impl Iterator<Item = [u8; 4]> + use<> {
        let technical = match &code {
            b"UA" if self.technical_untyped => Some(*b"1150"),
            b"UH" | b"UR" if self.technical_untyped => Some(*b"3150"),
            _ => None,
        };
        let table = technical
            .is_none()
            .then(|| self.profile.contact_id_of(code));
        technical.into_iter().chain(table.into_iter().flatten())
    }
}
