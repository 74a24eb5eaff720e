use alloc::vec::Vec;
use core::fmt;

#[cfg(feature = "crypto")]
use arrayvec::ArrayVec;

#[cfg(feature = "crypto")]
use crate::codec::dc09::Key;
use crate::{codec::dc09::Profile, types::AccountId};

/// An account as the policy knows it: the header's characters verbatim but for case. Leading zeros count
/// (dc09.md 2.2: `008312` and `8312` are two panels).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AccountCode(u128);

impl AccountCode {
    /// The code of an account as it was sent or configured.
    #[must_use]
    pub fn new(account: AccountId<'_>) -> Self {
        // At most 16 printable characters, so none is NUL and the packing is unique.
        Self(
            account
                .as_str()
                .bytes()
                .fold(0, |code, b| code << 8 | u128::from(b.to_ascii_uppercase())),
        )
    }

    /// Whether the account differs from `self` only in case and leading zeros.
    fn same_panel(self, other: AccountId<'_>) -> bool {
        self.without_zeros() == Self::new(other).without_zeros()
    }

    fn without_zeros(self) -> u128 {
        let mut code = self.0;
        let mut width = 8 * (16 - code.leading_zeros() / 8);
        while width > 0 && code >> (width - 8) == u128::from(b'0') {
            width -= 8;
            code &= !(u128::MAX << width);
        }
        code
    }
}

/// Its characters, in upper case.
impl fmt::Display for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.to_be_bytes();
        let zeros = bytes.iter().take_while(|b| **b == 0).count();
        let text = bytes.get(zeros..).unwrap_or_default();
        f.pad(core::str::from_utf8(text).unwrap_or_default())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for AccountCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for AccountCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::types::wire::with_text(deserializer, "an account", |text| {
            AccountId::new(text).map(Self::new)
        })
    }
}

/// What to do with accounts that are not listed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Unknown {
    /// By [`Policy::refuse`], and a compromise event.
    #[default]
    Refuse,
    /// Take their clear frames.
    Accept,
}

/// What the sender of a refused frame hears.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Refuse {
    /// Nothing, so that a stranger learns nothing and a misconfigured panel reports a fault of its path.
    #[default]
    Silent,
    /// DUH, so that a panel does not repeat.
    Duh,
}

/// Whether an account may speak in clear.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Demand {
    /// Clear frames are refused when the account has a key (contracts 4).
    #[default]
    Encrypted,
    /// Clear frames are taken even when it has a key: for the time of a changeover.
    Clear,
}

/// For which accounts the encrypted data of an account may speak, beside itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum DataAccounts {
    /// None.
    #[default]
    Own,
    /// These, sorted or not.
    Listed(Vec<AccountCode>),
    /// All: another receiving centre that forwards to us.
    Any,
}

impl DataAccounts {
    /// Whether `data` may stand in encrypted data of `header`.
    #[must_use]
    pub fn allows(&self, header: AccountId<'_>, data: AccountId<'_>) -> bool {
        header.same_panel(data)
            || match self {
                Self::Own => false,
                Self::Listed(listed) => listed.iter().any(|code| code.same_panel(data)),
                Self::Any => true,
            }
    }
}

/// What is known of one account.
#[derive(Clone, Default)]
pub struct Account {
    /// Whether it may speak in clear although it has a key.
    pub demand: Demand,
    /// Its time of sending means nothing (no clock, local time): the window is not applied, and the ciphertexts of its
    /// encrypted frames are remembered instead (contracts 3).
    pub ignore_time: bool,
    /// For which accounts its encrypted data may speak.
    pub data_accounts: DataAccounts,
    /// How it writes and what it wants to hear, where that is not the input's profile.
    pub profile: Option<Profile>,
    #[cfg(feature = "crypto")]
    pub(super) keys: ArrayVec<Key, 2>,
}

impl Account {
    /// An account without a key.
    #[must_use]
    pub fn clear() -> Self {
        Self::default()
    }

    /// An account with a key, which therefore has to encrypt.
    #[cfg(feature = "crypto")]
    #[must_use]
    pub fn keyed(key: Key) -> Self {
        let mut account = Self::default();
        account.keys.push(key);
        account
    }

    /// The same account with a second valid key, for the time of a key change; a third is not taken (`false`).
    #[cfg(feature = "crypto")]
    pub fn add_key(&mut self, key: Key) -> bool {
        self.keys.try_push(key).is_ok()
    }

    /// The keys, in the order in which they are tried.
    #[cfg(feature = "crypto")]
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Whether it has a key.
    #[must_use]
    pub fn has_key(&self) -> bool {
        #[cfg(feature = "crypto")]
        let keyed = !self.keys.is_empty();
        #[cfg(not(feature = "crypto"))]
        let keyed = false;
        keyed
    }

    /// Drops every key but the newest, when the panel has confirmed it: says how many were dropped.
    #[cfg(feature = "crypto")]
    pub fn keep_newest_key(&mut self) -> usize {
        let old = self.keys.len().saturating_sub(1);
        self.keys.drain(..old);
        old
    }

    /// Whether a clear frame of it is refused.
    #[must_use]
    pub fn refuses_clear(&self) -> bool {
        self.has_key() && self.demand == Demand::Encrypted
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No key and no account list reaches a log.
        f.debug_struct("Account")
            .field("demand", &self.demand)
            .field("ignore_time", &self.ignore_time)
            .finish_non_exhaustive()
    }
}

/// Who may say what to an input, and what a refused sender hears. Made once and swapped as a whole.
#[derive(Clone, Default)]
pub struct Policy {
    /// What to do with accounts that are not listed.
    pub unknown: Unknown,
    /// What the sender of a refused frame hears.
    pub refuse: Refuse,
    /// NAK a clear frame whose time is outside the window, in place of taking it with a quirk.
    pub reject_clear_time: bool,
    /// How accounts without a profile of their own write, and how they and strangers are answered.
    pub profile: Profile,
    /// Sorted by code. Codes and accounts apart, so that a search touches only codes.
    pub(super) codes: Vec<AccountCode>,
    pub(super) accounts: Vec<Account>,
}

impl Policy {
    /// No accounts, strangers refused in silence.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every account is welcome in clear: what a plain sink runs with. Keyed accounts can still be listed.
    #[must_use]
    pub fn accept_all() -> Self {
        Self {
            unknown: Unknown::Accept,
            ..Self::default()
        }
    }

    /// Lists accounts; of two with the same code the later counts.
    pub fn extend<'a>(&mut self, accounts: impl IntoIterator<Item = (AccountId<'a>, Account)>) {
        let mut all: Vec<(AccountCode, Account)> = core::mem::take(&mut self.codes)
            .into_iter()
            .zip(core::mem::take(&mut self.accounts))
            .collect();
        all.extend(
            accounts
                .into_iter()
                .map(|(id, account)| (AccountCode::new(id), account)),
        );
        // Stable, so the later of two stays the later.
        all.sort_by_key(|(code, _)| *code);
        for (code, account) in all {
            if self.codes.last() == Some(&code) {
                self.accounts.pop();
            } else {
                self.codes.push(code);
            }
            self.accounts.push(account);
        }
    }

    /// Lists one account.
    pub fn insert(&mut self, id: AccountId<'_>, account: Account) {
        let code = AccountCode::new(id);
        match self.codes.binary_search(&code) {
            Ok(at) => {
                if let Some(old) = self.accounts.get_mut(at) {
                    *old = account;
                }
            }
            Err(at) => {
                self.codes.insert(at, code);
                self.accounts.insert(at, account);
            }
        }
    }

    /// What is known of an account, by its code as sent.
    #[must_use]
    pub fn account(&self, id: AccountId<'_>) -> Option<&Account> {
        let at = self.codes.binary_search(&AccountCode::new(id)).ok()?;
        self.accounts.get(at)
    }

    /// How many accounts are listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether none is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("unknown", &self.unknown)
            .field("refuse", &self.refuse)
            .field("reject_clear_time", &self.reject_clear_time)
            .field("accounts", &self.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> AccountId<'_> {
        AccountId::new(text).unwrap()
    }

    #[test]
    fn accounts_are_found_whatever_their_case_and_never_without_their_zeros() {
        let mut policy = Policy::new();
        policy.extend([
            (id("12a4"), Account::clear()),
            (id("008312"), Account::clear()),
        ]);
        policy.insert(id("FFFFFFFFFFFFFFFF"), Account::clear());
        assert!(policy.account(id("12A4")).is_some());
        assert!(policy.account(id("008312")).is_some());
        assert!(policy.account(id("8312")).is_none());
        assert!(policy.account(id("ffffffffffffffff")).is_some());
        assert_eq!(policy.len(), 3);
    }

    #[test]
    fn of_two_entries_for_one_account_the_later_counts() {
        let mut policy = Policy::new();
        let ignoring = Account {
            ignore_time: true,
            ..Account::default()
        };
        policy.extend([(id("12A4"), Account::clear()), (id("12a4"), ignoring)]);
        assert_eq!(policy.len(), 1);
        assert!(policy.account(id("12A4")).is_some_and(|a| a.ignore_time));
        policy.insert(id("12A4"), Account::clear());
        assert!(policy.account(id("12A4")).is_some_and(|a| !a.ignore_time));
    }

    #[test]
    fn data_accounts_are_the_own_one_but_for_zeros_or_listed() {
        let listed = DataAccounts::Listed([AccountCode::new(id("0000"))].into());
        assert!(DataAccounts::Own.allows(id("1111"), id("001111")));
        assert!(!DataAccounts::Own.allows(id("ABCD"), id("0000")));
        assert!(listed.allows(id("ABCD"), id("0000")));
        assert!(!listed.allows(id("ABCD"), id("0001")));
        assert!(DataAccounts::Any.allows(id("ABCD"), id("0001")));
    }
}
