//! What must not compile: an acknowledgement without a proof of storage.

#[cfg(feature = "dc09")]
#[test]
fn an_acknowledgement_without_a_proof_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile/*.rs");
}
