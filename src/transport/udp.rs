//! UDP sockets with room for a burst.

use std::{io, net::SocketAddr};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::UdpSocket;

/// The receive buffer that is asked for: some thousand frames of a storm.
pub const RECEIVE_BUFFER: usize = 4 << 20;

/// Binds a socket; an IPv6 wildcard takes IPv4 too. The kernel may grant less than `receive_buffer` bytes
/// (`net.core.rmem_max`): see [`receive_buffer`].
///
/// # Errors
/// When the address is taken or not ours.
pub fn bind(address: SocketAddr, receive_buffer: usize) -> io::Result<UdpSocket> {
    bind_with(address, receive_buffer, false)
}

/// Like [`bind`], shared with other sockets of this program on the same address: the kernel spreads the peers over them.
///
/// # Errors
/// When the address is taken or not ours.
pub fn bind_shared(address: SocketAddr, receive_buffer: usize) -> io::Result<UdpSocket> {
    bind_with(address, receive_buffer, true)
}

fn bind_with(address: SocketAddr, receive_buffer: usize, shared: bool) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        socket.set_only_v6(false)?;
    }
    #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
    if shared {
        socket.set_reuse_port(true)?;
    }
    #[cfg(not(unix))]
    let _ = shared;
    // A smaller buffer than asked for costs frames in a storm, which senders repeat: no reason not to start.
    let _best_effort = socket.set_recv_buffer_size(receive_buffer);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// How large the receive buffer really is (Linux counts its own bookkeeping in and says the double).
///
/// # Errors
/// When the kernel does not say.
pub fn receive_buffer(socket: &UdpSocket) -> io::Result<usize> {
    SockRef::from(socket).recv_buffer_size()
}
