//! What stands behind the receiver under test: takes its reports, acknowledges them, and enters them in the ledger.

pub(crate) mod dc09;
pub(crate) mod jsonl;
pub(crate) mod surgard;

use core::time::Duration;
use std::io;

use mio::{Events, Registry, Token};

use super::{
    EventKey,
    clock::{Clock, Reactor},
};
use crate::event::{AlarmEvent, Class, Qualifier};

/// A sink's sockets and lines, driven by [`run`].
pub(crate) trait Service {
    /// A socket or line can be read or written.
    fn ready(&mut self, token: Token, registry: &Registry) -> io::Result<()>;

    /// When [`tick`](Self::tick) is due, on the monotonic clock.
    fn next_deadline(&self) -> Option<Duration>;

    /// Time has passed.
    fn tick(&mut self, registry: &Registry) -> io::Result<()>;
}

/// Serves until `stopped` says so; looks every 50 ms.
pub(crate) fn run(
    mut service: impl Service,
    mut reactor: Reactor,
    clock: Clock,
    stopped: impl Fn() -> bool,
) -> io::Result<()> {
    let mut events = Events::with_capacity(256);
    while !stopped() {
        let look = clock.elapsed() + Duration::from_millis(50);
        reactor.wait(
            &mut events,
            service.next_deadline().map_or(look, |at| at.min(look)),
        )?;
        for event in &events {
            service.ready(event.token(), reactor.registry())?;
        }
        service.tick(reactor.registry())?;
    }
    Ok(())
}

/// By what the ledger knows an event that came out on the other side.
pub(crate) fn recognise(
    event: &AlarmEvent<'_>,
    account: Option<&str>,
) -> Option<(EventKey, Class)> {
    let number = |text: &str| text.trim().parse::<u16>().ok();
    let account = event.account.map(crate::AccountId::as_str).or(account)?;
    let place = event
        .zone
        .map(|zone| zone.as_str())
        .or_else(|| event.user.map(|user| user.as_str()))?;
    let key = EventKey {
        account: u64::from_str_radix(account.trim(), 16).ok()?,
        restore: event.qualifier == Qualifier::Restore,
        partition: event
            .partition
            .and_then(|partition| number(partition.as_str()))
            .unwrap_or(0),
        number: number(place)?,
    };
    Some((key, event.class))
}
