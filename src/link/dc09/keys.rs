//! The place where an integrator's own procedure for changing keys is hooked in.

use crate::{
    codec::dc09::NewKey,
    types::{AccountId, Now},
};

/// What a receiving centre that changes its accounts' keys provides.
///
/// DC-09 has a field `K` for a key from the receiver to the panel, and since 2026 a procedure that no public text
/// describes; so nothing is assumed here but what is needed to carry a key and to see it used:
///
/// 1. The new key is listed as the account's second one ([`Account::add_key`](super::Account::add_key)): both are valid.
/// 2. [`offer`](Self::offer) hands it out, and it travels in an RSP that is encrypted with the key of the frame that it
///    answers; never in clear, and with an event only when that is stored.
/// 3. [`used`](Self::used) tells which key opens the account's frames. Once that is the new one, the old one can go
///    ([`Account::keep_newest_key`](super::Account::keep_newest_key)).
pub trait KeyExchange {
    /// An encrypted frame of `account` is to be acknowledged: a key to send along, if it is to have one now. Whether an
    /// offer arrived is not known before the key is used, so it may be made again.
    fn offer(&mut self, account: AccountId<'_>, now: Now) -> Option<NewKey>;

    /// A frame of an account with two valid keys came under the second one (`new`) or the first.
    fn used(&mut self, account: AccountId<'_>, new: bool);
}
