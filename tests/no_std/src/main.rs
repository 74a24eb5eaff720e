//! Reads a DC-09 frame and answers it, without the standard library: exit status 0 when all of it was right.
#![no_std]
#![no_main]

extern crate alloc;

use core::{ffi::c_int, hint::black_box, panic::PanicInfo};

#[cfg(feature = "all")]
use alarmwire::codec;
use alarmwire::codec::{
    contact_id,
    dc09::{Body, Frame, Reply, reply_ack},
};

const WIRE: &[u8] = b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r";

#[global_allocator]
static HEAP: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Reads the frame and its event, and writes the answer.
fn run() -> Option<()> {
    let (frame, _) = Frame::parse(black_box(WIRE)).ok()??;
    let Body::Clear(content) = frame.body else {
        return None;
    };
    let (body, _) = contact_id::Body::parse(content.payload()).ok()?;
    let event = body.event();
    let mut reply = Reply::new();
    reply_ack(&frame, &mut reply);
    let right = event.lane.number() == 1
        && reply.starts_with(b"\n")
        && reply.ends_with(b"\"ACK\"0001L0#1234[]\r");
    right.then_some(())
}

/// Finds the protocol among all, and explains the frame in words.
#[cfg(feature = "all")]
fn explain() -> Option<()> {
    let protocol = codec::registry::detect(black_box(WIRE))?;
    let (explained, _) = protocol.decode(black_box(WIRE), &codec::DecodeOptions::default());
    (explained.ok && explained.events.len() == 1).then_some(())
}

#[cfg(not(feature = "all"))]
fn explain() -> Option<()> {
    Some(())
}

/// What the compiled `alloc` refers to for unwinding, which never comes: a panic stays in its handler.
#[allow(unsafe_code, reason = "the linker looks for these names")]
mod unwinding {
    #[unsafe(no_mangle)]
    extern "C" fn rust_eh_personality() {}

    #[unsafe(no_mangle)]
    extern "C" fn _Unwind_Resume() {}
}

/// What the C library's start code calls.
#[allow(
    unsafe_code,
    reason = "the only way to be found by it; nothing else here is unsafe"
)]
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    c_int::from(run().and_then(|()| explain()).is_none())
}
