use alarmwire::{Stored, Ticket};

fn forge(ticket: &Ticket) -> &[u8] {
    let stored = Stored { repeat: false };
    ticket.redeem(&stored)
}

fn construct() -> Stored {
    Stored::new(false)
}

fn copy(stored: &Stored) -> Stored {
    stored.clone()
}

fn main() {
    let _ = (forge, construct, copy);
}
