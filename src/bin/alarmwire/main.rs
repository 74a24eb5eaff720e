//! The `alarmwire` program: one file a subcommand.
fn main() {}
