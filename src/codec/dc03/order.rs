//! The order of blocks in a session (sia-dc03.md 2): `#`, then reports with their text, repeated; at last `0`.

use super::Function;

/// What a block is to the session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Role {
    /// `#`: the account of all that follows, until another one.
    Account,
    /// `N`, `O`, `E` and their like: reports something.
    Report,
    /// `A`: describes the report right before it.
    Text,
    /// `C`, `P`: a command or programming. Kept and told, never executed.
    Remote,
    /// `@`, `&`, `?`, `V` and their like: arranges something and reports nothing.
    Aside,
    /// `0`: nothing more comes.
    End,
    /// `1`: the other side is busy, wait.
    Wait,
    /// `2`: the call is given up.
    Abort,
    /// `6`, `7`, `8`, 08.
    Accept,
    /// `9`, 09.
    Reject,
    /// Reserved or unknown; kept.
    Unknown,
}

/// A block that may not come now.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum OutOfOrder {
    /// A report, and no account before it: whose?
    #[error("a report without an account before it")]
    NoAccount,
}

impl Function {
    /// What a block of this function is to a session.
    #[must_use]
    pub const fn role(self) -> Role {
        match self.as_byte() {
            b'#' => Role::Account,
            b'N' | b'O' | b'R' | b'E' | b'L' | b'X' => Role::Report,
            b'A' => Role::Text,
            b'C' | b'P' => Role::Remote,
            b'@' | b'&' | b'?' | b'V' | b'v' | b'I' => Role::Aside,
            b'0' => Role::End,
            b'1' => Role::Wait,
            b'2' => Role::Abort,
            b'6'..=b'8' | 0x08 => Role::Accept,
            b'9' | 0x09 => Role::Reject,
            _ => Role::Unknown,
        }
    }
}

/// Follows the order of one call.
///
/// ```
/// use alarmwire::codec::dc03::{Function, Order, OutOfOrder, Role};
///
/// let mut order = Order::default();
/// assert_eq!(order.see(Function::NEW), Err(OutOfOrder::NoAccount));
/// assert_eq!(order.see(Function::ACCOUNT), Ok(Role::Account));
/// assert_eq!(order.see(Function::NEW), Ok(Role::Report));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Order {
    account: bool,
    report: bool,
}

impl Order {
    /// A line that has a default account: reports may come without one.
    pub const WITH_ACCOUNT: Self = Self {
        account: true,
        report: false,
    };

    /// The next block.
    ///
    /// # Errors
    /// When it reports something and no account is in force.
    pub const fn see(&mut self, function: Function) -> Result<Role, OutOfOrder> {
        let role = function.role();
        match role {
            Role::Account => {
                self.account = true;
                self.report = false;
            }
            Role::Report | Role::Text | Role::Remote | Role::Unknown if !self.account => {
                return Err(OutOfOrder::NoAccount);
            }
            Role::Report => self.report = true,
            _ => {}
        }
        Ok(role)
    }

    /// Whether a report stands before what comes next, so that a text block would describe it.
    #[must_use]
    pub const fn has_report(&self) -> bool {
        self.report
    }
}
