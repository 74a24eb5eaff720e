//! What holds for every body and block of Contact ID and DC-03; the checks are those of the fuzz targets.
#![cfg(all(feature = "_testing", feature = "contact-id", feature = "dc03"))]
#![allow(clippy::unwrap_used, reason = "a test that fails shall say where")]

use alarmwire::{
    codec::{
        contact_id::{Block, Body},
        dc03::{self, Blocks, FskBlock, Function},
    },
    testing::bodies,
};
use bytes::BytesMut;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_body_that_is_written_reads_the_same(body in bodies::body(), account in "[0-9B-F]{4}") {
        let mut out = BytesMut::new();
        body.encode(&mut out);
        let (again, quirks) = Body::parse(&out).unwrap();
        prop_assert_eq!(again, body);
        prop_assert!(quirks.is_empty());
        out.clear();
        body.encode_raw(&account, &mut out).unwrap();
        prop_assert_eq!(Body::parse(&out).unwrap().0, body);
    }

    #[test]
    fn a_block_that_is_written_reads_the_same(block in bodies::block(), tail in prop::collection::vec(any::<u8>(), 0..8)) {
        let mut out = BytesMut::new();
        block.encode(&mut out);
        let length = out.len();
        prop_assert_eq!(block.digits().map(|digit| u32::from(digit.value())).sum::<u32>() % 15, 0);
        for cut in 0..length {
            prop_assert_eq!(Block::parse(&out[..cut]), Ok(None));
        }
        out.extend_from_slice(&tail);
        prop_assert_eq!(Block::parse(&out), Ok(Some((block.clone(), length))));
        out.clear();
        block.encode_keys(&mut out);
        prop_assert_eq!(Block::parse_keys(&out), Ok(Some((block, length))));
    }

    #[test]
    fn packets_that_are_written_read_the_same(packets in prop::collection::vec(bodies::packet(), 0..10)) {
        let packets: Vec<_> = packets.iter().map(|packet| packet.packet().unwrap()).collect();
        let mut out = BytesMut::new();
        dc03::encode_block(Function::NEW, &packets, &mut out);
        let block = Blocks::new(&out).next().unwrap();
        prop_assert!(block.packets().all(|part| part.slash));
        prop_assert_eq!(block.packets().map(|part| part.packet).collect::<Vec<_>>(), packets);
    }

    #[test]
    fn a_framed_block_that_is_written_reads_the_same(
        data in prop::collection::vec(any::<u8>(), 0..=63),
        function in prop::sample::select(&b"0126789CENOP@?#&AXLVvI"[..]),
        (acknowledge, reverse) in any::<(bool, bool)>(),
    ) {
        let text = [&[function], data.as_slice()].concat();
        let block = FskBlock::new(&text).unwrap().with_acknowledge(acknowledge).with_reverse_channel(reverse);
        let mut out = BytesMut::new();
        block.encode(&mut out);
        prop_assert_eq!(FskBlock::parse(&out), Ok(Some((block, data.len() + 3))));
        bodies::check_fsk(&out);
    }

    #[test]
    fn every_payload_near_the_grammar_keeps_its_promises(payload in bodies::payload()) {
        bodies::check_payload(&payload);
    }

    #[test]
    fn all_bytes_keep_their_promises(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        bodies::check_payload(&bytes);
        bodies::check_contact_id(&bytes);
        bodies::check_fsk(&bytes);
    }

    #[test]
    fn all_text_keeps_its_promises(text in "[0-9A-Fa-f #|*1368]{0,30}") {
        bodies::check_contact_id(text.as_bytes());
    }
}
