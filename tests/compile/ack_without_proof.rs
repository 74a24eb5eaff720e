use alarmwire::link::dc09::{Event, Receiver};
use alarmwire::types::Now;

fn answer(receiver: &mut Receiver, now: Now) -> Vec<u8> {
    match receiver.next(now) {
        Some(Event::Signal(ticket, _)) => ticket.redeem().to_vec(),
        _ => Vec::new(),
    }
}

fn main() {
    let _ = answer;
}
