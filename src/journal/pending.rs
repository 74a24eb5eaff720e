//! Answers from the writer's thread for callers with and without an async runtime; this module knows of none.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// Locks without a way to panic: what these mutexes guard is never left half changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer that comes later: await it, or [`Pending::wait`] for it on a thread that may block.
#[must_use = "the answer says whether it is stored"]
pub struct Pending<T> {
    slot: Arc<Slot<T>>,
}

pub(super) struct Answer<T> {
    slot: Option<Arc<Slot<T>>>,
    otherwise: fn() -> T,
}

struct Slot<T> {
    state: Mutex<(Option<T>, Option<Waker>)>,
    ready: Condvar,
}

/// A pair of an answer to give and an answer to wait for; one that is dropped unanswered gives `otherwise`.
pub(super) fn pending<T>(otherwise: fn() -> T) -> (Answer<T>, Pending<T>) {
    let slot = Arc::new(Slot {
        state: Mutex::new((None, None)),
        ready: Condvar::new(),
    });
    (
        Answer {
            slot: Some(slot.clone()),
            otherwise,
        },
        Pending { slot },
    )
}

impl<T> Answer<T> {
    pub(super) fn give(mut self, value: T) {
        if let Some(slot) = self.slot.take() {
            slot.fill(value);
        }
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            slot.fill((self.otherwise)());
        }
    }
}

impl<T> Slot<T> {
    fn fill(&self, value: T) {
        let waker = {
            let mut state = lock(&self.state);
            state.0 = Some(value);
            state.1.take()
        };
        self.ready.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Pending<T> {
    /// Blocks the thread until the answer is there.
    pub fn wait(self) -> T {
        let mut state = lock(&self.slot.state);
        loop {
            if let Some(value) = state.0.take() {
                return value;
            }
            state = self
                .slot
                .ready
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<T> Future for Pending<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut state = lock(&self.slot.state);
        match state.0.take() {
            Some(value) => Poll::Ready(value),
            None => {
                state.1 = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// A number that grows, and whose watchers are woken when it does.
pub(super) struct Watched {
    state: Mutex<(u64, Vec<Waker>)>,
}

impl Watched {
    pub(super) const fn new(value: u64) -> Self {
        Self {
            state: Mutex::new((value, Vec::new())),
        }
    }

    pub(super) fn set(&self, value: u64) {
        let wakers = {
            let mut state = lock(&self.state);
            state.0 = value;
            core::mem::take(&mut state.1)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(super) fn bump(&self) {
        let wakers = {
            let mut state = lock(&self.state);
            state.0 += 1;
            core::mem::take(&mut state.1)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// Tells when new events are committed (or, for [`super::Handle::status_changes`], when the status changed).
#[derive(Clone)]
pub struct Commits {
    watched: Arc<Watched>,
    seen: u64,
}

impl Commits {
    pub(super) fn new(watched: Arc<Watched>) -> Self {
        let seen = lock(&watched.state).0;
        Self { watched, seen }
    }

    /// The number now: the highest event number that is committed.
    #[must_use]
    pub fn number(&self) -> u64 {
        lock(&self.watched.state).0
    }

    /// Waits until the number differs from what this value returned last (at first: from that at its making).
    pub fn changed(&mut self) -> impl Future<Output = u64> + Send + '_ {
        std::future::poll_fn(move |cx| {
            let mut state = lock(&self.watched.state);
            if state.0 == self.seen {
                // One waker a watcher is enough: a watcher that polls again has replaced its own.
                if !state.1.iter().any(|waker| waker.will_wake(cx.waker())) {
                    state.1.push(cx.waker().clone());
                }
                Poll::Pending
            } else {
                self.seen = state.0;
                Poll::Ready(state.0)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_dropped_says_so() {
        let (answer, waiting) = pending(|| 1);
        drop(answer);
        assert_eq!(waiting.wait(), 1);
        let (answer, waiting) = pending(|| 1);
        std::thread::spawn(move || answer.give(2));
        assert_eq!(waiting.wait(), 2);
    }

    #[test]
    fn a_watcher_sees_every_growth_once() {
        let watched = Arc::new(Watched::new(3));
        let mut commits = Commits::new(watched.clone());
        let mut cx = Context::from_waker(Waker::noop());
        let mut poll = || core::pin::pin!(commits.changed()).poll(&mut cx);
        assert_eq!(poll(), Poll::Pending);
        watched.set(5);
        assert_eq!(poll(), Poll::Ready(5));
        assert_eq!(poll(), Poll::Pending);
    }
}
