//! The `alarmwire` program: one file a subcommand.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod arguments;
mod decode;
mod demo;
mod encode;
mod encode_serial;
mod explain;
mod gateway;
mod logging;
mod progress;
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
    Simulate(simulate::Args),
    Demo(demo::Args),
    Decode(decode::Args),
    Encode(encode::Args),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Gateway(args) => gateway::run(&args),
        Command::Decode(args) => decode::run(&args),
        Command::Encode(args) => encode::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Demo(args) => demo::run(&args),
    }
}
