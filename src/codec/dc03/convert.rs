//! From blocks to events.

use arrayvec::ArrayVec;

use super::{
    Block, Blocks, Event, Function, NAME, Packet,
    block::{Packets, Part},
    found::{Found, Modifiers, SCRATCH},
    secret,
};
use crate::{
    AlarmEvent,
    codec::{Quirk, Quirks},
    event,
};

/// Hands out the events of a `SIA-DCS` payload (what follows the account block and its `|`), in order and never none,
/// each with the payload that would carry it alone; for a single event that is the payload itself.
///
/// An event's account is set only where a further `#` block of the payload names one; its payload then begins with that
/// block. So a caller who puts his own account block in front is always right. Says what was odd.
///
/// `N`, `O` and `R` blocks give an event for each of their event packets. Environmental, control, program and unknown
/// blocks are one event with a raw code each. A text block describes the events of the block before it; it and every
/// other block stay with them.
///
/// ```
/// let mut seen = Vec::new();
/// alarmwire::codec::dc03::events(b"Nri1/BA1^Hall^/ri2/FA2|ACellar", &mut |event, data| {
///     seen.push((event.code.to_string(), data.to_vec()));
/// });
/// let expected: [(_, &[u8]); 2] = [("sia:BA", b"Nri1/BA1^Hall^|ACellar"), ("sia:FA", b"Nri2/FA2|ACellar")];
/// assert!(seen.iter().map(|(code, data)| (code.as_str(), data.as_slice())).eq(expected));
/// ```
pub fn events(payload: &[u8], each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) -> Quirks {
    let mut count = 0;
    let quirks = walk(payload, &mut |_| count += 1);
    match count {
        0 => {
            let mut shown = ArrayVec::<u8, SCRATCH>::new();
            secret::show_payload(payload, &mut |bytes| {
                let rest = shown.remaining_capacity().min(bytes.len());
                let _fits = shown.try_extend_from_slice(bytes.get(..rest).unwrap_or_default());
            });
            event::raw(NAME, &shown, |event| each(event, payload));
        }
        1 => {
            walk(payload, &mut |found| {
                found.with_event(|event| each(event, payload))
            });
        }
        _ => {
            let mut scratch = ArrayVec::<u8, SCRATCH>::new();
            walk(payload, &mut |found| {
                let alone = if found.write(&mut scratch) {
                    scratch.as_slice()
                } else {
                    payload
                };
                found.with_event(|event| each(event, alone));
            });
        }
    }
    quirks
}

/// Finds the events of a payload.
fn walk<'a>(payload: &'a [u8], visit: &mut dyn FnMut(&Found<'_, 'a>)) -> Quirks {
    let mut quirks = Quirks::NONE;
    let mut account = None;
    let mut blocks = Blocks::new(payload);
    while let Some(block) = blocks.next() {
        let function = block.function();
        if function == Function::ACCOUNT {
            account = Some(block.data());
            continue;
        }
        if function == Function::TEXT {
            note_text(block.data(), &mut quirks);
        }
        if function.accompanies() {
            continue;
        }
        let (company, text) = company(payload, &block, blocks.clone());
        let none = Modifiers::new();
        let whole = Found {
            account,
            function,
            modifiers: &none,
            event: None,
            raw: block.raw(),
            company,
            text,
        };
        if !function.is_events() {
            visit(&whole);
            continue;
        }
        match block
            .packets()
            .filter(|part| matches!(part.packet, Packet::Event(_)))
            .count()
        {
            0 => {
                // Nothing but modifiers reports nothing.
                if block
                    .packets()
                    .any(|part| matches!(part.packet, Packet::Other(_)))
                {
                    visit(&whole);
                }
            }
            events => walk_block(&block, events == 1, &whole, &mut quirks, visit),
        }
    }
    quirks
}

/// Finds the events of one block that has some; `only`: it has a single one.
fn walk_block<'a>(
    block: &Block<'a>,
    only: bool,
    whole: &Found<'_, 'a>,
    quirks: &mut Quirks,
    visit: &mut dyn FnMut(&Found<'_, 'a>),
) {
    let mut modifiers = Modifiers::new();
    let mut last: Option<(Event<'a>, &'a [u8])> = None;
    let mut parts = block.packets();
    while let Some(part) = parts.next() {
        if !part.slash {
            quirks.note(Quirk::NoSlash);
        }
        match part.packet {
            Packet::Modifier(modifier) => {
                let old = modifiers
                    .iter_mut()
                    .find(|(old, _)| old.kind == modifier.kind);
                let entry = (modifier, part.raw);
                if last.is_some() && only {
                    // It stands behind the only event of the block, so it can but belong to it; what stood in front of
                    // the event had its say.
                    quirks.note(Quirk::ModifierOrder);
                    if old.is_none() {
                        let _full = modifiers.try_push(entry);
                    }
                } else if let Some(old) = old {
                    *old = entry;
                } else {
                    let _full = modifiers.try_push(entry);
                }
            }
            Packet::Event(event) => {
                if let Some(text) = event.text() {
                    note_text(text, quirks);
                    if text.starts_with(b" ") || text.ends_with(b" ") {
                        quirks.note(Quirk::NoSlash);
                    }
                }
                let raw = with_unreadable(block, &part, parts.clone());
                if only {
                    last = Some((event, raw));
                } else {
                    let (event, modifiers) = (Some(event), &modifiers);
                    visit(&Found {
                        event,
                        modifiers,
                        raw,
                        ..*whole
                    });
                }
            }
            Packet::Other(_) => {}
        }
    }
    if let Some((event, raw)) = last {
        visit(&Found {
            event: Some(event),
            modifiers: &modifiers,
            raw,
            ..*whole
        });
    }
}

/// The bytes of an event packet together with the unreadable packets right behind it (`BA01/L90`).
fn with_unreadable<'a>(block: &Block<'a>, part: &Part<'a>, ahead: Packets<'a>) -> &'a [u8] {
    let end = ahead
        .take_while(|next| matches!(next.packet, Packet::Other(_)))
        .last();
    let end = end.map_or(part.at + part.raw.len(), |last| last.at + last.raw.len());
    block.data().get(part.at..end).unwrap_or(part.raw)
}

/// The blocks right behind `block` that only accompany it, as they stand, and the data of the first text block.
fn company<'a>(
    payload: &'a [u8],
    block: &Block<'a>,
    ahead: Blocks<'a>,
) -> (&'a [u8], Option<&'a [u8]>) {
    let start = block.at() + block.raw().len();
    let mut end = start;
    let mut text = None;
    for next in ahead.take_while(|next| next.function().accompanies()) {
        end = next.at() + next.raw().len();
        if next.function() == Function::TEXT && text.is_none() {
            text = Some(next.data()).filter(|text| !text.is_empty());
        }
    }
    (payload.get(start..end).unwrap_or_default(), text)
}

fn note_text(text: &[u8], quirks: &mut Quirks) {
    if !text.is_ascii() {
        quirks.note(Quirk::TextEncoding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lane, Qualifier};

    /// Each event in one line: code, qualifier, what is set, and its data.
    fn seen(payload: &str) -> Vec<String> {
        let mut seen = Vec::new();
        events(payload.as_bytes(), &mut |event, data| {
            let mut line = format!("{} {}", event.code, event.qualifier);
            let mut put = |name, value: Option<String>| {
                if let Some(value) = value {
                    line += &format!(" {name}={value}");
                }
            };
            put("a", event.account.map(|a| a.to_string()));
            put("p", event.partition.map(|p| p.to_string()));
            put("z", event.zone.map(|z| z.to_string()));
            put("u", event.user.map(|u| u.to_string()));
            put("x", event.text.map(|x| event::decode_text(x).into_owned()));
            put("t", event.time.map(|t| t.to_string()));
            seen.push(format!("{line} <{}>", String::from_utf8_lossy(data)));
        });
        seen
    }

    fn quirks(payload: &[u8]) -> Quirks {
        events(payload, &mut |_, _| {})
    }

    #[test]
    fn a_single_event_keeps_its_payload_as_it_is() {
        for (payload, event) in [
            (
                "Nri1/BA015^FRONT DOOR^",
                "sia:BA new p=1 z=015 x=FRONT DOOR",
            ),
            ("Nri0/RP0000", "sia:RP new"),
            ("Nri1/NL501", "sia:NL restore p=1 u=501"),
            ("Nri1/id12/CL", "sia:CL restore p=1 u=12"),
            ("Nri1CL12", "sia:CL restore p=1 u=12"),
            ("Nti19:44/id1/RP", "sia:RP new u=1"),
            (
                "Nti10:01:00/da08-18-24/RP",
                "sia:RP new t=2024-08-18T10:01:00Z",
            ),
            ("Nri1/QQ99", "sia:QQ new p=1 z=99"),
            ("NRR|Atest", "sia:RR new x=test"),
            (
                "Nri1/BA01|&5551234|AHall PIR|",
                "sia:BA new p=1 z=01 x=Hall PIR",
            ),
            ("Ori1/BA01", "sia:BA status p=1 z=01"),
            ("RBA01", "sia:BA status z=01"),
            ("ORR", "sia:RR status"),
            ("OCL5", "sia:CL restore u=5"),
            ("Nri04/OP001*'NM", "sia:OP new p=04 u=001"),
            ("NBA01*'Hall'NM", "sia:BA new z=01 x=Hall"),
            ("NCA2", "sia:CA restore p=2"),
            ("Nri1/CA2", "sia:CA restore p=1 u=2"),
            ("Nri1BA01/L90", "sia:BA new p=1 z=01"),
            ("Nri1|NBA2", "sia:BA new z=2"),
        ] {
            assert_eq!(seen(payload), [format!("{event} <{payload}>")], "{payload}");
        }
    }

    #[test]
    fn several_events_come_in_order_each_with_its_own_payload() {
        for (payload, events) in [
            (
                "Nri1/BA1/BA2^Hall^",
                &[
                    "sia:BA new p=1 z=1 <Nri1/BA1>",
                    "sia:BA new p=1 z=2 x=Hall <Nri1/BA2^Hall^>",
                ][..],
            ),
            (
                "Nri1/id5/BA1/ri2/zz9/FA2/L90",
                &[
                    "sia:BA new p=1 z=1 u=5 <Nri1/id5/BA1>",
                    "sia:FA new p=2 z=2 u=5 <Nri2/id5/zz9/FA2/L90>",
                ],
            ),
            (
                "NBA1/BA2/ri6",
                &["sia:BA new z=1 <NBA1>", "sia:BA new z=2 <NBA2>"],
            ),
            (
                "Nri1/BA1|AHall|NFA2|X01",
                &[
                    "sia:BA new p=1 z=1 x=Hall <Nri1/BA1|AHall>",
                    "sia:FA new z=2 <NFA2|X01>",
                ],
            ),
            (
                "NBA1|#5678|NBA2/BH2|#9999|ORP",
                &[
                    "sia:BA new z=1 <NBA1>",
                    "sia:BA new a=5678 z=2 <#5678|NBA2>",
                    "sia:BH restore a=5678 z=2 <#5678|NBH2>",
                    "sia:RP status a=9999 <#9999|ORP>",
                ],
            ),
            (
                "NBA12BA13",
                &["sia:BA new z=12 <NBA12>", "sia:BA new z=13 <NBA13>"],
            ),
            (
                "NBA1|EDA1*21C_",
                &[
                    "sia:BA new z=1 <NBA1>",
                    "raw:dc03:EDA1*21C_ new z=1 <EDA1*21C_>",
                ],
            ),
        ] {
            assert_eq!(seen(payload), events, "{payload}");
        }
    }

    #[test]
    fn the_payload_of_one_event_gives_that_event_again() {
        for payload in [
            "Nri1/id5/BA1/ri2/FA2/L90|AHall|#5678|Oti10:15/da01-02-24/BA2/CL3",
            "NBA12BA13|X|EDA1",
        ] {
            let whole = seen(payload);
            for line in &whole {
                let alone = line.split(['<', '>']).nth(1).unwrap();
                assert_eq!(seen(alone), [line.as_str()], "{payload}");
            }
        }
    }

    #[test]
    fn what_reports_nothing_readable_is_one_raw_event_of_lane_1() {
        for payload in [
            "",
            "|",
            "AHall",
            "#1234",
            "Nri1",
            "N",
            "N!!",
            "BA1",
            "EDA1*21C_",
            "SA1",
            "\u{1}\u{2}",
            "CSA1*0",
            "PUC1*4711",
            "?4711",
        ] {
            let mut lanes = Vec::new();
            events(payload.as_bytes(), &mut |event, data| {
                assert_eq!(data, payload.as_bytes());
                assert!(event.code.to_string().starts_with("raw:dc03:"), "{payload}");
                lanes.push(event.lane);
            });
            assert_eq!(lanes, [Lane::Intrusion], "{payload}");
        }
    }

    #[test]
    fn quirk_21_modifier_order() {
        assert_eq!(
            seen("Nti10:15/FA2/ri6"),
            ["sia:FA new p=6 z=2 <Nti10:15/FA2/ri6>"]
        );
        assert!(quirks(b"Nti10:15/FA2/ri6").has(Quirk::ModifierOrder));
        assert_eq!(
            seen("Nri1/FA2/ri6"),
            ["sia:FA new p=1 z=2 <Nri1/FA2/ri6>"],
            "the one in front holds"
        );
        assert_eq!(
            seen("NBA2/da01-31-26/id7/ti10:15"),
            ["sia:BA new z=2 u=7 t=2026-01-31T10:15:00Z <NBA2/da01-31-26/id7/ti10:15>"]
        );
        assert!(
            !quirks(b"Npi010/id001/ti11:45/da01-31-26/CL").has(Quirk::ModifierOrder),
            "in front any order is right"
        );
        assert!(!quirks(b"NBA1/BA2/ri6").has(Quirk::ModifierOrder));
    }

    #[test]
    fn quirk_22_no_slash() {
        assert_eq!(
            seen("Nri0RP2^SL 1807110200065423^"),
            ["sia:RP new z=2 x=SL 1807110200065423 <Nri0RP2^SL 1807110200065423^>"]
        );
        for payload in [
            "Nri0RP2",
            "Nti20:50:26RP99",
            "NBA12BA13",
            "NBA1^Hall            ^",
        ] {
            assert!(quirks(payload.as_bytes()).has(Quirk::NoSlash), "{payload}");
        }
        assert!(quirks(b"Nri0/RP2^Hall^").is_empty());
        assert_eq!(
            seen("NBA1^Hall   ^"),
            ["sia:BA new z=1 x=Hall    <NBA1^Hall   ^>"],
            "blanks are kept"
        );
    }

    #[test]
    fn quirk_26_text_encoding() {
        assert_eq!(
            seen("NFA1^Größe^"),
            ["sia:FA new z=1 x=Größe <NFA1^Größe^>"]
        );
        for payload in [
            &b"NFA1^Gr\xF6\xDFe^"[..],
            "NFA1^Größe^".as_bytes(),
            b"NFA1|AGr\xF6\xDFe",
            b"NFA1*'Gr\xF6\xDFe'NM",
        ] {
            let found = events(payload, &mut |event, _| {
                assert_eq!(event::decode_text(event.text.unwrap()), "Größe");
            });
            assert!(found.has(Quirk::TextEncoding));
        }
        assert!(quirks(b"NFA1^Groesse^").is_empty());
    }

    #[test]
    fn a_restore_says_so_and_takes_the_lane_of_what_it_may_close() {
        events(b"NFR3", &mut |event, _| {
            assert_eq!(
                (event.qualifier, event.lane),
                (Qualifier::Restore, Lane::LifeSafety)
            );
        });
    }

    #[test]
    fn more_than_the_scratch_holds_is_handed_out_whole() {
        let payload = [b"NBA1/BA2|A".as_slice(), &[b'x'; SCRATCH]].concat();
        let mut count = 0;
        events(&payload, &mut |_, data| {
            assert_eq!(data, payload);
            count += 1;
        });
        assert_eq!(count, 2);
    }
}
