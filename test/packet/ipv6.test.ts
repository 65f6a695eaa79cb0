// IPv6: extension headers in any order, fragments and atomic fragments, jumbograms.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { FRAGMENT, MALFORMED, NOT_TCP, TCP } from '../../src/packet/packet-codes.js';
import { bigEndian, concat, hex } from '../support/bytes.js';
import { endpoint } from '../support/endpoint.js';
import { ethernet, ipDatagram, tcpPacket, tcpSegment } from '../support/packet-builder.js';
import { decode } from './decode.js';

const ends = { source: endpoint('[2001:db8::1]:40000'), destination: endpoint('[::ffff:10.0.0.2]:9000') };

/** An extension header of 8 * (1 + more) bytes; `next` is the type of what follows. */
const extension = (next: number, more = 0) => concat(Uint8Array.of(next, more, 1, 4), new Uint8Array(4 + more * 8));

test('addresses and payload without extensions', () => {
  const { code, source, destination, payload, segment } = decode(tcpPacket({ ...ends, payload: 'hello' }));
  assert.equal(code, TCP);
  assert.equal(source, '[2001:db8::1]:40000');
  assert.equal(destination, '[::ffff:a00:2]:9000');
  assert.equal(payload, 'hello');
  assert.equal(segment.wireLength, 5);
  assert.equal(segment.identification, 0);
});

test('extension headers are passed over', () => {
  // Hop-by-hop, routing, destination options, AH (24 bytes), destination options.
  const authentication = concat(hex('3c04 0000'), new Uint8Array(20));
  const headers = concat(extension(43), extension(60, 2), extension(51), authentication, extension(6, 1));
  const { code, payload } = decode(
    tcpPacket({ ...ends, payload: 'hello', ip: { options: headers, firstExtension: 0 } }),
  );
  assert.equal(code, TCP);
  assert.equal(payload, 'hello');
});

test('fragments are told apart; an atomic fragment is a whole packet (RFC 6946)', () => {
  const fragment = (next: number, offsetAndFlags: number) =>
    concat(Uint8Array.of(next, 0), bigEndian(offsetAndFlags, 2), hex('00000001'));
  const withFragment = (offsetAndFlags: number) =>
    decode(tcpPacket({ ...ends, payload: 'x', ip: { options: fragment(6, offsetAndFlags), firstExtension: 44 } }));
  assert.equal(withFragment(1).code, FRAGMENT);
  assert.equal(withFragment(8).code, FRAGMENT);
  assert.equal(withFragment(0x100).code, FRAGMENT);
  assert.equal(withFragment(0).payload, 'x');
  // The two reserved bits say nothing.
  assert.equal(withFragment(6).payload, 'x');
  const udp = tcpPacket({ ...ends, ip: { options: fragment(17, 1), firstExtension: 44 } });
  assert.equal(decode(udp).code, NOT_TCP);
});

test('a jumbogram says its length in an option (RFC 2675)', () => {
  const payload = 'x'.repeat(70_000);
  const tcpLength = 20 + payload.length;
  const options = concat(Uint8Array.of(6, 0, 0xc2, 4), bigEndian(8 + tcpLength, 4));
  const packet = tcpPacket({ ...ends, payload, ip: { options, firstExtension: 0, length: 0 } });
  assert.equal(decode(packet).segment.wireLength, 70_000);
  const padded = concat(packet, new Uint8Array(10));
  assert.equal(decode(padded).segment.wireLength, 70_000);
  assert.equal(decode(packet, 1, 100, packet.length).segment.wireLength, 70_000);
  // A jumbogram that claims more than the frame had on the wire.
  const larger = concat(packet);
  larger.set(bigEndian(0x7fffffff, 4), packet.indexOf(0xc2, 54) + 2);
  assert.equal(decode(larger).segment.wireLength, 70_000);
  // An option of another length is no jumbo payload option.
  options[3] = 3;
  const wrong = tcpPacket({ ...ends, payload: 'x', ip: { options, firstExtension: 0, length: 0 } });
  assert.equal(decode(wrong).segment.wireLength, 1);
  // Padding options before it.
  const behind = concat(Uint8Array.of(6, 1, 1, 2, 0, 0, 0, 0xc2, 4), bigEndian(16 + tcpLength, 4), hex('000000'));
  const other = tcpPacket({ ...ends, payload, ip: { options: behind, firstExtension: 0, length: 0 } });
  assert.equal(decode(concat(other, new Uint8Array(5))).segment.wireLength, 70_000);
});

test('payload length 0 without that option: the frame says how long it is', () => {
  const packet = tcpPacket({ ...ends, payload: 'y'.repeat(66_000), ip: { length: 0 } });
  assert.equal(decode(packet).segment.payloadLength, 66_000);
});

test('what is not TCP', () => {
  for (const protocol of [17, 58, 50, 59, 41, 47]) {
    const datagram = ipDatagram(ends.source.address, ends.destination.address, protocol, new Uint8Array(40));
    assert.equal(decode(ethernet(datagram, 0x86dd)).code, NOT_TCP, `protocol ${protocol}`);
  }
});

test('headers that are cut or of another version are malformed', () => {
  const packet = tcpPacket({ ...ends, payload: 'hello', ip: { options: extension(6, 1), firstExtension: 60 } });
  for (let captured = 15; captured < 14 + 40 + 16 + 20; captured++)
    assert.equal(decode(packet, 1, captured, packet.length).code, MALFORMED, `${captured} bytes`);
  const wrong = Uint8Array.from(packet);
  wrong[14] = 0x40;
  assert.equal(decode(wrong).code, MALFORMED);
});

test('any chain of bytes ends', () => {
  const first = fc.constantFrom(0, 43, 44, 51, 60, 135, 139, 140);
  const bytes = fc.uint8Array({ maxLength: 400 });
  fc.assert(
    fc.property(first, bytes, fc.nat(500), (firstExtension, options, captured) => {
      // Small numbers, which are extension headers, are likelier.
      const chain = options.map((byte, index) => (index % 8 === 0 && byte > 100 ? firstExtension : byte));
      const segment = concat(chain, tcpSegment({ ...ends, payload: 'x' }));
      const datagram = ipDatagram(ends.source.address, ends.destination.address, 6, segment, { firstExtension });
      const packet = ethernet(datagram, 0x86dd);
      const { code } = decode(packet, 1, Math.min(captured, packet.length), packet.length);
      return code >= 0 && code <= MALFORMED;
    }),
  );
});
