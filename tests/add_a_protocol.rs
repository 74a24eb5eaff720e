//! The walk-through of `docs/adding-a-protocol.md`: its example's own tests run here, and page and example agree.
#![cfg(feature = "contact-id")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

#[path = "../examples/add_a_protocol.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a program; here only its tests count"
)]
mod example;

#[test]
fn every_piece_of_code_on_the_page_stands_in_the_example() {
    let page = include_str!("../docs/adding-a-protocol.md");
    let example = include_str!("../examples/add_a_protocol.rs");
    let mut pieces = 0;
    for piece in page.split("```rust\n").skip(1) {
        let (code, _) = piece.split_once("```").unwrap();
        assert!(
            example.contains(code),
            "not in the example as it stands:\n{code}"
        );
        pieces += 1;
    }
    assert!(pieces >= 10, "{pieces} pieces");
}
