use alarmwire::Ticket;

fn peek(ticket: &Ticket) -> &[u8] {
    &ticket.reply
}

fn main() {
    let _ = peek;
}
