use core::{str, time::Duration};

use arrayvec::{ArrayString, ArrayVec};
use bytes::BytesMut;

use crate::{
    codec::{
        Quirks, Signal,
        dc03::{FskBlock, Function, Lengths, MOST_LONG, Order, Role},
        galaxy::{ACCEPT, Galaxy, GalaxyStream, REJECT, Settings},
        stream::{Cut, Decoder as _, Stream},
    },
    error::ParseError,
    link::Ticket,
    types::{AccountId, InvalidAccount, Now},
};

/// The account of reports that come without one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DefaultAccount(ArrayString<16>);

impl DefaultAccount {
    /// That account.
    ///
    /// # Errors
    /// When it is no account.
    pub fn new(account: &str) -> Result<Self, InvalidAccount> {
        AccountId::new(account)?;
        Ok(Self(ArrayString::from(account).unwrap_or_default()))
    }
}

/// How one line that takes panels' calls behaves.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ReceiverSettings {
    /// How blocks are read.
    pub codec: Settings,
    /// Whose a report without an account block is; `None`: it is rejected.
    pub default_account: Option<DefaultAccount>,
    /// Answers as the standard has them (`00 38 C7`), and not as receivers of Galaxy panels do (`40 38 87`).
    pub plain_answers: bool,
    /// How long a panel waits for an answer: 2.5 s, on serial lines 2.0 s.
    pub ack_wait: Duration,
    /// How often it sends a block in all.
    pub attempts: u32,
    /// The longest pause inside a block.
    pub gap: Duration,
    /// So long a silence ends what damage left behind, before it is rejected.
    pub quiet: Duration,
}

impl Default for ReceiverSettings {
    fn default() -> Self {
        Self {
            codec: Settings::default(),
            default_account: None,
            plain_answers: false,
            ack_wait: Duration::from_millis(2500),
            attempts: 4,
            gap: Duration::from_secs(1),
            quiet: Duration::from_millis(250),
        }
    }
}

/// Why a block was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Reason {
    /// Its parity does not fit, or it was cut off. It is rejected when the line is quiet.
    Damaged(ParseError),
    /// It came right behind damage, and one parity byte can't tell such a piece from a block: the panel repeats itself.
    BehindDamage,
    /// A report, and no account is in force: rejected.
    NoAccount,
    /// An account block whose data are no account: rejected.
    Account,
}

/// What a line tells.
#[derive(Debug)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "signals are what there is most of, and nothing is allocated for one"
)]
pub enum Event<'a> {
    /// A block that wants storing; the ticket turns into its answer (none where the panel asked for none).
    Signal(Ticket, Signal<'a>),
    /// The panel said who it is.
    Account(AccountId<'a>),
    /// A block that reports nothing; it is answered. What it asks for is not done.
    Aside(Function),
    /// The panel has no more to say.
    End,
    /// The panel gave up.
    Aborted,
    /// A block that was not taken.
    Refused(Reason),
    /// So many bytes belonged to no block.
    Noise(usize),
}

const BLOCK: usize = MOST_LONG + 3;
/// A copy that comes sooner than any panel repeats itself was doubled by the line.
const TWIN: Duration = Duration::from_secs(1);

type Bytes = ArrayVec<u8, BLOCK>;

/// Takes one panel's calls: answers what needs no storing, and hands out what does.
///
/// ```text
/// read → handle_input → next (until None): Signal → store → write ticket.redeem(&stored) → answered
///                       poll_transmit (until None) → write
/// ```
#[derive(Debug)]
pub struct Receiver {
    settings: ReceiverSettings,
    stream: Stream<GalaxyStream>,
    replies: ArrayVec<Bytes, 8>,
    order: Order,
    account: Option<ArrayString<16>>,
    /// The block in hand.
    block: Bytes,
    /// The block before, and when its last copy came.
    last: Bytes,
    copied: Duration,
    /// The last report with its account, and the text that followed it.
    report: Bytes,
    report_account: Option<ArrayString<16>>,
    text: Bytes,
    /// The last signal is not known to have been answered: the panel went on to nothing.
    unproved: bool,
    /// A new call or connection began since: the panel may repeat itself however late.
    doubtful: bool,
    /// The report in force is a copy, so its text may be one.
    repeating: bool,
    /// What a text signal says: the event block and the text.
    described: ArrayVec<u8, { 2 * BLOCK }>,
    /// Damage is waited out until then; whether it is rejected.
    quiet: Option<(Duration, bool)>,
    /// Answers of signals that are not written yet.
    owed: u32,
}

impl Receiver {
    /// A line that was opened at `now`.
    #[must_use]
    pub fn new(settings: ReceiverSettings, now: Now) -> Self {
        let _ = now;
        let mut receiver = Self {
            settings,
            stream: Stream::with_gap(GalaxyStream::new(&settings.codec), settings.gap),
            replies: ArrayVec::new(),
            order: Order::default(),
            account: None,
            block: Bytes::new(),
            last: Bytes::new(),
            copied: Duration::ZERO,
            report: Bytes::new(),
            report_account: None,
            text: Bytes::new(),
            unproved: false,
            doubtful: false,
            repeating: false,
            described: ArrayVec::new(),
            quiet: None,
            owed: 0,
        };
        receiver.begin();
        receiver
    }

    /// A new connection: the account has to come anew, and the first report may repeat the last one.
    pub fn reopened(&mut self, now: Now) {
        let _ = now;
        self.stream.clear();
        self.replies.clear();
        self.quiet = None;
        self.last.clear();
        self.owed = 0;
        self.doubtful |= self.unproved;
        self.begin();
    }

    /// The answer of a signal was written, or will never be, as its storing failed. Until then nothing else that arrives
    /// is accepted: all answers look alike, and the panel would take another one for that of its signal.
    pub fn answered(&mut self, now: Now) {
        let _ = now;
        self.owed = self.owed.saturating_sub(1);
    }

    fn begin(&mut self) {
        let default = self.settings.default_account;
        self.account = default.map(|account| account.0);
        self.order = default.map_or(Order::default(), |_| Order::WITH_ACCOUNT);
    }

    /// Takes what one read gave. Then ask [`Receiver::next`] until it has no more.
    pub fn handle_input(&mut self, now: Now, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.handle_timeout(now);
        if let Some((until, _)) = &mut self.quiet {
            *until = now.monotonic + self.settings.quiet;
        }
        self.stream.push(now.monotonic, bytes);
    }

    /// A block to write at once, in the order of what it answers.
    pub fn poll_transmit(&mut self) -> Option<ArrayVec<u8, BLOCK>> {
        self.replies.pop_at(0)
    }

    /// When to call [`Receiver::handle_timeout`], and then [`Receiver::next`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let quiet = self.quiet.map(|(until, _)| until);
        [self.stream.poll_timeout(), quiet]
            .into_iter()
            .flatten()
            .min()
    }

    /// A deadline passed.
    pub fn handle_timeout(&mut self, now: Now) {
        if let Some((until, reject)) = self.quiet
            && now.monotonic >= until
        {
            self.quiet = None;
            self.stream.clear();
            if reject {
                self.reply(REJECT);
            }
        }
    }

    fn reply(&mut self, answer: FskBlock<'static>) {
        // A full buffer means that nobody writes: one more would help nobody.
        let _full = self.replies.try_push(self.bytes(answer));
    }

    fn bytes(&self, answer: FskBlock<'static>) -> Bytes {
        let mut out = BytesMut::with_capacity(4);
        answer
            .with_acknowledge(!self.settings.plain_answers)
            .encode(&mut out);
        out.iter().copied().collect()
    }

    /// The next thing that happened.
    pub fn next(&mut self, now: Now) -> Option<Event<'_>> {
        self.block.clear();
        match self.stream.next(now.monotonic) {
            Cut::More => return None,
            Cut::Noise(bytes) => return Some(Event::Noise(bytes)),
            Cut::Bad { error, bytes } => {
                let wanted = bytes.first().is_some_and(|header| header & 0x40 != 0);
                let reject = wanted || self.quiet.is_some_and(|(_, reject)| reject);
                self.quiet = Some((now.monotonic + self.settings.quiet, reject));
                return Some(Event::Refused(Reason::Damaged(error)));
            }
            Cut::Frame { bytes, .. } => {
                // No block is longer than the stream allows.
                let _fits = self.block.try_extend_from_slice(bytes);
            }
        }
        self.take(now)
    }

    fn take(&mut self, now: Now) -> Option<Event<'_>> {
        let lengths = self.settings.codec.lengths();
        let raw = self.block.clone();
        let (block, _) = FskBlock::parse_with(&raw, lengths).ok()??;
        let function = block.function();
        let role = function.role();
        if matches!(role, Role::Accept | Role::Reject | Role::Wait) {
            return Some(Event::Aside(function));
        }
        // What asks for no answer is not repeated, so it is taken even if it may be a piece of damage.
        if self.quiet.is_some() && block.wants_acknowledge() {
            return Some(Event::Refused(Reason::BehindDamage));
        }
        let since = now.monotonic.saturating_sub(self.copied);
        let copy = self.last == raw;
        let answer = block.wants_acknowledge() && !(copy && since < TWIN);
        let Ok(role) = self.order.see(function) else {
            return Some(self.refuse(Reason::NoAccount, answer));
        };
        let window = self.settings.ack_wait * self.settings.attempts;
        let within = copy && since <= window;
        self.last = raw.clone();
        self.copied = now.monotonic;
        match role {
            Role::Account => {
                let account = str::from_utf8(block.data()).ok();
                let account = account.filter(|account| AccountId::new(account).is_ok());
                let Some(account) = account.and_then(|text| ArrayString::from(text).ok()) else {
                    self.begin();
                    self.last.clear();
                    return Some(self.refuse(Reason::Account, answer));
                };
                // A new call: the panel may have given up waiting for the last answer.
                self.doubtful |= self.unproved;
                self.account = Some(account);
                self.accept(answer);
                let account = self.account.as_deref()?;
                return Some(Event::Account(AccountId::new(account).ok()?));
            }
            Role::Aside => {
                self.accept(answer);
                return Some(Event::Aside(function));
            }
            Role::End => {
                // It comes when all was answered.
                self.prove();
                self.accept(answer);
                return Some(Event::End);
            }
            Role::Abort => {
                self.doubtful |= self.unproved;
                self.accept(answer);
                return Some(Event::Aborted);
            }
            _ => {}
        }
        let text = role == Role::Text;
        let possible_repeat = if text {
            let same = self.text == raw;
            let copied = same && (within || self.repeating || self.doubtful);
            self.text = raw.clone();
            copied
        } else {
            let same = self.report == raw && self.report_account == self.account;
            let copied = same && (within || (self.doubtful && self.unproved));
            if !copied {
                self.report = raw.clone();
                self.report_account = self.account;
                self.text.clear();
            }
            self.repeating = copied;
            copied
        };
        self.unproved = true;
        self.doubtful = false;
        let mut ticket = Ticket::new();
        if answer {
            let _three_bytes_fit = ticket.write(&self.bytes(ACCEPT));
            self.owed += 1;
        }
        self.described.clear();
        if text {
            self.describe(lengths);
        }
        let data = if self.described.is_empty() {
            // Header and parity stand around function and data.
            self.block
                .get(1..self.block.len().saturating_sub(1))
                .unwrap_or_default()
        } else {
            &self.described
        };
        let token = self
            .block
            .get(1..2)
            .and_then(|byte| str::from_utf8(byte).ok());
        let account = self
            .account
            .as_deref()
            .and_then(|text| AccountId::new(text).ok());
        Some(Event::Signal(
            ticket,
            Signal {
                protocol: &Galaxy,
                token,
                encrypted: false,
                sequence: None,
                receiver: None,
                line: None,
                account,
                data,
                extended: &[],
                sent: None,
                raw: &self.block,
                possible_repeat,
                remember_ciphertext: false,
                quirks: Quirks::NONE,
            },
        ))
    }

    /// The panel went on, so it had our answer.
    const fn prove(&mut self) {
        self.unproved = false;
        self.doubtful = false;
    }

    fn accept(&mut self, answer: bool) {
        if answer && self.owed == 0 {
            self.reply(ACCEPT);
        }
    }

    fn refuse(&mut self, reason: Reason, answer: bool) -> Event<'static> {
        if answer {
            self.reply(REJECT);
        }
        Event::Refused(reason)
    }

    /// Puts the last report in front of the text in hand, as an `O` block: it was told before.
    fn describe(&mut self, lengths: Lengths) {
        let report = FskBlock::parse_with(&self.report, lengths);
        let text = FskBlock::parse_with(&self.block, lengths);
        let (Ok(Some((report, _))), Ok(Some((text, _)))) = (report, text) else {
            return;
        };
        // Only reports of the code table have an address; and the report has to be of this call.
        if !report.function().is_events() || !self.order.has_report() {
            return;
        }
        self.described.push(Function::OLD.as_byte());
        for part in [report.data(), b"|", text.text()] {
            // Two blocks fit.
            let _fits = self.described.try_extend_from_slice(part);
        }
    }
}
