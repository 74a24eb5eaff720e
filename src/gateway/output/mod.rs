//! Outputs: each one a thread with its own runtime and its own connection to the journal, so that one that is stuck
//! disturbs no other.

mod dc09;
mod feed;
mod jsonl;
mod surgard;

use std::{
    io,
    path::{Path, PathBuf},
    thread::JoinHandle,
};

use tokio_util::sync::CancellationToken;

use feed::Feed;
pub(crate) use feed::Sources;

use super::{
    config::{Output, OutputKind},
    incidents::Incidents,
    port::Prepared,
    supervisor::{Ended, supervise},
};
use crate::journal::{Handle, Reader};

/// What an output's thread is given.
pub(crate) struct Context {
    pub(crate) journal: Handle,
    pub(crate) folder: PathBuf,
    pub(crate) sources: Sources,
    pub(crate) incidents: Incidents,
    pub(crate) stop: CancellationToken,
}

/// Starts an output's thread. `port` is the prepared port of a Sur-Gard output.
pub(crate) fn spawn(
    output: Output,
    port: Option<Prepared>,
    context: Context,
) -> io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name(format!("out-{}", output.name))
        .spawn(move || {
            runtime.block_on(run(&output, port, &context));
            // A dial that hangs must not hold the end up.
            runtime.shutdown_background();
        })
}

async fn run(output: &Output, port: Option<Prepared>, context: &Context) {
    let mut opener = match port.map(Prepared::opener).transpose() {
        Ok(opener) => opener,
        Err(error) => {
            tracing::error!(output = %output.name, %error, "the port can't be used");
            return;
        }
    };
    supervise("output", &output.name, &context.stop, async || {
        let mut feed = feed(&output.name, &context.folder, context)?;
        match (&output.kind, opener.as_mut()) {
            (OutputKind::Dc09(settings), _) => dc09::run(&mut feed, settings, &context.stop).await,
            (OutputKind::Jsonl(target), _) => jsonl::run(&mut feed, target, &context.stop).await,
            (OutputKind::Surgard(settings), Some(opener)) => {
                surgard::run(
                    &mut feed,
                    settings,
                    opener,
                    &context.incidents,
                    &context.stop,
                )
                .await
            }
            (OutputKind::Surgard(_), None) => Err(Ended::Stopped),
        }
    })
    .await;
}

fn feed(name: &str, folder: &Path, context: &Context) -> Result<Feed, Ended> {
    let reader = Reader::open(folder)?;
    Ok(Feed::new(
        name,
        reader,
        context.journal.clone(),
        context.sources.clone(),
    )?)
}
