#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| alarmwire::testing::ademco685::fuzz(input));
