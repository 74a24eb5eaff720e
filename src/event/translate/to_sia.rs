//! From Contact ID to SIA (translation.md 2).

use core::fmt::Write as _;

use arrayvec::ArrayString;

use super::{
    Join, Loss, Losses, Refusal, Translation, may_become,
    number::{self, Scratch},
    places::{Address, address_of},
};
use crate::{
    event::{AlarmEvent, EventCode, Function, Qualifier, lookup},
    types::{Partition, User, Zone},
};

const SIA: Refusal = Refusal::NoCode("SIA");

/// Text that the translation adds where a code says less than the original.
const MOST_TEXT: usize = 96;

type Text = ArrayString<MOST_TEXT>;

pub(super) fn translate<R: Join>(
    how: &Translation,
    event: &AlarmEvent<'_>,
    qualifier: Qualifier,
    code: [u8; 3],
    then: impl FnMut(&AlarmEvent<'_>, Losses) -> R,
) -> Result<R, Refusal> {
    let zone = event.zone.map(Zone::as_str).filter(|zone| names(zone));
    if code == *b"465" && zone.is_none() {
        return Err(Refusal::Misleading("a restore of all panic zones"));
    }
    let (new, restore) = how.profile.sia_of(code);
    let letters = match qualifier {
        Qualifier::New | Qualifier::Status => choose(how, code, zone, new),
        Qualifier::Restore => restore.or_else(|| family(how, new)),
        Qualifier::Other(_) => return Err(SIA),
    };
    let Some(letters) = letters else {
        return original(how, event, qualifier, code, then);
    };
    let sia = EventCode::Sia(letters);
    let told = sia.sia_qualifier(qualifier == Qualifier::Status);
    if qualifier == Qualifier::Status && told != Qualifier::Status {
        return Err(Refusal::Misleading("the end of a condition"));
    }
    let same_class = may_become(event.code, sia)?;
    let mut losses = Losses::NONE
        .with(Loss::Qualifier, told != qualifier)
        .with(Loss::Class, !same_class);

    let mut added = Text::new();
    let detail = match &code {
        b"123" => "audible",
        b"158" => "high temperature",
        _ => "",
    };
    added.push_str(detail);
    let mut place = Scratch::new();
    let line = match &code {
        b"351" => Some("1"),
        b"352" => Some("2"),
        _ => None,
    };
    let goes = if line.is_some() {
        Address::Area
    } else {
        address_of(sia, event.partition.is_some())
    };
    if let Some(zone) = zone {
        if goes == Address::Zone {
            place = number::address(zone, how.zone_base, how.zone_table(), "zone")?;
        } else {
            losses.note(Loss::Zone);
            let blank = if added.is_empty() { "" } else { " " };
            let _fits = write!(added, "{blank}zone {zone}");
        }
    }
    if let Some(line) = line {
        place.push_str(line);
    }
    let mut user = Scratch::new();
    if let Some(text) = event.user.map(User::as_str).filter(|user| names(user)) {
        if goes == Address::User {
            user = number::address(text, number::ZoneBase::Decimal, &[], "user")?;
        } else if let Ok(id) = number::id(text) {
            user = id;
        } else {
            losses.note(Loss::User);
            let blank = if added.is_empty() { "" } else { " " };
            let _fits = write!(added, "{blank}user {text}");
        }
    }
    let duress = !user.is_empty() && zone.is_none();
    losses = losses.with(Loss::Detail, back(how, letters, code, duress) != Some(code));
    // What the panel said itself is worth more than what we would add.
    let text = event
        .text
        .or(Some(added.as_bytes()).filter(|text| !text.is_empty()));
    if !detail.is_empty() && event.text.is_some() {
        losses.note(Loss::Detail);
    }
    hand_out(how, event, sia, told, losses, (&place, &user, text), then)
}

/// What SIA has no code for, as YX with the original as text, if the settings ask for it.
pub(super) fn unknown<R: Join>(
    how: &Translation,
    event: &AlarmEvent<'_>,
    protocol: &str,
    text: &str,
    then: impl FnMut(&AlarmEvent<'_>, Losses) -> R,
) -> Result<R, Refusal> {
    let mut told = Text::new();
    let mut shown = text.chars().map(|c| {
        if matches!(c, '[' | ']' | '|' | '^' | '/') {
            ' '
        } else {
            c
        }
    });
    let fits = write!(told, "{protocol} ").is_ok() && shown.all(|c| told.try_push(c).is_ok());
    fallback(how, event, event.qualifier, &told, fits, then)
}

fn original<R: Join>(
    how: &Translation,
    event: &AlarmEvent<'_>,
    qualifier: Qualifier,
    code: [u8; 3],
    then: impl FnMut(&AlarmEvent<'_>, Losses) -> R,
) -> Result<R, Refusal> {
    let mut told = Text::new();
    let group = event.partition.map_or("00", Partition::as_str);
    let number = event
        .zone
        .map(Zone::as_str)
        .or(event.user.map(User::as_str))
        .unwrap_or("000");
    let code = core::str::from_utf8(&code).unwrap_or("???");
    let digit = char::from(qualifier.digit());
    let fits = write!(told, "{digit}{code} {group} {number}").is_ok();
    fallback(how, event, qualifier, &told, fits, then)
}

fn fallback<R: Join>(
    how: &Translation,
    event: &AlarmEvent<'_>,
    qualifier: Qualifier,
    text: &str,
    whole: bool,
    then: impl FnMut(&AlarmEvent<'_>, Losses) -> R,
) -> Result<R, Refusal> {
    // The end of something has no place in a code that begins a trouble.
    if !how.fallback || !matches!(qualifier, Qualifier::New | Qualifier::Status) {
        return Err(SIA);
    }
    let sia = EventCode::Sia(*b"YX");
    let to = sia.class_and_lane(Qualifier::New).0;
    may_become(event.code, sia)?;
    // The letters of basic formats have the class that their table gives them.
    if event.class.function().is_some() {
        let from = event.class;
        return Err(Refusal::Demotion { from, to });
    }
    let losses = Losses::NONE
        .with(Loss::Detail, true)
        .with(Loss::Class, event.class != to)
        .with(Loss::Zone, event.zone.is_some())
        .with(Loss::User, event.user.is_some())
        .with(Loss::Text, event.text.is_some() || !whole);
    let told = sia.sia_qualifier(qualifier == Qualifier::Status);
    let text = Some(text.as_bytes());
    hand_out(how, event, sia, told, losses, ("", "", text), then)
}

fn hand_out<R: Join>(
    how: &Translation,
    event: &AlarmEvent<'_>,
    code: EventCode<'_>,
    qualifier: Qualifier,
    losses: Losses,
    (zone, user, text): (&str, &str, Option<&[u8]>),
    mut then: impl FnMut(&AlarmEvent<'_>, Losses) -> R,
) -> Result<R, Refusal> {
    let mut scratch = ArrayString::new();
    let (account, changed) = how.account(event.account, &mut scratch)?;
    let mut group = Scratch::new();
    if let Some(partition) = event.partition.filter(|area| names(area.as_str())) {
        group = number::area(partition.as_str())?;
    }
    let mut translated = AlarmEvent::new(code, qualifier);
    translated.account = account;
    translated.partition = Partition::new(&group).ok();
    translated.zone = Zone::new(zone).ok();
    translated.user = User::new(user).ok();
    translated.text = text;
    translated.time = event.time;
    Ok(then(&translated, losses.union(changed)))
}

/// The code of a new event, where the table's one is not the best.
fn choose(
    how: &Translation,
    code: [u8; 3],
    zone: Option<&str>,
    new: Option<[u8; 2]>,
) -> Option<[u8; 2]> {
    match (&code, how.open.cancelled) {
        // BV has no zone (translation.md 3).
        (b"139", _) if zone.is_some() && new == Some(*b"BV") => Some(*b"BM"),
        (b"406", Some(Function::Burglary)) if new == Some(*b"OC") => Some(*b"BC"),
        (b"406", Some(Function::Fire)) if new == Some(*b"OC") => Some(*b"FC"),
        _ => new,
    }
}

/// The R code of a family, if it restores what the new event is told with and the settings allow it.
fn family(how: &Translation, new: Option<[u8; 2]>) -> Option<[u8; 2]> {
    let new = new.filter(|_| how.fallback)?;
    let [first, _] = new;
    lookup::sia([first, b'R'])
        .filter(|row| row.restore_of.contains(&new))
        .map(|row| row.code)
}

/// The Contact ID code that the translated event would have again.
fn back(how: &Translation, letters: [u8; 2], code: [u8; 3], duress: bool) -> Option<[u8; 3]> {
    if matches!(&code, b"351" | b"352") {
        return Some(code);
    }
    if matches!(&letters, b"HA" | b"HH" | b"HR") && duress {
        return Some(*b"121");
    }
    let [_, back @ ..] = how.equivalents(letters).next()?;
    Some(back)
}

/// Whether a number names something.
fn names(number: &str) -> bool {
    number.bytes().any(|byte| byte != b'0')
}
