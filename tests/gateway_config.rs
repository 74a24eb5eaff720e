//! Every mistake in a configuration is one message that points at its place.
#![cfg(feature = "gateway")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

use alarmwire::gateway::{Config, ConfigError};

/// The mistake stands between `«` and `»`.
fn broken(marked: &str) -> (ConfigError, std::ops::Range<usize>) {
    let start = marked.find('«').expect("a mark");
    let end = marked.find('»').expect("a mark") - '«'.len_utf8();
    let text = marked.replace(['«', '»'], "");
    match Config::from_toml("gateway.toml", &text) {
        Ok(config) => panic!("accepted:\n{text}\n{config:?}"),
        Err(error) => (error, start..end),
    }
}

const CASES: &[(&str, &str, &str)] = &[
    (
        "[station]\nname = «5»\n",
        "`name` is a text in quotes, not a whole number",
        "",
    ),
    (
        "[station]\n«nme» = 'x'\n",
        "[station] has no key `nme`",
        "did you mean `name`?",
    ),
    (
        "[«stations»]\n",
        "the file has no key `stations`",
        "did you mean `station`?",
    ),
    (
        "[station]\nadmin = '«10.0.0.1:80»'\n",
        "metrics and health are served on this machine only",
        "127.0.0.1",
    ),
    (
        "[station]\nadmin = '127.0.0.1:«port»'\n",
        "a port is a number from 0 to 65535",
        "",
    ),
    (
        "input = «3»\n",
        "`input` is an array of tables: write `[[input]]`",
        "",
    ),
    (
        "«[[input]]»\nprotocol = 'dc09'\n",
        "[[input]] needs `name`",
        "",
    ),
    (
        "«[[input]]»\nname = 'a'\n",
        "[[input]] needs `protocol`",
        "`dc09` or `surgard`",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = '«dc9»'\n",
        "`protocol` can't be `dc9`",
        "did you mean `dc09`?",
    ),
    (
        "«[[input]]»\nname = 'a'\nprotocol = 'dc09'\n",
        "[[input]] needs `listen`",
        "tcp://",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'dc09'\nlisten = 'tcp://«0.0.0»:1'\n",
        "this is no IP address of this machine",
        "0.0.0.0:12128",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'dc09'\nlisten = ['tcp://[::]:1', 'tcp://127.0.0.1:«99999»']\n",
        "a port is a number from 0 to 65535",
        "",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'dc09'\nlisten = '«http://»127.0.0.1:1'\n",
        "`http://` is no transport that can stand here",
        "`tcp://` or `udp://`",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'dc09'\nlisten = '«127.0.0.1:1»'\n",
        "an address begins with its transport",
        "write `tcp://127.0.0.1:1`",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'dc09'\nlisten = 'tcp://127.0.0.1:1'\n«unknwon_accounts» = 'accept'\n",
        "[[input]] has no key `unknwon_accounts`",
        "did you mean `unknown_accounts`?",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'dc09'\nlisten = 'tcp://127.0.0.1:1'\nunknown_accounts = '«maybe»'\n",
        "`unknown_accounts` can't be `maybe`",
        "`accept` or `refuse`",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'dc09'\nlisten = 'tcp://127.0.0.1:1'\nreject_clear_time = «'yes'»\n",
        "`reject_clear_time` is true or false, not a text",
        "",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'dc09'\nlisten = 'tcp://127.0.0.1:1'\nto = ['«centre»']\n",
        "there is no output named `centre`",
        "there is no [[output]] at all",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'dc09'\nlisten = 'tcp://127.0.0.1:1'\nto = ['centre', '«evidnce»']\n\
         [[output]]\nname = 'centre'\nprotocol = 'jsonl'\npath = 'a'\n\
         [[output]]\nname = 'evidence'\nprotocol = 'jsonl'\npath = 'b'\n",
        "there is no output named `evidnce`",
        "did you mean `evidence`?",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'dc09'\nlisten = 'tcp://127.0.0.1:1'\n\
         [[input]]\nname = '«a»'\nprotocol = 'dc09'\nlisten = 'tcp://127.0.0.1:2'\n",
        "there is an input named `a` already",
        "the first one is in line 2",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'dc09'\nlisten = 'tcp://127.0.0.1:1'\n\
         [[input]]\nname = 'b'\nprotocol = 'surgard'\nlisten = '«tcp://127.0.0.1:1»'\n",
        "`tcp://127.0.0.1:1` is used twice",
        "",
    ),
    (
        "[[input]]\nname = '«gateway»'\nprotocol = 'dc09'\n",
        "`gateway` is the name under which",
        "choose another",
    ),
    (
        "[[input]]\nname = '«a b»'\nprotocol = 'dc09'\n",
        "a name has 1 to 64 letters",
        "",
    ),
    (
        "«[[input]]»\nname = 'a'\nprotocol = 'surgard'\n",
        "there is no way to the other side",
        "`serial =",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'surgard'\nserial = '/dev/ttyS0'\n«dial» = 'tcp://a:1'\n",
        "there is one way to the other side: `serial` or `dial`",
        "",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'surgard'\nserial = '/dev/ttyS0'\nline = '«9601» 8N1'\n",
        "this is no baud rate of a serial line",
        "9600",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'surgard'\nserial = '/dev/ttyS0'\nline = '9600 «8X1»'\n",
        "the format is data bits, parity and stop bits",
        "`9600 8N1`",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'surgard'\nserial = '/dev/ttyS0'\nline_digits = «9»\n",
        "`line_digits` is 1 to 7",
        "",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'surgard'\ndial = 'tcp://a:1'\n«line» = '9600 8N1'\n",
        "`line` is for a serial port",
        "",
    ),
    (
        "[[input]]\nname = 'a'\nprotocol = 'surgard'\nserial = '/dev/ttyS0'\n[input.letters]\nA = '«burglar»'\n",
        "`burglar` is no class of events",
        "did you mean `burglary`?",
    ),
    (
        "«[[output]]»\nname = 'o'\nprotocol = 'dc09'\n",
        "[[output]] needs `main`",
        "",
    ),
    (
        "[[output]]\nname = 'o'\nprotocol = 'dc09'\nmain = 'tcp://10.0.0.5:«0»'\n",
        "a port is a number from 1 to 65535",
        "HOST:PORT",
    ),
    (
        "[[output]]\nname = 'o'\nprotocol = 'dc09'\nmain = 'tcp://10.0.0.5'\n",
        "the port is missing",
        "",
    ),
    (
        "[[output]]\nname = 'o'\nprotocol = 'dc09'\nmain = 'tcp://a:1'\naccount = '«12»'\n",
        "an account that the gateway sends as its own is 3 to 16 hexadecimal digits",
        "",
    ),
    (
        "[[output]]\nname = 'o'\nprotocol = 'dc09'\nmain = 'tcp://a:1'\nwait = '«90s»'\n",
        "`wait` is 1 s to 60 s",
        "",
    ),
    (
        "[[output]]\nname = 'o'\nprotocol = 'dc09'\nmain = 'tcp://a:1'\nkey = 'ascii:«0123456789»'\n",
        "a key has 16, 24 or 32 bytes, this one has 10",
        "",
    ),
    (
        "[[output]]\nname = 'o'\nprotocol = 'surgard'\nserial = '/dev/ttyS1'\nreceiver = '«1»'\n",
        "a receiver number is two hexadecimal digits",
        "",
    ),
    (
        "[[output]]\nname = 'o'\nprotocol = 'surgard'\nserial = '/dev/ttyS1'\n«line_digits» = 2\n",
        "`line_digits` is 1 or 3 for an output",
        "",
    ),
    (
        "«[[output]]»\nname = 'o'\nprotocol = 'jsonl'\n",
        "[[output]] needs `path`",
        "",
    ),
    (
        "[[account]]\nid = '«»'\n",
        "an account has 1 to 16 characters",
        "",
    ),
    (
        "[[account]]\nid = '12«-»4'\n",
        "an account holds letters and digits only",
        "",
    ),
    (
        "[[account]]\nid = '1234'\nkey = 'hex:00«z»0'\n",
        "the key has a character that is no hexadecimal digit",
        "",
    ),
    (
        "[[account]]\nid = '1234'\nkey = '«0123456789ABCDEF»'\n",
        "a key says how it is written",
        "`ascii:`",
    ),
    (
        "[[account]]\nid = '1234'\nkey_file = '«/nonexistent/key»'\n",
        "the key file /nonexistent/key can't be read",
        "",
    ),
    (
        "[[account]]\nid = '1234'\n«policy» = 'encrypted'\n",
        "an account that sends encrypted only needs a `key`",
        "",
    ),
    (
        "[[account]]\nid = '1234'\nsupervise = '«90»'\n",
        "a duration has a unit",
        "`90s`",
    ),
    (
        "[[account]]\nid = '1234'\nsupervise = '«1s»'\n",
        "`supervise` is 10 s to",
        "",
    ),
    (
        "[[account]]\nid = '1234'\n[[account]]\nid = '«1234»'\n",
        "there is an account named `1234` already",
        "line 2",
    ),
];

#[test]
fn every_mistake_is_one_message_that_points_at_its_place() {
    let mut wrong = String::new();
    for (text, message, help) in CASES {
        // A mark around a whole value may also stand for one that has no text to point into.
        let marked = if text.contains('«') {
            (*text).to_owned()
        } else {
            format!("«»{text}")
        };
        let (error, span) = broken(&marked);
        let told =
            error.message().starts_with(message) && error.help().unwrap_or("").contains(help);
        let loose = span.is_empty();
        let found = error.span();
        let quoted = found.start + 1 == span.start && span.end + 1 == found.end;
        if !told || !(loose || found == span || quoted) {
            wrong += &format!(
                "---\n{marked}\nexpected {span:?} {message} / {help}\nfound {found:?} {error}\n"
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_text_that_is_no_toml_is_told_with_line_and_column() {
    let error = Config::from_toml("gateway.toml", "[station]\nname = \"x\n").unwrap_err();
    assert_eq!(error.position().0, 2);
    assert!(error.to_string().starts_with("gateway.toml:2:"), "{error}");
    let twice = Config::from_toml("g", "[station]\nname = 'a'\nname = 'b'\n").unwrap_err();
    assert_eq!(twice.position().0, 3);
}

#[test]
fn a_file_that_is_missing_is_told_by_its_name() {
    let error = Config::from_file(std::path::Path::new("/nonexistent/gateway.toml")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("/nonexistent/gateway.toml: can't be read"),
        "{error}"
    );
    assert!(!error.has_place());
}

#[test]
fn a_key_in_a_file_of_its_own_counts_from_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("1234.key"), "ascii:0123456789ABCDEF\n").unwrap();
    std::fs::write(folder.path().join("bad.key"), "ascii:SECRET\n").unwrap();
    let file = folder.path().join("gateway.toml");
    std::fs::write(&file, "[[account]]\nid = '1234'\nkey_file = '1234.key'\n").unwrap();
    let config = Config::from_file(&file).unwrap();
    assert_eq!(config.accounts[0].keys[0].bytes(), b"0123456789ABCDEF");
    assert!(config.accounts[0].encrypted_only);
    std::fs::write(&file, "[[account]]\nid = '1234'\nkey_file = 'bad.key'\n").unwrap();
    let error = Config::from_file(&file).unwrap_err();
    assert!(
        !error.to_string().contains("SECRET") && error.position() == (3, 12),
        "{error}"
    );
}

#[test]
fn the_example_is_good() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gateway.toml");
    let config = Config::from_file(&path).unwrap();
    assert!(config.inputs.len() >= 2 && config.outputs.len() >= 2 && !config.accounts.is_empty());
    assert!(!config.summary().is_empty());
}
