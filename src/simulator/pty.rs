use std::{
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use rustix::{
    fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd},
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};

/// A pseudo-terminal in place of a serial cable: we hold the one end, and hand out the name of the other.
#[derive(Debug)]
pub(crate) struct Pty {
    master: OwnedFd,
    // Held open, so that the other side may come and go without the line reading as unplugged.
    _slave: OwnedFd,
    path: PathBuf,
    link: Option<PathBuf>,
}

impl Pty {
    /// Opens one in raw mode; a symbolic link to it, where given, is replaced.
    pub(crate) fn open(link: Option<&Path>) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = PathBuf::from(OsStr::from_bytes(ptsname(&master, Vec::new())?.as_bytes()));
        let slave = rustix::fs::open(
            &path,
            OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        // Without this the terminal would echo to us what we send before the other side sets its own mode.
        let mut termios = tcgetattr(&slave)?;
        termios.make_raw();
        tcsetattr(&slave, OptionalActions::Now, &termios)?;
        rustix::io::ioctl_fionbio(&master, true)?;
        if let Some(link) = link {
            match std::fs::remove_file(link) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => std::os::unix::fs::symlink(&path, link)?,
            }
        }
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
            let _ = std::fs::remove_file(link);
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
