//! [`pty`]'s virtual line for the engine's own loop, which needs no tokio.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use crate::transport::pty;

/// A pseudo-terminal in place of a serial cable: we hold the one end, and hand out the name of the other.
#[derive(Debug)]
pub(crate) struct Pty {
    master: OwnedFd,
    // Held open, so that the other side may come and go without the line reading as unplugged.
    _slave: File,
    path: PathBuf,
    link: Option<PathBuf>,
}

impl Pty {
    /// Opens one in raw mode; a symbolic link to it, where given, is replaced.
    pub(crate) fn open(link: Option<&Path>) -> io::Result<Self> {
        let (master, slave, path) = pty::make(link)?;
        Ok(Self {
            master,
            _slave: slave,
            path,
            link: link.map(Path::to_owned),
        })
    }

    /// What the other side opens.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn raw(&self) -> RawFd {
        self.master.as_raw_fd()
    }

    /// What has come in, if anything.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        rustix::io::read(self.fd(), buffer).map_err(Into::into)
    }

    /// Writes what fits.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        rustix::io::write(self.fd(), bytes).map_err(Into::into)
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            pty::unlink(link, &self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn bytes_pass_both_ways_unchanged_and_without_echo() {
        let pty = Pty::open(None).unwrap();
        let mut other = std::fs::File::options()
            .read(true)
            .write(true)
            .open(pty.path())
            .unwrap();
        let sent = [0x06, 0x0D, 0x0A, 0x14, 0x03, 0x11, 0x13, 0xFF];
        assert_eq!(pty.write(&sent).unwrap(), sent.len());
        let mut received = [0; 8];
        other.read_exact(&mut received).unwrap();
        assert_eq!(received, sent);
        other.write_all(&sent).unwrap();
        assert_eq!(pty.read(&mut received).unwrap(), sent.len());
        assert_eq!(received, sent);
        assert_eq!(
            pty.read(&mut received).unwrap_err().kind(),
            io::ErrorKind::WouldBlock
        );
    }
}
