//! The `alarmwire` program: one file a subcommand.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod arguments;
mod decode;
#[cfg(unix)]
mod demo;
mod encode;
mod encode_serial;
mod gateway;
mod logging;
#[cfg(unix)]
mod progress;
#[cfg(unix)]
mod simulate;

/// Alarm-receiver protocols, a gateway that acknowledges only what is stored, and a load simulator.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Gateway(Box<gateway::Args>),
    #[cfg(unix)]
    Simulate(simulate::Args),
    #[cfg(unix)]
    Demo(demo::Args),
    Decode(decode::Args),
    Encode(encode::Args),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Gateway(args) => gateway::run(&args),
        Command::Decode(args) => decode::run(&args),
        Command::Encode(args) => encode::run(&args),
        #[cfg(unix)]
        Command::Simulate(args) => simulate::run(&args),
        #[cfg(unix)]
        Command::Demo(args) => demo::run(&args),
    }
}
