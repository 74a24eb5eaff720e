use alarmwire::{Stored, Ticket};

fn forge(ticket: &Ticket) -> &[u8] {
    let stored = Stored { repeat: false };
    ticket.redeem(&stored)
}

fn main() {
    let _ = forge;
}
