//! Translating an event allocates nothing. One test in a binary of its own: the count is that of the whole process.

use std::{alloc::System, hint::black_box};

use alarmwire::{
    AccountId, AlarmEvent, EventCode, Qualifier,
    event::{CID_CODES, Profile, SIA_CODES, Translation, ZoneBase},
    types::{Partition, User, Zone},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn translating_allocates_nothing() {
    let settings = Translation::STANDARD
        .with_profile(&Profile::DSC)
        .with_zone_base(ZoneBase::Hexadecimal)
        .with_zone_table([(1011, 1)])
        .truncate_to_4(true)
        .with_fallback(true);
    let event = |code: EventCode<'static>, qualifier| {
        let mut event = AlarmEvent::new(code, qualifier);
        event.account = AccountId::new("123456").ok();
        event.partition = Partition::new("01").ok();
        event.zone = Zone::new("015").ok();
        event.user = User::new("007").ok();
        event
    };
    // The harness has threads of its own that may allocate meanwhile: the quietest of some runs counts.
    let quietest = (0..20).map(|_| {
        let region = Region::new(ALLOCATOR);
        let mut told = 0_usize;
        for row in CID_CODES {
            for qualifier in [b'1', b'3', b'6'] {
                let code = EventCode::ContactId {
                    qualifier,
                    code: row.code,
                };
                let event = event(code, Qualifier::from_digit(qualifier));
                let one = settings.sia(&event, |event, losses| {
                    black_box((event, losses));
                    1_usize
                });
                told += one.unwrap_or(0);
            }
        }
        for row in SIA_CODES {
            for old in [false, true] {
                let code = EventCode::Sia(row.code);
                let event = event(code, code.sia_qualifier(old));
                let one = settings.contact_id(&event, |event, losses| {
                    black_box((event, losses));
                    1_usize
                });
                told += one.unwrap_or(0);
            }
        }
        assert!(told > 1_000, "{told}");
        let change = region.change();
        change.allocations + change.reallocations
    });
    assert_eq!(quietest.min(), Some(0));
}
