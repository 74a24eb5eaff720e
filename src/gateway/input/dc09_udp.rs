//! DC-09 over UDP: a frame a datagram, answered to where it came from.

use std::{net::SocketAddr, sync::Arc};

use arc_swap::ArcSwap;
use tokio::{net::UdpSocket, sync::Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    super::{
        clock::{self, SystemEntropy},
        supervisor::Ended,
        telemetry::Happening,
    },
    Context,
};
use crate::{
    Ticket,
    journal::Batch,
    link::dc09::{Event, Policy, Receiver},
};

/// How many datagrams go into one batch at most.
const BATCH: usize = 256;
/// How many batches may wait for the journal; beyond that the socket's buffer fills, and then the kernel drops.
const BATCHES: usize = 64;
/// Longer than any frame (4,105 bytes).
const DATAGRAM: usize = 8 * 1024;

/// Runs until it is stopped or the socket fails. What is on its way to the journal is still acknowledged.
pub(crate) async fn run(
    context: &Context,
    socket: Arc<UdpSocket>,
    policy: &ArcSwap<Policy>,
    stop: &CancellationToken,
) -> Result<(), Ended> {
    let place = format!("udp {}", socket.local_addr()?);
    Happening::Up {
        kind: "input",
        name: &context.name,
        place: &place,
    }
    .emit();
    let mut receiver = Receiver::datagram(policy.load_full(), Box::new(SystemEntropy));
    let permits = Arc::new(Semaphore::new(BATCHES));
    let answering = TaskTracker::new();
    let mut buffer = vec![0; DATAGRAM];
    let mut spare: Option<Batch> = None;
    let result = loop {
        tokio::select! {
            () = stop.cancelled() => break Ok(()),
            ready = socket.readable() => if let Err(error) = ready { break Err(error) },
        }
        receiver.set_policy(policy.load_full());
        let mut batch = spare.take().unwrap_or_default();
        let mut tickets: Vec<(Ticket, SocketAddr)> = Vec::new();
        for _ in 0..BATCH {
            let (count, peer) = match socket.try_recv_from(&mut buffer) {
                Ok(taken) => taken,
                // An ICMP error of an earlier answer is reported here too, and means nothing for this socket.
                Err(_) => break,
            };
            let datagram = buffer.get(..count).unwrap_or_default();
            one(
                context,
                &mut receiver,
                datagram,
                &socket,
                peer,
                &mut batch,
                &mut tickets,
            );
        }
        if batch.is_empty() {
            spare = Some(batch);
            continue;
        }
        // The semaphore is never closed.
        let Ok(permit) = permits.clone().acquire_owned().await else {
            break Ok(());
        };
        let waiting = context.journal.append(batch);
        let (context, socket) = (context.clone(), socket.clone());
        answering.spawn(async move {
            let finished = waiting.await;
            let mut answers = Vec::new();
            context.finished(&finished, |index, proof| {
                if let Some((ticket, peer)) = tickets.get(index) {
                    answers.push((ticket.redeem(proof).to_vec(), *peer));
                }
            });
            for (answer, peer) in answers {
                // A lost answer makes the panel repeat.
                let _lost = socket.send_to(&answer, peer).await;
            }
            drop(permit);
        });
    };
    answering.close();
    answering.wait().await;
    result.map_err(Ended::from).and(Err(Ended::Stopped))
}

fn one(
    context: &Context,
    receiver: &mut Receiver,
    datagram: &[u8],
    socket: &UdpSocket,
    peer: SocketAddr,
    batch: &mut Batch,
    tickets: &mut Vec<(Ticket, SocketAddr)>,
) {
    let now = clock::now();
    receiver.handle_datagram(now, datagram);
    while let Some(event) = receiver.next(now) {
        match event {
            Event::Signal(ticket, signal) => {
                batch.push(&context.name, now, &signal);
                tickets.push((ticket, peer));
            }
            Event::Answered(_) => Happening::Answered {
                input: &context.name,
            }
            .emit(),
            Event::Refused(refused) => {
                let reason = refused.reason;
                let account = refused.account.map(crate::AccountId::as_str);
                context.incidents.refused(
                    &context.name,
                    reason.name(),
                    account,
                    reason.is_compromise(),
                );
            }
            Event::Noise(bytes) => Happening::Noise {
                input: &context.name,
                bytes: bytes as u64,
            }
            .emit(),
        }
        if let Some(answer) = receiver.poll_transmit() {
            let _lost = socket.try_send_to(answer.as_ref(), peer);
        }
    }
}
