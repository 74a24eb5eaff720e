//! What must not compile: an acknowledgement without a proof of storage.

// The compiler writes the names of types differently when other features bring more of them.
#[cfg(feature = "full")]
#[test]
fn an_acknowledgement_without_a_proof_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile/*.rs");
}
