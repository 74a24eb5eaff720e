//! A virtual serial line for tests, the simulator and the demo: the master end of a pseudo-terminal, whose slave a
//! program opens as a serial port.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::{OpenOptionsExt, symlink},
    },
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};
use tokio::{io::unix::AsyncFd, time::Instant};

/// The end of a virtual serial line that plays the device. Dropping it unplugs the cable.
#[derive(Debug)]
pub struct Pty {
    master: AsyncFd<OwnedFd>,
    /// Keeps the line alive while the program under test has its end closed.
    spare: File,
    slave: PathBuf,
    link: Option<PathBuf>,
    /// Time of one byte, where a speed is emulated.
    byte_time: Option<Duration>,
    free_at: Instant,
    even_parity: bool,
}

impl Pty {
    /// Makes a line and, if asked for, a symbolic link to its slave (an old link is replaced): the name to open it by
    /// that stays the same over an unplugging. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the system has no pseudo-terminal left, or the link can't be made.
    pub fn open(link: Option<&Path>) -> io::Result<Self> {
        let (master, spare, slave) = make(link)?;
        Ok(Self {
            master: watch(master)?,
            spare,
            slave,
            link: link.map(Path::to_path_buf),
            byte_time: None,
            free_at: Instant::now(),
            even_parity: false,
        })
    }

    /// Writes at the pace of a real line with 10 bits a byte; a pseudo-terminal by itself has none.
    #[must_use]
    pub fn paced(mut self, baud: u32) -> Self {
        self.byte_time = Some(Duration::from_secs(10) / baud.max(1));
        self
    }

    /// Sends as a device that is set to 7E1 looks on a port that is set to 8N1: bit 7 makes the parity even.
    #[must_use]
    pub const fn even_parity(mut self) -> Self {
        self.even_parity = true;
        self
    }

    /// The name to open as a serial port: the link, where one was asked for.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.link.as_deref().unwrap_or(&self.slave)
    }

    /// The slave's own name.
    #[must_use]
    pub fn slave(&self) -> &Path {
        &self.slave
    }

    /// Reads what the other end wrote; at least one byte. Safe to cancel.
    ///
    /// # Errors
    /// When the line is broken.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.master.readable().await?;
            match ready.try_io(|fd| Ok(rustix::io::read(fd.as_fd(), &mut *buffer)?)) {
                Ok(read) => return read,
                Err(_would_block) => {}
            }
        }
    }

    async fn write_now(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.master.writable().await?;
            match ready.try_io(|fd| Ok(rustix::io::write(fd.as_fd(), bytes)?)) {
                Ok(written) => return written,
                Err(_would_block) => {}
            }
        }
    }

    /// Writes all bytes; returns when the last one has left at the emulated speed. Waits for ever when nobody reads and
    /// the line is full (some 20,000 bytes).
    ///
    /// # Errors
    /// When the line is broken.
    pub async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let marked: Vec<u8>;
        let mut rest = bytes;
        if self.even_parity {
            marked = bytes
                .iter()
                .map(|b| {
                    if b.count_ones() % 2 == 0 {
                        *b
                    } else {
                        b ^ 0x80
                    }
                })
                .collect();
            rest = &marked;
        }
        self.free_at = self.free_at.max(Instant::now());
        while !rest.is_empty() {
            let mut part = rest.len();
            if let Some(byte_time) = self.byte_time {
                // A byte is there when its last bit is. As many as two milliseconds carry: timers are no finer.
                part = (2_000_000 / byte_time.as_nanos().max(1))
                    .clamp(1, 64)
                    .try_into()
                    .unwrap_or(1)
                    .min(part);
                self.free_at += byte_time * u32::try_from(part).unwrap_or(1);
                tokio::time::sleep_until(self.free_at).await;
            }
            let (mut now, later) = rest.split_at_checked(part).unwrap_or((rest, &[]));
            while !now.is_empty() {
                let written = self.write_now(now).await?;
                now = now.get(written..).unwrap_or_default();
            }
            rest = later;
        }
        Ok(())
    }

    /// Pulls the cable: the other end sees the end of the line, bytes on the way are lost, and the link is gone.
    pub fn unplug(self) {
        drop(self);
    }
}

/// Both ends of a new line, raw and without waiting, and the slave's name; a symbolic link to it, if asked for.
pub(crate) fn make(link: Option<&Path>) -> io::Result<(OwnedFd, File, PathBuf)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    // No child of ours shall hold the line open.
    rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let slave = PathBuf::from(name.into_string().map_err(io::Error::other)?);
    let no_controlling = i32::try_from(OFlags::NOCTTY.bits()).map_err(io::Error::other)?;
    let spare = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(no_controlling)
        .open(&slave)?;
    // Before the first byte: a cooked line would echo it, and turn CR into LF.
    let mut settings = tcgetattr(&spare)?;
    settings.make_raw();
    tcsetattr(&spare, OptionalActions::Now, &settings)?;
    fcntl_setfl(&master, fcntl_getfl(&master)? | OFlags::NONBLOCK)?;
    if let Some(link) = link {
        // Made beside and moved over it, so that the name is never missing.
        let fresh = link.with_extension("new");
        let _none_there = std::fs::remove_file(&fresh);
        symlink(&slave, &fresh)?;
        std::fs::rename(&fresh, link)?;
    }
    Ok((master, spare, slave))
}

/// Takes the link away: only our own, as a line made since may have taken the name over.
pub(crate) fn unlink(link: &Path, slave: &Path) {
    if std::fs::read_link(link).is_ok_and(|target| target == slave) {
        let _gone_already = std::fs::remove_file(link);
    }
}

#[allow(
    deprecated,
    reason = "its successor is unsafe; the doubt is about types whose descriptor may change, not OwnedFd"
)]
fn watch(master: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(master)
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _keeps_until_here = &self.spare;
        if let Some(link) = &self.link {
            unlink(link, &self.slave);
        }
    }
}
